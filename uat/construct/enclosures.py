"""Values of f at points, enclosed by floats: what a lower bound on the number of pieces rests on."""

from __future__ import annotations

import math

import numpy as np

from uat._checks import Floats
from uat._sampling import Function

BITS = 128  # twice a float and a little: the enclosure of an ordinary formula is then one or two floats wide


def enclose(f: Function, x: Floats) -> tuple[Floats, Floats]:
    """Floats low <= f(x) <= high at every point, from ball arithmetic.

    Raises
    ------
    TypeError, ArithmeticError, ValueError
        Where f has no formula or is not finite; the message says why.
    """
    from uat.balls.consistency import refuse_contradiction
    from uat.balls.evaluation import FormulaOnBalls
    from uat.balls.precision import working_precision
    from uat.given import record

    low, high = np.empty(len(x)), np.empty(len(x))
    if not len(x):
        return low, high
    recorded = record(f, (float(np.min(x)), math.nextafter(float(np.max(x)), math.inf)))
    if recorded.formula is None:
        raise TypeError(recorded.reason)
    with working_precision(BITS):
        run = FormulaOnBalls(recorded.formula)
        for k, point in enumerate(x.tolist()):
            value = run.interval(point, point)
            if value.assumed:
                raise ArithmeticError(f"the enclosure of f({point!r}) takes for granted that {min(value.assumed)}")
            run.look(point)
            bottom, top = value.range()
            low[k], high[k] = _down(bottom), -_down(-top)
            if not (math.isfinite(low[k]) and math.isfinite(high[k])):
                raise ArithmeticError(f"no finite enclosure of f({point!r}) was found: {run.reason}")
        refuse_contradiction(recorded, run)
    return low, high


def _down(ball: object) -> float:
    """A float below the ball: the nearest to its lower end, and one further if that was rounded up."""
    from flint import arb

    end = ball.lower()  # type: ignore[attr-defined]  # python-flint has no stubs
    nearest = float(end)
    return nearest if math.isfinite(nearest) and arb(nearest) <= end else math.nextafter(nearest, -math.inf)
