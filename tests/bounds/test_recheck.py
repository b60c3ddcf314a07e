"""The independent checker: confirms what was saved, refuses what was edited, and shares no code with the certifier."""

from __future__ import annotations

import ast
import copy
import hashlib
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from flint import arb, arb_series, ctx

import uat
from uat.bounds import recheck as module
from uat.bounds.recheck import recheck
from uat.bounds.recheck_formula import Formula, FormulaError
from uat.bounds.recheck_rules import ALIASES, RANGES, SERIES
from uat.formula.vocabulary import FUNCTIONS


def saved(path: Path, f: Any, domain: tuple[float, float] | None = None, pieces: int = 8) -> dict[str, Any]:
    r = uat.approximate(f, domain, width=pieces + 1)
    r = replace(r, certificate=uat.certify(f, r.piecewise))
    r.save(path)
    data: dict[str, Any] = json.loads(path.read_text())
    return data


def rewrite(path: Path, data: dict[str, Any], sign: bool) -> None:
    """Write an edited file; with `sign`, the forger computes the checksum anew."""
    if sign:
        content = {key: value for key, value in data.items() if key != "sha256"}
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        data = {**content, "sha256": hashlib.sha256(text.encode()).hexdigest()}
    path.write_text(json.dumps(data))


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("sin(x)", (0, 6)), ("abs(x - 1/3)", (0, 1)), ("sqrt(x)", (0, 1)), ("x**0.3", (0, 1)), ("-xlogy(x, x)", (0, 1)),
        ("max(x, x**2 - 1)", (-3, 3)), ("where(x > 0.3, sin(x), cos(x))", (0, 1)), ("sinc(x)", (-2, 2)),
        ("exp(-((x - 0.123456)*1e4)**2)", (0, 1)), ("j0(x) + j1(x)", (0, 9)), ("arcsin(x)", (-1, 1)),
    ],
)  # fmt: skip
def test_confirms_what_certify_proved(tmp_path: Path, text: str, domain: tuple[float, float]) -> None:
    path = tmp_path / "a.json"
    data = saved(path, uat.Formula(text), domain)
    verdict = recheck(path)
    assert verdict.ok, verdict.sentence
    assert verdict.upper == data["certificate"]["upper"]
    assert verdict.boxes >= 8


def test_confirms_a_target_by_its_formula(tmp_path: Path) -> None:
    saved(tmp_path / "a.json", uat.target("gelu"))
    assert recheck(tmp_path / "a.json").ok


def test_every_edited_number_fails(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    data = saved(path, uat.Formula("exp(x)*sin(3*x)"), (0, 2))
    places = [("certificate", key) for key in ("lower", "upper", "where", "boxes", "bits")]
    places += [("network", "output_bias"), ("function", "domain", 0), ("function", "domain", 1)]
    for section, keys in (
        ("piecewise", ("breakpoints", "values", "slopes", "intercepts")),
        ("network", ("weights", "biases", "coefficients")),
    ):
        places += [(section, key, k) for key in keys for k in range(len(data[section][key]))]
    for place in places:
        edited = copy.deepcopy(data)
        inner: Any = edited
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = np.nextafter(inner[place[-1]], 1e9) if isinstance(inner[place[-1]], float) else 3
        rewrite(path, edited, sign=False)
        verdict = recheck(path)
        assert not verdict.ok, place
        assert "checksum" in verdict.sentence


def test_a_forger_who_signs_is_caught_by_the_mathematics(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    data = saved(path, uat.Formula("exp(x)*sin(3*x) + 1"), (0, 2))
    upper = data["certificate"]["upper"]
    places: list[tuple[Any, ...]] = [("certificate", "lower"), ("network", "output_bias")]
    for section, keys in (
        ("piecewise", ("breakpoints", "values", "slopes", "intercepts")),
        ("network", ("weights", "biases", "coefficients")),
    ):
        places += [(section, key, k) for key in keys for k in range(len(data[section][key]))]
    places += [("function", "domain", 0), ("function", "domain", 1)]
    for place in places:
        edited = copy.deepcopy(data)
        inner: Any = edited
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = inner[place[-1]] * (1 + 1e-3) + 1e-3 * upper
        rewrite(path, edited, sign=True)
        verdict = recheck(path)
        assert not verdict.ok, place
        assert "checksum" not in verdict.sentence
    edited = copy.deepcopy(data)
    edited["certificate"]["upper"] = upper * 0.98
    edited["certificate"]["lower"] = 0.0
    rewrite(path, edited, sign=True)
    assert "The claim is false" in recheck(path).sentence


def test_consistent_lies_are_found(tmp_path: Path) -> None:
    """A net and its pieces moved together: only the comparison with f can tell."""
    path = tmp_path / "a.json"
    f = uat.Formula("sin(x)")
    r = uat.approximate(f, (0, 3), width=9)
    c = uat.certify(f, r.piecewise)
    values = r.piecewise.values.copy()
    values[4] += 2 * c.upper
    p = uat.PiecewiseAffine(r.piecewise.knots, values)
    replace(r, piecewise=p, net=uat.ReluNet.from_piecewise(p), certificate=c).save(path)
    assert "but there it is" in recheck(path).sentence
    replace(r, piecewise=p, net=uat.ReluNet.from_piecewise(p), certificate=replace(c, lower=0.0)).save(path)
    assert "The claim is false" in recheck(path).sentence
    other = replace(r, certificate=c, source={"kind": "expression", "text": "sin(x) + 0.1*x"})
    other.save(path)
    assert not recheck(path).ok


def test_what_cannot_be_checked_is_not_confirmed(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with pytest.warns(uat.NotProvenWarning):
        saved(path, lambda x: math.sin(x), (0, 3))
    assert "cannot be checked independently" in recheck(path).sentence
    assert not recheck(path).ok
    data = saved(path, uat.Formula("sin(x)"), (0, 3))
    data["function"]["text"] = "jv(0.5, x)"
    rewrite(path, data, sign=True)
    assert "does not know 'jv'" in recheck(path).sentence
    data = saved(path, uat.Formula("sin(x)"), (0, 3))
    data["certificate"]["proven"] = False
    rewrite(path, data, sign=True)
    assert "claims no proven error" in recheck(path).sentence


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": "uat-approximation", "version": 2}', "[" * 100_000])
def test_foreign_files_get_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    assert recheck(path).ok is False
    assert recheck(tmp_path / "nothing.json").ok is False
    path.unlink()  # what is none of ours is not written over
    data = saved(path, uat.Formula("x"), (0, 1))
    del data["certificate"]["where"]
    rewrite(path, data, sign=True)
    assert "not a complete approximation" in recheck(path).sentence


def test_it_is_independent() -> None:
    """The checker imports python-flint, the standard library, and its own helpers, which import nothing of ours."""
    folder = Path(module.__file__).parent
    names = sorted(path.stem for path in folder.glob("recheck*.py"))
    assert {"recheck", "recheck_file", "recheck_formula"} <= set(names)
    ours = {f"uat.bounds.{name}" for name in names} - {"uat.bounds.recheck"}
    for name in names:
        for node in ast.walk(ast.parse((folder / f"{name}.py").read_text())):
            if isinstance(node, ast.ImportFrom):
                assert node.module is not None
                assert not node.module.startswith("uat") or node.module in ours
                assert not node.module.startswith(("numpy", "scipy"))
            elif isinstance(node, ast.Import):
                assert not any(alias.name.split(".")[0] in ("uat", "numpy", "scipy") for alias in node.names)
    before = ctx.prec, ctx.cap
    recheck("nothing.json")
    assert (ctx.prec, ctx.cap) == before


def test_the_vocabulary_is_that_of_expressions() -> None:
    assert {*RANGES, *ALIASES, "where", "given"} <= set(FUNCTIONS)
    unknown = {"fmax", "fmin", "floor_divide", "fmod", "trunc", "rint", "exp10", "logaddexp", "interp", "interp_line",
               "interp_nan", "logit", "ndtr", "rgamma", "i0", "i1", "xlog1py"}  # fmt: skip
    assert set(FUNCTIONS) - {*RANGES, *ALIASES, "where", "given"} == unknown
    assert set(RANGES) - set(SERIES) == {"arctan2", "digamma", "heaviside"}


@pytest.mark.parametrize("name", sorted(set(SERIES) - {"floor", "ceil", "sign", "clip", "maximum", "minimum"}))
def test_series_of_the_checker(name: str) -> None:
    """Coefficients against mpmath's derivatives, and containment on a wide ball."""
    text = f"{name}(x, 1.5)" if name in ("hypot", "xlogy") else f"{name}(x)"
    at = 1.3 if name in ("arccosh",) else 0.3
    expression = uat.Formula(text)
    coefficients = Formula(text).series(arb_series([arb(at), 1], 3))
    assert coefficients is not None
    h = 1e-4
    values = [float(expression(at + k * h)) for k in (-1, 0, 1)]
    assert float(coefficients[0]) == pytest.approx(values[1], abs=1e-14)
    assert float(coefficients[1]) == pytest.approx((values[2] - values[0]) / (2 * h), rel=1e-6, abs=1e-6)
    assert float(coefficients[2]) == pytest.approx(
        (values[2] - 2 * values[1] + values[0]) / (2 * h * h), rel=1e-5, abs=1e-6
    )
    wide = Formula(text).range(arb(at, 0.05))
    for x in np.linspace(at - 0.05, at + 0.05, 11):
        assert float(wide.lower()) - 1e-12 <= float(expression(x)) <= float(wide.upper()) + 1e-12


def test_literals_of_the_checker_are_decimals() -> None:
    ctx.prec, before = 200, ctx.prec
    try:
        third = Formula("0.1").range(arb(0))
    finally:
        ctx.prec = before
    with mpmath.workdps(50):
        assert abs(mpmath.mpf(str(third.mid().str(50, radius=False))) - mpmath.mpf("0.1")) < mpmath.mpf(10) ** -45
    for text in ("__import__('os')", "x.real", "lambda: 1", "[x]", "sin(x", "f(x)", "'x'"):
        with pytest.raises(FormulaError):
            Formula(text).range(arb(1))


def test_a_long_formula_is_checked_and_repeated_in_part(tmp_path: Path) -> None:
    path, waves = tmp_path / "a.json", np.linspace(0.1, 3, 600)
    data = saved(path, lambda x: np.sum(np.sin(np.multiply.outer(waves, x)), axis=0) / 600, (0, 1))
    assert len(data["function"]["formula"]) > 20_000
    verdict = recheck(path)
    assert verdict.ok, verdict.sentence[-300:]
    assert len(verdict.sentence) < 12_000
