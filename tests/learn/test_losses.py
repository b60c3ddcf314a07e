"""Losses: their values, slopes, chosen sub-gradients, and their behaviour far out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.learn.nets import data, network
from uat import InputError
from uat.learn import LOSSES, value_and_gradient
from uat.learn.losses import SOFTMAX_CROSS_ENTROPY

PHI = {
    "logistic": lambda m: math.log1p(math.exp(-m)),
    "exponential": lambda m: math.exp(-m),
    "hinge": lambda m: max(1 - m, 0),
    "squared_margin": lambda m: (1 - m) ** 2,
}


@given(st.sampled_from(sorted(PHI)), st.sampled_from([-1.0, 1.0]), st.floats(-20, 20))
def test_margin_losses_are_functions_of_the_margin(name: str, y: float, s: float) -> None:
    assert float(LOSSES[name].value(np.array(y), np.array(s))) == pytest.approx(PHI[name](y * s), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("name", [n for n in LOSSES if n != "cross_entropy"])
def test_slopes_are_derivatives(name: str) -> None:
    y, s, h = np.array([1.0, -1.0, 1.0, -1.0]), np.array([0.3, 0.4, -2.1, -3.0]), 1e-6
    loss = LOSSES[name]
    expected = (loss.value(y, s + h) - loss.value(y, s - h)) / (2 * h)
    np.testing.assert_allclose(loss.derivative(y, s), expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", list(LOSSES))
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_finite_and_silent_for_margins_of_ten_thousand(name: str, dtype: type) -> None:
    s = np.array([[1e4, -1e4, 0.0], [-1e4, 1e4, 5.0], [1e4, 1e4, -1e4]], dtype)
    y = np.ones_like(s)
    loss = LOSSES[name]
    if name == "cross_entropy":
        loss, y = SOFTMAX_CROSS_ENTROPY, np.eye(3, dtype=dtype)
    value, slope = loss.value(y, s), np.empty_like(s)
    loss.slope(y, s, slope)
    assert np.isfinite(value).all()
    assert np.isfinite(slope).all()
    assert value.dtype == slope.dtype == dtype


def test_the_exponential_loss_is_continued_by_its_tangent() -> None:
    loss, one = LOSSES["exponential"], np.array([1.0])
    at, below = np.array([-500.0]), np.array([-501.0])
    assert loss.value(one, below)[0] == pytest.approx(2 * loss.value(one, at)[0], rel=1e-12)
    assert loss.derivative(one, below) == loss.derivative(one, at)


def test_chosen_sub_gradients_at_kinks_are_zero() -> None:
    assert LOSSES["absolute"].derivative(2.0, 2.0) == 0
    assert LOSSES["hinge"].derivative(1.0, 1.0) == 0
    assert LOSSES["hinge"].derivative(-1.0, -1.0) == 0


def test_ones_own_pair_is_a_loss() -> None:
    m, (x, y) = network(3, "tanh"), data()
    own = (lambda y, s: np.square(y - s), lambda y, s: 2 * (s - y))
    (a, g), (b, h) = value_and_gradient(m, x, y, own), value_and_gradient(m, x, y, "squared")
    assert a == b
    np.testing.assert_allclose(g, h, rtol=1e-14)


def test_cross_entropy_takes_class_numbers_and_probabilities() -> None:
    m, (x, labels) = network(3, "relu", "cross_entropy"), data("cross_entropy")
    a, g = value_and_gradient(m, x, labels, "cross_entropy")
    b, h = value_and_gradient(m, x, np.eye(3)[labels], "cross_entropy")
    assert a == b == pytest.approx(-np.log(m(x)[np.arange(7), labels]).mean(), rel=1e-12)
    np.testing.assert_array_equal(g, h)


@pytest.mark.parametrize(
    ("loss", "y", "sentence"),
    [
        ("hinge", [1, 0], r"`y` must be -1 or 1 for the loss 'hinge', but y\[1\] = 0"),
        ("huber", [1, 1], "`loss` must be one of 'absolute', 'squared', 'logistic'"),
        (3, [1, 1], "`loss` must be a name, a Loss or a pair"),
        ("cross_entropy", [1, 1], "must be given a network with a softmax output"),
    ],
)
def test_refusals(loss: object, y: list, sentence: str) -> None:
    from uat.mlp import MLP

    with pytest.raises(InputError, match=sentence):
        value_and_gradient(MLP.initialize([1, 2, 1]), [0.0, 1.0], y, loss)


def test_wrong_class_numbers_are_named() -> None:
    m, x = network(2, "relu", "cross_entropy"), np.ones((2, 2))
    with pytest.raises(InputError, match=r"`y` must hold class numbers 0 to 2, but y\[1\] = 3"):
        value_and_gradient(m, x, [0, 3], "cross_entropy")
    with pytest.raises(InputError, match=r"`y` must be class numbers or probabilities, but y\[0\]"):
        value_and_gradient(m, x, np.ones((2, 3)), "cross_entropy")
