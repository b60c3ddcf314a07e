"""Best-first bisection: the enclosure of sup|f - g| closes where it matters.

All boxes wait in a heap by their upper bounds. The largest one bounds the supremum from above; |f - g| at points of
the boxes bounds it from below. The top box is cut in two, or computed with more bits where rounding is what keeps it
wide, until the two ends are close enough, the budget is spent, or the user interrupts: the enclosure is true at every
moment, because a box leaves the heap only after its halves are in it.

With a tolerance, cells on which f hardly varies are not looked at one by one: the ranges of f and g on all of them at
once may say that they stay within half of it. Beside a narrow peak that is all but a few of a million.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from flint import arb

from uat._deadline import OutOfTime
from uat._progress import bar
from uat.balls.elementary import Arb
from uat.balls.evaluation import FormulaOnBalls
from uat.balls.precision import precision_of
from uat.bounds.boxes import INF, Box, Cell, candidate, difference_at, down, examine
from uat.bounds.cells import largest_by_stretches, largest_on, spread_of

BITS = 64  # one machine word: the fastest precision of flint, 11 bits beyond float64
_PARTS = 8  # of a stretch of cells on which ranges do not tell enough


@dataclass(frozen=True, slots=True)
class Group:
    """Cells start ... stop - 1, on all of which |f - g| <= upper by the ranges of f and g: where f is nearly flat."""

    start: int
    stop: int
    upper: float
    c1: ClassVar[Arb] = arb(0)  # nobody looks for a jump of f in it


Entry = tuple[float, float, Box | Group]  # minus the upper bound, a number that decides ties, the box
MOST_BITS = 1024
_NARROW = 2.0**-44  # of the domain: a box still without a finite bound at this width has none
MOST_BOXES = 200_000  # beyond three boxes a cell; some ten seconds of work


PATIENCE = 2000  # boxes beyond three a cell, a tenth of a second, before half of the digits are enough
GRACE = 0.25  # seconds beyond the budget for what makes an enclosure a certificate: the last range, the last looks
SMALL = 2.0**27  # half of the digits of a float: see `Goal`
_KNIFE = 2.0**-50  # relative: a tolerance that is met to so many digits is not decided by more of them


@dataclass(frozen=True, slots=True)
class Goal:
    """When an enclosure is close enough. With a tolerance: once that is decided, tol < lower or upper <= tol, and

    upper - lower <= max(rel * max(lower, tol), absolute), or upper <= floor (the distance to a function a few ulp away,
    below which float64 cannot tell), or, after some patience, lower <= noise and upper <= coarse.

    The last is for f that equals g up to roundings, such as sqrt(x^2) on a cell where g is x. Nothing tells the search
    that both are the same: its bound falls with the third power of the boxes' length (the curvature of an enclosure is
    off by its length), so that the last digits would cost 1000 times the boxes of the first half. Where no difference
    was seen that is larger than what float64 loses, half of the digits are enough: SMALL times a rounding of |g|.
    """

    rel: float
    absolute: float
    floor: float = 0.0
    coarse: float = 0.0
    tol: float = 0.0

    def reached(self, lower: float, upper: float, noise: float = -1.0) -> bool:
        if lower <= self.tol < upper and self.tol:
            return upper - lower <= _KNIFE * self.tol
        close = upper <= self.floor or upper - lower <= max(self.rel * max(lower, self.tol), self.absolute)
        return (
            close
            or upper <= math.nextafter(lower, INF)  # no float between them
            or (upper <= self.coarse and lower <= noise)
        )

    def gap(self, lower: float) -> float:
        """How far apart the ends may be at last; where `lower` is above the floor, the floor ends nothing."""
        return max(self.rel * lower, self.absolute, self.floor if lower <= self.floor else 0.0)


@dataclass(slots=True)
class Search:
    """The state of a bisection, and its enclosure at every moment."""

    run: FormulaOnBalls
    cells: Sequence[Cell]
    goal: Goal
    heap: list[Entry] = field(default_factory=list)
    visited: int = 0
    boxes: int = 0
    bits: int = BITS
    lower: float = 0.0
    where: float = math.nan
    note: str = ""
    stopped: str = ""  # what ended it early: "seconds", "interrupt", "boxes", "floats"
    noise: tuple[float, float] = (math.nan, 0.0)  # an abscissa, and what floats lose there

    # -- the enclosure
    def enclosure(self) -> tuple[float, float]:
        """lower <= sup|f - g| <= upper."""
        return self.lower, self.upper()

    def upper(self) -> float:
        """sup|f - g| <= upper: the largest over all boxes; cells that were never looked at count by the ranges of f."""
        seen = max((-entry[0] for entry in self.heap), default=0.0)
        return max(seen, largest_by_stretches(self.run, self.cells[self.visited :]))

    def search(self) -> None:
        """Bisect until the goal is reached, nothing more can be done, the time is up, or the user interrupts."""
        try:
            self._survey()
            self._refine()
        except OutOfTime:
            self._stop("seconds", f"Stopped after `seconds` and {self.boxes} boxes")
        except KeyboardInterrupt:
            self._stop("interrupt", f"Interrupted after {self.boxes} boxes")

    def _survey(self) -> None:
        with bar("certifying cells", len(self.cells)) as report:
            for stop, entry in self._entries(0, len(self.cells), self.goal.tol / 2):
                self.heap.append(entry)
                self.visited = stop
                report(stop)
        heapq.heapify(self.heap)

    def _entries(self, start: int, stop: int, enough: float) -> Iterator[tuple[int, Entry]]:
        """The cells from left to right, one box each, or one group for all of a stretch on which ranges say enough."""
        if stop - start == 1:
            cell = self.cells[start]
            yield stop, self._box(cell, cell.low, cell.high, BITS)
        elif enough and (group := self._group(start, stop, enough)):
            yield stop, group
        else:
            part = -(-(stop - start) // _PARTS)
            for k in range(start, stop, part):
                yield from self._entries(k, min(k + part, stop), enough)

    def _group(self, start: int, stop: int, enough: float) -> Entry | None:
        """These cells at once, if f and g are known to stay within `enough` of one another by their ranges alone."""
        cells = self.cells[start:stop]
        if spread_of(cells) > enough:  # then the ranges of f and g are too wide to tell
            return None
        upper = largest_on(self.run, cells)
        if not upper <= enough:
            return None
        self.boxes += 1
        middle = cells[(stop - start) // 2]
        self._look(middle, middle.low + (middle.high - middle.low) / 2)
        return -upper, self.boxes, Group(start, stop, upper)

    def _open(self, group: Group) -> None:
        """Replace the group on top of the heap by its cells, or smaller groups of half its bound."""
        parts = [entry for _, entry in self._entries(group.start, group.stop, group.upper / 2)]
        self.heap[0] = (-group.upper, -INF, group)  # it stays on top until the others are in
        for upper, tie, part in parts[:-1]:
            heapq.heappush(self.heap, (max(upper, -group.upper), tie, part))
        upper, tie, part = parts[-1]
        heapq.heapreplace(self.heap, (max(upper, -group.upper), tie, part))

    def _refine(self) -> None:
        least = _NARROW * (self.cells[-1].high - self.cells[0].low)
        limit = 3 * len(self.cells) + MOST_BOXES
        while True:
            _, _, box = self.heap[0]
            if self._reached(box.upper):
                return
            if isinstance(box, Group):
                self._open(box)
                continue
            self._look(box.cell, candidate(box))
            if self._reached(box.upper):
                return
            if box.upper == INF and box.high - box.low <= least:
                self.note = (
                    f"f has no enclosure near x = {box.middle!r}: {self.run.reason or 'it is not finite there'}."
                )
                return
            if self.boxes > limit:
                self._stop("boxes", f"Stopped after {self.boxes} boxes")
                return
            if not self._split(box):
                for x in (box.low, box.high):  # at a jump the largest value may be that at a single float
                    self._look(box.cell, x)
                if not self._reached(box.upper):
                    self._stop("floats", f"Floats end near x = {box.middle!r}")
                return

    def _reached(self, upper: float) -> bool:
        """Whether the goal is: what floats lose at `where` is asked for only where the answer hangs on it."""
        if upper > self.goal.coarse or self.boxes < 3 * len(self.cells) + PATIENCE:
            return self.goal.reached(self.lower, upper)
        if self.noise[0] != self.where:
            self.noise = self.where, max(self.goal.floor, self.run.roundings(self.where, slack=4))
        return self.goal.reached(self.lower, upper, self.noise[1])

    def _split(self, box: Box) -> bool:
        """Replace the top box by more bits or by its halves; False when neither is left."""
        if box.rounding > self.goal.gap(self.lower) / 16 and box.bits < MOST_BITS:
            self.bits = max(self.bits, 2 * box.bits)
            heapq.heapreplace(self.heap, self._box(box.cell, box.low, box.high, 2 * box.bits, box))
            return True
        if not box.low < box.middle < box.high:
            return False
        left = self._box(box.cell, box.low, box.middle, box.bits, box)
        right = self._box(box.cell, box.middle, box.high, box.bits, box)
        self.heap[0] = (-box.upper, -INF, box)  # on top of all its equals
        heapq.heappush(self.heap, right)  # no higher than its parent, which stays on top
        heapq.heapreplace(self.heap, left)  # and leaves when both halves are in: Ctrl-C may fall between the lines
        return True

    def _box(self, cell: Cell, low: float, high: float, bits: int, parent: Box | None = None) -> Entry:
        with precision_of(bits):
            box = examine(self.run, cell, low, high, bits, parent)
            distance = down(abs(box.e0))
        self.boxes += 1
        if cell.holds_at(box.middle):
            self._seen(box.middle, distance)
        # among boxes without a bound the newest comes first: depth first, to the place that has none at any width
        return -box.upper, -self.boxes if box.upper == INF else self.boxes, box

    def _look(self, cell: Cell, x: float) -> None:
        if cell.holds_at(x):
            self._seen(x, down(abs(difference_at(self.run, cell, x))))

    def _seen(self, x: float, distance: float) -> None:
        if distance > self.lower or math.isnan(self.where):
            self.lower, self.where = (distance if distance > 0 else 0.0), x

    def _stop(self, by: str, what: str) -> None:
        self.stopped, self.note = by, f"{what}: the enclosure is true, but wider than asked."
