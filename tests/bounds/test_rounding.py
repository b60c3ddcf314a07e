"""The rounding bounds are the formulas that they state: computed a second time, neuron by neuron, in rationals.

That the bounds hold is tested with the nouns (`test_relu_net.py`); here that none is smaller than its statement, so
that no case which random networks rarely meet (underflow, a kink that had to be rounded) is left uncovered.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import uat
from tests.strategies import relu_nets
from uat._checks import InputError
from uat.bounds.rounding import (
    _most,
    _most_by_pieces,
    condition,
    conversion_bound,
    evaluated,
    forward_bound,
    gamma,
    pieces_bound,
    stored_distance,
    stored_excess,
)

U, U32 = Fraction(1, 2**53), Fraction(1, 2**24)
TINY, TINY32 = Fraction(1, 2**1074), Fraction(1, 2**149)
unit_weights = st.lists(
    st.tuples(st.sampled_from([-1.0, 1.0]), st.floats(-8, 8, width=32), st.floats(-8, 8, width=32)),
    min_size=1,
    max_size=6,
)


def gamma_exactly(k: int, u: Fraction) -> Fraction:
    return k * u / (1 - k * u)


def close(stated: Fraction, computed: float) -> bool:
    """The computed bound is the stated one, up to the last few bits of its own arithmetic."""
    return abs(Fraction(computed) - stated) <= Fraction(1, 10**12) * stated + 4 * TINY


def at_least(stated: Fraction, computed: float) -> bool:
    return stated <= Fraction(computed) <= stated * (1 + Fraction(1, 10**9)) + 8 * TINY


def columns(net: uat.ReluNet) -> Any:
    return [tuple(map(Fraction, row)) for row in zip(net.weights, net.biases, net.coefficients, strict=True)]


def condition_exactly(net: uat.ReluNet, x: float) -> Fraction:
    unit, rows = all(abs(w) == 1 for w in net.weights), columns(net)
    terms = (max(w * Fraction(x) + b, Fraction(0)) if unit else abs(w * Fraction(x)) + abs(b) for w, b, _ in rows)
    return abs(Fraction(net.output_bias)) + sum(abs(c) * t for (_, _, c), t in zip(rows, terms, strict=True))


def pieces_exactly(net: uat.ReluNet, x: float) -> Fraction:
    """2 (gamma_5 (|v| + |y - v|) + what the two kinks around x may have moved + underflow)."""
    r = net.regions
    k = sum(kink <= x for kink in r.kinks.tolist())
    moved = Fraction(0)
    for w, b, c in columns(net):
        if w and abs(w) != 1 and float(-b / w) in r.kinks[max(k - 1, 0) : k + 1].tolist():
            moved += U * abs(c * b) + TINY * math.ceil(abs(c * w))
    v, y = Fraction(r.values[k]), Fraction(net(x))
    lost = TINY * (1 + abs(Fraction(r.slopes[k])) + abs(Fraction(x) - Fraction(r.anchors[k])))
    return 2 * (gamma_exactly(5, U) * (abs(v) + abs(y - v)) + moved + lost)


@pytest.mark.parametrize(("unit", "u"), [(2.0**-53, U), (2.0**-24, U32)])
def test_gamma(unit: float, u: Fraction) -> None:
    for k in (1, 5, 1000, 2**23):
        assert Fraction(gamma(k, unit)) == pytest.approx(gamma_exactly(k, u), rel=1e-15)
    assert gamma(1 / unit, unit) == gamma(2 / unit, unit) == math.inf
    assert gamma(5) == gamma(5, 2.0**-53)


@given(relu_nets().filter(lambda net: (np.abs(net.weights) != 1).any()), st.floats(-20, 20))
def test_condition_of_any_network(net: uat.ReluNet, x: float) -> None:
    assert close(condition_exactly(net, x), float(condition(net, x)))


@given(unit_weights, st.floats(-8, 8, width=32), st.floats(-20, 20))
def test_condition_and_f1_for_weights_of_size_one(rows: Any, bias: float, x: float) -> None:
    net = uat.ReluNet(*map(list, zip(*rows, strict=True)), bias)
    k = condition_exactly(net, x)
    # K is itself evaluated by pieces, and cancels where it is small against its value at 0
    absolute = uat.ReluNet(net.weights, net.biases, np.abs(net.coefficients), abs(net.output_bias))
    lost = pieces_exactly(absolute, x)
    assert abs(Fraction(float(condition(net, x))) - k) <= lost
    factor = gamma_exactly(net.width + 2, U)
    bound = Fraction(float(forward_bound(net, x)))
    # so `forward_bound` adds what was lost, and holds as stated
    assert factor * k <= bound <= factor * (k + 2 * lost) * (1 + Fraction(1, 10**9)) + 10**4 * TINY


def test_f1_holds_where_k_itself_cancels() -> None:
    """c (b - x)_+ just left of its kink: by pieces it is c b - c x, of which nothing but rounding may be left."""
    for c in (0.1, 0.3, 0.7, 1.1):
        for b in (1 / 3, 0.7, 0.9, 1.9):
            net = uat.ReluNet([-1.0], [b], [c])
            x = b
            for _ in range(6):
                x = math.nextafter(x, 0)
                bound = Fraction(float(forward_bound(net, x)))
                assert bound >= gamma_exactly(3, U) * Fraction(c) * (Fraction(b) - Fraction(x))


@given(relu_nets().filter(lambda net: (np.abs(net.weights) != 1).any()), st.floats(-20, 20))
def test_f1_in_general(net: uat.ReluNet, x: float) -> None:
    m = net.width + 3
    k, size = condition_exactly(net, x), sum(abs(c) for _, _, c in columns(net))
    for unit, u, tiny in ((2.0**-53, U, TINY), (2.0**-24, U32, TINY32)):
        stated = gamma_exactly(m, u) * k
        bound = Fraction(float(forward_bound(net, x, unit)))
        assert stated <= bound <= stated * (1 + Fraction(1, 10**9)) + 4 * tiny * (net.width + 1) * (1 + size)


@pytest.mark.parametrize(("unit", "tiny"), [(2.0**-53, TINY), (2.0**-24, TINY32)])
@pytest.mark.parametrize("coefficients", [[0.25, 0.5, -3.0], [100.0, 0.0], [0.0]])
def test_underflow_has_its_share(unit: float, tiny: Fraction, coefficients: list[float]) -> None:
    """At 0, without biases, K = 0: what remains is rho, at least the smallest number once for every neuron and sum."""
    m = len(coefficients)
    net = uat.ReluNet([1.0] * m, [0.0] * m, coefficients)
    rho = tiny * (m + 1) * (1 + sum(abs(Fraction(c)) for c in coefficients))
    assert abs(Fraction(float(forward_bound(net, 0.0, unit))) - rho) <= tiny
    small = uat.ReluNet([0.75], [0.0], [0.75])
    x = 3 * float(tiny)
    assert Fraction(float(forward_bound(small, x, unit))) >= Fraction(float(tiny))


@given(relu_nets(), st.floats(-20, 20))
def test_pieces_bound_is_what_it_states(net: uat.ReluNet, x: float) -> None:
    points = [x, *(t for t in net.regions.kinks.tolist() if abs(t) < 1e6)]
    for point, bound in zip(points, pieces_bound(net, np.array(points)).tolist(), strict=True):
        assert close(pieces_exactly(net, point), bound)


@pytest.mark.parametrize("w", [1.0, -1.0, 2.0, 3.0])
def test_kinks_that_may_have_moved_count(w: float) -> None:
    net = uat.ReluNet([w], [-0.75], [1.0])
    kink = float(net.regions.kinks[0])
    for x in (kink, np.nextafter(kink, 9), np.nextafter(kink, -9)):
        assert close(pieces_exactly(net, float(x)), float(pieces_bound(net, float(x))))


def test_a_steep_piece_may_underflow() -> None:
    net = uat.ReluNet([1.0], [0.0], [1000.0])
    assert Fraction(float(pieces_bound(net, 0.0))) == 2 * 1001 * TINY
    assert Fraction(float(pieces_bound(net, -1.0))) == 4 * TINY


@given(relu_nets(), st.floats(-9, 8), st.floats(0.01, 9))
def test_the_largest_bound_on_a_domain(net: uat.ReluNet, a: float, length: float) -> None:
    """Nowhere on the domain is the bound larger, and it is nearly attained: at an end, at a kink or left of one."""
    b = a + length
    kinks = [t for t in net.regions.kinks.tolist() if a < t < b]
    left = [float(np.nextafter(t, -np.inf)) for t in kinks]
    special = [t for t in (a, b, *kinks, *left) if a <= t <= b]
    true = max(pieces_exactly(net, t) for t in special)
    found = _most_by_pieces(net, (a, b))
    assert at_least(true * (1 - Fraction(1, 10**12)), found)
    assert (pieces_bound(net, np.linspace(a, b, 101)) <= found).all()


def test_a_little_is_added_for_the_roundings_of_the_bound() -> None:
    assert 1 + 8 * float(U) < _most(np.array([0.5, 1.0])) < 1 + 64 * float(U)


@given(relu_nets(), st.floats(-9, 8), st.floats(0.01, 9))
def test_evaluated_takes_the_larger_of_both_ways(net: uat.ReluNet, a: float, length: float) -> None:
    b = a + length
    assert evaluated(net, (a, b), "real") == (net, 0.0)
    same, rounding = evaluated(net, (a, b), "float64")
    assert same is net
    neurons = _most(forward_bound(net, np.array([a, b])))
    assert rounding == max(neurons, _most_by_pieces(net, (a, b)))
    x = np.linspace(a, b, 23)
    assert (forward_bound(net, x) <= rounding).all()
    single, rounding = evaluated(net, (a, b), "float32")
    for name in ("weights", "biases", "coefficients"):
        assert (getattr(single, name) == getattr(net, name).astype(np.float32)).all()
    assert single.output_bias == float(np.float32(net.output_bias))
    assert rounding == _most(forward_bound(single, np.array([a, b]), 2.0**-24))


def test_by_pieces_may_be_the_larger_one() -> None:
    """Many kinks at one place that is no float: each may have moved, and K is small there."""
    net = uat.ReluNet([3.0], [-1.0], [1.0])
    p = uat.PiecewiseAffine([0.0, 1.0, 3.0], [1.0, -4.0, 2.0])
    _, rounding = evaluated(net, (0.0, 1.0), "float64")
    assert rounding >= float(pieces_exactly(net, 1.0))
    same, rounding = evaluated(p, p.domain, "float64")
    assert same is p
    assert at_least(2 * (gamma_exactly(5, U) * 6 + U * 4 + TINY), rounding)
    tiny = uat.PiecewiseAffine([0.0, 1.0], [0.0, 0.0])
    assert evaluated(tiny, tiny.domain, "float64")[1] == 2 * float(TINY)


@pytest.mark.parametrize(
    ("g", "arithmetic", "kinds"),
    [
        (uat.PiecewiseAffine([0.0, 1.0], [0.0, 1.0]), "float32", "a ReluNet"),
        ((1.0, 0.0), "float32", "a ReluNet"),
        ((1.0, 0.0), "float64", "a ReluNet or a PiecewiseAffine"),
    ],
)
def test_what_has_no_evaluation(g: Any, arithmetic: str, kinds: str) -> None:
    with pytest.raises(uat.InputError, match=f"`g` must be {kinds} for arithmetic='{arithmetic}', but is"):
        evaluated(g, (0.0, 1.0), arithmetic)


@pytest.mark.parametrize("place", range(4))
def test_what_float32_cannot_hold(place: int) -> None:
    parts = [[1.0], [0.0], [1.0], 0.0]
    parts[place] = 1e39 if place == 3 else [1e39]
    with pytest.raises(uat.InputError, match="`g` must have parameters that float32 can hold"):
        evaluated(uat.ReluNet(*parts), (0.0, 1.0), "float32")


# ------------------------------------------------------------------------------------------- from p to its stored net


@pytest.mark.parametrize("form", ["shifted-origin", "output-bias"])
def test_conversion_bound_is_what_it_states(form: str) -> None:
    """At a knot: gamma_5 sum (|S_i| + |S_{i-1}|) (x - x_i)_+, and the bound of evaluation."""
    p = uat.PiecewiseAffine([0.0, 0.3, 0.7, 2.0], [1.0, -2.0, 0.4, 0.1])
    net = uat.ReluNet.from_piecewise(p, form=form)
    slopes = [Fraction(s) for s in p.slopes.tolist()]
    if form == "shifted-origin":
        slopes.insert(0, Fraction(net.coefficients[0]))
    kinks = [Fraction(-b) for b in net.biases.tolist()]
    for x, bound in zip(p.knots.tolist(), conversion_bound(p, net).tolist(), strict=True):
        before = [Fraction(0), *slopes[:-1]]
        drift = sum(
            (abs(s) + abs(t)) * max(Fraction(x) - kink, Fraction(0))
            for s, t, kink in zip(slopes, before, kinks, strict=True)
        )
        stated = gamma_exactly(5, U) * drift + Fraction(float(pieces_bound(net, x)))
        assert stated * (1 - Fraction(1, 10**14)) <= Fraction(bound) <= stated * (1 + Fraction(1, 10**8))


def test_nothing_is_conceded_to_another_net() -> None:
    p = uat.PiecewiseAffine([0.0, 0.3, 0.7, 2.0], [1.0, -2.0, 0.4, 0.1])
    net = uat.ReluNet.from_piecewise(p)
    for other in (net.rescaled(2.0), uat.ReluNet([1.0], [0.0], [1.0])):
        assert (conversion_bound(p, other) == 0).all()


@given(st.lists(st.floats(-8, 8, width=32), min_size=2, max_size=7), st.data())
def test_stored_distance_bounds_the_difference_at_every_knot(values: list[float], data: st.DataObject) -> None:
    from tests.oracles import exact_network

    steps = data.draw(st.lists(st.floats(0.1, 2), min_size=len(values) - 1, max_size=len(values) - 1))
    knots = np.concatenate([[0.0], np.cumsum(steps)])
    p = uat.PiecewiseAffine(knots, values)
    for form in ("shifted-origin", "output-bias"):
        net = uat.ReluNet.from_piecewise(p, form=form)
        bound, most = Fraction(stored_distance(p, net)), max(map(abs, values))
        true = [
            abs(exact_network(net, x) - Fraction(y)) for x, y in zip(p.knots.tolist(), p.values.tolist(), strict=True)
        ]
        assert max(true) <= bound <= max(true) + 4 * U * Fraction(most) + 8 * max(true) + TINY


def test_stored_distance_is_never_nothing() -> None:
    p = uat.PiecewiseAffine([0.0, 1.0], [0.0, 3.0])
    net = uat.ReluNet.from_piecewise(p, form="output-bias")
    assert Fraction(stored_distance(p, net)) == 2 * U * 3
    off = uat.PiecewiseAffine([0.0, 1.0], [-1.0, 3.5])
    assert Fraction(stored_distance(off, net)) == 1


def test_a_subnormal_slope_is_rounded_absolutely() -> None:
    net = uat.ReluNet([1.1e-123], [0.0], [1e-200])
    for x in (1.0, 1e20, 1e100):
        exact = Fraction(1.1e-123) * Fraction(1e-200) * Fraction(x)
        assert abs(Fraction(net(x)) - exact) <= Fraction(float(pieces_bound(net, x)))


@pytest.mark.parametrize(
    ("net", "domain"),
    [
        (uat.ReluNet([1.0, 1.0], [0.0, 0.0], [1e308, -1e308]), (0, 1)),  # the function 0; its terms are not
        (uat.ReluNet([1e200], [0.0], [1e-300]), (0, 1e200)),  # the product, not the term
        (uat.ReluNet([1.0], [1.5e308], [1e-300]), (1e308, 1.2e308)),  # the hinge
    ],
)
def test_a_sum_that_overflows_on_the_way_has_no_rounding_bound(net: uat.ReluNet, domain: tuple[float, float]) -> None:
    with pytest.raises(InputError, match=r"^`g` must be a network that float64 can evaluate on the domain, but "):
        uat.certify(lambda x: 0 * x, net, domain, arithmetic="float64")
    assert uat.certify(lambda x: 0 * x, net, domain).proven


def test_what_overflows_in_float32_only() -> None:
    net = uat.ReluNet([1e10], [0.0], [1e30])
    assert uat.certify(lambda x: 1e40 * x, net, (0, 1), arithmetic="float64").proven
    w, c = np.float32(1e10), np.float32(1e30)
    with np.errstate(over="ignore"):
        assert np.isinf(c * (w * np.float32(1)))  # no finite bound would be true
    with pytest.raises(InputError, match=r"^`g` must be a network that float32 .* reach 1e\+40 and overflow"):
        uat.certify(lambda x: 1e40 * x, net, (0, 1), arithmetic="float32")


@pytest.mark.parametrize("low", [0.0, -1e-310])
def test_a_kink_below_the_normal_floats_is_rounded_absolutely(low: float) -> None:
    """Kinks at 2.25 and 2.375 times the least float; the two slopes cancel, what moving the kinks adds does not."""
    least = 5e-324
    net = uat.ReluNet([2.0**1000] * 2, [-2.25 * 2.0**-74, -2.375 * 2.0**-74], [2.0**20, -(2.0**20)])
    c = uat.certify(lambda x: 0 * x, net, (low, 2 * least), arithmetic="float64")
    seen = abs(float(net(2 * least)))
    assert seen > 1e-18
    assert c.upper >= seen


@pytest.mark.parametrize("form", ["shifted-origin", "output-bias"])
def test_how_far_a_stored_network_may_lie_on_the_wrong_side(form: Any) -> None:
    """Networks of other broken lines with dyadic values, so that the distances at the knots are known exactly."""
    p = uat.PiecewiseAffine([0.0, 1.0, 2.0], [3.0, 5.0, 4.0])
    moved = {(0.0, -0.125, 0.25): (0.25, 0.125), (-1.0, -1.0, -1.0): (0.0, 1.0), (2.0, 0.5, 1.0): (2.0, 0.0)}
    for by, (above, below) in moved.items():
        net = uat.ReluNet.from_piecewise(uat.PiecewiseAffine(p.knots, p.values + np.array(by)), form=form)
        assert stored_excess(p, net, "both") == 0
        for side, most in (("under", above), ("over", below)):
            found = stored_excess(p, net, side)
            assert most <= found <= most * (1 + 1e-12)
            if most:  # two units for the value at that knot
                there = max(abs(v + d) for v, d in zip(p.values, by, strict=True) if abs(d) == most)
                assert found == most + 2 * float(U) * there


def test_certify_reads_a_formula() -> None:
    c = uat.certify("x**2", (0.0, 0.0), (0, 1))
    assert 1 <= c.upper <= 1 + 1e-12


def test_a_product_near_the_largest_float_may_be_bounded_and_one_beyond_it_not() -> None:
    net = uat.ReluNet([2.0**1000], [0.0], [2.0**-1000])
    near, beyond = 1.41 * 2.0**22, 2.0**24
    _, rounding = evaluated(net, (0.0, near), "float64")
    assert abs(net.forward(near) - near) <= rounding < 1e-3
    with np.errstate(over="ignore"), pytest.raises(InputError, match="overflow"):
        evaluated(net, (0.0, beyond), "float64")
    assert np.isfinite(net.forward(near))


def test_the_last_float_of_a_region_counts() -> None:
    """Two neurons that cancel leave a rounded kink at 1/3, which counts up to the next kink, where |y - v| is most."""
    net = uat.ReluNet([3.0, 3.0, 1.0, 1.0], [-1.0, -1.0, 0.0, -2.0], [1e6, -1e6, 1e3, -1e3])
    assert pieces_bound(net, float(np.nextafter(2.0, 0.0))) <= _most_by_pieces(net, (0.5, 3.0))


def summed(terms: np.ndarray, compensated: bool = False) -> np.ndarray:
    """The columns added from left to right in their own precision; Kahan's way when compensated."""
    total = lost = np.zeros(len(terms), terms.dtype)
    for term in terms.T:
        if compensated:
            term = term - lost
            lost = ((total + term) - total) - term
        total = total + term
    return total


def test_f2_what_float32_loses_on_sin() -> None:
    """Statement F2 at 4001 points, to its digits: the figures that no library's order of summation changes."""
    p = uat.interpolate(np.sin, 0, 2 * np.pi, pieces=1000)
    net = uat.ReluNet.from_piecewise(p, form="output-bias")
    assert net.output_bias == 0
    assert f"{uat.certify(np.sin, p).upper:.1e}" == "4.9e-06"
    x = np.minimum(np.linspace(*p.domain, 4001).astype(np.float32), np.nextafter(np.float32(2 * np.pi), np.float32(0)))
    exact = p(x.astype(np.float64))
    w, b, c = (column.astype(np.float32) for column in (net.weights, net.biases, net.coefficients))
    stored = uat.ReluNet(*(column.astype(np.float64) for column in (w, b, c)))
    cast = stored(x.astype(np.float64))
    assert f"{np.abs(cast - exact).max():.1e}" == "1.5e-07"
    terms = np.maximum(x[:, None] * w + b, np.float32(0)) * c
    assert terms.dtype == np.float32
    plain, kahan = summed(terms), summed(terms, compensated=True)
    assert f"{np.abs(plain - cast).max():.1e}" == "6.6e-06"
    assert f"{np.abs(kahan - exact).max():.0e}" == "4e-07"
    double = np.maximum(x[:, None] * net.weights + net.biases, 0) * net.coefficients
    assert f"{np.abs(summed(double) - exact).max():.0e}" == "1e-14"
    # F1 holds, with room: the bound at the right end, where it is largest
    assert np.abs(plain - cast).max() < forward_bound(stored, float(x[-1]), 2.0**-24)
