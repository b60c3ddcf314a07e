"""The pieces of g, in rationals: they cover the domain, hold g exactly, and overlap where a kink is no float."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

import uat
from tests.oracles import exact_network
from tests.strategies import relu_nets
from uat.balls.precision import working_precision
from uat.bounds.boxes import Cell
from uat.bounds.cells import cells_of, domain_of

F = Fraction


def fraction(ball: Any) -> Fraction:
    assert ball.is_exact()
    mantissa, exponent = ball.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def line(cell: Cell, x: Fraction) -> Fraction:
    return fraction(cell.value) + fraction(cell.rise) / fraction(cell.run) * (x - fraction(cell.anchor))


def check_cover(cells: list[Cell], a: float, b: float) -> None:
    assert cells[0].low == a
    assert cells[-1].high == b
    for one, two in pairwise(cells):
        assert one.low < one.high
        assert two.low <= one.high
        assert (one.inner_high, two.inner_low) == (two.low, one.high)
    assert cells[0].inner_low == a
    assert cells[-1].inner_high == b


@given(relu_nets(), st.floats(-5, 4), st.floats(0.01, 8), st.lists(st.floats(-5, 5), max_size=3))
def test_pieces_of_a_network(net: uat.ReluNet, a: float, length: float, breaks: list[float]) -> None:
    b = a + length
    cells = cells_of(net, (a, b), breaks)
    check_cover(cells, a, b)
    kinks = {-F(q) / F(w) for w, q in zip(net.weights, net.biases, strict=True) if w}
    for cell in cells:
        inside = [t for t in kinks if cell.low < t < cell.high]
        assert all(min(t - F(cell.low), F(cell.high) - t) < math.ulp(float(abs(t))) for t in inside)
        low = max([F(cell.low), *(t for t in kinks if t < (F(cell.low) + F(cell.high)) / 2)])
        high = min([F(cell.high), *(t for t in kinks if t >= (F(cell.low) + F(cell.high)) / 2)])
        for x in (low, (low + high) / 2, high):
            true = F(net.output_bias) + sum(
                (
                    F(c) * max(F(w) * x + F(q), F(0))
                    for w, q, c in zip(net.weights, net.biases, net.coefficients, strict=True)
                ),
                F(0),
            )
            if high - low > F(1, 10**12):
                assert line(cell, x) == true
    ends = {end for cell in cells for end in (cell.low, cell.high)}
    assert {x for x in breaks if a < x < b} <= ends


@pytest.mark.parametrize("w", [3.0, -3.0, 7.0])
def test_a_kink_that_is_no_float_lies_in_both_cells(w: float) -> None:
    net = uat.ReluNet([w, 1.0], [-1.0, -0.5], [1.0, 2.0])
    kink = F(1) / F(w)
    one, two, *_ = cells_of(net, (-1.0, 1.0))
    assert F(two.low) < kink < F(one.high)
    assert one.high - two.low == math.ulp(two.low)
    assert (one.inner_high, two.inner_low) == (two.low, one.high)
    whole = cells_of(net, (-1.0, 1.0), breaks=[-0.75, 0.2])
    check_cover(whole, -1.0, 1.0)
    assert [cell.low for cell in whole if cell.inner_low > cell.low] == [two.low]
    assert [cell.high for cell in whole if cell.inner_high < cell.high] == [one.high]
    exact = cells_of(uat.ReluNet([2.0], [-1.0], [1.0]), (0.0, 1.0))
    assert [(cell.low, cell.high) for cell in exact] == [(0.0, 0.5), (0.5, 1.0)]
    assert [(cell.inner_low, cell.inner_high) for cell in exact] == [(0.0, 0.5), (0.5, 1.0)]


@pytest.mark.parametrize(("a", "b"), [(0.0, 0.5), (0.5, 1.0), (0.25, 0.375), (0.6, 0.9), (-3.0, -2.0), (0.0, 1.0)])
def test_kinks_at_the_ends_of_the_domain_and_beyond(a: float, b: float) -> None:
    net = uat.ReluNet([1.0, 1.0, -1.0, 0.0], [0.0, -0.5, 0.5, 2.0], [1.0, -4.0, 0.25, 3.0], 0.125)
    cells = cells_of(net, (a, b))
    check_cover(cells, a, b)
    assert len(cells) == 1 + sum(a < t < b for t in (0.0, 0.5))
    for cell in cells:
        for x in (cell.low, (cell.low + cell.high) / 2, cell.high):
            assert line(cell, F(x)) == exact_network(net, x)


def test_a_net_without_kinks_in_reach() -> None:
    for net in (uat.ReluNet([], [], [], 2.5), uat.ReluNet([0.0], [3.0], [2.0], -3.5)):
        (cell,) = cells_of(net, (-1.0, 4.0))
        assert line(cell, F(3)) == F(5, 2)


HARD = [
    [0.0, 5e-324, 1e-300, 1.0],
    [-8e307, 0.1, 8e307],
    [1e-20, 1.0, 1 + 2.0**-52],
    [-1.0, 1e-17, 1e16],
    [0.1, 0.2, 0.3, 1e17],
    [-1.0, 2.0**53],  # what the float difference misses is 1
]


@pytest.mark.parametrize("knots", HARD)
@pytest.mark.parametrize("values", HARD)
def test_differences_of_any_size_are_exact(knots: list[float], values: list[float]) -> None:
    values = (values + values[::-1])[: len(knots)]
    p = uat.PiecewiseAffine(knots, values)
    for k, cell in enumerate(cells_of(p, p.domain)):
        assert fraction(cell.rise) == F(values[k + 1]) - F(values[k])
        assert fraction(cell.run) == F(knots[k + 1]) - F(knots[k])
        assert (fraction(cell.anchor), fraction(cell.value)) == (F(knots[k]), F(values[k]))


@given(
    st.lists(st.integers(0, 40), min_size=2, max_size=7, unique=True),
    st.tuples(st.integers(0, 160), st.integers(0, 160)),
    st.lists(st.integers(-8, 168), max_size=4),
)
def test_pieces_of_a_broken_line_on_a_part(knots: list[int], part: tuple[int, int], breaks: list[int]) -> None:
    p = uat.PiecewiseAffine(sorted(map(float, knots)), [float(k * k) for k in sorted(knots)])
    a, b = (min(max(end / 4, p.domain[0]), p.domain[1]) for end in sorted(part))
    if a >= b:
        return
    cells = cells_of(p, (a, b), [t / 4 for t in breaks])
    check_cover(cells, a, b)
    wanted = {a, b, *(t for t in p.knots.tolist() if a < t < b), *(t / 4 for t in breaks if a < t / 4 < b)}
    assert [cell.low for cell in cells] == sorted(wanted)[:-1]
    assert [cell.high for cell in cells] == sorted(wanted)[1:]
    for cell in cells:
        assert (cell.inner_low, cell.inner_high) == (cell.low, cell.high)
        for x in (cell.low, cell.high):
            assert float(line(cell, F(x))) == pytest.approx(float(p(x)), abs=1e-9)


def test_a_line() -> None:
    with working_precision(64):
        (cell,) = cells_of((0.5, -3.0), (2.0, 4.0))
        assert (cell.low, cell.high) == (2.0, 4.0)
        assert [line(cell, F(x)) for x in (2, 4)] == [-2, -1]
        assert cell.at(4.0) == arb(-1)


def test_the_domain_of_the_comparison() -> None:
    p = uat.PiecewiseAffine([0.0, 1.0], [0.0, 1.0])
    assert domain_of(p, None) == (0.0, 1.0)
    assert domain_of(p, (0.0, 0.5)) == (0.0, 0.5)
    assert domain_of(p, (0.5, 1)) == (0.5, 1.0)
    assert domain_of((1.0, 0.0), (-5, 7)) == (-5.0, 7.0)
    for outside in ((-0.5, 0.5), (0.5, 1.5), (-1, 2), (2, 3)):
        with pytest.raises(uat.InputError, match="`domain` must lie in that of `g`"):
            domain_of(p, outside)
    for net in (uat.ReluNet([1.0], [0.0], [1.0]), (1.0, 0.0)):
        with pytest.raises(uat.InputError, match="`domain` must be given"):
            domain_of(net, None)


def test_knots_are_not_rounded_on_their_way() -> None:
    p = uat.PiecewiseAffine(np.array([0.1, 0.3]), np.array([0.7, 0.2]))
    with working_precision(24):  # far fewer bits than a float has
        (cell,) = cells_of(p, p.domain)
    assert fraction(cell.anchor) == F(0.1)
    assert fraction(cell.value) == F(0.7)
    assert fraction(cell.rise) == F(0.2) - F(0.7)
    assert fraction(cell.run) == F(0.3) - F(0.1)
