"""sqrt near 0 with 16 pieces: a uniform grid loses in its first cell, (k/16)^4 and the fewest pieces do not.

Of each piece its largest error is drawn, over the whole piece: the error itself comes back to zero twice a piece, and
on a logarithmic axis thirty such curves are a smear.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

import uat
from uat.construct.knots import power_graded_knots
from uat.draw.style import BLACK, BLUE, GREY, VERMILION, style

PIECES = 16
LEFT = 1e-6  # where the axis begins: 0 has no place on it


def largest(p: uat.PiecewiseAffine, points: int) -> np.ndarray:
    """The largest |p - sqrt| of each piece, at so many points of it."""
    x = p.knots[:-1, None] + np.diff(p.knots)[:, None] * np.linspace(0, 1, points) ** 2
    return np.abs(p(x) - np.sqrt(x)).max(axis=1)


def draw(quick: bool = False) -> Figure:
    graded = power_graded_knots(0, 1, PIECES, 4)
    lines = (
        ("uniform", uat.interpolate(np.sqrt, 0, 1, pieces=PIECES), GREY, "s"),
        ("$(k/16)^4$", uat.PiecewiseAffine(graded, np.sqrt(graded)), VERMILION, "D"),
        ("narrowest", uat.narrowest(np.sqrt, (0, 1), pieces=PIECES).piecewise, BLUE, "o"),
    )
    with style():
        figure = Figure(figsize=(4.0, 2.9), layout="constrained")
        axes = figure.subplots()
        for name, p, colour, mark in lines:
            errors, ends = largest(p, 101 if quick else 1001), np.maximum(p.knots, LEFT)
            axes.hlines(errors, ends[:-1], ends[1:], color=colour, linewidth=1.4)
            axes.plot(ends[1:], errors, mark, color=colour, markersize=3)
            axes.plot([], [], color=colour, marker=mark, markersize=3, label=name)  # for the legend
        axes.axhline(1 / (4 * PIECES * (PIECES + 1)), color=BLACK, linewidth=0.8, linestyle=":", label="$E_{16}$")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlim(LEFT, 1.3)
        axes.set_ylim(8e-5, 0.15)
        axes.set_xlabel("x (marks: right ends of the pieces)")
        axes.set_ylabel("largest |p − √x| of a piece")
        figure.legend(loc="outside lower center", ncols=4, columnspacing=1.2)
    return figure
