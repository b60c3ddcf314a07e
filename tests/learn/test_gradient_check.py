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


def test_a_right_gradient_is_never_refused() -> None:
    """Near a minimum, where the slopes are small beside the curvature, and where F is steep and strongly curved."""
    x = np.linspace(-1, 1, 37)
    y, m = np.sin(3 * x), uat.MLP.initialize((1, 8, 1), "tanh", rng=3)
    best = uat.learn.fit(m, x, y, method=uat.learn.LBFGS(), steps=2000).network
    for net, inputs in [(best, x), (m, 1000 * x), (m, 100 * x), (m, x)]:
        check = check_gradient(net, inputs, y)
        assert "disagrees" not in check.outcome, check.outcome
    assert check_gradient(m, 1000 * x, y).passed
    for steps in (50, 300, 1000):
        better = uat.learn.fit(m, x, y, method=uat.learn.LBFGS(), steps=steps).network
        assert "disagrees" not in check_gradient(better, x, y).outcome


def test_agreement_is_not_called_exact() -> None:
    """Where the differences are too coarse to tell the gradient from the slope, 0 is left over, but 0 was not seen."""
    m, (x, y) = network(3, "tanh"), data()
    check = check_gradient(m, x, y)
    assert check.worst == 0 < check.seen < 1e-9
    assert (
        f"largest relative deviation {check.seen:.2g} over 20 directions, within the estimated error" in check.outcome
    )
    wrong = check_gradient(m, x, y, gradient=1.001 * value_and_gradient(m, x, y)[1])
    assert wrong.seen >= wrong.worst > 1e-4
    assert f"{wrong.worst:.2g} beyond the estimated error of the central differences" in wrong.outcome
    for found in (check, wrong):
        assert [type(part) for part in (found.passed, found.seen, found.worst)] == [bool, float, float]


def test_what_rounding_hides_is_called_undecided() -> None:
    x = np.linspace(-1, 1, 37)
    y, m = np.sin(3 * x) + 1e7, uat.MLP.initialize((1, 8, 1), "tanh", rng=3)
    gradient = value_and_gradient(m, x, y)[1]
    check = check_gradient(m, x, y, gradient=gradient * (1 + 1e-5))
    assert not check.passed
    assert check.undecided == 20
    assert "could not be decided" in check.outcome
    assert "rounding" in check.outcome
    assert "disagrees" in check_gradient(m, x, y, gradient=gradient * 1.1).outcome  # no rounding is as large as that
