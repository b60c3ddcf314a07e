"""The checker's own reading of a file: its size, its JSON, its checksum, and the form of every field in it.

Part of the independent checker (`recheck`): it imports nothing else of this project. A field that is missing, that has
another type than `save` writes, or that `save` does not write at all is refused here, in a sentence that names it. So
everybody behind this door computes with finite floats, and nothing in a file is passed over.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

MOST_BYTES = 1 << 26  # 370000 pieces; each is a box at least, and the search ends at 400000 of them
_MOST_PARTS = 10_000  # lists and sections: a file has a few dozen, and an empty one takes thirty times its room


class CheckFailedError(Exception):
    """The sentence of a negative verdict."""


def read(path: Path) -> dict[str, Any]:
    """The content of a saved approximation, complete and of the right types."""
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for, and a device has no end
            raise CheckFailedError("The file cannot be read: it is no ordinary file.")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise CheckFailedError(f"The file cannot be read: it has more than {MOST_BYTES >> 20} MB.")
        if content.count(b"[") + content.count(b"{") > _MOST_PARTS:
            raise CheckFailedError("The file cannot be read: it has more parts than an approximation.")
        data = json.loads(content.decode("utf-8"), object_pairs_hook=_fields)
    except (OSError, ValueError, RecursionError) as error:
        raise CheckFailedError(f"The file cannot be read: {_short(str(error))}.") from None
    del content
    if not isinstance(data, dict) or data.get("format") != "uat-approximation" or not _is(data.get("version"), 1):
        raise CheckFailedError("The file is not an approximation of format 1.")
    signed = {key: value for key, value in data.items() if key != "sha256"}
    digest = hashlib.sha256(json.dumps(signed, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    if data.get("sha256") != digest:
        raise CheckFailedError("The file was edited after it was saved: its checksum does not fit its content.")
    _FILE(data, "")
    return data


def _fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; the same name twice would show one value to a reader and another to a program."""
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a field is given twice")
    return dict(pairs)


def _is(value: Any, number: int) -> bool:
    return type(value) is int and value == number


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:60]}..."


Form = Callable[[Any, str], None]  # (value, its name): raises where the value has not this form


def _of(what: str, fits: Callable[[Any], bool]) -> Form:
    def form(value: Any, name: str) -> None:
        if not fits(value):
            raise CheckFailedError(
                f"The file is not as it is saved: {name} must be {what}, but is {_short(repr(value))}."
            )

    return form


def _number(value: Any) -> bool:
    """A float, or a whole number that is one: no text, no truth value, nothing infinite."""
    return (type(value) is float and math.isfinite(value)) or (type(value) is int and abs(value) <= 2**53)


def _or_none(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or fits(value)


def _list(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(fits, value))


def _text(value: Any) -> bool:
    """Short enough for a sentence."""
    return isinstance(value, str) and len(value) <= 20_000


NUMBER, FLAG, TEXT = (
    _of("a finite number", _number),
    _of("true or false", lambda v: isinstance(v, bool)),
    _of("a text", _text),
)
NUMBERS, TEXTS = _of("a list of finite numbers", _list(_number)), _of("a list of texts", _list(_text))
FORMULA = _of("a text", lambda v: isinstance(v, str))  # its reader has a limit of its own
COUNT = _of("a whole number >= 0", lambda v: type(v) is int and 0 <= v <= 2**53)
MAYBE_NUMBER = _of("a finite number or null", _or_none(_number))
MAYBE_COUNT = _of("a whole number >= 0 or null", _or_none(lambda v: type(v) is int and 0 <= v <= 2**53))
MAYBE_TEXT = _of("a text or null", _or_none(_text))
MAYBE_NUMBERS = _of("a list of finite numbers or nulls", _list(_or_none(_number)))
UPPER = _of("a number or null", _or_none(lambda v: _number(v) or (type(v) is float and v == math.inf)))
PAIR = _of("two finite numbers", lambda v: _list(_number)(v) and len(v) == 2)
BRACKET = _of(
    "a finite number and another or null", lambda v: _list(_or_none(_number))(v) and len(v) == 2 and v[0] is not None
)
ANYTHING = _of("anything", lambda value: True)


def _section(fields: dict[str, Form], optional: dict[str, Form] | None = None, empty: bool = False) -> Form:
    """An object with these fields and no others; with `empty`, null stands for none."""
    more = optional or {}

    def form(value: Any, name: str) -> None:
        if empty and value is None:
            return
        of = f"{name} " if name else "it "
        if not isinstance(value, dict):
            raise CheckFailedError(f"The file is not as it is saved: {name} must be a section of it.")
        for key in fields:
            if key not in value:
                raise CheckFailedError(f"The file is not a complete approximation: {of}has no {key!r}.")
        for key, part in value.items():
            if key not in fields and key not in more:
                raise CheckFailedError(
                    f"The file holds what the checker does not know: {of}has a field {_short(key)!r}."
                )
            (fields.get(key) or more[key])(part, f"{name}.{key}" if name else key)

    return form


_WITNESS = _section(
    {
        "kind": TEXT, "pieces": COUNT, "x": NUMBERS, "low": NUMBERS, "high": NUMBERS, "tol": NUMBER, "rtol": NUMBER,
        "side": TEXT, "knots": NUMBERS, "through": NUMBERS,
    },
    empty=True,
)  # fmt: skip
_OPTIMALITY = _section(
    {
        "lower_bound": COUNT, "minimal": FLAG, "within": TEXT, "least_error": BRACKET, "witness": _WITNESS,
        "error_witness": _WITNESS, "note": TEXT,
    },
    empty=True,
)  # fmt: skip
_ARGUMENTS = _section(
    {
        "tol": MAYBE_NUMBER, "rtol": MAYBE_NUMBER, "width": MAYBE_COUNT, "step": MAYBE_NUMBER, "side": TEXT,
        "breaks": NUMBERS, "lipschitz": MAYBE_NUMBER, "modulus": MAYBE_TEXT, "seconds": MAYBE_NUMBER,
    }
)  # fmt: skip
_FILE = _section(
    {
        "format": TEXT, "version": COUNT, "sha256": TEXT,
        "function": _section({"kind": TEXT, "text": FORMULA, "domain": PAIR}, {"formula": FORMULA, "variable": TEXT}),
        "piecewise": _section(
            {"breakpoints": NUMBERS, "values": NUMBERS, "slopes": MAYBE_NUMBERS, "intercepts": MAYBE_NUMBERS}
        ),
        "network": _section({"weights": NUMBERS, "biases": NUMBERS, "coefficients": NUMBERS, "output_bias": NUMBER}),
        "certificate": _section(
            {
                "lower": NUMBER, "upper": UPPER, "where": NUMBER, "proven": FLAG, "assumes": TEXTS, "method": TEXT,
                "norm": TEXT, "boxes": COUNT, "bits": COUNT, "note": TEXT, "stopped": TEXT, "grounds": TEXT,
                "jump": _section({"low": NUMBER, "high": NUMBER, "size": NUMBER}, empty=True),
            },
        ),
        "options": _section(
            {
                "tol": MAYBE_NUMBER, "rtol": MAYBE_NUMBER, "side": TEXT, "method": TEXT, "form": TEXT,
                "seconds_taken": NUMBER,
            }
        ),
        "optimality": _OPTIMALITY,
        "provenance": _section(
            {}, {"uat": TEXT, "numpy": TEXT, "python": TEXT, "arguments": _ARGUMENTS}
        ),
    }
)  # fmt: skip
