"""The main job: a function and a tolerance (or a width) in, a network with its error and its picture out.

    r = approximate(np.sin, (0, 2 * np.pi), tol=1e-3)

interpolates sin on a uniform grid (step 1 of the theorem), turns the interpolant into the network that equals it
(step 2), and says how far the two are from sin: by proof where something is known about the function, by samples where
not, and which of the two it was.
"""

from __future__ import annotations

import difflib
import math
import os
import platform
import time
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

import uat
from uat import _checks
from uat._checks import InputError, show
from uat._sampling import Function
from uat.bounds.certification import Certificate, NotProvenWarning
from uat.bounds.modulus import Declared, Modulus, declared
from uat.bounds.rounding import conversion_bound
from uat.construct.uniform import Uniform
from uat.expression import Expression
from uat.piecewise import PiecewiseAffine, interpolate
from uat.reference import Reference, is_reference
from uat.relu_net import FORMS, ReluNet
from uat.targets import TARGETS, Target, target

METHODS = ("uniform",)


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Approximation:
    """A constructed network, the piecewise-affine function that it equals, and what is known of its error.

    Attributes
    ----------
    net : ReluNet
    piecewise : PiecewiseAffine
    certificate : Certificate of sup|f - piecewise| on the domain; a proven upper end also holds for the net with its
        stored weights, in exact arithmetic (for what evaluation in floats adds: `uat.certify(f, net, arithmetic=...)`)
    function : the function itself, or None when it was loaded from a file that only names it
    source : {"kind": "expression" | "target" | "reference" | "callable", "text": ...}, what the function was given as
    tol, method, form : how it was asked for
    seconds : float, what the construction took
    provenance : versions and options
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

    def __call__(self, x: ArrayLike) -> Any:
        """The network at x, shape of x."""
        return self.net(x)

    def rows(self) -> list[tuple[str, str]]:
        """What is worth knowing, as (name, text) pairs: the table that `print` and the command line show."""
        a, b = self.domain
        c = self.certificate
        rows = [
            ("function", self.source["text"]),
            ("domain", f"[{a!r}, {b!r}]"),
            ("method", f"{self.method}, {self.form}"),
            ("pieces", str(self.pieces)),
            ("neurons", str(self.width)),
            (f"error ({c.status})", f"{c.error:.6g}" + (f"  (at least {c.lower:.6g})" if c.proven else "")),
            ("largest near x", f"{c.where:.10g}"),
        ]
        if self.tol is not None:
            rows.insert(3, ("tolerance", f"{self.tol:.6g}"))
        rows += [("assumes", sentence) for sentence in c.assumes]
        rows += [("note", c.note)] if c.note else []
        return [*rows, ("seconds", f"{self.seconds:.3g}")]

    def __str__(self) -> str:
        rows = self.rows()
        wide = max(len(name) for name, _ in rows)
        return "\n".join(f"{name:<{wide}}  {text}" for name, text in rows)

    def __repr__(self) -> str:
        return (
            f"<Approximation of {self.source['text']}: {self.pieces} pieces, {self.width} neurons, "
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
            "options": {"tol": self.tol, "method": self.method, "form": self.form, "seconds": self.seconds},
            "provenance": self.provenance,
        }


def load(path: str | os.PathLike[str]) -> Approximation:
    """The approximation that `save` wrote, bit for bit.

    The function comes back when the file names a formula or a target; a Python function does not (`function` is None):
    loading a file never imports or runs anything.

    Raises
    ------
    InputError
        When the file is missing, truncated, edited, of another program or of a later version: the sentence says which.
    """
    from uat.exchange.json_file import read

    data = read(path)
    piecewise, network, options = data["piecewise"], data["network"], data["options"]
    source = {name: str(text) for name, text in data["function"].items() if name != "domain"}
    try:
        p = PiecewiseAffine(piecewise["breakpoints"], piecewise["values"])
        net = ReluNet(network["weights"], network["biases"], network["coefficients"], network["output_bias"])
        form = _checks.one_of(options["form"], "form", FORMS)
        of_form = net.width == p.pieces + (form == "shifted-origin")
        if not of_form or (np.abs(net(p.knots) - p.values) > conversion_bound(p, net)).any():
            raise InputError("its network is not the piecewise-affine function beside it.")
        _checks.one_of(source["kind"], "kind", ("target", "expression", "reference", "callable"))
        return Approximation(
            net=net,
            piecewise=p,
            certificate=Certificate.from_dict(data["certificate"]),
            function=_restored(source),
            source=source,
            tol=None if options["tol"] is None else _checks.positive(options["tol"], "tol"),
            method=_checks.one_of(options["method"], "method", METHODS),
            form=form,
            seconds=_checks.nonnegative(options["seconds"], "seconds"),
            provenance=data["provenance"],
        )
    except InputError as error:
        raise InputError(f"{show(str(path))} contradicts itself: {error}") from None


def approximate(
    f: Function | str,
    domain: tuple[float, float] | None = None,
    *,
    tol: float | None = None,
    width: int | None = None,
    step: float | None = None,
    method: str = "uniform",
    lipschitz: float | None = None,
    modulus: Modulus | None = None,
    form: str = "shifted-origin",
    seconds: float | None = None,
) -> Approximation:
    """The network that the theorem builds for f, within a tolerance or of a width.

    Parameters
    ----------
    f : callable, formula, or target
        A function of one real number, vectorised or not; or a text such as "sin(x)/x", the name of a target, or
        "file.py:function".
    domain : (a, b)
        The interval; may be left out for a target, which has one.
    tol : float > 0
        The network is to be within tol of f everywhere on the domain, in the unit of f; or
    width : int
        Number of neurons: pieces + 1 in the shifted-origin form, pieces in the output-bias form; or
    step : float > 0
        The cell length of the notes' g_eta, the last cell shorter. Exactly one of the three.
    method : str
        "uniform": equal cells.
    lipschitz : float >= 0
        A declared constant L: |f(x) - f(y)| <= L |x - y|.
    modulus : callable t -> w(t)
        A declared modulus of continuity, not decreasing: |f(x) - f(y)| <= w(|x - y|).
    form : str
        "shifted-origin" (the theorem; the origin is shifted by 1, or by b - a where floats cannot bear 1) or
        "output-bias".
    seconds : float > 0
        A budget for the proof. When it is used up, and at Ctrl-C, the certificate holds the enclosure reached so far
        and its note says so.

    Returns
    -------
    Approximation
        A function written with NumPy (a formula, a target) is run on balls: the certificate is then a theorem about
        the function itself. With a declared constant or modulus the number of cells for `tol` comes from statement
        B2, and the certificate, by B3, is proven under what it `assumes`. Where neither is to be had the number of
        cells is the one at which the largest difference *seen* in samples comes within tol, the certificate says
        "estimated", and a `NotProvenWarning` says why.

        What is guaranteed of the number of cells for `tol`: the certificate is within tol, and the grid with one cell
        less was seen to exceed it or could not be proven to keep it. The error is not monotone in the count, so a much
        smaller grid may happen to do as well.

    Raises
    ------
    InputError
        For anything that the sentences of `uat._checks` refuse, for a declared constant that samples contradict, and
        for a tolerance that no feasible width reaches.

    Source: lecture notes, section III (the theorem); statements A2, A4, A5, B1 to B3 of docs/theory.md.

    Examples
    --------
    >>> r = approximate("sin(x)", (0, 6.25), tol=1e-3)
    >>> r.pieces, r.width, r.certificate.proven
    (70, 71, True)
    >>> r.net(1.0) == r.piecewise(1.0) or abs(r.net(1.0) - r.piecewise(1.0)) < 1e-14
    True
    """
    start = time.perf_counter()
    function, source = resolve(f)
    a, b = _domain(function, domain)
    asked = _checks.exactly_one(tol=tol, width=width, step=step)
    _checks.one_of(method, "method", METHODS)
    _checks.one_of(form, "form", FORMS)
    deadline = math.inf if seconds is None else start + _checks.positive(seconds, "seconds")
    grid = Uniform(function, a, b, declared(lipschitz, modulus), _known(function, (a, b)), form, deadline)
    if asked == "tol":
        tol = _checks.positive(tol, "tol")
        p, net, certificate = grid.within(tol)
    else:
        pieces = _pieces_of_width(width, form) if asked == "width" else None
        p, net, certificate = grid.build(interpolate(function, a, b, pieces=pieces, step=step))
    if not certificate.proven:
        warnings.warn(f"the error is estimated, not proven: {certificate.note}", NotProvenWarning, stacklevel=2)
    return Approximation(
        net=net,
        piecewise=p,
        certificate=certificate,
        function=function,
        source=source,
        tol=tol,
        method=method,
        form=form,
        seconds=time.perf_counter() - start,
        provenance={
            "uat": uat.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
            "arguments": {
                "tol": tol,
                "width": None if width is None else int(width),
                "step": step,
                "lipschitz": lipschitz,
                "modulus": None if modulus is None else str(getattr(modulus, "__name__", "a function")),
            },
        },
    )


def resolve(f: Function | str) -> tuple[Function, dict[str, str]]:
    """A function from what a user may give, and how to name it in a file.

    Returns
    -------
    (callable, {"kind": ..., "text": ...}) with kind "target", "expression", "reference" or "callable"; a target also
    carries its formula.
    """
    if isinstance(f, str):
        if is_reference(f):
            f = Reference(f)
        elif f.strip().lower() in TARGETS:
            f = target(f)
        else:
            f = _expression(f)
    if isinstance(f, Target) and TARGETS.get(f.name) is f:
        return f, {"kind": "target", "text": f.name, "formula": f.formula}
    formula = f.expression if isinstance(f, Target) and isinstance(f.function, str) else f
    if isinstance(formula, Expression):
        return f, {"kind": "expression", "text": formula.text, "variable": formula.variable}
    if isinstance(f, Reference):
        return f, {"kind": "reference", "text": f.text}
    if not callable(f):
        raise InputError(f"`f` must be a function of one real number or a formula, but is {show(f)}.")
    return f, {"kind": "callable", "text": str(getattr(f, "__name__", type(f).__name__))}


def _expression(text: str) -> Expression:
    """A formula; where a text is none, it may have been meant as the name of a target."""
    try:
        return Expression(text)
    except InputError as error:
        near = difflib.get_close_matches(text.strip().lower(), TARGETS, n=1)
        hint = f" The target {near[0]!r} has a similar name." if near else ""
        raise InputError(f"{error}{hint}") from None


def _restored(source: dict[str, str]) -> Function | None:
    if source["kind"] == "expression":
        return Expression(source["text"], source.get("variable", "x"))
    return target(source["text"]) if source["kind"] == "target" else None


def _domain(f: Function, domain: tuple[float, float] | None) -> tuple[float, float]:
    if domain is None:
        if not isinstance(f, Target):
            raise InputError("`domain` must be a pair (a, b), but is None; only a target has a domain of its own.")
        return f.domain
    return _checks.interval(domain)


def _pieces_of_width(width: Any, form: str) -> int:
    least = 2 if form == "shifted-origin" else 1
    try:
        return _checks.integer(width, "width", least) - (least - 1)
    except InputError as error:
        reason = " (one neuron more than pieces in the shifted-origin form)" if least == 2 else ""
        raise InputError(f"{str(error)[:-1]}{reason}.") from None


def _known(f: Function, domain: tuple[float, float]) -> Declared:
    """The facts that a target declares, which hold on its own domain."""
    if not isinstance(f, Target) or not (f.domain[0] <= domain[0] and domain[1] <= f.domain[1]):
        return Declared()
    bounds = tuple(sentence for sentence in f.facts if sentence.startswith("|f"))
    return Declared(f.lipschitz, None, f.second_derivative, f.holder, bounds)
