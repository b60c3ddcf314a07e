"""The fewest continuous pieces in a tube around a function: search in floats, prove at the end.

From above: the path that the sweep finds on the mesh is rounded to floats and certified as it stands; where the
certificate finds f outside (a spike between the samples), the mesh is refined there and the search repeated. From
below: the few points that force the links go into a witness, which is counted in rationals on enclosures of f. When
both counts agree, the number is a theorem, and nothing rests on the samples or on the rounding of the search.
"""

from __future__ import annotations

import math

import numpy as np

from uat._checks import Floats
from uat.bounds.certification import Certificate, certify
from uat.construct.enclosures import enclose
from uat.construct.inside import COARSE, Verdict, gap_for, in_constant_tube, in_relative_tube
from uat.construct.mesh import Deadline, Mesh, OutOfTime, least_scale, polish, roundoff
from uat.construct.outcome import Narrowest
from uat.construct.tube import Tube
from uat.construct.witness import Witness
from uat.piecewise import PiecewiseAffine

ACCURACY = 1e-10  # with pieces=: relative accuracy asked of the least error
BALANCE = 1e-3  # with tol=: the error comes this close to the least with the same number of pieces
MARGIN = 1e-8  # one-sided: the path keeps this share of the tolerance away from f, well above rounding and ACCURACY
REPAIRS = 40  # places at which a certificate may find that the mesh had missed something
WITNESS_ROUNDS = 10  # refinements of the points of a witness
KNIFE = 1e-9  # relative: no float search tells counts apart at a tolerance this close to a least error


class Search:
    """One call of `narrowest` on a function: the mesh, the best function so far, the best bound so far."""

    def __init__(self, mesh: Mesh, side: str, deadline: Deadline) -> None:
        self.mesh, self.side, self.deadline = mesh, side, deadline
        self.f = mesh.f
        self.margin = 0.0 if side == "both" else MARGIN
        self.best: PiecewiseAffine | None = None
        self.tube: Tube | None = None
        self.verdict: Verdict | None = None
        self.certificate: Certificate | None = None
        self.witness: Witness | None = None
        self.error_witness: Witness | None = None
        self.least = (0.0, math.inf)
        self.why: list[str] = []
        self.balls = True  # until f refuses to run on them

    # ---- from above -------------------------------------------------------------------------------------------------

    def path(self, tube: Tube) -> PiecewiseAffine:
        """The fewest-piece function in the tube, as the mesh sees it, in floats that honour the exact points."""
        knots, values = self.mesh.links(tube, self.margin).path(self.mesh.direction)
        at = np.searchsorted(self.mesh.x, knots)
        met = self.mesh.exact[np.minimum(at, len(self.mesh.x) - 1)] & np.isin(knots, self.mesh.through)
        values = np.where(met, self.mesh.y[np.minimum(at, len(self.mesh.x) - 1)], values)
        if self.mesh.direction:  # a flat piece may have come out a rounding too low
            values = self.mesh.direction * np.maximum.accumulate(self.mesh.direction * values)
        return PiecewiseAffine(knots, values)

    def judge(self, p: PiecewiseAffine, tube: Tube, room: float) -> Verdict:
        """Certify that p lies in the tube, with a relative `room` to spare."""
        rel = gap_for(room)
        if tube.rtol == 0:
            verdict, certificate = in_constant_tube(self.f, p, tube, rel, self.deadline)
            if self.side != "both":
                certificate = certify(self.f, p, rel=0.01, seconds=self.deadline.left())
        else:
            verdict = in_relative_tube(self.f, p, tube, rel, self.deadline)
            certificate = certify(self.f, p, rel=0.01, seconds=self.deadline.left())
        if self.verdict is None or verdict.inside or not self.verdict.inside:
            self.best, self.tube, self.verdict, self.certificate = p, tube, verdict, certificate
        return verdict

    def repair(self, where: float, tube: Tube) -> None:
        """f was seen outside near `where`: sample it there at every scale, then divide cells as usual."""
        reach = (self.mesh.b - self.mesh.a) * 0.5 ** np.arange(1, 48)
        self.mesh.insert(np.concatenate([[where], where - reach, where + reach]))
        self.mesh.divide(tube.width, self.deadline)

    # ---- from below -------------------------------------------------------------------------------------------------

    def prove_needed(self, tube: Tube, wanted: int) -> Witness | None:
        """The best witness in this tube, refined until it proves `wanted` pieces or stands still."""
        best: Witness | None = None
        for _ in range(WITNESS_ROUNDS):
            self.deadline.look()
            windows = self.mesh.links(tube, chain=False, widened=True)
            candidates = []
            if not self.mesh.forced.any():
                apart = self.mesh.links(tube, chain=False, jumps=True, widened=True)
                candidates.append((apart.count, "three-point", apart.triples().ravel()))
            fixed = np.flatnonzero(self.mesh.forced)
            ends = np.array([0, len(self.mesh.x) - 1])
            candidates.append((windows.count, "windows", np.unique(np.concatenate([windows.contacts, fixed, ends]))))
            for count, kind, chosen in candidates:
                if self.balls and count > (1 if best is None else best.pieces):
                    best = self._better(best, self._witness(kind, chosen, tube))
            if not self.balls or (best is not None and best.pieces >= wanted):
                break
            chain = self.mesh.links(tube, widened=True)
            if not self.mesh.refine(windows) | self.mesh.refine(chain):
                break
        return best

    def _witness(self, kind: str, chosen: Floats, tube: Tube) -> Witness | None:
        x = self.mesh.x[chosen]
        try:
            low, high = enclose(self.f, x)
        except (TypeError, ArithmeticError, ValueError) as error:
            self.balls = False
            self.why.append(f"no lower bound is proven, because {error}")
            return None
        through = self.mesh.through[np.isin(self.mesh.through, x)]
        values = self.mesh.y[np.searchsorted(self.mesh.x, through)]
        at = np.searchsorted(x, through)
        low[at], high[at] = values, values
        knots = self.mesh.breaks[np.isin(self.mesh.breaks, x)]
        return Witness.counted(kind, x, low, high, tube, tuple(knots.tolist()), tuple(through.tolist()))

    @staticmethod
    def _better(old: Witness | None, new: Witness | None) -> Witness | None:
        return new if old is None or (new is not None and new.pieces > old.pieces) else old

    # ---- the two questions ------------------------------------------------------------------------------------------

    def for_tolerance(self, tube: Tube) -> None:
        """The fewest pieces in the tube, their error balanced."""
        mesh = self.mesh
        mesh.divide(tube.width, self.deadline)
        pieces, repairs = mesh.links(tube, self.margin).count, 0
        infeasible = 0  # the largest count that was found too small
        while True:
            self.deadline.look()
            low, high = polish(mesh, tube.scaled, self.margin, pieces, 1.0, BALANCE, self.deadline)
            if abs(high - 1) < 10 * BALANCE:
                low, high = polish(mesh, tube.scaled, self.margin, pieces, high, ACCURACY, self.deadline)
            if high > 1:
                infeasible, pieces = max(infeasible, pieces), pieces + 1
                continue
            verdict = self.judge(self.path(tube.scaled(high)), tube, 1 - high)
            if verdict.outside and repairs < REPAIRS and not math.isclose(verdict.ratio, high, rel_tol=KNIFE):
                repairs += 1
                self.repair(verdict.where, tube)
                pieces = max(mesh.links(tube, self.margin).count, infeasible + 1)
                continue
            if verdict.proven and not verdict.inside and 1 - high < KNIFE:
                infeasible, pieces = max(infeasible, pieces), pieces + 1
                continue
            break
        assert self.best is not None
        self.witness = self.prove_needed(tube, self.best.pieces)
        self.least = (0.0, float(tube.tol))
        fewer = self.best.pieces - 1
        if self.witness is not None and self.witness.pieces < self.best.pieces and fewer > infeasible:
            low, high = polish(mesh, tube.scaled, self.margin, fewer, 1.0, ACCURACY, self.deadline)
            if high <= 1:
                self.judge(self.path(tube.scaled(high)), tube, 1 - high)
            else:
                self.witness = self._better(self.witness, self.prove_needed(tube, fewer + 1))

    def for_pieces(self, pieces: int) -> None:
        """The least error of `pieces` pieces, from both sides."""
        mesh = self.mesh
        spread = float(np.ptp(mesh.y))
        floor = float(roundoff(mesh.y).max())
        guess = max(spread / (8 * pieces**2), floor, 1e-300)

        def at(scale: float) -> Tube:
            return Tube(scale, 0.0, self.side)

        while True:
            mesh.divide(lambda y, g=guess: np.full_like(y, g), self.deadline)  # type: ignore[misc]  # a bound default
            low, high = least_scale(
                lambda s: mesh.links(at(s), self.margin), pieces, guess, 0.5, 1e-2, self.deadline
            )
            if high > guess / 2 or high <= floor:
                break
            guess = max(high, floor)
        for _ in range(REPAIRS):
            if high > floor:
                low, high = polish(mesh, at, self.margin, pieces, high, ACCURACY, self.deadline)
            high = max(high, floor)
            tube = at(high * (1 + 10 * MARGIN)) if self.margin else at(high)
            verdict = self.judge(self.path(at(high)), tube, 10 * MARGIN if self.margin else ACCURACY)
            if verdict.outside and verdict.ratio > 1 + 1e-6:
                self.repair(verdict.where, tube)
                continue
            break
        assert self.best is not None
        assert self.certificate is not None
        if self.side == "both" and self.certificate.proven:
            self.tube = at(self.certificate.upper)
            self.verdict = Verdict(True, False, True, 1.0, self.certificate.where, "")
        self.least = (0.0, float(self.tube.tol if self.tube is not None else high))
        if high > 2 * floor:
            for slack in (2e-10, 1e-9, 1e-8, 1e-6, 1e-3):
                found = self.prove_needed(at(high * (1 - slack)), pieces + 1)
                if found is None:
                    break
                if found.pieces > pieces:
                    self.error_witness, self.least = found, (float(found.tube.tol), self.least[1])
                    break
        assert self.tube is not None
        self.witness = self.prove_needed(self.tube, self.best.pieces)

    def fall_back(self, tube: Tube | None, pieces: int | None) -> None:
        """Stopped before there was anything to return: the path on the mesh as it is, hastily judged."""
        if self.best is not None:
            return
        self.deadline = Deadline(0.1)
        if tube is None:
            scale = max(float(np.ptp(self.mesh.y)), float(roundoff(self.mesh.y).max()))  # one constant piece lies within this
            tube = Tube(scale, 0.0, self.side)
        self.judge(self.path(tube), tube, COARSE)

    def outcome(self, stopped: str) -> Narrowest:
        """Whatever has been reached, with its proofs."""
        if self.best is None or self.tube is None or self.verdict is None or self.certificate is None:
            raise OutOfTime
        if stopped:
            self.why.append(stopped)
        needed = 1 if self.witness is None else self.witness.pieces
        if not self.verdict.inside:
            self.why.append(f"that it lies in the tube is not proven{_because(self.verdict.note)}")
        elif needed < self.best.pieces and self.balls:
            self.why.append(
                f"whether {needed} pieces could do is not decided: the tolerance is a knife edge, where one count ends "
                "and the next begins"
                if not stopped
                else f"the proven bracket is {needed} to {self.best.pieces} pieces"
            )
        return Narrowest(
            self.best, self.tube, self.certificate, self.verdict.inside, needed, self.witness, self.least,
            self.error_witness, "; ".join(dict.fromkeys(self.why)),
        )  # fmt: skip


def _because(note: str) -> str:
    return f": {note}" if note else ""
