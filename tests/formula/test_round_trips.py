"""Texts, graphs and code say the same: what is printed reads back, what a formula shows on the tracer is itself."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import uat
from tests.formula.test_tracing import bisection, nested
from tests.random_formulas import drawn
from uat import Formula


def round_trips(seed: int) -> str:
    """What differs; empty if nothing does."""
    f, _ = drawn(seed)
    try:
        read = Formula(f.text)
    except uat.InputError:  # a part without x that is undefined
        return ""
    bare = Formula._made(read.nodes, read.variables)  # without the text that was typed
    x = np.linspace(*f.domain, 17)
    for what, twin in (
        ("print", Formula(str(bare))),
        ("trace", Formula.trace(bare, f.domain)),
        ("pickle", pickle.loads(pickle.dumps(bare))),
    ):
        if twin != read or not np.array_equal(twin(x), read(x), equal_nan=True):
            return f"{what} of {f.text}: {twin}"
    try:
        shown = Formula.trace(f.code(), f.domain)
    except uat.InputError:
        return ""
    if Formula(str(shown)) != shown:
        return f"code of {f.text}: {shown}"
    with np.errstate(all="ignore"):
        values = np.broadcast_to(f.code()(x), x.shape)
    return "" if np.array_equal(shown(x), values, equal_nan=True) else f"code of {f.text} computes otherwise"


def test_random_formulas_print_trace_and_pickle_to_themselves() -> None:
    wrong = {seed: said for seed in range(1000) if (said := round_trips(seed))}
    assert not wrong, wrong


LADDERS: list[tuple[Any, Any]] = [
    (nested, lambda x: np.where(x < 0.3, -x, np.where(x < 0.6, np.where(x > 0.5, x * 2, np.sin(x)), x**2))),
    (lambda x: min(max(x, 0.2), 0.7), lambda x: np.where(x < 0.2, 0.2, np.where(x > 0.7, 0.7, x))),
    (lambda x: 0.2 if x < 0.2 else 0.7 if x > 0.7 else x, lambda x: np.where(x < 0.2, 0.2, np.where(x > 0.7, 0.7, x))),
    (
        bisection(6),
        lambda x: (np.floor(64 * np.sqrt(np.where(x > 0, x, 1))) + 0.5) / 64 * (x > 0) + (x <= 0) / 128,
    ),
]


@pytest.mark.parametrize(("branches", "where"), LADDERS[:3])
def test_branches_are_as_tight_as_where(branches: Any, where: Any) -> None:
    p = uat.interpolate(np.vectorize(branches), 0, 1, pieces=10)
    one, other = uat.certify(branches, p), uat.certify(where, p)
    assert one.proven
    assert one.upper == pytest.approx(other.upper, rel=1e-6)
    assert one.lower == pytest.approx(other.lower, rel=1e-6)


def test_a_bisection_loop_is_the_staircase_that_it_is() -> None:
    """Six halvings give the middle of a cell of 1/64: within 1/128 of the root, and no nearer where cells meet."""
    c = uat.certify(bisection(6), uat.interpolate(lambda x: np.sqrt(x), 0, 1, pieces=4096))
    assert c.proven
    assert 1 / 128 <= c.upper <= 1 / 128 + 1 / 256
    assert c.jump is not None
    assert c.jump.size <= 1 / 64


def test_numbers_that_are_none_are_recorded_too() -> None:
    f = Formula.trace(lambda x: np.where(x > 0, np.minimum(x, 2) - np.inf, x + np.nan), (-1, 1))
    assert Formula(str(f)) == f
    assert f(1.0) == -np.inf
    assert np.isnan(f(-1.0))
    assert Formula.trace(lambda x: np.where(x > 0, x, np.nan), (-1, 1)) == Formula("given(x > 0, x)")


def test_a_long_text_and_hostile_ones() -> None:
    text = "; ".join([f"t{k} = sin({'x' if k == 0 else f't{k - 1}'}) + {k}" for k in range(10_000)] + ["t9999"])
    formula = Formula(text)
    assert len(formula.nodes) > 29_000
    assert np.isfinite(formula(0.5))
    for hostile, said in (
        ("x" * 10**7, "at most 8000000 characters"),
        ("9**9**9", "overflows"),
        ("__import__('os').system('true')", "contains"),
        ("t = " + "sin(" * 150 + "x" + ")" * 150 + "; t", "nested"),
        ("t = x; " * 3 + "t", "twice"),
    ):
        with pytest.raises(uat.InputError, match=said):
            Formula(hostile)
