"""The loop: batch, gradient, step, and at every ``record_every``-th step a look at where the run stands.

One loop serves a single network and a stack of them: with S networks the parameters are (S, P) and every product runs
over the first axis. Between recorded points nothing but the step itself is computed. At a recorded point the whole
objective and its gradient are evaluated, the best parameters kept, the checkpoint written and the criteria asked.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from uat.learn import checkpoint as files
from uat.learn.batches import Batches, Stream
from uat.learn.descent import SGD, Adam, Memory
from uat.learn.history import Fit, Row
from uat.learn.journal import Journal, Metrics, salvage
from uat.learn.regularizers import Regularizer
from uat.learn.risk import Risk, Samples
from uat.learn.schedules import as_schedule, rate_at
from uat.learn.stopping import Criterion, verdict
from uat.mlp import MLP

Callback = Callable[[Row, MLP], Any]


class Run:
    """A first-order method at work on one network (``stacked`` False) or on several of the same architecture."""

    def __init__(
        self,
        networks: Sequence[MLP],
        data: Samples,
        validation: Samples | None,
        loss: Any,
        regularizer: Regularizer | None,
        method: SGD | Adam,
        batches: Batches,
        rngs: Sequence[np.random.Generator],
        *,
        stacked: bool,
        record_every: int,
        stop: Sequence[Criterion],
        callback: Callback | None,
        metrics: Metrics,
        frozen: Sequence[int],
        checkpoint: Any,
        seeded: bool = True,
    ) -> None:
        self.journals = [Journal(network, k) for k, network in enumerate(networks)]
        joined = np.array([journal.last for journal in self.journals])
        self.theta = joined if stacked else joined[0]
        self.risk = Risk(networks[0], loss, regularizer, self.theta)
        self.data, self.validation, self.method, self.batches = data, validation, method, batches
        self.stream = Stream(data, batches, rngs, stacked)
        self.memory: Memory = method.start(self.theta)
        self.rate = as_schedule(method.rate)
        self.record_every, self.stop, self.callback, self.metrics = record_every, stop, callback, metrics
        self.frozen = frozen_slices(networks[0].sizes, frozen)
        self.checkpoint = checkpoint
        self.t, self.seen, self.gamma = 0, 0, math.nan
        self.before = 0.0  # seconds spent before a resume
        self.started = time.perf_counter()
        self.description = {
            **files.describe(networks[0], data, validation, loss, regularizer, method, batches, frozen, record_every),
            "generator": type(rngs[0].bit_generator).__name__,
            files.STATE: files.first_state(rngs[0]) if seeded else None,
        }

    def go(self, steps: int, report: Callable[[int], None]) -> list[Fit]:
        """Descend until ``steps`` steps are done or every network has ended."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # a divergence is an outcome, not a warning
            try:
                if not self.journals[0].rows:
                    self.record()
                    self.save()
                    self.ask(callback=True)
                elif (
                    self.t == steps and self.journals[0].rows[-1].step < steps
                ):  # the checkpoint of an end off the beat
                    self.record()
                    self.ask(callback=True)
                else:
                    self.ask(callback=False)
                while self.t < steps and not all(journal.reason for journal in self.journals):
                    due = self.t - self.t % self.record_every + self.record_every
                    self.advance(min(steps, due))
                    if self.t == due:
                        self.record()
                        self.save()
                    else:  # the last point is off the beat: a resumed run with more steps would not have recorded it
                        self.save()
                        self.record()
                    self.ask(callback=True)
                    report(self.t)
            except KeyboardInterrupt:
                if not self.journals[0].rows:
                    raise
                self.end_all("interrupted", f"interrupted after step {self.journals[0].rows[-1].step}")
            except Exception as error:
                salvage(error, self.journals, stacked=self.theta.ndim > 1)
                raise
        self.end_all("steps", f"did all {self.t} steps")
        return [journal.as_fit() for journal in self.journals]

    def advance(self, until: int) -> None:
        """Steps t+1..until: the only part that is run at every step."""
        following, gradient_of, step = self.stream.next, self.risk.batch_gradient, self.method.step
        theta, gradient, memory, rate, frozen = self.theta, self.risk.gradient, self.memory, self.rate, self.frozen
        kept = [theta[..., part].copy() for part in frozen]
        gamma, seen = self.gamma, self.seen
        for t in range(self.t + 1, until + 1):
            X, Y, weights = following(t)
            gamma = rate_at(rate, t)
            gradient_of(X, Y, weights)
            for part in frozen:
                gradient[..., part] = 0
            step(theta, gradient, gamma, t, memory)
            for part, values in zip(frozen, kept, strict=True):
                theta[..., part] = values  # a weight decay would move them
            seen += X.shape[-1]
        self.t, self.gamma, self.seen = until, gamma, seen

    def record(self) -> None:
        """Evaluate F, its gradient and the validation risk; one row for each network that has not ended."""
        loss = np.atleast_1d(self.risk.evaluate(self.data))
        for part in self.frozen:
            self.risk.gradient[..., part] = 0
        norms = np.atleast_1d(np.linalg.norm(self.risk.gradient, axis=-1))
        held = None
        if self.validation is not None:
            held = np.atleast_1d(self.risk.evaluate(self.validation, gradient=False, omega=False))
        spent = self.before + time.perf_counter() - self.started
        for k, (journal, theta) in enumerate(zip(self.journals, np.atleast_2d(self.theta), strict=True)):
            if not journal.reason:
                own = journal.measure(self.metrics, theta)
                checked = None if held is None else float(held[k])
                epoch = self.seen / self.data.count
                row = Row(self.t, epoch, self.gamma, float(loss[k]), checked, float(norms[k]), spent, own, k)
                journal.add(row, theta)

    def ask(self, callback: bool) -> None:
        """Let the criteria and the callback end the runs that have not."""
        for journal in self.journals:
            if not journal.reason and (sentence := verdict(self.stop, journal.rows)):
                journal.end("stopped", f"stopped at step {journal.rows[-1].step}: {sentence}")
            if callback and self.callback is not None and not journal.reason:
                journal.consult(self.callback)

    def end_all(self, reason: str, outcome: str) -> None:
        for journal in self.journals:
            if not journal.reason:
                journal.end(reason, outcome)

    def save(self) -> None:
        """Write the checkpoint, if one is asked for and the run is sound."""
        if self.checkpoint is None or self.journals[0].reason:
            return
        arrays = {"theta": self.theta, **{f"memory_{k}": v for k, v in self.memory.items()}}
        plain = {
            "description": self.description,
            "t": self.t,
            "seen": self.seen,
            "gamma": self.gamma,
            "seconds": self.before + time.perf_counter() - self.started,
            "stream": self.stream.state(),
        }
        files.write(self.checkpoint, self.journals[0], arrays, plain)

    def load(self, path: Any, steps: int) -> None:
        """Stand where a checkpoint was written."""
        journal = self.journals[0]
        with files.reading(path, self.description, steps, journal) as (take, plain):
            self.theta[...] = take("theta", self.theta)
            for name, memory in self.memory.items():
                memory[...] = take(f"memory_{name}", memory)
            journal.last = self.theta.copy()
            self.t, self.seen, self.gamma, self.before = (plain[name] for name in ("t", "seen", "gamma", "seconds"))
            self.stream.restore(plain["stream"])
            self.description[files.STATE] = plain["description"][files.STATE]  # with rng=None, that of the file


def frozen_slices(sizes: Sequence[int], frozen: Sequence[int]) -> list[slice]:
    """Where the layers that must not move stand among the joined parameters."""
    ends = np.cumsum([0, *((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(sizes))])
    return [slice(int(ends[k]), int(ends[k + 1])) for k in frozen]
