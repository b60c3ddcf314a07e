"""Places where f is unbounded: no polygonal line is near it there, and a search would sample them without end.

A finite enclosure of the range clears an interval; an interval that has none down to a 2^-44 of the domain is a
suspect. Suspicion is not enough (sin(x)/x has no enclosure at 0): f must also be seen to grow there as fast as a
logarithm does, from octave to octave of the distance. Its values are taken on balls, so that neither a sample that
chanced to lie beside the pole nor the rounding of floats has a say.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from uat._checks import InputError, show
from uat._sampling import Function

if TYPE_CHECKING:
    from uat.balls.evaluation import FormulaOnBalls

NARROW = 2.0**-44  # of the domain: an interval still without an enclosure at this width is a suspect
MOST_INTERVALS = 2000  # then nothing more is said,
PATIENCE = 0.5  # seconds: nor then, where f is slow
OCTAVES = range(22, 39)  # -log2 of the distance over the domain's length: far above NARROW, far below what else f does
STEADY = 0.9  # the growth over the second half of them at least so many times that over the first: ln has 1, x^-p more
LOUDER = 8  # ... or, where f swings, its largest value in the second half so many times that in the first
SEEN = 1e-9  # relative: growth by less may be rounding
BITS = 192  # (1 - cos(x))/x^2 loses 76 of them at the nearest point


def refuse_poles(f: Function, domain: tuple[float, float]) -> None:
    """Raise InputError, which names the place, where f has no finite enclosure and is seen to grow without end."""
    from uat.balls.evaluation import FormulaOnBalls
    from uat.balls.precision import working_precision
    from uat.given import record

    formula = record(f, domain).formula
    if formula is None:  # a black box: nothing is known of it between samples
        return
    with working_precision(BITS):
        run = FormulaOnBalls(formula)
        for place in _suspects(run, *domain):
            for side in (1, -1):
                point, value = _growth(run, place, side, *domain)
                if value:
                    size = show(value) if math.isfinite(value) else "beyond the floats"
                    raise InputError(
                        f"`f` must be finite on the interval, but it has no finite enclosure near "
                        f"x = {show(place)} and grows there: f({show(point)}) is {size}."
                    )


def _suspects(run: FormulaOnBalls, a: float, b: float) -> Iterator[float]:
    """Places without a finite enclosure, by depth-first bisection."""
    waiting, end = [(a, b)], time.monotonic() + PATIENCE
    for _ in range(MOST_INTERVALS):
        if not waiting or time.monotonic() > end:
            return
        low, high = waiting.pop()
        values = run.interval(low, high)
        if values.low.is_finite() and values.high.is_finite():
            continue
        middle = low + (high - low) / 2
        if high - low <= NARROW * (b - a) or not low < middle < high:
            yield middle
        else:
            waiting += [(middle, high), (low, middle)]


def _growth(run: FormulaOnBalls, place: float, side: int, a: float, b: float) -> tuple[float, float]:
    """The nearest point at which f is known and its value there, where f grows towards the place; or zeros."""
    found: list[tuple[float, float]] = []
    for octave in OCTAVES:
        point = place + side * (b - a) * 0.5**octave
        ball = run.value(point) if a <= point <= b else None
        if ball is None or not float(ball.rad()) <= SEEN * abs(float(ball)):
            return 0.0, 0.0
        value = float(ball)
        found.append((point, value))
        if math.isinf(value):
            return found[-1]
    values, half = [value for _, value in found], len(found) // 2
    far, middle, near = values[0], values[half], values[-1]
    sign = 1 if near > far else -1
    steps = [sign * (y - x) for x, y in pairwise(values)]
    steady = min(steps) > 0 and sign * (near - middle) >= STEADY * sign * (middle - far)
    swings = max(map(abs, values[half:])) >= LOUDER * max(map(abs, values[:half]))
    seen = sign * (near - far) > SEEN * abs(near)
    return max(found, key=lambda pair: abs(pair[1])) if (steady and seen) or swings else (0.0, 0.0)
