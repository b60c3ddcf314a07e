"""A sweep's rows on disk, the moment they are done: SQLite in WAL mode, so that many may read and write.

The seeds of one setting that were trained together arrive in one transaction. A row is named by its setting's key and
its seed, and the first one that arrives stays: two sweeps on one store neither lose nor double rows, and a sweep that
was killed, even between two writes, finds a sound file and does only what is missing. A file that is damaged, of
another program or of another version is reported and left as it is: every row has a checksum, which is looked at when
the file is opened. It finds damage and not forgery: whoever changes a row can give it another one.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from uat._checks import InputError, instance, listed, rows_of, show
from uat._files import ordinary, path_of, writable
from uat.compare.table import COLUMNS, ORDER, Row, Table

APPLICATION = 0x75617401  # "uat" and 1, in the file's header: whose file it is
VERSION = 3  # of the columns and of what a key and a method mean; raised whenever one of them changes
_NAMES = ("setting", *COLUMNS)
_ROWS = (
    "CREATE TABLE {} (setting TEXT NOT NULL, "
    + ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    + ", checksum TEXT NOT NULL, PRIMARY KEY (setting, seed))"
)
_PLANS = "CREATE TABLE plans (number INTEGER PRIMARY KEY, description TEXT UNIQUE, checksum TEXT NOT NULL)"
_CHECKED = {"rows": _NAMES, "failures": _NAMES, "plans": ("description",)}  # table -> what its checksums are of
_INSERT = f"INTO {{}} ({', '.join(_NAMES)}, checksum) VALUES ({', '.join('?' * (len(_NAMES) + 1))})"
_UNMADE = "WHERE NOT EXISTS (SELECT 1 FROM rows WHERE rows.setting = failures.setting AND rows.seed = failures.seed)"
_PATIENCE = 60.0  # seconds to wait for another writer, who holds the lock for a millisecond


class Store:
    """The file (or ``":memory:"``) that holds the rows of one or many sweeps.

    Raises
    ------
    InputError
        When `path` cannot be a file, or is one that is damaged, no store, or a store of another version.
    """

    def __init__(self, path: str | os.PathLike[str] = ":memory:") -> None:
        target = None if isinstance(path, str) and path == ":memory:" else path_of(path, "store")
        self.path = name = os.fspath(path)
        if target is not None:
            if _only_readable(target):
                name = f"{target.as_uri()}?immutable=1"  # nobody can write it, and no lock can be written beside it
            else:
                writable(target, "store")
        with self._told():
            # autocommit: transactions are opened by hand; the rows are written by the thread that runs the sweep
            self._link = sqlite3.connect(name, timeout=_PATIENCE, isolation_level=None, uri=name != self.path)
            try:
                self._link.execute("BEGIN")  # another sweep may be creating the file
                self._look()
                self._link.execute("COMMIT")
                if name == self.path:
                    self._to_wal()
                    self._link.execute("PRAGMA synchronous=NORMAL")  # a killed process loses nothing that it committed
                    self._build()
            except BaseException:
                self._link.close()
                raise

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; rows are safe in it from the moment they were added."""
        self._link.close()

    # -- writing --------------------------------------------------------------------------------------------------

    def add(self, key: str, rows: Iterable[Row]) -> None:
        """Keep the rows of one setting, all or none; one that is there already stays as it is."""
        signed = _all_signed(key, rows, "rows")
        with self._told(), self._transaction():
            self._link.executemany("INSERT OR IGNORE " + _INSERT.format("rows"), signed)

    def plan(self, description: dict[str, Any]) -> None:
        """Remember what a sweep was asked for, so that it can be resumed from the file alone."""
        try:
            text = json.dumps(description, sort_keys=True)
        except Exception:  # noqa: BLE001 - whatever it raises, it is no JSON
            raise InputError(f"`description` must be plain data, but is {show(description)}.") from None
        if description in self.plans():
            return  # a complete sweep can be looked at where nothing can be written
        with self._told(), self._transaction():
            self._link.execute("INSERT OR IGNORE INTO plans (description, checksum) VALUES (?, ?)", [text, _sum(text)])

    def add_failures(self, key: str, failures: Iterable[Row]) -> None:
        """Keep why networks of one setting could not be made, in place of what was kept of them before.

        They are no rows: the next sweep tries them again, and once it has a row its failure is forgotten.
        """
        signed = _all_signed(key, failures, "failures")
        with self._told(), self._transaction():
            self._link.executemany("INSERT OR REPLACE " + _INSERT.format("failures"), signed)

    # -- reading --------------------------------------------------------------------------------------------------

    def seeds(self, key: str) -> set[int]:
        """The seeds of a setting that are done."""
        instance(key, "key", str)
        with self._told():
            return {seed for (seed,) in self._link.execute("SELECT seed FROM rows WHERE setting = ?", [key])}

    def plans(self) -> list[dict[str, Any]]:
        """What the sweeps on this store were asked for, oldest first."""
        with self._told():
            found = self._link.execute("SELECT description FROM plans ORDER BY number").fetchall()
        return [json.loads(text) for (text,) in found]

    def rows(self, keys: Iterable[str] | None = None) -> list[Row]:
        """The rows as dictionaries, in the order of the table; those of the given settings, or all."""
        return self._read("rows", keys)

    def failures(self, keys: Iterable[str] | None = None) -> list[Row]:
        """What could not be made and has not been made since, in the same way."""
        return self._read("failures", keys, _UNMADE)

    def table(self, keys: Iterable[str] | None = None) -> Table:
        """The rows and the failures as a `Table`."""
        wanted = _wanted(keys)
        return Table(tuple(self.rows(wanted)), tuple(self.failures(wanted)))

    # -- inside ---------------------------------------------------------------------------------------------------

    def _read(self, table: str, keys: Iterable[str] | None, where: str = "") -> list[Row]:
        names, order = ", ".join(COLUMNS), ", ".join([*ORDER, "setting"])
        wanted = _wanted(keys)
        with self._told():
            found = self._link.execute(f"SELECT setting, {names} FROM {table} {where} ORDER BY {order}").fetchall()
        return [dict(zip(COLUMNS, row, strict=True)) for key, *row in found if wanted is None or key in wanted]

    def _look(self) -> None:
        """Refuse a file that is no store, of another version, or damaged: in its structure, in a row, in a plan."""
        (whose,), (version,), (pages,) = (
            self._link.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version", "page_count")
        )
        if not (whose or version) and (
            not pages or not self._link.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        ):
            return  # a new one, or another sweep has just created the file
        if whose != APPLICATION:
            raise InputError(f"`store` must be a store of uat, but {str(self.path)!r} is a file of another program.")
        if version != VERSION:
            raise InputError(
                f"`store` must be of version {VERSION}, but {str(self.path)!r} is of version {version}; read it with "
                "the uat that wrote it, or begin another one."
            )
        (verdict,) = self._link.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(str(verdict).splitlines()[0])
        for table, names in _CHECKED.items():
            for k, (*values, there) in enumerate(
                self._link.execute(f"SELECT {', '.join(names)}, checksum FROM {table} ORDER BY rowid")
            ):
                if there != _sum(*values):
                    raise sqlite3.DatabaseError(f"the checksum of entry {k} of {table} does not fit")

    def _to_wal(self) -> None:
        """Switch the journal to WAL. SQLite does not wait for others in this one statement, so we do."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                self._link.execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError as error:
                if (
                    error.sqlite_errorcode not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
                    or time.monotonic() > deadline
                ):
                    raise
                time.sleep(0.01)

    def _build(self) -> None:
        with self._transaction():
            if self._link.execute("PRAGMA user_version").fetchone()[0] == VERSION:
                return  # nothing is written into a store that is only read
            for sentence in (_ROWS.format("rows"), _ROWS.format("failures"), _PLANS):
                self._link.execute(sentence)
            self._link.execute(f"PRAGMA application_id={APPLICATION}")
            self._link.execute(f"PRAGMA user_version={VERSION}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._link.execute("BEGIN IMMEDIATE")  # waits for other writers here, not halfway
        try:
            yield
        except BaseException:
            self._link.execute("ROLLBACK")
            raise
        self._link.execute("COMMIT")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """SQLite's complaints about the file, as sentences."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise InputError(f"`store` must be a file that can be used, but {str(self.path)!r}: {error}.") from None
        except (sqlite3.Error, UnicodeError) as error:  # it decodes what is damaged, too
            raise InputError(
                f"`store` must be a sound store, but {str(self.path)!r} is damaged or no store ({error}); "
                "it was left as it is."
            ) from None


def read_table(path: str | os.PathLike[str]) -> Table:
    """The table of a store that exists; raises InputError when there is none at the path, or no store."""
    with closing(Store(ordinary(path, "store"))) as store:
        return store.table()


def _only_readable(path: Path) -> bool:
    """Whether a store is there that cannot be written to, as on a CD; refused where its last rows are in a journal."""
    if not path.is_file() or (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        return False
    journal = path.with_name(f"{path.name}-wal")
    if journal.exists() and journal.stat().st_size:
        raise InputError(
            f"`store` must be complete where it cannot be written to, but the last rows of {str(path)!r} are in "
            f"{journal.name!r}: copy both to where you can write."
        )
    return True


def _wanted(keys: Iterable[str] | None) -> set[str] | None:
    if keys is None or isinstance(keys, set):
        return keys
    found = listed(keys, "keys", "keys of settings")
    for key in found:
        instance(key, "keys", str)
    return set(found)


def _all_signed(key: str, rows: Iterable[Row], name: str) -> list[list[Any]]:
    instance(key, "key", str)
    return [_signed(key, row) for row in rows_of(rows, name, COLUMNS, holes=True)]


def _signed(key: str, row: Row) -> list[Any]:
    """A row as SQLite will give it back, and its checksum: no nan, no -0.0, columns of reals all floats."""
    values: list[Any] = [key]
    for name, kind in COLUMNS.items():
        value = row[name]
        if value is None or value != value:
            values.append(None)
        else:
            values.append(str(value) if kind == "TEXT" else int(value) if kind == "INTEGER" else float(value) + 0.0)
    return [*values, _sum(*values)]


def _sum(*values: Any) -> str:
    return hashlib.sha256(json.dumps(values, default=repr).encode()).hexdigest()[:16]
