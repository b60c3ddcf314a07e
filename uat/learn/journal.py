"""The journal of one network's run: its rows, its best and its last finite parameters, and how it ended."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from uat._checks import real
from uat.learn.backprop import joined_order
from uat.learn.history import Fit, History, Row, best_of
from uat.mlp import MLP, Array

Metrics = Mapping[str, Callable[[MLP], float]]


class Journal:
    """Kept while a run goes on; parameters are in the joined order of `uat.learn.backprop`."""

    def __init__(self, network: MLP, index: int = 0) -> None:
        self.network, self.index, self.order = network, index, joined_order(network.sizes)
        self.rows: list[Row] = []
        self.last = network.theta[self.order]
        self.best, self.best_value, self.best_step = self.last, math.inf, 0
        self.reason = self.outcome = ""

    def add(self, row: Row, theta: Array) -> None:
        """Record a point; a loss or parameters that are not finite end the run."""
        self.rows.append(row)
        if not (math.isfinite(row.loss) and np.isfinite(theta).all()):
            before = self.rows[-2].step if len(self.rows) > 1 else 0
            self.end(
                "diverged",
                f"diverged: the loss was {row.loss:g} at step {row.step}; the last finite parameters are those of "
                f"step {before}{'' if math.isnan(row.gamma) else '. A smaller rate may help'}",
            )
            return
        self.last = theta.copy()
        if best_of(self.rows) < self.best_value:
            self.best, self.best_value, self.best_step = self.last, best_of(self.rows), row.step

    def consult(self, callback: Callable[[Row, MLP], Any]) -> None:
        """Show the last point to one's own function; True from it ends the run."""
        answer = callback(self.rows[-1], self.as_network(self.last))
        if isinstance(answer, (bool, np.bool_)) and answer:
            self.end("callback", f"stopped at step {self.rows[-1].step} by the callback")

    def end(self, reason: str, outcome: str) -> None:
        self.reason, self.outcome = reason, outcome

    def as_network(self, joined: Array) -> MLP:
        theta = np.empty_like(self.network.theta)
        theta[self.order] = joined
        return self.network.with_theta(theta)

    def measure(self, metrics: Metrics, theta: Array) -> dict[str, float]:
        """One's own metrics at these parameters; nan where they are not finite."""
        if not np.isfinite(theta).all():
            return dict.fromkeys(metrics, math.nan)
        return {name: _as_number(f(self.as_network(theta)), name) for name, f in metrics.items()}

    def as_fit(self) -> Fit:
        kind = "loss" if self.rows[-1].validation is None else "validation loss"
        best = f"least {kind} {self.best_value:.6g} at step {self.best_step}"
        if math.isinf(self.best_value):
            best = f"no {kind} was finite, so that `network` is the one of step {self.best_step}"
        outcome = f"{self.outcome}; {best}."
        networks = self.as_network(self.best), self.as_network(self.last)
        return Fit(*networks, History(tuple(self.rows)), self.reason, outcome[0].upper() + outcome[1:], self.best_step)


def salvage(error: Exception, journals: Sequence[Journal], stacked: bool) -> None:
    """A failure late in a run does not cost the run: what was recorded goes with the exception, as ``partial``."""
    begun = [journal for journal in journals if journal.rows]
    for journal in begun:
        if not journal.reason:
            journal.end("failed", f"failed after step {journal.rows[-1].step} with {type(error).__name__}")
    if begun:
        fits = [journal.as_fit() for journal in begun]
        with suppress(AttributeError):  # an exception with slots has no room for it
            error.partial = fits if stacked else fits[0]  # type: ignore[attr-defined]  # an attribute of our own
            error.add_note("The run up to its last recorded point is the attribute `partial` of this exception.")


def _as_number(value: Any, name: str) -> float:
    number = value.item() if isinstance(value, np.ndarray) and value.size == 1 else value
    return (
        float(number)
        if isinstance(number, (float, bool, np.floating, np.bool_))
        else real(number, f"metrics[{name!r}]")
    )
