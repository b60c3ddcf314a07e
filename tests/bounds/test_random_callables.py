"""Random programs of truth values, whole numbers, narrow types, arrays and changes in place: NumPy is the judge.

A program counts where it gives the same in floats on one point, on an array of points or on a scalar; on balls it must
then be refused, undefined, or enclose that number. Programs that jump there are passed over: floats round.
"""

from __future__ import annotations

import random
import warnings
from typing import Any

import numpy as np
import pytest
from flint import arb

import uat
from tests.on_balls import run_of
from uat.balls.precision import working_precision
from uat.given import record

NAMES = {
    "np": np, "W": np.array([1.0, 2.0, -3.0]), "I8": np.array([100, 3, -7], np.int8), "I64": np.array([2, -3, 5]),
    "F32": np.array([0.5, 2, 3], np.float32), "U8": np.array([200, 100, 7], np.uint8),
    "B": np.array([True, False, True]),
}  # fmt: skip
ARRAYS = ["W", "I8", "I64", "F32", "U8", "B"]
SCALARS = [
    "2", "3", "-1", "0", "True", "False", "0.5", "-1.5", "1e3", "np.int8(100)", "np.int64(7)",
    "np.uint8(200)", "np.uint64(3)", "np.float32(0.5)", "np.float16(3)", "np.bool_(True)", "np.array(2)",
    "np.array(0.5)", "np.array(True)", "np.array(3,np.int8)", "np.int64(10**10)", "np.int64(2**40)", "np.inf",
]  # fmt: skip
SIGNS = [
    "+", "-", "*", "/", "//", "%", "**", "&", "|", "^", "<", "<=", ">", ">=", "==", "!=", "<<", "@",
]  # fmt: skip
TWO = [
    "maximum", "minimum", "fmax", "add", "subtract", "multiply", "true_divide", "floor_divide", "remainder",
    "fmod", "power", "hypot", "arctan2", "logical_and", "logical_or", "logical_xor", "bitwise_and",
    "bitwise_or", "heaviside", "logaddexp", "greater", "less_equal", "equal", "dot", "outer", "inner",
    "copysign", "left_shift", "float_power",
]  # fmt: skip
ONE = [
    "floor", "ceil", "trunc", "rint", "sign", "abs", "square", "negative", "positive", "logical_not",
    "invert", "sqrt", "exp", "sin", "reciprocal", "round", "fabs", "real", "copy", "ravel", "sum", "prod",
    "max", "min", "any", "all", "cumsum", "mean", "flip", "asarray", "array", "atleast_1d", "diff", "cumprod",
    "ones_like", "zeros_like", "isnan", "degrees", "deg2rad", "signbit", "add.reduce", "multiply.accumulate",
    "logical_or.reduce", "maximum.reduce", "std", "median", "nan_to_num",
]  # fmt: skip
METHODS = [
    ".sum()", ".max()", ".reshape(-1)", ".T", ".copy()", ".any()", ".ravel()", ".astype(int)",
    ".astype(np.int8)", ".item()", ".mean()", ".prod()", ".round()", ".flatten()", ".cumsum()", "[0]", "[-1]",
    "[1:]", "[::-1]", ".clip(0,1)", ".dot(W)", ".dot(I8)", ".view()", ".real",
]  # fmt: skip
LISTS = ["np.array", "np.sum", "np.concatenate", "np.stack", "np.max", "np.any", "np.prod", "np.logical_or.reduce"]
VARIABLES = ["x", "x", "(x>0.3)", "np.where(x>0.3,2,1)", "(x*W)", "(x*W>0.4)"]


class Program:
    """Source text of a random f(x)."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.variables = list(VARIABLES)
        lines = [line for number in range(self.random.randint(0, 3)) for line in self.statement(number)]
        lines.append(f"return {self.value(self.random.randint(2, 4))}")
        if self.random.random() < 0.25:
            lines = ["try:", *(f"    {line}" for line in lines), "except Exception:", "    return 1.0*x"]
        self.text = "def f(x):\n" + "\n".join(f"    {line}" for line in lines)

    def statement(self, number: int) -> list[str]:
        made = [name for name in self.variables if name[0] in "vw" and name[1:].isdigit()]
        kind = self.random.random() if made else 0.0
        if kind < 0.45:
            line = f"v{number} = {self.value(self.random.randint(1, 3))}"
            self.variables += [f"v{number}"] * 2
            return [line]
        name = self.random.choice(made)
        if kind < 0.8:
            seen = self.random.choice(["", "[1:]", ".T", "[::-1]", ".reshape(-1)"])
            self.variables += [f"w{number}"] * 2
            sign = self.random.choice(["+", "-", "*", "/", "//", "**", "|", "&", "%"])
            return [f"w{number} = {name}{seen}", f"{name} {sign}= {self.value(1)}"]
        return [f"{name}{self.random.choice(['[0]', '[1:]', '[...]'])} = {self.value(1)}"]

    def value(self, depth: int) -> str:
        choice, kind = self.random.choice, self.random.random()
        if depth <= 0 or self.random.random() < 0.12:
            return choice(self.variables * 3 + SCALARS + ARRAYS)
        a, b, c, d = (self.value(depth - 1) for _ in range(4))
        forms = [
            (0.34, f"({a} {choice(SIGNS)} {b})"), (0.42, f"{choice(['-', '+', '~', 'abs'])}({a})"),
            (0.58, f"np.{choice(ONE)}({a})"), (0.72, f"np.{choice(TWO)}({a}, {b})"), (0.80, f"np.where({a}, {b}, {c})"),
            (0.84, f"np.select([{a}, {b}], [{c}, {d}], {choice(SCALARS)})"),
            (0.87, f"np.piecewise({a}, [{b}, {c}], [lambda u: u, {choice(SCALARS)}, lambda u: 2 * u])"),
            (0.90, f"np.clip({a}, {choice(SCALARS)}, {choice(SCALARS)})"), (0.94, f"{choice(LISTS)}([{a}, {b}])"),
        ]  # fmt: skip
        return next((form for limit, form in forms if kind < limit), f"({a}){choice(METHODS)}")


def in_floats(f: Any, x: float, *, caught: bool) -> float | None:
    """f(x), where it is one number, the same for one point, for two, or for a scalar, and does not jump there."""

    def first(t: Any) -> float:
        return float(np.asarray(f(t)).reshape(-1)[0])

    try:
        y = np.asarray(f(np.array([x])))
        if y.size != 1 or y.dtype.kind not in "biuf" or not np.isfinite(y).all():
            return None
        value = float(y.reshape(-1)[0])
        around = [first(np.array([t])) for t in (np.nextafter(x, 9), np.nextafter(x, -9), x * (1 + 1e-14))]
        try:
            same = np.asarray(f(np.array([x, x]))).shape == (2,) and first(np.array([x, x])) == value
        except Exception:  # noqa: BLE001 - it may take scalars
            same = False
        if not same or caught:  # arrays and scalars may end in different exceptions
            same = first(np.float64(x)) == value
        return value if same and all(abs(t - value) <= 1e-9 * max(1.0, abs(value)) for t in around) else None
    except Exception:  # noqa: BLE001 - then it is no function of floats
        return None


def check(seed: int) -> int:
    """How many enclosures of one program were compared with floats."""
    text = Program(seed).text
    names: dict[str, Any] = dict(NAMES)
    exec(text, names)
    f, compared = names["f"], 0
    try:
        shown = record(f, (-1.0, 1.0)).formula
    except uat.InputError:
        return 0
    if shown is None:
        return 0
    run = run_of(shown)
    narrow = any(word in text for word in ("F32", "float32", "float16"))
    for x in (0.3137, 0.25, -0.8, 0.75):
        value = in_floats(f, x, caught="try:" in text)
        if value is None:
            return compared
        slack = (1e-6 if narrow else 1e-9) * max(1.0, abs(value))
        with working_precision(64):
            for radius, kind in ((0.0, "jet"), (0.0, "interval"), (0.015625, "jet"), (0.015625, "interval")):
                ball = run.jet(arb(x, radius)).c0 if kind == "jet" else run.interval(x - radius, x + radius).c0
                if ball.is_finite():
                    compared += 1
                    apart = abs(float(ball.mid()) - value)
                    assert apart <= float(ball.rad()) + slack, f"f({x}) = {value} in floats, {ball} on balls\n{text}"
    return compared


@pytest.mark.parametrize("block", [0, *(pytest.param(k, marks=pytest.mark.nightly) for k in range(1, 40))])
def test_random_programs_are_refused_or_enclosed(block: int) -> None:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        compared = sum(check(seed) for seed in range(500 * block, 500 * block + 500))
    assert compared > 100
