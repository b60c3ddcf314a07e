"""Files appear whole or not at all, and only ordinary ones are read, into no more memory than they fill.

What is written goes to a temporary name beside the target, which is then renamed over it. A process that is killed
meanwhile leaves that name behind; it holds the process's number, and the next one that writes the file removes it.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uat._checks import InputError, memory, show


def path_of(path: object, name: str = "path") -> Path:
    """The path with its symbolic links followed; InputError when it is no path or no file system could have it."""
    try:
        if not isinstance(path, (str, os.PathLike)) or not os.fspath(path):
            raise ValueError("it is empty" if isinstance(path, str) else "it is neither a string nor a path")
        target = Path(path).resolve()
        target.exists()
    except Exception as error:  # noqa: BLE001 - a path of one's own may raise anything
        raise InputError(f"`{name}` must be the name of a file, but is {show(path)}: {error}.") from None
    return target


def writable(path: str | os.PathLike[str], name: str = "path") -> Path:
    """The path, when a file can be written there: worth asking before a long computation. ``name`` is the argument's.

    Raises
    ------
    InputError
        When the folder does not exist or cannot be written to, or `path` is a folder.
    """
    target = path_of(path, name)
    if target.is_dir():
        raise InputError(f"`{name}` must be a file, but {str(target)!r} is a folder.")
    if target.exists() and not target.is_file():  # a device would be replaced by an ordinary file
        raise InputError(f"`{name}` must be an ordinary file, but {str(target)!r} is none.")
    if not target.parent.is_dir():
        raise InputError(f"`{name}` must lie in a folder that exists, but {str(target.parent)!r} does not.")
    if not os.access(target.parent, os.W_OK):
        raise InputError(f"`{name}` must lie in a folder that can be written to, but {str(target.parent)!r} cannot.")
    return target


def may_replace(path: str | os.PathLike[str], suffix: str, mark: bytes, what: str, name: str = "path") -> None:
    """Refuse a name of another ending than `suffix`, and to replace a file that is not of ours: has no `mark` in front.

    A picture cannot be told from those of others, and is not asked.
    """
    target = writable(path, name)
    if suffix and target.suffix.lower() != suffix:
        raise InputError(f"`{name}` of {what} must end in {suffix}, but is {show(os.fspath(path))}.")
    if target.exists():
        try:
            with target.open("rb") as file:
                start = file.read(4096)
        except OSError:
            start = b"what we may not read"
        if start and mark not in start:
            raise InputError(
                f"`{name}` must be a new file or {what}, but {str(target)!r} holds something else; it is left as it is."
            )


def different(**paths: str | os.PathLike[str] | None) -> None:
    """Refuse one file for two options of the command line."""
    seen: dict[Path, str] = {}
    for name, path in paths.items():
        if path is not None and (first := seen.setdefault(path_of(path, f"--{name}"), name)) != name:
            raise InputError(f"`--{first}` and `--{name}` must name two files, but both are {show(os.fspath(path))}.")


def ordinary(path: object, name: str = "path", what: str = "file") -> Path:
    """The path of a file that is there and ordinary: a pipe or a device would be waited for, perhaps without end."""
    target = path_of(path, name)
    if not target.exists():
        raise InputError(f"`{name}` must be a {what} that exists, but {show(os.fspath(path))} does not.")  # type: ignore[call-overload]
    if not target.is_file():
        raise InputError(f"`{name}` must be an ordinary file, but {str(target)!r} is none.")
    return target


def content_of(path: object, most: int, name: str = "path") -> bytes:
    """What an ordinary file of at most `most` bytes holds."""
    target = ordinary(path, name)
    try:
        with target.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise InputError(f"{str(target)!r} cannot be read: {error.strerror}.") from None
    if len(content) > most:
        raise InputError(f"`{name}` must have at most {most >> 20} MB, but {str(target)!r} has more.")
    return content


def arrays_of(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of a file that `numpy.savez` wrote, and no other: raises anything where it is damaged.

    Each member is read to its end, where its checksum is looked at. None may be compressed, or say that it is larger
    than it is: so all take no more memory than the file.
    """
    size = path.stat().st_size
    memory(3 * size / 8, f"{str(path)!r}")
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if any(one.compress_type != zipfile.ZIP_STORED for one in members) or sum(m.file_size for m in members) > size:
            raise ValueError("it is compressed, which no file of uat is")
        return {one.filename.removesuffix(".npy"): _array(archive.read(one)) for one in members}


def _array(content: bytes) -> NDArray[Any]:
    stream = io.BytesIO(content)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("it holds an array of another kind")
    shape, by_columns, dtype = np.lib.format.read_array_header_1_0(stream)
    body = content[stream.tell() :]
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(body):
        raise ValueError("it holds an array of another size than it says")
    return np.frombuffer(body, dtype).reshape(shape, order="F" if by_columns else "C")


@contextlib.contextmanager
def written_whole(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path with the suffix of `path`, which replaces `path` when the block ends without an error.

    Raises
    ------
    InputError
        When the folder does not exist or cannot be written to, or `path` is a folder.
    OSError
        When the file cannot be written (the disk is full): it names `path`.
    """
    target = writable(path)
    prefix = f".{target.stem[:40]}-"
    _remove_left(target, prefix)
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f"{prefix}{os.getpid()}-", suffix=target.suffix)
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
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(target)) from error
    finally:
        temporary.unlink(missing_ok=True)


def _remove_left(target: Path, prefix: str) -> None:
    """Remove the temporary files of `target` whose processes are no more."""
    if os.name != "posix":  # elsewhere a process cannot be asked for without harm
        return
    named = re.compile(rf"{re.escape(prefix)}(\d{{1,9}})-\w{{8}}{re.escape(target.suffix)}")
    for left in target.parent.iterdir():
        if (found := named.fullmatch(left.name)) is not None:
            try:
                os.kill(int(found[1]), 0)
            except ProcessLookupError:
                left.unlink(missing_ok=True)
            except OSError:
                pass  # somebody else's
