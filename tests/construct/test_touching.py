"""One-sided pieces that meet f at points: proven where f's value is a float, and never where p crosses f."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import uat
from uat import PiecewiseAffine
from uat._deadline import Deadline
from uat.construct import touching
from uat.construct.inside import in_constant_tube
from uat.construct.touching import left_over
from uat.construct.tube import Tube
from uat.given import resolve

NEVER = Deadline(None)


@pytest.mark.parametrize("side", ["under", "over"])
@pytest.mark.parametrize(
    ("f", "domain", "through", "tol"),
    [
        ("50*cos(x)", (-1, 1), [0], {"tol": 0.5}),  # a tangent, on the one side
        ("x**2", (0, 1), [0.5], {"tol": 0.003}),
        ("x**2", (-1, 2), [-1, 0.25, 1, 2], {"tol": 0.013}),  # several, and both ends
        ("sqrt(x)", (1, 9), [1, 4], {"tol": 0.013}),
        ("sqrt(x)", (1, 9), [4, 9], {"rtol": 0.01}),
        ("exp(x)", (-1, 1), [0], {"tol": 0.001, "rtol": 0.01}),
        ("exp(x)", (-1, 1), [0], {"pieces": 6}),
        ("abs(x)", (-1, 1), [0], {"tol": 0.01}),  # a kink of f
        ("2*x+1", (0, 1), [0.5], {"tol": 0.01}),
        ("x**3", (-1, 1), [0], {"tol": 0.01}),  # an inflection
    ],
)
def test_values_that_are_floats(
    f: str, domain: tuple[float, float], through: list[float], tol: dict[str, Any], side: str
) -> None:
    n = uat.narrowest(f, domain, through=through, side=side, **tol)
    assert n.proven, n.note
    assert n.minimal, n.note
    assert n.room == 0
    x = np.linspace(*domain, 2001)
    met = np.array(through, float)
    assert (n.piecewise(met) == resolve(f)[0](met)).all()
    beyond = (n.piecewise(x) - resolve(f)[0](x)) * (1 if side == "under" else -1)
    assert beyond.max() < 1e-13


# f(x) = x^2 at 1/2 has the slope 1; below it lie lines that are steeper to the left, and flatter to the right.
@pytest.mark.parametrize(
    ("left", "right", "side", "inside"),
    [
        (1.0 + 2**-20, 1.0 - 2**-20, "under", True),
        (1.0, 1.0, "under", True),  # the tangent
        (1.0, 1.0 + 2**-20, "under", False),
        (1.0 - 2**-20, 1.0, "under", False),
        (0.4, 1.6, "over", True),  # above the chords
        (1.0, 1.6, "over", False),
        (0.4, 1.0, "over", False),
    ],
)
def test_the_slopes_beside_a_point_decide(left: float, right: float, side: str, inside: bool) -> None:
    p = PiecewiseAffine([0.0, 0.5, 1.0], [0.25 - left / 2, 0.25, 0.25 + right / 2])
    tube = Tube(0.26, 0.0, side)
    rest = left_over(np.square, p, tube, np.array([0.5]), NEVER)
    verdict, c = in_constant_tube(np.square, p, tube, 1e-9, NEVER, rest=rest)
    assert verdict.inside == inside
    assert not inside or c.upper == 0.13


@pytest.mark.parametrize(("value", "inside"), [(0.25, True), (np.nextafter(0.25, 1), False), (0.2499, True)])
def test_the_value_may_lie_within_but_not_beyond(value: float, inside: bool) -> None:
    p = PiecewiseAffine([0.0, 0.5, 1.0], [-0.3, value, 0.7])
    rest = left_over(np.square, p, Tube(0.5, 0.0, "under"), np.array([0.5]), NEVER)
    assert (rest is not None) == inside


def test_the_other_wall_counts_too() -> None:
    """Of slope 8 from 1/2 to the left p lies under x^2, but no further than 0.01 for some 1/700."""
    p = PiecewiseAffine([0.0, 0.5, 1.0], [-3.75, 0.25, 0.5])
    tube = Tube(0.01, 0.0, "under")
    rest = left_over(np.square, p, tube, np.array([0.5]), NEVER)
    assert rest is not None
    assert 0.5 - 1 / 690 < rest[0][1] < 0.5
    verdict, _ = in_constant_tube(np.square, p, tube, 1e-6, NEVER, rest=rest)
    assert verdict.outside


def test_both_sides_black_boxes_and_no_time_leave_all_to_the_certificate() -> None:
    p, met = PiecewiseAffine([0.0, 0.5, 1.0], [-0.25, 0.25, 0.75]), np.array([0.5])
    assert left_over(np.square, p, Tube(0.3), met, NEVER) is None
    assert left_over(lambda x: float(x) ** 2, p, Tube(0.3, 0.0, "under"), met, NEVER) is None
    assert left_over(np.square, p, Tube(0.3, 0.0, "under"), met, Deadline(0.0)) is None


def test_nothing_is_left_of_a_line_that_is_f() -> None:
    p, tube = PiecewiseAffine([0.0, 1.0], [1.0, 3.0]), Tube(0.01, 0.0, "over")
    rest = left_over(lambda x: 2 * x + 1, p, tube, np.array([0.0, 1.0]), NEVER)
    assert rest == []
    assert in_constant_tube(lambda x: 2 * x + 1, p, tube, 1e-6, NEVER, rest=rest)[0].inside


def test_breaks_beside_the_point_are_kept() -> None:
    n = uat.narrowest("exp(x)", (-1, 1), tol=0.01, through=[0], breaks=[1e-8], side="under")
    assert {0.0, 1e-8} <= set(n.piecewise.knots.tolist())


def test_two_pieces_where_one_would_have_to_touch() -> None:
    n = uat.narrowest("2*x+1", (0, 1), tol=0.01, through=[0, 1], side="over")
    assert n.proven
    assert n.minimal or "they would have to touch f, from which the search keeps a little away" in n.note


def test_a_ball_ends_at_the_point_exactly() -> None:
    from flint import arb

    ball = arb(arb(0.25), 0.5 * touching._WITHIN)
    assert ball >= 0
    assert ball.contains(arb(0))
    assert ball.contains(arb(0.5))


@pytest.mark.parametrize(("f", "through", "side"), [("x**3-x", [0.25], "under"), ("1/(2+x)", [0.0], "under")])
def test_the_least_error_of_so_many_pieces(f: str, through: list[float], side: str) -> None:
    """Beside the point p is so near to f that a rough certificate would not tell."""
    n = uat.narrowest(f, (-1, 1), pieces=9, through=through, side=side)
    assert n.proven, n.note
    low, high = n.least_error
    assert 0 < low < high < low * (1 + 1e-3)
