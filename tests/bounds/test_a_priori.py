"""The a priori bounds against their statements in rationals: never below, and above by roundings only."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import uat
from uat.bounds.modulus import Declared, cell_bound, cells_within, declared, interpolation_bound, modulus_at

F = Fraction
sizes = st.floats(1e-3, 1e3)


def root(x: Fraction) -> Fraction:
    """The square root to thirty digits, rounded down."""
    return F(math.isqrt(x.numerator * 10**60 // x.denominator), 10**30)


def statements(facts: Declared, h: Fraction, rise: Fraction) -> list[Fraction]:
    """B1, B2 (Hölder with exponent 1/2, modulus L sqrt(t)), B3 on one cell."""
    found = []
    if facts.second_derivative is not None:
        found.append(h * h * F(facts.second_derivative) / 8)
    if facts.lipschitz is not None:
        reach = F(facts.lipschitz) * h
        found.append(max((reach - rise) * (reach + rise) / (2 * reach), F(0)) if reach else F(0))
    if facts.holder is not None:
        found.append(F(facts.holder[0]) * root(h / 2))
    if facts.modulus is not None:
        found.append(min(F(facts.modulus(float(h))), F(3, 2) * F(facts.modulus(float(h / 2)))))
    return found


def near(stated: Fraction, found: float, slack: Fraction) -> None:
    assert stated * (1 - F(1, 10**25)) <= F(found) <= stated * (1 + F(1, 10**12)) + slack


SINGLE = ("second_derivative", "lipschitz", "holder", "modulus")


def facts_of(names: tuple[str, ...], constant: float) -> Declared:
    table: dict[str, Any] = {
        "second_derivative": constant,
        "lipschitz": constant,
        "holder": (constant, 0.5),
        "modulus": lambda t: constant * math.sqrt(t),
    }
    return Declared(**{name: table[name] for name in names})


@pytest.mark.parametrize("names", [(name,) for name in SINGLE] + [("second_derivative", "lipschitz"), SINGLE])
@given(constant=sizes, h=sizes)
def test_on_a_cell(names: tuple[str, ...], constant: float, h: float) -> None:
    facts = facts_of(names, constant)
    near(min(statements(facts, F(h), F(0))), cell_bound(facts, h), F(0))


@pytest.mark.parametrize("names", [(name,) for name in SINGLE] + [("second_derivative", "lipschitz"), SINGLE])
@given(
    steps=st.lists(st.floats(0.01, 4), min_size=1, max_size=5),
    turns=st.lists(st.floats(-1, 1), min_size=5, max_size=5),
    constant=st.floats(0.5, 4),
)
def test_on_every_cell_the_best_and_of_all_cells_the_worst(
    names: tuple[str, ...], steps: list[float], turns: list[float], constant: float
) -> None:
    knots = np.concatenate([[1.0], 1.0 + np.cumsum(steps)])
    h = np.diff(knots)
    rises = np.minimum(h, np.sqrt(h)) * turns[: h.size] * (constant * 0.99)
    p = uat.PiecewiseAffine(knots, np.concatenate([[0.5], 0.5 + np.cumsum(rises)]))
    facts = facts_of(names, constant)
    stated = max(
        min(statements(facts, F(b) - F(a), abs(F(v) - F(u))))
        for a, b, u, v in zip(knots[:-1], knots[1:], p.values[:-1], p.values[1:], strict=True)
    )
    found = interpolation_bound(facts, p)
    assert F(found) >= stated * (1 - F(1, 10**25))
    assert F(found) <= stated * (1 + F(1, 10**10)) + F(1, 10**12)


def test_a_constant_lipschitz_zero_is_known() -> None:
    p = uat.PiecewiseAffine([0.0, 1.0, 2.0], [3.0, 3.0, 3.0])
    assert interpolation_bound(Declared(lipschitz=0.0), p) == 0.0
    steep = uat.PiecewiseAffine([0.0, 1.0], [0.0, 2.0])
    assert 0 <= interpolation_bound(Declared(lipschitz=2.0), steep) <= 1e-14


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("facts", [Declared(lipschitz=1.0), Declared(holder=(1.0, 1.0)), Declared(modulus=lambda t: t)])
def test_contradictions_beyond_rounding(facts: Declared, sign: int) -> None:
    """Half an ulp on each value is no contradiction, a few are; the cell that contradicts is named."""
    for base in (0.0, 1024.0, -1024.0):
        good = uat.PiecewiseAffine([0.0, 1.0, 2.0], [base, base + sign, base + 2 * sign])
        interpolation_bound(facts, good)
        unit = 2.0**-53 * max(abs(base), 1)
        noisy = uat.PiecewiseAffine([0.0, 1.0, 2.0], [base, base + sign, base + sign * (2 + 4 * unit)])
        interpolation_bound(facts, noisy)
        bad = uat.PiecewiseAffine([0.0, 1.0, 2.0], [base, base + sign, base + sign * (2 + 200 * unit)])
        with pytest.raises(uat.InputError, match=r"the samples contradict .*: f\(1.0\) = .* and f\(2.0\) = "):
            interpolation_bound(facts, bad)


def test_the_modulus_is_asked_at_the_lengths_and_their_halves() -> None:
    asked = []

    def w(t: float) -> float:
        asked.append(t)
        return 3 * t

    p = uat.PiecewiseAffine([0.0, 1.0, 1.5, 4.0], [0.0, 0.0, 0.0, 0.0])
    assert interpolation_bound(Declared(modulus=w), p) == pytest.approx(1.5 * 3 * 1.25, rel=1e-12)
    assert set(asked) == {0.5, 1.0, 2.5, 0.25, 1.25} | {4 * k / 64 for k in range(1, 65)}  # and where it may decrease
    stairs = Declared(modulus=lambda t: math.ceil(4 * t) / 4)
    assert interpolation_bound(stairs, uat.PiecewiseAffine([0.0, 0.25], [0.0, 0.0])) == pytest.approx(0.25)
    falling = Declared(modulus=lambda t: 2.0 - t)
    with pytest.raises(
        uat.InputError, match=r"must not decrease, but <lambda>\(0.984375\) = 1.015625 and <lambda>\(1.0\) = 1.0"
    ):
        interpolation_bound(falling, uat.PiecewiseAffine([0.0, 1.0], [0.0, 0.0]))
    assert modulus_at(lambda t: 0.0, 1.0) == 0.0
    for bad in (-1.0, math.inf, math.nan):
        with pytest.raises(uat.InputError, match="must be finite and >= 0"):
            modulus_at(lambda t, bad=bad: bad, 1.0)


def test_a_bound_that_overflows_is_none() -> None:
    with pytest.raises(uat.InputError, match="overflows"):
        interpolation_bound(Declared(second_derivative=1e308), uat.PiecewiseAffine([0.0, 1e10], [0.0, 0.0]))
    with pytest.raises(uat.InputError, match="overflows"):
        interpolation_bound(Declared(), uat.PiecewiseAffine([0.0, 1.0], [0.0, 0.0]))


@given(st.integers(1, 200))
def test_the_fewest_cells_by_trying_all(n: int) -> None:
    """For M h^2 / 8 <= tol, by counting up from 1."""
    tol = 1.0 / n
    found = cells_within(Declared(second_derivative=8.0), 1.0, tol)
    slow = next(cells for cells in range(1, 201) if cell_bound(Declared(second_derivative=8.0), 1.0 / cells) <= tol)
    assert found == slow


def test_the_finest_grid_that_floats_can_count() -> None:
    assert cells_within(Declared(lipschitz=2.0), 1.0, 1.1 * 2.0**-53) == pytest.approx(2**53 / 1.1, rel=1e-9)
    with pytest.raises(uat.InputError, match="out of reach"):
        cells_within(Declared(lipschitz=2.0), 1.0, 0.9 * 2.0**-53)


def test_declared_says_what_it_was_given() -> None:
    facts = declared(lipschitz=2.0, modulus=math.sqrt)
    assert (facts.lipschitz, facts.modulus, facts.second_derivative, facts.holder) == (2.0, math.sqrt, None, None)
    assert facts.assumes == (
        "|f(x) - f(y)| <= 2.0 |x - y| (declared)",
        "|f(x) - f(y)| <= w(|x - y|) with the declared modulus of continuity sqrt, which does not decrease",
    )
    assert facts
    assert not declared()
    for name in SINGLE:
        assert facts_of((name,), 0.0)
