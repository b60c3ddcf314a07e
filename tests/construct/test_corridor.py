"""The sweep against breadth-first searches and planted paths, all in exact rationals; and floats against rationals."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.oracles_construct import chain_links, windows_links
from tests.strategies import dear
from uat import _kernels
from uat.construct.corridor import Links, fewest_links
from uat.construct.tube import Tube
from uat.construct.witness import Witness


def exact(values: object) -> NDArray[np.object_]:
    return np.array([Fraction(v) for v in values], dtype=object)  # type: ignore[attr-defined]  # any iterable


@st.composite
def corridors(draw: st.DrawFn, most: int = 6, height: int = 6) -> tuple[list[int], list[int], list[int]]:
    """Small integers, so that ties (touching, collinear, closed windows) are frequent."""
    n = draw(st.integers(2, most))
    x = np.cumsum(draw(st.lists(st.integers(1, 3), min_size=n, max_size=n))).tolist()
    lower = draw(st.lists(st.integers(-height, height), min_size=n, max_size=n))
    width = draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    return x, lower, [lo + w for lo, w in zip(lower, width, strict=True)]


def along(links: Links, at: list[Fraction]) -> list[Fraction]:
    knots, values = links.path()
    out = []
    for t in at:
        k = min(int(np.searchsorted(knots, t, side="right")) - 1, len(knots) - 2)
        share = (t - knots[k]) / (knots[k + 1] - knots[k])
        out.append(values[k] + share * (values[k + 1] - values[k]))
    return out


@given(corridors())
def test_windows_never_more_links_than_the_search_and_the_path_passes(case: tuple[list[int], ...]) -> None:
    x, lower, upper = map(exact, case)
    links = fewest_links(x, lower, upper, chain=False)
    assert links.count <= windows_links(list(x), list(lower), list(upper))
    knots, _ = links.path()
    assert len(knots) - 1 <= links.count
    assert all(lo <= y <= hi for lo, y, hi in zip(lower, along(links, list(x)), upper, strict=True))


@dear
@given(corridors(most=4, height=4))
def test_chains_never_more_links_than_the_search_and_the_path_stays_inside(case: tuple[list[int], ...]) -> None:
    x, lower, upper = map(exact, case)
    links = fewest_links(x, lower, upper)
    assert links.count <= chain_links(list(x), list(lower), list(upper))
    knots, values = links.path()
    assert len(knots) - 1 <= links.count
    assert all(lo <= y <= hi for lo, y, hi in zip(lower, along(links, list(x)), upper, strict=True))
    for t, y in zip(knots, values, strict=True):  # inside at its knots too, hence everywhere
        k = min(int(np.searchsorted(x, t, side="right")) - 1, len(x) - 2)
        share = (t - x[k]) / (x[k + 1] - x[k])
        assert lower[k] + share * (lower[k + 1] - lower[k]) <= y <= upper[k] + share * (upper[k + 1] - upper[k])


@dear
@given(st.data(), st.integers(1, 6), st.integers(2, 40), st.booleans())
def test_a_planted_path_is_never_beaten_by_more_links(data: st.DataObject, links: int, n: int, chain: bool) -> None:
    """A corridor drawn around a random path of some links needs no more links than that path."""
    knots = np.cumsum([0, *data.draw(st.lists(st.integers(1, 12), min_size=links, max_size=links))])
    values = data.draw(st.lists(st.integers(-20, 20), min_size=links + 1, max_size=links + 1))
    inner = data.draw(st.lists(st.fractions(0, int(knots[-1]), max_denominator=7), max_size=n, unique=True))
    # a chain must know the knots (between samples the wall is straight); windows need not
    marks = {Fraction(0), Fraction(int(knots[-1])), *inner, *(map(Fraction, knots.tolist()) if chain else ())}
    x = exact(sorted(marks))
    y = []
    for t in x:
        k = min(int(np.searchsorted(knots, t, side="right")) - 1, links - 1)
        y.append(values[k] + (t - int(knots[k])) * Fraction(values[k + 1] - values[k], int(knots[k + 1] - knots[k])))
    slack = st.lists(st.fractions(0, 3, max_denominator=5), min_size=len(x), max_size=len(x))
    lower, upper = exact(y) - exact(data.draw(slack)), exact(y) + exact(data.draw(slack))
    assert fewest_links(x, lower, upper, chain=chain).count <= links


@dear
@given(corridors(most=40, height=30), st.booleans())
def test_floats_agree_with_rationals_and_jumps_never_cost(case: tuple[list[int], ...], chain: bool) -> None:
    """Small integers: in windows mode every float decision is exact, so the counts are equal, not merely close."""
    x, lower, upper = (np.array(v, dtype=float) for v in case)
    count = fewest_links(x, lower, upper, chain=False).count
    assert count == fewest_links(exact(case[0]), exact(case[1]), exact(case[2]), chain=False).count
    free = fewest_links(exact(case[0]), exact(case[1]), exact(case[2]), chain=chain, jumps=True).count
    assert free <= fewest_links(exact(case[0]), exact(case[1]), exact(case[2]), chain=chain).count
    assert count <= fewest_links(exact(case[0]), exact(case[1]), exact(case[2]), chain=True).count


@given(corridors(most=12, height=9), st.data(), st.booleans())
def test_forced_knots(case: tuple[list[int], ...], data: st.DataObject, chain: bool) -> None:
    """The path has its knots where they were asked for, stays inside, and costs at most one link a knot."""
    x, lower, upper = map(exact, case)
    flags = data.draw(st.lists(st.booleans(), min_size=len(x), max_size=len(x)))
    forced = np.array(flags) & (np.arange(len(x)) > 0) & (np.arange(len(x)) < len(x) - 1)
    links = fewest_links(x, lower, upper, chain=chain, forced=forced)
    knots, _ = links.path()
    assert set(x[forced]) <= set(knots)
    assert all(lo <= y <= hi for lo, y, hi in zip(lower, along(links, list(x)), upper, strict=True))
    free = fewest_links(x, lower, upper, chain=chain).count
    assert free <= links.count <= free + int(forced.sum())


@given(corridors(most=30, height=30))
def test_a_corridor_and_its_mirror_image_need_the_same_number(case: tuple[list[int], ...]) -> None:
    x, lower, upper = map(exact, case)
    for chain in (False, True):
        there = fewest_links(x, lower, upper, chain=chain).count
        assert there == fewest_links(-x[::-1], lower[::-1], upper[::-1], chain=chain).count
        assert there == fewest_links(x, -upper, -lower, chain=chain).count


@pytest.mark.parametrize(
    ("f", "domain", "tol", "continuous", "jumping"),
    [
        (np.sin, (0, 2 * np.pi), 0.11, 5, 4),
        (np.tanh, (-5, 5), 0.06, 5, 4),
        (lambda t: np.exp(-100 * (t - 2) ** 2), (0, 3), 0.3, 4, 3),
        (lambda t: np.sin(t) / t, (1, 12), 0.01, 9, 8),  # the row of C7 that says so
        (np.square, (-3.5, 3.5), 0.01, 25, 25),  # convex: no difference (C4)
    ],
)
def test_jumps_save_a_piece_where_theory_says_so(
    f: object, domain: tuple[float, float], tol: float, continuous: int, jumping: int
) -> None:
    x = np.linspace(*domain, 20_001)
    y = f(x)  # type: ignore[operator]  # a NumPy function
    assert fewest_links(x, y - tol, y + tol).count == continuous
    assert fewest_links(x, y - tol, y + tol, jumps=True).count == jumping
    at = fewest_links(x, y - tol, y + tol, chain=False, jumps=True).triples().ravel()
    assert Witness.counted("three-point", x[at], y[at], y[at], Tube(tol)).pieces == jumping  # the converse of C2


@given(corridors(most=12, height=9))
def test_c2_triples_prove_the_least_number_with_jumps(case: tuple[list[int], ...]) -> None:
    """The converse of C2 in rationals: the most triples that fit side by side, tried one by one, are one fewer."""
    x, lower, upper = map(exact, case)

    def refuted(u: int, v: int, w: int) -> bool:
        share = (x[w] - x[v]) / (x[w] - x[u])
        floor, ceiling = (share * wall[u] + (1 - share) * wall[w] for wall in (lower, upper))
        return bool(floor > upper[v] or ceiling < lower[v])

    most = [0] * len(x)  # of triples up to a sample
    for w in range(1, len(x)):
        ends = [most[u] + 1 for u in range(w) if any(refuted(u, v, w) for v in range(u + 1, w))]
        most[w] = max([most[w - 1], *ends])
    links = fewest_links(x, lower, upper, chain=False, jumps=True)
    assert links.count == most[-1] + 1
    assert all(refuted(*triple) for triple in links.triples().tolist())


@dear
@given(st.integers(2, 40), st.fractions(Fraction(1, 300), 3), st.integers(1, 20), st.booleans())
def test_c3_the_corridor_encloses_the_least_number(cells: int, tol: Fraction, n: int, edge: bool) -> None:
    """x^2 on [-1, 3], in rationals: K(tol + eta) <= N(tol) <= K(tol - eta), E_N = 2/N^2; equal but at knife edges."""
    tol = Fraction(2, n * n) if edge else tol  # at an E_N itself
    x = exact([Fraction(4 * k, cells) - 1 for k in range(cells + 1)])
    y, eta = x * x, Fraction(4, cells * cells)  # max|f - I_h f| = h^2 / 4

    def fewest(s: Fraction, chain: bool = True) -> int:
        return fewest_links(x, y - s, y + s, chain=chain).count

    def needed(s: Fraction) -> int:
        return next(k for k in itertools.count(1) if Fraction(2, k * k) <= s)

    assert needed(tol + 2 * eta) <= fewest(tol + eta) <= needed(tol)
    assert fewest(tol, chain=False) <= needed(tol)
    if eta < tol:
        assert needed(tol) <= fewest(tol - eta)
        if fewest(tol + eta) != fewest(tol - eta):
            assert any(tol - 2 * eta < Fraction(2, k * k) <= tol + 2 * eta for k in range(1, needed(tol) + cells + 1))
    if 2 * eta < tol:
        assert fewest(tol - eta) <= needed(tol - 2 * eta)


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(-9, 9)), min_size=1, max_size=20),
    st.fractions(Fraction(1, 8), 30, max_denominator=9),
    st.sampled_from([1, -1]),
)
def test_c4_jumps_save_nothing_for_convex_or_concave_functions(
    cells: list[tuple[int, int]], tol: Fraction, sign: int
) -> None:
    """Statement C4 for any convex polygon and its negative, in rationals."""
    slopes = sorted(slope for _, slope in cells)
    x = exact(np.cumsum([0, *(length for length, _ in cells)]).tolist())
    y = sign * exact(np.cumsum([0, *(s * length for s, (length, _) in zip(slopes, cells, strict=True))]).tolist())
    jumping = fewest_links(x, y - tol, y + tol, jumps=True).count
    assert fewest_links(x, y - tol, y + tol).count == jumping


def test_compiled_and_plain_loops_agree() -> None:
    """The same function, run by Numba and by Python, on random floats: equal up to fused multiplications."""
    rng = np.random.default_rng(1)
    kernel = _kernels.fewest_links
    for chain in (False, True):
        for jumps in (False, True):
            x = np.sort(rng.uniform(0, 1, 300))
            y = np.sin(20 * x) + rng.normal(0, 0.05, 300)
            forced = (rng.uniform(size=300) < 0.02) & (not jumps)
            lower, upper = y - rng.uniform(0.01, 0.3, 300), y + rng.uniform(0.01, 0.3, 300)
            arguments = (x, lower, upper, forced, chain, jumps)
            for ours, theirs in zip(kernel(*arguments), kernel.plain(*arguments), strict=True):
                np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-13)


def test_more_links_than_the_first_room_for_them() -> None:
    x = np.arange(1000.0)
    y = np.where(np.arange(1000) % 2 == 0, 1.0, -1.0)
    assert fewest_links(x, y - 0.1, y + 0.1).count == 999
