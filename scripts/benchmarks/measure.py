"""How two things are compared: in one process, turn by turn, as a median of ratios with its spread.

Machines are noisy, so a time by itself says little. Both sides run alternately and each turn gives one ratio; the
median over the turns is reported with its quartiles.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Job = Callable[[], object]
PATIENCE = 2.0  # seconds a comparison


@dataclass(frozen=True)
class Row:
    """A measured quantity: what was compared, the median and quartiles, and the goal it was measured for."""

    topic: str
    what: str
    median: float
    low: float
    high: float
    goal: str = ""
    unit: str = "x"

    def text(self) -> str:
        value = f"{self.median:.3g}{self.unit} [{self.low:.3g}, {self.high:.3g}]"
        return f"{self.topic:<14} {self.what:<66} {value:<28} {self.goal}"


def seconds(job: Job) -> float:
    """Wall-clock seconds of one call."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


@dataclass(frozen=True)
class Curve:
    """Seconds against a size, for the plots and the fitted exponents."""

    topic: str
    label: str
    against: str
    sizes: list[int]
    seconds: list[float]

    def text(self) -> str:
        times = "  ".join(f"{n:g}: {1e3 * s:.3g}" for n, s in zip(self.sizes, self.seconds, strict=True))
        return f"{self.topic:<14} {self.label}, ms against {self.against}: {times}"


def exponent(curve: Curve) -> float:
    """The slope of the line through the logarithms, by least squares: seconds ~ size^exponent."""
    return float(np.polyfit(np.log(curve.sizes), np.log(curve.seconds), 1)[0])


def compare(topic: str, what: str, slow: Job, fast: Job, *, turns: int, goal: str = "", times: float = 1.0) -> Row:
    """time(slow) / time(fast), after one warm-up of each; `times` as much where `slow` was given less to do.

    At most so many turns, and after the first three no more than fit into `PATIENCE`.
    """
    fast(), slow()
    ratios: list[float] = []
    start = time.perf_counter()
    while len(ratios) < turns and (len(ratios) < 3 or time.perf_counter() - start < PATIENCE):
        ratios.append(times * seconds(slow) / seconds(fast))
    return summary(topic, what, ratios, goal=goal)


def summary(topic: str, what: str, values: list[float], *, goal: str = "", unit: str = "x") -> Row:
    """The row of values that were measured turn by turn."""
    low, _, high = statistics.quantiles(values, n=4) if len(values) > 1 else (values[0],) * 3
    return Row(topic, what, statistics.median(values), low, high, goal, unit)
