"""What a training run is given, checked once at the door: each function returns the form that is used afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from numpy.typing import ArrayLike

from uat._checks import InputError, integer, listed, pair, show
from uat.learn.backprop import as_network
from uat.learn.journal import Metrics
from uat.learn.losses import Loss
from uat.learn.risk import Samples, prepare
from uat.mlp import MLP


def as_networks(networks: Any, count: int | None) -> list[MLP]:
    """S networks of one architecture, from a sequence of them, or from one and the number of seeds."""
    if isinstance(networks, MLP):
        return [networks] * (1 if count is None else count)
    nets = listed(networks, "networks", "an MLP or a sequence of them")
    if not nets:
        raise InputError("`networks` must hold at least one network, but is empty.")
    for k, net in enumerate(nets):
        as_network(net, f"networks[{k}]")
        if (net.sizes, net.activations, net.theta.dtype) != (nets[0].sizes, nets[0].activations, nets[0].theta.dtype):
            raise InputError(
                f"`networks` must have one architecture, but networks[0] has sizes {nets[0].sizes}, "
                f"{nets[0].activations}, {nets[0].theta.dtype} and networks[{k}] has sizes {net.sizes}, "
                f"{net.activations}, {net.theta.dtype}."
            )
    return nets


def as_seeds(seeds: Any) -> list[Any]:
    """The seeds of a stack, as a list."""
    return listed(seeds, "seeds", "a sequence of seeds, one a network")


def held_out(network: MLP, validation: Any, loss: Loss) -> Samples | None:
    """The validation samples, under the same requirements as x and y."""
    if validation is None:
        return None
    x, y = pair(validation, "validation", "(x, y)")
    try:
        return prepare(network, x, y, loss)
    except InputError as error:
        raise InputError(f"`validation` must be samples like `x` and `y`, but there {error}") from None


def as_frozen(frozen: Iterable[int] | ArrayLike, layers: int) -> tuple[int, ...]:
    """The numbers of the layers that do not move."""
    given = listed(frozen, "frozen", "a sequence of layer numbers")
    chosen = tuple(integer(layer, f"frozen[{k}]", least=0) for k, layer in enumerate(given))
    if any(k >= layers for k in chosen):
        raise InputError(f"`frozen` must hold layers 0 to {layers - 1}, but is {show(given)}.")
    return chosen


def as_callback(callback: Any) -> Any:
    """A function (row, network), or None."""
    if callback is not None and not callable(callback):
        raise InputError(f"`callback` must be a function (row, network), but is {show(callback)}.")
    return callback


def as_metrics(metrics: Any) -> Metrics:
    """Names and functions of a network."""
    if metrics is None:
        return {}
    if not isinstance(metrics, Mapping):
        raise InputError(f"`metrics` must be a dictionary of functions of a network, but is {show(metrics)}.")
    for name, function in metrics.items():
        if not (isinstance(name, str) and callable(function)):
            raise InputError(
                f"`metrics` must be a dictionary of functions of a network, but metrics[{show(name)}] is "
                f"{show(function)}."
            )
    return dict(metrics)
