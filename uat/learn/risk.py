"""The objective F(theta) = (1/n) sum_i w_i P(y_i, m_theta(x_i)) + Omega(theta), and its gradient.

The loss sums over the components of a vector output; the risk averages over samples only (PyTorch's MSELoss also
divides by d_out). Sample weights w >= 0 are scaled to have mean 1, so that a batch drawn uniformly still estimates F
without bias. A batch B has the gradient (1/|B|) sum_{b in B} w_b grad P(y_b, m_theta(x_b)) + grad Omega(theta): Omega
whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from uat._checks import InputError, samples, show, vector
from uat.learn.backprop import Tape, as_network, joined_order, with_ones
from uat.learn.losses import SOFTMAX_CROSS_ENTROPY, Loss, resolve
from uat.learn.regularizers import Regularizer, as_regularizer
from uat.mlp import MLP, Array

TAPES = 8  # more sizes than one run needs that does not change its batch size
_FELT = 0.01  # of the range of the samples: so much may rounding them to the network's type move one
CHUNK = 2048  # samples at a time when the whole objective is asked for: a few MB of buffers at width 256


@dataclass(frozen=True, eq=False, slots=True)
class Samples:
    """Checked samples as columns: X (d_in, n) over a row of ones, Y and weights (of mean 1, or None) (d_out, n)."""

    X: Array
    Y: Array
    weights: Array | None

    @property
    def count(self) -> int:
        return int(self.X.shape[-1])


def prepare(network: MLP, x: ArrayLike, y: ArrayLike, loss: Loss, weights: ArrayLike | None = None) -> Samples:
    """Check x, y and the sample weights against the network and the loss."""
    as_network(network)
    if loss.kind == "classes" and network.activations[-1] != "softmax":
        raise InputError(
            f"`loss` {loss.name!r} must be given a network with a softmax output (output='softmax'), "
            f"but the output activation is {show(network.activations[-1])}."
        )
    dtype, d_in, d_out = network.theta.dtype, network.sizes[0], network.sizes[-1]
    rows = _resolved(samples(x, "x", d_in), "x", dtype)
    n = len(rows)
    if n == 0:
        raise InputError(f"`x` must have at least one sample, but has shape {np.shape(x)}.")
    if loss.kind == "classes" and (np.ndim(y) == 1 or np.shape(y) == (n, 1)) and d_out > 1:
        targets = _one_hot(y, d_out).astype(dtype)
    else:
        targets = _resolved(samples(y, "y", d_out), "y", dtype)
    if len(targets) != n:
        raise InputError(
            f"`x` and `y` must have as many rows, but x has shape {np.shape(x)}, y has shape {np.shape(y)} "
            f"and the network has sizes {network.sizes}."
        )
    if loss.kind == "margin" and not np.isin(targets, (-1, 1)).all():
        k = int(np.argmin(np.isin(targets, (-1, 1)).all(axis=1)))
        raise InputError(f"`y` must be -1 or 1 for the loss {loss.name!r}, but y[{k}] = {show(np.asarray(y)[k])}.")
    if loss.kind == "classes":
        bad = (targets < 0).any(axis=1) | (np.abs(targets.sum(axis=1) - 1) > 1e-6)  # 1e-6: float32 probabilities pass
        if bad.any():
            k = int(np.argmax(bad))
            raise InputError(f"`y` must be class numbers or probabilities, but y[{k}] = {show(targets[k].tolist())}.")
    scale = None
    if weights is not None:
        w = vector(weights, "weights", length=n)
        if (w < 0).any() or not w.any():
            k = int(np.argmin(w))
            raise InputError(f"`weights` must be >= 0 and not all 0, but weights[{k}] = {show(w[k])}.")
        w = w / w.max()  # neither 1e308 nor 1e-322 is lost
        scale = np.tile((w * (n / w.sum())).astype(dtype), (d_out, 1))  # a row a component: nothing to broadcast
    return Samples(with_ones(rows), np.ascontiguousarray(targets.T), scale)


def _resolved(values: Array, name: str, dtype: Any) -> Array:
    """The samples in the network's type; refused where its roundings are no longer small against their differences."""
    if dtype == np.float64 or not len(values):
        return values
    rounded = samples(values if values.shape[1] > 1 else values[:, 0], name, values.shape[1], dtype)
    moved, spread = np.abs(rounded - values).max(axis=0), np.ptp(values, axis=0)
    bad = (moved > _FELT * spread) & (spread > 0)
    if bad.any():
        k = int(np.argmax(bad))
        raise InputError(
            f"`{name}` must be told apart by {np.dtype(dtype)}, the network's type, but that moves them by up to "
            f"{moved[k]:.3g}, and all {len(values)} lie in {spread[k]:.3g}; subtract an offset, or train in float64."
        )
    return rounded


def _one_hot(labels: Any, classes: int) -> Array:
    if np.ndim(labels) != 1 or np.asarray(labels).dtype.kind == "b":
        raise InputError(
            f"`y` must hold class numbers 0 to {classes - 1} in shape (n,), or probabilities (n, {classes}), but has "
            f"shape {np.shape(labels)} and dtype {np.asarray(labels).dtype}."
        )
    numbers = vector(labels, "y")
    good = (numbers == np.floor(numbers)) & (numbers >= 0) & (numbers < classes)
    if not good.all():
        k = int(np.argmin(good))
        raise InputError(f"`y` must hold class numbers 0 to {classes - 1}, but y[{k}] = {show(numbers[k])}.")
    rows: Array = np.eye(classes)[numbers.astype(int)]
    return rows


class Risk:
    """F and its gradient on joined parameters ``theta`` (..., P), written into ``gradient`` (..., P).

    ``network`` gives the architecture. A softmax output under the cross entropy is taken together with it.
    """

    def __init__(self, network: MLP, loss: Loss, regularizer: Regularizer | None, theta: Array) -> None:
        self.sizes, self.activations, self.loss = network.sizes, network.activations, loss
        if loss.kind == "classes" and loss.name == "cross_entropy":
            self.loss = SOFTMAX_CROSS_ENTROPY
            self.activations = (*network.activations[:-1], "identity")
        self.theta, self.gradient = theta, np.empty_like(theta)
        self._work = np.empty_like(theta)
        order = joined_order(network.sizes)
        terms = regularizer or Regularizer(())
        powers = {term.power for term in terms.terms}
        self._l1 = terms.strengths(network, 1)[order] if 1 in powers else None
        self._l2 = terms.strengths(network, 2)[order] if 2 in powers else None
        self._twice_l2 = None if self._l2 is None else 2 * self._l2
        self._tapes: dict[int, Tape] = {}

    def tape(self, count: int) -> Tape:
        """The buffers for batches of this size, made when first asked for; the oldest sizes are let go."""
        if count not in self._tapes:
            while len(self._tapes) >= TAPES:
                del self._tapes[next(iter(self._tapes))]
            self._tapes[count] = Tape(self.sizes, self.activations, self.theta, self.gradient, count)
        return self._tapes[count]

    def batch_gradient(self, X: Array, Y: Array, weights: Array | None) -> None:
        """The gradient of a batch given as columns, Omega included: into ``gradient``. Allocates nothing."""
        count = X.shape[-1]
        self._sweep(self.tape(count), X, Y, weights, self.loss.factor / count)
        self._add_omega()

    def _sweep(self, tape: Tape, X: Array, Y: Array, weights: Array | None, scale: float) -> Array:
        output, slope = tape.forward(X), tape.slope
        self.loss.slope(Y, output, slope)
        np.multiply(slope, scale, out=slope)
        if weights is not None:
            np.multiply(slope, weights, out=slope)
        tape.backward()
        return output

    def _add_omega(self) -> None:
        gradient, work = self.gradient, self._work
        if self._twice_l2 is not None:
            np.multiply(self._twice_l2, self.theta, out=work)
            np.add(gradient, work, out=gradient)
        if self._l1 is not None:
            np.sign(self.theta, out=work)
            np.multiply(work, self._l1, out=work)
            np.add(gradient, work, out=gradient)

    def omega(self) -> Array:
        """Omega of each network of the stack, shape (...)."""
        value = np.zeros(self.theta.shape[:-1])
        if self._l2 is not None:
            value = value + np.square(self.theta) @ self._l2
        if self._l1 is not None:
            value = value + np.abs(self.theta) @ self._l1
        return value

    def evaluate(self, data: Samples, gradient: bool = True, omega: bool = True) -> Array:
        """F of each network of the stack, shape (...), without Omega if ``omega`` is False.

        With ``gradient``, that of F is left in the attribute ``gradient``.
        Chunk by chunk, so that the memory does not grow with the number of samples. The sums are in float64.
        """
        n, total = data.count, np.zeros(self.theta.shape[:-1])
        grown = np.zeros(self.theta.shape)
        for start in range(0, n, CHUNK):
            part = slice(start, min(start + CHUNK, n))
            X, Y = data.X[..., part], data.Y[..., part]
            w = None if data.weights is None else data.weights[..., part]
            tape = self.tape(X.shape[-1])
            if gradient:
                output = self._sweep(tape, X, Y, w, self.loss.factor / n)
                grown += self.gradient
            else:
                output = tape.forward(X)
            value = self.loss.value(Y, output)
            total = total + (value if w is None else value * w[: value.shape[-2]]).sum(axis=(-1, -2), dtype=np.float64)
        if gradient:
            self.gradient[...] = grown
            self._add_omega()
        return np.asarray(total / n + self.omega() if omega else total / n)


def bind(network: MLP, loss: Any, regularizer: Regularizer | None) -> Risk:
    """The objective of one network, on a joined copy of its parameters."""
    return Risk(network, resolve(loss), as_regularizer(regularizer), network.theta[joined_order(network.sizes)])


def value_and_gradient(
    network: MLP,
    x: ArrayLike,
    y: ArrayLike,
    loss: Any = "squared",
    regularizer: Regularizer | None = None,
    weights: ArrayLike | None = None,
) -> tuple[float, Array]:
    """F(theta) = (1/n) sum_i w_i P(y_i, m(x_i)) + Omega(theta) and its gradient, by one forward and one backward sweep.

    Parameters
    ----------
    x : (n, d_in), or (n,) when d_in = 1;  y : (n, d_out), or (n,) when d_out = 1
        For the margin losses y is -1 or 1; for "cross_entropy" y holds class numbers (n,) or probabilities (n, d_out).
    loss : str, Loss, or pair (value, derivative) of elementwise functions of (y, s), which come as (d_out, n)
        "absolute", "squared", "logistic", "exponential", "hinge", "squared_margin", "cross_entropy".
    regularizer : from `L1`, `L2` and their sums, or None
    weights : (n,), >= 0, or None; scaled to mean 1

    Returns the float F(theta) and the gradient (P,), in the order and dtype of ``network.theta``. Exact up to rounding
    where F is differentiable, a sub-gradient choice elsewhere (ReLU at 0, absolute, hinge and L1 at their kinks: 0).

    Raises InputError when shapes do not fit the network, a number is not finite, a label is none of the loss's, or the
    loss or regulariser is unknown; argument and first offender are named. (Rumelhart, Hinton & Williams 1986.)
    """
    resolved = resolve(loss)
    data = prepare(network, x, y, resolved, weights)
    risk = bind(network, resolved, regularizer)
    value = risk.evaluate(data)
    gradient = np.empty_like(network.theta)
    gradient[joined_order(network.sizes)] = risk.gradient
    return float(value), gradient
