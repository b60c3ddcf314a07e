"""The exact network: equal to the interpolant with `==` on fractions, within derived bounds in floats."""

from __future__ import annotations

import itertools
import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import uat
from tests.oracles import ExactNetwork, exact_network, interpolant_by_hand, network_by_hand
from tests.strategies import (
    dear,
    exact,
    exact_knots_and_values,
    exact_nets,
    fractions,
    piecewise_affine,
    positive_fractions,
    relu_nets,
)
from uat.bounds.rounding import condition, forward_bound, pieces_bound
from uat.hinges import canonical_hinges, hinge_sum, hinges_of_pieces, pieces_of_hinges
from uat.piecewise import UNIT
from uat.relu_net import FORMS

unit_interval = st.lists(st.fractions(0, 1, max_denominator=97), max_size=6)


# ---------------------------------------------------------------------------------------- exactness, with ==


@pytest.mark.parametrize("form", FORMS)
@dear
@given(kv=exact_knots_and_values(), t=unit_interval, shift=positive_fractions)
def test_network_is_the_interpolant(
    form: str, kv: tuple[np.ndarray, np.ndarray], t: list[Fraction], shift: Fraction
) -> None:
    """At the knots, between them and at both ends, for both forms and any shift."""
    knots, values = kv
    net = hinges_of_pieces(knots, values, form, shift)
    x = exact([*knots, *((knots[1:] + knots[:-1]) / 2), *(knots[0] + s * (knots[-1] - knots[0]) for s in t)])
    wanted = [interpolant_by_hand(knots, values, v) for v in x]
    assert (hinge_sum(*net, x) == wanted).all()
    assert [network_by_hand(*net, v) for v in x] == wanted
    assert len(net[0]) == len(knots) - (form == "output-bias")


@pytest.mark.parametrize("form", FORMS)
@dear
@given(kv=exact_knots_and_values(), shift=positive_fractions)
def test_there_and_back_gives_the_knots_and_values(
    form: str, kv: tuple[np.ndarray, np.ndarray], shift: Fraction
) -> None:
    knots, values = kv
    back = pieces_of_hinges(*hinges_of_pieces(knots, values, form, shift), knots[0], knots[-1])
    assert (back[0] == knots).all()
    assert (back[1] == values).all()


@example((exact([1, -1, 2]), exact([0, 0, -2]), exact([1, 3, 5]), Fraction(1)), Fraction(-1), Fraction(4), [])
@dear
@given(exact_nets(), fractions, positive_fractions, unit_interval)
def test_pieces_of_any_network(net: tuple, a: Fraction, length: Fraction, t: list[Fraction]) -> None:
    """Weights of both signs, zero weights, kinks outside [a, b], kinks that coincide."""
    knots, values = pieces_of_hinges(*net, a, a + length)
    assert knots[0] == a
    assert knots[-1] == a + length
    assert (knots[1:] > knots[:-1]).all()
    assert len(knots) - 1 <= len(net[0]) + 1  # statement A5: a neuron has one kink at most
    for x in (*knots, *(a + s * length for s in t)):
        assert interpolant_by_hand(knots, values, x) == network_by_hand(*net, x)


@dear
@given(exact_nets(), st.data())
def test_canonical_is_the_same_function_on_the_whole_line(net: tuple, data: st.DataObject) -> None:
    canonical = canonical_hinges(*net)
    kinks = [-b / w for w, b in zip(net[0], net[1], strict=True) if w != 0]
    for x in (*kinks, *data.draw(st.lists(fractions, min_size=1, max_size=5)), Fraction(-1000), Fraction(1000)):
        assert network_by_hand(*canonical, x) == network_by_hand(*net, x)
    assert all(abs(w) == 1 for w in canonical[0])
    assert (canonical[2] != 0).all()
    right = [-b / w for w, b in zip(canonical[0], canonical[1], strict=True) if w > 0]
    assert right == sorted(set(right))


@dear
@given(exact_nets(), st.randoms(use_true_random=False), st.data())
def test_equal_functions_get_equal_parameters(net: tuple, random: object, data: st.DataObject) -> None:
    """Rescale the neurons, permute them, split one in two: the canonical form stays."""
    w, b, c, bias = net
    d = exact(data.draw(st.lists(positive_fractions, min_size=len(w), max_size=len(w))))
    order = list(range(len(w)))
    random.shuffle(order)
    other = [(w / d)[order], (b / d)[order], (c * d)[order]]
    share = data.draw(fractions)
    half = [np.concatenate([column, column[:1]]) for column in other]
    half[2] = np.concatenate([other[2][:1] * share, other[2][1:], other[2][:1] * (1 - share)])
    first, second = canonical_hinges(*net), canonical_hinges(*half, bias)
    for one, two in zip(first, second, strict=True):
        assert np.array_equal(one, two)


def test_a5_the_example_has_three_pieces_and_two_neurons() -> None:
    """(x)_+ + (-1-x)_+ has as few neurons as three pieces can have; the form that is written without a search has 3."""
    example = uat.ReluNet([1, -1], [0, -1], [1, 1])
    p = example.to_piecewise(-3, 2)
    assert p.knots.tolist() == [-3, -1, 0, 2]
    assert p.values.tolist() == [2, 0, 0, 2]
    assert p.simplified().pieces == 3
    assert example.canonical().width == 2
    assert example.canonical()([-3.0, -0.5, 2.0]).tolist() == [2, 0, 2]
    assert uat.ReluNet.from_piecewise(p, form="output-bias").width == 3


@dear
@given(
    jumps=st.lists(st.sampled_from([-3, -2, -1, 1, 2, 3, 5]), min_size=0, max_size=5),
    first=st.integers(-7, 7),
    start=fractions,
    data=st.data(),
)
def test_a5_one_neuron_less_suffices_if_and_only_if_some_jumps_cancel_the_first_slope(
    jumps: list[int], first: int, start: Fraction, data: st.DataObject
) -> None:
    """All networks with one neuron a kink and a free bias, tried one by one, against the condition on S_1."""
    n = len(jumps) + 1
    steps = data.draw(st.lists(positive_fractions, min_size=n, max_size=n))
    knots = [start]
    values = [start]
    for k, step in enumerate(steps):
        knots.append(knots[-1] + step)
        values.append(values[-1] + step * (first + sum(jumps[:k])))
    found = []
    for facing in itertools.product([1, -1], repeat=n - 1):  # w = -1 faces left; the jump of c (w x + b)_+ is c
        w, j = exact(facing), exact(jumps)
        net = (w, -w * exact(knots[1:-1]), j)
        bias = values[0] - network_by_hand(*net, Fraction(0), knots[0])
        if all(network_by_hand(*net, bias, x) == y for x, y in zip(knots, values, strict=True)):
            found.append(facing)
            there = pieces_of_hinges(*net, bias, knots[0], knots[-1])
            assert [list(column) for column in there] == [knots, values]
    sums = {sum(chosen) for size in range(n) for chosen in itertools.combinations(jumps, size)}
    assert bool(found) == (-first in sums)
    # N neurons always suffice, and with a free affine part in place of the first hinge N - 1 do
    weights, biases, coefficients, bias = hinges_of_pieces(exact(knots), exact(values), "output-bias")
    assert len(weights) == n
    for x, y in zip(knots, values, strict=True):
        line = bias + first * (x - knots[0])
        assert network_by_hand(weights[1:], biases[1:], coefficients[1:], line, x) == y


@dear
@given(exact_knots_and_values())
def test_canonical_drops_the_first_neuron_when_f_starts_at_zero(kv: tuple[np.ndarray, np.ndarray]) -> None:
    """Statement A3: for f(a) = 0 the sum runs over x_1..x_N with coefficients S_i - S_{i-1}, S_0 = 0."""
    knots, values = kv
    values = values - values[0]
    net = hinges_of_pieces(knots, values, "shifted-origin", 1)
    assert len(net[0]) == len(knots)
    assert net[2][0] == 0
    s = (values[1:] - values[:-1]) / (knots[1:] - knots[:-1])
    jumps = np.concatenate([s[:1], s[1:] - s[:-1]])
    weights, biases, coefficients, bias = canonical_hinges(*net)
    assert bias == 0
    assert (weights == 1).all()
    assert (-biases == knots[:-1][jumps != 0]).all()
    assert (coefficients == jumps[jumps != 0]).all()


@dear
@given(exact_nets(), st.data())
def test_rescaling_leaves_the_function(net: tuple, data: st.DataObject) -> None:
    w, b, c, bias = net
    d = exact(data.draw(st.lists(positive_fractions, min_size=len(w), max_size=len(w))))
    for x in data.draw(st.lists(fractions, min_size=1, max_size=4)):
        assert network_by_hand(w / d, b / d, c * d, bias, x) == network_by_hand(w, b, c, bias, x)


@given(relu_nets(), st.data())
def test_rescaled_in_floats(net: uat.ReluNet, data: st.DataObject) -> None:
    powers = data.draw(st.lists(st.integers(-20, 20), min_size=net.width, max_size=net.width))
    same = net.rescaled(2.0 ** np.array(powers))
    for x in (-3.0, 0.0, 0.7):
        assert exact_network(same, x) == exact_network(net, x)  # powers of two: no rounding
    third = net.rescaled(3.0)
    assert (third.weights == net.weights / 3).all()
    assert (third.coefficients == net.coefficients * 3).all()
    x = np.linspace(-5, 5, 23)
    np.testing.assert_allclose(third(x), net(x), atol=1e-12 * (1 + condition(net, 5.0)))


# ------------------------------------------------------------------------------------------------- in floats


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("pieces", [1, 2, 17, 1000, 20_000])
@pytest.mark.parametrize("domain", [(0.0, 1e-12), (1e8, 1e8 + 1), (-1e6, 1e6), (0.0, 6.0)])
@pytest.mark.parametrize("scale", [1.0, 1e12])
def test_both_evaluations_stay_within_their_bounds(
    form: str, pieces: int, domain: tuple[float, float], scale: float
) -> None:
    a, b = domain
    p = uat.interpolate(lambda x: scale * np.cos(6 * (x - a) / (b - a)), a, b, pieces=pieces)
    net = uat.ReluNet.from_piecewise(p, form=form)
    rng = np.random.default_rng(pieces)
    x = np.concatenate([[a, b], p.knots[rng.integers(0, pieces + 1, 3)], rng.uniform(a, b, 6)])
    if pieces > 1000:
        x = x[[1, 2, -1]]  # a minute of exact sums otherwise
    by_pieces, by_neurons = net(x), net.forward(x)
    tight, loose = pieces_bound(net, x), forward_bound(net, x)
    exactly = ExactNetwork(net)
    for k, point in enumerate(x.tolist()):
        truth = exactly(point)
        assert abs(Fraction(by_pieces[k]) - truth) <= tight[k]
        assert abs(Fraction(by_neurons[k]) - truth) <= loose[k]
    # a bound that is worth something: by pieces it does not grow with the width
    assert (tight <= 64 * UNIT * (np.abs(p.values).max() + np.abs(np.diff(p.values)).max())).all()


@given(relu_nets(), st.lists(st.floats(-20, 20), min_size=1, max_size=6))
def test_bounds_hold_for_any_network(net: uat.ReluNet, points: list[float]) -> None:
    x = np.array(points + net.kinks[np.abs(net.kinks) < 1e6].tolist())
    by_pieces, by_neurons, tight, loose = net(x), net.forward(x), pieces_bound(net, x), forward_bound(net, x)
    for k, point in enumerate(x.tolist()):
        truth = exact_network(net, point)
        assert abs(Fraction(by_pieces[k]) - truth) <= tight[k]
        assert abs(Fraction(by_neurons[k]) - truth) <= loose[k]


@given(relu_nets(), st.floats(-30, 29), st.floats(0.01, 10))
def test_to_piecewise_in_floats(net: uat.ReluNet, a: float, length: float) -> None:
    b = a + length
    p = net.to_piecewise(a, b)
    x = np.linspace(a, b, 37)
    assert p.domain == (a, b)
    slack = 1e-12 * (1 + float(np.max(condition(net, x))))
    np.testing.assert_allclose(p(x), net(x), rtol=0, atol=slack)
    np.testing.assert_allclose(p(x), [float(exact_network(net, v)) for v in x.tolist()], rtol=0, atol=slack)


@dear
@given(piecewise_affine())
def test_there_and_back_in_floats(p: uat.PiecewiseAffine) -> None:
    for form in FORMS:
        back = uat.ReluNet.from_piecewise(p, form=form, shift=p.domain[1] - p.domain[0]).to_piecewise(*p.domain)
        assert (back.knots == p.knots).all()
        np.testing.assert_allclose(back.values, p.values, rtol=0, atol=1e-12 * (1 + np.abs(p.values).max()))


@given(relu_nets())
def test_canonical_in_floats(net: uat.ReluNet) -> None:
    assume(not (np.abs(net.kinks) > 1e3).any())  # the form starts at the leftmost kink: stated in its docstring
    canonical = net.canonical()
    x = np.linspace(-10, 10, 41)
    np.testing.assert_allclose(canonical(x), net(x), rtol=0, atol=1e-12 * (1 + float(condition(net, 10.0))))
    assert (np.abs(canonical.weights) == 1).all()


def test_shapes_and_constants() -> None:
    net = uat.ReluNet([1, -1], [0, 0], [2, 3], 1)
    assert net(2.0) == 5.0
    assert isinstance(net(2), float)
    assert net.forward(-1.0) == 4.0
    assert net(np.zeros((2, 0))).shape == (2, 0)
    assert net([[1, 2], [3, 4]]).shape == net.forward([[1, 2], [3, 4]]).shape == (2, 2)
    assert np.isnan(net(np.nan))
    assert net(np.inf) == net.forward(np.inf) == np.inf
    bump = uat.ReluNet([1, 1], [0, -1], [1, -2])  # the terms cancel at infinity, without a warning
    assert np.isnan(bump.forward(np.inf))
    constant = uat.ReluNet([], [], [], 2.5)
    assert constant([1.0, 2.0]).tolist() == constant.forward([1.0, 2.0]).tolist() == [2.5, 2.5]
    assert constant.to_piecewise(0, 1).values.tolist() == [2.5, 2.5]
    flat = uat.ReluNet([0, 0], [2, -2], [3, 5], 1)  # zero weights: 3 * 2 + 5 * 0 + 1
    assert flat(9.0) == 7.0
    assert flat.canonical().width == 0
    assert flat.canonical().output_bias == 7.0
    assert net.kinks.tolist() == [0.0, 0.0]


def test_forward_of_a_wide_net_asks_for_little_memory() -> None:
    import tracemalloc

    net = uat.ReluNet.from_piecewise(uat.interpolate(np.sin, 0, 6, pieces=4096))
    x = np.linspace(0, 6, 20_000)
    tracemalloc.start()
    y = net.forward(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2e7  # all hinges at once would be 650 MB
    np.testing.assert_allclose(y, net(x), atol=1e-9)


def test_construction_takes_under_ten_arrays() -> None:
    import tracemalloc

    n = 200_000
    tracemalloc.start()
    net = uat.ReluNet.from_piecewise(uat.interpolate(np.sin, 0, 6, pieces=n))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert net.width == n + 1
    assert peak < 10 * 8 * n


# ------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("factors", "sentence"),
    [
        ([1, 2, 0], "`factors` must be > 0, but factors[2] = 0.0."),
        ([1, -2, 1], "`factors` must be > 0, but factors[1] = -2.0."),
        ([1, np.nan, 1], "`factors` must be finite, but factors[1] = nan."),
        ([1, 2], "`factors` must have shape (width,) = (3,), but has shape (2,)."),
        (0, "`factors` must be > 0, but is 0."),
    ],
)
def test_bad_factors(factors: object, sentence: str) -> None:
    with pytest.raises(uat.InputError, match=re.escape(sentence)):
        uat.ReluNet([1, 1, 1], [0, 1, 2], [1, 1, 1]).rescaled(factors)


def test_bad_origins() -> None:
    far = uat.interpolate(np.cos, 1e16, 1e16 + 1000, pieces=4)
    with pytest.raises(uat.InputError, match=r"`shift` = 1.0 is lost in floats: a - shift == a for a = 1e\+16"):
        uat.ReluNet.from_piecewise(far)
    long = uat.PiecewiseAffine([0, 1e9], [1, 0])
    with pytest.raises(uat.InputError, match=r"`shift` = 1.0 is too small .* cancel more than half of the digits"):
        uat.ReluNet.from_piecewise(long)
    assert uat.ReluNet.from_piecewise(long, shift=1e9)(1e9) == pytest.approx(0, abs=1e-12)
    assert uat.ReluNet.from_piecewise(far, shift=1000.0).width == 5
    with pytest.raises(uat.InputError, match=r"`shift` must be > 0, but is -1."):
        uat.ReluNet.from_piecewise(long, shift=-1)


def test_other_bad_input() -> None:
    p = uat.PiecewiseAffine([0, 1], [0, 1])
    with pytest.raises(uat.InputError, match=r"`form` must be one of 'shifted-origin', 'output-bias', but is 'both'"):
        uat.ReluNet.from_piecewise(p, form="both")
    steep = uat.PiecewiseAffine([0, 5e-324, 1], [0, 1, 1])
    with pytest.raises(uat.InputError, match=r"`p` must have finite slopes, but between the knots 0.0 and 5e-324"):
        uat.ReluNet.from_piecewise(steep)
    with pytest.raises(uat.InputError, match=r"`biases` must have 2 entries, but has 1"):
        uat.ReluNet([1, 2], [1], [1, 2])
    with pytest.raises(uat.InputError, match=r"`output_bias` must be a finite real number, but is nan"):
        uat.ReluNet([1], [1], [1], np.nan)
    with pytest.raises(uat.InputError, match=r"biases\[0\] = 1e\+300 and weights\[0\] = 1e-300"):
        uat.ReluNet([1e-300], [1e300], [1])(0.0)


@given(
    st.lists(st.floats(-30, 0), min_size=2, max_size=30, unique=True),
    st.lists(st.floats(-1, 1), min_size=31, max_size=31),
)
@pytest.mark.parametrize("form", FORMS)
def test_steep_slopes_cost_the_others_nothing(form: str, exponents: list[float], values: list[float]) -> None:
    """On a logarithmic scale slopes of 1e30 stand beside slopes of 1, which are lost in their last place."""
    knots = np.unique([0.0, *(10.0 ** np.array(exponents)), 2.0])
    p = uat.PiecewiseAffine(knots, np.array([*values, 0.5])[: knots.size])
    net = uat.ReluNet.from_piecewise(p, form=form)
    there, size = net.to_piecewise(*p.domain)(knots), np.abs(p.values).max()
    felt = (np.abs(net.coefficients[-p.pieces :]) + 2 * np.abs(p.slopes)) * np.diff(knots)
    bound = 2 * UNIT * np.cumsum(np.append(0.0, felt)) + 4 * UNIT * size
    usual = 1e-12 * size * knots.size + UNIT * size  # where nothing was fed back, since it is not felt
    assert (np.abs(there - p.values) <= np.maximum(bound, usual)).all()


def test_the_logarithm_near_its_pole_is_followed() -> None:
    knots = np.geomspace(1e-20, 1, 200)
    p = uat.PiecewiseAffine(knots, np.log(knots))
    for form in FORMS:
        net = uat.ReluNet.from_piecewise(p, form=form)
        assert np.abs(net(knots) - np.log(knots)).max() < 1e-12
        assert net.coefficients[-1] == pytest.approx(p.slopes[-1] - p.slopes[-2], rel=1e-9)
    flat = uat.interpolate(np.sin, 0, 6, pieces=50)  # nothing to be felt: the plain differences
    slopes = np.append(0.0, flat.slopes)
    np.testing.assert_array_equal(uat.ReluNet.from_piecewise(flat).coefficients[1:], np.diff(slopes))
