"""A byte or a value that was damaged on its way: what is read is what was written, or nothing is."""

from __future__ import annotations

import json
import os
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import uat
from tests.bounds.test_recheck_file import at, leaves, put
from tests.compare.test_store import row
from uat.bounds.recheck import recheck
from uat.compare import Store, read_table
from uat.compare.table import COLUMNS, Row

SEED = int.from_bytes(os.urandom(4))  # the nightly ones are others every night; a failure names it
Damage = Callable[[Path, random.Random], None]


def a_byte(path: Path, draw: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[draw.randrange(len(content))] ^= draw.randrange(1, 256)
    path.write_bytes(content)


def some_bytes(path: Path, draw: random.Random) -> None:
    content = bytearray(path.read_bytes())
    first, count = draw.randrange(len(content)), draw.choice([8, 512, 4096])
    content[first : first + count] = draw.choice([bytes(count), draw.randbytes(count)])
    path.write_bytes(content)


def an_entry(path: Path, draw: random.Random) -> None:
    """A value in the middle of a row, which SQLite finds nothing wrong with."""
    table, names = draw.choice([("rows", ("setting", *COLUMNS)), ("failures", ("setting", *COLUMNS)),
                                ("plans", ("description",))])  # fmt: skip
    name = draw.choice(names)
    link = sqlite3.connect(path)
    (number,) = draw.choice(link.execute(f"SELECT rowid FROM {table}").fetchall())
    (old,) = link.execute(f"SELECT {name} FROM {table} WHERE rowid = ?", [number]).fetchone()
    new = draw.choice([None, 0, 1, 7.7e-317, -1.5, "", "sin", b"x", old + "x" if isinstance(old, str) else old])
    if isinstance(old, float):
        new = draw.choice([new, old * (1 + 2e-16), -old, float("inf")])
    link.execute(f"UPDATE OR IGNORE {table} SET {name} = ? WHERE rowid = ?", [new, number])
    link.commit()
    link.close()


def content(path: Path) -> Any:
    with Store(path) as store:
        table = store.table()
        return table.rows, table.failures, store.plans()


def a_store(path: Path) -> Path:
    with Store(path) as store:
        store.plan({"functions": {"f": ["sin(x)", [0.0, 1.0]]}, "widths": [8], "methods": ["adam"], "budget": 9})
        for width in range(3):
            store.add(f"k{width}", [row(s, width=width, sup_error=0.1 / (s + 1), kinks="[0.5]" * s) for s in range(8)])
            none: Row = {**dict.fromkeys(COLUMNS), "function": "f", "method": "adam", "width": width, "budget": 9}
            store.add_failures(f"k{width}", [{**none, "seed": 9, "outcome": "Failed: it was not to be"}])
    return path


def damaged(good: bytes, path: Path, damages: list[Damage], times: int, read: Callable[[Path], Any], seed: int) -> int:
    """How many of so many damages were refused; the others do not change what is read."""
    path.write_bytes(good)
    draw, right, refused = random.Random(seed), read(path), 0
    for k in range(times):
        path.write_bytes(good)
        damages[k % len(damages)](path, draw)
        try:
            found = read(path)
        except uat.InputError:
            refused += 1
        else:
            assert found == right, (seed, k)
    return refused


def refused_stores(folder: Path, times: int, seed: int) -> int:
    good = a_store(folder / "s.sqlite").read_bytes()
    return damaged(good, folder / "d.sqlite", [a_byte, an_entry, an_entry, some_bytes], times, content, seed)


def test_a_damaged_store_is_right_or_refused(tmp_path: Path) -> None:
    assert refused_stores(tmp_path, 100, 1) > 50


@pytest.mark.nightly
def test_five_hundred_damaged_stores_are_right_or_refused(tmp_path: Path) -> None:
    assert refused_stores(tmp_path, 500, SEED) > 250


def a_number(path: Path, draw: random.Random) -> None:
    """One value of a result is another: the file is sound JSON."""
    data = json.loads(path.read_text())
    place = draw.choice(leaves(data))
    old = at(data, place)
    changes = [None, True, 0, 1, 1e-300, -0.0, "", "sin(x)", [], {}, float("nan"), float("inf"), float("-inf")]
    new = draw.choice(changes)
    if isinstance(old, float):
        new = draw.choice([new, old * (1 + 2e-16), -old, old + 1e-3])
    put(data, place, new)
    path.write_text(json.dumps(data))


def other_spaces(path: Path, draw: random.Random) -> None:
    """Which is no damage."""
    data = json.loads(path.read_text())
    path.write_text(json.dumps(data, indent=draw.choice([None, 2, 8]), sort_keys=draw.random() < 0.5))


def loaded(path: Path) -> Any:
    """What is in a file, written out; a file that is loaded is what the checker finds as it was saved."""
    verdict = recheck(path)
    try:
        found = uat.load(path).to_dict()
    except uat.InputError:
        assert not verdict.ok, verdict
        raise
    assert verdict.ok, verdict
    return json.dumps(found, sort_keys=True)


def refused_results(folder: Path, times: int, seed: int) -> int:
    path = folder / "a.json"
    uat.approximate("2 + sin(3*x)", (0, 1), tol=0.1, method="narrowest", breaks=0.5).save(path)
    good = path.read_bytes()
    return damaged(good, folder / "d.json", [a_byte, a_number, a_number, some_bytes, other_spaces], times, loaded, seed)


def test_a_damaged_result_is_right_or_refused(tmp_path: Path) -> None:
    assert 30 < refused_results(tmp_path, 60, 2) <= 48  # a fifth of them are not damaged


@pytest.mark.nightly
def test_five_hundred_damaged_results_are_right_or_refused(tmp_path: Path) -> None:
    assert 250 < refused_results(tmp_path, 500, SEED) <= 400


def test_a_value_of_a_row_is_not_taken_for_another(tmp_path: Path) -> None:
    """Seen once: 7.7e-317 in the place of an error, and the exit code 0."""
    path = a_store(tmp_path / "s.sqlite")
    link = sqlite3.connect(path)
    link.execute("UPDATE rows SET sup_error = 7.7e-317 WHERE seed = 3 AND width = 1")
    link.commit()
    link.close()
    with pytest.raises(uat.InputError, match=r"damaged or no store \(the checksum of entry 11 of rows does not fit\)"):
        read_table(path)


def test_what_sqlite_makes_of_numbers_is_what_the_checksum_is_of(tmp_path: Path) -> None:
    """No nan, no -0.0, no whole numbers among the reals."""
    with Store(tmp_path / "s.sqlite") as store:
        store.add(
            "k", [row(0, rms_gap=float("nan"), a=-0.0, b=3, sup_error=float("inf"), proven=True, sup_lower=5e-324)]
        )
    (read,) = read_table(tmp_path / "s.sqlite")
    assert [read[name] for name in ("rms_gap", "a", "b", "sup_error", "proven", "sup_lower")] == [
        None, 0.0, 3.0, float("inf"), 1, 5e-324,
    ]  # fmt: skip


def test_a_store_that_cannot_be_written_to_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a CD: nothing is written beside it, and rows that are in the journal only are not passed over."""
    path = a_store(tmp_path / "s ?#%.sqlite")
    right, names = content(path), os.listdir(tmp_path)
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    assert content(path) == right
    assert os.listdir(tmp_path) == names
    with Store(path) as store:
        store.plan(right[2][0])  # which is there
    with Store(path) as store, pytest.raises(uat.InputError, match="readonly database"):
        store.plan({})
    with pytest.raises(uat.InputError, match="folder that can be written to"):
        Store(tmp_path / "new.sqlite")
    journal = path.with_name(path.name + "-wal")
    journal.write_bytes(b"rows")
    with pytest.raises(uat.InputError, match="must be complete where it cannot be written to, but the last rows of"):
        read_table(path)
