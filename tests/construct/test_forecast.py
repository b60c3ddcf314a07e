"""How many pieces a tolerance asks for, from the first mesh: never more than are needed where it is called proven."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest

import uat
from uat import InputError
from uat.construct.forecast import MOST_PIECES, expected_pieces, proven_pieces
from uat.construct.tube import Tube
from uat.given import resolve

X = np.linspace(0.0, 1.0, 129)


@pytest.mark.parametrize("tol", [1e-4, 3e-7, 1e-13])
@pytest.mark.parametrize("side", ["both", "over"])
def test_a_parabola(tol: float, side: str) -> None:
    """x^2 on [0, 1] needs 1/sqrt(8 w) pieces, w half the tube's width (theory C5); cells lose a triple each at most."""
    tube = Tube(tol, 0.0, side)
    needed = 1 / math.sqrt(8 * tol / (1 if side == "both" else 2))
    assert needed - 129 <= proven_pieces(np.square, X, tube) <= math.ceil(needed)
    assert expected_pieces(X, X**2, tube) == pytest.approx(needed, rel=0.01)


@pytest.mark.parametrize(
    ("f", "domain", "question"),
    [
        ("sin(x)", (0, 6), {"tol": 1e-4}),
        ("exp(x)", (0, 3), {"tol": 1e-4, "side": "under"}),
        ("tanh(x)", (-5, 5), {"tol": 1e-4}),
        ("2+sin(x)", (0, 6), {"tol": 1e-9, "rtol": 1e-4}),
        ("2+sin(x)", (0, 6), {"tol": 1e-9, "rtol": 1e-4, "side": "over"}),
        ("abs(sin(x))", (-1, 2), {"tol": 1e-4}),  # a kink, beside which nothing is claimed
    ],
)
def test_what_is_proven_is_needed_and_what_is_expected_is_near(
    f: str, domain: tuple[float, float], question: dict[str, Any]
) -> None:
    n = uat.narrowest(f, domain, **question)
    assert n.minimal
    x, g = np.linspace(*domain, 129), resolve(f)[0]
    assert n.pieces / 3 < proven_pieces(g, x[::8], n.tube) <= n.pieces
    assert expected_pieces(x, g(x), n.tube) == pytest.approx(
        n.pieces, rel=0.45 if n.tube.rtol and n.tube.side != "both" else 0.2
    )


def test_nothing_is_proven_of_a_black_box_nor_of_what_is_no_function() -> None:
    assert proven_pieces(math.exp, X, Tube(1e-9)) == 1
    with pytest.raises(uat.InputError, match="random numbers"):
        proven_pieces(lambda x: np.random.default_rng().random() * x**2, X, Tube(1e-9))
    assert proven_pieces(lambda x: 3 * x + 1, X, Tube(1e-9)) == 1


@pytest.mark.parametrize("seconds", [None, 0.5])
@pytest.mark.parametrize(
    ("f", "domain", "tol", "least"),
    [
        ("1e15*sin(x)", (0, 6), 1, r"3\.64e\+07"),
        (np.sin, (0, 6), 1e-13, r"3\.64e\+06"),
        ("x**2", (0, 1), 1e-13, r"1\.12e"),
    ],
)
def test_a_proven_multitude_is_refused_at_once(
    f: Any, domain: tuple[float, float], tol: float, least: str, seconds: float | None
) -> None:
    calls = 0

    def counted(x: Any) -> Any:
        nonlocal calls
        calls += 1
        return f(x)

    f = resolve(f)[0] if isinstance(f, str) else f
    with pytest.raises(
        InputError, match=rf"fewer than {MOST_PIECES} pieces can keep, but .* asks for at least {least}"
    ):
        uat.narrowest(counted, domain, tol=tol, seconds=seconds)
    assert calls < 1000  # the first mesh, the look for poles, two balls a cell


def test_an_expected_multitude_is_told_and_tried() -> None:
    with pytest.warns(uat.NotProvenWarning) as told:
        n = uat.narrowest(lambda x: 1e15 * math.sin(x), (0, 6), tol=1, seconds=0.2)
    assert str(told[0].message).startswith(
        "f ± 1 is expected to need some 3.7e+07 pieces (theory C1), more than the 5000"
    )
    assert told[0].category is uat.ToleranceWarning
    assert told[0].filename == __file__
    assert n.stopped
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not uat.narrowest("exp(10*x)", (0, 1), tol=1.0).stopped  # many, but no multitude
