"""The counts and errors that theory promises, each proven from both sides; hard input; refusals."""

from __future__ import annotations

import math
import re
import time
import warnings
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy import special

import uat
from tests.oracles import exact_network
from uat import InputError
from uat._deadline import Deadline
from uat.construct.function_pieces import Search
from uat.construct.mesh import Mesh
from uat.construct.needed import LowerSide
from uat.construct.tube import Tube
from uat.construct.witness import check_witness

Function = Callable[[Any], Any]


def bump(x: Any) -> Any:
    return np.exp(-100 * (x - 2) ** 2)


def drawdown(x: Any) -> Any:
    return 8.6 - 8.6 / (1 + (x / 9) ** -1.62) ** 2


def decimal_enclosure(f: Callable[[Any], Any]) -> Callable[[float], tuple[Fraction, Fraction]]:
    """f at a point by mpmath's interval arithmetic at 60 digits: independent of the library's balls."""

    def enclose(x: float) -> tuple[Fraction, Fraction]:
        mpmath.iv.dps = 60
        low, high = (Fraction(*mpmath.libmp.to_rational(end)) for end in f(mpmath.iv.mpf(x))._mpi_)
        return low, high

    return enclose


# theory C7: function, interval, fewest continuous pieces at 0.1 and 0.01
ROWS: list[tuple[str, Function, tuple[float, float], int, int]] = [
    ("x^2", np.square, (-3.5, 3.5), 8, 25),
    ("ln", np.log, (1, 32), 3, 9),
    ("sin", np.sin, (0, 2 * np.pi), 5, 13),
    ("tanh", np.tanh, (-5, 5), 3, 9),
    ("sin(x)/x", lambda x: np.sin(x) / x, (1, 12), 3, 9),
    ("2x^2+x^3", lambda x: 2 * x**2 + x**3, (-2.5, 2.5), 11, 34),
    ("exp(-x)sin(x)", lambda x: np.exp(-x) * np.sin(x), (-4, 4), 14, 43),
    ("bump", bump, (0, 3), 4, 11),
]


@pytest.mark.parametrize(("name", "f", "domain", "at_tenth", "at_hundredth"), ROWS, ids=[row[0] for row in ROWS])
def test_c7(name: str, f: Function, domain: tuple[float, float], at_tenth: int, at_hundredth: int) -> None:
    for tol, count in ((0.1, at_tenth), (0.01, at_hundredth)):
        n = uat.narrowest(f, domain, tol=tol)
        assert (n.pieces, n.lower_bound, n.minimal) == (count, count, True), (name, str(n))
        assert n.certificate.proven
        assert n.certificate.upper <= tol
        assert n.witness is not None
        assert n.witness.count() == count


@pytest.mark.parametrize(
    ("f", "domain", "tol", "count"),
    [(np.sin, (0, 2 * np.pi), 0.11, 5), (np.tanh, (-5, 5), 0.06, 5), (bump, (0, 3), 0.3, 4)],
)
def test_continuous_counts_where_jumps_would_save_a_piece(
    f: Function, domain: tuple[float, float], tol: float, count: int
) -> None:
    n = uat.narrowest(f, domain, tol=tol)
    assert (n.pieces, n.minimal) == (count, True)
    assert n.witness is not None
    assert n.witness.kind == "windows"  # three-point triples cannot prove it


@pytest.mark.parametrize(
    ("f", "domain", "errors"),
    [
        (
            np.sin,
            (0, 2 * np.pi),
            {1: 0.6824596, 2: 0.6824596, 3: 0.1200262, 4: 0.1200262}
            | {5: 0.0481364, 8: 0.0257787, 16: 0.0060026, 32: 0.0014499},
        ),
        (np.tanh, (-5, 5), {1: 0.4788400, 2: 0.47884, 3: 0.0632572, 4: 0.0632572, 8: 0.0128094, 16: 0.0029357}),
    ],
)  # fmt: skip
def test_c8_least_errors_and_plateaus(f: Function, domain: tuple[float, float], errors: dict[int, float]) -> None:
    for pieces, error in errors.items():
        n = uat.narrowest(f, domain, pieces=pieces)
        low, high = n.least_error
        assert abs(high - error) <= 1e-7  # the table's last digit is rounded up in places
        assert low <= high <= low * (1 + 1e-9)
        assert n.pieces <= pieces
        assert n.minimal
        assert n.certificate.upper == high
        assert n.error_witness is not None
        assert n.error_witness.count() > pieces


def c1_limit(f: Function, domain: tuple[float, float]) -> float:
    """(1/16) (integral of sqrt|f''|)^2, from second differences."""
    y = f(np.linspace(*domain, 200_001))
    return float(np.sqrt(np.abs(np.diff(y, 2))).sum() ** 2 / 16)


def test_c1_is_a_limit_and_no_bound() -> None:
    """At N = 32 the eight functions of C7 lie between 2.8 % below N^2 E_N's limit and 5.9 % above it."""
    off = {
        name: uat.narrowest(f, domain, pieces=32).least_error[1] * 32**2 / c1_limit(f, domain) - 1
        for name, f, domain, *_ in ROWS
    }
    assert min(off, key=off.__getitem__) == "sin(x)/x"
    assert max(off, key=off.__getitem__) == "bump"
    assert off["sin(x)/x"] == pytest.approx(-0.028, abs=5e-4)
    assert off["bump"] == pytest.approx(0.059, abs=5e-4)


def test_c1_the_limit_is_approached() -> None:
    """Statement C1 for sin: N^2 E_N is 3.4 % off at 32, half of that at 64."""
    limit = c1_limit(np.sin, (0, 2 * np.pi))
    off = [uat.narrowest(np.sin, (0, 2 * np.pi), pieces=n).least_error[1] * n**2 / limit - 1 for n in (32, 64)]
    assert off[0] == pytest.approx(0.034, abs=5e-4)
    assert off[1] == pytest.approx(off[0] / 2, rel=0.05)


def ln_error(pieces: int) -> float:
    with mpmath.workdps(40):
        r = mpmath.mpf(32) ** (mpmath.mpf(1) / pieces)
        return float((mpmath.log((r - 1) / mpmath.log(r)) - 1 + mpmath.log(r) / (r - 1)) / 2)


CLOSED_FORMS = [
    ("x^2", np.square, (-1, 3), lambda n: 16 / (8 * n * n)),
    ("sqrt", np.sqrt, (0, 1), lambda n: 1 / (4 * n * (n + 1))),
    ("1/x", lambda x: 1 / x, (0.5, 4), lambda n: (0.5**-0.5 - 4**-0.5) ** 2 / (2 * n * n)),
    ("ln", np.log, (1, 32), ln_error),
]


@pytest.mark.parametrize(("name", "f", "domain", "error"), CLOSED_FORMS, ids=[row[0] for row in CLOSED_FORMS])
@pytest.mark.parametrize("pieces", [1, 2, 3, 5, 10, 27, 64])
def test_c5_closed_forms(name: str, f: Function, domain: tuple[float, float], error: Any, pieces: int) -> None:
    low, high = uat.narrowest(f, domain, pieces=pieces).least_error
    rounding = 1e-14  # of the closed form itself
    assert low <= error(pieces) * (1 + rounding), name
    assert high >= error(pieces) * (1 - rounding), name
    assert high <= low * (1 + 1e-9), name


def test_c5_knots() -> None:
    pieces = 7
    k = np.arange(pieces + 1)
    n = uat.narrowest(np.sqrt, (0, 1), pieces=pieces)
    np.testing.assert_allclose(n.piecewise.knots, (k * (k + 1) / (pieces * (pieces + 1))) ** 2, atol=1e-4)


def test_knife_edges_are_decided_or_reported() -> None:
    for f, domain, tol, count in (
        (np.square, (-3.5, 3.5), 0.005, 35),
        (np.square, (-10, 10), 2, 5),
        (lambda x: -(x**2), (-10, 10), 2, 5),
    ):
        n = uat.narrowest(f, domain, tol=tol)
        assert n.proven
        assert n.lower_bound == count
        assert n.pieces in (count, count + 1)
        assert n.minimal or "knife edge" in n.note


def sigmoid(x: Any) -> Any:
    return 0.2 * x**2 + 1 / (1 + np.exp(-x))


@pytest.mark.parametrize(
    ("f", "domain", "tol", "count"),
    [
        (sigmoid, (-1, 1), 5e-7, 446),
        (np.square, (0, 1), 1e-6, 354),  # 1/sqrt(8e-6) = 353.55
        pytest.param(np.square, (0, 1), 1e-7, 1119, marks=pytest.mark.nightly),  # 1118.03
        pytest.param(np.sin, (0, 6.25), 5e-7, 1693, marks=pytest.mark.nightly),
        pytest.param(lambda x: np.exp(-x) * np.sin(x), (-4, 4), 1e-5, 1353, marks=pytest.mark.nightly),
    ],
)
def test_many_pieces_are_decided_by_the_least_error_of_one_fewer(
    f: Function, domain: tuple[float, float], tol: float, count: int
) -> None:
    n = uat.narrowest(f, domain, tol=tol)
    assert minimal(n) == count
    assert n.witness is not None
    assert n.witness.tube.tol == tol
    assert n.witness.count() == count


def test_an_undecided_count_tells_how_near_its_neighbour_is() -> None:
    mesh = Mesh(np.sin, (0.0, 6.0), np.empty(0), np.empty(0))
    search = Search(mesh, "both", Deadline(None))
    search.search(Tube(0.01), None)
    search.witness, search.fewer = None, 1.25
    assert "whether 11 pieces could do is not decided: they seem to keep 1.25 times the tol" in search.outcome("").note
    search.fewer = 1 + 1e-9
    assert "whether 11 pieces could do is not decided: the tolerance is a knife edge" in search.outcome("").note


def test_linas_published_counts() -> None:
    assert minimal(uat.narrowest(lambda x: x**3, (-10, 10), tol=2)) == 19
    assert minimal(uat.narrowest(lambda x: x**2 + 1, (-10, 10), rtol=0.01)) == 22
    assert minimal(uat.narrowest(lambda x: x**3 + 20, (-2, 2), rtol=0.01)) == 5
    assert minimal(uat.narrowest(lambda x: 1 / np.sqrt(1 - x) - 1, (0, 0.92), tol=0.05)) == 4


def minimal(n: uat.Narrowest) -> int:
    assert n.minimal, str(n)
    return n.pieces


@pytest.mark.parametrize("tol", [0.1, 1e-3, 1e-9, 1e-14])
def test_a_kink_off_the_mesh(tol: float) -> None:
    assert minimal(uat.narrowest(lambda x: np.abs(x - 1 / 3), (0, 1), tol=tol)) == 2


@pytest.mark.parametrize(
    ("f", "domain", "tol"),
    [
        (np.sqrt, (0, 1), 1e-4),
        (lambda x: special.xlogy(x, x), (0, 1), 1e-3),
        (lambda x: x**0.3, (0, 1), 0.01),
        (lambda x: np.exp(-(((x - 0.123456) * 1e4) ** 2)), (0, 1), 0.01),
        (lambda x: (1 / np.cosh(1000 * (x - 0.6))) ** 6, (0, 1), 0.01),
        (lambda x: np.sin(300 * x), (0, 1), 0.05),
        (lambda x: np.tanh(11 * np.sin(12 * x)), (0, 1), 0.01),
        (lambda x: 1.03 * np.exp(-100 * (x - 1.2) ** 2) + bump(x), (0, 3), 0.01),
        (lambda x: np.maximum(x, x * x - 1), (-2, 3), 0.01),
        (drawdown, (1e-3, 20), 1e-3),
    ],
)
def test_hard_input(f: Function, domain: tuple[float, float], tol: float) -> None:
    n = uat.narrowest(f, domain, tol=tol)
    minimal(n)
    x = np.linspace(*domain, 200_001)
    assert np.abs(f(x) - n.piecewise(x)).max() <= n.certificate.upper <= tol


def test_a_spike_between_the_samples_counts_for_the_least_error() -> None:
    """Four pieces: two constant stretches and two flanks; the samples of a first mesh see 0 throughout."""
    n = uat.narrowest(lambda x: np.exp(-(((x - 0.123456) * 1e4) ** 2)), (0, 1), pieces=4)
    low, high = n.least_error
    assert 0.05 < low < high < 0.06
    assert n.minimal


def test_relative_and_one_sided() -> None:
    def cost(x: Any) -> Any:
        return 3.0375e-7 * x**3 - 1.6875e-3 * x**2 + 3.09375 * x + 3750

    n = uat.narrowest(cost, (0, 5000), rtol=0.1, side="under")
    minimal(n)
    x = np.linspace(0, 5000, 100_001)
    assert (n.piecewise(x) <= cost(x)).all()
    assert (n.piecewise(x) >= 0.9 * cost(x)).all()


@pytest.mark.parametrize("side", ["over", "under"])
def test_one_sided_never_crosses_and_costs_twice_the_error(side: str) -> None:
    """E_N one-sided is 2 E_N: shift the two-sided optimum. Checked with exact values of p at floats, against mpmath."""
    sign = 1 if side == "over" else -1
    n = uat.narrowest(np.sin, (0, 6), pieces=6, side=side)
    assert n.proven
    low, high = n.least_error
    twice = 2 * uat.narrowest(np.sin, (0, 6), pieces=6).least_error[0]
    assert low <= twice * (1 + 1e-9)
    assert twice <= high <= twice * (1 + 1e-6)
    with mpmath.workdps(30):
        for x in np.linspace(0, 6, 2001).tolist():
            assert sign * (mpmath.mpf(n.piecewise(x)) - mpmath.sin(x)) > 0
    tolerance = uat.narrowest(np.sin, (0, 6), tol=0.01, side=side)
    assert tolerance.minimal
    assert tolerance.pieces == minimal(uat.narrowest(np.sin, (0, 6), tol=0.005))


def test_balance_spends_the_slack() -> None:
    n = uat.narrowest(np.sin, (0, 2 * np.pi), tol=0.1)
    assert n.certificate.upper < 1.02 * 0.0481364  # E_5, though 0.1 was allowed


def test_breaks_and_through() -> None:
    n = uat.narrowest(np.sin, (-1, 6), tol=0.01, breaks=[1, 2.5], through=[0])
    minimal(n)
    assert {1.0, 2.5, 0.0} <= set(n.piecewise.knots.tolist())
    assert n.piecewise(0.0) == 0.0


def test_shapes_survive() -> None:
    n = uat.narrowest(np.tanh, (-20, 20), tol=0.01, monotone=True)
    assert n.piecewise.is_monotone
    assert n.piecewise.slopes.min() >= 0
    assert minimal(n) == minimal(uat.narrowest(np.tanh, (-20, 20), tol=0.01))
    assert uat.narrowest(np.exp, (0, 6), tol=0.05, convex=True).piecewise.is_convex
    assert uat.narrowest(np.log, (1, 6), tol=0.01, convex=True, monotone=True).piecewise.is_concave


def test_straight_functions_need_one_piece() -> None:
    for keywords in ({"tol": 0.01}, {"pieces": 5}):
        n = uat.narrowest(lambda x: 2 * x + 1, (0, 6), **keywords)  # type: ignore[arg-type]  # one of the two
        assert (n.pieces, n.minimal) == (1, True)


def test_black_boxes_are_estimated_and_say_so() -> None:
    with pytest.warns(uat.NotProvenWarning, match="jv"):
        n = uat.narrowest(lambda x: special.jv(2, x), (0, 10), tol=0.01)
    assert not n.proven
    assert not n.minimal
    assert n.lower_bound == 1
    assert math.isinf(n.certificate.upper)
    assert "no lower bound is proven, because `f` cannot be traced: there is no rule for jv" in n.note


def test_a_singular_end_is_named() -> None:
    with pytest.warns(uat.NotProvenWarning):
        n = uat.narrowest(drawdown, (0, 20), tol=0.01)
    assert not n.minimal
    assert "no finite enclosure of f(0.0) was found" in n.note


def test_a_tolerance_below_half_a_jump_is_refused_as_by_approximate() -> None:
    for method in ("uniform", "narrowest"):
        with pytest.raises(
            InputError, match=r"`tol` = 0\.1 is out of reach.* f jumps by at least 1 at x = 0\.3: no conti"
        ):
            uat.approximate(lambda x: np.where(x < 0.3, 0.0, 1.0), (0, 1), tol=0.1, method=method)
    with pytest.raises(InputError, match=r"closer than 0\.5, and none on one side of it than twice that\."):
        uat.narrowest("floor(x)", (0, 3), tol=0.6, side="under")
    assert uat.narrowest("floor(x)", (0, 3), tol=0.6).minimal


def test_out_of_time_returns_a_true_bracket() -> None:
    n = uat.narrowest(np.sin, (0, 6), tol=1e-6, seconds=0.05)
    assert 500 < n.lower_bound <= 1174  # as much of the tube as the time allows
    assert n.pieces >= 1174 or not n.proven
    assert "`seconds`" in n.note


@pytest.mark.parametrize(
    ("keywords", "sentence"),
    [
        ({"rtol": 0.1}, "`rtol` alone asks for no error at all where f vanishes, which it does between"),
        ({"tol": 0}, "`tol` must be > 0, but is 0"),
        ({"pieces": 0}, "`pieces` must be an integer >= 1, but is 0"),
        ({"tol": 0.1, "breaks": [7]}, r"`breaks` must lie in \[0.0, 6.0\], but 7.0 does not"),
        (
            {"tol": 0.1, "monotone": True},
            r"`monotone` = True needs a monotone f, but it falls from f\(1\.5.* = 0\.99.* to f\(4\.7.* = -0\.99.* and "
            r"rises from f\(0\.0\) = 0\.0 to f\(1\.5.* = 0\.99\d*\.$",
        ),
        ({"tol": 0.01, "convex": True}, "`convex` = True cannot be kept: f is neither convex nor concave"),
        ({"tol": 0.1, "seconds": -1}, "`seconds` must be > 0, but is -1"),
    ],
)
def test_refusals(keywords: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        uat.narrowest(np.sin, (0, 6), **keywords)


def test_a_witness_is_accepted_by_an_independent_enclosure_and_refused_when_edited() -> None:
    n = uat.narrowest(np.sin, (0, 2 * np.pi), tol=0.11)
    assert n.witness is not None
    data = n.witness.to_dict()
    sine = decimal_enclosure(mpmath.iv.sin)
    assert check_witness(data, sine)
    assert not check_witness({**data, "pieces": data["pieces"] + 1}, sine)
    assert not check_witness({**data, "tol": 0.2}, sine)
    narrowed = {**data, "low": [v + 1e-3 for v in data["low"]], "high": [v + 1e-3 for v in data["high"]]}
    assert not check_witness(narrowed, sine)


# ---- budgets, sizes and places that no polygonal line can follow


BUDGETS: list[tuple[Any, dict[str, Any]]] = [
    (np.sin, {"tol": 1e-11}),
    (lambda x: 1e300 * np.sin(x), {"tol": 1e290}),
    (lambda x: np.sin(1 / (x + 1e-3)), {"tol": 1e-3}),
    (np.sin, {"tol": 1e-9, "side": "over"}),
    (np.sin, {"pieces": 10**7}),
    (lambda x: 2 + np.sin(x), {"rtol": 1e-9}),
]


@pytest.mark.parametrize(("f", "question"), BUDGETS)
def test_a_budget_is_kept_and_leaves_a_true_bracket(f: Function, question: dict[str, Any]) -> None:
    uat.narrowest(f, (0, 6), tol=10.0 ** int(np.log10(np.abs(f(2.0)) + 1)))  # compiled before the clock starts
    begin = time.process_time()  # others may be at work: the wall would tell of them
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", uat.NotProvenWarning)
        n = uat.narrowest(f, (0, 6), seconds=0.5, **question)
    assert time.process_time() - begin < 1.2 * 0.5 + 0.5  # none of these is done in less than a minute
    assert n.stopped
    assert "`seconds`" in n.note
    assert n.piecewise.domain == (0, 6)
    assert not n.proven or n.lower_bound <= n.pieces
    assert n.witness is None or n.witness.count() == n.lower_bound


def test_a_budget_is_kept_by_a_slow_function() -> None:
    """A hundred thousand samples would take minutes."""

    def slow(x: float) -> float:
        time.sleep(1e-3)
        return math.sin(float(x))

    begin = time.monotonic()
    with pytest.warns(uat.NotProvenWarning):
        n = uat.narrowest(slow, (0, 6), tol=1e-9, seconds=0.3)
    assert time.monotonic() - begin < 10
    assert n.stopped
    assert 128 <= n.pieces < 1000  # what was sampled until then is kept


def test_many_pieces_still_get_a_bracket_of_the_least_error() -> None:
    """How narrow it is depends on what the machine did in that time; that it is one does not."""
    n = uat.narrowest(np.sin, (0, 6), pieces=10**7, seconds=0.2)
    low, high = n.least_error
    assert 0 <= low <= high
    assert n.certificate.upper <= high
    assert "`seconds`" in n.note


def test_pieces_beyond_all_reason_are_refused() -> None:
    with pytest.raises(InputError, match="`pieces` must be at most 10000000, but is 1000000000000"):
        uat.narrowest(np.sin, (0, 6), pieces=10**12, seconds=1)


def test_the_beginning_of_a_witness_proves_what_it_counts() -> None:
    mesh = Mesh(np.sin, (0.0, 6.0), np.empty(0), np.empty(0))
    tube = Tube(1e-5)
    mesh.divide(tube.width, Deadline(None))
    whole = LowerSide(mesh).prove(tube, 1, Deadline(None))
    part = LowerSide(mesh).prove(tube, 1, Deadline(1e-9))
    assert whole is not None
    assert part is not None
    assert part.count() == part.pieces < whole.pieces
    assert part.x[-1] < whole.x[-1]


@pytest.mark.parametrize("exponent", [-300, -160, 158, 200, 290])
def test_the_count_does_not_depend_on_the_unit_of_f(exponent: int) -> None:
    unit = 10.0**exponent  # the sweep multiplies ordinates: their squares overflowed or vanished
    n = uat.narrowest(lambda x: unit * np.sin(x), (0, 6), tol=unit / 100)
    assert (n.pieces, n.minimal, n.piecewise.domain) == (12, True, (0, 6))


@pytest.mark.parametrize(
    ("f", "domain", "place"),
    [
        (lambda x: 1 / x, (-1, 1.5), r"1\.4\d*e-14"),
        (np.tan, (1, 2), r"1\.570796"),
        (lambda x: 1 / np.sqrt(np.abs(x - 0.3)), (0, 1), r"0\.29999"),
    ],
)
def test_a_pole_is_refused_by_its_place(f: Function, domain: tuple[float, float], place: str) -> None:
    with pytest.raises(InputError, match=rf"`f` must be finite .* no finite enclosure near x = {place}.* grows there"):
        uat.narrowest(f, domain, tol=0.1)


def test_a_removable_singularity_is_no_pole() -> None:
    with pytest.warns(uat.NotProvenWarning):
        n = uat.narrowest(lambda x: np.sin(x) / x, (-1, 1.5), tol=0.01)
    assert (n.pieces, n.proven) == (4, False)


@pytest.mark.parametrize(
    ("f", "tube"),
    [
        (lambda x: 1e6 + np.sin(x), {"tol": 1e-3, "side": "over"}),
        (np.exp, {"tol": 1e-2, "side": "under"}),
        (lambda x: 2 + np.sin(x), {"tol": 1e-4, "rtol": 1e-3, "side": "under"}),
    ],
)
def test_a_certificate_never_exceeds_the_tube_that_is_proven(f: Function, tube: dict[str, Any]) -> None:
    n = uat.narrowest(f, (0, 6), **tube)
    assert n.minimal
    most = float(np.abs(n.piecewise.values).max())
    assert n.certificate.upper <= (tube["tol"] + tube.get("rtol", 0) * most) / (1 - tube.get("rtol", 0)) * (1 + 1e-15)


def test_a_repair_leaves_the_rest_of_the_mesh_alone() -> None:
    mesh, width = Mesh(np.exp, (0.0, 10.0), np.empty(0), np.empty(0)), Tube(1e-2).width
    mesh.divide(width, Deadline(None))
    before = mesh.x
    mesh.insert_around(7.3)
    mesh.divide(width, Deadline(None), before)
    assert set(before) < set(mesh.x)
    assert len(mesh.x) < len(before) + 1000  # not twice as many


def test_one_number_will_do_for_breaks_and_through() -> None:
    n = uat.narrowest(np.sin, (0, 6), tol=0.1, breaks=0.5, through=1)
    assert {0.5, 1.0} <= set(n.piecewise.knots)
    assert n.piecewise(1.0) == np.sin(1.0)


def test_no_tolerance_and_one_piece_are_spelled_out() -> None:
    assert str(uat.narrowest(lambda x: 0 * x + 1, (0, 1), pieces=3)).startswith("1 piece in f ± 0; fewer cannot do")


def test_values_beyond_floats_are_refused() -> None:
    with pytest.raises(InputError, match=r"`f` must stay within 1e\+300 in size, but f\("):
        uat.narrowest(lambda x: 1.7e308 * np.sin(x), (0, 6), tol=1e307)


def test_data_that_no_convex_path_follows_are_refused_as_data() -> None:
    with pytest.raises(InputError, match="`convex` = True cannot be kept: the path with the fewest pieces turns both"):
        uat.narrowest(([0, 1, 2, 3], [0, 1, 0, 1]), tol=0.1, convex=True)


def test_a_pole_of_a_black_box_ends_in_a_sentence_or_a_true_bracket() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", uat.NotProvenWarning)
        try:
            n = uat.narrowest(math.tan, (1, 2), tol=0.1, seconds=4)
        except InputError as error:
            assert "`f` is too steep for this tolerance" in str(error)  # noqa: PT017 - either end is right
        else:
            assert not n.proven


@pytest.mark.parametrize("question", [{"tol": 0.01}, {"pieces": 5}, {"tol": 0.01, "rtol": 0.01}, {"rtol": 0.01}])
@pytest.mark.parametrize("side", ["over", "under", "both"])
def test_the_room_is_there(question: dict[str, Any], side: str) -> None:
    """1 + x^2 on [0, 2]: in rationals at the knots and at the vertices of f - p, where the room is least."""
    n = uat.narrowest(lambda x: 1 + x * x, (0, 2), side=side, **question)
    assert n.proven
    assert 0 <= n.room < n.tube.tol + n.tube.rtol * 5
    assert n.room > 0 or (side == "both" and "pieces" in question)  # there the tube is what was reached
    knots, values = ([Fraction(v) for v in a.tolist()] for a in (n.piecewise.knots, n.piecewise.values))
    tube = n.tube.exact()
    for x0, x1, y0, y1 in zip(knots, knots[1:], values, values[1:], strict=False):
        slope = (y1 - y0) / (x1 - x0)
        for x in (x0, x1, min(max(slope / 2, x0), x1)):
            f, p = 1 + x * x, y0 + slope * (x - x0)
            width = tube.tol + tube.rtol * f
            low, high = (f if side == "over" else f - width), (f if side == "under" else f + width)
            assert low + Fraction(n.room) <= p <= high - Fraction(n.room)


@pytest.mark.parametrize("side", ["over", "under"])
@pytest.mark.parametrize(("tol", "told"), [(1e-6, False), (1e-7, True)])
def test_of_a_network_that_may_cross_it_is_said_so(side: str, tol: float, told: bool) -> None:
    r = uat.approximate(lambda x: 1e6 + x * x, (0, 1 / 64), method="narrowest", side=side, tol=tol)
    assert r.optimality is not None
    assert ("the network may by up to 2.2e-10, as its weights are stored" in r.optimality.note) == told
    sign = 1 if side == "over" else -1
    crossing = max(sign * (10**6 + Fraction(x) ** 2 - exact_network(r.net, x)) for x in r.piecewise.knots.tolist())
    assert crossing <= (Fraction(2.3e-10) if told else 0)


def test_a_prescribed_value_may_lie_beyond_f() -> None:
    with mpmath.workdps(40):
        assert mpmath.mpf(math.sin(2.0)) > mpmath.sin(2)
    assert uat.narrowest(np.sin, (0, 6), tol=0.01, side="over", through=2.0).proven
    n = uat.narrowest(np.sin, (0, 6), tol=0.01, side="under", through=2.0)
    assert not n.proven
    assert n.room == 0
    assert n.piecewise(2.0) == math.sin(2.0)
    assert "`through` asks for f there in float64, which may lie beyond f" in n.note


@pytest.mark.parametrize(
    ("f", "domain", "half", "place"),
    [
        (lambda x: np.heaviside(x - 0.3, 0.5), (-1, 1), 0.5, "x = 0.3"),
        (lambda x: np.where(x > 0.3, x, 0.1 * x), (0, 1), 0.135, "x = 0.3"),
        (lambda x: np.where(x > 0.25, x, 0.1 * x), (0, 1), 0.1125, "x = 0.25"),
        ("floor(x)", (0, 3), 0.5, "x = "),
        (np.sign, (-1, 1), 1.0, "x = 0"),
    ],
)
def test_a_jump_is_named_wherever_it_is(f: Any, domain: tuple[float, float], half: float, place: str) -> None:
    """Also between floats that no decimal hits, and by no warning from NumPy."""
    for method in (uat.narrowest, uat.approximate):
        keywords: dict[str, Any] = {} if method is uat.narrowest else {"method": "narrowest"}
        with pytest.raises(InputError, match=f"out of reach: f jumps by at least .*{re.escape(place)}"):
            method(f, domain, tol=half / 10, **keywords)  # type: ignore[operator]
    n = uat.narrowest(f, domain, pieces=3)
    assert n.nearest == pytest.approx(half, rel=1e-4)
    assert half * (1 - 1e-15) <= n.certificate.upper <= half * (1 + 5e-5)
    assert n.proven


@pytest.mark.parametrize("pieces", [1, 2, 4, 8])
def test_pieces_at_jumps(pieces: int) -> None:
    """floor on [0, 3]: x - 1/2 is as near as anything; sin until a jump, then a line, has no such luck."""
    n = uat.narrowest("floor(x)", (0, 3), pieces=pieces)
    assert n.proven
    assert 0.5 <= n.tube.tol <= 0.50003
    assert n.nearest == 0.5
    jump = 4 / 3 - math.sin(3)
    n = uat.narrowest("where(x<1/3,sin(9*x),1+x)", (0, 1), pieces=pieces)
    assert n.proven
    assert jump / 2 <= n.tube.tol <= jump / 2 * (1 + 5e-5)


def test_a_constant_halfway_is_as_near_as_anything_at_a_jump() -> None:
    n = uat.narrowest(np.sign, (-1, 1), pieces=3)
    assert (n.pieces, n.tube.tol) == (1, 1.0)
    assert n.minimal
    assert n.nearest == 1.0
    assert "knife edge" not in n.note


# The best constant of each, and of its one-sided tubes: half of the range of f, and all of it.
CONSTANTS: list[tuple[str, tuple[float, float], int, float]] = [
    ("x**2", (-1, 1), 1, 0.5),
    ("abs(x)", (-1, 1), 1, 0.5),
    ("abs(x)**0.7", (-1, 1), 1, 0.5),
    ("x*(1-x)", (0, 1), 1, 0.125),
    ("sqrt(1-x**2)", (-1, 1), 1, 0.5),
    ("cos(x)", (-6, 6), 1, 1.0),
    ("sin(x)", (0, 20), 1, 1.0),
    ("sin(x)", (0, 20), 3, 1.0),
    ("1e6+sin(x)", (0, 20), 2, 1.0),
]


@pytest.mark.parametrize(("f", "domain", "pieces", "error"), CONSTANTS)
@pytest.mark.parametrize("side", ["both", "under", "over"])
def test_the_least_error_where_a_constant_is_best(
    f: str, domain: tuple[float, float], pieces: int, error: float, side: str
) -> None:
    error *= 1 if side == "both" else 2
    n = uat.narrowest(f, domain, pieces=pieces, side=side)
    low, high = n.least_error
    rounding = 1e-7 if f.startswith("1e6") else 1e-9 if side == "both" else 5e-8
    assert error * (1 - rounding) <= low <= error <= high <= error * (1 + rounding)
    assert n.error_witness is not None
    assert n.error_witness.count() > pieces


def test_floats_too_far_apart_end_in_a_sentence() -> None:
    with pytest.raises(InputError, match=r"`f` is too steep for this tolerance: .* where floats are far apart"):
        uat.narrowest(np.sin, (1e15, 1e15 + 6), tol=0.01)


@pytest.mark.parametrize("low", [1e-20, 1e-15])
def test_a_network_on_a_logarithmic_scale_is_as_near_as_its_pieces(low: float) -> None:
    r = uat.approximate("log(x)", (low, 1), tol=0.01, method="narrowest")
    x = np.geomspace(low, 1, 4001)
    assert r.certificate.proven
    assert r.certificate.upper <= 0.01
    assert np.abs(r.net(x) - np.log(x)).max() <= r.certificate.upper


def test_a_result_is_one_line() -> None:
    n = uat.narrowest("exp(x)", (0, 1), tol=1e-4)
    assert repr(n) == "Narrowest(33 pieces, f ± 0.0001, at least 33, proven=True)"
