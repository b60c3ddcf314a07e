"""The independent checker of a saved approximation: reads the file by itself, imports nothing else of this project.

Two programs that agree can be wrong together only in the same way. This one shares no line with the certifier: its own
reading of the JSON, its own evaluator of formulas (a walk over Python's syntax tree, no `eval`), flint's own power
series at 128 bits in place of our jets, depth-first bisection in place of best-first. It confirms

    1. that the file is as it was saved (checksum), and agrees with itself: slopes, intercepts, breakpoints, domain;
    2. that the network is the piecewise-affine function, up to the rounding of its parameters, in exact rationals;
    3. that sup|f - g| <= upper and |f - g| >= lower at `where`, for the formula of the file, both forms of g.

What it proves is its own statement about formula and numbers; it never takes over an assumption of the file. A Python
callable has no formula in the file and cannot be checked independently.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from flint import arb, arb_series, ctx, fmpq

from uat.bounds.recheck_formula import Formula, FormulaError
from uat.bounds.recheck_witness import confirm_witness

BITS = 128
_SLACK = 1e-6  # upper is confirmed up to this relative slack: a bound that is attained cannot be confirmed exactly
_MOST_BOXES = 400_000  # about a minute
_UNIT = Fraction(1, 2**53)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the check found: `ok`, and why, in a sentence. `upper` is what was confirmed (None if nothing was)."""

    ok: bool
    sentence: str
    upper: float | None = None
    boxes: int = 0


class _CheckFailedError(Exception):
    """The sentence of a negative verdict."""


def recheck(path: str | os.PathLike[str]) -> Verdict:
    """Verify a saved approximation from its file alone.

    Parameters
    ----------
    path : a file that `Approximation.save` wrote.

    Returns
    -------
    Verdict. Whatever is wrong with the file is a verdict, never an exception.
    """
    before = ctx.prec, ctx.cap
    ctx.prec, ctx.cap = BITS, 3
    try:
        return _verdict(Path(path))
    except _CheckFailedError as error:
        return Verdict(False, str(error))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
        return Verdict(False, f"The file is not a complete approximation: {type(error).__name__}: {error}.")
    finally:
        ctx.prec, ctx.cap = before


def _verdict(path: Path) -> Verdict:
    data = _read(path)
    function, claim = data["function"], data["certificate"]
    knots, values = _pieces(data)
    slack = _network_distance(data["network"], knots, values)
    text = function.get("formula", function["text"]) if function["kind"] == "target" else function["text"]
    if function["kind"] not in ("expression", "target"):
        return Verdict(
            False, "It cannot be checked independently: the file holds the name of a Python function, not a formula."
        )
    try:
        f = Formula(text)
    except FormulaError as error:
        return Verdict(False, f"It cannot be checked independently: {error}.")
    if claim["norm"] != "sup":
        return Verdict(False, f"It cannot be checked independently: the claim is in the norm {claim['norm']}.")
    lower, where = float(claim["lower"]), float(claim["where"])
    if not claim["proven"]:
        _confirm_seen(f, knots, values, lower, where)
        return Verdict(
            False, "The file claims no proven error, only an estimate, and the estimate is a true difference."
        )
    if claim["upper"] is None:
        raise _CheckFailedError('The file says "proven" of an infinite upper bound.')
    upper = float(claim["upper"])
    if not 0 <= lower <= upper:
        raise _CheckFailedError(f"The file claims lower = {lower!r} and upper = {upper!r}, which is no enclosure.")
    _confirm_seen(f, knots, values, lower, where)
    boxes = _confirm_upper(f, knots, values, upper)
    both = upper * (1 + _SLACK) + slack
    fewest = _confirm_optimality(f, data.get("optimality"), len(values) - 1)
    return Verdict(
        True,
        f"Confirmed: sup|f - g| <= {upper * (1 + _SLACK):.6g} for the pieces and <= {both:.6g} for the network, "
        f"f(x) = {text} on [{knots[0]!r}, {knots[-1]!r}] ({boxes} boxes at {BITS} bits){fewest}.",
        upper,
        boxes,
    )


def _confirm_optimality(f: Formula, claim: dict[str, Any] | None, pieces: int) -> str:
    """The lower bounds on pieces and error, from their witnesses alone; what was confirmed, as a clause."""
    if claim is None:
        return ""

    def value(x: Fraction) -> tuple[Any, Any]:
        ball = f.range(arb(fmpq(x.numerator, x.denominator)))
        if not ball.is_finite():
            raise _CheckFailedError(f"The value of f at {float(x)!r} could not be confirmed.")
        return _fraction(ball.lower()), _fraction(ball.upper())

    said = ""
    bound, witness = int(claim["lower_bound"]), claim["witness"]
    if bound > 1:
        if witness is None or int(witness["pieces"]) < bound or not confirm_witness(witness, value):
            raise _CheckFailedError(f"That {bound} pieces are needed could not be confirmed.")
        said += f"; at least {bound} pieces are needed within tol = {witness['tol']:.6g}, rtol = {witness['rtol']:.6g}"
    if claim["minimal"] and bound != pieces:
        raise _CheckFailedError(f"The file says minimal of {pieces} pieces, but only {bound} are shown to be needed.")
    least = float(claim["least_error"][0])
    if least > 0:
        witness = claim["error_witness"]
        if witness is None or float(witness["tol"]) < least or not confirm_witness(witness, value):
            raise _CheckFailedError(f"That no error below {least!r} is possible could not be confirmed.")
        if int(witness["pieces"]) <= pieces:
            raise _CheckFailedError("The witness of the least error does not exclude the pieces that the file has.")
        said += f"; with {pieces} pieces no error below {least:.6g} is possible"
    return said


def _fraction(x: Any) -> Fraction:
    """The number that an exact ball is."""
    mantissa, exponent = x.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _CheckFailedError(f"The file cannot be read: {error}.") from None
    if not isinstance(data, dict) or data.get("format") != "uat-approximation" or data.get("version") != 1:
        raise _CheckFailedError("The file is not an approximation of format 1.")
    content = {key: value for key, value in data.items() if key != "sha256"}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    if data.get("sha256") != digest:
        raise _CheckFailedError("The file was edited after it was saved: its checksum does not fit its content.")
    return data


def _pieces(data: dict[str, Any]) -> tuple[list[float], list[float]]:
    part = data["piecewise"]
    knots, values = [float(x) for x in part["breakpoints"]], [float(y) for y in part["values"]]
    if len(knots) < 2 or len(values) != len(knots) or not all(p < q for p, q in pairwise(knots)):
        raise _CheckFailedError("The breakpoints do not increase, or are not as many as the values.")
    if [knots[0], knots[-1]] != [float(x) for x in data["function"]["domain"]]:
        raise _CheckFailedError("The breakpoints do not span the domain.")
    slopes = [(values[k + 1] - values[k]) / (knots[k + 1] - knots[k]) for k in range(len(knots) - 1)]
    if slopes != part["slopes"]:
        raise _CheckFailedError("The slopes are not those of breakpoints and values.")
    if [values[k] - s * knots[k] for k, s in enumerate(slopes)] != part["intercepts"]:
        raise _CheckFailedError("The intercepts are not those of breakpoints and values.")
    return knots, values


def _network_distance(network: dict[str, Any], knots: list[float], values: list[float]) -> float:
    """max|net - pieces| on the domain, in exact rationals, and refused if roundings cannot explain it.

    Both are piecewise affine: the largest difference is at a kink of either. Rounding explains, at x,
    16 u (|c| + sum |coefficient| (|w x| + |b|) + max|values|): a few roundings for each slope difference.
    """
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
        raise _CheckFailedError(
            f"The network is not the piecewise-affine function: they differ by {float(largest):.6g}."
        )
    return float(largest)


def _affine(knots: list[float], values: list[float], cell: int, x: Any) -> Any:
    """The chord of a cell at x (a ball or a series), through the stored values."""
    x0, x1 = arb(knots[cell]), arb(knots[cell + 1])
    y0, y1 = arb(values[cell]), arb(values[cell + 1])
    return (x - x0) * ((y1 - y0) / (x1 - x0)) + y0


def _confirm_seen(f: Formula, knots: list[float], values: list[float], lower: float, where: float) -> None:
    """|f(where) - g(where)| >= lower, with slack for the float evaluation behind an estimate."""
    if not knots[0] <= where <= knots[-1]:
        raise _CheckFailedError(f"`where` = {where!r} lies outside the domain.")
    cell = max(k for k in range(len(knots) - 1) if knots[k] <= where)
    difference = abs(f.range(arb(where)) - _affine(knots, values, cell, arb(where)))
    noise = 64 * 2.0**-53 * (1 + max(map(abs, values)))
    if not difference + noise >= lower * (1 - _SLACK):
        raise _CheckFailedError(
            f"The file claims a difference of {lower:.6g} at x = {where!r}, but there it is {difference}."
        )


def _confirm_upper(f: Formula, knots: list[float], values: list[float], upper: float) -> int:
    """sup|f - g| <= upper (1 + slack), by bisection of every cell, or a failed check. Returns the number of boxes."""
    wanted = arb(upper) * (1 + arb(_SLACK)) + arb(2) ** -70 * max(map(abs, values))
    boxes = 0
    for cell in range(len(knots) - 1):
        stack = [(arb(knots[cell]), arb(knots[cell + 1]))]
        while stack:
            low, high = stack.pop()
            boxes += 1
            middle = (low + high) / 2
            middle = middle.mid()
            at = abs(f.range(middle) - _affine(knots, values, cell, middle))
            if at > wanted:
                raise _CheckFailedError(
                    f"The claim is false: |f - g| is at least {float(at.lower()):.6g} at x = {float(middle)!r}, "
                    f"more than the {upper:.6g} that the file claims."
                )
            if _bound(f, knots, values, cell, low, high, middle) <= wanted:
                continue
            if boxes > _MOST_BOXES or high - low < arb(2) ** -80 * (1 + abs(middle)):
                raise _CheckFailedError(
                    f"The claim could not be confirmed: near x = {float(middle)!r} f has no enclosure tight enough."
                )
            stack += [(low, middle), (middle, high)]
    return boxes


def _bound(f: Formula, knots: list[float], values: list[float], cell: int, low: Any, high: Any, middle: Any) -> Any:
    """An upper bound of |f - g| on [low, high], from Taylor's formula where f has a series, else from its range."""
    radius = (high - low) / 2 * (1 + arb(2) ** -20)
    ball = middle + radius * arb(0, 1)
    t = radius * arb(0, 1)
    over = f.series(arb_series([ball, 1], 3))
    bounds = []
    if over is not None and over[2].is_finite():
        at = f.series(arb_series([middle, 1], 3))
        if at is not None:
            e = at - _affine(knots, values, cell, arb_series([middle, 1], 3))
            # the two envelopes e0 + e1 t + q t^2 of f - g, with the extreme curvatures q
            q = over[2]
            bounds.append(max(_vertex(e[0], e[1], q.upper(), radius), _vertex(-e[0], -e[1], -q.lower(), radius)))
            bounds.append(abs(e[0] + e[1] * t + q * t * t).upper())
    image = f.hull(low, high)
    if image.is_finite():
        bounds.append(abs(image - _affine(knots, values, cell, ball)).upper())
    finite = [bound for bound in bounds if bound.is_finite()]
    return min(finite) if finite else arb.pos_inf()


def _vertex(e0: Any, e1: Any, q: Any, radius: Any) -> Any:
    """max of e0 + e1 t + q t^2 on |t| <= radius, or more."""
    ends = (e0 + abs(e1) * radius + q * radius * radius).upper()
    if q < 0:
        inside = (e0 - e1 * e1 / (4 * q)).upper()
        return inside if not abs(e1) > -2 * q * radius else ends
    return ends
