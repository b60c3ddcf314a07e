"""From a text to a formula, by a closed list: what is not in it is refused in a sentence, and nothing is executed.

Three sieves. The tokens: ASCII, no words of Python, no dots, no brackets but round ones, so that Python's parser meets
nothing odd. The depth: so that no recursion runs out. The tree: arithmetic, comparisons and calls of the vocabulary
become nodes of a graph. A long formula is several statements, ``t1 = sin(x); t1*t1``, each with the limits of a typed
text.
"""

from __future__ import annotations

import ast
import keyword
import math
import re
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from uat._checks import InputError, did_you_mean, listed, show
from uat.formula.node import Formula, Graph, constant_value, exact_decimal
from uat.formula.vocabulary import ALIASES, CONSTANTS, FUNCTIONS, MADE_OF, OPERATIONS, SIGNS, TABLES, by_word, function

LONGEST = 10_000  # characters of a statement
LONGEST_OF_ALL = 8_000_000  # of a text of many statements, which a program wrote
DEEPEST = 100  # levels of a statement: reading takes two Python frames a level, the interpreter gives 1000 in all

_TOKEN = re.compile(
    r"(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|hex\(['\"](?:-?0x[0-9a-f.]{1,20}p[+-]?\d{1,5}|-?inf|nan)['\"]\))"
    r"|(?P<name>[A-Za-z_]\w*)|(?P<sign>[<>=!]=|\S)",
    re.ASCII,
)
_ENTRY = r"-?(?:[0-9.]+(?:e[-+]?[0-9]+)?|hex\('[^']{1,30}'\))"
_NUMBERS = re.compile(rf"\((?:{_ENTRY}, ?)+{_ENTRY}\)", re.ASCII)
_SIGNS = {*"+-*/%(),<>&|~", "<=", ">=", "==", "!="}
_STATEMENT = re.compile(r"\s*([A-Za-z_]\w*)\s*=(?!=)(.*)", re.ASCII | re.DOTALL)
_ADVICE = {
    "^": "; a power is written with **",
    "=": "; there are no assignments and no keyword arguments, and equality is ==",
    ".": "; names have no attributes: write sin, not np.sin",
    ";": "; a formula is one expression",
}
_ARITHMETIC: dict[type[ast.AST], str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.Mod: "remainder",
    ast.Pow: "power",
}
_COMPARISONS: dict[type[ast.AST], str] = {
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
    ast.Eq: "equal",
    ast.NotEq: "not_equal",
}
_LOGIC: dict[type[ast.AST], str] = {ast.BitAnd: "logical_and", ast.BitOr: "logical_or"}
assert {*_ARITHMETIC.values(), *_COMPARISONS.values(), *_LOGIC.values()} <= {row.name for row in SIGNS.values()}


def read(text: Any, variable: Any = "x") -> Formula:
    """The formula of a text; `variable` is a name, or several, or None where only a number will do."""
    variables = (
        ()
        if variable is None
        else tuple(listed(variable, "variable"))
        if isinstance(variable, (tuple, list))
        else (variable,)
    )
    for name in variables:
        _check_variable(name)
    if variable is not None and not variables:
        raise InputError("`variable` must be a name or several, but is empty.")
    if not isinstance(text, str):
        raise InputError(f"`expression` must be a string, but is {show(text)}.")
    if len(text) > LONGEST_OF_ALL:
        raise InputError(f"`expression` must have at most {LONGEST_OF_ALL} characters, but has {len(text)}.")
    statements = text.split(";")
    reader = _Reader(variables)
    for number, statement in enumerate(statements):
        line = " ".join(statement.split())
        if len(line) > LONGEST < len(_NUMBERS.sub("", line)):  # those of tables are many, and flat
            raise InputError(f"`expression` must have at most {LONGEST} characters, but has {len(line)}.")
        if not line:
            raise InputError("`expression` must be a formula, but is empty.")
        last = number == len(statements) - 1
        match = None if last else _STATEMENT.fullmatch(line)
        if match is None:
            if not last:
                _sift_tokens(line + ";")
            root = reader.graph.as_number(reader.statement(line))
        else:
            reader.name(match[1], reader.statement(match[2].strip()))
    return reader.graph.formula(root, variables or ("x",))


def constant(text: str) -> float:
    """The value of a formula without a variable, such as "2*pi" or "-1e-3": a finite float (accuracy: rounding)."""
    return float(read(text, None)(0.0))


def _check_variable(name: Any) -> None:
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) or keyword.iskeyword(name):
        raise InputError(f"`variable` must be a name, but is {show(name)}.")
    if name in FUNCTIONS or name in CONSTANTS or name == "hex":
        raise InputError(f"`variable` must not be the name of a function or a constant, but is {name!r}.")


def _sift_tokens(text: str) -> None:
    last_kind, last = "", ""
    for match in _TOKEN.finditer(text):
        kind, token = match.lastgroup or "", match[0]
        if kind == "sign" and token not in _SIGNS:
            raise InputError(
                f"`expression` must consist of numbers, names and operators, but contains {token!r}"
                f"{_ADVICE.get(token, '')}."
            )
        if kind == "name" and keyword.iskeyword(token):
            raise InputError(
                f"`expression` must contain no words of Python, but contains {token!r}; "
                "cases are written where(condition, a, b), and conditions are joined by & and |."
            )
        if kind == "number" and token[0] != "h" and not math.isfinite(float(token)):
            raise InputError(f"`expression` must contain finite numbers, but {show(token)} overflows.")
        if kind == "number" and re.search(r"[eE]-\d{10}", token):
            raise InputError(f"`expression` must contain exponents of nine digits at most, but {show(token)} has more.")
        after_operand = last_kind in ("number", "name") or last == ")"
        before_operand = kind in ("number", "name") or (token == "(" and last_kind != "name")
        if after_operand and before_operand:
            _refuse_juxtaposition(last, token)
        last_kind, last = kind, token


def _sift_depth(tree: ast.expr) -> None:
    level: list[ast.AST] = [tree]
    for _ in range(DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        if not level:
            return
    _refuse_depth()


def _refuse_depth() -> NoReturn:
    raise InputError(
        f"`expression` must be nested at most {DEEPEST} deep, but is nested deeper "
        "(a long sum nests as well: put brackets around parts of it)."
    )


def _refuse_juxtaposition(left: str, right: str) -> NoReturn:
    if left in FUNCTIONS:
        raise InputError(
            f"`expression` must give {left} its argument in brackets, as {left}({right}), but contains {left} {right}."
        )
    factor = f"{right}(...)" if right in FUNCTIONS else right
    raise InputError(f"`expression` must write every product with *, as {left}*{factor}, but contains {left} {right}.")


class _Reader:
    """Turns statements into nodes of one graph. A part without a variable must have a finite value: it is tried."""

    def __init__(self, variables: Sequence[str]) -> None:
        self.graph = Graph()
        self.variables = variables
        self.known: dict[str, int] = {
            name: self.graph.add("variable", value=float(k)) for k, name in enumerate(variables)
        }
        self.values: dict[int, Any] = {}  # place of a node without variables -> its value in float64
        self.line = ""

    def name(self, name: str, place: int) -> None:
        _check_variable(name)
        if name in self.known or keyword.iskeyword(name):
            raise InputError(f"`expression` must give every part a name of its own, but names {name!r} twice.")
        self.known[name] = place

    def statement(self, line: str) -> int:
        _sift_tokens(line)
        self.line = line
        try:
            tree = ast.parse(line, mode="eval").body
        except (SyntaxError, ValueError) as error:
            reason = error.msg if isinstance(error, SyntaxError) else str(error)
            raise InputError(f"`expression` must be a formula, but is {show(line)} ({reason}).") from None
        except (RecursionError, MemoryError):
            _refuse_depth()
        _sift_depth(tree)
        return self.any(tree)

    def any(self, node: ast.expr) -> int:
        """The place of a node, whose value is a number or a truth value."""
        match node:
            case ast.Constant(value=int() | float()):
                return self.literal(self.source(node))
            case ast.Name(id=name) if name in self.known:
                return self.known[name]
            case ast.Name(id=name) if name in CONSTANTS:
                return self.constant("decimal", name)
            case ast.Name(id=name):
                self.refuse_name(name)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                return self.made(node, _ARITHMETIC[type(op)], self.number(left), self.number(right))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.number(operand)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self.checked(node, self.graph.negative(self.number(operand)))
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
                return self.made(node, _COMPARISONS[type(op)], self.number(left), self.number(right))
            case ast.Compare():
                raise InputError(
                    "`expression` must compare two numbers at a time, as in (0 < x) & (x < 1), "
                    f"but contains {self.shown(node)}."
                )
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _LOGIC:
                return self.made(node, _LOGIC[type(op)], self.condition(left), self.condition(right))
            case ast.UnaryOp(op=ast.Invert(), operand=operand):
                return self.made(node, "logical_not", self.condition(operand))
            case ast.Call(func=ast.Name(id="hex"), args=[ast.Constant(value=str(text))], keywords=[]):
                try:
                    return self.constant("number", float.fromhex(text))
                except (OverflowError, ValueError):
                    raise InputError(
                        f"`expression` must contain floats in hex(), but {text!r} overflows or is none."
                    ) from None
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self.call(name, arguments, node)
        raise InputError(f"`expression` must be a formula for one number, but contains {self.shown(node)}.")

    def number(self, node: ast.expr) -> int:
        """A condition counts 1 where it holds and 0 elsewhere."""
        place = self.any(node)
        return self.graph.as_number(place) if self.graph.nodes[place].truth else place

    def condition(self, node: ast.expr) -> int:
        place = self.any(node)
        if not self.graph.nodes[place].truth:
            raise InputError(
                "`expression` must have conditions in brackets, such as (x < 1), first in where(...), beside & and | "
                f"and after ~, but has {self.shown(node)} there."
            )
        return place

    def call(self, name: str, arguments: list[ast.expr], node: ast.expr) -> int:
        if name in self.known or name in CONSTANTS:
            _refuse_juxtaposition(name, "(...)")
        if name in TABLES:
            return self.table(name, arguments, node)
        row = by_word(name)
        if row is None and name not in MADE_OF:
            self.refuse_name(name)
        arity = MADE_OF[name] if row is None else row.arity
        if len(arguments) != arity:
            raise InputError(
                f"`expression` must give {name} {arity} argument{'s' * (arity > 1)}, but contains {self.shown(node)}."
            )
        if any(isinstance(argument, ast.Starred) for argument in arguments):
            raise InputError(f"`expression` must be a formula for one number, but contains {self.shown(arguments[0])}.")
        if name in ("where", "given"):
            parts = [self.condition(arguments[0]), *map(self.number, arguments[1:])]
        else:
            parts = [self.number(argument) for argument in arguments]
        if row is not None:
            return self.made(node, row.name, *parts)
        match name:
            case "square":
                return self.made(node, "multiply", parts[0], parts[0])
            case "clip":
                return self.made(node, "minimum", self.made(node, "maximum", *parts[:2]), parts[2])
            case _:  # relu and softplus
                return self.made(node, "maximum" if name == "relu" else "logaddexp", parts[0], self.literal("0"))

    def table(self, name: str, arguments: list[ast.expr], node: ast.expr) -> int:
        """interp(x, (0, 1), (2, 3)): the broken line through the points (0, 2) and (1, 3)."""
        if len(arguments) != 3 or not all(isinstance(part, ast.Tuple) for part in arguments[1:]):
            raise InputError(
                f"`expression` must give {name} a number, the knots and the values, as {name}(x, (0, 1), (2, 3)), but "
                f"contains {self.shown(node)}."
            )
        columns = [[self.graph.nodes[self.number(item)] for item in part.elts] for part in arguments[1:]]  # type: ignore[attr-defined]
        if any(item.operation != "number" for column in columns for item in column):
            raise InputError(
                f"`expression` must give {name} floats as knots and values, but contains {self.shown(node)}."
            )
        knots, values = ([float(item.value) for item in column] for column in columns)
        return self.checked(node, self.graph.table(self.number(arguments[0]), knots, values, TABLES[name]))

    def literal(self, text: str) -> int:
        value = exact_decimal(text)
        return self.constant("number", value) if value is not None else self.constant("decimal", text)

    def constant(self, operation: str, value: float | str) -> int:
        place = self.graph.add(operation, value=value)
        self.values[place] = constant_value(self.graph.nodes[place])
        return place

    def made(self, node: ast.expr, operation: str, *operands: int) -> int:
        parts = [self.graph.nodes[k] for k in operands]
        if OPERATIONS[operation].truth and all(part.operation == "number" for part in parts):  # exact: 0 == 0
            place = self.graph.truth(bool(function(operation)(*[part.value for part in parts])))
            self.values[place] = constant_value(self.graph.nodes[place])
            return place
        return self.checked(node, self.graph.add(operation, *operands))

    def checked(self, node: ast.expr, place: int) -> int:
        """A part without a variable must be a finite number."""
        operation, operands, content = self.graph.nodes[place]
        if not operands and operation == "number":
            self.values[place] = constant_value(self.graph.nodes[place])
        if place not in self.values and operands and all(k in self.values for k in operands):
            with np.errstate(all="ignore"):
                compute = content if operation == "table" else function(operation)
                value = compute(*[self.values[k] for k in operands])
            if not np.isfinite(value):
                raise InputError(
                    f"`expression` must be made of finite numbers, but {self.shown(node)} overflows or is not defined."
                )
            self.values[place] = value
        return place

    def refuse_name(self, name: str) -> NoReturn:
        variables = self.variables
        if name in FUNCTIONS:
            raise InputError(
                f"`expression` must give {name} its argument, as {name}({variables[0] if variables else 1}), "
                "but does not."
            )
        wanted = (
            f"be a formula in {' and '.join(map(repr, variables))}" if variables else "be a number without variables"
        )
        if len(name) > 1:
            hint = "; " + did_you_mean(name, [*CONSTANTS, *FUNCTIONS])
        else:
            hint = f"; the variable is {variables[0]}." if variables else "."
        raise InputError(f"`expression` must {wanted}, but contains {name!r}{hint}")

    def source(self, node: ast.expr) -> str:
        return self.line[node.col_offset : node.end_col_offset]

    def shown(self, node: ast.expr) -> str:
        text = self.source(node)
        return text if len(text) <= 80 else text[:77] + "..."


assert set(MADE_OF) <= set(ALIASES)
