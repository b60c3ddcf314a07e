"""A priori bounds: they hold, and they are attained where the theory says so."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import uat
from tests.oracles import exact_piecewise
from uat._checks import InputError
from uat.bounds.modulus import Declared, cell_bound, cells_within, declared, interpolation_bound
from uat.bounds.seen import seen_difference


@pytest.mark.parametrize("pieces", [1, 3, 16, 100])
def test_b1_is_attained_by_the_square(pieces: int) -> None:
    p = uat.interpolate(np.square, -1, 2, pieces=pieces)
    h = 3 / pieces
    seen = seen_difference(np.square, p).lower
    bound = interpolation_bound(Declared(second_derivative=2.0), p)
    assert seen == pytest.approx(h * h / 4, rel=1e-12)
    assert seen * (1 - 1e-10) <= bound <= seen * (1 + 1e-9)  # what is seen carries the rounding of p(x)


@pytest.mark.parametrize("pieces", [1, 3, 15, 101])
def test_b2_is_attained_by_a_kink_at_mid_cell(pieces: int) -> None:
    p = uat.interpolate(np.abs, -1, 1, pieces=pieces)  # odd: 0 lies in the middle of a cell
    h = 2 / pieces
    seen = seen_difference(np.abs, p).lower
    assert seen == pytest.approx(h / 2, rel=1e-12)
    assert seen <= interpolation_bound(Declared(lipschitz=1.0), p) <= seen * (1 + 1e-9)
    assert cell_bound(Declared(lipschitz=1.0), h) == pytest.approx(h / 2, rel=1e-12)


@given(
    slope=st.floats(-0.95, 0.95),
    h=st.floats(1e-3, 1e3),
    lipschitz=st.floats(1.0, 10.0),
)
def test_b3_is_attained_by_a_tent_on_the_chord(slope: float, h: float, lipschitz: float) -> None:
    """The tent with slopes +L and -L on a chord of slope S touches h (L^2 - S^2) / (2 L)."""
    apex = h * (lipschitz + slope) / (2 * lipschitz)

    def tent(x: np.ndarray) -> np.ndarray:
        return np.where(x <= apex, lipschitz * x, lipschitz * (2 * apex - x))

    p = uat.interpolate(tent, 0, h, pieces=1)
    bound = interpolation_bound(Declared(lipschitz=lipschitz), p)
    largest = float(np.abs(tent(np.array(apex)) - p(apex)))
    assert largest <= bound * (1 + 1e-12)
    assert bound == pytest.approx(largest, rel=1e-9, abs=1e-12 * h)


@given(alpha=st.floats(0.2, 1.0), pieces=st.integers(1, 30), shift=st.floats(0, 1))
def test_hoelder_functions_stay_within_b2(alpha: float, pieces: int, shift: float) -> None:
    def f(x: np.ndarray) -> np.ndarray:
        return np.abs(x - shift) ** alpha

    p = uat.interpolate(f, 0, 1, pieces=pieces)
    seen = seen_difference(f, p).lower
    for facts in (Declared(holder=(1.0, alpha)), Declared(modulus=lambda t: t**alpha)):
        assert seen <= interpolation_bound(facts, p) * (1 + 1e-9)
        assert seen <= cell_bound(facts, 1 / pieces) * (1 + 1e-9)


def largest(f: uat.PiecewiseAffine, t: Fraction, steps: tuple[int, ...]) -> Fraction:
    """w(t) of a polygon for `steps` (1,), and w_2(t) for (-1, 1), exactly.

    Over x and 0 <= s <= t both are piecewise affine, so that they are largest where two of the lines "some argument is
    a knot", s = 0 and s = t cross.
    """
    knots = [Fraction(v) for v in f.knots.tolist()]
    a, b = knots[0], knots[-1]
    crossings = {(k - m * s, s) for k in knots for m in (0, *steps) for s in (Fraction(0), t)}
    for one, two in itertools.permutations(knots, 2):
        for m, n in itertools.permutations((0, *steps), 2):  # x + m s = one, x + n s = two
            s = (one - two) / (m - n)
            crossings.add((one - m * s, s))
    inside = [(x, s) for x, s in crossings if 0 <= s <= t and all(a <= x + m * s <= b for m in (0, *steps))]
    return max(abs(sum(exact_piecewise(f, x + m * s) - exact_piecewise(f, x) for m in steps)) for x, s in inside)


@given(
    st.lists(st.integers(1, 15), min_size=1, max_size=4, unique=True),
    st.lists(st.integers(-6, 6), min_size=6, max_size=6),
)
def test_b2_in_all_three_forms(inner: list[int], values: list[int]) -> None:
    """|f - I f| on one cell is at most w(h), (3/2) w(h/2) and w_2(h/2), for any polygon, in rationals."""
    knots = [0, *sorted(inner), 16]
    f = uat.PiecewiseAffine(knots, values[: len(knots)])
    chord = uat.PiecewiseAffine([0, 16], [f(0.0), f(16.0)])
    error = max(abs(exact_piecewise(f, Fraction(k)) - exact_piecewise(chord, Fraction(k))) for k in knots)
    whole, half = largest(f, Fraction(16), (1,)), largest(f, Fraction(8), (1,))
    assert error <= whole
    assert error <= Fraction(3, 2) * half
    assert error <= largest(f, Fraction(8), (-1, 1))
    bound = interpolation_bound(Declared(modulus=lambda t: float(half if t <= 8 else whole)), chord)
    assert bound == pytest.approx(float(min(whole, Fraction(3, 2) * half)), rel=1e-14)


@pytest.mark.parametrize("k", [2, 5, 20])
def test_b2_three_halves_cannot_be_lowered(k: int) -> None:
    """The polygon of the proof with delta = 2^-k: w(1/2) = 1, the error is 3/2 - delta, and w(1) = 2 helps nobody."""
    delta = 2.0**-k
    f = uat.PiecewiseAffine([0, 0.5 - delta, 0.5, 1 - delta, 1], [0, 1, 0, 0, -1])
    chord = uat.PiecewiseAffine([0, 1], [0, -1])
    w = {t: float(largest(f, Fraction(t), (1,))) for t in (0.5, 1.0)}
    assert w == {0.5: 1, 1.0: 2}
    assert f(0.5 - delta) - chord(0.5 - delta) == 1.5 - delta
    assert cell_bound(Declared(modulus=w.__getitem__), 1.0) == pytest.approx(1.5)


def test_b2_w_of_the_cell_is_attained_by_a_tent() -> None:
    """Height 1 on a cell: the error is 1 = w(h) = w(h/2), and the bound says 1."""
    f = uat.PiecewiseAffine([0, 0.5, 1], [0, 1, 0])
    chord = uat.interpolate(f, 0, 1, pieces=1)
    assert seen_difference(f, chord).lower == 1
    assert [largest(f, Fraction(t), (1,)) for t in (0.5, 1)] == [1, 1]
    assert interpolation_bound(Declared(modulus=lambda t: min(2 * t, 1.0)), chord) == pytest.approx(1, rel=1e-14)


@given(alpha=st.floats(0.05, 1.0), h=st.floats(1e-3, 1e3))
def test_b2_of_hoelder_functions_is_attained(alpha: float, h: float) -> None:
    """|x - h/2|^alpha is missed by (h/2)^alpha at mid-cell, for w(t) = t^alpha."""
    chord = uat.interpolate(lambda x: np.abs(x - h / 2) ** alpha, 0, h, pieces=1)
    bound = interpolation_bound(Declared(holder=(1.0, alpha)), chord)
    assert bound == pytest.approx(abs(chord(h / 2)), rel=1e-13)
    assert cell_bound(Declared(holder=(1.0, alpha)), h) == pytest.approx(bound, rel=1e-14)


def test_a_modulus_may_be_a_staircase() -> None:
    """w need not be concave: 3/2 w(h/2) can be worse than w(h), and the smaller of the two is taken."""
    facts = declared(modulus=lambda t: float(np.ceil(4 * t) / 4))
    assert cell_bound(facts, 1.0) == pytest.approx(0.75)
    assert cell_bound(facts, 0.25) == pytest.approx(0.25)


@given(tol=st.floats(1e-9, 1.0), lipschitz=st.floats(0.1, 100), length=st.floats(0.1, 10))
def test_cells_within_is_the_fewest(tol: float, lipschitz: float, length: float) -> None:
    facts = Declared(lipschitz=lipschitz)
    cells = cells_within(facts, length, tol)
    assert cell_bound(facts, length / cells) <= tol
    assert cells == 1 or cell_bound(facts, length / (cells - 1)) > tol


def test_sqrt_on_a_uniform_grid_errs_by_a_quarter_of_the_root() -> None:
    """Statement B4: exactly N^(-1/2) / 4."""
    for pieces in (1, 4, 100):
        p = uat.interpolate(np.sqrt, 0, 1, pieces=pieces)
        assert seen_difference(np.sqrt, p).lower == pytest.approx(pieces**-0.5 / 4, rel=1e-6)


def test_the_rate_of_sin_is_minus_two() -> None:
    """Statement B5: fitted over N = 16..512 the rate is -1.995, from N = 4 on -1.945; N^2 error has its limit."""
    counts = 2 ** np.arange(2, 10)
    errors = [seen_difference(np.sin, uat.interpolate(np.sin, 0, 2 * np.pi, pieces=n)).lower for n in counts.tolist()]

    def rate(first: int) -> float:
        return float(np.polyfit(np.log(counts[first:]), np.log(errors[first:]), 1)[0])

    assert rate(2) == pytest.approx(-1.995, abs=5e-4)
    assert rate(0) == pytest.approx(-1.945, abs=5e-4)
    assert errors[-1] * 512**2 == pytest.approx((2 * np.pi) ** 2 / 8, rel=1e-4)


def test_contradictions_show_the_two_points() -> None:
    p = uat.interpolate(np.sin, 0, 3, pieces=10)
    with pytest.raises(uat.InputError, match=r"contradict `lipschitz` = 0.5: f\(0.0\) = 0.0 and f\(0.3\) = 0.2955"):
        interpolation_bound(declared(lipschitz=0.5), p)

    def half(t: float) -> float:
        return t / 2

    with pytest.raises(uat.InputError, match=r"contradict `modulus` = half: f\(0.0\) = 0.0 and f\(0.3\) = 0.2955"):
        interpolation_bound(declared(modulus=half), p)
    with pytest.raises(uat.InputError, match=r"contradict `holder` = \(0.1, 0.5\)"):
        interpolation_bound(Declared(holder=(0.1, 0.5)), p)


def test_a_true_constant_is_not_contradicted_by_rounding() -> None:
    for scale in (1.0, 1 / 3, 1e9):
        p = uat.interpolate(lambda x, s=scale: s * x, 0.1, 0.7, pieces=997)
        assert interpolation_bound(Declared(lipschitz=scale), p) < 1e-9 * scale


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"lipschitz": -1}, "`lipschitz` must be >= 0, but is -1."),
        ({"lipschitz": np.nan}, "`lipschitz` must be a finite real number, but is nan."),
        ({"modulus": 3}, "`modulus` must be a function"),
        ({"modulus": lambda t: -t}, r"`modulus` must be finite and >= 0, but modulus\("),
        ({"modulus": lambda t: "x"}, r"`modulus` must be finite and >= 0, but modulus\(1.0\) = 'x'"),
        ({"modulus": lambda t: 1 / 0}, r"`modulus` must give a number, but modulus\(1.0\) raised ZeroDivisionError"),
        (
            {"modulus": lambda t: 1 - t},
            r"`modulus` must not decrease, but <lambda>\(0.984375\) = 0.015625 and <lambda>\(1.0\) = 0",
        ),
        ({"modulus": lambda t: 1.0}, r"`tol` = 0.01 is out of reach: the declared bound stays above it"),
    ],
)
def test_bad_declarations(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(uat.InputError, match=sentence):
        cells_within(declared(**options), 1.0, 0.01)


def test_a_modulus_that_decreases_is_refused() -> None:
    """|sin 16 pi x - sin 16 pi y| <= 2 |sin 8 pi (x - y)| is true, and B2 made of it is not."""
    f = lambda x: np.sin(16 * np.pi * x)  # noqa: E731
    w = lambda t: 2 * abs(np.sin(8 * np.pi * t))  # noqa: E731
    with pytest.raises(InputError, match="`modulus` must not decrease"):
        uat.certify(f, (0.0, 0.0), (0, 1), modulus=w, abs=1e-9)
    with pytest.raises(InputError, match="`modulus` must not decrease"):
        uat.approximate(f, (0, 1), tol=1e-9, modulus=w)


def test_beyond_the_length_of_the_domain_a_modulus_is_not_asked() -> None:
    c = uat.certify(lambda x: 1.0 * x, (1.0, 0.25), (1, 2), modulus=lambda t: t if t < 1.01 else 0.0, abs=0.01)
    assert c.proven
    assert 0.25 <= c.upper <= 0.27
    p = uat.PiecewiseAffine([1.0, 1.5, 2.0], [0.0, 0.1, 0.2])
    assert interpolation_bound(Declared(modulus=lambda t: t if t < 1.01 else 0.0), p) > 0
