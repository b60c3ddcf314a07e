"""Constructed networks beside learned ones: the grid of runs and the store that keeps its rows."""

from __future__ import annotations

from uat.compare.executors import Serial, dask, process_pool
from uat.compare.limits import Limits, limits
from uat.compare.runs import resume, sweep
from uat.compare.stack import METHODS
from uat.compare.store import Store, read_table
from uat.compare.table import COLUMNS, FailedRowsWarning, Table

__all__ = [
    "COLUMNS",
    "METHODS",
    "FailedRowsWarning",
    "Limits",
    "Serial",
    "Store",
    "Table",
    "dask",
    "limits",
    "process_pool",
    "read_table",
    "resume",
    "sweep",
]
