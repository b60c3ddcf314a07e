"""Files appear whole or not at all: written to a temporary name beside the target, then renamed over it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from uat._checks import InputError


def writable(path: str | os.PathLike[str]) -> Path:
    """The path, when a file can be written there: worth asking before a long computation.

    Raises
    ------
    InputError
        When the folder does not exist or cannot be written to, or `path` is a folder.
    """
    target = Path(path)
    if target.is_dir():
        raise InputError(f"`path` must be a file, but {str(target)!r} is a folder.")
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
