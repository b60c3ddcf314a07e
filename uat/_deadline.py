"""How long work may take: one moment, asked after wherever work goes on, so that a budget holds at any size.

Whoever is given `seconds` makes a `Deadline` at its door and hands it down. A loop calls `look` (or asks `passed`) once
a round; work on a long array goes through it in `runs`, which are short whatever a single entry costs.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

_A_RUN = 0.05  # seconds: the runs grow while they take less


class OutOfTime(Exception):  # noqa: N818 - not an error: what was reached until then is returned
    """The budget is used up."""


class Deadline:
    """The moment `seconds` from now, on the clock that nobody sets; None: never.

    The clock is that of the wall: whoever waits does not care which thread was at work.
    """

    __slots__ = ("end",)

    def __init__(self, seconds: float | None = None) -> None:
        self.end = math.inf if seconds is None else time.monotonic() + seconds

    @property
    def endless(self) -> bool:
        return self.end == math.inf

    def passed(self) -> bool:
        return time.monotonic() > self.end

    def look(self) -> None:
        """Raise `OutOfTime` if it has passed."""
        if time.monotonic() > self.end:
            raise OutOfTime

    def at_least(self, seconds: float) -> Deadline:
        """The same, or the moment `seconds` from now where that is later: for what must still be done at the end."""
        later = Deadline(seconds)
        later.end = max(self.end, later.end)
        return later

    def left(self) -> float | None:
        """Seconds until then, at least a hundredth, for a callee that takes `seconds`; None without end."""
        return None if self.endless else max(self.end - time.monotonic(), 0.01)

    def half(self) -> Deadline:
        """The moment between now and then: for work that must be followed by as much again."""
        left = self.left()
        return Deadline(None if left is None else left / 2)

    def runs(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Stretches of start ... stop, each of at most some 0.05 s of the iterator's work, until the deadline.

        The first is one entry; one that took little is followed by one up to four times as long. Endless: all at once.
        """
        size = stop - start if self.endless else 1
        while start < stop and (begun := time.monotonic()) < self.end:
            yield start, min(start + size, stop)
            start += size
            size = max(int(size * min(_A_RUN / max(time.monotonic() - begun, 1e-9), 4.0)), 1)
