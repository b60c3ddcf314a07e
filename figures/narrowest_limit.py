"""How far pieces go: N^2 E_N, proven from both sides, and its limit (1/16) (integral of sqrt|f''|)^2 (theory C1)."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from scipy.integrate import quad

import uat
from uat.draw.curves import HANDLE
from uat.draw.style import BLACK, BLUE, GREEN, VERMILION, style

FUNCTIONS = {
    "exp(-x) sin x on [-4, 4]": (lambda x: np.exp(-x) * np.sin(x), (-4.0, 4.0), lambda x: 2 * np.exp(-x) * np.cos(x)),
    "sin on [0, 2π]": (np.sin, (0.0, 2 * np.pi), np.sin),
    "tanh on [-5, 5]": (np.tanh, (-5.0, 5.0), lambda x: 2 * np.tanh(x) / np.cosh(x) ** 2),
}


def limit(second: Any, domain: tuple[float, float]) -> float:
    """(1/16) (integral of sqrt|f''|)^2; the zeros of f'' are passed to the quadrature as points of trouble."""
    x = np.linspace(*domain, 1001)
    turns = x[:-1][np.sign(second(x[:-1])) != np.sign(second(x[1:]))]
    value, _ = quad(lambda t: float(np.sqrt(abs(second(t)))), *domain, points=turns.tolist(), limit=500)
    return value**2 / 16


def draw(quick: bool = False) -> Figure:
    counts = 2 ** np.arange(1, 6 if quick else 10)
    with style():
        figure = Figure(figsize=(5.2, 3.4), layout="constrained")
        axes = figure.subplots()
        looks = ((BLUE, "o", "-"), (VERMILION, "s", "--"), (GREEN, "^", "-."))
        for (name, (f, domain, second)), (colour, marker, line) in zip(FUNCTIONS.items(), looks, strict=True):
            brackets = np.array([uat.narrowest(f, domain, pieces=int(n)).least_error for n in counts])
            goal = limit(second, domain)
            axes.plot(counts, counts**2 * brackets[:, 1] / goal, line, marker=marker, ms=4, color=colour, label=name)
        axes.axhline(1, color=BLACK, lw=0.8, ls=":", label="limit")
        axes.set_xscale("log", base=2)
        axes.set_xlabel("pieces N")
        axes.set_ylabel(r"$N^2 E_N$ / its limit")
        axes.legend(handlelength=HANDLE)
        return figure
