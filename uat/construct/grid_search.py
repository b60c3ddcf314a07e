"""The fewest cells of a grid that keep a tolerance: samples guide, and the proof says what the samples have missed.

A grid is looked at in samples before it is built and proven, for that is cheap. Where it is seen to miss f, or where a
certificate finds that it does (a peak between all samples), the place is kept, and every later grid is looked at there
first: a narrow peak costs a few samples a grid, not a mesh that would find it.

The error is not monotone in the number of cells: a kink costs h on a cell that has it in its middle, and nothing where
it falls on a knot. So when a count has been found, every smaller one is tried at the places that are known, all counts
at once; the few that pass are looked at everywhere, and the first that is proven is taken.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from uat._checks import Floats, InputError
from uat._deadline import Deadline, OutOfTime
from uat._progress import bar
from uat._sampling import sample
from uat.bounds.seen import distances, seen_difference
from uat.construct.cell_counts import MOST_CELLS, OutOfReachError, Paced, fewest_cells
from uat.construct.enclosures import enclose
from uat.construct.grids import Built, Grids
from uat.construct.knots import cells_by_curvature
from uat.piecewise import PiecewiseAffine

A_CELL = 5e-6  # seconds a cell that the network and its comparison with the pieces take, before anything is proven
MANY = 100  # cells: nobody minds fewer
FAR_FEWER = 10  # times fewer cells are worth a word
A_GLANCE = 1.0  # seconds that the word may take
HASTE = 0.3  # seconds for the certificate of what there is when the user has pressed Ctrl-C
_STALLS = 3  # finer grids that are no better before the search gives up on a black box, which may jump unseen
_COARSE = 1000  # cells: below, 15 samples a cell are taken, else 3
_IN_A_CELL = np.arange(1, 8) / 8  # where a cell with a known place in it is looked at, and at the place itself
_BLOCK = 1 << 16  # counts that are tried at a place at once
_QUICK = 1e-5  # seconds: f at a point takes no longer, where it may be asked for a thousand after the deadline
_TRIES = 40  # counts that pass at all known places and fail elsewhere, before smaller ones are left alone


def within(grids: Grids, tol: float) -> Built:
    """A grid on which the error is within tol, its network, and the certificate that says so.

    When the deadline has passed, or at Ctrl-C, the best grid so far with what is known of it.

    Raises
    ------
    InputError
        Where f jumps by more than twice tol, and where more cells would be needed than anybody could use; the sentence
        says how many.
    """
    return _Search(grids, tol).result()


def graded_instead(grids: Grids, tol: float, built: Built) -> int | None:
    """The cells of a graded grid that is as good, where the uniform one has more than ten times as many; else None."""
    cells, proven = built.piecewise.pieces, built.certificate.proven
    if grids.method != "uniform" or cells < MANY or built.certificate.error > tol or grids.deadline.passed():
        return None
    left = grids.deadline.left()
    brief = replace(grids, method="graded", deadline=Deadline(A_GLANCE if left is None else min(left, A_GLANCE)))
    try:
        if cells_by_curvature(grids.f, (grids.a, grids.b), tol) > cells / FAR_FEWER:
            return None
        p, _, c = within(brief, tol)
    except (InputError, OutOfTime, KeyboardInterrupt):  # the result is there already
        return None
    return p.pieces if c.error <= tol and c.proven == proven and FAR_FEWER * p.pieces < cells else None


class _Search:
    def __init__(self, grids: Grids, tol: float) -> None:
        self.grids, self.tol = grids, tol
        self.deadline = grids.deadline
        self.places = [grids.a, grids.b]  # where grids are looked at first: the ends, and where one was seen to miss f
        self.more_than = len(grids.breaks)  # every grid of no more cells is out
        self.a_sample = math.inf  # seconds that f takes at a point, the least so far
        self.finest = 0  # cells of the finest grid that was looked at
        self.built: Built | None = None  # the best with a certificate
        self.a_ball = self._seconds_a_ball()

    def result(self) -> Built:
        try:
            return self._search()
        except OutOfTime as stop:
            count = None if str(stop) or self.a_sample > _QUICK else self._by_places()
            take = f": it would take some {count} cells" if count else str(stop).removesuffix(".")
            return self._so_far(f"`seconds` did not suffice to prove that a grid keeps `tol`{take}.")
        except OutOfReachError as stop:
            raise InputError(self._refusal(stop)) from None
        except KeyboardInterrupt:
            self.grids = replace(self.grids, deadline=Deadline(HASTE))
            return self._so_far("Interrupted before a grid was proven to keep `tol`.")

    def _search(self) -> Built:
        grids, tol = self.grids, self.tol
        if grids.facts and grids.method == "uniform" and not grids.on_balls():
            start = time.monotonic()
            built = self._keep(grids.as_declared(tol))
            pace = (time.monotonic() - start) / built.piecewise.pieces
            return built if built.certificate.upper <= tol else self._upwards(built, pace)
        while True:
            built = self._keep(grids.build(self._by_samples()))
            p, c = built.piecewise, built.certificate
            if not c.proven or c.upper <= tol:
                return built
            self.grids.deadline.look()
            if c.lower <= tol or self._off(p, [c.where]) <= tol:  # floats do not see it: it would be no guide
                return self._upwards(built)
            self.places.append(c.where)
            self.more_than = p.pieces

    def _upwards(self, built: Built, pace: float = 0.0) -> Built:
        """Finer grids until one is proven: the last few per cent, where samples and proof disagree."""

        def proven(cells: int) -> tuple[float, Built]:
            found = self._keep(self.grids.build(self.grids.interpolant(cells, self.places)))
            return found.certificate.upper, found

        return fewest_cells(Paced(proven, self.grids.deadline, pace), self.tol, more_than=built.piecewise.pieces)

    # ---- by samples -------------------------------------------------------------------------------------------------

    def _by_samples(self) -> PiecewiseAffine:
        """The grid of the fewest cells that looks fine enough: a guess, but every smaller one was seen to miss f."""
        grids = self.grids
        self.deadline = grids.deadline.half()
        left = grids.deadline.left()
        most = MOST_CELLS if left is None else int(min(MOST_CELLS, max(left / A_CELL, 2.0)))
        try:
            p = fewest_cells(self._attempt, self.tol, self.more_than, self._hopeless(), most)
        except OutOfReachError as stop:
            if stop.cells >= MOST_CELLS or stop.stalled:
                raise
            count = self._would_take(stop)
            raise OutOfTime(f": it would take some {count} cells" if count else "") from None
        return self._fewer(p) if grids.method == "uniform" else p

    def _attempt(self, cells: int) -> tuple[float, Any]:
        self.deadline.look()
        if self.grids.method == "uniform":
            error = float(self._near(np.array([cells]), np.array(self.places)).max())
            if error > self.tol:
                self.finest = max(self.finest, cells)
                return error, None
        return self._everywhere(cells)

    def _everywhere(self, cells: int) -> tuple[float, PiecewiseAffine]:
        if math.isfinite(self.a_sample) and cells * self.a_sample > (self.deadline.left() or math.inf):
            raise OutOfTime
        p = self.grids.interpolant(cells, self.places)
        per_cell = 15 if cells < _COARSE else 3
        brief = per_cell * cells * self.a_sample < (self.deadline.left() or math.inf) / 4  # then all at once
        seen = seen_difference(self.grids.f, p, per_cell, deadline=None if brief else self.deadline)
        self.deadline.look()  # else the samples are not all there
        error = max(seen.lower, self._off(p, self.places))
        self.finest = max(self.finest, cells)
        if seen.lower > self.tol:
            self.places.append(seen.where)
        return error, p

    def _off(self, p: PiecewiseAffine, places: list[float]) -> float:
        """The largest difference that floats see at the places."""
        x = np.array(places)
        return float(distances(sample(self.grids.f, x), p(x)).max())

    def _near(self, counts: Any, places: Floats) -> Floats:
        """max|f - chord| as seen in the cells that hold the places, on so many equal cells: (counts, places)."""
        a, b, n = self.grids.a, self.grids.b, np.asarray(counts, dtype=np.float64)[:, None]
        k = np.clip(np.floor((places - a) / (b - a) * n), 0, n - 1)
        left, right = a + (b - a) * (k / n), a + (b - a) * ((k + 1) / n)
        inner = left[..., None] + (right - left)[..., None] * _IN_A_CELL
        x = np.concatenate([np.stack([left, right, np.broadcast_to(places, left.shape)], axis=-1), inner], axis=-1)
        x = np.clip(x, a, b)
        start = time.monotonic()
        y = sample(self.grids.f, x.reshape(-1)).reshape(x.shape)
        self.a_sample = min(self.a_sample, (time.monotonic() - start) / x.size)
        with np.errstate(all="ignore"):
            share = np.clip((x - x[..., :1]) / (x[..., 1:2] - x[..., :1]), 0, 1)
            chord = y[..., :1] * (1 - share) + y[..., 1:2] * share
            seen: Floats = np.nan_to_num(np.abs(y - chord)).max(axis=-1)  # a cell without length is no evidence
        return seen

    def _fewer(self, p: PiecewiseAffine) -> PiecewiseAffine:
        """The grid of the fewest cells that passes at samples, of all that have fewer than p."""
        tries = 0
        with bar("fewer cells", p.pieces) as report:
            for start in range(self.more_than + 1, p.pieces, _BLOCK):
                report(start)
                counts, tried = np.arange(start, min(start + _BLOCK, p.pieces)), 0
                while counts.size:
                    for place in self.places[tried:]:
                        self.deadline.look()
                        counts = counts[self._near(counts, np.array([place]))[:, 0] <= self.tol]
                        if not counts.size:
                            break
                    tried = len(self.places)
                    if not counts.size:
                        break
                    error, found = self._everywhere(int(counts[0]))
                    if error <= self.tol:
                        return found
                    counts, tries = counts[1:], tries + 1
                    if tries == _TRIES:
                        return p
        return p

    # ---- where there is no such grid --------------------------------------------------------------------------------

    def _hopeless(self) -> Callable[[], bool]:
        """Whether finer grids are of no avail, to be asked when one was: f jumps, or, being a black box, may."""
        stalls = 0

        def hopeless() -> bool:
            nonlocal stalls
            stalls += 1
            return self.grids.jump() is not None if self.a_ball else stalls > _STALLS

        return hopeless

    def _seconds_a_ball(self) -> float:
        """What a run of f on a ball takes; 0 where it has no formula."""
        x = np.linspace(self.grids.a, self.grids.b, 19)[1:-1]
        start = time.monotonic()
        try:
            enclose(self.grids.f, x)
        except (TypeError, ArithmeticError, ValueError) as error:
            if not isinstance(error, ArithmeticError):  # which is about a single point
                return 0.0
        return (time.monotonic() - start) / x.size

    def _refusal(self, stop: OutOfReachError) -> str:
        jump = self.grids.jump()
        if jump is not None and jump.size / 2 > self.tol:
            return f"`tol` = {self.tol!r} is out of reach of any continuous function: {jump.sentence()}"
        if jump is not None:
            near = 'method="narrowest" comes as close as a continuous function can'
            return f"{stop} {jump.sentence().rstrip('.')}, and a grid misses f by up to the whole jump: {near}."
        count = self._would_take(stop)
        if not count:
            return str(stop)
        better = "" if self.grids.method != "uniform" else '; method="graded" needs far fewer'
        return (
            f"`tol` = {self.tol!r} asks for some {count} cells, more than the {MOST_CELLS} of this search, with which "
            f"the error is still {stop.error:.3g}{better}."
        )

    def _would_take(self, stop: OutOfReachError) -> int | None:
        """How many cells it would take: by the rate at which the error falls, and by the known places."""
        coarse, fine = max(stop.cells // 64, 1), max(stop.cells // 16, 2)
        # of four neighbours the worst: where a kink falls in its cell makes a difference from one to the next
        before, after = (max(self._everywhere(n + k)[0] for k in range(4)) for n in (coarse, fine))
        count = 0.0
        if 0 < after < 0.9 * before:
            rate = math.log(before / after) / math.log(fine / coarse)
            count = fine * (after / self.tol) ** (1 / rate)
        if self.grids.method == "uniform":
            near = self._by_places()
            if near is None:
                return None
            count = max(count, near)
        return self._rounded(count) if count > stop.cells else None

    def _by_places(self) -> int | None:
        """How many cells of a uniform grid it takes at least, as seen at the places that are known."""
        if self.grids.method != "uniform":
            return None

        def near(cells: int) -> tuple[float, int]:
            return float(self._near(np.array([cells]), np.array(self.places)).max()), cells

        try:
            return self._rounded(fewest_cells(near, self.tol, self.more_than, lambda: False, int(self._floats())))
        except OutOfReachError:
            return None

    def _rounded(self, count: float) -> int | None:
        """To three digits; None where floats have no room for so many cells."""
        return int(float(f"{count:.3g}")) if 0 < count <= self._floats() else None

    def _floats(self) -> float:
        a, b = self.grids.a, self.grids.b
        return min((b - a) / (8 * max(math.ulp(a), math.ulp(b))), 2.0**52)

    # ---- stopped ----------------------------------------------------------------------------------------------------

    def _keep(self, built: Built) -> Built:
        if self.built is None or built.certificate.error < self.built.certificate.error:
            self.built = built
        if built.certificate.stopped == "interrupt" and built.certificate.error > self.tol:
            raise KeyboardInterrupt
        return built

    def _so_far(self, why: str) -> Built:
        """The best grid so far; one that was only seen is certified in the time that is left."""
        left = self.grids.deadline.left() or HASTE
        if self.built is None or (self.finest > self.built.piecewise.pieces and not self.grids.deadline.passed()):
            # two balls a cell, what is made of them, some to refine; a black box is sampled
            pace = max(A_CELL, 8 * self.a_ball if self.a_ball else 4 * self.a_sample)
            cells = min(self.finest, max(int(left / pace), self.more_than + 1))
            self._keep(self.grids.build(self.grids.interpolant(cells, self.places)))
        if self.built is None:
            raise InputError(f"{why[:-1]}, or of any grid at all.")
        c = self.built.certificate
        return self.built._replace(certificate=replace(c, note=f"{c.note} {why}".lstrip()))
