"""Pictures of a sweep: error against width, and where each method puts its kinks.

A table is any sequence of rows (dictionaries) as a sweep makes them; nothing is computed here but medians and spreads.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from uat._checks import InputError
from uat._sampling import Function, sample
from uat.draw.style import BLACK, BLUE, GREEN, GREY, INDIGO, OLIVE, ORANGE, PURPLE, SKY, VERMILION, WINE, axes_of, style

Row = Mapping[str, Any]

# method -> colour, marker, line: what a grey printer or a colour-blind reader loses in colour, the other two say again
LOOKS: dict[str, tuple[str, str, str]] = {
    "uniform": (GREY, "s", "-"),
    "graded": (SKY, "D", "-"),
    "narrowest": (BLACK, "o", "-"),
    "gd": (PURPLE, "v", ":"),
    "sgd": (OLIVE, "^", "--"),
    "momentum": (WINE, "<", "--"),
    "adam": (VERMILION, "v", "--"),
    "lbfgs": (ORANGE, ">", "-."),
    "warm": (GREEN, "P", ":"),
    "varpro": (BLUE, "^", "-."),
    "varpro-graded": (INDIGO, "x", ":"),
}
Line = Callable[[Any], Any]  # pieces -> error


def error_vs_width(
    table: Iterable[Row], ax: Any = None, *, column: str = "sup_error", limit: Line | None = None,
    bound: Line | None = None,
) -> Any:  # fmt: skip
    """Error against width, log-log, one colour a method: the median of the seeds, in the band from least to largest.

    Parameters
    ----------
    table : rows of one function
        Filled markers: the errors of all seeds are proven upper bounds. Empty ones: some are only the largest seen.
    ax : matplotlib Axes, optional
    column : "sup_error", "rms_error" or "fit_error"
    limit, bound : functions of the number of pieces, optional
        (1/16) (int |f''|^(1/2))^2 / N^2, which N^2 E_N tends to, and the uniform grid's bound h^2/8 max|f''|; drawn at
        N = width.

    Returns
    -------
    matplotlib Axes
    """
    rows = _one_function(table)
    with style():
        ax = axes_of(ax)
        for method in _methods(rows):
            colour, marker, line = LOOKS[method]
            widths = sorted({row["width"] for row in rows if row["method"] == method})
            groups = [[row for row in rows if row["method"] == method and row["width"] == w] for w in widths]
            errors = [[max(row[column], np.finfo(float).tiny) for row in group] for group in groups]
            if any(len(group) > 1 for group in errors):
                low, high = [min(group) for group in errors], [max(group) for group in errors]
                ax.fill_between(widths, low, high, color=colour, alpha=0.18, linewidth=0)
            median = [float(np.median(group)) for group in errors]
            ax.plot(widths, median, color=colour, linestyle=line)
            proven = np.array([all(row["proven"] for row in group) for group in groups])
            for some, face in ((proven, colour), (~proven, "white")):
                at, y = np.array(widths)[some], np.array(median)[some]
                ax.plot(at, y, marker, color=colour, markerfacecolor=face, markersize=4)
            ax.plot([], [], color=colour, linestyle=line, marker=marker, markersize=4, label=method)  # for the legend
        w = np.array(sorted({row["width"] for row in rows}), dtype=float)
        for line_of, look, name in ((bound, (0, (1, 1)), r"$h^2 \max|f''|/8$"), (limit, (0, (5, 1)), "limit of $E_N$")):
            if line_of is not None and (y := line_of(w)) is not None:
                ax.plot(w, y, color=BLACK, linewidth=0.8, linestyle=look, label=name, zorder=0)
        ax.set_xscale("log", base=2)
        ax.set_yscale("log")
        ax.set_xticks(w, [f"{int(v)}" for v in w])
        ax.minorticks_off()
        ax.set_xlabel("width (neurons)")
        ax.set_ylabel({"sup_error": "sup error", "rms_error": "rms error"}.get(column, column))
    return ax


def below(figure: Any, ax: Any, columns: int = 3) -> None:
    """The legend of an axes below it, off the data."""
    with style():
        figure.legend(
            *ax.get_legend_handles_labels(), loc="outside lower center", ncols=columns, handlelength=2.2,
            columnspacing=1.2,
        )  # fmt: skip


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

    rows = list(table)
    names = list(dict.fromkeys(row["function"] for row in rows))
    if not names:
        raise InputError("`table` must hold at least one row, but is empty.")
    columns = min(len(names), 2)
    with style():
        size = (4.2, 2.0 * -(-len(names) // columns) + 0.9)
        figure = Figure(figsize=size, layout="constrained")
        panels = figure.subplots(-(-len(names) // columns), columns, squeeze=False).ravel()
        shown: dict[str, Any] = {}
        for k, (panel, name) in enumerate(zip(panels, names, strict=False)):
            own = [row for row in rows if row["function"] == name]
            known = None if lines is None else lines(own[0])
            limit, bound = (None, None) if known is None else (known.best, known.uniform)
            error_vs_width(own, panel, column=column, limit=limit, bound=bound)
            panel.set_title(name, loc="left")
            if k % columns:
                panel.set_ylabel("")
            if k + columns < len(names):
                panel.set_xlabel("")
            for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
                shown.setdefault(label, handle)
        for panel in panels[len(names) :]:
            panel.set_visible(False)
        figure.legend(
            shown.values(), shown.keys(), loc="outside lower center", ncols=3, handlelength=2.4, columnspacing=1.2
        )
    return figure


def kinks(
    table: Iterable[Row], ax: Any = None, *, f: Function | None = None, density: tuple[Any, Any] | None = None
) -> Any:
    """Where each method puts its kinks: one line of ticks a row, over |f''|^(1/2), the density that is best.

    Parameters
    ----------
    table : rows of one function, one a line (their order is kept; median seeds make a fair choice)
    ax : matplotlib Axes, optional
    f : the function, whose second differences give the density; or
    density : (x, values), the density itself

    Returns
    -------
    matplotlib Axes
    """
    rows = _one_function(table, sort=False)
    a, b = rows[0]["a"], rows[0]["b"]
    if density is None and f is not None:
        x = np.linspace(a, b, 1001)
        y = sample(f, x)
        density = x[1:-1], np.sqrt(np.abs(np.diff(y, 2))) / (x[1] - x[0])
    with style():
        ax = axes_of(ax)
        names = []
        for k, row in enumerate(rows):
            at = np.array(json.loads(row["kinks"]))
            level = len(rows) - k
            ax.vlines(at, level - 0.35, level + 0.35, color=LOOKS[row["method"]][0], linewidth=1.0)
            names.append(row["method"])
        ticks = [float(len(rows) - k) for k in range(len(rows))]
        if density is not None:
            x, values = density
            ax.fill_between(x, -1.0, -1.0 + 1.4 * values / values.max(), color=GREY, alpha=0.4, linewidth=0)
            ticks.append(-0.3)
            names.append("$|f''|^{1/2}$")
        ax.set_yticks(ticks, names)
        ax.grid(False)
        ax.set_xlim(a, b)
        ax.set_xlabel("x")
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", length=0)
    return ax


def _one_function(table: Iterable[Row], sort: bool = True) -> list[Row]:
    rows = list(table)
    if not rows:
        raise InputError("`table` must hold at least one row, but is empty.")
    names = sorted({row["function"] for row in rows})
    if len(names) > 1:
        raise InputError(f"`table` must hold rows of one function, but holds {', '.join(names)}.")
    return sorted(rows, key=lambda row: row["width"]) if sort else rows


def _methods(rows: Sequence[Row]) -> list[str]:
    there = {row["method"] for row in rows}
    return [method for method in LOOKS if method in there]
