"""What NumPy's array functions do to balls.

With `__array_ufunc__` alone np.where(x > 0, a, b) would silently take one branch; the array functions (where, select,
piecewise, clip, ...) therefore have a table of their own (statement G3).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from uat.bounds.balls import Enclosure
from uat.bounds.broken_lines import interp
from uat.bounds.refusals import NoRuleError
from uat.bounds.truths import Comparison, cover, decision, is_truth, where
from uat.bounds.ufunc_rules import maximum, minimum, step, unary


def _choice(cases: list[tuple[Any, Any]], default: Callable[[], Any]) -> Any:
    """The value of the last case whose condition holds; the default counts unless at every point one of them holds."""
    possible = [value for condition, value in cases if decision(condition) is not False]
    result = possible[0] if cover([condition for condition, _ in cases]) else default()
    for condition, value in cases:
        result = where(condition, value, result)
    return result


def _select(conditions: Any, choices: Any, default: Any = 0) -> Any:
    cases = list(zip(conditions, choices, strict=True))[::-1]
    if is_truth(cases[0][1]) > is_truth(default):  # a truth value has the type of the default beside it
        cases[0] = cases[0][0], where(cases[0][0], cases[0][1], default)
    return _choice(cases, lambda: default)


def _piecewise(x: Any, conditions: Any, functions: Any, *args: Any, **kwargs: Any) -> Any:
    """np.piecewise: the last condition that holds decides; one function more than conditions is the default."""
    conditions = list(conditions) if isinstance(conditions, (list, tuple)) else [conditions]
    pieces = list(functions)
    default: Any = pieces.pop() if len(pieces) == len(conditions) + 1 else 0

    def value(piece: Any) -> Any:
        return _not_a_truth(x).lift(piece(x.fresh(), *args, **kwargs) if callable(piece) else piece)

    cases = zip(conditions, pieces, strict=True)
    return _choice([(c, x if decision(c) is False else value(piece)) for c, piece in cases], lambda: value(default))


def _where(condition: Any, *branches: Any) -> Any:
    if len(branches) != 2:
        raise NoRuleError("there is no rule for np.where with one argument on balls: it asks for indices")
    if not isinstance(condition, (Comparison, bool, np.bool_)) and np.ndim(condition) == 0:
        raise NoRuleError("np.where wants a comparison of balls as its condition")
    return where(condition, *branches)


def _clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    result = a if low is None or _is_infinite(low, -1) else maximum(a, low)
    return result if high is None or _is_infinite(high, 1) else minimum(result, high)


def _is_infinite(bound: Any, sign: int) -> bool:
    """Whether a bound is no bound at all."""
    return isinstance(bound, float) and bound == sign * np.inf


def _polyval(p: Any, x: Any) -> Any:
    """Horner's scheme on coefficients, highest first; np.poly1d is not unfolded."""
    result: Any = 0
    x = _not_a_truth(x)
    for coefficient in np.atleast_1d(p) if not isinstance(p, list) else p:
        result = result * x + coefficient
    return result


def _full_like(x: Any, value: Any, *, dtype: Any = None) -> Any:
    """An array like x takes over its type: values given to a truth value become one, and integers are cut."""
    if dtype is not None and np.dtype(dtype) != np.float64:
        raise NoRuleError(f"there is no rule for `dtype` = {dtype!r} on balls: they stand for real numbers")
    return _not_a_truth(x).lift(value)


def _full(value: Any) -> Callable[..., Any]:
    return lambda x, *, dtype=None: _full_like(x, value, dtype=dtype)


def _not_a_truth(x: Any) -> Any:
    """Something real: arrays like truth values or whole numbers cut or wrap what they are given."""
    if isinstance(x, Enclosure) and x.whole:
        raise NoRuleError(
            "there is no rule for arrays like truth values or whole numbers on balls: NumPy cuts what they are given"
        )
    return x


_EXACT_POWER = 22  # the largest power of ten that float64 holds; NumPy scales by a rounded one beyond


def _round(x: Any, decimals: Any = 0) -> Any:
    """NumPy scales by 10^|decimals|, which is exact: by multiplication, or by division where decimals < 0."""
    if abs(operator.index(decimals)) > _EXACT_POWER:
        raise NoRuleError(
            f"there is no rule for np.round with `decimals` = {decimals} on balls: 10**{decimals} is no float"
        )
    scale = 10 ** abs(operator.index(decimals))
    if decimals < 0:
        return step("rint")(_not_a_truth(x) / scale) * scale
    return step("rint")(_not_a_truth(x) * scale) / scale


ARRAY_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.where: _where,
    np.select: _select,
    np.piecewise: _piecewise,
    np.clip: _clip,
    np.sinc: unary("sinc"),
    np.polyval: _polyval,
    np.zeros_like: _full(0),
    np.ones_like: _full(1),
    np.full_like: _full_like,
    np.real: lambda x: x,
    np.copy: lambda x: x,
    np.round: _round,
    np.interp: interp,
}
