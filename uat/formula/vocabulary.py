"""The words of a formula: one table with a row an operation.

An operation bears the name of the function of NumPy or SciPy that computes it in float64; the row says where that
function lives, how many operands it takes, and how it is written in a text and in LaTeX. What else there is to say of
an operation (its enclosure, its rule in the independent checker) is looked up under the same name. To add a function:
a row here, an enclosure rule, a checker rule, and a row in the tests' table.
"""

from __future__ import annotations

import importlib
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

CONSTANTS = {"pi": math.pi, "e": math.e}


@dataclass(frozen=True, slots=True)
class Operation:
    """A row: ``arity`` operands, a function of ``home`` ("numpy" or "scipy.special"); ``sign`` between its operands
    with ``rank`` (how tightly it binds, from 1), or `text`(...); ``latex`` a template of its operands."""

    name: str
    arity: int
    latex: str
    home: str = "numpy"
    text: str = ""
    sign: str = ""
    rank: int = 0
    truth: bool = False  # its value is a truth value

    @property
    def word(self) -> str:
        """How a text calls it."""
        return self.text or self.name


def _function(name: str, latex: str = "", arity: int = 1, home: str = "numpy", text: str = "") -> Operation:
    if not latex:
        latex = r"\operatorname{{" + name + "}}"
    if "{0}" not in latex:
        latex += r"\left(" + ", ".join(f"{{{k}}}" for k in range(arity)) + r"\right)"
    return Operation(name, arity, latex, home, text)


_SPECIAL = "scipy.special"
_ROWS = [
    Operation("logical_or", 2, r"{0} \lor {1}", sign="|", rank=2, truth=True),
    Operation("logical_and", 2, r"{0} \land {1}", sign="&", rank=3, truth=True),
    Operation("less", 2, "{0} < {1}", sign="<", rank=1, truth=True),
    Operation("less_equal", 2, r"{0} \le {1}", sign="<=", rank=1, truth=True),
    Operation("greater", 2, "{0} > {1}", sign=">", rank=1, truth=True),
    Operation("greater_equal", 2, r"{0} \ge {1}", sign=">=", rank=1, truth=True),
    Operation("equal", 2, "{0} = {1}", sign="==", rank=1, truth=True),
    Operation("not_equal", 2, r"{0} \ne {1}", sign="!=", rank=1, truth=True),
    Operation("add", 2, "{0} + {1}", sign="+", rank=5),
    Operation("subtract", 2, "{0} - {1}", sign="-", rank=5),
    Operation("multiply", 2, r"{0} \, {1}", sign="*", rank=6),
    Operation("divide", 2, r"\frac{{{0}}}{{{1}}}", sign="/", rank=6),
    Operation("remainder", 2, r"{0} \bmod {1}", sign="%", rank=6),
    Operation("negative", 1, "-{0}", sign="-", rank=7),
    Operation("logical_not", 1, r"\lnot {0}", sign="~", rank=7, truth=True),
    Operation("power", 2, "{0}^{{{1}}}", sign="**", rank=8),
    _function("where", r"\left\{{{1} \text{{ if }} {0}, \text{{ else }} {2}\right\}}", 3),
    _function("given", r"\left\{{{1} \text{{, given }} {0}\right\}}", 2),  # the value where the condition holds
    _function("table", r"\operatorname{{interp}}"),  # the broken line of its knots and values: `node.Table`
    _function("absolute", r"\left|{0}\right|", text="abs"),
    _function("floor_divide", r"\left\lfloor {0} / {1} \right\rfloor", 2),
    _function("fmod", arity=2),
    _function("maximum", r"\max", 2),
    _function("minimum", r"\min", 2),
    _function("fmax", r"\operatorname{{fmax}}", 2),  # the other number where one is not defined
    _function("fmin", r"\operatorname{{fmin}}", 2),
    _function("hypot", r"\sqrt{{ {0}^2 + {1}^2 }}", 2),
    _function("arctan2", arity=2),
    _function("logaddexp", r"\log\left(e^{{{0}}} + e^{{{1}}}\right)", 2),
    _function("heaviside", r"H", 2),
    _function("sqrt", r"\sqrt{{{0}}}"),
    _function("cbrt", r"\sqrt[3]{{{0}}}"),
    _function("exp", r"e^{{{0}}}"),
    _function("exp2", r"2^{{{0}}}"),
    *(_function(name, rf"\{name}") for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "log")),
    _function("log2", r"\log_2"),
    _function("log10", r"\log_{{10}}"),
    _function("log1p", r"\log\left(1 + {0}\right)"),
    _function("expm1", r"\left(e^{{{0}}} - 1\right)"),
    *(_function("arc" + name, rf"\arc{name}") for name in ("sin", "cos", "tan")),
    *(_function(f"arc{name}h", r"\operatorname{{ar" + name + "h}}") for name in ("sin", "cos", "tan")),
    _function("sinc", r"\operatorname{{sinc}}_\pi"),
    _function("floor", r"\left\lfloor {0} \right\rfloor"),
    _function("ceil", r"\left\lceil {0} \right\rceil"),
    *(_function(name) for name in ("trunc", "rint", "sign")),
    _function("gamma", r"\Gamma", home=_SPECIAL),
    _function("gammaln", r"\log\left|\Gamma\left({0}\right)\right|", home=_SPECIAL),
    _function("rgamma", r"\frac{{1}}{{\Gamma\left({0}\right)}}", home=_SPECIAL),
    _function("digamma", r"\psi", home=_SPECIAL),
    _function("expit", r"\sigma", home=_SPECIAL),
    _function("log_expit", r"\log\sigma", home=_SPECIAL),
    *(_function(name, home=_SPECIAL) for name in ("erf", "erfc", "logit", "exp10")),
    _function("ndtr", r"\Phi", home=_SPECIAL),
    *(_function(name + k, f"{name.upper()}_{k}", home=_SPECIAL) for name in "ji" for k in "01"),
    _function("xlogy", r"{0} \log {1}", 2, _SPECIAL),
    _function("xlog1py", r"{0} \log\left(1 + {1}\right)", 2, _SPECIAL),
]
OPERATIONS: dict[str, Operation] = {row.name: row for row in _ROWS}
SIGNS: dict[str, Operation] = {row.sign: row for row in _ROWS if row.sign and row.arity == 2}
_ARCS = ("sin", "cos", "tan", "sinh", "cosh", "tanh", "tan2")
ALIASES: dict[str, str] = {f"a{name}": f"arc{name}" for name in _ARCS} | {
    "ln": "log", "fabs": "abs", "min": "minimum", "max": "maximum", "lgamma": "gammaln", "sigmoid": "expit",
    "square": "square", "clip": "clip", "relu": "relu", "softplus": "softplus",
}  # fmt: skip
MADE_OF = {"square": 1, "clip": 3, "relu": 1, "softplus": 1}  # words that a text may use for others: their arity
TABLES = {"interp": "clamp", "interp_line": "line", "interp_nan": "nan"}  # the words for a table, by what it is beyond
FUNCTIONS: tuple[str, ...] = tuple(
    sorted(({row.word for row in _ROWS if not row.sign} | {*ALIASES, *TABLES}) - {"table"})
)
_BY_WORD = {row.word: row for row in _ROWS if not row.sign and row.name != "table"}


def by_word(word: str) -> Operation | None:
    """The operation of a function's name in a text."""
    return _BY_WORD.get(ALIASES.get(word, word))


def _given(condition: Any, value: Any) -> Any:
    return np.where(condition, value, np.nan)


@cache
def function(name: str) -> Callable[..., Any]:
    """The function that computes an operation in float64.

    SciPy's special functions take a third of a second to import: they come when a formula calls one.
    """
    if name == "given":
        return _given
    found: Callable[..., Any] = getattr(importlib.import_module(OPERATIONS[name].home), name)
    return found


@cache
def operation_of(ufunc: Any) -> str | None:
    """The operation that a function of NumPy's or SciPy's is: by identity, never by the name that it gives itself."""
    if ufunc in _SAME:
        return _SAME[ufunc]
    own = getattr(ufunc, "__name__", "")
    name = {"true_divide": "divide", "psi": "digamma"}.get(own, own)
    if name not in OPERATIONS or name in ("given", "table"):
        return None
    special = sys.modules.get(_SPECIAL)  # some functions stand in both libraries
    return name if function(name) is ufunc or getattr(special, own, None) is ufunc else None


_SAME: dict[Any, str] = {  # other names of the same on real numbers
    np.fabs: "absolute", np.float_power: "power",
    np.bitwise_and: "logical_and", np.bitwise_or: "logical_or", np.invert: "logical_not",
}  # fmt: skip
