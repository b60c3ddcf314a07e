"""The affine pieces of g, exactly: from knots and values, from the stored weights of a network, or from one line."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from flint import arb

from uat import _checks
from uat._checks import InputError, show
from uat.bounds.boxes import Cell
from uat.hinges import affine_regions
from uat.piecewise import PiecewiseAffine
from uat.relu_net import ReluNet


def domain_of(g: Any, domain: Any) -> tuple[float, float]:
    """The interval of the comparison: as given, or the one on which g is defined."""
    own = g.domain if isinstance(g, PiecewiseAffine) else None
    if domain is None:
        if own is None:
            raise InputError("`domain` must be given: neither f nor g says where it is defined.")
        return own
    a, b = _checks.interval(domain)
    if own is not None and not (own[0] <= a and b <= own[1]):
        raise InputError(f"`domain` must lie in that of `g`, {show(own)}, but is {show((a, b))}.")
    return a, b


def cells_of(g: Any, domain: tuple[float, float], breaks: Iterable[float] = ()) -> list[Cell]:
    """The affine pieces of g on the domain, cut at the breaks; all numbers of a piece are exact."""
    if isinstance(g, PiecewiseAffine):
        cells = _of_piecewise(g)
    elif isinstance(g, ReluNet):
        cells = _of_net(g, domain)
    else:
        cells = [_of_pair(g, domain)]
    cuts = [] if isinstance(breaks, tuple) and not breaks else _checks.points(breaks, "breaks").tolist()
    return [part for cell in cells for part in _within(cell, domain, cuts)]


def size_of(cells: list[Cell]) -> float:
    """The largest |g| on the cells, whose ends count.

    Raises
    ------
    InputError
        When it is no float: no distance to g would be one either.
    """
    ends = [(cell.low, cell.at(cell.low)) for cell in cells] + [(cells[-1].high, cells[-1].at(cells[-1].high))]
    for x, value in ends:
        if not abs(value) <= _LARGEST:
            size = value.str(3, radius=False)
            raise InputError(f"`g` must have values on the domain that float64 can hold, but g({x!r}) is {size}.")
    return max(abs(float(value)) for _, value in ends)


_LARGEST = arb(_checks.LARGEST)


def _of_piecewise(p: PiecewiseAffine) -> list[Cell]:
    knots, values = p.knots.tolist(), p.values.tolist()
    x, y = [arb(t) for t in knots], [arb(v) for v in values]
    rise, run = _exact_differences(values), _exact_differences(knots)
    return [Cell(knots[k], knots[k + 1], x[k], y[k], rise[k], run[k]) for k in range(p.pieces)]


def _exact_differences(numbers: list[float]) -> list[Any]:
    """Neighbours' differences without rounding: in float64 where that is exact, else with as many bits as it takes."""
    a, b = np.array(numbers[1:]), -np.array(numbers[:-1])
    with np.errstate(over="ignore", invalid="ignore"):
        # the two-sum error term (Knuth, TAOCP 4.2.2): zero exactly where the float difference is exact
        floats = a + b
        back = floats - a
        error = (a - (floats - back)) + (b - back)
    out = [arb(d) for d in floats.tolist()]
    for k in np.flatnonzero((error != 0) | ~np.isfinite(error)).tolist():
        out[k] = _exact(Fraction(numbers[k + 1]) - Fraction(numbers[k]))
    return out


def _exact(x: Fraction) -> Any:
    """A dyadic fraction as an exact ball: mantissa and exponent are integers of any size."""
    exponent = x.denominator.bit_length() - 1
    return arb((x.numerator, -exponent))


def _of_net(net: ReluNet, domain: tuple[float, float]) -> list[Cell]:
    """The pieces of the stored parameters. Slopes and intercepts are dyadic; kinks -b/w are enclosed by floats."""
    weights, biases, coefficients = (
        np.array([Fraction(v) for v in array.tolist()], dtype=object)
        for array in (net.weights, net.biases, net.coefficients)
    )
    safe = weights.copy()
    safe[net.weights == 0] = Fraction(1)
    kinks, slopes, intercepts = affine_regions(-biases / safe, weights, biases, coefficients, Fraction(net.output_bias))
    a, b = domain
    inside = [k for k, t in enumerate(kinks) if a < t < b]
    first = inside[0] if inside else int(sum(t <= a for t in kinks))
    ends = [(a, a)] + [_around(kinks[k]) for k in inside] + [(b, b)]
    zero, one = arb(0), arb(1)
    return [
        Cell(
            max(ends[k][0], a),
            min(ends[k + 1][1], b),
            zero,
            _exact(Fraction(intercepts[first + k])),
            _exact(Fraction(slopes[first + k])),
            one,
            ends[k][1],
            ends[k + 1][0],
        )
        for k in range(len(ends) - 1)
    ]


def _around(t: Fraction) -> tuple[float, float]:
    """The floats below and above t; t itself where it is one."""
    nearest = float(t)
    if nearest == t:
        return nearest, nearest
    other = math.nextafter(nearest, math.inf if nearest < t else -math.inf)
    return min(nearest, other), max(nearest, other)


def _of_pair(g: Any, domain: tuple[float, float]) -> Cell:
    try:
        slope, intercept = g
    except (TypeError, ValueError):
        raise InputError(
            f"`g` must be a PiecewiseAffine, a ReluNet or an affine pair (slope, intercept), but is {show(g)}."
        ) from None
    slope, intercept = _checks.real(slope, "slope"), _checks.real(intercept, "intercept")
    return Cell(*domain, arb(0), arb(intercept), arb(slope), arb(1))


def _within(cell: Cell, domain: tuple[float, float], cuts: list[float]) -> list[Cell]:
    low, high = max(cell.low, domain[0]), min(cell.high, domain[1])
    if low >= high:
        return []
    if low == cell.low and high == cell.high and not cuts:
        return [cell]
    ends = [low, *(x for x in cuts if low < x < high), high]
    inner = cell.inner_low, cell.inner_high
    return [Cell(p, q, cell.anchor, cell.value, cell.rise, cell.run, *inner) for p, q in pairwise(ends)]
