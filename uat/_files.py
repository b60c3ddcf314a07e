"""Files appear whole or not at all: written to a temporary name beside the target, then renamed over it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from uat._checks import InputError, show


def path_of(path: object) -> Path:
    """The path with its symbolic links followed; InputError when it is no path or no file system could have it."""
    try:
        if not isinstance(path, (str, os.PathLike)) or not os.fspath(path):
            raise ValueError("it is empty" if path == "" else "it is neither a string nor a path")
        target = Path(path).resolve()
        target.exists()
    except (ValueError, OSError, RuntimeError) as error:
        raise InputError(f"`path` must be the name of a file, but is {show(path)}: {error}.") from None
    return target


def writable(path: str | os.PathLike[str]) -> Path:
    """The path, when a file can be written there: worth asking before a long computation.

    Raises
    ------
    InputError
        When the folder does not exist or cannot be written to, or `path` is a folder.
    """
    target = path_of(path)
    if target.is_dir():
        raise InputError(f"`path` must be a file, but {str(target)!r} is a folder.")
    if target.exists() and not target.is_file():  # a device would be replaced by an ordinary file
        raise InputError(f"`path` must be an ordinary file, but {str(target)!r} is none.")
    if not target.parent.is_dir():
        raise InputError(f"`path` must lie in a folder that exists, but {str(target.parent)!r} does not.")
    if not os.access(target.parent, os.W_OK):
        raise InputError(f"`path` must lie in a folder that can be written to, but {str(target.parent)!r} cannot.")
    return target


@contextlib.contextmanager
def written_whole(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path with the suffix of `path`, which replaces `path` when the block ends without an error.

    Raises
    ------
    InputError
        When the folder does not exist or cannot be written to, or `path` is a folder.
    """
    target = writable(path)
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.stem}-", suffix=target.suffix)
    except OSError as error:
        raise InputError(f"`path` must be writable, but {str(target)!r} is not: {error.strerror}.") from None
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        mask = os.umask(0)  # mkstemp makes private files; a saved file has the ordinary permissions
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
