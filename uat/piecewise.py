"""Continuous piecewise-affine functions, and step 1 of the theorem: the interpolant on a grid.

A function g, continuous on [a, b], is uniformly continuous (Heine). Cut [a, b] into cells no longer than a step eta and
join the values of g at the knots by chords: the interpolant differs from g by at most the modulus of continuity
w(g, eta) (statement B2 of docs/theory.md), which tends to 0 with eta. The formulas that work on any exact number type
stand as plain functions beside the class, so that they can be run on fractions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from uat import _checks
from uat._checks import Floats, InputError, show
from uat._kernels.pieces import PieceTable, QuotientTable, at_ends
from uat._sampling import Function, sample

UNIT = 2.0**-53  # unit roundoff of float64
_NORMAL = 2.0**-1022  # from here on floats have their full relative accuracy


def slopes(knots: NDArray[Any], values: NDArray[Any]) -> NDArray[Any]:
    """Chord slopes (values_{k+1} - values_k) / (knots_{k+1} - knots_k), shape (N,), for any number type."""
    quotients: NDArray[Any] = (values[1:] - values[:-1]) / (knots[1:] - knots[:-1])
    return quotients


def affine_on_cells(knots: NDArray[Any], values: NDArray[Any], x: NDArray[Any]) -> NDArray[Any]:
    """The piecewise-affine function at x, shape of x, for any number type; the end pieces go on for ever.

    On the cell [k0, k1] that holds x the value is y0 + t (y1 - y0) with t = (x - k0) / (k1 - k0). In floats this form
    does not even overflow on cells of subnormal length, and it gives the stored value at every knot.
    """
    cell = np.searchsorted(knots, x, side="right") - 1
    cell = np.minimum(np.maximum(cell, 0), len(knots) - 2)
    left, low = knots[cell], values[cell]
    t = (x - left) / (knots[cell + 1] - left)
    y: NDArray[Any] = np.where(x == knots[-1], values[-1], low + t * (values[cell + 1] - low))
    return y


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class PiecewiseAffine:
    """The continuous function on [knots[0], knots[N]] that is affine between neighbouring knots.

    On [knots[k], knots[k+1]]:  p(x) = values[k] + (x - knots[k]) * slopes[k].

    Parameters
    ----------
    knots : array (N+1,), strictly increasing, N >= 1
        Abscissae, in the unit of x. Copied; read-only afterwards.
    values : array (N+1,)
        p at the knots, in the unit of the function. Copied; read-only afterwards.

    Raises
    ------
    InputError
        When an entry is not a finite real number, the knots do not increase strictly, the lengths differ, or two
        neighbouring values are so far apart that their difference overflows.

    Notes
    -----
    Accuracy of ``p(x)``: exact at the knots; inside the domain within gamma_5 |y1 - y0| + u max(|y0|, |y1|) of the
    exact value, where y0, y1 are the values at the ends of the cell, u = 2^-53 and gamma_k = k u / (1 - k u) (and
    2^-1074 more where a product underflows). For y0 + S (x - k0) with the stored slope S = (y1 - y0) / (k1 - k0): three
    roundings in S, one in x - k0 and one in the product make gamma_5 of a term no larger than |y1 - y0|; the sum is
    rounded once. Where a slope is no normal float the quotient (x - k0) / (k1 - k0) is formed instead, with the same
    five roundings and one.
    """

    knots: Floats
    values: Floats
    _table: PieceTable | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        knots = _checks.strictly_increasing(_checks.vector(self.knots, "knots", least=2), "knots")
        values = _checks.vector(self.values, "values", length=knots.size)
        with np.errstate(over="ignore"):
            rises = values[1:] - values[:-1]
        if not (math.isfinite(rises.max()) and math.isfinite(rises.min())):
            k = int(np.argmin(np.isfinite(rises)))
            raise InputError(
                "neighbouring `values` must differ by a finite float, "
                f"but values[{k}] = {show(values[k])} is followed by {show(values[k + 1])}."
            )
        _checks.endpoints(knots[0], knots[-1])
        object.__setattr__(self, "knots", knots)
        object.__setattr__(self, "values", values)

    @property
    def pieces(self) -> int:
        """The number N of cells (a knot where the slope does not change still counts; see `simplified`)."""
        return self.knots.size - 1

    @property
    def domain(self) -> tuple[float, float]:
        """The interval [a, b]."""
        return float(self.knots[0]), float(self.knots[-1])

    @property
    def slopes(self) -> Floats:
        """Chord slopes, shape (N,); infinite where a quotient overflows float64."""
        with np.errstate(over="ignore"):
            return slopes(self.knots, self.values)

    @property
    def slope_jumps(self) -> Floats:
        """Slope right of each inner knot minus slope left of it, shape (N-1,)."""
        return np.diff(self.slopes)

    @property
    def intercepts(self) -> Floats:
        """Values at 0 of the lines that carry the pieces, shape (N,): p(x) = slopes[k] x + intercepts[k] on cell k.

        The form that tables and solvers ask for. Where |knots| is large against the cells it loses digits by
        cancellation, so the library itself never computes with it.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            return self.values[:-1] - self.slopes * self.knots[:-1]

    def __call__(
        self, x: ArrayLike, *, extrapolate: bool = False, out: NDArray[Any] | None = None, threads: int = 1
    ) -> Any:
        """p(x), shape of x (a float for a float): O(1) a point on uniform knots and, unless they crowd, on others.

        Parameters
        ----------
        x : array_like, any shape
            float32 gives float32: computed in float64 and rounded once. Everything else gives float64. A float32 or
            float16 that is an end of the domain rounded outwards, as the last entry of a table, stands for that end.
        extrapolate : bool
            Outside the domain: nan, or (True) the end pieces continued.
        out : array of the shape and type of the result, optional
            Written to and returned; may be x itself.
        threads : int >= 1
            Threads that share the points. The result does not depend on it.

        Returns
        -------
        array, shape of x; nan where x is nan.

        Raises
        ------
        InputError
            When `out` does not fit or `threads` is no integer >= 1; when x is no array of real numbers, or holds an
            integer, fraction or long double that no float64 equals.
        """
        if _checks.is_ball(x):
            return x.broken_line(self.knots, self.values, "line" if extrapolate else "nan")
        beyond = extrapolate is not False and _checks.flag(extrapolate, "extrapolate")  # at every single point
        lower, upper = (-np.inf, np.inf) if beyond else self.domain
        table = self._table
        if table is None:
            table = _table(self)
            object.__setattr__(self, "_table", table)
        return table(x, lower, upper, out, threads)

    def derivative(self, x: ArrayLike) -> Any:
        """The slope at x, shape of x: the right-hand one at inner knots, the left-hand one at b, nan outside."""
        given = _checks.abscissae(x)
        points = np.array(given, dtype=np.float64)
        for few, end in at_ends(given, *self.domain):
            points.flat[few] = end
        cell = np.clip(np.searchsorted(self.knots, points, side="right") - 1, 0, self.pieces - 1)
        inside = (points >= self.knots[0]) & (points <= self.knots[-1])
        y = np.where(inside, self.slopes[cell], np.nan)
        return y if points.ndim else float(y)

    def integral(self, lower: float | None = None, upper: float | None = None) -> float:
        """The integral of p from `lower` to `upper` (the ends of the domain by default), exact up to rounding.

        Raises
        ------
        InputError
            When a limit lies outside the domain.
        """
        a, b = self.domain
        c = a if lower is None else self._limit(lower, "lower")
        d = b if upper is None else self._limit(upper, "upper")
        if c > d:
            return -self.integral(d, c)
        inner = self.knots[(self.knots > c) & (self.knots < d)]
        x = np.concatenate([[c], inner, [d]])
        y = self(x)
        return math.fsum((x[1:] - x[:-1]) * (0.5 * y[1:] + 0.5 * y[:-1]))

    def _limit(self, limit: Any, name: str) -> float:
        """A point of the domain; an end that was rounded outwards to a shorter float is that end, as in evaluation."""
        a, b = self.domain
        x = _checks.real(limit, name)
        x = next((end for few, end in at_ends(np.atleast_1d(_checks.abscissae(limit)), a, b) if few.size), x)
        if not a <= x <= b:
            raise InputError(f"`{name}` must lie in the domain [{a!r}, {b!r}], but is {x!r}.")
        return x

    @property
    def is_monotone(self) -> bool:
        """Whether p never falls or never rises (decided exactly, on the stored values)."""
        low, high = self.values[:-1], self.values[1:]
        return bool((low <= high).all() or (low >= high).all())

    @property
    def is_convex(self) -> bool:
        """Whether no slope jump is negative (decided exactly, on the stored knots and values)."""
        return bool((slope_jump_signs(self.knots, self.values) >= 0).all())

    @property
    def is_concave(self) -> bool:
        """Whether no slope jump is positive (decided exactly)."""
        return bool((slope_jump_signs(self.knots, self.values) <= 0).all())

    def inverse(self) -> PiecewiseAffine:
        """The function q with q(p(x)) = x: knots and values change places (exact).

        Raises
        ------
        InputError
            When p is not strictly monotone; the first pair of knots between which it is not is named.
        """
        rising = self.values[-1] > self.values[0]
        values = self.values if rising else -self.values
        bad = values[1:] <= values[:-1]
        if bad.any():
            k = int(np.argmax(bad))
            raise InputError(
                "only a strictly monotone function has an inverse, but p takes the values "
                f"{show(self.values[k])} and {show(self.values[k + 1])} at the neighbouring knots "
                f"{show(self.knots[k])} and {show(self.knots[k + 1])}."
            )
        order = slice(None) if rising else slice(None, None, -1)
        return PiecewiseAffine(self.values[order], self.knots[order])

    def simplified(self) -> PiecewiseAffine:
        """The same function without the knots at which the slope does not change (decided exactly)."""
        keep = np.ones(self.knots.size, dtype=bool)
        keep[1:-1] = slope_jump_signs(self.knots, self.values) != 0
        return PiecewiseAffine(self.knots[keep], self.values[keep])

    def max_difference(self, other: PiecewiseAffine) -> float:
        """max|p - q| over the common domain: it is reached at a knot of p or of q, so nothing is sampled.

        Accuracy: rounding of the two evaluations at the knots of the other.

        Raises
        ------
        InputError
            When the domains differ.
        """
        _checks.instance(other, "other", PiecewiseAffine)
        if self.domain != other.domain:
            raise InputError(f"`other` must have the domain {self.domain}, but has {other.domain}.")
        return max(
            float(np.abs(self.values - other(self.knots)).max()),
            float(np.abs(self(other.knots) - other.values).max()),
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return PiecewiseAffine, (self.knots, self.values)  # through the door: what is unpickled is frozen too

    def __repr__(self) -> str:
        a, b = self.domain
        return f"PiecewiseAffine({_checks.count(self.pieces, 'piece')} on [{a:.6g}, {b:.6g}])"


def _table(p: PiecewiseAffine) -> PieceTable:
    """What evaluation reads: the cells, a copy of the first for what lies below a, and the line that begins at b."""
    rises, lengths, slope = np.diff(p.values), np.diff(p.knots), p.slopes

    def by_cell(x: Floats, at_end: float) -> Floats:
        return np.concatenate([x[:1], x, [at_end]])

    anchors, values = by_cell(p.knots[:-1], p.knots[-1]), by_cell(p.values[:-1], p.values[-1])
    size = np.abs(slope)
    if (((size >= _NORMAL) & (size < np.inf)) | (rises == 0)).all():
        return PieceTable(p.knots, anchors, values, by_cell(slope, slope[-1]))
    return QuotientTable(p.knots, anchors, values, by_cell(rises, rises[-1]), by_cell(lengths, lengths[-1]))


def slope_jump_signs(knots: Floats, values: Floats) -> NDArray[np.int8]:
    """Exact signs (-1, 0, 1) of the slope jumps of stored floats, shape (N-1,).

    Each float slope carries three roundings, so a float jump below 8 u (|S_k| + |S_{k+1}|) may have the wrong sign;
    only those are decided again, in rationals.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        s = slopes(knots, values)
        jumps = s[1:] - s[:-1]
        sure = np.abs(jumps) > 8 * UNIT * (np.abs(s[1:]) + np.abs(s[:-1])) + 1e-300  # underflow is never sure
    flat = (values[2:] == values[1:-1]) & (values[1:-1] == values[:-2])
    signs = np.where(sure, np.sign(jumps), 0.0).astype(np.int8)
    for k in np.flatnonzero(~sure & ~flat):
        x0, x1, x2 = (Fraction(float(v)) for v in knots[k : k + 3])
        y0, y1, y2 = (Fraction(float(v)) for v in values[k : k + 3])
        turn = (y2 - y1) * (x1 - x0) - (y1 - y0) * (x2 - x1)
        signs[k] = (turn > 0) - (turn < 0)
    return signs


def interpolate(
    f: Function | str,
    a: float | tuple[float, float] | None = None,
    b: float | None = None,
    pieces: int | None = None,
    *,
    step: float | None = None,
) -> PiecewiseAffine:
    """Step 1 of the theorem: the piecewise-affine interpolant of f on a uniform grid of [a, b].

    Parameters
    ----------
    f : callable, formula, name of a target, or "file.py:function"
        A function of one real number; vectorised or not (see `uat._sampling.sample`).
    a, b : float
        End points, a < b; or a pair (a, b) in the place of both. A target's own domain when left out.
    pieces : int >= 1
        Number of cells of equal length; or
    step : float > 0
        The notes' g_eta: knots a, a + step, a + 2 step, ..., b. The last cell is shorter when the step does not
        divide b - a. A step that divides b - a up to the rounding of the three numbers gives no sliver: 0.1 cuts
        [0, 0.3] into three cells.

    Returns
    -------
    PiecewiseAffine

    Raises
    ------
    InputError
        For end points that are not finite or not increasing, a grid finer than floats or memory allow, and a function
        that is not one finite real number at every knot (the first offending x is named).

    Accuracy: the values at the knots are f's own float64 values; for the distance to f see statement B2.
    Source: lecture notes, section III, step 1 (Heine 1872).
    """
    from uat.given import resolve

    f, _ = resolve(f)
    if b is None:
        a, b = _checks.interval(getattr(f, "domain", None) if a is None else a)
    else:
        a, b = _checks.endpoints(a, b)
    if _checks.exactly_one(pieces=pieces, step=step) == "pieces":
        knots = uniform_knots(a, b, _checks.integer(pieces, "pieces"))
    else:
        knots = stepped_knots(a, b, _checks.positive(step, "step"))
    return PiecewiseAffine(_checks.freeze(knots), _checks.freeze(sample(f, knots)))


def uniform_knots(a: float, b: float, pieces: int) -> Floats:
    """pieces + 1 equidistant knots from a to b, both ends exact."""
    _room_for(a, b, pieces, f"`pieces` = {show(pieces)}", "`pieces` must be smaller")
    knots = np.linspace(a, b, pieces + 1)
    _distinct(knots, f"`pieces` = {show(pieces)}", "`pieces` must be smaller")
    return knots


def stepped_knots(a: float, b: float, step: float) -> Floats:
    """The grid a + k step, k = 0, 1, ..., closed by b; the last cell may be shorter."""
    quotient = (b - a) / step
    if math.isfinite(quotient):
        # a, b and step stand for decimals, each within half an ulp: the quotient is only known to this accuracy. Where
        # floats are so coarse that this would exceed 0.001, the stored numbers are taken at their word beyond that.
        slack = min(2 * UNIT * ((abs(a) + abs(b)) / step + 2 * quotient), 1e-3)
        cells: float = round(quotient) if abs(quotient - round(quotient)) <= slack else math.ceil(quotient)
    else:
        cells = math.inf
    cells = max(cells, 1)
    _room_for(a, b, cells, f"`step` = {step!r}", "`step` must be larger")
    knots: Floats = a + np.arange(int(cells) + 1, dtype=np.float64) * step
    knots[-1] = b
    _distinct(knots, f"`step` = {step!r}", "`step` must be larger")
    return knots


def _room_for(a: float, b: float, cells: float, asked: str, advice: str) -> None:
    """Refuse what floats or memory cannot hold, before any of it is taken."""
    cells = float(cells) if cells < 2.0**1000 else math.inf
    gap = min(math.ulp(a), math.ulp(b))
    if cells * gap > b - a:
        count = f"{cells:.6g} cells" if math.isfinite(cells) else "more cells than floats can count"
        raise InputError(
            f"{asked} asks for {count} in [{a!r}, {b!r}], where floats stand as far apart as "
            f"{max(math.ulp(a), math.ulp(b)):.3g}; {advice}."
        )
    # knots, values, and the temporaries of the construction: under ten arrays
    _checks.memory(10.0 * (cells + 1), f"{asked}, that is {cells:.6g} cells,")


def _distinct(knots: Floats, asked: str, advice: str) -> None:
    if not (knots[1:] > knots[:-1]).all():
        a, b = float(knots[0]), float(knots[-1])
        raise InputError(
            f"{asked} divides [{a!r}, {b!r}] more finely than floats can, which stand as far apart as "
            f"{max(math.ulp(a), math.ulp(b)):.3g} there; {advice}."
        )
