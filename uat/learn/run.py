"""The loop: batch, gradient, step, and at every ``record_every``-th step a look at where the run stands.

One loop serves a single network and a stack of them: with S networks the parameters are (S, P) and every product runs
over the first axis. Between recorded points nothing but the step itself is computed. At a recorded point the whole
objective and its gradient are evaluated, the best parameters kept, the checkpoint written and the criteria asked.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from itertools import pairwise
from typing import Any

import numpy as np

from uat._checks import InputError
from uat.learn import checkpoint as files
from uat.learn.batches import Batches, Stream
from uat.learn.descent import SGD, Adam, Memory
from uat.learn.history import Fit, Row
from uat.learn.journal import Journal
from uat.learn.regularizers import Regularizer
from uat.learn.risk import Risk, Samples
from uat.learn.schedules import Schedule, as_schedule, rate_at
from uat.learn.stopping import Criterion
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
        metrics: Mapping[str, Callable[[MLP], float]],
        frozen: Sequence[int],
        checkpoint: Any,
    ) -> None:
        self.journals = [Journal(network) for network in networks]
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
            "sizes": list(networks[0].sizes),
            "activations": [_text(act) for act in networks[0].activations],
            "dtype": str(self.theta.dtype),
            "loss": loss.name,
            "regularizer": repr(regularizer),
            "method": f"{type(method).__name__}({', '.join(_text(getattr(method, f.name)) for f in fields(method))})",
            "batches": f"{batches.kind}({batches.size}, {batches.drop_last})",
            "frozen": list(frozen),
            "record_every": record_every,
            "samples": files.fingerprint(data),
            "validation samples": None if validation is None else files.fingerprint(validation),
        }

    def go(self, steps: int, report: Callable[[int], None]) -> list[Fit]:
        """Descend until ``steps`` steps are done or every network has ended."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # a divergence is an outcome, not a warning
            try:
                if not self.journals[0].rows:
                    self.record()
                    self.save()
                self.ask(callback=self.t == 0)
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
                finite = bool(np.isfinite(theta).all())
                own = {name: float(f(journal.as_network(theta))) for name, f in self.metrics.items() if finite}
                checked = None if held is None else float(held[k])
                epoch = self.seen / self.data.count
                journal.add(Row(self.t, epoch, self.gamma, float(loss[k]), checked, float(norms[k]), spent, own), theta)

    def ask(self, callback: bool) -> None:
        """Let the criteria and the callback end the runs that have not."""
        for journal in self.journals:
            for criterion in self.stop:
                if not journal.reason and (sentence := criterion(journal.rows)):
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
        journal = self.journals[0]
        arrays = {"theta": self.theta, "best": journal.best, **{f"memory_{k}": v for k, v in self.memory.items()}}
        plain = {
            "description": self.description,
            "t": self.t,
            "seen": self.seen,
            "gamma": self.gamma,
            "seconds": self.before + time.perf_counter() - self.started,
            "best_value": journal.best_value,
            "best_step": journal.best_step,
            "rows": [asdict(row) for row in journal.rows],
            "stream": self.stream.state(),
        }
        files.write(self.checkpoint, arrays, plain)

    def load(self, path: Any, steps: int) -> None:
        """Stand where a checkpoint was written."""
        arrays, plain = files.read(path)
        files.same_run(plain["description"], self.description)
        if plain["t"] > steps:
            raise InputError(f"`steps` must be >= the steps of the checkpoint, {plain['t']}, but is {steps}.")
        self.theta[...] = arrays["theta"]
        for name, memory in self.memory.items():
            memory[...] = arrays[f"memory_{name}"]
        journal = self.journals[0]
        journal.rows = [Row(**row) for row in plain["rows"]]
        journal.last = self.theta.copy()
        journal.best, journal.best_value, journal.best_step = arrays["best"], plain["best_value"], plain["best_step"]
        self.t, self.seen, self.gamma, self.before = plain["t"], plain["seen"], plain["gamma"], plain["seconds"]
        self.stream.restore(plain["stream"])


def frozen_slices(sizes: Sequence[int], frozen: Sequence[int]) -> list[slice]:
    """Where the layers that must not move stand among the joined parameters."""
    ends = np.cumsum([0, *((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(sizes))])
    return [slice(int(ends[k]), int(ends[k + 1])) for k in frozen]


def _text(value: Any) -> str:
    """A setting as it stands in a checkpoint; functions go by their names, which is all that can be compared."""
    if callable(value) and not isinstance(value, Schedule):
        return str(getattr(value, "__qualname__", type(value).__name__))
    return (
        "+".join(map(_text, value))
        if isinstance(value, tuple)
        else repr(value)
        if not isinstance(value, str)
        else value
    )
