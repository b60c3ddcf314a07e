"""Every comparison of the project in one process: medians of ratios with quartiles, the machine, the versions.

python scripts/benchmark.py [--only TOPIC ...] [--quick] [--json FILE] [--write]

--write puts tables and plots into docs/benchmarks.md; topics that were not run keep what stands there.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import importlib.util
import json
import os
import pkgutil
import platform
import sys
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import scripts.benchmarks as topics
from scripts.benchmarks.measure import Row

NAMES = sorted(m.name for m in pkgutil.iter_modules(topics.__path__) if m.name not in ("measure", "page"))
# distribution -> module: what the extra [bench] holds; rows of a peer that is missing are left out
PEERS = {
    "numba": "numba",
    "torch": "torch",
    "onnxruntime": "onnxruntime",
    "scikit-learn": "sklearn",
    "pwlf": "pwlf",
    "chebfun": "chebpy",
}


def machine() -> dict[str, str]:
    import numpy
    import scipy

    return {
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        **{name: version(name) if importlib.util.find_spec(module) else "missing" for name, module in PEERS.items()},
        "machine": f"{_processor()}, {os.cpu_count()} cores, {platform.system()}",
    }


def _processor() -> str:
    """The processor's own name where Linux tells it, else its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, metavar="TOPIC", help=", ".join(NAMES))
    parser.add_argument("--quick", action="store_true", help="small sizes: shows that it runs, not how fast")
    parser.add_argument("--json", metavar="FILE", help="also write the rows there")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    arguments = parser.parse_args()
    here = machine()
    print("  ".join(f"{k} {v}" for k, v in here.items()))
    rows, measured = [], {}
    for name in arguments.only:
        topic = importlib.import_module(f"scripts.benchmarks.{name}")
        found, curves = [], []
        for item in topic.rows(arguments.quick):
            print(item.text(), flush=True)
            (found if isinstance(item, Row) else curves).append(item)
        measured[name] = here, found, curves
        rows += map(dataclasses.asdict, found)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps({"machine": here, "rows": rows}, indent=1) + "\n", encoding="utf-8")
    if arguments.write:
        from scripts.benchmarks.page import write

        write(measured)


if __name__ == "__main__":
    main()
