"""Variable projection for one input: the values at the knots are solved for, only the knots are searched.

A ReLU network with one input, M hidden neurons and an output bias can be any broken line with M pieces on [a, b].
With knots t_0 = a < ... < t_M = b and hats phi_k the best values c solve a linear least-squares problem, so that

    F(t) = min_c (1/n) |y - H(t) c|^2,   H_ik = phi_k(x_i),

depends on the knots alone (Golub & Pereyra 1973). The hats' Gram matrix has condition number about 4, that of the
hinges about 4 M^4 (Theory E1): that is why the line is written in hats while it is searched and in hinges only at the
end. Since d phi_k-combination / d t_k = -S(x) phi_k(x), S the slope beside x, the residual r = y - H c has

    dr/dt_k = P (S phi_k),   P = 1 - projection on the range of H    (Kaufman 1975: exact gradient,
                                                                     approximate Hessian),

except where a knot meets a sample: there dF/dt_k jumps by (2/n) r |slope jump|, and the search may come to rest.

The knots are kept in order by searching log h_k, the logarithms of the spacings (up to a common factor), with SciPy's
Levenberg-Marquardt.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from uat._checks import InputError
from uat.learn.backprop import joined_order
from uat.learn.journal import Journal
from uat.learn.risk import Samples
from uat.mlp import Array

GRADING = 0.4  # the best L2 knot density of a broken line is |f''|^(2/5) (de Boor 1973)
LEAST = 1e-6  # no cell is shorter than this share of [a, b]: the hats stay numbers wherever a step may lead


def place(p: Array, a: float, b: float) -> Array:
    """Knots t_k = a + (b - a) (k LEAST + (1 - M LEAST) sum_{i<k} e^{p_i} / sum_i e^{p_i}), increasing for every p."""
    share = np.exp(p - p.max())
    share *= (1 - p.size * LEAST) / share.sum()
    knots = a + (b - a) * np.concatenate([[0.0], np.cumsum(LEAST + share)])
    knots[-1] = b
    return knots


def hats(x: Array, knots: Array) -> Array:
    """phi_k(x_i), shape (n, knots): piecewise affine, 1 at its own knot and 0 at the others. x inside the knots."""
    cell = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, knots.size - 2)
    right = (x - knots[cell]) / (knots[cell + 1] - knots[cell])
    matrix, rows = np.zeros((x.size, knots.size)), np.arange(x.size)
    matrix[rows, cell] = 1 - right
    matrix[rows, cell + 1] = right
    return matrix


def as_hinges(knots: Array, values: Array) -> Array:
    """theta of the network sum_k (S_k - S_{k-1}) (x - t_k)_+ + values_0, k = 0..M-1: the broken line on [t_0, t_M]."""
    slopes = np.diff(values) / np.diff(knots)
    return np.concatenate([np.ones(slopes.size), -knots[:-1], np.diff(slopes, prepend=0.0), values[:1]])


def graded(x: Array, y: Array, pieces: int) -> Array:
    """Knots whose density follows |f''|^(2/5), f'' read off a broken line with 4 cells a piece (or n/3 in all)."""
    a, b = x.min(), x.max()
    grid = np.linspace(a, b, int(np.clip(4 * pieces, 2, max(2, x.size // 3))) + 1)
    values = np.linalg.lstsq(hats(x, grid), y, rcond=None)[0]
    bends = np.abs(np.diff(values, 2)) ** GRADING
    density = np.interp((grid[1:] + grid[:-1]) / 2, grid[1:-1], bends)
    density += 0.05 * density.mean() + np.finfo(float).tiny  # no cell longer than about 20 mean cells
    mass = np.concatenate([[0.0], np.cumsum(density)])
    return np.interp(np.linspace(0, mass[-1], pieces + 1), mass, grid)


def _network_knots(theta: Array, pieces: int, a: float, b: float) -> Array:
    """The kinks of a network (theta in its own order) inside (a, b), the gaps halved until there are enough pieces."""
    w, bias = theta[:pieces], theta[pieces : 2 * pieces]
    kinks = -bias[w != 0] / w[w != 0]
    knots = np.unique(np.concatenate([[a, b], kinks[(kinks > a) & (kinks < b)]]))
    if knots.size > pieces + 1:  # M kinks inside make M + 1 pieces: the line has no room for the one nearest to a
        knots = np.delete(knots, 1)
    while knots.size < pieces + 1:
        k = int(np.argmax(np.diff(knots)))
        knots = np.insert(knots, k + 1, (knots[k] + knots[k + 1]) / 2)
    return knots


def run(data: Samples, journal: Journal, method: Any, restarted: bool, record: Callable[[Array], None]) -> str:
    """Search the knots; every accepted step is recorded (as joined parameters). Returns why it ended."""
    x, y = data.X[0].astype(float), data.Y[0].astype(float)
    pieces, order = journal.network.sizes[1], joined_order(journal.network.sizes)
    a, b, n = float(x.min()), float(x.max()), x.size
    if not a < b or n < pieces:
        raise InputError(f"`x` must have at least {pieces} samples, not all equal, but has {n} in [{a:g}, {b:g}].")
    if restarted or method.start == "network":
        theta = journal.as_network(journal.last).theta.astype(float)
        start = _network_knots(theta, pieces, a, b)
    else:
        start = graded(x, y, pieces) if method.start == "graded" else np.linspace(a, b, pieces + 1)

    def solve(p: Array) -> tuple[Array, Array, Array, Array]:
        knots = place(p, a, b)
        matrix = hats(x, knots)
        U, s, V = np.linalg.svd(matrix, full_matrices=False)
        kept = s > 1e-12 * s[0]  # hats that no sample sees
        values = (V[kept].T / s[kept]) @ (U[:, kept].T @ y)
        return knots, values, matrix, U[:, kept]

    def residual(p: Array) -> Array:
        _, values, matrix, _ = solve(p)
        return np.asarray(y - matrix @ values)

    def jacobian(p: Array) -> Array:
        knots, values, matrix, U = solve(p)
        record(as_hinges(knots, values)[order])
        slopes = np.diff(values) / np.diff(knots)
        cell = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, pieces - 1)
        in_knots = slopes[cell, None] * matrix[:, 1:-1]  # t_0 = a and t_M = b do not move
        in_knots -= U @ (U.T @ in_knots)
        share = np.exp(p - p.max()) / np.exp(p - p.max()).sum()
        before = np.arange(pieces)[None, :] < np.arange(1, pieces)[:, None]  # 1{i < k}
        shift = (b - a) * (1 - pieces * LEAST) * share * (before - np.cumsum(share)[:-1, None])  # dt_k/dp_i
        return np.asarray(in_knots @ shift)

    # The common factor of the spacings moves nothing, so the Jacobian is singular along (1, ..., 1), and rounding alone
    # would decide what a search makes of that. One more residual, w (mean p - mean p_0), asks the factor to stay: full
    # rank, the same steps otherwise, and the same ones on every run.
    first = np.log(np.diff(start))
    weight = 1e-2 * float(np.linalg.norm(y)) or 1.0  # small: the scaling of the search is left to the data
    found = least_squares(
        lambda p: np.append(residual(p), weight * (p.mean() - first.mean())),
        first,
        lambda p: np.vstack([jacobian(p), np.full(pieces, weight / pieces)]),
        method="lm", ftol=method.tol, xtol=method.tol, gtol=method.tol, max_nfev=10**6,
    )  # fmt: skip
    best, message = solve(found.x), str(found.message)
    _, values, _, _ = best
    record(as_hinges(best[0], values)[order])
    return message.strip().rstrip(".").lower().replace("`", "")
