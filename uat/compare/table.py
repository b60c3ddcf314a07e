"""The table of a sweep: one row a trained or constructed network, in an order that does not depend on who ran first.

A row is a dictionary of plain values; its columns stand in `COLUMNS`. Everything but `seconds` is determined by the
setting, the seed and the versions: rows of a serial sweep, of a process pool, of a cluster and of a killed and resumed
sweep are equal bit for bit.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from uat._checks import InputError
from uat._files import written_whole

Row = dict[str, Any]

# column -> its type in SQLite. The first five say which network it is, and order the rows.
COLUMNS: dict[str, str] = {
    "function": "TEXT",  # the name under which it was given
    "method": "TEXT",
    "width": "INTEGER",  # neurons of the one hidden layer, beside an output bias
    "budget": "INTEGER",  # steps that a learned method might take, the choice of its rate included
    "seed": "INTEGER",  # 0 for methods without chance, which run once
    "formula": "TEXT",  # what the function is: a formula, file.py:function, module:function
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
    "outcome": "TEXT",
    "kinks": "TEXT",  # JSON list: where the slope changes inside (a, b)
    "assumes": "TEXT",  # what a proof rests on beside the formula
    "versions": "TEXT",  # JSON object
    "seconds": "REAL",  # wall-clock; that of a stack of seeds is shared among its rows
}
ORDER = ("function", "method", "width", "budget", "seed")
TIMED = ("seconds",)  # what two runs of the same setting may differ in


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Table:
    """Rows in the order of `ORDER`: what `sweep` returns and what the pictures are drawn from."""

    rows: tuple[Row, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __getitem__(self, k: int) -> Row:
        return self.rows[k]

    def __repr__(self) -> str:
        settings = {(row["function"], row["method"]) for row in self.rows}
        return f"<Table of {len(self.rows)} rows, {len(settings)} pairs of function and method>"

    def where(self, **wanted: Any) -> Table:
        """The rows whose columns have the given values: ``table.where(function="sin", method="adam")``."""
        for name in wanted:
            _column(name)
        return Table(tuple(row for row in self.rows if all(row[name] == value for name, value in wanted.items())))

    def column(self, name: str) -> np.ndarray[Any, Any]:
        """One column as an array, shape (rows,)."""
        _column(name)
        return np.array([row[name] for row in self.rows])

    def median_by_width(self, column: str = "sup_error") -> list[Row]:
        """Median and spread over the seeds: never the best seed.

        Returns
        -------
        list of dict
            One for each (function, method, width, budget): "median", "low" and "high" (the smallest and the largest of
            the seeds), "seeds" (how many) and "proven" (whether every one of them is).
        """
        _column(column)
        groups: dict[tuple[Any, ...], list[Row]] = {}
        for row in self.rows:
            groups.setdefault(tuple(row[name] for name in ORDER[:-1]), []).append(row)
        return [
            {
                **dict(zip(ORDER[:-1], key, strict=True)),
                "median": float(np.median([row[column] for row in rows])),
                "low": min(row[column] for row in rows),
                "high": max(row[column] for row in rows),
                "seeds": len(rows),
                "proven": all(bool(row["proven"]) for row in rows),
            }
            for key, rows in groups.items()
        ]

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the table as CSV, floats so that they come back bit for bit."""
        with written_whole(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(self.rows)

    def to_parquet(self, path: str | os.PathLike[str]) -> None:
        """Write the table as Parquet; needs pyarrow: ``pip install "uat-constructive[parquet]"``."""
        try:
            import pyarrow
            from pyarrow import parquet
        except ImportError:
            raise InputError('`to_parquet` needs pyarrow: pip install "uat-constructive[parquet]".') from None
        kinds = {"TEXT": pyarrow.string(), "INTEGER": pyarrow.int64(), "REAL": pyarrow.float64()}
        schema = pyarrow.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])
        with written_whole(path) as temporary:
            parquet.write_table(pyarrow.Table.from_pylist(list(self.rows), schema=schema), temporary)


def untimed(rows: Sequence[Row]) -> list[Row]:
    """The rows without what the clock put into them: what must be equal wherever a sweep runs."""
    return [{name: value for name, value in row.items() if name not in TIMED} for row in rows]


def _column(name: str) -> None:
    if name not in COLUMNS:
        raise InputError(f"a table has no column {name!r}; it has {', '.join(COLUMNS)}.")
