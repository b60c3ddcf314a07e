"""One box: what balls say about e = f - l on [low, high], where l is one affine piece of g.

With m in the box, t = x - m, r >= |t| and the jets of f at m and on the whole box (statement G1, with signs):

    second order   e(x) in e(m) + e'(m) t + C2 t^2     C2 encloses f''/2 on the box: where f is C^{1,1};
    first order    e(x) in e(m) + (C1 - s) t           C1 encloses the difference quotients of f: where f is Lipschitz;
    no order       e(x) in C0 - l(box)                 C0 encloses the range of f: always.

Each gives an upper and a lower bound of e; the tightest count. For a chord e(m) is about -C2 r^2 and the terms cancel
at the ends, so the signs matter: absolute values term by term would cost a factor of two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from flint import arb

from uat.balls.elementary import Arb, square
from uat.balls.evaluation import FormulaOnBalls, NotProvableError
from uat.balls.jets import Jet

INF = math.inf


@dataclass(slots=True)
class Cell:
    """One affine piece l(x) = value + (rise / run) (x - anchor) of g on [low, high]; the numbers are exact balls.

    Where a kink is not a float, [low, high] is the next larger interval, for bounds from above, and [inner_low,
    inner_high] the next smaller one, perhaps empty, for bounds from below: beyond the kink the line is not g.
    """

    low: float
    high: float
    anchor: Arb
    value: Arb
    rise: Arb
    run: Arb
    inner_low: float = -INF
    inner_high: float = INF

    def __post_init__(self) -> None:
        self.inner_low, self.inner_high = max(self.inner_low, self.low), min(self.inner_high, self.high)

    def holds_at(self, x: float) -> bool:
        """Whether g is l at x."""
        return self.inner_low <= x <= self.inner_high

    def at(self, x: float) -> Arb:
        """l(x), enclosed."""
        return self.value + self.rise / self.run * (arb(x) - self.anchor)


@dataclass(slots=True)
class Box:
    """[low, high] in one cell, with proven bounds bottom <= e <= top and the Taylor model around `middle`."""

    cell: Cell
    low: float
    high: float
    bits: int
    middle: float
    top: float
    bottom: float
    e0: Arb
    e1: Arb
    c1: Arb
    c2: Arb

    @property
    def upper(self) -> float:
        """sup|e| <= upper on the box."""
        return max(self.top, -self.bottom)

    @property
    def rounding(self) -> float:
        """How far e(m) is uncertain: what more bits would cure and bisection would not."""
        return float(self.e0.rad()) if self.e0.is_finite() else 0.0

    def reach(self) -> tuple[Arb, Arb]:
        """low - m and high - m."""
        m = arb(self.middle)
        return arb(self.low) - m, arb(self.high) - m


def up(x: Arb) -> float:
    """The least float >= x, or the next one; infinite where x is unknown."""
    end = x.upper()
    value = float(end)
    if end <= value:
        return value
    return math.nextafter(value, INF) if value == value else INF


def down(x: Arb) -> float:
    """A float <= x."""
    return -up(-x)


def difference_at(run: FormulaOnBalls, cell: Cell, x: float) -> Arb:
    """f(x) - l(x), enclosed."""
    run.look(x)
    return run.value(x) - cell.at(x)


def examine(run: FormulaOnBalls, cell: Cell, low: float, high: float, bits: int, parent: Box | None = None) -> Box:
    """Two jets, at the middle and on the whole box, and a range where they are not finite.

    Raises NotProvableError where two of the bounds leave nothing between them, so that one of them must be wrong.
    """
    m = low + (high - low) / 2
    r = math.nextafter(max(high - m, m - low), INF)
    ball, radius = arb(m, r), arb(0, r)
    at, over = run.jet(arb(m)), run.jet(ball)
    run.look(m)
    slope = cell.rise / cell.run
    line = cell.value + slope * (arb(m) - cell.anchor)
    e0, e1 = at.c0 - line, at.c1 - slope
    c1 = over.c1 - slope
    top, bottom = INF, -INF
    smooth = over.c0.is_finite() and c1.is_finite() and not _apart(at, over)
    if not smooth:  # between exact end points the range of f may be smaller than on the ball, or finite at last
        whole = run.interval(low, high)
        if whole.low.is_finite():
            run.assumed |= whole.assumed
            along = slope * radius
            top, bottom = up(whole.high - line + along), down(whole.low - line + along)
        if not e0.is_finite():
            e0 = difference_at(run, cell, m)
    curved = smooth and e0.is_finite() and e1.is_finite() and over.c2.is_finite()
    if curved:
        top = up(_parabola_maximum(e0, e1, over.c2.upper(), r))
        bottom = -up(_parabola_maximum(-e0, e1, -over.c2.lower(), r))
    elif smooth and e0.is_finite():
        first = e0 + c1 * radius
        top, bottom = min(top, up(first)), max(bottom, down(first))
    # a plain range can only be tighter where the parabola's curvature is hardly known
    if not curved or float(over.c2.rad()) * r * r > abs(float(e0.mid())):
        anywhere = over.c0 - (line + slope * radius)
        top, bottom = min(top, up(anywhere)), max(bottom, down(anywhere))
    if parent is not None:  # what holds on the whole holds on a part
        top, bottom = min(top, parent.top), max(bottom, parent.bottom)
    if not bottom <= top:
        raise NotProvableError(f"two enclosures of f near x = {m!r} have nothing in common")
    return Box(cell, low, high, bits, m, top, bottom, e0, e1, c1, over.c2)


def _apart(at: Jet, over: Jet) -> bool:
    """Whether a slope at a point of the box is none of its quotients: a rule is wrong there, and only ranges count."""
    return bool(at.c1.is_finite() and over.c1.is_finite() and not at.c1.overlaps(over.c1))


def _parabola_maximum(e0: Arb, e1: Arb, q: Arb, r: float) -> Arb:
    """An upper bound of e0 +- e1 t + q t^2 over |t| <= r: at the vertex if that is a maximum inside, else at an end."""
    if q < 0 and not abs(e1) >= -2 * q * r:
        return e0 - square(e1) / (4 * q)
    return e0 + abs(e1) * r + q * r * r


def candidate(box: Box) -> float:
    """Where |e| is probably largest in the box, by its Taylor model: the vertex or an end. A guess, not a bound."""
    low, high = box.low - box.middle, box.high - box.middle
    if not (box.e0.is_finite() and box.e1.is_finite()):
        return box.middle
    e0, e1 = float(box.e0.mid()), float(box.e1.mid())
    q = float(box.c2.mid()) if box.c2.is_finite() else 0.0
    points = [low, high, 0.0]
    if q:
        points.append(min(max(-e1 / (2 * q), low), high))
    best = max(points, key=lambda t: abs(e0 + t * (e1 + q * t)))
    return min(max(box.middle + best, box.low), box.high)
