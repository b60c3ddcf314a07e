"""The samples joined by straight lines: a smooth stand-in for the mean square over samples.

Over samples the gradient in the knots jumps wherever a knot meets one, by (2/n) r |slope jump|, and a search comes to
rest in the first such wedge: with 16 samples a piece it catches all that is within a third of a piece. So the knots are
first searched for samples that are joined: between neighbours the data run straight and the weight is spread evenly,

    F(t) = min_c int (y(x) - sum_k c_k phi_k(x))^2 rho(x) dx,

which has a continuous gradient and, with r = y - sum c phi at the best c,

    d2F/dt_k dt_l = T - X^T (2G)^-1 X,     T, X the second derivatives in (t, t) and (c, t) at fixed c, both banded.

Two Gauss points between neighbours in samples and knots integrate all of it exactly. The true sum of the samples
differs by what the data bend between neighbours; the search ends on it (`uat.learn.projection`).

Why exact second derivatives: moving many knots together changes F much less than moving one, about M^2 times, and
Gauss-Newton, blind to that, takes about M^2 steps where Newton takes ten.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from uat.learn.hats import Line, best_line, tridiagonal
from uat.mlp import Array

_NEAR = 0.5 - 0.5 / np.sqrt(3)  # Gauss's two points on [0, 1] are this and 1 minus this


@dataclass(frozen=True, eq=False, slots=True)
class Joined:
    """Samples at increasing abscissae (m,), and the density of the weight between them (m - 1,), of integral 1."""

    x: Array
    y: Array
    density: Array

    @classmethod
    def of(cls, x: Array, y: Array) -> Joined:
        """Joins samples in any order; those at one place count as their mean. At least two places."""
        places, which, count = np.unique(x, return_inverse=True, return_counts=True)
        mass = count[1:] + count[:-1]
        return cls(places, np.bincount(which, y) / count, mass / mass.sum() / np.diff(places))

    def gap(self, x: Array) -> Array:
        """Between which neighbours each x lies."""
        return np.clip(np.searchsorted(self.x, x, side="right") - 1, 0, self.x.size - 2)

    def line(self, knots: Array) -> Line:
        """The best broken line on knots whose first and last are the first and the last sample."""
        at = np.searchsorted(self.x, knots[1:-1])
        ends, values = np.insert(self.x, at, knots[1:-1]), np.insert(self.y, at, np.interp(knots[1:-1], self.x, self.y))
        length, rise = np.diff(ends), np.diff(values)
        half = self.density[self.gap((ends[1:] + ends[:-1]) / 2)] * length / 2
        near, far = _NEAR, 1 - _NEAR
        return best_line(
            knots,
            np.concatenate([ends[:-1] + near * length, ends[:-1] + far * length]),
            np.concatenate([values[:-1] + near * rise, values[:-1] + far * rise]),
            np.concatenate([half, half]),
        )

    def hessian(self, line: Line) -> Array:
        """d2F/dt_k dt_l at the inner knots of a line that `line` gave, (M - 1, M - 1)."""
        (vv, uv, uu), S, h = line.squares, line.slopes, np.diff(line.knots)
        before, after = line.pulls()  # of a cell: sum w r phi at its left knot, at its right knot
        lift, sink = before / h, after / h
        t, k = line.knots[1:-1], np.arange(line.knots.size - 2)
        # where the slope jumps, at t_k, the integral has a moving limit
        limit = self.density[self.gap(t)] * (np.interp(t, self.x, self.y) - line.values[1:-1]) * np.diff(S)
        own = S[1:] ** 2 * vv[1:] + S[:-1] ** 2 * uu[:-1] + 2 * (S[1:] * lift[1:] - S[:-1] * sink[:-1]) - limit
        beside = S[1:-1] ** 2 * uv[1:-1] + S[1:-1] * (sink[1:-1] - lift[1:-1])
        mixed = np.zeros((line.knots.size, k.size))
        mixed[k, k] = -S[:-1] * uv[:-1] - sink[:-1]
        mixed[k + 1, k] = -S[1:] * vv[1:] - S[:-1] * uu[:-1] - lift[1:] + sink[:-1]
        mixed[k + 2, k] = -S[1:] * uv[1:] + lift[1:]
        return np.asarray(2 * (tridiagonal(own, beside) - mixed.T @ line.solve(mixed)))
