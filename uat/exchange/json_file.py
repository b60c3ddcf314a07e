"""The project's own file: JSON with a format version, breakpoints, slopes, intercepts, the network, its certificate.

Python writes a float as the shortest decimal that reads back as the same float, so numbers survive bit for bit. A
checksum tells a damaged file from a saved one: it is over what the JSON says, so that other spaces or another order do
no harm. It is no signature, and who edits a file can mend it; so what is redundant in the file (slopes and intercepts
beside breakpoints and values) is computed again and compared, and no half-true object is ever loaded.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from typing import Any

from uat._checks import InputError, show
from uat._files import content_of, may_replace, written_whole
from uat.piecewise import PiecewiseAffine

FORMAT, VERSION = "uat-approximation", 1
MOST_BYTES = 1 << 28  # 1.4 million pieces; Python's objects of a JSON text take some ten times its size
_MOST_PARTS = 10_000  # lists and objects in a file, which has a few dozen: empty ones take thirty times their size

# every section that a file must have, and the fields in it
_SECTIONS: dict[str, tuple[str, ...]] = {
    "function": ("kind", "text", "domain"),
    "piecewise": ("breakpoints", "values", "slopes", "intercepts"),
    "network": ("weights", "biases", "coefficients", "output_bias"),
    "certificate": ("lower", "upper", "where", "proven", "assumes", "method", "norm", "boxes", "bits", "note"),
    "options": ("tol", "method", "form"),
    "provenance": (),
}


def checksum(content: dict[str, Any], allow_nan: bool = True) -> str:
    """SHA-256 of the content without its own checksum, keys sorted, no spaces. ValueError for nan where not allowed."""
    plain = {key: value for key, value in content.items() if key != "sha256"}
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=allow_nan)
    return hashlib.sha256(text.encode()).hexdigest()


def pieces_section(p: PiecewiseAffine) -> dict[str, list[float | None]]:
    """Breakpoints, values, slopes and intercepts as lists; None where a slope or intercept overflows float64."""
    columns = {"breakpoints": p.knots, "values": p.values, "slopes": p.slopes, "intercepts": p.intercepts}
    return {name: [y if math.isfinite(y) else None for y in v.tolist()] for name, v in columns.items()}


def json_suffix(path: str | os.PathLike[str], name: str = "path") -> None:
    """Refuse a name that promises another format than is written, and to replace JSON that is not ours."""
    may_replace(path, ".json", FORMAT.encode(), "a saved network", name)


def write(path: str | os.PathLike[str], content: dict[str, Any]) -> None:
    """Write the sections of an approximation, under the format's name and version, with a checksum; atomically."""
    json_suffix(path)
    whole = {"format": FORMAT, "version": VERSION, **content}
    whole["sha256"] = checksum(whole)
    text = json.dumps(whole, indent=1, allow_nan=False) + "\n"
    if len(text) > MOST_BYTES:
        raise InputError(
            f"a saved network must have at most {MOST_BYTES >> 20} MB, but this one has {len(text) >> 20}."
        )
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The sections of a file that `write` wrote.

    Raises
    ------
    InputError
        The sentence says whether the file is missing, no ordinary file, too large, truncated, not JSON, of another
        program or of a later version, incomplete, or damaged or edited since it was saved, or where it is not finite.
    """
    raw = content_of(path, MOST_BYTES)
    name = repr(str(path))
    if raw.count(b"[") + raw.count(b"{") > _MOST_PARTS:
        raise InputError(f"{name} is not a file of uat: it is nested too deeply, or has too many parts.")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{name} cannot be read as text: {error}.") from None
    del raw
    try:
        content = json.loads(text)
    except RecursionError:
        raise InputError(f"{name} is not a file of uat: it is nested too deeply.") from None
    except ValueError as error:
        end = len(text.rstrip()) - 1
        cut = isinstance(error, json.JSONDecodeError) and error.pos >= end
        raise InputError(f"{name} is {'truncated' if cut else 'not JSON'}: {error}.") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputError(f'{name} is not a file of uat: it has no "format": "{FORMAT}".')
    if type(content.get("version")) is not int or content["version"] != VERSION:
        raise InputError(
            f"{name} has format version {show(content.get('version'))}, but this uat reads version {VERSION} only."
        )
    _complete(content, name)
    try:
        found = checksum(content, allow_nan=False)
    except RecursionError:
        found = ""
    except ValueError:
        raise InputError(f"{name} must hold finite numbers only, but its {_not_finite(content)}.") from None
    if content.get("sha256") != found:
        raise InputError(f"{name} was edited or damaged after it was saved: its checksum does not fit its content.")
    _consistent(content, name)
    return content


def _not_finite(content: dict[str, Any]) -> str:
    """A number that is none (Python reads them, JSON has none) and where it stands: "certificate.where is nan"."""
    left: list[tuple[str, Any]] = list(content.items())
    while left:
        name, value = left.pop()
        if isinstance(value, float) and not math.isfinite(value):
            return f"{name} is {value}"
        if isinstance(value, dict):
            left += [(f"{name}.{key}", part) for key, part in value.items()]
        elif isinstance(value, list):
            left += [(f"{name}[{k}]", part) for k, part in enumerate(value)]
    raise AssertionError  # JSON of Python's has no other value that it would not write


def _complete(content: dict[str, Any], name: str) -> None:
    if "optimality" not in content:
        raise InputError(f"{name} is incomplete: the section 'optimality' is missing.")
    for section, fields in _SECTIONS.items():
        part = content.get(section)
        if not isinstance(part, dict):
            raise InputError(f"{name} is incomplete: the section {section!r} is missing.")
        for key in fields:
            if key not in part:
                raise InputError(f"{name} is incomplete: {section!r} has no {key!r}.")


def _consistent(content: dict[str, Any], name: str) -> None:
    part = content["piecewise"]
    try:
        p = PiecewiseAffine(part["breakpoints"], part["values"])
    except InputError as error:
        raise InputError(f"{name} holds no piecewise-affine function: {error}") from None
    for key, computed in pieces_section(p).items():
        if part[key] != computed:
            raise InputError(f"{name} contradicts itself: its {key} are not those of its breakpoints and values.")
    if list(p.domain) != content["function"]["domain"]:
        raise InputError(f"{name} contradicts itself: its breakpoints do not span its domain.")
