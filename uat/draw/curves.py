"""What each method looks like, and its curve: the median of the seeds, with a bar from the least to the largest.

Bars and not bands: of more than two bands nobody can tell whose the mixed colours are. The bars of several methods
stand a little beside each other, so that none hides another; the ticks say which abscissa is meant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from uat.draw.style import BLACK, BLUE, GREEN, GREY, INDIGO, OLIVE, ORANGE, PURPLE, SKY, VERMILION, WINE, style

# method -> colour, marker, line: what a grey printer or a colour-blind reader loses in colour, the other two say again
LOOKS: dict[str, tuple[str, str, str]] = {
    "uniform": (GREY, "s", "-"),
    "graded": (SKY, "D", "-"),
    "narrowest": (BLACK, "o", "-"),
    "gd": (PURPLE, "*", ":"),
    "sgd": (OLIVE, "^", "--"),
    "momentum": (WINE, "<", "--"),
    "adam": (VERMILION, "v", "--"),
    "lbfgs": (ORANGE, ">", "-."),
    "warm": (GREEN, "P", ":"),
    "varpro": (BLUE, "d", "-."),
    "varpro-graded": (INDIGO, "X", ":"),
}
SPREAD = "least to largest seed (line: median)"
HANDLE = 4.2  # length of a legend's samples, in which dots and dashes can be told apart behind the marker
_BESIDE = 0.07  # octaves between neighbours at most
Point = tuple[float, Sequence[float], bool]  # abscissa, the errors of the seeds (none: a gap), whether all are proven


def curves(ax: Any, points: Mapping[str, Sequence[Point]], beside: bool = False) -> None:
    """One curve a method on logarithmic axes; filled markers where every seed is proven, empty ones elsewhere.

    ``beside``: the curves as well stand beside each other, not the bars alone. For flat ones, of which several may have
    the same values; of steep ones a shift to the side would look like a larger or smaller error.
    """
    spread = [method for method, own in points.items() if any(len(errors) > 1 for _, errors, _ in own)]
    shifted = list(points) if beside else spread
    step = _step(sorted({x for own in points.values() for x, _, _ in own}), len(shifted))
    for method, own in points.items():
        colour, marker, line = LOOKS[method]
        at = np.array([x for x, _, _ in own], dtype=float)
        place = shifted.index(method) - (len(shifted) - 1) / 2 if method in shifted else 0.0
        aside = at * 2 ** (step * place)
        at = aside if beside else at
        seeds = [np.maximum(errors, np.finfo(float).tiny) if len(errors) else [np.nan] for _, errors, _ in own]
        low, median, high = (np.array([of(errors) for errors in seeds]) for of in (np.min, np.median, np.max))
        if method in spread:
            ax.vlines(aside, low, high, color=colour, alpha=0.55, linewidth=1.8)
        ax.plot(at, median, color=colour, linestyle=line)
        proven = np.array([sure for _, _, sure in own])
        for some, face in ((proven, colour), (~proven, "white")):
            ax.plot(at[some], median[some], marker, color=colour, markerfacecolor=face, markersize=4.5)
        ax.plot([], [], color=colour, linestyle=line, marker=marker, markersize=4.5, label=method)  # for the legend
    if spread:
        ax.plot([], [], linestyle="none", marker="|", markersize=10, markeredgewidth=1.8, color=GREY, label=SPREAD)


def _step(at: Sequence[float], many: int) -> float:
    """Octaves between neighbours: all of them together take a third of the least gap between two abscissae."""
    gaps = np.diff(np.log2(at))
    return min(_BESIDE, float(gaps.min(initial=1.0)) / 3 / max(1, many - 1))


def below(figure: Any, *axes: Any, columns: int = 3) -> None:
    """One legend for some axes, below them, off the data; last what is no method, however the axes share methods."""
    shown: dict[str, Any] = {}
    for ax in axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            shown.setdefault(label, handle)
    labels = sorted(shown, key=lambda label: label not in LOOKS)
    with style():
        figure.legend(
            [shown[label] for label in labels], labels, loc="outside lower center", ncols=columns, handlelength=HANDLE,
            columnspacing=1.2,
        )  # fmt: skip
