"""The tube around f in which the approximation must stay: f +- (tol + rtol |f|), or its upper or lower half.

Both walls are nondecreasing functions of the value of f (rtol < 1), so that an enclosure of f at a point gives an
enclosure of the walls there. The formulas use + - * and comparisons alone: on `fractions.Fraction` they are exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDES = ("both", "under", "over")


@dataclass(frozen=True, slots=True)
class Tube:
    """The walls f - (tol + rtol |f|) and f + (tol + rtol |f|); "over" keeps f as lower wall, "under" as upper wall.

    Parameters
    ----------
    tol : float >= 0
        Absolute half-width, in the unit of f.
    rtol : float in [0, 1)
        Relative half-width.
    side : "both", "under" or "over"
        Where the approximation lies.
    """

    tol: Any
    rtol: Any = 0
    side: str = "both"

    def scaled(self, factor: float) -> Tube:
        """The same tube with both tolerances multiplied."""
        return replace(self, tol=self.tol * factor, rtol=self.rtol * factor)

    def exact(self, number: Callable[[float], Any] = Fraction) -> Tube:
        """The same tube with rational tolerances."""
        return Tube(number(self.tol), number(self.rtol), self.side)

    def width(self, y: NDArray[Any]) -> NDArray[Any]:
        """tol + rtol |y|, shape of y."""
        width: NDArray[Any] = self.tol + self.rtol * np.abs(y)
        return width

    def lower(self, y: NDArray[Any], margin: float = 0) -> NDArray[Any]:
        """The lower wall where f takes the values y; `margin` times the width keeps a one-sided wall away from f."""
        return y - self.width(y) if self.side != "over" else y + margin * self.width(y)

    def upper(self, y: NDArray[Any], margin: float = 0) -> NDArray[Any]:
        """The upper wall where f takes the values y."""
        return y + self.width(y) if self.side != "under" else y - margin * self.width(y)

    def __str__(self) -> str:
        parts = [f"{float(self.tol):.6g}"] if self.tol else []
        parts += [f"{float(self.rtol):.6g} |f|"] if self.rtol else []
        width = " + ".join(parts) or "0"
        if self.side == "both":
            return f"f ± ({width})" if len(parts) > 1 else f"f ± {width}"
        if self.side == "over":
            return f"[f, f + {width}]"
        return f"[f - ({width}), f]" if len(parts) > 1 else f"[f - {width}, f]"
