"""Second-order methods on full batches: L-BFGS, and variable projection for one input.

L-BFGS (Liu & Nocedal 1989; SciPy's L-BFGS-B) needs nothing but F and its gradient. Variable projection uses the
structure of `uat.learn.projection`. Both record every iteration, and neither keeps its inner state in a checkpoint:
on resuming they restart from the last recorded parameters, and the outcome says so.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

from uat._checks import InputError, integer, one_of, positive, show
from uat.learn import checkpoint as files
from uat.learn import projection
from uat.learn.batches import full
from uat.learn.history import Fit, Row
from uat.learn.journal import Journal, Metrics, salvage
from uat.learn.losses import Loss
from uat.learn.regularizers import Regularizer
from uat.learn.risk import Risk, Samples
from uat.learn.stopping import Criterion, verdict
from uat.mlp import MLP, Array


@dataclass(frozen=True, slots=True)
class LBFGS:
    """Limited-memory BFGS with ``memory`` pairs, at most 1000; converged when the largest gradient entry is <= ``tol``.

    Where the line search finds no lower point before that (a kink, or rounding), the outcome is "stalled".
    """

    memory: int = 10
    tol: float = 1e-9

    def __post_init__(self) -> None:
        object.__setattr__(self, "memory", integer(self.memory, "memory", most=1000))
        object.__setattr__(self, "tol", positive(self.tol, "tol"))


@dataclass(frozen=True, slots=True)
class VariableProjection:
    """A best free-knot broken line through the samples: Newton, then Gauss-Newton, on the logarithms of the spacings.

    For one input, one hidden ReLU layer, one affine output and the squared loss. ``start`` says where the knots begin:
    "graded" (dense where the samples bend), "uniform", or "network" (the kinks of the network that is given).
    ``tol`` is the relative change of F or of the spacings at which the search ends.
    """

    start: str = "graded"
    tol: float = 1e-10

    def __post_init__(self) -> None:
        one_of(self.start, "start", ("graded", "uniform", "network"))
        object.__setattr__(self, "tol", positive(self.tol, "tol"))


class _Stop(Exception):  # noqa: N818 - not an error: it leaves SciPy's loop
    pass


class _Watch:
    """Records every iteration in a journal, writes the checkpoint, and raises `_Stop` when the run is to end."""

    def __init__(
        self, journal: Journal, data: Samples, held: Samples | None, loss: Loss, regularizer: Regularizer | None,
        method: Any, steps: int, criteria: Sequence[Criterion], callback: Any, metrics: Metrics, checkpoint: Any,
    ) -> None:  # fmt: skip
        self.journal, self.data, self.held, self.steps = journal, data, held, steps
        self.risk = Risk(journal.network, loss, regularizer, journal.last.copy())
        self.criteria, self.callback, self.metrics, self.checkpoint = criteria, callback, metrics, checkpoint
        self.description = files.describe(journal.network, data, held, loss, regularizer, method, full(), (), 1)
        self.t, self.before, self.started = 0, 0.0, time.perf_counter()
        self._known: tuple[Array, float, Array] | None = None

    def objective(self, theta: Array) -> tuple[float, Array]:
        """F and its gradient at joined parameters, as SciPy wants them; the last are remembered, to be recorded."""
        if self._known is None or not np.array_equal(self._known[0], theta):
            self.risk.theta[...] = theta
            value = float(self.risk.evaluate(self.data))
            self._known = theta.copy(), value, self.risk.gradient.astype(float)
        return self._known[1], self._known[2].copy()

    def record(self, theta: Array) -> None:
        """One more iteration done, at these joined parameters."""
        journal, step = self.journal, self.t
        value, gradient = self.objective(theta)
        held = None
        if self.held is not None:
            held = float(self.risk.evaluate(self.held, gradient=False, omega=False))
        spent = self.before + time.perf_counter() - self.started
        own = journal.measure(self.metrics, self.risk.theta)
        norm = float(np.linalg.norm(gradient))
        journal.add(Row(step, float(step), math.nan, value, held, norm, spent, own, journal.index), self.risk.theta)
        if self.checkpoint is not None and not journal.reason:
            plain = {"description": self.description, "t": step, "seconds": spent}
            files.write(self.checkpoint, journal, {"theta": journal.last}, plain)
        self.t += 1
        if not journal.reason and (sentence := verdict(self.criteria, journal.rows)):
            journal.end("stopped", f"stopped at step {step}: {sentence}")
        if self.callback is not None and not journal.reason:
            journal.consult(self.callback)
        if step >= self.steps and not journal.reason:
            journal.end("steps", f"did all {step} steps")
        if journal.reason:
            raise _Stop

    def load(self, path: Any) -> None:
        """Stand at the last recorded parameters of a checkpoint, which are recorded again at the restart."""
        journal = self.journal
        with files.reading(path, self.description, self.steps, journal) as (take, plain):
            journal.rows.pop()
            journal.last = take("theta", journal.last)
            self.t, self.before = int(plain["t"]), float(plain["seconds"])
            self.risk.theta[...] = journal.best  # valued anew: one's own functions are known by their names only
            judged = self.data if self.held is None else self.held
            journal.best_value = float(self.risk.evaluate(judged, gradient=False, omega=self.held is None))


def run(
    networks: Sequence[MLP], data: Samples, held: Samples | None, loss: Loss, regularizer: Regularizer | None,
    method: LBFGS | VariableProjection, steps: int, criteria: Sequence[Criterion], callback: Any, metrics: Metrics,
    checkpoint: Any, resume: Any, *, stacked: bool,
) -> list[Fit]:  # fmt: skip
    """A second-order method on one network after the other; the arguments were checked by `fit`."""
    if isinstance(method, VariableProjection):
        _projectable(networks[0], loss)
    journals, interrupted = [Journal(network, k) for k, network in enumerate(networks)], False
    for journal in journals:
        watch = _Watch(journal, data, held, loss, regularizer, method, steps, criteria, callback, metrics, checkpoint)
        if resume is not None:
            watch.load(resume)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # a divergence is an outcome, not a warning
            try:
                _descend(watch, method, interrupted, resume is not None)
            except _Stop:
                pass
            except KeyboardInterrupt:
                if not journal.rows:
                    raise
                interrupted = True
                journal.end("interrupted", f"interrupted after step {journal.rows[-1].step}")
            except Exception as error:
                salvage(error, journals, stacked)
                raise
        if resume is not None:
            journal.outcome += (
                f" (restarted from the parameters of the checkpoint: {type(method).__name__} keeps no memory)"
            )
    return [journal.as_fit() for journal in journals]


def _projectable(network: MLP, loss: Loss) -> None:
    if network.sizes[0] != 1 or network.sizes[2:] != (1,) or network.activations != ("relu", "identity"):
        raise InputError(
            "`network` must have one input, one hidden ReLU layer and one affine output for VariableProjection, "
            f"but has sizes {network.sizes} and activations {show(network.activations)}."
        )
    if loss.name != "squared":
        raise InputError(f"`loss` must be 'squared' for VariableProjection, but is {show(loss.name)}.")


def _descend(watch: _Watch, method: LBFGS | VariableProjection, interrupted: bool, restarted: bool) -> None:
    """Leave by `_Stop`, or with the journal ended as converged or stalled."""
    journal = watch.journal
    watch.record(journal.last)
    if interrupted:  # Ctrl-C while an earlier network of the stack was trained ends this one as well
        raise KeyboardInterrupt
    if isinstance(method, VariableProjection):
        sentence = projection.run(watch.data, journal, method, restarted, watch.record)
        journal.end("converged", f"converged after {journal.rows[-1].step} steps: {sentence}")
        return
    found = minimize(
        watch.objective,
        journal.last.astype(float),
        jac=True,
        method="L-BFGS-B",
        callback=lambda theta: watch.record(theta),
        # ftol 0 leaves the decision to the gradient; maxiter is counted by the watch
        options={"maxcor": method.memory, "gtol": method.tol, "ftol": 0.0, "maxiter": 10**9, "maxfun": 10**9},
    )
    largest, message = float(np.abs(found.jac).max()), str(found.message).strip().rstrip(".").lower()
    if largest <= method.tol:
        journal.end("converged", f"converged after {journal.rows[-1].step} steps: {message}")
    else:
        journal.end(
            "stalled",
            f"stalled after {journal.rows[-1].step} steps: no lower point was found along the search direction, "
            f"but the largest gradient entry is still {largest:.2g} > {method.tol:g}",
        )
