"""The main job: what `uat approximate "exp(-x)*sin(x)" --on -4 4 --tol 0.1 --method narrowest --plot FILE` draws."""

from __future__ import annotations

from matplotlib.figure import Figure

import uat


def draw(quick: bool = False) -> Figure:
    return uat.approximate("exp(-x)*sin(x)", (-4, 4), tol=0.1, method="narrowest").plot()
