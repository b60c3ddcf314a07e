"""The fewest continuous pieces in a tube around a function: search in floats, prove at the end.

From above: the path that the sweep finds on the mesh is rounded to floats and certified as it stands; where the
certificate finds f outside (a spike between the samples), the mesh is refined there and the search repeated. From
below: `needed`. When both counts agree, the number is a theorem, and nothing rests on the samples or on the rounding of
the search.
"""

from __future__ import annotations

import math
import time
from contextlib import suppress
from dataclasses import replace

import numpy as np

from uat._deadline import Deadline
from uat.bounds.certification import Certificate, Jump
from uat.bounds.seen import seen_difference
from uat.construct.corridor import TooSteepError
from uat.construct.forecast import MOST_PIECES, too_many
from uat.construct.inside import (
    COARSE,
    Stretches,
    Verdict,
    farthest,
    gap_for,
    in_constant_tube,
    in_relative_tube,
)
from uat.construct.mesh import AT_JUMPS, Mesh, least_scale, polish, roundoff
from uat.construct.needed import LowerSide, better
from uat.construct.outcome import Narrowest
from uat.construct.proving import NOTHING, Belief, certified
from uat.construct.reached import Upper, outcome
from uat.construct.tube import Tube
from uat.construct.witness import Witness
from uat.piecewise import PiecewiseAffine, interpolate

ACCURACY = 1e-10  # with pieces=: relative accuracy asked of the least error
# with pieces=: how far below it the proof from below is tried, until it succeeds
SLACKS = (2e-10, 1e-9, 2e-8, 1e-7, 1e-6, 1e-4, 1e-3)
GAP_SHARES = (0.5, 0.1)  # with tol=, how much of what is left between the tube and that least error
BALANCE = 1e-3  # with tol=: the error comes this close to the least with the same number of pieces
MARGIN = 1e-8  # one-sided: the path keeps this share of the tolerance away from f, well above rounding and ACCURACY
MARGIN_OF_SLOPES = 1e-6  # the same over the whole domain, from where f is met: slopes from there are less precise
ONE_SIDED_ROOM = 1e-3  # one-sided, with tol=: up to this share, where there is slack; the proof is cheap then
REPAIRS = 40  # places at which a certificate may find that the mesh had missed something
SURPRISE = 0.05  # of the range of f: a chord of the first mesh that is missed by more shows a feature nobody sampled
TOUCHES = 3  # rounds of sampling where a moved path touches f, each superlinear: 1e-2, 1e-4, 1e-8
HASTE = 0.15  # seconds for each half of the bracket that is missing when the search is stopped
HASTY_PIECES = 1500  # what a certificate can do in that time
SPARE = 3  # pieces more than the fewest, where a declared bound is all there is and too coarse to prove those
AT_THE_JUMP = 3e-5  # relative: so much wider than half of a jump, which is known to six digits, is the tube tried there
KNIFE = 1e-9  # relative: no float search tells counts apart at a tolerance this close to a least error


class Search:
    """One call of `narrowest` on a function: the mesh, the best function so far, the best bounds so far."""

    def __init__(self, mesh: Mesh, side: str, deadline: Deadline, belief: Belief = NOTHING) -> None:
        self.mesh, self.f, self.side, self.deadline, self.belief = mesh, mesh.f, side, deadline, belief
        self.margin = 0.0 if side == "both" else MARGIN
        if side != "both" and mesh.exact.any():
            mesh.stay_clear()
            self.margin = MARGIN_OF_SLOPES
        self.lower = LowerSide(mesh)
        self.upper: Upper | None = None
        self.witness: Witness | None = None
        self.error_witness: Witness | None = None
        self.repairs = 0
        self.fewer = math.nan  # of the tube, the least multiple that the pieces tried last can keep
        self.least_error = False  # whether that is the question
        self.found_jump: Jump | None = None

    # ---- from above -------------------------------------------------------------------------------------------------

    def path(self, tube: Tube, margin: float) -> PiecewiseAffine:
        """The fewest-piece function in the tube, as the mesh sees it, in floats that honour the exact points."""
        mesh = self.mesh
        knots, values = mesh.links(tube, margin).path(mesh.direction)
        at = np.minimum(np.searchsorted(mesh.x, knots), len(mesh.x) - 1)
        values = np.where(np.isin(knots, mesh.through), mesh.y[at], values)
        if mesh.direction:  # a flat piece may have come out a rounding too low
            values = mesh.direction * np.maximum.accumulate(mesh.direction * values)
        whole = knots[0] == mesh.a and knots[-1] == mesh.b and bool(np.isfinite(values).all())
        return PiecewiseAffine(knots, values) if whole else self.chords()  # the sweep may overflow: then no path

    def chords(self) -> PiecewiseAffine:
        """The chords of the samples: on the whole domain, close to f, of far too many pieces."""
        return PiecewiseAffine(self.mesh.x, self.mesh.y)

    def judge(self, p: PiecewiseAffine, tube: Tube, room: float) -> Upper:
        """Certify that p lies in the tube, with a relative `room` to spare; a function that does is kept."""
        certificate: Certificate
        rest = self.left_over(p, tube)
        if tube.rtol == 0:
            verdict, certificate = in_constant_tube(
                self.f,
                p,
                tube,
                gap_for(room),
                self.deadline,
                self.belief,
                asked=not self.least_error or rest is not None,
                rest=rest,
            )
        else:
            verdict = in_relative_tube(self.f, p, tube, gap_for(room), self.deadline, rest)
        if tube.rtol or tube.side != "both":  # the distance from f itself, not from the middle of the tube
            centred = math.inf if tube.rtol else math.nextafter(certificate.upper + tube.tol / 2, math.inf)
            certificate = certified(self.f, p, rel=COARSE, seconds=self.deadline.left(), belief=self.belief)
            if verdict.inside and certificate.proven:
                certificate = replace(certificate, upper=min(certificate.upper, centred, farthest(p, tube)))
        found = Upper(p, tube, verdict, certificate)
        if self.upper is None or verdict.inside or not self.upper.verdict.inside:
            self.upper = found
        if verdict.interrupted:  # `certify` keeps Ctrl-C to itself, but it was meant for all of this
            raise KeyboardInterrupt
        return found

    def left_over(self, p: PiecewiseAffine, tube: Tube) -> Stretches | None:
        """What is left of the domain where p is proven to be in the tube beside the points at which it meets f."""
        if not self.mesh.clear:
            return None
        from uat.construct.touching import left_over

        return left_over(self.f, p, tube, self.mesh.through, self.deadline)

    def judge_balanced(self, tube: Tube, pieces: int, high: float) -> Upper:
        """Judge the path in the `high`-fold tube; one-sided, moved off f by a share of what that leaves free."""
        if self.side == "both":
            return self.judge(self.path(tube.scaled(high), 0.0), tube, 1 - high)
        off = min((1 - high) / 4, ONE_SIDED_ROOM)
        if off > self.margin:
            wider, margin = tube.scaled(high + 2 * off), off / (high + 2 * off)
            for _ in range(TOUCHES):  # it touches f elsewhere than the path for which the mesh was polished
                self.deadline.look()
                self.mesh.refine(self.mesh.links(wider, margin))
            p = self.path(wider, margin)
            if p.pieces <= pieces:
                return self.judge(p, tube, off)
        return self.judge(self.path(tube.scaled(high), self.margin), tube, self.margin)

    def repair(self, where: float, tube: Tube) -> bool:
        """f was seen outside near `where`: sample it there at every scale, then divide cells as usual."""
        known = self.mesh.x
        fresh = self.mesh.insert_around(where)
        self.mesh.divide(tube.width, self.deadline, known)
        return fresh

    def look_between(self) -> None:
        """Before a least error is guessed from samples: where f leaves their chords, sample it, until it does not."""
        for _ in range(REPAIRS):
            self.deadline.look()
            c = certified(self.f, self.chords(), rel=0.5, seconds=self.deadline.left())
            self.found_jump = c.jump
            if c.jump:  # no tube narrower than that is of any use, nor cells as short as floats allow
                self.mesh.deepest = max(self.mesh.deepest, AT_JUMPS * (self.mesh.b - self.mesh.a))
                break
            if c.lower <= SURPRISE * float(np.ptp(self.mesh.y)) or not self.mesh.insert_around(c.where):
                break

    # ---- the two questions ------------------------------------------------------------------------------------------

    def search(self, tube: Tube | None, pieces: int | None) -> None:
        """The fewest pieces in the tube, or the least error of so many pieces."""
        if tube is not None:
            self.for_tolerance(tube)
        else:
            assert pieces is not None
            self.least_error = True
            self.for_pieces(pieces)
            self.level()

    def least_multiple(self, tube: Tube, pieces: int) -> float:
        """The least multiple of the tube that so many pieces can keep to, as exactly as comparing it with 1 takes."""
        high, accuracy = 1.0, BALANCE
        while True:
            _, high = polish(self.mesh, tube.scaled, self.margin, pieces, high, accuracy, self.deadline)
            if abs(high - 1) > 4 * accuracy or accuracy <= ACCURACY:
                return high
            accuracy = max(accuracy / 100, ACCURACY)

    def attempt(self, tube: Tube, pieces: int) -> Upper | None:
        """What so many pieces can do, judged; None where they cannot, as `fewer` says (in multiples of the tube)."""
        while True:
            self.deadline.look()
            self.fewer = high = self.least_multiple(tube, pieces)
            if high > 1:
                return None
            found = self.judge_balanced(tube, pieces, high)
            missed = found.verdict.outside and not math.isclose(found.verdict.ratio, high, rel_tol=KNIFE)
            if not missed or self.repairs == REPAIRS:
                return found
            self.repairs += 1
            if not self.repair(found.verdict.where, tube):
                return found

    def for_tolerance(self, tube: Tube) -> None:
        """The fewest pieces in the tube, their error balanced."""
        mesh, spare = self.mesh, SPARE
        mesh.divide(tube.width, self.deadline)
        pieces = mesh.links(tube, self.margin).count
        if pieces > MOST_PIECES:
            raise too_many(tube, f"some {pieces} or more")
        mesh.sharpen(pieces, tube.width, self.deadline)
        pieces = mesh.links(tube, self.margin).count
        while True:
            found = self.attempt(tube, pieces)
            if found is None:  # polishing refined the mesh, which may know by now that many more are needed
                pieces = max(mesh.links(tube, self.margin).count, pieces + 1)
                continue
            verdict = found.verdict
            if verdict.inside or not verdict.proven:
                break
            if 1 - self.fewer >= KNIFE:
                if not (found.certificate.assumes and spare and not verdict.outside):
                    break
                spare -= 1  # the declared bound is too coarse for so few
            pieces += 1
        self.witness = self.lower.prove(tube, found.piecewise.pieces, self.deadline)
        self.close(tube)

    def close(self, tube: Tube) -> None:
        """While the two counts differ: one piece fewer is tried, and where it cannot do, proven at *its* least error.

        There the mesh is fine at the points that matter, and what forces a piece in a wider tube does in this one.
        """
        while not self.lower.refusal and self.upper is not None and self.upper.verdict.inside:
            fewer = self.upper.piecewise.pieces - 1
            if fewer < (1 if self.witness is None else self.witness.pieces):
                return
            found = self.attempt(tube, fewer)
            if found is None:
                for share in GAP_SHARES:
                    proof = self.lower.prove(tube.scaled(1 + share * (self.fewer - 1)), fewer + 1, self.deadline)
                    self.witness = better(self.witness, None if proof is None else replace(proof, tube=tube))
                    if self.witness is not None and self.witness.pieces > fewer:
                        break
                return
            if not found.verdict.inside or found.piecewise.pieces > fewer:
                return

    def for_pieces(self, pieces: int) -> None:
        """The least error of `pieces` pieces, from both sides."""
        mesh = self.mesh
        self.look_between()
        half = self.found_jump.size / 2 if self.found_jump else 0.0
        beside = half * (1 + AT_THE_JUMP) * (1 if self.side == "both" else 2)
        noise = max(float(roundoff(mesh.y).max()), 1e-300)
        floor = max(noise, beside)

        def at(scale: float) -> Tube:
            return Tube(scale, 0.0, self.side)

        high = max(float(np.ptp(mesh.y)) / (8 * pieces**2), floor)
        while True:  # a mesh that resolves the tube whose width it is to find
            guess = high
            mesh.divide(at(guess).width, self.deadline)
            if guess == floor and mesh.links(at(floor), self.margin).count <= pieces:
                break
            _, high = least_scale(lambda s: mesh.links(at(s), self.margin), pieces, guess, 0.5, 1e-2, self.deadline)
            high = max(high, floor)
            if high > guess / 2 or high == floor:
                break
        last = math.inf
        for _ in range(REPAIRS):
            if high > floor:
                _, high = polish(mesh, at, self.margin, pieces, high, ACCURACY, self.deadline)
                high = max(high, floor)
            tube = at(high * (1 + self.margin))  # as much room at the outer wall as at f
            found = self.judge(self.path(at(high), self.margin), tube, max(self.margin, 4 * ACCURACY))
            excess = found.verdict.ratio - 1
            if not found.verdict.outside or excess * high <= noise or excess >= last / 2:
                break
            last = excess
            self.repair(found.verdict.where, tube)
        self.settle()
        assert self.upper is not None
        for slack in SLACKS if high > 2 * noise else ():
            proof = self.lower.prove(at(high * (1 - slack)), pieces + 1, self.deadline)
            if proof is not None and proof.pieces > pieces:
                self.error_witness = proof
            if self.error_witness is not None or self.lower.refusal:
                break
            self.deadline.look()
        wanted = self.upper.piecewise.pieces
        self.witness = self.lower.prove(self.upper.tube, wanted, self.deadline)
        if self.witness is not None and self.witness.pieces < wanted:  # a plateau of the least error, up to roundings
            self.deadline.look()
            wider = at(high * (1 + 4 * ACCURACY))
            p = self.path(wider, self.margin)
            if p.pieces < wanted and self.judge(p, wider.scaled(1 + self.margin + ACCURACY), ACCURACY).verdict.inside:
                self.settle()
                self.witness = self.lower.prove(self.upper.tube, p.pieces, self.deadline)

    def settle(self) -> None:
        """Asked for the least error: the tube is what the certificate says, whatever the search aimed at."""
        if self.upper is not None and self.side == "both" and self.upper.certificate.proven:
            p, c = self.upper.piecewise, self.upper.certificate
            self.upper = Upper(p, Tube(c.upper), Verdict(True, False, True, 1.0, c.where, ""), c)

    def beside_a_jump(self, tube: Tube | None, pieces: int | None) -> None:
        """Where f jumps and sweeps through neighbouring floats lose their way: a path that shows how f is missed."""
        if tube is None:
            assert pieces is not None
            self.least_error = True
            p = interpolate(self.f, self.mesh.a, self.mesh.b, pieces=pieces)
            tube = Tube(max(float(np.ptp(self.mesh.y)), float(roundoff(self.mesh.y).max())), 0.0, self.side)
        else:
            self.mesh.divide(tube.width, self.deadline)
            try:
                p = self.path(tube, self.margin)
            except TooSteepError:
                p = self.chords()
        self.judge(p, tube, COARSE)
        if self.least_error:
            self.settle()
            self.level()
        with suppress(TooSteepError):
            assert self.upper is not None
            self.witness = self.lower.prove(self.upper.tube, self.upper.piecewise.pieces, self.deadline)

    def level(self) -> None:
        """Asked for the least error: a constant halfway between the extremes, should it be nearer, as at a jump."""
        assert self.upper is not None
        low, high = float(self.mesh.y.min()), float(self.mesh.y.max())
        half = (high - low) / 2
        free = self.side == "both" and not self.mesh.forced[1:-1].any() and not self.mesh.exact.any()
        if free and math.isfinite(half) and not (self.upper.verdict.inside and self.upper.tube.tol <= half):
            flat = PiecewiseAffine(np.array([self.mesh.a, self.mesh.b]), np.full(2, low + half))
            certificate = certified(self.f, flat, rel=ACCURACY, seconds=self.deadline.left(), belief=self.belief)
            if certificate.proven and not (self.upper.verdict.inside and self.upper.tube.tol <= certificate.upper):
                self.witness = None  # of one piece there is nothing to prove; `error_witness` speaks of f alone
                self.upper = Upper(
                    flat, Tube(half), Verdict(True, False, True, 1.0, certificate.where, ""), certificate
                )
                self.settle()

    # ---- the end ----------------------------------------------------------------------------------------------------

    def glance(self, p: PiecewiseAffine, tube: Tube) -> None:
        """Keep a function of so many pieces that to begin its certificate would take far more than HASTE: seen only."""
        note = f"there was no time to certify {p.pieces} pieces"
        certificate = seen_difference(self.f, p, per_cell=3, note=note + ".")
        self.upper = Upper(p, tube, Verdict(False, False, False, math.inf, certificate.where, note), certificate)

    @property
    def decided(self) -> bool:
        """Whether both sides are proven, so that more time would change nothing."""
        if self.upper is None or not self.upper.verdict.inside or (self.least_error and self.error_witness is None):
            return False
        return self.upper.piecewise.pieces <= (1 if self.witness is None else self.witness.pieces)

    def fall_back(self, tube: Tube | None, pieces: int | None) -> None:
        """Stopped early: what is missing is made up for hastily, the path on the mesh as it is and a first witness.

        Where the search was stopped because it would not end in time, that time is there to be used.
        """
        whole = self.deadline
        spare = 0.0 if whole.endless else max(whole.end - time.monotonic(), 0.0) / 2
        if self.upper is None:
            wide = max(float(np.ptp(self.mesh.y)), float(roundoff(self.mesh.y).max()))  # a constant is this close
            held = Tube(wide, 0.0, self.side) if tube is None else tube
            most = int(HASTY_PIECES * (1 + spare / HASTE))
            if pieces is None or self.side != "both" or self.mesh.forced.any():
                p = self.path(held, self.margin)
            else:
                p = interpolate(self.f, self.mesh.a, self.mesh.b, pieces=min(pieces, most))
            self.deadline = Deadline(HASTE + spare)
            if p.pieces > most:
                self.glance(p, held)
            else:
                self.judge(p, held, COARSE)
        if tube is None:
            self.settle()
        assert self.upper is not None
        if self.witness is None or self.witness.pieces < self.upper.piecewise.pieces:
            spare = 0.0 if whole.endless else max(whole.end - time.monotonic(), 0.0)
            proof = self.lower.prove(self.upper.tube, 1, Deadline(HASTE + spare))
            self.witness = better(self.witness, proof)

    def jump(self) -> Jump | None:
        """A proven jump of f, if one is found: no continuous function is nearer than half of it."""
        if self.found_jump:
            return self.found_jump
        rough = interpolate(self.f, self.mesh.a, self.mesh.b, pieces=16)  # the finer, the further a jump is hidden
        self.found_jump = certified(self.f, rough, rel=0.5, seconds=HASTE).jump
        return self.found_jump

    def outcome(self, stopped: str) -> Narrowest:
        """Whatever has been reached, with its proofs; `stopped` says what ended the search early."""
        return outcome(self, stopped)
