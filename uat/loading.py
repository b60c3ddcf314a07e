"""From a saved file back to the approximation: nothing half true is loaded, and nothing is imported or run."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from uat import _checks
from uat._checks import InputError
from uat._sampling import Function
from uat.bounds.certification import Certificate
from uat.bounds.rounding import conversion_bound
from uat.formula import Formula
from uat.piecewise import PiecewiseAffine
from uat.relu_net import FORMS, ReluNet
from uat.result import METHODS, Approximation, Optimality
from uat.targets import target


def load(path: str | os.PathLike[str]) -> Approximation:
    """The approximation that `save` wrote, bit for bit.

    The function comes back as the target, or as the formula, that the file names; a Python function comes back as the
    formula that its code showed, and a black box not at all (`function` is None): loading never imports or runs code.

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
            certificate=_certificate(data["certificate"], p),
            function=_restored(source),
            source=source,
            tol=None if options["tol"] is None else _checks.positive(options["tol"], "tol"),
            method=_checks.one_of(options["method"], "method", METHODS),
            form=form,
            seconds=_checks.nonnegative(options["seconds_taken"], "seconds_taken"),
            rtol=_rtol(options["rtol"]),
            side=_checks.one_of(options["side"], "side", ("both", "under", "over")),
            provenance=data["provenance"],
            optimality=Optimality.from_dict(data["optimality"]),
        )
    except InputError as error:
        raise InputError(f"{str(path)!r} contradicts itself: {error}") from None


def _certificate(data: dict[str, Any], p: PiecewiseAffine) -> Certificate:
    """The certificate of a file, about p."""
    c = Certificate.from_dict(data)
    a, b = p.domain
    if not a <= c.where <= b:
        raise InputError(f"`where` of a certificate must lie in [{a!r}, {b!r}], but is {c.where!r}.")
    for name, least in (("boxes", 0), ("bits", 1)):
        _checks.integer(data[name], name, least)
    return c


def _rtol(value: Any) -> float | None:
    rtol = None if value is None else _checks.positive(value, "rtol")
    if rtol is not None and not rtol < 1:
        raise InputError(f"`rtol` must be < 1, but is {rtol!r}.")
    return rtol


def _restored(source: dict[str, str]) -> Function | None:
    if source["kind"] == "expression":
        return Formula(source["text"], source.get("variable", "x"))
    if source["kind"] == "target":
        return target(source["text"])
    return Formula(source["formula"]) if "formula" in source else None
