"""The table of a sweep: one row a trained or constructed network, in an order that does not depend on who ran first.

A row is a dictionary of plain values; its columns stand in `COLUMNS`. Everything but `seconds` is determined by the
setting, the seed and the versions: rows of a serial sweep, of a process pool, of a cluster and of a killed and resumed
sweep are equal bit for bit.

A network that could not be made or measured has no row, for it has no numbers. It is a failure: the same columns, empty
but for those that say which network it would be, and `outcome`, which says why there is none.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

import numpy as np

from uat import _checks
from uat._checks import InputError, show
from uat._files import may_replace, writable, written_whole

Row = dict[str, Any]

# column -> its type in SQLite. The first five say which network it is, and order the rows.
COLUMNS: dict[str, str] = {
    "function": "TEXT",  # the name under which it was given
    "method": "TEXT",
    "width": "INTEGER",  # neurons of the one hidden layer, beside an output bias
    "budget": "INTEGER",  # steps that a learned method might take, the choice of its rate included
    "seed": "INTEGER",  # 0 for methods without chance, which run once
    "formula": "TEXT",  # of the function, a target's too; or file.py:function, module:function
    "a": "REAL",
    "b": "REAL",
    "samples": "INTEGER",  # seen by every learned method
    "pieces": "INTEGER",  # affine pieces on [a, b], at most width + 1; E_N counts these
    "sup_lower": "REAL",  # sup_lower <= sup|f - net| <= sup_error where proven; both the largest seen where not
    "sup_error": "REAL",
    "proven": "INTEGER",
    "rms_error": "REAL",  # ((1/(b-a)) int (f - net)^2)^(1/2): an upper bound where proven, else by quadrature
    "rms_gap": "REAL",  # width of the proven enclosure, or difference of two quadrature orders
    "rms_proven": "INTEGER",
    "fit_error": "REAL",  # root of the mean square on the samples, in the unit of f; what learned methods minimise
    "start_error": "REAL",  # the same before the first step
    "rate": "REAL",  # chosen by the rule in `uat.compare.learned`; NULL where a method has none
    "steps": "INTEGER",  # really taken, the choice of the rate included
    "outcome": "TEXT",  # how the run ended whose network was kept, and where the other steps went
    "kinks": "TEXT",  # JSON list: where the slope changes inside (a, b)
    "assumes": "TEXT",  # what a proof rests on beside the formula
    "versions": "TEXT",  # JSON object
    "seconds": "REAL",  # wall-clock; that of a stack of seeds is shared among its rows
}
ORDER = ("function", "method", "width", "budget", "seed")
PROBLEM = ("function", "formula", "a", "b")  # a store may hold one name twice, on another interval or for another f
GROUP = (*PROBLEM, "method", "width", "budget")  # whose rows differ in their seeds only
TIMED = ("seconds",)  # what two runs of the same setting may differ in
NAMED = (*ORDER, "formula", "a", "b")  # what a failure has, beside its outcome
# columns that are multiples together: an enclosure, an integral and its gap, the loss before and after
_TOGETHER = (("sup_lower", "sup_error"), ("rms_error", "rms_gap"), ("fit_error", "start_error"))


class FailedRowsWarning(UserWarning):
    """A sweep made its rows but for some, which are in `Table.failures`."""


def failure(named: Row, error: Exception) -> Row:
    """The failure of a network, from its columns `NAMED` and what was raised."""
    reason = str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"
    return {**dict.fromkeys(COLUMNS), **named, "outcome": f"Failed: {reason}"}


def failed(row: Row) -> bool:
    """Whether it is a failure and no row."""
    return row["samples"] is None


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Table:
    """Rows in the order of `ORDER`: what `sweep` returns and what the pictures are drawn from.

    ``failures`` are the networks that could not be made: as rows are, but empty beside what they are and `outcome`.
    Length, iteration and columns are those of ``rows`` alone; files have both. ``unit`` is the method of whose errors
    the columns ``relative`` are multiples, see `over`; "" where all errors are in the unit of the function.
    """

    rows: tuple[Row, ...]
    failures: tuple[Row, ...] = ()
    unit: str = ""
    relative: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("rows", "failures"):
            object.__setattr__(self, name, tuple(_checks.rows_of(getattr(self, name), name, {})))
        _checks.instance(self.unit, "unit", str)
        for column in _checks.listed(self.relative, "relative"):
            _column(column)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __getitem__(self, k: int) -> Row:
        return self.rows[k]

    def __repr__(self) -> str:
        settings = {(row["function"], row["method"]) for row in self.rows}
        fewer = f", {len(self.failures)} failures" if self.failures else ""
        return f"<Table of {len(self.rows)} rows, {len(settings)} pairs of function and method{fewer}>"

    def where(self, **wanted: Any) -> Table:
        """The rows whose columns have the given values: ``table.where(function="sin", method="adam")``.

        Raises InputError for a column that the table does not have.
        """
        for name, value in wanted.items():
            _column(name)
            if value is not None and not isinstance(value, (str, int, float, np.number)):
                raise InputError(f"`{name}` must be one value of that column, but is {show(value)}.")

        def chosen(rows: tuple[Row, ...]) -> tuple[Row, ...]:
            return tuple(row for row in rows if all(row[name] == value for name, value in wanted.items()))

        return replace(self, rows=chosen(self.rows), failures=chosen(self.failures))

    def over(self, method: str = "narrowest", column: str = "sup_error") -> Table:
        """The same table with an error as a multiple of that of `method` for the same function and width: the gap.

        Over "narrowest", the least error that pieces allow, it says how far from possible a network is: of errors that
        are proven, up to the thousandth to which both are enclosed. Where `method` has several seeds their median is
        the unit. What belongs to `column` is a multiple of the same unit (to sup_error the lower end of its enclosure);
        files call such columns "sup_error / narrowest". A row beside which there is no unit, or one of 0, becomes a
        failure that says so.

        Raises
        ------
        InputError
            When the table has no row of `method`, or no such column.
        """
        _checks.instance(method, "method", str)
        _column(column, numbers=True)
        chosen = next((names for names in _TOGETHER if column in names), (column,))
        place = itemgetter(*PROBLEM, "width")
        units = {place(group): group["median"] for group in self.where(method=method).median_by_width(column)}
        if not units:
            raise InputError(f"`method` must be one that the table has rows of, but {show(method)} is not.")
        rows, failures = [], list(self.failures)
        for row in self.rows:
            unit = units.get(place(row), 0.0)
            if unit > 0 and all(row[name] is not None for name in chosen):
                rows.append({**row, **{name: row[name] / unit for name in chosen}})
            else:
                named = {name: row[name] for name in NAMED}
                failures.append(failure(named, InputError(f"there is no error of {method} above 0 to divide by.")))
        return Table(tuple(rows), tuple(failures), method, chosen)

    def column(self, name: str) -> np.ndarray[Any, Any]:
        """One column as an array, shape (rows,). Raises InputError when there is none of that name."""
        _column(name)
        return np.array([row[name] for row in self.rows])

    def median_by_width(self, column: str = "sup_error") -> list[Row]:
        """Median and spread over the seeds: never the best seed.

        Returns
        -------
        list of dict
            One for each (function, formula, a, b, method, width, budget): "median", "low" and "high" (the smallest and
            the largest of the seeds), "seeds" (how many) and "proven" (whether every one of them is).
        """
        _column(column, numbers=True)
        groups: dict[tuple[Any, ...], list[Row]] = {}
        for row in self.rows:
            groups.setdefault(tuple(row[name] for name in GROUP), []).append(row)
        found = []
        for key, rows in groups.items():
            values = np.array([row[column] for row in rows], dtype=float)  # nan where a method has none
            spread = {"median": float(np.median(values)), "low": float(values.min()), "high": float(values.max())}
            proven = all(bool(row["proven"]) for row in rows)
            found.append({**dict(zip(GROUP, key, strict=True)), **spread, "seeds": len(rows), "proven": proven})
        return found

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the table as CSV, floats so that they come back bit for bit; failures have no numbers there.

        Raises InputError unless `path` ends in .csv and is new, empty or a table of before.
        """
        csv_path(path)
        with written_whole(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(self._headings())
            writer.writerows([row[name] for name in COLUMNS] for row in self._both())

    def to_parquet(self, path: str | os.PathLike[str]) -> None:
        """Write the table as Parquet; InputError without pyarrow: ``pip install "uat-constructive[parquet]"``."""
        if writable(path).suffix.lower() != ".parquet":
            raise InputError(f"`path` of a table must end in .parquet, but is {show(os.fspath(path))}.")
        try:
            import pyarrow
            from pyarrow import parquet
        except ImportError:
            raise InputError('`to_parquet` needs pyarrow: pip install "uat-constructive[parquet]".') from None
        kinds = {"TEXT": pyarrow.string(), "INTEGER": pyarrow.int64(), "REAL": pyarrow.float64()}
        schema = pyarrow.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])
        table = pyarrow.Table.from_pylist(self._both(), schema=schema).rename_columns(self._headings())
        with written_whole(path) as temporary:
            parquet.write_table(table, temporary)

    def _headings(self) -> list[str]:
        """The columns as a file names them: a multiple says of what."""
        return [f"{name} / {self.unit}" if name in self.relative else name for name in COLUMNS]

    def _both(self) -> list[Row]:
        return sorted([*self.rows, *self.failures], key=itemgetter(*ORDER))


def csv_path(path: str | os.PathLike[str], name: str = "path") -> None:
    """Refuse a name that promises another format than CSV, and to replace what is no table of ours."""
    may_replace(path, ".csv", ",".join(ORDER).encode(), "a table of uat", name)


def untimed(rows: Sequence[Row]) -> list[Row]:
    """The rows without what the clock put into them: what must be equal wherever a sweep runs."""
    return [{name: value for name, value in row.items() if name not in TIMED} for row in rows]


def _column(name: str, numbers: bool = False) -> None:
    if not isinstance(name, str) or name not in COLUMNS:
        raise InputError(f"a table has no column {show(name)}; it has {', '.join(COLUMNS)}.")
    if numbers and COLUMNS[name] == "TEXT":
        raise InputError(f"`column` must be one of numbers, but {name!r} holds texts.")
