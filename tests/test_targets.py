"""Every declared fact of every target, against 60-digit power series; and the checkers, against planted lies."""

from __future__ import annotations

import math
import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

import uat
from tests.oracles_targets import derivatives, supremum
from uat import InputError
from uat.formula import Formula
from uat.formula.vocabulary import FUNCTIONS
from uat.targets import TARGETS, Target, target

ALL = pytest.mark.parametrize("t", TARGETS.values(), ids=TARGETS.keys())
# 14 points to a period of the fastest term of "weierstrass", 9 to a front of "square-wave"
CELLS = 1200


def grid(t: Target) -> np.ndarray:
    """Equispaced points of the domain: without kinks and singular ends, where no derivative exists."""
    x = np.linspace(*t.domain, CELLS + 1)
    singular = [*t.kinks, *t.infinite_slope]
    return x[[not any(abs(p - s) < 1e-9 for s in singular) for p in x]]


def table(t: Target) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The grid, f' and f'' on it, correctly rounded."""
    x = grid(t)
    d = np.array([[float(v) for v in derivatives(t, p)[1:3]] for p in x])
    return x, d[:, 0], d[:, 1]


def check_constants(t: Target) -> None:
    """Declared suprema are upper bounds, and attained within 1e-6 of themselves (in fact within a few roundings)."""
    for order, declared in ((1, t.lipschitz), (2, t.second_derivative)):
        if declared is not None:
            true = supremum(t, order, grid(t))
            assert true.rad() < 1e-40, (t.name, order, "is not known well enough")
            assert not true > arb(declared), (t.name, order, "is exceeded")
            assert declared <= float(true) * (1 + 1e-6), (t.name, order, "is not attained")


def check_kinks(t: Target) -> None:
    """f' jumps at each kink, and nowhere else: elsewhere it moves by no more than |f''| lets it."""
    for kink in t.kinks:
        left, right = (float(derivatives(t, arb(kink) + side * arb("1e-15"))[1]) for side in (-1, 1))
        assert abs(right - left) > 0.1, (t.name, "no kink at", kink)
    x, first, second = table(t)
    # where f'' is not bounded it is monotone (sqrt and its like) or 0: its larger end value bounds it on a cell
    bound = t.second_derivative or np.maximum(abs(second[1:]), abs(second[:-1]))
    smooth = abs(np.diff(first)) <= bound * np.diff(x) * (1 + 1e-9)
    kinked = np.zeros(len(x) - 1, dtype=bool)
    for kink in t.kinks:
        kinked |= (x[:-1] <= kink) & (kink <= x[1:])
    assert (smooth | kinked).all(), (t.name, "an undeclared kink near", x[:-1][~(smooth | kinked)])


def check_shape(t: Target) -> None:
    """Convex, concave, monotone: where declared, and only there."""
    _, first, second = table(t)
    jumps = [
        float(derivatives(t, arb(k) + arb("1e-15"))[1] - derivatives(t, arb(k) - arb("1e-15"))[1]) for k in t.kinks
    ]
    assert t.convex == (min([*second, *jumps]) >= 0), (t.name, "convex")
    assert t.concave == (max([*second, *jumps]) <= 0), (t.name, "concave")
    declared = {"increasing": first.min() >= 0, "decreasing": first.max() <= 0}
    assert declared.get(t.monotone or "", not any(declared.values())), (t.name, "monotone")


def check_ends(t: Target) -> None:
    """f' grows without bound towards an infinite slope, and is bounded at the other ends."""
    a, b = t.domain
    for end, inwards in ((a, 1), (b, -1)):
        near, nearer = (abs(derivatives(t, arb(end) + inwards * arb(d))[1]) for d in ("1e-20", "1e-40"))
        assert bool(nearer > near + 1) == (end in t.infinite_slope), (t.name, "slope at", end)


def check_holder(t: Target) -> None:
    """|f(x) - f(y)| <= L |x - y|^alpha on all pairs of a graded grid, with equality somewhere."""
    if t.holder is None:
        assert t.lipschitz is not None, (t.name, "no modulus of continuity at all")
        return
    constant, alpha = t.holder
    x = np.unique([0.0, math.exp(-2), *np.linspace(0, 1, 201) ** 4])
    values = t(x)
    gap = abs(x[:, None] - x[None, :])
    np.fill_diagonal(gap, 1)
    ratio = abs(values[:, None] - values[None, :]) / gap**alpha
    assert constant * (1 - 1e-9) <= ratio.max() <= constant * (1 + 1e-14), (
        t.name,
        "Hölder",
    )  # rounding of the quotient


def check_curvature(t: Target) -> None:
    if t.curvature is None:
        return
    a, b = t.domain
    singular = bool(t.infinite_slope)  # then at a = 0, where x = s^8 makes sqrt|f''(x)| dx regular

    def integrand(s: float) -> float:
        x, dx = (s**8, 8 * s**7) if singular else (s, 1.0)
        return math.sqrt(abs(float(derivatives(t, x)[2]))) * dx

    breaks = [p for p in (math.pi / 2, math.pi, 3 * math.pi / 2, -2 / 3, *t.kinks) if a < p < b]
    numeric = quad(integrand, a, b, points=breaks or None, epsabs=1e-9, epsrel=1e-9, limit=200)[0]
    assert t.curvature == pytest.approx(numeric, rel=1e-6, abs=1e-9)  # quad meets square roots at inflections


CHECKS = (check_constants, check_kinks, check_shape, check_ends, check_holder, check_curvature)


@ALL
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_declared_facts(t: Target, check) -> None:
    check(t)


LIES = [
    (check_constants, "runge", {"lipschitz": 3.2475}),
    (check_constants, "runge", {"lipschitz": 3.2477}),
    (check_constants, "sin", {"second_derivative": 1 + 2e-6}),
    (check_constants, "sin", {"second_derivative": math.nextafter(1.0, 0)}),
    (check_kinks, "abs", {"kinks": ()}),
    (check_kinks, "relu6", {"kinks": (0.0, 5.0)}),
    (check_kinks, "tanh", {"kinks": (0.0,)}),
    (check_shape, "exp", {"convex": False}),
    (check_shape, "gelu", {"monotone": "increasing"}),
    (check_shape, "tanh", {"monotone": None}),
    (check_shape, "relu6", {"convex": True}),
    (check_ends, "sqrt", {"infinite_slope": ()}),
    (check_ends, "ln", {"infinite_slope": (1.0,)}),
    (check_holder, "sqrt", {"holder": (1.0, 0.6)}),
    (check_holder, "sqrt", {"holder": (1.1, 0.5)}),
    (check_holder, "sqrt", {"holder": None}),
    (check_curvature, "cubic", {"curvature": 13.0}),
]


@pytest.mark.parametrize(("check", "name", "lie"), LIES)
def test_the_checkers_catch_a_planted_lie(check, name: str, lie: dict[str, object]) -> None:
    with pytest.raises(AssertionError):
        check(replace(TARGETS[name], **lie))


@ALL
def test_values_agree_with_sixty_digits(t: Target) -> None:
    x = grid(t)[::37]
    exact = [float(derivatives(t, p)[0]) for p in x]
    # rounding is amplified by the slope of the formula's inner functions, at most a few hundred here
    np.testing.assert_allclose(t(x), exact, rtol=1e-12, atol=1e-12)


@ALL
def test_a_target_is_a_finite_function_on_its_domain(t: Target) -> None:
    x = np.linspace(*t.domain, 24).reshape(2, 3, 4)
    assert t(x).shape == x.shape
    assert np.isfinite(t(x)).all()
    assert isinstance(t(t.domain[0]), float)
    assert t.source
    assert t.expression == Formula(t.formula)


@ALL
def test_pickle_keeps_everything(t: Target) -> None:
    again = pickle.loads(pickle.dumps(t))
    assert all(getattr(again, name) == getattr(t, name) for name in Target.__slots__)
    assert again(t.domain[1]) == t(t.domain[1])


def test_weierstrass_is_the_sum() -> None:
    x = np.linspace(0, 1, 101)
    series = sum(0.5**k * np.cos(13**k * np.pi * x) for k in range(3))
    np.testing.assert_allclose(TARGETS["weierstrass"](x), series, atol=1e-12)


@pytest.mark.parametrize("name", TARGETS)
def test_names_match_letter_case_apart(name: str) -> None:
    assert target(name.upper()) is TARGETS[name]


def test_unknown_names() -> None:
    with pytest.raises(InputError, match=r"`target` must be a known name, but is 'rung'; did you mean 'runge'\?"):
        target("rung")
    with pytest.raises(InputError, match=r"but is 'qqq'; known are sin, cos, .*entropy\."):
        target("qqq")
    with pytest.raises(InputError, match=r"`target` must be a name, but is 3\."):
        target(3)


def test_the_table_is_read_only() -> None:
    with pytest.raises(TypeError):
        TARGETS["sin"] = TARGETS["cos"]  # type: ignore[index]  # that is the point


def test_facts_are_sentences() -> None:
    assert TARGETS["sin"].facts == (
        "|f'| <= 1.0 on the domain (declared by target 'sin')",
        "|f''| <= 1.0 on the domain (declared by target 'sin')",
    )
    assert TARGETS["sqrt"].facts == (
        "|f(x) - f(y)| <= 1.0 |x - y|^0.5 on the domain (declared by target 'sqrt')",
        "f' is infinite at 0.0 (declared by target 'sqrt')",
        "f is concave on the domain (declared by target 'sqrt')",
        "f is increasing on the domain (declared by target 'sqrt')",
    )
    assert "f' jumps at 0.0, 6.0 and f is C^2 elsewhere (declared by target 'relu6')" in TARGETS["relu6"].facts


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"domain": (1, 0)}, r"`a` must be less than `b`"),
        ({"lipschitz": -1}, r"`lipschitz` must be >= 0, but is -1\."),
        ({"lipschitz": math.nan}, r"`lipschitz` must be a finite real number, but is nan\."),
        ({"second_derivative": -2.0}, r"`second_derivative` must be >= 0"),
        ({"kinks": (0.5, 0.5)}, r"`kinks` must be strictly increasing"),
        ({"kinks": (0.0,)}, r"`kinks` must lie inside \(0\.0, 1\.0\), but are \(0\.0,\)\."),
        ({"infinite_slope": (0.5,)}, r"`infinite_slope` must hold end points, but is \(0\.5,\)\."),
        ({"holder": (1.0, 1.0)}, r"`holder` must be \(L, alpha\), L >= 0, 0 < alpha < 1, but is \(1\.0, 1\.0\)\."),
        ({"monotone": "up"}, r"`monotone` must be one of 'increasing', 'decreasing', but is 'up'\."),
    ],
)
def test_facts_that_make_no_sense(arguments: dict[str, object], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        Target(**{"name": "mine", "function": "x", "domain": (0, 1), **arguments})


def test_a_target_of_a_python_function() -> None:
    mine = Target("mine", np.sin, (0, 1), lipschitz=1)
    assert mine(0.5) == np.sin(0.5)
    assert mine.formula == "sin"
    with pytest.raises(InputError, match=r"target 'mine' must be given by a formula, but is <ufunc 'sin'>\."):
        _ = mine.expression


@given(st.sampled_from(sorted(TARGETS)), st.floats(0, 1), st.floats(0, 1))
def test_declared_moduli_hold_between_random_points(name: str, s: float, u: float) -> None:
    t = TARGETS[name]
    a, b = t.domain
    x, y = min(a + s * (b - a), b), min(a + u * (b - a), b)
    constant, alpha = t.holder or (t.lipschitz, 1.0)
    scale = 1 + abs(t(x)) + abs(t(y)) + (constant or 0) * max(abs(a), abs(b))  # of the roundings of f and of x - y
    assert abs(t(x) - t(y)) <= constant * abs(x - y) ** alpha + 1e-14 * scale


def test_import_of_the_table_does_not_import_scipy() -> None:
    code = "import sys, uat.targets; print('scipy.special' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("gelu(x)", r"'gelu\(x\)' has 'gelu' in it, the target 0.5\*x\*\(1 \+ erf\(x/sqrt\(2\)\)\)"),
        ("1 + 2*runge(x)", r"has 'runge' in it, the target 1/\(1 \+ 25\*x\*\*2\)"),
        ("model.py", "'model.py' is a file; a function in it is model.py:NAME"),
        ("a/b c.py", "'a/b c.py' is a file; a function in it is a/b c.py:NAME"),
        ("points.csv", "with skiprows=1 below a line of names"),
    ],
)
def test_what_is_nearly_a_function_is_told_how_it_is_written(text: str, sentence: str) -> None:
    for build in (lambda: uat.approximate(text, (0, 1), tol=0.1), lambda: uat.interpolate(text, (0, 1), pieces=3)):
        with pytest.raises(InputError, match=sentence):
            build()


def test_a_name_means_one_thing() -> None:
    """`sin` as a target and sin(x) in a formula are the same function, and NumPy's where it has one of that name."""
    shared = [name for name in TARGETS if name in FUNCTIONS]
    assert {"sin", "exp", "ln", "sigmoid", "softplus", "square"} <= set(shared)
    for name in shared:
        x = np.linspace(*TARGETS[name].domain, 101)
        np.testing.assert_allclose(TARGETS[name](x), Formula(f"{name}(x)")(x), rtol=1e-14, atol=1e-14)
    for name in TARGETS:
        if getattr(getattr(np, name, None), "nin", 0) == 1:
            x = np.linspace(*TARGETS[name].domain, 101)
            np.testing.assert_array_equal(TARGETS[name](x), getattr(np, name)(x))
    assert Formula("sinc(x)")(0.5) == np.sinc(0.5)  # sin(pi x)/(pi x)
    assert target("sin-over-x")(2.0) == math.sin(2.0) / 2.0
