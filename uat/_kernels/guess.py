"""Where to look for the cell of a point: a guess in floats that makes the answer exact.

The place of a point is (x - origin) scale + offset, brought into [least, most] and truncated. Each step is monotone in
floats too, hence so is the place. Therefore:

* *Buckets.* Let edge e lie in bucket place(e). An edge in a lower bucket than x is less than x, an edge in a higher one
  is greater. So the cell of x lies between the number of edges in lower buckets and that number plus the edges in its
  own bucket, and comparing x with those edges decides.
* *Nearly uniform knots.* If place(e_k) >= k and place(the float before e_k) <= k for every edge e_1 .. e_{K-1}, then
  every x of cell k < K has the place k or k + 1: one comparison with an edge decides, and one with e_K tells whether x
  is in the last cell. This is checked when the table is made, edge by edge, and where it fails the knots count as
  arbitrary. The cells [e_1, e_2) and [e_{K-1}, e_K) may be of any length that passes the check.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from uat._checks import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Guess:
    """How a point is turned into a place; `starts` is empty where the place is nearly the cell (see above)."""

    origin: float
    scale: float
    offset: float
    least: float
    most: float
    starts: NDArray[np.int32]

    def places(self, x: Floats) -> NDArray[np.int32]:
        place = x - self.origin
        place *= self.scale
        place += self.offset
        np.fmin(np.fmax(place, self.least, out=place), self.most, out=place)  # fmax, fmin: a number also for nan
        return place.astype(np.int32)


def guess(edges: Floats) -> Guess:
    """The guess for edges (K,), increasing: nearly uniform where that holds, else buckets."""
    with np.errstate(over="ignore", invalid="ignore"):
        return _uniform(edges) or _buckets(edges)


def _uniform(edges: Floats) -> Guess | None:
    """Places that are the cell or its right neighbour, or None where the edges are not nearly uniform."""
    inner = edges[1:-1]  # edges 2..K-1
    if inner.size < 2:
        return None
    scale = (inner.size - 1) / float(inner[-1] - inner[0])
    wanted = np.arange(2.0, edges.size)
    if not 0 < scale < np.inf:
        return None
    behind = float(np.max(wanted - ((inner - inner[0]) * scale + 2)))
    # shifted so that the edge which lies farthest behind still reaches its place, with room for rounding
    guess = Guess(float(inner[0]), scale, 2 + behind + 1e-6, 1.0, edges.size - 1.0, np.empty(0, np.int32))
    before = guess.places(np.nextafter(edges[:-1], -np.inf))
    right = (guess.places(inner) >= wanted).all() and (before <= np.arange(1, edges.size)).all()
    return guess if right else None


def _buckets(edges: Floats) -> Guess:
    """Buckets of equal length between the inner edges, one bucket for all below and one for all above.

    The first and the last edge are left out of the range, since they may lie far off: an end of the domain, or the
    shifted origin of the theorem's network. Any range is right; it only decides how many edges share a bucket.
    """
    k = edges.size
    buckets = min(8 * k, max(4 * k, 1 << 17)) + 1  # short of memory in the cache rather than of buckets
    inner = edges[1:-1] if k >= 4 else edges
    length = float(inner[-1] - inner[0]) if k else 0.0
    scale = buckets * (1 - 1e-9) / length if length > 0 else 0.0  # the last inner edge stays out of the bucket above
    if not 0 < scale < np.inf:  # a single edge, or edges so close or so far apart that a bucket is no float
        return Guess(0.0, 0.0, 0.0, 0.0, 0.0, np.array([0, k], np.int32))
    guess = Guess(float(inner[0]), scale, 1.0, 0.0, buckets + 1.0, np.empty(0, np.int32))
    in_bucket = np.bincount(guess.places(edges), minlength=buckets + 2)
    starts = np.concatenate([[0], np.cumsum(in_bucket)]).astype(np.int32)
    return replace(guess, starts=starts)
