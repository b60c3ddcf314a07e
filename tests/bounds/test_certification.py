"""`uat.certify`: enclosures that hold, that are tight, and that are never claimed without a proof."""

from __future__ import annotations

import math
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.integrate
import scipy.special
from flint import arb, ctx

import uat
from tests.on_balls import at_every_ball, ctrl_c_at
from uat._checks import InputError
from uat.bounds.recheck_formula import Formula
from uat.relu_net import FORMS
from uat.targets import TARGETS

POINTS = 200_001


def difference_in_high_precision(text: str, p: uat.PiecewiseAffine, x: float) -> float:
    """|f(x) - p(x)| at 100 digits, by the checker's evaluator and exact rationals: nothing of the certifier."""
    k = min(int(np.searchsorted(p.knots, x, side="right")) - 1, p.pieces - 1)
    x0, x1, y0, y1 = (Fraction(v) for v in (*p.knots[k : k + 2].tolist(), *p.values[k : k + 2].tolist()))
    value = y0 + (y1 - y0) * (Fraction(x) - x0) / (x1 - x0)
    before = ctx.prec
    ctx.prec = 340
    try:
        return float(abs(Formula(text).range(arb(x)) - arb(value.numerator) / arb(value.denominator)))
    finally:
        ctx.prec = before


def check_enclosure(text: str, f: Callable[..., Any], p: uat.PiecewiseAffine, c: uat.Certificate) -> None:
    """Dense sampling stays below upper; near its maximum in high precision; and the enclosure is tight."""
    assert c.proven
    assert c.assumes == ()
    a, b = p.domain
    x = np.linspace(a, b, POINTS)
    values = f(x)
    size = float(np.abs(values).max())
    seen = np.abs(values - p(x))
    assert seen.max() <= c.upper + 1e-14 * size
    for point in (float(x[np.argmax(seen)]), c.where):
        exactly = difference_in_high_precision(text, p, point)
        assert exactly <= c.upper
    assert exactly >= c.lower * (1 - 1e-15) - 1e-300
    assert c.upper <= 1.01 * c.lower or c.upper <= 8 * 2.0**-52 * size


@pytest.mark.parametrize(
    "pieces", [4, pytest.param(16, marks=pytest.mark.nightly), 64, pytest.param(256, marks=pytest.mark.nightly)]
)
@pytest.mark.parametrize("name", sorted(TARGETS))
def test_targets(name: str, pieces: int) -> None:
    f = uat.target(name)
    p = uat.interpolate(f, *f.domain, pieces=pieces)
    c = uat.certify(f, p)
    check_enclosure(f.formula, f, p, c)
    for form in ("shifted-origin", "output-bias"):
        net = uat.ReluNet.from_piecewise(p, form=form)
        of_net = uat.certify(f, net, f.domain)
        assert of_net.proven
        size = float(np.abs(p.values).max())
        # the stored parameters carry roundings of their own; beyond them the two enclosures are of one number
        assert of_net.upper == pytest.approx(c.upper, rel=0.011, abs=1e-12 * max(1.0, size))
        assert of_net.upper <= 1.01 * of_net.lower or of_net.upper <= 8 * 2.0**-52 * max(1.0, size)
        x = np.linspace(*f.domain, 2001)
        exact = uat.certify(f, net, f.domain, arithmetic="float64")
        for computed in (net(x), net.forward(x)):
            assert np.abs(f(x) - computed).max() <= exact.upper + 1e-14 * size


HARD = {
    "abs(x - 1/3)": (0, 1),
    "max(x, x**2 - 1)": (-3, 3),
    "sqrt(x)": (0, 1),
    "x**0.3": (0, 1),
    "arcsin(x)": (-1, 1),
    "cbrt(x)": (-1, 1),
    "exp(-((x - 0.123456)*1e4)**2)": (0, 1),
    "cosh(1000*(x - 0.6))**-6": (0, 1),
    "sin(300*x)": (0, 1),
    "tanh(11*sin(12*x))": (-1, 1),
    "1.03*exp(-100*(x - 1.2)**2) + exp(-100*(x - 2)**2)": (0, 3),
    "where(x > 0.3, sin(x), cos(x))": (0, 1),
    "hypot(x, 0.1*x - 0.02) + clip(x, -0.3, 0.7)": (-1, 1),
}


@pytest.mark.parametrize("pieces", [4, 64])
@pytest.mark.parametrize("text", sorted(HARD))
def test_hard_cases(text: str, pieces: int) -> None:
    f = uat.Formula(text)
    with np.errstate(all="ignore"):
        p = uat.interpolate(f, *HARD[text], pieces=pieces)
        check_enclosure(text, f, p, uat.certify(f, p))


@pytest.mark.parametrize("spike", ["exp(-((x - 0.123456)*1e4)**2)", "cosh(1000*(x - 0.6))**-6"])
def test_a_spike_between_all_knots_is_not_missed(spike: str) -> None:
    c = uat.certify(uat.Formula(spike), (0.0, 0.0), (0, 1))
    assert c.lower > 0.99
    assert c.upper < 1.01


@pytest.mark.parametrize("name", ["sin", "sqrt", "abs-third", "tanh"])
def test_a_planted_wrong_value_is_refused(name: str) -> None:
    f = uat.target(name)
    p = uat.interpolate(f, *f.domain, pieces=16)
    error = uat.certify(f, p).upper
    for k in (0, 5, 16):
        values = p.values.copy()
        values[k] += 2 * error
        wrong = uat.certify(f, uat.PiecewiseAffine(p.knots, values))
        assert wrong.lower >= 1.9 * error


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["sin", "sqrt", "abs-third", "tanh"])
def test_a_planted_wrong_parameter_is_refused(name: str, form: str) -> None:
    """Any one parameter of a network, moved so that its value at the right end changes by twice the error."""
    f = uat.target(name)
    a, b = f.domain
    net = uat.ReluNet.from_piecewise(uat.interpolate(f, a, b, pieces=16), form=form)
    error = uat.certify(f, net, f.domain).upper
    tried = 0
    for k in (0, 1, 5, net.width - 1):
        w, t, c = (float(column[k]) for column in (net.weights, net.biases, net.coefficients))
        moves = {"coefficients": 2 * error / (w * b + t)}
        if c != 0:  # towards more activity, so that the neuron stays active at b
            moves |= {"weights": 2 * error / abs(c) / b, "biases": 2 * error / abs(c)}
        for which, move in moves.items():
            column = getattr(net, which).copy()
            column[k] += move
            wrong = replace(net, **{which: column})
            assert abs(wrong(b) - net(b)) == pytest.approx(2 * error)
            assert uat.certify(f, wrong, f.domain).lower >= 1.98 * error
            tried += 1
    assert tried >= 8


def test_error_zero_and_absolute_tolerance() -> None:
    p = uat.interpolate(lambda x: 2 * x + 1, 0, 1, pieces=4)
    assert uat.certify(lambda x: 2 * x + 1, p).upper <= 8 * 2.0**-52
    f = uat.Formula("sin(x)")
    p = uat.interpolate(f, 0, 6, pieces=7)
    loose, tight = uat.certify(f, p, rel=0, abs=1e-3), uat.certify(f, p, rel=1e-9)
    assert loose.upper - loose.lower <= 1e-3
    assert tight.upper - tight.lower <= 1e-9 * tight.lower
    assert tight.upper <= loose.upper


def test_cancellation_is_met_with_more_bits() -> None:
    c = uat.certify(lambda x: (1e12 + x) - 1e12, (1.0, 0.0), (0.3, 0.4))
    assert c.proven
    assert c.upper < 1e-15
    assert c.bits > 64


def test_floats_that_lose_every_digit_say_nothing_against_the_formula() -> None:
    """Near 0 the code gives 0 or 1 and the function is 1/2: it is the formula that is proven."""
    c = uat.certify(lambda x: (1 - np.cos(x)) / x**2, (0.0, 0.5), (1e-9, 2e-9), abs=0.1)
    assert c.proven
    assert c.upper <= 0.1


# -------------------------------------------------------------------------------------------------------------- norms


@pytest.mark.parametrize("text", ["sin(x)", "abs(x - 1/3)", "sqrt(x)", "where(x > 0.3, sin(x), cos(x))"])
@pytest.mark.parametrize(("norm", "power"), [("L1", 1), ("L2", 2)])
def test_integral_norms(text: str, norm: str, power: int) -> None:
    f = uat.Formula(text)
    p = uat.interpolate(f, 0, 1, pieces=5)
    cuts = sorted({*p.knots.tolist(), 0.3, 1 / 3})
    parts = [
        scipy.integrate.quad(lambda x: abs(f(x) - p(x)) ** power, u, v, epsabs=1e-13, limit=200)[0]
        for u, v in pairwise(cuts)
    ]
    true = sum(parts) ** (1 / power)
    for g in (p, uat.ReluNet.from_piecewise(p)):
        for rel in (0.01, 1e-4):
            c = uat.certify(f, g, (0, 1), norm=norm, rel=rel)
            assert c.proven
            assert c.norm == norm
            assert c.lower <= true * (1 + 1e-7)
            assert c.upper >= true * (1 - 1e-7)
            assert c.upper - c.lower <= rel * c.lower


def test_norm_in_closed_form() -> None:
    # x^2 against its chord on [0, 1]: x - x^2 has integral 1/6 and square integral 1/30
    square = uat.Formula("x**2")
    one, two = (uat.certify(square, (1.0, 0.0), (0, 1), norm=norm, rel=1e-8) for norm in ("L1", "L2"))
    assert one.lower <= 1 / 6 <= one.upper
    assert two.lower <= math.sqrt(1 / 30) <= two.upper


# -------------------------------------------------------------------------------------------------------------- jumps


@pytest.mark.parametrize(
    ("f", "domain", "jump", "at"),
    [
        (np.floor, (0.25, 1.75), 1.0, "1"),
        (np.sign, (-1.0, 1.3), 2.0, "0"),
        (lambda x: np.where(x > 0.3, np.sin(x), np.cos(x)), (0.0, 1.0), math.cos(0.3) - math.sin(0.3), "0.3"),
        (lambda x: (x >= 0.5) * 1.5 + x, (0.0, 1.0), 1.5, "0.5"),
        (lambda x: np.heaviside(np.exp(x) - 2, 0.5), (0.0, 1.0), 1.0, "0.69314718"),
        (lambda x: np.where(x <= 0.3, -3.0 * x, 0.0) + np.where(x > 0.3, x, 0), (0.0, 1.0), 1.2, "0.3"),
        (lambda x: x % 0.4, (0.1, 0.7), 0.4, "0.4"),
    ],
)
def test_jumps_are_proven(f: Any, domain: tuple[float, float], jump: float, at: str) -> None:
    p = uat.interpolate(f, *domain, pieces=7)
    c = uat.certify(f, p)
    assert c.proven
    assert c.upper <= 1.01 * c.lower
    assert c.lower >= 0.49 * jump
    assert "f jumps by at least" in c.note
    said, place = c.note.split("at least ")[1].split(" at x = ")
    assert jump * (1 - 1e-4) <= float(said) <= jump * (1 + 1e-12)
    assert place.startswith(at)
    assert "no continuous function is closer than" in c.note


@pytest.mark.parametrize(
    "f",
    [
        lambda x: abs(x - 0.3), lambda x: np.where(x > 0.3, x - 0.3, 0), np.sqrt, np.cbrt,
        lambda x: np.sign(x - 0.3) * (x - 0.3), lambda x: np.tanh(1e6 * (x - 0.3)), lambda x: np.floor(x + 5) + x,
        lambda x: np.where(x > 2, 5.0, x),
    ],
)  # fmt: skip
def test_no_jump_is_claimed_of_a_continuous_function(f: Any) -> None:
    p = uat.interpolate(f, 0.1, 0.9, pieces=7)
    c = uat.certify(f, p)
    assert c.proven
    assert "jump" not in c.note


# ------------------------------------------------------------------------------------------------------- no false proof


def counter() -> Callable[[Any], Any]:
    state = [0]

    def f(x: Any) -> Any:
        state[0] += 1
        return x + 0.001 * state[0]

    return f


def table(x: Any) -> Any:
    return np.linspace(0, 1, 100)[np.asarray(x * 50, dtype=int)]


def scalar_only(x: float) -> float:
    return math.sin(x)


@pytest.mark.parametrize(
    ("f", "reason"),
    [
        (lambda x: np.random.default_rng(0).random() + 0 * np.ndim(x), "the shape of x"),
        (table, "float|int|rule|index|raised"),
        (scalar_only, "float"),
        (lambda x: scipy.special.jv(0.5, x), "no rule for jv"),
        (lambda x: np.interp(x, [0, 1], [0, 1], period=2), "np.interp with"),
        (lambda x: float(Path("/dev/null").read_text() or 1) * np.cos(float(x)), "float"),
        (lambda x: np.vectorize(math.cos)(x), "."),
    ],
)
def test_what_is_not_proven_is_not_called_so(f: Any, reason: str) -> None:
    p = uat.PiecewiseAffine([0.0, 0.5, 1.0], [0.0, 0.25, 1.0])
    with pytest.warns(uat.NotProvenWarning, match="not proven"):
        c = uat.certify(f, p)
    assert not c.proven
    assert c.upper == math.inf
    assert c.status == "estimated"
    assert re.search(reason, c.note), c.note


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x + np.random.default_rng().random(),
        counter(),
        lambda x: np.sin(x) / x if not isinstance(x, np.ndarray) else np.ones_like(x),
        lambda x: np.sin(x) if isinstance(x, (np.ndarray, float)) else np.cos(x),
    ],
)
def test_what_does_not_compute_the_formula_that_it_shows_is_refused(f: Any) -> None:
    p = uat.PiecewiseAffine([0.0, 0.5, 1.0], [0.0, 0.25, 1.0])
    with pytest.raises(uat.InputError, match="does not give in floats what its formula gives"):
        uat.certify(f, p)


def test_a_constant_and_a_branch_on_a_plain_array_are_formulas() -> None:
    assert uat.certify(lambda x: 0.5, (0.0, 0.0), (0, 1)).upper == 0.5
    assert uat.certify(lambda x: np.where(np.asarray(x) > 0.4, 1.0, 0.0), (0.0, 0.5), (0, 1)).upper == 0.5


def test_what_a_function_reads_is_in_its_formula(tmp_path: Path) -> None:
    """A coefficient of a file is recorded when f is traced; a file that changes is no formula."""
    values = tmp_path / "values.txt"
    values.write_text("0.5 0.25 1.0")

    def coefficient(x: Any) -> Any:
        return float(values.read_text().split()[1]) * np.cos(x)

    def polynomial(x: Any) -> Any:
        return np.polyval(np.loadtxt(values), x)

    def counting(x: Any) -> Any:
        with values.open("a+") as file:
            file.write("1")
            file.seek(0)
            return x * x + 0.001 * len(file.read())

    p = uat.PiecewiseAffine([0.0, 0.5, 1.0], [0.0, 0.25, 1.0])
    assert uat.Formula.trace(coefficient, (0, 1)) == uat.Formula("0.25*cos(x)")
    for f in (coefficient, polynomial):
        c = uat.certify(f, p)
        assert c.proven
        assert max(abs(float(f(x)) - p(x)) for x in np.linspace(0, 1, 101)) <= c.upper
    with pytest.raises(uat.InputError, match="hidden state"):
        uat.certify(counting, p)


def test_removable_trouble_gets_a_sentence_and_sinc_a_proof() -> None:
    p = uat.interpolate(np.sinc, -1, 1, pieces=9)
    assert uat.certify(np.sinc, p).proven
    with pytest.warns(uat.NotProvenWarning, match="division by an enclosure that contains 0"):
        c = uat.certify(lambda x: np.sin(np.pi * x) / (np.pi * x), p)
    assert not c.proven


def test_a_branch_in_python() -> None:
    def f(x: Any) -> Any:
        return np.sin(x) if x > 2 else np.cos(x)

    p = uat.interpolate(np.cos, 0, 1.5, pieces=8)
    assert uat.certify(f, p).proven
    c = uat.certify(f, uat.interpolate(np.vectorize(f), 0, 3, pieces=8))
    assert c.proven
    assert c.jump is not None if hasattr(c, "jump") else "f jumps by at least" in c.note


# ---------------------------------------------------------------------------------------------- budgets, interruptions


SINE = uat.Formula("sin(40*x)")


def true_error(p: uat.PiecewiseAffine) -> float:
    return uat.certify(SINE, p).upper


@pytest.mark.parametrize("norm", ["sup", "L1"])
def test_a_spent_budget_leaves_a_true_enclosure(norm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    p = uat.interpolate(SINE, 0, 1, pieces=3)
    true = uat.certify(SINE, p, norm=norm, rel=1e-3)
    at_every_ball(monkeypatch, lambda: time.sleep(1e-3))
    c = uat.certify(SINE, p, norm=norm, rel=1e-9, seconds=0.05)
    assert "seconds" in c.note
    assert c.lower <= true.upper
    assert true.lower <= c.upper < math.inf
    assert c.upper > (1 + 1e-9) * c.lower


def test_a_budget_spent_in_the_first_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    p = uat.interpolate(SINE, 0, 1, pieces=2000)
    true = true_error(p)
    at_every_ball(monkeypatch, lambda: time.sleep(2e-4))
    c = uat.certify(SINE, p, seconds=0.02)
    assert true <= c.upper <= 2.5
    assert c.proven


@pytest.mark.parametrize("call", [3, 10, 11, 12, 13, 20, 30, 40])
@pytest.mark.parametrize("norm", ["sup", "L1", "L2"])
def test_an_interruption_leaves_a_true_enclosure(norm: str, call: int, monkeypatch: pytest.MonkeyPatch) -> None:
    p = uat.interpolate(SINE, 0, 1, pieces=5)
    true = uat.certify(SINE, p, norm=norm, rel=1e-3)
    at_every_ball(monkeypatch, ctrl_c_at(call))
    c = uat.certify(SINE, p, norm=norm, rel=1e-14)
    assert "nterrupt" in c.note
    assert c.lower <= true.upper
    assert true.lower <= c.upper < math.inf
    assert math.isfinite(c.where)


def test_an_interruption_before_the_search_began(monkeypatch: pytest.MonkeyPatch) -> None:
    p = uat.interpolate(np.sin, 0, 1, pieces=3)
    at_every_ball(monkeypatch, ctrl_c_at(0))
    with pytest.warns(uat.NotProvenWarning, match="interrupted before anything was proven"):
        assert not uat.certify("sin(x)", p).proven


def test_a_step_at_a_knot_is_enclosed_by_the_exact_end_point() -> None:
    """On the ball around [0, w] floor might be -1; between the end points it is 0."""
    c = uat.certify(np.floor, uat.interpolate(np.floor, 0, 2.5, pieces=5))
    assert c.upper <= 1.01 * c.lower
    assert c.note == "" or c.note.startswith("f jumps by at least 1 at x = ")


def test_threads_share_the_precision() -> None:
    f = uat.Formula("exp(-x)*sin(x)")
    p = uat.interpolate(f, -4, 4, pieces=40)
    alone, results = uat.certify(f, p), []
    threads = [threading.Thread(target=lambda: results.append(uat.certify(f, p))) for _ in range(4)]
    before = ctx.prec
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(c.lower, c.upper) for c in results] == [(alone.lower, alone.upper)] * 4
    assert ctx.prec == before


# ----------------------------------------------------------------------------------------------- declared, float32, ...


def test_lipschitz_is_sharp_for_a_tent() -> None:
    """A declared constant encloses what is true to the hundredth that is asked: of sin, and of a tent 15/22 high."""
    c = uat.certify(scalar_only, uat.interpolate(math.sin, 0, 1, pieces=8), lipschitz=1.0)
    assert c.proven
    assert "|f(x) - f(y)| <= 1.0 |x - y| (declared)" in c.assumes
    assert c.lower <= uat.certify(np.sin, uat.interpolate(np.sin, 0, 1, pieces=8)).upper <= c.upper
    assert c.upper <= 1.01 * c.lower
    p = uat.PiecewiseAffine([0.0, 1.0], [0.0, 0.5])  # below the apex (5/11, 10/11) of the tent it is 5/22
    tent = uat.certify(lambda x: min(2 * float(x), 1.25 - float(x) * 0.75), p, lipschitz=2.0)
    assert tent.proven
    assert Fraction(tent.lower) <= Fraction(15, 22) <= Fraction(tent.upper)
    assert tent.upper <= 1.01 * tent.lower


def test_modulus() -> None:
    p = uat.interpolate(math.sqrt, 0, 1, pieces=16)
    c = uat.certify(lambda x: math.sqrt(x), p, modulus=math.sqrt, rel=0.05)
    true = uat.certify(np.sqrt, p)
    assert c.lower <= true.upper
    assert true.lower <= c.upper
    assert any("modulus" in sentence for sentence in c.assumes)


def test_samples_that_contradict_are_shown() -> None:
    p = uat.interpolate(math.sin, 0, 1, pieces=8)
    with pytest.raises(InputError, match=r"contradict `lipschitz` = 0\.5: f\(.*\) = .* and f\(.*\) ="):
        uat.certify(math.sin, p, lipschitz=0.5)
    with pytest.raises(InputError, match="contradict `modulus`"):
        uat.certify(math.sin, p, modulus=lambda t: 0.5 * t)


@pytest.mark.parametrize("form", ["shifted-origin", "output-bias"])
def test_float32_covers_what_a_framework_returns(form: str) -> None:
    p = uat.interpolate(np.sin, 0, 2 * np.pi, pieces=200)
    net = uat.ReluNet.from_piecewise(p, form=form)
    c = uat.certify(np.sin, net, p.domain, arithmetic="float32")
    x = np.linspace(0, 2 * np.pi, 3001).astype(np.float32)
    x = x[x <= np.float32(6.283185)]
    w, b, e = (v.astype(np.float32) for v in (net.weights, net.biases, net.coefficients))
    total = np.full(x.shape, np.float32(net.output_bias))
    for k in range(w.size):
        total = total + e[k] * np.maximum(w[k] * x + b[k], np.float32(0))
    assert total.dtype == np.float32
    seen = np.abs(np.sin(x.astype(np.float64)) - total).max()
    assert c.lower <= seen <= c.upper
    real = uat.certify(np.sin, net, p.domain)
    assert c.upper > real.upper


def test_trained_nets_by_their_exact_pieces() -> None:
    rng = np.random.default_rng(3)
    net = uat.ReluNet(rng.normal(size=30), rng.normal(size=30), rng.normal(size=30), 0.3)
    c = uat.certify(np.sin, net, (-2, 2))
    x = np.linspace(-2, 2, POINTS)
    seen = np.abs(np.sin(x) - net.forward(x)).max()
    assert c.lower * (1 - 1e-12) <= seen * 1.0001
    assert seen <= c.upper * (1 + 1e-12)
    assert c.upper <= 1.01 * c.lower
    assert c.proven


def test_affine_pair_breaks_and_domain() -> None:
    c = uat.certify(np.exp, (1.0, 1.0), (0, 1), rel=1e-6)
    e = Fraction("2.71828182845904523536028747")
    assert c.lower <= e - 2 <= c.upper
    p = uat.interpolate(np.exp, 0, 2, pieces=8)
    half = uat.certify(np.exp, p, (0.3, 0.9), breaks=(0.5,))
    assert half.upper < uat.certify(np.exp, p).upper
    x = np.linspace(0.3, 0.9, POINTS)
    assert np.abs(np.exp(x) - p(x)).max() <= half.upper
    net = uat.approximate("sin", tol=0.1).net
    for f in ("sin", uat.target("sin")):
        assert uat.certify(f, net) == uat.certify(f, net, uat.target("sin").domain)


@pytest.mark.parametrize(
    ("arguments", "options", "sentence"),
    [
        ((3, (1.0, 0.0), (0, 1)), {}, "`f` must be a function"),
        ((np.sin, "net", (0, 1)), {}, "`g` must be a PiecewiseAffine, a ReluNet or an affine pair"),
        ((np.sin, (1.0, 0.0)), {}, "`domain` must be given"),
        ((np.sin, (1.0, 0.0), (1, 0)), {}, "`a` must be less than `b`"),
        ((np.sin, (1.0, math.nan), (0, 1)), {}, "`intercept` must be a finite real number"),
        ((np.sin, uat.PiecewiseAffine([0, 1], [0, 1]), (0, 2)), {}, "`domain` must lie in that of `g`"),
        ((np.sin, (1.0, 0.0), (0, 1)), {"rel": -1}, "`rel` must be >= 0"),
        ((np.sin, (1.0, 0.0), (0, 1)), {"abs": math.nan}, "`abs` must be a finite"),
        ((np.sin, (1.0, 0.0), (0, 1)), {"norm": "L3"}, "`norm` must be one of"),
        ((np.sin, (1.0, 0.0), (0, 1)), {"arithmetic": "float16"}, "`arithmetic` must be one of"),
        ((np.sin, (1.0, 0.0), (0, 1)), {"arithmetic": "float32"}, "`g` must be a ReluNet for arithmetic"),
        ((np.sin, (1.0, 0.0), (0, 1)), {"seconds": 0}, "`seconds` must be > 0"),
        ((np.sin, (1.0, 0.0), (0, 1)), {"norm": "L1", "lipschitz": 1.0}, '`lipschitz` can be used with norm="sup"'),
        ((np.sin, (1.0, 0.0), (0, 1)), {"breaks": [math.inf]}, "`breaks` must be finite"),
    ],
)
def test_wrong_input(arguments: Any, options: Any, sentence: str) -> None:
    with pytest.raises(InputError) as raised:
        uat.certify(*arguments, **options)
    assert str(raised.value).startswith(sentence)


def test_a_small_rel_is_reached_by_bits_and_not_by_boxes() -> None:
    """Rounding at 64 bits keeps the ends farther apart than asked; the floor, far below the error, is no excuse."""
    c = uat.certify(np.sin, uat.interpolate(np.sin, 1.0, 1.0 + 2.0**-10, pieces=4), rel=1e-12)
    assert c.upper - c.lower <= 1e-12 * c.lower
    assert c.bits > 64
    assert c.boxes < 1000


@pytest.mark.parametrize(("norm", "power"), [("L1", 1), ("L2", 2)])
def test_the_floor_of_an_integral_shrinks_with_the_domain(norm: str, power: int) -> None:
    """On a short domain the distance is small because the domain is: it is enclosed to one percent all the same."""
    a, length = 1.0, 2.0**-30
    kink = a + length / 3
    c = uat.certify(lambda x: 1 + np.abs(x - kink), (0.0, 1.0), (a, a + length), norm=norm)
    left, right = Fraction(kink) - 1, 1 + Fraction(length) - Fraction(kink)
    exact = float((left ** (power + 1) + right ** (power + 1)) / (power + 1)) ** (1 / power)
    assert c.lower * (1 - 1e-12) <= exact <= c.upper * (1 + 1e-12)
    assert c.upper <= 1.01 * c.lower


def test_certificates_survive_json() -> None:
    import json

    c = uat.certify(np.sin, uat.interpolate(np.sin, 0, 1, pieces=3))
    assert uat.Certificate.from_dict(json.loads(json.dumps(c.to_dict()))) == c


# -------------------------------------------------------------------------------------------------------------- Sollya


@pytest.mark.sollya
@pytest.mark.skipif(shutil.which("sollya") is None, reason="Sollya is not installed")
@pytest.mark.parametrize(("text", "domain"), [("tanh(x)", (-5, 5)), ("exp(x)", (-1, 1)), ("sin(x)", (0, 6))])
def test_against_sollya(text: str, domain: tuple[float, float]) -> None:
    p = uat.interpolate(uat.Formula(text), *domain, pieces=64)
    lines = ["display = hexadecimal!; prec = 200!;"]
    for k in range(64):
        x0, x1, y0, y1 = (Fraction(v) for v in (*p.knots[k : k + 2].tolist(), *p.values[k : k + 2].tolist()))
        slope = (y1 - y0) / (x1 - x0)
        at_zero = y0 - slope * x0
        chord = f"({at_zero.numerator}/{at_zero.denominator}) + x*({slope.numerator}/{slope.denominator})"
        interval = f"[{x0.numerator}/{x0.denominator};{x1.numerator}/{x1.denominator}]"
        lines.append(f"s = supnorm({chord}, {text}, {interval}, absolute, 1b-20); print(inf(s)); print(sup(s));")
    program = "\n".join([*lines, "quit;"])
    out = subprocess.run(["sollya"], input=program, capture_output=True, text=True, check=True)
    numbers = [float.fromhex(word) for word in out.stdout.split()]
    assert len(numbers) == 128
    for k in range(64):
        low, high = numbers[2 * k : 2 * k + 2]
        cell = uat.PiecewiseAffine(p.knots[k : k + 2], p.values[k : k + 2])
        c = uat.certify(uat.Formula(text), cell)
        assert c.lower <= high
        assert low <= c.upper


@pytest.mark.sollya
@pytest.mark.skipif(shutil.which("sollya") is None, reason="Sollya is not installed")
@pytest.mark.parametrize(
    ("text", "domain", "error"),
    [("abs(x)", (-1, 1), Fraction(1, 2)), ("sqrt(x)", (0, 1), Fraction(1, 4))],  # exact, against the lines below
)
def test_where_sollya_gives_up(text: str, domain: tuple[int, int], error: Fraction) -> None:
    """A kink and an infinite slope: Sollya's `supnorm` answers `error`; here the distance is proven to one percent."""
    slope, intercept = {"abs(x)": (0.0, 0.5), "sqrt(x)": (1.0, 0.0)}[text]
    smooth = f"supnorm({slope}*x + {intercept}, exp(x), [0;1], absolute, 0.01);"
    for question, answers in (
        (f"supnorm({slope}*x + {intercept}, {text}, [{domain[0]};{domain[1]}], absolute, 0.01);", False),
        (smooth, True),  # the same sentence is understood where the function is smooth
    ):
        program = f"s = {question[:-1]}; print(s); quit;"
        out = subprocess.run(["sollya"], input=program, capture_output=True, text=True, check=True)
        last = out.stdout.strip().splitlines()[-1]
        assert last.startswith("[") if answers else last == "error"
    c = uat.certify(uat.Formula(text), (slope, intercept), domain)
    assert c.proven
    assert c.lower <= error <= c.upper <= 1.01 * c.lower


def test_breaks_may_be_one_number() -> None:
    p = uat.interpolate(np.abs, -1, 1, pieces=3)
    assert uat.certify(np.abs, p, breaks=0.0).upper == uat.certify(np.abs, p, breaks=[0.0]).upper
    with pytest.raises(uat.InputError, match="`breaks` must be finite"):
        uat.certify(np.abs, p, breaks=np.nan)


@pytest.mark.parametrize("norm", ["sup", "L1", "L2"])
def test_no_budget_is_so_small_that_an_assumption_goes_untested(norm: str) -> None:
    """Cells that nobody looked at count by the range of f, which takes for granted that f is real there."""
    with pytest.warns(uat.bounds.certification.NotProvenWarning):
        c = uat.certify(lambda x: np.sqrt(x), (0, 0), (-1, 1), seconds=1e-12, norm=norm)
    assert not c.proven


@pytest.mark.parametrize("size", [1.0, 1e20])
@pytest.mark.parametrize("w", [3.0, -3.0, 7.0])
@pytest.mark.parametrize("facts", [{}, {"lipschitz": True}, {"norm": "L1"}, {"norm": "L2"}])
def test_no_distance_is_seen_beyond_a_kink_that_is_no_float(size: float, w: float, facts: dict[str, Any]) -> None:
    """f is the network: any lower end above 0 is false."""
    facts = {"lipschitz": abs(w) * size} if facts.get("lipschitz") else facts
    net = uat.ReluNet([w], [-1.0], [size])
    c = uat.certify(lambda x: size * np.maximum(w * x - 1, 0.0), net, (-1, 1), seconds=0.3, **facts)
    assert c.lower == 0
