"""A formula as a person types it, "sin(x)/x", becomes a function on numbers, arrays and balls: without Python's `eval`.

Three sieves, in this order: the length; the tokens (ASCII, no strings, no dots, no brackets, no words of Python); the
syntax tree, of which only arithmetic, comparisons and calls of known functions are copied into a new tree. simpleeval
evaluates that tree, with NumPy's ufuncs as its operators and functions. Literals are names in it, bound at each call:
to floats for numbers, to ``type(x).from_literal("0.1")`` where x is a ball, so that there 0.1 is one tenth.
"""

from __future__ import annotations

import ast
import importlib
import keyword
import math
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from simpleeval import SimpleEval

from uat import _checks
from uat._checks import InputError

LONGEST_TEXT = 10_000
# An evaluation takes up to three Python frames a level; the interpreter gives 1000 in all, and the caller needs some.
DEEPEST_NESTING = 100

_CONSTANTS = {"pi": math.pi, "e": math.e}
_ALIASES = {
    **{f"a{name}": f"arc{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{"ln": "log", "fabs": "abs", "min": "minimum", "max": "maximum", "atan2": "arctan2"},
    **{"lgamma": "gammaln", "sigmoid": "expit"},
}
_NUMPY = (
    "sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh arcsinh arccosh arctanh sinc exp exp2 expm1 log log1p "
    "log2 log10 sqrt cbrt square abs sign floor ceil minimum maximum clip where heaviside hypot"
).split()
_SCIPY = "erf erfc gamma gammaln digamma beta expit log_expit j0 j1 xlogy".split()
_OWN: dict[str, tuple[Callable[..., Any], int]] = {
    "relu": (lambda x: np.maximum(x, 0), 1),
    "softplus": (lambda x: np.logaddexp(x, 0), 1),
}
_ARITY = {"sinc": 1, "clip": 3, "where": 3}  # those of NumPy that are not ufuncs, which know it themselves
_FUNCTIONS = frozenset({*_ALIASES, *_NUMPY, *_SCIPY, *_OWN})

_ARITHMETIC: dict[type[ast.AST], Callable[..., Any]] = {
    **{ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide, ast.Mod: np.remainder},
    **{ast.Pow: np.power, ast.USub: np.negative, ast.UAdd: np.positive},
}
_COMPARISONS: dict[type[ast.AST], Callable[..., Any]] = {
    **{ast.Lt: np.less, ast.LtE: np.less_equal, ast.Gt: np.greater, ast.GtE: np.greater_equal},
    **{ast.Eq: np.equal, ast.NotEq: np.not_equal},
}
_LOGIC: dict[type[ast.AST], Callable[..., Any]] = {
    **{ast.BitAnd: np.logical_and, ast.BitOr: np.logical_or, ast.Invert: np.logical_not},
}
_OPERATORS = {**_ARITHMETIC, **_COMPARISONS, **_LOGIC}

_TOKEN = re.compile(
    r"(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<sign>[<>=!]=|\S)", re.ASCII
)
_SIGNS = {*"+-*/%(),<>&|~", "<=", ">=", "==", "!="}
_ADVICE = {
    "^": "a power is written with **",
    "=": "a formula has no assignments and no keyword arguments; equality is ==",
    ".": "names have no attributes: write sin, not np.sin",
    ";": "a formula is one expression",
}


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Expression:
    """The function x -> value of a formula in x.

    Parameters
    ----------
    text : the formula, at most 10 000 characters, nested at most 100 deep. It may contain the variable, decimal
        numbers, pi, e, ``+ - * / % **``, comparisons joined by ``& | ~`` (worth 1 or 0 where a number is needed),
        ``where(condition, a, b)``, and the functions of NumPy and SciPy that `FUNCTIONS` lists.
    variable : its variable, "x" unless told otherwise.

    Called with a number it returns a float; with an array a float64 array of the same shape (a constant formula too);
    nan and inf come without warnings, for the caller to refuse. Called with an object whose class has
    ``from_literal(text)``, it applies NumPy's functions to that object and to literals made by that class (pi and e
    included); only an integer exponent, as in x**-2, stays a Python integer.

    Raises InputError, in one sentence, for anything else. Equal texts are equal expressions; a pickle holds the text.
    Accuracy: that of NumPy's and SciPy's functions in float64.
    """

    text: str
    variable: str = "x"
    _program: _Program = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", _one_line(self.text))
        object.__setattr__(self, "_program", _read(self.text, _variable(self.variable)))

    def __call__(self, x: Any) -> Any:
        literal = getattr(type(x), "from_literal", None)
        if literal is not None:
            return self._program.run({name: literal(name) for name in self._program.literals} | {self.variable: x})
        points = _points(x)
        value = self._program.run({**self._program.literals, self.variable: points})
        if isinstance(x, (float, int, np.number)):
            return float(value)
        return np.array(np.broadcast_to(value, points.shape), dtype=np.float64)

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


FUNCTIONS: tuple[str, ...] = tuple(sorted(_FUNCTIONS))


def parse(text: str, variable: str = "x") -> Expression:
    """The function of a formula; see `Expression`."""
    return Expression(text, variable)


def constant(text: str) -> float:
    """The value of a formula without a variable, such as "2*pi" or "-1e-3": a finite float."""
    program = _read(_one_line(text), None)
    return float(program.run(program.literals))


class _Names(threading.local):
    """What the names of a formula mean during a call: one meaning a thread, so that threads may share a formula."""

    meaning: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.meaning[name]


class _Program:
    """A tree that has passed the sieves, the functions that it calls, its literals, and their evaluator."""

    def __init__(self, tree: ast.expr, functions: Mapping[str, Callable[..., Any]], literals: Mapping[str, float]):
        self.tree = tree
        self.literals = literals
        self.names = _Names()
        self.evaluator = SimpleEval(operators=_OPERATORS, functions=functions, names=self.names)

    def run(self, meaning: Mapping[str, Any]) -> Any:
        self.names.meaning = meaning
        try:
            with np.errstate(all="ignore"):
                return self.evaluator.eval("", previously_parsed=self.tree)
        finally:
            self.names.meaning = {}  # keeps no array alive


def _read(text: str, variable: str | None) -> _Program:
    """All sieves after the length."""
    _sift_tokens(text)
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise InputError(f"`expression` must be a formula, but is {_checks.show(text)} ({reason}).") from None
    except (RecursionError, MemoryError):
        raise _too_deep() from None
    _sift_depth(tree)
    reader = _Reader(text, variable)
    return _Program(reader.real(tree), reader.functions, reader.literals)


def _one_line(text: Any) -> str:
    if not isinstance(text, str):
        raise InputError(f"`expression` must be a string, but is {_checks.show(text)}.")
    if len(text) > LONGEST_TEXT:
        raise InputError(f"`expression` must have at most {LONGEST_TEXT} characters, but has {len(text)}.")
    line = " ".join(text.split())
    if not line:
        raise InputError("`expression` must be a formula, but is empty.")
    return line


def _variable(name: Any) -> str:
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) or keyword.iskeyword(name):
        raise InputError(f"`variable` must be a name, but is {_checks.show(name)}.")
    if name in _FUNCTIONS or name in _CONSTANTS:
        raise InputError(f"`variable` must not be the name of a function or constant, but is {name!r}.")
    return name


def _points(x: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    try:
        array = np.asarray(x)
        if array.dtype.kind not in "biufO":
            raise TypeError
        return array.astype(np.float64, copy=False)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"`x` must be a real number or an array of them, but is {_checks.show(x)}.") from None


def _too_deep() -> InputError:
    return InputError(
        f"`expression` must be nested at most {DEEPEST_NESTING} deep (a long sum nests too: put brackets around its parts)"
        ", but is nested deeper."
    )


def _sift_tokens(text: str) -> None:
    """Refuse what no formula contains. After this, the parser of Python meets no string, word or odd literal."""
    last_kind, last = "", ""
    for match in _TOKEN.finditer(text):
        kind, token = str(match.lastgroup), match[0]
        if kind == "sign" and token not in _SIGNS:
            advice = _ADVICE.get(token)
            hint = f": {advice}." if advice else "."
            raise InputError(
                f"`expression` must be a formula of numbers, names and operators, but contains {token!r}{hint}"
            )
        if kind == "name" and keyword.iskeyword(token):
            raise InputError(
                f"`expression` must contain no words of Python, but contains {token!r}: cases are written "
                "where(condition, a, b), conditions are joined by & and |."
            )
        if kind == "number" and not math.isfinite(float(token)):
            raise InputError(f"`expression` must contain finite numbers, but {_checks.show(token)} overflows.")
        after_operand = last_kind in ("number", "name") or last == ")"
        before_operand = kind in ("number", "name") or (token == "(" and last_kind != "name")
        if after_operand and before_operand:
            raise InputError(f"`expression` must write every product with *: {last}*{token}, not {last}{token}.")
        last_kind, last = kind, token


def _sift_depth(tree: ast.expr) -> None:
    level: list[ast.AST] = [tree]
    for _ in range(DEEPEST_NESTING):
        level = [child for node in level for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        if not level:
            return
    raise _too_deep()


class _Reader:
    """Copies into a new tree what the whitelist names; every part that is constant must be a finite number."""

    def __init__(self, text: str, variable: str | None):
        self.text = text
        self.variable = variable
        self.literals: dict[str, float] = {}
        self.functions: dict[str, Callable[..., Any]] = {}
        self.values: dict[int, Any] = {}  # id of a constant node of the new tree -> its value

    def real(self, node: ast.expr) -> ast.expr:
        """A number."""
        match node:
            case ast.Constant(value=int() | float()):
                text = self.source(node)
                return self.literal(text, float(text))
            case ast.Name(id=name) if name in _CONSTANTS:
                return self.literal(name, _CONSTANTS[name])
            case ast.Name(id=name) if name == self.variable:
                return ast.Name(name, ast.Load())
            case ast.Name(id=name):
                raise self.unknown(name)
            case ast.BinOp(left=left, op=ast.Pow() as op, right=right):
                return self.made(ast.BinOp(self.real(left), op, self.exponent(right)), np.power, node)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                return self.made(ast.BinOp(self.real(left), op, self.real(right)), _ARITHMETIC[type(op)], node)
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _ARITHMETIC:
                return self.made(ast.UnaryOp(op, self.real(operand)), _ARITHMETIC[type(op)], node)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self.call(name, arguments, node)
            case ast.Compare() | ast.BinOp(op=ast.BitAnd() | ast.BitOr()) | ast.UnaryOp(op=ast.Invert()):
                self.functions["where"] = np.where
                cases: list[ast.expr] = [self.condition(node), self.literal("1", 1.0), self.literal("0", 0.0)]
                return self.made(ast.Call(ast.Name("where", ast.Load()), cases, []), np.where, node)
        raise InputError(f"`expression` must be a formula of one value, but contains {self.shown(node)}.")

    def condition(self, node: ast.expr) -> ast.expr:
        """A truth value."""
        match node:
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
                both: list[ast.expr] = [self.real(left), self.real(right)]
                return self.made(ast.Compare(both[0], [op], both[1:]), _COMPARISONS[type(op)], node)
            case ast.Compare():
                raise InputError(
                    f"`expression` must compare two values at a time, joined by &, as in (0 < x) & (x < 1), "
                    f"but contains {self.shown(node)}."
                )
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _LOGIC:
                return self.made(ast.BinOp(self.condition(left), op, self.condition(right)), _LOGIC[type(op)], node)
            case ast.UnaryOp(op=ast.Invert() as op, operand=operand):
                return self.made(ast.UnaryOp(op, self.condition(operand)), np.logical_not, node)
        raise InputError(
            f"`expression` must have a condition such as (x < 1) before ?, beside & and | and after ~, "
            f"but has {self.shown(node)} there."
        )

    def exponent(self, node: ast.expr) -> ast.expr:
        """A whole number stays one (x**2 is x*x, on balls too), if a float can hold it; otherwise any number."""
        match node:
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(k))) if k <= 2**53:
                whole = -k
            case ast.Constant(value=int(k)) if k <= 2**53:
                whole = k
            case _:
                return self.real(node)
        out = ast.Constant(whole)
        self.values[id(out)] = whole
        return out

    def call(self, name: str, arguments: list[ast.expr], node: ast.expr) -> ast.expr:
        if name not in _FUNCTIONS:
            if name in _CONSTANTS or name == self.variable:
                raise InputError(f"`expression` must write every product with *: {name}*(...), not {name}(...).")
            raise self.unknown(name)
        function, arity = _function(name)
        if len(arguments) != arity or any(isinstance(argument, ast.Starred) for argument in arguments):
            raise InputError(
                f"`expression` must give {name} {arity} argument{'s' * (arity > 1)}, but contains {self.shown(node)}."
            )
        self.functions[name] = function
        read = [self.condition if name == "where" and k == 0 else self.real for k in range(arity)]
        parts = [take(argument) for take, argument in zip(read, arguments, strict=True)]
        return self.made(ast.Call(ast.Name(name, ast.Load()), parts, []), function, node)

    def literal(self, text: str, value: float) -> ast.expr:
        self.literals[text] = value
        out = ast.Name(text, ast.Load())
        self.values[id(out)] = value
        return out

    def made(self, out: ast.expr, function: Callable[..., Any], node: ast.expr) -> ast.expr:
        """The new node; evaluated now when it is constant, so that 9**9**9 and log(0) are answered at once."""
        parts = [self.values.get(id(part)) for part in _operands(out)]
        if all(part is not None for part in parts):
            with np.errstate(all="ignore"):
                value = function(*parts)
            if not np.isfinite(value):
                raise InputError(
                    f"`expression` must be made of finite numbers, but {self.shown(node)} overflows or is not defined "
                    f"(it is {_checks.show(value)})."
                )
            self.values[id(out)] = value
        return out

    def unknown(self, name: str) -> InputError:
        if name in _FUNCTIONS:
            return InputError(
                f"`expression` must give {name} its argument: {name}({self.variable or '...'}), not {name}."
            )
        known = sorted({*_FUNCTIONS, *_CONSTANTS})
        what = "be a number without a variable" if self.variable is None else f"be a formula in {self.variable!r}"
        return InputError(f"`expression` must {what}, but contains {name!r}; {_checks.did_you_mean(name, known)}")

    def source(self, node: ast.expr) -> str:
        return self.text[node.col_offset : node.end_col_offset]

    def shown(self, node: ast.expr) -> str:
        text = self.source(node)
        return text if len(text) <= 80 else text[:77] + "..."


def _operands(node: ast.expr) -> Iterator[ast.expr]:
    parts = node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node)
    return (part for part in parts if isinstance(part, ast.expr))


def _function(name: str) -> tuple[Callable[..., Any], int]:
    """The function of a name and the number of its arguments. SciPy is slow to import, and comes when first named."""
    if name in _OWN:
        return _OWN[name]
    name = _ALIASES.get(name, name)
    function = getattr(np if name in _NUMPY else importlib.import_module("scipy.special"), name)
    return function, _ARITY[name] if name in _ARITY else function.nin
