"""Evaluation by pieces: exactly the cell that bisection finds, the same numbers whichever way they are computed."""

from __future__ import annotations

import copy
import importlib.util
import math
import pickle
import re
import subprocess
import sys
from bisect import bisect_right
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import uat
from tests.strategies import dear, piecewise_affine, relu_nets
from uat._kernels.compiling import PAYS_FROM, Kernel
from uat._kernels.evaluation import ANCHOR, SLOPE, VALUE, evaluate
from uat._kernels.grid import grid_of
from uat._kernels.grid_loop import BLOCK, LINE, STREAMED, evaluate_on_grid
from uat._kernels.guess import guess
from uat._kernels.pieces import PieceTable

HAS_NUMBA = importlib.util.find_spec("numba") is not None
needs_numba = pytest.mark.skipif(not HAS_NUMBA, reason="Numba is not installed")
Noun = uat.PiecewiseAffine | uat.ReluNet


def table_of(g: Noun) -> PieceTable:
    g(0.0)
    table = g._table
    assert table is not None
    return table


def one_by_one(table: PieceTable, x: np.ndarray, lower: float = -math.inf, upper: float = math.inf) -> np.ndarray:
    """The slow twin: bisection over the stored edges and one line, a point at a time, in Python's floats."""
    edges, rows = table.edges.tolist(), table.rows.tolist()
    y = []
    for point in x.tolist():
        row = rows[bisect_right(edges, point)]
        inside = lower <= point <= upper
        flat = row[SLOPE] == 0 and not math.isnan(point)  # infinitely far out too
        y.append(row[VALUE] + (0.0 if flat else row[SLOPE] * (point - row[ANCHOR])) if inside else math.nan)
    return np.array(y).reshape(x.shape)


def near(edges: np.ndarray, rng: np.random.Generator, count: int = 2000) -> np.ndarray:
    """Points where a cell index goes wrong: the edges, their neighbours among the floats, the ends, nan, and any."""
    edges = edges if edges.size <= 400 else rng.choice(edges, 400, replace=False)
    a, b = edges.min(), edges.max()
    inside = a + (b - a) * rng.random(count)
    special = [np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, 1e300, -1e300, a - 1, b + 1]
    return np.concatenate([edges, np.nextafter(edges, np.inf), np.nextafter(edges, -np.inf), inside, special])


def knots(kind: str, n: int) -> np.ndarray:
    rng = np.random.default_rng(n)
    t = np.arange(n + 1) / n
    match kind:
        case "uniform":
            return np.linspace(0, 2 * np.pi, n + 1)
        case "shorter last cell":
            return np.append(np.arange(n) * 0.1, n * 0.1 - 0.07)
        case "far from 0":
            return np.linspace(1e8, 1e8 + 1, n + 1)
        case "coarse floats":  # knots stand 16 floats apart: their rounding is no longer small against the cells
            return 2.0**53 + 32.0 * np.arange(n + 1) + rng.integers(0, 3, n + 1) * 2
        case "jittered":
            return np.arange(n + 1) + 0.2 * rng.random(n + 1)
        case "two knots moved":  # towards each other: no one shift serves both
            moved = np.linspace(-1, 1, n + 1)
            if n >= 17:
                moved[[n // 3, n // 2]] += np.array([0.6, -0.6]) * 2 / n
            return moved
        case "quartic":
            return 2 * np.pi * t**4
        case "random":
            return np.unique(rng.uniform(-3, 3, n + 1))
        case "in a thousandth":
            return np.concatenate([[0.0], 3 + 0.006 * np.sort(rng.random(n + 1)), [2 * np.pi]])
        case "neighbouring floats":
            return np.cumsum(np.full(n + 1, np.spacing(1.0))) + 1.0
        case "subnormal":
            return 5e-324 * np.arange(n + 1)
        case "huge":
            return np.linspace(-8e307, 8e307, n + 1)
    raise ValueError(kind)


KINDS = (
    "uniform",
    "shorter last cell",
    "far from 0",
    "coarse floats",
    "jittered",
    "two knots moved",
    "quartic",
    "random",
    "in a thousandth",
    "neighbouring floats",
    "subnormal",
    "huge",
)
NEARLY_UNIFORM = {"uniform", "shorter last cell", "far from 0", "coarse floats", "jittered", "neighbouring floats"} | {
    "huge"
}
GRIDS = {"uniform", "shorter last cell", "far from 0", "neighbouring floats", "huge"}


def every_way(table: PieceTable, x: np.ndarray, lower: float, upper: float) -> dict[str, np.ndarray]:
    ways: dict[str, Callable[..., object]] = {
        "bisection": table._by_bisection,
        "blocks": table._blocks,
    }
    if HAS_NUMBA:  # on the grid, where there is one, and anywhere
        ways |= {"compiled": table._compiled, "compiled, anywhere": table._anywhere}
    table.guess  # noqa: B018  else `_blocks` bisects for few points
    results = {name: np.empty(x.size) for name in ways}
    for name, way in ways.items():
        way(x, results[name], lower, upper)
    results["scalar"] = np.array([table.at(v, lower, upper) for v in x.tolist()])
    return results


@pytest.mark.parametrize("n", [1, 2, 3, 4, 17, 256, 5000])
@pytest.mark.parametrize("kind", KINDS)
def test_every_way_gives_the_numbers_of_the_slow_twin(kind: str, n: int) -> None:
    k = knots(kind, n)
    rng = np.random.default_rng(n)
    left = np.append(k[0], k)  # the anchors: the left ends, and of the cell below all edges its right end
    table = PieceTable(k, left, np.append(0.0, rng.normal(size=k.size)), np.tanh(left))
    x = near(k, rng)
    for lower, upper in ((-math.inf, math.inf), (float(k[0]), float(k[-1]))):
        wanted = one_by_one(table, x, lower, upper)
        for name, y in every_way(table, x, lower, upper).items():
            np.testing.assert_array_equal(y, wanted, err_msg=f"{name}, {kind}, {n}")
    if n >= 17:
        assert (table.guess.starts.size == 0) == (kind in NEARLY_UNIFORM), (
            "the fast way for uniform knots was not taken"
        )
        assert (table._on_grid(-math.inf, math.inf) is not None) == (kind in GRIDS)
        assert (table._on_grid(float(k[0]), float(k[-1])) is not None) == (kind in GRIDS)
        assert table._on_grid(float(k[1]), float(k[-1])) is None  # a domain that ends inside the grid


@pytest.mark.parametrize("kind", sorted(GRIDS))
def test_most_points_are_served_on_the_grid(kind: str) -> None:
    """Else it would be no shortcut; and what it leaves is what it says: beyond its cells, or just below an edge."""
    k = knots(kind, 256)
    p = uat.PiecewiseAffine(k, np.arange(k.size) % 7)
    x = k[0] + (k[-1] - k[0]) * np.random.default_rng(0).random(10_000)
    out, rest = np.full(x.size, np.inf), np.zeros(x.size + BLOCK, np.int64)
    on_grid = table_of(p)._on_grid(*p.domain)
    assert on_grid is not None
    left, done = evaluate_on_grid(x, out, rest, *on_grid)
    assert done == x.size
    assert left < (0.5 if kind == "neighbouring floats" else 0.01) * x.size
    untouched = np.zeros(x.size, bool)
    untouched[rest[:left]] = True
    assert (np.isinf(out) == untouched).all()


def test_full_notes_end_a_call_early() -> None:
    """Points below, on and above the grid by turns: the notes of what is left fill up, and the rest goes elsewhere."""
    p = uat.interpolate(np.sin, 0, 6, pieces=64)
    x = np.random.default_rng(0).uniform(-12, 18, 100_000)
    y, table = np.empty_like(x), table_of(p)
    rest = np.zeros(2 * BLOCK, np.int64)
    grid = table._on_grid(*p.domain)
    assert grid is not None
    left, done = evaluate_on_grid(x, y, rest, *grid)
    assert BLOCK < left <= 2 * BLOCK
    assert done < x.size
    for lower, upper in (p.domain, (-math.inf, math.inf)):
        table._compiled(x, y, lower, upper)
        np.testing.assert_array_equal(y, one_by_one(table, x, lower, upper))
    table._compiled(x, x, *p.domain)  # in place
    np.testing.assert_array_equal(x, one_by_one(table, np.random.default_rng(0).uniform(-12, 18, 100_000), *p.domain))


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e3), st.integers(4, 200), st.sampled_from(["stop", "step", "count"]))
def test_a_grid_is_recognised_to_the_last_bit(a: float, length: float, n: int, how: str) -> None:
    """Grids as NumPy and the theorem make them; moving one inner knot by one ulp makes it another sequence."""
    k = {
        "stop": lambda: np.linspace(a, a + length, n + 1),
        "step": lambda: np.append(a + np.arange(n) * (length / n), a + length * (1 - 0.3 / n)),
        "count": lambda: np.arange(n + 1) * (length / n) + a,
    }[how]()
    grid = grid_of(k)
    assert grid is not None
    assert grid.first == 1
    assert grid.cells >= n
    edges = np.arange(grid.cells) * grid.step + grid.start
    np.testing.assert_array_equal(edges, k[: grid.cells])
    k[n // 2] = np.nextafter(k[n // 2], np.inf)
    other = grid_of(k)
    if other is not None:  # another step may follow the moved knot too; it must do so exactly
        follows = np.arange(other.cells) * other.step + other.start
        np.testing.assert_array_equal(follows, k[other.first - 1 :][: other.cells])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("count", [1, 3, BLOCK - 1, BLOCK + 5, 4 * BLOCK])
def test_the_packed_loop_is_the_plain_one(dtype: type, count: int) -> None:
    """Also for arrays that begin anywhere in a line of the memory, of which the blocks begin at the next."""
    p = uat.interpolate(np.sin, -1, 6, pieces=64)
    grid = table_of(p)._on_grid(*p.domain)
    assert grid is not None
    points = np.random.default_rng(count).uniform(-1, 6, count + LINE).astype(dtype)
    for begin in range(LINE // points.itemsize):
        x, results = points[begin : begin + count], []
        for loop in (evaluate_on_grid, evaluate_on_grid.plain):
            out, rest = np.zeros(count + 2, dtype), np.zeros(2 * BLOCK, np.int64)
            with np.errstate(all="ignore"):
                results.append((out, *loop(x, out[1:-1], rest, *grid)))
        np.testing.assert_array_equal(results[0][0], results[1][0])
        np.testing.assert_array_equal(results[0][0][1:-1], p(x))
        assert results[0][0][0] == results[0][0][-1] == 0
        assert results[0][1:] == results[1][1:] == (0, count)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("apart", [0, 1])  # whether results begin in a line of the memory where points do
def test_many_results_are_the_same_past_the_caches(dtype: type, apart: int) -> None:
    count = STREAMED // np.dtype(dtype).itemsize + 100
    p = uat.interpolate(np.sin, -1, 6, pieces=64)
    x = np.random.default_rng(0).uniform(-1.001, 6, count).astype(dtype)
    memory = np.zeros(count + 2 * LINE, dtype)
    at = (x.ctypes.data - memory.ctypes.data) % LINE // memory.itemsize + apart
    out, wanted = memory[at : at + count], np.empty_like(x)
    table_of(p)._blocks(x, wanted, *p.domain)
    assert np.isnan(wanted).any()
    for threads in (1, 2):
        out[:] = 0
        assert p(x, out=out, threads=threads) is out
        np.testing.assert_array_equal(out, wanted)
    assert not memory[:at].any()
    assert not memory[at + count :].any()
    np.testing.assert_array_equal(p(x, out=x), wanted)


@dear
@given(piecewise_affine(), st.integers(0, 100))
def test_piecewise_affine_every_way(p: uat.PiecewiseAffine, seed: int) -> None:
    table = table_of(p)
    x = near(p.knots, np.random.default_rng(seed), 50)
    for y in every_way(table, x, *p.domain).values():
        np.testing.assert_array_equal(y, one_by_one(table, x, *p.domain))
    np.testing.assert_array_equal(p(x), one_by_one(table, x, *p.domain))
    assert (p(p.knots) == p.values).all()


@dear
@given(relu_nets(), st.integers(0, 100))
def test_relu_net_every_way(net: uat.ReluNet, seed: int) -> None:
    table = table_of(net)
    x = near(np.append(net.kinks[np.isfinite(net.kinks)], 1.0), np.random.default_rng(seed), 50)
    for y in every_way(table, x, -math.inf, math.inf).values():
        np.testing.assert_array_equal(y, one_by_one(table, x))


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=30, unique=True), st.integers(0, 100))
def test_cells_are_exact_for_any_edges(edges: list[float], seed: int) -> None:
    edges = np.sort(edges)
    edges = edges[np.append(True, edges[1:] > edges[:-1])]  # 0.0 and -0.0 are two entries and one edge
    table = PieceTable(edges, *(np.zeros((3, edges.size + 1))))
    with np.errstate(over="ignore", invalid="ignore"):
        x = near(edges, np.random.default_rng(seed), 20)
        x = x[~np.isnan(x)]
        assert (table._cells(x) == np.searchsorted(edges, x, side="right")).all()


@pytest.mark.parametrize("form", ["shifted-origin", "output-bias"])
@pytest.mark.parametrize("step", [0.1, 0.25])
def test_networks_on_a_uniform_grid_take_the_fast_way(form: str, step: float) -> None:
    """Also with the origin's kink far to the left, the last cell shorter, and on both sides of 0."""
    for a in (0, -3):
        net = uat.ReluNet.from_piecewise(uat.interpolate(np.sin, a, a + 6.03, step=step), form=form)
        assert not table_of(net).guess.starts.size
        assert table_of(net)._on_grid(-math.inf, math.inf) is not None


# ------------------------------------------------------------------------------------------------- slopes of any size


@pytest.mark.parametrize(
    ("k", "v"),
    [
        ([0, 5e-324, 1e-323], [0, 1e300, -1e300]),
        ([0, 1e-9, 1], [0, 1e300, 0]),
        ([0, 1e10, 2e10], [0, 1e-300, 3e-300]),
        ([0, 1, 2], [0, 1e-320, 1]),
    ],
)
def test_slopes_that_are_no_normal_floats(k: list[float], v: list[float]) -> None:
    from fractions import Fraction

    from tests.oracles import exact_piecewise
    from uat.bounds.rounding import gamma
    from uat.piecewise import UNIT

    p = uat.PiecewiseAffine(k, v)
    x = np.concatenate([k, np.linspace(k[0], k[1], 7), np.linspace(k[1], k[2], 7)])
    assert (p(np.array(k)) == v).all()
    assert [p(float(point)) for point in k] == v
    for point, value in zip(x.tolist(), p(x).tolist(), strict=True):
        cell = min(bisect_right(k, point), 2) - 1
        bound = Fraction(gamma(5)) * abs(Fraction(v[cell + 1]) - Fraction(v[cell]))
        bound += Fraction(UNIT) * max(abs(v[cell]), abs(v[cell + 1])) + Fraction(5e-324)
        assert abs(Fraction(value) - exact_piecewise(p, point)) <= bound
    assert np.isnan(p(np.array([k[0] - 1.0, k[-1] * 2, np.nan]))).all()
    assert (pickle.loads(pickle.dumps(p))(x) == p(x)).all()


# ------------------------------------------------------------------------------------- types, strides, out=, threads=


@pytest.fixture(params=["uniform", "random"])
def noun(request: pytest.FixtureRequest) -> uat.PiecewiseAffine:
    k = knots(request.param, 64)
    return uat.PiecewiseAffine(k, np.sin(3 * k))


WAYS = pytest.mark.parametrize("count", [100, 5000])  # by bisection, by blocks


@WAYS
def test_float32_is_the_float64_result_rounded_once(noun: uat.PiecewiseAffine, count: int) -> None:
    x = np.random.default_rng(0).uniform(*noun.domain, count).astype(np.float32)
    y = noun(x)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, noun(x.astype(np.float64)).astype(np.float32))
    compiled = np.empty_like(x)
    table_of(noun)._compiled(x, compiled, *noun.domain)
    np.testing.assert_array_equal(compiled, y)
    assert noun(x[:3].astype(np.float16)).dtype == noun([1, 2]).dtype == np.float64
    assert isinstance(noun(np.float32(0.5)), float)


@WAYS
def test_any_shape_and_stride(noun: uat.PiecewiseAffine, count: int) -> None:
    x = np.random.default_rng(1).uniform(*noun.domain, 6 * count)
    y = noun(x)
    np.testing.assert_array_equal(noun(x[::3]), y[::3])
    np.testing.assert_array_equal(noun(x[::-1]), y[::-1])
    np.testing.assert_array_equal(noun(x.reshape(6, -1)), y.reshape(6, -1))
    np.testing.assert_array_equal(noun(x.reshape(6, -1).T), y.reshape(6, -1).T)
    compiled = np.empty(2 * count)
    table_of(noun)._compiled(x[::3], compiled, *noun.domain)
    np.testing.assert_array_equal(compiled, y[::3])
    frozen = x.copy()
    frozen.flags.writeable = False
    np.testing.assert_array_equal(noun(frozen), y)
    assert noun(np.empty((0, 3))).shape == (0, 3)


@pytest.mark.parametrize("count", [100, 70_000])
def test_numbers_that_are_not_aligned(noun: uat.PiecewiseAffine, count: int) -> None:
    """Fields of packed records, for input and output alike."""
    records = np.zeros(count, np.dtype([("tag", "u1"), ("x", "f8"), ("y", "f8")]))
    records["x"] = x = np.random.default_rng(1).uniform(*noun.domain, count)
    assert not records["x"].flags.aligned
    noun(records["x"], out=records["y"])
    np.testing.assert_array_equal(records["y"], noun(x))
    packed = np.zeros(8 * count + 1, np.uint8)[1:].view(np.float64)
    packed[:] = x
    compiled = np.empty(count)
    table_of(noun)._compiled(packed, compiled, *noun.domain)
    np.testing.assert_array_equal(compiled, noun(x))
    table_of(noun)(packed, *noun.domain, packed)  # in place
    np.testing.assert_array_equal(packed, noun(x))


@WAYS
def test_out(noun: uat.PiecewiseAffine, count: int) -> None:
    x = np.random.default_rng(2).uniform(*noun.domain, count)
    y = noun(x)
    out = np.empty(count)
    assert noun(x, out=out) is out
    np.testing.assert_array_equal(out, y)
    strided = np.zeros(2 * count)
    noun(x, out=strided[::2])
    np.testing.assert_array_equal(strided[::2], y)
    assert not strided[1::2].any()
    square = np.empty((2, count // 2)).T
    noun(x.reshape(-1, 2), out=square)
    np.testing.assert_array_equal(square, y.reshape(-1, 2))
    scalar = np.empty(())
    noun(x[0], out=scalar)
    assert scalar == y[0]
    long = np.append(x, 0.0)
    noun(long[:-1], out=long[1:])  # overlaps its input
    np.testing.assert_array_equal(long[1:], y)
    assert noun(x, out=x) is x
    np.testing.assert_array_equal(x, y)


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("kind", ["uniform", "random"])
def test_a_matrix_is_written_within_its_bounds(kind: str) -> None:
    """np.matrix stays two-dimensional when it is flattened."""
    k = knots(kind, 64)
    p = uat.PiecewiseAffine(k, np.sin(3 * k))
    x = np.random.default_rng(2).uniform(*p.domain, (1, 5000))
    memory = np.full(15_000, 7.0)
    out = np.asmatrix(memory[5000:10_000].reshape(1, -1))
    assert p(x, out=out) is out
    table_of(p)._compiled(x.reshape(-1), np.empty(5000), *p.domain)
    for _ in range(2):  # by blocks, and compiled from a million points on
        p(x, out=out)
        np.testing.assert_array_equal(np.asarray(out), p(x))
        assert (memory[:5000] == 7).all()
        assert (memory[10_000:] == 7).all()
        p(np.zeros(PAYS_FROM))


def test_no_way_gives_another_sign_of_zero() -> None:
    k = np.linspace(-1, 1, 101)
    k[50] = -0.0
    p = uat.PiecewiseAffine(k, k.copy())
    x = np.array([0.0, -0.0] * 300)
    for y in every_way(table_of(p), x, *p.domain).values():
        np.testing.assert_array_equal(np.signbit(y), np.signbit(p(x[:2]))[np.arange(600) % 2])


def test_an_overflow_of_float32_is_silent() -> None:
    p = uat.PiecewiseAffine([0, 1, 2], [0, 1e300, 0])
    assert np.isinf(p(np.full(5, 0.5, np.float32))).all()
    assert np.isinf(p(np.full(5000, 0.5, np.float32))).all()


@pytest.mark.parametrize("threads", [2, 3, 7])
@WAYS
def test_threads_change_nothing(noun: uat.PiecewiseAffine, count: int, threads: int) -> None:
    x = np.random.default_rng(3).uniform(*noun.domain, count)
    np.testing.assert_array_equal(noun(x, threads=threads), noun(x))
    net = uat.ReluNet.from_piecewise(noun)
    np.testing.assert_array_equal(net(x[:2], threads=threads), net(x[:2]))


def test_threads_of_the_compiled_loop() -> None:
    """Enough points at once that the loop is compiled, for the first time perhaps by several threads together."""
    p = uat.interpolate(np.sin, 0, 6, pieces=100)
    x = np.random.default_rng(4).uniform(-1, 7, PAYS_FROM)
    y = p(x, threads=3)
    table = table_of(p)
    blocks = np.empty_like(x)
    table._blocks(x, blocks, *p.domain)
    np.testing.assert_array_equal(y, blocks)
    np.testing.assert_array_equal(p(x), y)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"out": [0.0, 0.0]}, "`out` must be a NumPy array, but is [0.0, 0.0]."),
        ({"out": np.empty(2, np.float32)}, "`out` must have the dtype of the result, float64, but has float32."),
        ({"out": np.ma.masked_array([0.0, 0.0], [True, False])}, "`out` must be a plain array, but is a masked one"),
        ({"out": np.empty(3)}, "`out` must have shape of `x`, (2,), but has shape (3,)."),
        ({"out": np.broadcast_to(0.0, 2)}, "`out` must be an array that can be written to, but is read-only."),
        ({"threads": 0}, "`threads` must be an integer >= 1, but is 0."),
        ({"threads": 1.5}, "`threads` must be an integer >= 1, but is 1.5."),
    ],
)
def test_bad_options(options: dict[str, object], sentence: str) -> None:
    p = uat.interpolate(np.sin, 0, 1, pieces=3)
    for noun in (p, uat.ReluNet.from_piecewise(p)):
        with pytest.raises(uat.InputError, match=re.escape(sentence)):
            noun(np.array([0.0, 1.0]), **options)


@pytest.mark.parametrize("make", [lambda p: p, uat.ReluNet.from_piecewise])
def test_an_evaluated_noun_can_be_pickled_and_copied(make: Callable[[uat.PiecewiseAffine], Noun]) -> None:
    noun = make(uat.interpolate(np.sin, 0, 6, pieces=9))
    x = np.linspace(0, 6, 40)
    y = noun(x)
    for twin in (pickle.loads(pickle.dumps(noun)), copy.deepcopy(noun), copy.copy(noun)):
        np.testing.assert_array_equal(twin(x), y)


# ------------------------------------------------------------------------------------------------- cost and compiling


class Counted(np.ndarray):
    """An array that counts how often it is read."""

    reads = 0

    def __getitem__(self, key: object) -> object:
        Counted.reads += 1
        return super().__getitem__(key)


@pytest.mark.parametrize("kind", ["uniform", "quartic", "random", "in a thousandth", "all but one", "exponential"])
def test_no_knots_make_a_point_cost_more_than_bisection(kind: str) -> None:
    """The loop itself, uncompiled, counting its comparisons with edges: worst points, worst knots."""
    n = 4096
    if kind == "all but one":
        k = np.append(np.linspace(0, 1e-12, n), 1.0)
    elif kind == "exponential":
        k = 2.0 ** -np.arange(1000.0)[::-1]
    else:
        k = knots(kind, n)
    table = PieceTable(k, *np.zeros((3, k.size + 1)))
    g = table.guess
    points = np.random.default_rng(0).choice(k, 200)
    bounds = table.bounds.view(Counted)
    most = 0
    for point in points:
        Counted.reads = 0
        numbers = g.origin, g.scale, g.offset, g.least, g.most, -np.inf, np.inf
        evaluate.plain(np.array([point]), np.empty(1), table.rows, bounds, g.starts, *numbers)
        most = max(most, Counted.reads)
    assert most <= math.log2(k.size) + 10
    assert g.starts.size <= 8 * k.size + 4  # the memory, too, is linear


@needs_numba
def test_kernel_waits_until_it_pays() -> None:
    kernel = Kernel(lambda x: x + 1)
    assert not kernel.worth(PAYS_FROM - 1)
    assert not kernel.loaded
    assert kernel.worth(1)
    assert kernel(1) == 2
    assert kernel.loaded
    assert kernel.worth(1)


PROGRAM = """
import sys, numpy as np, uat
p = uat.interpolate(np.sin, 0, 6, pieces=100)
q = uat.PiecewiseAffine(p.knots**2, p.values)
x = np.random.default_rng(0).uniform(-1, 37, 1_200_000)
p(x[:1000]), p(0.3)
assert "numba" not in sys.modules
import hashlib
print(hashlib.sha256(p(x).tobytes() + q(x).tobytes() + uat.ReluNet.from_piecewise(q)(x).tobytes()).hexdigest())
print("numba" in sys.modules)
"""


@needs_numba
def test_uncompiled_numbers_are_the_compiled_ones_bit_for_bit() -> None:
    import os

    def run(**environment: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=os.environ | environment, capture_output=True, text=True, check=True
        )
        assert done.stderr == ""
        return done.stdout.split()

    (compiled, with_numba), (plain, without) = run(UAT_COMPILED="1"), run(UAT_COMPILED="0")
    assert (with_numba, without) == ("True", "False")
    assert compiled == plain


def test_guess_of_no_edges_and_of_one() -> None:
    for edges in (np.empty(0), np.array([2.0])):
        assert guess(edges).starts.tolist() == [0, edges.size]
    constant = uat.ReluNet([], [], [], 2.5)
    x = np.linspace(-1, 1, 1000)
    assert (constant(x) == 2.5).all()
    assert (uat.ReluNet([1], [0], [1])(x) == np.maximum(x, 0)).all()


@pytest.mark.parametrize("kind", [np.float32, np.float16])
def test_the_end_of_a_table_in_short_floats_is_the_end_of_the_domain(kind: Any) -> None:
    """0.1 in float32 is more than 0.1: by rounding, not because a reading lies outside."""
    outwards = 0
    for a, b in ((0.0, 0.1), (0.7, 1.0), (-0.1, 0.7), (-0.3, -0.1), (1e-3, 1 / 3), (2.5, 1e5), (-1e300, 1e300)):
        p = uat.PiecewiseAffine([a, a + (b - a) / 3, b], [1.0, -2.0, 1e3])
        with np.errstate(over="ignore"):
            low, high = kind(a), kind(b)
        for end, rounded, value, slope in ((a, low, 1.0, p.slopes[0]), (b, high, 1e3, p.slopes[-1])):
            inside = a <= float(rounded) <= b
            outwards += not inside and bool(np.isfinite(rounded))
            for x in (rounded, np.array([rounded, rounded]), np.full(3000, rounded), [rounded]):
                y = np.asarray(p(x))
                assert y.dtype == (np.float32 if kind is np.float32 and np.ndim(x) else np.float64)
                if np.isfinite(rounded):
                    type_of = np.float32 if kind is np.float32 else np.float64
                    assert (y == type_of(p(float(rounded)) if inside else value)).all()
                    assert (np.asarray(p.derivative(x)) == slope).all()
                    assert inside or p.integral(rounded) == p.integral(end)
                else:
                    assert np.isnan(y).all()
            if np.isfinite(rounded) and np.isfinite(np.nextafter(rounded, kind(np.sign(end) * 6e4))):
                further = np.nextafter(rounded, kind(-6e4 if end == a else 6e4))
                assert np.isnan(p(further)) or a <= float(further) <= b
    assert outwards >= 3
    x = np.array([0.05, 0.1, 0.2], kind)
    if kind is np.float32:
        p = uat.PiecewiseAffine([0.0, 0.1], [0.0, 1.0])
        out = np.empty(3, np.float32)
        assert p(x, out=out) is out
        np.testing.assert_array_equal(out, [np.float32(0.5), 1.0, np.nan])
        np.testing.assert_array_equal(p(x, out=x), out)  # also in place
        assert x.dtype == np.float32


@pytest.mark.parametrize("width", [3, 40])
def test_infinitely_far_out_a_network_has_its_limit(width: int) -> None:
    for knots in (np.linspace(0, 1, width), np.sort(np.random.default_rng(width).normal(size=width))):
        values = np.append(np.random.default_rng(0).normal(size=width - 1), 2.0)
        values[-2] = 2.0  # flat at the right end, and the theorem's network is 0 on the left
        net = uat.ReluNet.from_piecewise(uat.PiecewiseAffine(knots, values))
        flat = uat.ReluNet(np.append(net.weights, 1.0), np.append(net.biases, -9.0), np.append(net.coefficients, -0.0))
        last = net.canonical()
        for x in (-np.inf, np.inf):
            limit = 0.0 if x < 0 else float(np.sign(net.regions.slopes[-1])) * np.inf if net.regions.slopes[-1] else 2.0
            for function in (net, flat, last):
                for many in (1, 3, 700, 3_000_000 if width == 40 else 5000):
                    points = np.full(many, 0.25)
                    points[-1] = x
                    y = function(points)
                    assert y[-1] == pytest.approx(limit, abs=1e-9)
                    assert many == 1 or y[0] == function(0.25)
                assert function(x) == pytest.approx(limit, abs=1e-9)
    p = uat.PiecewiseAffine([0.0, 1.0, 2.0], [3.0, 3.0, 1.0])
    assert p([-np.inf, np.inf], extrapolate=True).tolist() == [3.0, -np.inf]
    assert np.isnan(p([np.inf, np.nan, -np.inf])).all()
    assert np.isnan(p([np.nan], extrapolate=True)).all()
    steep = uat.PiecewiseAffine([0.0, 5e-324, 1.0], [0.0, 1.0, 1.0])  # by quotients
    assert steep([np.inf, -np.inf], extrapolate=True).tolist() == [1.0, -np.inf]


def test_no_network_of_the_theorem_holds_a_negative_zero() -> None:
    p = uat.PiecewiseAffine([-1.0, 0.0, 1.0], [-1.0, -0.0, -1.0])
    for form in ("shifted-origin", "output-bias"):
        net = uat.ReluNet.from_piecewise(p, form=form)
        parts = np.concatenate([net.weights, net.biases, net.coefficients, [net.output_bias]])
        assert not np.signbit(parts[parts == 0]).any()
