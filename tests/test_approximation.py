"""The main job: tolerance or width in, network with its error out."""

from __future__ import annotations

import math
import re
import time
from typing import Any

import numpy as np
import pytest

import uat
from uat._deadline import Deadline, OutOfTime
from uat._sampling import sample
from uat.construct.cell_counts import Paced, fewest_cells
from uat.targets import TARGETS


def dense(r: uat.Approximation, n: int = 20_001) -> float:
    x = np.linspace(*r.domain, n)
    return float(np.abs(r(x) - sample(r.function, x)).max())


@pytest.mark.parametrize("form", ["shifted-origin", "output-bias"])
@pytest.mark.parametrize("tol", [0.3, 1e-2, 1e-4])
def test_tolerance_is_met(form: str, tol: float) -> None:
    r = uat.approximate(np.sin, (0, 2 * np.pi), tol=tol, form=form)
    assert dense(r) <= tol * (1 + 1e-9)
    assert r.width == r.pieces + (form == "shifted-origin")
    fewer = uat.approximate(np.sin, (0, 2 * np.pi), width=r.width - 1, form=form) if r.pieces > 1 else None
    assert fewer is None or dense(fewer) > tol


def test_width_counts_neurons() -> None:
    r = uat.approximate(np.sin, (0, 1), width=65)
    assert (r.width, r.pieces, r.net.width) == (65, 64, 65)
    assert uat.approximate(np.sin, (0, 1), width=65, form="output-bias").pieces == 65
    stepped = uat.approximate(np.sin, (0, 0.35), step=0.1)
    assert stepped.pieces == 4


def test_declared_facts_make_a_proof() -> None:
    r = uat.approximate(math.sin, (0, 2 * np.pi), tol=0.01, lipschitz=1)
    assert r.certificate.proven
    assert r.pieces == math.ceil(2 * np.pi / 0.02)
    assert dense(r) <= r.certificate.upper <= 0.01
    assert r.certificate.assumes[0] == "|f(x) - f(y)| <= 1.0 |x - y| (declared)"
    by_modulus = uat.approximate(math.sqrt, (0, 1), tol=0.05, modulus=np.sqrt)
    assert by_modulus.certificate.proven
    assert dense(by_modulus) <= by_modulus.certificate.upper <= 0.05
    assert "declared modulus of continuity sqrt" in by_modulus.certificate.assumes[0]


def test_a_declared_constant_does_no_harm_where_balls_do_better() -> None:
    plain = uat.approximate(np.sin, (0, 6), tol=1e-3)
    r = uat.approximate(np.sin, (0, 6), tol=1e-3, lipschitz=1.0)
    assert (r.pieces, r.certificate.upper) == (plain.pieces, plain.certificate.upper)
    assert r.certificate.assumes == ()
    assert "second-order balls, bisection; the declared bound was not needed" in str(r)
    graded = uat.approximate(math.sin, (0, 6), tol=0.01, method="graded", lipschitz=1.0)
    assert "declared" in graded.certificate.assumes[0]
    with pytest.raises(uat.InputError, match=r"the samples contradict `lipschitz` = 0\.1"):
        uat.approximate(np.sin, (0, 6), width=33, lipschitz=0.1)


def test_what_comes_from_samples_says_so_everywhere() -> None:
    with pytest.warns(uat.NotProvenWarning, match="estimated, not proven: .*float"):
        r = uat.approximate(lambda x: math.sin(float(x)), (0, 1), tol=1e-3)
    c = r.certificate
    assert not c.proven
    assert c.upper == math.inf
    assert c.lower <= 1e-3
    assert "estimated" in str(r)
    assert "estimated" in repr(r)
    assert "estimated" in str(c)
    assert "(proven)" not in str(r)


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_every_target_within_its_proven_bound(name: str) -> None:
    target = TARGETS[name]
    r = uat.approximate(target, width=34)
    assert r.domain == target.domain
    assert r.certificate.proven
    assert r.certificate.upper <= 1.01 * r.certificate.lower + 1e-15
    assert dense(r) <= r.certificate.upper + 1e-15
    r = uat.approximate(name, tol=0.05)
    assert r.certificate.proven
    assert r.certificate.upper <= 0.05
    assert r.certificate.assumes == ()
    assert dense(r) <= 0.05


def test_the_facts_of_a_target_serve_where_balls_do_not() -> None:
    """A target that is not written with NumPy: its declared constant makes the proof, on its own domain."""
    scalar = uat.Target("scalar-sine", lambda x: math.sin(float(x)), (0.0, 3.0), lipschitz=1.0)
    r = uat.approximate(scalar, tol=0.01)
    assert r.certificate.proven
    assert r.certificate.upper <= 0.01
    assert "scalar-sine" in r.certificate.assumes[0]
    with pytest.warns(uat.NotProvenWarning):
        beyond = uat.approximate(scalar, (0, 4), tol=0.01)
    assert not beyond.certificate.proven


def test_a_spike_that_samples_miss_is_found_by_the_proof() -> None:
    r = uat.approximate("exp(-((x-0.123456)*1e3)**2)", (0, 1), tol=0.1)
    assert r.certificate.proven
    assert r.certificate.upper <= 0.1
    assert dense(r, 100_001) <= 0.1


def test_a_budget_leaves_a_true_enclosure() -> None:
    r = uat.approximate("sin(x)", (0, 6), width=5000, seconds=1e-3)
    assert "enclosure is true" in r.certificate.note
    assert r.certificate.lower <= dense(r) <= r.certificate.upper


@pytest.mark.parametrize("domain", [(0.0, 1e-12), (1e8, 1e8 + 1), (-1e6, 1e6), (1e16, 1e16 + 4096), (0.0, 1e9)])
def test_odd_intervals(domain: tuple[float, float]) -> None:
    a, b = domain
    r = uat.approximate(lambda x: np.cos((x - a) / (b - a)), domain, tol=1e-3)
    assert dense(r) <= 1.001e-3


def test_search_ends_at_a_local_minimum_of_cells() -> None:
    """Laws of the search on errors that are known: it meets tol, and one cell less does not."""

    for error, best in [
        (lambda n: 1.0 / n**2, 1000),
        (lambda n: 0.5 / n, 500_000),
        (lambda n: n**-0.5, None),
        (lambda n: 0.0, 1),
        (lambda n: 1.0 if n < 77 else 0.0, 77),
    ]:
        calls: list[int] = []

        def attempt(cells: int, error=error, calls=calls) -> tuple[float, uat.PiecewiseAffine]:
            calls.append(cells)
            return error(cells), uat.PiecewiseAffine([0, cells], [1, 1])

        tol = 1e-6 if best else 1e-2
        found = int(fewest_cells(attempt, tol).domain[1])
        assert found == (best or 10_000)
        assert len(calls) < 60


def test_a_grid_coarser_than_the_oscillations_is_no_reason_to_give_up() -> None:
    calls: list[int] = []

    def attempt(cells: int) -> tuple[float, int]:
        calls.append(cells)
        return (2.0 if cells < 100_000 else 2 * (100_000 / cells) ** 2), cells

    assert fewest_cells(attempt, 0.1, hopeless=lambda: False) == 447_214
    assert len(calls) < 60
    calls.clear()
    with pytest.raises(uat.InputError, match=r"out of reach of a grid of this kind: with \d{4,5} cells"):
        fewest_cells(attempt, 0.1, hopeless=lambda: True)
    with pytest.raises(uat.InputError, match="out of reach"):
        fewest_cells(lambda n: (1.0, n), 0.1, hopeless=lambda: False)
    r = uat.approximate("sin(x)", (0, 1e4), tol=0.4)
    assert r.certificate.proven
    assert r.certificate.upper <= 0.4


def test_a_note_is_said_once() -> None:
    with pytest.warns((uat.NotProvenWarning, uat.ToleranceWarning)) as caught:
        uat.approximate(lambda x: np.sin(x) + 0.01 * np.ones(np.shape(x)), (0, 6), tol=0.05)
    (said,) = [str(one.message) for one in caught]
    assert said.count("the shape of x") == 1
    assert ".." not in said.replace("...", "")


def test_predictable_failures() -> None:
    with pytest.raises(  # N^(-1/2)/4 (statement B4)
        uat.InputError, match=r"asks for some 625000000 cells, more than the 4194304 .* the error is still 0\.00012"
    ):
        uat.approximate(np.sqrt, (0, 1), tol=1e-5)
    with pytest.raises(uat.InputError, match=r"`tol` = 0.1 is out of reach .* f jumps by at least 1 at x = 0\.3"):
        uat.approximate(lambda x: np.where(x < 0.3, 0.0, 1.0), (0, 1), tol=0.1)
    with pytest.raises(uat.InputError, match="`tol` = 1e-18 is out of reach of a grid of this kind"):
        uat.approximate(np.sin, (0, 1), tol=1e-18)
    with pytest.raises(
        uat.InputError, match=r"asks for 5000000000000\d cells by what is declared .*, more than the 100000000"
    ):
        uat.approximate(math.sin, (0, 1), tol=1e-14, lipschitz=1)
    with pytest.raises(uat.InputError, match=r"`f` must be finite on the interval, but f\(0.5\) = nan"):
        uat.approximate(lambda x: np.where(x == 0.5, np.nan, x**2), (0, 1), tol=0.1)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"tol": 0.1, "width": 3}, "exactly one of `tol` and `width` and `step` must be given, but got `tol` = 0.1"),
        ({}, "exactly one of `tol` and `width` and `step` must be given, but none was."),
        (
            {"width": 9, "rtol": 0.1, "method": "narrowest"},
            "exactly one of a tolerance (`tol`, `rtol`) and `width` must be given, but got both.",
        ),
        ({"tol": 0}, "`tol` must be > 0, but is 0."),
        ({"tol": -1e-3}, "`tol` must be > 0, but is -0.001."),
        ({"tol": math.nan}, "`tol` must be a finite real number, but is nan."),
        ({"tol": "small"}, "`tol` must be a finite real number, but is 'small'."),
        ({"width": 1}, "`width` must be an integer >= 2, but is 1 (one neuron more than pieces"),
        ({"width": 2.5}, "`width` must be an integer >= 2, but is 2.5"),
        ({"width": 0, "form": "output-bias"}, "`width` must be an integer >= 1, but is 0."),
        ({"tol": 0.1, "method": "magic"}, "`method` must be one of 'uniform'"),
        ({"tol": 0.1, "form": "magic"}, "`form` must be one of 'shifted-origin', 'output-bias', but is 'magic'."),
        ({"tol": 0.1, "domain": (1, 0)}, "`a` must be less than `b`, but a = 1.0 and b = 0.0."),
        ({"tol": 0.1, "domain": (0, math.inf)}, "`b` must be a finite real number, but is inf."),
        ({"tol": 0.1, "domain": 3}, "`domain` must be a pair (a, b), but is 3."),
        ({"tol": 0.1, "domain": None}, "`domain` must be a pair (a, b), but is None; only a target"),
        ({"tol": 0.1, "f": 3}, "`f` must be a function of one real number or a formula, but is 3."),
        ({"tol": 0.1, "f": "sinn(x)"}, "sinn"),
        ({"tol": 0.1, "lipschitz": 0.1}, "the samples contradict `lipschitz` = 0.1: f(0.0) = 0.0 and"),
    ],
)
def test_bad_input(arguments: dict[str, object], sentence: str) -> None:
    arguments = {"f": np.sin, "domain": (0, 3), **arguments}
    with pytest.raises(uat.InputError, match=re.escape(sentence)):
        uat.approximate(arguments.pop("f"), arguments.pop("domain"), **arguments)


# ------------------------------------------------------------------------------------- graded and narrowest


@pytest.mark.parametrize("f", ["sqrt(x)", "x**0.3", "exp(-100*(x-0.4)**2)", "abs(x-1/3)", "xlogy(x, x)"])
def test_graded_grids_keep_the_tolerance_with_far_fewer_pieces(f: str) -> None:
    r = uat.approximate(f, (0, 1), tol=2e-3, method="graded")
    assert r.certificate.proven
    assert r.certificate.upper <= 2e-3
    assert dense(r) <= 2e-3
    n = uat.approximate(f, (0, 1), tol=2e-3, method="narrowest")
    assert n.certificate.upper <= 2e-3
    assert n.optimality.lower_bound <= n.pieces <= r.pieces
    assert n.optimality.minimal


def test_graded_width_and_breaks() -> None:
    r = uat.approximate("abs(x-1/3)+x**2", (0, 1), width=9, method="graded", breaks=[1 / 3])
    assert r.width == 9
    assert 1 / 3 in r.piecewise.knots
    smooth = uat.approximate("exp(3*x)", (0, 1), width=33, method="graded").certificate.upper
    assert smooth < 0.6 * uat.approximate("exp(3*x)", (0, 1), width=33).certificate.upper


@pytest.mark.parametrize("form", ["shifted-origin", "output-bias"])
def test_narrowest_by_width_is_the_least_error(form: str) -> None:
    """E_8 of sin on [0, 2 pi] is .0257787 (C8); plateaus may leave a piece unused (C6)."""
    r = uat.approximate("sin(x)", (0, 2 * np.pi), width=8 + (form == "shifted-origin"), method="narrowest", form=form)
    low, high = r.optimality.least_error
    assert low <= r.certificate.upper
    assert low == pytest.approx(0.0257787, abs=1e-6)
    assert high == pytest.approx(low, rel=1e-6)
    assert r.pieces <= 8


def test_one_sided_and_relative() -> None:
    x = np.linspace(0.5, 4, 20_001)
    for side, sign in (("under", -1), ("over", 1)):
        r = uat.approximate("ln(x)+x**2", (0.5, 4), tol=0.02, method="narrowest", side=side)
        difference = sign * (r.piecewise(x) - r.function(x))
        assert difference.min() >= 0
        assert difference.max() <= 0.02
    r = uat.approximate("exp(x)", (0, 5), rtol=0.01, method="narrowest")
    x = np.linspace(0, 5, 20_001)
    assert (np.abs(r.net(x) - np.exp(x)) <= 0.01 * np.exp(x) * (1 + 1e-12)).all()
    assert "fewest pieces" in str(r)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"tol": 0.1, "side": "under"}, "`side` goes with method=\"narrowest\" only, but `method` = 'uniform'."),
        ({"rtol": 0.1}, "`rtol` goes with method=\"narrowest\" only, but `method` = 'uniform'."),
        ({"tol": 0.1, "breaks": [0.5]}, '`breaks` go with method="graded" or "narrowest"'),
        ({"step": 0.1, "method": "graded"}, "`step` goes with method=\"uniform\" only, but `method` = 'graded'."),
        ({"tol": 0.1, "side": "left", "method": "narrowest"}, "`side` must be one of 'both', 'under', 'over'"),
        ({"tol": 0.1, "breaks": [9.0], "method": "narrowest"}, "`breaks` must lie in [0.0, 3.0], but 9.0 does not."),
        ({"rtol": 0.1, "method": "narrowest"}, "`rtol` alone asks for no error at all where f vanishes"),
    ],
)
def test_arguments_that_do_not_go_together(arguments: dict[str, object], sentence: str) -> None:
    with pytest.raises(uat.InputError, match=re.escape(sentence)):
        uat.approximate("sin(x)", (0, 3), **arguments)


def test_a_budget_ends_the_search_for_a_grid_with_the_best_so_far() -> None:
    uat.approximate(np.sin, (0, 6), tol=1e-4)  # compiled before the clock starts
    begin = time.monotonic()
    with pytest.warns(uat.ToleranceWarning, match=r"`seconds` did not suffice .*: it would take some 67\d0000 cells"):
        r = uat.approximate(np.sin, (0, 6), tol=1e-13, seconds=0.3)  # 6 (1/8e-13)^(1/2)
    assert time.monotonic() - begin < 10
    assert r.misses_tolerance
    assert r.certificate.proven
    assert dense(r) <= r.certificate.upper < 0.1


def test_an_attempt_that_would_end_too_late_is_not_begun() -> None:
    begun = []

    def attempt(cells: int) -> tuple[float, int]:
        begun.append(cells)
        time.sleep(0.02)
        return 1.0 / cells, cells

    paced = Paced(attempt, Deadline(5))
    assert paced(1) == (1.0, 1)
    assert paced(2) == (0.5, 2)
    with pytest.raises(OutOfTime, match=r": with 2 cells the error is 0\.5"):
        paced(10**6)
    assert begun == [1, 2]


@pytest.mark.parametrize("method", ["graded", "narrowest"])
def test_breaks_may_be_one_number_and_lie_inside(method: str) -> None:
    assert 0.5 in uat.approximate(np.sin, (0, 1), tol=0.01, method=method, breaks=0.5).piecewise.knots
    with pytest.raises(uat.InputError, match=r"`breaks` must lie in \[0\.0, 1\.0\], but 5\.0 does not"):
        uat.approximate(np.sin, (0, 1), tol=0.1, method=method, breaks=[5])


def test_one_sided_the_network_is_certified_within_the_tolerance() -> None:
    r = uat.approximate("1000000+sin(x)", (0, 6), tol=1e-3, side="over", method="narrowest")
    assert r.optimality is not None
    assert r.optimality.minimal
    assert r.certificate.upper <= 1e-3


@pytest.mark.parametrize("path", [3, 1.5, ["a.png"], object()])
def test_a_picture_needs_a_path(path: Any) -> None:
    r = uat.approximate(np.sin, (0, 1), width=3)
    for write in (r.plot, r.save):
        with pytest.raises(uat.InputError, match=r"^`path` must be the name of a file, but is "):
            write(path)


@pytest.mark.parametrize("nap", [0.0, 0.01])
def test_a_declared_count_of_cells_keeps_the_budget(nap: float) -> None:
    def black_box(x: float) -> float:
        time.sleep(nap)
        return float(x) ** 2

    start = time.perf_counter()
    with pytest.raises(
        uat.InputError,
        match=r"`seconds` do not suffice: `tol` = 1e-07 asks for 20000001 cells by what is declared of f \(statement "
        r"B2\); what would help: more `seconds`, a larger `tol`",
    ):
        uat.approximate(black_box, (0, 1), tol=1e-7, lipschitz=4.0, seconds=0.05, method="uniform")
    assert time.perf_counter() - start < 5  # seconds of imports among them


def test_a_declared_count_of_cells_within_the_budget_is_proven_the_same() -> None:
    def black_box(x: float) -> float:
        return float(x) ** 2

    plain = uat.approximate(black_box, (0, 1), tol=1e-3, lipschitz=4.0)
    timed = uat.approximate(black_box, (0, 1), tol=1e-3, lipschitz=4.0, seconds=60)
    assert np.array_equal(plain.piecewise.knots, timed.piecewise.knots)
    assert np.array_equal(plain.piecewise.values, timed.piecewise.values)
    assert plain.certificate.upper == timed.certificate.upper <= 1e-3
    assert timed.certificate.lower == pytest.approx(plain.certificate.lower, rel=1e-6)
    assert timed.certificate.note == ""


def test_a_declared_count_of_cells_that_nobody_can_sample_is_refused() -> None:
    with pytest.raises(uat.InputError, match=r"asks for 2000000001 cells .*, more than the 100000000 that can be"):
        uat.approximate(lambda x: float(x) ** 2, (0, 1), tol=1e-9, lipschitz=4.0)
