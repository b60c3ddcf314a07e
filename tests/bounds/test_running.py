"""What is believed of a user's function: how far floats may differ from balls, and at how many probes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from flint import arb

import uat
from uat.bounds.intervals import Interval
from uat.bounds.jets import Jet
from uat.bounds.precision import working_precision
from uat.bounds.running import _PROBES, FunctionOnBalls, NotProvableError, real_at, same


@pytest.fixture(autouse=True)
def precision() -> Iterator[None]:
    with working_precision(64):
        yield


def two_faced(on_balls: Callable[[Any], Any], on_floats: Callable[[Any], Any]) -> FunctionOnBalls:
    return FunctionOnBalls(lambda x: on_floats(x) if isinstance(x, (float, np.ndarray)) else on_balls(x))


@pytest.mark.parametrize("scale", [1.0, 1e-6, 1e9, -1.0])
@pytest.mark.parametrize(("a", "b"), [(0.0, 1.0), (-3.0, 5.0)])
def test_floats_may_differ_by_noise_of_the_largest_value_only(scale: float, a: float, b: float) -> None:
    size = max(abs(2 + np.sin(a + (b - a) * p)) for p in _PROBES) * abs(scale)
    for apart, believed in ((0.5e-9, True), (1.5e-9, False), (-0.5e-9, True), (-1.5e-9, False), (1.0, False)):
        run = two_faced(
            lambda x: scale * (2 + np.sin(x)), lambda x, d=apart * size: scale * (2 + np.sin(np.asarray(x))) + d
        )
        doubt = run.distrust(a, b)
        assert (doubt == "") == believed
        if not believed:
            place = a + (b - a) * _PROBES[0]
            assert doubt.startswith(f"f on floats and f on balls are different functions: at x = {place!r} ")


@pytest.mark.parametrize("probe", range(5))
def test_every_probe_counts(probe: int) -> None:
    place = _PROBES[probe]
    run = two_faced(lambda x: x + 1, lambda x: np.asarray(x) + 1 + 1e-3 * (np.asarray(x) == place))
    assert f"at x = {place!r} " in run.distrust(0.0, 1.0)


def test_what_floats_lose_is_forgiven_at_two_probes_of_five_not_at_three() -> None:
    """(2^40 + x) - 2^40 may be off by 2^-13 times a factor in floats: more than a thousandth, and no contradiction."""
    for lost in range(6):
        ends = [*_PROBES, 2.0]
        run = two_faced(
            lambda x: (2.0**40 + x) - 2.0**40, lambda x, t=ends[lost]: np.asarray(x) + 0.004 * (np.asarray(x) < t)
        )
        doubt = run.distrust(0.0, 1.0)
        assert (doubt == "") == (lost <= 2)
        if doubt:
            assert doubt.startswith("f on floats and f on balls are different functions: it treats arrays apart")
    run = two_faced(lambda x: (2.0**40 + x) - 2.0**40, lambda x: np.asarray(x) + 0.02)
    assert "at x = " in run.distrust(0.0, 1.0)  # more than the roundings explain


def test_a_value_where_floats_have_none_is_not_believed() -> None:
    run = two_faced(lambda x: x + 1, lambda x: np.where(np.asarray(x) > 0.9, np.nan, np.asarray(x) + 1))
    assert run.distrust(0.0, 1.0) == "f on floats and f on balls are different functions: f(0.9463) is nan"
    run = two_faced(lambda x: np.log(x - 1), lambda x: np.full_like(x, np.nan))
    assert run.distrust(0.0, 1.0) == ""  # neither has any


def test_places_where_floats_know_nothing_are_passed_over() -> None:
    run = two_faced(lambda x: x + 1, lambda x: np.where(np.asarray(x) < 0.5, np.inf, np.asarray(x) + 1))
    assert run.distrust(0.0, 1.0) == ""
    run = two_faced(lambda x: x + 1, lambda x: np.full_like(x, np.inf))
    assert run.distrust(0.0, 1.0) == ""
    run = two_faced(lambda x: np.log(x - 0.5), lambda x: np.log(np.abs(np.asarray(x) - 0.5)))
    assert run.distrust(0.0, 1.0) == ""  # without an enclosure on the left half there is nothing to compare
    run = two_faced(lambda x: np.log(x - 0.5), lambda x: np.log(np.abs(np.asarray(x) - 0.5)) + 1e-3)
    assert "at x = 0.5772 " in run.distrust(0.0, 1.0)


def test_two_calls_that_differ() -> None:
    calls = [0]

    def f(x: Any) -> Any:
        calls[0] += 1
        return x + calls[0]

    assert "two calls at x = 0.0873 differ" in FunctionOnBalls(f).distrust(0.0, 1.0)


def test_same_ball() -> None:
    third, nan = arb(1) / 3, arb.nan()
    assert same(third, arb(1) / 3)
    assert same(nan, nan)
    assert same(arb("inf"), nan)
    for one, other in ((third, nan), (nan, third), (arb(1), arb(1, 1e-3)), (arb(1), arb(2)), (arb(1, 1), arb(2, 1))):
        assert not same(one, other)


def test_where_reality_is_put_to_the_test() -> None:
    points = real_at(-1.0, 3.0, np.array([-2.0, -1.0, 0.123, 3.0, 4.0])).tolist()
    assert points[0] == -1.0
    assert points[-1] == 3.0
    assert {0.123, 1.0} <= set(points)
    assert len(points) == 1025 + 1
    assert points == sorted(points)


def test_a_nan_is_a_sentence() -> None:
    run = FunctionOnBalls(lambda x: np.where(np.asarray(x) == 0.25, np.nan, x))
    assert run.unreal(np.array([0.0, 0.5])) == ""
    assert run.unreal(np.array([0.0, 0.25, 0.5])) == "f is not real on the domain: f(0.25) is nan"


@pytest.mark.parametrize(
    ("f", "values"),
    [
        (lambda x: 2 * x, [0.0, 1.0, 2.0]),
        (lambda x: 2 * float(x), [0.0, 1.0, 2.0]),
        (lambda x: np.asarray(2 * x).astype(int), [0.0, 1.0, 2.0]),
        (lambda x: np.asarray(x) > 0.25, [0.0, 1.0, 1.0]),
        (lambda x: 1.5, [1.5, 1.5, 1.5]),
        (lambda x: (2 * x).tolist() if isinstance(x, np.ndarray) else 2 * x, [0.0, 1.0, 2.0]),
        (lambda x: (-1.0) ** x if isinstance(x, float) else [][0], [1.0, np.nan, -1.0]),
        (lambda x: 1 / x if isinstance(x, float) else [][0], [np.inf, 2.0, 1.0]),
        (lambda x: x.c0, [np.inf] * 3),
        (lambda x: np.repeat(x, 2), [0.0, 0.5, 1.0]),
        (lambda x: x[:1] + 0, [0.0, 0.5, 1.0]),
    ],
)
def test_f_in_floats(f: Any, values: list[float]) -> None:
    np.testing.assert_array_equal(FunctionOnBalls(f)._float_values([0.0, 0.5, 1.0]), values)


def test_values_and_ranges() -> None:
    root = FunctionOnBalls(np.sqrt)
    assert root.value(0.0).is_zero()  # by the range: the slope is infinite there
    assert not root.jet(arb(0)).c1.is_finite()
    assert (root.interval(0.0, 4.0).low, root.interval(0.0, 4.0).high) == (0, 2)
    assert root.reason == ""
    assert not root.value(-1.0).is_finite()
    assert root.reason == "sqrt of a number outside its domain"
    branch = FunctionOnBalls(lambda x: x if x > 0.5 else -x)
    assert not branch.interval(0.0, 1.0).low.is_finite()
    assert "Python branches on `>`" in branch.reason
    for part in (branch.jet(arb(0.5, 0.5)).c0, branch.jet(arb(0.5, 0.5)).c1, branch.jet(arb(0.5, 0.5)).c2):
        assert not part.is_finite()
    assert branch.value(0.75) == 0.75
    assert branch.value(0.25) == -0.25


@pytest.mark.parametrize(
    ("f", "sentence"),
    [
        (lambda x: 0.5, "plain number"),
        (lambda x: 3, "plain number"),
        (lambda x: np.float32(1), "plain number"),
        (lambda x: [x], "f gave a list for a ball"),
        (lambda x: np.array([x, x]), "f gave a ndarray for a ball"),
        (lambda x: Interval(arb(0), arb(1)) if isinstance(x, Jet) else Jet(arb(0)), "a ball that it was not given"),
        (lambda x: [][1], "f raised IndexError on a ball"),
    ],
)
def test_what_is_no_ball(f: Any, sentence: str) -> None:
    run = FunctionOnBalls(f)
    with pytest.raises(NotProvableError, match=sentence):
        run.jet(arb(0.5))
    with pytest.raises(NotProvableError, match=sentence):
        run.interval(0.25, 0.5)


def test_what_is_unwrapped() -> None:
    for f in (lambda x: np.array([x], dtype=object), lambda x: np.array([[2 * x]], dtype=object) / 2):
        run = FunctionOnBalls(f)
        assert run.value(0.5) == 0.5
        assert run.interval(0.25, 0.5).high == 0.5
    truth = FunctionOnBalls(lambda x: x > 0.25)
    assert truth.value(0.5) == 1
    assert uat.certify(lambda x: x > 0.25, (0.0, 0.5), (0, 1)).upper <= 0.5 * 1.01


class GivesUp(BaseException):
    pass


@pytest.mark.parametrize(
    ("error", "said"),
    [(SystemExit(4), "SystemExit: 4"), (GeneratorExit(), "GeneratorExit"), (GivesUp("a"), "GivesUp: a")],
)
def test_an_f_that_ends_the_program_does_not_end_it_mutely(error: BaseException, said: str) -> None:
    def f(x: Any) -> Any:
        raise error

    def for_numbers(x: Any) -> Any:
        if isinstance(x, (float, np.ndarray)):
            return x
        raise error

    with pytest.warns(uat.NotProvenWarning, match=f"f raised {type(error).__name__} on a ball") as caught:
        c = uat.certify(for_numbers, (0, 0), (0, 1))
    assert c.lower == 1
    for job in (lambda: uat.approximate(f, (0, 1), tol=1), lambda: uat.certify(f, (0, 0), (0, 1), lipschitz=1)):
        with pytest.raises(uat.InputError, match=rf"^`f` must be defined .* but f\(0.0\) raised {said}$"):
            job()
    with pytest.raises(uat.InputError, match=f"but modulus\\(1.0\\) raised {said}"):
        uat.certify(for_numbers, (0, 0), (0, 1), modulus=f)
    assert len(caught) == 1


def test_ctrl_c_in_f_stays_ctrl_c() -> None:
    def f(x: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        uat.approximate(f, (0, 1), tol=1)


def looking(values: dict[float, float], f: Any, off: float) -> FunctionOnBalls:
    """A function whose floats are off by so much from what it was at these places on balls."""
    run = two_faced(f, lambda x: np.array([values[t] + off for t in np.atleast_1d(x).tolist()]))
    for x, value in values.items():
        run.look(x, arb(value))
    return run


def test_what_the_search_saw_is_compared_with_floats() -> None:
    """To 1e-9 of the largest value, and beyond what balls of float precision lose."""
    values = {0.25: 1.0, 0.5: 1e-9, 0.75: -2.0}
    exact = lambda x: x * 0 + 1  # noqa: E731
    for off in (0.0, 1e-10, -1e-10, 1.9e-9, -1.9e-9):
        assert looking(values, exact, off).contradicted() == ""
    for off in (2.1e-9, -2.1e-9, 3e-3, -3e-3, 5.0):
        assert "at x = 0.25 " in looking(values, exact, off).contradicted()
    coarse = lambda x: (1e15 + x / 7) - 1e15  # noqa: E731 - floats lose a tenth of it, and so do such balls
    assert looking(values, coarse, 3e-3).contradicted() == ""
    assert FunctionOnBalls(exact).contradicted() == ""


@pytest.mark.parametrize("places", [5, 1024, 3000, 100_000])
@pytest.mark.parametrize("wrong", [lambda x: x >= 0.99, lambda x: x < 0.01, lambda x: abs(x - 0.5) < 0.005])
def test_looks_are_spread_over_the_whole_search(places: int, wrong: Any) -> None:
    """A difference at one place in a hundred is found wherever it is; and one at the place of the lower end alone."""
    run = two_faced(lambda x: x * 1.0, lambda x: np.asarray(x) + wrong(np.asarray(x)))
    for x in np.linspace(0, 1, places).tolist():
        run.look(x, arb(x))
    assert min(places, 1024) <= len(run.looked) <= 2048
    assert run.contradicted() != ""
    run = two_faced(lambda x: x * 1.0, lambda x: np.asarray(x) + (np.asarray(x) == 0.7))
    for x in np.linspace(0, 0.5, 3000).tolist():
        run.look(x, arb(x))
    assert run.contradicted(0.3) == ""
    assert "at x = 0.7" in run.contradicted(0.7)
