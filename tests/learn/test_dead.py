"""A network that died in training is noticed by the outcome, and no other is called dead."""

from __future__ import annotations

import numpy as np
import pytest

import uat
from tests.learn.test_training import X, Y, small
from uat import InputError, learn
from uat.learn import LBFGS, SGD, Adam, fit, fit_many

DEAD = uat.ReluNet([1.0, -1.0, 2.0], [-9.0, -9.0, -99.0], [1.0, 1.0, 1.0], 0.5).to_mlp()  # nothing is active on [0, 6]


def test_the_run_that_kills_its_network_says_so() -> None:
    """The start of every kink at 0 and a rate too large for it: the loss falls to the variance of sin, and stays."""
    x = np.linspace(0, 6, 400)
    start = uat.MLP.initialize([1, 64, 1], rng=0)
    method = SGD(learn.cosine(0.05, 500), momentum=0.9)
    found = fit(start, x, np.sin(x), method=method, batches=learn.shuffled(32), steps=500)
    assert found.history.loss.min() == pytest.approx(np.var(np.sin(x)), rel=1e-2)
    assert "The network is constant on the samples: none of the 64 ReLU neurons of layer 1 is active" in found.outcome
    assert "learn.uniform_kinks" in found.outcome


@pytest.mark.parametrize("method", [SGD(1e-3), Adam(1e-3), LBFGS()], ids=repr)
def test_every_method_notices(method: object) -> None:
    x = np.linspace(0, 6, 50)
    assert "none of the 3 ReLU neurons of layer 1 is active" in fit(DEAD, x, np.sin(x), method=method, steps=5).outcome


def test_in_a_stack_the_dead_one_alone() -> None:
    x = np.linspace(0, 6, 50)
    alive, dead = fit_many([learn.uniform_kinks(3, (0, 6)), DEAD], x, np.sin(x), method=SGD(1e-4), steps=5)
    assert "constant" not in alive.outcome
    assert "constant" in dead.outcome


def test_a_death_after_the_best_network_is_told_of_the_last() -> None:
    x = np.linspace(0.5, 1, 20)
    start = uat.ReluNet([1.0], [0.0], [1.0]).to_mlp()  # x, to become -x - 1: the step carries weight and bias below 0
    found = fit(start, x, -x - 1, method=SGD(2.0), steps=1)
    assert "Where the run stopped the network is constant on the samples" in found.outcome
    assert f"of step {found.best_step}, is not" in found.outcome


def test_a_dead_layer_in_a_deep_network_and_outer_weights_that_vanish() -> None:
    m = uat.MLP.initialize([1, 4, 3, 1], rng=1)
    layers = [(part.weights, part.biases) for part in m.layers]
    deep = uat.MLP.from_layers([layers[0], (layers[1][0], np.full(3, -1e3)), layers[2]])
    assert "none of the 3 ReLU neurons of layer 2" in fit(deep, X, Y, steps=0).outcome
    flat = uat.MLP.from_layers([(np.ones((2, 1)), np.zeros(2)), (np.zeros((1, 2)), [0.5])])
    assert "constant on the samples (it has one value at all of them)" in fit(flat, X, Y, steps=0).outcome


@pytest.mark.parametrize("method", [SGD(1e-3), LBFGS()], ids=repr)
def test_a_dead_network_is_named_where_targets_or_inputs_are_constant_too(method: object) -> None:
    x = np.linspace(0, 6, 50)
    for inputs, targets in ((x, np.full(50, 0.5)), ([1.0, 1.0], [0.0, 1.0]), ([2.0], [1.0])):
        outcome = fit(DEAD, inputs, targets, method=method, steps=5).outcome
        assert "none of the 3 ReLU neurons of layer 1 is active at any of them" in outcome
        assert "smaller rate" not in outcome  # a constant may be right


def test_a_constant_that_is_right_is_not_remarked() -> None:
    x = np.linspace(0, 6, 50)
    flat = uat.MLP.from_layers([(np.ones((2, 1)), np.ones(2)), (np.zeros((1, 2)), [0.5])])
    assert "constant" not in fit(flat, x, np.full(50, 0.5), steps=5).outcome
    assert "constant" not in fit(flat, [1.0, 1.0], [0.0, 1.0], steps=5).outcome
    clock = np.float32(1.5e15 + np.arange(9.0))  # rounded before it came here
    assert "All 9 samples have the same x, so that one output" in fit(flat, clock, np.arange(9.0), steps=0).outcome
    assert "the same x" not in fit(flat, clock, np.full(9, 1.0), steps=0).outcome
    assert "constant" not in fit(small(), X, Y, steps=50).outcome


def test_a_network_that_overflows_is_not_called_dead() -> None:
    big = np.full((2, 2), 1e200) * [[1, -1], [1, -1]]
    wild = uat.MLP.from_layers([(np.full((2, 1), 1e200), [0, 0]), (big, [0, 0]), (np.ones((1, 2)), [0])])
    found = fit(wild, [1.0, 2.0], [0.0, 1.0], steps=3)
    assert found.reason == "diverged"
    assert "constant" not in found.outcome


def test_samples_that_float32_does_not_tell_apart_are_refused() -> None:
    """Stamps near 1.5e15 are one number there, or a handful."""
    net, times = uat.MLP.initialize([1, 4, 1], dtype=np.float32), np.arange(50.0)
    for x, y in (
        (1.5e15 + times, times),
        (1.5e15 + 1e7 * times, times),
        (times, 1e9 + times),
        (times, -4e8 + 8 * times),
    ):
        name = "x" if x[0] else "y"
        sentence = rf"^`{name}` must be told apart by float32, .* that moves them by up to .* all 50 lie in"
        with pytest.raises(InputError, match=sentence):
            fit(net, x, y, steps=1)
        with pytest.raises(InputError, match=sentence):
            learn.value_and_gradient(net, x, y)
        with pytest.raises(InputError, match=f"validation.*`{name}` must be told apart by float32"):
            fit(net, times, times, validation=(x, y), steps=1)
        fit(net.astype(float), x, y, steps=1)
    for x in (np.full(50, 1.5e15), 2.0**40 + 2.0**20 * times, 1e6 + times, times / 3):  # one number, exact, fine enough
        fit(net, x, times, steps=1)
    wide = uat.MLP.initialize([2, 4, 1], dtype=np.float32)
    with pytest.raises(InputError, match=r"^`x` must be told apart by float32"):
        fit(wide, np.stack([times, 1e15 + times], axis=1), times, steps=1)
