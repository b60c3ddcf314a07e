"""The table of functions, entry by entry: values and derivatives away from the points where odd terms vanish.

`test_balls.py` asks whether wide balls contain; a wrong second derivative may hide in their width, and at the middle of
a symmetric interval in a zero. Here the coefficients at points and on narrow balls are compared with mpmath.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special
from flint import arb

import uat
from tests import oracles_bounds as oracle
from uat.balls.elementary import RULES as TABLE
from uat.balls.evaluation import FormulaOnBalls
from uat.balls.intervals import Interval
from uat.balls.jets import Jet
from uat.balls.precision import working_precision


@pytest.fixture(autouse=True)
def precision() -> Iterator[None]:
    with working_precision(64), mpmath.workdps(oracle.DIGITS):
        yield


def exact(x: Any) -> Any:
    mantissa, exponent = x.man_exp()
    return mpmath.mpf(int(mantissa)) * mpmath.mpf(2) ** int(exponent)


def contains(ball: Any, number: Any, slack: float = 1e-25) -> bool:
    slack = slack * (1 + abs(number))
    return bool(exact(ball.lower()) - slack <= number <= exact(ball.upper()) + slack)


MORE: dict[str, tuple[Callable[..., Any], Callable[..., Any], tuple[float, float]]] = {
    "radians": (np.radians, mpmath.radians, (-90, 90)),
    "degrees": (np.degrees, mpmath.degrees, (-3, 3)),
    "scipy cbrt": (scipy.special.cbrt, lambda x: mpmath.cbrt(x), (0.01, 9)),
    "scipy exp2": (scipy.special.exp2, lambda x: mpmath.power(2, x), (-5, 5)),
    "entr": (scipy.special.entr, lambda x: -x * mpmath.log(x), (0.01, 3)),
    "log1p(exp)": (
        getattr(scipy.special, "softplus", lambda x: np.logaddexp(0, x)),
        lambda x: mpmath.log1p(mpmath.exp(x)),
        (-9, 9),
    ),
    "fabs": (np.fabs, abs, (0.5, 5)),
    "positive": (np.positive, lambda x: x, (-5, 5)),
    "negative": (np.negative, lambda x: -x, (-5, 5)),
}  # fmt: skip
RULES = oracle.UNARY | MORE


@pytest.mark.parametrize("name", sorted(RULES))
@pytest.mark.parametrize("fraction", [0.07, 0.31, 0.57, 0.96])
def test_coefficients_at_points_and_on_narrow_balls(name: str, fraction: float) -> None:
    on_numpy, on_mpmath, (low, high) = RULES[name]
    x = low + (high - low) * fraction
    point, radius = on_numpy(Jet.variable(arb(x))), 2.0**-20
    narrow = on_numpy(Jet.variable(arb(x, radius)))
    for order, (at, around) in enumerate(((point.c0, narrow.c0), (point.c1, narrow.c1), (point.c2, narrow.c2))):
        number = mpmath.diff(on_mpmath, x, order) / mpmath.factorial(order)
        assert abs(exact(at.mid()) - number) <= 1e-15 * (1 + abs(number))
        assert float(at.rad()) <= 1e-13 * (1 + abs(float(number)))
        assert float(around.rad()) <= 1e-3 * (1 + abs(float(number)))
        for t in (x - radius, x, x + radius):
            assert contains(around, mpmath.diff(on_mpmath, t, order) / mpmath.factorial(order), 1e-18)
    image = on_numpy(Interval(arb(x - radius), arb(x + radius)))
    for t in (x - radius, x, x + radius):
        value = on_mpmath(mpmath.mpf(t))
        assert exact(image.low) - 1e-25 <= value <= exact(image.high) + 1e-25
    assert float(image.high - image.low) <= 1e-3 * (1 + abs(float(value)))


def test_the_table_is_well_formed() -> None:
    assert all(rule.monotone in (-1, 0, 1) for rule in TABLE.values())
    assert {rule.low for rule in TABLE.values()} | {rule.high for rule in TABLE.values()} == {None, -1, 0, 1}
    assert all(TABLE[name].value(arb(2)).is_finite() for name in ("sin", "exp", "log"))


@pytest.mark.parametrize("name", sorted(TABLE))
def test_what_the_table_says_of_a_function(name: str) -> None:
    """Increasing, decreasing or neither; defined up to its ends and nowhere beyond."""
    rule = TABLE[name]
    assert rule.name == name
    assert rule.monotone in (-1, 0, 1)
    low = -2 if rule.low is None else rule.low
    high = low + 5 if rule.high is None else rule.high
    inner = [arb(low) + arb(high - low) * k / 8 for k in (1, 3, 6)]
    values = [rule.value(x) for x in inner]
    if rule.monotone:
        assert all((q - p) * rule.monotone > 0 for p, q in itertools.pairwise(values))
        if rule.low is not None:
            assert not rule.value(arb(rule.low) - arb(2) ** -20).is_finite()
            assert rule.value(arb(rule.low) + arb(2) ** -20).is_finite()
        if rule.high is not None:
            assert not rule.value(arb(rule.high) + arb(2) ** -20).is_finite()
            assert rule.value(arb(rule.high) - arb(2) ** -20).is_finite()


@pytest.mark.parametrize(("x", "radius"), [(0.0, 0.0), (0.0, 0.01), (0.005, 0.01), (-0.005, 0.01), (0.0, 0.125)])
def test_sinc_around_0_by_its_series(x: float, radius: float) -> None:
    """S = 1 - y^2/6 + y^4/120 - ..., y = pi x; the derivatives term by term."""

    def series(t: Any, order: int) -> Any:
        terms = ((k, (-1) ** k * mpmath.pi ** (2 * k) / mpmath.factorial(2 * k + 1)) for k in range(30))
        return mpmath.fsum(c * mpmath.binomial(2 * k, order) * t ** (2 * k - order) for k, c in terms if 2 * k >= order)

    jet = np.sinc(Jet.variable(arb(x, radius)))
    for t in np.linspace(x - radius, x + radius, 9):
        for order, ball in enumerate((jet.c0, jet.c1, jet.c2)):
            assert contains(ball, series(mpmath.mpf(t), order), 1e-17)
    for ball in (jet.c0, jet.c1, jet.c2):
        assert float(ball.rad()) <= 1e-15 + 6 * radius


@pytest.mark.parametrize("radius", [0.01, 0.125])
def test_sinc_around_0_is_as_tight_as_its_remainder(radius: float) -> None:
    """S' in -y/3 +- |y|^3/30 and S''/2 in -1/6 +- y^2/20, y = pi x."""
    jet, y = np.sinc(Jet.variable(arb(0, radius))), math.pi * radius
    assert float(jet.c1.upper()) <= math.pi * y * (1 / 3 + y * y / 30) * (1 + 1e-7)
    assert float(jet.c2.upper()) <= math.pi**2 * (-1 / 6 + y * y / 20 * (1 + 1e-6))
    assert float(jet.c2.lower()) >= math.pi**2 * (-1 / 6 - y * y / 20 * (1 + 1e-6))


def test_tanh_of_wide_balls_stays_below_one() -> None:
    for middle in (-3.0, 0.0, 2.0):
        image = np.tanh(Jet.variable(arb(middle, 5))).c0
        for x in (middle - 5, middle, middle + 5):
            assert contains(image, mpmath.tanh(x))
        assert float(image.upper()) <= 1.0001
        assert float(image.lower()) >= -1.0001


# ------------------------------------------------------------------------------------------------- two arguments


@pytest.mark.parametrize("x", [-2.0, -0.25, 0.25, 2.0])
@pytest.mark.parametrize("y", [-2.0, -0.25, 0.25, 2.0])
def test_angles_in_every_quadrant(y: float, x: float) -> None:
    """Along a line (y + 3t, x - 2t): values and slopes at a point, ranges on narrow boxes of both kinds."""
    true = math.atan2(y, x)
    jet = np.arctan2(y + 3 * Jet.variable(arb(0)), x - 2 * Jet.variable(arb(0)))
    assert float(jet.c0.mid()) == pytest.approx(true, rel=1e-15)
    assert float(jet.c1.mid()) == pytest.approx((3 * x + 2 * y) / (x * x + y * y), rel=1e-14)
    assert float(jet.c2.rad()) <= 1e-15
    for t in (Interval(arb(-0.01), arb(0.01)), Jet.variable(arb(0, 0.01))):
        image = np.arctan2(y + 3 * t, x - 2 * t).c0
        for s in (-0.01, 0.0, 0.01):
            assert contains(image, mpmath.atan2(mpmath.mpf(y) + 3 * mpmath.mpf(s), mpmath.mpf(x) - 2 * mpmath.mpf(s)))
        assert float(image.rad()) <= 0.5


@pytest.mark.parametrize(
    ("y", "x", "value"),
    [
        (0.0, 1.0, 0.0), (0.0, 0.25, 0.0),
        (1.0, 0.0, math.pi / 2), (-1.0, 0.0, -math.pi / 2), (0.25, 0.0, math.pi / 2), (-0.25, 0.0, -math.pi / 2),
    ],
)  # fmt: skip
def test_angles_on_the_axes(y: float, x: float, value: float) -> None:
    for kind in (Jet, Interval):
        image = np.arctan2(kind.constant(arb(y)), kind.constant(arb(x))).c0
        assert float(image.mid()) == pytest.approx(value, abs=1e-15)
        assert float(image.rad()) <= 1e-15


@pytest.mark.parametrize("x", [-2.0, -0.25, 0.0, 0.25])
def test_angles_around_the_cut_and_the_origin(x: float) -> None:
    """y from -1/8 to 1/8: a whole turn to the left of the origin and around it, a narrow angle to the right."""
    t = Jet.variable(arb(0, 0.125))
    jet = np.arctan2(t, x + 0.5 * t)
    image = np.arctan2(Interval(arb(-0.125), arb(0.125)), x + 0 * Interval(arb(0), arb(1)))
    if x > 0:
        assert jet.c1.is_finite()
        assert float(image.high) <= 0.6
        return
    assert not jet.c1.is_finite()
    assert not jet.c2.is_finite()
    for ball in (jet.c0, image.c0):
        assert contains(ball, mpmath.pi)
        assert contains(ball, -mpmath.pi)
        assert float(ball.upper()) <= 3.1416
        assert float(ball.lower()) >= -3.1416
    above = np.arctan2(Interval(arb(0), arb(0.125)), Interval(arb(-0.5), arb(0.5)))
    assert -3.1416 <= float(above.low) <= 0
    assert math.pi <= float(above.high) <= 3.1416


def test_angles_that_end_at_the_cut() -> None:
    """There NumPy looks at the sign of the zero, which balls do not have."""
    for low, high in ((0, 0.125), (-0.125, 0), (0, 0)):
        image = np.arctan2(Interval(arb(low), arb(high)), Interval(arb(-2), arb(-2)))
        assert float(image.low) == pytest.approx(-math.pi, rel=1e-15)
        assert float(image.high) == pytest.approx(math.pi, rel=1e-15)
    image = np.arctan2(Interval(arb(0.0625), arb(0.125)), Interval(arb(-2), arb(-2)))
    assert float(image.low) == pytest.approx(math.atan2(0.125, -2), rel=1e-15)
    assert float(image.high) == pytest.approx(math.atan2(0.0625, -2), rel=1e-15)


@pytest.mark.parametrize("log", ["log", "log1p"])
def test_zero_times_a_logarithm_has_a_slope(log: str) -> None:
    """Where x is 0 at one point only: x' log y; where log y is nothing, the value 0 without a slope."""
    product = {"log": scipy.special.xlogy, "log1p": scipy.special.xlog1py}[log]
    x = Jet.variable(arb(0))
    assert float(product(x, 3).c1.mid()) == pytest.approx(getattr(math, log)(3))
    assert product(x, 3).c0.is_zero()
    beside = product(x, -7.0)
    assert beside.c0.is_zero()
    assert not beside.c1.is_finite()
    assert product(Jet.constant(arb(0)), x + 3).c1.is_zero()
    truth = math.log(3) if log == "log" else math.log(4)
    f = lambda t: product(t, 3)  # noqa: E731
    for norm, factor in (("sup", 1), ("L1", 1), ("L2", math.sqrt(2 / 3))):
        c = uat.certify(f, (0.0, 0.0), (-1, 1), norm=norm)
        assert c.lower <= truth * factor * (1 + 1e-12)
        assert truth * factor <= c.upper * (1 + 1e-12)


def test_a_slope_that_is_no_quotient_is_not_used() -> None:
    """Should a rule be wrong at a point, ranges still count."""
    from uat.bounds.boxes import Cell, examine

    class Wrong(FormulaOnBalls):
        def jet(self, ball: Any) -> Jet:
            right = super().jet(ball)
            return Jet(right.c0, arb(0), arb(0)) if ball.rad() == 0 else right

    cell = Cell(-1.0, 1.0, arb(-1), arb(0), arb(0), arb(2))
    box = examine(Wrong(uat.Formula("3*x")), cell, -1.0, 1.0, 64)
    assert box.top >= 3
    assert box.bottom <= -3


def test_softplus() -> None:
    if hasattr(scipy.special, "softplus"):  # SciPy 1.15
        assert float(scipy.special.softplus(Jet.variable(arb(2))).c1.mid()) == pytest.approx(1 / (1 + math.exp(-2)))


def test_hypot_rounds_its_slope_outwards() -> None:
    """hypot(a x, b x) has the slope sqrt(a^2 + b^2), here a last bit above an integer."""
    x = Jet.variable(arb(0, 1))
    for p, b, bits in ((3, 4, 62), (7, 24, 58)):
        for k in range(1, 40 if bits == 62 else 16):
            a = arb(p) + arb(k) * arb(2) ** -bits
            steepest = np.hypot(Jet(a * x.c0, a, arb(0)), b * x).c1.upper()
            assert exact(steepest) ** 2 >= exact(a) ** 2 + b * b


def test_hypot_at_the_origin() -> None:
    """hypot(3 x, 4 x) = 5 |x|."""
    for middle in (0.0, 0.25, -0.5):
        x = Jet.variable(arb(middle, 1))
        jet = np.hypot(3 * x, 4 * x)
        farthest = 5 * (1 + abs(middle))
        assert float(jet.c0.lower()) <= 0
        assert farthest <= float(jet.c0.upper()) <= farthest * 1.5
        assert 5 <= float(jet.c1.upper()) <= 5.001
        assert -5.001 <= float(jet.c1.lower()) <= -5
        assert not jet.c2.is_finite()
    away = np.hypot(3 * Jet.variable(arb(2)), 4 * Jet.variable(arb(2)))
    assert float(away.c0.mid()) == 10
    assert float(away.c1.mid()) == 5
    x = Jet.variable(arb(0, 0.5))
    for jet in (np.hypot(x, np.floor(x)), np.hypot(1 / x, x), np.hypot(np.floor(x), np.floor(x))):
        assert not jet.c1.is_finite()
        assert not jet.c2.is_finite()
    image = np.hypot(Interval(arb(-3), arb(3)), Interval(arb(0), arb(4)))
    assert (image.low, image.high) == (0, 5)


@pytest.mark.parametrize(
    ("low", "high"), [(0, 0.25), (0, 0.5), (0.125, 0.25), (0.25, 0.5), (0.5, 2), (0, 3), (0.375, 1)]
)
def test_entropy_by_its_ends_and_its_bottom(low: float, high: float) -> None:
    image = scipy.special.xlogy(*[Interval(arb(low), arb(high))] * 2)
    other = scipy.special.entr(Interval(arb(low), arb(high)))
    values = [t * mpmath.log(t) if t else mpmath.mpf(0) for t in (mpmath.mpf(low), mpmath.mpf(high))]
    if low < math.exp(-1) < high:
        values.append(-mpmath.exp(-1))
    for least, largest in ((image.low, image.high), (-other.high, -other.low)):
        assert min(values) - 1e-18 <= exact(least) <= min(values) + mpmath.mpf(10) ** -40
        assert max(values) - mpmath.mpf(10) ** -40 <= exact(largest) <= max(values) + 1e-18


def test_products_with_logarithms() -> None:
    x = Jet.variable(arb(3))
    for factor in (0.0, 1.0, 2.0):
        assert float(scipy.special.xlogy(factor, x).c0.mid()) == pytest.approx(factor * math.log(3), rel=1e-15)
        assert float(scipy.special.xlog1py(factor, x).c0.mid()) == pytest.approx(factor * math.log(4), rel=1e-15)
        image = scipy.special.xlog1py(factor, Interval(arb(3), arb(3)))
        assert float(image.low) == pytest.approx(factor * math.log(4), rel=1e-15)
    for product in (scipy.special.xlogy, scipy.special.xlog1py):
        nothing = product(0.0, Jet.variable(arb(-5)))  # 0 where the factor is, whatever the logarithm
        assert nothing.c0.is_zero()
        assert nothing.c1.is_zero()


def test_logaddexp_of_two_that_vary() -> None:
    for x in (Jet.variable(arb(0.75)), Interval(arb(0.75), arb(0.75))):
        for image, exact in (
            (np.logaddexp(x, 1.0), np.logaddexp(0.75, 1)),
            (np.logaddexp(2 * x, x), np.logaddexp(1.5, 0.75)),
        ):
            assert abs(float(image.c0) - exact) < 1e-14


def test_the_logit_between_its_ends() -> None:
    image = scipy.special.logit(Interval(arb(0.25), arb(0.75)))
    assert abs(float(image.low) + np.log(3)) < 1e-14
    assert abs(float(image.high) - np.log(3)) < 1e-14
