"""When to stop, beside the number of steps: criteria that are read at every recorded point.

A criterion is a function of the rows recorded so far that returns a sentence to stop and None to go on. Between
recorded points nothing is looked at, so that stopping costs nothing: ask for a smaller ``record_every`` to stop
sooner.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from uat._checks import InputError, integer, listed, positive, real, show
from uat.learn.history import Row
from uat.learn.schedules import text

Criterion = Callable[[Sequence[Row]], str | None]


def gradient_below(tol: float) -> Criterion:
    """Stop when |grad F|_2 <= tol (of the whole objective)."""
    return partial(_gradient_below, positive(tol, "tol"))


def _gradient_below(tol: float, rows: Sequence[Row]) -> str | None:
    return f"the gradient norm fell to {tol:g} or below" if rows[-1].gradient_norm <= tol else None


def loss_below(target: float) -> Criterion:
    """Stop when the objective F is <= target."""
    return partial(_loss_below, real(target, "target"))


def _loss_below(target: float, rows: Sequence[Row]) -> str | None:
    return f"the loss reached its target {target:g}" if rows[-1].loss <= target else None


def plateau(relative: float = 1e-3, window: int = 10) -> Criterion:
    """Stop when the last ``window`` recorded points lowered the best loss by no more than ``relative`` times it.

    The validation loss counts where there is one. 0 < ``relative`` < 1: a loss cannot fall by more than itself.
    """
    if positive(relative, "relative") >= 1:
        raise InputError(
            f"`relative` must be < 1, but is {show(relative)}: it is a part of the loss; the number of recorded points "
            "is `window`."
        )
    return partial(_plateau, float(relative), integer(window, "window"))


def _plateau(relative: float, window: int, rows: Sequence[Row]) -> str | None:
    if len(rows) <= window:
        return None
    seen = [row.loss if row.validation is None else row.validation for row in rows]
    before, lately = min(seen[:-window]), min(seen[-window:])
    if before - lately > relative * abs(before):
        return None
    return f"the loss fell by less than {relative:g} of itself over the last {window} recorded points"


def seconds(limit: float) -> Criterion:
    """Stop when the training has taken ``limit`` seconds."""
    return partial(_seconds, positive(limit, "limit"))


def _seconds(limit: float, rows: Sequence[Row]) -> str | None:
    return f"the time limit of {limit:g} s was reached" if rows[-1].seconds >= limit else None


def verdict(criteria: Sequence[Criterion], rows: Sequence[Row]) -> str | None:
    """The sentence of the first criterion that wants to stop; one's own may also return True."""
    for criterion in criteria:
        if answer := criterion(rows):
            return answer if isinstance(answer, str) else f"{text(criterion)} said so"
    return None


def as_criteria(stop: Any) -> tuple[Criterion, ...]:
    """None, one criterion, or several."""
    found = () if stop is None else tuple(listed(stop, "stop")) if isinstance(stop, (tuple, list)) else (stop,)
    for criterion in found:
        if not callable(criterion):
            raise InputError(f"`stop` must hold functions of the recorded rows, but holds {show(criterion)}.")
    return found
