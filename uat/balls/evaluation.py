"""A formula on jets and on intervals: a list of rules, run from left to right.

Constants, and parts that are made of constants alone, are enclosed once for each working precision. A number beside
+ - * stays the float that it is: flint takes it exactly, and without the work on slopes that are 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb, ctx

from uat._deadline import Deadline
from uat.balls.broken_lines import broken_line
from uat.balls.elementary import Arb, literal
from uat.balls.enclosure import Truth
from uat.balls.intervals import Interval
from uat.balls.jets import Jet
from uat.balls.operations import OPERATIONS
from uat.balls.precision import precision_of
from uat.formula import Formula
from uat.formula.node import Node, Table

_BESIDE_FLOATS = ("add", "subtract", "multiply")
_Step = tuple[int, Callable[..., Any], tuple[int, ...]]


def _table(table: Table) -> Callable[..., Any]:
    knots, values = np.array(table.knots), np.array(table.values)
    return lambda x: broken_line(x, knots, values, table.beyond)


class Program:
    """A formula of one variable on one kind of enclosure."""

    def __init__(self, formula: Formula, kind: type[Any]) -> None:
        self.kind, nodes = kind, formula.nodes
        self.size = len(nodes)
        self.constants: list[_Step] = []
        self.steps: list[_Step] = []
        self.leaves: list[tuple[int, Node]] = []
        self.variables: list[int] = []
        fixed: list[bool] = []  # whether a node is made of constants alone
        for place, node in enumerate(nodes):
            fixed.append(node.operation != "variable" and all(fixed[k] for k in node.operands))
            if node.operation == "variable":
                self.variables.append(place)
            elif not node.operands:
                self.leaves.append((place, node))
            else:
                operands = node.operands
                if node.operation in _BESIDE_FLOATS and not fixed[place]:  # floats stand behind the enclosures
                    operands = tuple(k + self.size if nodes[k].operation == "number" else k for k in operands)
                rule = OPERATIONS[node.operation] if node.operation != "table" else _table(node.value)
                step = (place, rule, operands)
                (self.constants if fixed[place] else self.steps).append(step)
        self._prepared: dict[int, list[Any]] = {}

    def __call__(self, x: Any) -> Any:
        prepared = self._prepared.get(ctx.prec)
        values = (self._prepare() if prepared is None else prepared).copy()
        for place in self.variables:
            values[place] = x
        for place, rule, operands in self.steps:
            if len(operands) == 1:
                values[place] = rule(values[operands[0]])
            elif len(operands) == 2:
                values[place] = rule(values[operands[0]], values[operands[1]])
            else:
                values[place] = rule(*[values[k] for k in operands])
        return values[self.size - 1]

    def _prepare(self) -> list[Any]:
        values: list[Any] = [None] * (2 * self.size)
        for place, node in self.leaves:
            if node.operation == "truth":
                values[place] = Truth(bool(node.value))
            elif node.operation == "decimal":
                values[place] = self.kind.constant(literal(str(node.value), ctx.prec))
            else:
                values[place] = self.kind.constant(arb(node.value))
                values[place + self.size] = node.value
        for place, rule, operands in self.constants:
            values[place] = rule(*[values[k] for k in operands])
        self._prepared[ctx.prec] = values
        return values


class NotProvableError(Exception):
    """Nothing can be proven of f: the sentence that says why."""


_FLOAT_BITS = 53
_SLACK = 64  # for functions whose float64 versions are not rounded correctly
_MOST_LOOKS = 1024  # values of the search that are compared with floats, at least where there are more


class FormulaOnBalls:
    """A formula on jets and on intervals; `reason` keeps the last sentence about a place where it had no enclosure,
    `assumed` what bounds from it took for granted.

    Every run looks at the `deadline` first: whatever asks for balls, and however often, ends in time.
    """

    def __init__(self, formula: Formula, deadline: Deadline | None = None) -> None:
        self.formula = formula
        self.deadline = Deadline() if deadline is None else deadline
        self.reason = ""
        self.assumed: set[str] = set()
        self.looked: list[float] = []  # where the search looked, or every so many of these places
        self._looks, self._every = 0, 1
        self._jet, self._interval = Program(formula, Jet), Program(formula, Interval)

    def jet(self, ball: Arb) -> Jet:
        """f, its slopes and its curvature on a ball; not finite where they are not known."""
        self.deadline.look()
        result: Jet = self._jet(Jet.variable(ball))
        return result

    def interval(self, low: float, high: float) -> Interval:
        """The range of f on [low, high]; not finite where it is not known, and then `reason` says why."""
        self.deadline.look()
        result: Interval = self._interval(Interval(arb(low), arb(high)))
        if result.reason:
            self.reason = result.reason
        return result

    def value(self, x: float) -> Arb:
        """f(x), enclosed: by a jet, or by the range on [x, x] where f has no slope."""
        value: Arb = self.jet(arb(x)).c0
        if not value.is_finite():
            value = self.interval(x, x).c0
        return value

    def roundings(self, x: float, slack: float = _SLACK) -> float:
        """What floats may lose at x: as much as balls of their precision do, up to a factor; infinite if unknown."""
        with precision_of(_FLOAT_BITS):
            rough = self.value(x)
        return slack * float(rough.rad()) if rough.is_finite() else math.inf

    def look(self, x: float) -> None:
        """Remember a place of the search: every one, or, of many, every so many."""
        self._looks += 1
        if self._looks % self._every == 0:
            self.looked.append(x)
        if len(self.looked) >= 2 * _MOST_LOOKS:
            self.looked, self._every = self.looked[1::2], 2 * self._every
