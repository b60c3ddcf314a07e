"""What a user may give as a function: a callable, a formula, the name of a target, or "file.py:function".

Every public function that takes an f reads it here, so that what one accepts the others do, and refuses what is no
function (points, the name of a data file) with a word on where it belongs.
"""

from __future__ import annotations

import difflib
import re
from pathlib import PurePath

from uat._checks import InputError, show
from uat._sampling import Function
from uat.expression import Expression
from uat.expression.vocabulary import FUNCTIONS
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
    formula = f.expression if isinstance(f, Target) and isinstance(f.function, str) else f
    if isinstance(formula, Expression):
        return f, {"kind": "expression", "text": formula.text, "variable": formula.variable}
    if isinstance(f, Reference):
        return f, {"kind": "reference", "text": f.text}
    if not callable(f):
        data = isinstance(f, (tuple, list)) and len(f) == 2
        hint = " Points (x, y) go to `uat.narrowest`." if data else ""
        raise InputError(f"`f` must be a function of one real number or a formula, but is {show(f)}.{hint}")
    return f, {"kind": "callable", "text": str(getattr(f, "__name__", type(f).__name__))}


def is_data_file(text: str) -> bool:
    """Whether a text is the name of a file that may hold points."""
    return PurePath(text.strip()).suffix.lower() in _DATA


def _expression(text: str) -> Expression:
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
        return Expression(text)
    except InputError as error:
        word = text.strip().lower()
        near = difflib.get_close_matches(word, TARGETS, n=1) if word.replace("_", "").replace("-", "").isalnum() else []
        hint = f" The target {near[0]!r} has a similar name." if near else ""
        raise InputError(f"{error}{hint}") from None
