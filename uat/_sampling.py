"""A user's function on an array of points, whatever the function is made of.

f may be vectorised, take one number at a time (`math.sin`), return a list, an integer or a 0-d array. It is called once
on all points when it can be; otherwise point by point, and then a long evaluation shows a progress bar on a terminal.
What comes back is checked here, so that the rest of the library only ever sees finite float64 values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from uat._checks import Floats, InputError, function, raised, show
from uat._progress import bar

Function = Callable[..., Any]


def sample(f: Function, x: Floats) -> Floats:
    """f at the points of x.

    Parameters
    ----------
    f : callable
        Tried on the whole array first. If that raises or gives one value for many points, f is called on Python
        floats, one at a time.
    x : array (n,)
        Finite points.

    Returns
    -------
    array (n,) of finite float64

    Raises
    ------
    InputError
        When f is not callable, raises, or returns something that is not one finite real number a point; the first
        offending x is named.
    """
    function(f, "f", "a function of one real number")
    try:
        with np.errstate(all="ignore"):  # a nan or an infinity is reported below, by its x
            raw = f(x.copy())  # a copy: f may write into its argument
        values = np.asarray(raw)
        if isinstance(raw, np.ma.MaskedArray) and np.ma.getmaskarray(raw).any():
            values = raw.filled(np.nan)  # what is masked is not there
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - whatever an array does to f; point by point the real offender shows itself
        values = None
    if values is None or values.shape != x.shape or values.dtype.kind not in "biufc":
        with np.errstate(all="ignore"):
            values = np.array([_number(f, point) for point in _with_progress(x)])
    return _real_and_finite(values, x, f)


def _number(f: Function, point: float) -> Any:
    """f at one point, as something that fits in an array of numbers."""
    try:
        raw = f(point)
        value = np.asarray(raw)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # also the SystemExit of a function that gives up: it would end the program mutely
        raise InputError(
            f"`f` must be defined on the whole interval, but f({point!r}) raised {raised(error)}"
        ) from error
    if value.size != 1:
        raise InputError(f"`f` must return one number a point, but f({point!r}) has shape {value.shape}.")
    item = value.reshape(()).item()
    if isinstance(item, complex):
        return item
    try:
        if isinstance(item, (str, bytes, bytearray)) or np.ma.is_masked(raw) or value.dtype.kind in "mM":
            item = raw
            raise TypeError
        return float(item)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"`f` must return a real number, but f({point!r}) = {show(item)}.") from None


def _real_and_finite(values: Any, x: Floats, f: Function) -> Floats:
    if values.dtype.kind == "c":
        k = int(np.argmax(values.imag != 0))
        raise InputError(f"`f` must be real, but f({show(x[k])}) = {show(values[k])}.")
    result: Floats = np.array(values, dtype=np.float64)
    finite = np.isfinite(result)
    if not finite.all():
        k = int(np.argmin(finite))
        if (code := getattr(f, "code", None)) is not None:
            with np.errstate(all="ignore"):
                _number(code, float(x[k]))  # where the formula has no value, the code may have raised something
        raise InputError(f"`f` must be finite on the interval, but f({show(x[k])}) = {show(result[k])}.")
    return result


def _with_progress(x: Floats) -> Iterator[float]:
    """The points as Python floats, with a bar where somebody watches."""
    with bar("evaluating f", x.size) as report:
        for k, point in enumerate(x.tolist()):
            report(k)
            yield point
