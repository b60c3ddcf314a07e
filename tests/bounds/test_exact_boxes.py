"""Boxes, shares and sums against polynomials whose extremes and integrals are rational: no slack on the proven side.

The functions have coefficients that are no floats, and the pieces slopes that are none, so that every number is rounded
somewhere, and a bound that is rounded inwards is below (or above) the truth by a last bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from flint import arb
from hypothesis import example, given
from hypothesis import strategies as st

import uat
from tests.on_balls import ctrl_c_at, run_of
from tests.oracles_bounds import fraction
from uat._deadline import Deadline
from uat.balls.precision import working_precision
from uat.bounds.bisection import Goal, Search
from uat.bounds.boxes import INF, Box, Cell, _parabola_maximum, candidate, difference_at, down, examine, up
from uat.bounds.cells import cells_of
from uat.bounds.integrals import Integration, Share, absolute_share, square_share

F = Fraction
thirds = st.integers(-30, 30).map(lambda n: F(n, 3))


@pytest.fixture(autouse=True)
def precision() -> Iterator[None]:
    with working_precision(64):
        yield


def interrupted(f: Callable[[Any], Any], calls: int) -> Any:
    """f on balls, but Ctrl-C comes once, at the call after so many."""
    run, press = run_of(f), ctrl_c_at(calls)
    for name in ("jet", "interval"):
        plain = getattr(run, name)

        def patched(*ends: Any, plain: Any = plain) -> Any:
            press()
            return plain(*ends)

        setattr(run, name, patched)
    return run


@dataclass(frozen=True)
class Quadratic:
    """a x^2 + b x + c, on balls and in rationals."""

    a: Fraction
    b: Fraction
    c: Fraction

    def __call__(self, x: Any) -> Any:
        return self.a * x * x + self.b * x + self.c

    def minus(self, cell: Cell) -> Quadratic:
        slope = fraction(cell.rise) / fraction(cell.run)
        return Quadratic(self.a, self.b - slope, self.c - fraction(cell.value) + slope * fraction(cell.anchor))

    def extremes(self, low: Fraction, high: Fraction) -> tuple[Fraction, Fraction]:
        places = [low, high]
        if self.a and low < -self.b / (2 * self.a) < high:
            places.append(-self.b / (2 * self.a))
        values = [self(x) for x in places]
        return min(values), max(values)

    def integral(self, low: Fraction, high: Fraction) -> Fraction:
        return sum(
            (c * (high**k - low**k) / k for k, c in ((1, self.c), (2, self.b), (3, self.a))),
            F(0),
        )

    def squared(self, low: Fraction, high: Fraction) -> Fraction:
        a, b, c = self.a, self.b, self.c
        powers = (c * c, 2 * b * c, b * b + 2 * a * c, 2 * a * b, a * a)
        return sum((p * (high ** (k + 1) - low ** (k + 1)) / (k + 1) for k, p in enumerate(powers)), F(0))


ENDS = [
    (0.0, 1.0),
    (-0.5, 0.25),
    (1.0, 1.0 + 3 * 2.0**-52),
    (1.0, 1.0 + 2.0**-52),
    (-(2.0**-60), 1.0),
    (-1.0, 2.0**-60),
]
ENDS += [(-3.0, 5.0), (0.0, 5e-324), (-1.0, -1.0 + 5 * 2.0**-53)]
quadratics = st.builds(Quadratic, thirds, thirds, thirds)


def cell_on(low: float, high: float, slope: int) -> Cell:
    return Cell(low, high, arb(0.25), arb(0.5), arb(slope), arb(7))


@pytest.mark.parametrize(("low", "high"), ENDS)
@given(f=quadratics, slope=st.integers(-9, 9), steep=st.sampled_from([1, 2**60]))
def test_parabolas(low: float, high: float, f: Quadratic, slope: int, steep: int) -> None:
    f = Quadratic(f.a, f.b * steep, f.c)
    cell = cell_on(low, high, slope)
    box = examine(run_of(f), cell, low, high, 64)
    least, largest = f.minus(cell).extremes(F(low), F(high))
    assert F(box.bottom) <= least
    assert F(box.top) >= largest
    assert F(box.upper) >= max(abs(least), abs(largest))
    size = max(abs(c) * F(high) ** k for k, c in enumerate((f.c, f.b, f.a))) + 20
    slack = F(1, 2**50) * size * (1 + F(steep) * max(abs(F(low)), abs(F(high))))
    assert F(box.top) - largest <= slack
    assert least - F(box.bottom) <= slack
    assert low <= box.middle <= high
    assert [fraction(t) for t in box.reach()] == [F(low) - F(box.middle), F(high) - F(box.middle)]


@given(f=quadratics, t=st.integers(-8, 8).map(lambda n: n / 8), slope=st.integers(-9, 9))
def test_kinks_and_steps(f: Quadratic, t: float, slope: int) -> None:
    """b |x - t| + c, and a floor(2 x): bounds of first order, and of none."""
    low, high = -1.0, 1.0
    cell = cell_on(low, high, slope)
    box = examine(run_of(lambda x: f.b * abs(x - t) + f.c), cell, low, high, 64)
    line = Quadratic(F(0), F(0), F(0)).minus(cell)
    true = [f.b * abs(F(x) - F(t)) + f.c + line(F(x)) for x in (low, t, high)]
    assert F(box.bottom) <= min(true)
    assert max(true) <= F(box.top)
    allowed = abs(f.b) * 2 + abs(line.b) * 2 + F(1, 2**40)  # the slopes of both, over the box
    assert F(box.top) <= max(true) + allowed
    assert min(true) - allowed <= F(box.bottom)
    box = examine(run_of(lambda x: f.a * np.floor(2 * x)), cell, low, high, 64)
    true = [f.a * F(math.floor(2 * x)) + line(F(y)) for x in (-1.0, -0.5, 0.0, 0.5) for y in (x, x + 0.5)]
    true += [2 * f.a + line(F(1))]
    assert F(box.bottom) <= min(true)
    assert max(true) <= F(box.top)
    assert F(box.top) <= max(true) + 4 * abs(f.a) + 2 * abs(line.b) + F(1, 2**40)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("n", [1, 2, 5])
def test_infinite_slopes_at_the_rim(sign: int, n: int) -> None:
    """n sqrt(x) / 3 on [0, 1/4]: only a range, between exact end points; the line is subtracted outwards."""
    cell = cell_on(0.0, 0.25, sign)
    run = run_of(lambda x: F(sign * n, 3) * np.sqrt(x))
    box = examine(run, cell, 0.0, 0.25, 64)
    line = Quadratic(F(0), F(0), F(0)).minus(cell)
    ends = [line(F(0)), F(sign * n, 6) + line(F(1, 4))]
    assert F(box.bottom) <= min(ends)
    assert max(ends) <= F(box.top)
    span = abs(line(F(0)) - line(F(1, 4)))
    assert max(ends) + span + F(1, 2**28) >= F(box.top)  # radii have thirty bits
    assert min(ends) - span - F(1, 2**28) <= F(box.bottom)
    assert run.assumed == set()
    beyond = run_of(lambda x: np.sqrt(x - x * x))
    examine(beyond, cell, 0.0, 0.25, 64)
    (sentence,) = beyond.assumed
    assert "sqrt" in sentence


def test_a_middle_that_only_a_range_encloses() -> None:
    """sqrt(x/3 * 3 - x) is 0; on a ball a rounding sticks out of the domain, between end points it is cut off."""
    run = run_of(lambda x: np.sqrt(x / F(3) * 3 - x))
    box = examine(run, Cell(0.0, 1.0, arb(0), arb(-1), arb(0), arb(1)), 0.0, 1.0, 64)
    assert not run.jet(arb(0.5)).c0.is_finite()
    assert box.e0.contains(1)
    assert float(box.e0.rad()) <= 1e-9


def test_a_range_where_the_ball_has_none_keeps_its_line() -> None:
    """floor(x) on [0, 1/2] is 0, though not on the ball around it; the line goes both ways."""
    for rise in (8, -8):
        cell = Cell(0.0, 0.5, arb(0), arb(1), arb(rise), arb(1))
        box = examine(run_of(np.floor), cell, 0.0, 0.5, 64)
        assert max(-1.0, -1.0 - rise / 2) <= box.top <= max(-1.0, -1.0 - rise / 2) + 1e-7
        assert min(-1.0, -1.0 - rise / 2) - 1e-7 <= box.bottom <= min(-1.0, -1.0 - rise / 2)


@example(0.0, 0.0, 0.25, 1.0, 1.0)
@given(
    *[st.integers(-40, 40).map(lambda n: n / 8)] * 3,
    st.sampled_from([0.0, 0.125, 1.0]),
    st.sampled_from([0.25, 1.0, 3.0]),
)
def test_the_maximum_of_parabolas_whose_slope_is_a_ball(e0: float, e1: float, q: float, wide: float, r: float) -> None:
    found = _parabola_maximum(arb(e0), arb(e1, wide), arb(q), r)
    slopes = (F(e1) - F(wide), F(e1), F(e1) + F(wide))
    true = max(Quadratic(F(q), s, F(e0)).extremes(-F(r), F(r))[1] for s in slopes)
    assert true <= fraction(found.upper())
    if not wide:
        assert fraction(found.upper()) <= true + F(1, 2**50)


def test_slopes_count_where_f_follows_its_line() -> None:
    """x + |x| / 10 against x: the ranges of both differ by 2, their slopes by a tenth."""
    box = examine(run_of(lambda x: x + abs(x) / 10), Cell(-1.0, 1.0, arb(0), arb(0), arb(1), arb(1)), -1.0, 1.0, 64)
    assert 0.1 <= box.top <= 0.100001
    assert -0.100001 <= box.bottom <= 0


def test_the_range_counts_where_slopes_know_little() -> None:
    """Bounded functions that are steep: a clipped line (no curvature), a fast sine (one that is hardly known)."""
    cell = Cell(-1.0, 1.0, arb(0), arb(0), arb(1), arb(4))
    for f in (lambda x: np.clip(1000 * x, -1, 1), lambda x: np.sin(1000 * x), lambda x: np.sin(1000 * abs(x))):
        box = examine(run_of(f), cell, -1.0, 1.0, 64)
        assert 1.0 <= box.top <= 1.26
        assert -1.26 <= box.bottom <= -1.0
    one_sided = examine(run_of(lambda x: 5 + np.sin(1000 * x)), cell, -1.0, 1.0, 64)
    assert 6 <= one_sided.top <= 6.26
    assert 3.74 <= one_sided.bottom <= 4
    root = examine(run_of(np.cbrt), cell, -1.0, 1.0, 64)
    assert root.e0.is_zero()  # though no slope is known there
    assert candidate(root) == 0.0


@given(f=quadratics, x=st.floats(-3, 3), slope=st.integers(-9, 9))
def test_the_difference_at_a_point(f: Quadratic, x: float, slope: int) -> None:
    cell = cell_on(-3.0, 3.0, slope)
    ball = difference_at(run_of(f), cell, x)
    true = f.minus(cell)(F(x))
    assert F(down(ball)) <= true <= F(up(ball))
    assert up(ball) - down(ball) <= 1e-14 * (200 + abs(float(true)))
    at = cell.at(x)
    assert F(down(at)) <= f(F(x)) - true <= F(up(at))
    assert up(at) - down(at) <= 1e-14


@given(f=quadratics, slope=st.integers(-9, 9), ends=st.sampled_from([(0.0, 1.0), (-3.0, 5.0), (0.5, 0.625)]))
def test_the_candidate_is_where_the_model_is_largest(f: Quadratic, slope: int, ends: tuple[float, float]) -> None:
    low, high = ends
    cell = cell_on(low, high, slope)
    box = examine(run_of(f), cell, low, high, 64)
    e = f.minus(cell)
    x = candidate(box)
    assert low <= x <= high
    largest = max(abs(v) for v in e.extremes(F(low), F(high)))
    assert abs(e(F(x))) >= largest * (1 - F(1, 10**9)) - F(1, 10**9)


def test_the_candidate_without_a_model() -> None:
    floor = examine(run_of(np.floor), cell_on(0.25, 1.25, 1), 0.25, 1.25, 64)
    assert 0.25 <= candidate(floor) <= 1.25
    nowhere = examine(run_of(lambda x: 1 / x), cell_on(-1.0, 1.0, 1), -1.0, 1.0, 64)
    assert candidate(nowhere) == nowhere.middle == 0.0
    kink = examine(run_of(lambda x: abs(x - 0.75)), Cell(0.0, 1.0, arb(0), arb(0), arb(0), arb(1)), 0.0, 1.0, 64)
    assert candidate(kink) == 0.0


# ------------------------------------------------------------------------------------------------------------ shares


def split(e: Quadratic, roots: list[Fraction], low: Fraction, high: Fraction) -> Fraction:
    """int |e| between its roots."""
    cuts = sorted({low, high, *(r for r in roots if low < r < high)})
    return sum((abs(e.integral(p, q)) for p, q in pairwise(cuts)), F(0))


BOXES = [(0.0, 1.0), (-0.5, 0.25), (-3.0, 5.0), (1.0, 1.5)]
LOPSIDED = [(1.0, 1.0 + 3 * 2.0**-52), (1.0, 1.0 + 2.0**-52)]  # the middle is rounded, and nothing cancels


def bracket(share: tuple[Any, Any], true: Fraction) -> tuple[Fraction, Fraction]:
    """The share as rationals, around the truth."""
    low, high = fraction(share[0].lower()), fraction(share[1].upper())
    assert F(0) <= low <= true <= high
    return low, high


@pytest.mark.parametrize(("low", "high"), BOXES + LOPSIDED)
@given(a=thirds, p=thirds, q=thirds, slope=st.integers(-9, 9))
def test_shares_of_parabolas(low: float, high: float, a: Fraction, p: Fraction, q: Fraction, slope: int) -> None:
    """e = a (x - p) (x - q), which f and the line make together."""
    cell = cell_on(low, high, slope)
    back = Quadratic(F(0), F(0), F(0)).minus(cell)
    e = Quadratic(a, -a * (p + q), a * p * q)
    f = Quadratic(e.a, e.b - back.b, e.c - back.c)
    box = examine(run_of(f), cell, low, high, 64)
    true = split(e, [p, q], F(low), F(high))
    least, most = bracket(absolute_share(box), true)
    slack = F(1, 2**40) * (1 + abs(a)) * 10**4
    if all(not low < root < high for root in (p, q)):
        assert most - least <= slack
    else:
        bottom, top = e.extremes(F(low), F(high))
        whole = abs(e.integral(F(low), F(high)))
        stated = min(
            (F(high) - F(low)) * max(top, -bottom), whole + 2 * (F(high) - F(low)) * min(max(top, 0), max(-bottom, 0))
        )
        assert least >= whole - slack
        assert most <= max(stated, true) + slack
    least, most = bracket(square_share(box), e.squared(F(low), F(high)))
    assert most - least <= F(1, 2**40) * (1 + most) * 10**3


@pytest.mark.parametrize(("p", "q"), [(0, 0), (0, 1), (-1, 2), (1, 1), (4, 7), (-2, -1), (9, 11), (0, 1000)])
def test_odd_powers_count_where_the_middle_is_rounded(p: int, q: int) -> None:
    """(x - 1 - p ulp) (x - 1 - q ulp) / 3 on a few ulps from 1 on: all terms are of one size, and none cancels."""
    for ulps in (1, 3, 5):
        unit, low, high = 2.0**-52, 1.0, 1.0 + ulps * 2.0**-52
        box = examine(
            run_of(lambda x, unit=unit: ((x - 1) - p * unit) * ((x - 1) - q * unit) / 3),
            Cell(low, high, arb(0), arb(0), arb(0), arb(1)), low, high, 64,
        )  # fmt: skip
        a, b = F(1) + p * F(unit), F(1) + q * F(unit)
        e = Quadratic(F(1, 3), -(a + b) / 3, a * b / 3)
        least, most = bracket(absolute_share(box), split(e, [a, b], F(low), F(high)))
        if all(t < 0 or t > ulps for t in (p, q)):
            assert most - least <= most / 10**6
        least, most = bracket(square_share(box), e.squared(F(low), F(high)))
        assert most - least <= most / 10**6


@pytest.mark.parametrize("lift", [0, 1, 4])
@pytest.mark.parametrize("ulps", [3, 5])
def test_a_kink_counts_on_both_sides_of_a_rounded_middle(ulps: int, lift: int) -> None:
    for kink in range(6):
        unit, low, high = 2.0**-52, 1.0, 1.0 + ulps * 2.0**-52
        cell = Cell(low, high, arb(0), arb(0), arb(0), arb(1))
        f = run_of(lambda x, kink=kink, unit=unit: abs((x - 1) - kink * unit) / 3 + lift * unit)
        box = examine(f, cell, low, high, 64)
        left, right = F(kink), F(ulps - kink)  # in ulps, from the kink to both ends
        true = (left**2 + right**2) / 6 if right > 0 else (left**2 - right**2) / 6
        cubes = (left**3 + right**3) / 27
        bracket(absolute_share(box), (true + lift * ulps) * F(unit) ** 2)
        bracket(square_share(box), (cubes + 2 * lift * true + lift * lift * ulps) * F(unit) ** 3)


def test_roots_of_sums_are_rounded_outwards() -> None:
    """int 1 over [0, 3]: the share is exact but for the root that is taken and squared."""
    box = examine(run_of(lambda x: 0 * x + 1), Cell(0.0, 3.0, arb(0), arb(0), arb(0), arb(1)), 0.0, 3.0, 64)
    least, most = bracket(square_share(box), F(3))
    assert 3 - F(1, 2**50) < least < 3 < most < 3 + F(1, 2**50)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-0.5, 0.25), (-1.0, 2.0)])
@given(b=thirds, c=thirds, t=st.integers(-8, 8).map(lambda n: n / 8))
def test_shares_of_kinks(low: float, high: float, b: Fraction, c: Fraction, t: float) -> None:
    """e = b |x - t| + c: the slopes are a ball, the middle is exact."""
    cell = Cell(low, high, arb(0), arb(0), arb(0), arb(1))
    box = examine(run_of(lambda x: b * abs(x - t) + c), cell, low, high, 64)
    parts = [Quadratic(F(0), -b, c + b * F(t)), Quadratic(F(0), b, c - b * F(t))]
    middle = min(max(F(t), F(low)), F(high))
    ranges = [(parts[0], F(low), middle), (parts[1], middle, F(high))]
    absolute = sum((split(e, [-e.c / e.b] if e.b else [], p, q) for e, p, q in ranges if p < q), F(0))
    squared = sum((e.squared(p, q) for e, p, q in ranges if p < q), F(0))
    least, most = bracket(absolute_share(box), absolute)
    width, reach = F(high) - F(low), abs(b) * (F(high) - F(low)) + F(1, 2**40)
    assert most <= width * (abs(c) + abs(b) * 4) + F(1, 2**40)
    if abs(c) >= 10 * abs(b):  # one sign on the box: what the slopes leave open, on either side of the middle
        assert most - least <= abs(b) * width * width / 2 + F(1, 2**20)
    least, most = bracket(square_share(box), squared)
    size = abs(b * abs(F(box.middle) - F(t)) + c)
    assert most <= width * (size + 2 * reach) ** 2
    assert least >= width * max(size - 2 * reach, F(0)) ** 2 - F(1, 2**40)


@pytest.mark.parametrize("height", [F(1, 3), F(-5, 3)])
def test_shares_of_steps(height: Fraction) -> None:
    """height on the left half, nothing on the right: bounded by the range alone."""
    cell = Cell(0.0, 1.0, arb(0), arb(0), arb(0), arb(1))
    box = examine(run_of(lambda x: np.where(x < 0.5, height + 0 * x, 0)), cell, 0.0, 1.0, 64)
    _, most = bracket(absolute_share(box), abs(height) / 2)
    assert most <= abs(height) * (1 + F(1, 2**40))
    _, most = bracket(square_share(box), height**2 / 2)
    assert most <= height**2 * (1 + F(1, 2**40))


def test_shares_where_nothing_is_known() -> None:
    box = examine(run_of(lambda x: 1 / x), Cell(-1.0, 1.0, arb(0), arb(0), arb(0), arb(1)), -1.0, 1.0, 64)
    for low, high in (absolute_share(box), square_share(box)):
        assert low.is_zero()
        assert not high.is_finite() or up(high) == INF


# -------------------------------------------------------------------------------------------------------------- sums


def norms(e: list[tuple[Quadratic, Fraction, Fraction]], roots: list[Fraction]) -> dict[str, Fraction]:
    """The L1 norm, and the square of the L2 norm."""
    return {
        "L1": sum((split(part, roots, p, q) for part, p, q in e), F(0)),
        "L2": sum((part.squared(p, q) for part, p, q in e), F(0)),
    }


def holds(norm: str, enclosure: tuple[float, float], true: Fraction) -> None:
    low, high = (F(end) for end in enclosure)
    assert low >= 0
    assert (low if norm == "L1" else low * low) <= true
    assert true <= (high if norm == "L1" else high * high)


@pytest.mark.parametrize("norm", ["L1", "L2"])
@pytest.mark.parametrize("rel", [0.5, 1e-3, 1e-9])
def test_sums_at_every_moment(norm: str, rel: float) -> None:
    """x (x - 1) / 3 against two lines: before anything was looked at, after each interruption, and at the end."""
    f = Quadratic(F(1, 3), F(-1, 3), F(0))
    p = uat.PiecewiseAffine([0.0, 0.5, 2.0], [0.0, 0.25, 0.25])
    cells = cells_of(p, p.domain)
    parts = [(f.minus(cell), F(cell.low), F(cell.high)) for cell in cells]
    # roots of (x^2 - x)/3 - x/2 inside (0, 1/2): none; of (x^2 - x)/3 - 1/4: x = (1 + 2)/2
    true = norms(parts, [F(3, 2)])[norm]
    for calls in range(40):
        search = Integration(interrupted(f, calls), cells, Goal(rel, 0.0), norm)
        search.search()
        holds(norm, search.enclosure(), true)
        if not search.note:
            break
        assert search.note.startswith("Stopped by an interruption after ")
    search = Integration(run_of(f), cells, Goal(rel, 0.0), norm)
    holds(norm, search.enclosure(), true)  # nothing was looked at: the range of f counts
    search.search()
    low, high = search.enclosure()
    holds(norm, (low, high), true)
    assert high - low <= rel * low
    assert search.boxes >= len(search.heap)
    assert sum(F(e[2].box.high) - F(e[2].box.low) for e in search.heap) == 2
    places = {e[2].box.middle: abs(float(e[2].box.e0.mid())) for e in search.heap}
    assert search.seen >= max(places.values()) * (1 - 1e-12)
    assert abs(float(f.minus(cells[search.where > 0.5])(F(search.where)))) == pytest.approx(search.seen, rel=1e-12)


@pytest.mark.parametrize("norm", ["L1", "L2"])
def test_cells_that_overlap_are_not_counted_twice_below(norm: str) -> None:
    """A kink somewhere in [3/4, 5/4], enclosed by cells that share this: any place of it is allowed."""
    one = Cell(0.0, 1.25, arb(0), arb(0), arb(0), arb(1), inner_high=0.75)
    two = Cell(0.75, 2.0, arb(0), arb(0), arb(0), arb(1), inner_low=1.25)
    for power in (0, 1):
        f = Quadratic(F(0), F(power, 3), F(1, 3))
        search = Integration(run_of(f, deadline=Deadline(0.3)), [one, two], Goal(0.0, 0.5), norm)
        search.search()
        true = norms([(f, F(0), F(2))], [])[norm]
        holds(norm, search.enclosure(), true)
        low, high = search.enclosure()
        assert high > low  # the shared part was seen twice
        assert low > 0.3


@pytest.mark.parametrize("norm", ["L1", "L2"])
@pytest.mark.parametrize("kink", [0.75, 1.0, 1.25])
def test_what_lies_beyond_a_kink_is_no_lower_bound(norm: str, kink: float) -> None:
    """e is 0 left and right of the kink; either line, followed beyond it, would give a distance of 1."""
    one = Cell(0.0, 1.25, arb(kink), arb(0), arb(4), arb(1), inner_high=0.75)
    two = Cell(0.75, 2.0, arb(kink), arb(0), arb(-4), arb(1), inner_low=1.25)
    f = run_of(lambda x: -4 * abs(x - kink), deadline=Deadline(0.2))
    search = Integration(f, [one, two], Goal(0.0, 0.0), norm)
    search.search()
    f.deadline = Deadline()
    assert search.enclosure()[0] == 0
    f.deadline = Deadline(0.2)
    supremum = Search(f, [one, two], Goal(0.0, 0.0))
    supremum.search()
    assert supremum.enclosure()[0] == 0


@pytest.mark.parametrize("norm", ["L1", "L2"])
def test_what_is_shared_is_subtracted_once(norm: str) -> None:
    one = Cell(0.0, 1.25, arb(0), arb(0), arb(0), arb(1), inner_high=0.75)
    two = Cell(0.75, 2.0, arb(0), arb(0), arb(0), arb(1), inner_low=1.25)
    search = Integration(run_of(lambda x: 1 + np.sin(x) / 2), [one, two], Goal(1e-9, 0.0), norm)
    search.heap = [search._share(one, 0.0, 1.0, 64), search._share(one, 1.0, 1.25, 64)]
    search.visited = 2
    first, last = (entry[2] for entry in search.heap)
    for share, overlap in ((first, 0.25), (last, 0.5)):
        low, _ = (absolute_share if norm == "L1" else square_share)(share.box)
        size = share.box.upper if norm == "L1" else share.box.upper**2
        assert float(share.low) == pytest.approx(max(float(low.lower()) - overlap * size, 0.0))
    assert float(first.low) > 0


@pytest.mark.parametrize("norm", ["L1", "L2"])
def test_what_is_shared_is_subtracted_downwards(norm: str) -> None:
    overlap = 0.125 + 2.0**-50
    cell = Cell(0.0, 1.0 + overlap, arb(0), arb(0), arb(0), arb(1), inner_high=1.0)
    for n in range(1, 12):
        run = run_of(lambda x, n=n: 0 * x + 1 + F(n, 3))
        box = examine(run, cell, cell.low, cell.high, 64)
        share = Integration(run, [cell], Goal(0.0, 0.0), norm)._share(cell, cell.low, cell.high, 64)[2]
        own = absolute_share(box) if norm == "L1" else square_share(box)
        least = fraction(own[0].lower()) - F(overlap) * (F(box.upper) if norm == "L1" else F(box.upper) ** 2)
        assert least - F(1, 2**55) <= fraction(share.low.upper()) <= least


@pytest.mark.parametrize("norm", ["L1", "L2"])
def test_an_integral_needs_more_bits_or_smaller_boxes_at_first(norm: str) -> None:
    c = uat.certify(lambda x: (1e12 + x) - 1e12, (1.0, 0.0), (0.3, 0.4), norm=norm)
    assert c.proven
    assert c.upper < 1e-15
    assert c.bits > 64
    c = uat.certify(lambda x: 1 / (x * x - x + 0.3), (0.0, 10.0), (-3, 4), norm=norm)
    assert c.proven
    assert c.upper <= 1.01 * c.lower


@pytest.mark.parametrize("size", [2.0**70, 2.0**150])
def test_more_bits_are_for_the_same_box(size: float) -> None:
    """x and x^2 behind a cancellation that 64 bits do not see through."""
    cell = Cell(0.5, 2.0, arb(0), arb(0), arb(0), arb(1))
    run = run_of(lambda x: (size + x) - size)
    for norm, true in (("L1", F(15, 8)), ("L2", F(63, 24))):
        integral = Integration(run, [cell], Goal(1e-6, 0.0), norm)
        integral.search()
        holds(norm, integral.enclosure(), true)
        low, high = integral.enclosure()
        assert high - low <= 1e-6 * low
        assert integral.bits == (128 if size < 2.0**100 else 256)
        assert integral.note == ""
    search = Search(run, [cell], Goal(1e-6, 0.0))
    search.search()
    low, high = search.enclosure()
    assert low <= 2 <= high
    assert high - low <= 1e-6 * low
    assert search.bits == (128 if size < 2.0**100 else 256)
    assert search.note == ""


@pytest.mark.parametrize("norm", ["L1", "L2"])
def test_cells_that_nobody_looked_at_all_count(norm: str) -> None:
    """The constant -3 on [1, 4]: 9, and the root of 27."""
    cells = [Cell(float(k), k + 1.0, arb(0), arb(0), arb(0), arb(1)) for k in (1, 2, 3)]
    for looked_at in range(4):
        search = Integration(run_of(lambda x: 0 * x - 3), cells, Goal(0.0, 0.0), norm)
        for cell in cells[:looked_at]:
            search.heap.append(search._share(cell, cell.low, cell.high, 64))
            search.visited += 1
        low, high = search.enclosure()
        assert (low if norm == "L1" else low**2) == pytest.approx(3 * looked_at if norm == "L1" else 9 * looked_at)
        assert (high if norm == "L1" else high**2) == pytest.approx(9 if norm == "L1" else 27)
        holds(norm, (low, high), F(9 if norm == "L1" else 27))


def test_a_sum_that_does_not_fit_is_rounded_outwards_before_its_root() -> None:
    """256 shares that add up to 1 -+ 2^-112: every addition loses that, and the root of 1 is a float."""
    cell = Cell(0.0, 2.0, arb(0), arb(0), arb(0), arb(1))
    search = Integration(run_of(np.sin), [cell], Goal(0.0, 0.0), "L2")
    box = search._share(cell, 0.0, 2.0, 64)[2].box
    with working_precision(200):
        least, most = arb(1) / 256 - arb(2) ** -120, arb(1) / 256 + arb(2) ** -120
    search.heap, search.visited = [(0.0, k, Share(box, least, most)) for k in range(256)], 1
    for norm in ("L2", "L1"):
        search.norm = norm
        low, high = search.enclosure()
        assert low < 1 < high
    search.heap = [(0.0, 0, Share(box, arb(1, 2.0**-20), arb(1, 2.0**-20)))]  # and a share may be a ball itself
    for norm in ("L2", "L1"):
        search.norm = norm
        low, high = search.enclosure()
        assert low <= 1 - 2.0**-22
        assert high >= 1 + 2.0**-22


@pytest.mark.parametrize("norm", ["L1", "L2"])
def test_a_box_and_its_halves_are_never_counted_together(norm: str) -> None:
    """Ctrl-C may fall while the parent is being replaced: before, between and after the two changes of the heap."""
    f = run_of(Quadratic(F(1, 3), F(0), F(-1, 7)))
    cell = Cell(0.0, 2.0, arb(0), arb(0), arb(0), arb(1))
    search = Integration(f, [cell], Goal(0.0, 0.0), norm)
    parent = search._share(cell, 0.0, 2.0, 64)
    search.heap, search.visited = [parent], 1
    before = search.enclosure()
    left, right = search._share(cell, 0.0, 1.0, 64), search._share(cell, 1.0, 2.0, 64)
    search.swap = (parent[2], left, right)
    moments = []
    for heap in ([parent], [left], [left, right], [right, left]):
        search.heap = heap
        assert sum(share.box.high - share.box.low for share in search._shares()) == 2.0
        moments.append(search.enclosure())
    assert len(set(moments)) == 1
    assert before[0] <= moments[0][0] <= moments[0][1] <= before[1]


@pytest.mark.parametrize("norm", ["L1", "L2"])
def test_the_floor_is_one_of_the_distance(norm: str) -> None:
    """A distance below the floor, one of the distance itself, is as good as none; one above is not."""
    low, high = 1.0, 5.0
    cell = Cell(low, high, arb(0), arb(0), arb(0), arb(1))
    run, unit = run_of(lambda x: 1.5 * np.sin(60 * x)), high - low if norm == "L1" else (high - low) ** 0.5
    boxes = []
    for floor in (1.4, 0.8):
        search = Integration(run, [cell], Goal(1e-3, 0.0, floor=floor * unit), norm)
        search.search()
        least, most = search.enclosure()
        assert 0.8 * unit < most < 1.4 * unit
        boxes.append(search.boxes)
    assert most - least <= 1e-3 * least
    assert boxes[0] < boxes[1] / 2


@pytest.mark.parametrize("norm", ["L1", "L2"])
def test_sums_stop_and_say_so(norm: str) -> None:
    f = run_of(np.sin)
    cells = [Cell(float(k), k + 1.0, arb(0), arb(0), arb(0), arb(1)) for k in range(3)]
    late = Integration(run_of(np.sin, deadline=Deadline(-1)), cells, Goal(1e-12, 0.0), norm)
    late.search()
    late.run.deadline = Deadline()
    assert late.stopped == "seconds"
    assert late.note == "Stopped by `seconds` after 0 boxes: the enclosure is true, but wider than asked."
    low, high = late.enclosure()
    true = 1 - math.cos(3) if norm == "L1" else math.sqrt(1.5 - math.sin(6) / 4)
    assert low == 0
    assert true <= high <= 3.01
    pole = Integration(run_of(lambda x: 1 / (x - 0.3)), cells, Goal(1e-3, 0.0), norm)
    pole.search()
    assert "f has no enclosure near x = 0." in pole.note
    assert pole.boxes < 1000
    floored = Integration(f, cells, Goal(0.0, 0.0, floor=10.0), norm)
    floored.search()
    assert floored.boxes == 3
    assert floored.note == ""


# ------------------------------------------------------------------------------------------------------------ bisection


@pytest.mark.parametrize("rel", [0.5, 1e-2, 1e-9])
def test_a_search_encloses_the_rational_supremum_at_every_moment(rel: float) -> None:
    f = Quadratic(F(-1, 3), F(4, 3), F(1, 3))
    p = uat.PiecewiseAffine([0.0, 0.5, 3.0], [0.0, 0.75, 0.25])
    cells = cells_of(p, p.domain)
    true = max(abs(v) for cell in cells for v in f.minus(cell).extremes(F(cell.low), F(cell.high)))
    for calls in range(30):
        search = Search(interrupted(f, calls), cells, Goal(rel, 0.0))
        search.search()
        low, high = search.enclosure()
        assert F(low) <= true <= F(high)
        if not search.note:
            break
        assert search.note.startswith("Interrupted after ")
    search = Search(run_of(f), cells, Goal(rel, 0.0))
    low, high = search.enclosure()
    assert low == 0
    assert F(high) >= true
    search.search()
    low, high = search.enclosure()
    assert F(low) <= true <= F(high)
    assert high - low <= rel * low
    assert search.note == ""
    assert abs(f.minus(cells[-1 if search.where > 0.5 else 0])(F(search.where))) >= F(low)
    assert sum(F(e[2].high) - F(e[2].low) for e in search.heap) == 3


def test_a_supremum_over_cells_that_nobody_looked_at() -> None:
    """(2 - x) / 8 on [0, 2]: the first cell has the largest values, and all are below 1."""
    cells = [Cell(float(k), k + 1.0, arb(0), arb(0), arb(0), arb(1)) for k in (0, 1)]
    search = Search(run_of(lambda x: (2 - x) / 8), cells, Goal(0.0, 0.0))
    assert search.enclosure() == (0.0, 0.25)
    assert search.boxes == 0
    search.heap.append(search._box(cells[0], 0.0, 1.0, 64))
    search.visited = 1
    assert search.boxes == 1
    assert search.upper() == pytest.approx(0.25, rel=1e-8)


def test_what_holds_on_the_whole_holds_on_a_part() -> None:
    """A half whose own bounds are worse keeps its parent's."""
    run = run_of(lambda x: np.sqrt(abs(x)) * np.sin(3 * x) + abs(x - 0.3))
    cell = Cell(-1.0, 1.0, arb(0), arb(0), arb(1), arb(3))
    search = Search(run, [cell], Goal(1e-3, 0.0))
    whole = search._box(cell, -1.0, 1.0, 64)[2]
    tight = Box(cell, -1.0, 1.0, 64, 0.0, 0.25, -0.125, whole.e0, whole.e1, whole.c1, whole.c2)
    part = search._box(cell, -1.0, 0.0, 64, tight)[2]
    assert (part.top, part.bottom) == (0.25, -0.125)
    loose = Box(cell, -1.0, 1.0, 64, 0.0, 1e9, -1e9, whole.e0, whole.e1, whole.c1, whole.c2)
    own = search._box(cell, -1.0, 0.0, 64)[2]
    part = search._box(cell, -1.0, 0.0, 64, loose)[2]
    assert (part.top, part.bottom) == (own.top, own.bottom)
    assert search.boxes == 4


def test_a_search_stops_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from uat.bounds import bisection

    cells = [Cell(float(k), k + 1.0, arb(0), arb(0), arb(0), arb(1)) for k in range(3)]
    sine: Callable[[Any], Any] = np.sin
    late = Search(run_of(sine, deadline=Deadline(-1)), cells, Goal(1e-12, 0.0))
    late.search()
    late.run.deadline = Deadline()
    assert late.stopped == "seconds"
    assert late.note == "Stopped after `seconds` and 0 boxes: the enclosure is true, but wider than asked."
    assert 1 <= late.upper() <= 1.01
    monkeypatch.setattr(bisection, "MOST_BOXES", 5)
    many = Search(run_of(lambda x: np.sin(100 * x)), cells, Goal(0.0, 0.0))
    many.search()
    assert "Stopped after " in many.note
    assert 14 <= many.boxes <= 17
    assert many.lower <= 1 <= many.upper()
    floored = Search(run_of(sine), cells, Goal(0.0, 0.0, floor=1.5))
    floored.search()
    assert floored.boxes == 3
    assert floored.note == ""
