"""Interpolation on grids placed by a rule, uniform or graded: its error, and the coarsest grid that is fine enough.

The error is proven where f can be run on balls or something was declared about it; samples only guide the search.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from uat import _checks
from uat._checks import InputError
from uat._deadline import Deadline
from uat._sampling import Function, sample
from uat.bounds.certification import Certificate, Jump
from uat.bounds.modulus import Declared, cells_within, interpolation_bound
from uat.bounds.rounding import stored_distance
from uat.bounds.seen import seen_difference
from uat.construct.knots import graded_knots
from uat.construct.proving import certified, unsworn
from uat.piecewise import UNIT, PiecewiseAffine, interpolate, uniform_knots
from uat.relu_net import ReluNet, default_shift

_MOST_DECLARED = 10**8  # cells that a declared bound may ask for: minutes of the fastest f
_A_CELL = 3e-6  # seconds a cell that the network, its distance and the bound take once f is sampled
_NUMBERS_A_CELL = 80.0  # of memory that they take: 600 bytes a cell were seen
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
    deadline : when the proof is to stop
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
    deadline: Deadline = field(default_factory=Deadline)
    tol: float | None = None

    def interpolant(self, pieces: int, places: Sequence[float] = ()) -> PiecewiseAffine:
        """f at the knots of the rule, which looks at f around the `places` too, where it is graded."""
        if self.method == "uniform":
            return interpolate(self.f, self.a, self.b, pieces=pieces)
        knots = graded_knots(self.f, (self.a, self.b), pieces, breaks=self.breaks, around=places)
        return PiecewiseAffine(knots, sample(self.f, knots))

    def build(self, p: PiecewiseAffine) -> Built:
        """The network for p, and a certificate that holds for both: storing the weights moved the function a little."""
        net = ReluNet.from_piecewise(p, form=self.form, shift=default_shift(p))
        moved = stored_distance(p, net)  # before the proof, which ends when the time does
        c = self.certificate(p)
        if c.proven:
            c = replace(c, upper=math.nextafter(c.upper + moved, math.inf))
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
                return c
        return self.declared(p, self.known)

    def by_balls(self, p: PiecewiseAffine) -> Certificate:
        """One cell more or less changes a second-order error by 2/N of itself: the enclosure is finer than that.

        Where a tolerance is asked for the count hangs on that alone, and three digits will do.
        """
        rel = min(0.01, 1 / p.pieces) if self.tol is None else min(0.01, max(1 / p.pieces, 1e-3))
        return certified(self.f, p, tol=self.tol, rel=rel, seconds=self.deadline.left())

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
            grounds="declared",
            boxes=p.pieces,
            note=seen.note,
        )

    def seen(self, p: PiecewiseAffine) -> Certificate:
        """The largest difference at three points a cell; with a deadline only on the cells that there is time for."""
        if self.deadline.endless:
            return seen_difference(self.f, p, per_cell=3)
        best, spent = seen_difference(self.f, part(p, 0, 1), per_cell=3), 1
        for start, stop in self._before(p.pieces).runs(1, p.pieces):
            found, spent = seen_difference(self.f, part(p, start, stop), per_cell=3), stop
            best = max(best, found, key=lambda c: c.lower)
        if spent >= p.pieces:
            return best
        return replace(best, note=f"Differences were only looked for in the first {spent} cells.")

    def _before(self, pieces: int) -> Deadline:
        """The deadline less what so many cells take once f is sampled."""
        early = Deadline()
        early.end = self.deadline.end - _A_CELL * pieces
        return early

    def as_declared(self, tol: float) -> Built:
        """A uniform grid of as many cells as statement B2 asks for, where they can be had in time and in memory."""
        pieces = cells_within(self.facts, self.b - self.a, tol)
        asked = f"`tol` = {tol!r} asks for {pieces} cells by what is declared of f (statement B2)"
        help_ = (
            "a larger `tol`, a smaller declared constant or f written with NumPy functions (it then has a formula, "
            "whose proof needs far fewer cells)"
        )
        if pieces > _MOST_DECLARED:
            raise InputError(f"{asked}, more than the {_MOST_DECLARED} that can be sampled; what would help: {help_}.")
        _checks.memory(_NUMBERS_A_CELL * pieces, f"{asked}: that")
        if self.deadline.endless:
            return self.build(self.interpolant(pieces))
        late = f"`seconds` do not suffice: {asked}; what would help: more `seconds`, {help_}."
        before = self._before(pieces)
        if before.passed():
            raise InputError(late)
        knots = uniform_knots(self.a, self.b, pieces)
        values, done = np.empty(pieces + 1), 0
        for start, stop in before.runs(0, pieces + 1):
            values[start:stop], done = sample(self.f, knots[start:stop]), stop
        if done <= pieces:
            raise InputError(late)
        return self.build(PiecewiseAffine(_checks.freeze(knots), _checks.freeze(values)))

    def on_balls(self) -> bool:
        """Whether anything can be proven of f on balls."""
        return self.in_time().by_balls(interpolate(self.f, self.a, self.b, pieces=4)).proven

    def in_time(self) -> Grids:
        """The same with an f that raises once the deadline has passed: what is not proven is not sampled then."""
        if self.deadline.endless:
            return self
        f, deadline = self.f, self.deadline

        def prompt(x: Any) -> Any:
            if deadline.passed():
                raise TimeoutError("the time is used up")
            return f(x)

        return replace(self, f=prompt)

    def jump(self) -> Jump | None:
        """A proven jump of f, if one is found: no continuous function is nearer than half of it."""
        rough = interpolate(self.f, self.a, self.b, pieces=16)  # the finer, the further a jump is hidden
        c = certified(self.f, rough, seconds=self.deadline.left())
        if c.stopped == "interrupt":
            raise KeyboardInterrupt
        return c.jump


def part(p: PiecewiseAffine, start: int, stop: int) -> PiecewiseAffine:
    """The cells of p from one to before another."""
    return PiecewiseAffine(p.knots[start : stop + 1], p.values[start : stop + 1])
