"""A sweep's rows on disk, the moment they are done: SQLite in WAL mode, so that many may read and write.

The seeds of one setting that were trained together arrive in one transaction. A row is named by its setting's key and
its seed, and the first one that arrives stays: two sweeps on one store neither lose nor double rows, and a sweep that
was killed, even between two writes, finds a sound file and does only what is missing. A file that is damaged, of
another program or of another version is reported and left as it is.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from uat._checks import InputError, show
from uat._files import writable
from uat.compare.table import COLUMNS, ORDER, Row, Table
from uat.targets import TARGETS

APPLICATION = 0x75617401  # "uat" and 1, in the file's header: whose file it is
VERSION = 2  # of the columns and of what a key and a method mean; raised whenever one of them changes
_TABLE = (
    "CREATE TABLE IF NOT EXISTS {} (setting TEXT NOT NULL, "
    + ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    + ", PRIMARY KEY (setting, seed))"
)
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
        self.path = os.fspath(path)
        if self.path != ":memory:":
            writable(self.path)
        fresh = self.path == ":memory:" or not Path(self.path).exists() or Path(self.path).stat().st_size == 0
        with self._told():
            # autocommit: transactions are opened by hand; the rows are written by the thread that runs the sweep
            self._link = sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None)
            try:
                if not fresh:
                    self._look()
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
        names = ["setting", *COLUMNS]
        sentence = f"INSERT OR IGNORE INTO rows ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        with self._told(), self._transaction():
            self._link.executemany(sentence, [[key, *(row[name] for name in COLUMNS)] for row in rows])

    def plan(self, description: dict[str, Any]) -> None:
        """Remember what a sweep was asked for, so that it can be resumed from the file alone."""
        text = json.dumps(description, sort_keys=True)
        with self._told(), self._transaction():
            self._link.execute("INSERT OR IGNORE INTO plans (description) VALUES (?)", [text])

    def add_failures(self, key: str, failures: Iterable[Row]) -> None:
        """Keep why networks of one setting could not be made, in place of what was kept of them before.

        They are no rows: the next sweep tries them again, and once it has a row its failure is forgotten.
        """
        names = ["setting", *COLUMNS]
        sentence = f"INSERT OR REPLACE INTO failures ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        with self._told(), self._transaction():
            self._link.execute(_TABLE.format("failures"))  # stores from before have none
            self._link.executemany(sentence, [[key, *(one[name] for name in COLUMNS)] for one in failures])

    # -- reading --------------------------------------------------------------------------------------------------

    def seeds(self, key: str) -> set[int]:
        """The seeds of a setting that are done."""
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
        with self._told():
            there = self._link.execute("SELECT 1 FROM sqlite_master WHERE name = 'failures'").fetchone()
        return self._read("failures", keys, _UNMADE) if there else []

    def table(self, keys: Iterable[str] | None = None) -> Table:
        """The rows and the failures as a `Table`."""
        wanted = None if keys is None else set(keys)
        return Table(tuple(self.rows(wanted)), tuple(self.failures(wanted)))

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """See `Table.to_csv`."""
        self.table().to_csv(path)

    def to_parquet(self, path: str | os.PathLike[str]) -> None:
        """See `Table.to_parquet`."""
        self.table().to_parquet(path)

    def median_by_width(self, column: str = "sup_error") -> list[Row]:
        """See `Table.median_by_width`."""
        return self.table().median_by_width(column)

    # -- inside ---------------------------------------------------------------------------------------------------

    def _read(self, table: str, keys: Iterable[str] | None, where: str = "") -> list[Row]:
        names, order = ", ".join(COLUMNS), ", ".join([*ORDER, "setting"])
        wanted = None if keys is None else set(keys)
        with self._told():
            found = self._link.execute(f"SELECT setting, {names} FROM {table} {where} ORDER BY {order}").fetchall()
        rows = [dict(zip(COLUMNS, row, strict=True)) for key, *row in found if wanted is None or key in wanted]
        for row in rows:
            if row["formula"] in TARGETS:  # rows of before have a target's name there
                row["formula"] = TARGETS[row["formula"]].formula
        return rows

    def _look(self) -> None:
        if not self._link.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return  # another sweep has just created the file
        (whose,), (version,) = (
            self._link.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version")
        )
        if whose != APPLICATION:
            raise InputError(f"`store` must be a store of uat, but {str(self.path)!r} is a file of another program.")
        if version != VERSION:
            raise InputError(
                f"`store` must be of version {VERSION}, but {str(self.path)!r} is of version {version}; read it with "
                "the uat that wrote it, or begin another one."
            )
        (verdict,) = self._link.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(str(verdict).splitlines()[0])

    def _to_wal(self) -> None:
        """Switch the journal to WAL. SQLite does not wait for others in this one statement, so we do."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                self._link.execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def _build(self) -> None:
        with self._transaction():
            if self._link.execute("PRAGMA user_version").fetchone()[0] == VERSION:
                return  # nothing is written into a store that is only read
            self._link.execute(_TABLE.format("rows"))
            self._link.execute("CREATE TABLE IF NOT EXISTS plans (number INTEGER PRIMARY KEY, description TEXT UNIQUE)")
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
        except sqlite3.DatabaseError as error:
            raise InputError(
                f"`store` must be a sound store, but {str(self.path)!r} is damaged or no store ({error}); "
                "it was left as it is."
            ) from None


def read_table(path: str | os.PathLike[str]) -> Table:
    """The table of a store that exists; raises InputError when there is none at the path, or no store."""
    if not Path(path).is_file():
        raise InputError(f"`store` must be a file that exists, but {show(os.fspath(path))} does not.")
    with closing(Store(path)) as store:
        return store.table()
