"""Losses P(y, s): what a prediction s costs when the truth is y, and the slope dP/ds that backpropagation starts from.

    regression       absolute |y - s|,   squared (y - s)^2 (no 1/2)
    classification   phi(ys), y = -1 or 1: the sign of the margin ys says whether the classification is right
                     logistic log(1 + e^-m),  exponential e^-m,  hinge (1 - m)_+,  squared margin (1 - m)^2
    many classes     cross entropy -sum_c y_c log s_c of probabilities s (the output layer is a softmax)

On vector outputs a loss sums over components. At kinks the sub-gradient is 0: absolute at s = y, hinge at m = 1. A
loss is a pair of elementwise functions of (y, s), here with the constant factor of the derivative kept apart so that
it can be multiplied with 1/|B| in one go.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

import numpy as np
from scipy.special import expit, xlogy

from uat._activations import elementwise
from uat._checks import InputError, numbers, one_of, show
from uat.mlp import Array


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss: ``value(y, s)`` elementwise, and ``slope(y, s, out)`` with dP/ds = factor * slope, written into ``out``.

    ``kind`` is "real", "margin" (y must be -1 or 1) or "classes" (y must be class numbers or probabilities);
    ``kink(y, s)`` changes sign where P is not differentiable (None for a smooth loss).
    """

    name: str
    value: Callable[[Array, Array], Array]
    slope: Callable[[Array, Array, Array], Any]
    factor: float = 1.0
    kind: str = "real"
    kink: Callable[[Array, Array], Array] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        if LOSSES.get(self.name) is self:  # the losses with a name travel by it
            return resolve, (self.name,)
        return Loss, tuple(getattr(self, item.name) for item in fields(self))

    def derivative(self, y: Any, s: Any) -> Array:
        """dP/ds at (y, s), elementwise; infinite where it overflows."""
        y, s = (np.asarray(numbers(value, name), float) for value, name in ((y, "y"), (s, "s")))
        try:
            y, s = np.broadcast_arrays(y, s)
        except ValueError:
            raise InputError(f"`y` and `s` must have shapes that fit, but have {y.shape} and {s.shape}.") from None
        out: Array = np.empty_like(s, subok=False)
        with np.errstate(over="ignore"):
            self.slope(y, s, out)
            return self.factor * out


def margin_loss(
    name: str,
    phi: Callable[[Array], Array],
    slope: Callable[[Array, Array], Any],
    factor: float,
    kink: Callable[[Array, Array], Array] | None = None,
) -> Loss:
    """P(y, s) = phi(ys), whose derivative is dP/ds = y phi'(ys); ``slope(m, out)`` writes phi'(m) / factor."""

    def write(y: Array, s: Array, out: Array) -> None:
        np.multiply(y, s, out=out)
        slope(out, out)
        np.multiply(out, y, out=out)

    return Loss(name, lambda y, s: phi(np.multiply(y, s)), write, factor, "margin", kink)


def _sign(y: Array, s: Array, out: Array) -> None:
    np.subtract(s, y, out=out)
    np.sign(out, out=out)


def _negated_expit(m: Array, out: Array) -> None:
    np.negative(m, out=out)
    expit(out, out=out)


def _steepest(m: Array) -> float:
    """Where e^-m is continued by its tangent, because e^1e4 is not a float: at m = -500 (float32: -60)."""
    return 500.0 if m.dtype == np.float64 else 60.0


def _exponential(m: Array) -> Array:
    cap = _steepest(m)
    below = np.minimum(m + cap, 0)  # how far m lies under -cap
    value: Array = np.exp(-np.maximum(m, -cap)) * (1 - below)
    return value


def _exponential_slope(m: Array, out: Array) -> None:
    np.negative(m, out=out)
    np.minimum(out, _steepest(out), out=out)
    np.exp(out, out=out)


def _below_one(m: Array, out: Array) -> None:
    np.subtract(1.0, m, out=out)  # 1{m < 1} = min(ceil((1 - m)_+), 1), without booleans to be cast
    np.maximum(out, 0.0, out=out)
    np.ceil(out, out=out)
    np.minimum(out, 1.0, out=out)


def _cross_entropy_slope(y: Array, p: Array, out: Array) -> None:
    out.fill(0.0)
    np.divide(y, p, out=out, where=y != 0)


LOSSES: dict[str, Loss] = {
    "absolute": Loss("absolute", lambda y, s: np.abs(s - y), _sign, kink=lambda y, s: s - y),
    "squared": Loss("squared", lambda y, s: np.square(s - y), lambda y, s, out: np.subtract(s, y, out=out), 2.0),
    "logistic": margin_loss("logistic", lambda m: np.logaddexp(0, -m), _negated_expit, -1.0),
    "exponential": margin_loss("exponential", _exponential, _exponential_slope, -1.0),
    "hinge": margin_loss("hinge", lambda m: np.maximum(1 - m, 0), _below_one, -1.0, lambda y, s: 1 - y * s),
    "squared_margin": margin_loss(
        "squared_margin", lambda m: np.square(1 - m), lambda m, out: np.subtract(m, 1.0, out=out), 2.0
    ),
    "cross_entropy": Loss("cross_entropy", lambda y, p: -xlogy(y, p), _cross_entropy_slope, -1.0, "classes"),
}


def _log_sum_exp(y: Array, z: Array) -> Array:
    """sum_c y_c (log sum_j e^{z_j} - z_c) over axis -2: the cross entropy of softmax(z), finite for every z."""
    shifted = z - z.max(axis=-2, keepdims=True)
    total: Array = (y * (np.log(np.exp(shifted).sum(axis=-2, keepdims=True)) - shifted)).sum(axis=-2, keepdims=True)
    return total


def _softmax_minus_y(y: Array, z: Array, out: Array) -> None:
    np.subtract(z, np.maximum.reduce(z, axis=-2, keepdims=True), out=out)
    np.exp(out, out=out)
    out /= np.add.reduce(out, axis=-2, keepdims=True)
    out -= y


# cross entropy and softmax in one: the derivative in z is softmax(z) - y, with no quotient that could overflow
SOFTMAX_CROSS_ENTROPY = Loss("cross_entropy", _log_sum_exp, _softmax_minus_y, 1.0, "classes")


def _own_value(value: Callable[[Array, Array], Any], y: Array, s: Array) -> Array:
    return elementwise(value, s, "loss", y)


def _own_slope(derivative: Callable[[Array, Array], Any], y: Array, s: Array, out: Array) -> None:
    out[...] = elementwise(derivative, s, "loss", y)


def resolve(loss: Any) -> Loss:
    """A loss by its name, a `Loss`, or one's own pair (value, derivative) of functions of (y, s).

    Both are elementwise, on arrays of one shape: in training y and s come as (d_out, n), samples as columns.
    """
    if isinstance(loss, Loss):
        return loss
    if isinstance(loss, (tuple, list)) and len(loss) == 2 and all(map(callable, loss)):
        value, derivative = loss

        return Loss(getattr(value, "__qualname__", "own"), partial(_own_value, value), partial(_own_slope, derivative))
    if isinstance(loss, str):
        return LOSSES[one_of(loss, "loss", LOSSES)]
    raise InputError(f"`loss` must be a name, a Loss or a pair (value, derivative), but is {show(loss)}.")
