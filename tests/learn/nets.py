"""Networks and samples for the tests of the learning room: ordinary ones, away from kinks unless one is asked for."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from uat.learn import LOSSES
from uat.mlp import MLP

ACTIVATIONS = ["relu", "sigmoid", "tanh", "softmax", "identity", (np.sin, np.cos)]
NAMES = list(LOSSES)


def network(depth: int = 2, activation: object = "relu", loss: str = "squared", d_in: int = 2, rng: int = 0) -> MLP:
    """Random parameters everywhere (biases too) in a network whose output suits the loss; three outputs."""
    sizes = [d_in] + [4] * (depth - 1) + [3]
    start = MLP.initialize(sizes, activation, output="softmax" if loss == "cross_entropy" else "identity", rng=rng)
    return start.with_theta(np.random.default_rng(rng).normal(0, 0.7, start.theta.size))


def data(loss: str = "squared", n: int = 7, d_in: int = 2, d_out: int = 3, rng: int = 1) -> tuple:
    """Samples (n, d_in) and targets that the loss admits."""
    draw = np.random.default_rng(rng)
    x = draw.normal(size=(n, d_in))
    kind = LOSSES[loss].kind
    if kind == "classes":
        return x, draw.integers(0, d_out, n)
    return x, draw.choice([-1.0, 1.0], (n, d_out)) if kind == "margin" else draw.normal(size=(n, d_out))


@st.composite
def relu_mlps(draw: st.DrawFn) -> MLP:
    """A ReLU network with one to three hidden layers and parameters of both signs."""
    sizes = draw(st.lists(st.integers(1, 5), min_size=3, max_size=5))
    seed = draw(st.integers(0, 10**6))
    start = MLP.initialize(sizes, rng=seed)
    return start.with_theta(np.random.default_rng(seed).normal(size=start.theta.size))
