"""Continuous piecewise-affine functions and the interpolant on a grid."""

from __future__ import annotations

import math
import pickle
import re
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import uat
from tests.oracles import exact_piecewise, interpolant_by_hand
from tests.strategies import dear, exact, exact_knots_and_values, piecewise_affine
from uat.bounds.rounding import gamma
from uat.piecewise import UNIT, affine_on_cells, slope_jump_signs


@dear
@given(exact_knots_and_values(), st.data())
def test_exact_evaluation_is_the_chord(kv: tuple[np.ndarray, np.ndarray], data: st.DataObject) -> None:
    knots, values = kv
    t = data.draw(st.lists(st.fractions(0, 1, max_denominator=97), min_size=1, max_size=5))
    x = exact([*knots, *(knots[0] + s * (knots[-1] - knots[0]) for s in t)])
    assert (affine_on_cells(knots, values, x) == [interpolant_by_hand(knots, values, v) for v in x]).all()


@dear
@given(piecewise_affine(), st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_floats_stay_within_the_stated_bound(p: uat.PiecewiseAffine, t: list[float]) -> None:
    a, b = p.domain
    x = np.clip(a + np.array(t) * (b - a), a, b)
    y = p(x)
    for point, value in zip(x.tolist(), y.tolist(), strict=True):
        k = min(int(np.searchsorted(p.knots, point, side="right")) - 1, p.pieces - 1)
        low, high = p.values[k], p.values[k + 1]
        bound = gamma(5) * abs(high - low) + UNIT * max(abs(low), abs(high))
        assert abs(Fraction(value) - exact_piecewise(p, point)) <= bound
    assert (p(p.knots) == p.values).all()
    np.testing.assert_allclose(y, np.interp(x, p.knots, p.values), rtol=0, atol=1e-12)


def test_shapes_and_outside() -> None:
    p = uat.PiecewiseAffine([0, 1, 3], [0, 2, 0])
    assert p(1.0) == 2.0
    assert isinstance(p(0.5), float)
    assert p(np.zeros((2, 3))).shape == (2, 3)
    assert p([]).shape == (0,)
    assert np.isnan(p([-0.1, 3.1, np.nan])).all()
    assert p([-1.0, 4.0], extrapolate=True).tolist() == [-2.0, -1.0]
    assert (p.pieces, p.domain) == (2, (0.0, 3.0))
    assert p.slopes.tolist() == [2.0, -1.0]
    assert p.slope_jumps.tolist() == [-3.0]
    assert p.intercepts.tolist() == [0.0, 3.0]
    assert p.derivative([0, 1, 3, 4])[:3].tolist() == [2.0, -1.0, -1.0]


def test_arrays_are_frozen_copies() -> None:
    knots = np.array([0.0, 1.0])
    p = uat.PiecewiseAffine(knots, [1, 2])
    knots[0] = 5
    assert p.knots[0] == 0
    with pytest.raises(ValueError, match="read-only"):
        p.values[0] = 3
    view = np.arange(4.0)[:3]
    view.flags.writeable = False  # frozen, but the base behind it can still be written to
    assert uat.PiecewiseAffine(view, view).knots is not view


def test_pickle() -> None:
    p = pickle.loads(pickle.dumps(uat.interpolate(np.sin, 0, 1, pieces=3)))
    assert p(0.3) == uat.interpolate(np.sin, 0, 1, pieces=3)(0.3)


@dear
@given(piecewise_affine())
def test_integral_is_additive_and_exact(p: uat.PiecewiseAffine) -> None:
    a, b = p.domain
    middle = a + 0.37 * (b - a)
    whole = sum(
        (Fraction(float(x1)) - Fraction(float(x0))) * (Fraction(float(y0)) + Fraction(float(y1))) / 2
        for x0, x1, y0, y1 in zip(p.knots, p.knots[1:], p.values, p.values[1:], strict=False)
    )
    scale = (b - a) * np.abs(p.values).max()
    assert abs(Fraction(p.integral()) - whole) <= 8 * UNIT * p.pieces * scale + 1e-300
    assert p.integral(a, middle) + p.integral(middle, b) == pytest.approx(p.integral(), abs=1e-13 * scale + 1e-300)
    assert p.integral(b, a) == -p.integral(a, b)


@dear
@given(piecewise_affine())
def test_inverse_of_a_monotone_function(p: uat.PiecewiseAffine) -> None:
    rising = uat.PiecewiseAffine(p.knots, np.arange(p.knots.size) + 0.1 * np.tanh(p.values))
    for q in (rising, uat.PiecewiseAffine(p.knots, -rising.values)):
        assert q.is_monotone
        back = q.inverse()
        assert np.sort(back.values).tolist() == q.knots.tolist()
        np.testing.assert_allclose(back(q(q.knots)), q.knots, rtol=0, atol=0)


def test_inverse_names_the_offenders() -> None:
    p = uat.PiecewiseAffine([0, 1, 2], [0, 1, 1])
    with pytest.raises(
        uat.InputError, match=r"strictly monotone .* 1\.0 and 1\.0 at the neighbouring knots 1\.0 and 2"
    ):
        p.inverse()


@dear
@given(exact_knots_and_values(most=6))
def test_slope_jump_signs_are_exact(kv: tuple[np.ndarray, np.ndarray]) -> None:
    knots, values = kv[0].astype(float), kv[1].astype(float)
    x, y = exact(knots), exact(values)
    s = (y[1:] - y[:-1]) / (x[1:] - x[:-1])
    assert slope_jump_signs(knots, values).tolist() == [(d > 0) - (d < 0) for d in s[1:] - s[:-1]]


def test_convexity_is_decided_where_float_slopes_mislead() -> None:
    knots = np.array([0.0, 0.1, 0.2, 0.3])  # 0.1 + 0.2 != 0.3: the slopes of x itself differ in the last place
    line = uat.PiecewiseAffine(knots, knots)
    assert line.is_convex
    assert line.is_concave
    assert line.simplified().pieces == 1
    bent = uat.PiecewiseAffine(knots, [*knots[:-1], np.nextafter(knots[-1], 1)])
    assert bent.is_convex
    assert not bent.is_concave


@dear
@given(piecewise_affine(), st.integers(0, 10), st.integers(1, 3))
def test_simplified_is_the_same_function(p: uat.PiecewiseAffine, seed: int, extra: int) -> None:
    q = p.simplified()
    assert q.max_difference(p) <= 1e-13 * (1 + np.abs(p.values).max())
    assert q.pieces <= p.pieces
    assert q.simplified().pieces == q.pieces


@dear
@given(piecewise_affine(), piecewise_affine())
def test_max_difference_is_the_maximum(p: uat.PiecewiseAffine, q: uat.PiecewiseAffine) -> None:
    a, b = p.domain
    stretched = a + (q.knots - q.knots[0]) / (q.knots[-1] - q.knots[0]) * (b - a)
    stretched[-1] = b
    q = uat.PiecewiseAffine(stretched, q.values)
    x = np.linspace(a, b, 501)
    exact_max = p.max_difference(q)
    assert np.abs(p(x) - q(x)).max() <= exact_max + 1e-12
    both = np.union1d(p.knots, q.knots)
    assert exact_max == pytest.approx(np.abs(p(both) - q(both)).max(), abs=1e-12)


def test_max_difference_wants_one_domain() -> None:
    with pytest.raises(uat.InputError, match=r"`other` must have the domain \(0.0, 1.0\), but has \(0.0, 2.0\)"):
        uat.PiecewiseAffine([0, 1], [0, 1]).max_difference(uat.PiecewiseAffine([0, 2], [0, 1]))


# ------------------------------------------------------------------------------------------------- step 1


@pytest.mark.parametrize(
    ("a", "b", "step", "cells"),
    [
        (0, 0.3, 0.1, 3),
        (0, 1.1, 0.1, 11),
        (0, 1, 0.3, 4),
        (0, 1, 5, 1),
        (0, 1, 1, 1),
        (-0.7, 6.3, 0.7, 10),
        (1e8, 1e8 + 1, 0.1, 10),
        (0, 1e-299, 1e-300, 10),
        (0, 1e300, 1e299, 10),
        (-1, 1, 2 / 3, 3),
    ],
)
def test_step_loses_no_cell_and_adds_no_sliver(a: float, b: float, step: float, cells: int) -> None:
    p = uat.interpolate(lambda x: x, a, b, step=step)
    lengths = np.diff(p.knots)
    assert p.pieces == cells
    assert p.domain == (a, b)
    assert lengths.min() > 1e-3 * step or cells == 1
    assert lengths.max() <= step * (1 + 1e-6)


@given(st.integers(1, 400), st.integers(1, 1000), st.integers(1, 1000), st.integers(-300, 300))
def test_a_step_that_divides_gives_that_many_cells(cells: int, p: int, q: int, start: int) -> None:
    """Decimal inputs, rounded to floats each by itself: the count is that of the decimals."""
    step, a = Fraction(p, q), Fraction(start, 7)
    knots = uat.interpolate(lambda x: 0 * x, float(a), float(a + cells * step), step=float(step)).knots
    assert knots.size == cells + 1


@given(st.integers(1, 300), st.fractions(Fraction(1, 100), Fraction(99, 100)))
def test_a_step_that_does_not_divide_has_a_shorter_last_cell(whole: int, part: Fraction) -> None:
    p = uat.interpolate(lambda x: x, 0, float((whole + part) * Fraction(1, 8)), step=0.125)
    lengths = np.diff(p.knots)
    assert p.pieces == whole + 1
    assert lengths[-1] == pytest.approx(float(part) / 8)
    assert (lengths[:-1] == 0.125).all()


def tent(x: np.ndarray, at: float, half: float) -> np.ndarray:
    """1 at `at`, 0 from `half` away on: its modulus of continuity is min(t / half, 1)."""
    return np.maximum(1 - np.abs(x - at) / half, 0)


# functions on [0, b] and their moduli of continuity there, in closed form
KNOWN_MODULI = {
    "sqrt": lambda b, at, half: (np.sqrt, math.sqrt),
    "square": lambda b, at, half: (np.square, lambda t: t * (2 * b - t)),
    "kink": lambda b, at, half: (lambda x: np.abs(x - at * b), lambda t: min(t, max(at, 1 - at) * b)),
    "tent": lambda b, at, half: (lambda x: tent(x, at * b, half), lambda t: min(t / half, 1.0)),
}


@pytest.mark.parametrize("name", sorted(KNOWN_MODULI))
@dear
@given(
    whole=st.integers(0, 20),
    part=st.fractions(Fraction(1, 100), 1),
    step=st.sampled_from([0.125, 0.3, 1.0, 7.0]),
    at=st.floats(0, 1),
    half=st.floats(0.01, 2),
)
def test_a2_a_step_errs_by_the_modulus_at_most(
    name: str, whole: int, part: Fraction, step: float, at: float, half: float
) -> None:
    """Statement A2 on every cell by its own length: the shorter last one has a smaller bound."""
    b = float(whole * Fraction(step) + part * Fraction(step))
    g, w = KNOWN_MODULI[name](b, at, half)
    p = uat.interpolate(g, 0, b, step=step)
    assert p.pieces == whole + 1
    assert p(b) == g(np.float64(b))
    for left, right in pairwise(p.knots.tolist()):
        assert right - left <= step * (1 + 1e-12)
        x = np.append(np.linspace(left, right, 101), np.clip(at * b, left, right))
        assert np.abs(g(x) - np.interp(x, p.knots, p.values)).max() <= w(right - left) + 1e-13 * (1 + b * b)


@given(whole=st.integers(1, 20), part=st.fractions(Fraction(1, 8), Fraction(7, 8)), data=st.data())
def test_a2_is_attained_by_a_tent_within_any_cell(whole: int, part: Fraction, data: st.DataObject) -> None:
    """A tent of height 1 within a cell, the shorter last one too, is missed by 1 = w(step): nothing less is true."""
    b = whole + float(part)
    cell = data.draw(st.integers(0, whole))
    at = (cell + min(cell + 1, b)) / 2
    p = uat.interpolate(lambda x: tent(x, at, 0.05), 0, b, step=1)
    assert p.pieces == whole + 1
    assert abs(tent(np.float64(at), at, 0.05) - p(at)) == 1


@pytest.mark.parametrize(
    "f",
    [
        np.square,
        lambda x: x**2,
        lambda x: math.pow(x, 2),  # scalars only
        lambda x: float(x) ** 2,
        lambda x: [v * v for v in x],  # returns a list
        lambda x: np.float32(x) ** 2,
        lambda x: np.array(float(x) ** 2),  # 0-d
        lambda x: [x * x] if np.isscalar(x) else 1 / 0,
        lambda x: Fraction(float(x)) ** 2,
        lambda x: 0 if x == 0 else x * x,  # an integer and a branch
    ],
)
def test_any_kind_of_function(f: object) -> None:
    p = uat.interpolate(f, 0, 2, pieces=8)
    np.testing.assert_allclose(p.values, np.linspace(0, 2, 9) ** 2, rtol=1e-7)


def test_constants_integers_and_booleans() -> None:
    assert uat.interpolate(lambda x: 3, 0, 1, pieces=4).values.tolist() == [3.0] * 5
    assert uat.interpolate(lambda x: x > 0.5, 0, 1, pieces=2).values.tolist() == [0.0, 0.0, 1.0]


def test_a_vectorised_function_is_called_once_and_cannot_touch_the_knots() -> None:
    calls = []

    def f(x: np.ndarray) -> np.ndarray:
        calls.append(x.shape)
        x *= 2
        return x

    p = uat.interpolate(f, 0, 1, pieces=4)
    assert calls == [(5,)]
    assert p.knots.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert p.values.tolist() == [0, 0.5, 1, 1.5, 2]


def test_interruption_passes_through() -> None:
    def f(x: float) -> float:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        uat.interpolate(f, 0, 1, pieces=3)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((math.nan, 1, {"pieces": 3}), "`a` must be a finite real number, but is nan."),
        ((0, math.inf, {"pieces": 3}), "`b` must be a finite real number, but is inf."),
        (("0", 1, {"pieces": 3}), "`a` must be a finite real number, but is '0'."),
        ((1, 1, {"pieces": 3}), "`a` must be less than `b`, but a = 1.0 and b = 1.0."),
        ((2, 1, {"pieces": 3}), "`a` must be less than `b`, but a = 2.0 and b = 1.0."),
        ((-1e308, 1e308, {"pieces": 3}), "the length b - a must be a finite float"),
        ((0, 1, {"pieces": 0}), "`pieces` must be an integer >= 1, but is 0."),
        ((0, 1, {"pieces": 2.5}), "`pieces` must be an integer >= 1, but is 2.5."),
        ((0, 1, {"pieces": True}), "`pieces` must be an integer >= 1, but is True."),
        ((0, 1, {"step": 0}), "`step` must be > 0, but is 0."),
        ((0, 1, {"step": -0.1}), "`step` must be > 0, but is -0.1."),
        ((0, 1, {"step": math.nan}), "`step` must be a finite real number, but is nan."),
        ((0, 1, {"step": 1e-14}), "`step` = 1e-14, that is 1e+14 cells, would take 7.45e+06 GiB of memory"),
        ((0, 1, {"step": 1e-320}), "`step` = 1e-320 asks for more cells than floats can count in [0.0, 1.0]"),
        ((0, 1, {"pieces": 10**17}), "`pieces` = 100000000000000000, that is 1e+17 cells, would take"),
        ((1e8, 1e8 + 1e-6, {"pieces": 100}), "where floats stand as far apart as 1.49e-08"),
        ((1e8, 1e8 + 1e-6, {"step": 1e-9}), "where floats stand as far apart as 1.49e-08"),
        ((0, 1, {}), "exactly one of `pieces` and `step` must be given, but none was."),
        ((0, 1, {"pieces": 2, "step": 0.1}), "exactly one of `pieces` and `step` must be given, but got"),
    ],
)
def test_bad_grids(arguments: tuple[float, float, dict[str, float]], sentence: str) -> None:
    a, b, options = arguments
    with pytest.raises(uat.InputError, match=re.escape(sentence)):
        uat.interpolate(np.sin, a, b, **options)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("sin(x)", (0, 6, 7)), "`domain` must be a pair (a, b), but is (0, 6, 7)."),
        (("sin(x)", 0), "`domain` must be a pair (a, b), but is 0."),
        (("sin(x)",), "`domain` must be a pair (a, b), but is None."),
        (("sin(x)", (0, 6), 5), "`a` must be a finite real number, but is (0, 6)."),
        (("sin(x)", (6, 0)), "`a` must be less than `b`, but a = 6.0 and b = 0.0."),
    ],
)
def test_bad_domains(arguments: tuple[Any, ...], sentence: str) -> None:
    with pytest.raises(uat.InputError, match=re.escape(sentence)):
        uat.interpolate(*arguments, pieces=3)


def test_the_domain_may_be_a_pair_and_the_function_a_formula_or_a_target() -> None:
    wanted = uat.interpolate(np.tanh, -5, 5, 7)
    for p in (
        uat.interpolate(np.tanh, (-5, 5), pieces=7),
        uat.interpolate("tanh(x)", -5, 5, 7),
        uat.interpolate("tanh", np.array([-5, 5]), pieces=7),
        uat.interpolate("tanh", pieces=7),
        uat.interpolate(uat.target("tanh"), pieces=7),
    ):
        np.testing.assert_array_equal(p.knots, wanted.knots)
        np.testing.assert_array_equal(p.values, wanted.values)


@pytest.mark.parametrize(
    ("f", "sentence"),
    [
        (lambda x: 1 / 0, "f(0.0) raised ZeroDivisionError: division by zero"),
        (lambda x: 1 / (float(x) - 0.5), "f(0.5) raised ZeroDivisionError"),
        (np.log, "`f` must be finite on the interval, but f(0.0) = -inf."),
        (lambda x: np.sqrt(x - 0.3), "`f` must be finite on the interval, but f(0.0) = nan."),
        (lambda x: np.where(x > 0.6, np.nan, x), "but f(0.75) = nan."),
        (lambda x: x * 1j, "`f` must be real, but f(0.25) = 0.25j."),
        (lambda x: [1, 2], "`f` must return one number a point, but f(0.0) has shape (2,)."),
        (lambda x: "three", "`f` must return a real number, but f(0.0) = 'three'."),
        (lambda x: None, "`f` must return a real number, but f(0.0) = None."),
        (3, "`f` must be a function of one real number or a formula, but is 3."),
    ],
)
def test_bad_functions(f: object, sentence: str) -> None:
    with pytest.raises(uat.InputError, match=re.escape(sentence)):
        uat.interpolate(f, 0, 1, pieces=4)


def test_the_number_of_pieces_may_stand_fourth() -> None:
    assert uat.interpolate(np.sin, 0, 1, 4).pieces == 4
    with pytest.raises(uat.InputError, match=r"`a` must be less than `b`, but a = 1.0 and b = 0.0\."):
        uat.interpolate(np.sin, 1, 0, 10)


@pytest.mark.parametrize(
    ("knots", "values", "sentence"),
    [
        (
            [0, 1, 1],
            [0, 0, 0],
            "`knots` must be strictly increasing, but knots[1] = 1.0 is followed by knots[2] = 1.0.",
        ),
        (
            [0, 2, 1],
            [0, 0, 0],
            "`knots` must be strictly increasing, but knots[1] = 2.0 is followed by knots[2] = 1.0.",
        ),
        ([0], [0], "`knots` must have at least 2 entries, but has 1."),
        ([0, 1], [0, 1, 2], "`values` must have 2 entries, but has 3."),
        ([0, np.nan], [0, 1], "`knots` must be finite, but knots[1] = nan."),
        ([0, 1], [0, np.inf], "`values` must be finite, but values[1] = inf."),
        ([[0, 1]], [0, 1], "`knots` must be one-dimensional, but has shape (1, 2)."),
        (["a", "b"], [0, 1], "`knots` must be an array of real numbers, but is ['a', 'b']."),
        ([0, 1], [1e308, -1e308], "neighbouring `values` must differ by a finite float, but values[0] = 1e+308"),
    ],
)
def test_bad_knots(knots: list[float], values: list[float], sentence: str) -> None:
    with pytest.raises(uat.InputError, match=re.escape(sentence)):
        uat.PiecewiseAffine(knots, values)


def test_subnormal_cells_do_not_overflow() -> None:
    p = uat.PiecewiseAffine([0, 5e-324, 1e-323], [0, 1e300, -1e300])
    assert p([0, 5e-324, 1e-323]).tolist() == [0, 1e300, -1e300]
