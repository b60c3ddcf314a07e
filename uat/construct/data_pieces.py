"""The fewest continuous pieces within a tolerance of all points of a sample, exact on the data.

The search runs in floats, the two proofs in rationals: the function with its float64 knots and values is checked at
every point (in floats where their error bound decides, else in fractions), and the windows of the few points that force
the links are swept again exactly. Where the two counts differ, a tie was decided by a rounding, and the result says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uat._checks import Floats, InputError, show
from uat._deadline import Deadline, OutOfTime
from uat.bounds.certification import Certificate
from uat.construct.corridor import Links, fewest_links
from uat.construct.data_check import INSIDE, OUTSIDE, TIED, check_on_data
from uat.construct.mesh import least_scale, roundoff
from uat.construct.outcome import Narrowest
from uat.construct.questions import one_way
from uat.construct.tube import Tube
from uat.construct.witness import Witness
from uat.piecewise import UNIT, PiecewiseAffine

BALANCE = 2e-2  # with tol=: the error comes this close (relative) to the least with the same number of pieces
FINEST = 1e-13  # with pieces=: a thousand roundings
# and so little below what the search in floats finds is tried for the proof, which its roundings may have cost
SLACKS = (0.0, 1e-15, 1e-14, 1e-13, 1e-12, 1e-11)
# shares of the width that are left to the roundings of p: enough as a rule, none (a tie that floats meet exactly), more
# where the data crowd and their gaps hold few floats
CROWDED = 2.0**-20
ROOM = (2.0**-44, 0.0, 2.0**-36, 2.0**-28, CROWDED, 2.0**-14, 2.0**-10, 2.0**-7)
KNOTS_ON_DATA = 2.0**-20  # with knots at the points, this share is left to the roundings of values
WIDER = 1e-6  # rounded data may stand on a knife edge: so little more of the tolerance is tried
REPAIRS = 100  # rounds in which knots are taken to the points


class Points:
    """Samples sorted by abscissa, and what they ask for at each: where several values were measured, all of them.

    x : the different abscissae; low, high : the least and the largest value at each; all_x, all_y : every point.
    """

    def __init__(self, x: Floats, y: Floats) -> None:
        self.all_x, self.all_y = x, y
        self.x, first, many = np.unique(x, return_index=True, return_counts=True)
        self.low, self.high = y[first], y[first + many - 1]
        self.repeated = bool((many > 1).any())
        self.direction = 0  # 1 or -1 where the path must rise or fall throughout

    def walls(self, tube: Tube, margin: float = 0) -> tuple[Floats, Floats]:
        """What all values at an abscissa leave open there; nothing where lower > upper."""
        lower, upper = tube.lower(self.high, margin), tube.upper(self.low, margin)
        return one_way(lower, upper, self.direction) if self.direction else (lower, upper)

    def path(self, links: Links) -> PiecewiseAffine:
        """The path of the links; a flat piece may have come out a rounding too low."""
        knots, values = links.path(self.direction)
        if self.direction:
            values = self.direction * np.maximum.accumulate(self.direction * values)
        return PiecewiseAffine(knots, values)

    def refuse_spread(self, tube: Tube) -> None:
        """InputError where the values at one abscissa are further apart than the tolerance lets any function be."""
        lower, upper = self.walls(tube)
        if (lower > upper).any():
            k = int(np.argmax(lower > upper))
            raise InputError(
                f"the tolerance is out of reach: the values at x = {show(self.x[k])} lie between {show(self.low[k])} "
                f"and {show(self.high[k])}, and no number is in {tube} of all of them."
            )

    def refuse_through(self, through: NDArray[np.bool_]) -> None:
        """InputError where several values are to be met exactly."""
        several = through & (self.low < self.high)
        if several.any():
            raise InputError(
                f"`through` must name abscissae with one value, but {show(self.x[several][0])} has several."
            )


def fit_data(
    points: Points, tube: Tube | None, pieces: int | None, side: str, forced: NDArray[np.bool_],
    through: NDArray[np.bool_], deadline: Deadline,
) -> Narrowest:  # fmt: skip
    """See `uat.narrowest`; exactly one of tube and pieces is given."""
    x, y = points.x, points.all_y

    def open_in(tube: Tube, margin: float = 0) -> bool:
        lower, upper = points.walls(tube, margin)
        return bool((lower <= upper).all())

    def enough(tube: Tube, pieces: int) -> Any:
        return links(tube) if open_in(tube) else Closed(pieces + 1)

    def links(tube: Tube, margin: float = 0) -> Links:
        lower, upper = points.walls(tube, margin)
        lower, upper = np.where(through, points.low, lower), np.where(through, points.low, upper)
        return fewest_links(x, lower, upper, chain=False, forced=forced | through)

    def witness(tube: Tube, found: Links) -> Witness:
        chosen = np.union1d(found.contacts, np.flatnonzero(forced | through))
        chosen = np.union1d(chosen, [0, len(x) - 1])
        kind = "data" if points.repeated else "windows"
        at, low, high = x[chosen], points.low[chosen], points.high[chosen]
        return Witness.counted(kind, at, low, high, tube, tuple(x[forced].tolist()), tuple(x[through].tolist()))

    unit = Tube(1.0, 0.0, side)
    note, stopped, error_witness, least = "", False, None, (0.0, np.inf)
    if tube is None:
        assert pieces is not None
        spread = float(np.ptp(y)) / 2 * (1 if side == "both" else 2)
        low = high = 0.0
        if spread > 0 and enough(unit.scaled(spread * 1e-300), pieces).count > pieces:
            try:
                low, high = least_scale(
                    lambda s: enough(unit.scaled(s), pieces), pieces, spread / pieces**2, 1.0, FINEST, deadline
                )
            except (OutOfTime, KeyboardInterrupt):
                note, stopped, low, high = "the search was stopped early", True, 0.0, spread
        tube = unit.scaled(max(high, float(roundoff(y).max())))
        for slack in SLACKS:
            below = unit.scaled(low * (1 - slack))
            if low == 0 or not open_in(below):
                break
            error_witness = witness(below, links(below))
            if error_witness.pieces > pieces:
                least = (float(below.tol), np.inf)
                break
    held, found = tube, links(tube)
    if pieces is None:
        try:
            _, high = least_scale(
                lambda s: enough(held.scaled(s), found.count), found.count, 1.0, 0.5, BALANCE, deadline
            )
        except (OutOfTime, KeyboardInterrupt):
            note, stopped, high = "the search was stopped early", True, 1.0
        high = min(high, 1.0)
    best: tuple[tuple[int, float], PiecewiseAffine, Certificate, Tube] | None = None
    met = np.isin(points.all_x, x[through])
    for share in ROOM:
        if pieces is None and share == CROWDED and best is not None and best[0][0] == INSIDE:
            break
        if pieces is None:
            scale, outer = max(high * (1 - share), 64 * share), tube
        else:
            scale, outer = 1 + 2 * share, tube.scaled(1 + 4 * share)
        margin = share / scale if share else 0
        if share and not open_in(tube.scaled(scale), margin):  # the values at one abscissa leave no room at all
            continue
        p = points.path(links(tube.scaled(scale), margin))
        place, certificate = check_on_data(p, points.all_x, y, outer, met)
        as_asked = place == INSIDE and p.pieces <= found.count
        if pieces is not None and place != INSIDE:  # the tube is what these pieces keep
            p = p if through.any() else moved_off(p, points, side)
            outer = unit.scaled(check_on_data(p, points.all_x, y, outer, met)[1].upper)
            place, certificate = check_on_data(p, points.all_x, y, outer, met)
        rank = (place, -p.pieces if pieces is None else -float(outer.tol))
        if best is None or rank > best[0]:
            best = (rank, p, certificate, outer)
        if as_asked:
            break
    assert best is not None
    if pieces is None and best[0][0] == OUTSIDE:  # more pieces, with knots at the points
        p = knots_on_data(points, tube, forced, through)
        place, certificate = check_on_data(p, points.all_x, y, tube, met)
        best = max(best, ((place, -p.pieces), p, certificate, tube), key=lambda found: found[0])
    (place, _), p, certificate, tube = best
    least = (least[0], float(tube.tol) if place == INSIDE else np.inf)
    if place == TIED:
        note = "a rounding of the knots leaves the tube at a point where it is met exactly"
    elif place == OUTSIDE:
        note = (
            f"it lies outside the tube, as its difference near x = {certificate.where!r} shows: the floats there are "
            "too far apart for knots where the fewest pieces need them"
        )
    proof = witness(tube, found)
    if proof.pieces < p.pieces and not note:
        note = f"whether {proof.pieces} pieces could do is a tie that the rounding of the knots decides"
        if points.direction:
            note = f"that {proof.pieces} pieces cannot do is not proven: the proof does not ask for a monotone function"
    if pieces is None and not stopped and (fewer := links(held.scaled(1 + WIDER)).count) < p.pieces:
        note += f"{'; ' * bool(note)}with a tolerance larger by a millionth the search finds {fewer}"
    return Narrowest(
        p, tube, certificate, place == INSIDE, proof.pieces, proof, least, error_witness, note,
        outside=place == OUTSIDE, stopped=stopped,
    )  # fmt: skip


def moved_off(p: PiecewiseAffine, points: Points, side: str) -> PiecewiseAffine:
    """p, raised ("over") or lowered ("under") as a whole by what rounding its knots let it cross the points."""
    if side == "both":
        return p
    sign = 1.0 if side == "over" else -1.0
    crossed = max(float((sign * (points.all_y - p(points.all_x))).max()), 0.0)
    doubt = 32 * UNIT * (float(np.abs(p.values).max()) + float(np.abs(points.all_y).max()))
    return PiecewiseAffine(p.knots, p.values + sign * (crossed + doubt))


def knots_on_data(points: Points, tube: Tube, forced: NDArray[np.bool_], through: NDArray[np.bool_]) -> PiecewiseAffine:
    """A function in the tube, of few pieces: where rounding a knot takes it out, knots stand at the points instead.

    With knots at all points it is inside whatever the abscissae are, as nothing lies between them.
    """
    x, extra, room = points.x, forced | through, KNOTS_ON_DATA
    lower, upper = points.walls(tube.scaled(1 - room), room)
    if not (lower <= upper).all():
        lower, upper = points.walls(tube)
    lower, upper = np.where(through, points.low, lower), np.where(through, points.low, upper)
    walls = points.walls(tube)
    for _ in range(REPAIRS):
        p = points.path(fewest_links(x, lower, upper, chain=False, forced=extra))
        at = p(x)
        left = np.where(through, -np.abs(at - points.low), np.minimum(at - walls[0], walls[1] - at))
        if left.min() > 0:
            break
        off = np.searchsorted(p.knots, x[left <= 0], side="right") - 1
        ends = p.knots[np.unique(np.clip(np.concatenate([off, off + 1]), 0, p.pieces))]
        after = np.searchsorted(x, ends[~np.isin(ends, x)])
        beside = np.concatenate([after - 1, after])
        if extra[beside].all():
            break
        extra[beside] = True
    if left.min() > 0:
        return p
    middle = points.low + (points.high - points.low) / 2
    values = np.where(through, points.low, np.clip(middle, lower, upper))
    if points.direction:
        values = points.direction * np.maximum.accumulate(points.direction * values)
    return PiecewiseAffine(x, values)


@dataclass(frozen=True, slots=True)
class Closed:
    """In place of links, where no function whatever passes: more of them than are allowed."""

    count: int
