"""Least squares on hats: the best broken line on given knots, and what moving a knot changes.

On knots t_0 < ... < t_M a broken line is sum_k c_k phi_k with hats phi_k (1 at t_k, 0 at the other knots). Its best
values c solve

    min_c sum_i w_i r_i^2,  r = y - sum_k c_k phi_k(x):
    G c = e,   G_jk = sum_i w_i phi_j(x_i) phi_k(x_i),   e_k = sum_i w_i y_i phi_k(x_i).

A sample sees two hats, so G is tridiagonal and everything below costs O(n + M). Its condition number is about 4 where
the cells hold as many samples (Theory E1); a hat that no sample sees would make it singular, so the sum of squares of
the differences c_{k+1} - c_k is added with weight RIDGE/M: the line runs straight on where nothing is known.

Since d(sum c_k phi_k)/d t_k = -S phi_k, with S the slope beside x, the residual of the best line moves as

    dr/dt_k = P (S phi_k) = (S_k - S_{k-1}) P psi_k,    psi_k = -phi_k/2 left of t_k, +phi_k/2 right of it

(Kaufman 1975; P projects out the hats, and with them the mean of the two slopes). d(sum w r^2)/dt_k = 2 sum w r dr/dt_k
is exact but where t_k meets a sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_solve_banded, cholesky_banded

from uat.mlp import Array

RIDGE = 1e-12  # of the weight of a cell: changes seen values in the twelfth digit, and keeps Cholesky's pivots > 0


@dataclass(frozen=True, eq=False, slots=True)
class Line:
    """The best broken line on its knots (M + 1,) for samples with weights of sum 1, and the sums that gave it."""

    knots: Array
    values: Array  # c, (M + 1,)
    cell: Array  # of each sample, (n,)
    right: Array  # phi_{cell + 1} at each sample; phi_cell is 1 - right
    weights: Array
    residual: Array
    squares: Array  # (3, M), of each cell: sum w phi_k^2, w phi_k phi_{k+1}, w phi_{k+1}^2
    factor: Array  # Cholesky's, in SciPy's banded form

    @property
    def loss(self) -> float:
        """sum w r^2, the mean square."""
        return float(self.weights @ self.residual**2)

    @property
    def slopes(self) -> Array:
        """S_k, (M,)."""
        return np.asarray(np.diff(self.values) / np.diff(self.knots))

    def solve(self, rhs: Array) -> Array:
        """G^-1 rhs, for (M + 1,) or (M + 1, m)."""
        return np.asarray(cho_solve_banded((self.factor, False), rhs, check_finite=False))

    def in_cells(self, quantity: Array) -> Array:
        """The sum over the samples of each cell, (M,)."""
        return np.bincount(self.cell, quantity, minlength=self.knots.size - 1)

    def pulls(self) -> tuple[Array, Array]:
        """sum w r phi_k and sum w r phi_{k+1} over each cell k, (M,) both; the two at an inner knot cancel."""
        pull = self.weights * self.residual
        right = pull * self.right
        return self.in_cells(pull - right), self.in_cells(right)

    def gradient(self) -> Array:
        """d loss/dt_k at the inner knots, (M - 1,)."""
        left, right = self.pulls()
        return np.asarray(np.diff(self.slopes) * (left[1:] - right[:-1]))

    def gauss_newton(self) -> Array:
        """J^T J of the residual over the inner knots, (M - 1, M - 1)."""
        vv, uv, uu = self.squares
        jumps, inner = np.diff(self.slopes), np.arange(self.knots.size - 2)
        own = tridiagonal((uu[:-1] + vv[1:]) / 4, -uv[1:-1] / 4)
        mixed = np.zeros((self.knots.size, inner.size))  # sum w phi_j psi_k
        mixed[inner, inner] = -uv[:-1] / 2
        mixed[inner + 1, inner] = (vv[1:] - uu[:-1]) / 2
        mixed[inner + 2, inner] = uv[1:] / 2
        return np.asarray(jumps[:, None] * (own - mixed.T @ self.solve(mixed)) * jumps)

    def removal(self) -> Array:
        """By how much the loss grows when the line must not bend at an inner knot, (M - 1,).

        The least sum w r^2 under d c = 0 grows by (d c)^2 / (d G^-1 d^T), d the slope jump as a function of c.
        """
        inner, h = np.arange(self.knots.size - 2), np.diff(self.knots)
        bends = np.zeros((self.knots.size, inner.size))
        bends[inner, inner], bends[inner + 2, inner] = 1 / h[:-1], 1 / h[1:]
        bends[inner + 1, inner] = -1 / h[:-1] - 1 / h[1:]
        stiff = np.einsum("jk,jk->k", bends, self.solve(bends))
        return np.asarray((bends.T @ self.values) ** 2 / stiff)


def best_line(knots: Array, x: Array, y: Array, weights: Array) -> Line:
    """The best broken line on increasing knots, for samples inside them in any order."""
    pieces = knots.size - 1
    cell = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, pieces - 1)
    right = (x - knots[cell]) / np.diff(knots)[cell]
    left, upper = 1 - right, weights * right
    lower = weights - upper

    def total(quantity: Array) -> Array:
        return np.bincount(cell, quantity, minlength=pieces)

    squares = np.stack([total(lower * left), total(upper * left), total(upper * right)])
    ridge = RIDGE / pieces
    gram = np.zeros((2, pieces + 1))  # the diagonal below, the one above it shifted by one: SciPy's upper form
    gram[1, :-1] += squares[0] + ridge
    gram[1, 1:] += squares[2] + ridge
    gram[0, 1:] = squares[1] - ridge
    side = np.zeros(pieces + 1)
    side[:-1] += total(lower * y)
    side[1:] += total(upper * y)
    factor = cholesky_banded(gram, check_finite=False)
    values = cho_solve_banded((factor, False), side, check_finite=False)
    residual = y - (values[cell] * left + values[cell + 1] * right)
    return Line(knots, values, cell, right, weights, residual, squares, factor)


def tridiagonal(diagonal: Array, beside: Array) -> Array:
    """A symmetric matrix from its diagonal (m,) and the one beside it (m - 1,)."""
    matrix, k = np.diag(diagonal), np.arange(beside.size)
    matrix[k, k + 1] = matrix[k + 1, k] = beside
    return matrix
