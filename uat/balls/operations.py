"""What each operation of a formula does to enclosures: a table under the names of `uat.formula.vocabulary`.

The rules take enclosures of one kind; beside + - * a float may stand for a constant.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from flint import arb

from uat.balls.elementary import RULES, Arb, square
from uat.balls.enclosure import Truth
from uat.balls.intervals import Interval
from uat.balls.jets import Jet

Rule = Callable[..., Any]


def _maximum(a: Any, b: Any) -> Any:
    return a.maximum(b)


def _minimum(a: Any, b: Any) -> Any:
    return -(-a).maximum(-b)


def _but_undefined(rule: Rule) -> Rule:
    """fmax and fmin: where one of the two is nan, which an assumption that it is real may hide, the other."""

    def dropping(a: Any, b: Any) -> Any:
        result = rule(a, b)
        for one, other in ((a, b), (b, a)):
            if one.assumed:
                result = result.either(other)
        return result

    return dropping


def _heaviside(x: Any, at_zero: Any) -> Any:
    beside = _where(x.compared(">", 0.0), x.lift(1.0), x.lift(0.0))
    return _where(x.compared("==", 0.0), at_zero, beside)


def _hypot(a: Any, b: Any) -> Any:
    """sqrt(a^2 + b^2); at the origin a kink: its quotients are at most those of a and b taken together."""
    total = a * a + b * b
    if not isinstance(total, Jet) or total.c0 > 0:
        return total.apply(RULES["sqrt"])
    steepest, height = (square(a.c1) + square(b.c1)).upper(), total.c0.upper()
    if not (steepest.is_finite() and height.is_finite()):
        return Jet.nowhere()
    return Jet(arb(0).union(height.sqrt()), arb(0, steepest.sqrt().upper()), arb.nan())


def _arctan2(y: Any, x: Any) -> Any:
    """The angle by the half plane in which (x, y) lies; on the cut, or around the origin, anything in [-pi, pi].

    On the cut, y = 0 > x, NumPy looks at the sign of the zero, which a ball does not have.
    """
    if not (y.c0.is_finite() and x.c0.is_finite()):
        return type(y).nowhere()
    half_pi = arb.pi() / 2
    if x.compared(">", 0.0).decided is True:
        return (y / x).apply(RULES["arctan"])
    if y.compared(">", 0.0).decided is True:
        return _half_pi_minus(half_pi, x / y)
    if y.compared("<", 0.0).decided is True:
        return _half_pi_minus(-half_pi, x / y)
    anywhere = type(y).hull(-2 * half_pi, 2 * half_pi)
    return anywhere if isinstance(y, Jet) else y._of(anywhere.low, anywhere.high, x)


def _half_pi_minus(half_pi: Arb, quotient: Any) -> Any:
    return quotient.constant(half_pi) - quotient.apply(RULES["arctan"])


def _xlogy(x: Any, y: Any) -> Any:
    """x log y, and 0 where x = 0. For y = x, the entropy: t log t falls to -1/e at 1/e and then rises."""
    if x is y and isinstance(x, Interval):
        return _t_log_t(x)
    return _product(x, y, "log")


def _t_log_t(x: Interval) -> Any:
    low, high = x.range()
    if not low >= 0:
        return x * x.apply(RULES["log"])
    ends = [arb(0) if t.is_zero() else t * t.log() for t in (low, high)]
    bottom = (-arb(1)).exp()
    least = arb.min(*ends) if high < bottom or low > bottom else -bottom
    return x._of(least, arb.max(*ends))


def _xlog1py(x: Any, y: Any) -> Any:
    return _product(x, y, "log1p")


def _product(x: Any, y: Any, name: str) -> Any:
    """x f(y), and where x = 0 it is 0 whatever y is, as long as it is something."""
    if x.compared("==", 0.0).decided is not True:
        return x * y.apply(RULES[name])
    if not isinstance(x, Jet) or x.is_constant():
        return y * 0.0
    product = x * y.apply(RULES[name])  # x is 0 at this point only: the slope is x' f(y)
    return product if product.c0.is_finite() or not y.c0.is_finite() else Jet.hull(arb(0), arb(0))


def _logaddexp(a: Any, b: Any) -> Any:
    if isinstance(b, Jet) and b.is_constant() and b.c0.is_zero():
        return a.apply(RULES["softplus"])
    return a + (b - a).apply(RULES["softplus"])


def _fmod(a: Any, b: Any) -> Any:
    return a - (a / b).step("trunc") * b


def _floor_divide(a: Any, b: Any) -> Any:
    return (a / b).step("floor") if b.c0.is_finite() else type(b).nowhere()  # NumPy: -1 // inf is -1


def _remainder(a: Any, b: Any) -> Any:
    return a - _floor_divide(a, b) * b


def _exp10(x: Any) -> Any:
    return (x * x.constant(arb(10).log())).apply(RULES["exp"])


# -- truth values
def _where(condition: Truth, a: Any, b: Any) -> Any:
    """Both branches count where the condition is not decided, none where it is undefined."""
    if condition.decided is not None:
        return a if condition.decided else b
    return a.either(b) if condition.defined else a.nowhere()


def _given(condition: Truth, value: Any) -> Any:
    return value if condition.decided is True else value.nowhere()


def _of_one(name: str) -> Rule:
    rule = RULES[name]
    return lambda x: x.apply(rule)


def _step(name: str) -> Rule:
    return lambda x: x.step(name)


OPERATIONS: dict[str, Rule] = {name: _of_one(name) for name in RULES if name != "softplus"} | {
    **{name: _step(name) for name in ("floor", "ceil", "trunc", "rint", "sign")},
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "power": operator.pow,
    "remainder": _remainder,
    "floor_divide": _floor_divide,
    "fmod": _fmod,
    "negative": operator.neg,
    "absolute": abs,
    "maximum": _maximum,
    "minimum": _minimum,
    "fmax": _but_undefined(_maximum),
    "fmin": _but_undefined(_minimum),
    "heaviside": _heaviside,
    "hypot": _hypot,
    "arctan2": _arctan2,
    "xlogy": _xlogy,
    "xlog1py": _xlog1py,
    "logaddexp": _logaddexp,
    "exp10": _exp10,
    "less": lambda a, b: a.compared("<", b),
    "less_equal": lambda a, b: a.compared("<=", b),
    "greater": lambda a, b: a.compared(">", b),
    "greater_equal": lambda a, b: a.compared(">=", b),
    "equal": lambda a, b: a.compared("==", b),
    "not_equal": lambda a, b: ~a.compared("==", b),
    "logical_and": operator.and_,
    "logical_or": operator.or_,
    "logical_not": operator.invert,
    "where": _where,
    "given": _given,
}
