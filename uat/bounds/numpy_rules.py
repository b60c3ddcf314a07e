"""How NumPy's calls reach the rules of balls, and what becomes of those that have none.

Which ufunc means what stands in `ufunc_rules`, which array function in `array_rules`. What is in neither table ends in
a sentence that names it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from uat.bounds.array_rules import ARRAY_FUNCTIONS
from uat.bounds.ball_arrays import BallArray, entry_by_entry, refuse_narrow
from uat.bounds.balls import Enclosure, exact, is_array
from uat.bounds.jets import Jet
from uat.bounds.refusals import REFUSALS, NoRuleError
from uat.bounds.ufunc_rules import METHODS, rule_of

__all__ = ["ARRAY_FUNCTIONS", "METHODS", "call_array_function", "call_ufunc", "rule_of"]


def call_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`__array_ufunc__` of every enclosure. Arrays of numbers beside a ball are met entry by entry."""
    rule = rule_of(ufunc)
    if rule is None or method != "__call__" or kwargs:
        how = "" if method == "__call__" else f".{method}"
        options = f" with the option {', '.join(kwargs)}" if kwargs else ""
        raise NoRuleError(f"there is no rule for {ufunc.__name__}{how}{options} on balls")
    try:
        for x in inputs:
            if type(x) is not Jet and (not isinstance(x, (Enclosure, float, int)) or isinstance(x, np.generic)):
                refuse_narrow(inputs)
                inputs = tuple(map(_operand, inputs))
                if any(map(is_array, inputs)):
                    return entry_by_entry(rule, inputs)
                break
        result = rule(*inputs)
        return result.fresh() if result is inputs[0] or result is inputs[-1] else result
    except Exception as error:  # f may catch it
        REFUSALS.note(f"np.{ufunc.__name__} raised {type(error).__name__}: {error}")
        raise


def _operand(x: Any) -> Any:
    """Python numbers for NumPy's scalars, whose own operators would ask for the same ufunc again."""
    if is_array(x):
        return x
    if isinstance(x, np.ndarray):
        return _operand(x[()])
    if isinstance(x, np.bool_):
        return bool(x)
    if isinstance(x, np.integer):
        return int(x)
    return x if isinstance(x, Enclosure) else exact(x)


def call_array_function(function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`__array_function__` of every enclosure."""
    rule = ARRAY_FUNCTIONS.get(function)
    if BallArray in types:
        return NotImplemented  # it is asked next
    if rule is None:
        raise NoRuleError(f"there is no rule for np.{getattr(function, '__name__', function)} on balls")
    try:
        result = rule(*args, **kwargs)
        return result.fresh() if isinstance(result, Enclosure) and function is not np.real else result
    except Exception as error:
        REFUSALS.note(f"np.{function.__name__} raised {type(error).__name__}: {error}")
        raise
