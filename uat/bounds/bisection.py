"""Best-first bisection: the enclosure of sup|f - g| closes where it matters.

All boxes wait in a heap by their upper bounds. The largest one bounds the supremum from above; |f - g| at points of
the boxes bounds it from below. The top box is cut in two, or computed with more bits where rounding is what keeps it
wide, until the two ends are close enough, the budget is spent, or the user interrupts: the enclosure is true at every
moment, because a box leaves the heap only after its halves are in it.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from uat._progress import bar
from uat.bounds.boxes import INF, Box, Cell, candidate, difference_at, down, examine, largest_on
from uat.bounds.precision import precision_of
from uat.bounds.running import FunctionOnBalls

BITS = 64  # one machine word: the fastest precision of flint, 11 bits beyond float64
Entry = tuple[float, float, Box]  # minus the upper bound, a number that decides ties, the box
MOST_BITS = 1024
_NARROW = 2.0**-44  # of the domain: a box still without a finite bound at this width has none
MOST_BOXES = 200_000  # beyond three boxes a cell; some ten seconds of work


@dataclass(frozen=True, slots=True)
class Goal:
    """When an enclosure is close enough, and how long to try.

    upper - lower <= max(rel * lower, absolute), or upper <= floor (the distance to a function a few ulp away, below
    which float64 cannot tell).
    """

    rel: float
    absolute: float
    floor: float = 0.0
    deadline: float = INF

    def reached(self, lower: float, upper: float) -> bool:
        close = upper <= self.floor or upper - lower <= max(self.rel * lower, self.absolute)
        return close or upper <= math.nextafter(lower, INF)  # no float between them

    def gap(self, lower: float) -> float:
        """How far apart the ends may be at last; where `lower` is above the floor, the floor ends nothing."""
        return max(self.rel * lower, self.absolute, self.floor if lower <= self.floor else 0.0)


@dataclass(slots=True)
class Search:
    """The state of a bisection, and its enclosure at every moment."""

    run: FunctionOnBalls
    cells: Sequence[Cell]
    goal: Goal
    heap: list[Entry] = field(default_factory=list)
    visited: int = 0
    boxes: int = 0
    bits: int = BITS
    lower: float = 0.0
    where: float = math.nan
    note: str = ""

    # -- the enclosure
    def enclosure(self) -> tuple[float, float]:
        """lower <= sup|f - g| <= upper."""
        return self.lower, self.upper()

    def upper(self) -> float:
        """sup|f - g| <= upper: the largest over all boxes; cells that were never looked at count by the range of f."""
        seen = max((-entry[0] for entry in self.heap), default=0.0)
        if self.visited == len(self.cells):
            return seen
        return max(seen, largest_on(self.run, self.cells[self.visited :]))

    def search(self) -> None:
        """Bisect until the goal is reached, nothing more can be done, or the user interrupts."""
        try:
            self._survey()
            self._refine()
        except KeyboardInterrupt:
            self.note = f"Interrupted after {self.boxes} boxes: the enclosure is true, but wider than asked."

    def _survey(self) -> None:
        with bar("certifying cells", len(self.cells)) as report:
            for k, cell in enumerate(self.cells):
                if k % 64 == 0:
                    report(k)
                    if time.monotonic() > self.goal.deadline:
                        self.note = self._out_of_time()
                        return
                self.heap.append(self._box(cell, cell.low, cell.high, BITS))
                self.visited = k + 1
        heapq.heapify(self.heap)

    def _refine(self) -> None:
        least = _NARROW * (self.cells[-1].high - self.cells[0].low)
        limit = 3 * len(self.cells) + MOST_BOXES
        while self.visited == len(self.cells):
            _, _, box = self.heap[0]
            if self.goal.reached(self.lower, box.upper):
                return
            self._look(box.cell, candidate(box))
            if self.goal.reached(self.lower, box.upper):
                return
            if box.upper == INF and box.high - box.low <= least:
                self.note = (
                    f"f has no enclosure near x = {box.middle!r}: {self.run.reason or 'it is not finite there'}."
                )
                return
            if time.monotonic() > self.goal.deadline:
                self.note = self._out_of_time()
                return
            if self.boxes > limit:
                self.note = f"Stopped after {self.boxes} boxes: the enclosure is true, but wider than asked."
                return
            if not self._split(box):
                for x in (box.low, box.high):  # at a jump the largest value may be that at a single float
                    self._look(box.cell, x)
                if self.goal.reached(self.lower, box.upper):
                    return
                self.note = f"Floats end near x = {box.middle!r}: the enclosure is true, but wider than asked."
                return

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
        self.boxes += 1
        with precision_of(bits):
            box = examine(self.run, cell, low, high, bits, parent)
            distance = down(abs(box.e0))
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

    def _out_of_time(self) -> str:
        return f"Stopped after `seconds` and {self.boxes} boxes: the enclosure is true, but wider than asked."
