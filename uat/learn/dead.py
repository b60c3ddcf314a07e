"""Has training ended in a constant? The losses alone do not show it: a dead network's even fall a little.

A ReLU layer none of whose neurons is active at any sample passes nothing on: the network is one constant on the
samples, and the loss has no gradient in that layer and those before it. A step that was too long brings it about, and
no further step mends it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from uat._activations import apply
from uat.learn.history import Fit
from uat.learn.risk import CHUNK, Samples
from uat.mlp import MLP


def remarked(fit: Fit, data: Samples) -> Fit:
    """The fit; its outcome says so where a layer of its networks is dead, or they are constant on samples that vary."""
    inputs, targets = _varies(data.X), _varies(data.Y)
    vary = inputs and targets  # else a constant may be right, and no rate helps
    best, last = why_constant(fit.network, data, vary), why_constant(fit.last, data, vary)
    if best:
        remark = f"The network is constant on the samples{best}."
    elif last:
        remark = (
            f"Where the run stopped the network is constant on the samples{last}; `network`, of step "
            f"{fit.best_step}, is not."
        )
    elif targets and not inputs:  # clocks that float32 brought together before they came here, for one
        remark = f"All {data.count} samples have the same x, so that one output is learned for all their targets."
    else:
        return fit
    if vary and "ReLU" in best + last:
        remark += " A smaller rate may help, or a start with its kinks among the samples (`learn.uniform_kinks`)."
    return replace(fit, outcome=f"{fit.outcome} {remark}")


def why_constant(network: MLP, data: Samples, vary: bool) -> str:
    """Empty where no layer is dead and the network not constant on samples that vary; else the end of the sentence."""
    alive, first = [layer.activation != "relu" for layer in network.layers], None
    equal = True
    for start in range(0, data.count, CHUNK):
        u = data.X[:-1, start : start + CHUNK].T
        with np.errstate(over="ignore", invalid="ignore"):
            for k, layer in enumerate(network.layers):
                z = u @ layer.weights.T + layer.biases
                alive[k] = alive[k] or bool((z > 0).any())
                u = apply(layer.activation, z)
        if not np.isfinite(u).all():  # an overflow, which the outcome calls a divergence
            return ""
        first = u[0] if first is None else first
        equal = equal and bool((u == first).all())
        if not equal and all(alive):
            return ""
    if not all(alive):
        k = alive.index(False)
        return (
            f": none of the {network.sizes[k + 1]} ReLU neurons of layer {k + 1} is active at any of them, so that the "
            "loss has no gradient there"
        )
    return " (it has one value at all of them)" if equal and vary else ""


def _varies(columns: np.ndarray) -> bool:
    return bool((columns != columns[:, :1]).any())
