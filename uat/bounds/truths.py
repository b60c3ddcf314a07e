"""Truth values of balls: a < b and the like, which a ball may leave undecided or undefined, and np.where on them.

What is made of truth values and whole numbers alone is a whole number in NumPy (`uat.bounds.wholes`), not a float.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from flint import arb

from uat.bounds.balls import CALL, Enclosure, is_array
from uat.bounds.refusals import NoRuleError, UndecidedError
from uat.bounds.wholes import Discrete, Whole, is_whole

_ZERO, _ONE = arb(0), arb(1)
_LARGE = 2**31  # a product of two such integers is still one of 64 bits


class Comparison(Discrete):
    """Whether a < b and the like: True, False, or None where the balls do not decide. As a number: 1, 0, or [0, 1].

    Where a or b is undefined (a logarithm of a negative number), or is defined by an assumption only, so is the truth
    value undefined: NumPy would say False of nan, and a proof must not. "and" with a value that is False, "or" with
    one that is True, are decided all the same: that is how formulas guard themselves.
    Between two of them * is "and", as in NumPy. Their sum has three meanings: 2 for Python's numbers and for np.sum,
    True for arrays; so it is refused where both hold. - is refused, as NumPy does.
    """

    __slots__ = ("compared", "decided", "kind", "made_of")

    def __init__(self, kind: type[Enclosure], decided: bool | None, compared: Any, made_of: Any = None) -> None:
        self.kind, self.decided, self.compared = kind, decided, compared
        self.made_of = made_of  # (sign, a, b), or (operation, truth value, truth value), or nothing that is known
        CALL.made.append(self)

    def end(self) -> None:
        self.decided = self.made_of = None  # where the call is over, what was compared has ended too: undefined

    def __bool__(self) -> bool:
        if self.decided is None:
            sign, difference = self.compared
            low, high = (float(end) for end in difference.range())
            raise UndecidedError(
                f"Python branches on `{sign}` where the two sides differ by {low:.3g} to {high:.3g}, so on a ball that "
                "holds both cases: write the branch as np.where"
            )
        return self.decided

    def undefined(self) -> bool:
        """Whether one of the two sides may have no value somewhere on the ball, as far as is known."""
        difference = self.compared[1]
        return self.decided is None and not (difference.c0.is_finite() and not difference.assumed)

    def number(self) -> Any:
        if self.decided is not None:
            return self.kind.constant(arb(int(self.decided)))
        return self.kind.nowhere() if self.undefined() else self.kind.hull(_ZERO, _ONE)

    def _beside(self, other: Any) -> Any:
        """As a number, for arithmetic with another one: a whole one beside a whole one."""
        refuse_wrapping(other)
        return Whole(self.kind, self.number()) if is_whole(other) else self.number()

    def _with(self, decided: bool | None, other: Any = None, operation: Any = None) -> Comparison:
        """The same with another decision; undefined if one that is not decided is."""
        theirs = isinstance(other, Comparison) and other.decided is None
        source = other if theirs and (self.decided is not None or other.undefined()) else self
        return Comparison(self.kind, decided, source.compared, operation and (operation, self, other))

    def __and__(self, other: Any) -> Any:
        if is_array(other):
            return np.logical_and(self, other)
        a, b = self.decided, decision(other)
        return self._with(
            False if a is False or b is False else (None if a is None or b is None else True), other, operator.and_
        )

    def __or__(self, other: Any) -> Any:
        if is_array(other):
            return np.logical_or(self, other)
        a, b = self.decided, decision(other)
        return self._with(
            True if a is True or b is True else (None if a is None or b is None else False), other, operator.or_
        )

    def __xor__(self, other: Any) -> Any:
        if is_array(other):
            return np.logical_xor(self, other)
        a, b = self.decided, decision(other)
        return self._with(None if a is None or b is None else a != b, other, operator.xor)

    def __invert__(self) -> Comparison:
        return self._with(None if self.decided is None else not self.decided, True, operator.xor)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __add__(self, other: Any) -> Any:
        if is_array(other):
            return np.add(self, other)
        if not is_truth(other):
            return self._beside(other) + other
        a, b = self.decided, decision(other)
        if a is False or b is False:
            return self._with(b if a is False else a, other)
        sentence = "two truth values were added, which is 2 for numbers and True for arrays: write | or np.where"
        raise NoRuleError(sentence) if a and b else UndecidedError(sentence)

    def __sub__(self, other: Any) -> Any:
        if is_array(other):
            return np.subtract(self, other)
        return self._refuse("the difference of two truth values") if is_truth(other) else self._beside(other) - other

    def __rsub__(self, other: Any) -> Any:
        return self._refuse("the difference of two truth values") if is_truth(other) else -self._beside(other) + other

    def __mul__(self, other: Any) -> Any:
        if is_array(other):
            return np.multiply(self, other)
        return self & other if is_truth(other) else self._beside(other) * other

    def __truediv__(self, other: Any) -> Any:
        return self._beside(other) / other

    def __pow__(self, other: Any) -> Any:
        if is_array(other):
            return np.power(self, other)
        if is_whole(other):
            raise NoRuleError("there is no rule for a whole power of a truth value: its 8 bits wrap; write 1.0 * it")
        return self._beside(other) ** other

    def __neg__(self) -> Any:
        return self._refuse("the negative of a truth value")

    def __pos__(self) -> Any:
        return self._refuse("the sign of a truth value")

    def __abs__(self) -> Any:
        return self.fresh()


def wraps(value: Any) -> bool:
    """Whether NumPy's arithmetic of truth values with it is modulo a small number, in few bits, or without a sign."""
    if not isinstance(value, (np.generic, np.ndarray)) or value.dtype.kind not in "iuf":
        return False
    return value.dtype.kind == "u" or value.dtype.itemsize < 8


def refuse_wrapping(value: Any) -> None:
    """A truth value, or a choice by one, is an integer beside an integer: balls know no arithmetic that wraps."""
    if wraps(value):
        kind = value.dtype
        why = "it has few digits" if kind.kind == "f" else "integers of that type wrap"
        raise NoRuleError(f"there is no rule for a truth value beside a {kind}: {why}")
    if isinstance(value, (int, np.integer)) and abs(int(value)) >= _LARGE:
        raise NoRuleError(
            f"there is no rule for a truth value beside {value}: integers of that size wrap; write a float"
        )


def is_truth(value: Any) -> bool:
    """Whether it is a comparison or a plain truth value (a 0-d array of one included)."""
    return isinstance(value, (Comparison, bool, np.bool_)) or (
        isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind == "b"
    )


def decision(condition: Any) -> bool | None:
    """The value of a condition: a comparison's, or that of a plain truth value."""
    if isinstance(condition, Comparison):
        return condition.decided
    if is_truth(condition):
        return bool(condition)
    raise NoRuleError(f"a {type(condition).__name__} stands where a comparison of balls is wanted")


def compare(a: Any, b: Any, sign: str) -> Any:
    """a < b and the other five, on enclosures or an enclosure and a number."""
    if is_array(b):
        ufuncs = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
        return {**ufuncs, "==": np.equal, "!=": np.not_equal}[sign](a, b)
    a = a.number() if a.whole else a
    difference = a - a.lift(b)
    low, high = difference.range()
    if sign in (">", ">="):  # a > b is b < a
        low, high = -high, -low
    decided: bool | None = None
    if difference.assumed:
        return Comparison(type(a), None, (sign, difference))
    if sign in ("<", ">"):
        decided = True if high < 0 else (False if low >= 0 else None)
    elif sign in ("<=", ">="):
        decided = True if high <= 0 else (False if low > 0 else None)
    elif low > 0 or high < 0:
        decided = sign == "!="
    elif low.is_zero() and high.is_zero():
        decided = sign == "=="
    if decided is None and difference.c0.is_finite():
        side = difference.forced_side(a, b)
        if side is not None:
            decided = {"<": side < 0, "<=": side < 0, ">": side > 0, ">=": side > 0, "==": False, "!=": True}[sign]
    return Comparison(type(a), decided, (sign, difference), (sign, a, b.item() if isinstance(b, np.generic) else b))


_SIGNS: dict[Any, Any] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


def cover(conditions: list[Any]) -> bool:
    """Whether one of them holds at every point: by itself, or since they ask where one number lies among others."""
    if any(decision(condition) for condition in conditions):
        return True
    asked = [pair for condition in conditions for pair in _asked(condition)]
    if not asked or not all(a is asked[0][0] and type(b) in (int, float) and abs(b) < math.inf for a, b in asked):
        return False
    ends = sorted({Fraction(b) for _, b in asked})
    between = [(low + high) / 2 for low, high in pairwise(ends)]
    return all(any(_at(c, t) for c in conditions) for t in (ends[0] - 1, *ends, *between, ends[-1] + 1))


def _asked(condition: Any) -> Iterator[tuple[Any, Any]]:
    """What is compared with what in a condition."""
    if isinstance(condition, Comparison):
        how, a, b = condition.made_of or ("", None, None)
        yield from [(a, b)] if isinstance(how, str) else (*_asked(a), *_asked(b))


def _at(condition: Any, t: Fraction) -> bool:
    """The condition where the number that it asks about is t."""
    if not isinstance(condition, Comparison):
        return bool(condition)
    how, a, b = condition.made_of
    return bool(_SIGNS[how](t, b) if isinstance(how, str) else how(_at(a, t), _at(b, t)))


def where(condition: Any, a: Any, b: Any) -> Any:
    """np.where on enclosures: both branches count where the condition is not decided, none where it is undefined."""
    chosen = decision(condition)
    for branch in (a, b):
        refuse_wrapping(branch)
    undefined = isinstance(condition, Comparison) and condition.undefined()
    if isinstance(condition, Comparison) and is_truth(a) and is_truth(b):  # a truth value again, as in NumPy
        if undefined:
            return condition
        return condition._with(True) if decision(a) and decision(b) else condition & a | ~condition & b
    one = condition if isinstance(condition, Comparison) else (a if isinstance(a, Enclosure) else b)
    kind: Any = one.kind if isinstance(one, Enclosure) and one.whole else type(one)
    if not issubclass(kind, Enclosure):
        return a if chosen else b
    if chosen is not None:
        value = kind.lift(a if chosen else b)
    else:
        value = kind.nowhere() if undefined else kind.lift(a).either(kind.lift(b))
    return Whole(kind, value) if is_whole(a) and is_whole(b) else value
