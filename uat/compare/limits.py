"""What no width can beat, and what a uniform grid is sure of: the two lines beside which errors are drawn.

    best:      N^2 E_N -> (1/16) (int |f''|^(1/2))^2        (C1; a limit, not a bound)
    uniform:   sup|f - I_h f| <= (h^2/8) max|f''|           (B1; a bound, attained for x^2)

Both integrals are read off the chords of a fine mesh, so they are estimates; a target that declares them is believed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from uat import _checks
from uat._checks import InputError
from uat._sampling import sample
from uat.compare.setting import problems
from uat.targets import TARGETS, Target

_CELLS = 8192


@dataclass(frozen=True, slots=True)
class Limits:
    """The integral of |f''|^(1/2), the largest |f''| (None where it grows without bound), and the interval's length."""

    curvature: float
    second_derivative: float | None
    length: float

    def __post_init__(self) -> None:
        for name in ("curvature", "second_derivative", "length"):
            if name != "second_derivative" or self.second_derivative is not None:
                _checks.nonnegative(getattr(self, name), name)

    def best(self, pieces: Any) -> Any:
        """(1/16) curvature^2 / N^2: what N^2 E_N tends to, over N^2."""
        return (self.curvature / 4 / _numbers_of(pieces)) ** 2

    def uniform(self, pieces: Any) -> Any:
        """(h^2/8) max|f''| with h = length/N, or None."""
        numbers = _numbers_of(pieces)
        if self.second_derivative is None:
            return None
        return (self.length / numbers) ** 2 / 8 * self.second_derivative


def _numbers_of(pieces: Any) -> Any:
    """Numbers of pieces, of any shape."""
    found = np.asarray(_checks.numbers(pieces, "pieces"), dtype=float)
    _checks.all_positive(np.atleast_1d(found).ravel(), "pieces")
    return found


def limits(function: Any) -> Limits:
    """The limits of one function, given as to `sweep`."""
    problem, *others = problems([function] if isinstance(function, tuple) else function)
    if others:
        raise InputError(f"`function` must be one function, but there are {len(others) + 1}.")
    a, b = problem.domain
    f = problem.function
    curvature, largest = _read_off(f, a, b, _CELLS)
    _, before = _read_off(f, a, b, _CELLS // 4)
    bounded = None if largest > 1.5 * before else largest  # an infinite slope or a kink: it grows with the mesh
    if isinstance(f, Target) and f.domain == problem.domain:
        curvature = f.curvature if f.curvature is not None else curvature
        bounded = f.second_derivative
    return Limits(curvature, bounded, b - a)


def limits_of(row: Mapping[str, Any]) -> Limits:
    """The limits of a row's function; a target's, with what it declares, where the row is one's under its own name."""
    named = TARGETS.get(row["function"])
    known = named is not None and named.formula == row["formula"]
    return limits((row["function"] if known else row["formula"], (row["a"], row["b"])))


def _read_off(f: Any, a: float, b: float, cells: int) -> tuple[float, float]:
    """Sum of (8 d)^(1/2) over cells and max of 8 d / h^2, d the distance of chord and f in the middle of a cell."""
    y = sample(f, np.linspace(a, b, 2 * cells + 1))
    d = np.abs(y[1::2] - (y[:-1:2] + y[2::2]) / 2)
    return float(np.sqrt(8 * d).sum()), float(8 * d.max() / ((b - a) / cells) ** 2)
