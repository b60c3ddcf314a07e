"""The banded algebra of broken lines beside dense least squares and central differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from uat.learn.hats import best_line


def dense(x: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """phi_k(x_i), hat by hat."""
    return np.stack([np.interp(x, knots, row) for row in np.eye(knots.size)], axis=1)


def drawn(seed: int, pieces: int, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Knots on [-1, 2], at least n samples two of which are the ends, values, weights of sum 1."""
    draw = np.random.default_rng(seed)
    knots = np.concatenate([[-1.0], np.sort(draw.uniform(-1, 2, pieces - 1)), [2.0]])
    x = np.concatenate([[-1.0, 2.0], draw.uniform(-1, 2, n - 2)])
    weights = draw.uniform(0.1, 1, n)
    return knots, x, np.sin(3 * x) + draw.normal(size=n), weights / weights.sum()


@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(2, 80))
def test_the_best_line_is_that_of_dense_least_squares(seed: int, pieces: int, n: int) -> None:
    knots, x, y, w = drawn(seed, pieces, n)
    line, root = best_line(knots, x, y, w), np.sqrt(w)
    H = dense(x, knots)
    np.testing.assert_allclose(H @ line.values + line.residual, y, atol=1e-9 * np.abs(line.values).max())
    oracle = np.linalg.lstsq(H * root[:, None], y * root, rcond=None)[0]
    least = float(w @ (y - H @ oracle) ** 2)
    # a hat that its samples see only at its foot, phi = s, is fitted to within RIDGE/s^2
    assert least - 1e-9 <= line.loss <= least + 1e-9 or np.abs(oracle).max() > 1e3


def test_where_nothing_is_known_the_line_runs_straight_on() -> None:
    knots = np.linspace(0, 1, 11)
    x = np.concatenate([np.linspace(0, 0.2, 50), np.linspace(0.7, 1, 50)])
    line = best_line(knots, x, np.where(x < 0.5, 1.0, 3.0), np.full(100, 0.01))
    np.testing.assert_allclose(line.values, [1, 1, 1, 1.4, 1.8, 2.2, 2.6, 3, 3, 3, 3], atol=1e-3)
    assert line.loss < 1e-20


@given(st.integers(0, 10**6), st.integers(2, 12))
def test_the_gradient_is_a_central_difference_away_from_samples(seed: int, pieces: int) -> None:
    knots, x, y, w = drawn(seed, pieces, 120)
    step = 1e-6
    assume(np.diff(knots).min() > 0.05)
    assume(np.abs(knots[1:-1, None] - x).min() > 2 * step)
    line = best_line(knots, x, y, w)
    for k, slope in enumerate(line.gradient(), start=1):
        moved = step * np.eye(knots.size)[k]
        after, before = best_line(knots + moved, x, y, w).loss, best_line(knots - moved, x, y, w).loss
        assert (after - before) / (2 * step) == pytest.approx(slope, rel=1e-4, abs=1e-7)


@given(st.integers(0, 10**6), st.integers(2, 12))
def test_gauss_newton_is_the_dense_product(seed: int, pieces: int) -> None:
    knots, x, y, w = drawn(seed, pieces, 150)
    assume(np.diff(knots).min() > 0.05)
    line, root = best_line(knots, x, y, w), np.sqrt(w)
    H = dense(x, knots) * root[:, None]
    moves = line.slopes[line.cell, None] * H[:, 1:-1]  # d residual/d t_k with the values fixed
    J = moves - H @ np.linalg.lstsq(H, moves, rcond=None)[0]  # Kaufman's
    scale = np.abs(np.diff(line.slopes)).max() ** 2
    np.testing.assert_allclose(line.gauss_newton(), J.T @ J, atol=1e-9 * scale)
    np.testing.assert_allclose(line.gradient(), 2 * J.T @ (root * line.residual), atol=1e-9 * scale)


@given(st.integers(0, 10**6), st.integers(2, 12))
def test_removal_is_what_the_loss_grows_by_without_the_knot(seed: int, pieces: int) -> None:
    knots, x, y, w = drawn(seed, pieces, 150)
    assume(np.diff(knots).min() > 0.05)
    line = best_line(knots, x, y, w)
    for k, growth in enumerate(line.removal(), start=1):
        without = best_line(np.delete(knots, k), x, y, w).loss
        assert without - line.loss == pytest.approx(growth, rel=1e-6, abs=1e-11)
