"""Checkpoints: everything a first-order run needs to continue bit for bit, in one file that is never half written.

The file is a NumPy archive without pickles: the parameters, what the method remembers, the best parameters, and a
line of JSON with the step, the state of the batches and generators, the history and a description of the run. It is
written beside its final name and then moved there, which is atomic.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from typing import Any

import numpy as np

from uat._checks import InputError
from uat._files import written_whole
from uat.learn.risk import Samples
from uat.mlp import Array


def write(path: str | os.PathLike[str], arrays: dict[str, Array], plain: dict[str, Any]) -> None:
    """Write arrays and plain data; the file is either the old one or the new one, whenever the machine stops."""
    named: dict[str, Any] = {f"array_{name}": value for name, value in arrays.items()}
    with written_whole(path) as temporary, temporary.open("wb") as file:
        np.savez(file, plain=json.dumps(plain), **named)


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Array], dict[str, Any]]:
    """The arrays and the plain data of a checkpoint."""
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name.removeprefix("array_"): archive[name] for name in archive.files if name != "plain"}
            return arrays, json.loads(str(archive["plain"]))
    except FileNotFoundError:
        raise InputError(f"`resume` must be the path of a checkpoint, but there is no file {str(path)!r}.") from None
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"`resume` must be a checkpoint, but {str(path)!r} is not: {error}.") from None


def fingerprint(data: Samples) -> str:
    """A digest of the samples: a run is continued on the samples it was begun with."""
    digest = hashlib.sha256()
    for part in (data.X, data.Y, data.weights):
        digest.update(b"-" if part is None else np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()[:16]


def same_run(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Refuse a checkpoint of another network or run, naming the first difference."""
    for name, value in wanted.items():
        if found.get(name) != value:
            raise InputError(
                f"`resume` must be a checkpoint of the same run, but its {name} is {found.get(name)!r} "
                f"and this run's is {value!r}."
            )
