"""Code and the formula that it showed are compared wherever the proof looks, as closely as floats allow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

import uat
from tests.on_balls import run_of
from uat.balls.consistency import real_at, refuse_contradiction, unreal
from uat.balls.precision import working_precision
from uat.given import Recorded, contradiction, floats_of_both, record, spread


def two_faced(shown: Callable[[Any], Any], on_floats: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: on_floats(x) if isinstance(x, (float, np.ndarray)) else shown(x)


@given(st.floats(-1, 1), st.floats(0.001, 0.5))
def test_what_differs_beyond_rounding_is_refused_where_it_is_looked_at(at: float, width: float) -> None:
    f = two_faced(np.sin, lambda x: np.sin(x) + 1e-12 * (abs(x - at) <= width))
    recorded = Recorded(f, uat.Formula("sin(x)"))
    with working_precision(64):
        run = run_of(np.sin)
        run.look(min(at + 2 * width, 2.0))
        refuse_contradiction(recorded, run)
        run.look(at)
        with pytest.raises(uat.InputError, match="does not give in floats what its formula gives"):
            refuse_contradiction(recorded, run)


@pytest.mark.parametrize(
    ("f", "formula"),
    [
        (lambda x: (1e15 + x / 7) - 1e15, "(1e15 + x/7) - 1e15"),  # floats lose a tenth of it, and balls of theirs too
        (lambda x: x * x * x, "x**3"),
        (lambda x: np.exp(x) * np.exp(-x) * x, "x*exp(x)*exp(-x)"),
        (
            lambda x: np.sum(np.sin(np.multiply.outer(np.arange(1.0, 20), x)), axis=0),
            "+".join(f"sin({k}*x)" for k in range(1, 20)),
        ),
    ],
)  # fmt: skip
def test_what_rounding_explains_is_forgiven(f: Any, formula: str) -> None:
    recorded = Recorded(f, uat.Formula(formula))
    with working_precision(64):
        run = run_of(recorded.formula)  # type: ignore[arg-type]
        for x in np.linspace(0.1, 3, 50):
            run.look(float(x))
        refuse_contradiction(recorded, run)


@pytest.mark.parametrize("places", [5, 1024, 3000, 100_000])
def test_looks_are_spread_over_the_whole_search(places: int) -> None:
    run = run_of(np.sin)
    for k in range(places):
        run.look(k / places)
    assert min(places, 1024) <= len(run.looked) < 2048
    gaps = np.diff([0.0, *run.looked, 1.0])
    assert gaps.max() <= 2.0 / min(places, 1024)


def test_at_the_door_random_numbers_and_state_are_refused() -> None:
    state = [0.0]

    def counting(x: Any) -> Any:
        state[0] += 1e-3
        return x + state[0]

    for f in (lambda x: x * np.random.default_rng().random(), counting, two_faced(np.sin, np.cos)):
        for door in (
            lambda f: uat.certify(f, (0.0, 0.0), (0, 1)),
            lambda f: uat.approximate(f, (0, 1), tol=0.1),
            lambda f: uat.narrowest(f, (0, 1), tol=0.1),
        ):
            with pytest.raises(uat.InputError, match=r"whenever and however it is called, but at x = [\d.]+ it"):
                door(f)


def test_digits_that_round_numbers_do_not_lose_are_missed_elsewhere() -> None:
    f = two_faced(lambda x: 2 * x, lambda x: 2 * np.float64(np.float32(x)) if np.ndim(x) == 0 else 2 * x)
    with pytest.raises(uat.InputError, match="does not give in floats what its formula gives"):
        uat.certify(f, uat.interpolate("2*x", 0, 1, pieces=8))


def test_another_function_for_arrays_or_for_numbers_is_refused() -> None:
    for f in (
        lambda x: x + (1.0 if isinstance(x, np.ndarray) else 0.0),
        lambda x: x + (1.0 if isinstance(x, float) else 0.0),
    ):
        with pytest.raises(uat.InputError, match="another branch for arrays"):
            record(f, (0.0, 1.0))


def test_code_that_takes_numbers_only_is_compared_by_numbers() -> None:
    def f(x: Any) -> Any:
        return -x if x < 0.25 else x - 0.5

    recorded = record(f, (0.0, 1.0))
    assert not recorded.takes_arrays
    both = floats_of_both(recorded, spread((0.0, 1.0)))
    assert len(both) == 66
    assert all(shown == coded for _, shown, coded in both)
    assert np.array_equal(recorded(np.array([0.0, 0.5])), [0.0, 0.0])


def test_a_formula_is_not_compared_with_itself() -> None:
    for f in (uat.Formula("sin(x)"), uat.target("sin"), "sin(x)"):
        recorded = record(f, (0.0, 1.0))
        assert recorded.code is None
        assert floats_of_both(recorded, [0.5]) == []


def test_a_black_box_has_a_reason_and_its_own_floats() -> None:
    def f(x: float) -> float:
        return float(x) ** 2

    recorded = record(f, (0.0, 1.0))
    assert recorded.formula is None
    assert "float(x)" in recorded.reason
    assert recorded(3.0) == 9.0
    with pytest.warns(uat.NotProvenWarning, match=r"cannot be traced: it calls float\(x\)"):
        assert not uat.certify(f, (0.0, 0.0), (0, 1)).proven


def test_where_reality_is_put_to_the_test() -> None:
    points = real_at(0.0, 1.0, np.array([-1.0, 0.3, 2.0]))
    assert (points[0], points[-1]) == (0.0, 1.0)
    assert 0.3 in points
    assert 0.5 in points
    root = Recorded(np.sqrt, uat.Formula("sqrt(x)"))
    run = run_of(np.sqrt)
    assert unreal(root, run, np.array([0.0, 0.5])) == ""
    assert unreal(root, run, np.array([0.0, 0.5, -0.25])) == "f is not real on the domain: f(-0.25) is nan"


def test_values_and_ranges() -> None:
    root = run_of(np.sqrt)
    assert root.value(0.0).is_zero()  # by the range: the slope is infinite there
    assert not root.jet(arb(0)).c1.is_finite()
    assert not root.value(-1.0).is_finite()
    assert root.reason == "sqrt of a number outside its domain"
    branch = run_of(lambda x: x if x > 0.5 else -x, (0.0, 1.0))
    assert branch.interval(0.0, 1.0).high == 1
    assert branch.value(0.25) == -0.25
    assert "x = 0.5" in str(contradiction(0.5))


@pytest.mark.parametrize("error", [SystemExit(3), ValueError("no"), RuntimeError("two\nlines")])
def test_an_f_that_raises_is_a_black_box_with_a_sentence(error: BaseException) -> None:
    def f(x: Any) -> Any:
        raise error

    with pytest.raises(uat.InputError, match=f"`f` cannot be traced: it raised {type(error).__name__}"):
        uat.Formula.trace(f, (0, 1))


def test_ctrl_c_in_f_stays_ctrl_c() -> None:
    def f(x: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        uat.Formula.trace(f, (0, 1))
