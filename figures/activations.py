"""The activations with their derivatives, as forward and backward compute them."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

import uat
from uat.draw.style import BLUE, VERMILION, style


def draw(quick: bool = False) -> Figure:
    z = np.linspace(-4, 4, 400)  # 0 is not among them: ReLU has no derivative there
    with style():
        figure = Figure(figsize=(4.2, 2.2), layout="constrained")
        for axes, name in zip(figure.subplots(1, 3), ("relu", "sigmoid", "tanh"), strict=True):
            unit = uat.MLP((1, 1), np.array([1.0, 0.0]), (name,))  # z -> act(1 z + 0)
            _, slope = uat.learn.backward(uat.learn.forward(unit, z[:, None]), np.ones((z.size, 1)))
            (value,) = axes.plot(z, unit(z[:, None])[:, 0], color=BLUE)
            (derivative,) = axes.plot(z, slope[:, 0], color=VERMILION, linestyle="--", linewidth=1.2)
            axes.set_title({"relu": "ReLU"}.get(name, name), loc="left")
            axes.set_xlabel("z")
            axes.set_ylim((-1.1, 1.1) if name == "tanh" else (-0.1, 4 if name == "relu" else 1.1))
        figure.axes[0].set_ylabel("value")
        figure.legend([value, derivative], ["act(z)", "its derivative"], loc="outside lower center", ncols=2)
    return figure
