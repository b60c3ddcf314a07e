"""What rounding adds: bounds between a stored network in exact arithmetic and what its evaluation returns.

Unit roundoff u = 2^-53 (float64) or 2^-24 (float32), gamma_k = k u / (1 - k u). All bounds are statement F1 and its
kin; they hold for any order of summation, with or without fused multiply-add. They are relative to the *stored*
weights: the way from the interpolant to the stored weights is another matter (see `ReluNet.from_piecewise`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from uat._checks import Floats, InputError, abscissae, instance, interval, nonnegative, one_of, show
from uat.piecewise import UNIT, PiecewiseAffine
from uat.relu_net import ReluNet


def gamma(k: float, unit: float = UNIT) -> float:
    """gamma_k = k u / (1 - k u): the relative error of k roundings (Higham 2002, lemma 3.1). Infinite when k u >= 1."""
    k, unit = nonnegative(k, "k"), nonnegative(unit, "unit")
    return k * unit / (1 - k * unit) if k * unit < 1 else np.inf


def condition(net: ReluNet, x: ArrayLike) -> Any:
    """K(x): the sum of the absolute values of all terms of the network at x, shape of x.

    K(x) = |c| + sum_j |coefficients_j| (|weights_j x| + |biases_j|) in general. When every |weights_j| = 1 the products
    are exact and the hinges have small *relative* error, so K(x) = |c| + sum_j |coefficients_j| (weights_j x + b_j)_+.
    u K(x) tells what evaluation in precision u will lose, K / |net(x)| is the condition number of the sum.
    """
    instance(net, "net", ReluNet)
    points = np.abs(np.asarray(abscissae(x), dtype=np.float64))
    if (np.abs(net.weights) == 1).all():
        absolute = ReluNet(net.weights, net.biases, np.abs(net.coefficients), abs(net.output_bias))
        return absolute(x)
    size = np.abs(net.coefficients)
    return abs(net.output_bias) + points * (size @ np.abs(net.weights)) + size @ np.abs(net.biases)


def forward_bound(net: ReluNet, x: ArrayLike, unit: float = UNIT) -> Any:
    """|net.forward(x) - exact(stored parameters)| <= forward_bound(net, x), shape of x (statement F1).

    gamma_{M+2} K(x) when every |weights_j| = 1, gamma_{M+3} K(x) in general, plus what underflow may add.
    """
    instance(net, "net", ReluNet)
    unit = nonnegative(unit, "unit")
    terms = net.width + (2 if (np.abs(net.weights) == 1).all() else 3)
    tiny = np.finfo(np.float64).smallest_subnormal if unit == UNIT else np.finfo(np.float32).smallest_subnormal
    underflow = float(tiny) * (1 + np.abs(net.coefficients).sum()) * (net.width + 1)
    return gamma(terms, unit) * _condition_from_above(net, x) + underflow


def _condition_from_above(net: ReluNet, x: ArrayLike) -> Any:
    """K(x) and what its own evaluation may have lost, with room for the five roundings of a bound made of it.

    By pieces that loss is half of `pieces_bound`, whose other half is at least 5 u K. The sums of the general K are of
    positive numbers: M + 3 roundings, relative.
    """
    if (np.abs(net.weights) == 1).all():
        absolute = ReluNet(net.weights, net.biases, np.abs(net.coefficients), abs(net.output_bias))
        return absolute(x) + pieces_bound(absolute, x)
    return condition(net, x) * (1 + gamma(net.width + 8))


def pieces_bound(net: ReluNet, x: ArrayLike) -> Any:
    """|net(x) - exact(stored parameters)| <= pieces_bound(net, x), shape of x, for evaluation by pieces in float64.

    With v the stored value at the anchor of the piece and y the result: v is rounded once, the slope once, and
    y = v + slope (x - anchor) takes three more roundings, so gamma_5 (|v| + |y - v|). Where a kink -b/w is not a float
    it was moved by its rounding, which changes the function near that kink (`_kink_error`). Doubled
    for the roundings of the bound itself and of the true y.
    """
    instance(net, "net", ReluNet)
    points = np.asarray(abscissae(x), dtype=np.float64)
    r, y = net.regions, np.asarray(net(points))
    k = np.searchsorted(r.kinks, points, side="right")
    moved = np.concatenate([[0.0], _kink_error(net, r.kinks), [0.0]])
    rounding = gamma(5) * (np.abs(r.values[k]) + np.abs(y - r.values[k])) + moved[k] + moved[k + 1]
    far = np.abs(points - r.anchors[k])  # a subnormal slope is rounded absolutely, and then multiplied by this
    return 2 * (rounding + _TINY * np.ceil(1 + np.abs(r.slopes[k]) + far))  # a fraction of it would be rounded away


def evaluated(g: Any, domain: tuple[float, float], arithmetic: str) -> tuple[Any, float]:
    """The function that an evaluation in that arithmetic stands for, and how far it may stray from it on the domain.

    "real": g and 0. "float64": g, and the larger of the bounds of ``net(x)`` and ``net.forward(x)`` over all floats
    x of the domain (for a PiecewiseAffine, of ``p(x)``). "float32": the network with its parameters rounded to float32,
    and the bound of its evaluation neuron by neuron, in any order, in float32.
    """
    domain = interval(domain)
    if one_of(arithmetic, "arithmetic", ("real", "float64", "float32")) == "real":
        return g, 0.0
    if isinstance(g, ReluNet):
        net = g if arithmetic == "float64" else _in_float32(g)
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused
            rounding = _most(forward_bound(net, np.array(domain), UNIT if arithmetic == "float64" else UNIT32))
            if arithmetic == "float64":
                rounding = float(np.maximum(rounding, _most_by_pieces(net, domain)))
            largest = _largest_term(net, domain) + rounding
        if not largest <= float(np.finfo(arithmetic).max):
            size = f" reach {largest:.3g} and" if np.isfinite(largest) else ""
            raise InputError(
                f"`g` must be a network that {arithmetic} can evaluate on the domain, but the terms of its sum{size} "
                "overflow, so that nothing can be said of the result."
            )
        return net, rounding
    if isinstance(g, PiecewiseAffine) and arithmetic == "float64":
        high = np.maximum(np.abs(g.values[1:]), np.abs(g.values[:-1]))
        return g, _most(2 * (gamma(5) * np.abs(np.diff(g.values)) + UNIT * high + _TINY))
    kinds = "a ReluNet" if arithmetic == "float32" else "a ReluNet or a PiecewiseAffine"
    raise InputError(f"`g` must be {kinds} for arithmetic={arithmetic!r}, but is {show(g)}.")


def _largest_term(net: ReluNet, domain: tuple[float, float]) -> float:
    """What no number on the way to ``net.forward(x)`` exceeds, rounding apart: products, hinges, terms and their sums.

    Twice the products and hinges, which leaves room for their own two roundings.
    """
    ends = np.array(domain)
    hinges = np.abs(net.weights) * np.abs(ends).max() + np.abs(net.biases)
    return max(2 * float(hinges.max(initial=0.0)), _most(_condition_from_above(net, ends)))


def _most(bounds: Any) -> float:
    """The largest, and a little for the roundings of the bound itself. K is convex: the ends of the domain count."""
    return float(np.max(bounds)) * (1 + 16 * UNIT)


def _most_by_pieces(net: ReluNet, domain: tuple[float, float]) -> float:
    """The largest `pieces_bound` on the domain: on each region |y - v| grows to the right, or to the left before the
    first kink, so its ends count. The last float left of a kink lies in the region before it."""
    r = net.regions
    inner = r.kinks[(r.kinks > domain[0]) & (r.kinks < domain[1])]
    points = np.unique(np.concatenate([domain, inner, np.nextafter(inner, -np.inf)]))
    points = points[(points >= domain[0]) & (points <= domain[1])]
    return _most(pieces_bound(net, points))


def _in_float32(net: ReluNet) -> ReluNet:
    with np.errstate(over="ignore"):
        w, b, c = (x.astype(np.float32).astype(np.float64) for x in (net.weights, net.biases, net.coefficients))
        bias = float(np.float32(net.output_bias))
    if not all(np.isfinite(part).all() for part in (w, b, c, bias)):
        raise InputError("`g` must have parameters that float32 can hold, but one of them overflows.")
    return ReluNet(w, b, c, bias)


UNIT32 = 2.0**-24


def conversion_bound(p: PiecewiseAffine, net: ReluNet) -> Any:
    """|net - p| at the knots of p, shape (N+1,), for a net made by `ReluNet.from_piecewise` and evaluated by pieces.

    Each stored slope carries three roundings and each difference one more, so coefficient i is off by at most
    gamma_4 (|S_i| + |S_{i-1}|); the kinks are stored exactly. Evaluation adds `pieces_bound`.
    """
    instance(p, "p", PiecewiseAffine)
    instance(net, "net", ReluNet)
    s = np.abs(p.slopes)
    first = np.abs(net.coefficients[: net.width - p.pieces])  # the shifted origin, where there is one
    before = np.concatenate([first, s])
    size = before + np.concatenate([[0.0], before[:-1]])
    kinks = net.kinks
    if size.size != net.width or not (np.abs(net.weights) == 1).all():
        return np.zeros(p.knots.size)  # not a net of that form: nothing is conceded to it
    drift = ReluNet(np.ones(net.width), -kinks, gamma(5) * size)
    return drift(p.knots) * (1 + 1e-9) + pieces_bound(net, p.knots)


def stored_distance(p: PiecewiseAffine, net: ReluNet) -> float:
    """A bound of sup|net - p| on the domain of p, both taken exactly, for the net that `from_piecewise` made of p.

    Both are affine between the knots of p, so the largest difference is at a knot, where `to_piecewise` knows the net
    up to one rounding.
    """
    there = _at_knots(p, net)
    return float((np.abs(there - p.values) + 2 * UNIT * np.abs(there)).max())


def stored_excess(p: PiecewiseAffine, net: ReluNet, side: str) -> float:
    """How far such a net may rise above p (side "under") or fall below it ("over") anywhere on the domain; else 0."""
    if one_of(side, "side", ("both", "under", "over")) == "both":
        return 0.0
    there = _at_knots(p, net)
    above = (there - p.values) * (1 if side == "under" else -1) + 2 * UNIT * np.abs(there)
    return max(float(above.max()), 0.0)


def _at_knots(p: PiecewiseAffine, net: ReluNet) -> Floats:
    """The values of the net at the knots of p, of which it was made."""
    instance(p, "p", PiecewiseAffine)
    instance(net, "net", ReluNet)
    there = net.to_piecewise(*p.domain)
    if there.pieces != p.pieces:
        raise InputError(f"`net` must be made of `p`, but has {there.pieces} pieces there and `p` {p.pieces}.")
    return there.values


_TINY = float(np.finfo(np.float64).smallest_subnormal)


def _kink_error(net: ReluNet, kinks: Floats) -> Floats:
    """At each distinct kink, what moving it to a float changes.

    The sum, over its neurons whose kink had to be rounded, of |coefficient weight| times the rounding of -b/w, which is
    u |b/w| or, below the normal floats, half the least one.
    """
    inexact = (net.weights != 0) & (np.abs(net.weights) != 1)
    where = np.searchsorted(kinks, net.kinks[inexact])
    size = np.abs(net.coefficients[inexact] * net.biases[inexact])
    steep = np.ceil(np.abs(net.coefficients[inexact] * net.weights[inexact]))  # a fraction of it would be rounded away
    moved = UNIT * size + _TINY * steep
    total: Floats = np.bincount(where, weights=moved, minlength=kinks.size).astype(np.float64)
    return total
