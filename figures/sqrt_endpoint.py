"""sqrt near 0 with 16 pieces: a uniform grid loses in its first cell, (k/16)^4 and the fewest pieces do not."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

import uat
from uat.construct.knots import power_graded_knots
from uat.draw.style import BLACK, BLUE, GREY, VERMILION, style

PIECES = 16


def draw(quick: bool = False) -> Figure:
    graded = power_graded_knots(0, 1, PIECES, 4)
    lines = (
        ("uniform", uat.interpolate(np.sqrt, 0, 1, pieces=PIECES), GREY, "-"),
        ("$(k/16)^4$", uat.PiecewiseAffine(graded, np.sqrt(graded)), VERMILION, "--"),
        ("narrowest", uat.narrowest(np.sqrt, (0, 1), pieces=PIECES).piecewise, BLUE, "-"),
    )
    x = np.geomspace(1e-7, 1, 400 if quick else 6000)
    with style():
        figure = Figure(figsize=(4.0, 2.9), layout="constrained")
        axes = figure.subplots()
        for name, p, colour, look in lines:
            axes.plot(x, np.abs(p(x) - np.sqrt(x)), color=colour, linestyle=look, linewidth=1.0, label=name)
        axes.axhline(1 / (4 * PIECES * (PIECES + 1)), color=BLACK, linewidth=0.8, linestyle=":", label="$E_{16}$")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_ylim(1e-6, 0.2)
        axes.set_xlabel("x")
        axes.set_ylabel("|p(x) − √x|")
        figure.legend(loc="outside lower center", ncols=4, columnspacing=1.2)
    return figure
