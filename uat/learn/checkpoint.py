"""Checkpoints: everything a first-order run needs to continue bit for bit, in one file that is never half written.

The file is a NumPy archive without pickles: the parameters, what the method remembers, the best parameters, and a
line of JSON with the step, the state of the batches and generators, the history and a description of the run. It is
written beside its final name and then moved there, which is atomic. A run is continued by the run that it describes,
and refused by every other: one from another start or of other seeds too, which would otherwise go on unnoticed as the
run of the file.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from uat._checks import InputError
from uat._files import arrays_of, ordinary, written_whole
from uat.learn.batches import Batches
from uat.learn.history import Row
from uat.learn.journal import Journal
from uat.learn.losses import Loss
from uat.learn.regularizers import Regularizer
from uat.learn.risk import Samples
from uat.learn.schedules import text
from uat.mlp import MLP, Array

STATE = "state of the generator at the start"  # None where any will do: the seed was left to the system


def describe(
    network: MLP, data: Samples, held: Samples | None, loss: Loss, regularizer: Regularizer | None, method: Any,
    batches: Batches, frozen: Sequence[int], record_every: int,
) -> dict[str, Any]:  # fmt: skip
    """What must be the same for a run to be continued; functions go by their names, all that can be compared."""
    return {
        "sizes": list(network.sizes),
        "activations": [text(act) for act in network.activations],
        "dtype": str(network.theta.dtype),
        "loss": loss.name,
        "regularizer": repr(regularizer),
        "method": f"{type(method).__name__}({', '.join(text(getattr(method, f.name)) for f in fields(method))})",
        "batches": f"{batches.kind}({batches.size}, {batches.drop_last})",
        "frozen": list(frozen),
        "record_every": record_every,
        "samples": fingerprint(data.X, data.Y, data.weights),
        "validation samples": None if held is None else fingerprint(held.X, held.Y, held.weights),
        "starting network": fingerprint(network.theta),
    }


def write(path: str | os.PathLike[str], journal: Journal, arrays: dict[str, Array], plain: dict[str, Any]) -> None:
    """Write a journal, arrays and plain data; the file is the old one or the new one, whenever the machine stops."""
    named: dict[str, Any] = {f"array_{name}": value for name, value in arrays.items()} | {"array_best": journal.best}
    about = {
        "rows": [asdict(row) for row in journal.rows],
        "best_value": journal.best_value,
        "best_step": journal.best_step,
    }
    with written_whole(path) as temporary, temporary.open("wb") as file:
        np.savez(file, plain=json.dumps(plain | about, default=np.ndarray.tolist), **named)


@contextmanager
def reading(path: Any, description: dict[str, Any], steps: int, journal: Journal) -> Any:
    """Open the checkpoint of a run of this description, fill the journal, and hand out ``take`` and the plain data.

    ``take(name, like)`` is the array of that name, in the shape and dtype of another. Whatever fails while the file
    is read or its content used becomes one sentence: a damaged file can raise anything.
    """
    source = ordinary(path, "resume", "checkpoint")
    try:
        found = arrays_of(source)
        plain = json.loads(str(found.pop("plain")))
        arrays = {name.removeprefix("array_"): array for name, array in found.items()}
        _same_run(plain["description"], description)
        journal.rows = [Row(**row) for row in plain["rows"]]
        if not journal.rows:
            raise ValueError("it has no recorded point")
        if plain["t"] > steps:
            raise InputError(f"`steps` must be >= the steps of the checkpoint, {plain['t']}, but is {steps}.")
        take = _taker(arrays)
        journal.best, journal.best_step = take("best", journal.last), int(plain["best_step"])
        journal.best_value = float(plain["best_value"])
        yield take, plain
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001 - a damaged file can raise anything
        raise InputError(
            f"`resume` must be a checkpoint, but {str(path)!r} is none, or damaged: {type(error).__name__}: {error}."
        ) from None


def _taker(arrays: dict[str, Array]) -> Callable[[str, Array], Array]:
    def take(name: str, like: Array) -> Array:
        found = arrays[name]
        if (found.shape, found.dtype) != (like.shape, like.dtype):
            raise ValueError(f"{name} has shape {found.shape} and dtype {found.dtype}")
        return found

    return take


def fingerprint(*parts: Array | None) -> str:
    """A digest of arrays: a run is continued on the samples, and from the start, that it was begun with."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"-" if part is None else np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()[:16]


def first_state(rng: np.random.Generator) -> str:
    """A digest of a generator's state: the same seed gives the same, and so the same batches."""
    state = json.dumps(rng.bit_generator.state, default=np.ndarray.tolist, sort_keys=True)
    return hashlib.sha256(state.encode()).hexdigest()[:16]


def _same_run(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Refuse a checkpoint of another network or run, naming the first difference."""
    for name, value in wanted.items():
        if name == STATE and value is None:
            continue
        if name not in found:
            raise InputError(
                f"`resume` must be a checkpoint of the same run, but this one does not say its {name}: it was written "
                "by an earlier version of uat, and can be continued with that one only."
            )
        if found[name] != value:
            if name == STATE:
                raise InputError(
                    "`resume` must be a checkpoint of the same run, but that was begun with another `rng`: give its "
                    "seed, a Generator that has drawn as much as at its start, or None for whatever it was."
                )
            raise InputError(
                f"`resume` must be a checkpoint of the same run, but its {name} is {found.get(name)!r} "
                f"and this run's is {value!r}."
            )
