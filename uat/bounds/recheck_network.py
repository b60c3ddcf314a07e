"""The checker's comparison of the stored network with the stored pieces, exact in rationals.

Part of the independent checker (`recheck`). What the two differ by is a number that is computed, not a tolerance: it
counts against the bound that the file claims. Besides, it must be explained by rounding; and what rounding may explain
is read off the pieces, which are held to the function, never off the network's own weights, which could be made large.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from flint import arb, fmpq

from uat.bounds.recheck_boxes import BrokenLine, Budget
from uat.bounds.recheck_file import CheckFailedError

_UNIT = 2.0**-53
_MOST_CANCELLED = 2.0**27  # twice what the first two hinges of a shifted origin may cancel: half of a float's digits


def network_distance(network: dict[str, Any], line: BrokenLine, form: str, budget: Budget) -> Any:
    """max|network - pieces| on the domain, as a rational number; refused where roundings cannot explain it.

    Both are affine between knots and kinks, so the largest difference is at one of them.
    """
    weights, biases, coefficients = network["weights"], network["biases"], network["coefficients"]
    if not len(weights) == len(biases) == len(coefficients) == len(line.values) - (form == "output-bias"):
        raise CheckFailedError(
            f"The network has {len(weights)} weights, {len(biases)} biases and {len(coefficients)} coefficients, which "
            f"{len(line.values) - 1} pieces in the form {form!r} have not."
        )
    if form == "shifted-origin" and network["output_bias"] != 0:
        raise CheckFailedError("The form is that of a shifted origin, but the network has an output bias.")
    slope, intercept = fmpq(0), _rational(network["output_bias"])
    hinges = []
    for weight, bias, coefficient in zip(weights, biases, coefficients, strict=True):
        budget.look()
        w, q, c = _rational(weight), _rational(bias), _rational(coefficient)
        if w == 0:
            intercept += c * q if q > 0 else 0
            continue
        if w < 0:  # active on the left, up to its kink
            slope, intercept, c = slope + c * w, intercept + c * q, -c
        hinges.append((-q / w, c * w, c * q))
    hinges.sort(key=lambda hinge: hinge[0])
    knots, values = [_rational(x) for x in line.knots], [_rational(y) for y in line.values]
    points = sorted([*knots, *(t for t, _, _ in hinges if knots[0] <= t <= knots[-1])])
    largest, k, cell = fmpq(0), 0, 0
    chord = _chord(knots, values, 0)
    for x in points:
        budget.look()
        while k < len(hinges) and hinges[k][0] <= x:
            slope, intercept, k = slope + hinges[k][1], intercept + hinges[k][2], k + 1
        while cell < len(knots) - 2 and x > knots[cell + 1]:
            cell += 1
            chord = _chord(knots, values, cell)
        difference = abs((slope - chord[0]) * (x - knots[cell]) + slope * knots[cell] + intercept - chord[1])
        largest = max(largest, difference)
    first = knots[0] - hinges[0][0] if form == "shifted-origin" and hinges else fmpq(0)
    if not largest <= _rational(_explained(line, _float(first))):
        raise CheckFailedError(
            f"The network is not the piecewise-affine function: they differ by {_float(largest):.6g}."
        )
    return largest


def _chord(knots: list[Any], values: list[Any], cell: int) -> tuple[Any, Any]:
    """Slope, and value at the left end."""
    return (values[cell + 1] - values[cell]) / (knots[cell + 1] - knots[cell]), values[cell]


def _explained(line: BrokenLine, shift: float) -> float:
    """What storing the slope differences S_i - S_{i-1} in floats may move at the right end, where it is largest.

    16 u (sum (|S_i| + |S_{i-1}|) (b - x_i) + |y_0| (1 + (b - a) / shift) + max|y|): a few roundings for each; before
    the first piece comes the slope y_0 / shift of the shifted origin.
    """
    a, b, most = line.knots[0], line.knots[-1], max(map(abs, line.values))
    total, before = most, 0.0
    if shift > 0:
        cancelled = min(abs(line.values[0]) * ((b - a) / shift), _MOST_CANCELLED * most)
        total, before = total + abs(line.values[0]) + cancelled, cancelled / (b - a)
    for (x0, x1), (y0, y1) in zip(pairwise(line.knots), pairwise(line.values), strict=True):
        slope = abs((y1 - y0) / (x1 - x0))
        total, before = total + (slope + before) * (b - x0), slope
    bound = 16 * _UNIT * total + 2.0**-1060  # and subnormal numbers are rounded absolutely
    return bound if math.isfinite(bound) else math.ldexp(most, -26)


def _rational(value: float) -> Any:
    return fmpq(*float(value).as_integer_ratio())


def _float(value: Any) -> float:
    """A rational number, rounded."""
    return float(arb(value).mid())
