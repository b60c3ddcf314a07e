"""The lower side: from the links of the search to a witness that so many pieces are needed.

The sweep through the windows of a slightly widened tube names the samples that force its links. Only those go into the
witness; f is enclosed at them and the count repeated in rationals. Where the proven count falls short of the one that
is wanted, the mesh is refined at those samples and the sweep repeated.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from uat._deadline import Deadline
from uat.construct.enclosures import enclose
from uat.construct.mesh import Mesh
from uat.construct.tube import Tube
from uat.construct.witness import Witness

ROUNDS = 10  # of refinement, each superlinear; a knife edge uses them up
BATCH = 96  # samples that are enclosed between two looks at the clock; whole triples


class LowerSide:
    """Finds witnesses on a mesh; `refusal` says why f gives none."""

    def __init__(self, mesh: Mesh) -> None:
        self.mesh = mesh
        self.refusal = ""

    def prove(self, tube: Tube, wanted: int, deadline: Deadline) -> Witness | None:
        """The best witness in this tube, refined until it proves `wanted` pieces, stands still or time is up."""
        best: Witness | None = None
        for _ in range(ROUNDS):
            windows = self.mesh.links(tube, chain=False, widened=True)
            fixed = [*np.flatnonzero(self.mesh.forced), 0, len(self.mesh.x) - 1]
            candidates = [(windows.count, "windows", np.union1d(windows.contacts, fixed))]
            if not self.mesh.forced.any():  # the simpler kind first, where it proves as much
                apart = self.mesh.links(tube, chain=False, jumps=True, widened=True)
                candidates.insert(0, (apart.count, "three-point", apart.triples().ravel()))
            for count, kind, samples in candidates:
                if count > (1 if best is None else best.pieces) and not self.refusal:
                    best = better(best, self._witness(kind, samples, tube, deadline))
            if self.refusal or (best is not None and best.pieces >= wanted) or deadline.passed():
                break
            chain = self.mesh.links(tube, widened=True)
            if not self.mesh.refine(windows) | self.mesh.refine(chain):
                break
        return best

    def _witness(self, kind: str, samples: NDArray[Any], tube: Tube, deadline: Deadline) -> Witness | None:
        """The witness on these samples; None, and the reason in `refusal`, where f has no formula.

        Enclosing f may take half of the time that is left, the count then takes less than the other half. Whoever
        keeps to all of the tube keeps to its beginning: the first samples alone prove what they count.
        """
        mesh, pause = self.mesh, deadline.half()
        lows, highs = [], []
        for start in range(0, len(samples), BATCH):
            try:
                low, high = enclose(mesh.f, mesh.x[samples[start : start + BATCH]])
            except (TypeError, ArithmeticError, ValueError) as error:
                self.refusal = str(error)
                return None
            lows.append(low)
            highs.append(high)
            if pause.passed():
                break
        low, high = np.concatenate(lows), np.concatenate(highs)
        samples = samples[: len(low)]
        x = mesh.x[samples]
        met = mesh.exact[samples]
        low[met] = high[met] = mesh.y[samples][met]
        knots = x[mesh.forced[samples] & ~met]
        return Witness.counted(kind, x, low, high, tube, tuple(knots.tolist()), tuple(x[met].tolist()))


def better(old: Witness | None, new: Witness | None) -> Witness | None:
    """The witness that proves more."""
    return new if old is None or (new is not None and new.pieces > old.pieces) else old
