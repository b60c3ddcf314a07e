"""The journal of one network's run: its rows, its best and its last finite parameters, and how it ended."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from uat.learn.backprop import joined_order
from uat.learn.history import Fit, History, Row, best_of
from uat.mlp import MLP, Array


class Journal:
    """Kept while a run goes on; parameters are in the joined order of `uat.learn.backprop`."""

    def __init__(self, network: MLP) -> None:
        self.network, self.order = network, joined_order(network.sizes)
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
                f"step {before}. A smaller rate may help",
            )
            return
        self.last = theta.copy()
        if best_of(self.rows) < self.best_value:
            self.best, self.best_value, self.best_step = self.last, best_of(self.rows), row.step

    def consult(self, callback: Callable[[Row, MLP], Any]) -> None:
        """Show the last point to one's own function; True from it ends the run."""
        if callback(self.rows[-1], self.as_network(self.last)) is True:
            self.end("callback", f"stopped at step {self.rows[-1].step} by the callback")

    def end(self, reason: str, outcome: str) -> None:
        self.reason, self.outcome = reason, outcome

    def as_network(self, joined: Array) -> MLP:
        theta = np.empty_like(self.network.theta)
        theta[self.order] = joined
        return self.network.with_theta(theta)

    def as_fit(self) -> Fit:
        best = f"; least {'validation loss' if self.rows[-1].validation is not None else 'loss'} {self.best_value:.6g}"
        outcome = f"{self.outcome}{best} at step {self.best_step}."
        networks = self.as_network(self.best), self.as_network(self.last)
        return Fit(*networks, History(tuple(self.rows)), self.reason, outcome[0].upper() + outcome[1:], self.best_step)
