"""The checker's reading: nothing in a file is passed over, no file takes its memory, and its network is its pieces."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import uat
from tests.bounds.saved import confirmed
from tests.bounds.test_forgeries import forged
from uat.bounds import recheck_file
from uat.bounds.recheck import recheck
from uat.bounds.recheck_boxes import BrokenLine, Budget
from uat.bounds.recheck_file import CheckFailedError
from uat.bounds.recheck_formula import Formula
from uat.bounds.recheck_optimality import _values

HONEST: list[tuple[str, tuple[float, float], dict[str, Any]]] = [
    ("sin(x)", (0, 6.25), {"tol": 1e-2}),
    ("sin(x)", (0, 6.25), {"width": 9, "form": "output-bias"}),
    ("sin(x)", (0, 6.25), {"step": 0.3}),
    ("sin(x)", (1e6, 1e6 + 6), {"step": 0.1}),
    ("sin(x)", (0, 3), {"tol": 1e-2, "lipschitz": 1.0}),
    ("sqrt(x)", (0, 1), {"tol": 1e-2, "method": "graded"}),
    ("abs(x - 1/3)", (0, 1), {"tol": 1e-3, "method": "graded", "breaks": (0.25, 0.5)}),
    ("sin(x)", (0, 6.25), {"width": 20, "method": "graded", "form": "output-bias"}),
    ("sin(x)", (0, 6.25), {"tol": 1e-2, "method": "narrowest", "form": "output-bias"}),
    ("sin(x)", (0, 6.25), {"width": 9, "method": "narrowest"}),
    ("exp(x)", (0, 3), {"rtol": 1e-2, "tol": 1e-2, "method": "narrowest", "side": "under", "breaks": (1, 2)}),
    ("2 + sin(x)", (0, 6.25), {"width": 6, "method": "narrowest", "side": "over"}),
    ("3*x + 1", (0, 1), {"width": 9, "method": "narrowest"}),
    ("3*x + 1", (0, 1), {"width": 9}),
    ("5", (0, 1), {"width": 4}),
    ("1e-300*sin(x)", (0, 3), {"width": 9}),
    ("1e200*sin(x)", (0, 3), {"width": 9}),
    ("x**2", (1e8, 1e8 + 1), {"width": 20}),  # the network's rounding is a quarter of the error
    ("where(x > 0.3, sin(x), cos(x))", (0, 1), {"width": 9}),
]


@pytest.mark.parametrize(("text", "domain", "options"), HONEST)
def test_honest_files_of_every_method_are_confirmed(
    tmp_path: Path, text: str, domain: tuple[float, float], options: dict[str, Any]
) -> None:
    assert "Not covered: notes" in confirmed(tmp_path, text, domain, options).sentence


def test_files_that_were_put_together_by_hand_are_confirmed(tmp_path: Path) -> None:
    """A certificate of the pieces alone, in floats too, and no record of the question."""
    path, r = tmp_path / "a.json", uat.approximate("sin(x)", (0, 3), width=9)
    for certificate in (
        uat.certify(np.sin, r.piecewise),
        uat.certify(np.sin, r.net, (0, 3), arithmetic="float64"),
        uat.certify(np.sin, r.net, (0, 3), arithmetic="float32"),
    ):
        replace(r, certificate=certificate, provenance={}).save(path)
        verdict = recheck(path)
        assert verdict.ok, verdict.sentence
        assert "in exact arithmetic" in verdict.sentence


def leaves(data: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value of a file."""
    if isinstance(data, (dict, list)):
        pairs = data.items() if isinstance(data, dict) else enumerate(data)
        return [leaf for key, part in pairs for leaf in leaves(part, (*place, key))]
    return [place]


NOT_COVERED = {
    ("certificate", "boxes"), ("certificate", "bits"), ("certificate", "method"), ("certificate", "note"),
    ("certificate", "stopped"), ("certificate", "assumes"), ("certificate", "grounds"),
    ("certificate", "jump"), ("options", "seconds_taken"), ("optimality", "note"),
    ("provenance", "uat"), ("provenance", "numpy"), ("provenance", "python"), ("provenance", "arguments", "seconds"),
    ("provenance", "arguments", "lipschitz"), ("provenance", "arguments", "modulus"),
}  # fmt: skip


def put(data: dict[str, Any], place: tuple[Any, ...], value: Any) -> None:
    inner: Any = data
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value


def at(data: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        data = data[key]
    return data


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("2 + sin(3*x)", {"tol": 0.05}),
        ("2 + sin(3*x)", {"step": 0.5}),
        ("2 + sin(3*x)", {"width": 5, "method": "graded", "breaks": 0.5}),
        ("2 + sin(3*x)", {"tol": 0.05, "rtol": 0.01, "method": "narrowest", "breaks": 0.5}),
        ("2 + sin(3*x)", {"width": 4, "method": "narrowest", "side": "over"}),
    ],
)
def test_every_field_is_covered_or_named(tmp_path: Path, text: str, options: dict[str, Any]) -> None:
    """Made false by a little and signed, a field fails; so does one of another type, even where its content is free."""
    path = tmp_path / "a.json"
    uat.approximate(text, (0, 1.5), **options).save(path)
    data = json.loads(path.read_text())
    for place in leaves(data):
        if place == ("sha256",):
            continue
        old = at(data, place)
        for strange in (
            [{}],
            [[1.0]],
            1 if isinstance(old, bool) else True,
            True if old is None else 0 if isinstance(old, str) else str(old),
        ):
            sentence = forged(path, lambda d, p=place, s=strange: put(d, p, s))  # type: ignore[misc]
            assert "not as it is saved" in sentence or "of format 1" in sentence, (place, strange)
        if place[: 3 if place[0] == "provenance" else 2] in NOT_COVERED or place[:2] in NOT_COVERED:
            continue
        if place[-1] == "width" and options.get("method") == "narrowest" and old is not None:
            continue  # the fewest may be fewer: the verdict says so
        if place[:1] == ("optimality",) and "low" in place:
            new: Any = old + 1e-3
        elif place[:1] == ("optimality",) and "high" in place:
            new = old - 1e-3
        elif isinstance(old, bool):
            continue  # a claim that is given up, or one that was never made: see below
        elif isinstance(old, str):
            new = (
                "output-bias"
                if old == "shifted-origin"
                else "graded"
                if old == "uniform"
                else "under"
                if old == "over"
                else "over"
            )
        elif place == ("certificate", "upper"):
            new = old * 0.9
        elif old is None:
            new = 3
        else:
            new = old + 1 if isinstance(old, int) else old * 1.01 + 0.011
        if place == ("function", "text"):
            new = old.replace("3", "3.2")
        if place == ("options", "method") and old != "narrowest" and old == "uniform":
            continue  # what a uniform grid is, a graded one may be
        forged(path, lambda d, p=place, n=new: put(d, p, n))  # type: ignore[misc]


def test_dead_neurons_do_not_buy_a_tolerance(tmp_path: Path) -> None:
    """1e30 and -1e30 cancel nearly: what is left is the network's own, and counts, however large the weights are."""
    path = tmp_path / "a.json"
    uat.approximate("sin(x)", (0, 6.25), width=9).save(path)

    def dead(d: dict[str, Any]) -> None:
        n = d["network"]
        n["weights"] += [1.0, 1.0]
        n["biases"] += [1.0, 1.0]
        n["coefficients"] += [1e30, -1e30]
        n["output_bias"] = 1.0

    assert "9 pieces" not in forged(path, dead)

    def hidden(d: dict[str, Any]) -> None:  # as many neurons as the form has: four of them were spent
        p, n = d["piecewise"], d["network"]
        n["coefficients"][2] += 1e30
        n["coefficients"][3] -= 1e30
        assert p

    assert "not the piecewise-affine function" in forged(path, hidden)


def test_the_bound_is_one_for_the_network_too(tmp_path: Path) -> None:
    """The pieces of x^2 near 1e8 keep the bound, and roundings explain how far the network is off: too far for both."""
    path = tmp_path / "a.json"
    r = uat.approximate("x**2", (1e8, 1e8 + 1), width=20)
    tight = uat.certify(uat.Formula("x**2"), r.piecewise, rel=1e-9)
    replace(r, certificate=tight).save(path)
    verdict = recheck(path)
    assert not verdict.ok
    assert "The pieces keep" in verdict.sentence
    assert "is not shown to" in verdict.sentence


EDITS: dict[str, tuple[dict[str, Any], Callable[[dict[str, Any]], Any], str]] = {
    "tol below the bound": (
        {"tol": 1e-2},
        lambda d: (d["options"].update(tol=1e-9), d["provenance"]["arguments"].update(tol=1e-9)),
        "not the tolerance",
    ),
    "tol said twice": ({"tol": 1e-2}, lambda d: d["options"].update(tol=2e-2), "but says tol"),
    "two questions": ({"tol": 1e-2}, lambda d: d["provenance"]["arguments"].update(step=0.1), "not one question"),
    "no question": ({"width": 9}, lambda d: d["provenance"]["arguments"].update(width=None), "not one question"),
    "width": ({"width": 9}, lambda d: d["provenance"]["arguments"].update(width=8), "8 neurons, but has 9"),
    "step": ({"step": 0.3}, lambda d: d["provenance"]["arguments"].update(step=0.2), "equal cells"),
    "graded is not uniform": (
        {"width": 9, "method": "graded"},
        lambda d: d["options"].update(method="uniform"),
        "equal cells",
    ),
    "uniform is not the fewest": (
        {"width": 9},
        lambda d: d["options"].update(method="narrowest"),
        "does not fit",
    ),
    "form": ({"width": 9}, lambda d: d["options"].update(form="output-bias"), "9 neurons, but has 8"),
    "a knot": (
        {"width": 9, "method": "graded", "breaks": 1.0},
        lambda d: d["provenance"]["arguments"].update(breaks=[1.0, 1.1]),
        "A knot at 1.1",
    ),
    "the tube is given up": (
        {"tol": 1e-2, "method": "narrowest"},
        lambda d: d["optimality"].update(minimal=False, least_error=[0.0, None]),
        "does not say that the pieces lie in the tube",
    ),
    "variable": ({"width": 9}, lambda d: d["function"].update(variable="t"), "variable"),
    "a field more": ({"width": 9}, lambda d: d["certificate"].update(tol=1e-9), "has a field 'tol'"),
    "a section more": ({"width": 9}, lambda d: d.update(proof="by me"), "has a field 'proof'"),
    "an integer beyond floats": ({"width": 9}, lambda d: d["network"].update(output_bias=10**400), "finite number"),
    "nan": ({"width": 9}, lambda d: d["certificate"].update(lower=float("nan")), "finite number"),
    "a number as a text": ({"width": 9}, lambda d: d["certificate"].update(upper="1e30000000"), "number"),
    "lower beyond what is seen": (
        {"width": 9},
        lambda d: d["certificate"].update(lower=d["certificate"]["lower"] + 2e-15),
        "but there it is",
    ),
    "a relative tolerance of 0": (
        {"tol": 1e-2, "method": "narrowest"},
        lambda d: (d["provenance"]["arguments"].update(rtol=0.0), d["options"].update(rtol=0.0)),
        "no relative tolerance",
    ),
    "two formulas": ({"width": 9}, lambda d: d["function"].update(formula="cos(x)"), "belongs to a target"),
    "a text without end": ({"width": 9}, lambda d: d["certificate"].update(note="a" * 10**6), "must be a text"),
    "another norm": ({"width": 9}, lambda d: d["certificate"].update(norm="L2"), "in the norm 'L2'"),
    "less than is shown": (
        {"tol": 1e-2, "method": "narrowest"},
        lambda d: d["optimality"].update(minimal=False),
        "says not minimal",
    ),
    "a break outside": (
        {"width": 9, "method": "graded"},
        lambda d: d["provenance"]["arguments"].update(breaks=[-1.0]),
        "A knot at -1.0",
    ),
    "breaks of equal cells": (
        {"width": 9},
        lambda d: d["provenance"]["arguments"].update(breaks=d["piecewise"]["breakpoints"][1:2]),
        "do not go together",
    ),
    "a step of another method": (
        {"width": 9, "method": "graded"},
        lambda d: d["provenance"]["arguments"].update(width=None, step=0.5),
        "asked for a step",
    ),
    "a tolerance below 0": (
        {"tol": 1e-2},
        lambda d: (d["options"].update(tol=-1.0), d["provenance"]["arguments"].update(tol=-1.0)),
        "no tolerance of -1.0",
    ),
    "an output bias too many": (
        {"width": 8, "form": "output-bias"},
        lambda d: (
            d["options"].update(form="shifted-origin"),
            d["provenance"]["arguments"].update(width=9),
            d["network"]["weights"].append(1.0),
            d["network"]["biases"].append(-9.0),
            d["network"]["coefficients"].append(0.0),
            d["network"].update(output_bias=1e-18),
        ),
        "has an output bias",
    ),
    "a false witness of less": (
        {"width": 6, "method": "narrowest"},
        lambda d: (
            d["optimality"].update(lower_bound=1, minimal=False),
            d["optimality"]["witness"].update(low=d["optimality"]["witness"]["high"]),
        ),
        "could not be confirmed",
    ),
    "a witness of nothing": (
        {"tol": 1e-2, "method": "narrowest"},
        lambda d: d["optimality"].update(error_witness=d["optimality"]["witness"]),
        "do not fit each other",
    ),
}


@pytest.mark.parametrize("name", sorted(EDITS))
def test_what_a_file_says_twice_must_agree(tmp_path: Path, name: str) -> None:
    options, edit, reason = EDITS[name]
    path = tmp_path / "a.json"
    uat.approximate("sin(x)", (0, 6.25), **options).save(path)
    assert reason in forged(path, edit)


def test_fewer_neurons_than_were_asked_for_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    uat.approximate("3*x + 1", (0, 1), width=9, method="narrowest").save(path)
    assert "9 neurons were asked for, it has 2" in recheck(path).sentence


def test_a_loose_bound_buys_no_lower_end(tmp_path: Path) -> None:
    """The difference at `where` is compared in the unit of f, not in units of 1."""
    path = tmp_path / "a.json"
    uat.approximate("1e-20*sin(x)", (0, 3), width=9).save(path)
    assert "but there it is" in forged(path, lambda d: d["certificate"].update(lower=5e-22, upper=1e-21))


def test_a_field_given_twice_and_a_file_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    uat.approximate("sin(x)", (0, 3), width=5).save(path)
    path.write_text(path.read_text().replace('"upper"', '"upper": 1e-30,\n  "upper"'))
    assert "a field is given twice" in recheck(path).sentence
    monkeypatch.setattr(recheck_file, "MOST_BYTES", 1000)
    assert "more than" in recheck(path).sentence
    assert "no ordinary file" in recheck(Path("/dev/zero")).sentence


def test_the_last_cell_is_not_longer_than_the_step(tmp_path: Path) -> None:
    path, r = tmp_path / "a.json", uat.approximate("sin(x)", (0, 2), step=0.3)
    p = uat.PiecewiseAffine([0, 0.3, 0.6, 2], np.sin([0, 0.3, 0.6, 2]))
    replace(r, piecewise=p, net=uat.ReluNet.from_piecewise(p), certificate=uat.certify(np.sin, p)).save(path)
    assert "last cell is longer" in recheck(path).sentence


def test_a_value_below_all_floats_costs_no_memory() -> None:
    line = BrokenLine([0.0, 1.0], [0.0, 1.0])

    def value(text: str) -> Any:
        return _values(Formula(text), line, Budget(10))(Fraction(1, 2))

    assert value("2**(-2**40)*x") == (0, Fraction(1, 2**1100))
    assert value("-2**(-2**40)*x") == (-Fraction(1, 2**1100), 0)
    assert value("0*x") == (0, 0)
    for text in ("2**(2**40)*x", "-2**(2**40)*x"):
        with pytest.raises(CheckFailedError, match="could not be confirmed"):
            value(text)
