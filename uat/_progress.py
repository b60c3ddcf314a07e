"""The bar of all long work: on stderr, where somebody watches a terminal, with an estimate of the time left."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from uat._checks import flag

_QUIET = 1.0  # seconds: a bar that flashes by tells nothing
_OFTEN = 0.1  # seconds between two updates: whoever reports may do so at every step
_SHOWN = Lock()  # a terminal bears one bar: what runs inside of shown work runs in silence


@contextmanager
def bar(what: str, total: float, *, wanted: bool = True, quiet: float = _QUIET) -> Iterator[Callable[..., None]]:
    """A function `report(done, what)` for the body of the with statement: how much of `total` is done, of which work.

    `what` may be left out. Nothing is shown in the first `quiet` seconds, nor unless `wanted`.
    """
    if not (flag(wanted, "progress") and sys.stderr is not None and sys.stderr.isatty()):
        yield lambda done, what="": None
        return
    begin, last, shown, task = time.monotonic(), -_OFTEN, None, None

    def report(done: float, now: str = "") -> None:
        nonlocal last, shown, task
        moment = time.monotonic()
        if moment < begin + quiet or (moment < last + _OFTEN and done < total):
            return
        if shown is None:
            if not _SHOWN.acquire(blocking=False):
                return
            shown = _drawn()
            shown.start()
            task = shown.add_task(what, total=total)
        last = moment
        shown.update(task, completed=done, **({"description": now} if now else {}))

    try:
        yield report
    finally:
        if shown is not None:
            shown.stop()
            _SHOWN.release()


def _drawn() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    left = TextColumn("left:"), TimeRemainingColumn()
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), *left, console=Console(stderr=True),
        transient=True,
    )  # fmt: skip
