"""The margin losses phi(m), m = ys, beside the 0-1 loss that they stand in for."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from uat.draw.style import BLACK, BLUE, GREEN, ORANGE, VERMILION, style
from uat.learn import LOSSES

LOOKS = {
    "logistic": (BLUE, "-"), "exponential": (VERMILION, "--"), "hinge": (GREEN, "-."), "squared_margin": (ORANGE, ":"),
}  # fmt: skip


def draw(quick: bool = False) -> Figure:
    m = np.linspace(-1.6, 2.6, 421)
    with style():
        figure = Figure(figsize=(4.0, 2.9), layout="constrained")
        axes = figure.subplots()
        axes.step([-1.6, 0, 2.6], [1, 1, 0], where="pre", color=BLACK, linewidth=1.0, label="0-1")
        for name, (colour, line) in LOOKS.items():
            shown = name.replace("_", " ")
            axes.plot(m, LOSSES[name].value(np.ones_like(m), m), color=colour, linestyle=line, label=shown)
        axes.set_ylim(-0.05, 4)
        axes.set_xlabel("margin m = ys")
        axes.set_ylabel("loss φ(m)")
        figure.legend(loc="outside lower center", ncols=3, columnspacing=1.2)
    return figure
