"""sin at widths 8 to 64: the error of each method as a multiple of the least possible one, medians of ten seeds.

Above what descends, on a logarithmic axis; below what comes near the optimum, on a linear one that tells them apart.
"""

from __future__ import annotations

from matplotlib.figure import Figure

from figures._runs import runs
from uat.compare import Table
from uat.draw.comparison import error_vs_width
from uat.draw.curves import below
from uat.draw.style import BLACK, style

ABOVE = ("gd", "momentum", "adam", "lbfgs", "narrowest")
BELOW = ("varpro", "varpro-graded", "warm", "narrowest")


def draw(quick: bool = False) -> Figure:
    table = runs("sin", quick).over("narrowest")
    with style():
        figure = Figure(figsize=(4.4, 5.4), layout="constrained")
        axes = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
        for panel, methods in zip(axes, (ABOVE, BELOW), strict=True):
            rows = tuple(row for row in table if row["method"] in methods)
            error_vs_width(Table(rows, unit=table.unit), panel)
            panel.axhline(1.5, color=BLACK, linewidth=0.9, linestyle=(0, (6, 2)), label="mean-square optimum (1.5)")
            panel.set_ylabel("sup error / least possible")
        axes[0].set_xlabel("")
        axes[0].set_title("sin on [0, 2π]", loc="left")
        axes[1].set_yscale("linear")
        axes[1].set_ylim(0.9, 1.9)
        below(figure, *axes, columns=2)
    return figure
