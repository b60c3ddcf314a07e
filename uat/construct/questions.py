"""Whether a question to `narrowest` can be answered: each refusal is a sentence."""

from __future__ import annotations

from typing import Any

import numpy as np

from uat import _checks
from uat._checks import Floats, InputError, show
from uat.bounds.certification import Jump
from uat.construct.tube import Tube
from uat.piecewise import UNIT

MOST_PIECES = 10_000_000  # that may be asked for: a search of some minutes, and two gigabytes
LARGEST = 1e300  # of f and of the tolerance: the walls, and slopes between near samples, are floats
SMALLEST = float(np.finfo(np.float64).tiny)  # below, floats lose their digits


def question(tol: Any, rtol: Any, pieces: Any, side: str) -> tuple[Tube | None, int | None]:
    """Either a tube or a number of pieces."""
    if pieces is not None:
        if tol is not None or rtol is not None:
            raise InputError("exactly one of a tolerance (`tol`, `rtol`) and `pieces` must be given, but got both.")
        count = _checks.integer(pieces, "pieces", most=MOST_PIECES)
        return None, count
    if tol is None and rtol is None:
        raise InputError("exactly one of a tolerance (`tol`, `rtol`) and `pieces` must be given, but got none.")
    absolute = 0.0 if tol is None else _checks.positive(tol, "tol")
    if 0 < absolute < SMALLEST:
        raise InputError(
            f"`tol` must be at least {SMALLEST:.3g}, where floats begin to lose digits, but is {show(tol)}."
        )
    relative = 0.0 if rtol is None else _checks.positive(rtol, "rtol")
    if relative >= 1:
        raise InputError(f"`rtol` must be < 1, but is {show(rtol)}: the function 0 would be close enough.")
    return Tube(absolute, relative, side), None


def room_for_knots(pieces: int | None, forced: int) -> None:
    """Every inner knot that was asked for begins a piece."""
    if pieces is not None and pieces <= forced:
        raise InputError(
            f"`pieces` must be at least {forced + 1} with {forced} inner knots in `breaks` and `through`, "
            f"but is {pieces}."
        )


def of_size(x: Floats, y: Floats, tube: Tube | None) -> None:
    """Walls and their differences must be floats."""
    k = int(np.argmax(np.abs(y)))
    if abs(y[k]) > LARGEST:
        raise InputError(f"`f` must stay within {LARGEST:g} in size, but f({show(x[k])}) = {show(y[k])}.")
    if tube is not None and tube.tol > LARGEST:
        raise InputError(f"`tol` must be at most {LARGEST:g}, but is {show(tube.tol)}.")


def vanishing(x: Floats, y: Floats, tube: Tube | None) -> None:
    """rtol alone is a tolerance of 0 where f is 0."""
    if tube is None or tube.tol > 0:
        return
    turns = np.flatnonzero((y[:-1] * y[1:] <= 0) | (np.sign(y[:-1]) != np.sign(y[1:])))
    if turns.size:
        k = int(turns[0])
        raise InputError(
            f"`rtol` alone asks for no error at all where f vanishes, which it does between {show(x[k])} and "
            f"{show(x[k + 1])}; give a `tol` beside it."
        )


def one_way(lower: Floats, upper: Floats, direction: int) -> tuple[Floats, Floats]:
    """What two walls leave open to a function that rises (1) or falls (-1) throughout; nothing where lower > upper."""
    if direction < 0:
        low, high = one_way(-upper, -lower, 1)
        return -high, -low
    return np.maximum.accumulate(lower), np.minimum.accumulate(upper[::-1])[::-1]


def direction_of(x: Floats, lower: Floats, upper: Floats, low: Floats, high: Floats, beyond: str = "") -> int:
    """monotone=True: which way the walls let a function go; InputError, with a fall and a rise, where neither.

    The values low and high (where one value was measured, the same) are shown, `beyond` ends the sentence.
    """
    found: list[tuple[float, int, int]] = []
    for bottom, top in ((lower, upper), (-upper, -lower)):
        missed = np.maximum.accumulate(bottom) - top
        after = int(np.argmax(missed))
        found.append((float(missed[after]), int(np.argmax(bottom[: after + 1])), after))
    rising, falling = found
    if min(rising[0], falling[0]) > 0:
        (_, i, j), (_, k, m) = rising, falling
        raise InputError(
            f"`monotone` = True needs a monotone f, but it falls from f({show(x[i])}) = {show(high[i])} to "
            f"f({show(x[j])}) = {show(low[j])} and rises from f({show(x[k])}) = {show(low[k])} to f({show(x[m])}) = "
            f"{show(high[m])}{beyond}."
        )
    return 1 if rising[0] <= falling[0] else -1


def resolvable(x: Floats, y: Floats, tube: Tube | None) -> None:
    """A tube narrower than half a unit in the last place of f holds no float between its walls: none could be found."""
    if tube is None:
        return
    k = int(np.argmax(np.abs(y)))
    unit, width = UNIT * abs(float(y[k])), float(tube.width(y[k : k + 1])[0])
    if width < unit:
        raise InputError(
            f"the tolerance must be at least {unit:.3g}, half a unit in the last place of f({show(x[k])}) = "
            f"{show(y[k])}, but is {width:.3g} there: floats cannot hold such a function."
        )


def refuse_jump(tube: Tube, jump: Jump | None) -> None:
    """A constant tube narrower than half of a proven jump of f (one-sided: than the jump) holds no continuous line."""
    if jump is not None and tube.rtol == 0 and jump.size / 2 > float(tube.tol) / (1 if tube.side == "both" else 2):
        to_one_side = "" if tube.side == "both" else ", and none on one side of it than twice that"
        raise InputError(f"`tol` = {tube.tol!r} is out of reach: {jump.sentence().removesuffix('.')}{to_one_side}.")
