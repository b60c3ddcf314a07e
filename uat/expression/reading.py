"""From the text of a formula to a tree that is safe to evaluate, through three sieves.

The tokens: ASCII, no strings, no dots, no brackets, no words of Python, so that the parser of Python meets nothing odd
and warns of nothing. The depth: so that no recursion runs out. The tree: arithmetic, comparisons and calls of known
functions are copied into a new tree, and whatever has no place there is refused in a sentence. In the new tree literals
are names ("0.1" is a name that means 0.1), so that whoever evaluates it may choose what they mean.
"""

from __future__ import annotations

import ast
import keyword
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np

from uat._checks import InputError, did_you_mean, show
from uat.expression import vocabulary
from uat.expression.vocabulary import ARITHMETIC, COMPARISONS, CONSTANTS, FUNCTIONS, LOGIC, Function

# An evaluation takes up to three Python frames a level; the interpreter gives 1000 in all, and its caller needs some.
DEEPEST = 100

_TOKEN = re.compile(
    r"(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<sign>[<>=!]=|\S)", re.ASCII
)
_ADVICE = {
    "^": "; a power is written with **",
    "=": "; there are no assignments and no keyword arguments, and equality is ==",
    ".": "; names have no attributes: write sin, not np.sin",
    ";": "; a formula is one expression",
}


@dataclass
class Formula:
    """A tree that has passed the sieves, with the functions that it calls and the literals that it names."""

    text: str
    variable: str | None
    tree: ast.expr = field(init=False)
    functions: dict[str, Function] = field(default_factory=dict)
    literals: dict[str, float] = field(default_factory=dict)


def read(text: str, variable: str | None) -> Formula:
    """The formula of a text of one line; its variable is None where only a number will do."""
    _sift_tokens(text)
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise InputError(f"`expression` must be a formula, but is {show(text)} ({reason}).") from None
    except (RecursionError, MemoryError):
        _refuse_depth()
    _sift_depth(tree)
    formula = Formula(text, variable)
    formula.tree = _Copy(formula).number(tree)
    return formula


def _sift_tokens(text: str) -> None:
    last_kind, last = "", ""
    for match in _TOKEN.finditer(text):
        kind, token = match.lastgroup or "", match[0]
        if kind == "sign" and token not in vocabulary.SIGNS:
            raise InputError(
                f"`expression` must consist of numbers, names and operators, but contains {token!r}"
                f"{_ADVICE.get(token, '')}."
            )
        if kind == "name" and keyword.iskeyword(token):
            raise InputError(
                f"`expression` must contain no words of Python, but contains {token!r}; "
                "cases are written where(condition, a, b), and conditions are joined by & and |."
            )
        if kind == "number" and not math.isfinite(float(token)):
            raise InputError(f"`expression` must contain finite numbers, but {show(token)} overflows.")
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


class _Copy:
    """Copies what the vocabulary knows. A part without the variable must have a finite value, and is tried at once."""

    def __init__(self, formula: Formula):
        self.formula = formula
        self.values: dict[int, Any] = {}  # id of a constant node of the new tree -> its value

    def number(self, node: ast.expr) -> ast.expr:
        """A node whose value is a number; a condition counts 1 where it holds and 0 elsewhere."""
        match node:
            case ast.Constant(value=int() | float()):
                text = self.source(node)
                return self.literal(text, float(text))
            case ast.Name(id=name) if name == self.formula.variable:
                return ast.Name(name, ast.Load())
            case ast.Name(id=name) if name in CONSTANTS:
                return self.literal(name, CONSTANTS[name])
            case ast.Name(id=name):
                self.refuse_name(name)
            case ast.BinOp(left=left, op=ast.Pow() as op, right=right):
                return self.made(ast.BinOp(self.number(left), op, self.exponent(right)), np.power, node)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
                return self.made(ast.BinOp(self.number(left), op, self.number(right)), ARITHMETIC[type(op)], node)
            case ast.UnaryOp(op=op, operand=operand) if type(op) in ARITHMETIC:
                return self.made(ast.UnaryOp(op, self.number(operand)), ARITHMETIC[type(op)], node)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self.call(name, arguments, node)
            case ast.Compare() | ast.BinOp(op=ast.BitAnd() | ast.BitOr()) | ast.UnaryOp(op=ast.Invert()):
                self.formula.functions["where"] = np.where
                cases = [self.condition(node), self.literal("1", 1.0), self.literal("0", 0.0)]
                return self.made(ast.Call(ast.Name("where", ast.Load()), cases, []), np.where, node)
        raise InputError(f"`expression` must be a formula for one number, but contains {self.shown(node)}.")

    def condition(self, node: ast.expr) -> ast.expr:
        """A node whose value is true or false."""
        match node:
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in COMPARISONS:
                out = ast.Compare(self.number(left), [op], [self.number(right)])
                return self.made(out, COMPARISONS[type(op)], node)
            case ast.Compare():
                raise InputError(
                    "`expression` must compare two numbers at a time, as in (0 < x) & (x < 1), "
                    f"but contains {self.shown(node)}."
                )
            case ast.BinOp(left=left, op=op, right=right) if type(op) in LOGIC:
                return self.made(ast.BinOp(self.condition(left), op, self.condition(right)), LOGIC[type(op)], node)
            case ast.UnaryOp(op=ast.Invert() as op, operand=operand):
                return self.made(ast.UnaryOp(op, self.condition(operand)), np.logical_not, node)
        raise InputError(
            "`expression` must have conditions in brackets, such as (x < 1), first in where(...), beside & and | and "
            f"after ~, but has {self.shown(node)} there."
        )

    def exponent(self, node: ast.expr) -> ast.expr:
        """A whole number stays one, so that x**2 is the square, on balls too (if a float can hold it: to 2**53)."""
        match node:
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(k))) if k <= 2**53:
                out = ast.Constant(-k)
            case ast.Constant(value=int(k)) if k <= 2**53:
                out = ast.Constant(k)
            case _:
                return self.number(node)
        self.values[id(out)] = out.value
        return out

    def call(self, name: str, arguments: list[ast.expr], node: ast.expr) -> ast.expr:
        if name == self.formula.variable or name in CONSTANTS:
            _refuse_juxtaposition(name, "(...)")
        if name not in FUNCTIONS:
            self.refuse_name(name)
        function, arity = vocabulary.function(name)
        if len(arguments) != arity:
            many = "1 argument" if arity == 1 else f"{arity} arguments"
            raise InputError(f"`expression` must give {name} {many}, but contains {self.shown(node)}.")
        self.formula.functions[name] = function
        parts = [
            self.condition(argument) if name == "where" and k == 0 else self.number(argument)
            for k, argument in enumerate(arguments)
        ]
        return self.made(ast.Call(ast.Name(name, ast.Load()), parts, []), function, node)

    def literal(self, text: str, value: float) -> ast.expr:
        self.formula.literals[text] = value
        out = ast.Name(text, ast.Load())
        self.values[id(out)] = value
        return out

    def made(self, out: ast.expr, function: Function, node: ast.expr) -> ast.expr:
        """The new node, tried at once if it is constant: 9**9**9 and log(0) are answered here."""
        parts = [self.values.get(id(part)) for part in _operands(out)]
        if None not in parts:
            with np.errstate(all="ignore"):
                value = function(*parts)
            if not np.isfinite(value):
                raise InputError(
                    f"`expression` must be made of finite numbers, but {self.shown(node)} overflows or is not defined."
                )
            self.values[id(out)] = value
        return out

    def refuse_name(self, name: str) -> NoReturn:
        variable = self.formula.variable
        if name in FUNCTIONS:
            raise InputError(f"`expression` must give {name} its argument, as {name}({variable or 1}), but does not.")
        wanted = "be a number without variables" if variable is None else f"be a formula in {variable!r}"
        if len(name) > 1:
            hint = "; " + did_you_mean(name, [*CONSTANTS, *FUNCTIONS])
        else:
            hint = "." if variable is None else f"; the variable is {variable}."
        raise InputError(f"`expression` must {wanted}, but contains {name!r}{hint}")

    def source(self, node: ast.expr) -> str:
        return self.formula.text[node.col_offset : node.end_col_offset]

    def shown(self, node: ast.expr) -> str:
        text = self.source(node)
        return text if len(text) <= 80 else text[:77] + "..."


def _operands(node: ast.expr) -> Iterator[ast.expr]:
    parts = node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node)
    return (part for part in parts if isinstance(part, ast.expr))
