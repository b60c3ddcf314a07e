"""Cells on which f is nearly flat are certified together: the bound stays true, and every planted error is found."""

from __future__ import annotations

import numpy as np
import pytest

import uat
from tests.on_balls import run_of
from uat.bounds.bisection import Goal, Search
from uat.bounds.cells import cells_of

PEAK = uat.Formula("exp(-((x-0.3)*500)**2)")


@pytest.mark.parametrize("f", [PEAK, uat.Formula("tanh(40*x)+0.001*sin(90*x)"), uat.Formula("sqrt(abs(x))")])
@pytest.mark.parametrize("tol", [0.3, 0.02, 1e-3])
def test_groups_enclose_what_single_cells_enclose(f: uat.Formula, tol: float) -> None:
    p = uat.interpolate(f, -1, 1, pieces=3000)
    one_by_one = uat.certify(f, p, rel=1e-3)
    together = uat.certify(f, p, rel=1e-3, tol=tol)
    assert max(one_by_one.lower, together.lower) <= min(one_by_one.upper, together.upper)
    assert (together.upper <= tol) == (one_by_one.upper <= tol)


@pytest.mark.parametrize("error", [0.02, 0.04, 0.06, 0.5])
@pytest.mark.parametrize("k", [7, 1999, 3999])
def test_an_error_planted_in_a_flat_stretch_is_found(error: float, k: int) -> None:
    """A single value of g off by `error`, among thousands on which f is 0 to all digits."""
    p = uat.interpolate(PEAK, -1, 1, pieces=4000)
    values = p.values.copy()
    values[k] -= error
    c = uat.certify(PEAK, uat.PiecewiseAffine(p.knots, values), tol=0.05)
    assert c.upper >= error
    assert (c.lower > 0.05) == (error > 0.05)
    assert (c.upper <= 0.05) == (error <= 0.05)


def test_few_balls_are_spent_where_f_is_flat_and_groups_open_when_they_lead() -> None:
    p = uat.interpolate(PEAK, -1, 1, pieces=4000)
    search = Search(run_of(PEAK), cells_of(p, (-1, 1)), Goal(1e-3, 0.0, tol=0.05))
    search.search()
    assert search.boxes < 400
    fine = Search(run_of(PEAK), cells_of(p, (-1, 1)), Goal(1e-9, 0.0, tol=0.05))
    fine.search()
    lower, upper = fine.enclosure()
    assert search.boxes < fine.boxes < 4000
    assert upper <= lower + 1e-9 * 0.05
    x = np.linspace(0.25, 0.35, 200_001)
    assert np.abs(PEAK(x) - p(x)).max() == pytest.approx(upper, rel=1e-6)
