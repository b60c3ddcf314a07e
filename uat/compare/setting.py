"""What one stack of runs is: a function, a method, a width, a budget, and the seeds that are trained together.

A setting's key is made of everything that its rows depend on but the seed and the versions. A formula, a target or
"file.py:function" is known by its text; any other function by its name and its values on a grid, so that a function
that was edited is not taken for the one whose rows are in the store.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from uat import _checks
from uat._checks import InputError, show
from uat._sampling import Function, sample
from uat.approximation import resolve
from uat.targets import Target

HOW_TO_PASS = 'pass it as a formula such as "sin(x)", a target\'s name, or "file.py:function"'
_FINGERPRINT = 257  # values that tell one function from another


@dataclass(frozen=True, eq=False, slots=True)
class Problem:
    """A function on an interval, under the name that the table shows."""

    name: str
    function: Function
    domain: tuple[float, float]
    formula: str  # as the table shows it
    source: str  # as it was given: a target's name, where it is one
    identity: str  # what it is known by in a key
    textual: bool  # whether `source` is enough to make it again

    @property
    def breaks(self) -> tuple[float, ...]:
        """Kinks that a target declares, inside the interval: a proof is faster when it knows them."""
        a, b = self.domain
        return tuple(t for t in self.function.kinks if a < t < b) if isinstance(self.function, Target) else ()


@dataclass(frozen=True, eq=False, slots=True)
class Setting:
    """One cell of the grid of a sweep."""

    problem: Problem
    method: str
    width: int
    budget: int

    @property
    def key(self) -> str:
        """What its rows depend on, the seed and the versions apart, as a short text."""
        p = self.problem
        identity = [p.identity, *p.domain, p.name, self.method, self.width, self.budget]
        digest = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]
        return f"{p.name}/{self.method}/{self.width}/{self.budget}/{digest}"


def problems(functions: Any) -> list[Problem]:
    """The functions of a sweep, each a formula, a target, a pair (function, domain), or a dictionary of such."""
    if isinstance(functions, Mapping):
        pairs = [(str(name), given) for name, given in functions.items()]
    else:
        single = isinstance(functions, (str, Target)) or callable(functions)
        what = "functions, or pairs (function, (a, b))"
        given_ones = [functions] if single or _is_pair(functions) else _checks.listed(functions, "functions", what)
        pairs = [("", given) for given in given_ones]
    if not pairs:
        raise InputError("`functions` must hold at least one function, but is empty.")
    found = [_problem(name, given) for name, given in pairs]
    names = [problem.name for problem in found]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"`functions` must have different names, but {show(name)} comes twice.")
    return found


def _is_pair(given: Any) -> bool:
    return isinstance(given, tuple) and len(given) == 2 and not isinstance(given[1], (str, Target))


def _problem(name: str, given: Any) -> Problem:
    function, domain = given if _is_pair(given) else (given, None)
    function, source = resolve(function)
    if domain is None:
        domain = getattr(function, "domain", None)
        if domain is None:
            raise InputError(
                f"`functions` must hold pairs (function, (a, b)), but {show(source['text'])} has no interval "
                "(on the command line: --on A B)."
            )
    a, b = _checks.interval(domain)
    textual = source["kind"] != "callable"
    text, identity = source["text"], f"{source['kind']}:{source['text']}"
    if not textual:
        values = sample(function, np.linspace(a, b, _FINGERPRINT))
        identity += f":{hashlib.sha256(values.tobytes()).hexdigest()}"
    return Problem(name or text, function, (a, b), source.get("formula", text), text, identity, textual)


def must_travel(problem: Problem) -> None:
    """Refuse a function that another process cannot be given."""
    reason = ""
    try:
        pickle.dumps(problem.function)
    except Exception as error:  # noqa: BLE001 - whatever an object's own pickling raises
        reason = f"{type(error).__name__}: {error}"
    if not reason and getattr(problem.function, "__module__", "") == "__main__" and not _main_is_a_file():
        reason = "it was typed into a session that another process cannot import"
    if reason:
        raise InputError(f"{show(problem.name)} cannot be sent to a worker ({reason}); {HOW_TO_PASS}.")


def _main_is_a_file() -> bool:
    return bool(getattr(sys.modules.get("__main__"), "__file__", None))
