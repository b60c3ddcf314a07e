"""What NumPy's and SciPy's ufuncs do to balls.

A ufunc is looked up by identity, never by name: a foreign ufunc that calls itself "sin" has no rule.
"""

from __future__ import annotations

import functools
import operator
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb

from uat.bounds.ball_rules import RULES, square
from uat.bounds.balls import Enclosure
from uat.bounds.jets import Jet
from uat.bounds.refusals import NoRuleError
from uat.bounds.truths import Comparison, decision, is_truth, where
from uat.bounds.wholes import Whole, is_whole


def unary(name: str) -> Callable[[Any], Any]:
    rule = RULES[name]
    return lambda x: x.apply(rule) if type(x) is Jet else _number(_real(x, name)).apply(rule)


def _real(x: Any, name: str) -> Any:
    """NumPy computes functions of truth values in half precision, or modulo 256: balls have no rule for that."""
    if isinstance(x, Comparison):
        raise NoRuleError(
            f"there is no rule for {name} of a truth value: NumPy computes it in few bits; write 1.0 * it"
        )
    return x


def _number(x: Any) -> Any:
    return x.number() if isinstance(x, Enclosure) and x.whole else x


def _pair(a: Any, b: Any) -> tuple[Any, Any]:
    """Two operands of one kind, of which at least one is an enclosure and one no truth value."""
    if is_truth(a) and is_truth(b):
        _real(a if isinstance(a, Comparison) else b, "a function of two")
    kind = _number(a if isinstance(a, Enclosure) else b)
    return kind.lift(a), kind.lift(b)


def maximum(a: Any, b: Any) -> Any:
    if is_truth(a) and is_truth(b):
        return operator.or_(a, b)
    both_whole = is_whole(a) and is_whole(b)
    a, b = _pair(a, b)
    return Whole(type(a), a.maximum(b)) if both_whole else a.maximum(b)


def minimum(a: Any, b: Any) -> Any:
    if is_truth(a) and is_truth(b):
        return operator.and_(a, b)
    both_whole = is_whole(a) and is_whole(b)
    a, b = _pair(a, b)
    return Whole(type(a), -(-a).maximum(-b)) if both_whole else -(-a).maximum(-b)


def _but_nan(rule: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """fmax and fmin: where one of the two is nan, which an assumption that it is real may hide, the other."""

    def dropping(a: Any, b: Any) -> Any:
        result = rule(a, b)
        for one, other in ((a, b), (b, a)):
            if isinstance(one, Enclosure) and one.assumed:
                result = result.either(result.lift(other))
        return result

    return dropping


def _heaviside(x: Any, at_zero: Any) -> Any:
    x, at_zero = _pair(x, at_zero)
    return where(x == 0, at_zero, where(x > 0, 1.0, 0.0))


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
    """The angle by the half plane in which (x, y) lies; on the cut, or around the origin, anything in [-pi, pi].

    On the cut, y = 0 > x, NumPy looks at the sign of the zero, which a ball does not have.
    """
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
    return _product(x, y, "log")


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
    return _product(x, y, "log1p")


def _product(x: Any, y: Any, name: str) -> Any:
    """x f(y), and where x = 0 it is 0 whatever y is, as long as it is something."""
    if decision(x == 0) is not True:
        return x * y.apply(RULES[name])
    if not isinstance(x, Jet) or x.is_constant():
        return y * 0
    product = x * y.apply(RULES[name])  # x is 0 at this point only: the slope is x' f(y)
    return product if product.c0.is_finite() or not y.c0.is_finite() else Jet.hull(arb(0), arb(0))


def _logaddexp(a: Any, b: Any) -> Any:
    a, b = _pair(a, b)
    return a + (b - a).apply(RULES["softplus"])


def step(name: str) -> Callable[[Any], Any]:
    return lambda x: _real(x, name).step(name)


def _reciprocal(x: Any) -> Any:
    if isinstance(x, Whole):
        raise NoRuleError(
            "there is no rule for np.reciprocal of a whole number on balls: NumPy rounds it to 0; write 1 / x"
        )
    return 1 / x


def _fmod(a: Any, b: Any) -> Any:
    if is_whole(a) and is_whole(b):
        raise NoRuleError("there is no rule for np.fmod of whole numbers on balls")
    a, b = _pair(a, b)
    return a - (a / b).step("trunc") * b


def _to_radians(x: Any) -> Any:
    return x * (x.constant(arb.pi()) / 180)


def _to_degrees(x: Any) -> Any:
    return x * 180 / x.constant(arb.pi())


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
    np.square: lambda x: _real(x, "square") ** 2,
    np.reciprocal: _reciprocal,
    np.deg2rad: lambda x: _to_radians(_number(_real(x, "deg2rad"))),
    np.radians: lambda x: _to_radians(_number(_real(x, "radians"))),
    np.rad2deg: lambda x: _to_degrees(_number(_real(x, "rad2deg"))),
    np.degrees: lambda x: _to_degrees(_number(_real(x, "degrees"))),
    np.sign: step("sign"),
    np.floor: step("floor"),
    np.ceil: step("ceil"),
    np.trunc: step("trunc"),
    np.rint: step("rint"),
    np.maximum: maximum,
    np.minimum: minimum,
    np.fmax: _but_nan(maximum),
    np.fmin: _but_nan(minimum),
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
    getattr(np, name): unary(name)
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
        scipy.special.exp10: lambda x: (_number(x) * _number(x).constant(arb(10).log())).apply(RULES["exp"]),
        scipy.special.psi: unary("digamma"),
        scipy.special.entr: lambda x: -_xlogy(x, x),
    }
    rules |= {getattr(scipy.special, name): unary(name) for name in _SCIPY}
    if hasattr(scipy.special, "softplus"):  # SciPy 1.15
        rules[scipy.special.softplus] = unary("softplus")
    return rules


# What NumPy calls on the entries of an object array: np.sin(np.asarray(ball)) becomes ball.sin().
METHODS: dict[str, Callable[[Any], Any]] = {
    ufunc.__name__: rule
    for ufunc, rule in UFUNCS.items()
    if isinstance(ufunc, np.ufunc) and ufunc.nin == 1 and getattr(np, ufunc.__name__, None) is ufunc
}
METHODS["copy"] = Enclosure.fresh


def rule_of(ufunc: np.ufunc) -> Callable[..., Any] | None:
    """The rule of a ufunc of NumPy's or SciPy's, or None."""
    rule = UFUNCS.get(ufunc)
    if rule is None and "scipy.special" in sys.modules:
        rule = _scipy_ufuncs().get(ufunc)
    return rule
