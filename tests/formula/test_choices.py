"""Choices that leave no gap: np.piecewise and np.select whose conditions cover everything have no default."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

import uat
from tests.on_balls import on_balls
from uat.balls.intervals import Interval
from uat.balls.jets import Jet
from uat.formula.deciding import Cells, one_after_another
from uat.formula.node import Graph
from uat.formula.numpy_calls import lift
from uat.formula.traced import Traced
from uat.formula.tracing import Path


def covered_by(conditions: Any) -> bool:
    """Whether the conditions that a function of x gives cover everything."""
    path = Path(Graph(), Cells(-1.0, 1.0), ())
    places = [int(lift(path, condition).nodes) for condition in conditions(Traced.argument(path))]
    return any(path.graph.nodes[k] == ("truth", (), 1.0) for k in one_after_another(path.graph, places))


def line(u: Any) -> Any:
    return u


def one(u: Any) -> Any:
    return 1 + 0 * u


def minus(u: Any, a: float, b: float = 1.0) -> Any:
    return b - a * u


def changed(u: Any) -> Any:
    u *= 1.0
    return u


CONTINUOUS = {
    "two": lambda x: np.piecewise(x, [x < 1, x >= 1], [line, one]),
    "the other way round": lambda x: np.piecewise(x, [np.less_equal(1, x), np.greater(1, x)], [one, line]),
    "three": lambda x: np.piecewise(x, [x < -1, (x >= -1) & (x <= 1), x > 1], [lambda u: -1 + 0 * u, line, one]),
    "numbers": lambda x: np.piecewise(x, [x < -1, (x >= -1) & (x < 1), x >= 1], [-1, line, 1.0]),
    "a default": lambda x: np.piecewise(x, [x < -1, x > 1], [-1.0, 1.0, line]),
    "a default number": lambda x: np.piecewise(x, [np.abs(x - 1) > 1], [lambda u: np.abs(u - 1), 1]),
    "arguments": lambda x: np.piecewise(x, [x < 0, x >= 0], [minus, lambda u, a, b: b * one(u)], 2.0, b=3.0),
    "negation": lambda x: np.piecewise(x, [x < 1, ~(x < 1)], [line, one]),
    "or": lambda x: np.piecewise(x, [(x < 0) | (x > 1), (x >= 0) & (x <= 1)], [0.0, lambda u: u * (1 - u)]),
    "overlapping": lambda x: np.piecewise(x, [x < 1.5, x > 0.5], [line, line]),
    "unequal": lambda x: np.piecewise(x, [x == 1, x != 1], [one, line]),
    "changed": lambda x: np.piecewise(x, [x < 1, x >= 1], [changed, one]),
    "of an expression": lambda x: (lambda y: np.piecewise(y, [y < 1, y >= 1], [line, one]))(x * x),
    "NumPy's numbers": lambda x: np.piecewise(x, [x < np.float64(1), x >= np.int64(1)], [line, one]),
    "select": lambda x: np.select([x < 1, x >= 1], [x, 1 + 0 * x]),
    "select with a default": lambda x: np.select([x < -1, x < 1], [-1 + 0 * x, x], 1),
    "select of whole numbers": lambda x: np.select([x < 1, x >= 1], [3, 3]) * x,
}  # fmt: skip


@pytest.mark.parametrize("name", CONTINUOUS)
def test_as_documented_and_proven(name: str) -> None:
    f = CONTINUOUS[name]
    g = uat.interpolate(f, -2, 2.5, pieces=18)  # the kinks are knots
    c = uat.certify(f, g)
    x = np.linspace(-2, 2.5, 1801)
    seen = np.abs(f(x) - g(x)).max()
    assert c.proven, c.note
    assert seen - 1e-12 <= c.upper <= 1.02 * seen + 1e-12


def test_the_form_of_the_manual_is_approximated() -> None:
    r = uat.approximate(CONTINUOUS["two"], (0, 2), tol=0.01)
    assert r.certificate.proven
    assert r.certificate.upper <= 1e-4
    assert r.pieces == 2


@pytest.mark.parametrize(
    ("conditions", "covered"),
    [
        (lambda x: [x < 1, x >= 1], True), (lambda x: [x < 1, x > 1], False), (lambda x: [x <= 1, x > 1.0], True),
        (lambda x: [x < 1, x == 1, x > 1], True), (lambda x: [x < 1, 2 - x <= 1], False), (lambda x: [], False),
        (lambda x: [x < 1, x >= np.nextafter(1, 2)], False), (lambda x: [x != 1, x == 1], True),
        (lambda x: [x != 1], False), (lambda x: [x < 1, 1.0 * x >= 1], False), (lambda x: [x < x, x >= x], False),
        (lambda x: [(x < 1) ^ (x > 0), (x > 0) & (x < 1)], True), (lambda x: [(x < 1) * (x > 0), x <= 0, x >= 1], True),
        (lambda x: [(x < 1) + (x > 3), x >= 1], True), (lambda x: [np.where(x < 1, x < 1, x < 1), x >= 1], True),
        (lambda x: [x < np.inf, x >= np.inf], True), (lambda x: [x > 3, x < 1, x > -5], True),
        (lambda x: [(x < 1) & True, (x >= 1) | False], True), (lambda x: [x < 1, True], True),
        (lambda x: [~(x < 1), ~(x >= 1)], True), (lambda x: [x < 0.1, x >= Fraction(1, 10)], False),
    ],
)  # fmt: skip
def test_what_covers(conditions: Any, covered: bool) -> None:
    assert covered_by(conditions) == covered


def test_what_is_undefined_is_covered_by_nothing() -> None:
    for x in (Jet.variable(arb(-1, 0.5)), Interval(arb(-2), arb(-0.5))):
        for f in (
            lambda t: np.piecewise(np.log(t), [np.log(t) < 1, np.log(t) >= 1], [2.0, 3.0]),
            lambda t: np.select([np.log(t) < 1, np.log(t) >= 1], [t, 1 - t]),
        ):
            assert not on_balls(f, x).c0.is_finite()


@given(st.lists(st.tuples(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), st.integers(-2, 2)), max_size=4))
def test_cover_is_what_points_say(asked: list[tuple[str, int]]) -> None:
    signs: dict[str, Any] = {
        "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
        "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
    }  # fmt: skip
    points = np.arange(-3, 3.25, 0.25)
    everywhere = all(any(signs[s](t, b) for s, b in asked) for t in points)
    assert covered_by(lambda x: [signs[s](x, b) for s, b in asked]) == everywhere
