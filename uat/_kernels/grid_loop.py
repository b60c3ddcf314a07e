"""The loop that evaluates lines on the cells of a grid.

Only the value and the slope of a cell are read, as one pair. A short block of points is served in two passes: the place
and x - e_k of every point (no branches, no memory), then one pair of the table for each and the results. The first pass
of a block comes before the second of the block ahead of it, so that the processor always has something to do while it
waits for notes or pairs. Blocks begin where a line of the memory does, since a vector that lies in two lines is awaited
twice. The few points before are served one by one, and one whose place is not surely its cell is left to the general
way of `uat._kernels.pieces`: about one in a million, those beyond the grid, nan.

Many results are written past the caches, which would first read what is about to be overwritten, and lose what they
hold: an array that does not fit into them is then written at the speed of the memory.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from uat._kernels.compiling import compiled_after

BLOCK = 32  # points between the passes: few enough for a processor to look up one block while it places the next
LANES = 8  # points that are placed at a time
LINE = 64  # bytes of a line of the memory
STREAMED = 1 << 24  # bytes of results from which they are written past the caches
QUAD = 4  # pairs of the table that are turned into one vector of values and one of slopes


def place_block(
    x: Any, i: Any, places: Any, t: Any, at: Any, last: Any, start: Any, step: Any, scale: Any, offset: Any
) -> Any:
    """places[at + j], t[at + j] = 2 k, x[i + j] - e_k for j = 0 .. BLOCK - 1; true if a cell k is not sure."""
    doubt = False
    for j in range(BLOCK):
        point = np.float64(x[i + j])
        inside = point if point > start else start  # for nan too
        inside = inside if inside < last else last
        place = np.floor((inside - start) * scale + offset)
        places[at + j] = 2 * int(place)
        t[at + j] = inside - (place * step + start)
        doubt = doubt or point != inside or t[at + j] < 0.0
    return doubt


def pair_block(pairs: Any, places: Any, t: Any, at: Any, results: Any, i: Any) -> None:
    """results[i + j] = pairs[k] + pairs[k + 1] t[at + j] with k = places[at + j] for j = 0 .. BLOCK - 1."""
    for j in range(BLOCK):
        results[i + j] = pairs[places[at + j]] + pairs[places[at + j] + 1] * t[at + j]


def pair_block_streamed(pairs: Any, places: Any, t: Any, at: Any, results: Any, i: Any) -> None:
    """The same past the caches; results[i] begins a line of the memory."""
    pair_block(pairs, places, t, at, results, i)


def settle() -> None:
    """What was written past the caches is there for every thread."""


def _packed() -> None:
    """Tell Numba how to do `place_block` and `pair_block` on vectors.

    A pair is one load of two numbers, which no compiler finds by itself; and with both passes written as vectors there
    is nothing to guess about arrays that might overlap. The products, sums and roundings are those of the plain
    functions, lane by lane. A point that was moved into the grid differs in its bits, a place that is too far to the
    right has a negative t: both are gathered with one operation a vector. (-0.0 may be doubted where 0.0 is not.)
    """
    ir: Any = import_module("llvmlite.ir")
    cgutils: Any = import_module("numba.core.cgutils")
    types: Any = import_module("numba.core.types")
    extending: Any = import_module("numba.extending")
    index, wide, double = ir.IntType(32), ir.IntType(64), ir.DoubleType()
    pair, quad, single = ir.VectorType(double, 2), ir.VectorType(double, QUAD), ir.FloatType()
    lanes, bits, whole = (ir.VectorType(kind, LANES) for kind in (double, wide, index))
    zeros = ir.Constant(bits, [0] * LANES)

    def shuffled(builder: Any, a: Any, b: Any, order: list[int]) -> Any:
        return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(index, len(order)), order))

    def in_every_lane(builder: Any, number: Any) -> Any:
        one = builder.insert_element(ir.Constant(lanes, ir.Undefined), number, ir.Constant(index, 0))
        return shuffled(builder, one, one, [0] * LANES)

    def data(target: Any, builder: Any, kind: Any, value: Any) -> Any:
        return cgutils.create_struct_proxy(kind)(target, builder, value=value).data

    def at(builder: Any, array: Any, place: Any, more: int, kind: Any) -> Any:
        place = builder.add(place, ir.Constant(place.type, more))
        return builder.bitcast(builder.gep(array, [place]), kind.as_pointer())

    def place(
        context: Any, x: Any, i: Any, places: Any, t: Any, to: Any,
        last: Any, start: Any, step: Any, scale: Any, offset: Any,
    ) -> Any:  # fmt: skip
        signature = types.boolean(x, i, places, t, to, last, start, step, scale, offset)

        def generate(target: Any, builder: Any, signature: Any, values: Any) -> Any:
            points, places, t = (data(target, builder, signature.args[k], values[k]) for k in (0, 2, 3))
            i, to = values[1], values[4]
            last, start, step, scale, offset = (in_every_lane(builder, number) for number in values[5:])
            kind = ir.FunctionType(lanes, [lanes])
            floor = cgutils.get_or_insert_function(builder.module, kind, f"llvm.floor.v{LANES}f64")
            moved, signs = zeros, zeros
            for j in range(0, BLOCK, LANES):
                if signature.args[0].dtype == types.float32:
                    point = builder.load(at(builder, points, i, j, ir.VectorType(single, LANES)), align=4)
                    point = builder.fpext(point, lanes)
                else:
                    point = builder.load(at(builder, points, i, j, lanes), align=8)
                inside = builder.select(builder.fcmp_ordered(">", point, start), point, start)
                inside = builder.select(builder.fcmp_ordered("<", inside, last), inside, last)
                place = builder.fadd(builder.fmul(builder.fsub(inside, start), scale), offset)
                place = builder.call(floor, [place])
                beyond = builder.fsub(inside, builder.fadd(builder.fmul(place, step), start))
                number = builder.fptosi(place, whole)
                builder.store(builder.add(number, number), at(builder, places, to, j, whole), align=4)
                builder.store(beyond, at(builder, t, to, j, lanes), align=8)
                moved = builder.or_(moved, builder.xor(builder.bitcast(inside, bits), builder.bitcast(point, bits)))
                signs = builder.or_(signs, builder.bitcast(beyond, bits))
            doubt = builder.or_(builder.icmp_signed("<", signs, zeros), builder.icmp_signed("!=", moved, zeros))
            some = ir.IntType(LANES)
            return builder.icmp_signed("!=", builder.bitcast(doubt, some), ir.Constant(some, 0))

        return signature, generate

    def packing(streamed: bool) -> Any:
        def pack(context: Any, pairs: Any, places: Any, t: Any, by: Any, results: Any, i: Any) -> Any:
            signature = types.void(pairs, places, t, by, results, i)

            def generate(target: Any, builder: Any, signature: Any, values: Any) -> Any:
                pairs, places, t, out = (data(target, builder, signature.args[k], values[k]) for k in (0, 1, 2, 4))
                by, i = values[3], values[5]
                single_out = signature.args[4].dtype == types.float32
                kind, bytes_each = (ir.VectorType(single, QUAD), 4) if single_out else (quad, 8)
                once = builder.module.add_metadata([ir.Constant(index, 1)])
                for j in range(0, BLOCK, QUAD):
                    rows = []
                    for lane in range(j, j + QUAD):
                        place = builder.zext(builder.load(at(builder, places, by, lane, index)), wide)
                        rows.append(builder.load(at(builder, pairs, place, 0, pair), align=8))
                    even, odd = (shuffled(builder, rows[k], rows[k + 2], [0, 1, 2, 3]) for k in (0, 1))
                    value, slope = (shuffled(builder, even, odd, [k, 4 + k, 2 + k, 6 + k]) for k in (0, 1))
                    y = builder.fadd(value, builder.fmul(slope, builder.load(at(builder, t, by, j, quad), align=8)))
                    y = builder.fptrunc(y, kind) if single_out else y
                    stored = builder.store(
                        y, at(builder, out, i, j, kind), align=bytes_each * (QUAD if streamed else 1)
                    )
                    if streamed:
                        stored.set_metadata("nontemporal", once)
                return target.get_dummy_value()

            return signature, generate

        return extending.intrinsic(pack)

    def fence(context: Any) -> Any:
        def generate(target: Any, builder: Any, signature: Any, values: Any) -> Any:
            builder.fence("seq_cst")
            return target.get_dummy_value()

        return types.void(), generate

    placed, fenced = extending.intrinsic(place), extending.intrinsic(fence)
    packed, streamed = packing(False), packing(True)

    def choose_place(
        x: Any, i: Any, places: Any, t: Any, at: Any, last: Any, start: Any, step: Any, scale: Any, offset: Any
    ) -> Any:
        return lambda x, i, places, t, at, last, start, step, scale, offset: placed(
            x, i, places, t, at, last, start, step, scale, offset
        )

    def choose_pack(pairs: Any, places: Any, t: Any, at: Any, results: Any, i: Any) -> Any:
        return lambda pairs, places, t, at, results, i: packed(pairs, places, t, at, results, i)

    def choose_streamed(pairs: Any, places: Any, t: Any, at: Any, results: Any, i: Any) -> Any:
        return lambda pairs, places, t, at, results, i: streamed(pairs, places, t, at, results, i)

    # not strict: annotations are no part of a signature
    extending.overload(place_block, strict=False)(choose_place)
    extending.overload(pair_block, strict=False)(choose_pack)
    extending.overload(pair_block_streamed, strict=False)(choose_streamed)
    extending.overload(settle, strict=False)(lambda: lambda: fenced())


@compiled_after(_packed)
def evaluate_on_grid(
    x: Any, out: Any, rest: Any, pairs: Any, last: Any, start: Any, step: Any, scale: Any, offset: Any
) -> Any:
    """out[i] = value[k] + slope[k] (x[i] - e_k) where x[i] is surely in cell k of the grid and start <= x[i] <= last.

    Parameters
    ----------
    x, out : (n,) float64 or float32; the arithmetic is float64, and the result is rounded once to the type of `out`
    rest : (r,) int64, r >= BLOCK, written: the numbers i of the points that are left
    pairs : (2 cells + 2,) float64, value and slope of each cell of the grid, and two numbers that are read in vain
    last : float, the last number of the last cell
    start, step, scale, offset : float, see `Grid`

    Returns
    -------
    left, done : the first `done` points are done but for the `left` of them in `rest`, where `out` is untouched;
    done < n when `rest` was full
    """
    # blocks begin where a line of the memory does, and so do the notes
    places, t = np.empty(2 * BLOCK + LINE // 4, np.int32), np.empty(2 * BLOCK + LINE // 8, np.float64)
    places, t = places[-places.ctypes.data % LINE // 4 :], t[-t.ctypes.data % LINE // 8 :]
    origin = -x.ctypes.data % LINE // x.itemsize
    origin = origin - BLOCK if origin > 0 else 0
    between = out.ctypes.data - x.ctypes.data
    stream = out.nbytes >= STREAMED and x.itemsize == out.itemsize and between % LINE == 0 and between != 0
    left, here, doubt = 0, 0, True
    for turn in range((len(x) - origin + BLOCK - 1) // BLOCK + 1):
        begin, ahead = origin + turn * BLOCK, True
        if 0 <= begin <= len(x) - BLOCK:
            ahead = place_block(x, begin, places, t, BLOCK - here, last, start, step, scale, offset)
        if turn > 0 and not doubt and stream:
            pair_block_streamed(pairs, places, t, here, out, begin - BLOCK)
        elif turn > 0 and not doubt:
            pair_block(pairs, places, t, here, out, begin - BLOCK)
        elif turn > 0:
            if left + BLOCK > len(rest):
                settle()
                return left, begin - BLOCK
            for i in range(max(begin - BLOCK, 0), min(begin, len(x))):
                point = np.float64(x[i])
                place = np.floor((point - start) * scale + offset) if start <= point <= last else 0.0
                beyond = point - (place * step + start)
                if start <= point <= last and beyond >= 0.0:
                    out[i] = pairs[2 * int(place)] + pairs[2 * int(place) + 1] * beyond
                else:
                    rest[left] = i
                    left += 1
        here, doubt = BLOCK - here, ahead
    settle()
    return left, len(x)
