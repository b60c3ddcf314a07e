"""Is a gradient right? Central differences in random directions, aware of kinks.

For a unit vector v the slope of F along v is compared with gradient . v by the five-point rule

    (F(theta - 2hv) - 8 F(theta - hv) + 8 F(theta + hv) - F(theta + 2hv)) / (12 h),

whose error is O(h^4) where F is smooth. A ReLU network is smooth only as long as no neuron switches: a step that
changes the sign of a pre-activation, of the argument of a loss's kink or of a parameter under L1 is shortened, and a
direction along which every step crosses a kink is skipped and counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from uat._checks import integer, positive, vector
from uat.learn.backprop import joined_order
from uat.learn.losses import resolve
from uat.learn.regularizers import Regularizer
from uat.learn.risk import Risk, Samples, bind, prepare, value_and_gradient
from uat.mlp import MLP

STEPS = (2e-3, 2e-4, 2e-5)  # h^4 and (machine epsilon)/h are both below 1e-10 of F for all three


@dataclass(frozen=True, slots=True)
class GradientCheck:
    """What was found: ``worst`` relative error over ``directions`` directions, ``skipped`` ones beside kinks."""

    passed: bool
    worst: float
    directions: int
    skipped: int
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

    The error along v is |difference - gradient . v| less the rounding of F (100 eps |F| / h), relative to the larger of
    the slope and |gradient| / sqrt(P), the size of a typical slope. ``passed`` when every direction that stays clear of
    kinks is within ``tol``, and there was one. All in float64. Kinks inside one's own callables are not known here.
    """
    directions, tol = integer(directions, "directions"), positive(tol, "tol")
    network, resolved, draw = network.astype(np.float64), resolve(loss), np.random.default_rng(rng)
    if gradient is None:
        gradient = value_and_gradient(network, x, y, resolved, regularizer, weights)[1]
    claimed = vector(gradient, "gradient", length=network.theta.size)
    data, risk = prepare(network, x, y, resolved, weights), bind(network, resolved, regularizer)
    order = joined_order(network.sizes)
    centre, typical = risk.theta.copy(), float(np.linalg.norm(claimed)) / np.sqrt(claimed.size)
    base = _pattern(risk, data, regularizer)
    worst, skipped = 0.0, 0
    for _ in range(directions):
        v = draw.normal(size=centre.size)
        v /= np.linalg.norm(v)
        for h in STEPS:
            values, clear = [], True
            for k in (-2, -1, 1, 2):
                risk.theta[...] = centre + k * h * v
                values.append(float(risk.evaluate(data, gradient=False)))
                clear = clear and bool((_pattern(risk, data, regularizer) == base).all())
            if clear:
                slope = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)
                rounding = 100 * np.finfo(float).eps * max(map(abs, values)) / h
                error = max(abs(slope - float(claimed[order] @ v)) - rounding, 0.0)
                worst = max(worst, error / max(abs(slope), typical, np.finfo(float).tiny))
                break
        else:
            skipped += 1
    passed = worst <= tol and skipped < directions
    found = f"worst relative error {worst:.2g} over {directions - skipped} directions"
    if skipped:
        found += f", {skipped} skipped beside kinks"
    word = "agrees" if passed else "disagrees" if worst > tol else "could not be compared"
    return GradientCheck(passed, worst, directions - skipped, skipped, f"the gradient {word}: {found} (tol {tol:g})")


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
