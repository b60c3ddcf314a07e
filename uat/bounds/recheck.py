"""The independent checker of a saved approximation: reads the file by itself, imports nothing else of this project.

Two programs that agree can be wrong together only in the same way. This one shares no line with the certifier: its own
reading of the JSON, its own evaluator of formulas (a walk over Python's syntax tree, no `eval`), flint's own power
series at 128 bits in place of our jets, depth-first bisection in place of best-first. It confirms

    1. that the file is as it was saved (checksum), and agrees with itself: slopes, intercepts, breakpoints, domain, and
       what it was asked for (method, form, tolerance, width, step, breaks);
    2. how far the network is from the piecewise-affine function, exactly, in rationals, and that this is rounding;
    3. that sup|f - g| <= upper for the formula of the file and both forms of g, and |f - g| >= lower at `where`, each
       up to a share of itself; the verdict prints what was shown, rounded to the safe side;
    4. where the file speaks of the fewest pieces: the tube, that the pieces lie in it, and that fewer cannot.

What it proves is its own statement about formula and numbers; it never takes over an assumption of the file. That the
formula is the target, or the code, whose name stands beside it, it cannot know; a black box has none, and is not
checked. What a file says besides, the verdict names as not covered.
"""

from __future__ import annotations

import math
import os
from bisect import bisect_right
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from flint import arb, ctx

from uat.bounds.recheck_boxes import BrokenLine, Budget, confirm_walls
from uat.bounds.recheck_file import CheckFailedError, read
from uat.bounds.recheck_formula import Formula, FormulaError
from uat.bounds.recheck_network import network_distance
from uat.bounds.recheck_optimality import confirm_optimality
from uat.bounds.recheck_options import NOT_COVERED, confirm_options, confirm_tolerance
from uat.bounds.recheck_turns import turn

BITS = 128  # more where a bound is below 2^-60 of the values
_MOST_BITS = 2400  # all floats lie between 2^-1074 and 2^1024
_SLACK = 1e-6  # upper is confirmed up to this relative slack: a bound that is attained cannot be confirmed exactly
_SEEN = arb(2) ** -70  # and lower up to this one
_FLOATS = arb(2) ** -47  # where lower rests on f in float64: of the sizes of f and g at that point
SECONDS = 60.0
MOST_NAMED = 20  # of the rims that are taken for granted


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the check found: `ok`, and why, in a sentence. `upper` is what was confirmed (None if nothing was)."""

    ok: bool
    sentence: str
    upper: float | None = None
    boxes: int = 0


def recheck(path: str | os.PathLike[str], seconds: float = SECONDS) -> Verdict:
    """Verify a saved approximation from its file alone.

    Parameters
    ----------
    path : a file that `Approximation.save` wrote.
    seconds : what the check may take; when they are over, the verdict says so.

    Returns
    -------
    Verdict. Whatever is wrong with the file is a verdict, never an exception.
    """
    try:
        with turn(BITS, 3):
            return _verdict(Path(path), Budget(seconds))
    except CheckFailedError as error:
        return Verdict(False, str(error))
    except FormulaError as error:
        return Verdict(False, f"It cannot be checked independently: {error}.")
    except (
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        IndexError,
        RecursionError,
        MemoryError,
        ArithmeticError,
    ) as error:
        return Verdict(False, f"The file is not a complete approximation: {type(error).__name__}: {error}.")


def _verdict(path: Path, budget: Budget) -> Verdict:
    data = read(path)
    function, claim = data["function"], data["certificate"]
    line = _pieces(data)
    fewer = confirm_options(data, line, budget.look)
    distance = network_distance(data["network"], line, data["options"]["form"], budget)
    named = "formula" in function
    if not named and function["kind"] != "expression":
        return Verdict(
            False, "It cannot be checked independently: the file holds the name of a Python function, not a formula."
        )
    if function.get("variable", "x") != "x":
        return Verdict(False, "It cannot be checked independently: the variable of the formula is not x.")
    text = function["formula" if named else "text"]
    if claim["norm"] != "sup":
        return Verdict(False, f"It cannot be checked independently: the claim is in the norm {claim['norm']!r}.")
    lower, upper = claim["lower"], claim["upper"]
    if not claim["proven"]:
        seen = _confirm_seen(text, line, claim, budget)
        return Verdict(False, f"The file claims no proven error, only an estimate; it is a true difference{seen}.")
    if upper is None or not math.isfinite(upper):
        raise CheckFailedError('The file says "proven" of an infinite upper bound.')
    if not 0 <= lower <= upper:
        raise CheckFailedError(f"The file claims lower = {lower!r} and upper = {upper!r}, which is no enclosure.")
    seen = _confirm_seen(text, line, claim, budget)
    bound = arb(upper) * (1 + arb(_SLACK))
    ctx.prec = _bits(line, bound, arb(distance))
    f = Formula(text, budget.look)
    boxes, granted = _confirm_upper(f, line, upper, bound, arb(distance), budget)
    fewest, inside, more = confirm_optimality(f, line, data, upper, budget)
    confirm_tolerance(data, inside)
    rims = sorted(granted | more)
    rims[MOST_NAMED:] = [f"and {len(rims) - MOST_NAMED} more"] if len(rims) > MOST_NAMED else []
    said = text if len(text) <= _LONG else f"{text[:_LONG]}... ({len(text)} characters)"
    shown = f"{seen}{fewest}{fewer}{'; taken for granted: ' if rims else ''}{', '.join(rims)}"
    return Verdict(
        True,
        f"Confirmed: sup|f - g| <= {_over(bound)} for the pieces and for the network, which differ by at "
        f"most {_over(arb(distance), 3)}, in exact arithmetic, "
        f"f(x) = {said}{_NAMED if named else ''} on [{line.knots[0]!r}, {line.knots[-1]!r}] "
        f"({boxes} boxes at {ctx.prec} bits){shown}. {NOT_COVERED}.",
        upper,
        boxes,
    )


_LONG = 10_000  # characters of a formula that a verdict repeats
_NAMED = " (the formula that the file gives for its function)"


def _plain(values: list[float]) -> list[float | None]:
    """As they are saved: null for what overflows."""
    return [v if math.isfinite(v) else None for v in values]


def _pieces(data: dict[str, Any]) -> BrokenLine:
    part = data["piecewise"]
    knots, values = [float(v) for v in part["breakpoints"]], [float(v) for v in part["values"]]
    if len(knots) < 2 or len(values) != len(knots) or not all(p < q for p, q in pairwise(knots)):
        raise CheckFailedError("The breakpoints do not increase, or are not as many as the values.")
    if [knots[0], knots[-1]] != data["function"]["domain"]:
        raise CheckFailedError("The breakpoints do not span the domain.")
    slopes = [(values[k + 1] - values[k]) / (knots[k + 1] - knots[k]) for k in range(len(knots) - 1)]
    if _plain(slopes) != part["slopes"]:
        raise CheckFailedError("The slopes are not those of breakpoints and values.")
    if _plain([values[k] - s * knots[k] for k, s in enumerate(slopes)]) != part["intercepts"]:
        raise CheckFailedError("The intercepts are not those of breakpoints and values.")
    return BrokenLine(knots, values)


def _confirm_seen(text: str, line: BrokenLine, claim: dict[str, Any], budget: Budget) -> str:
    """|f(where) - g(where)| >= lower, up to a share of lower, with as many bits as it takes.

    Where the claim rests on f in float64 (it is no proof, or has assumptions), up to roundings of f and g at `where`.
    Returns what was shown, as a clause of the verdict.
    """
    knots, lower, where = line.knots, claim["lower"], claim["where"]
    if not knots[0] <= where <= knots[-1]:
        raise CheckFailedError(f"`where` = {where!r} lies outside the domain.")
    if not math.isfinite(lower):
        raise CheckFailedError(f"The file claims a difference of {lower!r}.")
    cell, before = min(bisect_right(knots, where), len(knots) - 1) - 1, ctx.prec
    try:
        for bits in (BITS, 4 * BITS, _MOST_BITS):
            ctx.prec = bits
            value, g = Formula(text, budget.look).range(arb(where)), line.on(cell, arb(where))
            difference, allowed = abs(value - g), arb(lower) * _SEEN
            if claim["assumes"] or not claim["proven"]:
                allowed += _FLOATS * (abs(value) + abs(g) + arb(lower))
            if difference.is_finite() if lower == 0 else difference + allowed >= lower:
                said = "" if difference >= arb(lower) * (1 - _SEEN) else f" (the file has {lower:.6g}, by f in float64)"
                return f"; |f - g| >= {_under(difference)} at x = {where!r}{said}" if lower > 0 else ""
            if difference + allowed < lower:
                break
    finally:
        ctx.prec = before
    raise CheckFailedError(
        f"The file claims a difference of {lower:.6g} at x = {where!r}, but there it is {difference.str(10)}."
    )


def _bits(line: BrokenLine, bound: Any, distance: Any) -> int:
    """So many that roundings of the values are far below what is left to the pieces."""
    most, left = arb(max(map(abs, line.values))), bound - distance
    if not (most > 0 and left > 0):
        return BITS
    digits = int(((most / left).log() / arb(2).log()).upper().ceil().unique_fmpz())
    return min(BITS + max(0, digits - 60), _MOST_BITS)


def _confirm_upper(
    f: Formula, line: BrokenLine, upper: float, bound: Any, distance: Any, budget: Budget
) -> tuple[int, set[str]]:
    """sup|f - g| <= bound for pieces and network. Returns the boxes and what was taken for granted."""
    said = f"the {upper:.6g} that the file claims"

    def within(limit: Any) -> tuple[int, set[str]]:
        return confirm_walls(f, line, [[(arb(1), sign, limit)] for sign in (1, -1)], said, budget)

    try:
        return within(bound - distance)
    except CheckFailedError:
        within(bound)
        raise CheckFailedError(
            f"The pieces keep {said}, but the network, which differs from them by up to {float(distance):.6g}, is not "
            "shown to."
        ) from None


def _over(x: Any, digits: int = 6) -> str:
    """A number that is not smaller than any of a ball, in so many digits."""
    value = float(x.upper())
    while arb(value) < x.upper():
        value = math.nextafter(value, math.inf)
    return _digits(value, digits, ROUND_CEILING)


def _under(x: Any) -> str:
    """A number that is not larger than any of a ball of sizes, in six digits."""
    value = max(0.0, float(x.lower()))
    while value > 0 and not arb(value) <= x.lower():
        value = math.nextafter(value, 0.0)
    return _digits(value, 6, ROUND_FLOOR)


def _digits(value: float, digits: int, rounding: str) -> str:
    if math.isinf(value):
        return str(value)
    rounded = Context(prec=digits, rounding=rounding).create_decimal_from_float(value)
    text = f"{float(rounded):.{digits}g}"
    return text if Decimal(text) == rounded else str(rounded)  # floats below the normal ones hold fewer digits
