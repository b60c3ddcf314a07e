"""The search for the fewest cells: peaks between all samples, kinks on knots, poles, limits, Ctrl-C."""

from __future__ import annotations

import math
import time
import warnings
from typing import Any

import numpy as np
import pytest

import uat
from tests.on_balls import at_every_ball, at_every_sample, ctrl_c_at
from uat import Formula, InputError


def peaks(widths: Any, centres: Any, signs: Any) -> str:
    return "+".join(
        f"({s:.0f})*exp(-((x-({c!r}))/{w!r})**2)"
        for w, c, s in zip(np.asarray(widths).tolist(), np.asarray(centres).tolist(), signs, strict=True)
    )


def enough(width: float, tol: float) -> int:
    """Cells on (-1, 1) that suffice for peaks of that width which do not overlap: h^2 |f''| / 8 <= tol, f'' = 2/w^2."""
    return math.ceil(1 / (width * math.sqrt(tol)))


@pytest.mark.parametrize(
    ("widths", "centres", "signs"),
    [
        ([1e-3], [0.3712345], [1]),
        ([1e-3, 1e-2, 3e-3], [-0.9123, 0.1234, 0.7301], [1, -1, 1]),
        ([1e-3, 1e-3], [-0.5, 0.5], [1, 1]),  # on knots of every even grid, where coarse samples see them
        ([1e-3], [-1.0], [1]),
    ],
)
def test_narrow_peaks_are_found_by_the_proof(widths: list[float], centres: list[float], signs: list[int]) -> None:
    r = uat.approximate(peaks(widths, centres, signs), (-1, 1), tol=0.05)
    assert r.certificate.proven
    assert r.certificate.upper <= 0.05
    assert 0.8 * enough(min(widths), 0.05) < r.pieces <= enough(min(widths), 0.05)


def test_a_peak_that_takes_too_many_cells_says_how_many() -> None:
    with pytest.raises(
        InputError, match=r"asks for some 4\d{2}0000 cells, more than the 4194304 .* the error is still"
    ):
        uat.approximate(peaks([1e-6], [0.3], [1]), (-1, 1), tol=0.05)  # 4.47e6 if it were centred in its cell
    with pytest.raises(InputError, match=r"asks for some 4[1-4]\d{5}00 cells, more than"):
        uat.approximate(peaks([1e-8, 1e-2], [0.3, 0.31], [1, 1]), (-1, 1), tol=0.05)


@pytest.mark.nightly
def test_random_peaks_are_met_or_counted() -> None:
    """Never out of reach of what is reachable: met and proven, or a count beyond the limit, or stopped in time."""
    rng = np.random.default_rng()
    for _ in range(40):
        m = int(rng.integers(1, 11))
        widths, centres = 10 ** rng.uniform(-6, -2, m), rng.uniform(-1, 1, m)
        f = peaks(widths, centres, rng.choice([-1, 1], m))
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                r = uat.approximate(f, (-1, 1), tol=0.05, seconds=60)
            except InputError as error:
                refused = str(error)
            else:
                refused = ""
        if refused:
            assert "cells, more than the 4194304 of this search" in refused, (f, refused)
            assert 2.5 * enough(widths.min(), 0.05) > 1 << 22, f  # overlapping peaks need more
            continue
        kept = r.certificate.proven and r.certificate.upper <= 0.05
        assert kept or (any("seconds" in str(one.message) for one in said) and enough(widths.min(), 0.05) > 50_000), f


@pytest.mark.parametrize(
    ("f", "domain"),
    [
        ("tan(x)", (1, 2)),
        ("1/(x-0.3)", (0, 1)),
        ("log(abs(x-0.3))", (0, 1)),
        ("1/cos(1.5*arccos(x))", (-1, 0)),  # in float64 finite at -1
        ("tan(x)", (0, math.pi / 2 + 30 * math.pi)),
        ("abs(x-sqrt(2)/2)**-0.25", (0, 1)),
    ],
)
@pytest.mark.parametrize("method", ["uniform", "graded"])
def test_a_pole_is_named_by_every_grid(f: str, domain: tuple[float, float], method: str) -> None:
    with pytest.raises(InputError, match="`f` must be finite on the interval, but it has no finite enclosure near"):
        uat.approximate(f, domain, tol=0.1, method=method)
    with pytest.raises(InputError, match="grows there"):
        uat.approximate(f, domain, width=9, method=method)


@pytest.mark.parametrize(
    ("f", "domain", "proven"),
    [
        ("sin(x)/x", (-1, 1.5), False),  # removable: no enclosure at 0, and none is claimed
        ("1/(x**2+1e-4)", (-1, 1), True),
        ("where(x<0.3, 0, 1)", (0, 1), True),
        ("log(x+1e-12)", (0, 1), True),
    ],
)
def test_what_is_no_pole_is_not_called_one(f: str, domain: tuple[float, float], proven: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", uat.NotProvenWarning)
        assert uat.approximate(f, domain, width=34).certificate.proven == proven


@pytest.mark.parametrize(
    ("f", "domain", "tol"),
    [
        ("max(sin(3*x), -sin(x))", (-3, 3), 0.01),
        ("abs(x-0.3)+abs(x+0.41)", (-1, 1), 4e-3),
        ("max(exp(x), 2-x)", (-1, 1), 2e-3),
        ("abs(sin(3*x))", (0, 5), 0.02),
        ("abs(x-pi/10)", (0, 1), 1e-3),
    ],
)
def test_no_smaller_grid_would_do(f: str, domain: tuple[float, float], tol: float) -> None:
    """The error is not monotone in the number of cells; the twin tries all counts, on samples that see every cell."""
    r, f = uat.approximate(f, domain, tol=tol), Formula(f)  # type: ignore[assignment]
    assert r.certificate.upper <= tol
    x = np.linspace(*domain, 40 * r.pieces + 1)
    y = f(x)  # type: ignore[operator]
    for pieces in range(1, r.pieces):
        assert np.abs(y - uat.interpolate(f, *domain, pieces=pieces)(x)).max() > tol * 0.99, pieces  # type: ignore[arg-type]


def test_a_grid_far_larger_than_a_graded_one_says_so() -> None:
    r = uat.approximate("sqrt(x)", (0, 1), tol=4.9e-3)
    assert r.pieces == 2604  # N^(-1/2)/4 (statement B4)
    assert r.graded is not None
    again = uat.approximate("sqrt(x)", (0, 1), tol=4.9e-3, method="graded")
    assert r.graded == again.pieces < 20
    assert f'other grids     graded {r.graded} pieces (method "graded")' in str(r)
    assert uat.approximate("sin(x)", (0, 6), tol=1e-4).graded is None


@pytest.mark.parametrize(("on", "call"), [("floats", 5), ("floats", 9), ("floats", 14), ("balls", 300), ("balls", 900)])
def test_ctrl_c_leaves_the_best_so_far(on: str, call: int, monkeypatch: pytest.MonkeyPatch) -> None:
    press = ctrl_c_at(call)
    if on == "balls":
        at_every_ball(monkeypatch, press)
    else:
        at_every_sample(monkeypatch, lambda _: press())
    f = uat.Formula("sqrt(x)")
    with pytest.warns(uat.ToleranceWarning, match=r"Interrupted before a grid was proven to keep `tol`"):
        r = uat.approximate(f, (0, 1), tol=1e-4 if on == "floats" else 1e-3)  # the latter comes to a proof
    assert r.misses_tolerance
    assert r.certificate.proven
    assert r.certificate.lower <= 1 / (4 * math.sqrt(r.pieces)) * 1.0001 <= r.certificate.upper * 1.0002


@pytest.mark.parametrize(
    ("tol", "sentence"),
    [
        (0.4, r"out of reach of any continuous function: f jumps by at least 1 at x = 0\.3"),
        (0.5, r"f jumps by at least 1 .*, and a grid misses f by up to the whole jump: method=\"narrowest\" comes as"),
    ],
)
@pytest.mark.parametrize("method", ["uniform", "graded"])
def test_a_jump_is_named_whatever_the_tolerance(tol: float, sentence: str, method: str) -> None:
    with pytest.raises(InputError, match=sentence):
        uat.approximate("where(x<0.3, 0, 1)", (0, 1), tol=tol, method=method)


def test_seconds_leave_the_finest_grid_that_could_be_certified() -> None:
    """Of a function whose tolerance takes a million cells, and of a black box that naps."""
    with pytest.warns(uat.ToleranceWarning, match="`seconds` did not suffice to prove that a grid keeps `tol`"):
        r = uat.approximate("sqrt(x)", (0, 1), tol=1.3e-4, seconds=0.4)
    assert r.pieces > 100
    assert r.certificate.lower <= 1 / (4 * math.sqrt(r.pieces)) * 1.0001
    naps = 0

    def naps_a_little(x: float) -> float:
        nonlocal naps
        naps += 1
        time.sleep(0.002)
        return math.sin(float(x))

    start = time.monotonic()
    with pytest.warns(uat.ToleranceWarning):
        uat.approximate(naps_a_little, (0, 6), tol=1e-6, seconds=0.4)
    assert time.monotonic() - start < 0.4 + 2 * 0.002 * naps  # it did little beside
    assert naps < 2 * 0.4 / 0.002
