"""Where each method puts 16 kinks for Runge's function; of the seeds the one in the middle by its error."""

from __future__ import annotations

from matplotlib.figure import Figure

import uat
from figures._runs import runs
from uat.draw.comparison import kinks
from uat.draw.style import style

SHOWN = ("uniform", "graded", "narrowest", "warm", "varpro", "adam", "sgd")


def draw(quick: bool = False) -> Figure:
    rows = []
    for method in SHOWN:
        seeds = sorted(runs("runge", quick).where(method=method, width=16), key=lambda row: row["sup_error"])
        rows += seeds[len(seeds) // 2 : len(seeds) // 2 + 1]
    with style():
        figure = Figure(figsize=(4.0, 2.8), layout="constrained")
        axes = figure.subplots()
        kinks(rows, axes, f=uat.target("runge"))
        axes.set_title("1/(1 + 25x²), width 16", loc="left")
    return figure
