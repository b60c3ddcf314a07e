"""Arrays of enclosures: what x gives beside an array of numbers, so that W * x + b meets the rules like x itself.

An object array alone would not do: NumPy compares its entries by Python's operators, so that np.maximum would ask for
a truth value where balls have a rule. Whatever has no rule here goes on as for any object array, entry by entry, and
the entries refuse what they must.
"""

from __future__ import annotations

import functools
import importlib
from typing import Any

import numpy as np

from uat.bounds.balls import Enclosure
from uat.bounds.refusals import NoRuleError
from uat.bounds.truths import refuse_wrapping, where, wraps

KNOWN = {  # which only add, multiply, compare or move the entries, whatever their type
    np.sum, np.prod, np.cumsum, np.cumprod, np.mean, np.dot, np.vdot, np.inner, np.outer, np.tensordot, np.einsum,
    np.linalg.norm, np.trace, np.max, np.min, np.any, np.all, np.reshape, np.ravel, np.transpose, np.squeeze,
    np.expand_dims, np.concatenate, np.stack, np.hstack, np.vstack, np.atleast_1d, np.broadcast_to, np.roll, np.flip,
    np.tile, np.repeat, np.take, np.diff, np.shape, np.ndim, np.size, np.real, np.trapezoid,
}  # fmt: skip
EXTREMES = (np.maximum, np.minimum, np.fmax, np.fmin)


class BallArray(np.ndarray):
    """An array whose entries are enclosures, comparisons of them, or plain numbers."""

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        rule = _rules().rule_of(ufunc)
        refuse_narrow(inputs)
        plain = [_plain(x) for x in inputs]
        if rule is not None and method == "__call__" and not kwargs:
            return entry_by_entry(rule, plain)
        if method == "reduce" and ufunc in EXTREMES and self.size and _to_one_number(self, kwargs):
            return functools.reduce(rule, plain[0].flat)
        kwargs = {name: tuple(map(_plain, x)) if name == "out" else x for name, x in kwargs.items()}
        return _as_balls(getattr(ufunc, method)(*plain, **kwargs))

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function is np.where and len(args) == 3 and not kwargs:
            for branch in args[1:]:
                refuse_wrapping(branch)
            return entry_by_entry(where, [_plain(x) for x in args])
        if function is np.clip and len(args) == 3 and not kwargs:
            return entry_by_entry(_rules().ARRAY_FUNCTIONS[np.clip], [_plain(x) for x in args])
        if function not in KNOWN:
            name = getattr(function, "__name__", function)
            raise NoRuleError(f"there is no rule for np.{name} on arrays of balls: it may depend on their type")
        refuse_narrow([part for x in args for part in (x if isinstance(x, (list, tuple)) else [x])])
        return super().__array_function__(function, types, args, kwargs)

    def __setitem__(self, key: Any, value: Any) -> None:
        raise NoRuleError("a number was put into an array of balls: its type, which would cut it, is not known")


def _rules() -> Any:
    """The tables, which are written in terms of this file."""
    return importlib.import_module("uat.bounds.numpy_rules")


def _to_one_number(array: np.ndarray, options: dict[str, Any]) -> bool:
    """Whether a reduction asks for nothing but the whole array's number, as np.max(array) does."""
    silent = (None, False, np._NoValue)
    asked = {name for name, value in options.items() if not any(value is word for word in silent)} - {"axis"}
    whole = options.get("where", True) is True
    return asked <= {"where"} and whole and (options.get("axis") is None or array.ndim == 1)


def entry_by_entry(rule: Any, operands: list[Any]) -> Any:
    """A rule on operands of which at least one is an array; enclosures among them stay whole."""
    return _as_balls(np.frompyfunc(rule, len(operands), 1)(*[_plain(_boxed(x)) for x in operands]))


def refuse_narrow(inputs: Any) -> None:
    """`refuse_wrapping` for every operand, where one of them is or holds a truth value."""
    narrow = [x for x in inputs if wraps(x)]
    if narrow and any(isinstance(entry, Enclosure) and entry.whole for x in inputs for entry in _entries(x)):
        refuse_wrapping(narrow[0])


def _entries(x: Any) -> Any:
    return x.flat if isinstance(x, np.ndarray) and x.dtype == object else [x]


def _plain(x: Any) -> Any:
    return x.view(np.ndarray) if isinstance(x, BallArray) else x


def _as_balls(result: Any) -> Any:
    return result.view(BallArray) if type(result) is np.ndarray and result.dtype == object else result


def _boxed(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        return x
    box = np.empty((), dtype=object)
    box[()] = x
    return box
