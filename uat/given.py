"""What a user may give as a function: a callable, a formula, the name of a target, or "file.py:function".

Every public function that takes an f reads it here, so that what one accepts the others do, and refuses what is no
function (points, the name of a data file) with a word on where it belongs.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

import numpy as np

from uat._checks import InputError, show
from uat._sampling import Function
from uat.formula import Formula
from uat.formula.tracing import NotTracedError, RefusedError
from uat.formula.vocabulary import FUNCTIONS
from uat.reference import Reference, is_reference
from uat.targets import TARGETS, Target, target

_DATA = (".csv", ".tsv", ".txt", ".dat", ".npy", ".npz", ".json", ".xlsx")


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
            f = target(f.strip())
        else:
            f = _expression(f)
    if isinstance(f, Target) and TARGETS.get(f.name) is f:
        return f, {"kind": "target", "text": f.name, "formula": f.formula}
    if (formula := written(f)) is not None:
        return f, {"kind": "expression", "text": str(formula), "variable": formula.variables[0]}
    if isinstance(f, Reference):
        return f, {"kind": "reference", "text": f.text}
    if not callable(f):
        data = isinstance(f, (tuple, list)) and len(f) == 2
        hint = " Points (x, y) go to `uat.narrowest`." if data else ""
        raise InputError(f"`f` must be a function of one real number or a formula, but is {show(f)}.{hint}")
    return f, {"kind": "callable", "text": str(getattr(f, "__name__", type(f).__name__))}


def written(f: Any) -> Formula | None:
    """The formula of a function that is given by one."""
    if isinstance(f, Target):
        return f.expression if isinstance(f.function, str) else None
    return f if isinstance(f, Formula) else None


@dataclass(frozen=True, eq=False, slots=True)
class Recorded:
    """What f is: the formula that everything is about, or the code of a black box and why it has none.

    ``given`` is what the user gave, ``formula`` None for a black box, ``reason`` a sentence. Called, it is the formula
    in float64, or the black box.
    """

    given: Function
    formula: Formula | None
    reason: str = ""
    takes_arrays: bool = True  # whether the code gives as many numbers as it gets

    @property
    def code(self) -> Function | None:
        """The user's code, whose floats are to be compared with the formula's; None where a formula was given."""
        return None if self.formula is not None and written(self.given) is not None else self.given

    def __call__(self, x: Any) -> Any:
        return self.given(x) if self.formula is None else self.formula(x)


def record(f: Function | str, domain: tuple[float, float]) -> Recorded:
    """f with its formula on a domain: as it was given, or as its code shows it (`Formula.trace`).

    Raises InputError where f is no function of one number, or shows a formula that it does not compute.
    """
    if isinstance(f, Recorded):
        return f
    f, _ = resolve(f)
    if (formula := written(f)) is not None:
        return Recorded(f, formula)
    try:
        recorded = Recorded(f, Formula.trace(f, domain))
    except NotTracedError as error:
        return Recorded(f, None, str(error))
    if _on_array(f, np.array(spread(domain))) is None:
        recorded = replace(recorded, takes_arrays=False)
    if (x := plain_disagreement(recorded, spread(domain))) is not None:
        raise contradiction(x)
    return recorded


_SPREAD = 65
_PLAIN = 1e-6  # of the largest value: floats of the same operations differ by roundings, which proofs look at closely


def spread(domain: tuple[float, float]) -> list[float]:
    """Points of a domain, its ends among them, none of them round."""
    a, b = domain
    return [a, *(a + (b - a) * ((k * 0.6180339887498949) % 1.0) for k in range(1, _SPREAD)), b]


def contradiction(x: float) -> RefusedError:
    return RefusedError(
        f"`f` must be a function of one number, the same whenever and however it is called, but at x = {x!r} it does "
        "not give in floats what its formula gives (random numbers, hidden state, another branch for "
        "arrays, another type of number, or digits lost)."
    )


def plain_disagreement(recorded: Recorded, points: list[float]) -> float | None:
    """A point at which the code and its formula differ by more than any rounding, or None."""
    both = floats_of_both(recorded, points)
    if recorded.takes_arrays:
        both += _of_python_floats(recorded, points)
    scale = max((abs(y) for _, y, z in both if np.isfinite(y) and np.isfinite(z)), default=0.0)
    differ = ((x, y, z) for x, y, z in both if not (y == z or (np.isnan(y) and np.isnan(z))))
    return next((x for x, y, z in differ if not abs(y - z) <= _PLAIN * scale), None)


def floats_of_both(recorded: Recorded, points: list[float]) -> list[tuple[float, float, float]]:
    """(x, the formula in floats, the code in floats) at points where the code takes floats at all."""
    assert recorded.formula is not None
    if recorded.code is None or not points:
        return []
    shown = [float(y) for y in recorded.formula(np.array(points))]
    with np.errstate(all="ignore"):
        together = _on_array(recorded.code, np.array(points)) if recorded.takes_arrays else None
        number = float if together is None else np.float64  # ~(x < 1) and (x < 1) + (x < 2) are no truths in Python
        some = range(0, len(points), 1 if together is None else -(-len(points) // _SPREAD))
        alone = [(points[k], shown[k], _value_of(recorded.code, number(points[k]))) for k in some]
    if together is None:
        return alone
    alone = [each for each in alone if not np.isnan(each[2])]  # of code that takes arrays, numbers may be refused
    return [*zip(points, shown, together, strict=True), *alone]


def _of_python_floats(recorded: Recorded, points: list[float]) -> list[tuple[float, float, float]]:
    """The same of code that takes arrays: whether it asks for a type, or for the one object True.

    Code that computes with truth values is left out: in Python ~True is -2, and True + True is 2.
    """
    assert recorded.formula is not None
    if recorded.code is None or any(node.operation.startswith("logical_") for node in recorded.formula.nodes):
        return []
    shown = [float(y) for y in recorded.formula(np.array(points))]
    with np.errstate(all="ignore"):
        alone = [_value_of(recorded.code, x) for x in points]
    return [each for each in zip(points, shown, alone, strict=True) if not np.isnan(each[2])]


def made_of(f: Function, g: Function, domain: tuple[float, float]) -> Function:
    """g, of our own making from f, as the formula that it is, where f has one.

    It is not held against the floats of its code, which may lose digits that the formula keeps.
    """
    if not isinstance(f, Recorded) or f.formula is None:
        return g
    try:
        return Formula.trace(g, domain)
    except NotTracedError:
        return g


def _on_array(f: Function, x: Any) -> list[float] | None:
    """The code on all points at once; None where it does not give as many numbers. nan where it raises."""
    try:
        with np.errstate(all="ignore"):
            values = np.asarray(f(x.copy()))
        if values.shape == x.shape and values.dtype.kind in "biuf":
            return [float(y) for y in values]
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - f may take scalars only
        pass
    return None


def _value_of(f: Function, x: float) -> float:
    try:
        value = f(x)
        return float("nan") if isinstance(value, complex) else float(np.asarray(value).reshape(()))
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - an exception is no number
        return float("nan")


def is_data_file(text: str) -> bool:
    """Whether a text is the name of a file that may hold points."""
    return PurePath(text.strip()).suffix.lower() in _DATA


def _expression(text: str) -> Formula:
    """A formula; where a text is none, it may have been meant as the name of a target, or of a file."""
    if is_data_file(text):
        raise InputError(
            f"`f` must be a function of one real number or a formula, but {show(text)} is the name of a file. Points "
            'are read by `x, y = np.loadtxt(FILE, delimiter=",", unpack=True)`, with skiprows=1 below a line of names, '
            "and go to `uat.narrowest((x, y), tol=...)`."
        )
    if text.strip().endswith(".py"):
        raise InputError(
            f"`f` must be a function or a formula, but {show(text)} is a file; a function in it is {text.strip()}:NAME."
        )
    for name in re.findall(r"[A-Za-z_]\w*", text):
        if name in TARGETS and name not in FUNCTIONS:
            raise InputError(
                f"`f` must be a formula, or the name of a target alone, but {show(text)} has {name!r} in it, "
                f"the target {TARGETS[name].formula}."
            )
    try:
        return Formula(text)
    except InputError as error:
        word = text.strip().lower()
        near = difflib.get_close_matches(word, TARGETS, n=1) if word.replace("_", "").replace("-", "").isalnum() else []
        hint = f" The target {near[0]!r} has a similar name." if near else ""
        raise InputError(f"{error}{hint}") from None
