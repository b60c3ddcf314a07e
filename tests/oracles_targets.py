"""A slow, obvious twin of differentiation: the power series of a formula at a point, in 60-digit arithmetic.

A walk over the nodes of a formula on python-flint's arb_series, which owes nothing else to the package. Only
non-singular points, and comparisons that are clear there, are asked of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import flint
import numpy as np
from flint import arb, arb_series

ORDER = 4  # coefficients 0..4: up to f'''' divided by 4!
BITS = 200


def _abs(s: arb_series) -> arb_series:
    return s if s[0] > 0 else -s


def _tanh(s: arb_series) -> arb_series:
    return 1 - 2 / ((2 * s).exp() + 1)


def _power(s: arb_series, t: arb_series) -> arb_series:
    n = t[0].unique_fmpz() if t.length() <= 1 else None
    if n is None:
        return (t * s.log()).exp()
    return (s if n >= 0 else 1 / s) ** abs(int(n))


UFUNCS: dict[str, Callable[..., arb_series]] = {
    "add": lambda s, t: s + t,
    "subtract": lambda s, t: s - t,
    "multiply": lambda s, t: s * t,
    "divide": lambda s, t: s / t,
    "negative": lambda s: -s,
    "power": _power,
    "sin": lambda s: s.sin(),
    "cos": lambda s: s.cos(),
    "tanh": _tanh,
    "exp": lambda s: s.exp(),
    "log": lambda s: s.log(),
    "log1p": lambda s: (1 + s).log(),
    "logaddexp": lambda s, t: (s.exp() + t.exp()).log(),
    "expit": lambda s: 1 / (1 + (-s).exp()),
    "sqrt": lambda s: s.sqrt(),
    "absolute": _abs,
    "maximum": lambda s, t: s if s[0] > t[0] else t,
    "minimum": lambda s, t: s if s[0] < t[0] else t,
    "erf": lambda s: s.erf(),
    "xlogy": lambda s, t: s * t.log(),
}


def series_of(f: Any, point: arb) -> arb_series:
    """f as a power series in h at a point."""
    formula = getattr(f, "expression", f)
    values: list[Any] = []
    for operation, operands, value in formula.nodes:
        if operation == "variable":
            values.append(arb_series([point, 1], prec=ORDER + 1))
        elif operands:
            values.append(UFUNCS[operation](*[values[k] for k in operands]))
        else:
            number = {"pi": arb.pi(), "e": arb(1).exp()}.get(value) if operation == "decimal" else None
            values.append(arb_series([arb(value) if number is None else number], prec=ORDER + 1))
    return values[-1]


def derivatives(f: Any, point: arb | float) -> list[arb]:
    """The derivatives of order 0 to 4 at a point: enclosures of about 60 digits."""
    with flint.ctx.workprec(BITS):
        series = series_of(f, arb(point))
        return [series[k] * math.factorial(k) for k in range(ORDER + 1)]


def supremum(f: Any, order: int, points: np.ndarray) -> arb:
    """sup|f^(order)| to about 50 digits, provided that the points find the right hill.

    From the largest value on the points, Newton's method climbs to the zero of the next derivative (order <= 2); where
    that leaves the neighbouring points, the maximum sits at an end of the domain and the value there is returned.
    """
    with flint.ctx.workprec(BITS):
        at = [abs(derivatives(f, x)[order]) for x in points]
        k = int(np.argmax([float(v) for v in at]))
        low, high = float(points[max(k - 1, 0)]), float(points[min(k + 1, len(points) - 1)])
        top, x = at[k], arb(float(points[k]))
        for _ in range(20):  # quadratic convergence: 6 steps would do
            d = derivatives(f, x)
            if d[order + 2].contains(0):
                break
            x = (x - d[order + 1] / d[order + 2]).mid()
            if not low <= float(x) <= high:
                break
            value = abs(derivatives(f, x)[order])
            top = value if value > top else top
        return top
