"""Bias and variance of batch gradients against |B|, exactly, from the gradients g_i of the single samples.

With g the mean of the g_i and sigma^2 = (1/n) sum_i |g_i - g|^2, a batch gradient G has

    with replacement     E G = g,  E|G - g|^2 = sigma^2 / |B|
    shuffled             E G = g,  E|G - g|^2 = sigma^2 / |B| (n - |B|)/(n - 1)     (sampling without replacement)
    cyclic               no chance, hence no variance; at step t the bias is G_t - g

so that only the uniformly drawn ones estimate the full gradient without bias. Omega enters all of them alike and
drops out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from uat._checks import InputError, integer, listed, memory
from uat.learn.losses import resolve
from uat.learn.risk import bind, prepare
from uat.mlp import MLP

_MOST_SIZE = 2**53  # what is larger than the number of samples is refused by that number


@dataclass(frozen=True, eq=False, slots=True)
class GradientNoise:
    """For each batch size (k,): the two variances, the root mean square bias of a cycle; and |g|."""

    sizes: NDArray[np.int64]
    with_replacement: NDArray[np.float64]
    shuffled: NDArray[np.float64]
    cyclic_bias: NDArray[np.float64]
    gradient_norm: float


def gradient_noise(
    network: MLP,
    x: ArrayLike,
    y: ArrayLike,
    sizes: Sequence[int],
    loss: Any = "squared",
    weights: ArrayLike | None = None,
) -> GradientNoise:
    """Variance E|G - g|^2 and bias |E G - g| of batch gradients for batch sizes 1 <= |B| <= n, at this theta.

    One backward sweep a sample, (n, P) numbers. The cyclic rule's bias is the root mean square over one full cycle of
    batches (n of them when |B| does not divide n).
    """
    resolved = resolve(loss)
    data = prepare(network, x, y, resolved, weights)
    risk, n = bind(network, resolved, None), data.count
    each = enumerate(listed(sizes, "sizes", "a sequence of batch sizes"))
    chosen = np.array([integer(size, f"sizes[{k}]", most=_MOST_SIZE) for k, size in each], dtype=np.int64)
    if chosen.size and chosen.max() > n:
        raise InputError(f"`sizes` must be <= n = {n}, but holds {chosen.max()}.")
    memory(2.0 * n * network.theta.size, "the gradients of the single samples")
    single = np.empty((n, network.theta.size))
    for i in range(n):
        part = slice(i, i + 1)
        risk.batch_gradient(data.X[:, part], data.Y[:, part], None if data.weights is None else data.weights[:, part])
        single[i] = risk.gradient
    g = single.mean(axis=0)
    spread = float(np.square(single - g).sum(axis=1).mean())
    shrink = (n - chosen) / max(n - 1, 1)
    biases = []
    for size in chosen:
        starts = np.arange(n // np.gcd(n, size)) * size  # the cycle closes after lcm(n, size) samples
        batches = [single[(start + np.arange(size)) % n].mean(axis=0) - g for start in starts]
        biases.append(np.sqrt(np.mean([np.square(bias).sum() for bias in batches])))
    return GradientNoise(
        chosen, spread / chosen, spread / chosen * shrink, np.array(biases, dtype=float), float(np.linalg.norm(g))
    )
