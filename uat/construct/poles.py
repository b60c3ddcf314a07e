"""Places where f is unbounded: no polygonal line is near it there, and a search would sample them without end.

A finite enclosure of the range clears an interval; an interval that has none down to a 2^-44 of the domain is a
suspect. Suspicion is not enough (sin(x)/x has no enclosure at 0): f must also be seen to grow there.
"""

from __future__ import annotations

import numpy as np

from uat._checks import Floats, InputError, show
from uat._sampling import Function, sample

NARROW = 2.0**-44  # of the domain: an interval still without an enclosure at this width is a suspect
MOST_INTERVALS = 2000  # then nothing is said
GROWTH = 100  # times the largest value on the first mesh; ln, the slowest singularity, stays below and is tractable


def refuse_poles(f: Function, x: Floats, y: Floats) -> None:
    """Raise InputError where f, which takes the values y at x, has no finite enclosure and is seen to grow."""
    place = _suspect(f, float(x[0]), float(x[-1]))
    if place is None:
        return
    reach = (x[-1] - x[0]) * 0.5 ** np.arange(1, 52)
    near = np.concatenate([place - reach, place + reach])
    for point in near[(near > x[0]) & (near < x[-1])].tolist():
        try:
            value = float(sample(f, np.array([point]))[0])
        except InputError:  # not finite at the very point: others stand beside it
            continue
        if abs(value) > GROWTH * float(np.abs(y).max()):
            raise InputError(
                f"`f` must be finite on the interval, but it has no finite enclosure near x = {show(place)} and grows "
                f"there: f({show(point)}) = {show(value)}."
            )


def _suspect(f: Function, a: float, b: float) -> float | None:
    """A place without a finite enclosure, by depth-first bisection; None where there is none, or f knows no balls."""
    from uat.bounds.bisection import BITS
    from uat.bounds.precision import working_precision
    from uat.bounds.running import FunctionOnBalls, NotProvableError

    run, waiting = FunctionOnBalls(f), [(a, b)]
    with working_precision(BITS):
        for _ in range(MOST_INTERVALS):
            if not waiting:
                return None
            low, high = waiting.pop()
            try:
                values = run.interval(low, high)
            except NotProvableError:
                return None
            if values.low.is_finite() and values.high.is_finite():
                continue
            middle = low + (high - low) / 2
            if high - low <= NARROW * (b - a) or not low < middle < high:
                return middle
            waiting += [(middle, high), (low, middle)]
    return None
