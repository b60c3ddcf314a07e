"""Variable projection for one input: the values at the knots are solved for, only the knots are searched.

A ReLU network with one input, M hidden neurons and an output bias can be any broken line with M pieces on [a, b].
With knots t_0 = a < ... < t_M = b and hats phi_k the best values c solve a linear least-squares problem, so that

    F(t) = min_c (1/n) |y - H(t) c|^2,   H_ik = phi_k(x_i),

depends on the knots alone (Golub & Pereyra 1973). The hats' Gram matrix has condition number about 4, that of the
hinges about 4 M^4 (Theory E1): that is why the line is written in hats while it is searched and in hinges only at the
end. The linear algebra is that of `uat.learn.hats`.

The logarithms of the spacings are searched (`uat.learn.spacings`), twice (`uat.learn.knot_search`):

1. Newton's method in a trust region on log F for the joined samples (`uat.learn.joined`), where F is smooth;
2. from there, or from the start where that is lower, Gauss-Newton in a trust region on the samples themselves, until it
   rests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from uat._checks import InputError
from uat.learn.backprop import joined_order
from uat.learn.hats import Line, best_line
from uat.learn.joined import Joined
from uat.learn.journal import Journal
from uat.learn.knot_search import gauss_newton, newton
from uat.learn.risk import Samples
from uat.learn.spacings import Spacings
from uat.mlp import Array

GRADING = 0.4  # the best L2 knot density of a broken line is |f''|^(2/5) (de Boor 1973)


def as_hinges(knots: Array, values: Array) -> Array:
    """theta of the network sum_k (S_k - S_{k-1}) (x - t_k)_+ + values_0, k = 0..M-1: the broken line on [t_0, t_M]."""
    slopes = np.diff(values) / np.diff(knots)
    return np.concatenate([np.ones(slopes.size), -knots[:-1], np.diff(slopes, prepend=0.0), values[:1]])


def graded(x: Array, y: Array, pieces: int) -> Array:
    """Knots whose density follows |f''|^(2/5), f'' read off a broken line with 4 cells a piece (or n/3 in all)."""
    a, b = x.min(), x.max()
    grid = np.linspace(a, b, int(np.clip(4 * pieces, 2, max(2, x.size // 3))) + 1)
    values = best_line(grid, x, y, np.full(x.size, 1 / x.size)).values
    bends = np.abs(np.diff(values, 2)) ** GRADING
    density = np.interp((grid[1:] + grid[:-1]) / 2, grid[1:-1], bends)
    density += 0.05 * density.mean() + np.finfo(float).tiny  # no cell longer than about 20 mean cells
    mass = np.concatenate([[0.0], np.cumsum(density)])
    return np.interp(np.linspace(0, mass[-1], pieces + 1), mass, grid)


def network_knots(theta: Array, pieces: int, a: float, b: float) -> Array:
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
        start = network_knots(theta, pieces, a, b)
    else:
        start = graded(x, y, pieces) if method.start == "graded" else np.linspace(a, b, pieces + 1)
    share = np.full(n, 1 / n)

    def line_on(knots: Array) -> Line:
        return best_line(knots, x, y, share)

    def keep(knots: Array) -> None:
        record(as_hinges(knots, line_on(knots).values)[order])

    if pieces == 1:
        keep(start)
        return "one piece has no knot to move"
    spacings = Spacings(a, b, pieces)

    def seen(q: Array) -> None:
        keep(spacings.knots(q))

    first = spacings.of(start)
    seen(first)
    far = newton(Joined.of(x, y), spacings, first, method.tol, seen)
    nearest = min(far, first, key=lambda q: line_on(spacings.knots(q)).loss)
    found, message = gauss_newton(line_on, spacings, nearest, method.tol, seen)
    seen(found)
    return message
