"""A jump of f, proven: no continuous function comes closer to f than half of it.

An enclosure alone cannot tell a jump from a steep slope. The rules can: a step, a sign or a comparison whose argument u
is strictly monotone on a tiny box switches at most once there. Evaluating f on the box with that switch forced to the
left, then to the right, encloses what f does on either side. If f(low) lies outside the right enclosure and f(high)
outside the left one, the switch happens inside or at an end, and f jumps there by at least the least of the distances
of left and right, of f(low) and right, of left and f(high).
Only a single switch proves that; where several meet nothing is claimed.
"""

from __future__ import annotations

import numpy as np
from flint import arb

from uat.balls.elementary import Arb
from uat.balls.evaluation import FormulaOnBalls
from uat.balls.jets import SIDE, Side
from uat.bounds.boxes import Box, down
from uat.bounds.certification import Jump

_NARROW = 2.0**-40  # of the box: narrow against everything else that f does, wide against the roundings
_WIDEN = 4  # ulps by which the box is widened, so that a switch at its very rim is inside


def find_jump(run: FormulaOnBalls, box: Box, domain: tuple[float, float]) -> Jump | None:
    """A proven jump inside a box on which f has no slope, or None."""
    low, high = box.low, box.high
    narrow = max(_NARROW * (high - low), _WIDEN * np.spacing(max(abs(low), abs(high))))
    while high - low > narrow:
        middle = low + (high - low) / 2
        halves = [(low, middle), (middle, high)]
        rough = [half for half in halves if not run.jet(_ball(*half)).c1.is_finite()]
        if not rough:
            break  # the switch lies on the cut itself
        low, high = max(rough, key=lambda half: _spread(run, *half))
    margin = _WIDEN * float(np.spacing(max(abs(low), abs(high), high - low)))
    return _proven(run, max(low - margin, domain[0]), min(high + margin, domain[1]))


def _ball(low: float, high: float) -> Arb:
    middle = low + (high - low) / 2
    return arb(middle, float(np.nextafter(max(high - middle, middle - low), np.inf)))


def _spread(run: FormulaOnBalls, low: float, high: float) -> float:
    values = run.interval(low, high)
    return down(values.high - values.low) if values.low.is_finite() else 0.0


def _proven(run: FormulaOnBalls, low: float, high: float) -> Jump | None:
    sides = []
    for side in (Side(-1), Side(1)):
        token = SIDE.set(side)
        try:
            sides.append(run.jet(_ball(low, high)).c0)
        finally:
            SIDE.reset(token)
        if not side.asked or not all(_same_switch(side.asked[0], other) for other in side.asked[1:]):
            return None
    left, right = sides
    first, last = run.value(low), run.value(high)
    # the switch may be the very end of the box, and f has a third value there: then the jump is from or to that one
    size = min(down(abs(b - a)) for a, b in ((left, right), (first, right), (left, last)))
    return Jump(low, high, size) if size > 0 else None


def _same_switch(one: tuple[object, object], other: tuple[object, object]) -> bool:
    """Whether two comparisons switch at the same point by construction: the same operands."""
    plain = isinstance(one[1], (int, float)) and isinstance(other[1], (int, float))
    return one[0] is other[0] and (one[1] is other[1] or (plain and one[1] == other[1]))
