"""Witnesses prove what they say and nothing more: laws in exact rationals, and files that were tampered with."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import uat
from tests.oracles_construct import windows_links
from tests.strategies import dear
from uat import InputError
from uat.construct.enclosures import enclose
from uat.construct.tube import Tube
from uat.construct.witness import Witness, check_witness


def points(kind: str, x: list[float], y: list[float], tol: float, **more: Any) -> Witness:
    return Witness.counted(kind, np.array(x), np.array(y), np.array(y), Tube(tol), *more.values())


def test_three_points_on_a_parabola() -> None:
    """Half the sagitta is the threshold: 0, 1, 0 is within 1/2 of a line, not within less."""
    assert points("three-point", [0, 1, 2], [0, 1, 0], 0.5).pieces == 1
    assert points("three-point", [0, 1, 2], [0, -1, 0], 0.5).pieces == 1
    assert points("three-point", [0, 1, 2], [0, 1, 0], 0.4999).pieces == 2
    assert points("three-point", [0, 1, 2], [0, -1, 0], 0.4999).pieces == 2


def test_triples_may_share_an_end_but_not_overlap() -> None:
    zigzag = [0.0, 1, 0, 1, 0]
    assert points("three-point", [0, 1, 2, 2, 3, 4], [*zigzag[:3], *zigzag[2:]], 0.4).pieces == 3
    assert points("three-point", [0, 1, 2, 1, 2, 3], [0, 1, 0, 1, 0, 1], 0.4).pieces == 1
    assert points("three-point", [0, 1, 2, 3], zigzag[:4], 0.4).pieces == 1  # not a list of triples


@dear
@given(st.data(), st.integers(2, 6), st.sampled_from([0.3, 0.5, 1.0]))
def test_windows_count_never_exceeds_a_path_that_a_search_finds(data: st.DataObject, n: int, tol: float) -> None:
    y = data.draw(st.lists(st.integers(-4, 4), min_size=n, max_size=n))
    x = [float(k) for k in range(n)]
    count = points("windows", x, [float(v) for v in y], tol).pieces
    exact = Fraction(tol)
    assert count <= windows_links([Fraction(v) for v in x], [v - exact for v in y], [v + exact for v in y])


@dear
@given(st.integers(0, 1000), st.floats(0.01, 0.3))
def test_the_triples_of_a_function_never_prove_more_than_its_windows(seed: int, tol: float) -> None:
    a, b = np.random.default_rng(seed).uniform(1, 6, 2)
    n = uat.narrowest(lambda x: np.sin(a * x) + np.cos(b * x) / 2, (0, 3), tol=tol)
    assert n.witness is not None or n.lower_bound == 1
    assert n.lower_bound <= n.pieces
    if n.witness is not None:
        order = np.unique(n.witness.x, return_index=True)[1]
        w = replace(
            n.witness, kind="windows", x=n.witness.x[order], low=n.witness.low[order], high=n.witness.high[order]
        )
        assert w.count() >= n.witness.count() == n.lower_bound


def test_a_wider_enclosure_proves_less_and_nonsense_proves_nothing() -> None:
    n = uat.narrowest(np.sin, (0, 2 * np.pi), tol=0.1)
    w = n.witness
    assert w is not None
    assert replace(w, low=w.low - 0.5, high=w.high + 0.5).count() < w.count()
    assert replace(w, low=w.high + 1).count() == 1  # empty enclosures
    assert replace(w, kind="windows", x=w.x[::-1].copy()).count() == 1  # not increasing
    assert replace(w, x=np.full_like(w.x, np.nan)).count() == 1


def test_round_trip_and_refusal_of_broken_files() -> None:
    n = uat.narrowest(np.sin, (0, 2 * np.pi), tol=0.01, rtol=0.02, side="over")
    assert n.witness is not None
    data = n.witness.to_dict()
    assert Witness.from_dict(data).count() == n.witness.count() == n.pieces

    def enclosure(x: float) -> tuple[float, float]:
        low, high = enclose(np.sin, np.array([x]))
        return float(low[0]), float(high[0])

    assert check_witness(data, enclosure)
    assert not check_witness(data, lambda x: (enclosure(x)[0] - 1e-9, enclosure(x)[1]))  # what is stored claims more
    assert not check_witness(data, lambda x: (enclosure(x)[0], enclosure(x)[1] + 1e-9))
    for broken in (
        {**data, "x": data["x"][1:]},
        {**data, "kind": "oracle"},
        {**data, "side": "left"},
        {"kind": "windows"},
    ):
        with pytest.raises(InputError, match="`data` must be a witness as `to_dict` writes it"):
            check_witness(broken, enclosure)


@given(st.floats(-50, 50), st.floats(-3, 3))
def test_enclosures_hold_the_value(x: float, shift: float) -> None:
    low, high = enclose(lambda t: np.exp(t / 20) * np.sin(t) + shift, np.array([x]))
    value = math.exp(x / 20) * math.sin(x) + shift
    slack = 1e-14 * (1 + math.exp(abs(x) / 20))  # of the float evaluation
    assert low[0] - slack <= value <= high[0] + slack
    assert high[0] - low[0] <= 4 * math.ulp(max(abs(low[0]), abs(high[0]), 1e-300))


def test_a_cancellation_leaves_a_wide_enclosure_that_still_holds_the_value() -> None:
    low, high = enclose(lambda t: np.exp(70 + t) - np.exp(70.0 + 0 * t) * np.exp(t), np.array([0.5, 1.0]))
    assert (low < 0).all()
    assert (high > 0).all()
    assert (high - low > 1e-12).all()


def test_enclosures_refuse_what_balls_cannot_do() -> None:
    with pytest.raises(ArithmeticError, match=r"no finite enclosure of f\(0.0\)"):
        enclose(lambda x: 1 / x, np.array([0.0]))


def test_no_count_is_proven_for_what_is_no_function() -> None:
    """Two calls differ: values seen once bound nothing."""
    rng = np.random.default_rng(0)

    def restless(x: Any) -> Any:
        return x**2 + 0.1 * rng.random()

    with pytest.raises(uat.InputError, match="random numbers"):
        uat.narrowest(restless, (0, 1), tol=1e-2, seconds=2)
