"""The theorem in four panels: a function, its values on a grid, the slopes of the chords, the hinges that add up."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

import uat
from uat.draw import hinges
from uat.draw.style import BLACK, BLUE, GREY, ORANGE, VERMILION, style

A, B, PIECES = 0.0, 4.0, 5


def f(x: object) -> object:
    return 1 + np.sin(1.6 * np.asarray(x))


def draw(quick: bool = False) -> Figure:
    p = uat.interpolate(f, A, B, pieces=PIECES)
    net = uat.ReluNet.from_piecewise(p, form="output-bias")
    x = np.linspace(A, B, 401)
    with style():
        figure = Figure(figsize=(4.2, 4.2), layout="constrained")
        (one, two), (three, four) = figure.subplots(2, 2, sharex=True)
        one.plot(x, f(x), color=GREY, linewidth=2.5)
        one.set_title("1. a continuous function", loc="left", fontsize=9)
        two.plot(x, f(x), color=GREY, linewidth=2.5, alpha=0.6)
        two.plot(p.knots, p.values, "o-", color=BLUE, markersize=4, linewidth=1.2)
        two.vlines(p.knots, 0, p.values, color=ORANGE, linewidth=0.8, linestyle=":")
        two.set_title("2. chords on a grid", loc="left", fontsize=9)
        three.stairs(p.slopes, p.knots, color=VERMILION, linewidth=1.6, baseline=None)
        three.axhline(0, color=BLACK, linewidth=0.6)
        three.set_title("3. their slopes jump", loc="left", fontsize=9)
        hinges(net, four, domain=(A, B))
        four.get_legend().remove()
        four.set_title("4. ReLUs and their sum", loc="left", fontsize=9)
        for axes, label in ((one, "f(x)"), (two, "f(x) and chords"), (three, "slope"), (four, "weighted ReLUs")):
            axes.set_ylabel(label)
            axes.set_xlabel("x" if axes in (three, four) else "")
    return figure
