"""Joined samples, logarithms of spacings, and the two searches: derivatives, order, and the same bits every time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uat import learn
from uat.learn import VariableProjection, fit
from uat.learn.hats import best_line
from uat.learn.joined import Joined
from uat.learn.knot_search import newton
from uat.learn.spacings import LEAST, Spacings

X = np.sort(np.random.default_rng(5).uniform(-1, 2, 60))
JOINED = Joined.of(X, np.sin(3 * X))


def differences(f: object, q: np.ndarray, step: float) -> np.ndarray:
    """df_i/dq_j by central differences."""
    return np.stack([(f(q + step * e) - f(q - step * e)) / (2 * step) for e in np.eye(q.size)], axis=-1)  # type: ignore[operator]


@given(st.integers(1, 10), st.integers(0, 10**6))
def test_the_joined_loss_is_an_integral(pieces: int, seed: int) -> None:
    """Beside very many samples, spread between neighbours as the weight is."""
    draw = np.random.default_rng(seed)
    knots = np.concatenate([[X[0]], np.sort(draw.uniform(X[0], X[-1], pieces - 1)), [X[-1]]])
    part = (np.arange(2000) + 0.5) / 2000  # knots may stand close
    fine = (X[:-1, None] + np.diff(X)[:, None] * part).ravel()
    many = best_line(knots, fine, np.interp(fine, X, np.sin(3 * X)), np.full(fine.size, 1 / fine.size))
    assert JOINED.line(knots).loss == pytest.approx(many.loss, rel=1e-3, abs=1e-9)


def test_samples_at_one_place_count_as_their_mean() -> None:
    joined = Joined.of(np.array([1.0, 0, 1, 3]), np.array([2.0, 0, 4, 1]))
    assert joined.x.tolist() == [0, 1, 3]
    assert joined.y.tolist() == [0, 3, 1]
    assert (joined.density * [1, 2]).tolist() == [0.5, 0.5]  # 1 + 2 and 2 + 1 samples


@pytest.mark.parametrize("pieces", [2, 3, 7])
def test_derivatives_in_the_knots(pieces: int) -> None:
    knots = np.concatenate([[X[0]], np.linspace(-0.8, 1.7, pieces - 1) + 0.013, [X[-1]]])

    def gradient(inner: np.ndarray) -> np.ndarray:
        return JOINED.line(np.concatenate([[X[0]], inner, [X[-1]]])).gradient()

    def loss(inner: np.ndarray) -> np.ndarray:
        return np.array(JOINED.line(np.concatenate([[X[0]], inner, [X[-1]]])).loss)

    exact = JOINED.line(knots)
    np.testing.assert_allclose(exact.gradient(), differences(loss, knots[1:-1], 1e-6), rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(JOINED.hessian(exact), differences(gradient, knots[1:-1], 1e-6), rtol=1e-5, atol=1e-7)


@given(st.integers(2, 40), st.integers(0, 10**6))
def test_spacings_keep_the_knots_in_order_and_come_back(pieces: int, seed: int) -> None:
    spacings, draw = Spacings(-1.0, 2.0, pieces), np.random.default_rng(seed)
    q = draw.normal(size=pieces - 1, scale=3)
    knots = spacings.knots(q)
    assert (knots[0], knots[-1]) == (-1, 2)
    assert np.diff(knots).min() > 0.9 * LEAST * 3
    again = spacings.knots(spacings.of(knots))
    np.testing.assert_allclose(again, knots, atol=3 * pieces * LEAST)
    if np.diff(knots).min() > 1e-3:
        np.testing.assert_allclose(again, knots, atol=1e-12)


def test_derivatives_in_the_spacings() -> None:
    spacings, A = Spacings(-1.0, 2.0, 6), np.diag(np.arange(1.0, 6))
    q = np.array([0.3, -0.5, 0.2, 0.9, -0.1])

    def cubes(q: np.ndarray) -> np.ndarray:
        """sum_k k t_k^3/3 + t_1 t_2, a function with all second derivatives."""
        t = spacings.knots(q)[1:-1]
        return np.array(np.diag(A) @ t**3 / 3 + t[0] * t[1])

    t = spacings.knots(q)[1:-1]
    gradient = np.diag(A) * t**2 + np.array([t[1], t[0], 0, 0, 0])
    hessian = 2 * A * t
    hessian[0, 1] = hessian[1, 0] = 1
    np.testing.assert_allclose(spacings.shift(q), differences(lambda q: spacings.knots(q)[1:-1], q, 1e-6), atol=1e-8)
    np.testing.assert_allclose(spacings.shift(q).T @ gradient, differences(cubes, q, 1e-6), atol=1e-7)
    np.testing.assert_allclose(
        spacings.curved(q, gradient, hessian),
        differences(lambda q: differences(cubes, q, 1e-4), q, 1e-4), atol=1e-5,
    )  # fmt: skip


def test_newton_descends_to_where_the_gradient_is_nothing() -> None:
    x = np.linspace(0, 2 * np.pi, 301)
    joined, spacings = Joined.of(x, np.sin(x)), Spacings(0.0, 2 * np.pi, 12)
    seen: list[float] = []
    q = newton(joined, spacings, np.zeros(11), 1e-12, lambda q: seen.append(joined.line(spacings.knots(q)).loss))
    assert len(seen) < 40  # Gauss-Newton takes some hundred
    assert (np.diff(seen) < 0).all()
    line = joined.line(spacings.knots(q))
    assert np.abs(spacings.shift(q).T @ line.gradient()).max() < 1e-6 * line.loss


@pytest.mark.parametrize(
    "y", [0 * X, 0 * X + 3, 2 * X - 1, np.abs(X), np.sign(X), 1e8 + X**2, 1e-200 * X**2, 1e150 * X**2]
)
@pytest.mark.parametrize("width", [1, 2, 9])
def test_flat_straight_broken_jumping_tiny_and_huge_values(y: np.ndarray, width: int) -> None:
    network = learn.uniform_kinks(width, (X[0], X[-1]))
    found = fit(network, X, y, method=VariableProjection("uniform"))
    assert found.reason == "converged"
    assert np.isfinite(found.network.theta).all()
    assert found.history.loss.min() <= found.history.loss[1]


def test_the_same_bits_every_time() -> None:
    """Also where the Jacobian is singular, and whatever else is in the memory: SciPy's method="lm" does not pass."""
    x = np.concatenate([np.linspace(0, 0.1, 30), np.linspace(0.9, 1, 30)])
    network, found, junk = learn.uniform_kinks(20, (0, 1)), set(), []
    for k in range(12):
        junk.append(np.full(397 * k + 1, np.pi))
        losses = fit(network, x, np.sin(40 * x), method=VariableProjection("uniform")).history.loss
        found.add(losses.tobytes())
    assert len(found) == 1


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_the_unit_of_y_does_not_matter(scale: float) -> None:
    network, y = learn.uniform_kinks(9, (X[0], X[-1])), np.sin(3 * X)
    plain, scaled = (fit(network, X, s * y, method=VariableProjection("graded")).history for s in (1.0, scale))
    assert scaled.loss.min() == pytest.approx(scale**2 * plain.loss.min(), rel=1e-6)
