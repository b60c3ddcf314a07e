"""Range enclosures between two end points, which hold up to the rim of a domain and across infinite slopes.

A monotone function is enclosed by its values at the end points, so sqrt on [0, h] is [0, sqrt(h)]: no slope is needed,
and nothing is lost to a ball that sticks out of the domain by a rounding.
"""

from __future__ import annotations

import functools
from typing import Any

from flint import arb

from uat.balls.elementary import RULES, STEPS, Arb, Rule, integer_power, whole
from uat.balls.enclosure import Enclosure

_NAN = arb.nan()
_ZERO, _ONE = arb(0), arb(1)
_MOST_EXPONENT = 2**50  # whole numbers below are exact at any precision


class Interval(Enclosure):
    """The range of f on an interval, between two exact end points; where f is undefined, `reason` says why.

    Monotone functions are enclosed by their values at the end points, so sqrt on [0, h] is [0, sqrt(h)]: no slope is
    needed. ``assumed`` collects what a range had to take for granted (an argument that overestimation pushed out of
    a domain was cut off at its rim).
    """

    __slots__ = ("assumed", "high", "low", "reason")

    def __init__(self, low: Arb, high: Arb, assumed: frozenset[str] = frozenset(), reason: str = "") -> None:
        if not (low.is_finite() and high.is_finite()):
            low = high = _NAN
            reason = reason or "an intermediate value is not finite"
        self.low, self.high, self.assumed, self.reason = low, high, assumed, reason

    @classmethod
    def constant(cls, value: Arb) -> Interval:
        return cls(value.lower(), value.upper())

    @classmethod
    def nowhere(cls) -> Interval:
        return cls(_NAN, _NAN)

    @classmethod
    def hull(cls, low: Arb, high: Arb) -> Interval:
        return cls(low.lower(), high.upper())

    @property
    def c0(self) -> Arb:
        return self.low.union(self.high)

    def _of(self, low: Arb, high: Arb, other: Interval | None = None, reason: str = "") -> Interval:
        assumed, reason = self.assumed, reason or self.reason
        if other is not None:
            assumed, reason = assumed | other.assumed, reason or other.reason
        return Interval(low.lower(), high.upper(), assumed, reason)

    def __add__(self, other: Any) -> Any:
        other = Interval.lift(other)
        return self._of(self.low + other.low, self.high + other.high, other)

    def __sub__(self, other: Any) -> Any:
        other = Interval.lift(other)
        return self._of(self.low - other.high, self.high - other.low, other)

    def __neg__(self) -> Interval:
        return self._of(-self.high, -self.low)

    def __mul__(self, other: Any) -> Any:
        other = Interval.lift(other)
        if other is self:
            return self._integer_power(2)
        corners = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return self._of(_least(corners), -_least([-c for c in corners]), other)

    def __truediv__(self, other: Any) -> Any:
        other = Interval.lift(other)
        if not (other.low > 0 or other.high < 0):
            return self * other._reciprocal()
        corners = [a / b for a in (self.low, self.high) for b in (other.low, other.high)]  # one rounding, not two
        return self._of(_least(corners), -_least([-c for c in corners]), other)

    def _reciprocal(self) -> Interval:
        if self.low > 0 or self.high < 0:
            return self._of(1 / self.high, 1 / self.low)
        return self._of(_NAN, _NAN, reason="division by an enclosure that contains 0")

    def apply(self, rule: Rule) -> Interval:
        """f on the interval, cut at the rim of the domain of f, where the interval reaches beyond.

        Beyond it f has no real value whatever (sqrt, arcsin, arccos, arccosh; log, log1p, arctanh and logit have none
        at the rim either, so of them nothing is left), and nothing that is made of it has one, but by rules that drop
        undefined parts: `where`, comparisons and fmax ask for `assumed`. A power is another matter: see __pow__.
        """
        low, high, assumed = self.low, self.high, self.assumed
        if not low.is_finite():
            return self
        if not rule.monotone:
            image = rule.value(low.union(high) if low < high else low)
            return self._of(image, image, reason="" if image.is_finite() else f"{rule.name} is not finite there")
        outside = f"{rule.name} of a number outside its domain"
        if rule.low is not None and low < rule.low:
            if high < rule.low:
                return self._of(_NAN, _NAN, reason=outside)
            low, assumed = arb(rule.low), assumed | {_real_valued(rule.name, f">= {rule.low}")}
        if rule.high is not None and high > rule.high:
            if low > rule.high:
                return self._of(_NAN, _NAN, reason=outside)
            high, assumed = arb(rule.high), assumed | {_real_valued(rule.name, f"<= {rule.high}")}
        a, b = rule.value(low), rule.value(high)
        if not (a.is_finite() and b.is_finite()):
            return self._of(_NAN, _NAN, reason=f"{rule.name} is not finite there")
        if rule.monotone < 0:
            a, b = b, a
        return Interval(a.lower(), b.upper(), assumed)

    def __pow__(self, other: Any) -> Any:
        exponent = Interval.lift(other)
        if exponent.low == exponent.high and exponent.low.is_integer():
            return self._integer_power(whole(exponent.low))
        if self.low < 0:
            return self._power_below_zero(exponent)
        c = exponent.c0
        if c < 0:
            return (self ** (-exponent))._reciprocal()
        if not c > 0:
            return (exponent * self.apply(RULES["log"])).apply(RULES["exp"])
        a, b = (_ZERO if x.is_zero() else x**c for x in (self.low, self.high))
        return self._of(a, b, exponent)

    def _power_below_zero(self, exponent: Interval) -> Interval:
        """A negative number has the powers whose exponents are whole, and no others; what is not negative has all.

        |b|^n is monotone in n, of even n and of odd n: so the two outermost whole exponents at both ends bound all.
        """
        if not abs(exponent.c0) < _MOST_EXPONENT:
            return self._of(_NAN, _NAN, exponent, "an exponent that may be beyond 2^50")
        first, last = (whole(end) for end in (exponent.low.ceil(), exponent.high.floor()))
        assumed = self.assumed | {_real_valued("a power that is not an integer", ">= 0")}
        base = Interval(self.low, self.high, assumed, self.reason)
        outermost = {n for n in (first, first + 1, last - 1, last) if first <= n <= last}
        parts = [base._integer_power(n) for n in sorted(outermost)]
        if self.high >= 0:
            parts.append(Interval(_ZERO, self.high, assumed) ** exponent)
        if not parts:
            return self._of(_NAN, _NAN, reason="a negative number to a power that is not an integer")
        power = functools.reduce(Interval.either, parts)
        return power._of(power.low, power.high, exponent)

    def _integer_power(self, n: int) -> Interval:
        if n == 0:
            return Interval(_ONE, _ONE, self.assumed) if self.low.is_finite() else self
        if n < 0:
            return self._integer_power(-n)._reciprocal()
        x = abs(self) if n % 2 == 0 else self
        return x._of(integer_power(x.low, n), integer_power(x.high, n))

    def __abs__(self) -> Interval:
        if self.low >= 0:
            return self
        if self.high <= 0:
            return -self
        return self._of(0 * self.low, arb.max(-self.low, self.high))

    def maximum(self, other: Interval) -> Interval:
        return self._of(arb.max(self.low, other.low), arb.max(self.high, other.high), other)

    def either(self, other: Interval) -> Interval:
        return self._of(arb.min(self.low, other.low), arb.max(self.high, other.high), other)

    def step(self, name: str) -> Interval:
        if not self.low.is_finite():
            return self
        return self._of(STEPS[name](self.low), STEPS[name](self.high))

    def range(self) -> tuple[Arb, Arb]:
        return self.low, self.high


def _least(numbers: list[Arb]) -> Arb:
    least = numbers[0]
    for number in numbers[1:]:
        least = arb.min(least, number)
    return least


def _real_valued(what: str, requirement: str) -> str:
    return f"f is real on the domain: the argument of {what} is {requirement} (its enclosure reached beyond)"
