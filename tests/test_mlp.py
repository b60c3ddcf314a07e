"""The network as a noun: shapes, views, dtypes, symmetries, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import uat
from tests.learn.nets import relu_mlps
from uat import InputError
from uat._activations import VALUES
from uat.mlp import MLP


def by_hand(m: MLP, row: np.ndarray) -> np.ndarray:
    """The definition, one sample at a time, reading theta without the layers."""
    u, start = row, 0
    for fan_in, fan_out, act in zip(m.sizes, m.sizes[1:], m.activations, strict=False):
        A = m.theta[start : start + fan_in * fan_out].reshape(fan_out, fan_in)
        b = m.theta[start + fan_in * fan_out : start + fan_in * fan_out + fan_out]
        z = np.array([sum(A[j, k] * u[k] for k in range(fan_in)) + b[j] for j in range(fan_out)])
        u = VALUES[act](z) if isinstance(act, str) else act[0](z)
        start += (fan_in + 1) * fan_out
    return u


@pytest.mark.parametrize("act", [*VALUES, (np.sin, np.cos), ["tanh", "relu", "sigmoid"]])
def test_value_is_the_definition(act: object) -> None:
    m = MLP.initialize([3, 4, 5, 2], act, rng=1)
    m = m.with_theta(np.random.default_rng(2).normal(size=m.theta.size))
    x = np.random.default_rng(3).normal(size=(6, 3))
    np.testing.assert_allclose(m(x), [by_hand(m, row) for row in x], rtol=1e-13, atol=1e-13)


def test_layers_are_views_of_a_read_only_theta() -> None:
    m = uat.MLP.initialize([2, 3, 1], rng=0)
    assert [(p.weights.shape, p.biases.shape) for p in m.layers] == [((3, 2), (3,)), ((1, 3), (1,))]
    for part in m.layers:
        assert np.shares_memory(part.weights, m.theta)
        assert np.shares_memory(part.biases, m.theta)
        with pytest.raises(ValueError, match="read-only"):
            part.weights[0, 0] = 1.0
    theta = np.zeros(m.theta.size)
    copied = m.with_theta(theta)
    theta[:] = 7
    assert (copied.theta == 0).all()


def test_shapes_of_one_input_and_of_many() -> None:
    one, two = MLP.initialize([1, 4, 1], rng=0), MLP.initialize([1, 4, 2], rng=0)
    x = np.linspace(-1, 1, 5)
    assert one(x).shape == (5,)
    assert one(x[:, None]).shape == (5, 1)
    assert one(0.3).shape == ()
    assert two(x).shape == (5, 2)
    assert MLP.initialize([3, 4, 2], rng=0)(np.ones((5, 3))).shape == (5, 2)


@given(relu_mlps(), st.integers(1, 5))
def test_features_then_the_last_layer_is_the_network(m: MLP, n: int) -> None:
    x = np.random.default_rng(n).normal(size=(n, m.sizes[0]))
    last = m.layers[-1]
    np.testing.assert_array_equal(m.features(x) @ last.weights.T + last.biases, m(x))


def test_dtype_is_kept() -> None:
    m = MLP.initialize([2, 3, 2], "tanh", output="softmax", dtype=np.float32)
    assert m.theta.dtype == m(np.ones((4, 2))).dtype == np.float32
    assert m.astype(np.float64)(np.ones((4, 2))).dtype == np.float64


@pytest.mark.parametrize("act", list(VALUES))
@pytest.mark.parametrize("size", [-1e4, 1e4])
def test_activations_are_finite_and_silent_far_out(act: str, size: float) -> None:
    m = MLP.from_layers([(np.eye(2), [0, 0]), (np.eye(2), [0, 0])], [act, act])
    value = m([[size, 0.0], [size, -size]])
    assert np.isfinite(value).all()
    value, gradient = uat.learn.value_and_gradient(m, [[size, 0.0], [size, -size]], np.zeros((2, 2)))
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()


@given(relu_mlps(), st.integers(0, 10**6))
def test_rescaling_leaves_the_function_as_it_was(m: MLP, seed: int) -> None:
    draw = np.random.default_rng(seed)
    x, layer = draw.normal(size=(6, m.sizes[0])), int(draw.integers(len(m.sizes) - 2))
    d = 2.0 ** draw.integers(-8, 9, m.sizes[layer + 1])  # powers of two: exact up to the order of summation
    other = m.rescaled(layer, d)
    np.testing.assert_allclose(other(x), m(x), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(other.path_norm, m.path_norm, rtol=1e-12)


@given(relu_mlps(), st.integers(0, 10**6))
def test_rescaling_divides_and_multiplies_gradients(m: MLP, seed: int) -> None:
    """theta' = theta * s entrywise with the function unchanged: the gradient in theta' is the old one divided by s."""
    draw = np.random.default_rng(seed)
    x, y = draw.normal(size=(6, m.sizes[0])), draw.normal(size=(6, m.sizes[-1]))
    layer = int(draw.integers(len(m.sizes) - 2))
    d = 2.0 ** draw.integers(-4, 5, m.sizes[layer + 1])
    other = m.rescaled(layer, d)
    ones = m.with_theta(np.ones(m.theta.size))
    scale = ones.rescaled(layer, d).theta
    g, h = (uat.learn.value_and_gradient(net, x, y)[1] for net in (m, other))
    np.testing.assert_allclose(h, g / scale, rtol=1e-9, atol=1e-9 * np.abs(g / scale).max())


@given(relu_mlps())
def test_balanced_is_the_same_function_and_balanced(m: MLP) -> None:
    b = m.balanced()
    x = np.random.default_rng(0).normal(size=(5, m.sizes[0]))
    np.testing.assert_allclose(b(x), m(x), rtol=1e-9, atol=1e-9)
    assert np.linalg.norm(b.theta) <= np.linalg.norm(m.theta) * (1 + 1e-12)
    for here, after in zip(b.layers, b.layers[1:], strict=False):
        into, out = np.hypot(np.linalg.norm(here.weights, axis=1), here.biases), np.linalg.norm(after.weights, axis=0)
        np.testing.assert_allclose(into[out > 0], out[out > 0], rtol=1e-8)


def test_slope_variation_merges_kinks_and_path_norm_does_not() -> None:
    """|t| written as two hinges, and t as ReLU(t) - ReLU(-t): the second has no kink at all."""
    absolute = uat.ReluNet([1, -1], [0, 0], [1, 1]).to_mlp()
    line = uat.ReluNet([1, -1], [0, 0], [1, -1]).to_mlp()
    assert (absolute.slope_variation, absolute.path_norm) == (2, 2)
    assert (line.slope_variation, line.path_norm) == (0, 2)


def test_relu_net_there_and_back() -> None:
    p = uat.interpolate(np.sin, 0, 6, pieces=9)
    net = uat.ReluNet.from_piecewise(p, form="output-bias")
    m, x = net.to_mlp(), np.linspace(-1, 7, 101)
    np.testing.assert_allclose(m(x), net.forward(x), atol=1e-13)
    back = uat.ReluNet.from_mlp(m)
    for name in ("weights", "biases", "coefficients", "output_bias"):
        np.testing.assert_array_equal(getattr(back, name), getattr(net, name))
    constant = uat.ReluNet([], [], [], 2.5)
    assert constant.to_mlp()(0.3) == 2.5
    with pytest.raises(InputError, match=r"`mlp` must have one input.*sizes \(2, 3, 1\)"):
        uat.ReluNet.from_mlp(MLP.initialize([2, 3, 1]))


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: MLP((1,), [1.0]), "`sizes` must have at least two entries"),
        (lambda: MLP((1, 2, 1), [1.0]), "`theta` must have 7 entries, but has 1"),
        (lambda: MLP((1, 1), [np.nan, 0]), r"`theta` must be finite, but theta\[0\] = nan"),
        (lambda: MLP.initialize([1, 2, 1], "gelu"), "`activation` must be one of 'relu', 'sigmoid', 'tanh', 'softmax'"),
        (lambda: MLP.initialize([1, 2, 1], ["relu"]), "`activations` must name one a layer, 2 of them"),
        (lambda: MLP.initialize([1, 2, 1], scheme="lecun"), "`scheme` must be one of 'he', 'glorot'"),
        (lambda: MLP.initialize([2, 1])(np.ones(3)), r"`x` must have shape \(n, 2\), but has shape \(3,\)"),
        (lambda: MLP.initialize([1, 1])([0.0, np.nan]), r"`x` must be finite, but x\[1\] = nan"),
        (lambda: MLP.initialize([1, 1])("a"), "`x` must be an array of real numbers, but is 'a'"),
        (lambda: MLP.initialize([1, 1])({1: 2}), r"`x` must be an array of real numbers, but is \{1: 2\}"),
        (
            lambda: MLP.initialize([1, 1])([[1], [1, 2]]),
            r"`x` must be an array of real numbers, but is \[\[1\], \[1, 2\]\]",
        ),
        (lambda: MLP.initialize([1, 1]).features(b"a"), "`x` must be an array of real numbers, but is b'a'"),
        (lambda: MLP.from_layers([(np.ones((2, 1)), [0])]), r"`layers` must be pairs"),
        (lambda: MLP.from_layers([(np.ones((2, 1)), [0, 0]), (np.ones((1, 3)), [0])]), "`layers` must fit together"),
        (lambda: MLP.initialize([1, 2, 1]).rescaled(1, [1.0]), "`layer` must be a hidden layer, 0 to 0, but is 1"),
        (lambda: MLP.initialize([1, 2, 1]).rescaled(0, [1.0, 0.0]), r"`factors` must be > 0, but factors\[1\] = 0.0"),
        (lambda: MLP.initialize([1, 2, 1], "tanh").rescaled(0, [1.0, 2.0]), "positively homogeneous activation"),
        (lambda: MLP.initialize([2, 2, 1]).slope_variation, "`slope_variation` must be asked of"),
    ],
)
def test_refusals(call: object, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        call()
