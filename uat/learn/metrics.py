"""Metrics: functions of a network, recorded beside the losses by ``fit(..., metrics={"accuracy": accuracy(x, y)})``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from uat._checks import InputError, numbers, samples, show, vector
from uat.mlp import MLP, Array


@dataclass(frozen=True, eq=False, slots=True)
class Accuracy:
    """The share of samples that a network classifies rightly; made by `accuracy`, called with a network."""

    x: Array
    y: Array

    def __call__(self, network: MLP) -> float:
        outputs = network(self.x).reshape(len(self.y), -1)
        if outputs.shape[1] > 1:
            return float((outputs.argmax(axis=1) == self.y).mean())
        if not np.isin(self.y, (-1, 1)).all():
            raise InputError("`y` must be -1 or 1 for the accuracy of a network with one output.")
        return float((np.sign(outputs[:, 0]) == self.y).mean())


def accuracy(x: ArrayLike, y: ArrayLike) -> Accuracy:
    """The share of the samples x (n, d_in), or (n,), that a network puts into the right class y (n,).

    With several outputs the class is the number of the largest one, and y holds class numbers; with one output it is
    the sign of it, and y holds -1 and 1 (an output of exactly 0 is wrong). Exact.
    """
    rows = numbers(x, "x", kinds="biufO")
    inputs = samples(rows, "x", rows.shape[1] if rows.ndim == 2 else 1)
    labels = vector(y, "y")
    if len(labels) != len(inputs) or not labels.size:
        raise InputError(f"`y` must have one label a sample, {len(inputs)} of them, but is {show(y)}.")
    return Accuracy(inputs, labels)
