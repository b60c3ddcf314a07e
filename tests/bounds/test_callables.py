"""What people, and those who mean ill, write as f: never a bound below what f does.

Each trap does what it does near 0.3 only, away from the probes, so that nothing but the rules can refuse it. Of each
call it is asked that f on balls is refused, or encloses what f gives there in floats; and of the certificate, that it
is none, or that its upper end is no less than the largest float that was seen.
"""

from __future__ import annotations

import functools
import itertools
import os
import random
import secrets
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import mpmath
import numpy as np
import pytest
from flint import arb

import uat
from tests.on_balls import run_of
from uat.balls.precision import working_precision

W = np.array([1.0, 2.0, -3.0])
ZERO = uat.PiecewiseAffine([-1.0, 0.0, 1.0], [0.0, 0.0, 0.0])
NEAR = (0.3, 0.3 + 4e-7, 0.3 - 4e-7, -0.9, 0.77)
EIGHT = np.array([100, 100, 100], np.int8)


def near(x: Any) -> Any:
    return abs(x - 0.3) < 1e-6


def rows(x: Any) -> Any:
    """Truth values, three of them, whatever the shape of x."""
    return near(x * np.ones(3))


def after(change: Callable[[Any], Any], of: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What is left of y = of(x) after something was done to it in place."""

    def f(x: Any) -> Any:
        y = of(x)
        change(y)
        return np.sum(1.0 * y) + x

    return f


def in_place(operation: Callable[[Any, Any], Any], *, of: Any, seen: Any, by: Any) -> Callable[[Any], Any]:
    """y = of(x) under another name, too: NumPy's arrays change under both."""

    def f(x: Any) -> Any:
        y = of(x)
        other = seen(y)
        y = operation(y, by(x))
        many = np.asarray(of(np.ones(1))).size > 1 and seen is not first
        return (other.sum() if many else 1.0 * other) + 0 * x

    return f


def first(y: Any) -> Any:
    return y[0]


def halves(x: Any) -> Any:
    return np.where(rows(x), 1, 2)


def add_to(y: Any, a: Any) -> Any:
    y += a
    return y


def times(y: Any, a: Any) -> Any:
    y *= a
    return y


def power_of(y: Any, a: Any) -> Any:
    y **= a
    return y


def or_with(y: Any, a: Any) -> Any:
    y |= a
    return y


def spike(x: Any) -> Any:
    return np.where(near(x), 5.0, 0.0)


TYPES: dict[str, Callable[[Any], Any]] = {
    "floor of whole": lambda x: np.reciprocal(np.floor(np.where(near(x), 2, 1))) + 0 * x,
    "trunc of whole": lambda x: np.reciprocal(np.trunc(np.where(near(x), 2, 1))) + 0 * x,
    "ceil of whole": lambda x: np.reciprocal(np.ceil(np.where(near(x), 2, 1))) + 0 * x,
    "sign of whole": lambda x: x + 1e-18 * (np.sign(np.where(near(x), -5, 1)) * 2**62 * 2),
    "floor of whole //": lambda x: x + (np.floor(np.where(near(x), 5, 1)) // np.where(near(x), 0, 1)) * 1.0,
    "truth // 1": lambda x: x + np.reciprocal((near(x) // 1) + 1),
    "truth % 2": lambda x: x + np.reciprocal((near(x) % 2) + 1),
    "1 // truth": lambda x: x + (5 // ~near(x)) * 1.0,
    "7 % truth": lambda x: x + (7 % ~near(x)) * 1.0,
    "truth // truth": lambda x: x + np.reciprocal(near(x) // (x > -9) + 2),
    "2 ** truth": lambda x: np.reciprocal(2 ** near(x)) + 0 * x,
    "truth & 0-d": lambda x: x + (near(x) & np.array(2)) * 1.0,
    "truth | 0-d": lambda x: x + (near(x) | np.array(2)) * 1.0,
    "truth ^ 0-d": lambda x: x + (near(x) ^ np.array(2)) * 1.0,
    "truth & int64": lambda x: x + (near(x) & np.int64(2)) * 1.0,
    "truth << 3": lambda x: x + (near(x) << 3) * 1.0,
    "whole & 1": lambda x: x + (np.where(near(x), 3, 2) & 1) * 1.0,
    "~whole": lambda x: x + ~np.where(near(x), 3, 2),
    "whole >> 1": lambda x: x + (np.where(near(x), 3, 2) >> 1) * 1.0,
    "~sum": lambda x: x + (~np.sum([near(x), x < -2], axis=0) + 2) * 1.0,
    "~prod": lambda x: x + (~np.prod([near(x), x > -2], axis=0) + 2) * 1.0,
    "~cumsum": lambda x: x + ~np.cumsum(rows(x))[0],
    "~concatenate": lambda x: x + ~np.concatenate([rows(x), [0]])[0],
    "~sum of an array": lambda x: x + ~np.sum(rows(x)[:1]),
    "~sum by its method": lambda x: x + ~rows(x)[:1].sum(),
    "~select": lambda x: x + ~np.select([x < 0.3, x >= 0.3], [near(x), near(x)]),
    "~add.reduce": lambda x: x + ~np.add.reduce(rows(x)[:1]),
    "int8 dot list": lambda x: x + np.dot(EIGHT, [near(x)] * 3) * 1.0,
    "int8 dot array": lambda x: x + np.dot(EIGHT, np.array([near(x)] * 3)) * 1.0,
    "int8 dot by its method": lambda x: x + rows(x).dot(EIGHT) * 1.0,
    "int8 outer": lambda x: x + (np.outer(EIGHT, [near(x)]) * 2)[0, 0] * 1.0,
    "int8 outer of arrays": lambda x: x + (np.outer(EIGHT, rows(x)) * np.int8(2))[0, 0] * 1.0,
    "int8 einsum": lambda x: x + np.einsum("i,i", EIGHT, rows(x)) * 1.0,
    "int8 einsum of a list": lambda x: x + np.einsum("i,i...", EIGHT, np.array([near(x)] * 3)) * 1.0,
    "int8 tensordot": lambda x: x + np.tensordot(rows(x), EIGHT, 1) * 1.0,
    "int8 by an option": lambda x: x + np.dot(rows(x), b=EIGHT) * 1.0,
    "int8 plain array": lambda x: x + (np.asarray(rows(x)) * EIGHT * np.int8(2))[0] * 1.0,
    "int8 kron": lambda x: x + np.kron(EIGHT, rows(x))[0] * 1.0,
    "uint8 minus": lambda x: x + (np.uint8(3) - np.array([near(x)]) - np.uint8(3)) * 1.0,
    "float16": lambda x: x + near(x) * np.float16(60000) * np.float16(2),
    "float32 choice": lambda x: x + np.where(near(x), np.float32(3e38), np.float32(1)) * np.float32(10) * 1e-38,
    "float16 in an array": lambda x: x + (rows(x) * np.full(3, 2049, np.float16))[0] * 1.0,
    "10 ** whole": lambda x: x + 1e-19 * 10 ** np.where(near(x), 19, 1),
    "whole products": lambda x: x + 1e-20 * np.prod(np.where(rows(x), 10**7, 1)),
    "whole sums": lambda x: x + 1e-19 * np.sum(np.where(rows(x), 2**61, 1) * 2),
    "whole cumprod": lambda x: x + 1e-20 * np.cumprod(np.where(rows(x), 10**7, 1))[-1],
    "whole dot": lambda x: x + 1e-20 * (np.where(rows(x), 10**10, 1) @ np.where(rows(x), 10**10, 1)),
    "absolute of whole": lambda x: x + 1e-19 * abs(np.where(near(x), -(2**61), 1) * 2 - 1),
    "mean of truths": lambda x: x + np.mean(rows(x)),
    "any of numbers": lambda x: x + np.any(np.ones(1) * x * near(x)) * 5.0,
    "all of numbers": lambda x: x + np.all(x - 0.3 * np.ones(1)) * 5.0,
    "degrees of truths": lambda x: x + np.degrees(near(x)),
    "radians of truths": lambda x: x + np.deg2rad(near(x)),
    "astype": lambda x: x + (5 * near(x)).astype(np.int8),
    "full_like": lambda x: x + np.full_like(near(x), 2) * 1.0,
    "result type": lambda x: x + near(x) * (np.result_type(x) == np.float64),
    "dtype": lambda x: x + near(x) * (x.dtype.kind == "f"),
}

PLACES: dict[str, Callable[[Any], Any]] = {
    "fill": after(lambda y: y.fill(0.7), halves),
    "put": after(lambda y: y.put(0, 0.7), halves),
    "np.put": after(lambda y: np.put(y, [0], 0.7), halves),
    "flat": after(lambda y: y.flat.__setitem__(0, 0.7), halves),
    "entry": after(lambda y: y.__setitem__(0, 0.7), halves),
    "copyto": after(lambda y: np.copyto(y, 0.7, casting="unsafe"), halves),
    "place": after(lambda y: np.place(y, [True, False, True], [0.7]), halves),
    "putmask": after(lambda y: np.putmask(y, [True, False, True], [0.7]), halves),
    "fill_diagonal": after(lambda y: np.fill_diagonal(y.reshape(3, 1), 0.7), halves),
    "through a plain array": after(lambda y: np.asarray(y).fill(0.7), halves),
    "through the buffer": after(lambda y: memoryview(y).cast("B"), halves),
    "ndarray.__setitem__": after(lambda y: np.ndarray.__setitem__(y, 0, 0.7), halves),
    "out=": after(lambda y: np.add(y, 0.7, out=y, casting="unsafe"), halves),
    "sort": after(lambda y: y.sort(), halves),
    "resize": after(lambda y: y.resize(2), halves),
    "another name": in_place(add_to, of=lambda x: 1.0 * x, seen=lambda y: y, by=spike),
    "another name, times": in_place(times, of=lambda x: 1.0 * x, seen=lambda y: y, by=lambda x: 1 + spike(x)),
    "another name, power": in_place(power_of, of=lambda x: x + 2.0, seen=lambda y: y, by=lambda x: 1 + spike(x)),
    "np.real": in_place(add_to, of=lambda x: 1.0 * x, seen=np.real, by=spike),
    "asarray": in_place(add_to, of=lambda x: 1.0 * x, seen=np.asarray, by=spike),
    "truths that covered": lambda x: no_longer_covering(x),
    "truth under another name": in_place(or_with, of=lambda x: x > 2, seen=lambda y: y, by=near),
    "array under another name": in_place(add_to, of=lambda x: x * W, seen=lambda y: y, by=spike),
    "view": in_place(add_to, of=lambda x: x * W, seen=lambda y: y[1:], by=spike),
    "reversed view": in_place(times, of=lambda x: x * W, seen=lambda y: y[::-1], by=lambda x: 1 + spike(x)),
    "reshaped view": in_place(add_to, of=lambda x: x * W, seen=lambda y: y.reshape(3, 1), by=spike),
    "raveled view": in_place(add_to, of=lambda x: x * W, seen=np.ravel, by=spike),
    "transposed view": in_place(add_to, of=lambda x: x * W, seen=lambda y: y.T, by=spike),
    "flattened copy": in_place(add_to, of=lambda x: x * W, seen=lambda y: y.flatten(), by=spike),
    "copy": in_place(add_to, of=lambda x: x * W, seen=lambda y: y.copy(), by=spike),
    "entry kept": in_place(add_to, of=lambda x: x * W, seen=first, by=spike),
    "argument": lambda x: add_to(x, spike(x)) - x,
    "argument through asarray": lambda x: add_to(np.asarray(x), spike(x)) - x,
    "argument by entries": lambda x: np.asarray(x).__setitem__(Ellipsis, spike(x)) or x,
    "argument by a mask": lambda x: x.__setitem__(near(x), 5.0) or x,
    "argument given to out": lambda x: np.add(x, spike(x), out=x),
    "argument inside piecewise": lambda x: np.piecewise(x, [x < 9], [lambda u: add_to(u, spike(u)) - u]) + x,
}


def no_longer_covering(x: Any) -> Any:
    below = x < 1
    conditions = [below, x >= 1]
    below &= ~near(x)
    return (
        np.piecewise(
            x,
            conditions,
            [lambda u: u, lambda u: u],
        )
        + 0 * x
    )


def counted(limit: int) -> Callable[[Any], Any]:
    calls = itertools.count()
    return lambda x: 1.0 * x if next(calls) < limit else 0 * x


def last_value() -> Callable[[Any], Any]:
    kept = [0.0]

    def f(x: Any) -> Any:
        kept.append(x)
        return 0.5 * (kept.pop() + kept.pop())

    return f


def equal_means_the_same() -> Callable[[Any], Any]:
    memo: list[Any] = []

    def f(x: Any) -> Any:
        for key, value in memo:
            if key is x or np.all(key == x):
                return value
        memo.append((x, np.exp(-1e6 * (x - 0.3) ** 2)))
        return memo[-1][1]

    return f


def by_sign() -> Callable[[Any], Any]:
    memo: dict[bool, Any] = {}
    return lambda x: memo.setdefault(bool(np.all(x > 0)), np.exp(-1e6 * (x - 0.3) ** 2))


def generator() -> Callable[[Any], Any]:
    def numbers() -> Iterator[float]:
        while True:
            yield from (1.0, 1.0, 2.0)

    values = numbers()
    return lambda x: x * next(values)


def growing(x: Any, kept: Any = ()) -> Any:
    return functools.reduce(lambda a, b: a + b, kept, x)


def swallowing(x: Any) -> Any:
    try:
        return math_like(x)
    except Exception:  # noqa: BLE001 - what is tested
        return 0 * x


def math_like(x: Any) -> Any:
    return spike(x) if len(np.atleast_1d(x)) else x


def swallowing_a_subscript(x: Any) -> Any:
    try:
        return x[...] * 0 + spike(x)
    except TypeError:
        return 0 * x


def swallowing_numpy(x: Any) -> Any:
    try:
        return spike(x) + 0 * (x * W).astype(object).sum()
    except (TypeError, AttributeError):
        return 0 * x


def branching(x: Any) -> Any:
    if np.all(near(x)):
        return 5.0 + 0 * x
    return 1.0 * x


def looping(x: Any) -> Any:
    y = 1.0 * x
    while np.any(y < 0.25):
        y = y + 0.5
    return y


HIDDEN: dict[str, Callable[[], Callable[[Any], Any]]] = {
    "numpy's random numbers": lambda: lambda x: x + np.random.default_rng().normal(),
    "small random numbers": lambda: lambda x: x + 1e-12 * np.random.default_rng().random(),
    "random": lambda: lambda x: x * random.random(),
    "secrets": lambda: lambda x: x + secrets.randbelow(1000),
    "urandom": lambda: lambda x: x + os.urandom(1)[0],
    "clock": lambda: lambda x: x + time.perf_counter(),
    "order of calls": lambda: counted(40),
    "order of calls, later": lambda: counted(80),
    "last value": last_value,
    "generator": generator,
    "memo by equality": equal_means_the_same,
    "memo by branch": by_sign,
    "memo by lru_cache": lambda: functools.lru_cache(lambda x: np.exp(-1e6 * (x - 0.3) ** 2)),
    "caught len": lambda: swallowing,
    "caught subscript": lambda: swallowing_a_subscript,
    "caught astype": lambda: swallowing_numpy,
    "size": lambda: lambda x: x * (np.size(x) == 1) + spike(x),
    "shape": lambda: lambda x: x + 0 * np.max(x) + spike(x),
    "sum over all points": lambda: lambda x: x / np.sum(x) + spike(x),
    "first point": lambda: lambda x: x - x[0] + spike(x),
    "sorted": lambda: lambda x: np.sort(x) + spike(x),
    "cumulative": lambda: lambda x: np.cumsum(x) + spike(x),
    "the points' own product": lambda: lambda x: x @ x + spike(x),
    "table": lambda: lambda x: np.arange(5.0)[np.floor(x).astype(int)] + spike(x),
    "type of the argument": lambda: lambda x: spike(x) if type(x) is np.ndarray else x.tolist(),
    "isnan": lambda: lambda x: np.where(np.isnan(x), 0.0, spike(x)),
    "vectorize": lambda: np.vectorize(lambda t: 5.0 if abs(t - 0.3) < 1e-6 else t),
    "frompyfunc": lambda: np.frompyfunc(lambda t: 5.0 if abs(t - 0.3) < 1e-6 else t, 1, 1),
    "map": lambda: lambda x: np.array([5.0 if abs(t - 0.3) < 1e-6 else t for t in np.atleast_1d(x)]),
    "thread": lambda: lambda x: in_a_thread(spike, x),
    "branch": lambda: branching,
    "loop": lambda: looping,
}


def in_a_thread(f: Any, x: Any) -> Any:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(f, x).result()


TRAPS = {**{name: lambda f=f: f for name, f in {**TYPES, **PLACES}.items()}, **HIDDEN}


def in_floats(f: Any, x: float) -> float:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return float(np.asarray(f(np.array([x])), dtype=float).reshape(-1)[0])
        except Exception:  # noqa: BLE001 - f takes no arrays
            return np.nan


@pytest.mark.parametrize("name", {**TYPES, **PLACES})
def test_f_is_not_traced_or_what_it_is_in_floats(name: str) -> None:
    f = TRAPS[name]()
    try:
        run = run_of(f, (-1.0, 1.0))
    except uat.InputError:
        return
    with working_precision(64):
        for x in NEAR:
            value = in_floats(f, x)
            for ball in (run.jet(arb(x)).c0, run.interval(x, x).c0):
                if ball.is_finite():
                    assert abs(float(ball.mid()) - value) <= float(ball.rad()) + 1e-9 * max(1.0, abs(value)), x


@pytest.mark.parametrize("name", TRAPS)
def test_no_certificate_lies_below_the_floats(name: str) -> None:
    f = TRAPS[name]()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            c = uat.certify(f, ZERO, rel=0.1)
    except uat.InputError as error:
        assert "must be a function of one number" in str(error)  # noqa: PT017 - one sentence or a bound
        return
    if c.proven:
        seen = max(abs(in_floats(f, float(x))) for x in (*NEAR, *np.linspace(-1, 1, 201)))
        assert seen <= c.upper * (1 + 1e-9)


def sums_in_place(x: Any) -> Any:
    total = np.zeros_like(x)
    term = np.ones_like(x)
    for k in range(1, 12):
        total += term
        term = term * x / k
    return total


def arrays_in_place(x: Any) -> Any:
    hidden = np.maximum(np.multiply.outer(W, x) if isinstance(x, float) else W * x, 0)
    hidden += 0.5
    hidden *= hidden
    tail = hidden[1:]
    tail -= 1.0
    return hidden @ np.array([1.0, -1.0, 0.5])


def saturating(x: Any) -> Any:
    y = np.maximum(x, -2.0)
    y += 1
    y **= 1
    z = +y
    z *= 2
    mask = x > 0.5
    mask &= x < 0.75
    return np.where(mask, z, y) + x


HONEST: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "generator expression": (
        lambda x: sum(np.sin(k * x) / k for k in range(1, 4)),
        lambda x: sum(mpmath.sin(k * x) / k for k in range(1, 4)),
    ),
    "reduce": (lambda x: functools.reduce(lambda a, k: a * x + k, [1.0, 2.0, 3.0]), lambda x: (x + 2) * x + 3),
    "closure": ((lambda a: lambda x: np.exp(a * x))(-1.0), lambda x: mpmath.exp(-x)),
    "sums in place": (sums_in_place, lambda x: sum(x**k / mpmath.factorial(k) for k in range(11))),
    "arrays in place": (
        arrays_in_place,
        lambda x: (
            (max(x, 0) + mpmath.mpf(1) / 2) ** 2
            - ((max(2 * x, 0) + mpmath.mpf(1) / 2) ** 2 - 1)
            + ((max(-3 * x, 0) + mpmath.mpf(1) / 2) ** 2 - 1) / 2
        ),
    ),
    "copies in place": (saturating, lambda x: (x + 1) * (2 if 0.5 < x < 0.75 else 1) + x),
    "copy": (lambda x: add_to(x.copy(), 1.0) + add_to(np.copy(x), x), lambda x: 3 * x + 1),
    "asarray": (lambda x: np.sin(np.asarray(x)) ** 2, lambda x: mpmath.sin(x) ** 2),
    "a list of balls": (lambda x: np.array([x, 2 * x, x * x]).sum(axis=0), lambda x: 3 * x + x * x),
    "sum of weights": (lambda x: np.sum(W[:2] * np.tanh(x)), lambda x: 3 * mpmath.tanh(x)),
    "entries": (lambda x: (x * W)[0] + (x * W)[-1] ** 2, lambda x: x + 9 * x * x),
    "rows": (lambda x: sum(w * x for w in W) + sum(t for t in x * W), lambda x: 0 * x),
    "any": (lambda x: np.where(np.any(x * W > 2.5), x, -x), lambda x: x if -3 * x > 2.5 else -x),
    "all": (lambda x: np.where((x * W > -1).all(), x, 1 + 0 * x), lambda x: x if -0.5 < x < mpmath.mpf(1) / 3 else 1),
    "chosen rows": (lambda x: np.where(x > 0, W * x, 1.0).sum(), lambda x: 0 * x if x > 0 else 3),
    "try without need": (lambda x: swallow_nothing(x), lambda x: x * x),
    "thread": (lambda x: in_a_thread(np.cos, x), mpmath.cos),
    "mean": (lambda x: np.mean(W[:2] * x) + (W[:, None] * (x * np.ones(2))).mean(axis=0)[0], lambda x: 1.5 * x),
    "a view by a method": (lambda x: view_by_a_method(x), lambda x: 2 * x + 3),
    "summands kept": (lambda x: np.sum(W[:2] * x, keepdims=True)[0], lambda x: 3 * x),
    "a default argument": (growing, lambda x: x),
    "whole numbers": (lambda x: np.floor(np.where(x > 0.5, 7, 2)) * np.sign(np.where(x > 0, 3, -4)) * x,
                      lambda x: (7 if x > 0.5 else 2) * (1 if x > 0 else -1) * x),
    "truth beside floats": (lambda x: (x > 0.25) // 0.5 + (x > 0.25) % 0.75 + 2.0 ** (x > 0),
                            lambda x: (2.25 if x > 0.25 else 0) + (2 if x > 0 else 1)),
    "while": (lambda x: np.where(x > 0, countdown(x, 5), x), lambda x: x / 32 if x > 0 else x),
}  # fmt: skip


def swallow_nothing(x: Any) -> Any:
    try:
        return x * x
    except TypeError:
        return 7.0


def view_by_a_method(x: Any) -> Any:
    y = W * x
    rows = y.reshape(3, 1)
    rows += 1
    add_to(y.copy(), 5.0)
    return y.ravel()[0] + y[0] + 1 - 0 * rows[2, 0]


def countdown(x: Any, n: int) -> Any:
    while n:
        x, n = x / 2, n - 1
    return x


@pytest.mark.parametrize("name", HONEST)
def test_honest_code_is_proven_and_right(name: str) -> None:
    f, on_mpmath = HONEST[name]
    c = uat.certify(f, ZERO, rel=0.1)
    assert c.proven, c.note
    x = np.linspace(-1, 1, 401)
    seen = np.array([in_floats(f, float(t)) for t in x])
    exact = np.array([float(on_mpmath(mpmath.mpf(float(t)))) for t in x])
    np.testing.assert_allclose(seen, exact, rtol=1e-12, atol=1e-12)
    assert np.abs(exact).max() <= c.upper * (1 + 1e-12)
    assert c.lower <= np.abs(exact).max() * 1.1 + 0.02


def test_there_are_many() -> None:
    assert len(TRAPS) + len(HONEST) >= 140


def by_identity(x: Any) -> Any:
    return x if (x > 0) is True else -x  # NumPy's True is another object than Python's


def by_pattern(x: Any) -> Any:
    match x > 0:
        case True:
            return x
        case _:
            return -x


def by_type(x: Any) -> Any:
    return x if type(x) is float else 2 * x


@pytest.mark.parametrize("f", [by_identity, by_pattern, by_type])
def test_what_python_floats_and_arrays_disagree_on_is_no_function(f: Any) -> None:
    with pytest.raises(uat.InputError, match="another type of number"):
        uat.certify(f, ([-1.0, 2.0], [1.0, -2.0]), (-1, 2))


@pytest.mark.parametrize(
    "error", [ValueError("out of range"), KeyError("out of range"), AssertionError("out of range")]
)
def test_an_exception_of_f_is_said(error: Exception) -> None:
    def f(x: Any) -> Any:
        if x > 0.5:
            raise error
        return x

    with pytest.raises(uat.InputError, match=rf"raised {type(error).__name__}.*out of range"):
        uat.approximate(f, (0, 1), tol=0.1)
