"""Proven jumps: never larger than they are, in rationals; at their place; and none where there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st

import uat
from tests.on_balls import run_of
from uat.balls.precision import working_precision
from uat.bounds.boxes import Cell, examine
from uat.bounds.certification import Jump, _rounded_down, _shortest
from uat.bounds.jumps import _ball, find_jump


@pytest.fixture(autouse=True)
def precision() -> Iterator[None]:
    with working_precision(64):
        yield


def jump_of(f: Any, low: float, high: float, domain: tuple[float, float] | None = None) -> Jump | None:
    run = run_of(f)
    box = examine(run, Cell(low, high, arb(0), arb(0), arb(0), arb(1)), low, high, 64)
    return find_jump(run, box, domain or (low, high))


SIDES = {
    ">": lambda x, t, a, b: np.where(x > t, b + 0 * x, a),
    ">=": lambda x, t, a, b: np.where(x >= t, b + 0 * x, a),
    "<": lambda x, t, a, b: np.where(x < t, a + 0 * x, b),
    "<=": lambda x, t, a, b: np.where(x <= t, a + 0 * x, b),
    "falling": lambda x, t, a, b: np.where(-x < -t, b + 0 * x, a),
    "number": lambda x, t, a, b: a + (b - a) * (x > t),
    "sign": lambda x, t, a, b: (a + b) / 2 + (b - a) / 2 * np.sign(x - t),
    "falling sign": lambda x, t, a, b: (a + b) / 2 + (a - b) / 2 * np.sign(t - x),
    "heaviside": lambda x, t, a, b: a + (b - a) * np.heaviside(x - t, 0.5),
    "floor": lambda x, t, a, b: a + (b - a) * np.floor(x - t + 1),
    "ceil": lambda x, t, a, b: a + (b - a) * np.ceil(x - t),
}
PLACES = (0.3, 0.5, 0.25, 0.7, 1e-3, 1 - 2.0**-40)


@pytest.mark.parametrize("kind", sorted(SIDES))
@settings(max_examples=40)
@given(t=st.sampled_from(PLACES), a=st.integers(-9, 9), b=st.integers(-9, 9), far=st.sampled_from([0.0, -7.0, 1000.0]))
def test_a_jump_is_found_and_not_exaggerated(kind: str, t: float, a: int, b: int, far: float) -> None:
    t = t + far
    p, q = Fraction(a, 3), Fraction(b, 3)
    jump = jump_of(lambda x: SIDES[kind](x, t, p, q), far, far + 1)
    if a == b:
        assert jump is None
        return
    assert jump is not None
    assert far <= jump.low <= t <= jump.high <= far + 1
    assert jump.high - jump.low <= 1e-10 * max(1.0, abs(far))
    assert abs(p - q) * (1 - Fraction(1, 10**9)) <= Fraction(jump.size) <= abs(p - q)


def test_the_limits_on_both_sides_count_not_the_values_far_away() -> None:
    jump = jump_of(lambda x: np.where(x > 0.3, 4 + x, 9 * x), 0.0, 1.0)
    assert jump is not None
    assert 4.3 - 2.7 - 1e-9 <= jump.size <= 4.3 - 2.7


def test_the_larger_of_two() -> None:
    """Where both halves are rough, the one in which f spreads more is followed."""
    for small, large in ((0.2, 0.8), (0.8, 0.2), (0.3, 0.4), (0.4, 0.3)):
        jump = jump_of(lambda x, s=small, t=large: (x > s) * 1.0 + (x > t) * 3.0, 0.0, 1.0)
        assert jump is not None
        assert jump.low <= large <= jump.high
        assert 2.999 <= jump.size <= 3


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.where(x > 0.3, x - 0.3, 0),
        lambda x: (x > 0.3) * 1.0 - (2 * x > 2 * 0.3) * 1.0,  # two switches: nothing is claimed
        lambda x: np.floor(x) + np.floor(-x),  # two switches at 0 and at 1
        lambda x: np.where(np.sin(50 * x) > 0.5, 1.0, 1.0 + 0 * x),
        lambda x: np.where(x * x - x + 0.2 > 0, x, 2 * x) * 0 + x,
        lambda x: (x > 0.3) * 1.0 + (x + 2.0**-54 > 0.3) * 1.0,  # two places that floats hardly part
        lambda x: (x > 0.3) * 1.0 + (x > np.nextafter(0.3, 1)) * 1.0,
        lambda x: (x > 0.3) * 1.0 + (x > 0.3 + 0 * x) * 1.0,  # other operands
        lambda x: np.where(x > 0.3, 1e-14 + 1000 * (x - 0.3), 1000 * (x - 0.3)),  # a step lost in the slope
        np.sqrt,
    ],
)
def test_none_is_claimed(f: Any) -> None:
    assert jump_of(f, 0.0, 1.0) is None


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.where(x <= 0.3, 0.0, 1 + 0 * x) + (x > float("0.3")),
        lambda x: (lambda t: np.where(x <= t, 0.0, 1 + 0 * x) + (x > t))(0.3 + 0 * x),
        lambda x: np.where(x <= 0.5, 0.0, 1 + 0 * x) + (x > np.float64(0.5)),
        lambda x: (lambda y: np.sign(y) + abs(y))(x - 0.5),
    ],
)
def test_the_same_operands_switch_together(f: Any) -> None:
    jump = jump_of(f, 0.0, 1.0)
    assert jump is not None
    assert 2 - 1e-9 <= jump.size <= 2


@pytest.mark.parametrize(
    ("f", "claimed"),
    [
        (lambda x: np.where(x > 1, 5.0, x), False),  # nowhere on [0, 1]
        (lambda x: np.where(x < 0, 5.0, x), False),
        (lambda x: np.where(x >= 1, 5.0, x), True),  # f(1) itself
        (lambda x: np.where(x <= 0, 5.0, x), True),
    ],
)
def test_at_the_ends_of_the_domain(f: Any, claimed: bool) -> None:
    assert (jump_of(f, 0.0, 1.0) is not None) == claimed


@pytest.mark.parametrize("kind", [">", ">=", "<", "<="])
def test_a_switch_on_the_rim_of_a_box_is_inside(kind: str) -> None:
    """The box is widened by a few ulps, but not beyond the domain."""
    for low, high in ((0.0, 0.5), (0.5, 1.0), (0.25, 0.5), (0.5, 0.5 + 2.0**-50)):
        jump = jump_of(lambda x: SIDES[kind](x, 0.5, 1, 2), low, high, (0.0, 1.0))
        assert jump is not None
        assert 0.0 <= jump.low <= 0.5 <= jump.high <= 1.0
        assert jump.high - jump.low < 1e-11


def test_an_unbounded_side_is_no_jump() -> None:
    assert jump_of(lambda x: np.where(x > 0.5, 1 / (x - 0.5), 0 * x), 0.0, 1.0) is None
    assert jump_of(lambda x: np.where(x < 0.5, 1 / (x - 0.5), 0 * x), 0.0, 1.0) is None


@given(st.floats(-1e3, 1e3), st.floats(0, 1e3))
def test_balls_hold_both_ends(low: float, width: float) -> None:
    ball = _ball(low, low + width)
    assert ball.contains(arb(low))
    assert ball.contains(arb(low + width))
    assert float(ball.rad()) <= (width / 2 + 1e-12) * (1 + 1e-8)


@pytest.mark.parametrize(
    ("low", "high"), [(1.0, 1 + 2.0**-52), (1.0, 1 + 3 * 2.0**-52), (-(2.0**-60), 1.0), (-1.0, 2.0**-60)]
)
def test_balls_around_a_middle_that_is_rounded(low: float, high: float) -> None:
    assert _ball(low, high).contains(arb(low))
    assert _ball(low, high).contains(arb(high))


@given(st.floats(1e-6, 1e6))
def test_sizes_are_rounded_down_to_six_digits(x: float) -> None:
    text = _rounded_down(x)
    assert x * (1 - 2e-5) <= float(text) <= x
    assert len(text.split("e")[0].replace(".", "").lstrip("0")) <= 7


@given(st.floats(-1e3, 1e3), st.floats(1e-12, 10))
def test_places_have_as_few_digits_as_can_be(low: float, width: float) -> None:
    high = low + width
    text = _shortest(low, high)
    assert low <= float(text) <= high
    if low <= 0 <= high:
        assert text == "0"
    else:
        digits = len(text.split("e")[0].replace(".", "").strip("-").strip("0"))
        assert not low <= float(f"{low + (high - low) / 2:.{max(digits - 1, 1)}g}") <= high or digits <= 1
    assert _shortest(0.1, np.nextafter(0.1, 1)) in ("0.1", repr(0.1))


def test_the_sentence() -> None:
    text = Jump(0.2999999, 0.3000001, 2 / 3).sentence()
    assert text == "f jumps by at least 0.66666 at x = 0.3: no continuous function is closer than 0.333333."


@pytest.mark.parametrize(
    ("f", "domain", "size"),
    [
        (np.sign, (0, 1), 1.0), (np.sign, (-1, 0), 1.0), (np.sign, (-1, 1), 2.0),
        (lambda x: np.sign(x - 1), (0, 1), 1.0),
        (lambda x: np.heaviside(x, 0.5), (0, 1), 0.5), (lambda x: np.heaviside(x, 0.25), (-1, 0), 0.25),
        (lambda x: np.where(x > 0, 1.0, np.where(x < 0, -5.0, 0.9)), (0, 1), 0.1), (np.floor, (0, 1), 1.0),
        (uat.Formula("sign(x)"), (0, 1), 1.0),
    ],
)  # fmt: skip
def test_a_switch_at_the_end_of_the_domain_has_one_side(f: Any, domain: tuple[float, float], size: float) -> None:
    """There f has its value at the switch and one limit: the other one is no matter of this domain."""
    note = uat.certify(f, (0.0, 0.0), domain).note
    claimed = float(re.findall(r"at least ([0-9.e-]+) at", note)[0])
    assert size * (1 - 1e-5) <= claimed <= size


def test_the_jump_is_a_field_to_the_last_digit() -> None:
    """A third in float64 is no sixth of a decimal place short; and what f says in an exception sets no number."""
    c = uat.certify(lambda x: np.where(x > 0.3, 1 / 3, 0), (0.0, 0.0), (0, 1))
    assert c.jump is not None
    assert (c.jump.low, c.jump.high) == pytest.approx((0.3, 0.3), abs=1e-9)
    assert 1 / 3 * (1 - 1e-15) <= c.jump.size <= 1 / 3
    assert uat.narrowest(lambda x: np.where(x > 0.3, 1 / 3, 0), (0, 1), pieces=3).nearest == pytest.approx(1 / 6, 1e-15)

    def crafted(x: Any) -> Any:
        if not isinstance(x, (float, np.ndarray)):
            raise ValueError("f jumps by at least 14 at x = 1: no continuous function is closer than 7.0.")
        return np.sin(x)

    with pytest.warns(uat.NotProvenWarning):
        n = uat.narrowest(crafted, (0, 6), tol=0.1)
    assert n.nearest == 0
    assert n.certificate.lower < 0.1


@pytest.mark.parametrize("values", [(1.0, 0.0, 1.0), (0.0, 1.0, 0.0), (0.0, 1.0, -1.0)])
def test_what_is_no_jump(values: tuple[float, float, float]) -> None:
    with pytest.raises(uat.InputError, match="a jump must have"):
        Jump(*values)
