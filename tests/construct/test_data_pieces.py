"""Sampled data: exact on the data, never more pieces than a slow search finds, ties reported."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

import uat
from tests.oracles_construct import windows_links
from tests.strategies import dear
from uat import InputError
from uat.construct import data_pieces
from uat.construct.fewest_pieces import narrowest
from uat.construct.outcome import Narrowest
from uat.construct.tube import Tube
from uat.construct.witness import check_witness
from uat.piecewise import affine_on_cells


def residuals(n: Narrowest, x: NDArray[np.float64], y: NDArray[np.float64]) -> list[Fraction]:
    """p - y at the data, exactly."""
    knots, values, at = (
        np.array([Fraction(float(v)) for v in a], dtype=object) for a in (n.piecewise.knots, n.piecewise.values, x)
    )
    return [g - Fraction(float(v)) for g, v in zip(affine_on_cells(knots, values, at), y, strict=True)]


@st.composite
def samples(draw: st.DrawFn, most: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    n = draw(st.integers(2, most))
    x = np.cumsum(draw(st.lists(st.integers(1, 3), min_size=n, max_size=n))).astype(float)
    y = np.array(draw(st.lists(st.integers(-8, 8), min_size=n, max_size=n)), dtype=float)
    return x, y


def check_count(n: Narrowest, fewest: int) -> None:
    """lower_bound <= fewest <= pieces is guaranteed; a gap, or a function that is not inside, is a tie by name."""
    assert n.lower_bound <= fewest
    note, _, wider = n.note.partition("with a tolerance larger by a millionth the search finds ")
    note = note.removesuffix("; ")
    assert not wider or int(wider) < n.pieces
    tie = f"whether {n.lower_bound} pieces could do is a tie that the rounding of the knots decides"
    if n.proven:
        assert fewest <= n.pieces
        assert note == (tie if n.pieces > n.lower_bound else "")
        assert n.minimal == (n.pieces == n.lower_bound)
    else:
        assert note == "a rounding of the knots leaves the tube at a point where it is met exactly"
        assert not n.minimal


@example((np.array([1.0, 4.0, 5.0, 7.0, 8.0, 9.0]), np.array([-2.0, 2.0, 2.0, 5.0, 4.0, 4.0])), 0.5)
@dear
@given(samples(6), st.sampled_from([0.4, 0.5, 1.0, 1.7]))
def test_against_the_slow_search(data: tuple[NDArray[np.float64], NDArray[np.float64]], tol: float) -> None:
    x, y = data
    n = narrowest((x, y), tol=tol)
    exact_tol = Fraction(tol)
    lower, upper = ([Fraction(v) + sign * exact_tol for v in y.tolist()] for sign in (-1, 1))
    fewest = windows_links([Fraction(v) for v in x.tolist()], lower, upper)
    check_count(n, fewest)
    if n.proven:
        assert max(map(abs, residuals(n, x, y))) <= exact_tol


def test_ties_that_cost_a_piece_are_rare() -> None:
    """Integer data, where ties are frequent: the lower bound is the fewest, and 2 % at most have one piece more."""
    over = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        x = np.cumsum(rng.integers(1, 4, 5)).astype(float)
        y, tol = rng.integers(-8, 9, 5).astype(float), float(rng.choice([0.5, 1.0, 2.0]))
        n = narrowest((x, y), tol=tol)
        at, exact_tol = [Fraction(v) for v in x.tolist()], Fraction(tol)
        fewest = windows_links(at, *([Fraction(v) + sign * exact_tol for v in y.tolist()] for sign in (-1, 1)))
        check_count(n, fewest)
        assert n.lower_bound == fewest
        over.append(n.pieces - fewest if n.proven else 1)
    assert max(over) <= 1
    assert sum(over) <= 0.02 * len(over)


def test_a_table_rounded_to_whole_numbers_is_told_what_a_little_more_tolerance_saves() -> None:
    told = 0
    for seed in range(25):
        rng = np.random.default_rng(seed)
        x, y = np.arange(5.0), rng.integers(-3, 4, 5).astype(float)
        n, wider = narrowest((x, y), tol=0.5), Fraction(0.5) * (1 + Fraction(1, 10**6))
        fewest = windows_links(
            [Fraction(v) for v in x.tolist()], *([Fraction(v) + s * wider for v in y.tolist()] for s in (-1, 1))
        )
        hint = f"with a tolerance larger by a millionth the search finds {fewest}"
        assert n.note.endswith(hint) if fewest < n.pieces else "millionth" not in n.note
        assert narrowest((x, y), tol=0.5 + 1e-6).pieces == fewest
        told += hint[4:] in str(n)
        n = narrowest((x, y), tol=0.5 * (1 - 1e-7))  # a little below the edge: minimal, and told all the same
        assert n.minimal
        assert n.note == (hint if fewest < n.pieces else "")
        told += 10 * (hint[4:] in str(n))
    assert told > 10
    x = np.arange(200.0)
    assert "the search finds 24" in narrowest((x, np.round(20 * np.sin(x / 9))), tol=0.5).note


@dear
@given(st.integers(0, 10_000), st.integers(5, 400), st.sampled_from(["both", "under", "over"]))
def test_random_data_are_solved_to_the_proof(seed: int, size: int, side: str) -> None:
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(-3, 5, size))
    y = np.sin(3 * x) + rng.normal(0, 0.05, size)
    tol = rng.uniform(0.02, 0.5)
    n = narrowest((x, y), tol=tol, side=side)
    off = residuals(n, x, y)
    assert n.minimal, str(n)
    low, high = (-tol if side != "over" else 0), (tol if side != "under" else 0)
    assert all(Fraction(low) <= v <= Fraction(high) for v in off)
    assert n.certificate.lower <= float(max(map(abs, off))) <= n.certificate.upper
    assert n.witness is not None
    table = dict(zip(x.tolist(), y.tolist(), strict=True))
    assert check_witness(n.witness.to_dict(), lambda t: (table[t], table[t]))


@given(st.integers(0, 10_000), st.integers(1, 8))
@example(92, 8)  # at the last digit of the least error floats count one piece more than rationals
def test_pieces_bracket_the_least_error(seed: int, pieces: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(0, 1, 100))
    y = np.cumsum(rng.normal(0, 1, 100))
    n = narrowest((x, y), pieces=pieces)
    low, high = n.least_error
    assert n.pieces <= pieces
    assert n.proven
    assert 0 < low <= high <= low * (1 + 1e-12)
    assert n.error_witness is not None
    assert n.error_witness.count() > pieces
    assert float(max(map(abs, residuals(n, x, y)))) == pytest.approx(high, rel=1e-12)


@dear
@given(st.integers(0, 10_000))
def test_relative_tolerance(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.linspace(0, 1, 200)
    y = np.exp(3 * x) * rng.uniform(0.97, 1.03, 200)
    n = narrowest((x, y), tol=0.01, rtol=0.04)
    assert n.minimal
    width = [Fraction(0.01) + Fraction(0.04) * abs(Fraction(v)) for v in y.tolist()]
    assert all(abs(v) <= w for v, w in zip(residuals(n, x, y), width, strict=True))


def test_breaks_and_through_are_kept_exactly() -> None:
    x = np.linspace(0, 1, 101)
    y = np.sin(7 * x)
    n = narrowest((x, y), tol=0.05, breaks=[x[17]], through=[0.0, x[60]])
    assert n.minimal
    assert x[17] in n.piecewise.knots
    assert x[60] in n.piecewise.knots
    assert n.piecewise(0.0) == 0.0
    assert n.piecewise(x[60]) == y[60]
    assert n.pieces >= narrowest((x, y), tol=0.05).pieces


def test_monotone_data_give_a_monotone_result() -> None:
    x = np.linspace(0, 10, 300)
    y = np.floor(x) + 0.0
    for sign in (1, -1):
        n = narrowest((x, sign * y), tol=0.3, monotone=True)
        assert n.piecewise.is_monotone
        assert n.pieces == narrowest((x, sign * y), tol=0.3).pieces


def test_two_points_and_a_straight_line() -> None:
    n = narrowest(([0.0, 1.0], [3.0, 5.0]), tol=1e-9)
    assert (n.pieces, n.lower_bound, n.minimal) == (1, 1, True)
    x = np.arange(50.0)
    assert narrowest((x, 2 * x + 1), tol=1e-9).pieces == 1
    assert narrowest((x, 2 * x + 1), pieces=3).certificate.upper < 1e-12


@dear
@given(samples(6), st.sampled_from([0.4, 0.5, 1.0, 1.7]), st.sampled_from(["both", "over", "under"]), st.randoms())
def test_repeated_and_unsorted_measurements(
    data: tuple[NDArray[np.float64], NDArray[np.float64]], tol: float, side: str, random: Any
) -> None:
    """Every point is met, and no fewer pieces pass: against the slow search on what the values leave open."""
    x, y = data
    more = [random.uniform(-0.3, 0.3) * tol for _ in x]
    x, y = np.tile(x, 2), np.concatenate([y, y + more])
    order = np.arange(len(x))
    random.shuffle(order)
    n = narrowest((x[order], y[order]), tol=tol, side=side)
    off = residuals(n, x, y)
    if n.proven:
        below, above = {"both": (-1, 1), "over": (0, 1), "under": (-1, 0)}[side]
        assert all(below * Fraction(tol) <= v <= above * Fraction(tol) for v in off)
    at = np.unique(x)
    walls = [Tube(Fraction(tol), Fraction(0), side) for _ in at]
    values = [[Fraction(v) for v in y[x == t].tolist()] for t in at]
    lower = [max(w.lower(np.array(v, dtype=object))) for w, v in zip(walls, values, strict=True)]
    upper = [min(w.upper(np.array(v, dtype=object))) for w, v in zip(walls, values, strict=True)]
    fewest = windows_links([Fraction(v) for v in at.tolist()], lower, upper)
    check_count(n, fewest)
    assert n.witness is not None
    held = {t: (min(v), max(v)) for t, v in zip(at.tolist(), values, strict=True)}
    assert check_witness(n.witness.to_dict(), held.__getitem__)


def test_a_witness_of_two_values_is_none_for_one_of_them() -> None:
    n = narrowest(([0, 0, 1, 2, 2], [0, 1, 3, 0, 0.8]), tol=0.6)
    assert n.witness is not None
    data = n.witness.to_dict()
    assert (data["kind"], n.lower_bound) == ("data", 2)
    held = {0.0: (0, 1), 1.0: (3, 3), 2.0: (0, 0.8)}
    assert check_witness(data, held.__getitem__)
    assert not check_witness(data, {**held, 0.0: (0, 0)}.__getitem__)


def test_the_least_error_of_repeated_measurements_is_half_their_spread_at_least() -> None:
    n = narrowest(([0, 0, 1, 2, 2], [0, 1, 0.5, 0, 0.8]), pieces=2)
    assert n.proven
    assert n.certificate.upper == pytest.approx(0.5, rel=1e-9)
    tight = narrowest(([0, 0, 1, 2, 2], [0, 1, 0.5, 0, 1]), tol=0.5)  # no room at all at both ends
    assert tight.pieces == 1
    assert tight.minimal


ONE_TWO = ([0, 1], [1, 2])


@pytest.mark.parametrize(
    ("data", "keywords", "sentence"),
    [
        (
            ([0, 1, 1], [1, 2, 4.5]),
            {"tol": 1},
            r"the values at x = 1\.0 lie between 2\.0 and 4\.5, and no number is in",
        ),
        (([0, 1, 1], [1, 2, 2.5]), {"tol": 0.7, "side": "over", "through": 1}, "through` must name abscissae with one"),
        (([1, 1, 1], [1, 2, 3]), {"tol": 5}, r"`x` must have at least 2 different entries, but all 3 are 1\.0"),
        (([0], [1]), {"tol": 1}, "`x` must have at least 2 entries, but has 1"),
        (([0, 1], [1, 2, 3]), {"tol": 1}, "`y` must have 2 entries, but has 3"),
        (ONE_TWO, {}, r"exactly one of a tolerance \(`tol`, `rtol`\) and `pieces` must be given, but got none"),
        (ONE_TWO, {"tol": 1, "pieces": 2}, "but got both"),
        (ONE_TWO, {"tol": 1, "domain": (0, 1)}, "`domain` must not be given with data"),
        (
            ([0, 1], [1, -2]),
            {"rtol": 0.1},
            "`rtol` alone asks for no error at all where f vanishes.*between 0.0 and 1.0",
        ),
        (ONE_TWO, {"rtol": 1.5}, "`rtol` must be < 1, but is 1.5"),
        (ONE_TWO, {"tol": 1, "breaks": [0.5]}, "`breaks` must be among the abscissae of the data, but 0.5 is not"),
        (([0, 1, 2], [1, 2, 0]), {"tol": 0.4, "monotone": True}, "`monotone` = True needs a monotone f, but"),
        (([0, 1, 2], [1, 2, 0]), {"pieces": 1, "through": [1]}, "`pieces` must be at least 2 with 1 inner knots"),
        (([0, 1], [1, 2], [3, 4]), {"tol": 1}, r"must be a function or a pair \(x, y\) of arrays, but has 3 entries"),
        (ONE_TWO, {"tol": 1, "side": "left"}, "`side` must be one of 'both', 'under', 'over', but is 'left'"),
    ],
)
def test_refusals(data: object, keywords: dict[str, object], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        narrowest(data, **keywords)  # type: ignore[arg-type]  # wrong on purpose


CROWDED_X = 1000 + 1e-12 * np.array(
    [254.7, 406.2, 751.9, 1361.9, 1516.2, 2153.0, 3520.3, 4167.9, 5314.6, 6585.4, 7944.3, 9829.7]
)
CROWDED_Y = np.array([1.1, 0.2, 1.4, -0.9, 1.1, 0.9, -3.0, -0.1, 1.5, 0.8, -0.4, -0.2])


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize(("start", "length"), [(1e3, 1e-8), (1e3, 3e-11), (1.0, 1e-14)])
def test_points_between_which_floats_are_few_are_kept_in_the_tube(seed: int, start: float, length: float) -> None:
    """A rounded knot moves a steep piece by much: the tube is then made narrower, or knots stand at the points."""
    rng = np.random.default_rng(seed)
    x = np.unique(start + length * rng.random(20))
    y = rng.normal(size=x.size)
    tol = 0.5
    for side in ("both", "over"):
        n = narrowest((x, y), tol=tol, side=side)
        off = residuals(n, x, y)
        assert all((0 if side == "over" else -Fraction(tol)) <= v <= Fraction(tol) for v in off)
        assert n.proven
        assert not n.outside
        assert n.pieces < x.size
        assert n.minimal or n.note


def test_crowded_points_need_no_piece_more() -> None:
    n = narrowest((CROWDED_X, CROWDED_Y), tol=0.5)
    assert (n.pieces, n.minimal) == (6, True)
    assert n.certificate.upper <= 0.5


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("side", ["both", "over", "under"])
def test_the_least_error_is_that_of_the_pieces_returned(seed: int, side: str) -> None:
    rng = np.random.default_rng(seed)
    x = np.unique(1000 + 1e-8 * rng.random(15))
    y = rng.normal(size=x.size)
    n = narrowest((x, y), pieces=3, side=side)
    off = residuals(n, x, y)
    low, high = n.least_error
    assert n.proven
    assert n.tube.tol == high
    assert 0 < low <= float(max(map(abs, off))) <= high < 1.02 * low
    assert side == "both" or min(v * (1 if side == "over" else -1) for v in off) >= 0


def test_a_miss_that_cannot_be_repaired_is_flagged_and_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_pieces, "ROOM", data_pieces.ROOM[:4])
    monkeypatch.setattr(data_pieces, "knots_on_data", lambda points, *_: uat.PiecewiseAffine(points.x, 0 * points.x))
    with pytest.warns(
        uat.ToleranceWarning, match=r"the result does not keep f ± 0\.5: its error is .*outside the tube"
    ):
        n = narrowest((CROWDED_X, CROWDED_Y), tol=0.5)
    assert n.certificate.lower > 0.5
    assert n.outside
    assert not n.proven
    assert n.least_error == (0.0, np.inf)
    assert "6 pieces outside f ± 0.5; at least 6 are needed in it" in str(n)


@pytest.mark.parametrize("size", [1e3, 2.0**31, 1e12])
@pytest.mark.parametrize("side", ["both", "over", "under"])
def test_values_far_from_zero_are_proven_to_stay_inside(size: float, side: str) -> None:
    """Where the roundings of the values are felt in the tube, more of it is left to them."""
    for seed in range(12):
        rng = np.random.default_rng(seed)
        x, y = np.cumsum(rng.integers(1, 4, 6)) * 3.0, size + 4096.0 * rng.integers(-8, 9, 6)
        n = narrowest((x, y), tol=0.5, side=side)
        assert n.proven, str(n)
        low, high = (0 if side == "over" else -Fraction(0.5)), (0 if side == "under" else Fraction(0.5))
        assert all(low <= v <= high for v in residuals(n, x, y))


def test_monotone_asks_of_the_tube_of_data_not_of_the_data() -> None:
    n = uat.narrowest(([0, 1, 1, 2, 3], [0, 0, 1, 0, 1]), tol=0.5, monotone=True)
    assert (n.pieces, n.minimal) == (1, True)
    assert n.piecewise(np.array([0.0, 3.0])).tolist() == [0.5, 0.5]
    rng = np.random.default_rng(5)
    for sign in (1, -1):
        for _ in range(20):
            x = np.sort(rng.choice(1000, 60, replace=False)).astype(float)
            y = sign * (np.floor(x / 200) + rng.uniform(-0.3, 0.3, x.size))
            n = uat.narrowest((x, y), tol=0.31, monotone=True)
            assert n.piecewise.is_monotone
            assert n.proven
            assert np.abs(n.piecewise(x) - y).max() <= 0.31 + 1e-12
            assert n.lower_bound <= uat.narrowest((x, y), tol=0.31).pieces <= n.pieces


def test_the_least_error_of_a_monotone_function_on_data_is_half_of_the_deepest_fall() -> None:
    x, y = np.arange(9.0), np.array([0, 3, 1, 2, 5, 4, 6, 5.5, 7])
    for sign in (1, -1):
        n = uat.narrowest((x, sign * y), pieces=8, monotone=True)
        assert n.piecewise.is_monotone
        assert n.tube.tol == pytest.approx(1.0, rel=1e-9)  # 3 is followed by 1


def test_why_data_are_not_monotone_is_shown_by_a_fall_and_a_rise() -> None:
    with pytest.raises(
        uat.InputError, match=r"falls from f\(1\.0\) = 2\.0 to f\(2\.0\) = 0\.0 and rises from f\(0\.0\) = "
    ):
        uat.narrowest(([0, 1, 2], [0.5, 2, 0]), tol=0.4, monotone=True)
