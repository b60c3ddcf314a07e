"""The checker's own evaluator: a formula in x on balls and on power series of flint, by a walk over its syntax tree.

Part of the independent checker (`recheck`): it imports nothing else of this project, on purpose, and so repeats in a
few lines what the certifier does in many. `range` encloses f on a ball. `series` gives f on a ball as a Taylor
polynomial of order 2 with enclosed coefficients, or None where the formula is not smooth there or flint has no series
for it. Whatever part of the formula has no finite real value takes the whole formula with it: 0 times log(-1) is not 0.

A text is small and what it asks for may be boundless, so length, depth and exponents have limits, parts without x are
computed once, and `look` is asked at every step whether there is time left.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from functools import reduce
from typing import Any

from flint import arb, arb_series

from uat.bounds.recheck_rules import (
    ALIASES,
    ARITIES,
    RANGES,
    RIMS,
    SERIES,
    Ball,
    NotSmoothError,
    Series,
    UndefinedError,
    arithmetic,
    whole_power,
)

LONGEST, DEEPEST = 10_000, 100  # of a statement and of its tree: Python's stack holds ten times as many calls
LONGEST_OF_ALL = 8_000_000
MOST_EXPONENT = 2**64  # a whole power is taken by squaring, and the exponents of flint's floats grow by 64 bits
MOST_POWER = 2**60  # of an exponent that is no constant: its whole numbers are exact at 128 bits

_TEXT = re.compile(
    r"(?:[\w .+\-*/%<>=!&|~(),]|'(?:-?0x[0-9a-f.]+p[+-]?\d{1,5}|-?inf|nan)')*", re.ASCII
)  # no comments, no strings
_PART = re.compile(r"\s*([A-Za-z_]\w*)\s*=(?!=)(.*)", re.ASCII | re.DOTALL)
_NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,9})?", re.ASCII)


class FormulaError(Exception):
    """The formula holds something that the checker does not know."""


class Formula:
    """A formula in x: numbers, pi, e, + - * / % **, comparisons, & | ~, where(), and the functions in `RANGES`.

    Parts may have names, as in ``t1 = sin(x); t1*t1``, floats may stand in hex('0x1.8p+3'), and given(c, a) is a where
    c holds and has no value elsewhere.

    ``clipped`` says, after `range` and `hull`, which arguments were cut off at the rim of a domain: the value is right
    if f is real there.
    """

    def __init__(self, text: str, look: Callable[[], None] = lambda: None) -> None:
        self.text, self.look = text, look
        self.clipped: set[str] = set()
        self._ends: tuple[Ball, Ball] = (arb(0), arb(0))
        self._constants: dict[int, Ball] = {}  # by the identity of nodes, which `parts` and `tree` keep alive
        self._truths: set[str] = set()  # the names of parts that are conditions
        self._values: dict[str, tuple[Any, set[str]]] = {}  # of the parts, on the ball at hand; None: undefined
        self.parts: list[tuple[str, ast.expr]] = []
        self._known = {"x", "hex", *_WORDS}
        if len(text) > LONGEST_OF_ALL:
            raise FormulaError(f"{_short(text)} is no formula of at most {LONGEST_OF_ALL} characters")
        *parts, last = text.split(";")
        for part in parts:
            match = _PART.fullmatch(part)
            name = match[1] if match else ""
            self.look()
            if match is None or name in self._known:
                raise FormulaError(f"{_short(part)} gives no name of its own to a part of the formula")
            tree = self._read(match[2])
            self.parts.append((name, tree))
            self._known.add(name)
            if self._is_truth(tree):
                self._truths.add(name)
        self.tree = self._read(last)

    def _read(self, text: str) -> ast.expr:
        self.source = text.strip()
        if len(text) > LONGEST or not _TEXT.fullmatch(text):
            raise FormulaError(f"{_short(text)} is no formula of at most {LONGEST} plain characters")
        try:
            tree = ast.parse(self.source, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise FormulaError(f"{_short(text)} is no formula") from None
        levels: list[list[ast.AST]] = [[tree]]
        while levels[-1]:
            levels.append([child for node in levels[-1] for child in ast.iter_child_nodes(node)])
            if len(levels) > DEEPEST + 3:  # an operator or a context is a node below its own
                raise FormulaError(f"{_short(text)} is nested more than {DEEPEST} deep")
        for level in reversed(levels):
            for node in level:
                self._prepare(node)
        return tree

    def _prepare(self, node: ast.AST) -> None:
        """Refuse an unknown name; of a part without x, whose own parts are prepared, keep the value."""
        if isinstance(node, ast.Name) and node.id not in self._known:
            raise FormulaError(f"the checker does not know {node.id!r}")
        if isinstance(node, ast.Constant) and type(node.value) is str:  # of hex(), which `_TEXT` alone lets through
            try:
                self._constants[id(node)] = arb(float.fromhex(node.value))
            except (OverflowError, ValueError):
                raise FormulaError(f"{node.value!r} is no float") from None
        elif isinstance(node, ast.Constant):
            literal = ast.get_source_segment(self.source, node) or ""
            if type(node.value) not in (int, float) or not _NUMBER.fullmatch(literal):
                raise FormulaError(f"{_short(literal)} is no decimal number")
            self._constants[id(node)] = arb(literal)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "hex":
            if len(node.args) != 1 or not isinstance(node.args[0], ast.Constant) or type(node.args[0].value) is not str:
                raise FormulaError("the checker knows hex() of a float in quotes only")
            self._constants[id(node)] = self._constants[id(node.args[0])]
        elif isinstance(node, (ast.BinOp, ast.UnaryOp, ast.Call)) and all(
            id(part) in self._constants for part in _parts(node)
        ):
            value = self._on(arb(0), arb(0), arb(0), node)
            if value.is_finite() and not self.clipped:
                self._constants[id(node)] = value
        elif isinstance(node, ast.Name) and node.id in ("pi", "e"):
            self._constants[id(node)] = arb.pi() if node.id == "pi" else arb.const_e()

    def range(self, x: Ball) -> Ball:
        """f on a ball; not finite where nothing is known."""
        self._evaluate_parts(x, x.lower(), x.upper(), False)
        return self._on(x, x.lower(), x.upper(), self.tree)

    def hull(self, low: Ball, high: Ball) -> Ball:
        """f on [low, high]."""
        self._evaluate_parts(low.union(high), low, high, False)
        return self._on(low.union(high), low, high, self.tree)

    def _evaluate_parts(self, x: Any, low: Ball, high: Ball, smooth: bool) -> None:
        """The parts with names, in their order: each once, and undefined only where it is used."""
        self._ends = (low, high)
        for name, tree in self.parts:
            self.clipped = set()
            try:
                value = self._truth(tree, x, smooth) if name in self._truths else self._number(tree, x, smooth)
                self._values[name] = (value, self.clipped)
            except (UndefinedError, NotSmoothError, ValueError, ZeroDivisionError) as error:
                self._values[name] = (error, set())

    def _named(self, name: str) -> Any:
        value, clipped = self._values[name]
        if isinstance(value, Exception):
            raise value
        self.clipped |= clipped
        return value

    def _on(self, x: Ball, low: Ball, high: Ball, node: ast.expr) -> Ball:
        self.clipped, self._ends = set(), (low, high)
        try:
            return self._number(node, x, False)
        except UndefinedError:
            return arb.nan()

    def _ends_of(self, node: ast.expr, ball: Ball) -> tuple[Ball, Ball]:
        """The ends of a part; those of x are known better than a ball holds them."""
        return self._ends if isinstance(node, ast.Name) and node.id == "x" else (ball.lower(), ball.upper())

    def _part(self, what: str, node: ast.expr, ball: Ball, least: int, most: int | None = None) -> tuple[Ball, Ball]:
        """The ends of an argument, cut off at the rim of a domain; undefined where it lies outside."""
        low, high = self._ends_of(node, ball)
        if not (high >= least and (most is None or low <= most)):
            raise UndefinedError
        if low < least:
            low = arb(least)
            self.clipped.add(f"the argument of {what} is >= {least}")
        if most is not None and high > most:
            high = arb(most)
            self.clipped.add(f"the argument of {what} is <= {most}")
        return low, high

    def series(self, x: Series) -> Series | None:
        """f on x = ball + t, to second order, or None."""
        ball = x[0]
        self._evaluate_parts(x, ball.lower(), ball.upper(), True)
        try:
            out = self._number(self.tree, x, True)
        except (UndefinedError, NotSmoothError, ValueError, ZeroDivisionError):  # flint: a quotient without a series
            return None
        return out if out[1].is_finite() else None

    def _number(self, node: ast.expr, x: Any, smooth: bool) -> Any:
        """The value of a part, a ball or a series, always finite."""
        constant = self._constants.get(id(node))
        if constant is not None:
            if not constant.is_finite():
                raise UndefinedError
            return arb_series([constant], 3) if smooth else constant
        self.look()
        value = self._value(node, x, smooth)
        if not (value[0] if smooth else value).is_finite():
            raise UndefinedError
        return value

    def _value(self, node: ast.expr, x: Any, smooth: bool) -> Any:
        match node:
            case ast.Name(id="x"):
                return x
            case ast.Name(id=name) if name in self._values and name not in self._truths:
                return self._named(name)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as op, operand=operand):
                value = self._number(operand, x, smooth)
                return -value if isinstance(op, ast.USub) else value
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self._power(left, right, x, smooth)
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right) if self._is_truth(left) and self._is_truth(
                right
            ):
                raise FormulaError("the checker wants | where two comparisons are added")
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() | ast.Mod() as op, right=right):
                return arithmetic(op, self._number(left, x, smooth), self._number(right, x, smooth), smooth)
            case ast.Call(func=ast.Name(id="where"), args=[condition, a, b], keywords=[]):
                return self._where(condition, a, b, x, smooth)
            case ast.Call(func=ast.Name(id="given"), args=[condition, a], keywords=[]):
                if self._truth(condition, x, smooth) is not True:
                    raise UndefinedError
                return self._number(a, x, smooth)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._call(ALIASES.get(name, name), arguments, x, smooth)
            case _ if self._is_truth(node):
                truth = self._truth(node, x, smooth)
                if truth is None and smooth:
                    raise NotSmoothError
                value = arb(0).union(arb(1)) if truth is None else arb(int(truth))
                return arb_series([value], 3) if smooth else value
        raise FormulaError(f"the checker does not know {type(node).__name__}")

    def _call(self, name: str, arguments: list[ast.expr], x: Any, smooth: bool) -> Any:
        if len(arguments) != ARITIES.get(name):
            raise FormulaError(f"the checker does not know {name!r} of {len(arguments)} arguments")
        if any(map(self._is_truth, arguments)):  # NumPy's functions keep some truth values, and make numbers of others
            raise FormulaError(f"the checker wants numbers, not comparisons, in {name}()")
        if smooth and name not in SERIES:
            raise NotSmoothError
        values = [self._number(argument, x, smooth) for argument in arguments]
        if smooth:
            return SERIES[name](*values)
        if name in RIMS:
            low, high = self._part(name, arguments[0], values[0], *RIMS[name])
            return RANGES[name](low).union(RANGES[name](high))
        if name == "xlogy" and values[1].contains(0) and ast.dump(arguments[0]) == ast.dump(arguments[1]):
            _, high = self._part("xlogy", arguments[1], values[1], 0)
            if high < arb("0.36"):  # t log t: below 1/e it falls from 0
                return arb(0).union(high * high.log()) if high > 0 else arb(0)
        return RANGES[name](*values)

    def _where(self, condition: ast.expr, a: ast.expr, b: ast.expr, x: Any, smooth: bool) -> Any:
        truth = self._truth(condition, x, smooth)
        if truth is not None:
            return self._number(a if truth else b, x, smooth)
        if smooth:
            raise NotSmoothError
        return self._number(a, x, smooth).union(self._number(b, x, smooth))

    def _truth(self, node: ast.expr, x: Any, smooth: bool) -> bool | None:
        """True, False, or None where the ball holds both; what is compared must be finite, as everywhere."""
        match node:
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                before, self.clipped = self.clipped, set()
                a, b = self._number(left, x, smooth), self._number(right, x, smooth)
                if self.clipped:  # NumPy finds nan < 1 false, and goes on with a number
                    raise UndefinedError
                self.clipped = before
                if isinstance(op, (ast.Gt, ast.GtE)):
                    a, b, left, right = b, a, right, left
                    op = ast.Lt() if isinstance(op, ast.Gt) else ast.LtE()
                if smooth:
                    a, b = a[0], b[0]
                (low_a, high_a), (low_b, high_b) = self._ends_of(left, a), self._ends_of(right, b)
                low, high = low_a - high_b, high_a - low_b
                if isinstance(op, ast.Lt):
                    return True if high < 0 else (False if low >= 0 else None)
                if isinstance(op, ast.LtE):
                    return True if high <= 0 else (False if low > 0 else None)
                if isinstance(op, (ast.Eq, ast.NotEq)):
                    equal = False if low > 0 or high < 0 else (True if low.is_zero() and high.is_zero() else None)
                    return equal if equal is None or isinstance(op, ast.Eq) else not equal
            case ast.BinOp(left=left, op=ast.BitAnd() | ast.BitOr() as op, right=right):
                both = [self._truth(left, x, smooth), self._truth(right, x, smooth)]
                decisive = isinstance(op, ast.BitOr)
                return decisive if decisive in both else (None if None in both else not decisive)
            case ast.UnaryOp(op=ast.Invert(), operand=operand):
                truth = self._truth(operand, x, smooth)
                return None if truth is None else not truth
            case ast.Name(id=name) if name in self._truths:
                known: bool | None = self._named(name)
                return known
        raise FormulaError("the checker wants a comparison where a condition stands")

    def _is_truth(self, node: ast.expr) -> bool:
        match node:
            case ast.BinOp(left=left, op=ast.Mult(), right=right):
                return self._is_truth(left) and self._is_truth(right)
            case ast.Call(func=ast.Name(id="where"), args=[_, a, b]):
                return self._is_truth(a) and self._is_truth(b)
            case ast.Compare() | ast.BinOp(op=ast.BitAnd() | ast.BitOr()) | ast.UnaryOp(op=ast.Invert()):
                return True
            case ast.Name(id=name):
                return name in self._truths
        return False

    def _power(self, left: ast.expr, exponent: ast.expr, x: Any, smooth: bool) -> Any:
        """Exponents that are one whole number, however they are written, take products; others a base that is >= 0."""
        base, c = self._number(left, x, smooth), self._number(exponent, x, smooth)
        size = c[0] if smooth else c
        if size.is_integer() and (not smooth or (c[1].is_zero() and c[2].is_zero())):
            if not abs(size) < MOST_EXPONENT:
                raise FormulaError("the checker takes no power beyond 2^64")
            return whole_power(base, int(size.unique_fmpz()), smooth)
        return (base.log() * c).exp() if smooth or base > 0 else self._power_at_zero(left, base, c)

    def _power_at_zero(self, left: ast.expr, base: Ball, c: Ball) -> Ball:
        """b^c for all b of a base that are not negative, and b^n of the others for all whole n of the exponent's.

        The powers with even n lie between those with the least and the largest even n, and so for odd ones.
        """
        low, high = self._ends_of(left, base)
        if not abs(c) < MOST_POWER:
            raise UndefinedError
        first, last = int(c.lower().ceil().unique_fmpz()), int(c.upper().floor().unique_fmpz())
        parts = []
        if high >= 0:  # monotone from 0^c = 0
            if not c > 0:
                raise UndefinedError
            parts.append(arb(0).union(high**c) if high > 0 else arb(0))
        if low < 0:
            self.clipped.add("the argument of a power that is not a whole number is >= 0")
            parts += [whole_power(base, n, False) for n in {first, first + 1, last - 1, last} if first <= n <= last]
        if not parts:
            raise UndefinedError
        return reduce(arb.union, parts)


def _short(text: str) -> str:
    return repr(text) if len(text) <= 60 else f"{text[:50]!r}... ({len(text)} characters)"


def _parts(node: ast.expr) -> list[ast.AST]:
    """The operands: what must be constant for the node to be so."""
    if isinstance(node, ast.Call):
        return list(node.args)
    return [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]


_WORDS = {"pi", "e", "where", "given", *RANGES, *ALIASES}
