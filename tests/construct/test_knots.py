"""Graded grids: the rates and constants that theory promises, and the breaks that were asked for."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uat import InputError, PiecewiseAffine
from uat.construct.knots import _shares, graded_knots, power_graded_knots


def chord_error(f: object, knots: np.ndarray) -> float:
    p = PiecewiseAffine(knots, f(knots))  # type: ignore[operator]  # a NumPy function
    x = np.concatenate([np.linspace(c, d, 101) for c, d in pairwise(knots)])
    return float(np.abs(f(x) - p(x)).max())  # type: ignore[operator]  # a NumPy function


@pytest.mark.parametrize("pieces", [1, 2, 16, 64, 256])
def test_sqrt_with_power_4_has_error_1_over_2_n_squared(pieces: int) -> None:
    """Statement B4: exactly (1 - 1 / (4 N^2 - 4 N + 2)) / (2 N^2), on the last cell."""
    knots = power_graded_knots(0, 1, pieces, 4)
    wanted = (1 - 1 / (4 * pieces**2 - 4 * pieces + 2)) / (2 * pieces**2)
    roots = np.sqrt(knots)
    x = ((roots[1:] + roots[:-1]) / 2) ** 2
    off = np.sqrt(x) - PiecewiseAffine(knots, roots)(x)
    assert off[-1] == pytest.approx(wanted, rel=1e-9)
    assert off.argmax() == pieces - 1
    assert wanted * (1 - 1e-3) <= chord_error(np.sqrt, knots) <= wanted * (1 + 1e-9)


@pytest.mark.parametrize("pieces", [16, 64, 256])
def test_sqrt_graded_by_its_samples_does_as_well(pieces: int) -> None:
    """The optimal interpolant on free knots has (1/8)(integral of sqrt|f''|)^2 / N^2 = 1/(2 N^2)."""
    error = chord_error(np.sqrt, graded_knots(np.sqrt, (0, 1), pieces))
    assert 0.9 < error * 2 * pieces**2 < 1.35


@pytest.mark.parametrize(
    ("f", "domain", "mass"),
    [
        (np.exp, (0, 4), 2 * (np.exp(2) - 1)),  # integrals of sqrt|f''|
        (np.log, (1, 32), np.log(32)),
        (lambda x: 1 / x, (0.5, 4), np.sqrt(8) * (0.5**-0.5 - 4**-0.5)),
    ],
)
def test_smooth_function_approaches_the_constant_of_c1(f: object, domain: tuple[float, float], mass: float) -> None:
    """Statement C1: N^2 times the error of the best interpolant tends to 1/8 of the mass squared, here from above."""
    errors = [chord_error(f, graded_knots(f, domain, n)) * n**2 / (mass**2 / 8) for n in (64, 256)]
    assert 1 < errors[1] < 1.002
    assert 1 < errors[0] < 1.01
    assert errors[1] < errors[0]


def test_l2_exponent_is_better_in_l2_and_worse_in_sup() -> None:
    f, domain, pieces = (lambda x: 1 / x), (0.02, 1.0), 64
    x = np.linspace(*domain, 200_001)

    def norms(norm: str) -> tuple[float, float]:
        knots = graded_knots(f, domain, pieces, norm=norm)
        off = np.abs(f(x) - PiecewiseAffine(knots, f(knots))(x))
        return float(off.max()), float(np.sqrt(np.mean(off**2)))

    (sup_sup, sup_l2), (l2_sup, l2_l2) = norms("sup"), norms("L2")
    assert l2_l2 < sup_l2
    assert sup_sup < l2_sup


@given(
    st.integers(4, 60),
    st.lists(st.floats(-1, 1), max_size=3, unique=True),
    st.sampled_from([np.abs, np.sin, np.zeros_like, lambda x: np.where(x < 0.2, 0.0, 1.0), lambda x: 3 * x + 1]),
)
def test_knots_are_as_many_as_asked_and_hold_the_breaks(pieces: int, breaks: list[float], f: object) -> None:
    knots = graded_knots(f, (-1.0, 1.0), pieces, breaks=breaks)  # type: ignore[arg-type]  # sampled callables
    assert knots.size == pieces + 1
    assert (np.diff(knots) > 0).all()
    assert knots[0] == -1
    assert knots[-1] == 1
    assert set(breaks) <= set(knots.tolist())


def test_a_right_end_is_the_mirror_image() -> None:
    left, right = power_graded_knots(0, 1, 8, 3), power_graded_knots(0, 1, 8, 3, end="right")
    np.testing.assert_allclose(right, 1 - left[::-1], atol=1e-15)


def test_refusals() -> None:
    with pytest.raises(InputError, match=r"`pieces` must be at least 3 with 2 inner `breaks`, but is 2"):
        graded_knots(np.sin, (0, 1), 2, breaks=[0.3, 0.5])
    with pytest.raises(InputError, match=r"`power` must be > 0, but is -1"):
        power_graded_knots(0, 1, 4, -1)
    with pytest.raises(InputError, match=r"`knots` must be strictly increasing"):
        power_graded_knots(1, 2, 100, 50)


def test_shares_by_skipping_are_those_one_by_one() -> None:
    rng = np.random.default_rng(5)
    for _ in range(200):
        masses, pieces = 10 ** rng.uniform(-4, 1, rng.integers(1, 6)), int(rng.integers(6, 90))
        counts = np.ones(masses.size)
        for _ in range(pieces - masses.size):
            counts[int(np.argmax(masses / counts))] += 1
        assert _shares(masses, pieces) == counts.tolist()
