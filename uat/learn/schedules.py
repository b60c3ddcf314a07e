"""Schedules: functions t -> gamma_t, the learning rate of step t = 1, 2, 3, ...

A rate may be a number, one of these, or any function of one's own; gamma_t must be finite and > 0 at every step. For
sums gamma_t = infinity and sums gamma_t^2 < infinity, as `inverse_time` has them, stochastic gradient descent
converges on convex objectives (Robbins & Monro 1951).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from numbers import Real
from typing import Any

import numpy as np

from uat._checks import InputError, integer, nonnegative, positive, show


@dataclass(frozen=True, slots=True)
class Schedule:
    """A function t -> gamma_t, one t = 1, 2, ... at a time, that knows its description and can be sent elsewhere."""

    text: str
    rule: Callable[[int], float]

    def __call__(self, t: int) -> float:
        return self.rule(t if type(t) is int and t > 0 else integer(t, "t"))

    def __repr__(self) -> str:
        return self.text


def constant(gamma: float) -> Schedule:
    """gamma_t = gamma. Raises InputError unless gamma > 0."""
    gamma = positive(gamma, "gamma")
    return Schedule(f"constant({gamma!r})", partial(_constant, gamma))


def _constant(gamma: float, t: int) -> float:
    return gamma


def inverse_time(gamma: float, half: float = 1.0) -> Schedule:
    """gamma_t = gamma / (1 + (t - 1)/half): gamma/t for half = 1; halved after ``half`` steps.

    (Robbins & Monro 1951: the sum of gamma_t diverges, that of gamma_t^2 does not.) Raises InputError unless
    gamma, half > 0.
    """
    gamma, half = positive(gamma, "gamma"), positive(half, "half")
    return Schedule(f"inverse_time({gamma!r}, {half!r})", partial(_inverse_time, gamma, half))


def _inverse_time(gamma: float, half: float, t: int) -> float:
    return gamma / (1 + (t - 1) / half)


def inverse_sqrt(gamma: float) -> Schedule:
    """gamma_t = gamma / sqrt(t). Raises InputError unless gamma > 0."""
    gamma = positive(gamma, "gamma")
    return Schedule(f"inverse_sqrt({gamma!r})", partial(_inverse_sqrt, gamma))


def _inverse_sqrt(gamma: float, t: int) -> float:
    return gamma / math.sqrt(t)


def step_decay(gamma: float, every: int | None = None, factor: float = 0.1) -> Schedule:
    """gamma_t = gamma factor^floor((t - 1)/every).

    Raises InputError unless gamma, factor > 0 and ``every`` is given, an integer >= 1.
    """
    every = _given(every, "every", "the number of steps from one drop of the rate to the next")
    gamma, factor = positive(gamma, "gamma"), positive(factor, "factor")
    return Schedule(f"step_decay({gamma!r}, {every}, {factor!r})", partial(_step_decay, gamma, every, factor))


def _step_decay(gamma: float, every: int, factor: float, t: int) -> float:
    return float(gamma * factor ** ((t - 1) // every))


def cosine(gamma: float, steps: int | None = None, floor: float = 0.0) -> Schedule:
    """gamma_t = floor + (gamma - floor) (1 + cos(pi (t - 1)/steps))/2 up to t = steps, then its last value.

    That value is floor + (gamma - floor) sin^2(pi/(2 steps)), a little above the floor: a floor of 0 is never reached,
    as no step may have the rate 0.
    (Loshchilov & Hutter 2017, without restarts.) Raises InputError unless gamma > 0, floor >= 0 and ``steps`` is given,
    an integer >= 1.
    """
    steps = _given(steps, "steps", "the number of steps in which the rate falls, usually that of the fit")
    gamma, floor = positive(gamma, "gamma"), nonnegative(floor, "floor")
    return Schedule(f"cosine({gamma!r}, {steps}, {floor!r})", partial(_cosine, gamma, steps, floor))


def _cosine(gamma: float, steps: int, floor: float, t: int) -> float:
    return floor + (gamma - floor) * (1 + math.cos(math.pi * (min(t, steps) - 1) / steps)) / 2


def warmup(schedule: float | Callable[[int], float], steps: int | None = None) -> Schedule:
    """A linear rise to gamma_1 over ``steps`` steps, then the schedule from its own t = 1 on.

    Raises InputError unless ``schedule`` is a number > 0 or a function of t and ``steps`` is given, an integer >= 1.
    """
    steps = _given(steps, "steps", "the number of steps in which the rate rises")
    rule = as_schedule(schedule)
    return Schedule(f"warmup({text(rule)}, {steps})", partial(_warmup, rule, steps))


def _warmup(rule: Callable[[int], float], steps: int, t: int) -> float:
    return rule(1) * t / (steps + 1) if t <= steps else rule(t - steps)


def _given(number: int | None, name: str, meaning: str) -> int:
    """An integer >= 1 without a default worth having: who leaves it out is told what it is."""
    if number is None:
        raise InputError(f"`{name}` must be given: {meaning}.")
    return integer(number, name)


def as_schedule(rate: Any) -> Callable[[int], float]:
    """A rate as a function of t: a number is `constant`."""
    return rate if callable(rate) else constant(positive(rate, "rate"))


def as_rate(rate: Any) -> float | Callable[[int], float]:
    """A rate as a method keeps it: a function, or a float > 0."""
    return rate if callable(rate) else positive(rate, "rate")


def rate_at(schedule: Callable[[int], float], t: int) -> float:
    """gamma_t as a float, refused with a sentence unless finite and > 0."""
    found: Any = schedule(t)
    gamma = found if type(found) is float else _number(found)  # asked at every step: the usual case first
    if not 0 < gamma < math.inf:
        raise InputError(f"`rate` must be finite and > 0 at every step, but gamma_{t} = {show(found)}.")
    return gamma


def _number(value: Any) -> float:
    value = value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value
    try:
        return float(value) if isinstance(value, Real) else math.nan
    except (TypeError, ValueError, OverflowError):
        return math.nan


def text(value: Any) -> str:
    """A setting in words, the same in every process: functions go by their names, numbers without their type."""
    if isinstance(value, tuple):
        return "+".join(map(text, value))
    if callable(value) and not isinstance(value, Schedule):
        names = (getattr(value, name, None) for name in ("__qualname__", "__name__"))  # ufuncs: the second
        return next((name for name in names if name), type(value).__name__)
    return value if isinstance(value, str) else repr(value)
