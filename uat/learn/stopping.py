"""When to stop, beside the number of steps: criteria that are read at every recorded point.

A criterion is a function of the rows recorded so far that returns a sentence to stop and None to go on. Between
recorded points nothing is looked at, so that stopping costs nothing: ask for a smaller ``record_every`` to stop
sooner.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from uat._checks import InputError, integer, positive, show
from uat.learn.history import Row

Criterion = Callable[[Sequence[Row]], str | None]


def gradient_below(tol: float) -> Criterion:
    """Stop when |grad F|_2 <= tol (of the whole objective)."""
    tol = positive(tol, "tol")
    return lambda rows: f"the gradient norm fell to {tol:g} or below" if rows[-1].gradient_norm <= tol else None


def loss_below(target: float) -> Criterion:
    """Stop when the objective F is <= target."""
    target = positive(target, "target")
    return lambda rows: f"the loss reached its target {target:g}" if rows[-1].loss <= target else None


def plateau(relative: float = 1e-3, window: int = 10) -> Criterion:
    """Stop when the last ``window`` recorded points lowered the best loss by no more than ``relative`` times it.

    The validation loss counts where there is one.
    """
    relative, window = positive(relative, "relative"), integer(window, "window")

    def criterion(rows: Sequence[Row]) -> str | None:
        if len(rows) <= window:
            return None
        seen = [row.loss if row.validation is None else row.validation for row in rows]
        before, lately = min(seen[:-window]), min(seen[-window:])
        if before - lately > relative * abs(before):
            return None
        return f"the loss fell by less than {relative:g} of itself over the last {window} recorded points"

    return criterion


def seconds(limit: float) -> Criterion:
    """Stop when the training has taken ``limit`` seconds."""
    limit = positive(limit, "limit")
    return lambda rows: f"the time limit of {limit:g} s was reached" if rows[-1].seconds >= limit else None


def as_criteria(stop: Any) -> tuple[Criterion, ...]:
    """None, one criterion, or several."""
    found = () if stop is None else tuple(stop) if isinstance(stop, (tuple, list)) else (stop,)
    for criterion in found:
        if not callable(criterion):
            raise InputError(f"`stop` must hold functions of the recorded rows, but holds {show(criterion)}.")
    return found
