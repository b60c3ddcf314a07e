"""Pictures of one network: the function, the network on it, their difference under a tolerance band, and the hinges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from uat._checks import Floats, InputError, interval
from uat._sampling import Function, sample
from uat.draw.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    OLIVE,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    WINE,
    axes_of,
    style,
)
from uat.piecewise import PiecewiseAffine
from uat.relu_net import ReluNet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_MARKS = 80  # more kinks than this are a smear: a rug of ticks shows their density instead
_CURVE = 2001


def approximation_figure(
    p: PiecewiseAffine,
    net: ReluNet,
    f: Function | None,
    *,
    error: float,
    proven: bool,
    tol: float | None = None,
    title: str = "f",
) -> Figure:
    """Function and network above; below their difference, with the tolerance and the certified bound as lines.

    Parameters
    ----------
    p, net : the piecewise-affine function and the network that equals it
    f : the function; when None (a file without a formula) only the network is drawn
    error : sup|f - p|, an upper bound when `proven`, else the largest difference seen; in the unit of f
    tol : the tolerance band, in the unit of f

    Returns
    -------
    matplotlib.figure.Figure, not attached to any window.
    """
    from matplotlib.figure import Figure

    with style():
        rows = 1 if f is None else 2
        figure = Figure(figsize=(6.4, 2.4 + 2.0 * (rows - 1)), layout="constrained")
        axes = np.atleast_1d(figure.subplots(rows, 1, sharex=True, height_ratios=[3, 2][:rows]))
        x = _abscissae(p)
        _curves(axes[0], p, net, f, x, title)
        if f is not None:
            _difference(axes[1], p, net, f, x, (error, proven), tol)
        axes[-1].set_xlabel("x")
        axes[-1].set_xlim(*p.domain)
    return figure


def approximation(r: Any, ax: Any = None) -> Any:
    """The difference of an approximation's network and its function, with tolerance, certified bound and kinks.

    Parameters
    ----------
    r : what `uat.approximate` returns (anything with piecewise, net, function, certificate and tol)
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    p = r.piecewise
    with style():
        ax = axes_of(ax)
        if r.function is None:
            _curves(ax, p, r.net, None, _abscissae(p), "network")
        else:
            c = r.certificate
            _difference(ax, p, r.net, r.function, _abscissae(p), (c.error, c.proven), r.tol)
        ax.set_xlabel("x")
        ax.set_xlim(*p.domain)
    return ax


def hinges(net: ReluNet, ax: Any = None, *, domain: tuple[float, float] | None = None) -> Any:
    """The weighted ReLUs coefficients_j (weights_j x + biases_j)_+, thin, beside their sum with the bias, thick.

    The output bias, f(a) in the form of the notes, is the dotted level from which the sum starts.

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
    cycle = (SKY, ORANGE, PURPLE, VERMILION, GREEN, WINE, OLIVE)
    dashes = ("-", "--", "-.")  # when the colours begin again, the dashes are the next
    with style():
        ax = axes_of(ax)
        for j in range(net.width):
            y = net.coefficients[j] * np.maximum(net.weights[j] * x + net.biases[j], 0)
            label = "weighted ReLUs" if j == 0 else None
            look = {"color": cycle[j % len(cycle)], "linestyle": dashes[j // len(cycle) % len(dashes)]}
            ax.plot(x, y, linewidth=0.9, label=label, **look)
        if net.output_bias:
            ax.axhline(net.output_bias, color=BLACK, linewidth=0.9, linestyle=":", label="output bias")
        ax.plot(x, net(x), color=BLUE, linewidth=2.0, label="their sum")
        ax.set_xlim(a, b)
        ax.set_xlabel("x")
        ax.set_ylabel("hinges and their sum")
        ax.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, borderaxespad=0.2)
    return ax


def _abscissae(p: PiecewiseAffine) -> Floats:
    """A fine grid that contains the knots and the middles of the cells, where the error of a chord is largest."""
    a, b = p.domain
    knots = p.knots if p.pieces <= _CURVE else p.knots[:: p.pieces // _CURVE + 1]
    inside = (knots[:-1, None] + np.diff(knots)[:, None] * np.linspace(0, 1, 9)[1:-1]).reshape(-1)
    grid: Floats = np.unique(np.concatenate([np.linspace(a, b, _CURVE), knots, inside]))
    return grid


def _curves(axes: Any, p: PiecewiseAffine, net: ReluNet, f: Function | None, x: Floats, title: str) -> None:
    if f is not None:
        axes.plot(x, sample(f, x), color=GREY, linewidth=3.5, alpha=0.55, label="f")
    neurons = f"network, {net.width} neuron{'s' * (net.width != 1)}"
    axes.plot(x, net(x), color=BLUE, linewidth=1.2, label=neurons)
    pieces = f"{p.pieces} piece{'s' * (p.pieces != 1)}"
    if p.pieces <= _MOST_MARKS:
        marks = {"color": ORANGE, "markersize": 3, "markeredgecolor": BLACK, "markeredgewidth": 0.3}
        axes.plot(p.knots, p.values, "o", clip_on=False, zorder=3, label="knots", **marks)
    axes.set_title(f"{_shortened(title)}: {pieces}", loc="left")
    axes.set_ylabel("f(x) and network")
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, borderaxespad=0.2)


def _difference(
    axes: Any, p: PiecewiseAffine, net: ReluNet, f: Function, x: Floats, known: tuple[float, bool], tol: float | None
) -> None:
    bound, proven = known
    difference = np.asarray(net(x)) - sample(f, x)
    axes.plot(x, difference, color=VERMILION, linewidth=1.0, label="network $-$ f")
    if tol is not None:
        axes.axhspan(-tol, tol, color=GREY, alpha=0.15, linewidth=0, label=f"tolerance $\\pm${tol:.3g}")
    for sign in (-1, 1):
        axes.axhline(
            sign * bound,
            color=BLACK,
            linewidth=0.9,
            linestyle="--" if proven else ":",
            label=f"{'proven' if proven else 'estimated'} $\\pm${bound:.3g}" if sign > 0 else None,
        )
    reach = 1.25 * max(bound, tol or 0.0, float(np.abs(difference).max()), np.finfo(float).tiny)
    axes.set_ylim(-reach, reach)
    inner = p.knots[1:-1]
    if inner.size:  # the kinks, as ticks on the zero line: their density shows where the network spends its neurons
        height = 0.05 if inner.size <= _MOST_MARKS else 0.02
        axes.vlines(inner, -height * reach, height * reach, color=BLUE, linewidth=0.6, label="kinks")
    axes.set_ylabel("network $-$ f")
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=4, borderaxespad=0.2, columnspacing=1.2)


def _shortened(title: str) -> str:
    title = title.replace("$", r"\$")
    return title if len(title) <= 36 else title[:33] + "..."
