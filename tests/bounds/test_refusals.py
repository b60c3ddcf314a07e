"""No false proof where f hides what it does: caught refusals, truth values that add, types that cut, places unreal."""

from __future__ import annotations

import operator
import warnings
from typing import Any

import numpy as np
import pytest
from flint import arb
from scipy import special

import uat
from tests.on_balls import on_balls
from uat.balls.intervals import Interval
from uat.balls.jets import Jet
from uat.construct.enclosures import enclose


def certified(f: Any, g: Any, domain: Any = None, **options: Any) -> Any:
    """The certificate of f, unless f is refused; and in no case a bound below what f does in floats."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", uat.NotProvenWarning)
            c = uat.certify(f, g, domain, seconds=1, **options)
    except uat.InputError as error:
        assert "must be a function of one number" in str(error)  # noqa: PT017 - whichever comes
        return None
    if c.proven:
        a, b = g.domain if domain is None else domain
        x = np.unique(np.concatenate([np.linspace(a, b, 801), [0.3, 0.5, 0.95, 0.97]]))
        x = x[(a <= x) & (x <= b)]
        with np.errstate(all="ignore"):
            line = g(x) if callable(g) else g[0] * x + g[1]
            seen = np.abs(np.array([float(f(t)) for t in x]) - line)
        assert not np.isnan(seen).any()
        assert seen.max() <= c.upper * (1 + 1e-9) + 1e-12
    return c


def catches_a_missing_rule(x: Any) -> Any:
    try:
        return np.i0(x)
    except Exception:  # noqa: BLE001 - what is tested
        return 1.0 * x


def catches_a_branch(x: Any) -> Any:
    try:
        if x < 0.05:
            return x + 3
    except Exception:  # noqa: BLE001 - what is tested
        pass
    return x * 1.0


def catches_a_hash(x: Any) -> Any:
    try:
        return {0.5: 7.0}.get(x, 1.0 * x)
    except TypeError:
        return 1.0 * x


def catches_an_attribute(x: Any) -> Any:
    try:
        return x + float(x.size > 3)
    except AttributeError:
        return 1.0 * x


def catches_round(x: Any) -> Any:
    try:
        return 1.0 * round(x)
    except TypeError:
        return 1.0 * x


def catches_a_wrong_option(x: Any) -> Any:
    try:
        return np.full_like(x, 0.5, dtype=int) + x
    except TypeError:
        return 1.0 * x


CATCHING = [
    catches_a_missing_rule,
    catches_a_hash,
    catches_an_attribute,
    catches_round,
    catches_a_wrong_option,
]


@pytest.mark.parametrize("f", CATCHING)
def test_a_caught_refusal_is_no_proof(f: Any) -> None:
    with pytest.warns(uat.NotProvenWarning, match="cannot be traced"):
        c = uat.certify(f, (1.0, 0.0), (0, 1))
    assert not c.proven


@pytest.mark.parametrize("f", [catches_a_missing_rule, catches_a_hash])
def test_a_caught_refusal_is_no_value_of_a_witness(f: Any) -> None:
    with pytest.raises(TypeError, match="cannot be traced"):
        enclose(f, np.array([0.25, 0.5]))


def test_a_branch_that_arrays_do_not_take_is_refused() -> None:
    assert certified(catches_a_branch, (1.0, 0.0), (0, 1)) is None


@pytest.mark.parametrize(
    ("f", "where"),
    [
        (lambda x: np.where((x > 0.1) + (x > 0.9) > 1.5, 0.9 + 0 * x, x), 0.95),
        (lambda x: np.where(np.add(x > 0.1, x > 0.9) > 1.5, 0.9 + 0 * x, x), 0.95),
        (lambda x: np.where(np.sum([x > 0.1, x > 0.9], axis=0) > 1.5, x + 1, x), 0.95),
        (lambda x: np.where(np.maximum(x > 0.1, x > 0.2) + (x > 0.9) > 1.5, 0.9 + 0 * x, x), 0.95),
        (lambda x: np.where(np.where(x > 0.1, x > 0.2, x > 0.3) + (x > 0.9) > 1.5, 0.9 + 0 * x, x), 0.95),
        (lambda x: np.where(np.full_like(x > 0.1, 2) > 1.5, x + 1, x), 0.95),
        (lambda x: x + np.full_like(x, 0.5, dtype=int), 0.5),
        (lambda x: x + np.zeros_like(x, dtype=np.int8), 0.5),
    ],
)
def test_truth_values_and_types_are_not_numbers(f: Any, where: float) -> None:
    """No other value than NumPy's is claimed: of arrays and of numbers, where a sum of truth values is not the same."""
    c = certified(f, (1.0, 0.0), (0, 1))
    assert c is None or not c.proven or abs(float(f(np.float64(where))) - where) <= c.upper


def test_what_changes_the_argument_in_place_is_refused() -> None:
    """NumPy changes the caller's array; what f made itself it may change."""

    def changes(name: str) -> Any:
        def f(x: Any) -> Any:
            y = x
            y = getattr(operator, name)(y, 1.0009)
            return x

        return f

    names = ("iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow")
    for name in names:
        with pytest.raises(uat.InputError, match="f changes its argument in place"):
            uat.certify(changes(name), (1.0, 0.0), (0, 1))

    def own(x: Any) -> Any:
        y = 1.0 * x
        for name in names:
            y = getattr(operator, name)(y, 2.0)
        return x + y

    assert certified(own, (1.0, 0.0), (0.6, 0.8)).proven


@pytest.mark.parametrize(
    ("f", "sup"),
    [
        (lambda x: x - 1 + np.reciprocal(np.where(x > 0.95, 2, 1)), 1.0),
        (lambda x: x + 1e-20 * np.where(x > 0.95, 100, 1) ** 10, 0.07766279631452242),
        (lambda x: x + 1e-20 * ((x > 0.95) * 100) ** 10, 0.07766279631452242),
        (lambda x: x + 1e-19 * 10 ** np.where(x > 0.95, 19, 1), 0.8446744073709552),
        (lambda x: x + np.full_like(np.where(x > 0.95, 1, 0), 0.9) * (x > 0.95), 0.0),
        (lambda x: x + np.piecewise(np.where(x > 0.95, 1, 0), [np.where(x > 0.95, 1, 0) > 0], [0.9, 0.0]), 0.0),
        (lambda x: x + np.round(np.where(x > 0.95, 16, 1), -1) * (x > 0.95), 20.0),
        (lambda x: x + np.polyval([10**9, 1], np.where(x > 0.95, 10**10, 0)) * 1e-19, 0.8),
        (lambda x: x + np.maximum(np.where(x > 0.95, 2, 1), 1) // 4, 0.0),
        (lambda x: x + np.fmod(np.where(x > 0.95, 5, 1), 3), 2.0),
        (lambda x: x + np.reciprocal(np.minimum(np.select([x > 0.95, x > 2], [2, 3], 1), 2)), 1.0),
        (lambda x: x + np.reciprocal(abs(-np.where(x > 0.95, 2, 1) * 2 + 2 - (x > 3))), 0.5),
        (lambda x: x + np.minimum(0.95 - x, 0) // np.inf, 1.0),
        (lambda x: x + np.maximum(x - 0.95, 0) // -np.inf, 1.0),
        (lambda x: x + np.arctan2(np.minimum(0.95 - x, 0) * 0.0, -1.0) - np.pi, 2 * np.pi),
    ],
)
def test_what_numpy_does_to_whole_numbers_and_zeros_is_not_claimed_otherwise(f: Any, sup: float) -> None:
    """Where x > 0.95 only: away from the places that are looked at first."""
    k = np.linspace(0, 1, 401)
    c = certified(f, uat.PiecewiseAffine(k, k))
    assert c is None or not c.proven or c.upper >= sup * (1 - 1e-12)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.where(x > 0.95, 2, 1) * np.sin(x), lambda x: 2 * (x > 0.5) - 1 + 0 * x,
        lambda x: 2 ** np.where(x > 0.5, 1, 2) * x, lambda x: np.where(x > 0.5, 2, 1) ** 2 * x,
        lambda x: x ** np.where(x > 0.5, 2, 1), lambda x: np.where(x > 0.5, 2, 1) ** x,
        lambda x: 0.5 ** np.where(x > 0.5, -2, 1), lambda x: 1 / np.where(x > 0.5, 4, 2) + x,
        lambda x: np.exp(np.where(x > 0.5, 2, 1)) * x, lambda x: np.sign(np.where(x > 0.5, 2, -1)) * x,
        lambda x: np.maximum(np.where(x > 0.5, 4, 2), 3) / 2 - x, lambda x: np.where(x > 0.5, 7, 1) % 2.5,
        lambda x: np.where(x > 0.5, 7, 1) // 2.5 + 5.0 // np.where(x > 0.5, 2, 3),
        lambda x: 7.5 % np.where(x > 0.5, 2, 3) * x, lambda x: np.degrees(np.where(x > 0.5, 2, 3)) * x,
        lambda x: np.minimum(np.where(x > 0.5, np.int64(4), 2), 3) * x,
        lambda x: np.where(np.where(x > 0.5, 4, 2) > 3, x, 2.0), lambda x: np.radians(np.where(x > 0.5, 2, 3)),
        lambda x: np.heaviside(x - 0.5, 1) / 2 + x, lambda x: abs(-np.where(x > 0.5, 4, 2)) - 1.5,
        lambda x: 3 - np.where(x > 0.5, 4, 2) + np.where(x > 0.25, 1, 2),
        lambda x: np.where(x > 0.5, 4, 2) / np.where(x > 0.25, 1, 3) * x,
    ],
)  # fmt: skip
def test_whole_numbers_that_floats_hold_are_proven(f: Any) -> None:
    """And NumPy's own values lie in the enclosure of each."""
    c = uat.certify(f, (0.0, 0.0), (0, 1))
    seen = np.abs(f(np.linspace(0, 1, 10_001))).max()
    assert c.proven
    assert seen <= c.upper
    assert c.lower <= seen * (1 + 1e-3)


@pytest.mark.parametrize(
    ("f", "domain"),
    [
        (np.sqrt, (-1, 1)), (lambda x: x**0.5, (-1, 1)), (np.arcsin, (-2, 1.5)), (np.arccosh, (0.5, 2)),
        (uat.Formula("sqrt(x)"), (-1, 1)), (lambda x: np.sqrt((x - 0.5) ** 2 - 1e-4), (0, 1)),
    ],
)  # fmt: skip
def test_an_assumption_that_is_plainly_false_is_no_condition(f: Any, domain: tuple[float, float]) -> None:
    with pytest.warns(uat.NotProvenWarning, match="not real on the domain|is nan|not finite|outside"):
        assert not uat.certify(f, (0.0, 0.5), domain).proven


UNDEFINED = [
    lambda x: np.heaviside(np.log(x), 0.5), lambda x: np.arctan2(np.log(x), np.log(x)),
    lambda x: special.xlogy(0 * x, np.log(x)), lambda x: special.xlog1py(0 * x, np.log(x)), lambda x: np.log(x) ** 0,
    lambda x: np.where(np.log(x) > 0, 1.0, 2.0), lambda x: np.where((x > 5) | (np.log(x) <= 0), x, 2.0),
    lambda x: np.where(np.where(np.log(x) > 0, x < 5, x < 5), 1.0, 2.0), lambda x: (np.log(x) > 0) * 1.0,
    lambda x: np.where(~(np.log(x) > 0) & (x < 5), 1.0, 2.0), lambda x: np.select([np.log(x) > 0], [x], 1.0),
    lambda x: np.piecewise(x, [np.log(x) > 0], [1.0, 2.0]), lambda x: ((np.log(x) > 0) ^ (x < 5)) * 1.0,
    lambda x: np.sign(np.log(x)), lambda x: np.floor(np.log(x)), lambda x: np.clip(np.log(x), 0, 1),
    lambda x: np.fmax(np.log(x), 1), lambda x: np.hypot(np.log(x), 0), lambda x: np.logaddexp(np.log(x), 1),
    lambda x: np.log(x) - np.log(x), lambda x: 0 * np.log(x), lambda x: np.exp(np.minimum(-np.log(x), 3)),
    lambda x: ((np.log(x) > 0) + (x > 5)) * 1.0,
    lambda x: np.arctan2(np.log(x), 1.0), lambda x: np.arctan2(1.0, np.log(x)), lambda x: np.arctan2(0 * x, np.log(x)),
]  # fmt: skip


@pytest.mark.parametrize("f", UNDEFINED)
def test_a_function_of_something_undefined_is_undefined(f: Any) -> None:
    """NumPy finds log(-1) > 0 to be false; a proof must not find it to be anything."""
    half = lambda x: f(np.sqrt(x) + 1)  # noqa: E731 - defined on the right half only
    for g, domain in ((f, (-2, -1)), (half, (-1, 1))):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                assert not uat.certify(lambda x, g=g: g(x) + x, (0.0, 0.5), domain).proven
            except uat.InputError as error:  # floats that are numbers where the formula has none
                assert "must be a function of one number" in str(error)  # noqa: PT017
    for kind in (Jet(arb(-1.5, 0.5), arb(1)), Interval(arb(-2), arb(-1))):
        image = on_balls(f, kind)
        parts = (image.c0, image.c1, image.c2) if isinstance(image, Jet) else (image.low, image.high)
        assert not any(part.is_finite() for part in parts)


def test_a_guard_decides_before_what_it_guards() -> None:
    c = uat.certify(lambda x: np.where((x > 0.5) & (np.log(x - 0.25) < -1.0), 2.0, x), (0.0, 0.5), (0, 0.7))
    assert c.proven
    assert uat.certify(lambda x: np.where(x >= 0.5, x, np.log(x)), (0.0, 0.5), (0.25, 1)).proven


def test_no_bound_is_no_bound() -> None:
    assert uat.certify(lambda x: np.clip(np.sqrt(x), 0, np.inf), (0.0, 0.5), (0, 1)).proven
    assert uat.certify(lambda x: np.clip(np.sqrt(x), -np.inf, 1), (0.0, 0.5), (0, 1)).proven


@pytest.mark.parametrize("decimals", [23, 400, -23])
def test_rounding_by_a_power_that_is_no_float(decimals: int) -> None:
    with pytest.warns(uat.NotProvenWarning, match="`decimals`"):
        assert not uat.certify(lambda x: np.round(x, decimals) + x, (0.0, 0.5), (0, 1)).proven


@pytest.mark.parametrize(
    "f",
    [
        lambda x: (x > 0.97) * np.int8(100) * np.int8(2), lambda x: np.int8(100) * (x > 0.97) * np.int8(2),
        lambda x: (x > 0.97) * np.uint64(1) - 2, lambda x: ((x > 0.97) * np.array([100], np.int8) * np.int8(2))[0],
        lambda x: np.add(np.int16(3), x > 0.97), lambda x: np.uint8(3) - (x > 0.97),
        lambda x: (x > 0.97) ** np.int8(2), lambda x: (x > 0.97) + np.int32(2), lambda x: (x > 0.97) - np.int32(2),
    ],
)  # fmt: skip
def test_integers_that_wrap_are_no_numbers(f: Any) -> None:
    with pytest.warns(uat.NotProvenWarning, match="cannot be traced: NumPy computes"):
        assert not uat.certify(lambda x: f(x) * 1.0, (0.0, 0.5), (0, 1)).proven


def test_an_assumption_that_is_true_stays_one() -> None:
    c = uat.certify(lambda x: np.sqrt(x - x**2), (0.0, 0.25), (0, 1))
    assert c.proven
    assert "sqrt" in c.assumes[0]


@pytest.mark.parametrize("x", [1234.5, 15.0, 25.0, 0.7])
def test_round_to_tens(x: float) -> None:
    for decimals in (-2, -1, 0, 1):
        image = on_balls(lambda t, k=decimals: np.round(t, k), Interval(arb(x), arb(x)))
        assert image.c0.contains(arb(float(np.round(x, decimals)))) or decimals > 0
        assert abs(float(image.c0) - float(np.round(x, decimals))) <= 1e-15 * x


@pytest.mark.parametrize(
    "f",
    [
        np.polynomial.Chebyshev([1.0, 2, 3]), lambda x: np.float32(0.1) * x, lambda x: np.float64(0.1) * x + np.pi,
        lambda x: np.sin(1e6 * x), lambda x: np.exp(50 * x), uat.Formula("sin(1e6*pi*x + 1)"),
        lambda x: (1e9 + x) - 1e9 + x, lambda x: np.floor(10 * x), lambda x: (x - 1) ** 7 - (x**3 - 1) * x,
        lambda x: (x > 0.5) * np.int64(2) + x, lambda x: np.int8(3) * x,
        lambda x: np.sum(np.array([1.0, 2.0]) * np.sin(np.array([1.0, 2.0]) * x)),
    ],
)  # fmt: skip
def test_honest_functions_stay_proven(f: Any) -> None:
    """What floats lose by rounding, or NumPy and flint ask of a ball by themselves, is held against nobody."""
    c = uat.certify(f, (0.0, 0.5), (0, 1))
    assert c.proven
    assert c.assumes == ()


W, B, C = np.array([1.0, 2.0, -3.0]), np.array([0.0, -0.5, 1.0]), np.array([1.0, -1.0, 0.5])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.maximum(W * x + B, 0) @ C, lambda x: np.dot(C, np.maximum(W * x + B, 0)),
        lambda x: np.sum(C * np.maximum(x * W + B, 0)), lambda x: np.where(W * x + B > 0, W * x + B, 0) @ C,
        lambda x: C @ np.clip(W * x + B, 0, 1), lambda x: C @ np.clip(W * x + B, None, np.inf),
        lambda x: np.max(W * x + B), lambda x: np.min(W * x + B), lambda x: np.max(W * x + B, axis=0),
        lambda x: np.max(np.multiply(np.outer(W, C), x)), lambda x: (W * x + B).min(), lambda x: np.prod(x - W),
        lambda x: np.cumsum(W * x)[-1],
        lambda x: np.tanh(np.outer(W, C) @ np.tanh(W * x + B)) @ C, lambda x: np.linalg.norm(W * x),
        lambda x: (np.heaviside(W * x + B, 0.5) * C).sum(), lambda x: np.arctan2(W * x + B, 2.0).sum(),
    ],
)  # fmt: skip
def test_arrays_of_balls_meet_the_rules(f: Any) -> None:
    """A network's own formula, and what else people write with arrays of weights."""
    c = uat.certify(f, (0.25, -0.5), (-1, 2))
    assert c.proven
    assert c.assumes == ()
    x = np.linspace(-1, 2, 601)
    seen = np.abs(np.array([float(f(t)) for t in x]) - (0.25 * x - 0.5)).max()
    assert seen <= c.upper * (1 + 1e-12)
    assert seen >= 0.97 * c.lower


@pytest.mark.parametrize(
    "f",
    [
        lambda x: ((x > np.array([0.97])) * np.int8(100) * np.int8(2))[0],
        lambda x: (W * x > 0.97) @ np.ones(3, np.int8),
        lambda x: (np.int8(100) * (W * x > 0.97) * np.int8(2)).sum(), lambda x: (np.log(W * x - 9)[0]) ** 0,
        lambda x: np.where(np.log(W * x - 9) > 0, 1.0, 2.0)[0], lambda x: np.max(np.log(W * x - 9)),
        lambda x: (W * x).astype(int).sum(),
    ],
)  # fmt: skip
def test_arrays_are_refused_as_numbers_are(f: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert not uat.certify(lambda x: f(x) + x, (0.0, 0.5), (0, 1)).proven


def between_the_probes(x: Any) -> Any:
    return (x > 0.32) & (x < 0.57)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: (np.where(between_the_probes(x), np.uint8(1), np.uint8(5)) - np.uint8(3)) * between_the_probes(x),
        lambda x: np.where(between_the_probes(x), 10**10, 1) ** 2, lambda x: np.square(between_the_probes(x)) * 100 * 2,
        lambda x: between_the_probes(x) ** 2 * 100 * 2, lambda x: between_the_probes(x) * np.int64(2**62) * 4 * 1e-19,
        lambda x: np.exp(between_the_probes(x)) * 60000, lambda x: np.hypot(between_the_probes(x), x > 2) * 1e5,
        lambda x: np.polyval(np.array([100, 100], np.int8), between_the_probes(x)),
        lambda x: np.max(np.ones_like(W * x > 0.4) + (W * x > 0.4)), lambda x: np.insert(W * x > 0.4, 0, 3)[0],
        lambda x: (np.where(W * x > 0.4, np.array([1, 1, 1], np.uint8), np.array([0, 0, 0], np.uint8)) - 2)[0],
        lambda x: np.full_like(np.where(W * x > 0.4, 1, 2), 0.9)[0], lambda x: np.pad(W * x > 0.4, 1)[0],
        lambda x: np.where(W * x > 0.4, np.array([1, 1, 1], np.uint8), 0.5)[0], lambda x: np.hypot(True, x > 0.4),
        lambda x: np.dot(W * x > 0.4, np.array([100, 100, 100], np.int8)),
        lambda x: np.concatenate([W * x > 0.4, np.array([100], np.int8)])[0] * 100 * 2,
        lambda x: np.inner(np.array([100, 100, 100], np.uint8), W * x > 0.4),
    ],
)  # fmt: skip
def test_types_that_numpy_gives_to_truth_values_are_not_forgotten(f: Any) -> None:
    certified(lambda x: 0.25 * x + f(x), (0.0, 0.0), (0, 1))


def test_nothing_is_put_into_an_array_of_integers() -> None:
    def cuts(x: Any) -> Any:
        row = np.where(W * x > 0.4, 1, 2)
        row[0] = 0.7
        return row[0] + x

    with pytest.warns(uat.NotProvenWarning, match="puts floats into an array of integers"):
        assert not uat.certify(cuts, (0.0, 0.0), (0, 1)).proven


@pytest.mark.parametrize("norm", ["sup", "L1"])
def test_floats_are_compared_wherever_the_search_looks(norm: str) -> None:
    """Two formulas, one for the tracer and one for floats, which differ by little in one place only."""

    def two_faced(x: Any) -> Any:
        return x * x if not isinstance(x, (float, np.ndarray)) else x * x + 1e-9 * between_the_probes(x)

    with pytest.raises(uat.InputError, match=r"but at x = 0\.[345]\d* it does not give in floats what its formula"):
        uat.certify(two_faced, uat.interpolate(np.square, 0, 1, pieces=8), norm=norm)


def test_a_function_of_no_float_is_refused() -> None:
    """NumPy refuses whole numbers to negative whole powers."""
    with pytest.warns(uat.NotProvenWarning, match="no rule for integers to a negative"):
        assert not uat.certify(lambda x: np.where(x > 2, 2, 10) ** -1 + 0 * x, (0.0, 0.0), (0, 1)).proven

    def on_tracers_only(x: Any) -> Any:
        if isinstance(x, (float, np.ndarray)):
            raise ValueError("no floats")
        return x

    with pytest.raises(uat.InputError, match="it does not give in floats what its formula gives"):
        uat.certify(on_tracers_only, (0.0, 0.0), (0, 1))


def test_an_assumption_that_only_the_search_makes_is_tested_too() -> None:
    """On the whole interval Python's branch is not decided; on [-1, 0] the root of what is cut off is 0."""

    def branches(x: Any) -> Any:
        return 1.0 * x if x > 0.5 else np.sqrt(x)

    with pytest.warns(uat.NotProvenWarning, match="not real on the domain"):
        assert not uat.certify(branches, (0.0, 0.0), (-1, 1)).proven
