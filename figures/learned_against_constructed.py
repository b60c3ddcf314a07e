"""sin at widths 8 to 64: the error of each method as a multiple of the least possible one, medians of ten seeds."""

from __future__ import annotations

from matplotlib.figure import Figure

from figures._runs import runs
from uat.draw.comparison import below, error_vs_width
from uat.draw.style import BLACK, style

SHOWN = ("narrowest", "gd", "momentum", "adam", "lbfgs", "warm", "varpro", "varpro-graded")


def draw(quick: bool = False) -> Figure:
    table = runs("sin", quick)
    best = {row["width"]: row["sup_error"] for row in table.where(method="narrowest")}
    rows = [{**row, "sup_error": row["sup_error"] / best[row["width"]]} for row in table if row["method"] in SHOWN]
    with style():
        figure = Figure(figsize=(4.0, 3.6), layout="constrained")
        axes = figure.subplots()
        error_vs_width(rows, axes)
        axes.axhline(1.5, color=BLACK, linewidth=0.8, linestyle="--", label="mean-square optimum (1.5)")
        axes.set_ylabel("sup error / least possible")
        axes.set_title("sin on [0, 2π]", loc="left")
        below(figure, axes)
    return figure
