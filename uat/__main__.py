"""`python -m uat` is the `uat` command. It begins here, so that Ctrl-C is heard while the rest is being imported."""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line."""
    try:
        from uat.cli import main as run
    except KeyboardInterrupt:
        sys.stderr.write("uat: interrupted.\n")
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
