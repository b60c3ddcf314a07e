"""Is a gradient right? Central differences in random directions, aware of kinks.

For a unit vector v the slope of F along v is compared with gradient . v by the five-point rule

    (F(theta - 2hv) - 8 F(theta - hv) + 8 F(theta + hv) - F(theta + 2hv)) / (12 h),

whose error is O(h^4) where F is smooth. A ReLU network is smooth only as long as no neuron switches: a step that
changes the sign of a pre-activation, of the argument of a loss's kink or of a parameter under L1 is shortened, and a
direction along which every step crosses a kink is skipped and counted.

A difference has a rounding error, which grows with 1/h, and a truncation error, which falls with h^4 and is what two
steps differ by beyond their rounding. The step with the least sum of the two is the one that is compared. Where even
that sum is larger than the tolerance, agreement means nothing: such a direction is counted as undecided, unless the
gradient is off by more than the sum explains.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from uat._checks import generator, integer, positive, vector
from uat.learn.backprop import as_network, joined_order
from uat.learn.losses import resolve
from uat.learn.regularizers import Regularizer
from uat.learn.risk import Risk, Samples, bind, prepare, value_and_gradient
from uat.mlp import MLP, Array

MOST_DIRECTIONS = 100_000  # some minutes of a small network
STEPS = (2e-3, 2e-4, 2e-5, 2e-6)  # from h to h/10 the truncation error falls to its 10^-4


@dataclass(frozen=True, slots=True)
class GradientCheck:
    """What was found over ``directions`` directions that could be compared.

    ``seen`` is the largest relative difference between the gradient and a difference quotient, ``worst`` the largest
    that is left when what the quotient itself may be off by is taken away: 0 means that nothing is known against the
    gradient, not that it is exact. ``skipped`` directions lie beside kinks; in ``undecided`` ones F is known too
    coarsely for the tolerance.
    """

    passed: bool
    seen: float
    worst: float
    directions: int
    skipped: int
    undecided: int
    outcome: str


def check_gradient(
    network: MLP,
    x: ArrayLike,
    y: ArrayLike,
    loss: Any = "squared",
    regularizer: Regularizer | None = None,
    weights: ArrayLike | None = None,
    *,
    gradient: ArrayLike | None = None,
    directions: int = 20,
    tol: float = 1e-7,
    rng: int | np.random.Generator | None = 0,
) -> GradientCheck:
    """Compare a gradient (P,) of F with central differences of F; by default the one of `value_and_gradient`.

    The error along v is |difference - gradient . v| less the estimated error of the difference, relative to the larger
    of the slope and |gradient| / sqrt(P), the size of a typical slope. ``passed`` when no direction is off by more than
    ``tol`` and there was one in which ``tol`` could be told. All in float64. Kinks inside one's own callables are not
    known here. The error estimate is a rule of thumb, not a bound: this is a test, not a proof.

    Raises InputError where `value_and_gradient` does, and for a ``gradient`` that is not (P,), ``directions`` < 1 or
    > 100 000 or ``tol`` <= 0.
    """
    directions, tol = integer(directions, "directions", most=MOST_DIRECTIONS), positive(tol, "tol")
    as_network(network)
    network, resolved, draw = network.astype(np.float64), resolve(loss), generator(rng)
    if gradient is None:
        gradient = value_and_gradient(network, x, y, resolved, regularizer, weights)[1]
    claimed = vector(gradient, "gradient", length=network.theta.size)
    data, risk = prepare(network, x, y, resolved, weights), bind(network, resolved, regularizer)
    order = joined_order(network.sizes)
    centre, typical = risk.theta.copy(), float(np.linalg.norm(claimed)) / np.sqrt(claimed.size)
    base = _pattern(risk, data, regularizer)
    grain = 100 * np.finfo(float).eps * (_conditioning(risk, data) + abs(float(risk.evaluate(data, gradient=False))))

    def differences(v: Array) -> Iterator[tuple[float, float]]:
        """The slope along v and its rounding error, for each step that crosses no kink."""
        for h in STEPS:
            values, clear = [], True
            for k in (-2, -1, 1, 2):
                risk.theta[...] = centre + k * h * v
                values.append(float(risk.evaluate(data, gradient=False)))
                clear = clear and bool((_pattern(risk, data, regularizer) == base).all())
            if clear:
                slope = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)
                yield slope, max(grain, 100 * np.finfo(float).eps * max(map(abs, values))) / h

    seen, worst, skipped, undecided = 0.0, 0.0, 0, 0
    for _ in range(directions):
        v = draw.normal(size=centre.size)
        v /= np.linalg.norm(v)
        slope, doubt = _best(differences(v), tol * typical)
        if math.isinf(doubt):
            skipped += 1
            continue
        if math.isnan(doubt):  # F overflows
            undecided += 1
            continue
        scale = max(abs(slope), typical, np.finfo(float).tiny)
        off = abs(slope - float(claimed[order] @ v))
        error = float(max(off - doubt, 0.0) / scale)
        if doubt > tol * scale and error <= tol:
            undecided += 1
        else:
            seen = max(seen, float(off / scale))
        worst = max(worst, error)
    told = directions - skipped - undecided
    passed = bool(worst <= tol and told > 0)
    found = "no direction was left"
    if told:
        beyond = f"{worst:.2g} beyond" if worst else "within"
        found = f"largest relative deviation {seen:.2g} over {told} directions, "
        found += f"{beyond} the estimated error of the central differences themselves"
    found += f", {undecided} undecided: the rounding of F hides more than tol" if undecided else ""
    found += f", {skipped} skipped beside kinks" if skipped else ""
    unknown = "could not be compared" if skipped == directions else "could not be decided"
    word = "agrees" if passed else "disagrees" if worst > tol else unknown
    return GradientCheck(passed, seen, worst, told, skipped, undecided, f"the gradient {word}: {found} (tol {tol:g})")


def _best(differences: Iterator[tuple[float, float]], enough: float) -> tuple[float, float]:
    """The slope with the least estimated error (rounding + truncation) and that error; inf where there is none."""
    best, before = (0.0, math.inf), None
    for slope, rounding in differences:
        if before is not None:
            truncation = max(abs(slope - before[0]) - rounding - before[1], 0.0)
            best = min(
                best, (before[0], before[1] + truncation), (slope, rounding + 1e-4 * truncation), key=itemgetter(1)
            )
        if best[1] < enough / 10:
            break
        before = (slope, rounding)
    if math.isinf(best[1]) and before is not None:
        best = before  # a single step: nothing to compare it with
    return best


def _conditioning(risk: Risk, data: Samples) -> float:
    """How much F moves when outputs and targets move by one part each: (1/n) sum |dP/ds| (|s| + |y|)."""
    tape = risk.tape(data.count)
    output, slope = tape.forward(data.X), np.empty_like(tape.slope)
    risk.loss.slope(data.Y, output, slope)
    parts = np.abs(risk.loss.factor * slope) * (np.abs(output) + np.abs(data.Y))
    return float((parts if data.weights is None else parts * data.weights).sum() / data.count)


def _pattern(risk: Risk, data: Samples, regularizer: Regularizer | None) -> np.ndarray[Any, Any]:
    """On which side of every kink of F these parameters are."""
    tape = risk.tape(data.count)
    output = tape.forward(data.X)
    sides = [node.a > 0 for node, act in zip(tape.nodes, risk.activations, strict=True) if act == "relu"]
    if risk.loss.kink is not None:
        sides.append(np.sign(risk.loss.kink(data.Y, output)))
    if regularizer is not None and any(term.power == 1 for term in regularizer.terms):
        sides.append(np.sign(risk.theta))
    return np.concatenate([side.ravel().astype(float) for side in sides] or [np.zeros(1)])
