"""The fewest affine links from one end of a corridor to the other.

A corridor is what lies between a lower and an upper wall over the abscissae x_0 < ... < x_{n-1}. The walls are either
*chains*, polygonal lines through the samples that the path must respect everywhere, or *windows*, vertical segments at
the samples that it must pass through, whatever it does between them. One sweep finds the fewest links in O(n)
(`uat._kernels.fewest_links`, where the argument stands); this file turns the links into a path.

The arithmetic is that of the arrays: float64, compiled where Numba is there; or `fractions.Fraction` in object arrays,
where the count is exact. In windows mode every decision is the orientation of three input points, so that no rounded
point ever feeds a decision; in chain mode the point at which a link leaves the corridor is constructed.

Source: H. Imai and M. Iri, "An optimal algorithm for approximating a piecewise linear function", J. Inf. Process. 9
(1986); S. Suri, "A linear time algorithm for minimum link paths inside a simple polygon", CVGIP 35 (1986); J. O'Rourke,
"An on-line algorithm for fitting straight lines between data ranges", Comm. ACM 24 (1981).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uat import _kernels
from uat._checks import InputError
from uat._kernels import EXIT, HAS_FLAT, HAS_STEEP, KIND, LEFT, LEFT_FLAT, RIGHT, RIGHT_FLAT

Array = NDArray[Any]


@dataclass(frozen=True, eq=False, slots=True)
class Links:
    """The fewest links through a corridor: what the sweep saw.

    Parameters
    ----------
    x : (n,) array
        The abscissae of the corridor.
    lines, flats : (links, 4) arrays
        Two points of each link's extreme line; for a link that reached the end or a forced knot, its steepest and its
        flattest line.
    marks : (links, 8) int array
        Kind, exit and contacts of each link (columns named in `uat._kernels`).
    exits : (links, 2) array
        Where each link left the corridor.
    """

    x: Array
    lines: Array
    flats: Array
    marks: Array
    exits: Array

    @property
    def count(self) -> int:
        """The number of links."""
        return len(self.marks)

    @property
    def contacts(self) -> NDArray[np.int64]:
        """The samples that force the links to be what they are, sorted: contacts and both sides of every exit."""
        left = self.marks[:, KIND] != 0
        columns = [
            self.marks[:, [LEFT, RIGHT]].ravel(),
            self.marks[~left][:, [LEFT_FLAT, RIGHT_FLAT]].ravel(),
            self.marks[left, EXIT],
            self.marks[left, EXIT] - 1,
        ]
        samples = np.unique(np.concatenate(columns))
        return samples[samples >= 0]

    def triples(self) -> NDArray[np.int64]:
        """Of each link that was stopped, left contact, right contact and exit: (links - 1, 3) samples."""
        left = self.marks[:, KIND] != 0
        return np.asarray(self.marks[left][:, [LEFT, RIGHT, EXIT]])

    @np.errstate(all="ignore")  # where slopes overflow there is no path, which its values tell
    def path(self, direction: int = 0) -> tuple[Array, Array]:
        """The path's knots and its values there: (links + 1,) each, fewer where knots fall together.

        Neighbouring links meet where their lines cross, between the last contact and the exit of the first of the two.
        The last link, and each link before a forced knot, is free between its steepest and its flattest line; the last
        takes the middle, the others what the link behind the knot needs. With `direction` 1 (or -1) the last slope is
        kept from falling (rising) where one of the lines allows that; between monotone walls every other extreme line
        has the right sign anyway: one that falls to the upper wall's exit would have been above that wall before.
        """
        x, marks, count = self.x, self.marks, self.count
        # lines as (abscissa, ordinate, slope)
        at, height = self.lines[:, 2].copy(), self.lines[:, 3].copy()
        run = self.lines[:, 2] - self.lines[:, 0]
        some = run != 0
        slope = height - height
        slope[some] = (self.lines[some, 3] - self.lines[some, 1]) / run[some]
        for j in np.flatnonzero(marks[:, KIND] == 0)[::-1]:
            end, wanted = self.exits[j, 0], None
            if j + 1 < count:
                wanted = height[j + 1] + slope[j + 1] * (end - at[j + 1])
            previous = None if j == 0 else (at[j - 1], height[j - 1], slope[j - 1])
            height[j], slope[j] = self._free_line(int(j), end, wanted, previous, direction)
            at[j] = end
        knots, values = np.empty(count + 1, self.lines.dtype), np.empty(count + 1, self.lines.dtype)
        knots[0], knots[-1] = x[0], x[-1]
        values[0], values[-1] = height[0] + slope[0] * (x[0] - at[0]), height[-1] + slope[-1] * (x[-1] - at[-1])
        if count > 1:
            first, last = self.lines[:-1, 2], x[marks[:-1, EXIT]]
            left = height[:-1] + slope[:-1] * (first - at[:-1])
            gap_first = height[1:] + slope[1:] * (first - at[1:]) - left
            gap_last = height[1:] + slope[1:] * (last - at[1:]) - (height[:-1] + slope[:-1] * (last - at[:-1]))
            fall = gap_first - gap_last
            some = fall != 0
            share = gap_first - gap_first
            share[some] = gap_first[some] / fall[some]
            inner = np.minimum(np.maximum(first + share * (last - first), first), last)
            inner = np.where(marks[:-1, KIND] == 0, last, inner)
            knots[1:-1] = inner
            values[1:-1] = height[:-1] + slope[:-1] * (inner - at[:-1])
        keep = np.ones(count + 1, dtype=bool)
        keep[1:] = knots[1:] > knots[:-1]
        keep[:-1] &= (knots[:-1] < knots[-1]) | (np.arange(count) == 0)
        return knots[keep], values[keep]

    def _free_line(self, j: int, end: Any, wanted: Any, previous: Any, direction: int) -> tuple[Any, Any]:
        """Ordinate at `end` and slope of a line that link j may follow; through (end, wanted) unless that is None."""
        ends = []
        for have, row in ((HAS_FLAT, self.flats[j]), (HAS_STEEP, self.lines[j])):
            if self.marks[j, have]:
                slope = (row[3] - row[1]) / (row[2] - row[0])
                ends.append((row[3] + slope * (end - row[2]), slope))
        if len(ends) == 2:
            (low, flat), (high, steep) = ends
            if wanted is None or high == low:
                slope = (flat + steep) / 2
                if direction * slope < 0 and min(flat, steep) <= 0 <= max(flat, steep):
                    slope = 0 * slope
                share = (slope - flat) / (steep - flat) if steep != flat else 0
                return low + share * (high - low), slope
            share = min(max((wanted - low) / (high - low), 0), 1)
            return wanted, flat + share * (steep - flat)
        if len(ends) == 1 and wanted is None and direction * ends[0][1] >= 0:
            return ends[0]
        # Windows only: the link began in the gap before `end`, and there its slope is free on one side. It may start
        # from where the link before it passes the last sample before `end`.
        k = int(self.marks[j, EXIT]) - 1
        turn = previous[1] + previous[2] * (self.x[k] - previous[0])
        if wanted is None:
            wanted = self.exits[j, 1]
        return wanted, (wanted - turn) / (end - self.x[k])


class TooSteepError(InputError):
    """Two neighbouring samples lie so close that the sweep cannot pass between them."""


def fewest_links(
    x: Array, lower: Array, upper: Array, *, chain: bool = True, jumps: bool = False, forced: Array | None = None
) -> Links:
    """The fewest-link path through a corridor, continuous unless `jumps`.

    Parameters
    ----------
    x : (n,) array, n >= 2, strictly increasing
    lower, upper : (n,) arrays, lower <= upper
    chain : bool
        Whether the walls are chains (respected everywhere) or windows (respected at the samples).
    jumps : bool
        Whether the links may be disconnected; not together with `forced`.
    forced : (n,) bool array
        Samples at which a knot must stand.

    Returns
    -------
    Links
        The links; their number is the least possible, exactly so in exact arithmetic.
    """
    if forced is None:
        forced = np.zeros(len(x), dtype=bool)
    if x.dtype == object:
        return Links(x, *_kernels.fewest_links.plain(x, lower, upper, forced, chain, jumps))
    # the kernel multiplies ordinates: a power of two takes them to 1, without rounding, where products stay floats
    unit = int(np.frexp(max(np.abs(lower).max(), np.abs(upper).max()))[1])
    lower, upper = np.ldexp(lower, -unit), np.ldexp(upper, -unit)
    try:
        with np.errstate(all="ignore"):  # a path that overflows is none (`Search.path`)
            lines, flats, marks, exits = _kernels.fewest_links(x, lower, upper, forced, chain, jumps)
    except ZeroDivisionError:  # an exit was rounded onto a contact
        raise TooSteepError(
            "`f` is too steep for this tolerance: between some neighbouring floats it leaves the tube, as at a pole, "
            "at a jump, or where floats are far apart."
        ) from None
    for points in (lines, flats, exits):
        points[:, 1::2] = np.ldexp(points[:, 1::2], unit)
    return Links(x, lines, flats, marks, exits)
