"""Proven enclosures of the L1 and L2 distances, by the same boxes.

On a box e = p(t) + d(t) with a polynomial p (the Taylor model of `boxes`) and |d| <= delta |t|^k. Then

    L2:  ||p|| - ||delta t^k||  <=  ||e||  <=  ||p|| + ||delta t^k||            (triangle inequality on the box);
    L1:  |I|  <=  int |e|  <=  |I| + 2 w min(sup e^-, sup e^+)                   I = int e, w the width,

since int |e| = I + 2 int e^- = -I + 2 int e^+. Where e keeps its sign the two ends of L1 agree. The boxes wait by the
width of their contributions, and the sums are formed with balls.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field

from flint import arb

from uat._deadline import OutOfTime
from uat.balls.elementary import Arb, square
from uat.balls.evaluation import FormulaOnBalls
from uat.balls.precision import precision_of
from uat.bounds.bisection import BITS, MOST_BITS, MOST_BOXES, PATIENCE, Goal
from uat.bounds.boxes import INF, Box, Cell, down, examine, up
from uat.bounds.cells import largest_by_stretches

_RECOUNT = 8  # an exact sum over all boxes whenever an eighth of them is new: it costs less than that eighth


@dataclass(slots=True)
class Share:
    """A box and its part of the integral: low <= int over the box <= high."""

    box: Box
    low: Arb
    high: Arb

    @property
    def gap(self) -> float:
        return up(self.high - self.low)


Entry = tuple[float, int, Share]  # minus the gap, a counter that decides ties, the share


def _power_integral(reach: tuple[Arb, Arb], k: int) -> Arb:
    """int t^k dt over the box."""
    return (reach[1] ** (k + 1) - reach[0] ** (k + 1)) / (k + 1)


def absolute_share(box: Box) -> tuple[Arb, Arb]:
    """int |e| over the box, between two numbers."""
    reach = box.reach()
    width = reach[1] - reach[0]
    low, high = arb(0), width * arb(box.upper)
    integral = None
    if box.e0.is_finite() and box.e1.is_finite() and box.c2.is_finite():
        integral = box.e0 * width + box.e1 * _power_integral(reach, 1) + box.c2 * _power_integral(reach, 2)
    elif box.e0.is_finite() and box.c1.is_finite():  # c1 may be another number left and right of the middle
        integral = box.e0 * width + box.c1 * square(reach[1]) / 2 - box.c1 * square(reach[0]) / 2
    if integral is not None and integral.is_finite():
        low = _nonnegative(abs(integral).lower())
        negative, positive = arb(max(0.0, -box.bottom)), arb(max(0.0, box.top))
        high = arb.min(high, (integral + 2 * width * negative).upper())
        high = arb.min(high, (-integral + 2 * width * positive).upper())
    return low, high


def square_share(box: Box) -> tuple[Arb, Arb]:
    """int e^2 over the box, between two numbers."""
    reach = box.reach()
    width = reach[1] - reach[0]
    low, high = arb(0), width * square(arb(box.upper))
    if not box.e0.is_finite():
        return low, high
    if box.e1.is_finite() and box.c2.is_finite():
        a, b, c, rest, order = box.e0, box.e1, box.c2.mid(), box.c2.rad(), 2
    elif box.c1.is_finite():
        a, b, c, rest, order = box.e0, box.c1.mid(), arb(0), box.c1.rad(), 1
    else:
        return low, high
    squared = a * a, 2 * a * b, b * b + 2 * a * c, 2 * b * c, c * c
    polynomial = sum((s * _power_integral(reach, k) for k, s in enumerate(squared)), arb(0))
    remainder = arb(rest) * _power_integral(reach, 2 * order).sqrt()
    if polynomial.is_finite() and remainder.is_finite():
        least = _nonnegative((_nonnegative(polynomial.lower()).sqrt() - remainder).lower())
        most = (_nonnegative(polynomial.upper()).sqrt() + remainder).upper()
        low, high = square(least), arb.min(high, square(most))
    return low, high


def _nonnegative(x: Arb) -> Arb:
    return x if x >= 0 else arb(0)


@dataclass(slots=True)
class Integration:
    """The state of the summation: every box with its share, the widest first."""

    run: FormulaOnBalls
    cells: Sequence[Cell]
    goal: Goal
    norm: str
    heap: list[Entry] = field(default_factory=list)
    visited: int = 0
    boxes: int = 0
    bits: int = BITS
    where: float = float("nan")
    note: str = ""
    stopped: str = ""  # what ended it early, as in `Search`
    swap: tuple[Share, Entry, Entry] | None = None
    seen: float = -1.0

    def search(self) -> None:
        """Bisect until the goal is reached, nothing more can be done, or the user interrupts."""
        try:
            for k, cell in enumerate(self.cells):
                self.heap.append(self._share(cell, cell.low, cell.high, BITS))
                self.visited = k + 1
            heapq.heapify(self.heap)
            self._refine()
        except OutOfTime:
            self._stop("seconds", "`seconds`")
        except KeyboardInterrupt:
            self._stop("interrupt", "an interruption")

    def enclosure(self) -> tuple[float, float]:
        """The distance between two floats; cells that were never looked at count by the range of f."""
        shares = self._shares()
        low = sum((share.low for share in shares), arb(0))
        high = sum((share.high for share in shares), arb(0))
        rest = self.cells[self.visited :]
        if rest:
            size = arb(largest_by_stretches(self.run, rest))
            high += (arb(rest[-1].high) - arb(rest[0].low)) * (size if self.norm == "L1" else square(size))
        if self.norm == "L2":
            low, high = _nonnegative(low.lower()).sqrt(), _nonnegative(high.upper()).sqrt()
        return max(down(low), 0.0), up(high)

    def _shares(self) -> list[Share]:
        """The shares of boxes that tile the cells, also while a box is being replaced by its halves."""
        entries = self.heap
        if self.swap is not None:
            parent, left, right = self.swap
            entries = [e for e in entries if e[2] is not parent and e is not left and e is not right] + [left, right]
        return [entry[2] for entry in entries]

    def _refine(self) -> None:
        limit, width = 3 * len(self.cells) + MOST_BOXES, self.cells[-1].high - self.cells[0].low
        while True:
            lower, upper = self.enclosure()
            patient = self.boxes < 3 * len(self.cells) + PATIENCE
            if self.goal.reached(lower, upper, -1.0 if patient else self.goal.floor):
                return
            for _ in range(1 + len(self.heap) // _RECOUNT):
                share = self.heap[0][2]
                if share.gap == INF and share.box.high - share.box.low <= 2.0**-44 * width:
                    where = f"near x = {share.box.middle!r}"
                    self.note = f"f has no enclosure {where}: {self.run.reason or 'it is not finite there'}."
                    return
                if self.boxes > limit:
                    self._stop("boxes", "the largest number of boxes")
                    return
                if not self._split(share, lower, len(self.heap)):
                    self.stopped = "floats"
                    self.note = f"Floats end near x = {share.box.middle!r}: the enclosure is wider than asked."
                    return

    def _split(self, share: Share, lower: float, count: int) -> bool:
        box = share.box
        allowed = self.goal.gap(lower) / count
        coarse = box.rounding * (box.high - box.low) > allowed / 16 and box.rounding > box.upper / 64
        if coarse and box.bits < MOST_BITS:
            self.bits = max(self.bits, 2 * box.bits)
            heapq.heapreplace(self.heap, self._share(box.cell, box.low, box.high, 2 * box.bits))
            return True
        if not box.low < box.middle < box.high:
            return False
        left = self._share(box.cell, box.low, box.middle, box.bits)
        right = self._share(box.cell, box.middle, box.high, box.bits)
        self.swap = (share, left, right)  # Ctrl-C may fall between these lines: `_shares` sees through it
        heapq.heapreplace(self.heap, left)
        heapq.heappush(self.heap, right)
        self.swap = None
        return True

    def _share(self, cell: Cell, low: float, high: float, bits: int) -> Entry:
        with precision_of(bits):
            box = examine(self.run, cell, low, high, bits)
            self.boxes += 1
            low_, high_ = absolute_share(box) if self.norm == "L1" else square_share(box)
            if low < cell.inner_low or cell.inner_high < high:  # beyond a kink that is no float: what neighbours count
                inside = arb(min(high, cell.inner_high)) - arb(max(low, cell.inner_low))
                size = arb(box.upper) if self.norm == "L1" else square(arb(box.upper))
                low_ = _nonnegative((low_ - (arb(high) - arb(low) - inside) * size).lower())
            share = Share(box, low_, high_)
            seen = down(abs(box.e0))
            # among those without a bound the newest comes first, as in `Search`
            entry = -share.gap, -self.boxes if share.gap == INF else self.boxes, share
        if seen > self.seen:
            self.seen, self.where = seen, box.middle
        return entry

    def _stop(self, by: str, what: str) -> None:
        self.stopped = by
        self.note = f"Stopped by {what} after {self.boxes} boxes: the enclosure is true, but wider than asked."
