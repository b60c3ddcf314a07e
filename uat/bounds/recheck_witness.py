"""The independent checker of a lower bound: a witness that so many pieces are needed, verified anew in fractions.

A witness lists abscissae and floats that enclose f there. Whatever stays in the tube passes the windows that the tube
has at these abscissae, so the fewest links through the windows bound the number of pieces from below. This file shares
no line with the one that made the witness: it reads the data by itself, and instead of a sweep with convex hulls it
compares, for every link, the slopes of all pairs of points that bind it. Where its own enclosure of f reaches beyond
that of the witness, it counts with the hull of both: f may be the very float, but a ball cannot say so.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Any

Point = tuple[Fraction, Fraction]


def confirm_witness(
    data: dict[str, Any], value: Callable[[Fraction], tuple[Any, Any]], look: Callable[[], None] = lambda: None
) -> bool:
    """Whether f needs at least ``data["pieces"]`` continuous affine pieces in the tube of the witness.

    Parameters
    ----------
    data : dict
        kind, pieces, x, low, high, tol, rtol, side, knots, through: see docs/narrowest.md.
    value : callable
        x -> numbers (least, most), comparable with fractions, that enclose f(x).
    look : callable
        Asked now and then; raises when the time is over.

    Returns
    -------
    bool; False also where the data contradict themselves.

    Raises
    ------
    KeyError, TypeError, ValueError
        Where an entry is missing or is not a number.
    """
    x, low, high = ([Fraction(v) for v in data[name]] for name in ("x", "low", "high"))
    tol, rtol, side = Fraction(data["tol"]), Fraction(data["rtol"]), data["side"]
    knots, met = {Fraction(v) for v in data["knots"]}, {Fraction(v) for v in data["through"]}
    if not (len(x) == len(low) == len(high) and tol >= 0 and 0 <= rtol < 1 and side in ("both", "under", "over")):
        return False
    lower, upper = [], []
    for t, least, most in zip(x, low, high, strict=True):
        if t in met:
            if least != most:
                return False
            lower.append(least)
            upper.append(most)
            continue
        true_least, true_most = value(t)
        if not (least <= most and true_most >= least and true_least <= most):  # what is false for certain
            return False
        least, most = min(least, true_least), max(most, true_most)
        lower.append(least if side == "over" else least - tol - rtol * abs(least))
        upper.append(most if side == "under" else most + tol + rtol * abs(most))
    if data["kind"] == "three-point":
        plain = not knots and not met and len(x) % 3 == 0
        return plain and int(data["pieces"]) <= 1 + _triples(x, lower, upper)
    rising = all(s < t for s, t in pairwise(x)) and len(x) >= 2
    return data["kind"] == "windows" and rising and int(data["pieces"]) <= _links(x, lower, upper, knots | met, look)


def _triples(x: list[Fraction], lower: list[Fraction], upper: list[Fraction]) -> int:
    """How many triples no affine function passes; none where their intervals overlap."""
    count = 0
    for k in range(0, len(x), 3):
        if not x[k] < x[k + 1] < x[k + 2] or (k and x[k] < x[k - 1]):
            return 0
        triple = slice(k, k + 3)
        lows, highs = list(zip(x[triple], lower[triple], strict=True)), list(zip(x[triple], upper[triple], strict=True))
        count += _slopes(lows, highs) is None
    return count


def _slopes(lows: list[Point], highs: list[Point], look: Callable[[], None] = lambda: None) -> tuple[Any, Any] | None:
    """The flattest and the steepest slope of a line above all lows and below all highs, each with its two points.

    y = s x + c exists iff s (h.x - l.x) <= h.y - l.y for every pair: pairs with h right of l bound s from above, those
    with h left of l from below. None where no line exists; None in place of an end that nothing bounds.
    """
    flat: Any = None
    steep: Any = None
    for low in lows:
        look()
        for high in highs:
            if high[0] == low[0]:
                continue
            slope = (high[1] - low[1]) / (high[0] - low[0])
            if high[0] > low[0] and (steep is None or slope < steep[0]):
                steep = (slope, high, low)
            if high[0] < low[0] and (flat is None or slope > flat[0]):
                flat = (slope, low, high)
    return None if flat and steep and flat[0] > steep[0] else (flat, steep)


def _links(
    x: list[Fraction], lower: list[Fraction], upper: list[Fraction], forced: set[Fraction], look: Callable[[], None]
) -> int:
    """The fewest continuous links through the windows, with knots where they are forced (theory C3)."""
    links, i = 1, 0
    lows: list[Point] = []
    highs: list[Point] = []
    lines: tuple[Any, Any] = (None, None)
    while i < len(x):
        low, high = (x[i], lower[i]), (x[i], upper[i])
        if low[1] > high[1]:
            return 1
        extended = _slopes([*lows, low], [*highs, high], look)
        if extended is not None:
            lows, highs, lines = [*lows, low], [*highs, high], extended
            if x[i] in forced and 0 < i < len(x) - 1:  # the next link starts where this one can be
                flat, steep = lines
                bottom = flat[1][1] + flat[0] * (x[i] - flat[1][0]) if flat else low[1]
                top = steep[1][1] + steep[0] * (x[i] - steep[1][0]) if steep else high[1]
                lows, highs, lines, links = [(x[i], bottom)], [(x[i], top)], (None, None), links + 1
            i += 1
            continue
        flat, steep = lines
        links += 1
        # which wall stopped it: the line of the extreme slope through its last contact misses the window
        if flat and flat[1][1] + flat[0] * (x[i] - flat[1][0]) > high[1]:
            contact = flat[1]
            lows, highs = [p for p in lows if p[0] >= contact[0]], []
        else:
            contact = steep[1]
            lows, highs = [], [p for p in highs if p[0] >= contact[0]]
        lines = (None, None)
    return links
