"""What the main job returns: the network, the broken line that it equals, what is known of its error, and its file."""

from __future__ import annotations

import math
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from uat import _checks
from uat._checks import InputError
from uat._sampling import Function
from uat.bounds.certification import Certificate
from uat.piecewise import PiecewiseAffine
from uat.relu_net import ReluNet

if TYPE_CHECKING:
    from uat.formula import Formula

METHODS = ("uniform", "graded", "narrowest")


@dataclass(frozen=True, slots=True)
class Optimality:
    """How close the number of pieces is to the fewest possible (method="narrowest" only).

    Parameters
    ----------
    lower_bound : int
        So many continuous affine pieces are needed to stay within `within`; a theorem, whose proof is `witness`.
    minimal : bool
        Whether the network's piecewise function is proven to lie there with exactly that many. It is about pieces: the
        fewest *neurons* lie between lower_bound - 1 and pieces (with an output bias; statement A5).
    within : str
        The tube in words, such as "f ± 0.01".
    least_error : (float, float)
        A proven bracket of the least error that so many pieces can reach, where that was the question; else (0, inf).
    witness, error_witness : dict or None
        The points of f on which the two lower ends stand (docs/narrowest.md); plain data.
    note : str
        What was not decided, and why.
    """

    lower_bound: int
    minimal: bool
    within: str
    least_error: tuple[float, float]
    witness: dict[str, Any] | None
    error_witness: dict[str, Any] | None
    note: str

    @classmethod
    def from_dict(cls, data: Any) -> Optimality | None:
        """The inverse of `dataclasses.asdict`; None for None."""
        if data is None:
            return None
        try:
            low, high = data["least_error"]
            bracket = (float(low), float("inf") if high is None else float(high))
            _checks.flag(data["minimal"], "minimal")
            if not all(isinstance(data[name], str) for name in ("within", "note")) or not all(
                isinstance(data[name], dict | None) for name in ("witness", "error_witness")
            ):
                raise TypeError
            return cls(
                **{**data, "least_error": bracket, "lower_bound": _checks.integer(data["lower_bound"], "pieces")}
            )
        except (TypeError, KeyError, ValueError, OverflowError):
            raise InputError("its `optimality` is not one that `save` writes.") from None


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Approximation:
    """A constructed network, the piecewise-affine function that it equals, and what is known of its error.

    Attributes
    ----------
    net : ReluNet
    piecewise : PiecewiseAffine
    certificate : Certificate of sup|f - piecewise| on the domain; a proven upper end also holds for the net with its
        stored weights, in exact arithmetic (for what evaluation in floats adds: `uat.certify(f, net, arithmetic=...)`)
        Beyond the domain nothing is said: `piecewise` is nan there, or with ``extrapolate=True`` its end pieces go on;
        `net` goes on to the right with the last of them, and to the left to 0 (shifted-origin) or at its value in a.
    function : the function itself; of a loaded file its formula or target, None where there is none (a black box)
    source : {"kind": "expression" | "target" | "reference" | "callable", "text": ...}, what the function was given as
    tol, method, form : how it was asked for
    rtol : float or None, the relative tolerance that was asked for, beside `tol` or alone
    side : where the pieces were to lie: "both", "under" or "over" (never across f)
    seconds : float, what the construction took
    provenance : versions and options
    optimality : what is proven of the fewest possible pieces, for method="narrowest"
    graded : int or None, the cells of a graded grid that keeps `tol` too, where this uniform one has over ten times as
        many; not saved
    """

    net: ReluNet
    piecewise: PiecewiseAffine
    certificate: Certificate
    function: Function | None
    source: dict[str, str]
    tol: float | None
    method: str
    form: str
    seconds: float
    provenance: dict[str, Any] = field(default_factory=dict)
    optimality: Optimality | None = None
    graded: int | None = None
    rtol: float | None = None
    side: str = "both"

    @property
    def formula(self) -> Formula | None:
        """What f is, as it was typed or as its code showed it; None of a black box."""
        from uat.formula import Formula

        text = self.source.get("formula", self.source["text"] if self.source["kind"] == "expression" else None)
        return None if text is None else Formula(text, self.source.get("variable", "x"))

    @property
    def pieces(self) -> int:
        """The number of affine pieces."""
        return self.piecewise.pieces

    @property
    def width(self) -> int:
        """The number of neurons: pieces + 1 in the shifted-origin form, pieces in the output-bias form."""
        return self.net.width

    @property
    def domain(self) -> tuple[float, float]:
        """The interval [a, b]."""
        return self.piecewise.domain

    @property
    def misses_tolerance(self) -> bool:
        """Whether a tolerance was asked for and the result is not proven to keep it, or was seen not to.

        A result that no proof can be had of, but that keeps the tolerance wherever it was looked at, does not miss it:
        its certificate says "estimated".
        """
        rtol, o, c = self.rtol, self.optimality, self.certificate
        if self.tol is None and rtol is None:
            return False
        if rtol is None and self.tol is not None and c.error > self.tol:
            return True
        return c.proven and o is not None and not math.isfinite(o.least_error[1])  # the tube is that of the pieces

    def __call__(self, x: ArrayLike) -> Any:
        """The network at x, shape of x."""
        return self.net(x)

    def rows(self) -> list[tuple[str, str]]:
        """What is worth knowing, as (name, text) pairs: the table that `print` and the command line show."""
        a, b = self.domain
        c = self.certificate
        rows = [
            ("function", self.source["text"]),
            (
                "domain",
                f"[{a!r}, {b!r}]  (no claim beyond it: there piecewise is nan, net goes on with its end pieces)",
            ),
            ("method", f"{self.method}, {self.form}"),
            ("pieces", str(self.pieces)),
            ("neurons", str(self.width)),
            (f"error ({c.status})", f"{c.error:.6g}" + (f"  (at least {c.lower:.6g})" if c.proven else "")),
            ("largest near x", f"{c.where:.10g}"),
        ]
        if self.optimality is not None:
            rows[5:5] = self._optimality_rows(self.optimality)
        if self.tol is not None or self.rtol is not None:
            rows.insert(3, ("tolerance", self._tolerance()))
        if self.graded is not None:
            rows.append(
                ("other grids", f'graded {_checks.count(self.graded, "piece")} (method "graded"): less than a tenth')
            )
        if c.grounds:
            rows.append(("grounds", c.method))
        rows += [("assumes", sentence) for sentence in c.assumes]
        rows += [("note", c.note)] if c.note else []
        return [*rows, ("seconds", f"{self.seconds:.3g}")]

    def _tolerance(self) -> str:
        """What was asked for, and whether it is kept where a glance at the error does not say so."""
        plain = (self.rtol is None and self.side == "both") or self.optimality is None
        text = f"{self.tol:.6g}" if plain else self.optimality.within if self.optimality else ""
        if self.misses_tolerance:
            return f"{text}: not kept, or not proven to be"
        if plain or not self.certificate.proven:
            return text
        return f"{text}: kept (proven)" + ("; the error below is absolute" if self.rtol is not None else "")

    def _optimality_rows(self, o: Optimality) -> list[tuple[str, str]]:
        needed = f"at least {o.lower_bound} to stay in {o.within} (proven)"
        if o.minimal:
            needed = f"{o.lower_bound}: fewer pieces cannot stay in {o.within} (proven)"
        elif o.witness is None and o.lower_bound < self.pieces:
            needed = "no lower bound is proven"
        rows = [("fewest pieces", needed)]
        if o.least_error[0] > 0:
            low, high = o.least_error
            pieces = _checks.count(self.pieces, "piece")
            rows.append(("least error", f"with {pieces} between {low:.10g} and {high:.10g} (proven)"))
        bias = "with an output bias" + (' (form "output-bias")' if self.form == "shifted-origin" else "")
        fewest = f"between {max(o.lower_bound - 1, 0)} and {self.pieces}, {bias}"
        if not math.isfinite(o.least_error[1]):  # that these pieces do is not proven
            fewest = f"at least {max(o.lower_bound - 1, 0)}, {bias}"
        return [*rows, ("fewest neurons", fewest), *([("open", o.note)] if o.note else [])]

    def __str__(self) -> str:
        rows = self.rows()
        wide = max(len(name) for name, _ in rows)
        return "\n".join(f"{name:<{wide}}  {text}" for name, text in rows)

    def __repr__(self) -> str:
        return (
            f"<Approximation of {self.source['text']}: {_checks.count(self.pieces, 'piece')}, "
            f"{_checks.count(self.width, 'neuron')}, "
            f"error {self.certificate.error:.3g} ({self.certificate.status})>"
        )

    def plot(self, path: str | os.PathLike[str] | None = None) -> Any:
        """The picture: function and network above, their difference with the tolerance band below.

        Parameters
        ----------
        path : file name, optional
            Written when given (PNG, SVG or PDF by its suffix).

        Returns
        -------
        matplotlib.figure.Figure
        """
        from uat.draw.networks import approximation_figure
        from uat.draw.style import save

        c = self.certificate
        figure = approximation_figure(
            self.piecewise,
            self.net,
            self.function,
            error=c.error,
            proven=c.proven,
            tol=self.tol,
            rtol=self.rtol,
            side=self.side,
            title=self.source["text"],
        )
        if path is not None:
            save(figure, path)
        return figure

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the network, its pieces, its certificate and its provenance as JSON (see `uat.load`).

        Floats are written so that they come back bit for bit. The file appears whole or not at all.
        """
        from uat.exchange.json_file import write

        write(path, self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Plain data: what `save` writes."""
        from uat.exchange.json_file import pieces_section

        p, net = self.piecewise, self.net
        return {
            "function": {**self.source, "domain": list(self.domain)},
            "piecewise": pieces_section(p),
            "network": {
                "weights": net.weights.tolist(),
                "biases": net.biases.tolist(),
                "coefficients": net.coefficients.tolist(),
                "output_bias": net.output_bias,
            },
            "certificate": self.certificate.to_dict(),
            "options": {
                "tol": self.tol,
                "rtol": self.rtol,
                "side": self.side,
                "method": self.method,
                "form": self.form,
                "seconds_taken": self.seconds,
            },
            "optimality": None if self.optimality is None else _finite(asdict(self.optimality)),
            "provenance": self.provenance,
        }


def _finite(data: dict[str, Any]) -> dict[str, Any]:
    """An infinite upper end as None: JSON has no infinity."""
    low, high = data["least_error"]
    return {**data, "least_error": [low, high if np.isfinite(high) else None]}
