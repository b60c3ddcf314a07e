"""What numbers that stand for all reals of an interval have in common: how a function written with NumPy meets them.

Two kinds of enclosure run a function unchanged: `uat.bounds.jets.Jet` (value and slopes on a ball) and
`uat.bounds.intervals.Interval` (range between two end points). Both answer NumPy's ufuncs and array functions
(`uat.bounds.numpy_rules`) and Python's operators, and both refuse whatever would pick one number out of the ball:
float(), int(), an index, a truth value that the ball does not decide. So a random number generator, a table look-up
or a branch cannot be mistaken for a formula.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from fractions import Fraction
from functools import cache
from threading import RLock
from typing import Any

import numpy as np
from flint import arb, ctx, fmpq

from uat.bounds.ball_rules import Arb, literal

_PRECISION = RLock()  # flint's working precision is one for the whole process: certificates take turns
_ZERO, _ONE = arb(0), arb(1)


class Refusals:
    """Every refusal that was made so far, counted where it is made: f may catch the exception, not the count.

    One counter for the process, like flint's precision, behind whose lock f runs: f may work in threads of its own.
    """

    def __init__(self) -> None:
        self.count, self.last = 0, ""

    def note(self, sentence: str) -> None:
        self.count, self.last = self.count + 1, sentence


REFUSALS = Refusals()


class NoRuleError(TypeError):
    """The function leaves the world of balls: it does something for which there is no rule."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        REFUSALS.note(sentence)


class UndecidedError(ArithmeticError):
    """A truth value was asked that a ball does not decide; on a smaller ball it may be decided."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        REFUSALS.note(sentence)


@contextmanager
def working_precision(bits: int) -> Iterator[None]:
    """Set flint's precision, which is global, and put it back; other threads wait at the door meanwhile."""
    with _PRECISION:
        before = ctx.prec
        ctx.prec = bits
        try:
            yield
        finally:
            ctx.prec = before


def precision_of(bits: int) -> AbstractContextManager[None]:
    """`working_precision`, or nothing at all where that precision is set already."""
    return _NOTHING if ctx.prec == bits else working_precision(bits)


_NOTHING: AbstractContextManager[None] = nullcontext()


def exact(value: Any) -> Arb:
    """A plain number as the real number that it is (floats are exact binary fractions)."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (bool, int)):
        return arb(int(value))
    if isinstance(value, float):
        return arb(value)
    if isinstance(value, Fraction):
        return arb(fmpq(value.numerator, value.denominator))
    if isinstance(value, arb):
        return value
    raise NoRuleError(f"there is no rule for a {type(value).__name__} beside a ball")


@cache
def _numpy_rules() -> Any:
    """The tables of NumPy functions, which are written in terms of the classes below."""
    return importlib.import_module("uat.bounds.numpy_rules")


class Enclosure:
    """What `Jet` and `Interval` share: NumPy's protocols, Python's operators, and the refusals."""

    __slots__ = ()
    __array_priority__ = 1000

    # -- NumPy
    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return _numpy_rules().call_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return _numpy_rules().call_array_function(function, args, kwargs)

    def __getattr__(self, name: str) -> Callable[[], Any]:
        """x.sin() and the like: NumPy calls these on the entries of an object array (np.asarray(ball))."""
        method = _numpy_rules().METHODS.get(name)
        if method is None:
            sentence = f"a ball has no attribute {name!r}"
            if not name.startswith("_"):  # NumPy, Python and flint ask for such themselves, to see what a ball is
                REFUSALS.note(sentence)
            raise AttributeError(sentence)
        return lambda: method(self)

    # -- what would pick one number
    def _refuse(self, what: str) -> Any:
        raise NoRuleError(f"{what} was asked of a ball: write the function with NumPy operations only")

    def __float__(self) -> float:
        return float(self._refuse("float()"))

    def __int__(self) -> int:
        return int(self._refuse("int()"))

    def __index__(self) -> int:
        return int(self._refuse("an index"))

    def __complex__(self) -> complex:
        return complex(self._refuse("complex()"))

    def __bool__(self) -> bool:
        return bool(self._refuse("a truth value"))

    def __iter__(self) -> Iterator[Any]:
        return iter(self._refuse("an iterator"))

    def __hash__(self) -> int:  # a ball must not be looked up in a table
        return int(self._refuse("a hash"))

    def __round__(self, digits: Any = None) -> Any:
        return self._refuse("round()")

    def __trunc__(self) -> Any:
        return self._refuse("trunc()")

    def __floor__(self) -> Any:
        return self._refuse("math.floor()")

    def __ceil__(self) -> Any:
        return self._refuse("math.ceil()")

    def __divmod__(self, other: Any) -> Any:
        return self._refuse("divmod()")

    def __rdivmod__(self, other: Any) -> Any:
        return self._refuse("divmod()")

    # -- operators that both classes derive from their own primitive ones
    def __radd__(self, other: Any) -> Any:
        return self + other

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __rmul__(self, other: Any) -> Any:
        return self * other

    def __rtruediv__(self, other: Any) -> Any:
        return self.lift(other) / self if not isinstance(other, np.ndarray) else np.true_divide(other, self)

    def __rpow__(self, other: Any) -> Any:
        return self.lift(other) ** self if not isinstance(other, np.ndarray) else np.power(other, self)

    def __mod__(self, other: Any) -> Any:
        return self - (self // other) * other

    def __rmod__(self, other: Any) -> Any:
        return self.lift(other) % self

    def __floordiv__(self, other: Any) -> Any:
        return (self / other).step("floor")

    def __rfloordiv__(self, other: Any) -> Any:
        return self.lift(other) // self

    def __pos__(self) -> Any:
        return self

    def __lt__(self, other: Any) -> Any:
        return compare(self, other, "<")

    def __le__(self, other: Any) -> Any:
        return compare(self, other, "<=")

    def __gt__(self, other: Any) -> Any:
        return compare(self, other, ">")

    def __ge__(self, other: Any) -> Any:
        return compare(self, other, ">=")

    def __eq__(self, other: object) -> Any:
        return compare(self, other, "==")

    def __ne__(self, other: object) -> Any:
        return compare(self, other, "!=")

    # -- what the two classes implement
    @classmethod
    def constant(cls, value: Arb) -> Any:
        raise NotImplementedError

    @classmethod
    def hull(cls, low: Arb, high: Arb) -> Any:
        """Anything between low and high, with no slope: what is known at a jump."""
        raise NotImplementedError

    def step(self, name: str) -> Any:
        """floor, ceil, trunc, rint or sign."""
        raise NotImplementedError

    def __add__(self, other: Any) -> Any:
        raise NotImplementedError

    def __sub__(self, other: Any) -> Any:
        raise NotImplementedError

    def __mul__(self, other: Any) -> Any:
        raise NotImplementedError

    def __truediv__(self, other: Any) -> Any:
        raise NotImplementedError

    def __pow__(self, other: Any) -> Any:
        raise NotImplementedError

    def __neg__(self) -> Any:
        raise NotImplementedError

    def forced_side(self, a: Any, b: Any) -> int | None:
        """The sign to take where the ball straddles 0, while a jump is looked at from one side (see `jets.Side`)."""
        return None

    @classmethod
    def lift(cls, value: Any) -> Any:
        """A plain number (or a comparison, as 0 or 1) as an enclosure of this class."""
        if type(value) is cls:
            return value
        if isinstance(value, Enclosure):
            return value.number() if isinstance(value, Comparison) else value._refuse("a mixture of kinds")
        return cls.constant(exact(value))

    @classmethod
    def from_literal(cls, text: str) -> Any:
        """The exact real number that a literal of an expression stands for ("0.1", "pi", "e")."""
        return cls.constant(literal(text, ctx.prec))


class Comparison(Enclosure):
    """Whether a < b and the like: True, False, or None where the balls do not decide. As a number: 1, 0, or [0, 1].

    Between two of them * is "and", as in NumPy. Their sum has three meanings: 2 for Python's numbers and for np.sum,
    True for arrays; so it is refused where both hold. - is refused, as NumPy does.
    """

    __slots__ = ("compared", "decided", "kind")

    def __init__(self, kind: type[Enclosure], decided: bool | None, compared: Any) -> None:
        self.kind, self.decided, self.compared = kind, decided, compared

    def __bool__(self) -> bool:
        if self.decided is None:
            sign, difference = self.compared
            low, high = (float(end) for end in difference.range())
            raise UndecidedError(
                f"Python branches on `{sign}` where the two sides differ by {low:.3g} to {high:.3g}, so on a ball that "
                "holds both cases: write the branch as np.where"
            )
        return self.decided

    def number(self) -> Any:
        return self.kind.hull(_ZERO, _ONE) if self.decided is None else self.kind.constant(arb(int(self.decided)))

    def _with(self, decided: bool | None) -> Comparison:
        return Comparison(self.kind, decided, self.compared)

    def __and__(self, other: Any) -> Any:
        a, b = self.decided, decision(other)
        return self._with(False if a is False or b is False else (None if a is None or b is None else True))

    def __or__(self, other: Any) -> Any:
        a, b = self.decided, decision(other)
        return self._with(True if a is True or b is True else (None if a is None or b is None else False))

    def __xor__(self, other: Any) -> Any:
        a, b = self.decided, decision(other)
        return self._with(None if a is None or b is None else a != b)

    def __invert__(self) -> Comparison:
        return self._with(None if self.decided is None else not self.decided)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __add__(self, other: Any) -> Any:
        if not is_truth(other):
            return self.number() + other
        a, b = self.decided, decision(other)
        if a is False or b is False:
            return self._with(b if a is False else a)
        sentence = "two truth values were added, which is 2 for numbers and True for arrays: write | or np.where"
        raise NoRuleError(sentence) if a and b else UndecidedError(sentence)

    def __sub__(self, other: Any) -> Any:
        return self._refuse("the difference of two truth values") if is_truth(other) else self.number() - other

    def __rsub__(self, other: Any) -> Any:
        return self._refuse("the difference of two truth values") if is_truth(other) else -self.number() + other

    def __mul__(self, other: Any) -> Any:
        return self & other if is_truth(other) else self.number() * other

    def __truediv__(self, other: Any) -> Any:
        return self.number() / other

    def __pow__(self, other: Any) -> Any:
        return self.number() ** other

    def __neg__(self) -> Any:
        return self._refuse("the negative of a truth value")

    def __pos__(self) -> Any:
        return self._refuse("the sign of a truth value")

    def __abs__(self) -> Any:
        return self

    def lift(self, value: Any) -> Any:  # type: ignore[override]  # a comparison knows its kind, not its class
        return self.kind.lift(value)


def is_truth(value: Any) -> bool:
    """Whether it is a comparison or a plain truth value (a 0-d array of one included)."""
    return isinstance(value, (Comparison, bool, np.bool_)) or (
        isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind == "b"
    )


def decision(condition: Any) -> bool | None:
    """The value of a condition: a comparison's, or that of a plain truth value."""
    if isinstance(condition, Comparison):
        return condition.decided
    if isinstance(condition, (bool, np.bool_)) or (isinstance(condition, np.ndarray) and condition.ndim == 0):
        return bool(condition)
    raise NoRuleError(f"a {type(condition).__name__} stands where a comparison of balls is wanted")


def compare(a: Any, b: Any, sign: str) -> Any:
    """a < b and the other five, on enclosures or an enclosure and a number."""
    if isinstance(b, np.ndarray) and b.ndim:
        ufuncs = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
        return {**ufuncs, "==": np.equal, "!=": np.not_equal}[sign](a, b)
    a = a.number() if isinstance(a, Comparison) else a
    difference = a - a.lift(b)
    low, high = difference.range()
    if sign in (">", ">="):  # a > b is b < a
        low, high = -high, -low
    decided: bool | None = None
    if sign in ("<", ">"):
        decided = True if high < 0 else (False if low >= 0 else None)
    elif sign in ("<=", ">="):
        decided = True if high <= 0 else (False if low > 0 else None)
    elif low > 0 or high < 0:
        decided = sign == "!="
    elif low.is_zero() and high.is_zero():
        decided = sign == "=="
    if decided is None:
        side = difference.forced_side(a, b)
        if side is not None:
            decided = {"<": side < 0, "<=": side < 0, ">": side > 0, ">=": side > 0, "==": False, "!=": True}[sign]
    return Comparison(type(a), decided, (sign, difference))


def where(condition: Any, a: Any, b: Any) -> Any:
    """np.where on enclosures: both branches count where the condition is not decided."""
    chosen = decision(condition)
    if isinstance(condition, Comparison) and is_truth(a) and is_truth(b):  # a truth value again, as in NumPy
        return condition & a | ~condition & b if decision(a) is not decision(b) else condition._with(decision(a))
    kind = condition.kind if isinstance(condition, Comparison) else type(a if isinstance(a, Enclosure) else b)
    if chosen is not None:
        return kind.lift(a if chosen else b) if issubclass(kind, Enclosure) else (a if chosen else b)
    return kind.lift(a).either(kind.lift(b))
