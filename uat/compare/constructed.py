"""The constructed networks of a sweep: width neurons and an output bias, hence `width` pieces (A5)."""

from __future__ import annotations

from collections.abc import Callable

from uat._sampling import sample
from uat.compare.setting import Problem
from uat.construct.fewest_pieces import narrowest
from uat.construct.knots import graded_knots
from uat.piecewise import PiecewiseAffine, interpolate


def _uniform(problem: Problem, pieces: int) -> PiecewiseAffine:
    return interpolate(problem.function, *problem.domain, pieces=pieces)


def _graded(problem: Problem, pieces: int) -> PiecewiseAffine:
    knots = graded_knots(problem.function, problem.domain, pieces)
    return PiecewiseAffine(knots, sample(problem.function, knots))


def _narrowest(problem: Problem, pieces: int) -> PiecewiseAffine:
    return narrowest(problem.function, problem.domain, pieces=pieces).piecewise


# name -> (function on an interval, pieces) -> the broken line
CONSTRUCTED: dict[str, Callable[[Problem, int], PiecewiseAffine]] = {
    "uniform": _uniform,
    "graded": _graded,
    "narrowest": _narrowest,
}
