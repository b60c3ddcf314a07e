"""A sweep's engine: what it adds to a row, what a second process gains; and the best learned networks: how near they
come to the best free-knot mean square (another optimiser, many starts, exact integrals), and in what time."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import wait
from pathlib import Path

import uat
from scripts.benchmarks.measure import Row, seconds, summary
from tests.oracles_compare import best_free_knot_rms
from uat.compare import Serial, process_pool, sweep
from uat.compare.runs import grid
from uat.compare.stack import Stack, run_stack

SMOOTH = ("sin", "exp", "square", "cubic", "runge", "tanh")


def overhead(widths: range) -> float:
    """Milliseconds a row beyond the seconds that the rows report; every row in a stack of its own, on disk."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        table = sweep("sin", widths, ["uniform"], executor=Serial(), store=str(Path(folder) / "runs.sqlite"))
        spent = time.perf_counter() - begun
    return 1e3 * (spent - sum(row["seconds"] for row in table)) / len(table)


def speed_up(budget: int, seeds: int) -> float:
    """One process's time over that of two, both pools warm: the work, and not the start of an interpreter."""
    asked = {"functions": ["sin", "exp"], "widths": [16, 24, 32, 40], "methods": ["adam", "lbfgs"], "seeds": seeds}
    spent = []
    for workers in (1, 2):
        with process_pool(workers) as pool:
            sweep("sin", [4, 5, 6, 7], ["narrowest"], executor=pool)  # imports, kernels
            spent.append(seconds(lambda pool=pool: sweep(**asked, budget=budget, executor=pool)))  # type: ignore[misc]
    return spent[0] / spent[1]


def machine(stack: Stack) -> float:
    """What two processes that share nothing gain on this machine: twice one's time over that of two at once."""
    with process_pool(2) as pool:
        wait([pool.submit(run_stack, stack) for _ in range(4)])  # imports, kernels
        alone = seconds(lambda: wait([pool.submit(run_stack, stack)]))
        return 2 * alone / seconds(lambda: wait([pool.submit(run_stack, stack) for _ in range(2)]))


def rows(quick: bool) -> Iterator[Row]:
    sweep("sin", [4], ["uniform"])
    turns = 1 if quick else 5
    added = [overhead(range(2, 10 if quick else 102)) for _ in range(turns)]
    yield summary("sweeps", "the engine, per row on disk", added, goal="< 5 ms", unit=" ms")
    gains = [speed_up(100 if quick else 20_000, 2 if quick else 8) for _ in range(1 if quick else 2)]
    yield summary("sweeps", "two processes beside one, a sweep of a minute", gains, goal=">= 1.7x")
    (stack,) = grid("sin", [32], ["adam"], 5, 100 if quick else 10_000)
    free = [machine(stack) for _ in range(1 if quick else 5)]
    yield summary("sweeps", "two processes that share nothing beside one, adam at width 32", free)
    for name in SMOOTH[: 1 if quick else 6]:
        f = uat.target(name)
        table = sweep(name, [8] if quick else [8, 16, 32, 64], ["varpro"], 2 if quick else 5, executor=Serial())
        for width in sorted(set(table.column("width"))):
            best = best_free_knot_rms(f, f.domain, int(width), starts=2 if quick else 12)
            own = table.where(width=int(width))
            what = f"varpro on {name}, width {width}"
            yield summary(
                "sweeps",
                f"{what}: rms above the best free-knot rms",
                [100 * (r["rms_error"] / best - 1) for r in own],
                goal="<= 5 %",
                unit=" %",
            )
            yield summary("sweeps", f"{what}: a network", [r["seconds"] for r in own], goal="< 2 s", unit=" s")
