"""One box, one share, one cell: the bounds that the searches add up."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

import uat
from tests.on_balls import run_of
from uat.balls.precision import working_precision
from uat.bounds.bisection import Goal
from uat.bounds.boxes import Cell, candidate, down, examine, up
from uat.bounds.cells import cells_of, largest_on
from uat.bounds.certification import _rounded_down, _shortest
from uat.bounds.integrals import absolute_share, square_share


@pytest.fixture(autouse=True)
def precision() -> Iterator[None]:
    with working_precision(64):
        yield


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "sin": np.sin,
    "cube": lambda x: x**3,
    "kink": lambda x: abs(x - 0.3) + x,
    "root": lambda x: np.sqrt(abs(x)),
    "step": lambda x: np.floor(2 * x) + x,
    "steep": lambda x: np.exp(5 * x),
}


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
@given(
    left=st.floats(-1, 1), width=st.sampled_from([1.0, 0.3, 1e-3]),
    slope=st.floats(-2, 2), value=st.floats(-2, 2), anchor=st.floats(-2, 2),
)  # fmt: skip
def test_bounds_hold_on_every_box(
    name: str, left: float, width: float, slope: float, value: float, anchor: float
) -> None:
    f, right = FUNCTIONS[name], left + width
    cell = Cell(left, right, arb(anchor), arb(value), arb(slope), arb(1))
    box = examine(run_of(f), cell, left, right, 64)
    x = np.linspace(left, right, 101)
    e = f(x) - (value + slope * (x - anchor))
    noise = 1e-13 * (1 + np.abs(f(x)).max())
    assert e.max() <= box.top + noise
    assert e.min() >= box.bottom - noise
    assert np.abs(e).max() <= box.upper + noise
    assert left <= candidate(box) <= right
    fine = np.linspace(left, right, 4001)
    fine_e = np.abs(f(fine) - (value + slope * (fine - anchor)))
    for share, power in ((absolute_share(box), 1), (square_share(box), 2)):
        true = float(np.trapezoid(fine_e**power, fine))
        allowed = 1e-3 * width * float(fine_e.max() + 1) ** power  # a jump costs the trapezoidal rule half a step
        assert float(share[0]) <= true + allowed
        assert float(share[1]) >= true - allowed


def test_a_parabola_is_enclosed_exactly() -> None:
    """x^2 against its chord on [0, 1]: e = x^2 - x has its least value -1/4 in the middle and is 0 at the ends."""
    box = examine(run_of(lambda x: x**2), Cell(0.0, 1.0, arb(0), arb(0), arb(1), arb(1)), 0.0, 1.0, 64)
    assert box.bottom == pytest.approx(-0.25, abs=1e-9)
    assert box.top == pytest.approx(0.0, abs=1e-8)
    shares = absolute_share(box), square_share(box)
    for (low, high), true in zip(shares, (1 / 6, 1 / 30), strict=True):
        assert float(low) == pytest.approx(true, rel=1e-7)
        assert float(high) == pytest.approx(true, rel=1e-6)
    tilted = examine(run_of(lambda x: x**2), Cell(0.0, 1.0, arb(0), arb(0), arb(0.25), arb(1)), 0.0, 1.0, 64)
    assert candidate(tilted) == 1.0
    assert tilted.bottom == pytest.approx(-1 / 64, abs=1e-9)
    assert tilted.top == pytest.approx(0.75, abs=1e-8)


@given(st.fractions(-4, 4))
def test_up_and_down_round_outwards(q: Fraction) -> None:
    x = arb(q.numerator) / arb(q.denominator)
    assert Fraction(down(x)) <= q <= Fraction(up(x))
    assert up(x) - down(x) <= 4 * math.ulp(float(q))
    assert up(arb(0.5)) == down(arb(0.5)) == 0.5
    assert up(arb.nan()) == math.inf
    assert down(arb.nan()) == -math.inf


def test_cells_that_nobody_looked_at_count_by_ranges() -> None:
    p = uat.PiecewiseAffine([0.0, 1.0, 2.0], [5.0, 0.0, -7.0])
    cells = cells_of(p, p.domain)
    run = run_of(lambda x: 0 * x)
    assert largest_on(run, cells) == 7.0
    assert largest_on(run, cells[:1]) == 5.0
    assert largest_on(run_of(lambda x: x), cells) == 9.0
    assert largest_on(run_of(lambda x: -x), cells[:1]) == 6.0
    assert largest_on(run_of(lambda x: 10 - 10 * x), cells[:1]) == 10.0  # f from the low end on
    assert largest_on(run_of(lambda x: 10 * x), cells) == 27.0  # to the high end of the last cell


@pytest.mark.parametrize("sign", [1, -1])
def test_what_is_counted_by_ranges_is_rounded_outwards(sign: int) -> None:
    thirds = [Cell(0.0, 1.0, arb(0), arb(0), arb(sign * k), arb(3)) for k in (1, 2, 4, 5, 7)]
    run = run_of(lambda x: 0 * x)
    for cell, k in zip(thirds, (1, 2, 4, 5, 7), strict=True):
        assert Fraction(largest_on(run, [cell])) >= Fraction(k, 3)
        flat = Cell(0.0, 1.0, arb(0), arb(0), arb(0), arb(1))
        third = run_of(lambda x, c=Fraction(sign * k, 3): 0 * x + c)
        assert Fraction(largest_on(third, [flat])) >= Fraction(k, 3)


def test_goal() -> None:
    goal = Goal(rel=0.1, absolute=0.5, floor=1e-3)
    assert goal.reached(10.0, 11.0)
    assert not goal.reached(10.0, 11.01)
    assert goal.reached(1.0, 1.5)
    assert not goal.reached(1.0, 1.51)
    assert Goal(0.0, 0.0, 1e-3).reached(0.0, 1e-3)
    assert not Goal(0.0, 0.0, 1e-3).reached(0.0, 1.1e-3)


def _exactly(cell: Cell, x: Fraction) -> Fraction:
    value, rise, run, anchor = (_fraction(b) for b in (cell.value, cell.rise, cell.run, cell.anchor))
    return value + rise / run * (x - anchor)


def _fraction(ball: Any) -> Fraction:
    assert ball.is_exact()
    mantissa, exponent = ball.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


@given(
    st.lists(st.tuples(st.floats(-4, 4), st.floats(-4, 4), st.floats(-4, 4)), min_size=0, max_size=6), st.floats(-2, 2)
)
def test_cells_of_a_network_are_exact(neurons: list[tuple[float, float, float]], bias: float) -> None:
    w, b, c = (np.array([n[k] for n in neurons]) for k in range(3))
    kinks = [-Fraction(q) / Fraction(p) for p, q in zip(w.tolist(), b.tolist(), strict=True) if p]
    if any(abs(t) > 1e300 for t in kinks):
        return
    cells = cells_of(uat.ReluNet(w, b, c, bias), (-1.0, 1.0), breaks=[0.25])
    assert cells[0].low == -1.0
    assert cells[-1].high == 1.0
    for k, cell in enumerate(cells):
        if k:
            assert (cells[k - 1].inner_high, cell.inner_low) == (cell.low, cells[k - 1].high)
        x = (Fraction(cell.low) + Fraction(cell.high)) / 2
        if cell.high - cell.low <= 1e-15:
            continue  # between two kinks that floats cannot part
        true = Fraction(bias) + sum(
            (Fraction(v) * max(Fraction(p) * x + Fraction(q), Fraction(0)) for p, q, v in neurons), Fraction(0)
        )
        assert _exactly(cell, x) == true


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=6, unique=True), st.data())
def test_cells_of_knots_are_exact(knots: list[float], data: st.DataObject) -> None:
    knots = sorted(knots)
    if min(np.diff(knots)) < 1e-300:
        return
    values = [data.draw(st.floats(-1e9, 1e9)) for _ in knots]
    p = uat.PiecewiseAffine(knots, values)
    for cell, x0, x1, y0, y1 in zip(cells_of(p, p.domain), knots[:-1], knots[1:], values[:-1], values[1:], strict=True):
        assert (cell.low, cell.high) == (x0, x1)
        assert _exactly(cell, Fraction(x0)) == Fraction(y0)
        assert _exactly(cell, Fraction(x1)) == Fraction(y1)


def test_numbers_in_sentences() -> None:
    assert _rounded_down(1.0) == "1"
    assert float(_rounded_down(2 / 3)) <= 2 / 3
    assert float(_rounded_down(0.9999999)) <= 0.9999999
    assert _shortest(-1e-15, 1e-15) == "0"
    assert _shortest(0.2999999999999, 0.3000000000001) == "0.3"
