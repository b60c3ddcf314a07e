"""Files that were forged and signed anew: each must fail in `recheck`, for a reason that its sentence gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flint import arb, arb_series

import uat
from tests.bounds.saved import confirmed
from uat.bounds.recheck import recheck
from uat.bounds.recheck_formula import Formula
from uat.bounds.seen import seen_difference
from uat.exchange.json_file import checksum


def forged(path: Path, forge: Callable[[dict[str, Any]], Any]) -> str:
    """The sentence on the file after an edit; it must not be a confirmation."""
    content = json.loads(path.read_text())
    forge(content)
    content["sha256"] = checksum(content)
    other = path.with_name("forged.json")
    other.write_text(json.dumps(content))
    verdict = recheck(other, seconds=20)
    assert not verdict.ok, verdict.sentence
    assert "not a complete" not in verdict.sentence
    return verdict.sentence


def of_another_function(path: Path, text: str, values: Any, domain: tuple[float, float], upper: float) -> None:
    """An honest-looking file that claims `upper` between the formula and the chord through two values."""
    r = uat.approximate("0.5*x", domain, width=2)
    p = uat.PiecewiseAffine(np.array(domain, dtype=float), np.array(values, dtype=float))
    c = uat.Certificate(0.0, upper, domain[1], True)
    r = uat.Approximation(
        uat.ReluNet.from_piecewise(p), p, c, None, {"kind": "expression", "text": text, "variable": "x"}, None,
        "uniform", r.form, 0.1, r.provenance,
    )  # fmt: skip
    r.save(path)


@pytest.mark.parametrize("text", ["x**2.0", "x**(4/2)", "x**3.0", "x**-2.0", "x**(1+1)"])
def test_powers_with_whole_exponents_keep_the_negative_half(text: str) -> None:
    f, expression = Formula(text), uat.Formula(text)
    for low, high in ((-1.5, 0.25), (-1.5, -0.5), (0.5, 2.0)):
        image = f.hull(arb(low), arb(high))
        ball = f.series(arb_series([arb((low + high) / 2), 1], 3))
        for x in np.linspace(low, high, 7):
            if image.is_finite():
                assert float(image.lower()) - 1e-9 <= float(expression(x)) <= float(image.upper()) + 1e-9
        assert ball is not None
        assert float(ball[0]) == pytest.approx(float(expression((low + high) / 2)))
    assert text == "x**-2.0" or f.hull(arb(-1.5), arb(0.25)).is_finite()


@pytest.mark.parametrize(
    ("text", "domain", "values", "upper"),
    [
        ("x**2.0", (-1.0, 1.0), (0.0, 1.0), 0.6), ("x**3.0", (-1.0, 1.0), (0.0, 1.0), 0.6),
        ("x**(4/2)", (-1.0, 1.0), (0.0, 1.0), 0.6), ("sqrt(x)", (-1.0, 1.0), (0.5, 0.5), 0.5),
        ("x**0.5", (-1.0, 1.0), (0.5, 0.5), 0.5), ("x**(1/3)", (-1.0, 1.0), (0.5, 0.5), 0.5),
        ("arcsin(x)", (-9.0, 9.0), (0.0, 0.0), 1.6), ("xlogy(x, x)", (-5.0, 0.3), (-0.3, -0.3), 0.4),
        ("sqrt((x - 1/3)**2 - 1e-6)", (0.0, 1.0), (0.3, 0.3), 0.5),
        ("(x > 0.1) + (x > 0.9)", (0.0, 1.0), (0.5, 0.5), 2.0),
    ],
)  # fmt: skip
def test_formulas_that_are_not_what_the_file_says(
    tmp_path: Path, text: str, domain: tuple[float, float], values: tuple[float, float], upper: float
) -> None:
    path = tmp_path / "a.json"
    of_another_function(path, text, values, domain, upper)
    verdict = recheck(path)
    assert not verdict.ok, verdict.sentence


@pytest.mark.parametrize("text", ["sqrt(x)", "sqrt(1-x**2)", "x**0.5", "xlogy(x,x)", "arcsin(x)", "x**-2.0 + x**2.0"])
def test_functions_up_to_the_rim_of_their_domain_are_confirmed(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    uat.approximate(text, (0.5 if "-2.0" in text else 0.0, 1.0), tol=0.05).save(path)
    verdict = recheck(path)
    assert verdict.ok, verdict.sentence
    # the argument x itself is known to its ends; that 1 - x^2 is not negative at 1 is more than an enclosure can say
    assert ("taken for granted" in verdict.sentence) == (text == "sqrt(1-x**2)")


def test_a_power_without_end_and_a_spent_budget(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    of_another_function(path, "x**1000000000", (0.0, 1.0), (0.0, 1.0), 1.0)
    assert recheck(path).ok  # by squaring
    uat.approximate("sin(x)", (0, 6), tol=1e-4).save(path)
    verdict = recheck(path, seconds=1e-9)
    assert not verdict.ok
    assert "could not be confirmed in 1e-09 seconds" in verdict.sentence


def test_infinity_is_no_bound(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    uat.approximate("sin(x)", (0, 6), tol=1e-2).save(path)
    assert "infinite upper bound" in forged(path, lambda d: d["certificate"].update(upper=float("inf")))


def set_tube(d: dict[str, Any], **entries: Any) -> None:
    """Another tube, everywhere in the file where it is spoken of."""
    d["optimality"]["witness"].update(entries)
    d["provenance"]["arguments"].update({k: v for k, v in entries.items() if k in ("tol", "rtol", "side")})
    d["options"].update({k: v for k, v in entries.items() if k in ("rtol", "side")})
    if "tol" in entries:
        d["options"]["tol"] = entries["tol"]
        d["optimality"]["least_error"] = [0.0, entries["tol"]]


def all_knots(d: dict[str, Any]) -> None:
    w = d["optimality"]["witness"]
    w.update(kind="windows", knots=w["x"], pieces=len(w["x"]) - 1)
    d["optimality"].update(lower_bound=len(w["x"]) - 1)


def through(d: dict[str, Any]) -> None:
    w = d["optimality"]["witness"]
    w.update(kind="windows", through=w["x"], high=w["low"])


def outside(d: dict[str, Any]) -> None:
    w = d["optimality"]["witness"]
    w["x"][-1] = 7.0


FORGERIES: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "knots": (all_knots, "forces knots"),
    "through": (through, "forces knots"),
    "outside": (outside, "outside the domain"),
    "side of the witness": (lambda d: d["optimality"]["witness"].update(side="over"), "another tube"),
    "tol of the witness": (lambda d: d["optimality"]["witness"].update(tol=0.005), "another tube"),
    "tol of the options": (lambda d: d["options"].update(tol=0.5), "but says tol"),
    "within": (lambda d: d["optimality"].update(within="f ± 1e-09"), "within"),
    "a smaller tube": (
        lambda d: (set_tube(d, tol=0.001), d["optimality"].update(within="f ± 0.001")),
        "The claim is false",
    ),
    "a side": (
        lambda d: (set_tube(d, side="over"), d["optimality"].update(within="[f, f + 0.01]")),
        "The claim is false",
    ),
    "least error": (lambda d: d["optimality"].update(least_error=[0.5, 1.0]), "least error"),
    "least error reached": (lambda d: d["optimality"].update(least_error=[0.0, 1e-9]), "least error"),
    "no optimality but a side": (
        lambda d: (
            d.update(optimality=None),
            d["options"].update(method="graded"),
            d["provenance"]["arguments"].update(side="over"),
            d["options"].update(side="over"),
        ),
        "says nothing",
    ),
}


@pytest.mark.parametrize("name", sorted(FORGERIES))
def test_optimality_is_tied_to_its_tube(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.json"
    uat.approximate("sin(x)", (0, 6.25), tol=0.01, method="narrowest").save(path)
    forge, reason = FORGERIES[name]
    assert reason in forged(path, forge)


def test_the_least_error_is_not_above_the_error(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    uat.approximate("sin(x)", (0, 6.25), width=9, method="narrowest").save(path)

    def other_side(d: dict[str, Any]) -> None:
        d["optimality"]["error_witness"]["side"] = "over"

    assert "another tube" in forged(path, other_side)
    assert "no end" in forged(path, lambda d: d["optimality"]["least_error"].__setitem__(0, 2.0))


def test_a_line_that_crosses_f_is_not_one_sided(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    r = uat.approximate("sin(x)", (0, 6.25), tol=0.02, method="narrowest", side="over")
    r.save(path)
    assert "[f, f + 0.02]" in recheck(path).sentence

    def lower(d: dict[str, Any]) -> None:
        p = uat.PiecewiseAffine(r.piecewise.knots, r.piecewise.values - 0.008)  # nearer to f, and below it in places
        moved = uat.ReluNet.from_piecewise(p)
        d["piecewise"].update(values=p.values.tolist(), slopes=p.slopes.tolist(), intercepts=p.intercepts.tolist())
        d["network"].update(
            weights=moved.weights.tolist(), biases=moved.biases.tolist(), coefficients=moved.coefficients.tolist(),
            output_bias=moved.output_bias,
        )  # fmt: skip
        d["certificate"].update(lower=0.0)

    sentence = forged(path, lower)
    assert "The claim is false" in sentence
    assert "against the tube [f, f + 0.02]" in sentence


@pytest.mark.parametrize(
    "options",
    [
        {"tol": 0.01, "rtol": 0.05, "breaks": (0.5, 1.0)}, {"rtol": 0.05, "side": "under"},
        {"width": 2}, {"width": 5, "side": "over"}, {"tol": 0.01, "side": "under"},
    ],
)  # fmt: skip
def test_honest_optima_are_confirmed_and_say_their_tube(tmp_path: Path, options: dict[str, Any]) -> None:
    path = tmp_path / "a.json"
    r = uat.approximate("2 + sin(3*x)", (0, 1.5), method="narrowest", **options)
    r.save(path)
    verdict = recheck(path)
    assert verdict.ok, verdict.sentence
    assert r.optimality is not None
    assert r.optimality.within in verdict.sentence
    assert ("with knots at 0.5, 1" in verdict.sentence) == ("breaks" in options)


def says(path: Path, text: str, **claims: Any) -> str:
    """The verdict's sentence on a file after another formula and another claim were put in; it must not be ok."""

    def forge(d: dict[str, Any]) -> None:
        d["function"]["text"] = text
        d["certificate"].update(claims)

    return forged(path, forge)


@pytest.mark.parametrize(("scale", "wave", "upper"), [(2**100, 1e6, 0.0), (2**80, 900.0, 0.0), (2**80, 900.0, 5e-324)])
def test_large_values_elsewhere_hide_no_error(tmp_path: Path, scale: int, wave: float, upper: float) -> None:
    path = tmp_path / "a.json"
    uat.approximate(f"{scale}*relu(x-1)", (0, 2), width=3).save(path)
    text = f"{scale}*relu(x-1) + {wave}*sin(pi*x)"
    assert "The claim is false" in says(path, text, lower=0.0, upper=upper, where=1.0)


@pytest.mark.parametrize("wave", [1e-6, 1e6])
def test_large_values_here_hide_no_error(tmp_path: Path, wave: float) -> None:
    path = tmp_path / "a.json"
    uat.approximate(f"{2**100}*x", (0, 2), width=2).save(path)
    text = f"{2**100}*x + {wave}*sin(pi*x)"
    assert "The claim is false" in says(path, text, lower=0.0, upper=wave / 2, where=1.0)
    where = 0.5
    assert "but there it is" in says(path, text, lower=1.1 * wave, upper=2 * wave, where=where)


@pytest.mark.parametrize("where", [0.0, 0.5, 1.0, 2.0])
def test_a_difference_that_is_not_there(tmp_path: Path, where: float) -> None:
    path = tmp_path / "a.json"
    uat.approximate(f"{2**80}*relu(x-1)", (0, 2), width=3).save(path)
    text = f"{2**80}*relu(x-1)"
    assert "but there it is" in says(path, text, lower=1e-6, upper=900.0, where=where)
    if where <= 1:  # in float64 too: f and g are 0 there
        claims = {"lower": 1e-6, "upper": 900.0, "where": where, "assumes": ["f is nice"]}
        assert "but there it is" in says(path, text, **claims)


def test_the_verdict_prints_what_was_shown(tmp_path: Path) -> None:
    """The printed bounds are true: the upper one rounded up, the lower one down, and nothing that is allowed in it."""
    path = tmp_path / "a.json"
    for text, width in (("x**2", 2), ("sin(3*x)", 7), ("exp(x)", 4), ("x/3", 3)):
        r = uat.approximate(text, (0, 1), width=width)
        r.save(path)
        sentence = recheck(path).sentence
        assert float(sentence.split("sup|f - g| <= ")[1].split()[0]) >= r.certificate.upper
        assert float(sentence.split("; |f - g| >= ")[1].split()[0]) <= r.certificate.lower
    uat.approximate(f"{2**60}*relu(x-1)", (0, 2), width=3).save(path)
    d = json.loads(path.read_text())
    d["certificate"].update(lower=100.0, upper=8000.0, where=2.0, assumes=["f is nice"])
    d["sha256"] = checksum(d)
    path.write_text(json.dumps(d))
    assert "; |f - g| >= 0 at x = 2.0 (the file has 100, by f in float64)" in recheck(path).sentence


@pytest.mark.parametrize(
    ("text", "domain", "options"),
    [
        ("arccosh(x)", (1.0, 3.0), {"tol": 0.01}), ("arccosh(x)", (1.5, 3.0), {"tol": 0.01}),
        ("sin(1e30*x)", (0.0, 3e-30), {"tol": 0.01}), ("abs(1e40*x - 1)", (0.0, 3e-40), {"tol": 0.01}),
        ("sqrt(1e40*x)", (0.0, 3e-40), {"tol": 0.01}), ("exp(-1e60*x)", (0.0, 3e-60), {"tol": 1e-3}),
        ("2**-x", (0.0, 6.0), {"tol": 0.01, "method": "narrowest"}), ("x - x", (0.0, 1.0), {"width": 2}),
        ("4**(x/2)", (1.0, 3.0), {"tol": 0.01, "method": "narrowest"}), ("0.1*x", (0.0, 1.0), {"width": 2}),
        ("exp2(x)", (0.0, 4.0), {"tol": 0.01, "method": "narrowest"}), ("abs(x)", (-1.0, 3.0), {"tol": 1e-3}),
        ("log2(x)", (1.0, 8.0), {"tol": 0.01, "method": "narrowest"}), ("x/3 + 1e10", (0.0, 7.0), {"width": 4}),
        ("cbrt(x)", (1.0, 27.0), {"tol": 0.01, "method": "narrowest"}), ("max(x, 1/3)", (0.0, 1.0), {"tol": 1e-13}),
        ("1e300*relu(x-1)", (0.0, 2.0), {"width": 3}), ("sin(x)", (0.0, 1e-200), {"width": 4}),
        ("1e-300*sin(x)", (0.0, 1.0), {"width": 4}), ("abs(x - 1/3)", (0.0, 1.0), {"tol": 1e-15}),
        ("2**-x", (0.0, 6.0), {"tol": 0.01, "method": "narrowest", "side": "over"}),
        ("exp(100*x)", (0.0, 1.0), {"width": 9, "lipschitz": 100 * np.exp(100)}),
        ("sin(3*x)", (0.0, 1.0), {"width": 9, "lipschitz": 3.0}),
    ],
)  # fmt: skip
def test_honest_files_are_confirmed(
    tmp_path: Path, text: str, domain: tuple[float, float], options: dict[str, Any]
) -> None:
    confirmed(tmp_path, text, domain, options)


@pytest.mark.parametrize("text", ["sin(7*x)", "exp(30*x)", "1000*x**3 - 7*x + 1", "cos(40*x) - 0.3", "log(1 + x)"])
@pytest.mark.parametrize("width", [2, 9, 60])
def test_an_honest_estimate_is_a_true_difference(tmp_path: Path, text: str, width: int) -> None:
    path = tmp_path / "a.json"
    r = uat.approximate(text, (0.0, 1.3), width=width)
    replace(r, certificate=seen_difference(uat.Formula(text), r.piecewise)).save(path)
    verdict = recheck(path)
    assert not verdict.ok
    assert "it is a true difference; |f - g| >= " in verdict.sentence
