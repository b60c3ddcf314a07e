"""The tester tested: a planted wrong gradient is caught, a kink is not mistaken for one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import uat
from tests.learn.nets import data, network
from uat.learn import check_gradient, value_and_gradient


@given(st.integers(0, 10**6), st.integers(0, 30), st.sampled_from([1.001, 0.0, -1.0]))
def test_one_wrong_entry_is_caught(seed: int, entry: int, factor: float) -> None:
    m, (x, y) = network(3, "tanh", rng=seed), data(rng=seed)
    gradient = value_and_gradient(m, x, y)[1]
    wrong = gradient.copy()
    wrong[entry] *= factor
    check = check_gradient(m, x, y, gradient=wrong)
    # an entry that is itself a millionth of the gradient may be wrong by a thousandth unnoticed
    if abs(wrong[entry] - gradient[entry]) > 1e-5 * np.linalg.norm(gradient):
        assert not check.passed
        assert "disagrees" in check.outcome
    assert check_gradient(m, x, y, gradient=gradient).passed


def test_the_missing_two_of_the_squared_loss_is_caught() -> None:
    m, (x, y) = network(2, "relu"), data()
    own = (lambda y, s: (y - s) ** 2, lambda y, s: s - y)
    assert not check_gradient(m, x, y, own).passed
    assert check_gradient(m, x, y, (own[0], lambda y, s: 2 * (s - y))).passed


def test_a_relu_on_its_kink_is_skipped_not_failed() -> None:
    m = uat.ReluNet([1.0, 2.0], [0.0, 1.0], [1.0, 1.0]).to_mlp()
    at_kink = check_gradient(m, [0.0, 1.0], [1.0, 0.0])
    assert at_kink.skipped == 20
    assert not at_kink.passed
    assert "could not be compared" in at_kink.outcome
    beside = check_gradient(m, [0.001, 1.0], [1.0, 0.0])
    assert beside.passed, beside.outcome


@pytest.mark.parametrize(("loss", "target"), [("absolute", None), ("hinge", 1.0)])
def test_kinks_of_losses_are_known(loss: str, target: float | None) -> None:
    m = uat.ReluNet([1.0], [1.0], [1.0], -1.0).to_mlp()  # the identity for x > -1
    y = [1.0] if target else [2.0]
    x = [1.0] if target else [2.0]
    assert check_gradient(m, x, y, loss).skipped == 20
