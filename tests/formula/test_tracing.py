"""Code becomes a formula: it computes what the code computes, both ways at branches, or a sentence says why not."""

from __future__ import annotations

import contextlib
import math
import pickle
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st

import uat
from uat import Formula, InputError
from uat.formula.tracing import MOST_PATHS, NotTracedError, RefusedError

W, B, C = np.array([1.0, 2.0, 3.0]), np.array([0.1, -0.2, 0.3]), np.array([0.5, -0.25, 0.125])
MATRIX = np.arange(6.0).reshape(2, 3)


def nested(x: Any) -> Any:
    if x < 0.3:
        return -x
    if x < 0.6:
        if x > 0.5:
            return x * 2
        return np.sin(x)
    return x**2


def series(x: Any) -> Any:
    total = term = 1.0
    k = 1
    while True:
        term = term * x / k
        if abs(term) < 1e-17:
            return total
        total, k = total + term, k + 1


def bisection(halvings: int) -> Callable[[Any], Any]:
    def root(x: Any) -> Any:
        low, high = 0.0, 1.0
        for _ in range(halvings):
            middle = (low + high) / 2
            if middle * middle < x:
                low = middle
            else:
                high = middle
        return (low + high) / 2

    return root


def in_place(x: Any) -> Any:
    y = np.zeros_like(x)
    m = x > 0.5
    y[m] = np.sqrt(x[m])
    z = y
    y += 1
    return z


def saturating(x: Any) -> Any:
    y = 4 * x
    for _ in range(5):
        y = 1.0 if y > 1 else y
    return y


def guarded(x: Any) -> Any:
    if x < 0:
        raise ValueError("x must not be negative")
    return np.sqrt(x)


def chained(x: Any) -> Any:
    if 0 <= x < 0.25:
        return 1 - x
    elif 0.25 <= x < 0.5:  # noqa: RET505 - as people write it
        return 0.75 + 0 * x
    elif x >= 0.5:
        return 1.25 - x
    return None


TRACED: dict[str, Callable[[Any], Any]] = {
    "constant": lambda x: 3,
    "identity": lambda x: x,
    "float32": lambda x: np.float32(0.1) * x,
    "weights": lambda x: np.sum(C * np.maximum(W * x + B, 0)),
    "matrix": lambda x: MATRIX @ np.maximum(W * x + B, 0) @ np.array([1.0, 2.0]),
    "dot": lambda x: np.dot(C, np.tanh(W * x + B)) + np.vdot(C, x * W) + np.inner(W, x * C),
    "stack": lambda x: np.stack([x, 2 * x, x**2]).sum() + np.concatenate([x * W, W])[2],
    "moves": lambda x: (x * MATRIX).T.reshape(6)[::-1][1] + np.squeeze(np.atleast_1d(x * W)[:1]),
    "cumsum": lambda x: np.cumsum(x * W)[-1] + np.cumprod(x * W)[1],
    "extremes": lambda x: (x * W - B).max() - np.min(x * W + B) + np.mean(x * W) + np.linalg.norm(x * W),
    "piecewise": lambda x: np.piecewise(x, [x < 0.5, x >= 0.5], [lambda u: u, lambda u: 1 + 0 * u]),
    "piecewise, default": lambda x: np.piecewise(x, [x < 0.25], [2, lambda u: u * u]),
    "select": lambda x: np.select([x < 0.2, x < 0.6], [x, 2 * x], 3.0),
    "clip": lambda x: x.clip(0.2, 0.7) + np.clip(x, None, 0.5) + np.clip(x, 0.1, np.inf),
    "polyval": lambda x: np.polyval([1, 2, 3], x) + np.polyval([0.5], x),
    "round": lambda x: np.round(x, 1) + np.round(10 * x) + np.round(1000 * x, -1),
    "where integers": lambda x: np.where(x > 0.5, 2, 1) ** 2 * x - np.where(x > 0.5, 7, 1) // 2.0,
    "truths": lambda x: (x > 0.2) * (x < 0.8) + 1.0 * ((x > 0.1) ^ (x > 0.9)) + ((x > 0.3) + (x > 0.6)),
    "truth": lambda x: (x > 0.2) & ~(x > 0.8) | (x == 0.0),
    "where of truths": lambda x: np.where(np.where(x > 0.5, x > 0.7, x < 0.2), x, -x),
    "out": lambda x: np.multiply(x, 2, out=np.empty_like(x)),
    "out where": lambda x: np.sqrt(x, out=np.zeros_like(x), where=x > 0.5),
    "in place": in_place,
    "object array": lambda x: np.sin(np.asarray(x)) * 2,
    "vectorize": np.vectorize(lambda t: t if t > 0.5 else 1 - t),
    "special": lambda x: scipy.special.erf(x) + scipy.special.psi(x + 1) + scipy.special.xlogy(x, x + 1),
    "angles": lambda x: np.sin(np.deg2rad(100 * x)) + np.rad2deg(x) + np.hypot(x, 1) + np.arctan2(x, 2),
    "modulo": lambda x: (7 * x) % 2 + (7 * x) // 2 + np.fmod(5 * x, 2) + np.heaviside(x - 0.5, 0.5),
    "astype": lambda x: (x > 0.5).astype(float) + np.square(x) + np.reciprocal(x + 1) + +x,
    "nested": nested,
    "series": series,
    "bisection": bisection(6),
    "saturating": saturating,
    "guarded": guarded,
    "chained": chained,
    "if else": lambda x: -x if x < 0.5 else np.sqrt(x),
    "min and max": lambda x: min(max(x, 0.2), 0.7),
    "all and any": lambda x: x if np.all(x >= 0) and not np.any(x > 2) else -x,
    "sorted by hand": lambda x: sorted([x, 0.3, 0.6])[1],
    "truth of a number": lambda x: 1 / x if x else 0.0,
}
POINTS = np.array([0.0, 0.1, 0.25, 0.3, 0.5, 0.6, 0.77, 1.0])


def by_code(f: Callable[[Any], Any]) -> Any:
    """The code itself: on the array where it gives as many numbers, else one by one."""
    with contextlib.suppress(Exception), np.errstate(all="ignore"):
        values = np.asarray(f(POINTS.copy()))
        if values.shape == POINTS.shape:
            return values.astype(float)
    return np.array([float(f(float(x))) for x in POINTS])


@pytest.mark.parametrize("name", TRACED)
def test_a_trace_computes_what_the_code_computes(name: str) -> None:
    f = TRACED[name]
    formula = Formula.trace(f, (0, 1))
    # sums may be taken in another order, and Python's power of a number is not NumPy's of an array
    np.testing.assert_allclose(formula(POINTS), by_code(f), rtol=1e-15, atol=1e-15)
    assert Formula(str(formula)) == formula
    assert Formula.trace(formula, (0, 1)) == formula  # code that is a formula shows it


@pytest.mark.parametrize("name", ["float32", "clip", "in place", "special", "select", "where integers", "round"])
def test_elementwise_code_is_met_to_the_last_bit(name: str) -> None:
    x = np.linspace(0, 1, 1001)
    assert np.array_equal(Formula.trace(TRACED[name], (0, 1))(x), TRACED[name](x.copy()))


WHERE: list[tuple[Callable[[Any], Any], str]] = [
    (nested, "where(x < 0.5, -x, where(x < 0.75, x*2, x**2))"),
    (lambda x: -x if x < 0 else np.sqrt(x), "where(x < 0, -x, sqrt(x))"),
    (guarded, "given(~(x < 0), sqrt(x))"),
    (lambda x: x if x > -1 else np.log(x), "given(x > -1, x)"),
    (lambda x: x * (x > 0.5), "x*where(x > 0.5, 1, 0)"),
    (lambda x: 0.1 * x + 0.5, "hex('0x1.999999999999ap-4')*x + 0.5"),
    (lambda x: np.sin(x) * np.sin(x), "t1 = sin(x); t1*t1"),
    (saturating, "where(4*x > 1, 1, 4*x)"),
    (lambda x: (x > 0) & (x < 0.5), "where((x > 0) & (x < 0.5), 1, 0)"),
    (lambda x: 2.0 if abs(x) < 5 else np.nan, "given(abs(x) < 5, 2)"),
]


@pytest.mark.parametrize(("f", "text"), WHERE[1:], ids=lambda value: value if isinstance(value, str) else "")
def test_what_a_trace_shows(f: Callable[[Any], Any], text: str) -> None:
    assert Formula.trace(f, (0 if f is guarded else -0.875, 1)) == Formula(text)


KEPT: list[Any] = []


def newton(x: Any) -> Any:
    y = 1.0
    while abs(y * y - x) > 1e-12:
        y = 0.5 * (y + x / y)
    return y


def modulo(x: Any) -> Any:
    while x > 0.001:
        x = x - 0.001
    return x


@pytest.mark.parametrize("f", [newton, modulo])
def test_loops_of_too_many_paths_are_named_within_a_second(f: Callable[[Any], Any]) -> None:
    started = time.process_time()
    with pytest.raises(NotTracedError, match=f"make more than {MOST_PATHS} paths"):
        Formula.trace(f, (0.5, 2))
    assert time.process_time() - started < 2


def test_a_long_loop_with_a_way_out_is_traced_in_seconds() -> None:
    def f(x: Any) -> Any:
        y = 1.0
        for _ in range(150):
            better = 0.5 * (y + x / y)
            if better == y:
                break
            y = better
        return y

    started = time.process_time()
    assert Formula.trace(f, (0.5, 2))(2.0) == f(2.0)
    assert time.process_time() - started < 10


def keeps(x: Any) -> Any:
    KEPT.append(x)
    return KEPT[0] + x


def swallows(x: Any) -> Any:
    try:
        return x + float(x)
    except TypeError:
        return x
    except InputError:
        return 2 * x


def writes(x: Any) -> Any:
    x += 1
    return x


def writes_a_view(x: Any) -> Any:
    y = x[...]
    y *= 2
    return x


def endless(x: Any) -> Any:
    while x > -1:
        x = x + 1
    return x


def endless_without_a_question(x: Any) -> Any:
    while True:
        x = np.sin(x)


NOT_TRACED: list[tuple[Callable[[Any], Any], str]] = [
    (lambda x: math.sin(x), r"float\(x\) or a function of `math`, which needs one number; write np\.sin for math\.sin"),
    (lambda x: float(x), r"float\(x\)"),
    (lambda x: int(x), r"int\(x\).*write np\.floor or np\.trunc"),
    (lambda x: round(x), r"round\(x\).*write np\.round"),
    (lambda x: math.floor(x), r"write np\.floor"),
    (lambda x: len(x), r"len\(x\), which depends on how many points"),
    (lambda x: x.shape, "the shape of x"),
    (lambda x: x[0], "takes x apart"),
    (lambda x: [1, 2, 3][x], "an index that depends on x"),
    (lambda x: {0.5: 1.0}[x], "a key of a dictionary that depends on x"),
    (lambda x: None, "returns nothing, not one number"),
    (lambda x: "a", "returns a str, not one number"),
    (lambda x: (x, x), "returns a tuple"),
    (lambda x: x * W, r"returns an array of shape \(3,\) for one number"),
    (lambda x: 1j * x, "a complex beside x"),
    (lambda x: scipy.special.jv(0, x), "no rule for jv"),
    (lambda x: np.sort(np.stack([x, 1 - x]))[0], "it sorts"),
    (lambda x: np.median(x * W), "statistics"),
    (lambda x: np.frexp(x)[0], "no rule for frexp"),
    (lambda x: x.astype(np.float32), "casts floats to float32"),
    (lambda x: np.sin(x, dtype=np.float32), "dtype="),
    (lambda x: np.sin(x > 0), "computes sin in float16"),
    (lambda x: (x > 0) * np.int8(100) * np.int8(2), "in int8"),
    (lambda x: np.where(x > 0, 7, 1) // 2, "floor_divide of integers"),
    (lambda x: np.where(x > 0, 2, 1) ** 60, r"may exceed 2\*\*53"),
    (lambda x: -(x > 0), "no negative of truth values"),
    (lambda x: np.floor(x) & 1, "of numbers"),
    (lambda x: np.where(x > 0, x, np.array([1.0, 2.0]))[0] + np.where(x)[0], "indices|comparison"),
    (lambda x: np.sqrt(x, where=x > 0), "without out="),
    (lambda x: np.add(x, 1, out=np.zeros(())), "into an array of numbers"),
    (lambda x: np.ma.masked_array([1.0, 2.0], [0, 1]) * x, "masked|Masked"),
    (keeps, "keeps a traced number|traced numbers of two calls"),
    (swallows, r"float\(x\)"),
    (endless, "in a loop that does not end"),
    (endless_without_a_question, "a loop that does not end"),
    (bisection(50), f"make more than {MOST_PATHS} paths"),
    (lambda x: 1 / 0, "raised ZeroDivisionError"),
    (lambda x: (x * W)[x * W < 0.3].sum(), "with such an index"),
    (lambda x: np.stack([x, 2 * x], out=np.zeros(2))[1], "np.stack into another array or type"),
    (lambda x: np.stack([x, 2 * x], dtype=np.float32)[1], "np.stack into another array or type"),
    (lambda x: (x * np.ones(10**7)).sum(), "arrays have more than 500000 entries in all"),
    (lambda x: np.outer(x * np.ones(3000), np.ones(3000)).sum(), "arrays have more than 500000 entries in all"),
    (lambda x: np.cumsum(x * W, dtype=np.float32)[1], "reduces into another array or type"),
    (lambda x: np.dot(x * W, W, out=np.zeros(())), "no rule for np.dot with such arguments"),
]


@pytest.mark.parametrize(("f", "sentence"), NOT_TRACED, ids=range(len(NOT_TRACED)))
def test_what_cannot_be_followed_is_named(f: Callable[[Any], Any], sentence: str) -> None:
    with contextlib.suppress(NotTracedError):
        if f is keeps:
            f_once = KEPT.clear()
            assert f_once is None
            Formula.trace(keeps, (0, 1))
    start = time.process_time()
    with pytest.raises(NotTracedError, match=sentence) as error:
        Formula.trace(f, (0, 1))
    assert str(error.value).startswith("`f` cannot be traced: ")
    assert time.process_time() - start < 30  # an endless loop ends


@pytest.mark.parametrize(
    ("f", "sentence"),
    [
        (lambda x: x / np.max(x), "a maximum over all its points"),
        (lambda x: x - np.mean(x), "a sum or a mean over all its points"),
        (lambda x: x.sum(), "a sum or a mean"),
        (lambda x: np.diff(x), "differences between its points"),
        (lambda x: np.cumsum(x), "over all its points"),
        (lambda x: np.atleast_1d(x)[np.atleast_1d(x) < 0.3].sum(), "a sum or a mean"),
        (writes, "changes its argument in place"),
        (writes_a_view, "changes its argument in place"),
        (lambda x: np.exp(x, out=x), "changes its argument in place"),
    ],
)
def test_what_is_no_function_of_one_number_is_refused(f: Callable[[Any], Any], sentence: str) -> None:
    with pytest.raises(RefusedError, match=sentence) as error:
        Formula.trace(f, (0, 1))
    assert str(error.value).startswith("`f` must be a function of one number, but ")


def test_a_choice_by_a_number_asks_whether_it_is_0() -> None:
    assert Formula.trace(lambda x: np.where(x, 1.0 + x, 2.0), (0, 1)) == Formula("where(x != 0, 1 + x, 2)")


def root_with_a_gap(x: Any) -> Any:
    with np.errstate(invalid="ignore"):
        return np.sqrt(np.abs(x - 0.3) - 1e-9)  # nan beside 0.3


def by_branches(x: Any) -> Any:
    t = root_with_a_gap(x)
    if t < 1:
        return x
    return x if t >= 1 else 5.0


@pytest.mark.parametrize(
    "choose",
    [
        lambda x, t: np.select([(t < 1) | (t >= 1)], [x], 5.0),
        lambda x, t: np.select([t < 1, t >= 1], [x, x], 5.0),
        lambda x, t: np.piecewise(x, [t < 1, t >= 1], [lambda y: y, lambda y: y, 5.0]),
        lambda x, t: by_branches(x),
    ],
)
def test_a_choice_without_a_third_case_still_asks_whether_there_is_a_number(choose: Any) -> None:
    def f(x: Any) -> Any:
        return choose(x, root_with_a_gap(x))

    formula = Formula.trace(f, (0, 1))
    assert float(f(np.float64(0.3))) == 5.0
    assert "sqrt" in str(formula)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises((InputError, uat.NotProvenWarning)):
            uat.certify(f, uat.interpolate("x", 0, 1, pieces=2))


@pytest.mark.parametrize(
    ("f", "text"),
    [
        (lambda x: min(np.inf, x), "x"),
        (lambda x: min(np.inf, np.log(x)), "t1 = log(x); given(t1*0 == 0, t1)"),
        (lambda x: np.add(x > 0.3, x > 0.3, dtype=float), "t1 = where(x > hex('0x1.3333333333333p-2'), 1, 0); t1 + t1"),
        (lambda x: np.sum(np.stack([x > 0.5, x > 0.5]), dtype=float), "t1 = where(x > 0.5, 1, 0); t1 + t1"),
        (lambda x: (x * W).reshape(3, 1).transpose(1, 0)[0, 1], "x*2"),
        (lambda x: (x * W).reshape((1, 3)).transpose()[2, 0], "x*3"),
        (lambda x: x + 10**30, "x + hex('0x1.93e5939a08ceap+99')"),
    ],
)
def test_what_a_trace_shows_at_the_rim_of_the_types(f: Callable[[Any], Any], text: str) -> None:
    assert str(Formula.trace(f, (0.25, 1))) == text


def test_infinity_is_a_bound_of_numbers_only() -> None:
    formula = Formula.trace(lambda x: np.where(np.maximum(np.sqrt(x), np.inf) > 0, x, 5.0), (-1, 1))
    assert formula(-0.5) == 5.0
    assert Formula.trace(lambda x: np.clip(x, -np.inf, np.inf), (-1, 1)) == Formula("x")


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.where(x > 0.5, np.nan, x),
        lambda x: np.where(x > 0.5, -np.inf, x) + np.where(x > 2, float("nan"), np.inf),
        lambda x: x * True + x,
    ],
)
def test_what_is_no_number_is_printed_and_reads_back(f: Callable[[Any], Any]) -> None:
    formula = Formula.trace(f, (0, 1))
    assert Formula(str(formula)) == formula == pickle.loads(pickle.dumps(formula))


def test_hidden_state_at_a_branch_is_seen() -> None:
    calls: list[int] = []

    def f(x: Any) -> Any:
        calls.append(1)
        return x if x > 0.1 * len(calls) else -x

    with pytest.raises(NotTracedError, match="branches otherwise when it is run again"):
        Formula.trace(f, (0, 1))


def test_a_memo_by_text_or_identity_meets_another_number_each_time() -> None:
    memo: dict[str, Any] = {}

    def f(x: Any) -> Any:
        if str(x) not in memo:
            memo[str(x)] = np.exp(x)
        return memo[str(x)]

    assert Formula.trace(f, (0, 1)) == Formula("exp(x)")
    assert Formula.trace(f, (1, 2)) == Formula("exp(x)")


def test_long_graphs() -> None:
    def f(x: Any) -> Any:
        for _ in range(2000):
            x = np.sin(x) * 0.999
        return x

    formula = Formula.trace(f, (0, 1))
    assert len(formula.nodes) == 4002
    assert Formula(str(formula)) == formula
    assert formula(0.5) == pytest.approx(f(0.5), rel=1e-12)
    assert len(formula.to_latex()) > 4000


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_ladders_of_branches(steps: list[float], random: Any) -> None:
    """If, elif, ... at random places, in random order, with values by the place: the path that Python takes."""
    values = [random.randrange(10) for _ in steps]

    def f(x: Any) -> Any:
        for step, value in zip(steps, values, strict=True):
            if x < step:
                return value + 0 * x
        return -x

    formula = Formula.trace(f, (0, 1))
    for x in [0.0, 1.0, *steps, *(np.nextafter(s, 2) for s in steps)]:
        if x <= 1:
            assert formula(x) == f(x)
