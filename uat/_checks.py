"""Every input error is worded here, once: argument, requirement, offender.

Public functions call these at their door and inner functions trust what they are given. Each check returns the value
in the form in which it is used afterwards (a float, an int, a read-only float64 array), so that a caller writes
``tol = positive(tol, "tol")`` and never looks back.
"""

from __future__ import annotations

import difflib
import math
import operator
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LARGEST = float(np.finfo(np.float64).max)  # of all floats


_LONGEST = 700  # characters of a sentence, whatever was quoted in it


def one_line(text: str, longest: int = _LONGEST) -> str:
    """A text without line breaks; of a long one the middle is left out: what is required stands in front."""
    line = " ".join(part.strip() for part in text.splitlines())
    end = longest // 3
    return line if len(line) <= longest else f"{line[: longest - end - 5]} ... {line[-end:]}"


class InputError(ValueError):
    """Wrong input: the message names the argument, what is required of it, and the offending value, in one line."""

    def __init__(self, sentence: object = "") -> None:
        super().__init__(one_line(str(sentence)))


def show(value: object) -> str:
    """The offender as it appears in a sentence: repr in one line, shortened, NumPy scalars without their type."""
    try:
        text = one_line(repr(value.item() if isinstance(value, np.generic) else value), sys.maxsize)
    except Exception:  # noqa: BLE001 - the sentence must come out whatever the offender does
        text = f"a {type(value).__name__}"
    return text if len(text) <= 80 else text[:77] + "..."


def count(n: int, noun: str) -> str:
    """A number of things: 1 piece, 2 pieces."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def raised(error: BaseException) -> str:
    """An exception in a sentence: its type, and what it says if it says anything."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - the sentence must come out whatever the exception does
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _said(error: Exception) -> str:
    """What an object says that does not let itself be read, such as a tensor that has a gradient."""
    usual = isinstance(error, (TypeError, ValueError, OverflowError))
    return "" if usual else f" ({raised(error).rstrip('.')})"


def real(value: Any, name: str) -> float:
    """A finite real number as the float that equals it."""
    try:
        plain = value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value
        if isinstance(plain, _NO_NUMBERS) or np.ma.is_masked(value):
            raise TypeError
        number = float(plain)
        held = _equals(plain, number)
    except Exception as error:  # noqa: BLE001 - what it says for itself is quoted
        raise InputError(f"`{name}` must be a finite real number, but is {show(value)}{_said(error)}.") from None
    if not math.isfinite(number):
        raise InputError(f"`{name}` must be a finite real number, but is {show(value)}.")
    if not held:
        raise InputError(f"`{name}` must be exact in float64, but {show(value)} is none; the nearest is {number!r}.")
    return number


def extended(value: Any, name: str) -> float:
    """A real number or an infinite one."""
    return math.copysign(math.inf, value) if issubclass(type(value), float) and math.isinf(value) else real(value, name)


_WORDS = (str, bytes, bytearray, complex, np.complexfloating, np.datetime64, np.timedelta64, type(None))
_NO_NUMBERS = (bool, np.bool_, np.ndarray, *_WORDS)  # what float() may take all the same


def positive(value: Any, name: str) -> float:
    """A finite real number > 0."""
    number = real(value, name)
    if number <= 0:
        raise InputError(f"`{name}` must be > 0, but is {show(value)}.")
    return number


def nonnegative(value: Any, name: str) -> float:
    """A finite real number >= 0."""
    number = real(value, name)
    if number < 0:
        raise InputError(f"`{name}` must be >= 0, but is {show(value)}.")
    return number


def integer(value: Any, name: str, least: int = 1, most: int | None = None) -> int:
    """An integer >= least, and <= most if that is given (True and 3.0 are not integers here).

    A count that is the length of an array, or of a loop that nothing else ends, has a `most`, or is asked for its
    `memory`, before anything is made of it.
    """
    try:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError
        number = operator.index(value)
    except Exception:  # noqa: BLE001 - whatever it raises, it is none
        raise InputError(f"`{name}` must be an integer >= {least}, but is {show(value)}.") from None
    if number < least:
        raise InputError(f"`{name}` must be an integer >= {least}, but is {show(value)}.")
    if most is not None and number > most:
        raise InputError(f"`{name}` must be at most {most}, but is {show(value)}.")
    return number


def one_of(value: Any, name: str, known: Iterable[str]) -> str:
    """A name out of a list; the error lists the known ones, and the closest again if there is one."""
    names = list(known)
    if not isinstance(value, str) or value not in names:
        close = _closest(value, names) if isinstance(value, str) else None
        hint = "." if close is None else f"; did you mean {close!r}?"
        raise InputError(f"`{name}` must be one of {', '.join(map(repr, names))}, but is {show(value)}{hint}")
    return value


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown word: the closest known one (letter case apart), or all of them."""
    names = list(known)
    close = _closest(word, names)
    return f"known are {', '.join(names)}." if close is None else f"did you mean {close!r}?"


def _closest(word: str, known: Sequence[str]) -> str | None:
    names = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), names, n=1, cutoff=0.7)  # rint is not close to arcsin
    return names[close[0]] if close else None


def float_dtype(value: Any, name: str = "dtype") -> np.dtype[Any]:
    """float64 or float32, in the machine's byte order."""
    try:
        found = np.dtype(value).newbyteorder("=").char
    except Exception:  # noqa: BLE001 - whatever it raises, it is none
        found = ""
    if found not in ("d", "f"):
        raise InputError(f"`{name}` must be float64 or float32, but is {show(value)}.")
    return np.dtype(np.float64) if found == "d" else np.dtype(np.float32)


def generator(value: Any, name: str = "rng") -> np.random.Generator:
    """A NumPy Generator: itself, or one made from a seed (None: from the system's entropy)."""
    try:
        return np.random.default_rng(value)
    except Exception:  # noqa: BLE001 - whatever it raises, it is none
        raise InputError(f"`{name}` must be a seed (an integer >= 0) or a Generator, but is {show(value)}.") from None


def exactly_one(**arguments: Any) -> str:
    """The name of the one argument that is not None."""
    given = [name for name, value in arguments.items() if value is not None]
    if len(given) != 1:
        wanted = " and ".join(f"`{name}`" for name in arguments)
        got = (
            "none was" if not given else "got " + " and ".join(f"`{name}` = {show(arguments[name])}" for name in given)
        )
        raise InputError(f"exactly one of {wanted} must be given, but {got}.")
    return given[0]


def pair(value: Any, name: str, what: str = "(a, b)") -> tuple[Any, Any]:
    """Two things, in this order."""
    try:
        if isinstance(value, (str, bytes, bytearray, set, frozenset, dict)):  # two letters; two numbers in any order
            raise TypeError
        first, second = value
    except Exception:  # noqa: BLE001 - whatever it raises, it is none
        raise InputError(f"`{name}` must be a pair {what}, but is {show(value)}.") from None
    return first, second


def interval(domain: Any, name: str = "domain") -> tuple[float, float]:
    """A pair (a, b) of finite reals with a < b and a finite length."""
    return endpoints(*pair(domain, name))


def instance(value: Any, name: str, *kinds: type) -> None:
    """An object of that class, or of one of those."""
    if not isinstance(value, kinds):
        words = [_WORDS_FOR.get(kind, kind.__name__) for kind in kinds]
        wanted = " or ".join(f"an {word}" if word[0] in "AEMi" else f"a {word}" for word in words)
        raise InputError(f"`{name}` must be {wanted}, but is {show(value)}.")


def rows_of(table: Any, name: str, columns: Mapping[str, str], holes: bool = False) -> list[Any]:
    """The rows of a table, each a dictionary with those columns, "TEXT", "INTEGER" or "REAL"; None is a hole."""
    rows = listed(table, name, "the rows of a sweep")
    for k, row in enumerate(rows):
        instance(row, f"{name}[{k}]", Mapping)
        for column, kind in columns.items():
            if column not in row:
                raise InputError(f"`{name}` must have a column {show(column)}, but its row {k} has none.")
            value, place = row[column], f"{name}[{k}][{show(column)}]"
            if holes and (value is None or (isinstance(value, float) and math.isnan(value))):
                continue
            if kind == "TEXT":
                instance(value, place, str)
            elif kind == "REAL":
                extended(value, place)
            elif not isinstance(value, (bool, np.bool_)):  # 0 or 1
                integer(value, place, least=-(2**63), most=2**63 - 1)
    return rows


_WORDS_FOR: dict[type, str] = {str: "text", dict: "dictionary", Mapping: "dictionary"}


def function(value: Any, name: str, what: str = "a function") -> None:
    """What can be called."""
    if not callable(value):
        raise InputError(f"`{name}` must be {what}, but is {show(value)}.")


def listed(values: Any, name: str, what: str = "a sequence") -> list[Any]:
    """The entries of a sequence; a text is one value here, not a sequence of letters."""
    try:
        if isinstance(values, (str, bytes, bytearray)):
            raise TypeError
        return list(values)
    except Exception:  # noqa: BLE001 - whatever it raises, it is none
        raise InputError(f"`{name}` must be {what}, but is {show(values)}.") from None


def endpoints(a: Any, b: Any) -> tuple[float, float]:
    """Finite a < b whose difference does not overflow."""
    a, b = real(a, "a"), real(b, "b")
    if not a < b:
        raise InputError(f"`a` must be less than `b`, but a = {show(a)} and b = {show(b)}.")
    if not math.isfinite(b - a):
        raise InputError(f"the length b - a must be a finite float, but a = {show(a)} and b = {show(b)}.")
    return a, b


def numbers(values: Any, name: str, what: str = "an array of real numbers", kinds: str = "iufO") -> NDArray[Any]:
    """The door where arrays become floats: float16 to float64 as they come, all else as the float64 of the same value.

    A theorem about other points than those that were given would be none: an integer beyond 2^53, a long double or a
    fraction that lies between two floats is named, not rounded, and so is what a mask hides.
    """
    try:
        masked = _masked(values, name)
        raw = np.asarray(values if not masked else ())
        if (raw.dtype.kind not in kinds and raw.size) or _has_words(raw):
            raise TypeError
        with np.errstate(over="ignore"):  # what float64 cannot hold becomes inf, and is named
            array = raw if raw.dtype.char in "efd" and raw.dtype.isnative else raw.astype(np.float64)
        rounded = _rounded(values, raw, array)
    except Exception as error:  # noqa: BLE001 - what it says for itself is quoted
        raise InputError(f"`{name}` must be {what}, but is {show(values)}{_said(error)}.") from None
    if masked:
        raise InputError(f"`{name}` must have all its entries, but {masked} is masked.")
    if rounded is not None:
        where, offender = _place(name, rounded[0], raw.shape), rounded[1]
        advice = "subtract an offset first" if isinstance(offender, (int, np.integer)) else "np.float64(...) rounds it"
        raise InputError(f"`{name}` must be exact in float64, but {where} = {show(offender)} is no float64; {advice}.")
    return array


def _masked(values: Any, name: str) -> str:
    """The first entry that a mask hides, also in a list of masked arrays, whose masks NumPy forgets."""
    if isinstance(values, (list, tuple)):
        if any(issubclass(kind, np.ma.MaskedArray) for kind in set(map(type, values))):
            return next(filter(None, (_masked(part, f"{name}[{k}]") for k, part in enumerate(values))), "")
        return ""
    mask = np.ma.getmask(values)
    return _place(name, int(np.argmax(mask)), mask.shape) if np.any(mask) else ""


def _place(name: str, k: int, shape: tuple[int, ...]) -> str:
    """The k-th entry by its indices."""
    return f"{name}[{', '.join(map(str, np.unravel_index(k, shape)))}]" if shape else name


def _rounded(values: Any, raw: NDArray[Any], array: NDArray[Any]) -> tuple[int, Any] | None:
    """The first of the numbers given, in their order, that the floats made of them do not equal."""
    given, floats = raw.reshape(-1), array.reshape(-1)
    if raw.dtype.kind in "iu":
        if raw.dtype.itemsize < 8:
            return None
        marks = np.abs(floats) >= WHOLE
        size = np.abs(given[marks]).astype(np.uint64)  # -2^63 too, whose int64 size is itself
        marks[marks] = size // (size & (~size + np.uint64(1))) > WHOLE  # the odd part of a float's has 53 bits
    elif raw.dtype.char == "g":
        marks = (given == given) & (given != floats)
    elif raw.dtype.kind == "O":
        marks = np.array([not _equals(*pair) for pair in zip(given, floats.tolist(), strict=True)], dtype=bool)
    elif isinstance(values, np.ndarray) or raw.dtype != np.float64:
        return None
    else:  # a list, where NumPy takes integers beside floats for floats
        marks = np.isfinite(floats) & (np.abs(floats) >= WHOLE)
        if marks.any():
            given = np.array(values, dtype=object).reshape(-1)
            marks[marks] = [not _equals(*pair) for pair in zip(given[marks], floats[marks].tolist(), strict=True)]
    return (int(np.argmax(marks)), given[np.argmax(marks)]) if marks.any() else None


def _equals(value: Any, number: float) -> bool:
    """Whether a float is the number that was given, whatever that is made of, and not its neighbour."""
    if isinstance(value, float):
        return True
    try:
        return operator.index(value) == number  # NumPy would compare its integers as floats
    except TypeError:
        ratio = getattr(value, "as_integer_ratio", None) if math.isfinite(number) else None
        return bool((value if ratio is None else Fraction(*ratio())) == number or value != value)


WHOLE = 2**53  # below it every integer is a float64


def vector(values: Any, name: str, least: int = 0, length: int | None = None) -> Floats:
    """A one-dimensional array of finite reals, read-only float64: a copy, unless it owns its data and is frozen."""
    raw = numbers(values, name)
    frozen = raw is values and raw.dtype == np.float64 and raw.base is None and not raw.flags.writeable
    array = raw if frozen else np.array(raw, dtype=np.float64)
    if array.ndim != 1:
        raise InputError(f"`{name}` must be one-dimensional, but has shape {array.shape}.")
    if length is not None and array.size != length:
        raise InputError(f"`{name}` must have {length} entries, but has {array.size}.")
    if array.size < least:
        raise InputError(f"`{name}` must have at least {least} entries, but has {array.size}.")
    finite = np.isfinite(array)
    if not finite.all():
        k = int(np.argmin(finite))
        raise InputError(f"`{name}` must be finite, but {name}[{k}] = {show(array[k])}.")
    return freeze(array)


def _has_words(array: NDArray[Any]) -> bool:
    """Whether an array of objects holds what float() or NumPy would turn into numbers though it is none."""
    return array.dtype.kind == "O" and any(isinstance(entry, _WORDS) for entry in array.flat)


def is_ball(x: Any) -> TypeGuard[Any]:
    """Whether it is a number that is being traced (`uat.formula.traced`): what is called with it records itself."""
    return hasattr(type(x), "broken_line")


def abscissae(x: Any) -> NDArray[Any]:
    """Where a function is to be evaluated, any shape: `numbers`, truth values among them; what is masked is nan."""
    if type(x) in (float, np.float64) or (type(x) is np.ndarray and x.dtype == np.float64 and x.dtype.isnative):
        return np.asarray(x)
    if not isinstance(x, np.ma.MaskedArray):
        return numbers(x, "x", "real numbers", "biufO")
    points = numbers(x.filled(0), "x", "real numbers", "biufO")
    return np.where(np.ma.getmaskarray(x), points.dtype.type(np.nan), points)


def flag(value: Any, name: str) -> bool:
    """True or False, and nothing that Python only takes for one."""
    if not isinstance(value, (bool, np.bool_)):
        raise InputError(f"`{name}` must be True or False, but is {show(value)}.")
    return bool(value)


def points(values: Any, name: str, within: tuple[float, float] | None = None) -> Floats:
    """Abscissae, sorted and without repetition: one number or several, inside the interval if one is given."""
    several = values if isinstance(values, Iterable) and not isinstance(values, (*_WORDS, dict)) else [values]
    if isinstance(several, np.ndarray) and several.ndim == 0:
        several = several.reshape(1)
    array = np.unique(vector(several if isinstance(several, np.ndarray) else listed(several, name), name))
    low, high = (-math.inf, math.inf) if within is None else within
    for x in array.tolist():
        if not low <= x <= high:
            raise InputError(f"`{name}` must lie in [{low!r}, {high!r}], but {x!r} does not.")
    return array


def freeze(array: Floats) -> Floats:
    """The array itself, read-only from now on: for arrays that were just made and are nobody else's."""
    array.flags.writeable = False
    return array


def strictly_increasing(array: Floats, name: str) -> Floats:
    """No two neighbours equal or in the wrong order."""
    rises = array[1:] > array[:-1]
    if not rises.all():
        k = int(np.argmin(rises))
        raise InputError(
            f"`{name}` must be strictly increasing, but {name}[{k}] = {show(array[k])} "
            f"is followed by {name}[{k + 1}] = {show(array[k + 1])}."
        )
    return array


def all_positive(array: Floats, name: str) -> Floats:
    """Every entry > 0."""
    good = array > 0
    if not good.all():
        k = int(np.argmin(good))
        raise InputError(f"`{name}` must be > 0, but {name}[{k}] = {show(array[k])}.")
    return array


def shape(array: NDArray[Any], name: str, wanted: Sequence[int | None], meaning: str) -> None:
    """The shape of an array; None in `wanted` leaves that length free, `meaning` spells the axes."""
    fits = array.ndim == len(wanted) and all(w is None or w == n for w, n in zip(wanted, array.shape, strict=True))
    if not fits:
        raise InputError(f"`{name}` must have shape {meaning}, but has shape {array.shape}.")


def output(array: Any, wanted: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """An array that results can be written into: the shape and the type of the result, not read-only."""
    if not isinstance(array, np.ndarray):
        raise InputError(f"`out` must be a NumPy array, but is {show(array)}.")
    if isinstance(array, np.ma.MaskedArray):
        raise InputError("`out` must be a plain array, but is a masked one, which hides some of what is written to it.")
    if array.dtype != dtype:
        raise InputError(f"`out` must have the dtype of the result, {dtype}, but has {array.dtype}.")
    if array.shape != wanted:
        shape(array, "out", wanted, f"of `x`, {wanted}")
    if not array.flags.writeable:
        raise InputError("`out` must be an array that can be written to, but is read-only.")


def memory(numbers: float, what: str) -> None:
    """Refuse to ask for more float64 numbers than the machine has memory for, before they are asked for."""
    asked, there = 8.0 * min(numbers, 1e300), _physical_memory()  # an integer may have any size
    if asked > there:
        raise InputError(
            f"{what} would take {asked / 2**30:.3g} GiB of memory, and this machine has {there / 2**30:.3g} GiB."
        )


def _physical_memory() -> float:
    try:
        return float(os.sysconf("SC_PHYS_PAGES")) * float(os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):  # no sysconf (Windows): a machine of ordinary size is assumed
        return 16.0 * 2**30


def samples(values: Any, name: str, columns: int, dtype: Any = np.float64) -> NDArray[Any]:
    """Finite samples as rows, shape (n, columns), (n,) being one column. The first row that is not finite is named."""
    raw = numbers(values, name, kinds="biufO")
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes inf, and is named below
        array = raw.astype(dtype)
    if array.ndim == 1 and columns == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[1] != columns:
        wanted = f"(n, {columns})" + (" or (n,)" if columns == 1 else "")
        raise InputError(f"`{name}` must have shape {wanted}, but has shape {raw.shape}.")
    finite = np.isfinite(array).all(axis=1)
    if not finite.all():
        k = int(np.argmin(finite))
        within = "" if array.dtype == np.float64 else f" in {array.dtype}"
        raise InputError(f"`{name}` must be finite{within}, but {name}[{k}] = {show(raw[k])}.")
    return array
