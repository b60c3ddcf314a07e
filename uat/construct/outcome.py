"""What a search for the fewest pieces returns: the function, its proof from above, and the proof from below."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from uat import _checks
from uat.bounds.certification import Certificate
from uat.construct.tube import Tube
from uat.construct.witness import Witness
from uat.given import resolve
from uat.piecewise import PiecewiseAffine
from uat.relu_net import ReluNet


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Narrowest:
    """A continuous piecewise-affine function in a tube around f, and the proof that few fewer pieces can do it.

    Parameters
    ----------
    piecewise : PiecewiseAffine
        The function. Its knots and values are the float64 numbers that were certified.
    tube : Tube
        The tube in which it lies. With ``pieces=`` its tolerance is the least error that was reached.
    certificate : Certificate
        Encloses sup|f - piecewise| (with data: the largest difference at the points).
    proven : bool
        Whether "inside the tube" is a theorem.
    lower_bound : int
        At least so many pieces are needed in that tube; a theorem when `witness` is there, else 1.
    witness : Witness or None
        The proof of `lower_bound`; None where 1 piece is needed trivially, or where f has no formula.
    least_error : (float, float)
        With ``pieces=``: a bracket of the least tolerance that this number of pieces can reach. Its lower end is proven
        by `error_witness` (0 without one), its upper end by `tube` (infinite where that is not proven).
    error_witness : Witness or None
        The proof that at tolerance ``least_error[0]`` one piece more is needed.
    room : float
        So far, in the unit of f, it stays away from both walls of its tube; a theorem, and 0 where nothing is known.
        What moves the function by less, such as storing the weights of its network, keeps it inside.
    outside : bool
        Whether it was seen to leave its tube: then it is the best that was found, not what was asked for.
    stopped : bool
        Whether `seconds`, or Ctrl-C, ended the search early.
    nearest : float
        No continuous function is closer to f: half of a proven jump; 0 where none is known.
    note : str
        A sentence on what was not decided, and why; empty when all is well.
    """

    piecewise: PiecewiseAffine
    tube: Tube
    certificate: Certificate
    proven: bool
    lower_bound: int
    witness: Witness | None = None
    least_error: tuple[float, float] = (0.0, float("inf"))
    error_witness: Witness | None = None
    note: str = ""
    room: float = 0.0
    outside: bool = False
    stopped: bool = False
    nearest: float = 0.0

    @property
    def pieces(self) -> int:
        """The number of affine pieces."""
        return self.piecewise.pieces

    @property
    def net(self) -> ReluNet:
        """The network that equals `piecewise`: as many neurons as pieces, and an output bias (statement A5)."""
        return ReluNet.from_piecewise(self.piecewise, form="output-bias")

    @property
    def minimal(self) -> bool:
        """Whether it is a theorem that the function is in its tube and that fewer pieces cannot be."""
        return self.proven and self.lower_bound == self.pieces

    @property
    def neurons(self) -> tuple[int, int]:
        """A bracket of the fewest ReLU neurons (with an output bias): pieces bracket neurons, N - 1 <= M <= N (A5)."""
        return max(self.lower_bound - 1, 0), self.pieces

    def __repr__(self) -> str:
        pieces = _checks.count(self.pieces, "piece")
        return f"Narrowest({pieces}, {self.tube}, at least {self.lower_bound}, proven={self.proven})"

    def __str__(self) -> str:
        word = "proven" if self.proven else "not proven"
        pieces = _checks.count(self.pieces, "piece")
        needed = f"at least {self.lower_bound} {'is' if self.lower_bound == 1 else 'are'} needed"
        text = f"{pieces} in {self.tube} ({word}); {needed}"
        if self.outside:
            text = f"{pieces} outside {self.tube}; {needed} in it"
        if self.minimal:
            text = f"{pieces} in {self.tube}; fewer cannot do (both proven)"
        if self.proven:
            low, high = self.neurons
            text += f". Fewest neurons: between {low} and {high}"
        return f"{text}. {self.note[:1].upper()}{self.note[1:].rstrip('.')}".rstrip(". ") + "."

    def plot(self, path: str | os.PathLike[str] | None = None, f: Any = None) -> Any:
        """The picture: the network, and where f is given (a function, a text, or points (x, y)) the difference below.

        Parameters
        ----------
        path : file name, optional
            Written when given (PNG, SVG or PDF by its suffix).
        f : what was asked about, which is not kept here

        Returns
        -------
        matplotlib.figure.Figure
        """
        from uat.draw.networks import approximation_figure
        from uat.draw.style import save

        title = "narrowest"
        if isinstance(f, (tuple, list)) and len(f) == 2:
            x = _checks.vector(f[0], "x")
            order = np.argsort(x, kind="stable")
            f, title = (x[order], _checks.vector(f[1], "y", length=x.size)[order]), "data"
        elif f is not None:
            f, source = resolve(f)
            title = source["text"]
        c, tube = self.certificate, self.tube
        figure = approximation_figure(
            self.piecewise, self.net, f, error=c.error, proven=c.proven,
            tol=float(tube.tol) or None, rtol=float(tube.rtol) or None, side=tube.side, title=title,
        )  # fmt: skip
        if path is not None:
            save(figure, path)
        return figure

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "knots": self.piecewise.knots.tolist(),
            "values": self.piecewise.values.tolist(),
            "tol": float(self.tube.tol),
            "rtol": float(self.tube.rtol),
            "side": self.tube.side,
            "certificate": self.certificate.to_dict(),
            "proven": self.proven,
            "lower_bound": self.lower_bound,
            "minimal": self.minimal,
            "witness": None if self.witness is None else self.witness.to_dict(),
            "least_error": list(self.least_error),
            "error_witness": None if self.error_witness is None else self.error_witness.to_dict(),
            "note": self.note,
            "room": self.room,
            "outside": self.outside,
            "stopped": self.stopped,
            "nearest": self.nearest,
        }
