"""A million pieces: interpolation and network against the function itself, and the peak memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import numpy as np

import uat
from scripts.benchmarks.measure import Row, compare, summary


def rows(quick: bool) -> Iterator[Row]:
    n = 10_000 if quick else 1_000_000
    x = np.linspace(0, 6, n + 1)

    def build() -> uat.ReluNet:
        return uat.ReluNet.from_piecewise(uat.interpolate(np.sin, 0, 6, pieces=n))

    what = f"interpolate + from_piecewise, {n} pieces, per np.sin on the knots"
    yield compare("construction", what, build, lambda: np.sin(x), turns=3 if quick else 25, goal="< 6")
    tracemalloc.start()
    build()
    peak = tracemalloc.get_traced_memory()[1] / (8 * n)
    tracemalloc.stop()
    yield summary("construction", f"peak memory, {n} pieces, in arrays of that size", [peak], goal="< 10", unit="")
