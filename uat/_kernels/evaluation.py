"""The loop that evaluates a function which is a line on every cell.

A point is served in two steps, a block at a time so that the notes between them stay in the first-level cache. The
first step guesses a place by one multiplication and is free of branches and of look-ups, so that it runs on vector
units. The second turns the place into the cell and reads one row of the table, which is half a cache line. On nearly
uniform knots the place is the cell or its right neighbour, and one comparison with the stored knot decides. On any
other knots the place is a bucket, which knows between which cells to look: most hold at most one knot (one comparison),
and where knots crowd the cell is found by bisection, so the cost never exceeds O(log width) a point.

Why the cell is *exactly* the one that bisection finds, in spite of rounding, stands in `uat._kernels.guess`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from uat._kernels.compiling import compiled

BLOCK = 1024  # points between the two steps: 4 KB of places
SCAN = 8  # up to so many knots a scan is not slower than a bisection

LEFT, ANCHOR, VALUE, SLOPE = 0, 1, 2, 3  # columns of the table


@compiled
def evaluate(
    x: Any,
    out: Any,
    rows: Any,
    bounds: Any,
    starts: Any,
    origin: Any,
    scale: Any,
    offset: Any,
    least: Any,
    most: Any,
    lower: Any,
    upper: Any,
) -> Any:
    """out[i] = value[k] + slope[k] (x[i] - anchor[k]) on the cell k that holds x[i]; nan outside [lower, upper].

    Parameters
    ----------
    x, out : (n,) float64 or float32; the arithmetic is float64, and the result is rounded once to the type of `out`
    rows : (K+1, 4) left end, anchor, value, slope of each cell; the left end of cell 0 is -inf
    bounds : (K+2,) -inf, the K edges, nan: cell k reaches from bounds[k] to bounds[k+1]
    starts : (buckets + 1,) the edges before each bucket; empty on nearly uniform knots
    origin, scale, offset, least, most
        The place of x is (x - origin) scale + offset, brought into [least, most] and truncated.
    lower, upper : the domain
    """
    places = np.empty(BLOCK, np.int32)
    last, end = len(rows) - 1, bounds[len(rows) - 1]
    for begin in range(0, len(x), BLOCK):
        count = min(BLOCK, len(x) - begin)
        points, results = x[begin : begin + count], out[begin : begin + count]
        for i in range(count):
            point = np.float64(points[i])
            place = (point - origin) * scale + offset
            place = place if place > least else least  # also for nan
            place = place if place < most else most
            places[i] = np.int32(place) if (point >= lower) & (point <= upper) else np.int32(-1)
        for i in range(count):
            point = np.float64(points[i])
            if places[i] < 0:
                results[i] = np.nan
                continue
            k = np.uint64(places[i])  # unsigned: Numba then looks for no negative index
            if len(starts) == 0:
                if point < rows[k, LEFT]:
                    k -= np.uint64(1)
                elif point >= end:
                    k = np.uint64(last)
            else:
                k, beyond = np.uint64(starts[k]), np.uint64(starts[k + np.uint64(1)])
                if beyond - k <= np.uint64(1):
                    # added, not branched on, since no branch could be predicted; false when the bucket holds no edge
                    k += np.uint64(point >= bounds[k + np.uint64(1)])
                else:
                    while beyond - k > np.uint64(SCAN):
                        middle = (k + beyond) >> np.uint64(1)
                        if point >= bounds[middle + np.uint64(1)]:
                            k = middle + np.uint64(1)
                        else:
                            beyond = middle
                    while k < beyond and point >= bounds[k + np.uint64(1)]:
                        k += np.uint64(1)
            results[i] = rows[k, VALUE] + rows[k, SLOPE] * (point - rows[k, ANCHOR])
    return out
