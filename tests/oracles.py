"""Slow, obvious twins of what the library does fast."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

import uat


def interpolant_by_hand(knots: np.ndarray, values: np.ndarray, x: Fraction) -> Fraction:
    """The chord through the two knots around x, one point at a time."""
    for k in range(len(knots) - 1):
        if knots[k] <= x <= knots[k + 1]:
            return values[k] + (x - knots[k]) * (values[k + 1] - values[k]) / (knots[k + 1] - knots[k])
    raise ValueError("outside the domain")


def network_by_hand(
    weights: np.ndarray, biases: np.ndarray, coefficients: np.ndarray, output_bias: Fraction, x: Fraction
) -> Fraction:
    """The sum of hinges, one neuron at a time."""
    total = output_bias
    for w, b, c in zip(weights, biases, coefficients, strict=True):
        total += c * max(w * x + b, 0)
    return total


class ExactNetwork:
    """The stored parameters of a net in exact arithmetic: every float is an integer times 2^-k for one common k."""

    def __init__(self, net: uat.ReluNet):
        columns = [net.weights.tolist(), net.biases.tolist(), net.coefficients.tolist(), [net.output_bias]]
        self.unit = max((v.as_integer_ratio()[1] for column in columns for v in column), default=1)
        self.weights, self.biases, self.coefficients, (self.bias,) = ([self.scaled(v) for v in c] for c in columns)

    def scaled(self, v: float) -> int:
        numerator, denominator = v.as_integer_ratio()
        return numerator * (self.unit // denominator)

    def __call__(self, x: float) -> Fraction:
        p, q = x.as_integer_ratio()  # w x + b = (w p + b q) / (unit q)
        rows = zip(self.weights, self.biases, self.coefficients, strict=True)
        total = sum(c * t for w, b, c in rows if (t := w * p + b * q) > 0)
        return Fraction(total, self.unit**2 * q) + Fraction(self.bias, self.unit)


def exact_network(net: uat.ReluNet, x: float) -> Fraction:
    """The stored parameters of a net in exact arithmetic at one float."""
    return ExactNetwork(net)(x)


def exact_piecewise(p: uat.PiecewiseAffine, x: float) -> Fraction:
    """The stored knots and values in exact arithmetic at a float."""
    k = min(max(int(np.searchsorted(p.knots, x, side="right")) - 1, 0), p.pieces - 1)
    x0, x1, y0, y1 = (Fraction(float(v)) for v in (*p.knots[k : k + 2], *p.values[k : k + 2]))
    return y0 + (Fraction(x) - x0) * (y1 - y0) / (x1 - x0)
