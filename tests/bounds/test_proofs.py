"""How a certificate is put together: ends that move outwards, lower ends that are reached, estimates called so."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import uat
from tests.oracles import exact_network, exact_piecewise
from uat import Certificate
from uat._checks import InputError
from uat.bounds.certification import NotProvenWarning
from uat.bounds.proofs import with_rounding
from uat.bounds.rounding import evaluated

F = Fraction


def unproven(f: Any, g: Any, domain: Any = None, **options: Any) -> Certificate:
    with pytest.warns(NotProvenWarning, match="the error is not proven: "):
        c = uat.certify(f, g, domain, **options)
    assert not c.proven
    assert c.upper == math.inf
    return c


# ------------------------------------------------------------------------------------------------- the object


@pytest.mark.parametrize(
    ("lower", "upper", "proven"),
    [(-1.0, 1.0, True), (2.0, 1.0, True), (0.0, math.inf, True)],
)
def test_what_is_no_certificate(lower: float, upper: float, proven: bool) -> None:
    with pytest.raises(uat.InputError, match="a certificate must have 0 <= lower <= upper"):
        Certificate(lower, upper, 0.0, proven)
    for ends, name in (((math.nan, 1.0), "lower"), ((0.0, math.nan), "upper")):
        with pytest.raises(uat.InputError, match=f"^`{name}` must be a finite real number, but is nan"):
            Certificate(*ends, 0.0, False)


def test_a_certificate_speaks() -> None:
    proven = Certificate(0.5, 0.75, 0.0, True, ("a fact",), "balls", note="A note")
    assert (proven.error, proven.status) == (0.75, "proven")
    assert str(proven) == "0.5 <= sup|f - g| <= 0.75 (proven, balls) assuming a fact. A note"
    seen = Certificate(0.5, math.inf, 0.0, False, method="samples", norm="L2")
    assert (seen.error, seen.status) == (0.5, "estimated")
    assert str(seen) == "L2 distance estimated at 0.5 (samples; not proven)"
    assert Certificate(0.0, 0.0, 0.0, True).upper == 0
    for c in (proven, seen):
        assert Certificate.from_dict(c.to_dict()) == c
    assert seen.to_dict()["upper"] is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"proven": 1}, "`proven` must be True or False, but is 1."),
        ({"boxes": "many"}, "`boxes` must be an integer >= 0, but is 'many'."),
        ({"lower": -1.0}, "a certificate must have 0 <= lower <= upper"),
        ({"upper": -1.0}, "a certificate must have 0 <= lower <= upper"),
        ({"where": math.nan}, "`where` must be a finite real number"),
        ({"norm": "L3"}, "`norm` must be one of"),
        ({"assumes": None}, "`assumes` must be a sequence of sentences, but is None."),
        ({"assumes": "f is real"}, "`assumes` must be a sequence of sentences"),
        ({"assumes": [1]}, "`assumes` must be a text, but is 1."),
    ],
)
def test_forged_data(change: dict[str, Any], sentence: str) -> None:
    data = Certificate(0.5, 0.75, 0.0, True).to_dict() | change
    with pytest.raises(uat.InputError) as raised:
        Certificate.from_dict(data)
    assert str(raised.value).startswith(sentence)


# ------------------------------------------------------------------------------------------------- rounding


@given(st.floats(0, 10), st.floats(0, 10), st.floats(0, 2))
def test_both_ends_move_outwards(lower: float, width: float, rounding: float) -> None:
    c = Certificate(lower, lower + width, 0.0, True, method="m")
    assert with_rounding(c, rounding, "real") is c
    moved = with_rounding(c, rounding, "float64")
    assert F(moved.upper) >= F(c.upper) + F(rounding)
    assert moved.upper == pytest.approx(c.upper + rounding, rel=1e-15, abs=1e-300)
    assert F(moved.lower) <= max(F(0), F(c.lower) - F(rounding))
    assert moved.lower == pytest.approx(max(0.0, c.lower - rounding), abs=1e-14)
    assert "rounding in float64" in moved.method


def test_rounding_is_added_to_the_exact_enclosure() -> None:
    p = uat.interpolate(np.sin, 0, 3, pieces=5)
    net = uat.ReluNet.from_piecewise(p)
    for arithmetic in ("float64", "float32"):
        target, rounding = evaluated(net, p.domain, arithmetic)
        real, c = uat.certify(np.sin, target, p.domain), uat.certify(np.sin, net, p.domain, arithmetic=arithmetic)
        assert F(c.upper) >= F(real.upper) + F(rounding)
        assert c.upper <= (real.upper + rounding) * (1 + 1e-12)
        assert 0 < c.lower <= real.lower - rounding * 0.99
        assert c.lower >= real.lower * 0.98 - rounding


@pytest.mark.parametrize(("a", "b"), [(0.0, 2.0), (0.1, 0.7), (-0.7, -0.1)])
def test_the_lower_end_in_float32_is_reached_at_such_a_number(a: float, b: float) -> None:
    """x^2 / 3 against a net: the difference at the float32 nearest to `where`, exactly; nothing if that is outside."""
    net = uat.ReluNet([1.0, 1.0], [-a, -(a + b) / 2], [0.3, 0.7], 0.1)
    c = uat.certify(lambda x: F(1, 3) * x * x, net, (a, b), arithmetic="float32")
    single, rounding = evaluated(net, (a, b), "float32")
    x = float(np.float32(c.where))
    if not a <= x <= b:
        assert c.lower == 0.0
        return
    true = abs(F(x) ** 2 / 3 - exact_network(single, x))
    assert F(c.lower) <= true - F(rounding)
    assert F(c.lower) >= true - F(rounding) - F(1, 10**14)


@pytest.mark.parametrize(("end", "inside"), [(0.1, False), (0.7, True)])
def test_a_float32_outside_the_domain_proves_nothing(end: float, inside: bool) -> None:
    """The largest difference is at the right end; rounded to float32, 0.1 grows and 0.7 shrinks."""
    assert (float(np.float32(end)) <= end) == inside
    net = uat.ReluNet([1.0], [0.0], [0.5])
    c = uat.certify(lambda x: 2 * x, net, (-1e-3, end), arithmetic="float32")
    assert c.where == end
    assert (c.lower > 0) == inside
    c = uat.certify(lambda x: -2 * x, net, (-end, 1e-3), arithmetic="float32")
    assert c.where == -end
    assert (c.lower > 0) == inside


def test_in_float32_a_sampled_lower_end_is_not_taken_over() -> None:
    net = uat.ReluNet([1.0], [0.0], [0.5])
    c = uat.certify(math.sin, net, (0.0, 1.0), lipschitz=1.0, rel=0.1, arithmetic="float32")
    assert c.proven
    assert c.lower == 0.0


# ------------------------------------------------------------------------------------------------- by samples


def test_samples_and_a_declared_constant() -> None:
    p = uat.PiecewiseAffine([0.0, 1.0], [0.0, 0.0])
    c = uat.certify(lambda x: float(x) / 3, p, lipschitz=1.0, rel=1e-3)
    assert c.proven
    assert c.lower <= F(1, 3) <= c.upper
    assert c.assumes[-1] == "the values of f are those that it returns in float64"
    assert c.method == f"declared continuity and {c.boxes} samples"


# ------------------------------------------------------------------------------------------------- by sight


GS = {
    "broken line": uat.PiecewiseAffine([0.0, 0.3, 2.0], [0.0, 0.5, -0.25]),
    "network": uat.ReluNet([1.0, -2.0, 0.0], [-0.3, 2.0, 1.0], [0.5, -1.0, 0.25], 0.1),
    "line": (0.5, -0.25),
}


@pytest.mark.parametrize("kind", sorted(GS))
@pytest.mark.parametrize("norm", ["sup", "L1", "L2"])
def test_where_nothing_is_proven_samples_estimate(kind: str, norm: str) -> None:
    """|sin| of a black box, and the same function on balls: the estimate is close to what is proven of the other."""
    g = GS[kind]
    c = unproven(lambda x: math.sin(3 * float(x)), g, (0.0, 2.0), norm=norm)
    true = uat.certify(lambda x: np.sin(3 * x), g, (0.0, 2.0), norm=norm, rel=1e-6)
    assert c.lower == pytest.approx(true.upper, rel=1e-5)
    assert c.norm == norm
    assert "samples" in c.method
    assert "float(x)" in c.note
    value = {"broken line": lambda x: float(exact_piecewise(g, x)), "line": lambda x: 0.5 * x - 0.25}.get(kind, g)
    difference = abs(math.sin(3 * c.where) - value(c.where))
    largest = uat.certify(lambda x: np.sin(3 * x), g, (0.0, 2.0)).lower
    assert difference == pytest.approx(largest, rel=0.02)


def test_where_not_even_samples_can_be_had() -> None:
    for norm in ("sup", "L1"):
        c = unproven(lambda x: math.log(float(x)), (0.0, 0.0), (-1, 1), norm=norm)
        assert c.lower == 0.0
        assert c.method == "nothing"
        assert "`f` must be defined on the whole interval" in c.note


# ------------------------------------------------------------------------------------------------- by balls


@pytest.mark.parametrize("norm", ["sup", "L1"])
@pytest.mark.parametrize("calls", [15, 20, 40])
def test_a_function_that_changes_during_the_search_is_noticed(norm: str, calls: int) -> None:
    left = [calls]

    def f(x: Any) -> Any:
        left[0] -= 1
        return np.sin(40 * x) + (0.25 if left[0] < 0 else 0)

    with pytest.raises(uat.InputError, match="whenever and however it is called, but at x = "):
        uat.certify(f, (0.0, 0.0), (0, 1), norm=norm, rel=1e-6)


@pytest.mark.parametrize("norm", ["sup", "L1"])
def test_f_is_asked_about_the_domain_only(norm: str) -> None:
    asked: list[float] = []

    def f(x: Any) -> Any:
        if isinstance(x, (float, np.ndarray)):
            asked.extend(np.atleast_1d(x).tolist())
        return np.sqrt(x)

    assert uat.certify(f, (0.25, 0.5), (2, 3), norm=norm).proven
    assert 2 <= min(asked) < 2.1
    assert 2.9 < max(asked) <= 3


def test_an_error_of_a_few_ulps_is_as_good_as_none() -> None:
    """The search ends when upper <= 4 u max|g|: where no sample can tell the two apart."""
    for size in (1.0, 1e6, -1e6):
        c = uat.certify(lambda x, s=size: s * x + 1e-16 * s * np.sin(9 * x), (size, 0.0), (0.5, 1), rel=1e-6)
        assert c.boxes <= 3
        assert c.upper > 1.1 * c.lower
        assert c.upper <= 4 * 2.0**-53 * abs(size)
        c = uat.certify(lambda x, s=size: s * x + 1e-15 * s * np.sin(9 * x), (size, 0.0), (0.5, 1), rel=0.01)
        assert c.upper <= c.lower * 1.01


def test_the_largest_jump_is_told() -> None:
    def f(x: Any) -> Any:
        return np.where(x > 0.25, 1.0, 0 * x) + np.where(x > 0.625, 3.0, 0)

    c = uat.certify(f, uat.PiecewiseAffine([0.0, 1.0], [2.0, 2.0]))
    assert c.proven
    assert c.note.startswith("f jumps by at least 3 at x = 0.625")


@pytest.mark.parametrize(("middle", "place"), [(1.0, "0.25"), (-1.0, "0.625")])
def test_of_two_jumps_between_equal_errors_the_larger_is_told(middle: float, place: str) -> None:
    def f(x: Any) -> Any:
        return np.where(x > 0.25, np.where(x > 0.625, 2.0, middle), -2.0 + 0 * x)

    c = uat.certify(f, uat.PiecewiseAffine([0.0, 0.5, 1.0], [0.0, 0.0, 0.0]))  # a box for each
    assert c.note.startswith(f"f jumps by at least 3 at x = {place}")


@pytest.mark.parametrize("f", [np.tan, np.log, lambda x: 1 / (x - 0.3)])
def test_an_infinite_distance_is_not_proven_finite(f: Any) -> None:
    c = unproven(f, (0.0, 0.0), (0.0, 2.0))
    assert c.note


def test_certify_refuses_declarations_it_cannot_use() -> None:
    line = (1.0, 0.0)
    for options, what in (
        ({"lipschitz": 1.0}, "lipschitz"),
        ({"modulus": math.sqrt}, "modulus"),
        ({"arithmetic": "float64"}, "arithmetic"),
    ):
        for norm in ("L1", "L2"):
            with pytest.raises(uat.InputError, match=f'`{what}` can be used with norm="sup" only, but norm = {norm!r}'):
                uat.certify(np.sin, line, (0, 1), norm=norm, **options)
    net = uat.ReluNet([1.0], [0.0], [1.0])
    assert uat.certify(np.sin, net, (0, 1), arithmetic="float64", lipschitz=1.0).proven


@pytest.mark.parametrize("arithmetic", ["real", "float64", "float32"])
@pytest.mark.parametrize(
    ("g", "size"), [(uat.ReluNet([1e200], [0.0], [1e200]), r"1.00e\+400"), ((1e308, 1e308), r"2.00e\+308")]
)
def test_a_g_beyond_the_floats_is_named(g: Any, size: str, arithmetic: str) -> None:
    if arithmetic != "real" and isinstance(g, tuple):
        return
    with pytest.raises(InputError, match=rf"^`g` must have values .* float64 can hold, but g\(1.0\) is {size}\."):
        uat.certify(np.sin, g, (0, 1), arithmetic=arithmetic)


@pytest.mark.parametrize("how", [{}, {"norm": "L1"}, {"norm": "L2"}, {"lipschitz": 0.0}])
def test_a_distance_beyond_the_floats_is_told_from_an_infinite_f(how: dict[str, Any]) -> None:
    c = unproven(lambda x: -1e308 + 0 * x, (0.0, 1e308), (0, 1), **how)
    assert c.note == "f - g overflows float64 on the domain."
    assert c.lower == np.finfo(np.float64).max
    assert json.loads(json.dumps(c.to_dict(), allow_nan=False))["upper"] is None


def test_an_estimated_norm_of_large_values_is_finite() -> None:
    c = unproven(lambda x: 1e200 + 0 * np.array([float(t) for t in np.atleast_1d(x)]), (0.0, 0.0), (0, 4), norm="L2")
    assert c.lower == pytest.approx(2e200)


@pytest.mark.parametrize("g", [(1.0, 0.0), (1.0, -0.0)])
@pytest.mark.parametrize("how", [{}, {"norm": "L1"}, {"norm": "L2"}, {"lipschitz": 1.0}])
def test_no_distance_is_minus_zero(g: Any, how: dict[str, Any]) -> None:
    c = uat.certify(lambda x: x, g, (0, 1), **how)
    assert math.copysign(1.0, c.lower) == 1.0
    assert Certificate(-0.0, 0.0, 0.0, True).to_dict()["lower"].hex() == "0x0.0p+0"


def test_a_domain_as_long_as_the_floats_is_sampled_inside() -> None:
    r = uat.approximate(lambda x: 0 * x + 1, (-1.7e308, 0), tol=0.1, form="output-bias")
    assert r.certificate.proven
    assert r.pieces == 1
