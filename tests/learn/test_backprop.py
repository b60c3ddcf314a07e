"""Gradients: against central differences, against the by-hand trace, and the laws that they obey."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import uat
from tests.learn.nets import ACTIVATIONS, NAMES, data, network
from uat.learn import L1, L2, check_gradient, value_and_gradient
from uat.learn.backprop import backward, forward
from uat.learn.tracing import jacobian, steps
from uat.mlp import VALUES

REGULARIZERS = [None, L2(0.1), L1(0.1), L1(0.05) + L2(0.1, biases=False)]


@pytest.mark.parametrize("loss", NAMES)
@pytest.mark.parametrize(
    ("act", "depth"), [("relu", 1), *((act, d) for act in ACTIVATIONS for d in (2, 3, 4))], ids=str
)
def test_gradient_of_every_loss_activation_depth_and_regularizer(act: object, loss: str, depth: int) -> None:
    for k, regularizer in enumerate(REGULARIZERS):
        x, y = data(loss, rng=depth + k)
        check = check_gradient(network(depth, act, loss, rng=k), x, y, loss, regularizer, directions=6)
        assert check.passed, check.outcome
        assert check.worst <= 1e-7


def test_sample_weights_enter_the_gradient() -> None:
    x, y = data()
    assert check_gradient(network(3, "tanh"), x, y, weights=np.arange(1.0, 8.0)).passed
    heavy = value_and_gradient(network(3, "tanh"), x, y, weights=[1, 0, 0, 0, 0, 0, 0])
    alone = value_and_gradient(network(3, "tanh"), x[:1], y[:1])
    np.testing.assert_allclose(heavy[1], alone[1], rtol=1e-12)
    assert heavy[0] == pytest.approx(alone[0], rel=1e-14)


@pytest.mark.parametrize("loss", NAMES)
@pytest.mark.parametrize("act", ["relu", "sigmoid", "tanh", "softmax", "identity"])
def test_the_engine_agrees_with_backpropagation_by_hand(act: str, loss: str) -> None:
    m = network(3, act, loss)
    x, y = data(loss, n=1)
    nodes, value = steps(m, x, y, loss)
    engine_value, gradient = value_and_gradient(m, x, y, loss)
    shares = [part.ravel() for s in nodes if s.to_params is not None for part in s.to_params]
    np.testing.assert_allclose(gradient, np.concatenate(shares), rtol=1e-11, atol=1e-12)
    assert engine_value == pytest.approx(value, rel=1e-12)


def test_forward_keeps_activations_and_backward_returns_both_derivatives() -> None:
    m, x = network(3, "tanh"), data()[0]
    tape = forward(m, x)
    np.testing.assert_allclose(tape.output.T, m(x), rtol=1e-13)
    np.testing.assert_allclose(tape.nodes[-2].a.T, m.features(x), rtol=1e-13)
    G = np.random.default_rng(0).normal(size=(7, 3))
    to_params, to_input = backward(tape, G)
    h = 1e-6
    for k in range(2):
        e = np.eye(2)[k] * h
        expected = ((m(x + e) - m(x - e)) * G).sum(axis=1) / (2 * h)
        np.testing.assert_allclose(to_input[:, k], expected, rtol=1e-7, atol=1e-8)
    v = np.random.default_rng(1).normal(size=m.theta.size)
    slope = ((m.with_theta(m.theta + h * v)(x) - m.with_theta(m.theta - h * v)(x)) * G).sum() / (2 * h)
    assert to_params @ v == pytest.approx(slope, rel=1e-7)


@pytest.mark.parametrize("act", ["relu", "sigmoid", "tanh", "softmax", "identity", (np.sin, np.cos)], ids=str)
def test_jacobians_of_the_notes_against_differences(act: object) -> None:
    z, h = np.array([0.3, -1.2, 0.8]), 1e-6
    f = VALUES[act] if isinstance(act, str) else act[0]
    columns = [(f(z + h * e) - f(z - h * e)) / (2 * h) for e in np.eye(3)]
    np.testing.assert_allclose(jacobian(act, z), np.array(columns).T, atol=1e-9)


def test_the_chosen_sub_gradient_need_not_be_one() -> None:
    """ReLU(t) - ReLU(-t) = t has derivative 1 everywhere; backpropagation says 0 at t = 0."""
    m = uat.ReluNet([1, -1], [0, 0], [1, -1]).to_mlp()
    for t, expected in [(-0.5, 1.0), (0.5, 1.0), (0.0, 0.0)]:
        assert backward(forward(m, [t]), [1.0])[1][0, 0] == expected


@given(st.integers(0, 10**6), st.sampled_from(NAMES), st.integers(1, 6))
def test_batches_of_a_partition_average_to_the_full_gradient(seed: int, loss: str, size: int) -> None:
    m = network(3, "relu", loss, rng=seed)
    x, y = data(loss, rng=seed)
    omega = L2(0.3)
    full = value_and_gradient(m, x, y, loss, omega)[1]
    cuts = [slice(i, i + size) for i in range(0, 7, size)]
    parts = [value_and_gradient(m, x[c], y[c], loss, omega)[1] * (len(x[c]) / 7) for c in cuts]
    np.testing.assert_allclose(np.sum(parts, axis=0), full, rtol=1e-9, atol=1e-11)  # so Omega is whole in each


@given(st.integers(0, 10**6))
def test_squared_margin_is_the_squared_loss_on_labels(seed: int) -> None:
    m = network(3, "tanh", rng=seed)
    x, y = data("hinge", rng=seed)
    (a, g), (b, h) = value_and_gradient(m, x, y, "squared_margin"), value_and_gradient(m, x, y, "squared")
    assert a == pytest.approx(b, rel=1e-12)
    np.testing.assert_allclose(g, h, rtol=1e-10, atol=1e-12)


@given(st.integers(1, 12), st.integers(0, 10**6))
def test_a_constructed_net_is_stationary_on_its_own_knots(pieces: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=pieces + 1)
    p = uat.PiecewiseAffine(np.arange(pieces + 1.0), values)
    m = uat.ReluNet.from_piecewise(p, form="output-bias").to_mlp()
    value, gradient = value_and_gradient(m, p.knots, p.values)
    assert value < 1e-24
    assert np.abs(gradient).max() < 1e-10


def test_the_risk_of_many_samples_is_that_of_its_chunks() -> None:
    m = network(2, "tanh")
    x, y = data(n=5000)
    value, gradient = value_and_gradient(m, x, y)
    assert value == pytest.approx(np.square(m(x) - y).sum(axis=1).mean(), rel=1e-12)
    halves = [value_and_gradient(m, x[c], y[c])[1] for c in (slice(0, 2500), slice(2500, 5000))]
    np.testing.assert_allclose(gradient, np.mean(halves, axis=0), rtol=1e-10)


def test_float32_is_kept_and_close() -> None:
    m, (x, y) = network(3, "tanh"), data()
    value, gradient = value_and_gradient(m.astype(np.float32), x, y)
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(gradient, value_and_gradient(m, x, y)[1], rtol=1e-4, atol=1e-5)
    assert value == pytest.approx(value_and_gradient(m, x, y)[0], rel=1e-5)
