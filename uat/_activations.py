"""Activations as one reads them: names and functions. Their derivatives stand in ``uat.learn.activations``.

An activation is a name, or one's own pair (f, f') of callables, both elementwise: during training they are given the
transpose of what they are given in ``m(x)``, so that a function which is not elementwise would not be the same one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from uat._checks import InputError, listed, one_of, show

Array = NDArray[Any]
Pair = tuple[Callable[[Array], Array], Callable[[Array], Array]]
Activation = str | Pair


def softmax(z: Array, axis: int = -1) -> Array:
    """e^{z_i} / sum_j e^{z_j} along an axis, shifted by the maximum: finite for every finite z."""
    e: Array = np.exp(z - z.max(axis=axis, keepdims=True))
    e /= e.sum(axis=axis, keepdims=True)
    return e


VALUES: dict[str, Callable[[Array], Array]] = {
    "relu": lambda z: np.maximum(z, 0),
    "sigmoid": expit,
    "tanh": np.tanh,
    "softmax": softmax,
    "identity": lambda z: z,
}
HOMOGENEOUS = ("relu", "identity")  # act(d z) = d act(z) for every d > 0


def apply(activation: Activation, z: Array) -> Array:
    """act(z) for samples as rows."""
    return VALUES[activation](z) if isinstance(activation, str) else elementwise(activation[0], z, "activation")


def elementwise(function: Callable[..., Any], z: Array, name: str, *before: Array) -> Array:
    """One's own function at z, of the shape of z; another shape is refused."""
    values = np.asarray(function(*before, z))
    if values.shape != z.shape:
        raise InputError(f"`{name}` must be elementwise, but gave shape {values.shape} for shape {z.shape}.")
    return values


def is_sequence(activation: Any) -> bool:
    """Whether this names one activation a layer (a pair of callables is a single activation)."""
    return isinstance(activation, (list, tuple)) and not _is_pair(activation)


def per_layer(activation: Any, layers: int) -> tuple[Activation, ...]:
    """One activation a layer from any accepted form; unknown names and wrong lengths are refused."""
    each = activation if is_sequence(activation) else (activation,) * (layers - 1) + ("identity",)
    chosen = listed(each, "activations")
    if len(chosen) != layers:
        raise InputError(f"`activations` must name one a layer, {layers} of them, but is {show(activation)}.")
    return tuple(_single(act) for act in chosen)


def _single(activation: Any) -> Activation:
    if _is_pair(activation):
        return activation[0], activation[1]
    if not isinstance(activation, str):
        raise InputError(
            f"`activation` must be a name ({', '.join(map(repr, VALUES))}) or a pair (f, f') of functions, "
            f"but is {show(activation)}."
        )
    return one_of(activation, "activation", VALUES)


def _is_pair(activation: Any) -> bool:
    return isinstance(activation, (list, tuple)) and len(activation) == 2 and all(map(callable, activation))
