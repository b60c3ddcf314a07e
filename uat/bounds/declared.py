"""A posteriori for black boxes: what a declared property and finitely many values of f prove.

Between two samples a function with |f(x) - f(y)| <= L |x - y| lies under two lines of slopes L and -L. Where they meet,
at height (statement B3, for any affine l of slope s, with d = f - l at the two ends and |s| <= L)

    max(f - l) <= [d0 (L + s) + d1 (L - s)] / (2L) + h (L^2 - s^2) / (2L),

sharp: a tent attains it. For a modulus of continuity w, |f - l| <= max(|d0|, |d1|) + min(w(h), (3/2) w(h/2)) (B2). More
samples narrow the enclosure, where it is widest first. The values of f are taken as they come, in float64.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from flint import arb

from uat._checks import InputError, show
from uat._deadline import Deadline, OutOfTime
from uat._sampling import sample
from uat.balls.elementary import Arb
from uat.bounds.bisection import Goal
from uat.bounds.boxes import Cell, down, up
from uat.bounds.cells import ends_of
from uat.bounds.modulus import Declared, cell_bound, modulus_at, name_of
from uat.piecewise import UNIT

MOST_SAMPLES = 100_000

Gap = tuple[float, int, Cell, float, float, float, float]  # -upper, counter, cell, ends, values of f there


@dataclass(slots=True)
class SampledSearch:
    """Best-first sampling: the state, and its enclosure lower <= sup|f - g| <= upper at every moment."""

    f: Callable[[Any], Any]
    cells: Sequence[Cell]
    goal: Goal
    facts: Declared
    deadline: Deadline = field(default_factory=Deadline)
    heap: list[Gap] = field(default_factory=list)
    samples: int = 0
    count: int = 0
    lower: float = 0.0
    where: float = float("nan")
    note: str = ""
    stopped: str = ""  # what ended it early, as in `Search`
    surveyed: bool = False

    def supremum(self) -> None:
        """Sample until the goal is reached or the budget is spent."""
        try:
            self._survey()
            while not self.goal.reached(self.lower, self.upper()) and self._refine():
                self.deadline.look()
        except OutOfTime:
            self._stop("seconds")
        except KeyboardInterrupt:
            self._stop("interrupt")

    def upper(self) -> float:
        """Infinite while there are cells that nobody looked at: f may do anything there, as far as is known."""
        return -self.heap[0][0] if self.surveyed else math.inf

    def _survey(self) -> None:
        knots = ends_of(self.cells)
        values: dict[float, float] = {}
        for start, stop in self.deadline.runs(0, knots.size):
            part = knots[start:stop]
            values.update(zip(part.tolist(), sample(self.f, part).tolist(), strict=True))
        self.samples = len(values)
        if self.samples < knots.size:
            raise OutOfTime
        for cell in self.cells:
            self.deadline.look()
            heapq.heappush(self.heap, self._gap(cell, cell.low, cell.high, values[cell.low], values[cell.high]))
        self.surveyed = True

    def _stop(self, by: str) -> None:
        what = "Interrupted" if by == "interrupt" else "Stopped"
        said = "the enclosure is true, but wider than asked" if self.surveyed else "not all cells were looked at"
        self.stopped, self.note = by, f"{what} after {self.samples} samples: {said}."

    def _refine(self) -> bool:
        _, _, cell, low, high, y0, y1 = self.heap[0]
        middle = low + (high - low) / 2
        if self.samples >= MOST_SAMPLES or not low < middle < high:
            self._stop("boxes" if self.samples >= MOST_SAMPLES else "floats")
            return False
        y = float(sample(self.f, np.array([middle]))[0])
        self.samples += 1
        right = self._gap(cell, middle, high, y, y1, self.upper())
        left = self._gap(cell, low, middle, y0, y, self.upper())
        heapq.heappush(self.heap, right)  # no higher than its parent, which stays on top until both halves are in
        heapq.heapreplace(self.heap, left)
        return True

    def _gap(self, cell: Cell, low: float, high: float, y0: float, y1: float, most: float = np.inf) -> Gap:
        agree(self.facts, low, high, y0, y1)
        d0, d1 = arb(y0) - cell.at(low), arb(y1) - cell.at(high)
        for x, d in ((low, d0), (high, d1)):
            seen = down(abs(d))
            if cell.holds_at(x) and (seen > self.lower or self.where != self.where):
                self.lower, self.where = max(seen, 0.0), x
        self.count += 1
        return -min(_bound(self.facts, cell, low, high, d0, d1), most), self.count, cell, low, high, y0, y1


def _bound(facts: Declared, cell: Cell, low: float, high: float, d0: Arb, d1: Arb) -> float:
    """sup|f - l| on [low, high] from the values at its ends."""
    ends = max(up(abs(d0)), up(abs(d1)))
    h = float(np.nextafter(high - low, np.inf))
    bounds = []
    if facts.lipschitz is not None:
        bounds.append(_tent(arb(facts.lipschitz), cell.rise / cell.run, arb(high) - arb(low), d0, d1, ends))
    others = Declared(None, facts.modulus, facts.second_derivative, facts.holder)
    if others:
        bounds.append(float(np.nextafter(ends + cell_bound(others, h), np.inf)))
    return min(bounds)


def _tent(lipschitz: Arb, s: Arb, h: Arb, d0: Arb, d1: Arb, ends: float) -> float:
    steep, flat = lipschitz + s, lipschitz - s
    if not (steep > 0 and flat > 0):  # f - l is monotone: its extremes are at the ends, up to rounding of the data
        slack = abs(steep) if abs(steep) < abs(flat) else abs(flat)
        return float(np.nextafter(ends + up(slack * h), np.inf))
    apex = h * steep * flat / (2 * lipschitz)
    top = (d0 * steep + d1 * flat) / (2 * lipschitz) + apex
    bottom = (d0 * flat + d1 * steep) / (2 * lipschitz) - apex
    return max(up(top), -down(bottom), ends)


def agree(facts: Declared, x: float, y: float, fx: float, fy: float) -> None:
    """Refuse two samples that contradict what was declared; half an ulp on each value is not a contradiction."""
    rise, h = abs(fy - fx), abs(y - x)
    noise = 4 * UNIT * (abs(fx) + abs(fy))
    allowed = []
    if facts.lipschitz is not None:
        allowed.append((facts.lipschitz * h, f"`lipschitz` = {show(facts.lipschitz)}"))
    if facts.holder is not None:
        allowed.append((facts.holder[0] * h ** facts.holder[1], f"`holder` = {show(facts.holder)}"))
    if facts.modulus is not None:
        allowed.append((modulus_at(facts.modulus, h), f"`modulus` = {name_of(facts.modulus)}"))
    for most, fact in allowed:
        if rise > most * (1 + 16 * UNIT) + noise:
            raise InputError(f"the samples contradict {fact}: f({show(x)}) = {show(fx)} and f({show(y)}) = {show(fy)}.")
