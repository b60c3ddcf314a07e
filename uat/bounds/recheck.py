"""The independent checker of a saved approximation: reads the file by itself, imports nothing else of this project.

Two programs that agree can be wrong together only in the same way. This one shares no line with the certifier: its own
reading of the JSON, its own evaluator of formulas (a walk over Python's syntax tree, no `eval`), flint's own power
series at 128 bits in place of our jets, depth-first bisection in place of best-first. It confirms

    1. that the file is as it was saved (checksum), and agrees with itself: slopes, intercepts, breakpoints, domain;
    2. that the network is the piecewise-affine function, up to the rounding of its parameters, in exact rationals;
    3. that sup|f - g| <= upper and |f - g| >= lower at `where`, for the formula of the file, both forms of g;
    4. where the file speaks of the fewest pieces: the tube, that the pieces lie in it, and that fewer cannot.

What it proves is its own statement about formula and numbers; it never takes over an assumption of the file. A Python
callable has no formula in the file and cannot be checked independently.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from flint import arb, ctx

from uat.bounds.recheck_boxes import BrokenLine, Budget, CheckFailedError, confirm_walls
from uat.bounds.recheck_formula import Formula, FormulaError
from uat.bounds.recheck_optimality import confirm_optimality

BITS = 128
_SLACK = 1e-6  # upper is confirmed up to this relative slack: a bound that is attained cannot be confirmed exactly
SECONDS = 60.0
_UNIT = Fraction(1, 2**53)


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
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError, ArithmeticError) as error:
        return Verdict(False, f"The file is not a complete approximation: {type(error).__name__}: {error}.")
    finally:
        ctx.prec, ctx.cap = before


def _verdict(path: Path, budget: Budget) -> Verdict:
    data = _read(path)
    function, claim = data["function"], data["certificate"]
    line = _pieces(data)
    slack = _network_distance(data["network"], line, budget)
    named = function["kind"] == "target"
    text = function.get("formula", function["text"]) if named else function["text"]
    if function["kind"] not in ("expression", "target"):
        return Verdict(
            False, "It cannot be checked independently: the file holds the name of a Python function, not a formula."
        )
    f = Formula(text)
    if claim["norm"] != "sup":
        return Verdict(False, f"It cannot be checked independently: the claim is in the norm {claim['norm']}.")
    lower, where = float(claim["lower"]), float(claim["where"])
    if not claim["proven"]:
        _confirm_seen(f, line, lower, where)
        return Verdict(
            False, "The file claims no proven error, only an estimate, and the estimate is a true difference."
        )
    if claim["upper"] is None or not math.isfinite(float(claim["upper"])):
        raise CheckFailedError('The file says "proven" of an infinite upper bound.')
    upper = float(claim["upper"])
    if not 0 <= lower <= upper:
        raise CheckFailedError(f"The file claims lower = {lower!r} and upper = {upper!r}, which is no enclosure.")
    _confirm_seen(f, line, lower, where)
    boxes, granted = _confirm_upper(f, line, upper, budget)
    both = upper * (1 + _SLACK) + slack
    fewest, more = confirm_optimality(f, line, data, upper, budget)
    rims = sorted(granted | more)
    return Verdict(
        True,
        f"Confirmed: sup|f - g| <= {upper * (1 + _SLACK):.6g} for the pieces and <= {both:.6g} for the network, "
        f"f(x) = {text}{_NAMED if named else ''} on [{line.knots[0]!r}, {line.knots[-1]!r}] "
        f"({boxes} boxes at {BITS} bits){fewest}{'; taken for granted: ' if rims else ''}{', '.join(rims)}.",
        upper,
        boxes,
    )


_NAMED = " (the formula that the file gives for its target)"


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckFailedError(f"The file cannot be read: {error}.") from None
    if not isinstance(data, dict) or data.get("format") != "uat-approximation" or data.get("version") != 1:
        raise CheckFailedError("The file is not an approximation of format 1.")
    content = {key: value for key, value in data.items() if key != "sha256"}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    if data.get("sha256") != digest:
        raise CheckFailedError("The file was edited after it was saved: its checksum does not fit its content.")
    return data


def _pieces(data: dict[str, Any]) -> BrokenLine:
    part = data["piecewise"]
    knots, values = [float(x) for x in part["breakpoints"]], [float(y) for y in part["values"]]
    if len(knots) < 2 or len(values) != len(knots) or not all(p < q for p, q in pairwise(knots)):
        raise CheckFailedError("The breakpoints do not increase, or are not as many as the values.")
    if [knots[0], knots[-1]] != [float(x) for x in data["function"]["domain"]]:
        raise CheckFailedError("The breakpoints do not span the domain.")
    slopes = [(values[k + 1] - values[k]) / (knots[k + 1] - knots[k]) for k in range(len(knots) - 1)]
    if slopes != part["slopes"]:
        raise CheckFailedError("The slopes are not those of breakpoints and values.")
    if [values[k] - s * knots[k] for k, s in enumerate(slopes)] != part["intercepts"]:
        raise CheckFailedError("The intercepts are not those of breakpoints and values.")
    return BrokenLine(knots, values)


def _network_distance(network: dict[str, Any], line: BrokenLine, budget: Budget) -> float:
    """max|net - pieces| on the domain, in exact rationals, and refused if roundings cannot explain it.

    Both are piecewise affine: the largest difference is at a kink of either. Rounding explains, at x,
    16 u (|c| + sum |coefficient| (|w x| + |b|) + max|values|): a few roundings for each slope difference.
    """
    knots, values = line.knots, line.values
    exact = [[Fraction(v) for v in network[key]] for key in ("weights", "biases", "coefficients")]
    bias = Fraction(network["output_bias"])
    a, b = Fraction(knots[0]), Fraction(knots[-1])
    hinges = sorted(((-q / w, w, q, c) for w, q, c in zip(*exact, strict=True) if w != 0), key=lambda hinge: hinge[0])
    constant = bias + sum((c * max(q, 0) for w, q, c in zip(*exact, strict=True) if w == 0), Fraction(0))
    slope = sum((c * w for _, w, _, c in hinges if w < 0), Fraction(0))
    intercept = constant + sum((c * q for _, w, q, c in hinges if w < 0), Fraction(0))
    points = sorted({*map(Fraction, knots), *(t for t, _, _, _ in hinges if a <= t <= b)})
    largest, k, cell = Fraction(0), 0, 0
    for x in points:
        budget.look()
        while k < len(hinges) and hinges[k][0] <= x:
            _, w, q, c = hinges[k]
            sign = 1 if w > 0 else -1
            slope, intercept, k = slope + sign * c * w, intercept + sign * c * q, k + 1
        while cell < len(knots) - 2 and x > Fraction(knots[cell + 1]):
            cell += 1
        x0, y0, x1, y1 = (Fraction(v) for v in (knots[cell], values[cell], knots[cell + 1], values[cell + 1]))
        largest = max(largest, abs(slope * x + intercept - (y0 + (y1 - y0) * (x - x0) / (x1 - x0))))
    far = max(abs(a), abs(b))
    scale = abs(bias) + sum((abs(c) * (abs(w) * far + abs(q)) for w, q, c in zip(*exact, strict=True)), Fraction(0))
    if largest > 16 * _UNIT * (scale + max(abs(Fraction(v)) for v in values)):
        raise CheckFailedError(
            f"The network is not the piecewise-affine function: they differ by {float(largest):.6g}."
        )
    return float(largest)


def _confirm_seen(f: Formula, line: BrokenLine, lower: float, where: float) -> None:
    """|f(where) - g(where)| >= lower, with slack for the float evaluation behind an estimate."""
    knots, values = line.knots, line.values
    if not knots[0] <= where <= knots[-1]:
        raise CheckFailedError(f"`where` = {where!r} lies outside the domain.")
    cell = max(k for k in range(len(knots) - 1) if knots[k] <= where)
    difference = abs(f.range(arb(where)) - line.on(cell, arb(where)))
    noise = 64 * 2.0**-53 * (1 + max(map(abs, values)))
    if not difference + noise >= lower * (1 - _SLACK):
        raise CheckFailedError(
            f"The file claims a difference of {lower:.6g} at x = {where!r}, but there it is {difference}."
        )


def _confirm_upper(f: Formula, line: BrokenLine, upper: float, budget: Budget) -> tuple[int, set[str]]:
    """sup|f - g| <= upper (1 + slack). Returns the number of boxes and what was taken for granted."""
    wanted = arb(upper) * (1 + arb(_SLACK)) + arb(2) ** -70 * max(map(abs, line.values))
    walls = [[(arb(1), sign, wanted)] for sign in (1, -1)]
    return confirm_walls(f, line, walls, f"the {upper:.6g} that the file claims", budget)
