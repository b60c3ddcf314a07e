"""Kinks that move together: each piece of a trained broken line is to hold the same share of what is left.

Descent moves a kink a little at a time, and kinks that began too close to one another never part: from kinks at random
places it ends in a local minimum. But the residual tells where pieces are missing. In the best broken line of a smooth
function the sums of squares of all pieces are equal, and that of a piece of length h goes like h^5. So a piece with
the sum s_k wants to be divided in proportion to s_k^(1/5): new knots cut the mass of the density s_k^(1/5)/h_k into
equal parts. Nothing but the samples and the network's own residual is used.

Source: C. de Boor, "Good approximation by splines with variable knots" (1973), NEWNOT.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from uat._checks import InputError, nonnegative, samples, show
from uat.learn.projection import as_hinges
from uat.mlp import MLP

_EVEN = 0.1  # a tenth of the mass is spread evenly, so that no piece grows without bound where the fit is perfect


def relocated(
    network: MLP, x: ArrayLike, y: ArrayLike, *, shake: float = 0.0, rng: int | np.random.Generator | None = 0
) -> MLP:
    """The network with its kinks moved so that the pieces share the residual evenly, and values read off itself.

    Parameters
    ----------
    network : MLP of one input, one hidden ReLU layer, one affine output
    x, y : (n,) arrays
        The samples on which its residual is measured.
    shake : float in [0, 1)
        Each inner knot then moves at random by up to this share of half its distance to a neighbour.
    rng : seed or Generator

    Returns
    -------
    MLP
        A start for `VariableProjection(start="network")`; not yet a fit. The same sizes.

    Accuracy: a placement, not a bound. Source: de Boor (1973).
    """
    if network.sizes[0] != 1 or network.sizes[2:] != (1,) or network.activations != ("relu", "identity"):
        raise InputError(
            "`network` must have one input, one hidden ReLU layer and one affine output, "
            f"but has sizes {network.sizes} and activations {show(network.activations)}."
        )
    if not 0 <= nonnegative(shake, "shake") < 1:
        raise InputError(f"`shake` must be in [0, 1), but is {show(shake)}.")
    points, values = samples(x, "x", 1)[:, 0], samples(y, "y", 1)[:, 0]
    a, b, width = float(points.min()), float(points.max()), network.sizes[1]
    hidden = network.layers[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        kinks = -hidden.biases / hidden.weights[:, 0]
    knots = np.unique(np.concatenate([[a, b], kinks[(kinks > a) & (kinks < b)]]))
    residual = values - network(points[:, None])[:, 0]
    piece = np.clip(np.searchsorted(knots, points, side="right") - 1, 0, knots.size - 2)
    share = np.bincount(piece, residual**2, minlength=knots.size - 1) ** (1 / 5)
    total = float(share.sum())
    even = np.diff(knots) / (b - a)
    mass = np.concatenate([[0.0], np.cumsum(share + _EVEN * total * even if total > 0 else even)])
    fresh = np.interp(np.linspace(0, mass[-1], width + 1), mass, knots)
    fresh[0], fresh[-1] = a, b
    if shake and width > 1:
        gaps = np.diff(fresh) / 2
        draw = np.random.default_rng(rng).uniform(-shake, shake, width - 1)
        fresh[1:-1] += np.where(draw < 0, gaps[:-1], gaps[1:]) * draw
    return network.with_theta(as_hinges(fresh, network(fresh[:, None])[:, 0]))
