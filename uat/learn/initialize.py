"""Where descent starts: theta_0 at random, with its kinks where the samples are, or from a constructed network.

A ReLU network of one input with zero biases has every kink at 0. He's and Glorot's laws keep the size of signals
through many layers; for one input, `uniform_kinks` puts the kinks on the domain, where they can do something.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from uat._activations import Activation
from uat._checks import InputError, generator, instance, integer, interval, nonnegative
from uat.mlp import MLP, MOST_NEURONS
from uat.relu_net import ReluNet

Seed = int | np.random.Generator | None


def he(
    sizes: Sequence[int],
    activation: Any = "relu",
    *,
    output: Activation = "identity",
    rng: Seed = 0,
    dtype: DTypeLike = np.float64,
) -> MLP:
    """Weights normal with variance 2/fan_in, biases 0 (He et al. 2015): E|a|^2 is kept through ReLU layers."""
    return MLP.initialize(sizes, activation, output=output, rng=rng, scheme="he", dtype=dtype)


def glorot(
    sizes: Sequence[int],
    activation: Any = "tanh",
    *,
    output: Activation = "identity",
    rng: Seed = 0,
    dtype: DTypeLike = np.float64,
) -> MLP:
    """Weights uniform with variance 2/(fan_in + fan_out), biases 0 (Glorot & Bengio 2010)."""
    return MLP.initialize(sizes, activation, output=output, rng=rng, scheme="glorot", dtype=dtype)


def uniform_kinks(width: int, domain: tuple[float, float], rng: Seed = 0) -> MLP:
    """One hidden ReLU layer for one input whose kinks are uniform on the domain [a, b].

    Weights w_j = +-1 with equal probability, kinks t_j uniform on [a, b], biases -w_j t_j, outer weights normal with
    variance 1/width in units of 1/(b - a), so that values are of order 1 on the domain; output bias 0.
    """
    width, (a, b), draw = integer(width, "width", most=MOST_NEURONS), interval(domain), generator(rng)
    w = draw.choice([-1.0, 1.0], size=width)
    kinks = draw.uniform(a, b, width)
    outer = draw.normal(0.0, 1 / np.sqrt(width), width) / (b - a)
    return MLP((1, width, 1), np.concatenate([w, -w * kinks, outer, [0.0]]))


def from_net(net: ReluNet | MLP, *, width: int | None = None, noise: float = 0.0, rng: Seed = 0) -> MLP:
    """Start from a network that is there, a constructed one for example.

    ``width`` > the net's own adds neurons with outer weight 0 and kinks uniform between its outermost ones: the
    function stays as it is. ``noise`` multiplies every parameter by 1 + noise * a standard normal number.
    """
    instance(net, "net", ReluNet, MLP)
    draw, noise = generator(rng), nonnegative(noise, "noise")
    if width is not None:
        plain = net if isinstance(net, ReluNet) else ReluNet.from_mlp(net)
        extra = integer(width, "width", most=MOST_NEURONS) - plain.width
        if extra < 0:
            raise InputError(f"`width` must be >= the width of the net, {plain.width}, but is {width}.")
        kinks = plain.kinks[plain.weights != 0]
        low, high = (float(kinks.min()), float(kinks.max())) if kinks.size else (0.0, 1.0)
        net = ReluNet(
            np.append(plain.weights, np.ones(extra)),
            np.append(plain.biases, -draw.uniform(low, high, extra)),
            np.append(plain.coefficients, np.zeros(extra)),
            plain.output_bias,
        )
    mlp = net.to_mlp() if isinstance(net, ReluNet) else net
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused
        noisy = mlp.theta * (1 + noise * draw.standard_normal(mlp.theta.size).astype(mlp.theta.dtype))
    return mlp.with_theta(noisy)
