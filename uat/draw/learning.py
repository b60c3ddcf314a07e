"""Pictures of learning and of what a network is made of: the history of a fit, and the hinges beside their sum."""

from __future__ import annotations

from typing import Any

import numpy as np

from uat._checks import InputError, interval
from uat.draw.style import BLUE, GREY, ORANGE, PURPLE, SKY, VERMILION, axes_of, style
from uat.relu_net import ReluNet


def training(fit: Any, ax: Any = None, *, gradient: bool = False) -> Any:
    """The loss of a fit against its steps, log scale; the validation loss and the gradient's norm where there are any.

    Parameters
    ----------
    fit : what `uat.learn.fit` returns (anything with a history of `step`, `loss`, `validation`, `gradient_norm`)
    ax : matplotlib Axes, optional
    gradient : bool
        Whether to draw |grad F| as well.

    Returns
    -------
    matplotlib Axes
    """
    history = fit.history
    with style():
        ax = axes_of(ax)
        ax.plot(history.step, history.loss, color=BLUE, label="F (training)")
        if np.isfinite(history.validation).any():
            ax.plot(history.step, history.validation, color=VERMILION, linestyle="--", label="validation")
        if gradient:
            ax.plot(history.step, history.gradient_norm, color=GREY, linestyle=":", label=r"$|\nabla F|$")
        ax.axvline(fit.best_step, color=ORANGE, linewidth=0.8, label=f"best, step {fit.best_step}")
        ax.set_yscale("log")
        ax.set_xlabel("steps")
        ax.set_ylabel("loss (unit of f, squared)")
        ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, borderaxespad=0.2)
    return ax


def hinges(net: ReluNet, ax: Any = None, *, domain: tuple[float, float] | None = None) -> Any:
    """The weighted ReLUs coefficients_j (weights_j x + biases_j)_+, thin, beside their sum with the bias, thick.

    Parameters
    ----------
    net : ReluNet
        Up to a few dozen neurons are worth looking at.
    ax : matplotlib Axes, optional
    domain : (a, b); from the first kink to the last, and a little more, when None

    Returns
    -------
    matplotlib Axes
    """
    there = net.kinks[net.weights != 0]
    if domain is None:
        if not there.size:
            raise InputError("`domain` must be given for a network without kinks, but is None.")
        low, high = float(there.min()), float(there.max())
        domain = low, high + 0.1 * (high - low or 1.0)
    a, b = interval(domain)
    inside = there[(there > a) & (there < b)]
    x = np.unique(np.concatenate([[a], inside, [b]]))
    cycle = (SKY, ORANGE, PURPLE, VERMILION)
    with style():
        ax = axes_of(ax)
        for j in range(net.width):
            y = net.coefficients[j] * np.maximum(net.weights[j] * x + net.biases[j], 0)
            label = "weighted ReLUs" if j == 0 else None
            ax.plot(x, y, color=cycle[j % 4], linewidth=0.7, alpha=0.9, label=label)
        ax.plot(x, net(x), color=BLUE, linewidth=2.0, label="their sum")
        ax.set_xlim(a, b)
        ax.set_xlabel("x")
        ax.set_ylabel("hinges and their sum")
        ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, borderaxespad=0.2)
    return ax
