"""For the student: the trace, the noise of batch gradients, schedules, and where descent starts."""

from __future__ import annotations

import csv
import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import uat
from tests.learn.nets import data, network
from uat import InputError, learn
from uat.mlp import MLP


def test_the_trace_of_a_network_small_enough_to_do_by_hand(capsys: pytest.CaptureFixture[str]) -> None:
    """m(x) = 3 (2x - 1)_+ + 1 at x = 2, y = 12: z = 3, s = 10, P = 4, dP/ds = -4, then -12, -24 down to x."""
    m = uat.ReluNet([2.0], [-1.0], [3.0], 1.0).to_mlp()
    learn.trace(m, 2.0, 12.0)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["layer", "1", "affine", "[3.]"] in lines
    assert ["loss", "4"] in lines
    assert ["dLoss/doutput", "[-4.]"] in lines
    assert ["dLoss/dA", "(*)", "[[-12.]]"] in lines  # outer: slope -4 times activation 3
    assert ["dLoss/dA", "(*)", "[[-24.]]"] in lines  # hidden: slope -12 times input 2
    assert lines[-1] == ["dLoss/dinput", "(**)", "[-24.]"]


def test_the_trace_comes_back_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    found = learn.trace(uat.ReluNet([2.0], [-1.0], [3.0], 1.0).to_mlp(), 2.0, 12.0)
    assert found.text + "\n" == capsys.readouterr().out
    assert found.loss == 4
    assert [step.value.tolist() for step in found.steps] == [[3.0], [3.0], [10.0], [10.0]]
    assert repr(found) == "Trace(4 nodes, loss 4; .text is what was printed)"


def test_the_trace_in_latex(capsys: pytest.CaptureFixture[str]) -> None:
    learn.trace(network(2, "tanh", "cross_entropy"), [0.5, 1.0], 2, "cross_entropy", latex=True)
    text = capsys.readouterr().out
    assert text.startswith(r"\begin{align*}")
    assert text.rstrip().endswith(r"\end{align*}")
    assert text.count("{") == text.count("}")
    assert r"\frac{\partial \mathrm{Loss}}{\partial A_{2}}" in text
    assert r"\mathrm{softmax}(z_{2})" in text


def test_the_trace_refuses_what_nobody_reads() -> None:
    with pytest.raises(InputError, match="at most 200 parameters to be read, but has 301"):
        learn.trace(MLP.initialize([1, 100, 1]), 0.0, 0.0)
    with pytest.raises(InputError, match="`x` must be one sample, but has 2 rows"):
        learn.trace(network(2), np.ones((2, 2)), np.ones(3))


def test_gradient_noise_against_every_batch_there_is() -> None:
    """n = 5, |B| = 2: all 25 draws with replacement and all 10 subsets, each equally likely."""
    m, (x, y) = network(2, "tanh"), data(n=5)
    g = learn.value_and_gradient(m, x, y)[1]

    def of(batch: list[int]) -> np.ndarray:
        return learn.value_and_gradient(m, x[batch], y[batch])[1]

    noise = learn.gradient_noise(m, x, y, [1, 2, 5])
    draws = [of([i, j]) for i in range(5) for j in range(5)]
    subsets = [of([i, j]) for i in range(5) for j in range(i)]
    for batches, found in ((draws, noise.with_replacement[1]), (subsets, noise.shuffled[1])):
        np.testing.assert_allclose(np.mean(batches, axis=0), g, atol=1e-12)  # without bias
        assert np.mean([np.square(b - g).sum() for b in batches]) == pytest.approx(found, rel=1e-10)
    cycle = [of([(2 * t) % 5, (2 * t + 1) % 5]) for t in range(5)]
    assert np.sqrt(np.mean([np.square(b - g).sum() for b in cycle])) == pytest.approx(noise.cyclic_bias[1], rel=1e-10)
    assert noise.shuffled[2] == 0
    assert noise.cyclic_bias[2] == pytest.approx(0, abs=1e-12)
    assert noise.gradient_norm == pytest.approx(np.linalg.norm(g), rel=1e-12)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (learn.constant(0.5), [0.5, 0.5, 0.5, 0.5, 0.5]),
        (learn.inverse_time(0.5), [0.5 / t for t in range(1, 6)]),
        (learn.inverse_sqrt(0.5), [0.5 / math.sqrt(t) for t in range(1, 6)]),
        (learn.step_decay(0.5, 2, 0.1), [0.5, 0.5, 0.05, 0.05, 0.005]),
        (learn.cosine(1.0, 4), [1.0, 0.5 + math.sqrt(0.125), 0.5, 0.5 - math.sqrt(0.125), 0.5 - math.sqrt(0.125)]),
        (learn.warmup(0.9, 2), [0.3, 0.6, 0.9, 0.9, 0.9]),
        (learn.warmup(learn.inverse_time(0.9), 2), [0.3, 0.6, 0.9, 0.45, 0.3]),
    ],
    ids=repr,
)
def test_schedules(schedule: object, expected: list[float]) -> None:
    assert [schedule(t) for t in range(1, 6)] == pytest.approx(expected, rel=1e-12)
    sent = pickle.loads(pickle.dumps(learn.SGD(schedule)))  # a sweep sends methods to other processes
    assert [sent.rate(t) for t in range(1, 6)] == [schedule(t) for t in range(1, 6)]


def test_a_fit_can_be_sent_back() -> None:
    x = np.linspace(0, 1, 20)
    fit = learn.fit(learn.uniform_kinks(4, (0, 1)), x, x, method=learn.SGD(0.1), batches=learn.shuffled(5), steps=10)
    back = pickle.loads(pickle.dumps(fit))
    np.testing.assert_array_equal(back.last.theta, fit.last.theta)
    np.testing.assert_array_equal(back.history.loss, fit.history.loss)
    assert back.outcome == fit.outcome


def test_a_history_shows_its_columns_and_becomes_a_table(tmp_path: Path) -> None:
    x = np.linspace(0, 1, 20)
    history = learn.fit(
        learn.uniform_kinks(4, (0, 1)), x, x, method=learn.SGD(0.1), steps=25, record_every=10,
        metrics={"largest": lambda m: m.theta.max()},
    ).history  # fmt: skip
    assert {"loss", "gamma", "seconds", "validation", "epoch", "gradient_norm", "step", "rows"} <= set(dir(history))
    history.to_csv(tmp_path / "run.csv")
    with (tmp_path / "run.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [0, 10, 20, 25]
    for name in ("epoch", "gamma", "loss", "validation", "gradient_norm", "seconds"):
        np.testing.assert_array_equal([float(row[name]) for row in rows], getattr(history, name))
    np.testing.assert_array_equal([float(row["largest"]) for row in rows], history.metric("largest"))


@given(st.integers(1, 40), st.integers(0, 10**6))
def test_uniform_kinks_lie_on_the_domain(width: int, seed: int) -> None:
    m = learn.uniform_kinks(width, (-3.0, 5.0), rng=seed)
    kinks = uat.ReluNet.from_mlp(m).kinks
    assert (kinks >= -3).all()
    assert (kinks <= 5).all()


def test_he_and_glorot_have_their_variances() -> None:
    he, glorot = learn.he([400, 300, 1]), learn.glorot([400, 300, 1])
    assert he.layers[0].weights.var() == pytest.approx(2 / 400, rel=0.02)
    assert glorot.layers[0].weights.var() == pytest.approx(2 / 700, rel=0.02)
    assert (he.layers[0].biases == 0).all()
    np.testing.assert_array_equal(he.theta, learn.he([400, 300, 1], rng=0).theta)
    assert not np.array_equal(he.theta, learn.he([400, 300, 1], rng=1).theta)


def test_starting_from_a_constructed_net() -> None:
    net = uat.ReluNet.from_piecewise(uat.interpolate(np.sin, 0, 6, pieces=7), form="output-bias")
    x = np.linspace(0, 6, 50)
    np.testing.assert_array_equal(learn.from_net(net).theta, net.to_mlp().theta)
    wide = learn.from_net(net, width=20)
    assert wide.sizes == (1, 20, 1)
    np.testing.assert_allclose(wide(x), net(x), atol=1e-12)
    noisy = learn.from_net(net, noise=1e-3)
    assert 0 < np.abs(noisy(x) - net(x)).max() < 0.1
    better = learn.fit(wide, x, np.sin(x), method=learn.SGD(1e-4), steps=200)
    assert better.history.loss[-1] < better.history.loss[0]  # descent goes on where the theorem stopped
    with pytest.raises(InputError, match="`width` must be >= the width of the net, 7, but is 3"):
        learn.from_net(net, width=3)


def test_margin_losses_separate_two_moons() -> None:
    """Two interleaved half circles with noise, made here; every margin loss classifies nearly all of them."""
    draw = np.random.default_rng(0)
    t = draw.uniform(0, np.pi, 200)
    upper, lower = np.c_[np.cos(t), np.sin(t)], np.c_[1 - np.cos(t), 0.5 - np.sin(t)]
    x = np.vstack([upper[:100], lower[100:]]) + draw.normal(0, 0.1, (200, 2))
    y = np.repeat([1.0, -1.0], 100)
    for loss in ("logistic", "exponential", "hinge", "squared_margin"):
        m = learn.fit(
            learn.he([2, 16, 1]), x, y, loss, method=learn.Adam(0.02), batches=learn.shuffled(20), steps=1000
        ).network
        assert (np.sign(m(x)[:, 0]) == y).mean() >= 0.98, loss


@pytest.mark.parametrize("t", [0, -1, 1.5, "a", np.arange(1, 4)])
@pytest.mark.parametrize("schedule", [learn.inverse_sqrt(0.1), learn.inverse_time(0.1), learn.cosine(0.1, 9)])
def test_a_schedule_is_asked_for_one_step_at_a_time(schedule: Any, t: Any) -> None:
    with pytest.raises(uat.InputError, match="`t` must be an integer >= 1, but is"):
        schedule(t)
    assert schedule(np.int64(2)) == schedule(2)


def test_the_shape_of_a_traced_sample_is_told_as_it_was_given() -> None:
    for sizes, x, sentence in (([1, 2, 1], [1.0, 2.0], r"of shape \(1,\), but has shape \(2,\)"),
                               ([2, 2, 1], 1.0, r"of shape \(2,\), but has shape \(\)")):  # fmt: skip
        with pytest.raises(uat.InputError, match=sentence):
            learn.trace(uat.MLP.initialize(sizes, rng=0), x, 1.0)
