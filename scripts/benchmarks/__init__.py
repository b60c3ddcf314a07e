"""The comparisons of the project, one file a topic; `scripts/benchmark.py` runs them."""
