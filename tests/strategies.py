"""Hypothesis strategies for the nouns, exact (fractions) and in floats."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

import uat

# for a law whose every example runs a search or exact rationals: a quarter of the examples, now as in the nightly runs
dear = settings(max_examples=settings().max_examples // 4)

fractions = st.fractions(min_value=-50, max_value=50, max_denominator=64)
positive_fractions = st.fractions(min_value=Fraction(1, 64), max_value=20, max_denominator=64)


def exact(values: object) -> np.ndarray:
    """An object array of fractions, without rounding."""
    return np.array([Fraction(v) for v in values], dtype=object)


@st.composite
def exact_knots_and_values(draw: st.DrawFn, most: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Strictly increasing rational knots (N+1,) and rational values; neighbouring slopes may coincide."""
    n = draw(st.integers(1, most))
    steps = draw(st.lists(positive_fractions, min_size=n, max_size=n))
    start = draw(fractions)
    knots = [start]
    for step in steps:
        knots.append(knots[-1] + step)
    values = draw(st.lists(fractions, min_size=n + 1, max_size=n + 1))
    return exact(knots), exact(values)


@st.composite
def exact_nets(draw: st.DrawFn, most: int = 7) -> tuple[np.ndarray, np.ndarray, np.ndarray, Fraction]:
    """Any one-hidden-layer network: weights of both signs, zero weights, coinciding kinks, zero coefficients."""
    m = draw(st.integers(0, most))
    small = st.fractions(min_value=-3, max_value=3, max_denominator=4)  # small: kinks coincide often
    columns = [exact(draw(st.lists(small, min_size=m, max_size=m))) for _ in range(3)]
    return (*columns, draw(fractions))


@st.composite
def piecewise_affine(draw: st.DrawFn, most: int = 12) -> uat.PiecewiseAffine:
    """A PiecewiseAffine with ordinary float knots and values."""
    knots, values = draw(exact_knots_and_values(most))
    scale = draw(st.sampled_from([1.0, 1e-9, 1e6]))
    return uat.PiecewiseAffine(knots.astype(float) * scale, values.astype(float))


@st.composite
def relu_nets(draw: st.DrawFn, most: int = 8) -> uat.ReluNet:
    """A ReluNet with float parameters of both signs."""
    m = draw(st.integers(1, most))
    number = st.floats(-8, 8, allow_nan=False, width=32)
    columns = [draw(st.lists(number, min_size=m, max_size=m)) for _ in range(3)]
    return uat.ReluNet(*columns, draw(number))
