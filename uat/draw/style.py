"""One style sheet for every picture, and how a picture becomes a file.

Colours are Okabe and Ito's (2008), and where eight are too few some of Tol's (2021): both survive colour blindness, in
an order whose lightness also survives a grey printer; line styles repeat what colours say. Figures are made without
pyplot: no window, no global state.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from uat._checks import InputError, instance, show
from uat._files import path_of, written_whole

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#7F7F7F"
INDIGO, WINE, OLIVE = "#332288", "#882255", "#999933"  # three of Tol's muted scheme, far from the others in lightness

STYLE: Any = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.labelsize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.4,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "figure.dpi": 150,
    "savefig.dpi": 200,
    "svg.hashsalt": "uat",  # the same picture gives the same file
    "svg.fonttype": "none",
}


@contextmanager
def style() -> Iterator[None]:
    """The style sheet, in force inside the block only."""
    from matplotlib import rc_context

    with rc_context(STYLE):
        yield


def axes_of(ax: Any, size: tuple[float, float] = (4.2, 3.0)) -> Any:
    """The axes that were given, or those of a new figure that no window shows and nothing else holds."""
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    if ax is not None:
        instance(ax, "ax", Axes)
        return ax

    return Figure(figsize=size, layout="constrained").subplots()


def picture_suffix(path: str | os.PathLike[str]) -> str:
    """The suffix of a picture's path, refused unless it is .png, .svg or .pdf."""
    path_of(path)  # refuses what is no path
    suffix = os.path.splitext(os.fspath(path))[1].lower()
    if suffix not in (".png", ".svg", ".pdf"):
        raise InputError(f"`path` of a picture must end in .png, .svg or .pdf, but is {show(os.fspath(path))}.")
    return suffix


def save(figure: Any, path: str | os.PathLike[str]) -> None:
    """Write a figure as PNG, SVG or PDF, by the suffix of `path`; the file appears whole or not at all."""
    suffix = picture_suffix(path)
    dated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}  # no dates: the same picture gives the same file
    with style(), written_whole(path) as temporary:
        figure.savefig(temporary, metadata=dated.get(suffix[1:]), bbox_inches="tight")
