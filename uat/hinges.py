"""The hinge formulas of step 2 of the theorem, for any exact number type: slope differences there, slopes back.

Plain functions on arrays of weights, biases, coefficients and an output bias. They use sums, products, quotients and
comparisons alone, so that they run on `fractions.Fraction`, where the tests compare with ``==``, and on scaled
integers, from which `uat.relu_net` rounds once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from uat.piecewise import slopes

Numbers = NDArray[Any]


def hinges_of_pieces(
    knots: Numbers, values: Numbers, form: str, shift: Any = 1
) -> tuple[Numbers, Numbers, Numbers, Any]:
    """Weights, biases, coefficients and output bias of the network that equals the interpolant on its domain.

    With cell slopes S_1..S_N on knots x_1 < ... < x_{N+1}:
    "shifted-origin" (statement A4): hinges at x_0 = x_1 - shift, x_1, ..., x_N with coefficients S_i - S_{i-1}, where
    S_0 = f(x_1) / (x_1 - x_0) and S_{-1} = 0; no output bias, N + 1 neurons.
    "output-bias" (statement A5): hinges at x_1, ..., x_N, the first with coefficient S_1; output bias f(x_1).
    """
    s = slopes(knots, values)
    if form == "shifted-origin":
        origin = knots[:1] - shift
        s = np.concatenate([values[:1] / (knots[:1] - origin), s])
        kinks, output_bias = np.concatenate([origin, knots[:-1]]), 0 * values[0]
    else:
        kinks, output_bias = knots[:-1], values[0]
    coefficients = np.concatenate([s[:1], s[1:] - s[:-1]])
    return np.ones_like(kinks), -kinks, coefficients, output_bias


def hinge_sum(weights: Numbers, biases: Numbers, coefficients: Numbers, output_bias: Any, x: Numbers) -> Numbers:
    """The network at x (n,), neuron by neuron: the formula at the top of this file, for any number type."""
    y: Numbers = np.maximum(x[:, None] * weights + biases, 0) @ coefficients + output_bias
    return y


def affine_regions(
    kinks: Numbers, weights: Numbers, biases: Numbers, coefficients: Numbers, output_bias: Any
) -> tuple[Numbers, Numbers, Numbers]:
    """The network as lines: distinct kinks t (K,), and slopes A, intercepts B (K+1,): A[k] x + B[k] on [t[k-1], t[k]].

    `kinks` (M,) holds -biases / weights, anything where a weight is 0. Only sums and products are formed, so the
    function works on fractions and on scaled integers alike. Going to the right a hinge with a positive weight joins
    the active ones at its kink and a hinge with a negative weight leaves them; a zero weight gives a constant.
    """
    turning, left = weights != 0, weights < 0
    slope = (coefficients * weights)[left].sum() + 0 * output_bias
    intercept = output_bias + (coefficients * biases)[left].sum()
    intercept = intercept + (coefficients * np.maximum(biases, 0))[~turning].sum()
    order = np.argsort(kinks[turning], kind="stable")
    t = kinks[turning][order]
    c = np.where(left, -coefficients, coefficients)[turning][order]
    w, b = weights[turning][order], biases[turning][order]
    last = np.ones(t.size, dtype=bool)  # of the hinges that share a kink, the last one closes the group
    last[:-1] = t[1:] != t[:-1]
    slopes_ = np.concatenate([[slope], slope + np.cumsum(c * w)[last]])
    intercepts = np.concatenate([[intercept], intercept + np.cumsum(c * b)[last]])
    return t[last], slopes_, intercepts


def pieces_of_hinges(
    weights: Numbers, biases: Numbers, coefficients: Numbers, output_bias: Any, a: Any, b: Any
) -> tuple[Numbers, Numbers]:
    """Knots and values on [a, b] of any one-hidden-layer network of one input, for exact number types.

    Weights of both signs, zero weights, kinks outside [a, b] and kinks that coincide are all allowed. A knot stands at
    every kink inside (a, b), also where the jumps cancel.
    """
    safe = np.where(weights != 0, weights, 1)
    t, slope, intercept = affine_regions(-biases / safe, weights, biases, coefficients, output_bias)
    knots = np.concatenate([[a], t[(t > a) & (t < b)], [b]])
    region = np.searchsorted(t, knots, side="right")
    return knots, slope[region] * knots + intercept[region]


def canonical_hinges(
    weights: Numbers, biases: Numbers, coefficients: Numbers, output_bias: Any
) -> tuple[Numbers, Numbers, Numbers, Any]:
    """The canonical parameters of the same function on the whole line, for exact number types (see `canonical`)."""
    safe = np.where(weights != 0, weights, 1)
    t, slope, intercept = affine_regions(-biases / safe, weights, biases, coefficients, output_bias)
    return canonical_form(t, slope, slope[1:] - slope[:-1], slope[1:] * t + intercept[1:], intercept[0])


def canonical_form(
    kinks: Numbers, slope: Numbers, jumps: Numbers, values: Numbers, intercept: Any
) -> tuple[Numbers, Numbers, Numbers, Any]:
    """Canonical hinges from kinks, jumps and values there (K,), slopes (K+1,) and the leftmost line's intercept."""
    real = np.flatnonzero(jumps != 0)
    if not real.size:  # a line: two hinges back to back at 0, or nothing at all
        facing = np.array([1, -1] if slope[0] != 0 else [], dtype=int)
        return facing, 0 * facing, slope[:1] * facing, intercept
    at, coefficients, facing = kinks[real], jumps[real], np.ones(real.size, dtype=int)
    coefficients[0] = slope[real[0] + 1]
    if slope[0] != 0:  # the line that comes in from the left: one hinge that faces left
        at, facing = np.append(at[:1], at), np.append(-1, facing)
        coefficients = np.append(-slope[:1], coefficients)
    keep = coefficients != 0  # a function that is constant right of its first kink has no hinge that faces right there
    return facing[keep], (-facing * at)[keep], coefficients[keep], values[real[0]]
