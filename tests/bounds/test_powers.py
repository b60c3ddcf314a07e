"""Powers with exponents that are no constants, and other places where f may have a value though a part has none."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flint import arb, arb_series
from hypothesis import given
from hypothesis import strategies as st

import uat
from tests import on_balls  # noqa: F401 - rules under NumPy's names
from tests.bounds.test_recheck import rewrite
from tests.on_balls import run_of
from uat.balls.evaluation import NotProvableError
from uat.balls.intervals import Interval
from uat.bounds.boxes import Cell, examine
from uat.bounds.recheck import recheck
from uat.bounds.recheck_formula import Formula

pytestmark = pytest.mark.filterwarnings("ignore::uat.bounds.certification.NotProvenWarning")
ZERO = (0.0, 0.0)
quarters = st.integers(-12, 12).map(lambda n: n / 4)
pairs = st.tuples(quarters, quarters).map(sorted)


def checked(low: float, high: float, c: float, d: float) -> tuple[Any, Any]:
    """[low, high]**[c, d] by the certifier and by the checker: an end is nan where nothing is known."""
    x, exponent = Interval(arb(low), arb(high)), Interval(arb(c), arb(d))
    text = f"x**({c!r} + {d - c!r}*where(x - x == 0, 1, 0))"  # undecided on a ball that is no point
    independent = Formula(text).hull(arb(low), arb(high))
    return x**exponent, Interval(independent.lower(), independent.upper())


@given(base=pairs, exponent=pairs)
def test_every_real_power_lies_in_the_enclosures(base: list[float], exponent: list[float]) -> None:
    low, high = base
    if low == high:
        high += 0.25
    for image in checked(low, high, *exponent):
        if not image.low.is_finite():
            continue
        for b in np.linspace(low, high, 9).tolist():
            for p in {*np.linspace(*exponent, 9).tolist(), *range(math.ceil(exponent[0]), math.floor(exponent[1]) + 1)}:
                if (b == 0 and p < 0) or (b < 0 and p != int(p)):
                    continue
                power = (
                    arb(b) ** arb(p)
                    if p != int(p)
                    else arb((Fraction(b) ** int(p)).numerator) / arb((Fraction(b) ** int(p)).denominator)
                )
                assert image.low <= power.upper(), (b, p)
                assert power.lower() <= image.high, (b, p)


@pytest.mark.parametrize(
    ("base", "exponent", "image"),
    [
        ((-5, -5), (1, 2), (-5, 25)),
        ((-3, -2), (1.5, 3.5), (-27, 9)),
        ((-2, -1), (0, 5), (-32, 16)),
        ((-2, -1), (-3, -2), (-1, 1)),
        ((-2, 3), (0.5, 1), (-2, 3)),
        ((-2, 3), (0.25, 0.75), (0, 3**0.75)),
        ((-4, 0), (0.5, 2.5), (-4, 16)),
    ],
)
def test_a_negative_number_has_its_whole_powers_and_no_others(base: Any, exponent: Any, image: Any) -> None:
    power = Interval(arb(base[0]), arb(base[1])) ** Interval(arb(exponent[0]), arb(exponent[1]))
    assert (float(power.low), float(power.high)) == pytest.approx(image, rel=1e-7)  # a ball's radius has 30 bits
    (sentence,) = power.assumed
    assert "a power that is not an integer is >= 0" in sentence


@pytest.mark.parametrize("exponent", [(0.25, 0.75), (-1.75, -1.25)])
def test_without_a_whole_exponent_a_negative_number_has_no_power(exponent: Any) -> None:
    power = Interval(arb(-3), arb(-2)) ** Interval(arb(exponent[0]), arb(exponent[1]))
    assert power.reason == "a negative number to a power that is not an integer"


@pytest.mark.parametrize("exponent", [(1, 2.0**60), (2.0**70, 2.0**80), (1, 2.0**1000)])
def test_whole_exponents_beyond_counting_are_no_proof(exponent: Any) -> None:
    power = Interval(arb(-3), arb(2)) ** Interval(arb(exponent[0]), arb(exponent[1]))
    assert not power.low.is_finite()
    assert not Formula(f"x**where(x > 0, 1, {exponent[1]:.0f}.0)").hull(arb(-3), arb(2)).is_finite()


def test_exponents_without_end_are_no_proof() -> None:
    text = "(x - 9)**exp(exp(17 + x))"
    assert not Formula(text).hull(arb(-1), arb(1)).is_finite()
    assert not uat.certify(uat.Formula(text), ZERO, (-1, 1), seconds=1).proven


def test_the_slopes_of_a_power_where_its_exponent_passes_a_whole_number() -> None:
    slope = 3 * (arb(3).log() + arb(1) / 3)
    assert Formula("(2 + x)**x").series(arb_series([1, 1], 3))[1].overlaps(slope)
    assert Formula("(2 + x)**(1 + 0*x)").series(arb_series([1, 1], 3))[1] == 1


# the text, the domain, and the least upper bound of |f|, by hand
NEGATIVE_BASES = [
    ("where(x<0,-exp(-1000*(x+0.7)**2),0.1*x)**where(x<0,1,0.5)", (-2, 2), 1.0),
    ("where(x==0.3,-5,abs(x))**where(x==0.3,1,0.5)", (-1, 1), 5.0),
    ("where(x==0.3,-5,abs(x))**where(x==0.3,3,0.5)", (-1, 1), 125.0),
    ("x**where(x<0,2,0.5)", (-3, 2), 9.0),
    ("x**where(x<0,-2,0.5)", (-3, -1), 1.0),
    ("(x - 2)**(where(x<0.3,1,2)*1.0)", (-1, 1), 3.0),
    ("(x - 3)**floor(2.5 + x)", (-1, 1), 15.625),
    ("x**((1/3)*3)", (-2, 1), 2.0),
    ("where(x==1/3,-7,1 + x)**where(x==1/3,1,1/3)", (0, 1), 7.0),
]  # fmt: skip


@pytest.mark.parametrize(("text", "domain", "largest"), NEGATIVE_BASES)
def test_no_certificate_lies_below_a_whole_power_of_a_negative_base(text: str, domain: Any, largest: float) -> None:
    c = uat.certify(uat.Formula(text), ZERO, domain, seconds=5)
    assert c.lower <= largest <= c.upper
    assert not c.proven or c.upper <= max(largest * 1.02, 1e9 if "==" in text else 0)


@pytest.mark.parametrize(("text", "domain", "largest"), [case for case in NEGATIVE_BASES if "1/3)*3" not in case[0]])
def test_the_checker_confirms_nothing_below_it(text: str, domain: Any, largest: float, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    p = uat.PiecewiseAffine([float(domain[0]), 0.5 * (domain[0] + domain[1]), float(domain[1])], [0.0, 0.0, 0.0])
    uat.approximate("0*x + 0", domain, width=3).save(path)
    data = json.loads(path.read_text())
    assert data["piecewise"]["values"] == p.values.tolist()
    data["function"]["text"] = text
    claim = data["certificate"]
    for upper, true in ((0.98 * largest, False), (1.5 * largest, True)):
        claim.update(lower=0.0, upper=upper, proven=True)
        rewrite(path, data, sign=True)
        verdict = recheck(path, 5)
        assert verdict.ok == true, verdict.sentence


def test_whole_numbers_to_whole_powers() -> None:
    c = uat.certify(lambda x: np.where(x < 0, -2, 3) ** np.where(x < 0.5, 1, 2) + 0.0 * x, ZERO, (-1, 1))
    assert c.lower <= 9 <= c.upper


def test_fmax_and_fmin_drop_what_is_undefined() -> None:
    def hidden(x: Any) -> Any:
        return np.sqrt(np.where(x == 0.3, -5, np.abs(x) + 1))

    for f, least in ((lambda x: np.fmax(hidden(x), -7), 7), (lambda x: -np.fmin(-hidden(x), 7.0), 7)):
        with np.errstate(invalid="ignore"):
            assert f(np.array([0.3])) == -7
        c = uat.certify(f, ZERO, (-1, 1), seconds=3)
        assert not c.proven or c.upper >= least
    kept = uat.certify(lambda x: np.fmax(np.sqrt(x - x**2), 0), ZERO, (0, 1))
    assert kept.proven
    assert kept.upper == pytest.approx(0.5, rel=0.02)


def test_the_checker_takes_no_comparison_with_a_cut_number() -> None:
    """NumPy finds nan < 1 false, so f(0.3) is 100 in floats, and nothing in real numbers."""
    f = Formula("where(sqrt(where(x==0.3,-5,abs(x)/9)) < 1, 0, 100)")
    assert not f.hull(arb(0.25), arb(0.5)).is_finite()
    assert not f.range(arb("0.3")).is_finite()
    assert f.range(arb(0.25)) == 0
    kept = Formula("sqrt(x) + where(x < 1, 0, 100)")
    assert kept.hull(arb(-1), arb(0.5)).is_finite()
    assert kept.clipped == {"the argument of sqrt is >= 0"}


def test_bounds_that_exclude_one_another_are_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of(np.sin)
    cell = Cell(0.0, 1.0, arb(0), arb(0), arb(0), arb(1))
    above = examine(run, cell, 0.0, 1.0, 64)
    above.bottom, above.top = 7.0, 8.0
    with pytest.raises(NotProvableError, match=r"near x = 0\.25 have nothing in common"):
        examine(run, cell, 0.0, 0.5, 64, above)
    monkeypatch.setattr("uat.bounds.bisection.Search.upper", lambda self: -1.0)
    c = uat.certify(np.sin, ZERO, (0, 1))
    assert not c.proven
    assert "f was seen outside its own enclosure" in c.note
