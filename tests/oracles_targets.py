"""A slow, obvious twin of differentiation: the power series of a formula at a point, in 60-digit arithmetic.

`Jet` runs an Expression through its ball protocol (`from_literal`, `__array_ufunc__`) on python-flint's arb_series, and
owes nothing to the package. Only non-singular points, and comparisons that are clear there, are asked of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import flint
import numpy as np
import scipy.special
from flint import arb, arb_series

ORDER = 4  # coefficients 0..4: up to f'''' divided by 4!
BITS = 200


def _abs(s: arb_series) -> arb_series:
    return s if s[0] > 0 else -s


def _tanh(s: arb_series) -> arb_series:
    return 1 - 2 / ((2 * s).exp() + 1)


UFUNCS: dict[Any, Callable[..., arb_series]] = {
    np.add: lambda s, t: s + t,
    np.subtract: lambda s, t: s - t,
    np.multiply: lambda s, t: s * t,
    np.divide: lambda s, t: s / t,
    np.negative: lambda s: -s,
    np.power: lambda s, t: (s if t >= 0 else 1 / s) ** abs(t) if isinstance(t, int) else (t * s.log()).exp(),
    np.sin: lambda s: s.sin(),
    np.cos: lambda s: s.cos(),
    np.tanh: _tanh,
    np.exp: lambda s: s.exp(),
    np.log: lambda s: s.log(),
    np.log1p: lambda s: (1 + s).log(),
    np.sqrt: lambda s: s.sqrt(),
    np.absolute: _abs,
    np.maximum: lambda s, t: s if s[0] > t[0] else t,
    np.minimum: lambda s, t: s if s[0] < t[0] else t,
    scipy.special.erf: lambda s: s.erf(),
    scipy.special.xlogy: lambda s, t: s * t.log(),
}


class Jet:
    """A power series in h at a point."""

    def __init__(self, series: arb_series):
        self.series = series

    @classmethod
    def variable(cls, point: arb) -> Jet:
        return cls(arb_series([point, 1], prec=ORDER + 1))

    @classmethod
    def from_literal(cls, text: str) -> Jet:
        value = {"pi": arb.pi(), "e": arb(1).exp()}.get(text)
        return cls(arb_series([arb(text) if value is None else value], prec=ORDER + 1))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any) -> Jet:
        assert method == "__call__"
        return Jet(UFUNCS[ufunc](*(x.series if isinstance(x, Jet) else x for x in inputs)))


def derivatives(f: Callable[[Any], Jet], point: arb | float) -> list[arb]:
    """The derivatives of order 0 to 4 at a point: enclosures of about 60 digits."""
    with flint.ctx.workprec(BITS):
        series = f(Jet.variable(arb(point))).series
        return [series[k] * math.factorial(k) for k in range(ORDER + 1)]


def supremum(f: Callable[[Any], Jet], order: int, points: np.ndarray) -> arb:
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
