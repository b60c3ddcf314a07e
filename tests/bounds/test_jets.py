"""Jets in rationals: every difference quotient of the first and second order lies in its ball, and the ball is small.

The functions are built from operations that rationals can follow, with coefficients that are no floats. A jet may claim
a finite c1 or c2 only where the function is Lipschitz, or its derivative is; so kinks give up c2 and jumps both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from tests import on_balls  # noqa: F401 - rules under NumPy's names
from tests.strategies import dear
from uat.balls.jets import SIDE, Jet, Side
from uat.balls.operations import OPERATIONS
from uat.balls.precision import working_precision

F = Fraction


@pytest.fixture(autouse=True)
def precision() -> Iterator[None]:
    with working_precision(64):
        yield


def holds(ball: Any, number: Fraction) -> bool:
    if not ball.is_finite():
        return True
    low, high = (Fraction(int(m)) * Fraction(2) ** int(e) for m, e in (ball.lower().man_exp(), ball.upper().man_exp()))
    return bool(low <= number <= high)


def check(f: Callable[[Any], Any], middle: float, radius: float, exactly: Callable[[Fraction], Fraction]) -> Jet:
    """The three promises at nine points of the ball, ends included, without slack."""
    jet: Jet = f(Jet.variable(arb(middle, radius)))
    x = [F(middle) + F(radius) * F(k, 4) for k in range(-4, 5)]
    y = {t: exactly(t) for t in x}
    assert all(holds(jet.c0, value) for value in y.values())
    if radius:
        assert all(holds(jet.c1, (y[q] - y[p]) / (q - p)) for p, q in combinations(x, 2))
        for p, q, r in combinations(x, 3):
            second = ((y[r] - y[q]) / (r - q) - (y[q] - y[p]) / (q - p)) / (r - p)
            assert holds(jet.c2, second)
    return jet


SMOOTH: dict[str, Callable[[Any], Any]] = {
    "sum": lambda x: x + F(1, 3) + (2 * x - F(1, 7)),
    "difference": lambda x: (x * x - 3) - (F(1, 3) * x - x * x),
    "product": lambda x: (x - F(1, 3)) * (2 * x * x + F(1, 7)),
    "product of a constant": lambda x: (0 * x + F(1, 3)) * (x * x) + (x * x) * (0 * x + F(1, 7)),
    "square": lambda x: (lambda y: y * y)(x * x * F(1, 3) - x),
    "powers": lambda x: x**2 * F(1, 3) + x**3 - x**5 * F(1, 7) + x**4 + x**1 + x**0,
    "quotient": lambda x: (x * x + F(1, 3)) / (x + 9),
    "quotient of a constant": lambda x: (x * x) / F(3) + F(1, 3) / (x + 9) - 1 / (x - 9),
    "negative powers": lambda x: (x + 9) ** -1 + (x - 9) ** -2 - F(1, 3) * (x + 11) ** -3,
    "composition": lambda x: ((x / 3 + 1) ** 2 + F(1, 3)) ** 3,
}
places = st.tuples(st.integers(-48, 48).map(lambda n: n / 16), st.sampled_from([0.0, 2.0**-20, 0.125, 1.0]))


@pytest.mark.parametrize("name", sorted(SMOOTH))
@dear
@given(place=places)
def test_smooth_functions(name: str, place: tuple[float, float]) -> None:
    f, (middle, radius) = SMOOTH[name], place
    jet = check(f, middle, radius, f)
    point = f(Jet.variable(arb(middle)))
    h = F(1, 2**60)  # at a point: derivatives, from quotients over a distance that no rounding can see
    x = F(middle)
    low, here, high = f(x - h), f(x), f(x + h)
    for ball, number in (
        (point.c0, here),
        (point.c1, (high - low) / (2 * h)),
        (point.c2, (high - 2 * here + low) / (2 * h * h)),
    ):
        assert ball.is_finite()
        assert abs(float(ball.mid()) - float(number)) <= 1e-13 * (1 + abs(float(number)))
        assert float(ball.rad()) <= 1e-15 * (100 + abs(float(number)))
    assert jet.c1.is_finite()
    assert jet.c2.is_finite()


@given(place=places)
def test_plain_numbers(place: tuple[float, float]) -> None:
    def f(x: Any, half: Any = 0.5) -> Any:
        return 3 - 2 * (x * x) * half - half + 1 / (8 - x) + (half + x * x - 1) - 2 * x / half + half * (x - half)

    jet = check(f, *place, lambda x: f(x, F(1, 2)))
    assert jet.c2.is_finite()


KINKS: dict[str, Callable[[Any], Any]] = {
    "abs": lambda x: abs(x * F(1, 3) - F(1, 8)),
    "abs of a square": lambda x: abs(x * x - F(1, 4)),
    "max": lambda x: _largest(F(1, 3) * x, 1 - x * x),
    "max the other way": lambda x: _largest(1 - 2 * x, F(1, 3) + x),
    "min": lambda x: -_largest(-F(1, 3) * x, x - 1),
    "nested": lambda x: abs(abs(x) - F(1, 3)) * 2 - abs(x) * x,
    "times": lambda x: abs(x) * (x - F(1, 3)),
    "power": lambda x: (abs(x) + F(1, 3)) ** 2 + 1 / (abs(x) + 9),
}


def _largest(a: Any, b: Any) -> Any:
    return np.maximum(a, b) if isinstance(a, Jet) or isinstance(b, Jet) else max(a, b)


@pytest.mark.parametrize("name", sorted(KINKS))
@dear
@given(place=places)
def test_kinks(name: str, place: tuple[float, float]) -> None:
    f, (middle, radius) = KINKS[name], place
    jet = check(f, middle, radius, f)
    assert jet.c1.is_finite()
    assert float(jet.c1.rad()) <= 60 * (1 + radius)


def test_kinks_inside_give_up_the_second_order_and_others_do_not() -> None:
    for f, at in ((abs, 0.0), (lambda x: np.maximum(x, 0.25), 0.25), (lambda x: np.minimum(x, -2 * x), 0.0)):
        assert not f(Jet.variable(arb(at, 0.5))).c2.is_finite()
        assert not f(Jet.variable(arb(at + 0.25, 0.5))).c2.is_finite()
        for away in (-1.0, 1.0):
            assert f(Jet.variable(arb(at + away, 0.5))).c2.is_zero()
    tight = abs(Jet.variable(arb(0, 1)) * 3)
    assert 3 <= float(tight.c1.upper()) <= 3.0001
    assert -3.0001 <= float(tight.c1.lower()) <= -3
    hull = np.maximum(Jet.variable(arb(0, 1)) * 2, Jet.variable(arb(0, 1)) * -5)
    assert 2 <= float(hull.c1.upper()) <= 2.0001
    assert -5.0001 <= float(hull.c1.lower()) <= -5
    assert 5 <= float(hull.c0.upper()) <= 5.0001


def test_jumps_give_up_every_slope() -> None:
    x = Jet.variable(arb(0, 1))
    for jet in (x.either(2 * x), np.where(x > 0, x, x), np.floor(x), np.sign(x), Jet.hull(arb(-1), arb(1))):
        assert not jet.c1.is_finite()
        assert not jet.c2.is_finite()
    assert x.either(x + 5).c0.contains(arb(-1))
    assert x.either(x + 5).c0.contains(arb(6))
    assert np.abs(x.either(2 * x)).c1.is_finite() is False
    assert abs(Jet(arb(0, 1), arb("inf"), arb(0))).c1.is_finite() is False


def test_a_square_knows_its_curvature() -> None:
    x = Jet.variable(arb(0, 1))
    assert float((x * x).c0.upper()) <= 1 + 1e-8
    assert (x * x).c2 == 1


@pytest.mark.parametrize("n", [0.5, 1.5, -0.5, 2.5])
def test_powers_by_their_quotients(n: float) -> None:
    """x^n at squares: quotients of rational powers."""
    roots = [F(k, 8) for k in range(8, 17)]
    low, high = roots[0] ** 2, roots[-1] ** 2
    jet = Jet.variable(arb(float((low + high) / 2), float((high - low) / 2))) ** n
    y = {r * r: r ** round(2 * n) for r in roots}
    assert all(holds(jet.c0, v) for v in y.values())
    assert all(holds(jet.c1, (y[q] - y[p]) / (q - p)) for p, q in combinations(y, 2))
    for p, q, r in combinations(y, 3):
        assert holds(jet.c2, ((y[r] - y[q]) / (r - q) - (y[q] - y[p]) / (q - p)) / (r - p))
    at = Jet.variable(arb(4)) ** n
    numbers = [2 ** (2 * n), n * 2 ** (2 * n - 2), n * (n - 1) / 2 * 2 ** (2 * n - 4)]
    for ball, number in zip((at.c0, at.c1, at.c2), numbers, strict=True):
        assert float(ball.mid()) == pytest.approx(number, rel=1e-15)


def test_exponents_that_vary() -> None:
    """2^x and x^x against their derivatives at a point, with exp and log of each."""
    x = Jet.variable(arb(2))
    log2 = float(np.log(2.0))
    for jet, numbers in (
        ((0 * x + 2) ** x, [4, 4 * log2, 2 * log2**2]),
        (2**x, [4, 4 * log2, 2 * log2**2]),
        (x**x, [4, 4 * (log2 + 1), 2 * ((log2 + 1) ** 2 + 0.5)]),
    ):
        for ball, number in zip((jet.c0, jet.c1, jet.c2), numbers, strict=True):
            assert float(ball.mid()) == pytest.approx(number, rel=1e-15)


def test_steps_of_a_ball_with_one_switch_or_more() -> None:
    assert np.floor(Jet.variable(arb(0.5, 0.25))).c1.is_zero()
    for radius, low, high in ((0.75, -1, 1), (2.0, -2, 2)):
        image = np.floor(Jet.variable(arb(0.5, radius)))
        assert image.c0.contains(low)
        assert image.c0.contains(high)
        assert not image.c1.is_finite()
    assert np.sign(Jet.variable(arb(2, 1))).c0 == 1
    assert np.sign(Jet.variable(arb(-2, 1))).c0 == -1
    assert np.sign(Jet.variable(arb(0))).c0 == 0


def test_a_shortcut_is_taken_for_x_itself_only() -> None:
    """Under a function: a constant has no slopes, and what has the slope 1 by another way keeps its curvature."""
    x = Jet.variable(arb(0.5))
    for image in (np.sqrt(np.full_like(x, 2.0)), np.exp(Jet(arb(2))), 1 / np.ones_like(x), np.full_like(x, 2.0) ** 0.5):
        assert image.c1.is_zero()
        assert image.c2.is_zero()
    curved = np.exp(Jet(arb(0), x.c1, arb(3)))
    assert curved.c1 == 1
    assert curved.c2 == 3.5


def _where(condition: Any, a: Any, b: Any) -> Any:
    return OPERATIONS["where"](condition, Jet.lift(a), Jet.lift(b))


@pytest.mark.parametrize("side", [-1, 1])
def test_a_forced_side_decides_one_switch_and_no_more(side: int) -> None:
    """-1 is the side of smaller x: a step takes its value there, if its argument is monotone and switches once."""
    forced = Side(side)
    token = SIDE.set(forced)
    try:
        x = Jet.variable(arb(3, 0.25))
        cases = (
            (np.floor(x), 2, 3), (np.ceil(x), 3, 4), (np.rint(x + 0.5), 3, 4), (np.sign(x - 3), -1, 1),
            (np.trunc(x), 2, 3), (_where(x > 3, 7, 5.0), 5, 7), (_where(x >= 3, 7, 5.0), 5, 7),
            (_where(x < 3, 5.0, 7), 5, 7), (_where(x <= 3, 5.0, 7), 5, 7), (np.floor(-x), -3, -4),
            (_where(-x > -3, 5.0, 7), 5, 7), (_where(~x.compared("==", 3.0), 7, 5), 7, 7),
            (_where(x.compared("==", 3.0), 7, 5), 5, 5),
        )  # fmt: skip
        for image, left, right in cases:
            assert image.c0 == (left if side < 0 else right)
        assert len(forced.asked) == len(cases)
        forced.asked.clear()
        wide = Jet.variable(arb(0.5, 1.25))
        undecided = (
            np.floor(wide), np.floor(wide + 7), np.floor(wide - 7), np.sign(wide * wide - 0.25),
            np.sign(0.1 * wide * wide - 0.025), _where(wide * wide > 0.25, 1, 0 * wide),
        )  # fmt: skip
        for image in undecided:  # two switches, or an argument that is not monotone
            assert not image.c1.is_finite()
        assert forced.asked == []
    finally:
        SIDE.reset(token)
    assert not np.floor(x).c1.is_finite()
