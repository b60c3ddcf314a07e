"""`python -m uat` is the `uat` command."""

from uat.cli import main

main()
