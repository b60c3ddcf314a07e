"""A multilayer perceptron as a NumPy archive: sizes, activations and theta, without pickles; theta bit for bit.

Any program that reads .npz can read the weights: ``theta`` holds A_1 row by row, b_1, A_2, ... as in `MLP`.
"""

from __future__ import annotations

import os

import numpy as np

from uat._checks import InputError, instance, show
from uat._files import arrays_of, may_replace, ordinary, written_whole
from uat.mlp import MLP


def save_mlp(network: MLP, path: str | os.PathLike[str]) -> None:
    """Write a network; the file appears whole or not at all.

    Raises `InputError` for activations of one's own, which are code and not data, and for paths that cannot be written.
    """
    instance(network, "network", MLP)
    own = [act for act in network.activations if not isinstance(act, str)]
    if own:
        raise InputError(
            f"`network` must have named activations to be saved, but has the functions {show(own[0])}: keep "
            "`network.theta` instead."
        )
    may_replace(path, "", b"sizes.npy", "a saved network")
    with written_whole(path) as temporary, temporary.open("wb") as file:
        np.savez(file, sizes=network.sizes, activations=np.array(network.activations, dtype=str), theta=network.theta)


def load_mlp(path: str | os.PathLike[str]) -> MLP:
    """The network of a file that `save_mlp` wrote: the same sizes, activations, dtype and theta, bit for bit."""
    source = ordinary(path, what="file of a network")
    try:
        found = arrays_of(source)
        sizes, activations, theta = (found[name] for name in ("sizes", "activations", "theta"))
        return MLP(tuple(sizes.tolist()), theta, tuple(activations.tolist()))
    except Exception as error:  # noqa: BLE001 - a damaged file can raise anything
        raise InputError(
            f"`path` must be the file of a network, but {str(path)!r} is none, or damaged: {type(error).__name__}: "
            f"{error}"
        ) from None
