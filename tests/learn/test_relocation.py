"""Kinks that move together: where they go, and what stays."""

from __future__ import annotations

import numpy as np
import pytest

import uat
from uat import learn

X = np.linspace(0, 1, 801)


def line(knots: list[float], f: object = np.sqrt) -> uat.MLP:
    p = uat.PiecewiseAffine(np.array(knots), f(np.array(knots)))  # type: ignore[operator]
    return uat.ReluNet.from_piecewise(p, form="output-bias").to_mlp()


def test_pieces_with_a_large_residual_are_divided() -> None:
    moved = learn.relocated(line([0, 0.5, 0.6, 0.7, 0.8, 0.9, 1]), X, np.sqrt(X))
    kinks = np.sort(uat.ReluNet.from_mlp(moved).kinks)
    assert moved.sizes == (1, 6, 1)
    assert np.count_nonzero(kinks < 0.5) > 3  # sqrt bends at 0


def test_variable_projection_gains_by_it() -> None:
    x, method = np.linspace(-1, 1, 513), learn.VariableProjection("network")
    y = uat.target("runge")(x)
    first = learn.fit(learn.uniform_kinks(16, (-1, 1), rng=3), x, y, method=method)
    second = learn.fit(learn.relocated(first.network, x, y), x, y, method=method)
    assert min(second.history.loss) < 0.9 * min(first.history.loss)


def test_a_perfect_fit_spreads_evenly_and_shaking_is_reproducible() -> None:
    perfect = line([0, 0.1, 1], lambda t: 2 * t)
    moved = uat.ReluNet.from_mlp(learn.relocated(perfect, X, 2 * X))
    assert np.allclose(moved.kinks, [0, 0.5])
    one, two, other = (learn.relocated(perfect, X, 2 * X + X**2, shake=0.5, rng=rng).theta for rng in (1, 1, 2))
    assert (one == two).all()
    assert (one != other).any()


def test_the_kink_that_is_missed_least_goes_where_most_is_left() -> None:
    f = lambda t: np.maximum(t - 0.8, 0) ** 2  # noqa: E731 - bends on the right only
    knots = [0, 0.2, 0.4, 0.8, 0.9, 1]
    moved = uat.ReluNet.from_mlp(learn.exchanged(line(knots, f), X, f(X)))
    assert np.allclose(np.sort(moved.kinks), [0, 0.4, 0.8, 0.85, 0.9]) or np.allclose(
        np.sort(moved.kinks), [0, 0.2, 0.8, 0.85, 0.9]
    )
    assert moved.width == 5


def test_an_exchange_leaves_a_local_minimum() -> None:
    """Runge's function: all kinks on one side of an inflection, and no small move that mends it."""
    f, x = uat.target("runge"), np.linspace(-1, 1, 513)
    method = learn.VariableProjection("network")
    first = learn.fit(learn.uniform_kinks(8, (-1, 1), 0), x, f(x), method=learn.VariableProjection("uniform"))
    second = learn.fit(learn.exchanged(first.network, x, f(x)), x, f(x), method=method)
    assert min(second.history.loss) < 0.75 * min(first.history.loss)


def test_two_pieces_have_nothing_to_exchange() -> None:
    two = line([0, 0.3, 1])
    assert learn.exchanged(two, X, np.sqrt(X)) is two


def test_bad_input() -> None:
    with pytest.raises(uat.InputError, match="must have one input, one hidden ReLU layer"):
        learn.relocated(uat.MLP.initialize([1, 4, 4, 1]), X, X)
    with pytest.raises(uat.InputError, match=r"`shake` must be in \[0, 1\), but is 1"):
        learn.relocated(line([0, 1]), X, X, shake=1)
    with pytest.raises(uat.InputError, match="`x` and `y` must have as many entries, and x must not be all equal"):
        learn.exchanged(line([0, 1]), np.ones(3), np.ones(3))
