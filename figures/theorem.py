"""The theorem in four panels: a function, its values on a grid, the slopes of the chords, the hinges that add up.

The grid is that of the notes: steps of eta from a, and a last cell that ends at b and is shorter.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

import uat
from uat.draw import hinges
from uat.draw.style import BLACK, BLUE, GREY, ORANGE, VERMILION, style

A, B, ETA = 0.0, 4.0, 0.9  # four cells of 0.9, and one of 0.4


def f(x: object) -> object:
    return 1 + np.sin(1.6 * np.asarray(x))


def draw(quick: bool = False) -> Figure:
    p = uat.interpolate(f, A, B, step=ETA)
    net = uat.ReluNet.from_piecewise(p, form="output-bias")
    x = np.linspace(A, B, 401)
    with style():
        figure = Figure(figsize=(4.6, 5.0), layout="constrained")
        (one, two), (three, four) = figure.subplots(2, 2, sharex=True)
        for axes in (one, two):
            axes.plot(x, f(x), color=GREY, linewidth=2.5, alpha=0.6, label="f" if axes is one else None)
        one.set_title("1. a continuous function", loc="left", fontsize=9)
        two.vlines(p.knots, 0, p.values, color=ORANGE, linewidth=0.8, linestyle=":")
        two.plot(p.knots, p.values, "o-", color=BLUE, markersize=4, linewidth=1.2, clip_on=False, zorder=3)
        for axes in (one, two):
            axes.set_ylim(-0.35, 2.1)
        for k, name in ((0, r"$\eta$"), (p.pieces - 1, r"$<\eta$")):
            left, right = p.knots[k], p.knots[k + 1]
            two.annotate("", (left, -0.1), (right, -0.1), arrowprops={"arrowstyle": "<->", "lw": 0.7, "shrinkA": 0,
                         "shrinkB": 0})  # fmt: skip
            two.text((left + right) / 2, -0.14, name, ha="center", va="top", fontsize=8)
        two.set_title(r"2. chords on a grid of step $\eta$", loc="left", fontsize=9)
        three.hlines(p.slopes, p.knots[:-1], p.knots[1:], color=VERMILION, linewidth=2.0)
        three.vlines(
            p.knots[1:-1], np.minimum(p.slopes[1:], p.slopes[:-1]), np.maximum(p.slopes[1:], p.slopes[:-1]),
            color=VERMILION, linewidth=0.7, linestyle=":",
        )  # fmt: skip
        three.axhline(0, color=BLACK, linewidth=0.6)
        three.set_title("3. their slopes jump", loc="left", fontsize=9)
        hinges(net, four, domain=(A, B))
        four.get_legend().remove()
        four.set_title("4. jump × ReLU, and the sum", loc="left", fontsize=9)
        for axes, label in ((one, "f(x)"), (two, "f(x) and chords"), (three, "slope"), (four, "weighted ReLUs")):
            axes.set_ylabel(label)
            axes.set_xlabel("x" if axes in (three, four) else "")
            axes.set_xlim(A, B)
        handles, _ = four.get_legend_handles_labels()
        relus, constant, total = handles
        figure.legend(
            [one.lines[0], total, constant, relus], ["f", "its chords = the sum", "f(a)", "weighted ReLUs"],
            loc="outside lower center", ncols=4, columnspacing=1.2, handlelength=1.8,
        )  # fmt: skip
    return figure
