"""A ball is no key, and what f keeps of one call says nothing at the next: no memo yields a false proof."""

from __future__ import annotations

import contextlib
import copy
import json
import logging
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from flint import arb

import uat
from uat.bounds.balls import CALL
from uat.bounds.intervals import Interval
from uat.bounds.jets import Jet
from uat.bounds.running import FunctionOnBalls, NotProvableError

KEYS: dict[str, Callable[[Any], Any]] = {
    "str of the arguments": lambda x: str((x,)),
    "repr": repr,
    "ascii": ascii,
    "f-string": lambda x: f"{x}",
    "format": lambda x: f"{x:.20}",
    "percent": lambda x: "%s" % x,  # noqa: UP031 - what is tested
    "join": lambda x: ",".join(map(str, [x])),
    "array2string": lambda x: np.array2string(np.asarray(x)),
    "array_repr": lambda x: np.array_repr(np.asarray(x)),
    "text of an expression": lambda x: str(2 * x + 1),
    "text of a comparison": lambda x: str(x > 0.25),
    "text of a whole number": lambda x: str(np.where(x > 0.25, 2, 1)),
    "text of an array": lambda x: str(np.array([1.0, 2.0]) * x),
    "log record": lambda x: logging.LogRecord("a", 10, "f", 1, "%s", (x,), None).getMessage(),
    "json": lambda x: json.dumps([x], default=str),
    "hash": hash,
    "set": lambda x: frozenset({x}),
    "bytes": bytes,
    "tobytes": lambda x: x.tobytes(),
    "dumps": lambda x: np.asarray(x).dumps(),
    "pickle": pickle.dumps,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "reduce": lambda x: x.__reduce__(),
    "float": float,
    "round": lambda x: round(x, 3),
    "length": len,
    "entry": lambda x: x[0],
}


@pytest.mark.parametrize("name", KEYS)
def test_a_ball_is_no_key(name: str) -> None:
    """Refused where it is asked, and remembered: an f that catches the refusal is not believed either."""

    def asks(x: Any) -> Any:
        KEYS[name](x)
        return 1.0 * x

    def catches(x: Any) -> Any:
        with contextlib.suppress(Exception):
            KEYS[name](x)
        return 1.0 * x

    for f in (asks, catches):
        for kind in (lambda run: run.jet(arb(0.5, 0.125)), lambda run: run.interval(0.25, 0.5)):
            with pytest.raises(NotProvableError):
                kind(FunctionOnBalls(f))


def remembering(key: Callable[[Any], Any], of: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Of what f computes, the first under each key; floats are not remembered."""
    memo: dict[Any, Any] = {}

    def f(x: Any) -> Any:
        if isinstance(x, (float, np.ndarray)):
            return of(x)
        return memo.setdefault(key(x), of(x))

    return f


def spike(x: Any) -> Any:
    return np.exp(-1e6 * (x - 0.3) ** 2)


@pytest.mark.parametrize(
    "key",
    [
        str, id, lambda x: id(2 * x), lambda x: type(x), lambda x: bool(x > -9), lambda x: np.asarray(x).tobytes(),
        lambda x: "abc"[bool(x > -9)], lambda x: x < -9 or "right",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "of",
    [
        spike,
        lambda x: np.where(x < -0.9, spike(x), spike(-x)),
        lambda x: 1.0 * (x > 0.3) - 0.5,
        lambda x: 1 * (x > 0.3) + x,
        lambda x: (np.array([1.0, -1.0]) * spike(x))[0],
    ],
)
def test_what_f_remembers_of_one_ball_is_nothing_at_the_next(key: Any, of: Any) -> None:
    g = uat.PiecewiseAffine([-1.0, 0.0, 1.0], [0.0, 0.0, 0.0])
    with pytest.warns(uat.NotProvenWarning):
        assert not uat.certify(remembering(key, of), g).proven


def test_a_kept_ball_has_ended() -> None:
    kept: list[Any] = []

    def f(x: Any) -> Any:
        kept.extend([x, 2 * x, x > 0.25, np.where(x > 0.25, 2, 1)])
        return 3 * x

    run = FunctionOnBalls(f)
    assert run.value(0.5) == 1.5
    assert run.interval(0.5, 0.75).high == 2.25
    assert CALL.argument is None
    for x in kept:
        assert not x.c0.is_finite() if hasattr(x, "c0") else x.undefined()
    for made in (kept[2], kept[6]):
        assert made.decided is None
    later = FunctionOnBalls(lambda x: kept[5] + x)
    assert not later.interval(0.0, 1.0).low.is_finite()
    assert later.reason == "f uses a ball of an earlier call, or one that was changed in place under another name"


def test_a_call_inside_a_call_ends_its_own_balls_only() -> None:
    def outer(x: Any) -> Any:
        y = 2 * x
        assert FunctionOnBalls(lambda t: t + 1).value(0.25) == 1.25
        return y + x

    assert FunctionOnBalls(outer).value(0.5) == 1.5
    assert CALL.argument is None


def test_outside_of_a_call_a_ball_has_a_text() -> None:
    assert repr(Jet(arb(1), arb(2), arb(3))).startswith("Jet(c0=1.0")
    assert "low=0.5" in f"{Interval(arb(0.5), arb(1))}"
