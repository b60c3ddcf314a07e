"""Why descent on hinges is slow: their Gram matrix has condition about 4 N^4, that of the hats 4 (theory E1); beside
it, how far Adam ends from the least possible error on sin."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from figures._runs import runs
from uat.draw.style import BLACK, BLUE, VERMILION, style


def gram(features: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return (features * weights) @ features.T


def conditions(n: int) -> tuple[float, float]:
    """Condition numbers of the Gram matrices in L2(0, 1) of n hinges (x - k/n)_+ and of the n + 1 hats of the grid."""
    nodes, weights = np.polynomial.legendre.leggauss(3)  # exact: on a cell the products have degree 2
    k = np.arange(n)[:, None]
    x = ((k + (nodes + 1) / 2) / n).ravel()
    w = np.tile(weights / (2 * n), n)
    hinges = np.maximum(x - k / n, 0)
    hats = np.maximum(1 - np.abs(x * n - np.arange(n + 1)[:, None]), 0)
    return float(np.linalg.cond(gram(hinges, w))), float(np.linalg.cond(gram(hats, w)))


def draw(quick: bool = False) -> Figure:
    counts = 2 ** np.arange(2, 6 if quick else 8)
    both = np.array([conditions(int(n)) for n in counts])
    table = runs("sin", quick)
    best = {row["width"]: row["sup_error"] for row in table.where(method="narrowest")}
    with style():
        figure = Figure(figsize=(4.2, 2.7), layout="constrained")
        left, right = figure.subplots(1, 2)
        left.plot(counts, both[:, 0], "o-", color=VERMILION, markersize=4, label="hinges")
        left.plot(counts, 4.0 * counts**4, color=BLACK, linewidth=0.8, linestyle="--", label="$4N^4$")
        left.plot(counts, both[:, 1], "s-", color=BLUE, markersize=4, label="hats")
        left.set_yscale("log")
        left.set_ylabel("condition number")
        left.set_xlabel("N")
        left.legend(loc="lower right", bbox_to_anchor=(1.05, 1.0), ncols=3, columnspacing=0.7, handlelength=1.2)
        for method, colour, mark in (("adam", VERMILION, "v--"), ("varpro", BLUE, "^-")):
            groups = table.where(method=method).median_by_width()
            widths = [g["width"] for g in groups]
            right.plot(
                widths, [g["median"] / best[g["width"]] for g in groups], mark, color=colour, markersize=4, label=method
            )
        right.set_yscale("log")
        right.set_ylim(1, 25)
        right.set_yticks([1, 2, 5, 10, 20], ["1", "2", "5", "10", "20"])
        right.yaxis.minorticks_off()
        right.set_ylabel("sup error / least possible")
        right.set_xlabel("width (neurons)")
        right.legend(loc="lower right", bbox_to_anchor=(1.05, 1.0), ncols=2, columnspacing=0.7)
        for axes in (left, right):
            axes.set_xscale("log", base=2)
            at = [4, 16, 64] if axes is left else sorted(best)
            axes.set_xticks(at, [str(n) for n in at])
            axes.xaxis.minorticks_off()
    return figure
