"""Ranges between two end points: what they contain and how tight they are, in rationals, without any slack.

The oracle takes the ends and every place where the operation may turn; a range must contain its least and its largest
value and may exceed them by a rounding at 64 bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from tests import on_balls  # noqa: F401 - rules under NumPy's names
from tests.oracles_bounds import fraction
from uat.balls.intervals import Interval
from uat.balls.jets import Jet
from uat.balls.precision import working_precision

Ends = tuple[Fraction, Fraction]


@pytest.fixture(autouse=True)
def precision() -> Iterator[None]:
    with working_precision(64):
        yield


def check(image: Interval, values: list[Fraction]) -> None:
    """It contains these values, of which one is the least and one the largest, and hardly more."""
    low, high = min(values), max(values)
    assert image.low.is_exact()
    assert image.high.is_exact()
    slack = Fraction(1, 2**55) * max(abs(low), abs(high))
    assert low - slack <= fraction(image.low) <= low
    assert high <= fraction(image.high) <= high + slack


def interval(ends: Ends) -> Interval:
    """The range of a constant or of x itself: exact ends stay, thirds are rounded outwards."""
    low, high = (arb(end.numerator) / arb(end.denominator) for end in ends)
    return Interval(low.lower(), high.upper())


halves = st.builds(lambda n: Fraction(n, 8), st.integers(-40, 40))
ends = st.tuples(halves, halves).map(lambda pair: (min(pair), max(pair)))
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}


@pytest.mark.parametrize("sign", sorted(BINARY))
@given(one=ends, other=ends, third=st.booleans())
def test_arithmetic(sign: str, one: Ends, other: Ends, third: bool) -> None:
    image = BINARY[sign](interval(one), interval(other))
    if sign == "/" and other[0] <= 0 <= other[1]:
        assert not image.low.is_finite()
        assert image.reason == "division by an enclosure that contains 0"
        return
    values = [BINARY[sign](a, b) for a in one for b in other]
    check(image, values)
    if third:  # what is rounded is rounded outwards: once more by the same operation, with thirds
        rough = BINARY[sign](image / 3, interval(other))
        check(rough, [BINARY[sign](v / 3, b) for v in (min(values), max(values)) for b in other])


@given(one=ends, n=st.integers(-4, 5))
def test_powers_negatives_and_sizes(one: Ends, n: int) -> None:
    x = interval(one)
    through_zero = one[0] < 0 < one[1]
    turns = [Fraction(0)] if through_zero else []
    check(-x, [-end for end in one])
    check(-(x / 3), [-end / 3 for end in one])
    check(abs(x), [abs(end) for end in (*one, *turns)])
    check(abs(x / 3), [abs(end) / 3 for end in (*one, *turns)])
    if n < 0 and one[0] <= 0 <= one[1]:
        assert not (x**n).low.is_finite()
        return
    check(x**n, [end**n for end in (*one, *turns)])
    if n >= 0:
        check((x / 3) ** n, [(end / 3) ** n for end in (*one, *turns)])
    check(x * x, [end**2 for end in (*one, *turns)])


def test_a_reciprocal_of_either_sign() -> None:
    check(1 / interval((Fraction(3), Fraction(7))), [Fraction(1, 3), Fraction(1, 7)])
    check(1 / interval((Fraction(-7), Fraction(-3))), [Fraction(-1, 3), Fraction(-1, 7)])
    check(interval((Fraction(3), Fraction(7))) ** -1, [Fraction(1, 3), Fraction(1, 7)])
    check(interval((Fraction(-7), Fraction(-3))) ** -1, [Fraction(-1, 3), Fraction(-1, 7)])
    assert not (interval((Fraction(0), Fraction(1))) ** -1).low.is_finite()
    assert not (interval((Fraction(-1), Fraction(0))) ** -2).low.is_finite()


@given(one=ends, other=ends)
def test_the_larger_the_smaller_and_either(one: Ends, other: Ends) -> None:
    a, b = interval(one), interval(other)
    check(np.maximum(a / 3, b / 3), [max(p, q) / 3 for p, q in zip(one, other, strict=True)])
    check(np.minimum(a / 3, b / 3), [min(p, q) / 3 for p, q in zip(one, other, strict=True)])
    check((a / 3).either(b / 3), [end / 3 for end in (*one, *other)])


STEPS: dict[str, Callable[[Fraction], int]] = {
    "floor": lambda x: x.__floor__(),
    "ceil": lambda x: x.__ceil__(),
    "trunc": lambda x: x.__trunc__(),
    "rint": round,
    "sign": lambda x: (x > 0) - (x < 0),
}


@pytest.mark.parametrize("name", sorted(STEPS))
@given(one=ends)
def test_steps_of_both_kinds(name: str, one: Ends) -> None:
    """On a range: the steps at its ends. On a ball: a hull of them, or the one number."""
    exactly = [Fraction(STEPS[name](end)) for end in one]
    image = interval(one).step(name)
    assert [fraction(image.low), fraction(image.high)] == exactly
    middle, radius = (one[0] + one[1]) / 2, (one[1] - one[0]) / 2
    jet = Jet.variable(arb(float(middle), float(radius))).step(name)
    assert jet.c0.contains(int(exactly[0]))
    assert jet.c0.contains(int(exactly[1]))
    inner = Jet.variable(arb(float(middle), float(radius) * 0.75)).step(name)
    low, high = middle - radius * 3 / 4, middle + radius * 3 / 4
    same = STEPS[name](low) == STEPS[name](high)
    if same and STEPS[name](middle - radius) == STEPS[name](middle + radius):
        assert inner.c0 == STEPS[name](low)
        assert inner.c1.is_zero()
        assert inner.c2.is_zero()
    elif not same:
        assert not inner.c1.is_finite()
        assert not inner.c2.is_finite()


def test_steps_of_what_is_not_finite() -> None:
    nowhere = 1 / interval((Fraction(-1), Fraction(1)))
    assert not np.floor(nowhere).low.is_finite()
    assert np.floor(nowhere).reason == nowhere.reason
    jet = 1 / Jet.variable(arb(0, 1))
    for part in (np.floor(jet).c0, np.floor(jet).c1, np.floor(jet).c2):
        assert not part.is_finite()


SQUARES = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(sorted)


@given(SQUARES)
def test_roots_by_their_ends(roots: list[int]) -> None:
    """Squares of multiples of 1/8 under sqrt and x**0.5, reciprocals under x**-0.5, the sign before arccos and erfc."""
    p, q = (Fraction(root, 8) for root in roots)
    x = interval((p * p, q * q))
    check(np.sqrt(x), [p, q])
    check(x**0.5, [p, q])
    check(x**1.5, [p**3, q**3])
    check(np.sqrt(x / 9), [p / 3, q / 3])
    if p > 0:
        check(x**-0.5, [1 / p, 1 / q])
        assert (x**-0.5).assumed == frozenset()
    else:
        assert not (x**-0.5).low.is_finite()
    check(np.cbrt(interval((-(p**3), q**3))), [-p, q])


def test_falling_functions_by_their_ends() -> None:
    image = np.arccos(Interval(arb(-1), arb(1)))
    assert image.low.is_zero()
    assert image.high >= arb.pi().lower()
    assert float(image.high) == float(np.pi)


def test_exponents_that_are_ranges() -> None:
    x, y = Interval(arb(0.25), arb(4)), Interval(arb(-1), arb(2))
    for image in (x**y, x ** Interval(arb(0), arb(2)), x ** Interval(arb(-2), arb(0))):
        low, high = (float(end) for end in image.range())
        assert low <= 1 <= high
    assert float((x**y).low) <= 0.0625
    assert float((x**y).high) >= 16
    image = x ** Interval(arb(0.5), arb(2))
    assert float(image.low) <= 0.0625
    assert float(image.low) >= 0.06
    assert 16 <= float(image.high) <= 16.5
    image = x ** Interval(arb(-2), arb(-0.5))
    assert 0.06 <= float(image.low) <= 0.0625
    assert 16 <= float(image.high) <= 16.5


@pytest.mark.parametrize(
    ("f", "ends", "inside", "rim"),
    [
        (np.sqrt, (-1, 4), (0, 2), "the argument of sqrt is >= 0"),
        (lambda x: x**0.5, (-1, 4), (0, 2), "a power that is not an integer is >= 0"),
        (lambda x: x**0.5, (-1, 0.25), (0, 0.5), "a power that is not an integer is >= 0"),
        (np.arcsin, (-2, 0), (-np.pi / 2, 0), "arcsin is >= -1"),
        (np.arcsin, (0, 2), (0, np.pi / 2), "arcsin is <= 1"),
        (np.arccos, (0, 2), (0, np.pi / 2), "arccos is <= 1"),
        (np.arccos, (-3, 0), (np.pi / 2, np.pi), "arccos is >= -1"),
        (np.arccosh, (0, 1), (0, 0), "arccosh is >= 1"),
    ],
)
def test_what_reaches_beyond_a_rim_is_cut_there_and_said(f: Any, ends: Any, inside: Any, rim: str) -> None:
    image = f(Interval(arb(ends[0]), arb(ends[1])))
    (sentence,) = image.assumed
    assert rim in sentence
    assert [float(image.low), float(image.high)] == pytest.approx(list(inside), abs=1e-15)
    assert (image + 1).assumed == (1 - image).assumed == (image * image).assumed == image.assumed
    assert np.maximum(0, image).assumed == np.where(True, image, 0).assumed == image.assumed


@pytest.mark.parametrize(
    ("f", "ends"),
    [
        (np.sqrt, (0, 4)), (np.arcsin, (-1, 1)), (np.arccos, (-1, 1)), (np.arccosh, (1, 2)), (lambda x: x**0.5, (0, 1)),
    ],
)  # fmt: skip
def test_nothing_is_taken_for_granted_up_to_the_rim(f: Any, ends: Any) -> None:
    image = f(Interval(arb(ends[0]), arb(ends[1])))
    assert image.low.is_finite()
    assert image.assumed == frozenset()


@pytest.mark.parametrize(
    ("f", "ends", "reason"),
    [
        (np.sqrt, (-2, -1), "sqrt of a number outside its domain"),
        (np.arcsin, (2, 3), "arcsin of a number outside its domain"),
        (np.arccosh, (-1, 0.5), "arccosh of a number outside its domain"),
        (np.log, (0, 1), "log is not finite there"),
        (np.log1p, (-1, 1), "log1p is not finite there"),
        (np.arctanh, (-1, 0), "arctanh is not finite there"),
        (np.arctanh, (0, 1), "arctanh is not finite there"),
        (np.tan, (1, 2), "tan is not finite there"),
        (lambda x: x**0.5, (-2, -1), "a negative number to a power that is not an integer"),
        (lambda x: np.sqrt(x) + 1, (-2, -1), "sqrt of a number outside its domain"),
        (lambda x: 1 + np.log(np.sqrt(x)), (-2, -1), "sqrt of a number outside its domain"),
    ],
)
def test_where_there_is_no_range_the_reason_is_said(f: Any, ends: Any, reason: str) -> None:
    image = f(Interval(arb(ends[0]), arb(ends[1])))
    assert not image.low.is_finite()
    assert not image.high.is_finite()
    assert image.reason == reason


def test_constants_and_hulls_round_outwards() -> None:
    third = arb(1) / 3
    for image in (Interval.constant(third), Interval.hull(third, third), Interval.lift(Fraction(1, 3))):
        assert fraction(image.low) < Fraction(1, 3) < fraction(image.high)
    image = Interval.hull(arb(1), arb(2))
    assert (image.low, image.high) == (1, 2)
    for low, high in ((arb(0), arb("inf")), (arb.nan(), arb(1))):
        image = Interval(low, high)
        assert not image.low.is_finite()
        assert not image.high.is_finite()
        assert image.reason == "an intermediate value is not finite"
