"""Regularisers Omega(theta): lambda |theta|_2^2, lambda |theta|_1, their sum, or none.

Omega enters the objective once, whole: F(theta) = (1/n) sum_i P(y_i, m_theta(x_i)) + Omega(theta), and it enters every
batch's gradient whole as well. Its gradient is 2 lambda theta, and lambda sign(theta) with the sub-gradient 0 at 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from uat._checks import InputError, flag, nonnegative, show
from uat.mlp import MLP, Array


@dataclass(frozen=True, slots=True)
class Term:
    """strength * sum |theta_k|^power over the weights, and over the biases too unless they are left out."""

    power: int
    strength: float
    biases: bool


@dataclass(frozen=True, slots=True)
class Regularizer:
    """A sum of terms; make one with `L1` and `L2`, add them with ``+``."""

    terms: tuple[Term, ...]

    def __add__(self, other: Regularizer) -> Regularizer:
        if not isinstance(other, Regularizer):
            raise InputError(f"a regularizer must be added to another, made by L1 or L2, but here to {show(other)}.")
        return Regularizer(self.terms + other.terms)

    def strengths(self, network: MLP, power: int) -> Array:
        """lambda_k of each parameter, (P,), so that this power's part of Omega is sum_k lambda_k |theta_k|^power."""
        total = np.zeros_like(network.theta)
        for term in self.terms:
            if term.power == power:
                total += term.strength * (1.0 if term.biases else weight_mask(network))
        return total

    def value(self, network: MLP) -> float:
        """Omega(theta)."""
        size = np.abs(network.theta.astype(float))
        return float(sum(self.strengths(network, power) @ size**power for power in (1, 2)))


def L1(strength: float, biases: bool = True) -> Regularizer:  # noqa: N802 - the field's name
    """Omega(theta) = strength * |theta|_1; ``biases=False`` leaves the biases out. InputError unless strength >= 0."""
    return Regularizer((Term(1, nonnegative(strength, "strength"), flag(biases, "biases")),))


def L2(strength: float, biases: bool = True) -> Regularizer:  # noqa: N802 - the field's name
    """Omega(theta) = strength * |theta|_2^2 (no 1/2); the same otherwise."""
    return Regularizer((Term(2, nonnegative(strength, "strength"), flag(biases, "biases")),))


def as_regularizer(value: Any) -> Regularizer | None:
    """A regularizer, or None where none is needed."""
    if value is not None and not isinstance(value, Regularizer):
        raise InputError(f"`regularizer` must be made of L1(strength) and L2(strength), or None, but is {show(value)}.")
    return value


def weight_mask(network: MLP) -> Array:
    """1 at the weights and 0 at the biases of theta, (P,)."""
    return np.concatenate([np.repeat([1.0, 0.0], [p.weights.size, p.biases.size]) for p in network.layers])
