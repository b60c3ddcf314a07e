"""What the two kinds of enclosure have in common, and truth values of three kinds: True, False, not decided.

`uat.balls.jets.Jet` encloses value and slopes on a ball, `uat.balls.intervals.Interval` the range between two ends.
Both have Python's operators for arithmetic with one another and with floats, which are the binary fractions that they
are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Self

from flint import arb

from uat.balls.elementary import Arb


class Truth(NamedTuple):
    """Whether a < b and the like on a ball: True, False, or None where the ball holds both cases.

    Where a or b is undefined (a logarithm of a negative number), or is defined by an assumption only, so is the truth
    value: NumPy would say False of nan, and a proof must not. "and" with a value that is False, "or" with one that is
    True, are decided all the same: that is how formulas guard themselves.
    """

    decided: bool | None
    defined: bool = True

    def __and__(self, other: Truth) -> Truth:
        if self.decided is False or other.decided is False:
            return Truth(False)
        both = self.decided is not None and other.decided is not None
        return Truth(True if both else None, self.defined and other.defined)

    def __or__(self, other: Truth) -> Truth:
        return ~(~self & ~other)

    def __invert__(self) -> Truth:
        return Truth(None if self.decided is None else not self.decided, self.defined)


class Enclosure:
    """What `Jet` and `Interval` share."""

    __slots__: tuple[str, ...] = ()
    assumed: frozenset[str] = frozenset()  # what had to be taken for granted: intervals only

    @classmethod
    def lift(cls, value: Any) -> Self:
        """A float, or a ball that encloses a constant, as an enclosure of this class."""
        if type(value) is cls:
            return value
        return cls.constant(value if isinstance(value, arb) else arb(value))

    def __radd__(self, other: float) -> Self:
        return self + other

    def __rsub__(self, other: float) -> Self:
        return -self + other

    def __rmul__(self, other: float) -> Self:
        return self * other

    def __rtruediv__(self, other: float) -> Self:
        return self.lift(other) / self

    def compared(self, sign: str, other: Any) -> Truth:
        """self < other and the like, for "<", "<=", ">", ">=" and "=="."""
        difference = self - other
        low, high = difference.range()
        turned = sign[0] == ">"
        if turned:  # a > b is b < a
            low, high, sign = -high, -low, sign.replace(">", "<")
        if difference.assumed or not difference.c0.is_finite():
            return Truth(None, False)
        decided: bool | None = None
        if sign == "<":
            decided = True if high < 0 else (False if low >= 0 else None)
        elif sign == "<=":
            decided = True if high <= 0 else (False if low > 0 else None)
        elif low > 0 or high < 0:
            decided = False
        elif low.is_zero() and high.is_zero():
            decided = True
        if decided is None:
            side = difference.forced_side(self, other)
            if side is not None:
                decided = (side > 0) is turned if sign != "==" else False
        return Truth(decided)

    if TYPE_CHECKING:  # what the two classes implement
        c0: Any  # the range, as a ball

        @classmethod
        def constant(cls, value: Arb) -> Self: ...

        @classmethod
        def nowhere(cls) -> Self:
            """Nothing is known, not even that there is a value."""

        @classmethod
        def hull(cls, low: Arb, high: Arb) -> Self:
            """Anything between low and high, with no slope: what is known at a jump."""

        def range(self) -> tuple[Arb, Arb]: ...

        def apply(self, rule: Any) -> Self: ...

        def step(self, name: str) -> Self:
            """floor, ceil, trunc, rint or sign."""

        def maximum(self, other: Self) -> Self: ...

        def either(self, other: Self) -> Self: ...

        def __abs__(self) -> Self: ...

        def __add__(self, other: Any) -> Self: ...

        def __sub__(self, other: Any) -> Self: ...

        def __mul__(self, other: Any) -> Self: ...

        def __truediv__(self, other: Any) -> Self: ...

        def __pow__(self, other: Any) -> Self: ...

        def __neg__(self) -> Self: ...

    def forced_side(self, a: Any, b: Any) -> int | None:
        """The sign to take where the ball straddles 0, while a jump is looked at from one side (see `jets.Side`)."""
        return None
