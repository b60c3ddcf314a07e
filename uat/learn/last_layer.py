"""The last layer alone: in its features a network is a linear model, so that fitting that layer is convex.

With features Phi = u_{L-1}(x), shape (n, width), the best last layer for the squared loss solves the normal equations
of

    min over A, b of  (1/n) sum_i w_i |A phi_i + b - y_i|^2 + lambda (|A|^2 + |b|^2),

here as one least-squares problem (the shortest solution where there are several). Training the layer by descent with
all others frozen, ``fit(..., frozen=range(L - 1))``, goes to the same minimum, slowly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from uat._checks import InputError, show
from uat.learn.losses import LOSSES
from uat.learn.regularizers import Regularizer
from uat.learn.risk import prepare
from uat.mlp import MLP


def fit_last_layer(
    network: MLP,
    x: ArrayLike,
    y: ArrayLike,
    regularizer: Regularizer | None = None,
    weights: ArrayLike | None = None,
) -> MLP:
    """The same network with the last layer that minimises the squared risk plus Omega (L2 terms only), in closed form.

    x (n, d_in), y (n, d_out), weights (n,) as in `value_and_gradient`. The output activation must be the identity.
    """
    if network.activations[-1] != "identity":
        raise InputError(
            f"`network` must have an affine output, but its activation is {show(network.activations[-1])}."
        )
    data = prepare(network, x, y, LOSSES["squared"], weights)
    terms = regularizer or Regularizer(())
    if any(term.power == 1 for term in terms.terms):
        raise InputError("`regularizer` must have no L1 term: with one there is no closed form.")
    features = network.features(data.X[:-1].T).astype(float)
    extended = np.hstack([features, np.ones((len(features), 1))])
    scale = np.sqrt((np.ones(data.count) if data.weights is None else data.weights[0]) / data.count)[:, None]
    d_out, width = network.sizes[-1], network.sizes[-2]
    last = terms.strengths(network, 2)[-d_out * (width + 1) :].astype(float)
    penalty = np.sqrt(np.append(last[:width], last[-1]))  # one lambda for all weights, one for all biases
    rows, targets = extended * scale, data.Y.T * scale
    if penalty.any():
        rows = np.vstack([rows, np.diag(penalty)])
        targets = np.vstack([targets, np.zeros((width + 1, d_out))])
    solution = np.linalg.lstsq(rows, targets, rcond=None)[0]
    theta = network.theta.copy()
    theta[-d_out * (width + 1) :] = np.concatenate([solution[:-1].T.ravel(), solution[-1]])
    return network.with_theta(theta)
