"""The loss curve of a training run: what descent did with the steps it was given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

from uat._checks import Floats, InputError, instance, integer, numbers, show, vector
from uat.draw.style import BLACK, BLUE, GREEN, ORANGE, axes_of, style

DASHES = ["-", "--", "-.", ":"]


def training(
    run: Any, curves: Mapping[str, ArrayLike] | None = None, ax: Any = None, title: str = "", *, window: int = 1
) -> Any:
    """Curves of losses against steps on a logarithmic scale.

    Parameters
    ----------
    run : a `Fit` of `uat.learn`, whose loss and, where there is one, validation loss are drawn; or the steps (rows,)
        after which ``curves`` were recorded.
    curves : labels and values (rows,), nan where there is none; a curve without a value is left out
        For a fit they are drawn instead of its own.
    ax : matplotlib Axes, optional
    title : of the picture
    window : odd number of recorded points
        Above 1 each curve is pale, and the running median of so many of its points stands on it: the noise of one
        does not cover the other.

    Returns the matplotlib Axes. Colours are safe for the colour-blind, and dashes say the same as colours.
    """
    drawn = _curves(run, curves)
    window = integer(window, "window")
    if window % 2 == 0:
        raise InputError(f"`window` must be odd, but is {show(window)}.")
    half = min(window // 2, max((at.size for _, at, _ in drawn), default=0))
    instance(title, "title", str)
    with style():
        ax = axes_of(ax, (6.0, 3.2))
        for k, (label, at, values) in enumerate(drawn):
            look = {"color": [BLUE, ORANGE, BLACK, GREEN][k % 4], "linestyle": DASHES[k % 4]}
            if half:
                ax.plot(at, values, color=look["color"], linewidth=0.6, alpha=0.35)
                values = _running_median(values, half)
            ax.plot(at, values, label=label, **look)
        ax.set_yscale("log")
        ax.set_xlabel("steps")
        ax.set_ylabel("loss" if len(drawn) != 1 else drawn[0][0])
        if half:
            ax.set_ylabel(f"{ax.get_ylabel()} (thick: median of {window} points)")
        if title:
            ax.set_title(title)
        if len(drawn) > 1:
            ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))  # beside the curves, never on them
    return ax


def _curves(run: Any, curves: Mapping[str, ArrayLike] | None) -> list[tuple[str, Floats, Floats]]:
    """Of each curve that has a value: its label, the steps at which it has one, and the values."""
    history = getattr(run, "history", run)
    history = history if all(hasattr(history, name) for name in ("step", "loss", "validation")) else None
    if curves is None:
        if history is None:
            raise InputError(
                f"`run` must be a Fit, or steps and then `curves` must be given, but is {show(run)} "
                '(several fits: their steps, and curves={"one": fit.history.loss, ...}).'
            )
        curves = {"training loss": history.loss, "validation loss": history.validation}
    if not isinstance(curves, Mapping):
        raise InputError(f"`curves` must be a dict of labels and values, but is {show(curves)}.")
    steps = vector(run, "run") if history is None else np.asarray(history.step, dtype=float)
    if steps.min(initial=0) < 0:
        raise InputError(f"`run` must hold steps >= 0, but holds {show(steps.min())}.")
    drawn = []
    for label, given in curves.items():
        instance(label, "curves", str)
        values = np.asarray(numbers(given, f"curves[{label!r}]"), dtype=float)
        if values.shape != steps.shape:
            raise InputError(f"`curves` must have {steps.size} values each, but {label!r} has shape {values.shape}.")
        seen = np.isfinite(values)
        if seen.any():
            drawn.append((label, steps[seen], values[seen]))
    return drawn


def _running_median(values: Floats, half: int) -> Floats:
    """The median of each point and ``half`` on each side; at the ends of those that are there."""
    padded = np.pad(values, half, constant_values=np.nan)
    median: Floats = np.nanmedian(sliding_window_view(padded, 2 * half + 1), axis=1)
    return median
