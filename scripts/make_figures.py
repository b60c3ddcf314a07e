"""Redraw the pictures of `figures/`: each script there has a function `draw(quick)`, its picture is put beside it.

python scripts/make_figures.py [NAME ...] [--quick] [--fresh] [--into FOLDER]
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

NAMES = sorted(path.stem for path in (ROOT / "figures").glob("*.py") if not path.stem.startswith("_"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all when none is named")
    parser.add_argument("--quick", action="store_true", help="small data: shows that it runs")
    parser.add_argument("--fresh", action="store_true", help="make the runs behind the figures anew as well")
    parser.add_argument("--into", type=Path, default=ROOT / "figures", help="where the pictures go")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(NAMES):
        parser.error(f"no figure is called {', '.join(sorted(unknown))}")

    from rich.console import Console
    from rich.progress import track

    from uat.draw.style import save

    if arguments.fresh:
        from figures._runs import STORE, SWEEPS, runs

        STORE.unlink(missing_ok=True)
        for name in SWEEPS:
            print(f"runs: {name}", file=sys.stderr)
            runs(name)
    names = arguments.names or NAMES
    for name in track(names, "drawing", console=Console(stderr=True), disable=not sys.stderr.isatty()):
        figure = importlib.import_module(f"figures.{name}").draw(quick=arguments.quick)
        for suffix in ("png", "svg"):
            save(figure, arguments.into / f"{name}.{suffix}")


if __name__ == "__main__":
    main()
