"""A formula as a person types it, "sin(x)/x", becomes a function on numbers, arrays and balls: without Python's `eval`.

`vocabulary` says what a formula may contain, `reading` turns a text into a tree that contains nothing else, and the
library simpleeval evaluates that tree, here, with NumPy's functions in the place of its own.
"""

from __future__ import annotations

import keyword
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from simpleeval import SimpleEval

from uat._checks import InputError, abscissae, show
from uat.expression.reading import DEEPEST, Formula, read
from uat.expression.vocabulary import ARITHMETIC, COMPARISONS, CONSTANTS, FUNCTIONS, LOGIC

__all__ = ["CONSTANTS", "DEEPEST", "FUNCTIONS", "LONGEST", "Expression", "constant", "parse"]

LONGEST = 10_000


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Expression:
    """The function x -> value of a formula in x.

    Parameters
    ----------
    text : the formula, at most `LONGEST` characters, nested at most `DEEPEST` deep. It may contain the variable,
        decimal numbers, `CONSTANTS`, `FUNCTIONS`, ``+ - * / % **``, comparisons joined by ``& | ~`` (they count 1 or 0
        where a number is needed), and ``where(condition, a, b)``, which evaluates both.
    variable : a name, neither a constant's nor a function's.

    Call
    ----
    A number gives a float; an array (any shape) a float64 array of its shape, also where the formula is constant. nan
    and inf come without a warning, for the caller to judge. An object whose class has ``from_literal(text)`` (a ball)
    gives what NumPy's functions make of it: there each literal is ``from_literal`` of its text as written, so that 0.1
    can be one tenth, and so are pi and e; a whole exponent, as in x**-2, remains a Python integer.

    Raises InputError, in one sentence, for any other text, and for an x that is not real.

    Accuracy: rounding, that of NumPy's and SciPy's functions in float64.

    Equal texts are equal expressions. A pickle holds the text only.
    """

    text: str
    variable: str = "x"
    _program: _Program = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", _one_line(self.text))
        object.__setattr__(self, "_program", _Program(read(self.text, _variable(self.variable))))

    def __call__(self, x: Any) -> Any:
        literals = self._program.formula.literals
        from_literal = getattr(type(x), "from_literal", None)
        if from_literal is not None:
            return self._program.run({**{text: from_literal(text) for text in literals}, self.variable: x})
        points = np.asarray(abscissae(x), dtype=np.float64)
        values = self._program.run({**literals, self.variable: points})
        if isinstance(x, (float, int, np.number)):
            return float(values)
        if isinstance(values, np.ndarray) and values.shape == points.shape and values is not points:
            return values
        return np.array(np.broadcast_to(values, points.shape), dtype=np.float64)  # a constant formula, or x itself

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Expression({self.text!r})" if self.variable == "x" else f"Expression({self.text!r}, {self.variable!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Expression):
            return NotImplemented
        return (self.text, self.variable) == (other.text, other.variable)

    def __hash__(self) -> int:
        return hash((self.text, self.variable))

    def __reduce__(self) -> tuple[Any, ...]:
        return Expression, (self.text, self.variable)


def parse(text: str, variable: str = "x") -> Expression:
    """The function of a formula: see `Expression`."""
    return Expression(text, variable)


def constant(text: str) -> float:
    """The value of a formula without a variable, such as "2*pi" or "-1e-3": a finite float (accuracy: rounding)."""
    program = _Program(read(_one_line(text), None))
    return float(program.run(program.formula.literals))


class _Meaning(threading.local):
    """What the names of a formula mean during a call: each thread has its own, so that threads may share a formula."""

    names: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.names[name]


class _Program:
    """A formula with its evaluator, which is made once: making one resets the filters of warnings for all threads."""

    def __init__(self, formula: Formula):
        self.formula = formula
        self.meaning = _Meaning()
        operators = {**ARITHMETIC, **COMPARISONS, **LOGIC}
        self.evaluator = SimpleEval(operators=operators, functions=formula.functions, names=self.meaning)

    def run(self, names: Mapping[str, Any]) -> Any:
        self.meaning.names = names
        try:
            with np.errstate(all="ignore"):
                return self.evaluator.eval(self.formula.text, previously_parsed=self.formula.tree)
        finally:
            self.meaning.names = {}  # an idle formula holds no array


def _one_line(text: Any) -> str:
    if not isinstance(text, str):
        raise InputError(f"`expression` must be a string, but is {show(text)}.")
    if len(text) > LONGEST:
        raise InputError(f"`expression` must have at most {LONGEST} characters, but has {len(text)}.")
    line = " ".join(text.split())
    if not line:
        raise InputError("`expression` must be a formula, but is empty.")
    return line


def _variable(name: Any) -> str:
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) or keyword.iskeyword(name):
        raise InputError(f"`variable` must be a name, but is {show(name)}.")
    if name in FUNCTIONS or name in CONSTANTS:
        raise InputError(f"`variable` must not be the name of a function or a constant, but is {name!r}.")
    return name
