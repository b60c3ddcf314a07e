"""A network by its pieces: the lines between its kinks, from the stored parameters in exact arithmetic.

Sums of hinges cancel, so slopes and values are formed on Python integers (a float is an integer times a power of two)
and rounded to float64 once. Only a kink -b/w may have to be rounded on the way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from uat._checks import Floats, InputError, show
from uat._kernels.grid import grid_of
from uat.hinges import Numbers, affine_regions

if TYPE_CHECKING:
    from uat.relu_net import ReluNet


@dataclass(frozen=True, eq=False, slots=True)
class Regions:
    """A float64 network by its pieces: what fast evaluation reads.

    kinks (K,) increasing; anchors, values, slopes (K+1,): between kinks[k-1] and kinks[k] the network is
    values[k] + slopes[k] (x - anchors[k]). The anchor is the point of the piece that is nearest to 0, so that
    |x - anchor| <= |x|: a kink at 1e22, as a trained net may have, then costs no digits near 0. On the cells of a grid,
    which are no longer than its step, it is the left end, for speed (see `uat._kernels.grid`). Values and slopes are
    those of the stored weights in exact arithmetic, rounded once.
    """

    kinks: Floats
    anchors: Floats
    values: Floats
    slopes: Floats


def regions_of(net: ReluNet) -> Regions:
    """The regions of the whole line; raises InputError where a kink is no finite float."""
    kinks = float_kinks(net)
    ends = np.concatenate([[-np.inf], kinks, [np.inf]])
    anchors = np.clip(0.0, ends[:-1], ends[1:])
    if (grid := grid_of(kinks)) is not None:
        cells = slice(grid.first, grid.first + grid.cells)
        anchors[cells] = ends[cells]
    lines = exact_lines(net, anchors)
    return Regions(kinks, anchors, lines.values, lines.slopes)


def as_integers(x: Floats) -> tuple[Numbers, int]:
    """Python integers m and one exponent e with x = m 2^e exactly."""
    mantissa, exponent = np.frexp(x)
    m = (mantissa * 2.0**53).astype(np.int64).astype(object)
    e = exponent.astype(np.int64) - 53
    nonzero = mantissa != 0
    least = int(e[nonzero].min()) if nonzero.any() else 0
    shifts = np.where(nonzero, e - least, 0)
    return m << shifts.astype(object), least


def _to_floats(m: Numbers, e: int) -> Floats:
    """m 2^e rounded once to float64; infinite where it overflows."""
    scale = 1 << abs(e)

    def rounded(value: int) -> float:
        try:
            return value / scale if e < 0 else float(value * scale)  # both round correctly
        except OverflowError:
            return math.inf if value > 0 else -math.inf

    return np.array([rounded(value) for value in m.tolist()], dtype=np.float64)


def float_kinks(net: ReluNet) -> Floats:
    """The distinct kinks -b/w, rounded to float64 (exact when |w| = 1), increasing, shape (K,)."""
    kinks = net.kinks[net.weights != 0]
    if not np.isfinite(kinks).all():
        k = int(np.argmax((net.weights != 0) & ~np.isfinite(net.kinks)))
        raise InputError(
            f"the kink -biases/weights of every neuron must be a finite float, but biases[{k}] = "
            f"{show(net.biases[k])} and weights[{k}] = {show(net.weights[k])}."
        )
    return np.unique(kinks)


class Lines(NamedTuple):
    """A network's lines in float64, each number the exact one rounded once."""

    slopes: Floats  # (K+1,) of the pieces
    jumps: Floats  # (K,) of the slope at the kinks
    values: Floats  # (n,) of the network at the points asked for


def exact_lines(net: ReluNet, x: Floats) -> Lines:
    """Slopes, slope jumps and the values at x of the stored parameters, computed on integers and rounded once.

    A piece reaches from one float kink to the next. Where a kink had to be rounded this moves it by u |b/w|, and the
    function near it by at most u |coefficient b|.
    """
    (xs, ex), (w, ew), (b, eb) = as_integers(x), as_integers(net.weights), as_integers(net.biases)
    (c, ec), (bias, e0) = as_integers(net.coefficients), as_integers(np.array([net.output_bias]))
    inner = min(ew + ex, eb, e0 - ec)  # one scale for w x, b and output_bias / coefficient
    w, b, bias = w * (1 << (ew + ex - inner)), b * (1 << (eb - inner)), bias * (1 << (e0 - ec - inner))
    t, slopes_, intercepts = affine_regions(net.kinks, w, b, c, bias[0])
    region = np.searchsorted(t, x, side="right")
    unit = ec + inner - ex
    return Lines(
        _to_floats(slopes_, unit),
        _to_floats(slopes_[1:] - slopes_[:-1], unit),
        _to_floats(slopes_[region] * xs + intercepts[region], ec + inner),
    )
