"""The project's own file: JSON with a format version, breakpoints, slopes, intercepts, the network, its certificate.

Python writes a float as the shortest decimal that reads back as the same float, so numbers survive bit for bit. A
checksum over the content tells an edited file from a saved one, and what is redundant in the file (slopes and
intercepts beside breakpoints and values) is computed again and compared, so that no half-true object is ever loaded.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from typing import Any

from uat._checks import InputError, show
from uat._files import path_of, writable, written_whole
from uat.piecewise import PiecewiseAffine

FORMAT, VERSION = "uat-approximation", 1

# every section that a file must have, and the fields in it
_SECTIONS: dict[str, tuple[str, ...]] = {
    "function": ("kind", "text", "domain"),
    "piecewise": ("breakpoints", "values", "slopes", "intercepts"),
    "network": ("weights", "biases", "coefficients", "output_bias"),
    "certificate": ("lower", "upper", "where", "proven", "assumes", "method", "norm", "boxes", "bits", "note"),
    "options": ("tol", "method", "form"),
    "provenance": (),
}


def checksum(content: dict[str, Any]) -> str:
    """SHA-256 of the content without its own checksum, keys sorted, no spaces."""
    plain = {key: value for key, value in content.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def pieces_section(p: PiecewiseAffine) -> dict[str, list[float | None]]:
    """Breakpoints, values, slopes and intercepts as lists; None where a slope or intercept overflows float64."""
    columns = {"breakpoints": p.knots, "values": p.values, "slopes": p.slopes, "intercepts": p.intercepts}
    return {name: [y if math.isfinite(y) else None for y in v.tolist()] for name, v in columns.items()}


def json_suffix(path: str | os.PathLike[str]) -> None:
    """Refuse a name that promises another format than is written."""
    writable(path)  # refuses what is no path
    if not os.fspath(path).lower().endswith(".json"):
        raise InputError(f"`path` of a saved network must end in .json, but is {show(os.fspath(path))}.")


def write(path: str | os.PathLike[str], content: dict[str, Any]) -> None:
    """Write the sections of an approximation, under the format's name and version, with a checksum; atomically."""
    json_suffix(path)
    whole = {"format": FORMAT, "version": VERSION, **content}
    whole["sha256"] = checksum(whole)
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(whole, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def read(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The sections of a file that `write` wrote.

    Raises
    ------
    InputError
        The sentence says whether the file is missing, unreadable, truncated, not JSON, of another program or of a later
        version, incomplete, or edited since it was saved.
    """
    name = repr(str(path))
    try:
        text = path_of(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"`path` must be a file that exists, but {name} does not.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{name} cannot be read as text: {error}.") from None
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
        found = checksum(content)
    except (ValueError, RecursionError):
        found = ""
    if content.get("sha256") != found:
        raise InputError(f"{name} was edited or damaged after it was saved: its checksum does not fit its content.")
    _consistent(content, name)
    return content


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
