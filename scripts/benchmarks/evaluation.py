"""Evaluation beside everything a user would pick instead: SciPy, NumPy, the function itself, dense frameworks, limits.

One thread, 1e6 random float64 points in [0, 2 pi], the sine and its interpolants. "Copy" is the array's copy, the floor
of anything that reads and writes; "hand" is the shortest Numba loop that assumes a uniform grid and points inside.
Every row is a ratio of times taken turn by turn in this process.
"""

from __future__ import annotations

import importlib.util
import os
import timeit
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

import uat
from scripts.benchmarks.measure import Curve, Job, Row, compare, exponent, seconds, summary

TOPIC = "evaluation"
WIDTHS = (16, 256, 4096, 65_536)
END = 2 * np.pi


def rows(quick: bool) -> Iterator[Row | Curve]:
    n, turns = (10_000, 3) if quick else (1_000_000, 21)
    widths = WIDTHS[:2] if quick else WIDTHS
    x = np.random.default_rng(0).uniform(0, END, n)
    _compile()
    yield from _uniform(x, widths, turns)
    yield from _arbitrary(x, widths, turns)
    yield from _frameworks(x, 256 if quick else 4096)
    yield from _uncompiled(x, turns)
    yield from _threads(10_000 if quick else 10_000_000, turns)
    yield from _small(100 if quick else 20_000)
    for curve, goal in zip(_curves(quick), ("1.0 +- 0.05", "0 +- 0.1", "", ""), strict=True):
        yield curve
        yield summary(
            TOPIC, f"exponent: {curve.label}, time against {curve.against}", [exponent(curve)], goal=goal, unit=""
        )


def _curves(quick: bool) -> Iterator[Curve]:
    """Time against points (uniform, width 256) and against width (uniform, quartic, np.interp at 1e6 points).

    Points from 1e5 on: below, the fixed cost of a call, which the small calls measure, would pass for a lower exponent.
    """
    rng = np.random.default_rng(1)
    points = [1000, 10_000] if quick else [100_000, 316_228, 1_000_000, 3_162_278, 10_000_000]
    p = _sine(256)
    yield Curve(
        TOPIC, "uniform, width 256", "points", points, [_best(_into(p, rng.uniform(0, END, n))) for n in points]
    )
    x = rng.uniform(0, END, 10_000 if quick else 1_000_000)
    widths = [4**k for k in range(2, 5 if quick else 9)]
    yield Curve(TOPIC, "uniform", "width", widths, [_best(_job(_sine(m), x)) for m in widths])
    yield Curve(TOPIC, "quartic grading", "width", widths, [_best(_job(_on(_quartic(m)), x)) for m in widths])
    yield Curve(TOPIC, "np.interp", "width", widths, [_best(_interp(_sine(m), x)) for m in widths])


def _uniform(x: np.ndarray, widths: tuple[int, ...], turns: int) -> Iterator[Row]:
    from scipy.interpolate import CubicSpline, PPoly, make_interp_spline

    hand = _hand()
    for m in widths:
        p, out = _sine(m), np.empty_like(x)
        net, cubic = uat.ReluNet.from_piecewise(p), CubicSpline(p.knots, p.values)
        ppoly, spline = PPoly(np.stack([p.slopes, p.values[:-1]]), p.knots), make_interp_spline(p.knots, p.values, k=1)
        wanted = {256: ">= 15", 65_536: ">= 40"}.get(m, "")

        def line(name: str, peer: Job, goal: str = "", p: uat.PiecewiseAffine = p) -> Row:
            return compare(TOPIC, f"uniform, width {p.pieces}: {name}", peer, _job(p, x), turns=turns, goal=goal)

        yield compare(TOPIC, f"uniform, width {m}: ours / copy", _job(p, x), x.copy, turns=turns, goal="<= 3")
        yield compare(TOPIC, f"uniform, width {m}: network / copy", _job(net, x), x.copy, turns=turns, goal="<= 3")
        if hand:
            limit = lambda p=p, out=out: hand(x, out, p.values, p.slopes, END / p.pieces)  # noqa: E731
            yield compare(TOPIC, f"uniform, width {m}: ours / hand", _job(p, x), limit, turns=turns)
        yield line("np.interp / ours", _interp(p, x), wanted)
        yield line("np.sin / ours", lambda: np.sin(x), ">= 6")
        yield line("SciPy PPoly / ours", lambda f=ppoly: f(x), ">= 20")
        few = x[: x.size // 10]  # its search takes seconds at large widths
        slow, ours = (lambda f=spline, few=few: f(few)), _job(p, x)
        what = f"uniform, width {m}: SciPy BSpline k=1 / ours, per point"
        yield compare(TOPIC, what, slow, ours, turns=turns, times=10)
        yield line("SciPy CubicSpline / ours", lambda f=cubic: f(x))
        if m == 256 and (chebyshev := _chebfun(x)):
            yield line("chebfun of the sine (ChebPy) / ours", chebyshev)


def _arbitrary(x: np.ndarray, widths: tuple[int, ...], turns: int) -> Iterator[Row]:
    rng = np.random.default_rng(2)
    turns = max(turns // 2, 3)
    for m in widths:
        goal = ">= 8" if m >= 256 else ">= 1"
        inner = np.sort(rng.random(m - 1))
        kinds = {
            "quartic": (_quartic(m), goal, x),
            "random": (np.concatenate([[0], END * inner, [END]]), goal, x),
            "in a thousandth": (np.concatenate([[0], 3 + END / 1000 * inner, [END]]), ">= 2", x),
            "in a thousandth, points too": (
                np.concatenate([[0], 3 + END / 1000 * inner, [END]]),
                ">= 1",
                3 + x / 1000,
            ),
            "in 1e-12, points too": (
                np.concatenate([[0], 3 + 1e-12 * _spread(inner), [END]]),
                ">= 1",
                3 + x * 1e-12 / END,
            ),
            "random, points sorted": (np.concatenate([[0], END * inner, [END]]), ">= 1", np.sort(x)),
        }
        for name, (knots, wanted, points) in kinds.items():
            p = _on(np.unique(knots))
            what = f"{name}, width {m}: np.interp / ours"
            yield compare(TOPIC, what, _interp(p, points), _job(p, points), turns=turns, goal=wanted)


def _frameworks(x: np.ndarray, m: int) -> Iterator[Row]:
    """A dense forward takes a minute for all points: it gets a hundredth of them, and ratios are per point."""
    net = uat.ReluNet.from_piecewise(_sine(m - 1))
    few = x[: max(x.size // 100, 100)]
    share = x.size / few.size
    for name, make in (("PyTorch", _torch), ("onnxruntime", _onnxruntime), ("net.forward", _forward)):
        job = make(net, few)
        if job is not None:
            what = f"width {m}: dense {name} / network, per point"
            yield compare(TOPIC, what, job, _job(net, x), turns=3, goal=">= 1000", times=share)


def _uncompiled(x: np.ndarray, turns: int) -> Iterator[Row]:
    from uat._kernels.pieces import PieceTable

    for name, p, goal in (("uniform", _sine(256), ">= 4"), ("quartic", _on(_quartic(256)), "")):
        out, table = np.empty_like(x), p._table
        assert isinstance(table, PieceTable)
        ours = lambda table=table, out=out: table._blocks(x, out, 0.0, END)  # noqa: E731
        yield compare(
            TOPIC, f"{name}, width 256, without Numba: np.interp / ours", _interp(p, x), ours, turns=turns, goal=goal
        )


def _threads(n: int, turns: int) -> Iterator[Row]:
    x = np.random.default_rng(3).uniform(0, END, n)
    p, out = _sine(256), np.empty_like(x)
    for threads in sorted({2, min(os.cpu_count() or 2, 8)}):
        what = f"{n:.0e} points, width 256: one thread / {threads} threads"
        many = lambda t=threads: p(x, out=out, threads=t)  # noqa: E731
        yield compare(TOPIC, what, lambda: p(x, out=out), many, turns=turns, goal=">= 1.7" if threads == 2 else "")
    yield from _what_a_second_thread_can_give(x, out, turns)


def _what_a_second_thread_can_give(x: np.ndarray, out: np.ndarray, turns: int) -> Iterator[Row]:
    """The limits of the machine: where memory is the floor, and where two "cores" are two threads of one."""
    halves = slice(0, x.size // 2), slice(x.size // 2, x.size)
    matrix, results = np.random.default_rng(5).random((300, 300)), np.empty((2, 300, 300))

    def copy(part: slice) -> None:
        np.copyto(out[part], x[part])

    def products(k: int) -> None:
        for _ in range(20):
            np.dot(matrix, matrix, out=results[k])

    with ThreadPoolExecutor(2) as pool, threadpool_limits(1):
        for what, job, parts in (
            (f"copy of {x.size:.0e} points", copy, halves),
            ("matrix products", products, (0, 1)),
        ):
            one = lambda job=job, parts=parts: [job(part) for part in parts]  # noqa: E731
            two = lambda job=job, parts=parts: list(pool.map(job, parts))  # noqa: E731
            yield compare(TOPIC, f"the machine's limit, {what}: one thread / 2 threads", one, two, turns=turns)


def _small(loops: int) -> Iterator[Row]:
    p = _sine(256)
    net = uat.ReluNet.from_piecewise(p)
    for name, x in (("0.5", 0.5), ("100 points", np.random.default_rng(4).uniform(0, END, 100))):
        differences = []
        for _ in range(15):
            ours = timeit.timeit(lambda x=x: net(x), number=loops)
            theirs = timeit.timeit(lambda x=x: np.interp(x, p.knots, p.values), number=loops)
            differences.append(1e6 * (ours - theirs) / loops)
        yield summary(TOPIC, f"small call: net({name}) minus np.interp", differences, goal="< 3", unit=" us")


def _compile() -> None:
    """Compilation and the loading of Numba are no part of an evaluation."""
    for _ in range(2):
        _sine(16)(np.zeros(1_000_000))


def _sine(m: int) -> uat.PiecewiseAffine:
    return _ready(uat.interpolate(np.sin, 0, END, pieces=m))


def _on(knots: np.ndarray) -> uat.PiecewiseAffine:
    return _ready(uat.PiecewiseAffine(knots, np.sin(knots)))


def _ready(p: uat.PiecewiseAffine) -> uat.PiecewiseAffine:
    p(np.zeros(2000))
    return p


def _quartic(m: int) -> np.ndarray:
    return END * (np.arange(m + 1) / m) ** 4


def _spread(inner: np.ndarray) -> np.ndarray:
    """As many of the points as floats near 3 can tell apart within 1e-12."""
    return inner if inner.size < 500 else np.linspace(0, 1, 500)


def _job(g: Callable[[np.ndarray], Any], x: np.ndarray) -> Job:
    return lambda: g(x)


def _into(p: uat.PiecewiseAffine, x: np.ndarray) -> Job:
    """Into an array that is there: at 80 MB a fresh one costs more in page faults than the evaluation."""
    out = np.ones_like(x)
    return lambda: p(x, out=out)


def _interp(p: uat.PiecewiseAffine, x: np.ndarray) -> Job:
    return lambda: np.interp(x, p.knots, p.values)


def _best(job: Job) -> float:
    """The least of several times: for curves, where ratios would hide the floor."""
    job()
    return min(seconds(job) for _ in range(11))


def _hand() -> Callable[..., Any] | None:
    if importlib.util.find_spec("numba") is None:
        return None
    import numba

    @numba.njit
    def hand(x: Any, out: Any, values: Any, slopes: Any, h: Any) -> Any:
        for i in range(x.size):
            k = np.uint64(x[i] * (1 / h))
            out[i] = values[k] + slopes[k] * (x[i] - np.float64(k) * h)

    loop: Callable[..., Any] = hand
    return loop


def _chebfun(x: np.ndarray) -> Job | None:
    """The sine to the last digits, by Chebyshev polynomials."""
    if importlib.util.find_spec("chebpy") is None:
        return None
    from chebpy import chebfun

    sine = chebfun(np.sin, [0, END])
    assert np.abs(sine(x[:100]) - np.sin(x[:100])).max() < 1e-13
    return lambda: sine(x)


def _forward(net: uat.ReluNet, x: np.ndarray) -> Job:
    return lambda: net.forward(x)


def _torch(net: uat.ReluNet, x: np.ndarray) -> Job | None:
    if importlib.util.find_spec("torch") is None:
        return None
    import torch

    torch.set_num_threads(1)
    w, b, c = (torch.from_numpy(a.astype(np.float32)) for a in (net.weights, net.biases, net.coefficients))
    points = torch.from_numpy(x.astype(np.float32))[:, None]

    def forward() -> object:
        with torch.inference_mode():
            return torch.relu(torch.nn.functional.linear(points, w[:, None], b)) @ c

    return forward


def _onnxruntime(net: uat.ReluNet, x: np.ndarray) -> Job | None:
    if importlib.util.find_spec("onnx") is None or importlib.util.find_spec("onnxruntime") is None:
        return None
    import onnxruntime
    from onnx import TensorProto, checker, helper, numpy_helper

    arrays = {"w": net.weights[None, :], "b": net.biases, "c": net.coefficients[:, None]}
    graph = helper.make_graph(
        [
            helper.make_node("Gemm", ["x", "w", "b"], ["hidden"]),
            helper.make_node("Relu", ["hidden"], ["active"]),
            helper.make_node("MatMul", ["active", "c"], ["y"]),
        ],
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])],
        [numpy_helper.from_array(a.astype(np.float32), name) for name, a in arrays.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    checker.check_model(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    points = x.astype(np.float32)[:, None]
    return lambda: session.run(None, {"x": points})
