"""How far a network is from the function: one row's numbers, proven wherever the function runs on balls."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from uat._checks import Floats
from uat._sampling import sample
from uat.bounds.certification import Certificate, NotProvenWarning, certify
from uat.compare.setting import Problem
from uat.relu_net import ReluNet

REL = 1e-3  # relative width of the enclosures: small against the 5 % and the factor 1.001 that are read off them


def errors(problem: Problem, net: ReluNet) -> dict[str, Any]:
    """The columns sup_lower ... rms_proven, pieces and kinks of a row, on the network's own exact pieces.

    Where balls do not reach f, ``sup_lower = sup_error`` is the largest difference seen, ``proven`` is False, and the
    root mean square is Gauss-Legendre quadrature on the pieces, with the difference of two orders as its gap.
    """
    length = problem.domain[1] - problem.domain[0]
    p = net.to_piecewise(*problem.domain).simplified()
    sup, mean = _certified(problem, net, "sup"), _certified(problem, net, "L2")
    if mean.proven:
        rms, gap = mean.upper / math.sqrt(length), (mean.upper - mean.lower) / math.sqrt(length)
    else:
        fine, coarse = (_quadrature(problem, net, p.knots, order) for order in (16, 12))
        rms, gap = fine, abs(fine - coarse)
    return {
        "pieces": p.pieces,
        "sup_lower": sup.lower,
        "sup_error": sup.error,
        "proven": int(sup.proven),
        "rms_error": rms,
        "rms_gap": gap,
        "rms_proven": int(mean.proven),
        "kinks": p.knots[1:-1].tolist(),
        "assumes": "; ".join(sup.assumes),
    }


def _certified(problem: Problem, net: ReluNet, norm: str) -> Certificate:
    with warnings.catch_warnings():  # the row itself says whether it is proven
        warnings.simplefilter("ignore", NotProvenWarning)
        return certify(problem.function, net, problem.domain, rel=REL, breaks=problem.breaks, norm=norm)


def _quadrature(problem: Problem, net: ReluNet, knots: Floats, order: int) -> float:
    """((1/(b-a)) int (f - net)^2)^(1/2) by Gauss-Legendre on each piece."""
    nodes, weights = np.polynomial.legendre.leggauss(order)
    half = np.diff(knots)[:, None] / 2
    x = knots[:-1, None] + half * (nodes + 1)
    difference = sample(problem.function, x.ravel()) - net(x.ravel())
    return math.sqrt(float((half * weights).ravel() @ difference**2) / float(knots[-1] - knots[0]))
