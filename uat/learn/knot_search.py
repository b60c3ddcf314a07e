"""Two searches for the knots of a best broken line: Newton on joined samples, then Gauss-Newton on the samples.

Both are SciPy's and work in a trust region. Each is told where it stands by `seen`, once for every accepted step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import least_squares, minimize

from uat.learn.hats import Line
from uat.learn.joined import Joined
from uat.learn.spacings import Spacings
from uat.mlp import Array

PATIENCE = 12  # trials, each of which divides the radius by 4, that need not lower F: past that it is rounding
RADIUS = 1.0  # times M^(1/2), of the first step: every spacing may change by a factor of e


def newton(joined: Joined, spacings: Spacings, q: Array, tol: float, seen: Callable[[Array], object]) -> Array:
    """The least log F over joined samples, by SciPy's exact trust region; F grows by no accepted step.

    It ends where |d log F/dq| <= tol^(1/2), for then a quadratic model promises about tol, or where PATIENCE trials
    gain no more than tol.
    """
    # F cannot be told from 0 below the rounding of y; the logarithm is taken of what lies above it
    floor = max((8 * np.finfo(float).eps * float(np.abs(joined.y).max())) ** 2, np.finfo(float).tiny)
    last: list[Any] = []

    def at(q: Array) -> tuple[float, Array, Array]:
        if not last or (last[0] != q).any():
            line = joined.line(spacings.knots(q))
            F, dt = line.loss + floor, line.gradient()
            dq = spacings.shift(q).T @ dt / F
            curved = spacings.curved(q, dt, joined.hessian(line)) / F - np.outer(dq, dq)
            last[:] = q.copy(), (float(np.log(F)), dq, curved)
        return last[1]  # type: ignore[no-any-return]

    best, least, idle = q, at(q)[0], 0

    def watch(intermediate_result: Any) -> None:
        nonlocal best, least, idle
        value = float(intermediate_result.fun)
        idle = 0 if value < least - tol else idle + 1
        if value < least:
            best, least = intermediate_result.x.copy(), value
            seen(best)
        if idle >= PATIENCE:
            raise StopIteration

    minimize(
        lambda q: at(q)[0], q, jac=lambda q: at(q)[1], hess=lambda q: at(q)[2], method="trust-exact", callback=watch,
        options={"gtol": np.sqrt(tol), "maxiter": 10**6, "initial_trust_radius": RADIUS * np.sqrt(q.size)},
    )  # fmt: skip
    return best


def gauss_newton(
    line_on: Callable[[Array], Line], spacings: Spacings, q: Array, tol: float, seen: Callable[[Array], object]
) -> tuple[Array, str]:
    """A least F over the samples themselves, by SciPy's least squares in a trust region, and why it ended.

    The method knows the residual r and its Jacobian J by J^T J, J^T r and |r| alone. So it is given M numbers in place
    of n with the same three, from the eigenvectors of J^T J = V diag(s^2) V^T: (V^T J^T r / s, rest) and diag(s) V^T.
    All is divided by |r| where it begins, so that ``tol`` is relative.
    (SciPy 1.17's Levenberg-Marquardt, method="lm", did not always give the same bits twice here.)
    """
    last: list[Any] = []
    unit = line_on(spacings.knots(q)).loss or 1.0

    def at(q: Array) -> tuple[Array, Array]:
        if not last or (last[0] != q).any():
            line, shift = line_on(spacings.knots(q)), spacings.shift(q)
            squares, V = np.linalg.eigh(shift.T @ line.gauss_newton() @ shift / unit)
            s = np.sqrt(np.maximum(squares, 0))
            s[s < 1e-8 * s[-1]] = 0  # below it the squares are rounding
            pull = V.T @ (shift.T @ line.gradient()) / (2 * unit)
            along = np.divide(pull, s, out=np.zeros_like(s), where=s > 0)
            rest = max(line.loss / unit - float(along @ along), 0.0) ** 0.5
            last[:] = q.copy(), (np.append(along, rest), np.vstack([s[:, None] * V.T, np.zeros_like(q)]))
        return last[1]  # type: ignore[no-any-return]

    def jacobian(q: Array) -> Array:
        seen(q)
        return at(q)[1]

    tol = max(tol, float(np.finfo(float).eps))  # SciPy warns of less
    found = least_squares(
        lambda q: at(q)[0], q, jacobian, method="trf", tr_solver="exact", ftol=tol, xtol=tol, gtol=tol, max_nfev=10**6
    )  # fmt: skip
    return found.x, str(found.message).strip().rstrip(".").lower().replace("`", "")
