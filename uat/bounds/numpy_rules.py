"""NumPy's and SciPy's functions on balls: which ufunc and which array function means what.

A ufunc is looked up by identity, never by name: a foreign ufunc that calls itself "sin" has no rule. What is not in the
tables ends in a sentence that names it. With `__array_ufunc__` alone np.where(x > 0, a, b) would silently take one
branch; the array functions (where, select, piecewise, clip, ...) therefore have their own table (statement G3).
"""

from __future__ import annotations

import functools
import operator
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb

from uat.bounds.ball_arrays import entry_by_entry, refuse_wrapping
from uat.bounds.ball_rules import RULES, square
from uat.bounds.balls import Enclosure, exact
from uat.bounds.jets import Jet
from uat.bounds.refusals import REFUSALS, NoRuleError
from uat.bounds.truths import Comparison, decision, is_truth, where


def _unary(name: str) -> Callable[[Any], Any]:
    rule = RULES[name]
    return lambda x: _number(x).apply(rule)


def _number(x: Any) -> Any:
    return x.number() if isinstance(x, Comparison) else x


def _pair(a: Any, b: Any) -> tuple[Any, Any]:
    """Two operands of one kind, of which at least one is an enclosure."""
    kind = _number(a if isinstance(a, Enclosure) else b)
    return kind.lift(a), kind.lift(b)


def _maximum(a: Any, b: Any) -> Any:
    if is_truth(a) and is_truth(b):
        return operator.or_(a, b)
    a, b = _pair(a, b)
    return a.maximum(b)


def _minimum(a: Any, b: Any) -> Any:
    if is_truth(a) and is_truth(b):
        return operator.and_(a, b)
    return -_maximum(-_number(a) if isinstance(a, Enclosure) else -a, -_number(b) if isinstance(b, Enclosure) else -b)


def _heaviside(x: Any, at_zero: Any) -> Any:
    x, at_zero = _pair(x, at_zero)
    return where(x == 0, at_zero, where(x > 0, 1, 0))


def _hypot(a: Any, b: Any) -> Any:
    """sqrt(a^2 + b^2); at the origin a kink: its quotients are at most those of a and b taken together."""
    a, b = _pair(a, b)
    total = a * a + b * b
    if not isinstance(total, Jet) or total.c0 > 0:
        return total.apply(RULES["sqrt"])
    steepest, height = (square(a.c1) + square(b.c1)).upper(), total.c0.upper()
    if not (steepest.is_finite() and height.is_finite()):
        return Jet.nowhere()
    return Jet(arb(0).union(height.sqrt()), arb(0, steepest.sqrt().upper()), arb.nan())


def _arctan2(y: Any, x: Any) -> Any:
    """The angle by the half plane in which (x, y) lies; across the cut, or around the origin, anything in [-pi, pi]."""
    y, x = _pair(y, x)
    if not (y.c0.is_finite() and x.c0.is_finite()):
        return type(y).nowhere()
    half_pi = arb.pi() / 2
    if decision(x > 0) is True:
        return (y / x).apply(RULES["arctan"])
    if decision(y > 0) is True:
        return half_pi_minus(half_pi, x / y)
    if decision(y < 0) is True:
        return half_pi_minus(-half_pi, x / y)
    if decision(y >= 0) is True and decision(x < 0) is True:
        return (y / x).apply(RULES["arctan"]) + type(y).constant(2 * half_pi)
    anywhere = type(y).hull(-2 * half_pi, 2 * half_pi)
    return anywhere if isinstance(y, Jet) else y._of(anywhere.low, anywhere.high, x)


def half_pi_minus(half_pi: Any, quotient: Any) -> Any:
    return type(quotient).constant(half_pi) - quotient.apply(RULES["arctan"])


def _xlogy(x: Any, y: Any) -> Any:
    """x log y, and 0 where x = 0. For y = x, the entropy: t log t falls to -1/e at 1/e and then rises."""
    same = x is y
    x, y = _pair(x, y)
    if same and not isinstance(x, Jet):
        return _t_log_t(x)
    if decision(x == 0) is True:
        return _zero_beside(y)
    return x * y.apply(RULES["log"])


def _t_log_t(x: Any) -> Any:
    low, high = x.range()
    if not low >= 0:
        return x * x.apply(RULES["log"])
    ends = [arb(0) if t.is_zero() else t * t.log() for t in (low, high)]
    bottom = (-arb(1)).exp()
    least = arb.min(*ends) if high < bottom or low > bottom else -bottom
    return x._of(least, arb.max(*ends))


def _xlog1py(x: Any, y: Any) -> Any:
    x, y = _pair(x, y)
    if decision(x == 0) is True:
        return _zero_beside(y)
    return x * y.apply(RULES["log1p"])


def _zero_beside(y: Any) -> Any:
    """0 whatever y is, as long as it is something."""
    return y * 0


def _logaddexp(a: Any, b: Any) -> Any:
    a, b = _pair(a, b)
    return a + (b - a).apply(RULES["softplus"])


def _step(name: str) -> Callable[[Any], Any]:
    return lambda x: _number(x).step(name)


def _fmod(a: Any, b: Any) -> Any:
    a, b = _pair(a, b)
    return a - (a / b).step("trunc") * b


UFUNCS: dict[np.ufunc, Callable[..., Any]] = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.true_divide: operator.truediv,
    np.power: operator.pow,
    np.float_power: operator.pow,
    np.floor_divide: operator.floordiv,
    np.remainder: operator.mod,
    np.fmod: _fmod,
    np.negative: operator.neg,
    np.positive: operator.pos,
    np.absolute: abs,
    np.fabs: abs,
    np.square: lambda x: x**2,
    np.reciprocal: lambda x: 1 / x,
    np.deg2rad: lambda x: x * (type(x).constant(arb.pi()) / 180),
    np.radians: lambda x: x * (type(x).constant(arb.pi()) / 180),
    np.rad2deg: lambda x: x * 180 / type(x).constant(arb.pi()),
    np.degrees: lambda x: x * 180 / type(x).constant(arb.pi()),
    np.sign: _step("sign"),
    np.floor: _step("floor"),
    np.ceil: _step("ceil"),
    np.trunc: _step("trunc"),
    np.rint: _step("rint"),
    np.maximum: _maximum,
    np.minimum: _minimum,
    np.fmax: _maximum,
    np.fmin: _minimum,
    np.heaviside: _heaviside,
    np.hypot: _hypot,
    np.arctan2: _arctan2,
    np.logaddexp: _logaddexp,
    np.less: operator.lt,
    np.less_equal: operator.le,
    np.greater: operator.gt,
    np.greater_equal: operator.ge,
    np.equal: operator.eq,
    np.not_equal: operator.ne,
    np.logical_and: operator.and_,
    np.logical_or: operator.or_,
    np.logical_xor: operator.xor,
    np.logical_not: operator.invert,
    np.bitwise_and: operator.and_,
    np.bitwise_or: operator.or_,
    np.bitwise_xor: operator.xor,
    np.invert: operator.invert,
}
UFUNCS |= {
    getattr(np, name): _unary(name)
    for name in [
        "sin",
        "cos",
        "tan",
        "exp",
        "exp2",
        "expm1",
        "log",
        "log2",
        "log10",
        "log1p",
        "sqrt",
        "cbrt",
        "sinh",
        "cosh",
        "tanh",
        "arcsin",
        "arccos",
        "arctan",
        "arcsinh",
        "arccosh",
        "arctanh",
    ]
}
_SCIPY = (
    "cbrt",
    "erf",
    "erfc",
    "ndtr",
    "expit",
    "logit",
    "log_expit",
    "gamma",
    "gammaln",
    "rgamma",
    "exp2",
    "j0",
    "j1",
    "i0",
    "i1",
)


@functools.cache
def _scipy_ufuncs() -> dict[np.ufunc, Callable[..., Any]]:
    """The rules of SciPy's ufuncs, made when one is met: importing scipy.special takes longer than most proofs."""
    import scipy.special

    rules: dict[np.ufunc, Callable[..., Any]] = {
        scipy.special.xlogy: _xlogy,
        scipy.special.xlog1py: _xlog1py,
        scipy.special.exp10: lambda x: (x * type(x).constant(arb(10).log())).apply(RULES["exp"]),
        scipy.special.psi: _unary("digamma"),
        scipy.special.entr: lambda x: -_xlogy(x, x),
    }
    rules |= {getattr(scipy.special, name): _unary(name) for name in _SCIPY}
    if hasattr(scipy.special, "softplus"):  # SciPy 1.15
        rules[scipy.special.softplus] = _unary("softplus")
    return rules


# What NumPy calls on the entries of an object array: np.sin(np.asarray(ball)) becomes ball.sin().
METHODS: dict[str, Callable[[Any], Any]] = {
    ufunc.__name__: rule
    for ufunc, rule in UFUNCS.items()
    if isinstance(ufunc, np.ufunc) and ufunc.nin == 1 and getattr(np, ufunc.__name__, None) is ufunc
}


def rule_of(ufunc: np.ufunc) -> Callable[..., Any] | None:
    """The rule of a ufunc of NumPy's or SciPy's, or None."""
    rule = UFUNCS.get(ufunc)
    if rule is None and "scipy.special" in sys.modules:
        rule = _scipy_ufuncs().get(ufunc)
    return rule


def call_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`__array_ufunc__` of every enclosure. Arrays of numbers beside a ball are met entry by entry."""
    rule = rule_of(ufunc)
    if rule is None or method != "__call__" or kwargs:
        how = "" if method == "__call__" else f".{method}"
        options = f" with the option {', '.join(kwargs)}" if kwargs else ""
        raise NoRuleError(f"there is no rule for {ufunc.__name__}{how}{options} on balls")
    try:
        for x in inputs:
            if type(x) is not Jet and (not isinstance(x, (Enclosure, float, int)) or isinstance(x, np.generic)):
                refuse_wrapping(inputs)
                return _on_operands(rule, [_operand(x) for x in inputs])
        return rule(*inputs)
    except Exception as error:  # f may catch it
        REFUSALS.note(f"np.{ufunc.__name__} raised {type(error).__name__}: {error}")
        raise


def _on_operands(rule: Callable[..., Any], operands: list[Any]) -> Any:
    return entry_by_entry(rule, operands) if any(isinstance(x, np.ndarray) for x in operands) else rule(*operands)


def _operand(x: Any) -> Any:
    """Python numbers for NumPy's scalars, whose own operators would ask for the same ufunc again."""
    if isinstance(x, np.ndarray):
        return x if x.ndim else _operand(x[()])
    if isinstance(x, np.bool_):
        return bool(x)
    return x if isinstance(x, Enclosure) else exact(x)


def _select(conditions: Any, choices: Any, default: Any = 0) -> Any:
    result = default
    for condition, choice in reversed(list(zip(conditions, choices, strict=True))):
        result = where(condition, choice, result)
    return result


def _piecewise(x: Any, conditions: Any, functions: Any, *args: Any, **kwargs: Any) -> Any:
    """np.piecewise: the last condition that holds decides; one function more than conditions is the default."""
    conditions = list(conditions) if isinstance(conditions, (list, tuple)) else [conditions]
    pieces = list(functions)
    result: Any = pieces.pop() if len(pieces) == len(conditions) + 1 else 0

    def value(piece: Any) -> Any:
        return piece(x, *args, **kwargs) if callable(piece) else piece

    covered = any(decision(condition) is True for condition in conditions)
    result = 0 if covered else value(result)
    for condition, piece in zip(conditions, pieces, strict=True):
        if decision(condition) is not False:
            result = where(condition, value(piece), result)
    return _not_a_truth(x).lift(result)


def _where(condition: Any, *branches: Any) -> Any:
    if len(branches) != 2:
        raise NoRuleError("there is no rule for np.where with one argument on balls: it asks for indices")
    if not isinstance(condition, (Comparison, bool, np.bool_)) and np.ndim(condition) == 0:
        raise NoRuleError("np.where wants a comparison of balls as its condition")
    return where(condition, *branches)


def _clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    result = a if low is None or _is_infinite(low, -1) else _maximum(a, low)
    return result if high is None or _is_infinite(high, 1) else _minimum(result, high)


def _is_infinite(bound: Any, sign: int) -> bool:
    """Whether a bound is no bound at all."""
    return isinstance(bound, float) and bound == sign * np.inf


def _polyval(p: Any, x: Any) -> Any:
    """Horner's scheme on coefficients, highest first; np.poly1d is not unfolded."""
    result: Any = 0
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
    return x._refuse("an array of truth values like it") if isinstance(x, Comparison) else x


_EXACT_POWER = 22  # the largest power of ten that float64 holds; NumPy scales by a rounded one beyond


def _round(x: Any, decimals: Any = 0) -> Any:
    """NumPy scales by 10^|decimals|, which is exact: by multiplication, or by division where decimals < 0."""
    if abs(operator.index(decimals)) > _EXACT_POWER:
        raise NoRuleError(
            f"there is no rule for np.round with `decimals` = {decimals} on balls: 10**{decimals} is no float"
        )
    scale = 10 ** abs(operator.index(decimals))
    if decimals < 0:
        return _step("rint")(_not_a_truth(x) / scale) * scale
    return _step("rint")(_not_a_truth(x) * scale) / scale


ARRAY_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.where: _where,
    np.select: _select,
    np.piecewise: _piecewise,
    np.clip: _clip,
    np.sinc: _unary("sinc"),
    np.polyval: _polyval,
    np.zeros_like: _full(0),
    np.ones_like: _full(1),
    np.full_like: _full_like,
    np.real: lambda x: x,
    np.round: _round,
}


def call_array_function(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`__array_function__` of every enclosure."""
    rule = ARRAY_FUNCTIONS.get(function)
    if rule is None:
        raise NoRuleError(f"there is no rule for np.{getattr(function, '__name__', function)} on balls")
    try:
        return rule(*args, **kwargs)
    except Exception as error:
        REFUSALS.note(f"np.{function.__name__} raised {type(error).__name__}: {error}")
        raise
