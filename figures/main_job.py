"""The main job on one function: what `uat approximate "exp(-x)*sin(x)" --on -4 4 --width 65 --plot ...` draws."""

from __future__ import annotations

from matplotlib.figure import Figure

import uat


def draw(quick: bool = False) -> Figure:
    return uat.approximate("exp(-x)*sin(x)", (-4, 4), tol=0.1).plot()
