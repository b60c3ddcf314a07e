"""One unit of work: the seeds of one setting, trained together, measured, and turned into rows.

It runs in this process, in another one or on another machine, and gives the same bits everywhere: steps are counted and
not seconds, no generator is shared, and BLAS has one thread while it runs (sums over threads depend on their number).
"""

from __future__ import annotations

import functools
import json
import math
import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

import uat
from uat._threads import one_blas_thread
from uat.compare.constructed import CONSTRUCTED
from uat.compare.learned import LEARNED, TRIAL_NETWORKS, WITHOUT_CHANCE, Learned, train
from uat.compare.measure import errors
from uat.compare.samples import LEAST, PER_NEURON, Samples
from uat.compare.setting import Setting
from uat.compare.table import NAMED, Row, failure
from uat.relu_net import ReluNet

METHODS = (*CONSTRUCTED, *LEARNED)
SEEDLESS = (*CONSTRUCTED, *WITHOUT_CHANCE)
STACK = 16  # seeds in one array: past that a stack outgrows the cache and no more is gained


@dataclass(frozen=True, eq=False, slots=True)
class Stack:
    """A setting and the seeds that one call of `run_stack` trains."""

    setting: Setting
    seeds: tuple[int, ...]

    @property
    def cost(self) -> float:
        """Its time in nanoseconds, roughly, as measured: dear stacks begin first, and the time left is told by it."""
        s, seeds = self.setting, len(self.seeds)
        if s.method in CONSTRUCTED:
            return (2.5e7 if s.method == "narrowest" else 1.5e6) * s.width
        if s.method.startswith("varpro"):
            return (1e7 if s.method == "varpro" else 4e6) * s.width * seeds
        entries = (s.width + 1) * max(LEAST, PER_NEURON * s.width)
        if s.method == "lbfgs":
            return 3.5 * s.budget * entries * seeds
        networks = (
            1 if s.method == "warm" else 0.8 * seeds + 0.2 * TRIAL_NETWORKS
        )  # the choice of the rate and the runs
        return s.budget * networks * (25_000 if s.method == "sgd" else 2.4 * entries)


def run_stack(stack: Stack) -> list[Row]:
    """The rows of a stack, one a seed; what cannot be made or measured is a failure (`uat.compare.table`), not raised.

    So it is the same wherever it runs, and an error that is raised is one of the executor.
    """
    with one_blas_thread, np.errstate(all="ignore"):
        return list(_rows(stack))


def _rows(stack: Stack) -> Iterator[Row]:
    started = time.perf_counter()
    problem = stack.setting.problem
    named = [_named(stack.setting, seed) for seed in stack.seeds]
    try:
        samples, found = _networks(stack)
    except Exception as error:  # noqa: BLE001 - whatever the function raises, or a method for it
        yield from (failure(one, error) for one in named)
        return
    shared = (time.perf_counter() - started) / len(found)
    for name, one in zip(named, found, strict=True):
        started = time.perf_counter()
        try:
            measured = errors(problem, one.net)
        except Exception as error:  # noqa: BLE001 - the same: a network that one seed made must not cost the others
            yield failure(name, error)
            continue
        yield {
            **name,
            "samples": samples.x.size,
            **measured,
            "kinks": json.dumps(measured["kinks"]),
            "fit_error": math.sqrt(one.loss) * samples.unit,
            "start_error": math.sqrt(one.start) * samples.unit,
            "rate": one.rate,
            "steps": one.steps,
            "outcome": one.outcome,
            "versions": versions(),
            "seconds": shared + time.perf_counter() - started,
        }


def _networks(stack: Stack) -> tuple[Samples, list[Learned]]:
    setting, problem = stack.setting, stack.setting.problem
    samples = Samples.of(problem.function, problem.domain, setting.width)
    if setting.method not in CONSTRUCTED:
        return samples, train(setting, stack.seeds, samples)
    p = CONSTRUCTED[setting.method](problem, setting.width)
    net = ReluNet.from_piecewise(p, form="output-bias")
    loss = float(np.mean((net(samples.x) - samples.y) ** 2)) / samples.unit**2
    return samples, [Learned(net, loss, loss, None, 0, "constructed")]


def _named(setting: Setting, seed: int) -> Row:
    problem = setting.problem
    values = (problem.name, setting.method, setting.width, setting.budget, seed, problem.formula, *problem.domain)
    return dict(zip(NAMED, values, strict=True))


@functools.cache
def versions() -> str:
    """What the bits depend on beside the setting, as JSON."""
    import scipy

    return json.dumps(
        {
            "uat": uat.__version__,
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "python": platform.python_version(),
            "machine": platform.machine(),
        }
    )
