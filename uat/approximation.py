"""The main job: a function and a tolerance (or a width) in, a network with its error and its picture out.

    r = approximate(np.sin, (0, 2 * np.pi), tol=1e-3)

interpolates sin on a grid (step 1 of the theorem), or takes the broken line with the fewest pieces, turns it into the
network that equals it (step 2), and says how far the two are from sin: by proof, or by samples, and which of the two it
was.
"""

from __future__ import annotations

import math
import platform
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

import uat
from uat import _checks
from uat._checks import InputError
from uat._deadline import Deadline
from uat._sampling import Function, sample
from uat._warning import warn
from uat.bounds.certification import NotProvenWarning, ToleranceWarning
from uat.bounds.modulus import Declared, Modulus, declared
from uat.bounds.rounding import stored_distance, stored_excess
from uat.construct.fewest_pieces import fewest
from uat.construct.grid_search import graded_instead, within
from uat.construct.grids import Built, Grids
from uat.construct.outcome import Narrowest
from uat.construct.poles import refuse_poles
from uat.construct.questions import MOST_PIECES
from uat.construct.tube import SIDES
from uat.given import record
from uat.given import resolve as resolve
from uat.piecewise import interpolate
from uat.relu_net import FORMS, ReluNet, default_shift
from uat.result import METHODS, Approximation, Optimality
from uat.targets import Target


def approximate(
    f: Function | str,
    domain: tuple[float, float] | None = None,
    *,
    tol: float | None = None,
    width: int | None = None,
    step: float | None = None,
    method: str = "uniform",
    side: str = "both",
    rtol: float | None = None,
    breaks: float | Iterable[float] = (),
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
        "uniform": equal cells. "graded": cells that share out the curvature (statement C1), so that kinks and infinite
        slopes cost little. "narrowest": the fewest pieces that can do it at all, proven (`Approximation.optimality`);
        with `width`, the least error that so many pieces can reach.
    side : str
        "both", or "under" or "over": the pieces never cross f, proven. So does the network with its stored weights,
        unless the note of `Approximation.optimality` says by how little it may (at tolerances near the roundings of
        f). All of that holds in real arithmetic: ``net(x)`` may cross f by what it rounds, in float32 by some 1e-7 of
        the size of f (`uat.bounds.rounding`, ``certify(..., arithmetic="float32")``). For method="narrowest".
    rtol : float in (0, 1)
        Relative tolerance, instead of `tol` or beside it: within tol + rtol |f|. For method="narrowest".
    breaks : a number or several
        Abscissae where the network must have a knot. For "graded" and "narrowest".
    lipschitz : float >= 0
        A declared constant L: |f(x) - f(y)| <= L |x - y|. Like `modulus` it serves where f cannot be traced, or gives
        a better bound than balls do; the certificate's `method` and `assumes` say which of the two was used.
    modulus : callable t -> w(t)
        A declared modulus of continuity, not decreasing: |f(x) - f(y)| <= w(|x - y|).
    form : str
        "shifted-origin" (the theorem; the origin is shifted by 1, or by b - a where floats cannot bear 1) or
        "output-bias".
    seconds : float > 0
        A budget. When it is used up, and at Ctrl-C, the best so far is returned: its certificate holds the enclosure
        reached until then, and its note says so.

    Returns
    -------
    Approximation
        A formula (also the one that code written with NumPy shows) runs on balls: the certificate is then a theorem
        about it. Where f cannot be traced, and a constant or modulus is declared, the number of cells for `tol` comes
        from statement B2, and the certificate, by B3, is proven under what it `assumes`. Where neither
        is to be had the number of cells is the one at which the largest difference *seen* in samples comes within tol,
        the certificate says "estimated", and a `NotProvenWarning` says why. Where `seconds` end before a result is
        proven to keep the tolerance, what was reached comes with a `ToleranceWarning` (`misses_tolerance`).

        What is guaranteed of the number of cells for `tol`: the certificate is within tol, and every uniform grid of
        fewer cells was seen to exceed it or could not be proven to keep it (the error is not monotone in their number:
        a kink may fall on a knot). Where forty smaller grids only exceed it at places of which the search did not know,
        and for graded grids, that is said of the grid with one cell less. `Approximation.graded` names a graded grid
        where it has less than a tenth of the cells.

    Raises
    ------
    InputError
        For anything that the sentences of `uat._checks` refuse, for a declared constant that samples contradict, for a
        pole of f, and for a tolerance that takes more cells than the search may use (the sentence says how many), or
        that, at a jump of f, no continuous function keeps.

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
    relative = None if rtol is None else _checks.positive(rtol, "rtol")
    only_relative = relative is not None and width is None and step is None
    asked = "tol" if only_relative else _checks.exactly_one(tol=tol, width=width, step=step)
    tol = None if tol is None else _checks.positive(tol, "tol")
    seconds = None if seconds is None else _checks.positive(seconds, "seconds")
    knots = tuple(_checks.points(breaks, "breaks", (a, b)).tolist())
    recorded = record(function, (a, b))
    if "formula" not in source and source["kind"] != "expression" and recorded.formula is not None:
        source = {**source, "formula": str(recorded.formula)}
    _fitting(method, form, side, relative, knots, asked)
    optimality = graded = None
    if method == "narrowest":
        pieces = _pieces_of_width(width, form) if asked == "width" else None
        n = fewest(
            recorded, (a, b), tol=tol, rtol=relative, pieces=pieces, side=side, breaks=knots,
            lipschitz=lipschitz, modulus=modulus, seconds=seconds,
        )  # fmt: skip
        _within_reach(n, tol, relative)
        built = _built(n, form)
        optimality = _optimality(n, built.net)
    else:
        facts, known = declared(lipschitz, modulus), _known(function, (a, b))
        deadline = Deadline(seconds)
        sample(recorded, np.array([a, b]))  # an infinite value has a plainer sentence than a pole
        refuse_poles(recorded, (a, b))
        inner = tuple(x for x in knots if a < x < b)
        grids = Grids(recorded, a, b, facts, known, form, method, inner, deadline, tol)
        if tol is not None:
            built = within(grids, tol)
            graded = graded_instead(grids, tol, built)
        elif step is not None:
            built = grids.build(interpolate(recorded, a, b, step=step))
        else:
            built = grids.build(grids.interpolant(_pieces_of_width(width, form)))
    p, net, certificate = built
    result = Approximation(
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
                "rtol": relative,
                "width": None if width is None else int(width),
                "step": None if step is None else float(step),
                "side": side,
                "breaks": list(knots),
                "lipschitz": None if lipschitz is None else float(lipschitz),
                "modulus": None if modulus is None else str(getattr(modulus, "__name__", "a function")),
                "seconds": seconds,
            },
        },
        optimality=optimality,
        rtol=relative,
        side=side,
        graded=graded,
    )
    if result.misses_tolerance:
        asked_for = f"`tol` = {tol!r}" if optimality is None else optimality.within
        why = "" if optimality is None or not optimality.note else f". {optimality.note}"
        verb = "is not shown to keep" if certificate.proven and certificate.lower <= (tol or 0.0) else "does not keep"
        warn(f"the result {verb} {asked_for}: its error is {certificate}{why}", ToleranceWarning)
    elif not certificate.proven:
        warn(f"the error is estimated, not proven: {certificate.note}", NotProvenWarning)
    return result


def _within_reach(n: Narrowest, tol: float | None, rtol: float | None) -> None:
    """A tolerance that the whole search did not reach is refused, as on grids.

    A search that was stopped is not: it returns what it has, and `ToleranceWarning` says what that is.
    """
    if (tol is not None or rtol is not None) and n.outside and not n.stopped:
        raise InputError(
            f"the tolerance is out of reach of this search: with {n.pieces} pieces the error is still "
            f"{n.certificate.error:.3g}, where {n.tube} was asked for: {n.note}."
        )


def _fitting(method: str, form: str, side: str, rtol: float | None, breaks: tuple[float, ...], asked: str) -> None:
    """Refuse arguments that do not go together."""
    _checks.one_of(method, "method", METHODS)
    _checks.one_of(form, "form", FORMS)
    _checks.one_of(side, "side", SIDES)
    for name, given in (("side", side != "both"), ("rtol", rtol is not None)):
        if given and method != "narrowest":
            raise InputError(f'`{name}` goes with method="narrowest" only, but `method` = {method!r}.')
    if breaks and method == "uniform":
        raise InputError('`breaks` go with method="graded" or "narrowest", but `method` = \'uniform\'.')
    if asked == "width" and rtol is not None:
        raise InputError("exactly one of a tolerance (`tol`, `rtol`) and `width` must be given, but got both.")
    if asked == "step" and method != "uniform":
        raise InputError(f'`step` goes with method="uniform" only, but `method` = {method!r}.')


def _built(n: Narrowest, form: str) -> Built:
    """The network of a narrowest function; the certificate also covers what storing the weights moved."""
    p, c = n.piecewise, n.certificate
    net = ReluNet.from_piecewise(p, form=form, shift=default_shift(p))
    if c.proven:
        c = replace(c, upper=math.nextafter(c.upper + stored_distance(p, net), math.inf))
    return Built(p, net, c)


def _optimality(n: Narrowest, net: ReluNet) -> Optimality:
    notes = [n.note] if n.note else []
    beyond = stored_excess(n.piecewise, net, n.tube.side)
    if n.proven and beyond > n.room:
        notes.append(
            f"the pieces do not cross f (proven), but the network may by up to {beyond:.2g}, as its weights are stored "
            "in float64"
        )
    moved = stored_distance(n.piecewise, net)
    if moved > 0.01 * n.certificate.error:
        notes.append(
            f"storing the weights in float64 moves the network by up to {moved:.2g} from its pieces; the form "
            '"output-bias" is better conditioned'
        )
    return Optimality(
        lower_bound=n.lower_bound,
        minimal=n.minimal,
        within=str(n.tube),
        least_error=n.least_error,
        witness=None if n.witness is None else n.witness.to_dict(),
        error_witness=None if n.error_witness is None else n.error_witness.to_dict(),
        note="; ".join(notes),
    )


def _domain(f: Function, domain: tuple[float, float] | None) -> tuple[float, float]:
    if domain is None:
        if not isinstance(f, Target):
            raise InputError("`domain` must be a pair (a, b), but is None; only a target has a domain of its own.")
        return f.domain
    return _checks.interval(domain)


def _pieces_of_width(width: Any, form: str) -> int:
    least = 2 if form == "shifted-origin" else 1
    try:
        return _checks.integer(width, "width", least, MOST_PIECES) - (least - 1)
    except InputError as error:
        reason = " (one neuron more than pieces in the shifted-origin form)" if least == 2 else ""
        raise InputError(f"{str(error)[:-1]}{reason}.") from None


def _known(f: Function, domain: tuple[float, float]) -> Declared:
    """The facts that a target declares, which hold on its own domain."""
    if not isinstance(f, Target) or not (f.domain[0] <= domain[0] and domain[1] <= f.domain[1]):
        return Declared()
    bounds = tuple(sentence for sentence in f.facts if sentence.startswith("|f"))
    return Declared(f.lipschitz, None, f.second_derivative, f.holder, bounds)
