"""Beside a point where p meets f, which side of f it keeps to: their distance is 0 there, which no bisection decides.

With s the slope of p on its piece from t on, f(t + d) - p(t + d) = (f(t) - p(t)) + (q - s) d, where q is a difference
quotient of f. The jet of f on [t, t + r] encloses all of them (`uat.balls.jets`): for all d in [0, r] the sign is that
of q - s, if f(t) - p(t) is 0 or has the same one. To the left likewise; a kink of f at t is no hindrance, as each side
has a ball of its own.
"""

from __future__ import annotations

import math

import numpy as np
from flint import arb

from uat._checks import Floats
from uat._deadline import Deadline, OutOfTime
from uat._sampling import Function
from uat.balls.evaluation import FormulaOnBalls
from uat.balls.precision import working_precision
from uat.construct.tube import Tube
from uat.given import record
from uat.piecewise import PiecewiseAffine

_BITS = 256  # values that are floats by algebra, such as powers, come out exact
_HALVINGS = 48  # of the ball; then it is as short as floats allow
_WITHIN = 0.5 - 2.0**-31  # flint rounds a radius of 30 bits up, here to 1/2: a ball of [t, t + r] ends at t exactly


def left_over(
    f: Function, p: PiecewiseAffine, tube: Tube, met: Floats, deadline: Deadline
) -> list[tuple[float, float]] | None:
    """What is left of the domain to be judged, without the neighbourhoods of `met` where p is proven to be in the tube.

    `met` are knots of p, sorted. None where there is no such neighbourhood.
    """
    formula = record(f, p.domain).formula
    if tube.side == "both" or formula is None:
        return None
    run = FormulaOnBalls(formula, deadline)
    stretches, (low, end) = [], p.domain
    try:
        with working_precision(_BITS):
            reaches = [[_reach(run, p, tube, int(k), way) for way in (-1, 1)] for k in np.searchsorted(p.knots, met)]
    except OutOfTime:
        return None
    for left, right in reaches:
        if left < right:
            if low < left:
                stretches.append((low, left))
            low = max(low, right)
    if low < end:
        stretches.append((low, end))
    return None if stretches == [p.domain] else stretches


def _reach(run: FormulaOnBalls, p: PiecewiseAffine, tube: Tube, k: int, way: int) -> float:
    """How far from knot k, to the left (-1) or right (1), p is proven to be in the one-sided tube: the knot itself at
    least.
    """
    t, j = float(p.knots[k]), k + way
    if not 0 <= j < len(p.knots):
        return t
    length = float(p.knots[j]) - t
    slope = (arb(float(p.values[j])) - arb(float(p.values[k]))) / (arb(float(p.knots[j])) - arb(t))
    inwards = 1 if tube.side == "under" else -1  # the sign that f - p must have
    gap = inwards * (run.jet(arb(t)).c0 - float(p.values[k]))
    r = math.ldexp(1.0, math.frexp(abs(length))[1] - 1)  # a power of two, no longer than the piece
    for _ in range(_HALVINGS if gap >= 0 else 0):
        ball, x = arb(arb(t) + way * r / 2, r * _WITHIN), math.nextafter(t + way * r, t)
        if ball.contains(arb(t)) and ball.contains(arb(x)):
            over = run.jet(ball)
            rise = inwards * way * (over.c1 - slope)
            if rise >= 0 and gap + rise * r <= arb(tube.tol) + tube.rtol * abs(over.c0).lower():
                return x
        r /= 2
    return t
