"""A function named by where it is written: "file.py:function" or "package.module:function".

Importing a file runs it, so a reference is only ever followed when a person wrote it on a command line or in a call; a
saved network keeps the text and never follows it by itself. The object pickles as its text, which is how a function
reaches another process.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from uat._checks import InputError, raised, show
from uat._sampling import Function


def is_reference(text: str) -> bool:
    """Whether the text has the form place:name (no formula contains a colon)."""
    return ":" in text


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Reference:
    """The function that stands under `name` in the file or module of ``text = "place:name"``.

    Raises
    ------
    InputError
        When the place cannot be imported (its own error is quoted) or has no function of that name.
    """

    text: str
    _function: Function = field(init=False)

    def __post_init__(self) -> None:
        place, _, name = self.text.rpartition(":")
        if not place or not name:
            raise InputError(f'`function` must read "file.py:name" or "module:name", but is {show(self.text)}.')
        module = _import(place)
        if not callable(found := getattr(module, name, None)):
            known = sorted(n for n, v in vars(module).items() if callable(v) and not n.startswith("_"))
            raise InputError(f"{place!r} has no function {name!r}; it has {', '.join(known[:20]) or 'none'}.")
        object.__setattr__(self, "_function", found)

    def __call__(self, x: Any) -> Any:
        return self._function(x)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Reference({self.text!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Reference, (self.text,)


def _import(place: str) -> Any:
    try:
        if place.endswith(".py"):
            path = Path(place).resolve()
            if not path.is_file():
                raise InputError(f"`function` must name a file that exists, but {place!r} does not.")
            name = f"_uat_reference_{path.stem}"
            spec = importlib.util.spec_from_file_location(name, path)
            assert spec is not None  # the suffix is .py
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module  # dataclasses and pickles in the file look their module up
            sys.path.insert(0, str(path.parent))  # as `python file.py` does, so that its neighbours can be imported
            try:
                spec.loader.exec_module(module)
            finally:
                sys.path.remove(str(path.parent))
            return module
        return importlib.import_module(place)
    except InputError:
        raise
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a script may end itself with SystemExit
        raise InputError(f"{place!r} cannot be imported: {raised(error)}") from error
