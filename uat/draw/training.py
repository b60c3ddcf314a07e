"""The loss curve of a training run: what descent did with the steps it was given."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from uat.draw.style import BLACK, BLUE, GREEN, ORANGE, style

DASHES = ["-", "--", "-.", ":"]


def training(step: ArrayLike, curves: dict[str, ArrayLike], ax: Any = None, title: str = "") -> Any:
    """Curves of losses (rows,) against steps (rows,) on a logarithmic scale; returns the matplotlib Axes.

    ``curves`` maps labels to values, nan where there is none; ``step`` are the steps after which they were recorded.
    Colours are safe for the colour-blind, and dashes say the same as colours. For a fit:
    ``training(fit.history.step, {"training loss": fit.history.loss})``.
    """
    from matplotlib.figure import Figure

    with style():
        if ax is None:
            ax = Figure(figsize=(6.0, 3.2), layout="constrained").add_subplot()
        steps = np.asarray(step, dtype=float)
        for k, (label, values) in enumerate(curves.items()):
            points = np.asarray(values, dtype=float)
            seen = np.isfinite(points)
            colour = [BLUE, ORANGE, BLACK, GREEN][k % 4]
            ax.plot(steps[seen], points[seen], DASHES[k % 4], color=colour, label=label)
        ax.set_yscale("log")
        ax.set_xlabel("steps")
        ax.set_ylabel("loss" if len(curves) > 1 else next(iter(curves), "loss"))
        if title:
            ax.set_title(title)
        if len(curves) > 1:
            ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))  # beside the curves, never on them
    return ax
