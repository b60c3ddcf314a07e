"""The same parameters, the same batches: PyTorch's gradients and PyTorch's trajectories."""

from __future__ import annotations

import numpy as np
import pytest

from tests.learn.nets import data, network
from uat import learn
from uat.learn import fit, value_and_gradient
from uat.mlp import MLP

torch = pytest.importorskip("torch", reason="compares with the real PyTorch")
pytestmark = pytest.mark.torch

MODULES = {"relu": "ReLU", "sigmoid": "Sigmoid", "tanh": "Tanh", "identity": "Identity"}


def as_torch(m: MLP, logits: bool = False) -> object:
    """The module with m's parameters, in float64; with ``logits`` a softmax at the end is left out."""
    parts = []
    for layer in m.layers:
        linear = torch.nn.Linear(layer.weights.shape[1], layer.weights.shape[0], dtype=torch.float64)
        with torch.no_grad():
            linear.weight[:] = torch.tensor(layer.weights)
            linear.bias[:] = torch.tensor(layer.biases)
        parts.append(linear)
        if layer.activation == "softmax":
            parts += [] if logits else [torch.nn.Softmax(dim=1)]
        else:
            parts.append(getattr(torch.nn, MODULES[layer.activation])())
    return torch.nn.Sequential(*parts)


def flat(module: object, gradient: bool = False) -> np.ndarray:
    return np.concatenate([(p.grad if gradient else p).detach().numpy().ravel() for p in module.parameters()])


LOSSES = {
    "absolute": lambda y, s: (s - y).abs().sum(1).mean(),
    "squared": lambda y, s: (s - y).square().sum(1).mean(),
    "logistic": lambda y, s: torch.nn.functional.softplus(-y * s).sum(1).mean(),
    "exponential": lambda y, s: torch.exp(-y * s).sum(1).mean(),
    "hinge": lambda y, s: torch.relu(1 - y * s).sum(1).mean(),
    "squared_margin": lambda y, s: (1 - y * s).square().sum(1).mean(),
    "cross_entropy": lambda y, s: torch.nn.functional.cross_entropy(s, y),
}


@pytest.mark.parametrize("depth", [1, 2, 4])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("act", ["relu", "sigmoid", "tanh", "softmax", "identity"])
def test_gradients_are_autograds(act: str, loss: str, depth: int) -> None:
    m, (x, y) = network(depth, act, loss, rng=depth), data(loss, n=20)
    module = as_torch(m, logits=loss == "cross_entropy" and act != "softmax")
    if loss == "cross_entropy":
        layers = list(module)
        module = torch.nn.Sequential(*layers[:-1]) if isinstance(layers[-1], torch.nn.Softmax) else module
    omega = 0.01 * sum(p.square().sum() + p.abs().sum() for p in module.parameters())
    value = LOSSES[loss](torch.tensor(y), module(torch.tensor(x))) + omega
    value.backward()
    ours, gradient = value_and_gradient(m, x, y, loss, learn.L2(0.01) + learn.L1(0.01))
    expected = flat(module, gradient=True)
    assert ours == pytest.approx(value.item(), rel=1e-12)
    np.testing.assert_allclose(gradient, expected, rtol=1e-12, atol=1e-12 * np.abs(expected).max())


OPTIMIZERS = {
    "sgd": (learn.SGD(0.02), lambda p: torch.optim.SGD(p, lr=0.02)),
    "momentum": (learn.SGD(0.01, momentum=0.9), lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9)),
    "nesterov": (
        learn.SGD(0.01, momentum=0.9, nesterov=True),
        lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, nesterov=True),
    ),
    "adam": (learn.Adam(0.003), lambda p: torch.optim.Adam(p, lr=0.003)),
    "adamw": (learn.AdamW(0.003, 0.05), lambda p: torch.optim.AdamW(p, lr=0.003, weight_decay=0.05)),
}


@pytest.mark.parametrize("act", ["relu", "tanh"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_trajectories_of_a_thousand_steps(name: str, act: str) -> None:
    method, make = OPTIMIZERS[name]
    x = np.linspace(-1, 1, 200)
    y = np.sin(3 * x)
    m = learn.uniform_kinks(16, (-1, 1)) if act == "relu" else MLP.initialize([1, 16, 1], "tanh")
    found = fit(m, x, y, method=method, batches=learn.cyclic(32), steps=1000)
    module = as_torch(m)
    optimizer = make(module.parameters())
    X, Y = torch.tensor(x)[:, None], torch.tensor(y)[:, None]
    for t in range(1000):
        batch = torch.tensor((32 * t + np.arange(32)) % 200)
        optimizer.zero_grad()
        LOSSES["squared"](Y[batch], module(X[batch])).backward()
        optimizer.step()
    np.testing.assert_allclose(found.last.theta, flat(module), rtol=1e-9, atol=1e-9)
