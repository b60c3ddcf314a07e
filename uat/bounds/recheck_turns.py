"""flint's working precision, which is one for the whole process: proofs and checks take turns.

Part of the independent checker (`recheck`). Nothing is computed here; the certifier takes its turns from here too,
because two locks would be none. Of all threads only the one that forks exists in the child: a turn that another had
is over there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

from flint import ctx


class _Turns:
    """Whose turn it is, and the precision and series length from before it; both are put back at its end."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.before: tuple[int, int] | None = None

    def after_fork(self) -> None:
        """In the child: a turn of the thread that forked goes on, that of any other is over."""
        if self.lock.acquire(blocking=False):
            self.lock.release()
            return
        if self.before is not None:
            ctx.prec, ctx.cap = self.before
        self.lock, self.before = RLock(), None


_TURNS = _Turns()
if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_TURNS.after_fork)


@contextmanager
def turn(bits: int, cap: int | None = None) -> Iterator[None]:
    """Set flint's precision, and how long its power series are; other threads wait at the door meanwhile."""
    with _TURNS.lock:
        before, first = (ctx.prec, ctx.cap), _TURNS.before is None
        try:
            if first:
                _TURNS.before = before
            ctx.prec, ctx.cap = bits, cap or ctx.cap
            yield
        finally:
            ctx.prec, ctx.cap = before
            if first:
                _TURNS.before = None
