"""L-BFGS, and variable projection down to the floor that the theory gives for it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.learn.nets import data, network
from tests.learn.test_training import X, Y, small
from tests.oracles_compare import best_free_knot_rms
from uat import InputError, ReluNet, learn
from uat.learn import LBFGS, VariableProjection, fit
from uat.learn.projection import as_hinges
from uat.learn.spacings import Spacings
from uat.mlp import MLP


def test_lbfgs_reaches_the_closed_form_of_a_convex_problem() -> None:
    m, (x, y) = network(1), data(n=20)
    found = fit(m, x, y, regularizer=learn.L2(0.1), method=LBFGS(), steps=200)
    closed = learn.fit_last_layer(m, x, y, learn.L2(0.1))
    assert found.reason == "converged"
    np.testing.assert_allclose(found.network.theta, closed.theta, atol=1e-8)
    assert found.history.gradient_norm[-1] < 1e-8
    assert (np.diff(found.history.loss) <= 1e-14).all()


def test_lbfgs_obeys_steps_stops_and_callbacks() -> None:
    assert fit(small(), X, Y, method=LBFGS(), steps=5).history.step.tolist() == [0, 1, 2, 3, 4, 5]
    assert fit(small(), X, Y, method=LBFGS(), stop=learn.loss_below(0.1)).reason == "stopped"
    assert fit(small(), X, Y, method=LBFGS(), callback=lambda row, m: row.step == 2).reason == "callback"


@pytest.mark.parametrize(("width", "least"), [(8, 0.0257787), (16, 0.0060026)])
@pytest.mark.parametrize("start", ["graded", "uniform"])
def test_variable_projection_comes_within_the_floor_of_mean_squares(width: int, least: float, start: str) -> None:
    """sin on [0, 2 pi]: the mean-square optimum has about 1.5 times the least sup error E_N (Theory C8, C9)."""
    x = np.linspace(0, 2 * np.pi, 1001)
    m = learn.uniform_kinks(width, (0, 2 * np.pi))
    found = fit(m, x, np.sin(x), method=VariableProjection(start), steps=200)
    assert found.reason == "converged"
    error = np.abs(found.network(x) - np.sin(x)).max() / least
    assert 1 < error < 1.8


@pytest.mark.parametrize("width", [4, 8])
def test_c9_the_best_mean_square_of_the_square_misses_by_four_thirds(width: int) -> None:
    """x^2 on [-1, 1]: the best root mean square is h^2 / sqrt(180), its sup error (4/3) E_N, E_N = h^2/8."""
    h = 2 / width
    assert best_free_knot_rms(np.square, (-1, 1), width, starts=2) == pytest.approx(h**2 / np.sqrt(180), rel=1e-6)
    x = np.linspace(-1, 1, 4001)
    m = learn.uniform_kinks(width, (-1, 1))
    found = fit(m, x, x**2, method=VariableProjection("network"), steps=200)
    off = found.network(x) - x**2
    assert np.sqrt(np.mean(off**2)) == pytest.approx(h**2 / np.sqrt(180), rel=1e-3)
    assert np.abs(off).max() / (h**2 / 8) == pytest.approx(4 / 3, rel=5e-3)


@pytest.mark.parametrize("cells", [1, 2, 5])
def test_c9_exactly(cells: int) -> None:
    """In rationals: (x - m)^2 - h^2/12 is orthogonal to all lines on its cell, so the hats' normal equations hold."""
    h = Fraction(2, cells)
    off = [Fraction(-1, 12) * h**2, Fraction(0), Fraction(1)]  # in powers of t = x - m, |t| <= h/2

    def integral(c: list[Fraction]) -> Fraction:
        return sum(2 * v * (h / 2) ** (k + 1) / (k + 1) for k, v in enumerate(c) if k % 2 == 0)

    assert integral(off) == integral([Fraction(0), *off]) == 0
    square = [sum(off[i] * off[k - i] for i in range(3) if 0 <= k - i < 3) for k in range(5)]
    assert integral(square) == h**5 / 180
    ends, middle = off[0] + (h / 2) ** 2, off[0]
    assert max(abs(ends), abs(middle)) == Fraction(4, 3) * h**2 / 8


def test_the_variable_projection_network_is_stationary() -> None:
    x = np.linspace(0, 2 * np.pi, 1001)
    start = learn.uniform_kinks(8, (0, 6))
    for begin in ("graded", "network"):  # from random kinks it ends in a local minimum, which is stationary too
        found = fit(start, x, np.sin(x), method=VariableProjection(begin, tol=1e-14), steps=300)
        first, last = found.history.gradient_norm[1], found.history.gradient_norm[-1]
        r, jumps = np.abs(found.network(x) - np.sin(x)).max(), found.network.slope_variation
        assert (
            last < 0.02 * first + 2 / x.size * r * jumps
        )  # dF/dt_k jumps by (2/n) r |slope jump| where a sample is met
        assert found.history.loss[-1] <= found.history.loss[1]
    assert ReluNet.from_mlp(found.network).width == 8


@given(st.integers(2, 9), st.integers(0, 10**6))
def test_hats_and_hinges_are_the_same_broken_line(pieces: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    knots, values = Spacings(-1.0, 2.0, pieces).knots(draw.normal(size=pieces - 1)), draw.normal(size=pieces + 1)
    x = np.linspace(-1, 2, 57)
    m = MLP((1, pieces, 1), as_hinges(knots, values))
    np.testing.assert_allclose(m(x), np.interp(x, knots, values), atol=1e-9 * np.abs(m.theta).max())


@pytest.mark.parametrize("width", [8, 16, 32, 64])
def test_every_start_ends_in_the_same_broken_line_of_sin(width: int) -> None:
    """It is not the luck of a local minimum: uniform, graded and shaken starts agree in the loss to a thousandth."""
    x, draw = np.linspace(-1, 1, 1025), np.random.default_rng(0)
    y = np.sin(np.pi * x)
    network = learn.uniform_kinks(width, (-1, 1), draw)
    starts = [(network, VariableProjection(start)) for start in ("uniform", "graded")]
    graded = fit(network, x, y, method=VariableProjection("graded")).network
    starts += [(learn.relocated(graded, x, y, shake=0.3, rng=draw), VariableProjection("network")) for _ in range(4)]
    losses = [fit(begun, x, y, method=method).history.loss.min() for begun, method in starts]
    assert max(losses) <= min(losses) * (1 + 1e-3)


def test_samples_that_leave_cells_empty_do_no_harm() -> None:
    x = np.r_[np.linspace(0, 0.1, 30), np.linspace(0.9, 1, 30)]
    for start in ("uniform", "graded", "network"):
        found = fit(learn.uniform_kinks(20, (0, 1)), x, np.sin(40 * x), method=VariableProjection(start), steps=400)
        assert np.isfinite(found.network.theta).all()
        assert found.history.loss[-1] < 0.001


@pytest.mark.parametrize(
    ("m", "kw", "sentence"),
    [
        (network(2, d_in=1), {}, "`network` must have one input, one hidden ReLU layer and one affine output"),
        (small(), {"loss": "absolute"}, "`loss` must be 'squared' for VariableProjection"),
        (small(), {"regularizer": learn.L2(1.0)}, "`regularizer` and `weights` must be None for VariableProjection"),
        (learn.uniform_kinks(41, (0, 1)), {}, "`x` must have at least 41 samples"),
    ],
)
def test_refusals(m: MLP, kw: dict, sentence: str) -> None:
    y = np.zeros((40, 3)) if m.sizes[-1] == 3 else Y
    with pytest.raises(InputError, match=sentence):
        fit(m, X, y, method=VariableProjection(), **kw)
