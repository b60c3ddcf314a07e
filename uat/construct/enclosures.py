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
        Where f does not run on balls, is not finite, or is seen to be no function (`FunctionOnBalls.distrust`); the
        message says why.
    """
    from uat.bounds.precision import working_precision
    from uat.bounds.running import FunctionOnBalls, NotProvableError

    low, high = np.empty(len(x)), np.empty(len(x))
    with working_precision(BITS):
        run = FunctionOnBalls(f)  # which takes no value that f returned in spite of a refusal
        try:
            doubt = run.distrust(float(np.min(x)), float(np.max(x)), lossy=True) if len(x) else ""
        except NotProvableError as error:
            doubt = str(error)
        if doubt:
            raise TypeError(doubt)
        for k, point in enumerate(x.tolist()):
            try:
                value = run.interval(point, point)
            except NotProvableError as error:
                raise TypeError(str(error)) from error
            if value.assumed:
                raise ArithmeticError(f"the enclosure of f({point!r}) takes for granted that {min(value.assumed)}")
            run.look(point, value.c0)
            bottom, top = value.range()
            low[k], high[k] = _down(bottom), -_down(-top)
            if not (math.isfinite(low[k]) and math.isfinite(high[k])):
                raise ArithmeticError(f"no finite enclosure of f({point!r}) was found: {run.reason}")
        if doubt := run.contradicted():
            raise TypeError(doubt)
    return low, high


def _down(ball: object) -> float:
    """A float below the ball: the nearest to its lower end, and one further if that was rounded up."""
    from flint import arb

    end = ball.lower()  # type: ignore[attr-defined]  # python-flint has no stubs
    nearest = float(end)
    return nearest if math.isfinite(nearest) and arb(nearest) <= end else math.nextafter(nearest, -math.inf)
