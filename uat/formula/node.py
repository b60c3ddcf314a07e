"""A formula: an immutable graph of named operations on numbers and one variable (or several).

The graph is a list in which every node comes after its operands, each thing once: equal parts are one node. In this
order (the order in which a walk from the root meets their ends) two formulas are equal exactly when their lists are.
What evaluates, prints, encloses or checks a formula goes through the list from left to right, so depth costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from uat._checks import Floats, InputError, abscissae
from uat.formula.vocabulary import CONSTANTS, OPERATIONS, function

MOST_NODES = 2_000_000  # some 300 MB


class Table(NamedTuple):
    """A broken line: its knots, strictly increasing, its values, and what it is beyond: "clamp" (constant, as np.interp
    is), "line" (the end pieces go on) or "nan" (undefined)."""

    knots: tuple[float, ...]
    values: tuple[float, ...]
    beyond: str

    def __call__(self, x: Any) -> Any:
        knots, values = np.array(self.knots), np.array(self.values)
        y = np.interp(x, knots, values)
        if self.beyond == "line":
            for end, inner, outside in ((0, 1, x < knots[0]), (-1, -2, x > knots[-1])):
                slope = (values[end] - values[inner]) / (knots[end] - knots[inner])
                y = np.where(outside, values[end] + slope * (x - knots[end]), y)
        return np.where((x < knots[0]) | (x > knots[-1]), np.nan, y) if self.beyond == "nan" else y


class Node(NamedTuple):
    """An operation of `vocabulary` on earlier nodes; or, without operands, one of

    "variable", its number; "number", a float64, the binary fraction that it is; "decimal", the text of a decimal
    fraction that no float64 is, or "pi" or "e"; "truth", 1 or 0. A "table" has a `Table` as its value.

    Truth values stand only where conditions do: as operands of & | ^ ~, and first in "where" and "given".
    """

    operation: str
    operands: tuple[int, ...] = ()
    value: Any = 0.0

    @property
    def truth(self) -> bool:
        """Whether its value is a truth value."""
        return self.operation == "truth" or (self.operation in OPERATIONS and OPERATIONS[self.operation].truth)


class Graph:
    """A list of nodes that grows: `add` returns the place of a node, the same for equal ones."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.entries = 0  # of arrays that a trace went through one by one
        self._places: dict[tuple[Any, ...], int] = {}

    def add(self, operation: str, *operands: int, value: Any = 0.0) -> int:
        if isinstance(value, float):  # -0.0 is the real number 0, and there is one nan, equal to itself
            value = math.nan if math.isnan(value) else value + 0.0
        key = (operation, operands, value)  # a Node equals the tuple of its fields
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = len(self.nodes)
            self.nodes.append(Node(operation, operands, value))
        return place

    def number(self, value: float) -> int:
        return self.add("number", value=float(value))

    def negative(self, place: int) -> int:
        """A number with the other sign: -3 is a number, not an operation on one."""
        node = self.nodes[place]
        return self.number(-float(node.value)) if node.operation == "number" else self.add("negative", place)

    def truth(self, value: bool) -> int:
        return self.add("truth", value=float(value))

    def table(self, x: int, knots: Any, values: Any, beyond: str) -> int:
        """A broken line of floats at a number."""
        k, v = (tuple(float(t) for t in part) for part in (knots, values))
        if not len(k) == len(v) > 1:
            raise InputError(f"a table must have as many values as knots, two or more, not {len(v)} at {len(k)}.")
        if (bad := next((t for t in k + v if not math.isfinite(t)), None)) is not None:
            raise InputError(f"the knots and values of a table must be finite, but one of them is {bad}.")
        if (pair := next(((p, q) for p, q in pairwise(k) if not p < q), None)) is not None:
            raise InputError(
                f"the knots of a table must increase strictly, but as float64 {pair[0]!r} is followed by {pair[1]!r}."
            )
        return self.add("table", x, value=Table(k, v, beyond))

    def as_number(self, place: int) -> int:
        """A truth value as the number 1 or 0; a number as it is."""
        node = self.nodes[place]
        if node.operation == "truth":
            return self.number(node.value)
        return self.add("where", place, self.number(1.0), self.number(0.0)) if node.truth else place

    def formula(self, root: int, variables: Sequence[str] = ("x",)) -> Formula:
        """What the node at `root` says, with the nodes that it needs, in their one order."""
        return Formula._made(_reached(self.nodes, root), tuple(variables))


def _reached(nodes: Sequence[Node], root: int) -> tuple[Node, ...]:
    places: dict[int, int] = {}
    order: list[Node] = []
    stack = [root]
    while stack:
        at = stack[-1]
        waiting = [k for k in nodes[at].operands if k not in places]
        if at in places or not waiting:
            stack.pop()
            if at not in places:
                places[at] = len(order)
                node = nodes[at]
                order.append(node._replace(operands=tuple(places[k] for k in node.operands)))
        else:
            stack += reversed(waiting)
    return tuple(order)


def exact_decimal(text: str) -> float | None:
    """The float64 that a decimal literal is, or None where it is between two."""
    number = float(text)
    return number if math.isfinite(number) and len(text) < 800 and Decimal(text) == Decimal(number) else None


@dataclass(frozen=True, eq=False, slots=True, repr=False, init=False)
class Formula:
    """What f is: a graph of named operations.

    Parameters
    ----------
    text : a formula in the variable, such as "sin(x)/x" or "where(x < 0, -x, sqrt(x))". It may contain decimal numbers,
        pi and e, the functions of the vocabulary, ``+ - * / % **``, comparisons joined by ``& | ~`` (they count 1 or 0
        where a number is needed), ``where(condition, a, b)``, ``given(condition, a)`` (a where the condition holds,
        else undefined), broken lines ``interp(x, (0, 1), (2, 3))`` by knots and values (constant beyond them, as
        np.interp; interp_line goes on, interp_nan is undefined there), exact floats as ``hex("0x1.8p+3")``, and parts
        with a name: ``t1 = sin(x); t1*t1``. At most `parsing.LONGEST` characters a statement (tables apart).
    variable : a name, neither a constant's nor a function's; or several, for a function of several numbers.

    Call
    ----
    ``F(x)``: a number gives a float, an array (any shape) a float64 array of its shape, also where the formula is
    constant; a formula of d variables takes (..., d) and gives (...). nan and inf come without a warning, for the
    caller to judge.

    ``Formula.trace(f, (a, b))`` records code. ``str(F)`` is a text that gives an equal formula, ``F.to_latex()`` its
    LaTeX. Two formulas are equal when they are the same graph, in the same variables. Nothing of the code is kept: a
    pickle holds the text, or the graph of what was traced.

    Raises InputError, in one sentence, for any other text, and for an x that is not real.

    Accuracy: rounding, that of NumPy's and SciPy's functions in float64. What the *real* function is, to which proofs
    refer: decimals are decimal fractions, "number" nodes are the binary fractions that they are, functions are exact.

    >>> Formula("sin(x)/x")(np.array([0.5, 1.0]))
    array([0.95885108, 0.84147098])
    >>> F = Formula.trace(lambda x: -x if x < 0 else 0.1 * np.sqrt(x), (-1, 1))
    >>> print(F)
    where(x < 0, -x, hex('0x1.999999999999ap-4')*sqrt(x))
    >>> F(0.25), Formula(str(F)) == F
    (0.05, True)
    >>> print(Formula("sqrt(x) + x**2").to_latex())
    \\sqrt{x} + x^{2}
    """

    nodes: tuple[Node, ...]
    variables: tuple[str, ...]
    text: str

    def __init__(self, text: str, variable: str | Sequence[str] = "x") -> None:
        from uat.formula import parsing

        read = parsing.read(text, variable)
        for name in ("nodes", "variables"):
            object.__setattr__(self, name, getattr(read, name))
        object.__setattr__(self, "text", " ".join(text.split()).replace('"', "'"))

    @classmethod
    def _made(cls, nodes: tuple[Node, ...], variables: tuple[str, ...], text: str = "") -> Formula:
        made = object.__new__(cls)
        object.__setattr__(made, "nodes", nodes)
        object.__setattr__(made, "variables", variables)
        object.__setattr__(made, "text", text)
        return made

    @classmethod
    def trace(cls, f: Callable[[Any], Any], domain: Any) -> Formula:
        """The formula that the code of f shows on a domain (a, b): f is run on a tracer, once for each outcome of the
        branches that it takes on x. See `uat.formula.tracing`, which says what is followed and what is refused."""
        from uat.formula import tracing

        return tracing.trace(f, domain)

    def __call__(self, x: Any) -> Any:
        if (graft := getattr(type(x), "graft", None)) is not None:  # code that is being traced calls this formula
            return graft(x, self)
        points = np.asarray(abscissae(x), dtype=np.float64)
        if len(self.variables) > 1:
            if points.shape[-1:] != (len(self.variables),):
                raise InputError(
                    f"`x` must have {len(self.variables)} coordinates along its last axis, "
                    f"but has shape {points.shape}."
                )
            columns = [points[..., k] for k in range(len(self.variables))]
        else:
            columns = [points]
        with np.errstate(all="ignore"):
            values = _evaluated(self.nodes, columns)
        if isinstance(x, (float, int, np.number)):
            return float(values)
        return np.array(np.broadcast_to(values, columns[0].shape), dtype=np.float64)

    def __str__(self) -> str:
        from uat.formula import printing

        return self.text or printing.text(self)

    def __repr__(self) -> str:
        named = (
            ""
            if self.variables == ("x",)
            else f", {self.variables[0]!r}"
            if len(self.variables) == 1
            else f", {self.variables!r}"
        )
        text = str(self)
        return f"Formula({text if len(text) <= 200 else text[:197] + '...'!r}{named})"

    def to_latex(self) -> str:
        """The formula in LaTeX's mathematics, without dollar signs; parts that occur twice get names."""
        from uat.formula import printing

        return printing.latex(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Formula):
            return NotImplemented
        return (self.nodes, self.variables) == (other.nodes, other.variables)

    def __hash__(self) -> int:
        return hash((self.nodes, self.variables))

    def __reduce__(self) -> tuple[Any, ...]:
        if self.text or any(node.value is math.nan for node in self.nodes):
            return Formula, (str(self), self.variables)
        return Formula._made, (self.nodes, self.variables, self.text)


def _evaluated(nodes: Sequence[Node], columns: list[Floats]) -> Any:
    """The last node in float64, by NumPy's functions; an array is let go after its last use."""
    last = {k: place for place, node in enumerate(nodes) for k in node.operands}
    values: list[Any] = [None] * len(nodes)
    for place, node in enumerate(nodes):
        operation = node.operation
        if operation in OPERATIONS:
            compute = node.value if operation == "table" else function(operation)
            values[place] = compute(*[values[k] for k in node.operands])
            for k in node.operands:
                if last[k] == place and nodes[k].operands:
                    values[k] = None
        elif operation == "variable":
            values[place] = columns[int(node.value)]
        else:
            values[place] = constant_value(node)
    return values[-1]


def constant_value(node: Node) -> Any:
    """A node without operands as NumPy would meet it: a float or a truth value."""
    if node.operation == "decimal":
        return CONSTANTS.get(str(node.value)) or float(node.value)
    return bool(node.value) if node.operation == "truth" else node.value
