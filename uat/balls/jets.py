"""Second-order jets over balls: f, its difference quotients and its second ones, all enclosed at once.

What a jet (c0, c1, c2) on the ball B promises of f:
    c0 contains f(x) for every x in B;
    c1, if finite, contains (f(y) - f(x)) / (y - x) for all x != y in B, so f is Lipschitz on B;
    c2, if finite, contains (f'(y) - f'(x)) / (2 (y - x)) likewise, so f' exists and is Lipschitz on B.
On difference quotients the sum, product and chain rules hold as inclusions, and so do |f| and max(f, g) (the quotient
of a maximum lies between those of its arguments): kinks keep a finite c1, jumps only c0.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from flint import arb

from uat.balls.elementary import STEPS, Arb, Rule, integer_power, square, whole
from uat.balls.enclosure import Enclosure

_NAN = arb.nan()
_ZERO, _ONE = arb(0), arb(1)


class Side:
    """Which side of a switch to take where the ball straddles it; remembers the switches at which it was asked.

    Used to prove jumps: -1 is the side of smaller x. Only a switch whose argument is strictly monotone on the ball
    has such sides.
    """

    __slots__ = ("asked", "side")

    def __init__(self, side: int) -> None:
        self.side = side
        self.asked: list[tuple[Any, ...]] = []  # holds the arguments, so that their ids stay theirs


SIDE: ContextVar[Side | None] = ContextVar("SIDE", default=None)


class Jet(Enclosure):
    """f, its difference quotients and its second ones on a ball, as the balls c0, c1, c2 (see the top of the file)."""

    __slots__ = ("c0", "c1", "c2")

    def __init__(self, c0: Arb, c1: Arb = _ZERO, c2: Arb = _ZERO) -> None:
        self.c0, self.c1, self.c2 = c0, c1, c2

    @classmethod
    def variable(cls, ball: Arb) -> Jet:
        """x itself on a ball."""
        return cls(ball, _ONE, _ZERO)

    @classmethod
    def constant(cls, value: Arb) -> Jet:
        return cls(value)

    @classmethod
    def nowhere(cls) -> Jet:
        return cls(_NAN, _NAN, _NAN)

    @classmethod
    def hull(cls, low: Arb, high: Arb) -> Jet:
        return cls(low.union(high), _NAN, _NAN)

    def is_constant(self) -> bool:
        return bool(self.c1.is_zero() and self.c2.is_zero())

    def __add__(self, other: Any) -> Any:
        if type(other) is Jet:
            return Jet(self.c0 + other.c0, self.c1 + other.c1, self.c2 + other.c2)
        if type(other) is float or type(other) is int:  # exact: flint takes floats and integers as they are
            return Jet(self.c0 + other, self.c1, self.c2)
        other = Jet.lift(other)
        return Jet(self.c0 + other.c0, self.c1 + other.c1, self.c2 + other.c2)

    def __sub__(self, other: Any) -> Any:
        if type(other) is float or type(other) is int:
            return Jet(self.c0 - other, self.c1, self.c2)
        other = other if type(other) is Jet else Jet.lift(other)
        return Jet(self.c0 - other.c0, self.c1 - other.c1, self.c2 - other.c2)

    def __neg__(self) -> Jet:
        return Jet(-self.c0, -self.c1, -self.c2)

    def __mul__(self, other: Any) -> Any:
        if type(other) is float or type(other) is int:
            return Jet(self.c0 * other, self.c1 * other, self.c2 * other)
        if type(other) is not Jet:
            other = Jet.lift(other)
        if other is self:
            return self._square()
        a0, a1, a2, b0, b1, b2 = self.c0, self.c1, self.c2, other.c0, other.c1, other.c2
        if other.is_constant():
            return Jet(a0 * b0, a1 * b0, a2 * b0)
        if self.is_constant():
            return Jet(a0 * b0, a0 * b1, a0 * b2)
        return Jet(a0 * b0, a0 * b1 + a1 * b0, a0 * b2 + a1 * b1 + a2 * b0)

    def _square(self) -> Jet:
        c0, c1 = self.c0, self.c1
        return Jet(square(c0), 2 * c0 * c1, 2 * c0 * self.c2 + square(c1))

    def __truediv__(self, other: Any) -> Any:
        other = Jet.lift(other)
        if other.is_constant():
            return Jet(self.c0 / other.c0, self.c1 / other.c0, self.c2 / other.c0)
        return self * other._reciprocal()

    def _reciprocal(self) -> Jet:
        f = 1 / self.c0
        first = -f * f
        return self._chain(f, first, -first * f)

    def _chain(self, f: Arb, first: Arb, half_second: Arb) -> Jet:
        """The chain rule for an outer function with value f, derivative and half second derivative on the ball c0."""
        c1 = self.c1
        if c1 is _ONE and self.c2 is _ZERO:  # of x itself
            return Jet(f, first, half_second)
        return Jet(f, first * c1, first * self.c2 + half_second * square(c1))

    def apply(self, rule: Rule) -> Jet:
        f = rule.value(self.c0)
        if not (f.is_finite() and self.c0.is_finite()):  # tanh of anything is finite, of something undefined it is not
            return Jet.nowhere()
        return self._chain(f, *rule.derivatives(self.c0, f))

    def __pow__(self, other: Any) -> Any:
        exponent = Jet.lift(other)
        if not exponent.is_constant():
            if self.is_constant():
                return (exponent * self.c0.log())._exp()
            return (exponent * self._log())._exp()
        c = exponent.c0
        if c.is_integer():
            return self._integer_power(whole(c))
        first = c * self.c0 ** (c - 1)
        return self._chain(self.c0**c, first, first * (c - 1) / self.c0 / 2)

    def _exp(self) -> Jet:
        f = self.c0.exp()
        return self._chain(f, f, f / 2)

    def _log(self) -> Jet:
        first = 1 / self.c0
        return self._chain(self.c0.log(), first, first * first / -2)

    def _integer_power(self, n: int) -> Jet:
        if n == 0:  # NumPy: x**0 == 1, even of nan; of something undefined it is not proven
            return Jet(_ONE) if self.c0.is_finite() else Jet.nowhere()
        if n == 1:
            return self
        if n < 0:
            return self._integer_power(-n)._reciprocal()
        x = self.c0
        f, first = integer_power(x, n), n * integer_power(x, n - 1)
        return self._chain(f, first, n * (n - 1) // 2 * integer_power(x, n - 2))

    def __abs__(self) -> Jet:
        if self.c0 >= 0:
            return self
        if self.c0 <= 0:
            return -self
        side = self.forced_side(self, 0)
        if side is not None:
            return self if side > 0 else -self
        steepest = abs(self.c1).upper()
        return Jet(abs(self.c0), arb(0, steepest) if steepest.is_finite() else _NAN, _NAN)

    def maximum(self, other: Jet) -> Jet:
        difference = self - other
        if difference.c0 >= 0:
            return self
        if difference.c0 <= 0:
            return other
        side = difference.forced_side(self, other)
        if side is not None:
            return self if side > 0 else other
        return Jet(arb.max(self.c0, other.c0), self.c1.union(other.c1), _NAN)

    def either(self, other: Jet) -> Jet:
        """One of the two at each point, no matter which: nothing is known of slopes."""
        return Jet(self.c0.union(other.c0), _NAN, _NAN)

    def step(self, name: str) -> Jet:
        round_ = STEPS[name]
        low, high = self.range()
        if not self.c0.is_finite():
            return Jet.nowhere()
        low, high = round_(low), round_(high)
        if low == high:
            return Jet(low)
        if high - low <= (2 if name == "sign" else 1):  # one switch inside
            side = self.forced_side(self, 0 if name == "sign" else name)
            if side is not None:
                return Jet(high if side > 0 else low)
        return Jet.hull(low, high)

    def forced_side(self, a: Any, b: Any) -> int | None:
        """The sign that a forced side gives to a strictly monotone argument, or None where no side is forced."""
        forced = SIDE.get()
        if forced is None or not (self.c1 > 0 or self.c1 < 0):
            return None
        forced.asked.append((a, b))
        return forced.side if self.c1 > 0 else -forced.side

    def range(self) -> tuple[Arb, Arb]:
        return self.c0.lower(), self.c0.upper()
