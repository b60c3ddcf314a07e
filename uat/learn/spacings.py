"""Knots by the logarithms of their spacings: coordinates in which any step keeps them in order.

p in R^M gives the knots t_k = a + (b - a) (k LEAST + (1 - M LEAST) sum_{i<k} s_i) with the shares s = e^p / sum e^p.
A common addition to all p_i moves nothing, so the unknowns of a search are q in R^(M-1), p = B q, where the columns of
B are an orthonormal basis of the vectors of sum 0. With D = (b - a)(1 - M LEAST) and a function F of the inner knots

    dt_k/dp_i = D s_i (1{i < k} - sum_{j<k} s_j),      dF/dp = s * (G - s.G),  G_i = D sum_{k>i} dF/dt_k,
    d2F/dp2 = (dt/dp)^T F'' (dt/dp) + diag(dF/dp) - s (dF/dp)^T - (dF/dp) s^T.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import helmert

from uat.mlp import Array

LEAST = 1e-6  # no cell is shorter than this share of [a, b]: the hats stay numbers wherever a step may lead


class Spacings:
    """The coordinates q (M - 1,) of the knots of M >= 2 pieces on [a, b]."""

    def __init__(self, a: float, b: float, pieces: int) -> None:
        self.a, self.b, self.pieces = a, b, pieces
        self._basis = helmert(pieces).T

    def of(self, knots: Array) -> Array:
        """The coordinates of knots from a to b; a cell shorter than twice LEAST is given that length."""
        share = (np.maximum(np.diff(knots) / (self.b - self.a), 2 * LEAST) - LEAST) / (1 - self.pieces * LEAST)
        return np.asarray(self._basis.T @ np.log(share))

    def knots(self, q: Array) -> Array:
        """The knots t_0 = a < ... < t_M = b, for every q."""
        steps = LEAST + (1 - self.pieces * LEAST) * self._shares(q)
        knots = self.a + (self.b - self.a) * np.concatenate([[0.0], np.cumsum(steps)])
        knots[-1] = self.b
        return np.asarray(knots)

    def shift(self, q: Array) -> Array:
        """dt/dq at the inner knots, (M - 1, M - 1)."""
        s = self._shares(q)
        before = np.arange(self.pieces) < np.arange(1, self.pieces)[:, None]
        return np.asarray(self._scale * s * (before - np.cumsum(s)[:-1, None]) @ self._basis)

    def curved(self, q: Array, gradient: Array, hessian: Array) -> Array:
        """d2F/dq2 from dF/dt (M - 1,) and d2F/dt2 (M - 1, M - 1)."""
        s, shift = self._shares(q), self.shift(q)
        tail = self._scale * np.append(np.cumsum(gradient[::-1])[::-1], 0.0)
        slope = s * (tail - s @ tail)
        own = np.diag(slope) - np.outer(s, slope) - np.outer(slope, s)
        return np.asarray(shift.T @ hessian @ shift + self._basis.T @ own @ self._basis)

    @property
    def _scale(self) -> float:
        return (self.b - self.a) * (1 - self.pieces * LEAST)

    def _shares(self, q: Array) -> Array:
        p = self._basis @ q
        share = np.exp(p - p.max())
        return np.asarray(share / share.sum())
