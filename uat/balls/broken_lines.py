"""Broken lines on balls: np.interp, and a PiecewiseAffine as f. On one cell they are affine, exactly.

On several the range lies between the values at the ends and at the knots inside, and a difference quotient is a mean of
the slopes of the cells that are touched; at the kinks there is no second one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import arb

from uat.balls.elementary import Arb
from uat.balls.jets import Jet

_WIDEN = 4 * 2.0**-53  # two differences and a quotient of floats, each rounded once, and these bounds


def broken_line(x: Any, knots: Any, values: Any, outside: str) -> Any:
    """The broken line through the knots; beyond them unknown ("nan"), constant ("clamp") or continued ("line")."""
    low, high = x.range()
    if not (low.is_finite() and high.is_finite()) or (outside == "nan" and not (low >= knots[0] and high <= knots[-1])):
        return x.nowhere()
    first = int(np.searchsorted(knots, np.nextafter(float(low), -np.inf), side="right")) - 1  # cell 0 begins at knot 0
    first = first + 1 if first + 1 < knots.size and low >= knots[first + 1] else first
    last = int(np.searchsorted(knots, np.nextafter(float(high), np.inf), side="left")) - 1
    last = last - 1 if last > first and high <= knots[last] else last

    def slope(k: int) -> Arb:
        k = min(max(k, 0), knots.size - 2) if outside == "line" else k
        if not 0 <= k <= knots.size - 2:
            return arb(0)
        return (arb(values[k + 1]) - arb(values[k])) / (arb(knots[k + 1]) - arb(knots[k]))

    def piece(k: int, t: Any) -> Any:
        anchor = min(max(k, 0), knots.size - 1)
        return (t - float(knots[anchor])) * x.constant(slope(k)) + float(values[anchor])

    if first == last:
        return piece(first, x)
    inside = values[first + 1 : last + 1]
    ends = [piece(first, x.constant(low)).range(), piece(last, x.constant(high)).range()]
    bottom = arb.min(arb(float(inside.min())), arb.min(ends[0][0], ends[1][0]))
    top = arb.max(arb(float(inside.max())), arb.max(ends[0][1], ends[1][1]))
    if not isinstance(x, Jet):
        return x._of(bottom, top)
    k = slice(max(first, 0), min(last, knots.size - 2) + 2)
    with np.errstate(all="ignore"):
        slopes = np.diff(values[k]) / np.diff(knots[k])
    if not np.isfinite(slopes).all():
        return Jet(bottom.union(top), arb.nan(), arb.nan())
    room = float(np.abs(slopes).max()) * _WIDEN + 1e-300
    least, largest = arb(float(slopes.min()), room), arb(float(slopes.max()), room)
    return Jet(bottom.union(top), slope(first).union(slope(last)).union(least).union(largest) * x.c1, arb.nan())
