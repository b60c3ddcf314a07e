"""The verdict "inside the tube" is proven, tight, and never given to a function that leaves it."""

from __future__ import annotations

import numpy as np
import pytest

import uat
from uat import PiecewiseAffine
from uat._deadline import Deadline
from uat.construct.inside import in_constant_tube, in_relative_tube
from uat.construct.tube import Tube

NEVER = Deadline(None)
# The chord of x^2 on [0, 1] is above by at most 1/4, at 1/2, and never below.
CHORD = PiecewiseAffine([0.0, 1.0], [0.0, 1.0])


@pytest.mark.parametrize(
    ("tol", "side", "inside"),
    [(0.26, "both", True), (0.24, "both", False), (0.24, "over", False), (0.26, "under", False)],
)
def test_constant_tubes(tol: float, side: str, inside: bool) -> None:
    verdict, _ = in_constant_tube(np.square, CHORD, Tube(tol, 0.0, side), 1e-6, NEVER)
    assert (verdict.inside, verdict.outside, verdict.proven) == (inside, not inside, True)


def test_one_sided_needs_a_little_room_below() -> None:
    raised = PiecewiseAffine([0.0, 1.0], [0.001, 1.001])
    verdict, _ = in_constant_tube(np.square, raised, Tube(0.26, 0.0, "over"), 1e-6, NEVER)
    assert verdict.inside
    sunk = PiecewiseAffine([0.0, 1.0], [-0.001, 0.999])
    verdict, _ = in_constant_tube(np.square, sunk, Tube(0.26, 0.0, "over"), 1e-6, NEVER)
    assert verdict.outside


@pytest.mark.parametrize("side", ["both", "over", "under"])
def test_relative_tubes_piece_by_piece(side: str) -> None:
    """exp on [0, 2] within 1 %: the found function is inside; with its second value pushed out by 3 % it is not."""
    tube = Tube(0.0, 0.01, side)
    p = uat.narrowest(np.exp, (0, 2), rtol=0.01, side=side).piecewise
    good = in_relative_tube(np.exp, p, tube, 1e-4, NEVER)
    assert good.inside
    assert good.ratio <= 1
    values = p.values.copy()
    values[1] *= 1.03
    bad = in_relative_tube(np.exp, PiecewiseAffine(p.knots, values), tube, 1e-4, NEVER)
    assert not bad.inside
    assert bad.outside


def test_the_first_piece_outside_is_not_forgotten() -> None:
    """Outside on the first piece, inside on the second."""
    p = PiecewiseAffine([0.0, 1.0, 2.0], [2.0, 1.0, 1.0])
    verdict = in_relative_tube(lambda x: 1 + 0 * x, p, Tube(0.0, 0.1), 1e-3, NEVER)
    assert not verdict.inside
