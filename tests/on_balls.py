"""Functions written with NumPy on balls: by the formulas that they show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from uat import Formula
from uat.balls.evaluation import FormulaOnBalls, Program
from uat.given import written

WIDE = (-1024.0, 1024.0)  # a domain for code without branches


def formula_of(f: Callable[[Any], Any], domain: tuple[float, float] = WIDE) -> Formula:
    shown = written(f)
    return Formula.trace(f, domain) if shown is None else shown


def run_of(f: Callable[[Any], Any], domain: tuple[float, float] = WIDE) -> FormulaOnBalls:
    return FormulaOnBalls(formula_of(f, domain))


def on_balls(f: Callable[[Any], Any], x: Any) -> Any:
    """f on one jet or interval."""
    return Program(formula_of(f), type(x))(x)
