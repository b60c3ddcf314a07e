"""Pieces held against data: whether they lie in the tube at every point, and the largest difference, exactly.

Floats decide as far as they go. Differences are formed from differences, so that data far from 0 (readings near 1e9,
stamps near 1e18) cost no digits; where eight roundings leave a doubt, rationals decide.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from uat._checks import Floats
from uat.bounds.certification import Certificate
from uat.construct.tube import Tube
from uat.piecewise import UNIT, PiecewiseAffine

OUTSIDE, TIED, INSIDE = 0, 1, 2  # seen outside; outside by no more than floats resolve; inside, by proof
_EXACT = 1000  # points whose difference may be the largest: beyond, a thousandth of the tolerance is exact enough
_TINY = 8 * float(np.finfo(np.float64).smallest_subnormal)


def check_on_data(
    p: PiecewiseAffine, x: Floats, y: Floats, tube: Tube, through: NDArray[np.bool_]
) -> tuple[int, Certificate]:
    """Whether p is INSIDE the tube at every point (decided exactly), OUTSIDE or TIED, and its largest difference."""
    cell = np.clip(np.searchsorted(p.knots, x, side="right") - 1, 0, p.pieces - 1)
    low, width = p.values[cell], tube.width(y)
    with np.errstate(over="ignore", invalid="ignore"):
        rise = p.values[cell + 1] - low
        above = (low - y) + (x - p.knots[cell]) * rise / (p.knots[cell + 1] - p.knots[cell])
        doubt = 8 * UNIT * (np.abs(low - y) + np.abs(rise)) + _TINY
    above, doubt = np.where(np.isfinite(above), above, 0.0), np.where(np.isfinite(above), doubt, np.inf)
    room = np.minimum(above + (width if tube.side != "over" else 0), (width if tube.side != "under" else 0) - above)
    room[through] = 0.0  # the value itself is asked for
    rim = doubt + 4 * UNIT * width
    place = INSIDE if (room >= -rim).all() else OUTSIDE
    walls = tube.exact()
    if place == INSIDE:
        for k in np.flatnonzero(room <= rim).tolist():
            value = np.array([Fraction(float(y[k]))], dtype=object)
            exact = _exactly(p, int(cell[k]), float(x[k]))
            good = exact == value[0] if through[k] else walls.lower(value)[0] <= exact <= walls.upper(value)[0]
            if not good:
                place = TIED
                break
    most, largest, where, rest = np.abs(above) + doubt, Fraction(-1), float(x[0]), 0.0
    for looked, k in enumerate(np.argsort(-most).tolist()):
        bound = float(most[k])
        if bound <= largest:
            break
        if looked >= _EXACT and bound - float(largest) <= tube.tol / 1000:
            rest = bound
            break
        exact = abs(_exactly(p, int(cell[k]), float(x[k])) - Fraction(float(y[k])))
        if exact > largest:
            largest, where = exact, float(x[k])
    nearest = float(largest)
    return place, Certificate(
        lower=nearest if Fraction(nearest) <= largest else math.nextafter(nearest, 0),
        upper=max(nearest if Fraction(nearest) >= largest else math.nextafter(nearest, math.inf), rest),
        where=where,
        proven=True,
        method=f"all {len(x)} points",
        grounds="data",
        boxes=len(x),
    )


def _exactly(p: PiecewiseAffine, cell: int, x: float) -> Fraction:
    """p(x) on that cell."""
    (t0, t1), (v0, v1) = p.knots[cell : cell + 2].tolist(), p.values[cell : cell + 2].tolist()
    start, rise = Fraction(v0), Fraction(v1) - Fraction(v0)
    return start + (Fraction(x) - Fraction(t0)) * rise / (Fraction(t1) - Fraction(t0)) if rise else start
