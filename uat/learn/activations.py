"""Activations as nodes: forward in place, and the pullback of a gradient through them.

A node turns u = z into a = act(z) and, on the way back, turns g = dLoss/da into dLoss/dz = J^T g, J the Jacobian of
act:

    ReLU      da_j/dz_i = delta_ij 1{z_i > 0}         (at z_i = 0 the sub-gradient 0, by choice)
    sigmoid   da_j/dz_i = delta_ij a_i (1 - a_i)
    tanh      da_j/dz_i = delta_ij (1 - a_i^2)
    softmax   da_j/dz_i = a_j (delta_ij - a_i), hence (J^T g)_i = a_i (g_i - sum_j a_j g_j)
    identity  da_j/dz_i = delta_ij

All but one's own pair need only the activation a for that, so that a takes the place of z. Arrays are (..., width,
count): samples are columns. The values, as one reads them, are in `uat.mlp.VALUES`; here they are written into place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import expit

from uat.mlp import Activation, Array


class Node:
    """The buffers of one layer: ``a`` holds z before `forward` and act(z) after it."""

    __slots__ = ("a", "backward", "forward", "mask", "pair", "row", "work", "z")

    def __init__(self, a: Array, activation: Activation) -> None:
        self.a = a
        self.z = a if isinstance(activation, str) else np.empty_like(a)
        self.work = np.zeros_like(a)  # scratch; ReLU leaves it zero and compares with it, faster than with a scalar
        self.mask = np.empty(a.shape, bool)
        self.row = np.empty((*a.shape[:-2], 1, a.shape[-1]), a.dtype)
        self.pair: Any = None if isinstance(activation, str) else activation
        rules = NODES[activation] if isinstance(activation, str) else (_own_forward, _own_backward)
        self.forward: Callable[[Node], None] = rules[0]
        self.backward: Callable[[Node, Array], None] = rules[1]


def _relu_forward(node: Node) -> None:
    np.maximum(node.a, node.work, out=node.a)


def _relu_backward(node: Node, g: Array) -> None:
    np.greater(node.a, node.work, out=node.mask)
    np.multiply(g, node.mask, out=g)


def _sigmoid_forward(node: Node) -> None:
    expit(node.a, out=node.a)


def _sigmoid_backward(node: Node, g: Array) -> None:
    np.subtract(1.0, node.a, out=node.work)
    node.work *= node.a
    g *= node.work


def _tanh_forward(node: Node) -> None:
    np.tanh(node.a, out=node.a)


def _tanh_backward(node: Node, g: Array) -> None:
    np.multiply(node.a, node.a, out=node.work)
    np.subtract(1.0, node.work, out=node.work)
    g *= node.work


def _softmax_forward(node: Node) -> None:
    np.maximum.reduce(node.a, axis=-2, keepdims=True, out=node.row)
    node.a -= node.row
    np.exp(node.a, out=node.a)
    np.add.reduce(node.a, axis=-2, keepdims=True, out=node.row)
    node.a /= node.row


def _softmax_backward(node: Node, g: Array) -> None:
    np.multiply(node.a, g, out=node.work)
    np.add.reduce(node.work, axis=-2, keepdims=True, out=node.row)
    g -= node.row
    g *= node.a


def _identity_forward(node: Node) -> None:
    pass


def _identity_backward(node: Node, g: Array) -> None:
    pass


def _own_forward(node: Node) -> None:
    node.z[...] = node.a
    node.a[...] = node.pair[0](node.z)


def _own_backward(node: Node, g: Array) -> None:
    g *= node.pair[1](node.z)


NODES: dict[str, tuple[Callable[[Node], None], Callable[[Node, Array], None]]] = {
    "relu": (_relu_forward, _relu_backward),
    "sigmoid": (_sigmoid_forward, _sigmoid_backward),
    "tanh": (_tanh_forward, _tanh_backward),
    "softmax": (_softmax_forward, _softmax_backward),
    "identity": (_identity_forward, _identity_backward),
}
