"""Whether code computes in floats the formula that it showed: looked at where the proof looked.

The formula in float64 does the same operations as the code, so mostly the numbers are equal. Where they are not (a sum
in another order, another library's power), they may differ by what rounding can do: as much as balls of the precision
of floats lose at that point, up to a factor for functions whose float64 versions are not rounded correctly.
"""

from __future__ import annotations

import math

import numpy as np

from uat._checks import Floats
from uat.balls.evaluation import FormulaOnBalls
from uat.given import Recorded, contradiction, floats_of_both

_GRID = 1025  # where floats are asked whether f is real, when the proof took that for granted: ends and middle are in


def refuse_contradiction(recorded: Recorded, run: FormulaOnBalls, *others: float) -> None:
    """InputError where code and formula differ, at the points at which `run` looked and at `others`."""
    for x, shown, coded in floats_of_both(recorded, [*run.looked, *others]):
        if shown == coded or (math.isnan(shown) and math.isnan(coded)):
            continue
        if not abs(shown - coded) <= run.roundings(x):
            raise contradiction(x)


def unreal(recorded: Recorded, run: FormulaOnBalls, points: Floats) -> str:
    """Where f has no value, though the proof took for granted that it is real; empty if nowhere.

    In floats at all points; on balls at every so many of them: f may turn the nan of a part into a number.
    """
    assert recorded.formula is not None
    bad = np.flatnonzero(np.isnan(recorded.formula(points)))
    if bad.size:
        return f"f is not real on the domain: f({float(points[bad[0]])!r}) is nan"
    some = points[:: -(-len(points) // _GRID)].tolist()
    nowhere = next((x for x in some if not run.value(x).is_finite()), None)
    return "" if nowhere is None else f"f is not real on the domain: at x = {nowhere!r}, {run.reason}"


def real_at(a: float, b: float, *others: Floats) -> Floats:
    """Where an assumption that f is real is put to the test: a grid with both ends, and the points given."""
    points: Floats = np.unique(np.concatenate([np.linspace(a, b, _GRID), *others]))
    return points[(a <= points) & (points <= b)]
