"""The search ends where nothing can be gained: at a place without any enclosure, and where floats leave no gap."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import gammaln

import uat
from uat import Certificate


def certificate(f: Callable[[Any], Any], g: tuple[float, float], domain: tuple[float, float]) -> Certificate:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", uat.NotProvenWarning)
        return uat.certify(f, g, domain, rel=0)


@pytest.mark.parametrize(
    ("f", "domain"),
    [(np.log1p, (-3, 1)), (gammaln, (-0.7, -0.3)), (lambda x: 1 / x, (-1, 2)), (lambda x: x * x, (0, 1e200))],
)
def test_a_place_without_an_enclosure_is_found_at_once(f: Callable[[Any], Any], domain: tuple[float, float]) -> None:
    class Counted:
        calls = 0

        def __call__(self, x: Any) -> Any:
            self.calls += not isinstance(x, (float, np.ndarray))
            return f(x)

    counted = Counted()
    c = certificate(counted, (0.0, 0.5), domain)
    assert not c.proven
    assert np.isinf(c.upper)
    assert "f has no enclosure near x = " in c.note or "f - g overflows float64" in c.note
    assert counted.calls < 2000  # 44 halvings; breadth first it were 200 000 boxes


@pytest.mark.parametrize("domain", [(0, 1e-200), (0, 1e-170), (-1e-162, 1e-163)])
def test_no_float_between_the_ends_ends_the_search(domain: tuple[float, float]) -> None:
    c = certificate(lambda x: x * x, (0.0, 0.0), domain)
    assert c.proven
    assert c.boxes < 1000
    assert c.upper <= max(np.nextafter(c.lower, np.inf), 5e-324)


def test_places_without_a_bound_do_not_hide_what_is_bounded() -> None:
    # x ln|x| has no enclosure while 0 is inside a box: boxes away from 0 have one, and the search ends with a reason
    c = certificate(lambda x: np.log(np.abs(x)), (0.0, 0.0), (-1, 1.5))
    assert not c.proven
    assert "f has no enclosure near x = " in c.note


def test_a_place_that_has_a_bound_when_it_is_small_enough_is_no_end() -> None:
    # on the whole domain the denominator's enclosure contains 0, on a part of it it does not
    c = uat.certify(lambda x: 1 / (x * x - x + 0.3), (0.0, 10.0), (-3, 4))
    assert c.proven
    assert c.upper <= 1.01 * c.lower


@pytest.mark.parametrize("domain", [(0, 1), (-1, 0)])
def test_the_value_at_a_single_float_is_seen(domain: tuple[float, float]) -> None:
    """0.25 at 0 and 0 elsewhere: floats end there, and then both ends of the box are looked at."""
    for f in (
        lambda x: np.where(x == 0, 0.25, 0.0) + 0 * x,
        lambda x: np.heaviside(-x * (1 - 2 * (domain[0] < 0)), 0.25),
    ):
        c = uat.certify(f, (0.0, 0.0), domain)
        assert (c.lower, c.upper, c.where) == (0.25, 0.25, 0.0)
