"""Enclosures contain: every rule, random formulas, and what must be refused."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import oracles_bounds as oracle
from tests.on_balls import on_balls
from uat import Formula
from uat.balls.elementary import literal
from uat.balls.intervals import Interval
from uat.balls.jets import Jet
from uat.balls.operations import OPERATIONS as RULES
from uat.balls.precision import working_precision
from uat.formula.vocabulary import OPERATIONS, operation_of

TOLERANCE = mpmath.mpf(10) ** -25  # the oracle rounds at 60 digits, and a square root at 0 halves them


@pytest.fixture(autouse=True)
def precision() -> Any:
    with working_precision(64), mpmath.workdps(oracle.DIGITS):
        yield


def exact(x: Any) -> Any:
    """A finite end of a ball as an mpmath number."""
    mantissa, exponent = x.man_exp()
    return mpmath.mpf(int(mantissa)) * mpmath.mpf(2) ** int(exponent)


def holds(ball: Any, number: Any, slack: Any = 0) -> bool:
    """Whether the ball contains the number; a ball that knows nothing contains everything."""
    if not ball.is_finite():
        return True
    slack = slack + TOLERANCE * (1 + abs(number))
    return exact(ball.lower()) - slack <= number <= exact(ball.upper()) + slack


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False, allow_subnormal=False)


def check_jet(jet: Jet, f: Any, points: list[float]) -> None:
    """The three promises of a jet, at three points of its ball: values, first and second divided differences."""
    x = [mpmath.mpf(p) for p in sorted(points)]
    y = [f(p) for p in x]
    for value in y:
        assert holds(jet.c0, value)
    if not (x[0] < x[1] < x[2]) or min(x[1] - x[0], x[2] - x[1]) < 1e-6:
        return
    noise = mpmath.mpf(10) ** -22 * (1 + max(map(abs, y)))
    first = [(y[1] - y[0]) / (x[1] - x[0]), (y[2] - y[1]) / (x[2] - x[1])]
    assert all(holds(jet.c1, quotient, noise) for quotient in first)
    assert holds(jet.c2, (first[1] - first[0]) / (x[2] - x[0]), noise * 10**7)


@pytest.mark.parametrize("name", sorted(oracle.UNARY))
@settings(max_examples=25)
@given(data=st.data())
def test_every_rule_contains(name: str, data: st.DataObject) -> None:
    on_numpy, on_mpmath, (low, high) = oracle.UNARY[name]
    points = [data.draw(numbers(low, high)) for _ in range(3)]
    left, right = min(points), max(points)
    middle = left + (right - left) / 2
    radius = np.nextafter(max(right - middle, middle - left), np.inf)
    check_jet(on_numpy(Jet.variable(arb(middle, radius))), on_mpmath, points)
    image = on_numpy(Interval(arb(left), arb(right)))
    for x in points:
        value = on_mpmath(mpmath.mpf(x))
        assert holds(image.low.union(image.high), value)
    # and tight: a rule that answers "anything" must not pass
    x = points[0]
    at = on_numpy(Jet.variable(arb(x)))
    assert at.c0.is_finite()
    assert float(at.c0.rad()) <= 1e-15 * (1 + abs(float(at.c0)))
    if name != "abs" or x:
        assert at.c1.is_finite()
        assert at.c2.is_finite()
    if name == "abs":
        return
    middle = (low + high) / 2  # and right: the coefficients at a point, against mpmath's derivatives
    at = on_numpy(Jet.variable(arb(middle)))
    for n, ball in ((1, at.c1), (2, at.c2)):
        number = mpmath.diff(on_mpmath, middle, n) / mpmath.factorial(n)
        assert abs(exact(ball.mid()) - number) <= 1e-12 * (1 + abs(number))


def test_the_rules_are_all_tested() -> None:
    """Every operation of a formula has a rule, and every rule of one number is among those above."""
    assert {*RULES, "table"} == set(OPERATIONS)
    tested = {operation_of(f) for f, *_ in oracle.UNARY.values()} | {operation_of(f) for f, _ in oracle.STEPS.values()}
    elsewhere = {"rint", "negative", "logical_not", "sinc", "exp10", "table"}
    assert {name for name, row in OPERATIONS.items() if row.arity == 1} - tested - elsewhere == set()


@settings(max_examples=250)
@given(formula=oracle.formulas(), points=st.lists(numbers(-3, 3), min_size=3, max_size=3))
def test_random_formulas_contain(formula: oracle.RandomFormula, points: list[float]) -> None:
    left, right = min(points), max(points)
    middle = left + (right - left) / 2
    radius = np.nextafter(max(right - middle, middle - left), np.inf)
    try:
        values = [formula.on_mpmath(mpmath.mpf(x)) for x in points]
    except (ZeroDivisionError, ValueError, OverflowError, mpmath.libmp.NoConvergence):
        return  # f is not defined at one of the points
    if any(isinstance(v, mpmath.mpc) or not mpmath.isfinite(v) or abs(v) > 1e30 for v in values):
        return
    check_jet(on_balls(formula.on_numpy, Jet.variable(arb(middle, radius))), formula.on_mpmath, points)
    image = on_balls(formula.on_numpy, Interval(arb(left), arb(right)))
    assert all(holds(image.low.union(image.high), value) for value in values)


@pytest.mark.parametrize("a", [3, 0.1, np.float64(-2.5), np.int64(7)])
@pytest.mark.parametrize("how", ["x+a", "a+x", "x-a", "a-x", "x*a", "a*x", "x/a", "a/x", "a**x", "x**a"])
def test_constants_on_either_side(how: str, a: Any) -> None:
    def f(x: Any, c: Any) -> Any:
        y = 2 * x * x + x
        table = {"+": lambda p, q: p + q, "-": lambda p, q: p - q, "*": lambda p, q: p * q, "/": lambda p, q: p / q}
        table["**"] = lambda p, q: p**q
        sign = how.strip("xa")
        return table[sign](y, c) if how.startswith("x") else table[sign](c, y)

    if how == "a**x" and a < 0:
        return
    points = [0.40625, 0.4375, 0.453125]
    jet = f(Jet.variable(arb(0.4375, 0.03125)), a)
    assert jet.c2.is_finite()
    check_jet(jet, lambda x: f(x, mpmath.mpf(float(a))), points)
    point = f(Jet.variable(arb(0.4375)), a)
    exactly = [mpmath.diff(lambda x: f(x, mpmath.mpf(float(a))), 0.4375, n) / mpmath.factorial(n) for n in range(3)]
    for ball, number in zip((point.c0, point.c1, point.c2), exactly, strict=True):
        assert abs(exact(ball.mid()) - number) <= 1e-12 * (1 + abs(number))


@settings(max_examples=60)
@given(x=numbers(-20, 20), width=st.sampled_from([0.0, 0.25, 0.5, 1.0, 2.5]))
@pytest.mark.parametrize("step", [np.floor, np.ceil, np.trunc, np.rint, np.sign])
def test_steps_contain(step: Any, x: float, width: float) -> None:
    low, high = np.round(x * 4) / 4, np.round(x * 4) / 4 + width
    for point in (low, high, (low + high) / 2):
        assert step(Interval(arb(low), arb(high))).c0.contains(arb(step(point)))
        if width:
            assert step(Jet.variable(arb((low + high) / 2, width / 2))).c0.contains(arb(step(point)))


def test_a_straddling_where_counts_both_branches() -> None:
    x = Jet.variable(arb(0, 1))
    both = on_balls(lambda x: np.where(x > 0, 5.0, -7.0 + 0 * x), x)
    assert both.c0.contains(5)
    assert both.c0.contains(-7)
    assert not both.c1.is_finite()
    one = on_balls(lambda x: np.where(x > -2, x, 100.0), x)
    assert one.c0.contains(1)
    assert not one.c0.contains(2)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.select([x < 0.2, x < 0.4], [x, 2 * x], 3 * x),
        lambda x: np.piecewise(x, [x < 0.3, x >= 0.3], [lambda t: -t, lambda t: t**2]),
        lambda x: np.piecewise(x, [x < 0.2], [1.0, lambda t: t]),
        lambda x: np.clip(x, 0.25, 0.35),
        lambda x: np.clip(x, None, 0.35),
        lambda x: np.polyval([1, -2, 3], x),
        lambda x: np.polynomial.polynomial.polyval(x, [1, 2, 3]),
        lambda x: np.polynomial.Polynomial([1, 2, 3])(x),
        lambda x: np.polynomial.Chebyshev([1.0, 2, 3])(x),
        lambda x: np.sin(np.asarray(x)) + 1,
        lambda x: np.sum(np.array([1.0, 2.0]) * np.sin(np.array([1.0, 2.0]) * x)),
        lambda x: (x > 0.3) * x + (x <= 0.3) * 2,
        lambda x: np.where((x > 0.1) & (x < 0.3) | ~(x < 0.9), x, 1 - x),
        lambda x: np.heaviside(x - 0.3, 0.5),
        lambda x: np.float64(2.0) * x + np.float32(0.5) - np.int64(3),
        lambda x: 1.5 - x,
        lambda x: 2.0**x,
        lambda x: 2 / x,
        lambda x: x**0.3 + x**-2 + x**-1.5 + x**0 + x**1,
        lambda x: x % 0.25 + x // 0.3 + np.fmod(x, 0.2),
        lambda x: np.round(x, 1) + np.full_like(x, 2.0) + np.ones_like(x) + np.zeros_like(x),
        lambda x: scipy.special.xlogy(x, x) + scipy.special.xlog1py(x, x) + scipy.special.entr(x),
        lambda x: scipy.special.xlogy(2.0, x) + scipy.special.xlogy(x, 2.0),
        lambda x: np.fmax(x, 0.3) + np.fmin(0.2, x) + abs(-x) + np.fabs(x),
        lambda x: np.select([x > 0.5, x > 0.25], [2 * x, x]) + np.piecewise(x, [x > 0.25], [3.0, lambda t: 2 * t]),
        lambda x: np.round(7 * x, 1) + np.round(100 * x, -1) + np.polyval([x, x + 1], x),
        lambda x: np.maximum(x > 0.2, 2 * x) + (x > 0.2) / 4 + 2.0 ** (x > 0.2) + (x > 0.2) ** 2.0,
    ],
)
@pytest.mark.parametrize(("low", "high"), [(0.21, 0.22), (0.2, 0.3), (0.3, 0.5)])
def test_numpy_idioms_agree_with_floats(f: Any, low: float, high: float) -> None:
    for x in np.linspace(low, high, 7):
        value = float(np.asarray(f(np.array([x]))).reshape(-1)[0])
        for ball in (Jet.variable(arb((low + high) / 2, (high - low) / 2 + 1e-17)), Interval(arb(low), arb(high))):
            image = on_balls(f, ball)
            assert image.c0.is_finite()
            assert float(image.c0.lower()) - 1e-12 <= value <= float(image.c0.upper()) + 1e-12


def test_undefined_is_not_finite_never_wrong() -> None:
    low = Interval(arb(-2), arb(-1))
    for f in (np.sqrt, np.log, np.arccosh, lambda x: x**0.5, lambda x: 1 / (x + 1.5)):
        assert not f(low).low.is_finite()
        assert f(low).reason
        assert not f(Jet.variable(arb(-1.5, 0.5))).c0.is_finite()
    assert not (0 * np.log(Jet.variable(arb(-1.5, 0.5)))).c0.is_finite()


def test_what_overestimation_pushed_out_of_the_domain_is_said() -> None:
    x = Interval(arb(0), arb(0.5))
    assert np.sqrt(x).assumed == frozenset()
    assert np.sqrt(x * (1 - x)).assumed == frozenset()
    assert "sqrt" in next(iter(np.sqrt(x - x * x).assumed))


def test_literals_are_exact() -> None:
    for kind in (Jet, Interval):
        tenth = on_balls(Formula("0.1 + 0*x"), kind(arb(0), arb(0)))
        assert (tenth.c0 * 10).contains(1)
        assert tenth.c0.rad() > 0
        assert not on_balls(lambda x: 0.1 + 0 * x, kind(arb(0), arb(0))).c0.contains(arb(1) / 10)
    assert literal("pi", ctx.prec).overlaps(arb.pi())
    assert literal("e", ctx.prec).overlaps(arb(1).exp())


def test_precision_is_put_back() -> None:
    before = ctx.prec
    with working_precision(200):
        assert ctx.prec == 200
    assert ctx.prec == before
    with pytest.raises(ZeroDivisionError), working_precision(200):
        _ = 1 // 0
    assert ctx.prec == before
