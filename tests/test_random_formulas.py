"""Random formulas against their values in 50 digits: no certificate lies below, and none that does is confirmed.

    python -m pytest -m nightly tests/test_random_formulas.py        # 20 000: a quarter of an hour on one core

Every formula is certified, as a formula or as a Python function, against a broken line near or below or above it. Then
the claim is saved and checked, and so is a false one: a bound a little below the largest difference that was found.
"""

from __future__ import annotations

import collections
import random
import warnings
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from flint import arb, fmpq

import uat
from tests.random_formulas import UNDEFINED, RandomFormula, Unjudged, drawn
from uat.balls.evaluation import Program
from uat.balls.intervals import Interval
from uat.balls.precision import working_precision
from uat.bounds.certification import Certificate
from uat.bounds.recheck import recheck
from uat.bounds.recheck_formula import Formula, FormulaError

SOME, ENCLOSED, ALL, CHUNK = 60, 150, 20_000, 1000
TEMPLATES: dict[Any, Any] = {}


def broken_line(f: RandomFormula, rng: random.Random) -> uat.PiecewiseAffine:
    """Through values of f, or all below or above them, or anywhere."""
    knots = np.linspace(*f.domain, rng.choice([1, 2, 3, 4, 8, 16]) + 1)
    shift = rng.choice([0.0, 0.0, -0.125, 0.25])
    with np.errstate(all="ignore"):
        try:
            values = np.broadcast_to(np.asarray(f.code()(knots), dtype=float), knots.shape) + shift
        except (ValueError, TypeError, ZeroDivisionError, OverflowError):
            values = np.zeros(knots.size)
    values = np.where(np.isfinite(values) & (np.abs(values) < 1e6), values, shift)
    return uat.PiecewiseAffine(knots, values)


def differences(f: RandomFormula, p: uat.PiecewiseAffine, points: list[Fraction]) -> dict[Fraction, Any]:
    """f - p where f has a value."""
    out = {}
    for x in points:
        try:
            value = f.value(x)
        except Unjudged:
            continue
        if value is not UNDEFINED:
            k = min(max(int(np.searchsorted(p.knots, float(x), side="right")) - 1, 0), p.pieces - 1)
            k += (x > Fraction(float(p.knots[k + 1]))) - (x < Fraction(float(p.knots[k])))
            x0, x1, y0, y1 = (Fraction(float(v)) for v in (*p.knots[k : k + 2], *p.values[k : k + 2]))
            g = y0 + (x - x0) * (y1 - y0) / (x1 - x0)
            with mpmath.workdps(50):
                out[x] = value - g if isinstance(value, Fraction) else value - mpmath.mpf(g.numerator) / g.denominator
    return out


def saved(f: RandomFormula, p: uat.PiecewiseAffine, c: Certificate, path: Path) -> Path:
    """A file that claims c of f and p."""
    if (p.domain, p.pieces) not in TEMPLATES:
        TEMPLATES[p.domain, p.pieces] = uat.approximate("x", p.domain, width=p.pieces + 1)
    net = uat.ReluNet.from_piecewise(p)
    source = {"kind": "expression", "text": f.text}
    replace(TEMPLATES[p.domain, p.pieces], piecewise=p, net=net, certificate=c, source=source).save(path)
    return path


def judge(seed: int, folder: Path, seen: collections.Counter[str]) -> str:
    """What is wrong with what was proven of the formula of a seed; empty if nothing."""
    f, rng = drawn(seed)
    try:
        function = f.code() if f.as_code else uat.Formula(f.text)
    except uat.InputError:  # a part without x that is undefined
        return ""
    p = broken_line(f, rng)
    exact = differences(f, p, f.points(rng, p.knots.tolist()))
    seen["formulas"] += 1
    largest = max(map(abs, exact.values()), default=Fraction(0))
    try:
        c = uat.certify(function, p, seconds=60, rel=0.02)
    except uat.InputError as error:  # 0.1 % 0.1**2 jumps where NumPy's numbers and arrays differ by their last digits
        seen["refused"] += 1
        return "" if f.as_code and "digits lost" in str(error) else f"{error} {f}"
    if c.proven:
        seen["proven"] += 1
        seen["assuming"] += bool(c.assumes)
        if not largest <= c.upper:
            x = max(exact, key=lambda t: abs(exact[t]))
            return f"upper {c.upper!r} < {float(largest)!r} at x = {x}: {f} {p.knots.size} knots"
        there = differences(f, p, [Fraction(c.where)])
        if there and abs(there[Fraction(c.where)]) < c.lower * (1 - 1e-12) and not c.assumes:
            return f"lower {c.lower!r} > {float(there[Fraction(c.where)])!r} at x = {c.where!r}: {f}"
    if f.as_code:
        return ""
    if c.proven:
        seen["confirmed"] += recheck(saved(f, p, c, folder / "a.json"), 60).ok
    if 1e-9 < largest < 1e12:
        below = float(largest) * rng.choice([0.5, 0.999, 1 - 1e-5])
        claim = replace(
            c, lower=0.0, upper=below, proven=True, assumes=(), method="second-order balls, bisection", note=""
        )
        seen["false claims"] += 1
        if recheck(saved(f, p, claim, folder / "b.json"), 60).ok:
            return f"confirmed: sup <= {below!r}, although {float(largest)!r}: {f} {p.knots.size} knots"
    return construct(f, rng, folder, seen) if seed % 20 == 0 else ""


def construct(f: RandomFormula, rng: random.Random, folder: Path, seen: collections.Counter[str]) -> str:
    """The whole way: an approximation of some width, or the narrowest one on a side, saved and checked."""
    side = rng.choice(["both", "under", "over"])
    options: dict[str, Any] = rng.choice(
        [{"width": rng.choice([3, 9, 17]), "method": "uniform"}, {"tol": 0.25, "method": "narrowest", "side": side}]
    )
    try:
        r = uat.approximate(f.text, f.domain, seconds=0.3, **options)
    except uat.InputError as error:
        return str(error) if "lower <= upper" in str(error) else ""
    exact = differences(f, r.piecewise, f.points(rng, r.piecewise.knots.tolist()))
    largest = max(map(abs, exact.values()), default=Fraction(0))
    seen["constructed"] += 1
    if r.certificate.proven and not largest <= r.certificate.upper:
        return f"approximate: upper {r.certificate.upper!r} < {float(largest)!r}: {f} {options}"
    if r.optimality is not None and r.optimality.least_error[1] < np.inf:
        sign = {"under": 1, "over": -1}.get(r.side, 0)
        crossing = [x for x, d in exact.items() if sign * d < 0]
        if crossing or largest > r.optimality.least_error[1]:
            return f"narrowest: beyond the tube at {crossing or float(largest)}: {f} {options}"
    r.save(folder / "c.json")
    verdict = recheck(folder / "c.json", 60)
    seen["constructed and confirmed"] += verdict.ok
    return f"confirmed: {verdict.sentence} {float(largest)}" if verdict.ok and not largest <= verdict.upper else ""


@pytest.fixture(autouse=True)
def _few_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Budgets that do not depend on the machine."""
    monkeypatch.setattr("uat.bounds.bisection.MOST_BOXES", 100)
    monkeypatch.setattr("uat.bounds.recheck_boxes.MOST_BOXES", 400)


def run(seeds: range, folder: Path) -> collections.Counter[str]:
    seen: collections.Counter[str] = collections.Counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wrong = {seed: said for seed in seeds if (said := judge(seed, folder, seen))}
    assert not wrong, wrong
    assert seen["refused"] <= max(1, len(seeds) / 500), seen
    return seen


def test_some_random_formulas(tmp_path: Path) -> None:
    seen = run(range(SOME), tmp_path)
    assert seen["proven"] > SOME / 4, seen
    assert seen["assuming"] > SOME / 50, seen
    assert seen["confirmed"] > SOME / 8, seen
    assert seen["false claims"] > SOME / 4, seen


def outside(seed: int) -> str:
    """A value of the formula of a seed that lies outside of an enclosure of it, by either program; empty if none."""
    f, rng = replace(drawn(seed)[0], as_code=False), random.Random(seed)
    try:
        enclosures = (Program(uat.Formula(f.text), Interval), Formula(f.text).hull)
    except (uat.InputError, FormulaError):
        return ""
    points, values = f.points(rng, []), {}
    for x in points:
        with suppress(Unjudged):
            values[x] = f.value(x)
    for x in rng.sample(points, 4):
        low, high = (float(x) + sign * rng.choice([1e-12, 1e-6, 1e-3, 0.1]) for sign in (-1, 1))
        with suppress(TypeError, FormulaError), working_precision(128):
            image, hull = enclosures[0](Interval(arb(low), arb(high))), enclosures[1](arb(low), arb(high))
            for name, bottom, top in (("interval", image.low, image.high), ("hull", hull.lower(), hull.upper())):
                for t, value in values.items():
                    if low <= t <= high and value is not UNDEFINED and bottom.is_finite():
                        exact = isinstance(value, Fraction)
                        v = arb(fmpq(*value.as_integer_ratio())) if exact else arb(mpmath.nstr(value, 45))
                        if max(bottom - v, v - top) > 1e-30 * abs(v):
                            return f"{name} on [{low!r}, {high!r}] at {t}: {value} in [{bottom}, {top}]: {f.text}"
    return ""


def test_enclosures_hold_every_value() -> None:
    wrong = {seed: said for seed in range(ENCLOSED) if (said := outside(seed))}
    assert not wrong, wrong


@pytest.mark.nightly
def test_all_enclosures_hold_every_value() -> None:
    wrong = {seed: said for seed in range(ALL) if (said := outside(seed))}
    assert not wrong, wrong


@pytest.mark.nightly
@pytest.mark.parametrize("first", range(0, ALL, CHUNK))
def test_all_random_formulas(tmp_path: Path, first: int) -> None:
    run(range(first, first + CHUNK), tmp_path)
