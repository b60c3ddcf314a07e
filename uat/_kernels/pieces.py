"""A function by its lines, as evaluation reads it: `PieceTable`, and the three ways to evaluate it.

One float: bisection in Python, which beats NumPy's overhead. Few points: bisection by NumPy. Many points: the compiled
loop of `evaluation`, or the same arithmetic in NumPy, block by block. All give the same numbers, because the cell is
exact (see `guess`) and the line on it is one formula, value + slope (x - anchor), rounded operation by operation.
"""

from __future__ import annotations

from bisect import bisect_right
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from math import inf, nextafter
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from uat import _checks
from uat._checks import Floats
from uat._kernels.evaluation import ANCHOR, LEFT, SLOPE, VALUE, evaluate
from uat._kernels.grid import Grid, grid_of
from uat._kernels.grid_loop import evaluate_on_grid
from uat._kernels.guess import Guess, guess

_BLOCK = 1 << 13  # points evaluated at a time without Numba: temporaries stay in the second-level cache
_DOUBLE = np.dtype(np.float64)
_STRIDED = 1 << 15  # points of strided input that are brought together at a time, for the same reason
_REST = 1 << 13  # points that the grid may leave before they are served: 64 KB
_FEW = 512  # up to so many points bisection by NumPy costs less than its alternatives' overhead


class PieceTable:
    """values[k] + slopes[k] (x - anchors[k]) on cell k, which reaches from edges[k-1] to edges[k].

    edges (K,) increasing; anchors, values, slopes (K+1,). A cell holds its left end; the first and the last go on for
    ever. Results do not depend on the number of threads, nor on whether the loop is compiled.
    """

    __slots__ = ("_edges", "_grid", "_guess", "_lines", "_wanted", "bounds", "edges", "rows")

    def __init__(self, edges: Floats, anchors: Floats, values: Floats, slopes: Floats) -> None:
        edges, anchors = edges + 0.0, anchors + 0.0  # 0.0 for -0.0, as a grid has it: x - anchor then has one sign
        self.bounds = _checks.freeze(np.concatenate([[-np.inf], edges, [np.nan]]))
        self.rows = _checks.freeze(np.stack([self.bounds[:-1], anchors, values, slopes], axis=1))
        self.edges: Floats = self.bounds[1:-1]
        self._edges, self._lines = self.edges.data, self.rows.data
        self._guess: Guess | None = None
        self._grid: tuple[Grid | None, Floats] | None = None
        self._wanted: tuple[float, float, tuple[Any, ...] | None] = np.nan, np.nan, None

    def __reduce__(self) -> Any:
        return PieceTable, (self.edges, *(self.rows[:, k].copy() for k in (ANCHOR, VALUE, SLOPE)))

    @property
    def guess(self) -> Guess:
        """Made at the first use that is worth it, then kept."""
        if self._guess is None:
            self._guess = guess(self.edges)
        return self._guess

    def at(self, x: float, lower: float, upper: float) -> float:
        """One float; the memory views hand out Python's own floats, which spares a small call NumPy's overhead."""
        if not lower <= x <= upper:
            return np.nan
        k, lines = bisect_right(self._edges, x), self._lines
        y: float = lines[k, VALUE] + lines[k, SLOPE] * (x - lines[k, ANCHOR])
        return y if y == y or lines[k, SLOPE] or abs(x) < inf else float(lines[k, VALUE])

    def __call__(self, x: ArrayLike, lower: float, upper: float, out: Any = None, threads: int = 1) -> Any:
        """The function at x, shape of x; nan outside [lower, upper]. Checks `out` and `threads`."""
        if type(threads) is not int or threads != 1:
            threads = _checks.integer(threads, "threads")
        if out is None and (type(x) is float or (isinstance(x, (int, np.float64)) and abs(x) < _checks.WHOLE)):
            return self.at(float(x), lower, upper)
        if out is None and type(x) is np.ndarray and x.dtype is _DOUBLE and x.ndim == 1 and x.size <= _FEW:
            return self._few(x, lower, upper)
        points = x if type(x) is np.ndarray and x.dtype is _DOUBLE else _checks.abscissae(x)
        given, wanted = out, points.dtype if points.dtype == np.float32 else _DOUBLE
        if out is not None:
            _checks.output(out, points.shape, wanted)
            out = out if type(out) is np.ndarray else out.view(np.ndarray)  # a matrix stays one when it is flattened
        elif points.ndim == 0:
            return float(self(points.reshape(1), lower, upper)[0])
        ends = at_ends(points, lower, upper)
        points = points.astype(wanted, copy=False)
        flat = points if points.ndim == 1 else points.reshape(-1)
        # out may be x itself, but no other view that overlaps it; and the loop writes to contiguous memory only
        direct = out is not None and out.flags.carray and (given is x or not np.may_share_memory(out, points))
        target = (out if out.ndim == 1 else out.reshape(-1)) if direct else np.empty(flat.size, wanted)
        self._fill(flat, target, lower, upper, threads)
        for few, end in ends:
            target[few] = self.at(end, lower, upper)
        if out is None:
            return target if points.ndim == 1 else target.reshape(points.shape)
        if not direct:
            out[...] = target.reshape(points.shape)
        return given

    def _fill(self, x: NDArray[Any], out: NDArray[Any], lower: float, upper: float, threads: int) -> None:
        if x.size <= _FEW:
            self._by_bisection(x, out, lower, upper)
            return
        part = self._compiled if evaluate.worth(x.size) else self._blocks
        if threads == 1 or x.size < threads:
            part(x, out, lower, upper)
            return
        cuts = [x.size * i // threads for i in range(threads + 1)]
        self._prepare(lower, upper)
        with ThreadPoolExecutor(threads) as pool:
            pieces = [slice(*pair) for pair in pairwise(cuts)]
            list(pool.map(lambda piece: part(x[piece], out[piece], lower, upper), pieces))

    def _prepare(self, lower: float, upper: float) -> None:
        """Make what several threads would otherwise make at the same time."""
        if self._on_grid(lower, upper) is None:
            self.guess  # noqa: B018

    def _on_grid(self, lower: float, upper: float) -> tuple[Any, ...] | None:
        """What `evaluate_on_grid` wants to know: None where knots are no formula. The last answer is kept."""
        known = self._wanted
        if known[0] == lower and known[1] == upper:
            return known[2]
        self._wanted = known = lower, upper, self._from_grid(lower, upper)
        return known[2]

    def _from_grid(self, lower: float, upper: float) -> tuple[Any, ...] | None:
        if self._grid is None:
            grid = grid_of(self.edges)
            if grid is not None and not self._begins_at_anchors(grid):
                grid = None
            rows = self.rows[grid.first :, [VALUE, SLOPE]].ravel() if grid else self.edges[:0]
            self._grid = grid, np.append(rows, (0.0, 0.0))
        grid, pairs = self._grid
        if grid is None or not (lower <= grid.start and (upper == np.inf or upper >= self.edges[-1])):
            return None
        cells = grid.cells if upper == np.inf else min(grid.cells, self.edges.size - grid.first)
        end, last = cells * grid.step + grid.start, grid.first + cells - 1
        if last < self.edges.size:
            end = min(end, float(self.edges[last]))
        return pairs, nextafter(end, -inf), grid.start, grid.step, grid.scale, grid.offset

    def _begins_at_anchors(self, grid: Grid) -> bool:
        cells = self.rows[grid.first : grid.first + grid.cells]
        return bool((cells[:, LEFT] == cells[:, ANCHOR]).all())

    def _compiled(self, x: NDArray[Any], out: NDArray[Any], lower: float, upper: float) -> None:
        x = x.view()
        x.setflags(write=False)  # Numba compiles anew for writable and for read-only arrays
        known = self._wanted
        grid = known[2] if known[0] == lower and known[1] == upper else self._on_grid(lower, upper)
        if grid is None:
            self._anywhere(x, out, lower, upper)
            return
        if not (x.flags.c_contiguous and x.flags.aligned):  # vectors are loaded from neighbouring, aligned numbers
            for i in range(0, x.size, _STRIDED):
                part = np.ascontiguousarray(x[i : i + _STRIDED])
                self._compiled(part if part.flags.aligned else part.copy(), out[i : i + _STRIDED], lower, upper)
            return
        rest = np.empty(_REST, np.int64)
        while x.size:
            left, done = evaluate_on_grid(x, out, rest, *grid)
            if left > 0:
                few = rest[:left]
                points, results = x[few], np.empty(left, out.dtype)
                (self._by_bisection if left <= _FEW else self._anywhere)(points, results, lower, upper)
                out[few] = results
            if done == x.size:
                return
            x, out = x[done:], out[done:]
            if 4 * left > done:  # most points lie beyond the grid, or rounding is coarse there
                self._anywhere(x, out, lower, upper)
                return

    def _anywhere(self, x: NDArray[Any], out: NDArray[Any], lower: float, upper: float) -> None:
        g = self.guess
        numbers = g.origin, g.scale, g.offset, g.least, g.most
        far = np.empty(0, np.intp)
        if lower == -inf and not self.rows[[0, -1], SLOPE].all():
            with np.errstate(all="ignore"):
                if not np.isfinite(x.dot(x)):  # a third of the time of a look at each
                    far = np.flatnonzero(np.isinf(x))
        limits = self._few(x[far].astype(np.float64), lower, upper)  # before `out`, which may be x
        evaluate(x, out, self.rows, self.bounds, g.starts, *numbers, lower, upper)
        out[far] = limits

    def _blocks(self, x: NDArray[Any], out: NDArray[Any], lower: float, upper: float) -> None:
        """The compiled loop's arithmetic in NumPy, block by block: the same numbers."""
        if x.size < self.edges.size and self._guess is None:  # a guess would cost more than it saves
            self._by_bisection(x, out, lower, upper)
            return
        with np.errstate(over="ignore", invalid="ignore"):
            for start in range(0, x.size, _BLOCK):
                block = x[start : start + _BLOCK].astype(np.float64, copy=False)
                out[start : start + _BLOCK] = self._on_cells(block, self._cells(block), lower, upper)

    def _by_bisection(self, x: NDArray[Any], out: NDArray[Any], lower: float, upper: float) -> None:
        with np.errstate(over="ignore"):  # of float32
            for start in range(0, x.size, _BLOCK):
                block = x[start : start + _BLOCK].astype(np.float64, copy=False)
                out[start : start + _BLOCK] = self._few(block, lower, upper)

    def _few(self, x: Floats, lower: float, upper: float) -> Floats:
        return self._on_cells(x, self.edges.searchsorted(x, "right"), lower, upper)

    @np.errstate(over="ignore", invalid="raise")  # as a decorator it costs half of what it costs in a `with`
    def _on_cells(self, x: Floats, cell: NDArray[Any], lower: float, upper: float) -> Floats:
        """The lines of the given cells at x."""
        lines = self.rows.take(cell, 0)
        y = _times(x - lines[:, ANCHOR], lines[:, SLOPE], x)
        y += lines[:, VALUE]
        return y if lower == -np.inf and upper == np.inf else _fenced(y, x, lower, upper)

    def _cells(self, x: Floats) -> NDArray[Any]:
        """The cell of each point: the number of edges <= x."""
        place, starts = self.guess.places(x), self.guess.starts
        if not starts.size:
            place -= x < self.bounds.take(place)
            place[x >= self.bounds[-2]] = len(self.rows) - 1
            return place
        cell = starts.take(place)
        crowded = starts.take(place + 1) - cell > 1
        cell += x >= self.bounds.take(cell + 1)
        if crowded.any():
            cell[crowded] = self.edges.searchsorted(x[crowded], "right")
        return cell


class QuotientTable(PieceTable):
    """The same for chords so steep or so flat that their slopes are no normal floats: (x - anchor) / length first.

    Needed by cells of subnormal length and the like, so never compiled. `slopes` holds rises, with one length a cell.
    """

    __slots__ = ("lengths",)

    def __init__(self, edges: Floats, anchors: Floats, values: Floats, rises: Floats, lengths: Floats) -> None:
        super().__init__(edges, anchors, values, rises)
        self.lengths = _checks.freeze(lengths)

    def __reduce__(self) -> Any:
        _, columns = super().__reduce__()
        return QuotientTable, (*columns, self.lengths.copy())

    def at(self, x: float, lower: float, upper: float) -> float:
        return float(self(np.array([x]), lower, upper)[0])

    def _fill(self, x: NDArray[Any], out: NDArray[Any], lower: float, upper: float, threads: int) -> None:
        self._by_bisection(x, out, lower, upper)

    @np.errstate(over="ignore", invalid="raise")
    def _on_cells(self, x: Floats, cell: NDArray[Any], lower: float, upper: float) -> Floats:
        lines = self.rows.take(cell, 0)
        y = _times((x - lines[:, ANCHOR]) / self.lengths.take(cell), lines[:, SLOPE], x)
        return _fenced(lines[:, VALUE] + y, x, lower, upper)


def _times(steps: Floats, slopes: Floats, x: Floats) -> Floats:
    """Their products, and 0 where x is infinite on a flat piece: NumPy tells, so that no pass looks for infinities."""
    try:
        return np.multiply(steps, slopes)
    except FloatingPointError:
        with np.errstate(invalid="ignore"):
            return np.where((slopes == 0) & np.isinf(x), 0.0, steps * slopes)


def at_ends(x: NDArray[Any], lower: float, upper: float) -> list[tuple[NDArray[np.intp], float]]:
    """Where short floats are an end of the interval rounded outwards, which they stand for: (flat indices, the end).

    The last entry of a table, 0.1 in float32, is more than 0.1. No other float of its kind lies beyond the end and
    nearer to it, so that no point further out gets a value.
    """
    found = []
    for end in (lower, upper) if x.dtype != _DOUBLE else ():
        with np.errstate(over="ignore"):
            rounded = x.dtype.type(end)
        if np.isfinite(rounded) and not lower <= float(rounded) <= upper:
            found.append((np.flatnonzero(x == rounded), end))
    return found


def _fenced(y: Floats, x: Floats, lower: float, upper: float) -> Floats:
    """y, made nan where x lies outside the domain."""
    outside = x < lower
    outside |= x > upper
    np.putmask(y, outside, np.nan)
    return y
