"""Activations as nodes: forward in place, and the pullback of a gradient through them.

A node turns u = z into a = act(z) and, on the way back, turns g = dLoss/da into dLoss/dz = J^T g, J the Jacobian of
act:

    ReLU      da_j/dz_i = delta_ij 1{z_i > 0}         (at z_i = 0 the sub-gradient 0, by choice)
    sigmoid   da_j/dz_i = delta_ij a_i (1 - a_i)
    tanh      da_j/dz_i = delta_ij (1 - a_i^2)
    softmax   da_j/dz_i = a_j (delta_ij - a_i), hence (J^T g)_i = a_i (g_i - sum_j a_j g_j)
    identity  da_j/dz_i = delta_ij

All but one's own pair need only the activation a for that, so that a takes the place of z. The values, as one reads
them, are in `uat.mlp.VALUES`; here they are written into place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import expit

from uat.mlp import Activation


class Node:
    """The buffers of one layer's activation, for arrays (..., width, count) with samples as columns.

    ``a`` holds z before `forward` and act(z) after it; ``g`` holds dLoss/da before `backward` and dLoss/dz after it.
    Both are the upper rows of ``a_whole`` and ``g_whole``, whose last row belongs to the ones that carry the next
    layer's biases (an output of several numbers has no such row). ReLU leaves ones alone, and so works on the whole,
    which is contiguous also in a stack.
    """

    __slots__ = (
        "a",
        "a_whole",
        "backward",
        "forward",
        "g",
        "g_whole",
        "ones",
        "pair",
        "product",
        "row",
        "work",
        "z",
        "zeros",
    )

    def __init__(self, stack: tuple[int, ...], width: int, count: int, dtype: Any, activation: Activation, last: bool):
        shape = (*stack, width if last and width > 1 else width + 1, count)
        self.a_whole, self.g_whole = np.ones(shape, dtype), np.zeros(shape, dtype)
        self.a, self.g = self.a_whole[..., :width, :], self.g_whole[..., :width, :]
        own = not isinstance(activation, str)
        whole = activation == "relu"
        self.z = np.empty_like(self.a) if own else self.a
        self.work = np.empty(shape if whole else self.a.shape, dtype)
        constants = shape if whole else (width, 1)  # for ReLU: an array is compared faster than a scalar
        self.zeros, self.ones = np.zeros(constants, dtype), np.ones(constants, dtype)
        self.product: Any = np.matmul if stack else np.dot
        self.row = np.empty((*stack, 1, count), dtype)
        self.pair: Any = activation if own else None
        self.forward, self.backward = (_own_forward, _own_backward) if own else NODES[str(activation)]


def _relu_forward(node: Node) -> None:
    np.maximum(node.a_whole, node.zeros, out=node.a_whole)


def _relu_backward(node: Node) -> None:
    # 1{a > 0} = min(ceil(a), 1) since a >= 0, in one type: booleans would be cast through a buffer at every call
    np.ceil(node.a_whole, out=node.work)
    np.minimum(node.work, node.ones, out=node.work)
    np.multiply(node.g_whole, node.work, out=node.g_whole)


def _sigmoid_forward(node: Node) -> None:
    expit(node.a, out=node.a)


def _sigmoid_backward(node: Node) -> None:
    np.subtract(1.0, node.a, out=node.work)
    np.multiply(node.work, node.a, out=node.work)
    np.multiply(node.g, node.work, out=node.g)


def _tanh_forward(node: Node) -> None:
    np.tanh(node.a, out=node.a)


def _tanh_backward(node: Node) -> None:
    np.multiply(node.a, node.a, out=node.work)
    np.subtract(1.0, node.work, out=node.work)
    np.multiply(node.g, node.work, out=node.g)


def _softmax_forward(node: Node) -> None:
    # a row is spread over the classes by a product with a column of ones: a broadcast would allocate a buffer
    np.maximum.reduce(node.a, axis=-2, keepdims=True, out=node.row)
    node.product(node.ones, node.row, out=node.work)
    np.subtract(node.a, node.work, out=node.a)
    np.exp(node.a, out=node.a)
    np.add.reduce(node.a, axis=-2, keepdims=True, out=node.row)
    node.product(node.ones, node.row, out=node.work)
    np.divide(node.a, node.work, out=node.a)


def _softmax_backward(node: Node) -> None:
    np.multiply(node.a, node.g, out=node.work)
    np.add.reduce(node.work, axis=-2, keepdims=True, out=node.row)
    node.product(node.ones, node.row, out=node.work)
    np.subtract(node.g, node.work, out=node.g)
    np.multiply(node.g, node.a, out=node.g)


def _identity(node: Node) -> None:
    pass


def _own_forward(node: Node) -> None:
    node.z[...] = node.a
    node.a[...] = node.pair[0](node.z)


def _own_backward(node: Node) -> None:
    node.g[...] *= node.pair[1](node.z)


Rule = Callable[[Node], None]
NODES: dict[str, tuple[Rule, Rule]] = {
    "relu": (_relu_forward, _relu_backward),
    "sigmoid": (_sigmoid_forward, _sigmoid_backward),
    "tanh": (_tanh_forward, _tanh_backward),
    "softmax": (_softmax_forward, _softmax_backward),
    "identity": (_identity, _identity),
}
