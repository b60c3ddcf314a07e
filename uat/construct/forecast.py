"""How many pieces a tolerance asks for, told from the first mesh: at least so many, proven; and about so many.

Proven: where |f''| >= m on a cell of length L, the chord of any h misses f at its middle by m h^2/8 or more, so that no
affine function is within w at all three points if h > 4 sqrt(w/m): L sqrt(m/w)/4 such triples, less one at most, lie
side by side (theory C2). Expected: the same with the divided differences of samples for f'' (theory C1), which is a
limit, and blind to what happens between the samples.
"""

from __future__ import annotations

import math

import numpy as np

from uat._checks import Floats, InputError
from uat._sampling import Function
from uat._warning import warn
from uat.bounds.certification import ToleranceWarning
from uat.construct.tube import Tube

MOST_PIECES = 500_000  # minutes of search, and a gigabyte of cells to certify


def refuse_multitudes(f: Function, x: Floats, y: Floats, tube: Tube) -> None:
    """InputError where f, which takes the values y at x, is proven to need more than MOST_PIECES; else a warning."""
    expected = expected_pieces(x, y, tube)
    if expected <= MOST_PIECES:
        return
    least = proven_pieces(f, x, tube)
    if least > MOST_PIECES:
        raise too_many(tube, f"at least {least:.3g} pieces, as its curvature shows")
    warn(
        f"{tube} is expected to need some {expected:.3g} pieces (theory C1), more than the {MOST_PIECES} that are "
        "sought: the search may be long, and in vain",
        ToleranceWarning,
    )


def too_many(tube: Tube, asked: str) -> InputError:
    return InputError(
        f"the tolerance must be one that fewer than {MOST_PIECES} pieces can keep, but {tube} asks for {asked}."
    )


def expected_pieces(x: Floats, y: Floats, tube: Tube) -> float:
    """(1/4) integral of sqrt(|f''| / w), by the second divided differences of the samples."""
    with np.errstate(all="ignore"):
        bend = np.abs(np.diff(np.diff(y) / np.diff(x)) / (x[2:] - x[:-2]))  # |f''|/2
        share = np.sqrt(2 * bend / _half_width(tube, np.abs(y[1:-1])))
    return float(np.nansum(share * (x[2:] - x[:-2]))) / 8


def proven_pieces(f: Function, x: Floats, tube: Tube) -> int:
    """So many pieces are needed at least, by the curvature that balls find on the cells between the points x."""
    from flint import arb

    from uat.balls.consistency import refuse_contradiction
    from uat.balls.evaluation import FormulaOnBalls
    from uat.balls.precision import working_precision
    from uat.bounds.bisection import BITS
    from uat.bounds.boxes import down, up
    from uat.given import record

    recorded = record(f, (float(x[0]), float(x[-1])))
    if recorded.formula is None:
        return 1
    with working_precision(BITS):
        run, triples = FormulaOnBalls(recorded.formula), 0
        for low, high in zip(x[:-1].tolist(), x[1:].tolist(), strict=True):
            middle = low + (high - low) / 2
            run.look(middle)
            jet = run.jet(arb(middle, math.nextafter(max(high - middle, middle - low), math.inf)))
            bend, size = 2 * down(abs(jet.c2).lower()), up(abs(jet.c0))
            if bend > 0 and math.isfinite(size):
                # a little wider, for the roundings of this line and the next
                width = _half_width(tube, np.array(size)) * (1 + 1e-9)
                triples += max(math.ceil((high - low) * math.sqrt(bend / width) / 4 * (1 - 1e-9)) - 1, 0)
        refuse_contradiction(recorded, run)
    return 1 + triples


def _half_width(tube: Tube, size: Floats) -> Floats:
    """Of the tube where |f| <= size: half of its width, or, one-sided and relative, at most twice that."""
    width = tube.width(size)
    return width / 2 if tube.side != "both" and not tube.rtol else width
