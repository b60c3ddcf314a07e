"""Print how far each method's networks are from the least possible error: medians over seeds, least and largest.

python scripts/gap_table.py [STORE] [--column sup_error|rms_error] [--oracle | --others]

Each number is a multiple of the error of the narrowest constructed network of the same width in the store; with
--oracle a multiple of the best free-knot root mean square that an independent optimiser finds, for variable projection;
with --others the same, trained anew, for functions that had no part in choosing how variable projection searches.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))


OTHERS = {
    "exp(-x)*sin(x)": (-4, 4), "sin(5*x)/(5*x)": (0.01, 4), "arctan(20*x)": (-1, 2), "sin(x**2)": (0, 5),
    "exp(-40*(x-0.3)**2)": (-1, 1), "log(x)": (0.02, 1),
}  # fmt: skip


def others() -> Any:
    """Rows of variable projection for `OTHERS`, three seeds."""
    from uat import compare

    functions = {formula: (formula, domain) for formula, domain in OTHERS.items()}
    return compare.sweep(functions, [8, 16, 32, 64], ["varpro", "varpro-graded"], 3, progress=True)


def beside_the_oracle(table: Any) -> None:
    from tests.oracles_compare import best_free_knot_rms
    from uat.compare.setting import problems

    print(f"{'function':<20}{'method':<15}{'width':>6}{'seeds':>6}{'median':>9}  least .. largest")
    found: dict[tuple[str, int], float] = {}
    for group in table.median_by_width("rms_error"):
        if not group["method"].startswith("varpro") or group["budget"] != 10_000:
            continue
        name, width = group["function"], group["width"]
        if (name, width) not in found:
            (f,) = problems((name, OTHERS[name]) if name in OTHERS else name)
            found[name, width] = best_free_knot_rms(f.function, f.domain, width)
        median, low, high = (group[column] / found[name, width] for column in ("median", "low", "high"))
        method = group["method"]
        print(f"{name:<20}{method:<15}{width:>6}{group['seeds']:>6}{median:>9.3f}  {low:.3f} .. {high:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store", nargs="?", default=str(ROOT / "figures" / "runs.sqlite"))
    parser.add_argument("--column", choices=["sup_error", "rms_error"], default="sup_error")
    parser.add_argument(
        "--oracle", action="store_true", help="rms of varpro over the best that another optimiser finds"
    )
    parser.add_argument("--others", action="store_true", help="the same for functions that had no part in the method")
    arguments = parser.parse_args()

    if arguments.others:
        beside_the_oracle(others())
        return
    from uat.compare import read_table

    table = read_table(arguments.store)
    if arguments.oracle:
        beside_the_oracle(table)
        return
    print(f"{'function':<10}{'method':<15}{'width':>6}{'budget':>8}{'seeds':>6}{'median':>9}  least .. largest")
    for group in table.over("narrowest", arguments.column).median_by_width(arguments.column):
        median, low, high = (group[name] for name in ("median", "low", "high"))
        print(
            f"{group['function']:<10}{group['method']:<15}{group['width']:>6}{group['budget']:>8}{group['seeds']:>6}"
            f"{median:>9.2f}  {low:.2f} .. {high:.2f}"
        )
    for row in table.where(method="warm"):
        share = row["fit_error"] / row["start_error"]
        print(
            f"warm start, {row['function']}, width {row['width']}: root mean square on the samples falls to {share:.3f}"
        )


if __name__ == "__main__":
    main()
