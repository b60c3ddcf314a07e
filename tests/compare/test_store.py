"""The store: rows that stay, files that are told apart, tables that come back bit for bit."""

from __future__ import annotations

import csv
import multiprocessing
import sqlite3
from pathlib import Path

import pytest

import uat
from uat.compare import Store, Table, read_table
from uat.compare.store import APPLICATION, VERSION
from uat.compare.table import COLUMNS, Row


def row(seed: int = 0, **changed: object) -> Row:
    plain = {"TEXT": "", "INTEGER": 0, "REAL": 0.1}
    base = {name: plain[kind] for name, kind in COLUMNS.items()}
    return {**base, "function": "f", "method": "adam", "width": 8, "seed": seed, **changed}


def test_rows_come_back_bit_for_bit_and_in_order(tmp_path: Path) -> None:
    given = [row(2, sup_error=0.1 + 0.2), row(0, sup_error=5e-324), row(1, rate=None)]
    with Store(tmp_path / "s.sqlite") as store:
        store.add("k", given)
    with Store(tmp_path / "s.sqlite") as store:
        assert store.rows() == sorted(given, key=lambda r: r["seed"])
        assert store.seeds("k") == {0, 1, 2}
        assert store.seeds("other") == set()


def test_the_first_row_of_a_seed_stays() -> None:
    store = Store()
    store.add("k", [row(0, sup_error=1.0)])
    store.add("k", [row(0, sup_error=2.0), row(1)])
    assert [r["sup_error"] for r in store.rows()] == [1.0, 0.1]


def test_a_store_that_is_only_read_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    with Store(path) as store:
        store.add("k", [row()])
    before = path.read_bytes()
    assert len(read_table(path)) == 1
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["s.sqlite"]


def test_a_stack_is_kept_whole_or_not_at_all() -> None:
    store = Store()
    broken = row(1)
    del broken["outcome"]
    with pytest.raises(uat.InputError, match=r"^`rows` must have a column 'outcome', but its row 1 has none"):
        store.add("k", [row(0), broken])
    assert store.rows() == []


def _write(path: str, first: int) -> None:
    with Store(path) as store:
        for k in range(first, first + 40):
            store.add(f"k{k}", [row(s, width=k) for s in range(3)])


def test_two_writers_neither_lose_nor_double_rows(tmp_path: Path) -> None:
    path = str(tmp_path / "s.sqlite")
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(path, first)) for first in (0, 20)]  # half of it is the same
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    rows = read_table(path).rows
    assert sorted((r["width"], r["seed"]) for r in rows) == [(k, s) for k in range(60) for s in range(3)]


def test_a_damaged_store_is_reported_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    with Store(path) as store:
        store.add("k", [row(s, outcome="x" * 500) for s in range(200)])
    sound = path.read_bytes()
    for damaged in (
        sound[:100] + bytes(reversed(sound[100:9000])) + sound[9000:],
        sound[: len(sound) // 2],
        b"not a data base, but a text " * 50,
    ):
        path.write_bytes(damaged)
        with pytest.raises(uat.InputError, match="damaged or no store"):
            Store(path)
        assert path.read_bytes() == damaged


def test_files_of_others_and_of_other_versions(tmp_path: Path) -> None:
    other, newer = tmp_path / "other.sqlite", tmp_path / "newer.sqlite"
    link = sqlite3.connect(other)
    link.execute("CREATE TABLE rows (a)")
    link.close()
    with pytest.raises(uat.InputError, match=r"must be a store of uat, but '.*other\.sqlite' is a file of another"):
        Store(other)
    Store(newer).close()
    link = sqlite3.connect(newer)
    assert link.execute("PRAGMA application_id").fetchone() == (APPLICATION,)
    link.execute(f"PRAGMA user_version={VERSION + 1}")
    link.close()
    with pytest.raises(uat.InputError, match=f"must be of version {VERSION}, but .* is of version {VERSION + 1};"):
        Store(newer)
    with pytest.raises(uat.InputError, match="must lie in a folder that exists"):
        Store(tmp_path / "none" / "s.sqlite")
    for path in (5, None, b"s.sqlite", [":memory:"], "", "a\0b", "n" * 300):
        with pytest.raises(uat.InputError, match="`store` must be "):
            Store(path)  # type: ignore[arg-type]
    with pytest.raises(uat.InputError, match="`workers` must be at most 1024, but is 99999999999"):
        uat.compare.process_pool(99999999999)
    with pytest.raises(uat.InputError, match="must be a file that exists"):
        read_table(tmp_path / "none.sqlite")


QUOTED = Table((row(0, sup_error=0.1 + 0.2), row(1, rate=None, outcome='says "no", twice')))


def test_csv_carries_the_same_numbers(tmp_path: Path) -> None:
    QUOTED.to_csv(tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        read = list(csv.DictReader(file))
    assert [float(r["sup_error"]) for r in read] == [0.1 + 0.2, 0.1]
    assert read[1]["outcome"] == 'says "no", twice'


@pytest.mark.parquet
def test_parquet_carries_the_same_numbers(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    QUOTED.to_parquet(tmp_path / "t.parquet")
    assert parquet.read_table(tmp_path / "t.parquet").to_pylist() == list(QUOTED)


def test_medians_and_spreads() -> None:
    rows = [row(s, sup_error=e, proven=p) for s, e, p in ((0, 3.0, 1), (1, 1.0, 1), (2, 8.0, 0))]
    (group,) = Table((*rows,)).median_by_width()
    assert (group["median"], group["low"], group["high"], group["seeds"], group["proven"]) == (3.0, 1.0, 8.0, 3, False)
    assert len(Table((*rows, row(0, width=9))).median_by_width("rms_error")) == 2
    with pytest.raises(uat.InputError, match="no column 'error'; it has function, method"):
        Table(()).median_by_width("error")


def test_a_failure_is_no_row_and_goes_when_there_is_one(tmp_path: Path) -> None:
    none = {
        **dict.fromkeys(COLUMNS),
        "function": "f",
        "method": "adam",
        "width": 8,
        "budget": 0,
        "outcome": "Failed: a",
    }
    with Store(tmp_path / "s.sqlite") as store:
        store.add("k", [row(0)])
        assert store.failures() == []
        store.add_failures("k", [{**none, "seed": 1}, {**none, "seed": 2}])
        store.add_failures("k", [{**none, "seed": 1, "outcome": "Failed: b"}])
        assert store.seeds("k") == {0}

    table = read_table(tmp_path / "s.sqlite")
    assert (len(table), [(one["seed"], one["outcome"]) for one in table.failures]) == (
        1, [(1, "Failed: b"), (2, "Failed: a")],
    )  # fmt: skip
    assert len(table.where(function="g").failures) == 0
    assert "1 rows, 1 pairs of function and method, 2 failures" in repr(table)
    table.to_csv(tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        assert [(r["seed"], r["sup_error"], r["outcome"]) for r in csv.DictReader(file)] == [
            ("0", "0.1", ""), ("1", "", "Failed: b"), ("2", "", "Failed: a"),
        ]  # fmt: skip
    with Store(tmp_path / "s.sqlite") as store:
        store.add("k", [row(1)])
        assert [one["seed"] for one in store.failures()] == [2]


def test_multiples_of_the_errors_of_a_method() -> None:
    rows = [row(s, sup_error=e) for s, e in ((0, 3.0), (1, 6.0))]
    best = [row(0, method="narrowest", sup_error=2.0), row(0, method="narrowest", width=9, sup_error=0.0)]
    table = Table((*rows, row(0, width=9), *best)).over("narrowest")
    assert [(r["method"], r["sup_error"]) for r in table] == [("adam", 1.5), ("adam", 3.0), ("narrowest", 1.0)]
    assert {(r["method"], r["width"]) for r in table.failures} == {("adam", 9), ("narrowest", 9)}
    assert (table.unit, table.where(method="adam").unit) == ("narrowest", "narrowest")
    assert (table.relative, table.where(method="adam").relative) == (("sup_lower", "sup_error"),) * 2
    assert [r["sup_lower"] for r in table] == [0.05] * 3  # all have 0.1; a lower end is no larger than its upper one
    assert [r["rms_error"] for r in table] == [0.1] * 3
    assert [r["rms_gap"] for r in table.over("adam", "rms_error")] == [1.0] * 3
    assert [r["sup_error"] for r in Table((*rows,)).over("adam")] == [3 / 4.5, 6 / 4.5]
    with pytest.raises(uat.InputError, match="`method` must be one that the table has rows of, but 'warm' is not"):
        table.over("warm")


def test_one_name_on_two_intervals_or_for_two_functions_is_two_problems(tmp_path: Path) -> None:
    """A store may hold both: neither medians nor units are taken over the one and the other."""
    several = ((1.0, "x", 1.0), (2.0, "x", 10.0), (1.0, "x**2", 100.0))
    rows = [row(0, formula=formula, b=b, sup_error=error) for b, formula, error in several]
    best = [{**one, "method": "narrowest", "sup_error": one["sup_error"] / 4} for one in rows]
    table = Table((*rows, *best))
    assert [g["median"] for g in table.median_by_width()] == [1, 10, 100, 0.25, 2.5, 25]
    assert [r["sup_error"] for r in table.over("narrowest")] == [4, 4, 4, 1, 1, 1]
    figure = uat.draw.comparison.figure_of(table)
    assert [panel.get_title("left") for panel in figure.axes][:3] == [
        "f on [0.1, 1]: x", "f on [0.1, 2]: x", "f on [0.1, 1]: x**2",
    ]  # fmt: skip
    with pytest.raises(uat.InputError, match=r"must hold rows of one function, but holds f on \[0.1, 1\]: x, f on"):
        uat.draw.kinks(table)


@pytest.mark.parquet
def test_multiples_are_called_so_in_files(tmp_path: Path) -> None:
    table = Table((row(0), row(0, method="narrowest", sup_error=0.05))).over("narrowest")
    table.to_csv(tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        read = list(csv.DictReader(file))
    assert [(r["sup_lower / narrowest"], r["sup_error / narrowest"], r["rms_error"]) for r in read] == [
        ("2.0", "2.0", "0.1"), ("2.0", "1.0", "0.1"),
    ]  # fmt: skip
    assert "sup_error" not in read[0]
    table.to_csv(tmp_path / "t.csv")  # it is one of ours
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    table.to_parquet(tmp_path / "t.parquet")
    assert parquet.read_table(tmp_path / "t.parquet").column_names == list(read[0])
