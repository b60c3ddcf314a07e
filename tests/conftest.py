"""One Hypothesis profile for everybody: no deadlines (timings belong in benchmarks), reproducible in CI.

With UAT_NIGHTLY=1 (`.ci/peers`) the examples are new ones every time, and ten times as many. BLAS has one thread, here
and in whatever the tests start: the workers of pytest-xdist are the threads, and more would only wait for each other.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

for _name in ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB"):  # before NumPy is imported, which reads them once
    os.environ.setdefault("VECLIB_MAXIMUM_THREADS" if _name == "VECLIB" else f"{_name}_NUM_THREADS", "1")

settings.register_profile("uat", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("uat"), derandomize=True)
settings.register_profile("nightly", parent=settings.get_profile("uat"), max_examples=1000, print_blob=True)
settings.load_profile("nightly" if os.environ.get("UAT_NIGHTLY") else "ci" if os.environ.get("CI") else "uat")


def pytest_configure(config: pytest.Config) -> None:
    """Warnings are errors, but for the one that says that Numba is missing: the tests also run without it."""
    config.addinivalue_line("filterwarnings", "ignore:the search for the fewest pieces runs uncompiled:RuntimeWarning")
