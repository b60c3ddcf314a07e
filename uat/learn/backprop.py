"""Backpropagation: the chain rule from the loss back to every parameter, in two sweeps over the layers.

A layer is two nodes, an affine one and an activation. For a node X(input, params) and a number Loss(X),

    dLoss/dparams = dLoss/dX . dX/dparams        (*)
    dLoss/dinput  = dLoss/dX . dX/dinput         (**)

*Forward* computes the network and keeps every activation. *Backward* walks from the loss to the input; at each node (*)
gives that node's share of the gradient and (**) what the node before it needs. For the affine node z = A u + b,

    dz_j/du_i = A_ji,    dz_j/db_i = delta_ij,    dz_j/dA_kl = delta_jk u_l,

so that with the samples as columns of U and G = dLoss/dZ (the 1/n of the risk inside)

    dLoss/dA = G U^T,    dLoss/db = sum of the columns of G,    dLoss/dU = A^T G.

The Jacobians of the activations stand in `uat.learn.activations`.

One matrix does it: with a row of ones under U, A u + b = [A b] [u; 1], and dLoss/d[A b] = G [U; 1]^T. While a network
is being trained its parameters are kept in that *joined* order, one product a layer each way, every result written
into a buffer that was there before. A leading axis, where there is one, runs over a stack of networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from uat._activations import Activation
from uat._checks import InputError, instance, samples, show
from uat.learn.activations import Node
from uat.mlp import MLP, Array, count_parameters

RANK_ONE = 1 << 14  # entries from which on a padded outer product is faster than a plain one (measured)


def joined_order(sizes: Sequence[int]) -> NDArray[np.intp]:
    """Where in theta the joined parameters stand: ``theta[joined_order]`` is [A_1 b_1], [A_2 b_2], ... by rows."""
    blocks, start = [], 0
    for fan_in, fan_out in pairwise(sizes):
        weights = start + np.arange(fan_in * fan_out).reshape(fan_out, fan_in)
        biases = start + fan_in * fan_out + np.arange(fan_out).reshape(fan_out, 1)
        blocks.append(np.hstack([weights, biases]).ravel())
        start += (fan_in + 1) * fan_out
    return np.concatenate(blocks).astype(np.intp)


def joined_layers(theta: Array, sizes: Sequence[int]) -> list[Array]:
    """Views [A_i b_i], shape (..., fan_out, fan_in + 1), of joined parameters (..., P)."""
    views, start = [], 0
    for fan_in, fan_out in pairwise(sizes):
        end = start + (fan_in + 1) * fan_out
        views.append(theta[..., start:end].reshape(*theta.shape[:-1], fan_out, fan_in + 1))
        start = end
    return views


def with_ones(x: Array) -> Array:
    """Samples (n, d) as columns over a row of ones, (d + 1, n)."""
    return np.vstack([x.T, np.ones((1, len(x)), x.dtype)])


class Tape:
    """The buffers of one forward and backward sweep over ``count`` samples.

    ``theta`` and ``gradient`` are joined parameters (..., P): the first is read, the second written. ``output`` is the
    network's output (..., d_out, count); ``slope`` has its shape and is where the caller puts dLoss/doutput. It is
    overwritten by `backward`. `forward` and `backward` allocate nothing.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activations: Sequence[Activation],
        theta: Array,
        gradient: Array,
        count: int,
    ) -> None:
        stack, self.sizes, self.gradient = theta.shape[:-1], tuple(sizes), gradient
        self.product: Any = np.matmul if stack else np.dot  # dot has less overhead, matmul knows stacks
        last = len(sizes) - 2
        self.nodes = [
            Node(stack, width, count, theta.dtype, activation, last=i == last)
            for i, (width, activation) in enumerate(zip(sizes[1:], activations, strict=True))
        ]
        self.output, self.slope = self.nodes[-1].a, self.nodes[-1].g
        matrices, gradients = joined_layers(theta, sizes), joined_layers(gradient, sizes)
        self._up = list(zip(matrices, self.nodes, strict=True))
        self._down: list[tuple[Any, ...]] = []
        for i in reversed(range(1, last + 1)):
            before, matrix = self.nodes[i - 1], np.swapaxes(matrices[i], -1, -2)
            outer: Any = self.product
            if sizes[i + 1] == 1 and (stack or before.a_whole.size >= RANK_ONE):
                outer = _RankOne(matrices[i], self.nodes[i].g_whole, self.product)
            self._down.append(
                (self.nodes[i], np.swapaxes(before.a_whole, -1, -2), gradients[i], outer, matrix, before.g_whole)
            )
        self._first, self._first_gradient = matrices[0], gradients[0]
        self._x = np.empty((0, 0))

    def forward(self, x: Array) -> Array:
        """The output for samples x (..., d_in + 1, count), whose last row is ones; every activation is kept."""
        product, u = self.product, x
        self._x = x
        for matrix, node in self._up:
            product(matrix, u, out=node.a)
            node.forward(node)
            u = node.a_whole
        return self.output

    def backward(self) -> None:
        """From ``slope`` = dLoss/doutput to ``gradient`` = dLoss/dtheta, from the last layer to the first."""
        product = self.product
        for node, inputs, gradient, outer, matrix, before in self._down:
            node.backward(node)
            product(node.g, inputs, out=gradient)  # (*)
            outer(matrix, node.g, out=before)  # (**), with one more row for the ones, which nobody reads
        first = self.nodes[0]
        first.backward(first)
        product(first.g, self._x.swapaxes(-1, -2), out=self._first_gradient)  # (*)

    def input_slope(self) -> Array:
        """dLoss/dinput (..., d_in, count), after `backward`: (**) at the first layer."""
        result: Array = np.matmul(np.swapaxes(self._first[..., :-1], -1, -2), self.nodes[0].g)
        return result


class _RankOne:
    """A^T g for one output: of inner length 1, which BLAS is slow at, so a row of zeros makes it 2."""

    def __init__(self, matrix: Array, g_whole: Array, product: Any) -> None:
        padded = np.zeros((*matrix.shape[:-2], 2, matrix.shape[-1]), matrix.dtype)
        self.matrix, self.top, self.transposed = matrix, padded[..., :1, :], np.swapaxes(padded, -1, -2)
        self.g_whole, self.product = g_whole, product  # (..., 2, count), whose second row stays zero

    def __call__(self, matrix: Array, g: Array, out: Array) -> None:
        np.copyto(self.top, self.matrix)
        self.product(self.transposed, self.g_whole, out=out)


def as_network(network: Any, name: str = "network") -> None:
    """An `MLP`; a constructed network is told the way."""
    if not isinstance(network, MLP):
        hint = " Write .to_mlp() behind it." if hasattr(network, "to_mlp") else ""
        raise InputError(f"`{name}` must be an MLP, but is {show(network)}.{hint}")


def forward(network: MLP, x: ArrayLike) -> Tape:
    """Run a network on samples x (n, d_in) and keep every layer's activation.

    ``tape.output.T`` is network(x), ``tape.nodes[i].a.T`` the activation (n, width) of layer i.
    """
    as_network(network)
    rows = samples(x, "x", network.sizes[0], network.theta.dtype)
    theta = network.theta[joined_order(network.sizes)]
    tape = Tape(network.sizes, network.activations, theta, np.empty_like(theta), len(rows))
    tape.forward(with_ones(rows))
    return tape


def backward(tape: Tape, slope: ArrayLike) -> tuple[Array, Array]:
    """(dLoss/dtheta (P,), dLoss/dinput (n, d_in)) from slope = dLoss/doutput (n, d_out), after `forward`."""
    instance(tape, "tape", Tape)
    d_out, count = tape.slope.shape
    rows = samples(slope, "slope", d_out, tape.slope.dtype)
    if len(rows) != count:
        raise InputError(f"`slope` must have a row a sample, {count} of them, but has shape {np.shape(slope)}.")
    tape.slope[...] = rows.T
    tape.backward()
    gradient = np.empty(count_parameters(tape.sizes), tape.gradient.dtype)
    gradient[joined_order(tape.sizes)] = tape.gradient
    return gradient, tape.input_slope().T
