"""Every comparison of the project in one process: medians of ratios with quartiles, the machine, the versions.

python scripts/benchmark.py [--only TOPIC ...] [--quick] [--json FILE]
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import json
import os
import pkgutil
import platform
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import scripts.benchmarks as topics

NAMES = sorted(m.name for m in pkgutil.iter_modules(topics.__path__) if m.name != "measure")


def machine() -> dict[str, str]:
    import numpy
    import scipy

    return {
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, metavar="TOPIC", help=", ".join(NAMES))
    parser.add_argument("--quick", action="store_true", help="small sizes: shows that it runs, not how fast")
    parser.add_argument("--json", metavar="FILE", help="also write the rows there")
    arguments = parser.parse_args()
    here = machine()
    print("  ".join(f"{k} {v}" for k, v in here.items()))
    rows = []
    for name in arguments.only:
        for row in importlib.import_module(f"scripts.benchmarks.{name}").rows(arguments.quick):
            print(row.text(), flush=True)
            rows.append(dataclasses.asdict(row))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps({"machine": here, "rows": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
