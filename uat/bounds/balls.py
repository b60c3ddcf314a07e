"""What numbers that stand for all reals of an interval have in common: how a function written with NumPy meets them.

Two kinds of enclosure run a function unchanged: `uat.bounds.jets.Jet` (value and slopes on a ball) and
`uat.bounds.intervals.Interval` (range between two end points). Both answer NumPy's ufuncs and array functions
(`uat.bounds.numpy_rules`) and Python's operators, and both refuse whatever would pick one number out of the ball:
float(), int(), an index, a truth value that the ball does not decide. So a random number generator, a table look-up
or a branch cannot be mistaken for a formula.
"""

from __future__ import annotations

import importlib
import operator
from collections import deque
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from flint import arb, ctx, fmpq

from uat.bounds.ball_rules import Arb, literal
from uat.bounds.refusals import REFUSALS, NoRuleError


class Call:
    """The call of f that is under way: its argument, and the balls made in it, which end with it.

    What f keeps for later (a memo, by whatever key: order, `id`, the branch that was taken) is no number then. One for
    the process, like flint's precision, behind whose lock f runs: f may work in threads of its own.
    """

    __slots__ = ("argument", "made")

    def __init__(self) -> None:
        self.argument: Any = None
        self.made: Any = deque(maxlen=0)  # outside of a call nothing is kept

    def begin(self, x: Any) -> tuple[Any, Any]:
        """The call that is under way outside of this one, if f calls what calls f."""
        outer = self.argument, self.made
        self.argument, self.made = x, [x]
        return outer

    def end(self, outer: tuple[Any, Any]) -> None:
        for ball in self.made:
            ball.end()
        self.argument, self.made = outer


CALL = Call()


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


@cache
def _truths() -> Any:
    """Comparisons are enclosures too, so that file is read after this one."""
    return importlib.import_module("uat.bounds.truths")


class Several:
    """Arrays of enclosures (`uat.bounds.ball_arrays`)."""

    __slots__ = ("entries",)
    entries: Any


def is_array(value: Any) -> bool:
    """Whether NumPy is to meet its entries one by one."""
    return isinstance(value, Several) or (isinstance(value, np.ndarray) and value.ndim > 0)


def _refusing(what: str) -> Any:
    return lambda self, *_: self._refuse(what)


def _in_place(operation: Callable[[Any, Any], Any]) -> Any:
    """NumPy changes an array under all its names: a ball ends, so that under its other names it is no number."""

    def method(self: Any, other: Any) -> Any:
        if self is CALL.argument:
            self._refuse("a change of its argument in place (x += ...), which changes the caller's array,")
        result = operation(self, other)
        self.end()
        return result

    return method


class Enclosure:
    """What `Jet` and `Interval` share: NumPy's protocols, Python's operators, and the refusals."""

    __slots__: tuple[str, ...] = ()
    __array_priority__ = 1000
    whole = False  # a whole number to NumPy, or a truth value
    assumed: frozenset[str] = frozenset()  # what had to be taken for granted: intervals only

    # -- NumPy
    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return _numpy_rules().call_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return _numpy_rules().call_array_function(function, types, args, kwargs)

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

    def __repr__(self) -> str:  # nor must its text: str(), print, f-strings and arrays ask for it here
        if CALL.argument is None:
            return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)}' for name in self.__slots__)})"
        return str(self._refuse("text (print, str, repr, an f-string)"))

    def __format__(self, form: str) -> str:
        return repr(self)

    def __getstate__(self, protocol: Any = None) -> Any:
        return self._refuse("a copy or a pickle")

    __reduce__ = __reduce_ex__ = __getstate__

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        """np.asarray(ball), on which NumPy's functions ask for x.sin() and the like; the argument is not written to."""
        if self.whole or dtype not in (None, object):
            what = (
                f" of type {np.dtype(dtype)}"
                if dtype
                else " of truth values (write | and &) or whole numbers (1.0 * n)"
            )
            self._refuse(f"an array{what}")
        box = np.empty(1, dtype=object)
        box.fill(self)
        box.flags.writeable = bool(copy)
        return box.reshape(())

    def __getitem__(self, key: Any) -> Any:
        return self._refuse("an entry (x[...])")

    def __setitem__(self, key: Any, value: Any) -> None:
        self._refuse("a change of its entries (x[...] = ...)")

    def __len__(self) -> int:
        return int(self._refuse("len()"))

    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = _refusing("& | ^")
    __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = _refusing("<< or >>")
    __invert__, __matmul__, __rmatmul__ = _refusing("~"), _refusing("@"), _refusing("@")

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
        return self.lift(other) / self if not is_array(other) else np.true_divide(other, self)

    def __rpow__(self, other: Any) -> Any:
        return self.lift(other) ** self if not is_array(other) else np.power(other, self)

    def __mod__(self, other: Any) -> Any:
        return np.remainder(self, other) if is_array(other) else self - (self // other) * other

    def __rmod__(self, other: Any) -> Any:
        return self.lift(other) % self

    def __floordiv__(self, other: Any) -> Any:
        if is_array(other):
            return np.floor_divide(self, other)
        other = self.lift(other)
        return (self / other).step("floor") if other.c0.is_finite() else self.nowhere()  # NumPy: -1 // inf is -1

    def __rfloordiv__(self, other: Any) -> Any:
        return self.lift(other) // self

    def __pos__(self) -> Any:
        return self.fresh()

    __iadd__, __isub__, __imul__ = _in_place(operator.add), _in_place(operator.sub), _in_place(operator.mul)
    __itruediv__, __ifloordiv__ = _in_place(operator.truediv), _in_place(operator.floordiv)
    __imod__, __ipow__ = _in_place(operator.mod), _in_place(operator.pow)
    __iand__, __ior__, __ixor__ = _in_place(operator.and_), _in_place(operator.or_), _in_place(operator.xor)

    def __lt__(self, other: Any) -> Any:
        return _truths().compare(self, other, "<")

    def __le__(self, other: Any) -> Any:
        return _truths().compare(self, other, "<=")

    def __gt__(self, other: Any) -> Any:
        return _truths().compare(self, other, ">")

    def __ge__(self, other: Any) -> Any:
        return _truths().compare(self, other, ">=")

    def __eq__(self, other: object) -> Any:
        return _truths().compare(self, other, "==")

    def __ne__(self, other: object) -> Any:
        return _truths().compare(self, other, "!=")

    if TYPE_CHECKING:  # what the two classes implement, and what a comparison or a whole number has of it by `number`

        @classmethod
        def constant(cls, value: Arb) -> Any: ...

        @classmethod
        def nowhere(cls) -> Any:
            """Nothing is known, not even that there is a value."""

        @classmethod
        def hull(cls, low: Arb, high: Arb) -> Any:
            """Anything between low and high, with no slope: what is known at a jump."""

        def step(self, name: str) -> Any:
            """floor, ceil, trunc, rint or sign."""

        def __add__(self, other: Any) -> Any: ...

        def __sub__(self, other: Any) -> Any: ...

        def __mul__(self, other: Any) -> Any: ...

        def __truediv__(self, other: Any) -> Any: ...

        def __pow__(self, other: Any) -> Any: ...

        def __neg__(self) -> Any: ...

        def end(self) -> None:
            """From here on nothing is known of it: the call of f is over, or it was changed under another name."""

    def survivor(self) -> Self:
        """The same ball, which the end of the call in which it was made does not reach."""
        other = object.__new__(type(self))
        for name in self.__slots__:
            setattr(other, name, getattr(self, name))
        return other

    def fresh(self) -> Self:
        """The same ball as an object of its own: NumPy copies, also where a rule gives an operand back."""
        other = self.survivor()
        CALL.made.append(other)
        return other

    def forced_side(self, a: Any, b: Any) -> int | None:
        """The sign to take where the ball straddles 0, while a jump is looked at from one side (see `jets.Side`)."""
        return None

    @classmethod
    def lift(cls, value: Any) -> Any:
        """A plain number (or a comparison, as 0 or 1, or a whole one) as an enclosure of this class."""
        if type(value) is cls:
            return value
        if isinstance(value, Enclosure):
            return value.number() if value.whole else value._refuse("a mixture of kinds")
        return cls.constant(exact(value))

    def broken_line(self, knots: Any, values: Any, outside: str) -> Any:
        """The broken line through the knots at this ball: what a `PiecewiseAffine` asks for."""
        return importlib.import_module("uat.bounds.broken_lines").broken_line(self, knots, values, outside)

    @classmethod
    def from_literal(cls, text: str) -> Any:
        """The exact real number that a literal of an expression stands for ("0.1", "pi", "e")."""
        return cls.constant(literal(text, ctx.prec))
