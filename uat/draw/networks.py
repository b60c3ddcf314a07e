"""Pictures of one network: the function, the network on it, their difference under a tolerance band, and the hinges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from uat._checks import Floats, InputError, instance, interval, show
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
from uat.mlp import MLP
from uat.piecewise import PiecewiseAffine
from uat.relu_net import ReluNet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_MARKS = 80  # more kinks than this are a smear: a rug of ticks shows their density instead
_CURVE = 2001


@dataclass(frozen=True, slots=True)
class Band:
    """Where network - f was asked to be: within tol + rtol |f|, on both sides of 0 or on one."""

    tol: float | None = None
    rtol: float | None = None
    side: str = "both"

    def __bool__(self) -> bool:
        return self.tol is not None or self.rtol is not None

    def walls(self, y: Floats) -> tuple[Floats, Floats]:
        """The lower and the upper end of the band where f takes the values y, shape of y."""
        width = (self.tol or 0.0) + (self.rtol or 0.0) * np.abs(y)
        return (-width if self.side != "over" else 0 * width), (width if self.side != "under" else 0 * width)

    @property
    def sign(self) -> str:
        """What stands before a number on the side in question."""
        return {"both": r"$\pm$", "over": "", "under": "$-$"}[self.side]

    def __str__(self) -> str:
        parts = [] if self.tol is None else [f"{self.tol:.3g}"]
        parts += [] if self.rtol is None else [f"{self.rtol:.3g} |f|"]
        width = " + ".join(parts)
        whole = f"({width})" if len(parts) > 1 else width
        return {"both": rf"$\pm${whole}", "over": f"[0, {width}]", "under": f"[$-${whole}, 0]"}[self.side]


def approximation_figure(
    p: PiecewiseAffine,
    net: ReluNet,
    f: Function | tuple[Floats, Floats] | None,
    *,
    error: float,
    proven: bool,
    tol: float | None = None,
    rtol: float | None = None,
    side: str = "both",
    title: str = "f",
) -> Figure:
    """Function and network above; below their difference, with the tolerance and the certified bound as lines.

    Parameters
    ----------
    p, net : the piecewise-affine function and the network that equals it
    f : the function, or points (x, y), shape (n,) each; when None (a file without a formula) only the network is drawn
    error : sup|f - p|, an upper bound when `proven`, else the largest difference seen; in the unit of f
    tol, rtol, side : the band that was asked for: network - f in ±(tol + rtol |f|), or in its upper half ("over") or
        lower half ("under"); tol in the unit of f; no band when both are None

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
            _difference(axes[1], p, net, f, x, (error, proven), Band(tol, rtol, side))
        axes[-1].set_xlabel("x")
        axes[-1].set_xlim(*p.domain)
    return figure


def approximation(r: Any, ax: Any = None) -> Any:
    """The difference of an approximation's network and its function, with tolerance, certified bound and kinks.

    Parameters
    ----------
    r : what `uat.approximate` returns (anything with piecewise, net, function, certificate, tol, rtol and side)
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    p = getattr(r, "piecewise", None)
    if not isinstance(p, PiecewiseAffine) or not hasattr(r, "function"):
        raise InputError(f"`r` must be what `uat.approximate` returns, but is {show(r)}.")
    with style():
        ax = axes_of(ax)
        if r.function is None:
            _curves(ax, p, r.net, None, _abscissae(p), "network")
        else:
            c = r.certificate
            _difference(ax, p, r.net, r.function, _abscissae(p), (c.error, c.proven), Band(r.tol, r.rtol, r.side))
        ax.set_xlabel("x")
        ax.set_xlim(*p.domain)
    return ax


def hinges(net: Any, ax: Any = None, *, domain: tuple[float, float] | None = None) -> Any:
    """The weighted ReLUs coefficients_j (weights_j x + biases_j)_+, thin, beside their sum with the bias, thick.

    The output bias, f(a) in the form of the notes, is the dotted level from which the sum starts.

    Parameters
    ----------
    net : ReluNet, or what holds one: an MLP of one input and one ReLU layer, a fit, what `approximate` returns
        Up to a few dozen neurons are worth looking at.
    ax : matplotlib Axes, optional
    domain : (a, b); from the first kink to the last, and a little more, when None

    Returns
    -------
    matplotlib Axes
    """
    net = _relu_net(net)
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


def _relu_net(given: Any) -> ReluNet:
    """The network that was given, or that what was given holds."""
    if isinstance(given, PiecewiseAffine):
        return ReluNet.from_piecewise(given)
    held = getattr(given, "net", getattr(given, "network", given))
    if isinstance(held, MLP):
        return ReluNet.from_mlp(held)
    instance(held, "net", ReluNet)
    return held  # type: ignore[no-any-return]


def _abscissae(p: PiecewiseAffine) -> Floats:
    """A fine grid that contains the knots and the middles of the cells, where the error of a chord is largest."""
    a, b = p.domain
    knots = p.knots if p.pieces <= _CURVE else p.knots[:: p.pieces // _CURVE + 1]
    inside = (knots[:-1, None] + np.diff(knots)[:, None] * np.linspace(0, 1, 9)[1:-1]).reshape(-1)
    grid: Floats = np.unique(np.concatenate([np.linspace(a, b, _CURVE), knots, inside]))
    return grid


def _curves(
    axes: Any, p: PiecewiseAffine, net: ReluNet, f: Function | tuple[Floats, Floats] | None, x: Floats, title: str
) -> None:
    if isinstance(f, tuple):
        axes.plot(*f, ".", color=GREY, markersize=4, label="points")
    elif f is not None:
        axes.plot(x, sample(f, x), color=GREY, linewidth=3.5, alpha=0.55, label="f")
    neurons = f"network, {net.width} neuron{'s' * (net.width != 1)}"
    axes.plot(x, net(x), color=BLUE, linewidth=1.2, label=neurons)
    pieces = f"{p.pieces} piece{'s' * (p.pieces != 1)}"
    if p.pieces <= _MOST_MARKS:
        marks = {"color": ORANGE, "markersize": 3, "markeredgecolor": BLACK, "markeredgewidth": 0.3}
        axes.plot(p.knots, p.values, "o", clip_on=False, zorder=3, label="knots", **marks)
    axes.set_title(f"{_shortened(title)}: {pieces}", loc="left")
    axes.set_ylabel("y and network" if isinstance(f, tuple) else "f(x) and network")
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, borderaxespad=0.2)


def _difference(
    axes: Any,
    p: PiecewiseAffine,
    net: ReluNet,
    f: Function | tuple[Floats, Floats],
    x: Floats,
    known: tuple[float, bool],
    band: Band,
) -> None:
    bound, proven = known
    at_points = isinstance(f, tuple)
    x, y = f if isinstance(f, tuple) else (x, sample(f, x))
    difference = np.asarray(net(x)) - y
    low, high = band.walls(y)
    if band:
        axes.fill_between(x, low, high, color=GREY, alpha=0.18, linewidth=0, label=f"tolerance {band}")
    axes.axhline(0, color=GREY, linewidth=0.6)
    shape: dict[str, Any] = {"marker": ".", "linestyle": "", "markersize": 3} if at_points else {"linewidth": 1.0}
    against = "network $-$ y" if at_points else "network $-$ f"
    axes.plot(x, difference, color=VERMILION, label=against, **shape)
    signs = {"both": (-1, 1), "over": (1,), "under": (-1,)}[band.side]  # the other limit of a one-sided band is 0
    for sign in signs:
        axes.axhline(
            sign * bound,
            color=BLACK,
            linewidth=0.9,
            linestyle="--" if proven else ":",
            label=f"{'proven' if proven else 'estimated'} {band.sign}{bound:.3g}" if sign == signs[-1] else None,
        )
    everything = [0.0, *(sign * bound for sign in signs), *(v.min() for v in (low, difference)), high.max()]
    bottom, top = float(min(everything)), float(max(*everything, difference.max()))
    room = max(0.13 * (top - bottom), np.finfo(float).tiny)
    axes.set_ylim(bottom - 1.6 * room, top + room)  # below there is room for the ticks
    inner = p.knots[1:-1]
    if inner.size:  # ticks at the lower edge, away from the curve: their density shows where neurons are spent
        height = 0.05 if inner.size <= _MOST_MARKS else 0.03
        edge = axes.get_xaxis_transform()
        axes.vlines(inner, 0, height, color=BLUE, linewidth=0.6, label="kinks", transform=edge)
    axes.set_ylabel(against)
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=4, borderaxespad=0.2, columnspacing=1.2)


def _shortened(title: str) -> str:
    title = title.replace("$", r"\$")
    return title if len(title) <= 36 else title[:33] + "..."
