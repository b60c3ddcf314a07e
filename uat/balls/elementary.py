"""The table of functions that balls know: value, first and half of the second derivative, and where f is monotone.

A rule encloses, for a ball x of real numbers (python-flint's `arb`), the numbers f(x), f'(x) and f''(x)/2. From these
the chain rule builds second-order jets (`uat.balls.jets.Jet`); monotone rules also give range enclosures from the two
end points alone (`uat.balls.intervals.Interval`), which hold up to the rim of the domain, where derivatives blow up.
Outside its domain a rule answers with a ball that is not finite, never with a wrong one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flint import arb, arb_series

Arb = arb
Derivatives = Callable[[Arb, Arb], tuple[Arb, Arb]]


def square(x: Arb) -> Arb:
    """x^2 as |x| |x|: a ball times itself knows nothing of signs, and flint's power is nan across 0."""
    size = abs(x)
    return size * size


def whole(x: Arb) -> int:
    """A ball that is a whole number as that number."""
    number = x.unique_fmpz()
    assert number is not None  # the caller asked
    return int(number)


def integer_power(x: Arb, n: int) -> Arb:
    """x^n for n >= 0, by squaring |x|."""
    size, result = abs(x), (x if n % 2 else arb(1))
    factor, n = size * size, n // 2
    while n:
        if n % 2:
            result = result * factor
        n //= 2
        if n:
            factor = factor * factor
    return result


@dataclass(frozen=True, slots=True)
class Rule:
    """One function of one variable.

    ``value(x)`` encloses f on the ball x; ``derivatives(x, value(x))`` encloses f' and f''/2 there. ``monotone`` is 1,
    -1 or 0 (increasing, decreasing, neither) on the domain from ``low`` to ``high`` (None: no limit). Whether an end
    belongs to the domain is answered by ``value`` there: finite or not.
    """

    name: str
    value: Callable[[Arb], Arb]
    derivatives: Derivatives
    monotone: int = 0
    low: int | None = None
    high: int | None = None


def _by_series(name: str, rule_name: str, **facts: Any) -> Rule:
    """A rule whose derivatives are read off flint's own power series of f around x."""

    def derivatives(x: Arb, _: Arb) -> tuple[Arb, Arb]:
        series = getattr(arb_series([x, 1], 3), name)()
        return series[1], series[2]

    return Rule(rule_name, lambda x: getattr(x, name)(), derivatives, **facts)


def _sinc(x: Arb) -> Arb:
    return x.sinc_pi()


def _sinc_derivatives(x: Arb, _: Arb) -> tuple[Arb, Arb]:
    """sinc(x) = sin(y)/y with y = pi x. Away from 0: S' = (cos y - S)/y, S'' = -S - 2 S'/y. Around 0, where that is
    0/0, Taylor: S = int_0^1 cos(y t) dt, so |S^(4)| <= 1/5, S' = -y/3 +- |y|^3/30 and S'' likewise."""
    pi = arb.pi()
    y = pi * x
    if not x.contains(0):
        s = y.sin() / y
        first = (y.cos() - s) / y
        return pi * first, pi * pi * (-s / 2 - first / y)
    y2 = square(y)
    return pi * y * (arb(0, 1) * y2 / 30 - arb(1) / 3), pi * pi * (arb(0, 1) * y2 / 20 - arb(1) / 6)


def _bessel_derivatives(order: int) -> Derivatives:
    """J_n' = (J_{n-1} - J_{n+1})/2 twice, with J_{-n} = (-1)^n J_n."""

    def derivatives(x: Arb, _: Arb) -> tuple[Arb, Arb]:
        j = {k: x.bessel_j(abs(k)) * (-1 if k < 0 and k % 2 else 1) for k in range(order - 2, order + 3)}
        return (j[order - 1] - j[order + 1]) / 2, (j[order - 2] - 2 * j[order] + j[order + 2]) / 8

    return derivatives


def _bessel_i_derivatives(order: int) -> Derivatives:
    """I_n' = (I_{n-1} + I_{n+1})/2 twice, with I_{-n} = I_n."""

    def derivatives(x: Arb, _: Arb) -> tuple[Arb, Arb]:
        i = {k: x.bessel_i(abs(k)) for k in range(order - 2, order + 3)}
        return (i[order - 1] + i[order + 1]) / 2, (i[order - 2] + 2 * i[order] + i[order + 2]) / 8

    return derivatives


def _cbrt(x: Arb) -> Arb:
    if x.is_zero():
        return x
    if x > 0:
        return x.root(3)
    if x < 0:
        return -((-x).root(3))
    return arb.nan()  # across 0 the end points enclose (`Interval`); the slope is infinite there anyway


def _cbrt_derivatives(x: Arb, f: Arb) -> tuple[Arb, Arb]:
    first = f / (3 * x)
    return first, -first / (3 * x)


def _expit(x: Arb) -> Arb:
    return 1 / (1 + (-x).exp())


def _expit_derivatives(x: Arb, s: Arb) -> tuple[Arb, Arb]:
    first = s * (1 - s)
    return first, first * (1 - 2 * s) / 2


def _softplus(x: Arb) -> Arb:
    return x.exp().log1p()


def _softplus_derivatives(x: Arb, _: Arb) -> tuple[Arb, Arb]:
    s = _expit(x)
    return s, s * (1 - s) / 2


def _log_expit_derivatives(x: Arb, _: Arb) -> tuple[Arb, Arb]:
    s = _expit(x)
    return 1 - s, -s * (1 - s) / 2


def _tanh(x: Arb) -> Arb:
    return 1 - 2 / (1 + (2 * x).exp()) if x.rad() > 1 else x.tanh()  # the latter is loose on wide balls


def _tanh_derivatives(x: Arb, t: Arb) -> tuple[Arb, Arb]:
    first = 1 - square(t)
    return first, -t * first


def _arcsin_derivatives(x: Arb, _: Arb) -> tuple[Arb, Arb]:
    r = 1 / (1 - square(x))
    first = r.sqrt()
    return first, x * first * r / 2


def _arccos_derivatives(x: Arb, _: Arb) -> tuple[Arb, Arb]:
    first, half_second = _arcsin_derivatives(x, _)
    return -first, -half_second


def _arctan_derivatives(x: Arb, _: Arb) -> tuple[Arb, Arb]:
    first = 1 / (1 + square(x))
    return first, -x * first * first


def _arcsinh_derivatives(x: Arb, _: Arb) -> tuple[Arb, Arb]:
    r = 1 / (1 + square(x))
    first = r.sqrt()
    return first, -x * first * r / 2


def _arccosh_derivatives(x: Arb, _: Arb) -> tuple[Arb, Arb]:
    r = 1 / (x * x - 1)
    first = r.sqrt()
    return first, -x * first * r / 2


def _arctanh_derivatives(x: Arb, _: Arb) -> tuple[Arb, Arb]:
    first = 1 / (1 - square(x))
    return first, x * first * first


def _tan_derivatives(x: Arb, t: Arb) -> tuple[Arb, Arb]:
    first = 1 + square(t)
    return first, t * first


def _sqrt_derivatives(x: Arb, f: Arb) -> tuple[Arb, Arb]:
    first = 1 / (2 * f)
    return first, -first / (4 * x)


def _log_derivatives(scale: Callable[[], Arb]) -> Derivatives:
    def derivatives(x: Arb, _: Arb) -> tuple[Arb, Arb]:
        first = 1 / x
        return first * scale(), first * first * scale() / -2

    return derivatives


def _log1p_derivatives(x: Arb, _: Arb) -> tuple[Arb, Arb]:
    first = 1 / (1 + x)
    return first, first * first / -2


def _erf_derivatives(x: Arb, _: Arb) -> tuple[Arb, Arb]:
    first = 2 * (-(square(x))).exp() / arb.pi().sqrt()
    return first, -x * first


def _erfc_derivatives(x: Arb, _: Arb) -> tuple[Arb, Arb]:
    first, half_second = _erf_derivatives(x, _)
    return -first, -half_second


def _ndtr(x: Arb) -> Arb:
    return (-x / arb(2).sqrt()).erfc() / 2


def _ndtr_derivatives(x: Arb, _: Arb) -> tuple[Arb, Arb]:
    first = (-(square(x)) / 2).exp() / (2 * arb.pi()).sqrt()
    return first, -x * first / 2


def _digamma_derivatives(x: Arb, _: Arb) -> tuple[Arb, Arb]:
    """The polygamma functions as Hurwitz zetas: psi' = zeta(2, x), psi'' = -2 zeta(3, x)."""
    return arb(2).zeta(x), -arb(3).zeta(x)


def _logit(x: Arb) -> Arb:
    return (x / (1 - x)).log()


def _logit_derivatives(x: Arb, _: Arb) -> tuple[Arb, Arb]:
    first = 1 / (x * (1 - x))
    return first, first * first * (2 * x - 1) / 2


def _exp2(x: Arb) -> Arb:
    return (x * arb(2).log()).exp()


def _exp2_derivatives(x: Arb, f: Arb) -> tuple[Arb, Arb]:
    first = f * arb(2).log()
    return first, first * arb(2).log() / 2


RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("sin", lambda x: x.sin(), lambda x, f: (x.cos(), f / -2)),
        Rule("cos", lambda x: x.cos(), lambda x, f: (-x.sin(), f / -2)),
        Rule("tan", lambda x: x.tan(), _tan_derivatives),
        Rule("exp", lambda x: x.exp(), lambda x, f: (f, f / 2), 1),
        Rule("exp2", _exp2, _exp2_derivatives, 1),
        Rule("expm1", lambda x: x.expm1(), lambda x, f: (f + 1, (f + 1) / 2), 1),
        Rule("log", lambda x: x.log(), _log_derivatives(lambda: arb(1)), 1, 0),
        Rule("log2", lambda x: x.log() / arb.const_log2(), _log_derivatives(lambda: 1 / arb.const_log2()), 1, 0),
        Rule("log10", lambda x: x.log() / arb.const_log10(), _log_derivatives(lambda: 1 / arb.const_log10()), 1, 0),
        Rule("log1p", lambda x: x.log1p(), _log1p_derivatives, 1, -1),
        Rule("sqrt", lambda x: x.sqrt(), _sqrt_derivatives, 1, 0),
        Rule("cbrt", _cbrt, _cbrt_derivatives, 1),
        Rule("sinh", lambda x: x.sinh(), lambda x, f: (x.cosh(), f / 2), 1),
        Rule("cosh", lambda x: x.cosh(), lambda x, f: (x.sinh(), f / 2)),
        Rule("tanh", _tanh, _tanh_derivatives, 1),
        Rule("arcsin", lambda x: x.asin(), _arcsin_derivatives, 1, -1, 1),
        Rule("arccos", lambda x: x.acos(), _arccos_derivatives, -1, -1, 1),
        Rule("arctan", lambda x: x.atan(), _arctan_derivatives, 1),
        Rule("arcsinh", lambda x: x.asinh(), _arcsinh_derivatives, 1),
        Rule("arccosh", lambda x: x.acosh(), _arccosh_derivatives, 1, 1),
        Rule("arctanh", lambda x: x.atanh(), _arctanh_derivatives, 1, -1, 1),
        Rule("sinc", _sinc, _sinc_derivatives),
        Rule("erf", lambda x: x.erf(), _erf_derivatives, 1),
        Rule("erfc", lambda x: x.erfc(), _erfc_derivatives, -1),
        Rule("ndtr", _ndtr, _ndtr_derivatives, 1),
        Rule("expit", _expit, _expit_derivatives, 1),
        Rule("logit", _logit, _logit_derivatives, 1, 0, 1),
        Rule("softplus", _softplus, _softplus_derivatives, 1),
        Rule("log_expit", lambda x: -_softplus(-x), _log_expit_derivatives, 1),
        _by_series("gamma", "gamma"),
        _by_series("lgamma", "gammaln"),
        _by_series("rgamma", "rgamma"),
        Rule("digamma", lambda x: x.digamma(), _digamma_derivatives),
        Rule("j0", lambda x: x.bessel_j(0), _bessel_derivatives(0)),
        Rule("j1", lambda x: x.bessel_j(1), _bessel_derivatives(1)),
        Rule("i0", lambda x: x.bessel_i(0), _bessel_i_derivatives(0)),
        Rule("i1", lambda x: x.bessel_i(1), _bessel_i_derivatives(1)),
    )
}


STEPS: dict[str, Callable[[Arb], Arb]] = {
    "floor": lambda x: x.floor(),
    "ceil": lambda x: x.ceil(),
    "trunc": lambda x: x.floor() if x >= 0 else x.ceil(),
    "rint": lambda x: _nearest_even(x),
    "sign": lambda x: x.sgn(),
}


def _nearest_even(x: Arb) -> Arb:
    """NumPy's rint of an exact number."""
    doubled = 2 * x
    if doubled.is_integer() and not x.is_integer():
        return 2 * ((x + arb(0.5)) / 2).floor()  # x = n + 1/2: the even one of n and n + 1
    return (x + arb(0.5)).floor()


@lru_cache(maxsize=1024)
def _literal(text: str, bits: int) -> Arb:
    return {"pi": arb.pi, "e": arb.const_e}[text]() if text in ("pi", "e") else arb(text)


def literal(text: str, bits: int) -> Arb:
    """The real number that a decimal literal, "pi" or "e" stands for, enclosed at the current precision of `bits`."""
    return _literal(text, bits)
