"""Arrays of enclosures: what x gives beside an array of numbers, so that W * x + b meets the rules like x itself.

NumPy's own object arrays would not do: they compare entries by Python's operators, forget that a truth value has 8
bits, and take whatever is put into them. So this is no such array: nothing can be done with it but what stands here.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from uat.bounds.balls import Enclosure, Several
from uat.bounds.refusals import REFUSALS, NoRuleError
from uat.bounds.truths import Comparison, is_truth, refuse_wrapping, where, wraps

MOVING = {  # which move entries, or look at them one by one: they keep their type
    np.reshape, np.ravel, np.transpose, np.squeeze, np.expand_dims, np.atleast_1d, np.broadcast_to,
    np.roll, np.flip, np.tile, np.repeat, np.take, np.shape, np.ndim, np.size, np.real,
}  # fmt: skip
COMBINING = {  # which add and multiply entries: what they make of truth values is a truth value, or a whole number
    np.sum, np.prod, np.cumsum, np.cumprod, np.mean, np.dot, np.vdot, np.inner, np.outer, np.tensordot, np.einsum,
    np.linalg.norm, np.trace, np.concatenate, np.stack, np.hstack, np.vstack, np.diff, np.trapezoid,
}  # fmt: skip
REDUCTIONS = {np.max: np.maximum, np.min: np.minimum, np.any: np.logical_or, np.all: np.logical_and}
LOGICAL = (np.logical_or, np.logical_and)
EXTREMES = (np.maximum, np.minimum, np.fmax, np.fmin)
METHODS: dict[str, Any] = {f.__name__: f for f in MOVING | COMBINING}
METHODS |= {"max": np.max, "min": np.min, "any": np.any, "all": np.all, "clip": np.clip}
OPTIONS = {"axis", "axes", "shape", "dx", "keepdims"}


class BallArray(Several, NDArrayOperatorsMixin):
    """An array whose entries are enclosures, comparisons of them, or plain numbers."""

    __slots__ = ()

    def __init__(self, entries: np.ndarray) -> None:
        self.entries = entries

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        (into,) = options.pop("out", (None,))
        with REFUSALS.whatever_is_raised_by(f"np.{ufunc.__name__}"):
            result = self._ufunc(ufunc, method, inputs, options)
            return result if into is None else _put(into, result)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        with REFUSALS.whatever_is_raised_by(f"np.{getattr(function, '__name__', function)}"):
            return self._function(function, args, kwargs)

    def _ufunc(self, ufunc: np.ufunc, method: str, inputs: Any, options: dict[str, Any]) -> Any:
        rule = _rules().rule_of(ufunc)
        refuse_narrow(inputs)
        if method == "__call__" and not options:
            if rule is not None:
                return entry_by_entry(rule, inputs)
            if ufunc is np.matmul:
                return _combined(ufunc, np.matmul(*map(_plain, inputs)))
        if method == "reduce" and options.keys() <= {"axis"}:
            return _reduced(ufunc, rule, self.entries, options.get("axis", 0))
        how = "" if method == "__call__" else f".{method}"
        raise NoRuleError(f"there is no rule for {ufunc.__name__}{how} on arrays of balls, or not with these options")

    def _function(self, function: Any, args: Any, kwargs: Any) -> Any:
        refuse_narrow(
            [part for x in (*args, *kwargs.values()) for part in (x if isinstance(x, (list, tuple)) else [x])]
        )
        if function is np.where and len(args) == 3 and not kwargs:
            for branch in args[1:]:
                refuse_wrapping(branch)
            return entry_by_entry(where, args)
        if function is np.clip and len(args) == 3 and not kwargs:
            return entry_by_entry(_rules().ARRAY_FUNCTIONS[np.clip], args)
        if function is np.mean:  # whose own asks a ball for its type
            total = np.sum(*args, **kwargs)
            return total / (self.entries.size // (total.size if isinstance(total, BallArray) else 1))
        if function in REDUCTIONS and kwargs.keys() <= {"axis"} and len(args) <= 2:
            return self._ufunc(REDUCTIONS[function], "reduce", args[:1], {"axis": [*args, kwargs.get("axis")][1]})
        written = function is not np.einsum and any(isinstance(x, BallArray) for x in args[2:])  # `out`, by position
        if function not in MOVING | COMBINING or not kwargs.keys() <= OPTIONS or written:
            name = getattr(function, "__name__", function)
            raise NoRuleError(f"there is no rule for np.{name} on arrays of balls, or not with these options")
        result = function(*map(_plain, args), **kwargs)
        return _as_balls(result) if function in MOVING else _combined(function, result)

    def __getattr__(self, name: str) -> Any:
        if name in ("shape", "ndim", "size"):
            return getattr(self.entries, name)
        if name == "T":
            return BallArray(self.entries.T)
        if name in ("copy", "flatten", "ravel", "reshape", "transpose", "squeeze"):  # as NumPy's: copies, or views
            return lambda *options: BallArray(getattr(self.entries, name)(*options))
        if name in METHODS:
            return functools.partial(METHODS[name], self)
        sentence = f"an array of balls has no attribute {name!r}"
        if not name.startswith("_"):  # else NumPy or Python asks, to see what it is
            REFUSALS.note(sentence)
        raise AttributeError(sentence)

    def __getitem__(self, key: Any) -> Any:
        return _as_balls(self.entries[key])

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Any]:
        return map(_as_balls, self.entries)

    def __bool__(self) -> bool:
        return bool(self.entries)

    def __setitem__(self, key: Any, value: Any) -> None:
        raise NoRuleError("a number was put into an array of balls: its type, which would cut it, is not known")

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise NoRuleError("an array of balls was asked for a plain array, a number, a text or a key")

    __array__ = __float__ = __int__ = __index__ = __complex__ = __repr__ = __format__ = __hash__ = _refuse
    __reduce__ = __reduce_ex__ = __getstate__ = _refuse


def _rules() -> Any:
    """The tables, which are written in terms of this file."""
    return importlib.import_module("uat.bounds.numpy_rules")


def _reduced(ufunc: np.ufunc, rule: Any, entries: np.ndarray, axis: Any) -> Any:
    """By the rule for two operands, along one axis or over all."""
    if ufunc in LOGICAL and not all(map(is_truth, entries.flat)):
        raise NoRuleError(f"there is no rule for {ufunc.__name__} of numbers on balls: compare them with 0")
    if ufunc not in (np.add, np.multiply, *LOGICAL, *EXTREMES) or not entries.size:
        raise NoRuleError(f"there is no rule for {ufunc.__name__}.reduce on arrays of balls, or not of an empty one")
    result = np.frompyfunc(rule, 2, 1).reduce(entries.ravel() if axis is None else entries, axis=axis or 0)
    return _combined(ufunc, result) if ufunc in (np.add, np.multiply) else _as_balls(result)


def _combined(function: Any, result: Any) -> Any:
    """A sum of truth values is whole, a product of matrices of them is not: it is not kept in mind which."""
    if any(isinstance(entry, Comparison) for entry in _entries(result)):
        raise NoRuleError(f"there is no rule for np.{function.__name__} of truth values on balls: write 1.0 * them")
    return _as_balls(result)


def _put(array: Any, result: BallArray) -> Any:
    """In place, as `y += 1` does it to all names of y: into floats only, since they cut nothing."""
    floats = isinstance(array, BallArray) and [entry for entry in array.entries.flat if isinstance(entry, Enclosure)]
    if not floats or any(entry.whole for entry in floats):
        raise NoRuleError("balls were put into an array of another type, which would cut them")
    array.entries[...] = result.entries
    return array


def entry_by_entry(rule: Any, operands: Any) -> Any:
    """A rule on operands of which at least one is an array; enclosures among them stay whole."""
    return _as_balls(np.frompyfunc(rule, len(operands), 1)(*[_boxed(_plain(x)) for x in operands]))


def refuse_narrow(inputs: Any) -> None:
    """`refuse_wrapping` for every operand, where one of them is or holds a truth value."""
    narrow = [x for x in inputs if wraps(x)]
    if narrow and any(isinstance(entry, Enclosure) and entry.whole for x in inputs for entry in _entries(x)):
        refuse_wrapping(narrow[0])


def _entries(x: Any) -> Any:
    x = _plain(x)
    return x.flat if isinstance(x, np.ndarray) and x.dtype == object else [x]


def _plain(x: Any) -> Any:
    if isinstance(x, (list, tuple)):
        return type(x)(map(_plain, x))
    return x.entries if isinstance(x, BallArray) else x


def _as_balls(result: Any) -> Any:
    if isinstance(result, Enclosure):
        return result.fresh()
    return BallArray(result) if isinstance(result, np.ndarray) and result.dtype == object else result


def _boxed(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        return x
    box = np.empty(1, dtype=object)
    box.fill(x)
    return box.reshape(())
