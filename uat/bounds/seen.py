"""The largest difference that was seen: a lower bound of sup|f - g|, and called one.

Samples prove nothing from above, whatever their number: a spike between two of them is missed. Where no proof is to be
had this is what is left, and its certificate says so (`proven=False`, an infinite upper end).
"""

from __future__ import annotations

import math

import numpy as np

from uat._checks import LARGEST, Floats
from uat._deadline import Deadline
from uat._sampling import Function, sample
from uat.bounds.certification import Certificate
from uat.piecewise import PiecewiseAffine

_ZOOMS = 3  # each narrows the neighbourhood of the best sample 16-fold: 12 binary digits in all
_ZOOM_POINTS = 33
_CELLS_IN_HASTE = 5000


def seen_difference(
    f: Function, p: PiecewiseAffine, per_cell: int = 15, note: str = "", deadline: Deadline | None = None
) -> Certificate:
    """max|f - p| over `per_cell` equidistant points inside every cell, refined around the largest.

    f is called on all points at once when it takes arrays; the refinement adds about a hundred calls. With a deadline
    f is called on as many of them, spread over the domain, as there is time for.

    Returns
    -------
    Certificate with proven=False: lower is a difference that was seen (in float64), upper is infinite.
    """
    deadline = Deadline() if deadline is None else deadline
    some = np.arange(p.pieces)
    if not deadline.endless and p.pieces > _CELLS_IN_HASTE:  # to list the points of all would take the time for f
        some = np.linspace(0, p.pieces - 1, _CELLS_IN_HASTE).astype(int)
    left, right, t = p.knots[some], p.knots[some + 1], np.arange(1, per_cell + 1) / (per_cell + 1)
    inside = (left[:, None] + (right - left)[:, None] * t).reshape(-1)
    x, y = looks(f, np.concatenate([left, right[-1:], inside]), deadline)
    difference = distances(y, p(x))
    k = int(np.argmax(difference))
    best, where, spent = float(difference[k]), float(x[k]), x.size
    a, b = p.domain
    cell = int(np.clip(np.searchsorted(p.knots, where, side="right") - 1, 0, p.pieces - 1))
    radius = float(p.knots[cell + 1] - p.knots[cell]) / (per_cell + 1)
    for _ in range(_ZOOMS):
        if deadline.passed():
            break
        # held within the floats, which end not far beyond the largest domains
        low, high = max(where - radius, -LARGEST), min(where + radius, LARGEST)
        x = np.unique(np.clip(np.linspace(low, high, _ZOOM_POINTS), a, b))
        difference = distances(sample(f, x), p(x))
        k = int(np.argmax(difference))
        spent += x.size
        if difference[k] >= best:
            best, where = float(difference[k]), float(x[k])
        radius /= (_ZOOM_POINTS - 1) / 2
    return Certificate(
        lower=best,
        upper=math.inf,
        where=where,
        proven=False,
        method=f"the largest of {spent} samples",
        grounds="samples" if spent else "",
        boxes=spent,
        note=note,
    )


def looks(f: Function, x: Floats, deadline: Deadline) -> tuple[Floats, Floats]:
    """f at the points, or at as many of them, spread over the domain, as there is time for; at least at both ends."""
    if deadline.endless:
        return x, sample(f, x)
    order = np.random.default_rng(0).permutation(x.size)
    some = [np.flatnonzero((x == x.min()) | (x == x.max()))]
    values = [sample(f, x[some[0]])]
    for start, stop in deadline.runs(0, x.size):
        some.append(order[start:stop])
        values.append(sample(f, x[some[-1]]))
    x, first = np.unique(x[np.concatenate(some)], return_index=True)
    return x, np.concatenate(values)[first]


def distances(y: Floats, z: Floats) -> Floats:
    """|y - z|, shape of y; the largest float where that overflows: a difference of at least so much was seen."""
    with np.errstate(over="ignore"):
        return np.minimum(np.abs(y - z), LARGEST)
