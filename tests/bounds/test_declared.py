"""Black boxes: B2 and B3 gap by gap in rationals, and a search whose gaps always tile the domain."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

import uat
from uat._checks import InputError
from uat._deadline import Deadline
from uat.balls.precision import working_precision
from uat.bounds import declared as module
from uat.bounds.bisection import Goal
from uat.bounds.boxes import Cell
from uat.bounds.cells import cells_of
from uat.bounds.declared import SampledSearch, _bound, agree
from uat.bounds.modulus import Declared, cell_bound


@pytest.fixture(autouse=True)
def precision() -> Iterator[None]:
    with working_precision(64):
        yield


F = Fraction
dyadic = st.integers(-64, 64).map(lambda n: n / 16)
LENGTHS = (0.0625, 1.0, 3.0)


def bound(facts: Declared, slope: float, h: float, d0: float, d1: float) -> Fraction:
    cell = Cell(0.0, h, arb(0), arb(0), arb(slope), arb(1))
    return Fraction(_bound(facts, cell, 0.0, h, arb(d0), arb(d1)))


@given(st.integers(1, 64).map(lambda n: n / 16), dyadic, st.sampled_from(LENGTHS), dyadic, dyadic)
def test_b3_is_rounded_upwards_and_hardly(constant: float, slope: float, h: float, d0: float, d1: float) -> None:
    """max(f - l) <= [d0 (L + s) + d1 (L - s)] / (2L) + h (L^2 - s^2) / (2L), and so for l - f."""
    found = bound(Declared(lipschitz=constant), slope, h, d0, d1)
    m, s, length, p, q = (Fraction(v) for v in (constant, slope, h, d0, d1))
    ends = max(abs(p), abs(q))
    if abs(s) < m:
        apex = length * (m * m - s * s) / (2 * m)
        top, bottom = (p * (m + s) + q * (m - s)) / (2 * m) + apex, (p * (m - s) + q * (m + s)) / (2 * m) - apex
        stated = max(ends, top, -bottom)
    else:  # monotone but for the roundings of the data
        stated = ends + min(abs(m - s), abs(m + s)) * length
    assert stated <= found <= stated + Fraction(1, 2**50) * (1 + abs(stated))


@given(st.sampled_from([1, -1]), st.sampled_from([1, 3, 7]), st.sampled_from(LENGTHS))
def test_b3_with_numbers_that_are_no_floats(sign: int, n: int, h: float) -> None:
    """A chord of slope n/10 that is a ball: every end of the bound is rounded outwards."""
    cell = Cell(0.0, h, arb(0), arb(0), arb(sign * n), arb(10))
    for d0, d1 in ((0.0, 0.0), (0.25, 0.5), (-0.25, -0.5), (0.5, -0.25)):
        found = Fraction(_bound(Declared(lipschitz=1.0), cell, 0.0, h, arb(d0), arb(d1)))
        s, length, p, q = Fraction(sign * n, 10), Fraction(h), Fraction(d0), Fraction(d1)
        apex = length * (1 - s * s) / 2
        top, bottom = (p * (1 + s) + q * (1 - s)) / 2 + apex, (p * (1 - s) + q * (1 + s)) / 2 - apex
        stated = max(abs(p), abs(q), top, -bottom)
        assert stated <= found <= stated + Fraction(1, 2**50)


def test_a_chord_as_steep_as_declared() -> None:
    """Up to the rounding of the data: the ends, and what the chord is too steep by."""
    for slope in (1.0, -1.0):
        assert 0.5 <= bound(Declared(lipschitz=1.0), slope, 1.0, 0.5, -0.25) <= 0.5 + 1e-15
    for slope in (1.125, -1.125):
        assert 0.75 <= bound(Declared(lipschitz=1.0), slope, 2.0, 0.5, -0.5) <= 0.75 + 1e-15
    assert 0 < bound(Declared(lipschitz=0.0), 0.0, 1.0, 0.0, 0.0) < 1e-300


@given(dyadic, st.sampled_from(LENGTHS), dyadic, dyadic)
def test_b2_beside_the_ends(slope: float, h: float, d0: float, d1: float) -> None:
    ends = max(abs(d0), abs(d1))
    for facts in (Declared(modulus=math.sqrt), Declared(holder=(2.0, 0.5)), Declared(second_derivative=3.0)):
        found = bound(facts, slope, h, d0, d1)
        stated = Fraction(ends) + Fraction(cell_bound(facts, h))
        assert stated < found <= stated * (1 + Fraction(1, 10**14))
        both = Declared(
            lipschitz=2.0, modulus=facts.modulus, second_derivative=facts.second_derivative, holder=facts.holder
        )
        assert bound(both, slope, h, d0, d1) == min(found, bound(Declared(lipschitz=2.0), slope, h, d0, d1))


@pytest.mark.parametrize("sign", [1, -1])
def test_b2_is_rounded_upwards_twice(sign: int) -> None:
    """An end just below a float, and half an ulp more: what two roundings to nearest would lose."""
    end, half = F(1) + F(1, 2**52) - F(1, 2**62), 0.49 * 2.0**-52
    cell = Cell(0.0, 1.0, arb(0), arb(0), arb(0), arb(1))
    d = sign * (arb(1) + arb(2) ** -52 - arb(2) ** -62)
    for d0, d1 in ((d, arb(0)), (arb(0), d)):
        assert F(_bound(Declared(modulus=lambda t: half), cell, 0.0, 1.0, d0, d1)) >= end + F(half)
    steep = Cell(0.0, 1.0, arb(0), arb(0), sign * (arb(1) + abs(d)), arb(1))  # as much steeper than declared
    assert F(_bound(Declared(lipschitz=1.0), steep, 0.0, 1.0, arb(half), arb(0))) >= end + F(half)


# ------------------------------------------------------------------------------------------------- contradictions


@pytest.mark.parametrize(
    ("facts", "most", "name"),
    [
        (Declared(lipschitz=2.0), 1.0, "lipschitz` = 2.0"),
        (Declared(holder=(3.0, 0.5)), 3 * 0.5**0.5, "holder` = "),
        (Declared(modulus=lambda t: 4 * t), 2.0, "modulus` = <lambda>"),
    ],
)
def test_samples_agree_up_to_rounding(facts: Declared, most: float, name: str) -> None:
    for x, y in ((0.25, 0.75), (0.75, 0.25)):
        for fx, fy in ((1.0, 1 + most), (1 + most, 1.0), (-1.0, -1 - most), (-most / 2, most / 2), (7.0, 7.0)):
            agree(facts, x, y, fx, fy)
            agree(facts, x, y, fx, fy + (fy - fx) * 2.0**-52)
        for fx, fy in ((1.0, 1 + most * (1 + 1e-13)), (most, 0.0), (-most, 0.0)):
            with pytest.raises(uat.InputError, match=f"the samples contradict `{name}"):
                agree(facts, x, y, fx * (1 + 1e-13), fy * (1 + 1e-13) if fx else fy)
    noisy = Declared(lipschitz=1.0, modulus=lambda t: t, holder=(1.0, 1.0))
    agree(noisy, 0.0, 1e-20, 1.0, 1 + 2.0**-52)  # half an ulp on each value
    agree(noisy, 0.0, 1e-20, 1 + 2.0**-52, 1.0)
    with pytest.raises(uat.InputError, match=r"f\(0.0\) = 1.0 and f\(1e-20\) = "):
        agree(noisy, 0.0, 1e-20, 1.0, 1 + 2.0**-48)


def test_what_was_not_declared_is_not_contradicted() -> None:
    agree(Declared(lipschitz=1e9), 0.0, 1.0, 0.0, 1e8)
    agree(Declared(modulus=lambda t: 1e9), 0.0, 1.0, 0.0, 1e8)
    agree(Declared(holder=(1e9, 1.0)), 0.0, 1.0, 0.0, 1e8)


# ------------------------------------------------------------------------------------------------- the search


class Recorded:
    """A function of one float, and where it was asked."""

    def __init__(self, f: Callable[[float], float]) -> None:
        self.f, self.values = f, {}

    def __call__(self, x: Any) -> float:
        x = float(x)
        self.values[x] = self.f(x)
        return self.values[x]


def searched(
    f: Recorded, goal: Goal, facts: Declared, p: uat.PiecewiseAffine | None = None, seconds: float | None = None
) -> SampledSearch:
    p = uat.PiecewiseAffine([0.0, 0.5, 2.0], [0.25, 1.0, -0.5]) if p is None else p
    search = SampledSearch(f, cells_of(p, p.domain), goal, facts, Deadline(seconds))
    search.supremum()
    return search


FACTS = (
    Declared(lipschitz=3.0),
    Declared(modulus=lambda t: 3 * t),
    Declared(holder=(3.0 * 2, 1.0)),
    Declared(lipschitz=3.0, modulus=lambda t: 4 * t),
)


@pytest.mark.parametrize("facts", FACTS)
@pytest.mark.parametrize("rel", [0.5, 0.02])
@pytest.mark.parametrize("sign", [1, -1])
def test_gaps_tile_the_domain_and_the_largest_counts(facts: Declared, rel: float, sign: int) -> None:
    f = Recorded(lambda x: sign * 3 * abs(x - 0.71875))
    p = uat.PiecewiseAffine([0.0, 0.5, 2.0], [0.25, 1.0, -0.5])
    search = searched(f, Goal(rel, 0.0), facts, p)
    gaps = sorted(gap[3:] for gap in search.heap)
    assert gaps[0][0] == 0.0
    assert gaps[-1][1] == 2.0
    for (_, high, _, y1), (low, _, y0, _) in pairwise(gaps):
        assert high == low
        assert y1 == y0
    assert all((y0, y1) == (f.f(low), f.f(high)) for low, high, y0, y1 in gaps)
    assert search.upper() == max(-gap[0] for gap in search.heap)
    seen = {x: abs(y - float(p(x))) for x, y in f.values.items()}
    assert search.lower == pytest.approx(max(seen.values()), rel=1e-15)
    assert seen[search.where] == pytest.approx(search.lower, rel=1e-15)
    assert search.samples == len(f.values)
    true = max(abs(f.f(x) - float(p(x))) for x in (0.0, 0.5, 0.71875, 2.0))
    assert search.lower <= true <= search.upper()
    assert search.upper() - search.lower <= rel * search.lower
    assert search.note == ""
    for minus, _, cell, low, high, y0, y1 in search.heap:
        d0, d1 = arb(y0) - cell.at(low), arb(y1) - cell.at(high)
        assert -minus <= _bound(facts, cell, low, high, d0, d1)
        assert cell.low <= low < high <= cell.high


def test_the_first_point_counts_even_where_nothing_differs() -> None:
    f = Recorded(lambda x: 0.0)
    search = searched(f, Goal(0.0, 1.0), Declared(lipschitz=0.5), uat.PiecewiseAffine([1.0, 2.0], [0.0, 0.0]))
    assert (search.where, search.lower) == (1.0, 0.0)
    assert search.samples == 2


def test_the_lower_end_is_rounded_down() -> None:
    for n in range(1, 8):
        f = Recorded(lambda x, n=n: n / 8)
        thirds = [Cell(0.0, 1.0, arb(0), arb(0), arb(1), arb(3))]
        search = SampledSearch(f, thirds, Goal(0.0, 10.0), Declared(lipschitz=1.0))
        search.supremum()
        true = max(Fraction(n, 8), abs(Fraction(n, 8) - Fraction(1, 3)))
        assert true * (1 - Fraction(1, 2**50)) <= Fraction(search.lower) <= true


def test_a_search_stops_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = Declared(lipschitz=3.0)
    f = Recorded(lambda x: 3 * abs(x - 0.7))
    late = searched(f, Goal(1e-12, 0.0), facts, seconds=-1)
    assert late.note == "Stopped after 0 samples: not all cells were looked at."
    assert (late.stopped, late.upper()) == ("seconds", np.inf)
    late = searched(Recorded(lambda x: 0.0), Goal(1e-12, 0.0), facts, uat.PiecewiseAffine([0.0, 2.0], [0.0, 0.0]), 0.05)
    assert re.fullmatch(r"Stopped after \d+ samples: the enclosure is true, but wider than asked\.", late.note)
    assert late.stopped == "seconds"
    assert late.lower < late.upper() < 3
    monkeypatch.setattr(module, "MOST_SAMPLES", 10)
    flat = uat.PiecewiseAffine([0.0, 2.0], [0.0, 0.0])
    many = searched(Recorded(lambda x: 0.0), Goal(1e-12, 0.0), facts, flat)
    assert many.note == "Stopped after 10 samples: the enclosure is true, but wider than asked."
    assert many.samples == 10
    assert many.upper() > 0

    def interrupting(x: float) -> float:
        if len(stopped.values) == 5:
            raise KeyboardInterrupt
        return 0.0

    stopped = Recorded(interrupting)
    search = searched(stopped, Goal(1e-12, 0.0), facts, flat)
    assert search.note.startswith("Interrupted after ")
    assert search.lower == 0.0 < search.upper() < 3


def test_floats_end_the_search() -> None:
    p = uat.PiecewiseAffine([1.0, np.nextafter(1.0, 2)], [0.0, 0.0])
    search = searched(Recorded(lambda x: (x - 1) * 2.0**53), Goal(0.0, 0.0), Declared(lipschitz=2.0**54), p)
    assert search.note.startswith("Stopped after 2 samples")
    assert search.upper() >= 2


def test_bounds_do_not_grow_when_a_gap_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a large value in the middle, B2 knows less of the halves than it knew of the whole: that still holds."""
    monkeypatch.setattr(module, "MOST_SAMPLES", 3)
    f = Recorded(lambda x: 0.9 if x == 0.5 else 0.0)
    facts = Declared(modulus=lambda t: min(1.0, 2 * t))
    search = searched(f, Goal(0.0, 0.0), facts, uat.PiecewiseAffine([0.0, 1.0], [0.0, 0.0]))
    assert search.samples == 3
    assert 1 <= search.upper() <= 1 + 1e-12


def failing(t: float) -> float:
    raise RuntimeError("no table")


@pytest.mark.parametrize(
    ("modulus", "offender"),
    [
        (lambda t: None, r"must be finite and >= 0, but modulus\(1.0\) = None"),
        (lambda t: "1", r"must be finite and >= 0, but modulus\(1.0\) = '1'"),
        (lambda t: np.array([t]), r"must be finite and >= 0, but modulus\(1.0\) = array\(\[1.\]\)"),
        (lambda t: True, r"must be finite and >= 0, but modulus\(1.0\) = True"),
        (lambda t: -t, r"must be finite and >= 0, but modulus\(1.0\) = -1.0"),
        (lambda t: 10**400, r"must be finite and >= 0, but modulus\(1.0\) = 1000"),
        (failing, r"must give a number, but modulus\(1.0\) raised RuntimeError: no table"),
    ],
)
@pytest.mark.parametrize("job", ["certify", "approximate"])
def test_a_modulus_that_is_none_is_named(modulus: Any, offender: str, job: str) -> None:
    run: Any = {"certify": lambda: uat.certify(np.sin, (0, 0), (0, 1), modulus=modulus)}.get(
        job, lambda: uat.approximate(np.sin, (0, 1), tol=0.1, modulus=modulus)
    )
    with pytest.raises(InputError, match=f"^`modulus` {offender}"):
        run()


@pytest.mark.parametrize("value", ["1", np.array("2"), np.array([1.0]), np.ma.masked, True, 1j, 10**400, math.inf])
def test_a_lipschitz_constant_that_is_none_is_named(value: Any) -> None:
    for job in (
        lambda v: uat.certify(np.sin, (0, 0), (0, 1), lipschitz=v),
        lambda v: uat.narrowest(np.sin, (0, 1), tol=v),
    ):
        with pytest.raises(InputError, match=r"^`(lipschitz|tol)` must be a finite real number, but is "):
            job(value)
