"""The words of a formula: the names and operators it may contain, and the function of NumPy or SciPy behind each."""

from __future__ import annotations

import ast
import importlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np

Function = Callable[..., Any]

CONSTANTS = {"pi": math.pi, "e": math.e}
ARITHMETIC: dict[type[ast.AST], Function] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Mod: np.remainder,
    ast.Pow: np.power,
    ast.USub: np.negative,
    ast.UAdd: np.positive,
}
COMPARISONS: dict[type[ast.AST], Function] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}
LOGIC: dict[type[ast.AST], Function] = {
    ast.BitAnd: np.logical_and,
    ast.BitOr: np.logical_or,
    ast.Invert: np.logical_not,
}
SIGNS = {*"+-*/%(),<>&|~", "<=", ">=", "==", "!="}

_NUMPY = set(
    "sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh arcsinh arccosh arctanh sinc exp exp2 expm1 log log1p "  # noqa: SIM905
    "log2 log10 sqrt cbrt square abs sign floor ceil minimum maximum clip where heaviside hypot".split()
)
_SCIPY = {"erf", "erfc", "gamma", "gammaln", "digamma", "expit", "log_expit", "j0", "j1", "xlogy"}
_ALIASES = {f"a{name}": f"arc{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "tan2")} | {
    "ln": "log",
    "fabs": "abs",
    "min": "minimum",
    "max": "maximum",
    "lgamma": "gammaln",
    "sigmoid": "expit",
}
_OWN: dict[str, tuple[Function, int]] = {
    "relu": (lambda x: np.maximum(x, 0), 1),
    "softplus": (lambda x: np.logaddexp(x, 0), 1),
}
_ARITY = {"sinc": 1, "clip": 3, "where": 3}  # those of NumPy that are no ufuncs: a ufunc knows its own

FUNCTIONS: tuple[str, ...] = tuple(sorted({*_NUMPY, *_SCIPY, *_ALIASES, *_OWN}))


def function(name: str) -> tuple[Function, int]:
    """The function of one of the names `FUNCTIONS`, and the number of its arguments.

    SciPy's special functions take a third of a second to import: they come when a formula names one.
    """
    if name in _OWN:
        return _OWN[name]
    name = _ALIASES.get(name, name)
    found = getattr(np if name in _NUMPY else importlib.import_module("scipy.special"), name)
    return found, _ARITY[name] if name in _ARITY else int(found.nin)
