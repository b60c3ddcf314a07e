"""The affine pieces of g, exactly: from knots and values, from the stored weights of a network, or from one line.

A piece is four exact balls, and flint's numbers are slow to make: those of a million pieces would take seconds and a
gigabyte before the first is looked at. So `Cells` keeps arrays, and makes a cell when it is asked for one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import Any, Protocol, overload

import numpy as np
from flint import arb
from numpy.typing import NDArray

from uat import _checks
from uat._checks import LARGEST, Floats, InputError, show
from uat._deadline import Deadline, OutOfTime
from uat.balls.elementary import Arb
from uat.balls.evaluation import FormulaOnBalls
from uat.bounds.boxes import Cell, down, up
from uat.hinges import Numbers, affine_regions
from uat.piecewise import PiecewiseAffine
from uat.regions import as_integers
from uat.relu_net import ReluNet

_STRETCHES = 128  # some milliseconds of balls
Line = tuple[Arb, Arb, Arb, Arb]  # anchor, value, rise, run


class Lines(Protocol):
    """The lines of g by their numbers, as exact balls, and the range of g without making them one by one."""

    def line(self, k: int) -> Line: ...

    def extremes(self, cells: Cells) -> Iterable[Arb]:
        """Values of g on the cells, the least and the largest among them."""


@dataclass(frozen=True, eq=False, slots=True)
class Cells(Sequence[Cell]):
    """Cells [low, high], each with the number of its line; g is that line on [inner_low, inner_high] (see `Cell`)."""

    lines: Lines
    piece: NDArray[Any]
    low: Floats
    high: Floats
    inner_low: Floats
    inner_high: Floats

    def __len__(self) -> int:
        return self.low.size

    @overload
    def __getitem__(self, k: int) -> Cell: ...
    @overload
    def __getitem__(self, k: slice) -> Cells: ...
    def __getitem__(self, k: int | slice) -> Cell | Cells:
        if isinstance(k, slice):
            return Cells(self.lines, *(array[k] for array in self._arrays()))
        k = int(k)
        ends = float(self.low[k]), float(self.high[k])
        return Cell(*ends, *self.lines.line(int(self.piece[k])), float(self.inner_low[k]), float(self.inner_high[k]))

    def cut(self, cuts: Iterable[float]) -> Cells:
        """The same cells, cut wherever one of these points lies inside one."""
        cells = self
        for x in cuts:
            k = np.flatnonzero((cells.low < x) & (x < cells.high))
            piece, low, high, inner_low, inner_high = (np.insert(array, k, array[k]) for array in cells._arrays())
            left = k + np.arange(k.size)
            high[left] = low[left + 1] = x
            cells = Cells(self.lines, piece, low, high, np.maximum(inner_low, low), np.minimum(inner_high, high))
        return cells

    def _arrays(self) -> tuple[NDArray[Any], ...]:
        return self.piece, self.low, self.high, self.inner_low, self.inner_high


def domain_of(g: Any, domain: Any) -> tuple[float, float]:
    """The interval of the comparison: as given, or the one on which g is defined."""
    own = g.domain if isinstance(g, PiecewiseAffine) else None
    if domain is None:
        if own is None:
            raise InputError("`domain` must be given: neither f nor g says where it is defined.")
        return own
    a, b = _checks.interval(domain)
    if own is not None and not (own[0] <= a and b <= own[1]):
        raise InputError(f"`domain` must lie in that of `g`, {show(own)}, but is {show((a, b))}.")
    return a, b


def cells_of(
    g: Any, domain: tuple[float, float], breaks: Iterable[float] = (), deadline: Deadline | None = None
) -> Cells:
    """The affine pieces of g on the domain, cut at the breaks; all numbers of a piece are exact.

    Raises
    ------
    OutOfTime
        When the deadline passes first: the kinks of a wide network that are no floats take microseconds each.
    """
    if isinstance(g, PiecewiseAffine):
        cells = _of_piecewise(g, domain)
    elif isinstance(g, ReluNet):
        cells = _of_net(g, domain, Deadline() if deadline is None else deadline)
    else:
        cells = _of_pair(g, domain)
    return cells if isinstance(breaks, tuple) and not breaks else cells.cut(_checks.points(breaks, "breaks").tolist())


def ends_of(cells: Sequence[Cell]) -> Floats:
    """The ends of the cells, sorted and without repetition."""
    if isinstance(cells, Cells):
        return np.unique(np.concatenate([cells.low, cells.high]))
    return np.unique([x for cell in cells for x in (cell.low, cell.high)])


def range_of(cells: Sequence[Cell]) -> tuple[float, float]:
    """Floats low <= g <= high on the cells."""
    values = (
        cells.lines.extremes(cells)
        if isinstance(cells, Cells)
        else chain.from_iterable((cell.at(cell.low), cell.at(cell.high)) for cell in cells)
    )
    ends = [(down(value), up(value)) for value in values]
    return min(low for low, _ in ends), max(high for _, high in ends)


def size_of(cells: Cells) -> float:
    """The largest |g| on the cells, whose ends count.

    Raises
    ------
    InputError
        When it is no float: no distance to g would be one either.
    """
    low, high = range_of(cells)
    if max(-low, high) <= LARGEST:
        return max(-low, high)
    for cell in cells:
        for x in (cell.low, cell.high):
            if not abs(value := cell.at(x)) <= LARGEST:
                size = value.str(3, radius=False)
                raise InputError(f"`g` must have values on the domain that float64 can hold, but g({x!r}) is {size}.")
    return LARGEST


def largest_on(run: FormulaOnBalls, cells: Sequence[Cell]) -> float:
    """sup|f - g| on cells that nobody looked at, by the ranges of f and g: true, and usually far too large."""
    low, high = range_of(cells)
    f = run.interval(cells[0].low, cells[-1].high)
    run.assumed |= f.assumed
    return max(up(f.high - low), -down(f.low - high))


def largest_by_stretches(run: FormulaOnBalls, cells: Sequence[Cell]) -> float:
    """The same, stretch by stretch; of all at once, which is always had, should the time not suffice for that."""
    if not len(cells):
        return 0.0
    size, deadline = -(-len(cells) // _STRETCHES), run.deadline
    run.deadline = Deadline()
    whole = largest_on(run, cells)
    run.deadline = deadline
    try:
        return min(whole, max(largest_on(run, cells[k : k + size]) for k in range(0, len(cells), size)))
    except OutOfTime:
        return whole


def spread_of(cells: Sequence[Cell]) -> float:
    """About max g - min g on the cells: a guide, infinite where it would take long to say."""
    if not (isinstance(cells, Cells) and isinstance(cells.lines, _Chords)):
        return math.inf
    return float(np.ptp(cells.lines.values[int(cells.piece[0]) : int(cells.piece[-1]) + 2]))


class _Chords:
    """The chords of knots and values."""

    def __init__(self, p: PiecewiseAffine) -> None:
        self.knots, self.values = p.knots, p.values
        self.rises, self.runs = _differences(p.values), _differences(p.knots)

    def line(self, k: int) -> Line:
        rise, run = _difference(self.values, self.rises, k), _difference(self.knots, self.runs, k)
        return arb(float(self.knots[k])), arb(float(self.values[k])), rise, run

    def extremes(self, cells: Cells) -> list[Arb]:
        inner = self.values[int(cells.piece[0]) + 1 : int(cells.piece[-1]) + 1]
        ends = [cells[0].at(float(cells.low[0])), cells[-1].at(float(cells.high[-1]))]
        return ends + ([arb(float(inner.min())), arb(float(inner.max()))] if inner.size else [])


def _of_piecewise(p: PiecewiseAffine, domain: tuple[float, float]) -> Cells:
    first = int(np.searchsorted(p.knots, domain[0], side="right")) - 1
    last = int(np.searchsorted(p.knots, domain[1], side="left"))
    ends = np.clip(p.knots[first : last + 1], *domain)
    return Cells(_Chords(p), np.arange(first, last), ends[:-1], ends[1:], ends[:-1], ends[1:])


def _differences(numbers: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Neighbours' differences in float64, and where they are exact: the two-sum error (Knuth, TAOCP 4.2.2) is 0."""
    a, b = numbers[1:], -numbers[:-1]
    with np.errstate(over="ignore", invalid="ignore"):
        floats = a + b
        back = floats - a
        error = (a - (floats - back)) + (b - back)
    return floats, error == 0


def _difference(numbers: Floats, differences: tuple[Floats, NDArray[np.bool_]], k: int) -> Arb:
    """One of them without rounding, with as many bits as it takes."""
    floats, exact = differences
    if exact[k]:
        return arb(float(floats[k]))
    rise = Fraction(float(numbers[k + 1])) - Fraction(float(numbers[k]))
    return _dyadic(rise.numerator, 1 - rise.denominator.bit_length())


def _dyadic(mantissa: int, exponent: int) -> Arb:
    """mantissa 2^exponent as an exact ball."""
    return arb((mantissa, exponent))


class _NetLines:
    """The lines of a network's stored parameters: slopes and intercepts are integers times one power of two."""

    def __init__(self, slopes: Numbers, intercepts: Numbers, exponent: int) -> None:
        self.slopes, self.intercepts, self.exponent = slopes, intercepts, exponent

    def line(self, k: int) -> Line:
        slope, intercept = (_dyadic(int(m[k]), self.exponent) for m in (self.slopes, self.intercepts))
        return arb(0), intercept, slope, arb(1)

    def extremes(self, cells: Cells) -> list[Arb]:
        out = []
        for ends in (cells.low, cells.high):
            x, e = as_integers(ends)
            least = min(e, 0)
            values = self.slopes[cells.piece] * x * (1 << (e - least)) + self.intercepts[cells.piece] * (1 << -least)
            out += [_dyadic(int(m), self.exponent + least) for m in (values.min(), values.max())]
        return out


def _of_net(net: ReluNet, domain: tuple[float, float], deadline: Deadline) -> Cells:
    """The pieces of the stored parameters. Kinks -b/w that are no floats are enclosed by the next ones."""
    (w, ew), (b, eb), (c, ec) = (as_integers(part) for part in (net.weights, net.biases, net.coefficients))
    bias, e0 = as_integers(np.array([net.output_bias]))
    one = min(ew, eb, e0 - ec)  # one scale for w, b and output_bias / coefficient
    w, b, bias = w * (1 << (ew - one)), b * (1 << (eb - one)), bias * (1 << (e0 - ec - one))
    deadline.look()
    order, neurons = _order(net, w, b)
    deadline.look()
    _, slopes, intercepts = affine_regions(order, w, b, c, bias[0])
    below, above = net.kinks[neurons], net.kinks[neurons].copy()  # the kinks from left to right
    near = (below >= domain[0]) & (below <= domain[1])
    vague = np.flatnonzero(near & ~_exact(net)[neurons])
    for start, stop in deadline.runs(0, vague.size):
        for k in vague[start:stop].tolist():
            below[k], above[k] = _around(Fraction(-int(b[neurons[k]]), int(w[neurons[k]])))
    deadline.look()
    inside = np.where(
        below == above, (domain[0] < below) & (above < domain[1]), (domain[0] <= below) & (above <= domain[1])
    )
    inside = np.flatnonzero(near & inside)
    first = int(inside[0]) if inside.size else int((below <= domain[0]).sum())
    ends = [np.concatenate([[domain[0]], kinks[inside], [domain[1]]]) for kinks in (below, above)]
    piece = np.arange(first, first + inside.size + 1)
    return Cells(_NetLines(slopes, intercepts, ec + one), piece, ends[0][:-1], ends[1][1:], ends[1][:-1], ends[0][1:])


def _exact(net: ReluNet) -> NDArray[np.bool_]:
    """Where -b/w is the float that a division gives, at a glance: w is a power of two and nothing underflows."""
    kinks = net.kinks
    exact: NDArray[np.bool_] = (np.abs(np.frexp(net.weights)[0]) == 0.5) & (
        (np.abs(kinks) >= _NORMAL) | (net.biases == 0)
    )
    return exact


_NORMAL = float(np.finfo(np.float64).tiny)


def _order(net: ReluNet, w: Numbers, b: Numbers) -> tuple[NDArray[Any], NDArray[Any]]:
    """Numbers in the order of the exact kinks (M,), equal for equal ones; a neuron for each kink from left to right.

    Division rounds correctly, so kinks in the order of their floats are in theirs; those that share one are compared.
    """
    turning = np.flatnonzero(net.weights)
    _, rank, count = np.unique(net.kinks[turning], return_inverse=True, return_counts=True)
    order = rank.astype(np.int64) * (turning.size + 1)
    shared = np.flatnonzero(np.isin(rank, rank[(count[rank] > 1) & ~_exact(net)[turning]]))
    kinks = [
        (int(rank[k]), Fraction(-int(b[j]), int(w[j])))
        for k, j in zip(shared.tolist(), turning[shared].tolist(), strict=True)
    ]
    places = {kink: place for place, kink in enumerate(sorted(set(kinks)))}
    order[shared] += np.array([places[kink] for kink in kinks], dtype=np.int64)
    whole = np.zeros(net.width, dtype=np.int64)
    whole[turning] = order
    _, neurons = np.unique(order, return_index=True)
    return whole, turning[neurons]


def _around(t: Fraction) -> tuple[float, float]:
    """The floats below and above t; t itself where it is one."""
    nearest = float(t)
    if nearest == t:
        return nearest, nearest
    other = math.nextafter(nearest, math.inf if nearest < t else -math.inf)
    return min(nearest, other), max(nearest, other)


class _OneLine:
    def __init__(self, slope: float, intercept: float) -> None:
        self.slope, self.intercept = arb(slope), arb(intercept)

    def line(self, k: int) -> Line:
        return arb(0), self.intercept, self.slope, arb(1)

    def extremes(self, cells: Cells) -> list[Arb]:
        return [cells[0].at(float(cells.low[0])), cells[-1].at(float(cells.high[-1]))]


def _of_pair(g: Any, domain: tuple[float, float]) -> Cells:
    try:
        slope, intercept = g
    except Exception:  # noqa: BLE001 - whatever it raises, it is none
        raise InputError(
            f"`g` must be a PiecewiseAffine, a ReluNet or an affine pair (slope, intercept), but is {show(g)}."
        ) from None
    line = _OneLine(_checks.real(slope, "slope"), _checks.real(intercept, "intercept"))
    low, high = np.array([domain[0]]), np.array([domain[1]])
    return Cells(line, np.zeros(1, dtype=int), low, high, low, high)
