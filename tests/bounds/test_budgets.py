"""What `certify` spends: the seconds that it is given, the boxes that a tolerance takes, and no more.

Budgets are kept on a clock of the test's own, which moves by a little at every look: so many looks are so much work,
on any machine.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np
import pytest

import uat
from tests.on_balls import at_every_ball, ctrl_c_at
from uat._deadline import Deadline
from uat.balls.evaluation import FormulaOnBalls
from uat.bounds.bisection import Goal
from uat.bounds.cells import cells_of, largest_by_stretches

TEXTS = [
    "hypot(x, 0)",
    pytest.param("sqrt(x**2)", marks=pytest.mark.nightly),
    pytest.param("(x**4)**0.25", marks=pytest.mark.nightly),
    pytest.param("cbrt(x**3)", marks=pytest.mark.nightly),
    "log(exp(x))",
    "sin(x)**2 + cos(x)**2",
    "sinh(arcsinh(x))",
    "arctan(tan(x))",
]


@pytest.mark.parametrize("text", TEXTS)
def test_functions_that_equal_their_line_after_algebra_only_cost_little(text: str) -> None:
    f = uat.Formula(text)
    p = uat.interpolate(f, -1, 1.5, pieces=5)
    c = uat.certify(f, p)
    assert c.proven
    assert c.stopped == ""
    assert c.upper <= 2.0**-26 * 1.5 * 1.001
    assert c.boxes < 20_000  # 200 000 and ten seconds without the floor
    kept = uat.certify(f, p, tol=1e-3)
    assert (kept.proven, kept.stopped) == (True, "")
    assert kept.upper <= 1e-3


def test_against_zero_the_size_of_what_f_adds_up_lends_the_scale() -> None:
    c = uat.certify("log(x**2) - 2*log(x)", (0.0, 0.0), (0.5, 3))
    assert c.proven
    assert c.boxes < 20_000
    assert c.upper < 1e-7


def test_an_absolute_gap_that_was_asked_for_is_kept() -> None:
    c = uat.certify("sqrt(x**2)", (1.0, 0.0), (1, 2), abs=1e-10)
    assert c.upper <= 1e-10


def test_a_difference_that_was_seen_is_enclosed_as_before() -> None:
    """A bump of 1e-10, far above roundings and far below half of the digits: one per cent, not 1e-8."""
    c = uat.certify("sqrt(x**2) + 1e-10*sin(x)", (1.0, 0.0), (0.5, 1))
    assert 1e-10 * math.sin(1) * 0.99 <= c.lower <= c.upper <= 1e-10 * math.sin(1) * 1.01


# ------------------------------------------------------------------------------------------------------- a tolerance


def test_a_goal_with_a_tolerance() -> None:
    goal = Goal(0.1, 0.0, tol=1.0)
    assert goal.reached(0.0, 0.1)  # within a tenth of the tolerance
    assert not goal.reached(0.0, 0.5)
    assert not goal.reached(0.95, 1.01)  # close, but undecided
    assert goal.reached(0.95, 1.0)
    assert goal.reached(1.01, 1.1)  # exceeded
    assert not goal.reached(1.01, 1.2)
    assert goal.reached(1.0, 1.0 + 2.0**-51)  # a knife edge, to all digits that floats have
    assert not Goal(0.1, 0.0, floor=2.0, tol=1.0).reached(0.5, 1.5)  # a floor decides nothing
    assert not Goal(0.1, 0.0, coarse=2.0, tol=1.0).reached(0.5, 1.5, noise=1.0)


@pytest.mark.parametrize("off", [1e-3, 1e-6, 1e-9, -1e-9, -1e-6, -1e-3])
def test_a_search_goes_on_until_the_tolerance_is_decided(off: float) -> None:
    """x^2 on one cell is 1/4 away from its chord."""
    tol = 0.25 * (1 + off)
    c = uat.certify("x**2 + 0*sin(x)", uat.PiecewiseAffine([0.0, 1.0], [0.0, 1.0]), tol=tol, rel=0.5)
    assert c.lower <= 0.25 <= c.upper
    assert (c.upper <= tol) == (off > 0)
    assert (c.lower > tol) == (off < 0)


def test_a_knife_edge_ends() -> None:
    c = uat.certify("sin(x)", (0.0, 0.0), (0, 3), tol=1.0)
    assert c.lower <= 1 <= c.upper <= 1 + 2.0**-50
    assert c.boxes < 1000


@pytest.mark.parametrize(("text", "domain"), [("tanh(x)", (-5, 5)), ("exp(x)", (0, 1)), ("sqrt(x)", (0, 1))])
@pytest.mark.parametrize("tol", [1 / 256, 1e-4])
@pytest.mark.parametrize("method", ["narrowest", "graded"])
def test_a_result_is_held_against_the_tolerance_that_it_was_made_for(
    text: str, domain: tuple[float, float], tol: float, method: str
) -> None:
    r = uat.approximate(text, domain, tol=tol, method=method)
    assert r.certificate.upper <= tol
    assert uat.certify(text, r).upper <= tol


def test_a_narrowest_function_too_and_not_where_the_tolerance_is_relative() -> None:
    n = uat.narrowest("tanh(x)", (-5, 5), tol=1 / 256)
    assert uat.certify("tanh(x)", n).upper <= 1 / 256
    relative = uat.narrowest("2 + tanh(x)", (-5, 5), rtol=1 / 256)
    c = uat.certify("2 + tanh(x)", relative)
    assert c.upper - c.lower <= 0.01 * c.lower


# -------------------------------------------------------------------------------------------------------- the seconds


class Ticking:
    """A clock of which every look takes a millisecond."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ticks = count()
        monkeypatch.setattr(time, "monotonic", self)

    def __call__(self) -> float:
        return next(self.ticks) / 1000


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> Ticking:
    return Ticking(monkeypatch)


def wide(w: float) -> uat.ReluNet:
    rng = np.random.default_rng(1)
    return uat.ReluNet(rng.normal(size=3000) * w, rng.normal(size=3000), rng.normal(size=3000) / 3000)


HARD: dict[str, Callable[..., Any]] = {
    "many pieces": lambda **k: uat.certify(np.sin, uat.interpolate(np.sin, 0, 6, pieces=30_000), **k),
    "kinks that are no floats": lambda **k: uat.certify(np.sin, wide(3.0), (-3, 3), **k),
    "a tiny gap": lambda **k: uat.certify("sqrt(x**2)", (1.0, 0.0), (1, 9), abs=1e-15, **k),
    "oscillations": lambda **k: uat.certify("sin(1/x)", (0.0, 0.0), (1e-9, 1), rel=1e-15, **k),
    "an integral": lambda **k: uat.certify("sqrt(x)", (1.0, 0.0), (0, 1), rel=1e-12, norm="L1", **k),
    "a mean square": lambda **k: uat.certify(np.sin, wide(3.0), (-3, 3), rel=1e-9, norm="L2", **k),
    "what must be real": lambda **k: uat.certify("sqrt(1 - cos(x)**2)", (0.0, 0.0), (0, 9), rel=1e-14, **k),
    "a scalar function": lambda **k: uat.certify(math.sin, uat.interpolate(np.sin, 0, 6, pieces=30_000), **k),
    "a declared constant": lambda **k: uat.certify(math.sin, (0.0, 0.0), (0, 6), lipschitz=1.0, rel=1e-9, **k),
    "a constant and many pieces": lambda **k: uat.certify(
        math.sin, uat.interpolate(np.sin, 0, 6, pieces=30_000), lipschitz=1.0, rel=1e-9, **k
    ),
}


@pytest.mark.filterwarnings("ignore::uat.NotProvenWarning")
@pytest.mark.parametrize("problem", HARD)
@pytest.mark.parametrize("seconds", [0.1, 1.0])
def test_seconds_are_kept_in_every_loop(problem: str, seconds: float, ticking: Ticking) -> None:
    begin = next(ticking.ticks)
    c = HARD[problem](seconds=seconds)
    assert c.stopped == "seconds" or not c.proven
    assert next(ticking.ticks) - begin <= 1000 * (1.2 * seconds + 0.5)


def test_before_anything_is_proven_the_time_may_be_up() -> None:
    with pytest.warns(uat.NotProvenWarning, match="`seconds` were used up before anything was proven"):
        c = uat.certify(np.sin, (0.0, 0.0), (0, 1), seconds=1e-9)
    assert (c.proven, c.stopped) == (False, "seconds")
    assert c.lower > 0.7  # a glance at the samples is always had
    assert uat.Certificate.from_dict(c.to_dict()) == c


def test_a_certificate_that_was_stopped_is_true(ticking: Ticking) -> None:
    p = uat.interpolate(np.sin, 0, 6, pieces=2000)
    c = uat.certify(np.sin, p, seconds=0.5)
    assert (c.proven, c.stopped) == (True, "seconds")
    assert c.upper < 0.1  # stretch by stretch; by the range of sin on all that is left, 2
    whole = uat.certify(np.sin, p)
    assert c.lower <= whole.upper
    assert whole.lower <= c.upper
    assert whole.stopped == ""


@pytest.mark.filterwarnings("ignore::uat.NotProvenWarning")
@pytest.mark.parametrize("after", [0, 3, 11, 12, 13, 20, 100, 2000])
def test_an_interrupt_keeps_what_there_is(after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    p = uat.interpolate(np.sin, 0, 6, pieces=5000)
    at_every_ball(monkeypatch, ctrl_c_at(after))
    c = uat.certify(np.sin, p)
    assert c.stopped == "interrupt"
    assert c.proven == (after > 0)
    assert c.upper >= 1.8e-7
    assert c.lower <= 1.8001e-7


def interrupting(f: Callable[[Any], Any], after: int) -> Callable[[Any], Any]:
    press = ctrl_c_at(after)

    def g(x: Any) -> Any:
        press()
        return f(x)

    return g


def test_an_interrupt_while_samples_are_taken() -> None:
    with pytest.warns(uat.NotProvenWarning):
        c = uat.certify(interrupting(lambda x: float(np.sin(x)), 40), uat.interpolate(np.sin, 0, 6, pieces=50))
    assert (c.proven, c.stopped, c.status) == (False, "interrupt", "estimated")


@pytest.mark.parametrize("g", [uat.interpolate(np.sin, 0, 6, pieces=50), wide(3.0)])
def test_an_interrupt_before_there_are_pieces(g: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from uat.bounds import cells

    monkeypatch.setattr(cells, "size_of", interrupting(cells.size_of, 0))
    with pytest.warns(uat.NotProvenWarning, match="interrupted before anything was proven"):
        c = uat.certify(np.sin, g, (0, 3))
    assert (c.proven, c.stopped, c.status) == (False, "interrupt", "estimated")


# ------------------------------------------------------------------------------------------------------ no number


@pytest.mark.filterwarnings("ignore::uat.NotProvenWarning")
@pytest.mark.parametrize("norm", ["sup", "L1", "L2"])
@pytest.mark.parametrize(
    ("f", "value"),
    [
        ("1/x", "f(0.0) = inf"),
        ("log(x)", "f(0.0) = -inf"),
        ("arctanh(1 - x)", "f(0.0) = inf"),
        ("sqrt(x - 0.5)", "f(0.0) = nan"),
        (lambda x: x * np.nan, "f(0.0) = nan"),
        ("x**-0.5", "f(0.0) = inf"),
    ],
)
def test_what_has_no_value_has_no_distance(f: Any, value: str, norm: str) -> None:
    c = uat.certify(f, (0.0, 0.0), (0, 1), norm=norm)
    assert (c.status, c.error, c.proven) == ("unknown", math.inf, False)
    assert "estimated" not in str(c)
    assert "is unknown" in str(c)
    assert value in c.note
    assert uat.Certificate.from_dict(c.to_dict()) == c


def test_a_pole_inside_is_seen_to_be_large() -> None:
    with pytest.warns(uat.NotProvenWarning):
        c = uat.certify("1/(x - 0.3)", (0.0, 0.0), (0, 1))
    assert c.status == "estimated"
    assert c.lower > 1e6


# --------------------------------------------------------------------------------------------- cells made when asked


def test_a_million_pieces_are_no_work_before_they_are_looked_at() -> None:
    p = uat.PiecewiseAffine(np.linspace(0, 1, 10**6 + 1), np.linspace(0, 1, 10**6 + 1) ** 2)
    cells = cells_of(p, (0.25, 0.75), [0.5, 0.3])
    assert len(cells) >= 500_000
    first, last = cells[0], cells[-1]
    assert (first.low, last.high) == (0.25, 0.75)
    cut = int(np.searchsorted(cells.low, 0.3))
    assert cells[cut].low == 0.3
    assert float(cells[cut].at(0.3)) == pytest.approx(0.09, abs=1e-12)


def test_kinks_that_share_their_float_are_put_in_order_exactly() -> None:
    """-b/w = 1/3 in three ways, twice with the same rational, once a little beside it."""
    net = uat.ReluNet([3.0, 6.0, 3.0000000000000004], [-1.0, -2.0, -1.0], [1.0, -0.5, 1.0])
    cells = cells_of(net, (0.0, 1.0), deadline=Deadline())
    assert len(cells) == 3
    assert float(cells[2].at(1.0)) == pytest.approx(float(net(1.0)))
    assert float(cells[0].at(0.0)) == 0.0
    assert all(cell.low < cell.high for cell in cells)


def test_the_range_of_the_rest_is_had_however_late_it_is() -> None:
    run = FormulaOnBalls(uat.Formula("sin(x)"), Deadline(-1))
    cells = cells_of((0.0, 0.0), (0.0, 3.0), [1.0, 2.0])
    assert 1 <= largest_by_stretches(run, cells) <= 1.01
    assert run.deadline.passed()
    assert largest_by_stretches(run, cells[:0]) == 0.0
    run.deadline = Deadline()
    assert largest_by_stretches(run, cells[:1]) <= 0.85
