"""The independent checker of a saved approximation: reads the file by itself, imports nothing else of this project.

Two programs that agree can be wrong together only in the same way. This one shares no line with the certifier: its own
reading of the JSON, its own evaluator of formulas (a walk over Python's syntax tree, no `eval`), flint's own power
series at 128 bits in place of our jets, depth-first bisection in place of best-first. It confirms

    1. that the file is as it was saved (checksum), and agrees with itself: slopes, intercepts, breakpoints, domain, and
       what it was asked for (method, form, tolerance, width, step, breaks);
    2. how far the network is from the piecewise-affine function, exactly, in rationals, and that this is rounding;
    3. that sup|f - g| <= upper for the formula of the file and both forms of g, and |f - g| >= lower at `where`;
    4. where the file speaks of the fewest pieces: the tube, that the pieces lie in it, and that fewer cannot.

What it proves is its own statement about formula and numbers; it never takes over an assumption of the file. A Python
callable has no formula in the file and cannot be checked independently. What a file says besides, the verdict names as
not covered.
"""

from __future__ import annotations

import math
import os
from bisect import bisect_right
from dataclasses import dataclass
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

BITS = 128
_SLACK = 1e-6  # upper is confirmed up to this relative slack: a bound that is attained cannot be confirmed exactly
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
    before = ctx.prec, ctx.cap
    ctx.prec, ctx.cap = BITS, 3
    try:
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
    finally:
        ctx.prec, ctx.cap = before


def _verdict(path: Path, budget: Budget) -> Verdict:
    data = read(path)
    function, claim = data["function"], data["certificate"]
    line = _pieces(data)
    fewer = confirm_options(data, line, budget.look)
    distance = network_distance(data["network"], line, data["options"]["form"], budget)
    named = function["kind"] == "target"
    if function["kind"] not in ("expression", "target"):
        return Verdict(
            False, "It cannot be checked independently: the file holds the name of a Python function, not a formula."
        )
    if function.get("variable", "x") != "x":
        return Verdict(False, "It cannot be checked independently: the variable of the formula is not x.")
    text = function["formula" if named else "text"]
    f = Formula(text, budget.look)
    if claim["norm"] != "sup":
        return Verdict(False, f"It cannot be checked independently: the claim is in the norm {claim['norm']!r}.")
    lower, upper = claim["lower"], claim["upper"]
    if not claim["proven"]:
        _confirm_seen(f, line, claim)
        return Verdict(
            False, "The file claims no proven error, only an estimate, and the estimate is a true difference."
        )
    if upper is None or not math.isfinite(upper):
        raise CheckFailedError('The file says "proven" of an infinite upper bound.')
    if not 0 <= lower <= upper:
        raise CheckFailedError(f"The file claims lower = {lower!r} and upper = {upper!r}, which is no enclosure.")
    _confirm_seen(f, line, claim)
    boxes, granted = _confirm_upper(f, line, upper, arb(distance), budget)
    fewest, inside, more = confirm_optimality(f, line, data, upper, budget)
    confirm_tolerance(data, inside)
    rims = sorted(granted | more)
    rims[MOST_NAMED:] = [f"and {len(rims) - MOST_NAMED} more"] if len(rims) > MOST_NAMED else []
    return Verdict(
        True,
        f"Confirmed: sup|f - g| <= {upper * (1 + _SLACK):.6g} for the pieces and for the network, which differ by at "
        f"most {float(arb(distance).upper()):.3g}, in exact arithmetic, "
        f"f(x) = {text}{_NAMED if named else ''} on [{line.knots[0]!r}, {line.knots[-1]!r}] "
        f"({boxes} boxes at {BITS} bits){fewest}{fewer}{'; taken for granted: ' if rims else ''}{', '.join(rims)}. "
        f"{NOT_COVERED}.",
        upper,
        boxes,
    )


_NAMED = " (the formula that the file gives for its target)"


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


def _confirm_seen(f: Formula, line: BrokenLine, claim: dict[str, Any]) -> None:
    """|f(where) - g(where)| >= lower; where the claim rests on f in float64 (it has assumptions) up to roundings."""
    knots, lower, where = line.knots, claim["lower"], claim["where"]
    if not knots[0] <= where <= knots[-1]:
        raise CheckFailedError(f"`where` = {where!r} lies outside the domain.")
    cell = min(bisect_right(knots, where), len(knots) - 1) - 1
    difference = abs(f.range(arb(where)) - line.on(cell, arb(where)))
    proven = claim["proven"] and not claim["assumes"]
    noise = arb(2) ** (-70 if proven else -47) * (arb(max(map(abs, line.values))) + (0 if proven else lower))
    if not difference + noise >= lower:
        raise CheckFailedError(
            f"The file claims a difference of {lower:.6g} at x = {where!r}, but there it is {difference.str(10)}."
        )


def _confirm_upper(f: Formula, line: BrokenLine, upper: float, distance: Any, budget: Budget) -> tuple[int, set[str]]:
    """sup|f - g| <= upper (1 + slack) for pieces and network. Returns the boxes and what was taken for granted."""
    wanted = arb(upper) * (1 + arb(_SLACK)) + arb(2) ** -70 * max(map(abs, line.values))
    said = f"the {upper:.6g} that the file claims"

    def within(limit: Any) -> tuple[int, set[str]]:
        return confirm_walls(f, line, [[(arb(1), sign, limit)] for sign in (1, -1)], said, budget)

    try:
        return within(wanted - distance)
    except CheckFailedError:
        within(wanted)
        raise CheckFailedError(
            f"The pieces keep {said}, but the network, which differs from them by up to {float(distance):.6g}, is not "
            "shown to."
        ) from None
