"""Samples of f where they matter: a mesh that grows, and the search for the narrowest tube on it.

Between samples the walls are taken as chains, so a coarse mesh gives the number of pieces nearly right and the
tolerance to a per cent. What decides beyond that are a few points: where the links touch a wall and where they leave
the corridor. `refine` samples f there again (at the tangency that a parabola predicts, and at the constructed exit),
and each round multiplies the correct digits. Nothing here is a proof: it is the search, in floats, for a path and for
the points on which a proof can stand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from uat._checks import Floats
from uat._deadline import Deadline, OutOfTime
from uat._kernels import EXIT, HAS_FLAT, HAS_STEEP, KIND, LEFT, LEFT_FLAT, RIGHT, RIGHT_FLAT
from uat._sampling import Function, sample
from uat.construct.corridor import Links, fewest_links
from uat.construct.tube import Tube

START_CELLS = 128  # a first look; what it misses, the certificate finds
RESOLUTION = 1 / 64  # chord error of a cell over the width of the tube at first,
CELLS_A_PIECE = 10  # ... which makes about so many
DEEPEST = 1.0e-15  # cells shorter than this share of the domain are not divided: floats end there
CLEAR = 2.0**-14  # of a first cell: two chords so short give a slope as well as float64 values of f do
AT_JUMPS = 2.0**-36  # the same where f jumps: a sweep through cells as short as floats allow would lose its way
MOST_SAMPLES = 4_000_000  # about 100 MB of walls and hulls
MANY_SAMPLES = 1_000_000  # a tenth of a second for a sweep
FEW_SAMPLES = 100_000  # take no time worth speaking of
SAMPLES_A_SECOND = 500_000  # what a search can use: a sweep costs up to 0.1 microseconds a sample
ROUNDINGS = 16  # of f itself (a few), of the walls (three), and of the line that is compared with them
HOPELESS = 1e12  # times a guess, or a tolerance: what does not do in so wide a tube does in none
POLISH_ROUNDS = 14  # of superlinear convergence; the change between rounds ends it earlier


def most_samples(deadline: Deadline) -> int:
    """How large a mesh may be that is to be swept some ten times before the deadline."""
    left = deadline.left()
    return MOST_SAMPLES if left is None else min(MOST_SAMPLES, max(FEW_SAMPLES, int(SAMPLES_A_SECOND * min(left, 1e9))))


class Mesh:
    """Samples of f on [a, b], sorted; `forced` marks where a knot must stand, `exact` where f must be met."""

    def __init__(
        self, f: Function, domain: tuple[float, float], breaks: Floats, through: Floats, direction: int = 0
    ) -> None:
        self.f = f
        self.a, self.b = domain
        self.deepest = DEEPEST * max(abs(self.a), abs(self.b), self.b - self.a)
        self.breaks, self.through = breaks, through
        self.resolution = RESOLUTION
        self.deadline = Deadline(None)  # for the sampling of a slow f
        self.clear = 0.0  # how far from the points where f is met other samples stay
        self.direction = direction  # 1 or -1 where the path must rise or fall throughout
        ends = np.linspace(self.a, self.b, START_CELLS + 1)
        self.x: Floats
        self.y: Floats
        x = np.unique(np.concatenate([ends, breaks, through]))
        self._hold(x, sample(f, x))

    def stay_clear(self) -> None:
        """For a one-sided tube: no samples nearer to a point where f is met than those that tell a slope there.

        The path starts from f itself at such a point, and how steep it may be hangs on the difference of two values.
        """
        self.clear = CLEAR * (self.b - self.a) / START_CELLS
        self._hold(self.x, self.y)
        t = np.concatenate([self.through, self.through])
        step = np.repeat([-1.0, 1.0], len(self.through)) * self.clear
        inside = (t + 2 * step >= self.a) & (t + 2 * step <= self.b)
        t, one, two = t[inside], (t + step)[inside], (t + 2 * step)[inside]
        y, y1, y2 = (self._sample(x) for x in (t, one, two))
        h1, h2 = one - t, two - t
        q1, q2 = (y1 - y) / h1, (y2 - y) / h2
        self.tangents = np.stack([t, y, q1 - (q2 - q1) * h1 / (h2 - h1), 2 * h2])

    def _with_tangents(self, side: str) -> Floats:
        """The values of f or, beside points where f is met, those of its tangent from there, if they are further in.

        Before the first sample f may bend away from the chord, and a line that keeps to the chord would cross f.
        """
        y, inner = self.y.copy(), np.minimum if side == "under" else np.maximum
        for t, value, slope, reach in self.tangents.T:
            off = (self.x - t) / reach
            near = (off > 0) & (off <= 1)
            y[near] = inner(y[near], value + slope * (self.x[near] - t))
        return y

    def _from_met(self, x: Floats) -> Floats:
        """How far it is to the nearest point where f is met."""
        after = np.minimum(np.searchsorted(self.through, x), len(self.through) - 1)
        nearest: Floats = np.minimum(np.abs(x - self.through[after - 1]), np.abs(x - self.through[after]))
        return nearest

    def _hold(self, x: Floats, y: Floats) -> None:
        """All at once, for Ctrl-C may fall between the lines."""
        if self.clear:
            far = self._from_met(x)
            keep = (far == 0) | (far >= self.clear) | np.isin(x, [self.a, self.b, *self.breaks])
            x, y = x[keep], y[keep]
        exact = np.isin(x, self.through)
        self.x, self.y, self.exact, self.forced = x, y, exact, exact | np.isin(x, self.breaks)

    def _sample(self, x: Floats) -> Floats:
        """f at the points x, in runs that end with the time; then `OutOfTime`."""
        if self.deadline.endless:
            return sample(self.f, x)
        values = [sample(self.f, x[start:stop]) for start, stop in self.deadline.runs(0, len(x))]
        if sum(map(len, values)) < len(x):
            raise OutOfTime
        return np.concatenate(values) if values else np.empty(0)

    def insert(self, points: Floats) -> bool:
        """Sample f at those of the points that are new; whether there were any."""
        points = np.unique(points[(points > self.a) & (points < self.b)])
        points = points[self._from_met(points) >= self.clear] if self.clear else points
        at = np.searchsorted(self.x, points)
        points = points[self.x[np.minimum(at, len(self.x) - 1)] != points]
        if points.size == 0:
            return False
        at = np.searchsorted(self.x, points)
        self._hold(np.insert(self.x, at, points), np.insert(self.y, at, self._sample(points)))
        return True

    def insert_around(self, where: float) -> bool:
        """Sample f at a point and around it at every scale; whether anything was new."""
        reach = (self.b - self.a) * 0.5 ** np.arange(1, 48)
        return self.insert(np.concatenate([[where], where - reach, where + reach]))

    def divide(self, width: Callable[[Floats], Floats], deadline: Deadline, known: Floats | None = None) -> None:
        """Halve cells until their middles lie within `resolution` times the tube's width from the chord.

        Every middle is kept. Cells between two samples that were `known` to a mesh divided before are left alone: a
        repair in one place would double the mesh everywhere.
        """
        cells: Any = slice(None)
        if known is not None:
            fresh = ~np.isin(self.x, known, assume_unique=True)
            cells = np.flatnonzero(fresh[:-1] | fresh[1:])
        left, right, low, high = self.x[:-1][cells], self.x[1:][cells], self.y[:-1][cells], self.y[1:][cells]
        found_x, found_y, total = [self.x], [self.y], len(self.x)
        try:
            while left.size and total < MOST_SAMPLES:
                if total + left.size > most_samples(deadline):
                    deadline.look()
                    if most_samples(deadline) < MOST_SAMPLES:
                        raise OutOfTime  # before the time is spent, not after
                middle = left + (right - left) / 2
                value = self._sample(middle)
                found_x.append(middle)
                found_y.append(value)
                total += middle.size
                off = np.abs(value - (low + (high - low) / 2)) > self.resolution * width(value) + roundoff(value)
                off &= right - left > self.deepest
                left, right = np.concatenate([left[off], middle[off]]), np.concatenate([middle[off], right[off]])
                low, high = np.concatenate([low[off], value[off]]), np.concatenate([value[off], high[off]])
        finally:  # what was sampled is kept: the best that there is, should the time be up
            x, first = np.unique(np.concatenate(found_x[: len(found_y)]), return_index=True)
            self._hold(x, np.concatenate(found_y)[first])

    def sharpen(self, pieces: int, width: Callable[[Floats], Floats], deadline: Deadline) -> None:
        """Divide further, so finely that among so many pieces the chords' errors add up to less than one of them.

        A longer chain of links is not polished in place: where one moves, all behind it do.
        """
        coarsest = RESOLUTION * (CELLS_A_PIECE * pieces / MANY_SAMPLES) ** 2
        self.resolution = min(RESOLUTION, max(1 / (4 * pieces), coarsest))
        if self.resolution < RESOLUTION:
            self.divide(width, deadline)

    def walls(self, tube: Tube, margin: Any = 0) -> tuple[Floats, Floats]:
        """The walls at the samples: closed where f must be met."""
        y = self.y
        if margin and self.clear:  # a step of the wall beside a point where f is met would cost two pieces
            margin = margin * (self._from_met(self.x) / (self.b - self.a))  # straight, as f may be
            y = self._with_tangents(tube.side)
        lower, upper = tube.lower(y, margin), tube.upper(y, margin)
        if self.exact.any():
            lower, upper = np.where(self.exact, self.y, lower), np.where(self.exact, self.y, upper)
        return lower, upper

    def links(
        self, tube: Tube, margin: float = 0, *, chain: bool = True, jumps: bool = False, widened: bool = False
    ) -> Links:
        """The fewest links through the tube on this mesh; `widened` by the roundings of f and of the walls.

        What forces a link in a widened tube forces it in the tube itself, in exact arithmetic too.
        """
        lower, upper = self.walls(tube, margin)
        if widened:
            doubt = np.where(self.exact, 0.0, roundoff(np.abs(self.y) + tube.width(self.y)))
            lower, upper = lower - doubt, upper + doubt
        return fewest_links(self.x, lower, upper, chain=chain, jumps=jumps, forced=None if jumps else self.forced)

    def refine(self, links: Links) -> bool:
        """Sample where the links touch a wall and where they leave the corridor; whether anything was new."""
        marks, x, y = links.marks, self.x, self.y
        stopped = marks[:, KIND] != 0
        contacts, slopes = [], []
        for columns, rows, lines in (
            ((LEFT, RIGHT), stopped | (marks[:, HAS_STEEP] != 0), links.lines),
            ((LEFT_FLAT, RIGHT_FLAT), ~stopped & (marks[:, HAS_FLAT] != 0), links.flats),
        ):
            with np.errstate(all="ignore"):
                slope = (lines[rows, 3] - lines[rows, 1]) / (lines[rows, 2] - lines[rows, 0])
            for column in columns:
                contacts.append(marks[rows, column])
                slopes.append(slope)
        k, slope = np.concatenate(contacts), np.concatenate(slopes)
        inner = (k > 0) & (k < len(x) - 1)
        k, slope = k[inner], slope[inner]
        h0, h1 = x[k] - x[k - 1], x[k + 1] - x[k]
        with np.errstate(all="ignore"):  # a straight stretch has no tangency: its nan falls to the neighbours below
            s0, s1 = (y[k] - y[k - 1]) / h0, (y[k + 1] - y[k]) / h1
            bend = (s1 - s0) / (h0 + h1)  # f''/2
            tangency = x[k] + (slope - (s0 * h1 + s1 * h0) / (h0 + h1)) / (2 * bend)
        good = np.isfinite(tangency) & (tangency > x[k - 1]) & (tangency < x[k + 1])
        tangency = np.where(good, tangency, x[k])
        near = np.minimum(h0, h1) / 32
        e, exits = links.exits[stopped, 0], marks[stopped, EXIT]
        gap = x[exits] - x[exits - 1]
        tangencies = [tangency, tangency - near, tangency + near, x[k] - h0 / 2, x[k] + h1 / 2]
        leavings = [e, e - gap / 32, e + gap / 32, e + gap * 1e-6]
        return self.insert(np.concatenate([*tangencies, *leavings]))


def least_scale(
    links: Callable[[float], Links], pieces: int, guess: float, spread: float, accuracy: float, deadline: Deadline
) -> tuple[float, float]:
    """Bisect for the least scale at which `pieces` links suffice: (not enough, enough), `accuracy` apart (relative)."""
    low = high = guess
    step = max(spread, accuracy)
    while links(high).count > pieces and high < HOPELESS * max(guess, 1.0):
        deadline.look()
        low, high, step = high, high * (1 + step), min(step * 8, 4.0)
    step = max(spread, accuracy)
    if low == high:
        low = high / (1 + step)
        while low > 0 and links(low).count <= pieces:
            deadline.look()
            step = min(step * 8, 1e3)
            low, high = low / (1 + step), low
            if low < 1e-300:
                return 0.0, high
    while high - low > accuracy * high:
        deadline.look()
        middle = low + (high - low) / 2
        if not low < middle < high:
            break
        if links(middle).count > pieces:
            low = middle
        else:
            high = middle
    return low, high


def polish(
    mesh: Mesh,
    tube: Callable[[float], Tube],
    margin: float,
    pieces: int,
    guess: float,
    accuracy: float,
    deadline: Deadline,
) -> tuple[float, float]:
    """The least scale for f itself: bisect, sample anew where the links touch and leave, until it stands still."""

    def at(scale: float) -> Links:
        return mesh.links(tube(scale), margin)

    spread, scale = 0.5, guess
    low, high = least_scale(at, pieces, scale, spread, 1e-3, deadline)
    for _ in range(POLISH_ROUNDS):
        before = high
        fresh = mesh.refine(at(high))
        if low > 0:
            fresh |= mesh.refine(at(low))
        low, high = least_scale(at, pieces, high, max(10 * spread * spread, 4 * accuracy), accuracy / 4, deadline)
        spread = abs(high - before) / high
        if spread < accuracy or not fresh or len(mesh.x) > MOST_SAMPLES:
            break
    return low, high


def roundoff(values: Floats) -> Floats:
    """A few units in the last place of the values: below this, float samples tell nothing."""
    return ROUNDINGS * 2.0**-53 * np.abs(values)
