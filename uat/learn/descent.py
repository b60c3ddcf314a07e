"""Descent: theta_t = theta_{t-1} - gamma_t (a direction made of batch gradients), from a given theta_0.

    SGD          theta -= gamma g                         (with full batches: gradient descent, as in the notes)
    momentum     v = mu v + g;  theta -= gamma v          (Polyak 1964; v starts at 0)
    Nesterov     v = mu v + g;  theta -= gamma (g + mu v) (Nesterov 1983, in the form of Sutskever et al. 2013)
    Adam         m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2, both divided by 1 - b^t;
                 theta -= gamma m / (sqrt(v) + eps)       (Kingma & Ba 2015)
    AdamW        the same after theta *= 1 - gamma decay  (Loshchilov & Hutter 2019)

The conventions are PyTorch's, so that trajectories agree. A method is a frozen description; what it remembers from
step to step is a dictionary of arrays, which a checkpoint stores. Steps are taken in place and allocate nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from uat._checks import InputError, flag, nonnegative, positive, show
from uat.learn.schedules import as_rate
from uat.mlp import Array

Memory = dict[str, Array]


@dataclass(frozen=True, slots=True)
class SGD:
    """Stochastic gradient descent: ``rate`` a number > 0 or a schedule t -> gamma_t, 0 <= ``momentum`` < 1."""

    rate: float | Callable[[int], float]
    momentum: float = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", as_rate(self.rate))
        object.__setattr__(self, "momentum", nonnegative(self.momentum, "momentum"))
        if not self.momentum < 1:
            raise InputError(f"`momentum` must be in [0, 1), but is {show(self.momentum)}.")
        if flag(self.nesterov, "nesterov") and self.momentum == 0:
            raise InputError("`momentum` must be > 0 when `nesterov` is asked for, but is 0.")

    def start(self, theta: Array) -> Memory:
        """What is remembered between steps, before the first."""
        if self.momentum == 0:
            return {}
        return {"velocity": np.zeros_like(theta), "work": np.empty_like(theta)}

    def step(self, theta: Array, gradient: Array, gamma: float, t: int, memory: Memory) -> None:
        """One step in place; the gradient may be overwritten."""
        direction = gradient
        if memory:
            velocity, work = memory["velocity"], memory["work"]
            np.multiply(velocity, self.momentum, out=velocity)
            np.add(velocity, gradient, out=velocity)
            direction = velocity
            if self.nesterov:
                np.multiply(velocity, self.momentum, out=work)
                np.add(gradient, work, out=gradient)
                direction = gradient
        np.multiply(direction, gamma, out=gradient)
        np.subtract(theta, gradient, out=theta)


@dataclass(frozen=True, slots=True)
class Adam:
    """Adam; with ``decay`` > 0 AdamW. 0 <= beta1, beta2 < 1, epsilon > 0."""

    rate: float | Callable[[int], float] = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    decay: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", as_rate(self.rate))
        for name in ("beta1", "beta2", "decay"):
            object.__setattr__(self, name, nonnegative(getattr(self, name), name))
            if name != "decay" and not getattr(self, name) < 1:
                raise InputError(f"`{name}` must be in [0, 1), but is {show(getattr(self, name))}.")
        object.__setattr__(self, "epsilon", positive(self.epsilon, "epsilon"))

    def start(self, theta: Array) -> Memory:
        """What is remembered between steps, before the first."""
        return {"mean": np.zeros_like(theta), "square": np.zeros_like(theta), "work": np.empty_like(theta)}

    def step(self, theta: Array, gradient: Array, gamma: float, t: int, memory: Memory) -> None:
        """One step in place; the gradient is overwritten."""
        mean, square, work = memory["mean"], memory["square"], memory["work"]
        if self.decay:
            np.multiply(theta, 1 - gamma * self.decay, out=theta)
        np.multiply(mean, self.beta1, out=mean)
        np.multiply(gradient, 1 - self.beta1, out=work)
        np.add(mean, work, out=mean)
        np.multiply(square, self.beta2, out=square)
        np.multiply(gradient, gradient, out=gradient)
        np.multiply(gradient, 1 - self.beta2, out=gradient)
        np.add(square, gradient, out=square)
        np.sqrt(square, out=work)
        np.divide(work, math.sqrt(1 - self.beta2**t), out=work)
        np.add(work, self.epsilon, out=work)
        np.divide(mean, work, out=work)
        np.multiply(work, gamma / (1 - self.beta1**t), out=work)
        np.subtract(theta, work, out=theta)


def AdamW(rate: float | Callable[[int], float] = 1e-3, decay: float = 0.01) -> Adam:  # noqa: N802 - the field's name
    """Adam with decoupled weight decay."""
    return Adam(rate, decay=decay)
