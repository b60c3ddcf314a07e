"""Functions written with NumPy on balls: by the formulas that they show."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb

from uat import Formula
from uat._deadline import Deadline
from uat.balls.enclosure import Enclosure, Truth
from uat.balls.evaluation import FormulaOnBalls, Program
from uat.balls.operations import OPERATIONS
from uat.formula.vocabulary import operation_of
from uat.given import Recorded, written

WIDE = (-1024.0, 1024.0)  # a domain for code without branches


def formula_of(f: Callable[[Any], Any], domain: tuple[float, float] = WIDE) -> Formula:
    shown = written(f)
    return Formula.trace(f, domain) if shown is None else shown


def run_of(
    f: Callable[[Any], Any], domain: tuple[float, float] = WIDE, deadline: Deadline | None = None
) -> FormulaOnBalls:
    return FormulaOnBalls(formula_of(f, domain), deadline)


def on_balls(f: Callable[[Any], Any], x: Any) -> Any:
    """f on one jet or interval."""
    return Program(formula_of(f), type(x))(x)


# -- the table of rules under NumPy's own names, so that a test can write np.sin(jet), jet > 0, np.where(jet > 0, a, b)
def _operands(values: Any) -> list[Any]:
    kind = next(type(v) for v in values if isinstance(v, Enclosure))
    values = [Truth(v) if v is True else v for v in values]
    return [v if isinstance(v, (Enclosure, Truth)) else kind.lift(_constant(v)) for v in values]


def _constant(value: Any) -> Any:
    if isinstance(value, (Fraction, arb)):
        return value if isinstance(value, arb) else arb(value.numerator) / value.denominator
    return float(value)


def _ufunc(self: Any, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
    if ufunc is np.square:
        return inputs[0] * inputs[0]
    name = operation_of(ufunc)
    return OPERATIONS[name](*_operands(inputs)) if name else on_balls(lambda x: ufunc(*[x] * len(inputs)), inputs[0])


def _function(self: Any, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
    if function is np.sinc:
        return OPERATIONS["sinc"](*args)
    if function is np.full_like or function is np.ones_like:
        return args[0].lift(float(args[1]) if len(args) > 1 else 1.0)
    assert function is np.where
    return OPERATIONS["where"](*_operands(args))


def _comparison(name: str) -> Any:
    return lambda self, other: OPERATIONS[name](*_operands([self, other]))


@classmethod
def _lift(cls: Any, value: Any) -> Any:
    if type(value) is cls:
        return value
    return cls.constant(value if isinstance(value, arb) else arb(_constant(value)))


Enclosure.lift = _lift  # type: ignore[method-assign, assignment]
Enclosure.__array_ufunc__ = _ufunc  # type: ignore[attr-defined]
Enclosure.__array_function__ = _function  # type: ignore[attr-defined]
Enclosure.__rpow__ = lambda self, other: self.lift(other) ** self  # type: ignore[attr-defined]
for _method, _name in {
    "__lt__": "less",
    "__le__": "less_equal",
    "__gt__": "greater",
    "__ge__": "greater_equal",
}.items():
    setattr(Enclosure, _method, _comparison(_name))


# -- something that happens in the middle of a proof, such as Ctrl-C
def ctrl_c_at(call: int) -> Callable[[], None]:
    """Ctrl-C, once, at the call after so many."""
    left = [call]

    def press() -> None:
        left[0] -= 1
        if left[0] == -1:
            raise KeyboardInterrupt

    return press


def at_every_ball(monkeypatch: Any, do: Callable[[], None]) -> None:
    """Do it whenever a formula meets a ball."""
    for name in ("jet", "interval"):
        plain = getattr(FormulaOnBalls, name)

        def patched(self: FormulaOnBalls, *ends: Any, plain: Any = plain) -> Any:
            do()
            return plain(self, *ends)

        monkeypatch.setattr(FormulaOnBalls, name, patched)


def at_every_sample(monkeypatch: Any, do: Callable[[Any], None]) -> None:
    """Do it whenever a function is taken at points in floats; it is given the points."""
    plain = Recorded.__call__

    def patched(self: Recorded, x: Any) -> Any:
        do(x)
        return plain(self, x)

    monkeypatch.setattr(Recorded, "__call__", patched)
