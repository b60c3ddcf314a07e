"""The gap to the least possible error as a function of training time: sin, width 16, one run a budget and seed."""

from __future__ import annotations

from matplotlib.figure import Figure

from figures._runs import BUDGETS, runs
from uat.draw.comparison import LOOKS
from uat.draw.style import BLACK, style

LEAST = 0.0060026  # E_16 of sin on [0, 2 pi] (theory C8)


def draw(quick: bool = False) -> Figure:
    budgets = BUDGETS[:2] if quick else BUDGETS
    with style():
        figure = Figure(figsize=(4.0, 2.9), layout="constrained")
        axes = figure.subplots()
        for method in ("gd", "adam", "lbfgs", "varpro"):
            groups = [g for b in budgets for g in runs(f"time {b}", quick).where(method=method).median_by_width()]
            if not groups:
                continue
            colour, marker, line = LOOKS[method]
            low, middle, high = ([g[name] / LEAST for g in groups] for name in ("low", "median", "high"))
            at = [g["budget"] for g in groups]
            axes.fill_between(at, low, high, color=colour, alpha=0.18, linewidth=0)
            axes.plot(at, middle, color=colour, marker=marker, linestyle=line, markersize=4, label=method)
        axes.axhline(1, color=BLACK, linewidth=0.8, linestyle="--", label="least possible")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("budget (steps, the choice of the rate included)")
        axes.set_ylabel("sup error / least possible")
        figure.legend(loc="outside lower center", ncols=5, columnspacing=1.0, handlelength=1.8)
    return figure
