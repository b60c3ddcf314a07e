"""The checker's bisection: a formula against a broken line, on boxes, within a time budget.

Part of the independent checker (`recheck`). What is to be shown on every box is that some of the numbers
sign (a f - g) stay below their limits, g the broken line: |f - g| <= t is (1, 1, t) and (1, -1, t). Relative walls
belong here too, because f - r |f| = min((1 - r) f, (1 + r) f): one of the two below its limit is enough.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from flint import arb, arb_series, ctx

from uat.bounds.recheck_file import CheckFailedError
from uat.bounds.recheck_formula import Formula

MOST_BOXES = 400_000  # about a minute
_RIM = 40  # halvings of the domain, after which an argument at the rim of its domain is taken for granted

Wall = tuple[Any, int, Any]  # (a, sign, limit): sign (a f - g) <= limit
Walls = list[list[Wall]]  # of each list one wall is enough; all lists must be met


class Budget:
    """The time that a check may take; `look` raises when it is over."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.deadline = seconds, time.monotonic() + seconds

    def look(self) -> None:
        if time.monotonic() > self.deadline:
            raise CheckFailedError(
                f"It could not be confirmed in {self.seconds:g} seconds (--seconds gives the check more)."
            )


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """g by its knots and values."""

    knots: list[float]
    values: list[float]

    def on(self, cell: int, x: Any) -> Any:
        """The chord of a cell at x (a ball or a series), through the stored values."""
        x0, x1 = arb(self.knots[cell]), arb(self.knots[cell + 1])
        y0, y1 = arb(self.values[cell]), arb(self.values[cell + 1])
        return (x - x0) * ((y1 - y0) / (x1 - x0)) + y0


def confirm_walls(f: Formula, line: BrokenLine, walls: Walls, claim: str, budget: Budget) -> tuple[int, set[str]]:
    """Show that f and the line keep to the walls, or raise.

    Returns
    -------
    The number of boxes, and what had to be taken for granted: that f is real at the rim of a domain, in a box whose
    length is 2^-40 of the interval (an argument's enclosure reached beyond, its value at the middle did not).
    """
    boxes, granted = 0, set[str]()
    span = arb(line.knots[-1]) - arb(line.knots[0])
    least = arb(2) ** (32 - ctx.prec)  # of a box, against the larger of the span and its place: roundings are far below
    for knot in line.knots:
        budget.look()
        _finite(f, arb(knot))
    for cell in range(len(line.knots) - 1):
        stack = [(arb(line.knots[cell]), arb(line.knots[cell + 1]))]
        while stack:
            low, high = stack.pop()
            boxes += 1
            budget.look()
            middle = ((low + high) / 2).mid()
            value, g = _finite(f, middle), line.on(cell, middle)
            for either in walls:
                if all(sign * (a * value - g) > limit for a, sign, limit in either):
                    seen = float(abs(value - g).lower())
                    raise CheckFailedError(
                        f"The claim is false: |f - g| is at least {seen:.6g} at x = {float(middle)!r}, against {claim}."
                    )
            clipped = _kept(f, line, walls, cell, low, high, middle)
            if clipped is not None and (not clipped or high - low <= span * arb(2) ** -_RIM):
                granted |= {f"{what} near x = {float(middle):.6g}" for what in clipped}
                continue
            if boxes > MOST_BOXES or high - low < least * (abs(middle) + arb.min(span, arb(1))):
                raise CheckFailedError(
                    f"The claim could not be confirmed ({claim}): near x = {float(middle)!r} f has no enclosure tight "
                    "enough."
                )
            stack += [(low, middle), (middle, high)]
    return boxes, granted


def _finite(f: Formula, x: Any) -> Any:
    value = f.range(x)
    if not value.is_finite():
        raise CheckFailedError(f"The claim could not be confirmed: f has no finite real value at x = {float(x)!r}.")
    return value


def _kept(
    f: Formula, line: BrokenLine, walls: Walls, cell: int, low: Any, high: Any, middle: Any
) -> frozenset[str] | None:
    """None where the walls were not shown to be kept on [low, high]; else what was taken for granted, mostly nothing.

    Taylor's formula first, where f has a series; then the range, which holds up to the rim of a domain.
    """
    radius = (high - low) / 2 * (1 + arb(2) ** -20)
    ball = middle + radius * arb(0, 1)
    over = f.series(arb_series([ball, 1], 3))
    at = f.series(arb_series([middle, 1], 3)) if over is not None and over[2].is_finite() else None
    g = line.on(cell, arb_series([middle, 1], 3))

    def by_taylor(wall: Wall) -> bool:
        a, sign, limit = wall
        if at is None or over is None:
            return False
        e, q = sign * (a * at - g), (sign * a * over[2]).upper()  # e0 + e1 t + q t^2 lies above
        t = radius * arb(0, 1)
        bounds = [_vertex(e[0], e[1], q, radius), (e[0] + e[1] * t + sign * a * over[2] * t * t).upper()]
        return any(bound <= limit for bound in bounds)

    left = [either for either in walls if not any(by_taylor(wall) for wall in either)]
    if not left:
        return frozenset()
    image = f.hull(low, high)
    clipped = frozenset(f.clipped)
    if not image.is_finite():
        return None
    chord = line.on(cell, ball)
    if all(any(sign * (a * image - chord) <= limit for a, sign, limit in either) for either in left):
        return clipped
    return None


def _vertex(e0: Any, e1: Any, q: Any, radius: Any) -> Any:
    """max of e0 + e1 t + q t^2 on |t| <= radius, or more."""
    ends = (e0 + abs(e1) * radius + q * radius * radius).upper()
    if q < 0:
        inside = (e0 - e1 * e1 / (4 * q)).upper()
        return inside if not abs(e1) > -2 * q * radius else ends
    return ends
