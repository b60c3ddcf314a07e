"""Print how far each method's networks are from the least possible error: medians over seeds, least and largest.

python scripts/gap_table.py [STORE] [--column sup_error|rms_error]

Each number is a multiple of the error of the narrowest constructed network of the same width in the store.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store", nargs="?", default=str(ROOT / "figures" / "runs.sqlite"))
    parser.add_argument("--column", choices=["sup_error", "rms_error"], default="sup_error")
    arguments = parser.parse_args()

    from uat.compare import read_table

    table = read_table(arguments.store)
    best = {(row["function"], row["width"]): row[arguments.column] for row in table.where(method="narrowest")}
    print(f"{'function':<10}{'method':<15}{'width':>6}{'budget':>8}{'seeds':>6}{'median':>9}  least .. largest")
    for group in table.median_by_width(arguments.column):
        unit = best[group["function"], group["width"]]
        median, low, high = (group[name] / unit for name in ("median", "low", "high"))
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
