"""Pieces held against data: in the tube or not, and how far apart at most, as rationals say."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import uat
from tests.oracles import exact_piecewise
from uat.construct import data_check
from uat.construct.data_check import INSIDE, OUTSIDE, TIED, check_on_data
from uat.construct.tube import Tube

F = Fraction


@pytest.mark.parametrize("offset", [0.0, 1e9, 1.7e18, -1e15])
@pytest.mark.parametrize(
    ("x", "y", "pieces"),
    [
        (range(8), [0, 1, 2, 3, 3, 3, 3, 3], 2),
        (range(0, 4000, 4), [1024 * k for k in range(1000)], 1),
        ([0, 1, 5, 6], [512, 512, 512, 512], 1),
        ([0, 2, 4, 6], [0, 4096, 0, 4096], 3),
    ],
)
def test_data_far_from_0_keep_their_digits(offset: float, x: list[int], y: list[int], pieces: int) -> None:
    """Readings on an exact broken line: the difference is 0, however large they are."""
    values = np.array([offset + 512 * v for v in y])  # 1.7e18 + 512 k are floats
    n = uat.narrowest((np.array(x, dtype=float), values), tol=max(1e-6, 2e-17 * abs(offset)))
    assert (n.pieces, n.minimal) == (pieces, True)
    assert n.certificate.upper <= n.tube.tol
    exact = max(abs(exact_piecewise(n.piecewise, float(a)) - F(float(b))) for a, b in zip(x, values, strict=True))
    assert F(n.certificate.lower) <= exact <= F(n.certificate.upper)
    assert n.certificate.upper <= math.nextafter(float(exact), math.inf)


@given(
    st.lists(st.integers(-50, 50), min_size=3, max_size=9),
    st.sampled_from([0.0, 1.0, 1e9, -3e12, 1e-12]),
    st.sampled_from([0.1, 1.0, 3.0]),
    st.sampled_from([0.0, 0.25]),
    st.sampled_from(["both", "over", "under"]),
    st.integers(1, 10),
)
def test_the_verdict_is_that_of_rationals(
    numbers: list[int], offset: float, unit: float, rtol: float, side: str, tenths: int
) -> None:
    x, y = np.arange(float(len(numbers))), offset + unit * np.array(numbers)
    p = uat.PiecewiseAffine(x[[0, -1]], np.array([y[0], y[-1]]) + unit / 3)
    tube = Tube(unit * tenths, rtol, side)
    place, c = check_on_data(p, x, y, tube, np.zeros(x.size, dtype=bool))
    exact = [exact_piecewise(p, float(a)) - F(float(b)) for a, b in zip(x, y, strict=True)]
    walls = [F(tube.tol) + F(tube.rtol) * abs(F(float(b))) for b in y]
    inside = all(
        (-w if side != "over" else 0) <= e <= (w if side != "under" else 0) for e, w in zip(exact, walls, strict=True)
    )
    assert (place == INSIDE) == inside
    assert inside or place in (TIED, OUTSIDE)
    largest = max(map(abs, exact))
    assert F(c.lower) <= largest <= F(c.upper)
    assert c.upper <= math.nextafter(c.lower, math.inf)


def test_of_many_points_a_thousandth_of_the_tolerance_is_exact_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_check, "_EXACT", 3)
    x = np.arange(100.0)
    p = uat.PiecewiseAffine([0.0, 99.0], [1e9, 1e9 + 99])
    place, c = check_on_data(p, x, 1e9 + x, Tube(1e-6), np.zeros(100, dtype=bool))
    assert place == INSIDE
    assert c.lower == 0
    assert 0 < c.upper <= 1e-9
    place, c = check_on_data(p, x, 1e9 + x, Tube(1e-20), np.zeros(100, dtype=bool))  # less than roundings: all exactly
    assert (place, c.upper) == (INSIDE, 0.0)
