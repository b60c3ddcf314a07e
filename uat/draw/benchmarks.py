"""Pictures of measured cost: seconds against a size, on logarithmic axes, with the fitted exponent in the legend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from uat.draw.style import BLUE, GREEN, GREY, ORANGE, PURPLE, VERMILION, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LINES = tuple(zip((BLUE, VERMILION, GREY, GREEN, ORANGE, PURPLE), ("-", "--", ":", "-.", "-", "--"), strict=True))


def cost_figure(
    curves: Sequence[tuple[str, Sequence[float], Sequence[float], float]], *, against: str, title: str
) -> Figure:
    """One line a curve.

    Parameters
    ----------
    curves : (label, sizes, seconds, exponent) each
        `exponent` of the fit seconds ~ size^exponent.
    against : what the sizes count
    title : of the picture

    Returns
    -------
    matplotlib.figure.Figure, not attached to any window.
    """
    from matplotlib.figure import Figure

    with style():
        figure = Figure(figsize=(4.8, 3.4), layout="constrained")
        axes = figure.subplots()
        for k, (label, sizes, seconds, exponent) in enumerate(curves):
            colour, line = _LINES[k % len(_LINES)]
            axes.plot(sizes, seconds, line, color=colour, marker="o", markersize=3, label=f"{label} ({exponent:+.2f})")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel(against)
        axes.set_ylabel("seconds")
        axes.set_title(title, loc="left")
        axes.legend(title="fitted exponent in brackets", title_fontsize=8)
    return figure
