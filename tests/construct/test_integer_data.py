"""Whatever type the data come in, a theorem is about the numbers that were given: against exact rationals of them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from tests.oracles_construct import windows_links
from uat import InputError
from uat._checks import show
from uat.construct.fewest_pieces import narrowest
from uat.construct.tube import Tube
from uat.piecewise import affine_on_cells

OFFSETS = (0, 100, 2**24, 2**31, 2**52, 2**53 - 4, 2**53, 1_465_000_000_000_000_000, 2**60, 2**62, 2**63 - 2**30)
KINDS = ("int64", "uint64", "python", "mixed", "float32", "longdouble")


def rational(value: Any) -> Fraction:
    return Fraction(*value.as_integer_ratio()) if hasattr(value, "as_integer_ratio") else Fraction(int(value))


def column(rng: np.random.Generator, kind: str, whole: list[int]) -> Any:
    """Integers around an offset, in one of the types that data come in."""
    scale = 2 ** int(rng.choice([0, 0, 1, 3, 8, 11])) * int(rng.choice([1, 1, 1000, 3]))
    offset = int(rng.choice(OFFSETS)) * int(rng.choice([1, -1] if kind != "uint64" else [1]))
    numbers = [offset + scale * w for w in whole]
    if kind == "uint64":
        numbers = [n + 2**63 * int(offset > 0) for n in numbers]
        numbers = [n - min(0, *numbers) for n in numbers]
    if kind in ("int64", "uint64"):
        return np.array(numbers, kind)
    if kind == "python":
        return numbers
    if kind == "mixed":  # NumPy makes floats of integers beside a float
        return [float(numbers[0]), *numbers[1:]]
    if kind == "float32":
        return np.array(numbers, np.float32)
    return np.array(numbers, np.longdouble) / int(rng.choice([1, 1, 4, 3]))


def check(seed: int) -> str:
    """One random set; what came of it, in a word."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 7))
    kinds = rng.choice(KINDS, 2)
    x = column(rng, kinds[0], np.cumsum(rng.integers(int(rng.integers(0, 2)), 4, n)).tolist())
    if rng.random() < 0.5:
        y = column(rng, kinds[1], rng.integers(-8, 9, n).tolist())
    else:
        y = (rational(v) for v in x)  # a slope of the data as given, which rounding would bend
        y = [float(round((v - rational(x[0])) / int(rng.choice([1, 2, 1000])), 0)) for v in y]
    tol, side = float(rng.choice([0.1, 0.5, 1.0, 100.0])), str(rng.choice(["both", "over", "under"]))
    at, values = [rational(v) for v in x], [rational(v) for v in y]
    if max(map(float, np.abs([float(v) for v in values]))) * 2.0**-50 > tol:
        tol = 2.0**-40 * float(max(map(abs, values)))
    rounded = [
        (name, k, v) for name, data in (("x", x), ("y", y)) for k, v in enumerate(data) if rational(v) != float(v)
    ]
    try:
        found = narrowest((x, y), tol=tol, side=side)
    except InputError as error:
        sentence = str(error)
        if rounded:
            name, k, v = rounded[0]
            assert sentence.startswith(
                f"`{name}` must be exact in float64, but {name}[{k}] = {show(v)} is no float64; "
            ), sentence
            return "rounded"
        if "different entries" in sentence:
            assert len(set(at)) == 1
            assert sentence.endswith(f"all {n} are {float(at[0])!r}.")
            return "one abscissa"
        assert sentence.startswith("the tolerance is out of reach: the values at x = "), sentence
        assert windows(at, values, tol, side) is None
        return "spread"
    assert not rounded
    open_there = windows(at, values, tol, side)
    assert open_there is not None
    fewest = windows_links(*open_there)
    assert found.lower_bound <= fewest
    knots, heights = (
        np.array([Fraction(v) for v in a.tolist()]) for a in (found.piecewise.knots, found.piecewise.values)
    )
    off = [p - v for p, v in zip(affine_on_cells(knots, heights, np.array(at)), values, strict=True)]
    low, high = (0 if side == "over" else -Fraction(tol)), (0 if side == "under" else Fraction(tol))
    assert found.certificate.lower <= max(map(abs, off)) <= found.certificate.upper
    inside = all(low <= v <= high for v in off)
    assert inside or not found.proven
    if found.proven:
        assert found.pieces >= fewest
        assert found.minimal == (found.pieces == found.lower_bound)
        assert not found.minimal or found.pieces == fewest
        if found.pieces > fewest:
            assert found.lower_bound == fewest  # points a few floats apart, between which no knot fits where it must
            assert f"whether {fewest} pieces could do is a tie" in found.note
            return "more pieces"
        return "minimal" if found.minimal else "fewest, not proven"
    assert not inside
    assert found.note
    return "outside" if found.outside else "tied"


def windows(x: list[Fraction], y: list[Fraction], tol: float, side: str) -> Any:
    """Abscissae, and what the values at each leave open; None where they leave nothing."""
    tube, at = Tube(Fraction(tol), Fraction(0), side), sorted(set(x))
    values = [np.array([v for t, v in zip(x, y, strict=True) if t == u], dtype=object) for u in at]
    lower, upper = [max(tube.lower(v)) for v in values], [min(tube.upper(v)) for v in values]
    return (at, lower, upper) if all(lo <= hi for lo, hi in zip(lower, upper, strict=True)) else None


def test_no_theorem_is_about_rounded_numbers() -> None:
    came = [check(seed) for seed in range(60)]
    assert {"minimal", "rounded", "one abscissa"} <= set(came)


@pytest.mark.nightly
@pytest.mark.parametrize("start", range(0, 2000, 100))
def test_two_thousand_random_sets_of_integers(start: int) -> None:
    came = [check(seed) for seed in range(start, start + 100)]
    assert came.count("minimal") > 20
    assert sum(map(came.count, ("more pieces", "tied", "fewest, not proven"))) <= 6
