"""The gap to the least possible error as a function of training time: sin, width 16, one run a budget and seed."""

from __future__ import annotations

from matplotlib.figure import Figure

from figures._runs import BUDGETS, runs
from uat.draw.curves import below, curves
from uat.draw.style import BLACK, style

LEAST = 0.0060026  # E_16 of sin on [0, 2 pi] (theory C8)


def draw(quick: bool = False) -> Figure:
    budgets = BUDGETS[:2] if quick else BUDGETS
    with style():
        figure = Figure(figsize=(4.4, 3.2), layout="constrained")
        axes = figure.subplots()
        points: dict[str, list[tuple[float, list[float], bool]]] = {}
        for method in ("gd", "adam", "lbfgs", "varpro"):
            for budget in budgets:
                if rows := list(runs(f"time {budget}", quick).where(method=method)):
                    errors = [row["sup_error"] / LEAST for row in rows]
                    points.setdefault(method, []).append((budget, errors, all(row["proven"] for row in rows)))
        curves(axes, points, beside=True)
        axes.axhline(1, color=BLACK, linewidth=0.8, linestyle="--", label="least possible")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("budget (steps, the choice of the rate included)")
        axes.set_ylabel("sup error / least possible")
        below(figure, axes)
    return figure
