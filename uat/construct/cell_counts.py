"""How many cells it takes until an error is within a tolerance, where each attempt costs its number of cells.

The error of a grid is nearly a power of its number of cells, so a search that interpolates log(error) against
log(cells) needs a dozen attempts. It knows nothing of functions: `grid_search` hands it the attempts.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from uat._checks import InputError
from uat._deadline import Deadline, OutOfTime

MOST_CELLS = 1 << 22  # where a search for a tolerance gives up: a network nobody would evaluate
_ONE_BY_ONE = 12

Attempt = TypeVar("Attempt")


class OutOfReachError(InputError):
    """The finest grid that was tried, and the one before: too large errors, both. `stalled`: and hardly different."""

    def __init__(self, tol: float, tried: tuple[int, float], before: tuple[int, float], stalled: bool) -> None:
        (self.cells, self.error), (self.cells_before, self.error_before) = tried, before
        self.stalled = stalled
        super().__init__(
            f"`tol` = {tol!r} is out of reach of a grid of this kind: with {self.cells} cells the error is still "
            f"{self.error:.3g}."
        )


class Paced(Generic[Attempt]):
    """An attempt that is not begun where, by the pace of those before it, it would end after the deadline."""

    def __init__(self, attempt: Callable[[int], tuple[float, Attempt]], deadline: Deadline, pace: float = 0.0) -> None:
        self.attempt, self.deadline, self.pace, self.last = attempt, deadline, pace, ""

    def __call__(self, cells: int) -> tuple[float, Attempt]:
        start = time.monotonic()
        if start + 2 * self.pace * cells > self.deadline.end:  # twice: the finest grids are slower a cell
            raise OutOfTime(self.last)
        error, found = self.attempt(cells)
        pace = (time.monotonic() - start) / cells
        self.pace = min(self.pace, pace) if self.pace else pace  # the first grids are small and seem slow
        self.last = f": with {cells} cells the error is {error:.3g}"
        return error, found


def fewest_cells(
    attempt: Callable[[int], tuple[float, Attempt]],
    tol: float,
    more_than: int = 0,
    hopeless: Callable[[], bool] = lambda: True,
    most: int = MOST_CELLS,
) -> Attempt:
    """A grid of more cells than that whose error is within tol while that of the grid with one less is not.

    `attempt(cells)` gives the error and the object to return. The error is not monotone in the number of cells (kinks
    wander through them), so this is a local statement: a smaller grid may happen to do as well. The search rises
    until it is enough and then closes in by interpolating log(error) against log(cells), which is nearly a line.

    Where the error stays as it is from one fine grid to a finer one, it is `hopeless` (a jump), or f has peaks narrower
    than the cells so far, or oscillates faster.

    Raises
    ------
    OutOfReachError
        Where it is hopeless, or `most` cells (or twice `more_than`, if that is more) are not enough.
    """
    low, low_error, high, tries, most = more_than, math.inf, more_than + 1, 0, max(most, 2 * more_than)
    error, best = attempt(high)
    while error > tol:
        stalled = high >= 4096 and error > 0.9 * low_error and high > 1.5 * low  # a jump, or noise
        given_up = stalled and hopeless()
        if given_up or high >= most or not math.isfinite(error):
            raise OutOfReachError(tol, (high, error), (low, low_error), given_up)
        # small grids one by one, for the knots of one may fall on the kinks of f; then to where a second-order rate
        # would arrive, a little further at first, later at least double
        tries += 1
        jump = min(max(1.05 * math.sqrt(error / tol), 1 + 0.02 * 2.0 ** min(tries, 6)), 16.0)
        jump = max(jump, 4.0) if stalled else jump
        ahead = high + 1 if high < _ONE_BY_ONE else max(int(high * jump), high + 1)
        low, low_error, high = high, error, min(ahead, most)
        error, best = attempt(high)
    high_error, halve = error, False
    while high - low > 1:
        middle = (low + high) // 2
        if low and 0 < high_error < low_error < math.inf and not halve:
            rate = math.log(low_error / high_error) / math.log(high / low)
            guess = min(high * (high_error / tol) ** (1 / rate), float(high))
            middle = min(max(math.ceil(guess), low + 1), high - 1)
        before = high - low
        error, found = attempt(middle)
        if error <= tol:
            best, high, high_error = found, middle, error
        else:
            low, low_error = middle, error
        halve = not halve and high - low > before // 2  # a guess that cut little is followed by one bisection
    return best
