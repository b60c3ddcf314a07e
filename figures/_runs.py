"""The runs behind the figures: a small store that is committed, made anew by ``scripts/make_figures.py --fresh``.

    python scripts/make_figures.py --fresh

Rows are keyed by their settings, so a change of a grid below costs only the runs that are missing.
"""

from __future__ import annotations

import functools
from pathlib import Path

from uat import compare

STORE = Path(__file__).with_name("runs.sqlite")
SIX = ("sin", "exp", "tanh", "runge", "cubic", "sqrt")
WIDTHS = (8, 16, 32, 64)
METHODS = ("uniform", "graded", "narrowest", "sgd", "adam", "warm", "varpro", "varpro-graded")
BUDGETS = (100, 300, 1000, 3000, 10_000, 30_000)

# name -> the arguments of a sweep
SWEEPS = {
    "sin": {"functions": "sin", "widths": WIDTHS, "methods": (*METHODS, "gd", "momentum", "lbfgs"), "seeds": 10},
    **{
        name: {"functions": name, "widths": WIDTHS, "methods": METHODS, "seeds": 5} for name in SIX if name != "sin"
    },
    **{
        f"time {budget}": {
            "functions": "sin", "widths": [16], "methods": ("gd", "adam", "lbfgs", "varpro"), "seeds": 10,
            "budget": budget,
        }
        for budget in BUDGETS
    },
}  # fmt: skip


@functools.cache
def runs(name: str, quick: bool = False) -> compare.Table:
    """The table of one sweep: from the store, which is completed where rows are missing; tiny when quick."""
    asked = SWEEPS[name]
    if not quick:
        return compare.sweep(**asked, store=str(STORE), progress=True)
    small = {"widths": asked["widths"][:2], "seeds": 2, "budget": min(asked.get("budget", 350), 350)}
    dear = {"gd", "momentum", "lbfgs", "varpro"} if len(asked["methods"]) > 4 else {"varpro"}
    return compare.sweep(
        **{**asked, **small, "methods": [m for m in asked["methods"] if m not in dear]}, executor=compare.Serial()
    )
