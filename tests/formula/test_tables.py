"""Broken lines on balls, against their own values in fractions; tables and networks as f."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from flint import arb, fmpq
from hypothesis import given
from hypothesis import strategies as st

import uat
from tests.on_balls import run_of
from uat import Formula
from uat.balls.broken_lines import broken_line
from uat.balls.intervals import Interval
from uat.balls.jets import Jet
from uat.balls.precision import working_precision
from uat.formula.tracing import NotTracedError

numbers = st.floats(-4, 4, allow_nan=False, allow_subnormal=False).map(lambda x: round(x, 3))


def exactly(x: Fraction, knots: Any, values: Any, outside: str) -> Fraction:
    """By hand: the cell that holds x, or what is agreed on beyond the knots."""
    k, v = [Fraction(t) for t in knots], [Fraction(t) for t in values]
    if outside == "clamp":
        x = min(max(x, k[0]), k[-1])
    i = max((i for i in range(len(k) - 1) if k[i] <= x), default=0)
    return v[i] + (x - k[i]) * (v[i + 1] - v[i]) / (k[i + 1] - k[i])


def ball(x: Fraction) -> Any:
    return arb(fmpq(x.numerator, x.denominator))


@given(
    st.lists(numbers, min_size=2, max_size=6, unique=True),
    st.lists(st.floats(-3, 3), min_size=6, max_size=6),
    st.lists(numbers, min_size=3, max_size=3, unique=True),
    st.sampled_from(["clamp", "line", "nan"]),
)
def test_what_is_promised_of_a_ball(knots: list[float], values: list[float], points: list[float], outside: str) -> None:
    """Values, difference quotients and second ones at points of the ball; a range that is attained at its ends."""
    knots, points = sorted(knots), sorted(points)
    k, v = np.array(knots), np.array(values[: len(knots)])
    if outside == "nan":
        points = [min(max(t, knots[0]), knots[-1]) for t in points]
    low, high = points[0], points[-1]
    at = sorted({*points, *(t for t in knots if low < t < high), (low + high) / 2})
    x = [Fraction(t) for t in at]
    y = [exactly(t, k, v, outside) for t in x]
    with working_precision(128):
        image = broken_line(Interval(arb(low), arb(high)), k, v, outside)
        assert image.low <= ball(min(y)) + arb(2) ** -100
        assert image.high >= ball(max(y)) - arb(2) ** -100
        assert abs(image.low - ball(min(y))) < 1e-30
        assert abs(image.high - ball(max(y))) < 1e-30
        middle = (arb(low) + arb(high)) / 2
        jet = broken_line(Jet.variable(arb(middle, (arb(high) - arb(low)) / 2)), k, v, outside)
        if outside == "nan" and not jet.c0.is_finite():
            return  # the ball sticks out
        for t, value in zip(x, y, strict=True):
            assert jet.c0.overlaps(ball(value)), t
        for i, j in combinations(range(len(x)), 2):
            if jet.c1.is_finite():
                assert jet.c1.overlaps(ball((y[j] - y[i]) / (x[j] - x[i])))
        if jet.c2.is_finite():
            assert jet.c2.is_zero()
            assert len({(y[j] - y[i]) / (x[j] - x[i]) for i, j in combinations(range(len(x)), 2)}) <= 1


def test_slopes_are_those_of_the_cells_that_are_touched() -> None:
    k, v = np.array([0.0, 1.0, 2.0, 4.0]), np.array([0.0, 1.0, -1.0, 3.0])
    for low, high, least, largest in (
        (0.25, 0.75, 1, 1),
        (0.5, 1.5, -2, 1),
        (1.25, 3.0, -2, 2),
        (3.0, 5.0, 0, 2),
        (4.5, 5, 0, 0),
    ):
        jet = broken_line(Jet.variable(arb((low + high) / 2, (high - low) / 2)), k, v, "clamp")
        assert abs(float(jet.c1.lower()) - least) < 1e-7
        assert abs(float(jet.c1.upper()) - largest) < 1e-7
        assert jet.c2.is_finite() == (least == largest)
    steep = broken_line(Jet.variable(arb(1.0, 1.0)), np.array([0.0, 1e-300, 2.0]), np.array([0.0, 1e300, 0.0]), "clamp")
    assert steep.c0.is_finite()
    assert not steep.c1.is_finite()


def test_beyond_the_knots() -> None:
    k, v = np.array([0.0, 1.0]), np.array([1.0, 3.0])
    for kind in (Jet.variable(arb(2.0)), Interval(arb(2), arb(2))):
        assert not broken_line(kind, k, v, "nan").c0.is_finite()
        assert broken_line(kind, k, v, "clamp").c0 == 3
        assert broken_line(kind, k, v, "line").c0 == 5
    assert not broken_line(Interval(arb(0.5), arb(1.5)), k, v, "nan").c0.is_finite()
    assert not broken_line(Jet.nowhere(), k, v, "clamp").c0.is_finite()


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.interp(x, [0, 1, 1], [0, 1, 2]), lambda x: np.interp(x, [1, 0], [0, 1]),
        lambda x: np.interp(x, [0, 1], [0, 1], left=3), lambda x: np.interp(x, [0, 1], [0, 1], period=2),
        lambda x: np.interp(0.5, [0, 1], x), lambda x: np.interp(0.5, [0, x], [0, 1]),
        lambda x: np.interp(np.ones(2) * x, [0, 1], [0, 1]), lambda x: np.interp(x, [0], [1]),
    ],
)  # fmt: skip
def test_tables_without_a_rule(f: Any) -> None:
    with pytest.raises(NotTracedError):
        Formula.trace(f, (0, 1))


P = uat.interpolate(np.sin, 0, 6, pieces=60)
AS_F = {
    "a table": P,
    "its network": uat.ReluNet.from_piecewise(P),
    "np.interp": lambda x: np.interp(x, P.knots, P.values),
    "np.interp of a formula": lambda x: np.interp(x * x / 6, P.knots, P.values),
    "np.interp beyond its knots": lambda x: np.interp(3 * x - 6, P.knots, P.values),
    "in a formula": lambda x: np.exp(-P(x)) + x,
    "continued": lambda x: P(x + 3, extrapolate=True),
    "an MLP": uat.MLP.initialize([1, 6, 5, 1], activation="tanh", rng=1),
    "a ReLU MLP": uat.ReluNet.from_piecewise(uat.interpolate(np.cos, 0, 6, pieces=5)).to_mlp(),
}  # fmt: skip


@pytest.mark.parametrize("name", AS_F)
def test_tables_and_networks_are_approximated(name: str) -> None:
    f = AS_F[name]
    g = uat.interpolate(f, 0, 6, pieces=24)
    c = uat.certify(f, g)
    x = np.linspace(0, 6, 2401)
    seen = np.abs(f(x) - g(x)).max()
    assert c.proven, c.note
    assert seen <= c.upper * (1 + 1e-9) + 1e-14
    assert c.lower <= seen * 1.01 + 1e-12


def test_a_table_is_reduced_with_proof() -> None:
    n = uat.narrowest(P, (0, 6), tol=0.02)
    assert n.minimal
    assert n.certificate.proven
    assert uat.narrowest((P.knots, P.values), tol=0.02).pieces <= n.pieces


def test_outside_of_its_domain_a_table_is_not_proven() -> None:
    with pytest.warns(uat.NotProvenWarning):
        assert not uat.certify(lambda x: P(x + 1), (0.0, 0.0), (0, 5.5)).proven
    truth = run_of(lambda x: P(np.where(x > 3, 2, 1)) + 0 * x)
    assert abs(float(truth.value(4.0)) - P(2.0)) < 1e-15
    assert abs(float(truth.value(1.0)) - P(1.0)) < 1e-15


@pytest.mark.parametrize(
    "text",
    ["interp(x, (0, 1), (2, 3))", "sin(interp_line(x*x, (-1, 0.5, 2), (0, -1, 1)))", "interp_nan(x, (0, 4), (1, 2))"],
)
def test_tables_in_a_text(text: str) -> None:
    f = Formula(text)
    assert Formula(str(Formula._made(f.nodes, f.variables))) == f
    x = np.linspace(-1, 5, 13)
    twin = {
        "interp(": lambda t: np.interp(t, [0, 1], [2, 3]),
        "sin(": lambda t: np.sin(uat.PiecewiseAffine([-1, 0.5, 2], [0, -1, 1])(t * t, extrapolate=True)),
        "interp_nan(": lambda t: uat.PiecewiseAffine([0, 4], [1, 2])(t),
    }[text[: text.index("(") + 1]]
    np.testing.assert_allclose(f(x), twin(x), rtol=1e-15)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("interp(x, (0, 1))", r"give interp a number, the knots and the values"),
        ("interp(x, 0, 1)", "the knots and the values"),
        ("interp(x, (0, x), (1, 2))", "floats as knots and values"),
        ("interp(x, (0, 0.1), (1, 2))", "floats as knots and values"),
        ("interp(x, (1, 0), (1, 2))", "increase strictly"),
        ("interp(x, (0, 1), (1, 2, 3))", "as many values as knots"),
    ],
)
def test_texts_that_are_no_tables(text: str, sentence: str) -> None:
    with pytest.raises(uat.InputError, match=sentence):
        Formula(text)


def test_a_long_table_is_one_node() -> None:
    p = uat.interpolate(np.sin, 0, 6, pieces=2000)
    f = Formula.trace(lambda x: p(x) ** 2, (0, 6))
    assert len(f.nodes) == 4
    assert Formula(str(f)) == f


def quadratic_table(x: Any) -> Any:
    return 2 * np.interp(x, [0, 1, 2, 3], [0, 1, 4, 9.0]) + 1


@pytest.mark.parametrize("f", [quadratic_table, uat.interpolate(np.exp, 0, 3, pieces=7)])
@pytest.mark.parametrize("tube", [{"tol": 0.05, "side": "under"}, {"tol": 0.05, "side": "over"}, {"rtol": 0.01}])
def test_tables_within_tubes_of_every_kind(f: Any, tube: dict[str, Any]) -> None:
    """A formula that is called by code that is traced: its tables go along with their numbers."""
    r = uat.narrowest(f, (0, 3), **tube)
    assert r.proven
    x = np.linspace(0, 3, 3001)
    gap = r.piecewise(x) - f(x)
    room = tube.get("tol", 0.01 * np.abs(f(x)))
    assert (gap <= (0 if tube.get("side") == "under" else room) + 1e-14).all()
    assert (gap >= (0 if tube.get("side") == "over" else -room) - 1e-14).all()


@pytest.mark.parametrize("part", ["knots", "values"])
def test_a_table_that_floats_do_not_tell_apart_says_so(part: str) -> None:
    knots, values = ([2**60, 2**60 + 1], [0, 1]) if part == "knots" else ([0, 1], [0, np.nan])
    sentence = "increase strictly, but as float64 1.15" if part == "knots" else "must be finite, but one of them is nan"
    with pytest.raises(NotTracedError, match=sentence):
        Formula.trace(lambda x: np.interp(x, knots, values), (0, 1))
