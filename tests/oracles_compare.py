"""The best free-knot broken line in the mean square, found by other means than the library's: exact Gram matrices of
the hats by Gauss-Legendre quadrature (no samples), quasi-Newton on the knots, many starts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import solveh_banded
from scipy.optimize import minimize

NODES, WEIGHTS = np.polynomial.legendre.leggauss(12)


def best_free_knot_rms(
    f: Callable[[np.ndarray], np.ndarray], domain: tuple[float, float], pieces: int, starts: int = 12, rng: int = 0
) -> float:
    """The least ((1/(b-a)) int (f - p)^2)^(1/2) that was found over continuous p with that many pieces."""
    a, b = domain
    draw = np.random.default_rng(rng)
    grid = np.linspace(a, b, 4001)
    bends = np.abs(np.diff(f(grid), 2)) ** 0.4  # de Boor's density |f''|^(2/5)
    mass = np.concatenate([[0.0], np.cumsum(bends + 1e-3 * bends.mean())])
    even = np.linspace(0, 1, pieces + 1)
    best = np.inf
    for k in range(starts):
        moved = even + (0 if k == 0 else 0.3 / pieces) * np.r_[0, draw.uniform(-1, 1, pieces - 1), 0]
        target = moved if k % 4 == 3 else np.interp(moved * mass[-1], mass, grid[1:])  # a quarter starts uniform
        knots = a + (b - a) * target if k % 4 == 3 else target
        knots[0], knots[-1] = a, b
        spacings = np.log(np.maximum(np.diff(knots), 1e-9 * (b - a)))
        found = minimize(
            mean_square, spacings, (f, a, b), jac=True, method="BFGS", options={"gtol": 1e-14, "maxiter": 600}
        )
        best = min(best, np.exp(found.fun / 2))
    return float(best)


def mean_square(p: np.ndarray, f: Callable, a: float, b: float) -> tuple[float, np.ndarray]:
    """log of the least mean square on the knots with log spacings p (up to a factor), and its gradient."""
    share = np.exp(p - p.max())
    share /= share.sum()
    t = a + (b - a) * np.concatenate([[0.0], np.cumsum(share)])
    h = np.diff(t)
    right = (NODES + 1) / 2
    x = t[:-1, None] + h[:, None] * right
    w = h[:, None] * WEIGHTS / 2
    y = f(x)
    gram, side = np.zeros((2, t.size)), np.zeros(t.size)
    gram[1, :-1] += h / 3
    gram[1, 1:] += h / 3
    gram[0, 1:] = h / 6
    side[:-1] += (w * y * (1 - right)).sum(1)
    side[1:] += (w * y * right).sum(1)
    values = solveh_banded(gram, side)
    slopes = np.diff(values) / h
    e = y - (values[:-1, None] * (1 - right) + values[1:, None] * right)
    risk = (w * e**2).sum()
    # dF/dt_k = 2 int e S phi_k (envelope theorem: the values are optimal), from the cell on either side
    dt = np.zeros(t.size)
    dt[:-1] += 2 * slopes * (w * e * (1 - right)).sum(1)
    dt[1:] += 2 * slopes * (w * e * right).sum(1)
    # t_k = a + (b - a) sum_{i<k} share_i
    tail = np.cumsum(dt[1:][::-1])[::-1] - dt[-1]  # dF/dshare_i / (b - a), t_M fixed
    dp = (b - a) * share * (tail - (share * tail).sum())
    return float(np.log(risk / (b - a))), dp / risk
