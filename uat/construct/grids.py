"""Interpolation on grids placed by a rule, uniform or graded: its error, and the coarsest grid that is fine enough.

The error is proven where f can be run on balls or something was declared about it; samples only guide the search.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from uat import _checks
from uat._checks import InputError
from uat._deadline import OutOfTime
from uat._sampling import Function, sample
from uat.bounds.certification import Certificate
from uat.bounds.modulus import Declared, cells_within, interpolation_bound
from uat.bounds.rounding import stored_distance
from uat.bounds.seen import seen_difference
from uat.construct.knots import graded_knots
from uat.construct.proving import certified, unsworn
from uat.piecewise import UNIT, PiecewiseAffine, interpolate, uniform_knots
from uat.relu_net import ReluNet, default_shift

_MOST_CELLS = 1 << 22  # where a search for a tolerance gives up: a network nobody would evaluate
_ONE_BY_ONE = 12
_STALLS = 3  # finer grids that are no better before a search gives up
_MOST_DECLARED = 10**8  # cells that a declared bound may ask for: minutes of the fastest f
_A_CELL = 3e-6  # seconds a cell that the network, its distance and the bound take once f is sampled
_NUMBERS_A_CELL = 80.0  # of memory that they take: 600 bytes a cell were seen
_FIRST_LOOK = 16  # samples before the first look at the time; the runs grow while they take less than _A_RUN seconds
_A_RUN = 0.05
_MOST_BALLS = 100_000  # beyond, seconds of balls: a target's declared facts give a bound at once


class Built(NamedTuple):
    """An interpolant, the network that equals it, and what is known of the distance of both from f."""

    piecewise: PiecewiseAffine
    net: ReluNet
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class Grids:
    """One function on one interval, the rule for its knots, what was declared about it, and when to stop proving.

    method : "uniform" or "graded"
    breaks : abscissae where a graded grid must have a knot
    facts : the caller's word, for where balls are of no avail or do worse
    known : what a target declares, for when balls are of no avail
    form : of the network
    deadline : of `time.perf_counter`, when the proof is to stop
    tol : the tolerance that is asked for, which a proof goes on to decide
    """

    f: Function
    a: float
    b: float
    facts: Declared
    known: Declared
    form: str
    method: str = "uniform"
    breaks: tuple[float, ...] = ()
    deadline: float = math.inf
    tol: float | None = None

    def interpolant(self, pieces: int) -> PiecewiseAffine:
        if self.method == "uniform":
            return interpolate(self.f, self.a, self.b, pieces=pieces)
        knots = graded_knots(self.f, (self.a, self.b), pieces, breaks=self.breaks)
        return PiecewiseAffine(knots, sample(self.f, knots))

    def build(self, p: PiecewiseAffine) -> Built:
        """The network for p, and a certificate that holds for both: storing the weights moved the function a little."""
        net = ReluNet.from_piecewise(p, form=self.form, shift=default_shift(p))
        c = self.certificate(p)
        if c.proven:
            c = replace(c, upper=math.nextafter(c.upper + stored_distance(p, net), math.inf))
        return Built(p, net, c)

    def certificate(self, p: PiecewiseAffine) -> Certificate:
        """What can be said of sup|f - p|: by balls, on the caller's word, on a target's word, or by samples.

        A word that was given is always compared with the values at the knots, so that a false one is refused.
        """
        if self.facts:
            sworn = self.declared(p, self.facts)
            c = self.in_time().by_balls(p) if p.pieces <= _MOST_BALLS else sworn
            return unsworn(c) if c.proven and c.upper < sworn.upper else sworn
        if not self.known or p.pieces <= _MOST_BALLS:
            c = self.by_balls(p)
            if c.proven or not self.known:
                return c if c.proven else seen_difference(self.f, p, note=c.note)
        return self.declared(p, self.known)

    def by_balls(self, p: PiecewiseAffine) -> Certificate:
        """One cell more or less changes a second-order error by 2/N of itself: the enclosure is finer than that."""
        seconds = None if math.isinf(self.deadline) else max(self.deadline - time.perf_counter(), 1e-3)
        return certified(self.f, p, tol=self.tol, rel=min(0.01, 1 / p.pieces), seconds=seconds)

    def declared(self, p: PiecewiseAffine, facts: Declared) -> Certificate:
        """The a priori bounds; the lower end is what was seen, less what rounding may have added to it."""
        seen, noise = self.seen(p), 16 * UNIT * float(np.abs(p.values).max())
        upper = interpolation_bound(facts, p)
        return Certificate(
            lower=min(max(seen.lower - noise, 0.0), upper),
            upper=upper,
            where=seen.where,
            proven=True,
            assumes=(*facts.assumes, "the values of f at the knots, as computed in float64"),
            method="a priori bounds B1, B2, B3",
            boxes=p.pieces,
            note=seen.note,
        )

    def seen(self, p: PiecewiseAffine) -> Certificate:
        """The largest difference at three points a cell; with a deadline only on the cells that there is time for."""
        if math.isinf(self.deadline):
            return seen_difference(self.f, p, per_cell=3)
        best, spent = seen_difference(self.f, part(p, 0, _FIRST_LOOK), per_cell=3), _FIRST_LOOK
        for start, stop in runs(_FIRST_LOOK, p.pieces, self.deadline - _A_CELL * p.pieces):
            found, spent = seen_difference(self.f, part(p, start, stop), per_cell=3), stop
            best = max(best, found, key=lambda c: c.lower)
        return (
            best
            if spent >= p.pieces
            else replace(best, note=f"Differences were only looked for in the first {spent} cells.")
        )

    def as_declared(self, tol: float) -> Built:
        """A uniform grid of as many cells as statement B2 asks for, where they can be had in time and in memory."""
        pieces = cells_within(self.facts, self.b - self.a, tol)
        asked = f"`tol` = {tol!r} asks for {pieces} cells by what is declared of f (statement B2)"
        help_ = (
            "a larger `tol`, a smaller declared constant or f written with NumPy functions (it then runs on balls, "
            "which need far fewer cells)"
        )
        if pieces > _MOST_DECLARED:
            raise InputError(f"{asked}, more than the {_MOST_DECLARED} that can be sampled; what would help: {help_}.")
        _checks.memory(_NUMBERS_A_CELL * pieces, f"{asked}: that")
        if math.isinf(self.deadline):
            return self.build(self.interpolant(pieces))
        late = f"`seconds` do not suffice: {asked}; what would help: more `seconds`, {help_}."
        before = self.deadline - _A_CELL * pieces
        if time.perf_counter() > before:
            raise InputError(late)
        knots = uniform_knots(self.a, self.b, pieces)
        values, done = np.empty(pieces + 1), 0
        for start, stop in runs(0, pieces + 1, before):
            values[start:stop], done = sample(self.f, knots[start:stop]), stop
        if done <= pieces:
            raise InputError(late)
        return self.build(PiecewiseAffine(_checks.freeze(knots), _checks.freeze(values)))

    def within(self, tol: float) -> Built:
        """A uniform grid on which the error is within tol, and the certificate that says so.

        Samples find the smallest grid that looks fine enough, and the proof goes on from there, upwards. Where balls
        are of no avail the number of cells follows from the declared bound, which may be many times as many.
        """
        pace = 0.0
        if self.facts and self.method == "uniform" and not self.on_balls():
            start = time.perf_counter()
            built = self.as_declared(tol)
            pace = (time.perf_counter() - start) / built.piecewise.pieces
        else:
            built = self.build(self.within_by_samples(tol))
        c = built.certificate
        if c.proven and c.upper > tol and time.perf_counter() < self.deadline:
            try:
                return fewest_cells(Paced(self._proven, self.deadline, pace), tol, more_than=built.piecewise.pieces)
            except OutOfTime:
                note = "`seconds` were used up before a grid was proven to keep `tol`."
                return built._replace(certificate=replace(c, note=f"{c.note} {note}".lstrip()))
        return built

    def on_balls(self) -> bool:
        """Whether f runs on balls at all."""
        return self.in_time().by_balls(interpolate(self.f, self.a, self.b, pieces=4)).proven

    def in_time(self) -> Grids:
        """The same with an f that raises once the deadline has passed: what is not proven is not sampled then."""
        if math.isinf(self.deadline):
            return self
        f, deadline = self.f, self.deadline

        def prompt(x: Any) -> Any:
            if time.perf_counter() > deadline:
                raise TimeoutError("the time is used up")
            return f(x)

        return replace(self, f=prompt)

    def within_by_samples(self, tol: float) -> PiecewiseAffine:
        """The coarsest grid of the kind that looks fine enough at samples: a guess at the number of cells, no more."""
        try:
            attempt = Paced(self._seen, self.deadline)
            return fewest_cells(attempt, tol, more_than=len(self.breaks), hopeless=lambda: bool(self._jump()))
        except OutOfTime as stop:
            raise InputError(f"`seconds` were used up before a grid within `tol` = {tol!r} was found{stop}.") from None
        except InputError as error:
            raise InputError(f"{error}{self._jump()}") from None

    def _seen(self, pieces: int) -> tuple[float, PiecewiseAffine]:
        p = self.interpolant(pieces)
        return seen_difference(self.f, p, per_cell=15 if pieces < 1000 else 3).lower, p

    def _proven(self, pieces: int) -> tuple[float, Built]:
        built = self.build(self.interpolant(pieces))
        return built.certificate.upper, built

    def _jump(self) -> str:
        """The sentence on a proven jump of f, where there is one: then no continuous function is near it."""
        note = self.by_balls(interpolate(self.f, self.a, self.b, pieces=16)).note
        return f" {note}" if "jumps" in note else ""


def part(p: PiecewiseAffine, start: int, stop: int) -> PiecewiseAffine:
    """The cells of p from one to before another."""
    return PiecewiseAffine(p.knots[start : stop + 1], p.values[start : stop + 1])


def runs(start: int, stop: int, deadline: float) -> Iterator[tuple[int, int]]:
    """Stretches of start ... stop, each about _A_RUN seconds of work of whoever iterates, until the deadline."""
    size = _FIRST_LOOK
    while start < stop and (begun := time.perf_counter()) < deadline:
        yield start, min(start + size, stop)
        start += size
        took = max(time.perf_counter() - begun, 1e-9)
        size = max(int(size * min(_A_RUN / took, 4.0)), 1)


Attempt = TypeVar("Attempt")


class Paced(Generic[Attempt]):
    """An attempt that is not begun where, by the pace of those before it, it would end after the deadline."""

    def __init__(self, attempt: Callable[[int], tuple[float, Attempt]], deadline: float, pace: float = 0.0) -> None:
        self.attempt, self.deadline, self.pace, self.last = attempt, deadline, pace, ""

    def __call__(self, cells: int) -> tuple[float, Attempt]:
        start = time.perf_counter()
        if start + 2 * self.pace * cells > self.deadline:  # twice: the finest grids are slower a cell
            raise OutOfTime(self.last)
        error, found = self.attempt(cells)
        pace = (time.perf_counter() - start) / cells
        self.pace = min(self.pace, pace) if self.pace else pace  # the first grids are small and seem slow
        self.last = f": with {cells} cells the error is {error:.3g}"
        return error, found


def fewest_cells(
    attempt: Callable[[int], tuple[float, Attempt]],
    tol: float,
    more_than: int = 0,
    hopeless: Callable[[], bool] = lambda: True,
) -> Attempt:
    """A grid of more cells than that whose error is within tol while that of the grid with one less is not.

    `attempt(cells)` gives the error and the object to return. The error is not monotone in the number of cells (kinks
    wander through them), so this is a local statement: a smaller grid may happen to do as well. The search rises
    until it is enough and then closes in by interpolating log(error) against log(cells), which is nearly a line.

    Where the error stays as it is from one fine grid to a finer one, it is `hopeless` (a jump), or f oscillates faster
    than the grids so far: some more are tried before the search gives up.
    """
    stalls = 0
    low, low_error, high, tries, most = more_than, math.inf, more_than + 1, 0, max(_MOST_CELLS, 2 * more_than)
    error, best = attempt(high)
    while error > tol:
        stalled = high >= 4096 and error > 0.9 * low_error and high > 1.5 * low  # a jump, or noise
        stalls += stalled
        given_up = stalled and (stalls > _STALLS or hopeless())
        if given_up or high >= most or not math.isfinite(error):
            raise InputError(
                f"`tol` = {tol!r} is out of reach of a grid of this kind: with {high} cells "
                f"the error is still {error:.3g}."
            )
        # small grids one by one, for the knots of one may fall on the kinks of f; then to where a second-order rate
        # would arrive, a little further at first, later at least double
        tries += 1
        jump = min(max(1.05 * math.sqrt(error / tol), 1 + 0.02 * 2.0 ** min(tries, 6)), 16.0)
        jump = max(jump, 4.0) if stalled else jump
        ahead = high + 1 if high < _ONE_BY_ONE else max(int(high * jump), high + 1)
        low, low_error, high = high, error, min(ahead, most)
        error, best = attempt(high)
    high_error, halve = error, False
    while high - low > 1:
        middle = (low + high) // 2
        if low and 0 < high_error < low_error < math.inf and not halve:
            rate = math.log(low_error / high_error) / math.log(high / low)
            guess = min(high * (high_error / tol) ** (1 / rate), float(high))
            middle = min(max(math.ceil(guess), low + 1), high - 1)
        before = high - low
        error, found = attempt(middle)
        if error <= tol:
            best, high, high_error = found, middle, error
        else:
            low, low_error = middle, error
        halve = not halve and high - low > before // 2  # a guess that cut little is followed by one bisection
    return best
