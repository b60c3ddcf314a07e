"""Error against width for six targets: what the theorem hands us, what descent finds, and the best that is possible."""

from __future__ import annotations

from matplotlib.figure import Figure

from figures._runs import SIX, runs
from uat.compare import Table, limits
from uat.draw.comparison import figure_of

SHOWN = ("uniform", "narrowest", "sgd", "adam", "warm", "varpro")


def draw(quick: bool = False) -> Figure:
    rows = [row for name in SIX[: 2 if quick else 6] for row in runs(name, quick)]
    return figure_of(Table(tuple(row for row in rows if row["method"] in SHOWN)), lambda row: limits(row["function"]))
