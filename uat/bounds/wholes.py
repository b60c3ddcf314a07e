"""Whole numbers on balls: what NumPy makes of truth values and whole numbers, and computes otherwise than floats."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from uat.bounds.ball_rules import Arb
from uat.bounds.balls import Enclosure, is_array
from uat.bounds.refusals import NoRuleError

_FULL = 2**62  # sums and differences of two such integers are still of 64 bits


class Discrete(Enclosure):
    """A whole number or a truth value: beside another one NumPy does not compute as with floats."""

    __slots__ = ()
    whole = True
    kind: type[Enclosure]

    def number(self) -> Any:
        """Its value as an enclosure of its kind."""

    def _beside(self, other: Any) -> Any:
        """What it is in arithmetic with another one."""
        return self.number()

    def lift(self, value: Any) -> Any:  # type: ignore[override]  # it knows its kind, not its class
        return self.kind.lift(value)

    def __rpow__(self, other: Any) -> Any:
        return _whole_power(self.kind, other, self) if is_whole(other) else self._beside(other).__rpow__(other)

    def _divided(self, other: Any, operation: Callable[[Any, Any], Any], *, reflected: bool = False) -> Any:
        if is_array(other):
            return (np.floor_divide if operation is operator.floordiv else np.remainder)(self, other)
        if is_whole(other):
            self._refuse("// or % of whole numbers")
        a = self._beside(other)
        return operation(a.lift(other), a) if reflected else operation(a, other)

    def __floordiv__(self, other: Any) -> Any:
        return self._divided(other, operator.floordiv)

    def __rfloordiv__(self, other: Any) -> Any:
        return self._divided(other, operator.floordiv, reflected=True)

    def __mod__(self, other: Any) -> Any:
        return self._divided(other, operator.mod)

    def __rmod__(self, other: Any) -> Any:
        return self._divided(other, operator.mod, reflected=True)

    def step(self, name: str) -> Any:
        return whole(self.kind, self.number().step(name))


class Whole(Discrete):
    """A whole number of 64 bits, as np.where(x > 0, 2, 1) is in NumPy: a float only beside floats.

    Its sums, products and powers with whole numbers are whole again; those that may not fit are refused, as is what
    NumPy computes otherwise for whole numbers than for floats (1 // n, np.reciprocal, negative powers).
    """

    __slots__ = ("kind", "value")

    def __init__(self, kind: type[Enclosure], value: Any) -> None:
        self.kind, self.value = kind, value

    def number(self) -> Any:
        return self.value

    def end(self) -> None:
        self.value = self.kind.nowhere()

    @property
    def c0(self) -> Arb:
        return self.value.c0

    def _with(self, other: Any, operation: Callable[[Any, Any], Any]) -> Any:
        if is_array(other):
            return _OPERATIONS[operation](self, other)
        if not is_whole(other):
            return operation(self.value, other)
        return whole(self.kind, operation(self.value, self.kind.lift(other)))

    def __add__(self, other: Any) -> Any:
        return self._with(other, operator.add)

    def __sub__(self, other: Any) -> Any:
        return self._with(other, operator.sub)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, operator.mul)

    def __truediv__(self, other: Any) -> Any:
        return self.value / (other.value if isinstance(other, Whole) else other)

    def __pow__(self, other: Any) -> Any:
        if is_array(other):
            return np.power(self, other)
        return _whole_power(self.kind, self, other) if is_whole(other) else self.value**other

    def __neg__(self) -> Whole:
        return Whole(self.kind, -self.value)

    def __abs__(self) -> Whole:
        return Whole(self.kind, abs(self.value))


_OPERATIONS = {operator.add: np.add, operator.sub: np.subtract, operator.mul: np.multiply}


def whole(kind: type[Enclosure], value: Any) -> Whole:
    """A whole number, if it has 64 bits or is unknown."""
    low, high = value.range()
    if low.is_finite() and high.is_finite() and not (low > -_FULL and high < _FULL):
        raise NoRuleError("there is no rule for whole numbers beyond 2**62 on balls: they may wrap; write a float")
    return Whole(kind, value)


def is_whole(value: Any) -> bool:
    """Whether NumPy takes it for a whole number (or a truth value) and not for a float."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.dtype.kind in "biu" and value.ndim == 0
    return isinstance(value, int) or (isinstance(value, Enclosure) and value.whole)


def _whole_power(kind: type[Enclosure], base: Any, exponent: Any) -> Any:
    """Whole numbers to whole powers: NumPy refuses negative ones."""
    base, exponent = kind.lift(base), kind.lift(exponent)
    low, _ = exponent.range()
    if not low >= 0:
        raise NoRuleError("there is no rule for whole numbers to a negative power on balls: write a float")
    return whole(kind, base**exponent)
