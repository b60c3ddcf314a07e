"""Which way a comparison goes on a domain, by plain float intervals on a few hundred cells.

Only the trace asks here, to save paths: what is decided is taken and kept in the formula as a guard, which is proven
elsewhere or not at all. So rounding is not looked at, and an operation without a rule may be anything. What a path has
taken for true already (x < 0.3) narrows the cells and drops those that are ruled out.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from uat.formula.node import Graph, Node, constant_value
from uat.formula.vocabulary import function

CELLS = 256  # a power of two: halvings of the domain fall on their ends
MOST_RANGES = 300_000  # a second or two; then nothing is decided any more
_Range = tuple[Any, Any]  # the lower and upper ends on all cells

_RISING = {
    "exp", "exp2", "expm1", "exp10", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "sinh", "tanh", "arcsin",
    "arctan", "arcsinh", "arccosh", "arctanh", "erf", "ndtr", "expit", "logit", "log_expit", "floor", "ceil", "trunc",
    "rint", "sign",
}  # fmt: skip
_FALLING = {"arccos", "erfc", "negative"}
_BOUNDED = {"sin", "cos", "sinc", "j0", "j1"}  # by 1


class Cells:
    """The cells of [a, b] that a path may still be on, and the ranges of nodes on them."""

    def __init__(self, a: float, b: float) -> None:
        ends = a + (b - a) * (np.arange(CELLS + 1) / CELLS)
        ends[-1] = b
        self.low, self.high = ends[:-1].copy(), ends[1:].copy()
        self._ranges: dict[int, _Range] = {}
        self._left = [MOST_RANGES]  # of one trace: shared by the copies

    def copy(self) -> Cells:
        out: Cells = object.__new__(Cells)
        out.low, out.high, out._ranges, out._left = self.low, self.high, {}, self._left
        return out

    def decided(self, nodes: Sequence[Node], place: int) -> bool | None:
        """Whether a truth value is the same on all cells."""
        if self._left[0] <= 0:
            return None
        low, high = self.range(nodes, place)
        if bool(np.all(low > 0)):
            return True
        return False if bool(np.all(high < 1)) else None

    def narrow(self, nodes: Sequence[Node], place: int, taken: bool) -> None:
        """Take a truth value for `taken`: cells that rule it out go, and x itself is cut where it is compared."""
        if self._left[0] <= 0:
            return
        before = self.low, self.high
        low, high = (np.broadcast_to(end, self.low.shape) for end in self.range(nodes, place))
        keep = high > 0 if taken else low < 1
        if keep.any() and not keep.all():  # else the ranges are too wide to tell
            self.low, self.high = self.low[keep], self.high[keep]
        less = as_less(nodes, place)
        if less is not None:
            left, right, holds = less
            holds = holds == taken
            if nodes[left].operation == "variable" and nodes[right].operation == "number":
                self._cut(float(nodes[right].value), below=holds)
            elif nodes[right].operation == "variable" and nodes[left].operation == "number":
                self._cut(float(nodes[left].value), below=not holds)
        if self.low is not before[0] or self.high is not before[1]:
            self._ranges = {}

    def _cut(self, at: float, *, below: bool) -> None:
        if below and (self.low <= at).any():
            keep = self.low <= at
            self.low, self.high = self.low[keep], np.minimum(self.high[keep], at)
        elif not below and (self.high >= at).any():
            keep = self.high >= at
            self.low, self.high = np.maximum(self.low[keep], at), self.high[keep]

    def range(self, nodes: Sequence[Node], place: int) -> _Range:
        """The ends of what a node may be on each cell."""
        waiting = [place]
        with np.errstate(all="ignore"):
            while waiting:
                at = waiting[-1]
                unknown = [k for k in nodes[at].operands if k not in self._ranges]
                if unknown:
                    waiting += unknown
                    continue
                waiting.pop()
                if at not in self._ranges:
                    self._ranges[at] = self._range(nodes[at])
                    self._left[0] -= 1
        return self._ranges[place]

    def _range(self, node: Node) -> _Range:
        operation = node.operation
        if operation == "variable":
            return self.low, self.high
        if not node.operands:
            value = np.float64(constant_value(node))
            return value, value
        parts = [self._ranges[k] for k in node.operands]
        if operation in _RISING or operation in _FALLING:
            ends = [function(operation)(end) for end in parts[0]]
            low, high = ends if operation in _RISING else ends[::-1]
        elif operation in _BOUNDED:
            low, high = -np.float64(1), np.float64(1)
        elif operation == "table":
            everywhere = node.value.beyond == "line"
            low = np.float64(-np.inf if everywhere else min(node.value.values))
            high = np.float64(np.inf if everywhere else max(node.value.values))
        elif operation in _RULES:
            low, high = _RULES[operation](*parts)
        else:
            low, high = -np.float64(np.inf), np.float64(np.inf)
        return np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)


def as_less(nodes: Sequence[Node], place: int) -> tuple[int, int, bool] | None:
    """A comparison as (left, right, holds): left < right holds, or does not (which for numbers is right <= left)."""
    node = nodes[place]
    match node.operation:
        case "less":
            return *node.operands, True  # type: ignore[return-value]  # two operands
        case "greater":
            return node.operands[1], node.operands[0], True
        case "less_equal":
            return node.operands[1], node.operands[0], False
        case "greater_equal":
            return *node.operands, False  # type: ignore[return-value]
    return None


def never_undefined(nodes: Sequence[Node], place: int) -> bool:
    """Whether a condition only compares the variable and finite numbers: elsewhere nan makes a third case."""
    waiting = [place]
    while waiting:
        node = nodes[waiting.pop()]
        if not (node.truth or node.operation == "variable" or (node.operation == "number" and np.isfinite(node.value))):
            return False
        waiting += node.operands
    return True


def one_after_another(graph: Graph, conditions: Sequence[int]) -> list[int]:
    """Conditions that are asked in turn, each only where those before it failed, as plainly as they can be asked then.

    Of x < 1 and x >= 1 the second is always true when it is asked: a choice between them has no third case, not even
    on a ball that decides neither. Where all of them ask how one and the same number lies to some constants, they are
    tried, exactly, at the constants, between and beyond them; others stay as they are.
    """
    asked: set[tuple[int, Fraction]] = set()
    if not all(_ask(graph.nodes, condition, asked) for condition in conditions) or len({k for k, _ in asked}) != 1:
        return list(conditions)
    ends = sorted({end for _, end in asked})
    between = [(low + high) / 2 for low, high in pairwise(ends)]
    open_ = [ends[0] - 1, *ends, *between, ends[-1] + 1]
    plain = []
    for condition in conditions:
        plain.append(_plainly(graph, condition, open_))
        open_ = [t for t in open_ if not _holds(graph.nodes, condition, t)]
    for condition, easier in zip(conditions, plain, strict=True):
        if graph.nodes[easier].operation != "truth":  # from here on the number is asked for, which may be undefined
            break
        if easier != condition and any(graph.nodes[k].operation != "variable" for k, _ in asked):
            return list(conditions)
    return plain


def _plainly(graph: Graph, place: int, points: Sequence[Fraction]) -> int:
    """A condition where only the points are possible."""
    held = {_holds(graph.nodes, place, t) for t in points}
    if len(held) < 2:
        return graph.truth(held != {False})
    node = graph.nodes[place]
    if node.operation not in ("logical_and", "logical_or"):
        return place
    parts = [_plainly(graph, k, points) for k in node.operands]
    known = [k for k in parts if graph.nodes[k].operation == "truth"]  # one that does not decide, if any
    rest = [k for k in parts if k not in known]
    return rest[0] if len(rest) == 1 else graph.add(node.operation, *parts)


def _ask(nodes: Sequence[Node], place: int, asked: set[tuple[int, Fraction]]) -> bool:
    """Note which number a condition compares with which; False where it is of another kind."""
    node = nodes[place]
    if node.operation.startswith("logical"):
        return all(_ask(nodes, k, asked) for k in node.operands)
    if node.operation == "truth":
        return True
    left, right = node.operands
    number, end = (left, right) if nodes[right].operation == "number" else (right, left)
    if nodes[end].operation != "number" or not math.isfinite(float(nodes[end].value)):
        return False
    asked.add((number, Fraction(nodes[end].value)))
    return True


def _holds(nodes: Sequence[Node], place: int, t: Fraction) -> bool:
    """A condition where the number that it asks about is t."""
    node = nodes[place]
    if node.operation == "truth":
        return bool(node.value)
    if node.operation.startswith("logical"):
        parts = [_holds(nodes, k, t) for k in node.operands]
        return not parts[0] if len(parts) == 1 else (all if node.operation == "logical_and" else any)(parts)
    values = [Fraction(nodes[k].value) if nodes[k].operation == "number" else t for k in node.operands]
    return bool(_COMPARE[node.operation](*values))


_COMPARE: dict[str, Callable[..., Any]] = {
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "equal": operator.eq,
    "not_equal": operator.ne,
}


def _corners(operation: Callable[..., Any]) -> Callable[[_Range, _Range], _Range]:
    def rule(a: _Range, b: _Range) -> _Range:
        corners = [operation(p, q) for p in a for q in b]
        low, high = corners[0], corners[0]
        for corner in corners[1:]:
            low, high = np.minimum(low, corner), np.maximum(high, corner)  # nan stays, and means anything
        return low, high

    return rule


def _divide(a: _Range, b: _Range) -> _Range:
    low, high = _corners(np.divide)(a, b)
    across = (b[0] <= 0) & (b[1] >= 0)
    return np.where(across, -np.inf, low), np.where(across, np.inf, high)


def _absolute(a: _Range) -> _Range:
    low, high = np.abs(a[0]), np.abs(a[1])
    across = (a[0] < 0) & (a[1] > 0)
    return np.where(across, 0.0, np.minimum(low, high)), np.maximum(low, high)


def _power(a: _Range, b: _Range) -> _Range:
    whole = bool(np.all(b[0] == b[1])) and bool(np.all(b[0] == np.rint(b[0])))
    if whole and bool(np.all(b[0] > 0)):
        return _corners(np.power)(_absolute(a) if bool(np.all(b[0] % 2 == 0)) else a, b)
    low, high = _corners(np.power)(a, b)
    outside = ~(a[0] > 0)
    return np.where(outside, -np.inf, low), np.where(outside, np.inf, high)


def _compared(sign: str) -> Callable[[_Range, _Range], _Range]:
    def rule(a: _Range, b: _Range) -> _Range:
        if sign == "equal":
            apart, same = (a[1] < b[0]) | (b[1] < a[0]), (a[0] == a[1]) & (b[0] == b[1]) & (a[0] == b[0])
            return same * 1.0, 1.0 - apart
        compare = getattr(np, sign)
        return compare(a[1], b[0]) * 1.0, compare(a[0], b[1]) * 1.0

    return rule


def _not(a: _Range) -> _Range:
    return 1.0 - a[1], 1.0 - a[0]


def _where(condition: _Range, a: _Range, b: _Range) -> _Range:
    yes, no = condition[0] > 0, condition[1] < 1
    low = np.where(yes, a[0], np.where(no, b[0], np.minimum(a[0], b[0])))
    return low, np.where(yes, a[1], np.where(no, b[1], np.maximum(a[1], b[1])))


def _swapped(rule: Callable[[_Range, _Range], _Range]) -> Callable[[_Range, _Range], _Range]:
    return lambda a, b: rule(b, a)


_RULES: dict[str, Callable[..., _Range]] = {
    "add": lambda a, b: (a[0] + b[0], a[1] + b[1]),
    "subtract": lambda a, b: (a[0] - b[1], a[1] - b[0]),
    "multiply": _corners(np.multiply),
    "divide": _divide,
    "absolute": _absolute,
    "power": _power,
    "maximum": lambda a, b: (np.maximum(a[0], b[0]), np.maximum(a[1], b[1])),
    "minimum": lambda a, b: (np.minimum(a[0], b[0]), np.minimum(a[1], b[1])),
    "where": _where,
    "given": lambda _, a: a,
    "less": _compared("less"),
    "less_equal": _compared("less_equal"),
    "greater": _swapped(_compared("less")),
    "greater_equal": _swapped(_compared("less_equal")),
    "equal": _compared("equal"),
    "not_equal": lambda a, b: _not(_compared("equal")(a, b)),
    "logical_and": lambda a, b: (a[0] * b[0], a[1] * b[1]),
    "logical_or": lambda a, b: (np.maximum(a[0], b[0]), np.maximum(a[1], b[1])),
    "logical_not": _not,
}
