"""Interpolation on grids placed by a rule, uniform or graded: its error, and the coarsest grid that is fine enough.

The error is proven where f can be run on balls or something was declared about it; samples only guide the search.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from uat import _checks
from uat._checks import InputError
from uat._sampling import Function, sample
from uat.bounds.certification import Certificate
from uat.bounds.modulus import Declared, cells_within, interpolation_bound
from uat.bounds.rounding import stored_distance
from uat.bounds.seen import seen_difference
from uat.construct.knots import graded_knots
from uat.construct.mesh import OutOfTime
from uat.construct.proving import certified, unsworn
from uat.piecewise import UNIT, PiecewiseAffine, interpolate
from uat.relu_net import ReluNet, default_shift

_MOST_CELLS = 1 << 22  # where a search for a tolerance gives up: a network nobody would evaluate
_ONE_BY_ONE = 12
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
            c = self.by_balls(p) if p.pieces <= _MOST_BALLS else sworn
            return unsworn(c) if c.proven and c.upper < sworn.upper else sworn
        if not self.known or p.pieces <= _MOST_BALLS:
            c = self.by_balls(p)
            if c.proven or not self.known:
                return c if c.proven else seen_difference(self.f, p, note=c.note)
        return self.declared(p, self.known)

    def by_balls(self, p: PiecewiseAffine) -> Certificate:
        """One cell more or less changes a second-order error by 2/N of itself: the enclosure is finer than that."""
        seconds = None if math.isinf(self.deadline) else max(self.deadline - time.perf_counter(), 1e-3)
        return certified(self.f, p, rel=min(0.01, 1 / p.pieces), seconds=seconds)

    def declared(self, p: PiecewiseAffine, facts: Declared) -> Certificate:
        """The a priori bounds; the lower end is what was seen, less what rounding may have added to it."""
        seen, noise = seen_difference(self.f, p, per_cell=3), 16 * UNIT * float(np.abs(p.values).max())
        upper = interpolation_bound(facts, p)
        return Certificate(
            lower=min(max(seen.lower - noise, 0.0), upper),
            upper=upper,
            where=seen.where,
            proven=True,
            assumes=(*facts.assumes, "the values of f at the knots, as computed in float64"),
            method="a priori bounds B1, B2, B3",
            boxes=p.pieces,
        )

    def within(self, tol: float) -> Built:
        """A uniform grid on which the error is within tol, and the certificate that says so.

        Samples find the smallest grid that looks fine enough, and the proof goes on from there, upwards. Where balls
        are of no avail the number of cells follows from the declared bound, which may be many times as many.
        """
        if self.facts and self.method == "uniform" and not self.on_balls():
            pieces = cells_within(self.facts, self.b - self.a, tol)
            _checks.memory(10.0 * pieces, f"`tol` = {tol!r} asks for {pieces} cells and")
            built = self.build(self.interpolant(pieces))
        else:
            built = self.build(self.within_by_samples(tol))
        c = built.certificate
        if c.proven and c.upper > tol and time.perf_counter() < self.deadline:
            try:
                return fewest_cells(Paced(self._proven, self.deadline), tol, more_than=built.piecewise.pieces)
            except OutOfTime:
                note = "`seconds` were used up before a grid was proven to keep `tol`."
                return built._replace(certificate=replace(c, note=f"{c.note} {note}".lstrip()))
        return built

    def on_balls(self) -> bool:
        """Whether f runs on balls at all."""
        return self.by_balls(interpolate(self.f, self.a, self.b, pieces=4)).proven

    def within_by_samples(self, tol: float) -> PiecewiseAffine:
        """The coarsest grid of the kind that looks fine enough at samples: a guess at the number of cells, no more."""
        try:
            return fewest_cells(Paced(self._seen, self.deadline), tol, more_than=len(self.breaks))
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


Attempt = TypeVar("Attempt")


class Paced(Generic[Attempt]):
    """An attempt that is not begun where, by the pace of those before it, it would end after the deadline."""

    def __init__(self, attempt: Callable[[int], tuple[float, Attempt]], deadline: float) -> None:
        self.attempt, self.deadline, self.pace, self.last = attempt, deadline, 0.0, ""

    def __call__(self, cells: int) -> tuple[float, Attempt]:
        start = time.perf_counter()
        if start + 2 * self.pace * cells > self.deadline:  # twice: the finest grids are slower a cell
            raise OutOfTime(self.last)
        error, found = self.attempt(cells)
        pace = (time.perf_counter() - start) / cells
        self.pace = min(self.pace, pace) if self.pace else pace  # the first grids are small and seem slow
        self.last = f": with {cells} cells the error is {error:.3g}"
        return error, found


def fewest_cells(attempt: Callable[[int], tuple[float, Attempt]], tol: float, more_than: int = 0) -> Attempt:
    """A grid of more cells than that whose error is within tol while that of the grid with one less is not.

    `attempt(cells)` gives the error and the object to return. The error is not monotone in the number of cells (kinks
    wander through them), so this is a local statement: a smaller grid may happen to do as well. The search rises
    until it is enough and then closes in by interpolating log(error) against log(cells), which is nearly a line.
    """
    low, low_error, high, tries = more_than, math.inf, more_than + 1, 0
    error, best = attempt(high)
    while error > tol:
        stalled = high >= 4096 and error > 0.9 * low_error and high > 1.5 * low  # a jump, or noise
        if stalled or high >= _MOST_CELLS or not math.isfinite(error):
            raise InputError(
                f"`tol` = {tol!r} is out of reach of a grid of this kind: with {high} cells "
                f"the error is still {error:.3g}."
            )
        # small grids one by one, for the knots of one may fall on the kinks of f; then to where a second-order rate
        # would arrive, a little further at first, later at least double
        tries += 1
        jump = min(max(1.05 * math.sqrt(error / tol), 1 + 0.02 * 2.0 ** min(tries, 6)), 16.0)
        ahead = high + 1 if high < _ONE_BY_ONE else max(int(high * jump), high + 1)
        low, low_error, high = high, error, min(ahead, _MOST_CELLS)
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
