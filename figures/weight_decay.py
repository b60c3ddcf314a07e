"""Weight decay beside the interpolant: with a little decay a wide net goes through few points nearly as a line does.

With infinitely many neurons the least sum of squared weights is the least integral of |f''| (Savarese, Evron, Soudry &
Srebro 2019), which the broken line through the points attains. Between two points at which that line bends the same way
every curve that bends that way attains it too, and there the net may leave it. Without decay it bends as it likes.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

import uat
from uat import learn
from uat.draw.style import BLACK, BLUE, GREY, VERMILION, style

X = np.array([-1.0, -0.65, -0.3, 0.1, 0.45, 1.0])
Y = np.array([0.1, 0.8, -0.4, -0.1, 0.7, 0.2])
WIDTH = 120


def trained(decay: float, steps: int) -> uat.MLP:
    """Adam from one start; the decay is on the weights alone, as in the theorem."""
    start = uat.MLP.initialize([1, WIDTH, 1], rng=3)
    start = start.with_theta(start.theta + 0.7 * np.random.default_rng(4).standard_normal(start.theta.size))
    regularizer = learn.L2(decay, biases=False) if decay else None
    method = learn.Adam(learn.cosine(0.01, steps))
    return learn.fit(start, X, Y, regularizer=regularizer, method=method, steps=steps, record_every=1000).network


def draw(quick: bool = False) -> Figure:
    steps = 300 if quick else 30_000
    broken = uat.PiecewiseAffine(X, Y)
    x = np.linspace(-1, 1, 801)
    with style():
        figure = Figure(figsize=(4.0, 3.0), layout="constrained")
        axes = figure.subplots()
        axes.plot(x, broken(x), color=GREY, linewidth=3.5, alpha=0.5, label="interpolant")
        for decay, colour, line in ((0.0, VERMILION, "--"), (3e-5, BLUE, "-")):
            label = f"decay {decay:g}" if decay else "no decay"
            axes.plot(x, trained(decay, steps)(x[:, None])[:, 0], color=colour, linestyle=line, label=label)
        axes.plot(X, Y, "o", color=BLACK, markersize=4, label="samples", zorder=3)
        axes.set_xlabel("x")
        axes.set_ylabel("f(x)")
        figure.legend(loc="outside lower center", ncols=4, columnspacing=1.0, handlelength=1.6)
    return figure
