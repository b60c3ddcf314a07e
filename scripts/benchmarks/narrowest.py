"""The fewest pieces: against pwlf, on large data, and the table of proven counts."""

from __future__ import annotations

import importlib.util
import time
import warnings
from collections.abc import Iterator

import numpy as np

import uat
from scripts.benchmarks.measure import Row, seconds, summary
from uat.construct.corridor import fewest_links
from uat.construct.mesh import Deadline, Mesh, least_scale, polish
from uat.construct.tube import Tube
from uat.piecewise import PiecewiseAffine

PIECES = 16
TABLE = [
    (np.square, (-3.5, 3.5)),
    (np.log, (1, 32)),
    (np.sin, (0, 2 * np.pi)),
    (np.tanh, (-5, 5)),
    (lambda x: np.sin(x) / x, (1, 12)),
    (lambda x: 2 * x**2 + x**3, (-2.5, 2.5)),
    (lambda x: np.exp(-x) * np.sin(x), (-4, 4)),
    (lambda x: np.exp(-100 * (x - 2) ** 2), (0, 3)),
]


def search_alone() -> PiecewiseAffine:
    """The least error of 16 pieces for exp on [0, 1], without the proofs."""
    mesh, never = Mesh(np.exp, (0.0, 1.0), np.empty(0), np.empty(0)), Deadline(None)
    guess = float(np.ptp(mesh.y)) / (8 * PIECES**2)
    mesh.divide(Tube(guess).width, never)
    _, high = least_scale(lambda s: mesh.links(Tube(s)), PIECES, guess, 0.5, 1e-2, never)
    _, high = polish(mesh, Tube, 0.0, PIECES, high, 1e-10, never)
    return PiecewiseAffine(*mesh.links(Tube(high)).path())


def against_pwlf(quick: bool) -> Iterator[Row]:
    """pwlf minimises the squared error at samples; both errors are largest differences on the same fine grid."""
    if importlib.util.find_spec("pwlf") is None:
        return
    import pwlf

    pieces = 4 if quick else PIECES
    x = np.linspace(0, 1, 1001)
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = pwlf.PiecewiseLinFit(x, np.exp(x))
        model.fit(pieces)
    theirs = time.perf_counter() - start
    search_alone()
    yield summary("narrowest", f"exp on [0,1], {pieces} pieces: pwlf fit / our search", [
        theirs / seconds(search_alone) for _ in range(5)], goal=">= 1000")  # fmt: skip
    fine = np.linspace(0, 1, 200_001)
    best = uat.narrowest(np.exp, (0, 1), pieces=pieces)
    ratio = float(np.abs(model.predict(fine) - np.exp(fine)).max()) / best.certificate.upper
    yield summary("narrowest", "the same: pwlf's error / ours (proven)", [ratio], goal="> 1")
    with_proofs = [theirs / seconds(lambda: uat.narrowest(np.exp, (0, 1), pieces=pieces)) for _ in range(5)]
    yield summary("narrowest", "the same: pwlf fit / our search with both proofs", with_proofs)


def table() -> list[int]:
    return [uat.narrowest(f, domain, tol=tol).pieces for f, domain in TABLE for tol in (0.1, 0.01)]


def rows(quick: bool) -> Iterator[Row]:
    uat.narrowest(np.sin, (0, 1), tol=0.1)  # compilation
    table()
    yield summary(
        "narrowest", "theory C7, 16 counts with proofs", [seconds(table) for _ in range(5)], goal="< 10 s", unit=" s"
    )
    rng = np.random.default_rng(0)
    n = 10_000 if quick else 100_000
    x = np.sort(rng.uniform(0, 10, 2 * n))
    y = np.sin(x) + rng.normal(0, 0.01, 2 * n)
    half = (x[::2].copy(), y[::2].copy())
    uat.narrowest(half, tol=0.05)
    times = [seconds(lambda: uat.narrowest(half, tol=0.05)) for _ in range(7)]
    yield summary("narrowest", f"{n} points within 0.05, proven", times, goal="< 0.1 s", unit=" s")

    def sweep(a: np.ndarray, b: np.ndarray) -> float:
        return seconds(lambda: [fewest_links(a, b - 0.05, b + 0.05, chain=False) for _ in range(5)])

    growth = [sweep(x, y) / sweep(*half) for _ in range(9)]
    yield summary("narrowest", f"one sweep: {2 * n} / {n} samples (linear: 2)", growth, goal="about 2")
    yield from against_pwlf(quick)
