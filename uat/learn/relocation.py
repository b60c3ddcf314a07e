"""Kinks that move together, or one that moves far: starts for another search, read off a broken line's own residual.

Descent moves a kink a little at a time, and kinks that began too close to one another never part: from kinks at random
places it ends in a local minimum. But the residual tells where pieces are missing. In the best broken line of a smooth
function the sums of squares of all pieces are equal, and that of a piece of length h goes like h^5. So a piece with
the sum s_k wants to be divided in proportion to s_k^(1/5): new knots cut the mass of the density s_k^(1/5)/h_k into
equal parts (`relocated`; C. de Boor, "Good approximation by splines with variable knots", 1973, NEWNOT).

What is then left to gain is whole: a piece too many on this side of an inflection, one too few on that side. No small
move leads from the one to the other, since a kink has no effect where the function does not bend. So one kink is taken
out and put in elsewhere (`exchanged`). Nothing but the samples and the network's own residual is used in either.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from uat._checks import InputError, generator, nonnegative, samples, show
from uat.learn.backprop import as_network
from uat.learn.hats import best_line
from uat.learn.projection import as_hinges, network_knots
from uat.mlp import MLP, Array

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
    if not 0 <= nonnegative(shake, "shake") < 1:
        raise InputError(f"`shake` must be in [0, 1), but is {show(shake)}.")
    points, values = _checked(network, x, y)
    draw_from = generator(rng)
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
        draw = draw_from.uniform(-shake, shake, width - 1)
        fresh[1:-1] += np.where(draw < 0, gaps[:-1], gaps[1:]) * draw
    return network.with_theta(as_hinges(fresh, network(fresh[:, None])[:, 0]))


def exchanged(network: MLP, x: ArrayLike, y: ArrayLike) -> MLP:
    """The network without the kink that is missed least, and with one more where most is left.

    The kink whose removal raises the least mean square on the knots by least, (d c)^2 / (d G^-1 d^T) in the words of
    `uat.learn.hats`, is taken out; of the pieces that do not touch it the one with the largest sum of squares is
    halved. Values are read off the best line on the old knots.

    Parameters
    ----------
    network : MLP of one input, one hidden ReLU layer, one affine output
    x, y : (n,) arrays
        The samples on which its residual is measured.

    Returns
    -------
    MLP
        A start for `VariableProjection(start="network")`; not yet a fit. The same sizes. A network of fewer than three
        neurons, for which no such piece exists, is returned as it is.

    Accuracy: a placement, not a bound. Source: the knot removal of splines (Lyche & Moerken 1987), with the loss exact.
    """
    points, values = _checked(network, x, y)
    a, b, width = float(points.min()), float(points.max()), network.sizes[1]
    if width < 3:
        return network
    knots = network_knots(network.theta.astype(float), width, a, b)
    line = best_line(knots, points, values, np.full(points.size, 1 / points.size))
    least = int(np.argmin(line.removal())) + 1
    left = line.in_cells(line.residual**2)
    left[least - 1 : least + 1] = -1  # the two pieces that become one
    most = int(np.argmax(left))
    fresh = np.sort(np.append(np.delete(knots, least), (knots[most] + knots[most + 1]) / 2))
    return network.with_theta(as_hinges(fresh, np.interp(fresh, knots, line.values)))


def _checked(network: MLP, x: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    """The samples as float64 vectors, for a network that is a broken line."""
    as_network(network)
    if network.sizes[0] != 1 or network.sizes[2:] != (1,) or network.activations != ("relu", "identity"):
        raise InputError(
            "`network` must have one input, one hidden ReLU layer and one affine output, "
            f"but has sizes {network.sizes} and activations {show(network.activations)}."
        )
    points, values = samples(x, "x", 1)[:, 0], samples(y, "y", 1)[:, 0]
    if points.size != values.size or not np.ptp(points) > 0:
        raise InputError(
            f"`x` and `y` must have as many entries, and x must not be all equal, but x has {points.size} and y "
            f"{values.size} entries."
        )
    return points, values
