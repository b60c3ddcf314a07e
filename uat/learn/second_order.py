"""Second-order methods on full batches: L-BFGS, and variable projection for one input.

L-BFGS (Liu & Nocedal 1989; SciPy's L-BFGS-B) needs nothing but F and its gradient. Variable projection uses the
structure of `uat.learn.projection`. Both record every iteration, and neither keeps its inner state in a checkpoint:
on resuming they restart from the last recorded parameters, and the outcome says so.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

from uat._checks import InputError, integer, one_of, positive, show
from uat.learn import checkpoint as files
from uat.learn import projection
from uat.learn.history import Fit, Row
from uat.learn.journal import Journal
from uat.learn.losses import Loss
from uat.learn.regularizers import Regularizer
from uat.learn.risk import Risk, Samples
from uat.learn.stopping import Criterion
from uat.mlp import MLP, Array


@dataclass(frozen=True, slots=True)
class LBFGS:
    """Limited-memory BFGS with ``memory`` pairs; converged when the largest gradient entry is <= ``tol``."""

    memory: int = 10
    tol: float = 1e-9

    def __post_init__(self) -> None:
        integer(self.memory, "memory")
        positive(self.tol, "tol")


@dataclass(frozen=True, slots=True)
class VariableProjection:
    """A best free-knot broken line through the samples, by Levenberg-Marquardt on the logarithms of the spacings.

    For one input, one hidden ReLU layer, one affine output and the squared loss. ``start`` says where the knots begin:
    "graded" (dense where the samples bend), "uniform", or "network" (the kinks of the network that is given).
    ``tol`` is the relative change of F or of the spacings at which the search ends.
    """

    start: str = "graded"
    tol: float = 1e-10

    def __post_init__(self) -> None:
        one_of(self.start, "start", ("graded", "uniform", "network"))
        positive(self.tol, "tol")


class _Stop(Exception):  # noqa: N818 - not an error: it leaves SciPy's loop
    pass


class _Watch:
    """Records every iteration in a journal, writes the checkpoint, and raises `_Stop` when the run is to end."""

    def __init__(
        self, network: MLP, data: Samples, held: Samples | None, loss: Loss, regularizer: Regularizer | None,
        method: Any, steps: int, criteria: Sequence[Criterion], callback: Any,
        metrics: Mapping[str, Callable[[MLP], float]], checkpoint: Any,
    ) -> None:  # fmt: skip
        self.journal, self.data, self.held, self.steps = Journal(network), data, held, steps
        self.risk = Risk(network, loss, regularizer, self.journal.last.copy())
        self.criteria, self.callback, self.metrics, self.checkpoint = criteria, callback, metrics, checkpoint
        self.description = {"sizes": list(network.sizes), "method": type(method).__name__, "loss": loss.name}
        self.description["samples"] = files.fingerprint(data)
        self.offset, self.before, self.started = 0, 0.0, time.perf_counter()

    def objective(self, theta: Array) -> tuple[float, Array]:
        """F and its gradient at joined parameters, as SciPy wants them."""
        self.risk.theta[...] = theta
        return float(self.risk.evaluate(self.data)), self.risk.gradient.astype(float)

    def record(self, theta: Array) -> None:
        """One more iteration done, at these joined parameters."""
        journal = self.journal
        value, gradient = self.objective(theta)
        held = None
        if self.held is not None:
            held = float(self.risk.evaluate(self.held, gradient=False, omega=False))
        step = self.offset
        self.offset += 1
        spent = self.before + time.perf_counter() - self.started
        own = {name: float(f(journal.as_network(self.risk.theta))) for name, f in self.metrics.items()}
        norm = float(np.linalg.norm(gradient))
        journal.add(Row(step, float(step), math.nan, value, held, norm, spent, own), self.risk.theta)
        self._save()
        for criterion in self.criteria:
            if not journal.reason and (sentence := criterion(journal.rows)):
                journal.end("stopped", f"stopped at step {step}: {sentence}")
        if self.callback is not None and not journal.reason:
            journal.consult(self.callback)
        if step >= self.steps and not journal.reason:
            journal.end("steps", f"did all {step} steps")
        if journal.reason:
            raise _Stop

    def _save(self) -> None:
        journal = self.journal
        if self.checkpoint is not None and not journal.reason:
            plain = {
                "description": self.description,
                "rows": [asdict(row) for row in journal.rows],
                "best_value": journal.best_value,
                "best_step": journal.best_step,
            }
            files.write(self.checkpoint, {"theta": journal.last, "best": journal.best}, plain)

    def load(self, path: Any) -> None:
        arrays, plain = files.read(path)
        files.same_run(plain["description"], self.description)
        journal = self.journal
        journal.rows = [Row(**row) for row in plain["rows"][:-1]]  # the last one is recorded again at the restart
        journal.last, journal.best = arrays["theta"], arrays["best"]
        journal.best_value, journal.best_step = plain["best_value"], plain["best_step"]
        self.offset, self.before = plain["rows"][-1]["step"], plain["rows"][-1]["seconds"]


def run(
    network: MLP, data: Samples, held: Samples | None, loss: Loss, regularizer: Regularizer | None,
    method: LBFGS | VariableProjection, steps: int, criteria: Sequence[Criterion], callback: Any,
    metrics: Mapping[str, Callable[[MLP], float]], checkpoint: Any, resume: Any,
) -> Fit:  # fmt: skip
    """One run of a second-order method; the arguments were checked by `fit`."""
    if isinstance(method, VariableProjection) and (
        network.sizes[0] != 1 or network.sizes[2:] != (1,) or network.activations != ("relu", "identity")
    ):
        raise InputError(
            "`network` must have one input, one hidden ReLU layer and one affine output for VariableProjection, "
            f"but has sizes {network.sizes} and activations {show(network.activations)}."
        )
    if isinstance(method, VariableProjection) and loss.name != "squared":
        raise InputError(f"`loss` must be 'squared' for VariableProjection, but is {show(loss.name)}.")
    watch = _Watch(network, data, held, loss, regularizer, method, steps, criteria, callback, metrics, checkpoint)
    if resume is not None:
        watch.load(resume)
    journal, restarted = watch.journal, resume is not None
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # a divergence is an outcome, not a warning
        try:
            watch.record(journal.last)
            if isinstance(method, LBFGS):
                sentence = _lbfgs(watch, method)
            else:
                sentence = projection.run(watch.data, journal, method, restarted, watch.record)
            journal.end("converged", f"converged after {journal.rows[-1].step} steps: {sentence}")
        except _Stop:
            pass
        except KeyboardInterrupt:
            if not journal.rows:
                raise
            journal.end("interrupted", f"interrupted after step {journal.rows[-1].step}")
    if restarted:
        journal.outcome += (
            f" (restarted from the parameters of the checkpoint: {type(method).__name__} keeps no memory)"
        )
    return journal.as_fit()


def _lbfgs(watch: _Watch, method: LBFGS) -> str:
    found = minimize(
        watch.objective,
        watch.journal.last.astype(float),
        jac=True,
        method="L-BFGS-B",
        callback=lambda theta: watch.record(theta),
        # ftol 0 leaves the decision to the gradient; maxiter is counted by the watch
        options={"maxcor": method.memory, "gtol": method.tol, "ftol": 0.0, "maxiter": 10**9, "maxfun": 10**9},
    )
    return str(found.message).strip().rstrip(".").lower()
