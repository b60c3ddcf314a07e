"""Grids: where the knots are a formula, a point needs no look-up to find its cell.

On the grid e_k = fl(fl(k step) + start) the left end of a cell is computed as exactly as it is stored, on vector units
(`uat._kernels.grid_loop`).

*Why the cell is exact.* The place, floor((x - start) scale + offset), is monotone in x in floats too. If
place(e_k) >= k and place(the float before e_k) <= k for every edge of the grid and for e_cells, then an x of cell k has
the place k or k + 1, and the place is the cell unless x < e_place. Both are checked when the grid is found, edge by
edge. Points are first moved into [e_0, last], with the last float before e_cells and before the end of the last cell:
there every place is one of 0 .. cells, and those that were moved are not served.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from uat._checks import Floats

_LEAST = 5  # edges from which a grid is looked for
_ROOM = 1e-6  # of a cell: how far the places are moved to the right, so that rounding leaves none behind


@dataclass(frozen=True, slots=True)
class Grid:
    """fl(fl(k step) + start), k = 0 .. cells - 1, are the left ends of the cells first, first + 1, ... of a table.

    For x in cell first + k the place, floor((x - start) scale + offset), is k or k + 1.
    """

    first: int
    cells: int
    start: float
    step: float
    scale: float
    offset: float

    @property
    def end(self) -> float:
        """e_cells, where the formula ends the last cell."""
        return self.cells * self.step + self.start

    def places(self, x: Floats) -> Floats:
        return np.asarray(np.floor((x - self.start) * self.scale + self.offset))


def grid_of(edges: Floats) -> Grid | None:
    """The grid that edges e_1 < ... < e_K follow to the last bit, or None; e_k is the left end of cell k.

    Left out may be e_1 (the shifted origin of the theorem's network) and e_K (the end of a shorter last cell, or the
    stop of `np.linspace`, which is set and not computed).
    """
    if not _LEAST <= edges.size < 2**30:
        return None
    with np.errstate(all="ignore"):
        for first in (1, 2):
            inner = edges[first - 1 :]
            for step in _steps(inner):
                follows = np.arange(inner.size) * step + inner[0] == inner
                if follows[:-1].all():
                    return _placed(inner, first, inner.size if follows[-1] else inner.size - 1, step)
    return None


def _steps(e: Floats) -> list[float]:
    """Steps that may reproduce all edges but the last: none where the intervals of step that each allows are apart."""
    k, half = np.arange(1, e.size - 1), 0.5 * np.spacing(np.abs(e[1:-1]))
    rises = e[1:-1] - e[0]
    least, most = float(((rises - half) / k).max()), float(((rises + half) / k).min())
    middle = least + 0.5 * (most - least)
    if not (middle > 0 and least <= most * (1 + 2.0**-50)):
        return []
    ulp = float(np.spacing(middle))
    return [float(e[-1] - e[0]) / (e.size - 1), *(middle + d * ulp for d in (0, 1, -1, 2, -2))]


def _placed(e: Floats, first: int, cells: int, step: float) -> Grid | None:
    """The grid with its places, if they pass the check for every edge that begins one of its cells."""
    e, k, scale = e[:cells], np.arange(cells), 1 / step
    behind = float((k - (e - e[0]) * scale).max())
    grid = Grid(first, cells, float(e[0]), step, scale, max(behind, 0.0) + _ROOM)
    right = (grid.places(e) >= k).all() and (grid.places(np.nextafter(e, -np.inf)) <= k).all()
    return grid if right and grid.places(np.nextafter(np.array([grid.end]), -np.inf))[0] <= cells else None
