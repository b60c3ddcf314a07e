"""Where f is unbounded, by its place, and where it only looks so."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

import uat
from uat import InputError
from uat.construct.poles import refuse_poles
from uat.given import resolve

EDGE = math.pi / 2 + 30 * math.pi  # a float beside the last of 31 poles: the last sample of any mesh


@pytest.mark.parametrize(
    ("f", "domain", "place"),
    [
        ("tan(x)", (0, EDGE), math.pi / 2),  # a sample of 1e14 hides the others from a comparison of sizes
        ("tan(x)", (1, 2), math.pi / 2),
        ("1/(x-0.3)", (0, 1), 0.3),
        ("log(abs(x-0.3))", (0, 1), 0.3),
        ("1e6+log(abs(x-0.3))", (0, 1), 0.3),
        ("abs(x-0.3)**-0.01", (0, 1), 0.3),
        ("1/cos(1.5*arccos(x))", (-1, 0), -1.0),  # in floats finite even at the pole
        ("sin(x)/x+1/(x-0.7)", (-1, 1.5), 0.7),  # behind a removable singularity
        ("sin(1/x)/x", (-1, 1.5), 0.0),
        ("exp(1/x)", (-1, 1.5), 0.0),
        ("1/(x*x-0.09)", (0, 1), 0.3),
    ],
)
def test_a_pole_is_named(f: str, domain: tuple[float, float], place: float) -> None:
    with pytest.raises(
        InputError, match="`f` must be finite on the interval, but it has no finite enclosure near"
    ) as e:
        refuse_poles(resolve(f)[0], domain)
    named = re.search(r"near x = (\S+) and grows there: f\((\S+)\) is ", str(e.value))
    assert named is not None
    assert float(named[1]) == pytest.approx(place, abs=1e-9 * (domain[1] - domain[0]))
    assert domain[0] <= float(named[2]) <= domain[1]


@pytest.mark.parametrize(
    ("f", "domain"),
    [
        ("sin(x)/x", (-1, 1.5)),
        ("(1-cos(x))/x**2", (-1, 1)),  # balls of 64 bits see noise of any size
        ("1/(exp(x)-1)-1/x", (-1, 1.7)),
        ("x*log(abs(x))", (-1, 1.5)),
        ("sin(1/x)", (-1, 1.5)),
        ("exp(-1/x**2)", (-1, 1.5)),
        ("1/(1e-20+(x-0.3)**2)", (0, 1)),  # 1e20 is finite
        ("log(x)", (1e-20, 1)),
        ("log(1+4*0.9999999*(x**2-x))", (0, 1)),
        ("where(x>0.3,1/x,2)", (0, 1)),
    ],
)
def test_what_only_looks_like_a_pole(f: str, domain: tuple[float, float]) -> None:
    refuse_poles(resolve(f)[0], domain)


def test_a_black_box_has_no_place_to_name() -> None:
    refuse_poles(math.tan, (1, 2))


def test_looking_for_poles_ends() -> None:
    """Of f that has no enclosure anywhere (a hundred removable singularities) the first few are looked at."""
    calls = 0

    def many(x: Any) -> Any:
        nonlocal calls
        calls += 1
        return np.sin(1000 * x) / np.sin(1000 * x)

    refuse_poles(many, (0, 1))
    assert calls < 10_000


def test_narrowest_names_a_pole_beside_which_a_sample_lies() -> None:
    with pytest.raises(InputError, match=r"has no finite enclosure near x = 1\.57079"):
        uat.narrowest("tan(x)", (0, EDGE), tol=0.1)
