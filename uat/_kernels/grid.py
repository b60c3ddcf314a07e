"""Evaluation on a grid: where the knots are a formula, the cell needs no look-up and the table is half as large.

On the grid e_k = fl(fl(k step) + start) the left end of a cell is computed as exactly as it is stored, on vector units;
only the value and the slope are read, as one pair. A block of points is served in three passes over notes that stay in
the first-level cache: the place and x - e_k of every point (no branches, no memory), one pair of the table for each,
the results. A point whose place is not surely its cell is left to the general way of `uat._kernels.pieces`: about one
in a million, those beyond the grid, nan.

*Why the cell is exact.* The place, floor((x - start) scale + offset), is monotone in x in floats too. If
place(e_k) >= k and place(the float before e_k) <= k for every edge of the grid, then an x of cell k has the place k or
k + 1, and the place is the cell unless x < e_place. Both are checked when the grid is found, edge by edge. The last
cell may end earlier or later than the formula would have it, so its end is compared with.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from uat._checks import Floats
from uat._kernels.compiling import compiled_after

BLOCK = 512  # points between the passes: 6 KB of notes
LANES = 4  # pairs of the table that are turned into one vector of values and one of slopes
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
    return grid if right else None


def pair_up(pairs: Any, places: Any, t: Any, results: Any, i: Any) -> None:
    """results[j] = pairs[places[j]] + pairs[places[j] + 1] t[j] for j = i .. i + LANES - 1."""
    for j in range(i, i + LANES):
        results[j] = pairs[places[j]] + pairs[places[j] + 1] * t[j]


def _packed() -> None:
    """Tell Numba how to do `pair_up`: a pair is one load of two numbers, which no compiler finds by itself.

    The products, sums and roundings are those of the plain function, lane by lane.
    """
    ir: Any = import_module("llvmlite.ir")
    cgutils: Any = import_module("numba.core.cgutils")
    types: Any = import_module("numba.core.types")
    extending: Any = import_module("numba.extending")
    double, index = ir.DoubleType(), ir.IntType(32)
    pair, lanes = ir.VectorType(double, 2), ir.VectorType(double, LANES)

    def shuffled(builder: Any, a: Any, b: Any, order: list[int]) -> Any:
        return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(index, len(order)), order))

    def pack(context: Any, pairs: Any, places: Any, t: Any, results: Any, i: Any) -> Any:
        signature = types.void(pairs, places, t, results, i)

        def generate(target: Any, builder: Any, signature: Any, values: Any) -> Any:
            given = zip(signature.args[:4], values[:4], strict=True)
            arrays = [cgutils.create_struct_proxy(kind)(target, builder, value=value).data for kind, value in given]
            i = values[4]

            def vector_at(array: Any, place: Any, kind: Any) -> Any:
                return builder.bitcast(builder.gep(array, [place]), kind.as_pointer())

            rows = []
            for lane in range(LANES):
                place = builder.load(builder.gep(arrays[1], [builder.add(i, ir.Constant(i.type, lane))]))
                row = vector_at(arrays[0], builder.zext(place, ir.IntType(64)), pair)
                rows.append(builder.load(row, align=8))
            while len(rows) > 1:
                both = list(range(2 * rows[0].type.count))
                rows = [shuffled(builder, a, b, both) for a, b in zip(rows[::2], rows[1::2], strict=True)]
            value = shuffled(builder, rows[0], rows[0], [2 * lane for lane in range(LANES)])
            slope = shuffled(builder, rows[0], rows[0], [2 * lane + 1 for lane in range(LANES)])
            y = builder.fadd(value, builder.fmul(slope, builder.load(vector_at(arrays[2], i, lanes), align=8)))
            if signature.args[3].dtype == types.float32:
                single = ir.VectorType(ir.FloatType(), LANES)
                builder.store(builder.fptrunc(y, single), vector_at(arrays[3], i, single), align=4)
            else:
                builder.store(y, vector_at(arrays[3], i, lanes), align=8)
            return target.get_dummy_value()

        return signature, generate

    packed = extending.intrinsic(pack)

    def choose(pairs: Any, places: Any, t: Any, results: Any, i: Any) -> Any:
        return lambda pairs, places, t, results, i: packed(pairs, places, t, results, i)

    extending.overload(pair_up, strict=False)(choose)  # not strict: annotations are no part of a signature


@compiled_after(_packed)
def evaluate_on_grid(
    x: Any, out: Any, rest: Any, pairs: Any, cells: Any, end: Any, start: Any, step: Any, scale: Any, offset: Any
) -> Any:
    """out[i] = value[k] + slope[k] (x[i] - e_k) where x[i] is surely in cell k of the grid, 0 <= k < cells.

    Parameters
    ----------
    x, out : (n,) float64 or float32; the arithmetic is float64, and the result is rounded once to the type of `out`
    rest : (r,) int64, r >= BLOCK, written: the numbers i of the points that are left
    pairs : (2 cells,) float64, value and slope of each cell of the grid
    end : float, the right end of the last cell, perhaps infinite
    cells, start, step, scale, offset : float, see `Grid`

    Returns
    -------
    left, done : the first `done` points are done but for the `left` of them in `rest`, where `out` is untouched;
    done < n when `rest` was full
    """
    places, t = np.empty(BLOCK, np.int32), np.empty(BLOCK, np.float64)
    left = 0
    for begin in range(0, len(x), BLOCK):
        if left + BLOCK > len(rest):
            return left, begin
        count = min(BLOCK, len(x) - begin)
        points, results = x[begin : begin + count], out[begin : begin + count]
        doubtful = np.int64(0)
        for i in range(count):
            point = np.float64(points[i])
            place = np.floor((point - start) * scale + offset)
            beyond = point - (place * step + start)
            sure = (beyond >= 0.0) & (place >= 0.0) & (place < cells) & (point < end)  # false for nan
            places[i] = np.int32(place) * np.int32(2) if sure else np.int32(-1)
            t[i] = beyond
            doubtful += np.int64(not sure)
        whole = count - count % LANES if doubtful == 0 else 0
        for i in range(0, whole, LANES):
            pair_up(pairs, places, t, results, i)
        for i in range(whole, count):
            if places[i] >= 0:
                results[i] = pairs[places[i]] + pairs[places[i] + 1] * t[i]
            else:
                rest[left] = begin + i
                left += 1
    return left, len(x)
