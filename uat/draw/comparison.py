"""Pictures of a sweep: error against width, and where each method puts its kinks.

A table is any sequence of rows (dictionaries) as a sweep makes them; nothing is computed here but medians and spreads.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from uat._checks import InputError, endpoints, function, instance, integer, one_of, pair, rows_of, show, vector
from uat._sampling import Function, sample
from uat.draw.curves import LOOKS, below, curves
from uat.draw.style import BLACK, GREY, axes_of, style

Row = Mapping[str, Any]

Line = Callable[[Any], Any]  # pieces -> error


def error_vs_width(
    table: Iterable[Row], ax: Any = None, *, column: str = "sup_error", limit: Line | None = None,
    bound: Line | None = None,
) -> Any:  # fmt: skip
    """Error against width, log-log, one curve a method: the median of the seeds, with bars from least to largest.

    Parameters
    ----------
    table : rows
        Filled markers: the errors of all seeds are proven upper bounds. Empty ones: some are only the largest seen.
        Where all seeds of a method failed there is a gap, and a line above the axes says so; of
        ``table.over("narrowest")`` the multiples are drawn.
    ax : matplotlib Axes, optional
        For the rows of one function; without it, each function has a panel of its own and all have one legend.
    column : "sup_error", "rms_error" or "fit_error"
    limit, bound : functions of the number of pieces, optional, where there is one function
        (1/16) (int |f''|^(1/2))^2 / N^2, which N^2 E_N tends to, and the uniform grid's bound h^2/8 max|f''|; drawn at
        N = width.

    Returns
    -------
    matplotlib Axes, or an array of them, one a function, where there are several.
    """
    rows, failures = _rows(table, column), list(getattr(table, "failures", ()))
    for name, line in (("limit", limit), ("bound", bound)):
        if line is not None:
            function(line, name, "a function of the number of pieces")
    several = len(set(map(_problem, rows))) > 1
    if several and ax is None and limit is None and bound is None:
        panels = figure_of(table, column=column).axes
        return np.array([panel for panel in panels if panel.get_visible()])
    rows = _one_function(rows)
    ax = axes_of(ax)
    return _panel(rows, failures, ax, column, limit, bound, getattr(table, "unit", ""))


def _panel(
    rows: Sequence[Row], failures: Sequence[Row], ax: Any, column: str, limit: Line | None, bound: Line | None,
    unit: str,
) -> Any:  # fmt: skip
    failures = [row for row in failures if _problem(row) == _problem(rows[0])]
    seen = [*rows, *failures]
    points: dict[str, Any] = {}
    for method in (name for name in LOOKS if any(row["method"] == name for row in rows)):
        widths = sorted({row["width"] for row in seen if row["method"] == method})
        groups = [[row for row in rows if row["method"] == method and row["width"] == w] for w in widths]
        points[method] = [
            (width, [row[column] for row in group], all(row["proven"] for row in group))
            for width, group in zip(widths, groups, strict=True)
        ]
    with style():
        curves(ax, points, beside=bool(unit))  # multiples make flat curves
        w = np.array(sorted({row["width"] for row in seen}), dtype=float)
        for line_of, look, name in ((bound, (0, (1, 1)), r"$h^2 \max|f''|/8$"), (limit, (0, (5, 1)), "limit of $E_N$")):
            if line_of is not None and (y := line_of(w)) is not None:
                ax.plot(w, y, color=BLACK, linewidth=0.8, linestyle=look, label=name, zorder=0)
        ax.set_xscale("log", base=2)
        ax.set_yscale("log")
        ax.set_xticks(w, [f"{int(v)}" for v in w])
        ax.set_xticks([], minor=True)
        if failures:
            ax.text(0, 1.03, _without(failures), transform=ax.transAxes, fontsize=7, color=GREY)
        ax.set_xlabel("width (neurons)")
        ax.set_ylabel(column.replace("_", " ") + (f" / that of {unit}" if unit else ""))
    return ax


def figure_of(table: Iterable[Row], lines: Callable[[Row], Any] | None = None, *, column: str = "sup_error") -> Any:
    """One panel of `error_vs_width` a function, one legend for all, below the data.

    Parameters
    ----------
    table : rows
    lines : function of a row, optional
        Gives an object with methods ``best(pieces)`` and ``uniform(pieces)`` for the row's function.

    Returns
    -------
    matplotlib Figure
    """
    from matplotlib.figure import Figure

    rows, failures, unit = _rows(table, column), list(getattr(table, "failures", ())), getattr(table, "unit", "")
    found = list(dict.fromkeys(map(_problem, rows)))
    names = [_title(one, found) for one in found]
    if not names:
        raise InputError("`table` must hold at least one row, but is empty.")
    columns = min(len(names), 2)
    with style():
        size = (4.4, 2.0 * -(-len(names) // columns) + 1.2)
        figure = Figure(figsize=size, layout="constrained")
        panels = figure.subplots(-(-len(names) // columns), columns, squeeze=False).ravel()
        for k, (panel, name) in enumerate(zip(panels, names, strict=False)):
            own = [row for row in rows if _problem(row) == found[k]]
            known = None if lines is None or unit else lines(own[0])
            limit, bound = (None, None) if known is None else (known.best, known.uniform)
            _panel(_one_function(own), failures, panel, column, limit, bound, unit)
            panel.set_title(name, loc="left", pad=16 if panel.texts else None)  # above what says which rows failed
            if k % columns:
                panel.set_ylabel("")
            if k + columns < len(names):
                panel.set_xlabel("")
        for panel in panels[len(names) :]:
            panel.set_visible(False)
        below(figure, *panels[: len(names)])
    return figure


def kinks(
    table: Iterable[Row], ax: Any = None, *, f: Function | None = None, density: tuple[Any, Any] | None = None
) -> Any:
    """Where each method puts its kinks: one line of ticks a row, over |f''|^(1/2), the density that is best.

    Parameters
    ----------
    table : rows of one function, one a line (their order is kept; median seeds make a fair choice)
        A line is called by its method, and by its width, budget and seed where the rows of that method differ in them.
    ax : matplotlib Axes, optional
    f : the function, whose second differences give the density; or
    density : (x, values), the density itself

    Returns
    -------
    matplotlib Axes
    """
    rows = _one_function(_rows(table, "kinks"), sort=False)
    a, b = rows[0]["a"], rows[0]["b"]
    if density is None and f is not None:
        x = np.linspace(a, b, 1001)
        y = sample(f, x)
        density = x[1:-1], np.sqrt(np.abs(np.diff(y, 2))) / (x[1] - x[0])
    if density is not None:
        x, values = (vector(part, "density", least=1) for part in pair(density, "density", "(x, values)"))
        if x.size != values.size:
            raise InputError(f"`density` must have as many values as x, {x.size}, but has {values.size}.")
    with style():
        ax = axes_of(ax)
        names = []
        for k, row in enumerate(rows):
            at = _places(row["kinks"])
            level = len(rows) - k
            ax.vlines(at, level - 0.35, level + 0.35, color=LOOKS[row["method"]][0], linewidth=1.0)
            names.append(_name(row, rows))
        ticks = [float(len(rows) - k) for k in range(len(rows))]
        if density is not None:
            ax.fill_between(x, -1.0, -1.0 + 1.4 * values / (values.max() or 1.0), color=GREY, alpha=0.4, linewidth=0)
            ticks.append(-0.3)
            names.append("$|f''|^{1/2}$")
        ax.set_yticks(ticks, names)
        ax.grid(False)
        ax.set_xlim(a, b)
        ax.set_xlabel("x")
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", length=0)
    return ax


def _rows(table: Iterable[Row], column: str) -> list[Row]:
    """The rows, with what a picture of that column needs."""
    instance(column, "column", str)
    rows = rows_of(table, "table", _NEEDED | {column: "TEXT" if column == "kinks" else "REAL"})
    named = [{name: row.get(name) for name in _NAMED} for row in rows]
    rows_of(named, "table", _NAMED, holes=True)
    for row in rows:
        one_of(row["method"], "method", LOOKS)
        integer(row["width"], "width")
        endpoints(row["a"], row["b"])
    return rows


_NEEDED = {"function": "TEXT", "method": "TEXT", "width": "INTEGER", "a": "REAL", "b": "REAL", "proven": "INTEGER"}
_NAMED = {"formula": "TEXT", "budget": "INTEGER", "seed": "INTEGER"}  # where there are any


def _places(text: str) -> Any:
    """The kinks of a row."""
    try:
        found = json.loads(text)
    except ValueError:
        raise InputError(f"`kinks` must be a list in JSON, but is {show(text)}.") from None
    return vector(found, "kinks")


def _one_function(rows: list[Row], sort: bool = True) -> list[Row]:
    if not rows:
        raise InputError("`table` must hold at least one row, but is empty.")
    found = set(map(_problem, rows))
    if len(found) > 1:
        names = sorted(_title(one, found) for one in found)
        raise InputError(f"`table` must hold rows of one function, but holds {', '.join(names)}.")
    return sorted(rows, key=lambda row: row["width"]) if sort else rows


def _problem(row: Row) -> tuple[Any, ...]:
    """What a row is about: one name may stand for several, on other intervals or with other formulas."""
    return row["function"], row.get("formula"), float(row["a"]), float(row["b"])


def _title(problem: tuple[Any, ...], among: Iterable[tuple[Any, ...]]) -> str:
    """The name of a function, and its interval and formula where the name does not say which it is."""
    name, formula, a, b = problem
    alike = sum(other[0] == name for other in among) > 1
    return f"{name} on [{a:.6g}, {b:.6g}]: {formula}" if alike else str(name)


def _without(failures: Sequence[Row]) -> str:
    """Which methods failed, and at which widths."""
    widths: dict[str, set[int]] = {}
    for row in failures:
        widths.setdefault(row["method"], set()).add(row["width"])
    return "failed: " + "; ".join(f"{method} {', '.join(map(str, sorted(at)))}" for method, at in widths.items())


def _name(row: Row, rows: Sequence[Row]) -> str:
    """What tells a row from the others: its method, and what else the rows of that method differ in."""
    like = [other for other in rows if other["method"] == row["method"]]
    words = {"width": "width {}", "budget": "{} steps", "seed": "seed {}"}
    differ = [name for name in words if len({other.get(name) for other in like}) > 1]
    return ", ".join([row["method"], *(words[name].format(row[name]) for name in differ)])
