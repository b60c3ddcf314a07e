"""What a training run leaves behind: the rows that were recorded, and the outcome in a sentence."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uat._checks import InputError, one_of, show
from uat._files import may_replace, written_whole
from uat.mlp import MLP

_COLUMNS = ("epoch", "gamma", "loss", "validation", "gradient_norm", "seconds")


@dataclass(frozen=True, slots=True)
class Row:
    """One recorded point, after ``step`` steps, of the network numbered ``index`` in `fit_many` (0 in `fit`).

    ``epoch`` is the samples seen divided by n; ``gamma`` the last step's rate (nan before the first); ``loss`` the
    whole objective F(theta), Omega included; ``validation`` the risk on the validation samples, without Omega;
    ``gradient_norm`` is |grad F(theta)|_2, frozen layers left out; ``seconds`` counts from the start, over all
    resumed parts; ``metrics`` holds one's own, nan where the parameters were not finite.
    """

    step: int
    epoch: float
    gamma: float
    loss: float
    validation: float | None
    gradient_norm: float
    seconds: float
    metrics: Mapping[str, float] = field(default_factory=dict)
    index: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """The recorded points, as rows and as arrays: ``history.loss`` has shape (rows,), an absent value being nan.

    ``history.step`` is an array of integers, the other columns are of floats.
    """

    rows: tuple[Row, ...]

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *_COLUMNS})  # so that they are completed like the attributes they are

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def step(self) -> NDArray[np.int64]:
        """The steps done at each recorded point, shape (rows,)."""
        return np.array([row.step for row in self.rows], dtype=np.int64)

    def __getattr__(self, name: str) -> NDArray[np.float64]:
        if name not in _COLUMNS:
            raise AttributeError(f"a History has no column {name!r}")
        values = [getattr(row, name) for row in self.rows]
        return np.array([np.nan if value is None else value for value in values], dtype=float)

    def metric(self, name: str) -> NDArray[np.float64]:
        """One of one's own metrics, shape (rows,)."""
        known = self.rows[-1].metrics if self.rows else {}
        if not known:
            raise InputError(f"`metrics` must be given to the fit for {show(name)} to be read, but there were none.")
        one_of(name, "name", known)
        return np.array([row.metrics[name] for row in self.rows], dtype=float)

    def as_dicts(self) -> list[dict[str, Any]]:
        """Plain data, one dictionary a row."""
        return [asdict(row) for row in self.rows]

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write a table with a head, a line a row: step, the columns, then one's own metrics; nan where there is none.

        Every float as the shortest decimal that reads back as the same one; the file appears whole or not at all.
        """
        own = list(self.rows[-1].metrics) if self.rows else []
        columns = [self.step.tolist(), *(getattr(self, name).tolist() for name in _COLUMNS)]
        columns += [self.metric(name).tolist() for name in own]
        may_replace(path, ".csv", b"step,", "a table of uat")
        with written_whole(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(["step", *_COLUMNS, *own])
            table.writerows(zip(*columns, strict=True))


@dataclass(frozen=True, slots=True)
class Fit:
    """The result of a training run.

    ``network`` is the *best* recorded network: least validation loss where there are validation samples, least F
    otherwise. ``last`` is the one where the run stopped (after a divergence: the last recorded one whose loss was
    finite). ``reason`` is "steps", "stopped", "callback", "interrupted", "diverged", "converged", "stalled" (L-BFGS
    found no lower point, though the gradient is above its tolerance) or "failed" (the ``partial`` of an exception), and
    ``outcome`` the same in a sentence, which also says when the network is constant on the samples (dead).
    """

    network: MLP
    last: MLP
    history: History
    reason: str
    outcome: str
    best_step: int

    def __str__(self) -> str:
        return self.outcome


def best_of(rows: Sequence[Row]) -> float:
    """The number by which the last row is compared with the best: validation loss, or else F."""
    row = rows[-1]
    return row.loss if row.validation is None else row.validation
