"""What f remembers, by whatever key, yields no false proof: it shows a formula, and floats are held against it."""

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

import uat
from tests.bounds.test_refusals import certified

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
def test_a_key_is_refused_or_of_this_call_only(name: str) -> None:
    """A text or a copy of x changes nothing that f computes."""

    def asks(x: Any) -> Any:
        KEYS[name](x)
        return 1.0 * x

    def catches(x: Any) -> Any:
        with contextlib.suppress(Exception):
            KEYS[name](x)
        return 1.0 * x

    shown = []
    for f in (asks, catches):
        try:
            shown.append(uat.Formula.trace(f, (0, 1)))
        except uat.InputError:
            shown.append(None)
    assert set(shown) <= {None, uat.Formula("1*x")}


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
def test_what_f_remembers_of_one_call_is_nothing_at_the_next(key: Any, of: Any) -> None:
    g = uat.PiecewiseAffine([-1.0, 0.0, 1.0], [0.0, 0.0, 0.0])
    f = remembering(key, of)
    for domain in ((-1, 1), (-1, 0.25), (0.25, 1)):
        certified(f, g, domain, rel=0.1)
