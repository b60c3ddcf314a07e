"""Runs: what they return, how they end, what they cost, and the laws that methods and batches obey."""

from __future__ import annotations

import dataclasses
import io
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info, threadpool_limits

import uat
from tests.learn.nets import data, network
from uat import InputError, learn
from uat.learn import L2, SGD, Adam, AdamW, fit, fit_many, value_and_gradient
from uat.mlp import MLP

METHODS = [SGD(0.05), SGD(0.05, momentum=0.9), SGD(0.05, momentum=0.9, nesterov=True), Adam(0.01), AdamW(0.01, 0.1)]
X = np.linspace(0, 1, 40)
Y = np.sin(6 * X)


def small(rng: int = 0) -> uat.MLP:
    return learn.uniform_kinks(8, (0, 1), rng=rng)


def test_gradient_descent_is_the_formula_of_the_notes() -> None:
    """theta_t = theta_{t-1} - gamma_t grad F(theta_{t-1}), with Omega, written out."""
    m, (x, y) = network(3, "tanh"), data()
    theta = m.theta.copy()
    for t in range(1, 21):
        theta = theta - 0.1 / t * value_and_gradient(m.with_theta(theta), x, y, "squared", L2(0.01))[1]
    found = fit(m, x, y, regularizer=L2(0.01), method=SGD(learn.inverse_time(0.1)), steps=20)
    np.testing.assert_allclose(found.last.theta, theta, rtol=1e-12, atol=1e-14)


def test_stochastic_descent_follows_its_batches() -> None:
    """Cyclic batches of 3 out of 7 samples wrap round; each step is a step along its batch's gradient."""
    m, (x, y) = network(3, "tanh"), data()
    theta = m.theta.copy()
    for t in range(12):
        b = (3 * t + np.arange(3)) % 7
        theta = theta - 0.05 * value_and_gradient(m.with_theta(theta), x[b], y[b])[1]
    found = fit(m, x, y, method=SGD(0.05), batches=learn.cyclic(3), steps=12)
    np.testing.assert_allclose(found.last.theta, theta, rtol=1e-12, atol=1e-14)
    own = fit(m, x, y, method=SGD(0.05), batches=lambda t, n, rng: (3 * (t - 1) + np.arange(3)) % n, steps=12)
    np.testing.assert_array_equal(own.last.theta, found.last.theta)


@given(st.integers(0, 10**6), st.sampled_from(METHODS))
@settings(max_examples=15)
def test_full_batches_equal_batches_of_n(seed: int, method: object) -> None:
    m, (x, y) = network(2, "tanh", rng=seed), data(rng=seed)
    runs = [
        fit(m, x, y, method=method, batches=b, steps=15) for b in (learn.full(), learn.shuffled(7), learn.cyclic(7))
    ]
    for other in runs[1:]:
        np.testing.assert_allclose(other.last.theta, runs[0].last.theta, rtol=1e-8, atol=1e-8)


def test_shuffled_batches_see_every_sample_once_an_epoch() -> None:
    from uat.learn.batches import Stream
    from uat.learn.losses import LOSSES
    from uat.learn.risk import prepare

    numbers = np.arange(10.0)
    prepared = prepare(small(), numbers, numbers, LOSSES["squared"], np.arange(1.0, 11))
    for rule, sizes in [(learn.shuffled(4), [4, 4, 2]), (learn.shuffled(4, drop_last=True), [4, 4])]:
        stream = Stream(prepared, rule, [np.random.default_rng(0)])
        for epoch in range(3):
            batches = [stream.next(1 + epoch * len(sizes) + k) for k in range(len(sizes))]
            seen = np.concatenate([b[0][0] for b in batches])
            assert [b[0].shape[1] for b in batches] == sizes
            assert np.unique(seen).size == sum(sizes)
            for X_, Y_, w in batches:  # samples, targets, weights and the row of ones stay together
                np.testing.assert_array_equal(X_[0], Y_[0])
                np.testing.assert_allclose(w[0] * 5.5, X_[0] + 1)
                assert (X_[1] == 1).all()
    stream = Stream(prepared, learn.with_replacement(5), [np.random.default_rng(0)])
    drawn = np.concatenate([stream.next(t)[0][0].copy() for t in range(1, 2001)])
    counts = np.bincount(drawn.astype(int), minlength=10)
    assert np.abs(counts - 1000).max() < 150  # five standard deviations of a binomial law


def test_best_and_last_and_the_network_that_was_given() -> None:
    m = small()
    before = m.theta.copy()
    found = fit(m, X, Y, method=Adam(0.3), batches=learn.shuffled(8), steps=333, record_every=10)
    np.testing.assert_array_equal(m.theta, before)
    best = found.history.rows[int(np.argmin(found.history.loss))]
    assert found.best_step == best.step
    assert value_and_gradient(found.network, X, Y)[0] == pytest.approx(best.loss, rel=1e-12)
    assert value_and_gradient(found.last, X, Y)[0] == pytest.approx(found.history.loss[-1], rel=1e-12)
    assert found.history.step.tolist() == [*range(0, 331, 10), 333]
    assert found.history.epoch[-1] == pytest.approx(333 / 5)
    assert np.isnan(found.history.gamma[0])
    assert (found.history.gamma[1:] == 0.3).all()
    assert found.history.as_dicts()[0]["loss"] == found.history.loss[0]
    assert found.reason == "steps"
    assert "did all 333 steps" in str(found).lower()


def test_validation_chooses_the_best_and_metrics_are_recorded() -> None:
    found = fit(
        small(), X, Y, method=Adam(0.1), steps=200, record_every=10, validation=(X[::3] + 0.01, Y[::3]),
        regularizer=L2(0.1), metrics={"size": lambda m: float(np.abs(m.theta).max())},
    )  # fmt: skip
    assert found.best_step == found.history.step[int(np.argmin(found.history.validation))]
    assert found.history.metric("size")[-1] == np.abs(found.last.theta).max()
    held = np.mean(np.square(found.last(X[::3] + 0.01) - Y[::3]))  # without Omega
    assert found.history.validation[-1] == pytest.approx(held, rel=1e-12)


def test_same_seed_same_result_and_another_seed_another() -> None:
    runs = [
        fit(small(), X, Y, method=SGD(0.05), batches=learn.shuffled(8), steps=50, rng=s).last.theta for s in (1, 1, 2)
    ]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])


@pytest.mark.parametrize(
    ("stop", "sentence"),
    [
        (learn.loss_below(0.2), "the loss reached its target 0.2"),
        (learn.gradient_below(0.5), "the gradient norm fell to 0.5 or below"),
        (learn.seconds(1e-9), "the time limit of 1e-09 s was reached"),
        ([learn.loss_below(1e-30), learn.plateau(0.5, 3)], "the loss fell by less than 0.5 of itself over the last 3"),
        (lambda rows: "enough" if rows[-1].step == 30 else None, "stopped at step 30: enough"),
    ],
)
def test_stopping(stop: object, sentence: str) -> None:
    found = fit(small(), X, Y, method=Adam(0.02), steps=5000, stop=stop, record_every=10)
    assert found.reason == "stopped"
    assert sentence in found.outcome.lower()
    assert found.history.step[-1] < 5000


def test_the_callback_sees_rows_and_networks_and_stops() -> None:
    seen = []
    found = fit(
        small(), X, Y, method=SGD(0.05), steps=100, record_every=10,
        callback=lambda row, m: seen.append((row.step, m.theta.copy())) or row.step == 40,
    )  # fmt: skip
    assert [step for step, _ in seen] == [0, 10, 20, 30, 40]
    assert found.reason == "callback"
    np.testing.assert_array_equal(found.last.theta, seen[-1][1])


@pytest.mark.parametrize("rate", [10.0, 1e200])
def test_divergence_is_an_outcome_with_the_last_finite_parameters(rate: float) -> None:
    found = fit(small(), X, Y, method=SGD(rate), steps=1000, record_every=5)
    assert found.reason == "diverged"
    assert "the last finite parameters" in found.outcome
    assert not np.isfinite(found.history.loss[-1]) or rate == 1e200
    assert np.isfinite(found.last.theta).all()
    assert value_and_gradient(found.last, X, Y)[0] == pytest.approx(found.history.loss[-2])


def test_ctrl_c_returns_the_best_so_far() -> None:
    def interrupt(t: int, n: int, rng: np.random.Generator) -> np.ndarray:
        if t == 57:
            raise KeyboardInterrupt
        return np.arange(n)

    found = fit(small(), X, Y, method=Adam(0.01), batches=interrupt, steps=1000, record_every=10)
    assert found.reason == "interrupted"
    assert found.history.step[-1] == 50
    assert "interrupted after step 50" in found.outcome.lower()
    assert value_and_gradient(found.network, X, Y)[0] == pytest.approx(found.history.loss.min())


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_frozen_layers_do_not_move(method: object) -> None:
    m = network(4, "tanh")
    found = fit(m, *data(), method=method, steps=30, frozen=[0, 2], regularizer=L2(0.1))
    for k in range(4):
        same = np.array_equal(m.layers[k].weights, found.last.layers[k].weights)
        assert same == (k in (0, 2))


def test_the_last_layer_alone_is_a_linear_fit() -> None:
    m = network(3, "tanh")
    x, y = data(n=30)
    weights = np.linspace(0.5, 2, 30)
    closed = learn.fit_last_layer(m, x, y, L2(0.1), weights)
    gradient = value_and_gradient(closed, x, y, "squared", L2(0.1), weights)[1]
    assert np.abs(gradient[-15:]).max() < 1e-12  # the objective restricted to the last layer is stationary, so minimal
    descended = fit(m, x, y, regularizer=L2(0.1), weights=weights, method=SGD(0.1), frozen=[0, 1], steps=3000)
    np.testing.assert_allclose(descended.last.theta, closed.theta, atol=1e-8)
    with pytest.raises(InputError, match="no L1 term"):
        learn.fit_last_layer(m, x, y, learn.L1(0.1))


@pytest.mark.parametrize("method", METHODS, ids=repr)
@pytest.mark.parametrize(
    "batches", [learn.full(), learn.shuffled(9), learn.with_replacement(8), learn.cyclic(7)], ids=str
)
def test_a_stack_is_the_separate_runs(method: object, batches: object) -> None:
    nets = [small(k) for k in range(3)]
    weights = np.linspace(1, 2, 40)
    settings_ = {
        "method": method,
        "batches": batches,
        "steps": 40,
        "weights": weights,
        "record_every": 13,
        "frozen": [1],
    }
    stack = fit_many(nets, X, Y, regularizer=L2(1e-3), seeds=[5, 6, 7], **settings_)
    for k, together in enumerate(stack):
        alone = fit(nets[k], X, Y, regularizer=L2(1e-3), rng=5 + k, **settings_)
        np.testing.assert_allclose(together.last.theta, alone.last.theta, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(together.history.loss, alone.history.loss, rtol=1e-10)
        np.testing.assert_allclose(together.history.gradient_norm, alone.history.gradient_norm, rtol=1e-8)


def test_a_stack_of_deep_vector_networks_with_softmax() -> None:
    nets = [network(3, "tanh", "cross_entropy", rng=k) for k in range(3)]
    x, y = data("cross_entropy", n=20)
    kw = {"loss": "cross_entropy", "method": Adam(0.01), "batches": learn.shuffled(6), "steps": 30, "record_every": 10}
    for k, together in enumerate(fit_many(nets, x, y, validation=(x[:5], y[:5]), **kw)):
        alone = fit(nets[k], x, y, rng=k, validation=(x[:5], y[:5]), **kw)
        np.testing.assert_allclose(together.network.theta, alone.network.theta, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(together.history.validation, alone.history.validation, rtol=1e-10)


def test_networks_of_a_stack_end_separately() -> None:
    nets = [small(0), small(0).with_theta(small(0).theta * 1e160), small(1)]
    first, wild, other = fit_many(nets, X, Y, method=SGD(0.05), steps=200, stop=learn.loss_below(0.25), record_every=10)
    assert wild.reason == "diverged"
    assert np.isfinite(wild.last.theta).all()
    alone = [fit(net, X, Y, method=SGD(0.05), steps=200, stop=learn.loss_below(0.25), record_every=10) for net in nets]
    for together, one in zip((first, other), (alone[0], alone[2]), strict=True):
        assert together.reason == one.reason
        np.testing.assert_allclose(together.last.theta, one.last.theta, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("method", "act", "loss"),
    [
        *((method, "relu", "squared") for method in METHODS),
        (METHODS[0], "tanh", "hinge"),
        (METHODS[0], "sigmoid", "logistic"),
        (METHODS[0], "relu", "exponential"),
        (METHODS[0], "softmax", "absolute"),
        (METHODS[0], "relu", "cross_entropy"),
    ],
    ids=str,
)
def test_the_inner_loop_allocates_nothing(method: object, act: str, loss: str) -> None:
    """Width 256 and batch 64: one array of the batch would be 128 kB; 1000 steps may add 16 kB at their peak."""
    classes = loss == "cross_entropy"
    m = MLP.initialize([1, 256, 2 if classes else 1], act, output="softmax" if classes else "identity")
    n = 1024
    x = np.linspace(-1, 1, n)
    y = (x > 0).astype(int) if classes else np.where(x > 0, 1.0, -1.0)
    peaks: list[int] = []

    def batch(t: int) -> None:
        if t == 100:
            tracemalloc.start()
            tracemalloc.reset_peak()
            peaks.append(tracemalloc.get_traced_memory()[0])
        if t == 1100:
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()

    rate = method.rate

    def watched(t: int) -> float:  # a schedule is asked at every step
        batch(t)
        return rate

    fit(m, x, y, loss, method=dataclasses.replace(method, rate=watched), batches=learn.shuffled(64), steps=1200,
        record_every=10_000, regularizer=L2(1e-4) + learn.L1(1e-5))  # fmt: skip
    assert peaks[1] - peaks[0] < 16_000  # 8 kB of it is the order of an epoch


def test_progress_is_silent_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    fit(small(), X, Y, method=SGD(0.01), steps=20, progress=True)
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_progress_shows_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    fit(small(), X, Y, method=SGD(0.01), steps=200, progress=True)
    assert "training" in screen.getvalue()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"y": Y[:-1]},
            r"`x` and `y` must have as many rows, but x has shape \(40,\), y has shape \(39,\) and the network",
        ),
        ({"x": np.ones((40, 2))}, r"`x` must have shape \(n, 1\) or \(n,\), but has shape \(40, 2\)"),
        ({"x": np.where(np.arange(40) == 7, np.nan, X)}, r"`x` must be finite, but x\[7\] = nan"),
        ({"y": np.where(np.arange(40) == 9, np.inf, Y)}, r"`y` must be finite, but y\[9\] = inf"),
        ({"x": [], "y": []}, r"`x` must have at least one sample"),
        ({"batches": lambda t, n, rng: []}, r"`batches` must give a non-empty vector of indices"),
        ({"batches": lambda t, n, rng: [40]}, r"`batches` must give indices in 0..39"),
        ({"batches": learn.shuffled(41)}, "`batches` must have size <= n, but the size is 41 and n = 40"),
        ({"batches": 32}, r"`batches` must be full\(\), shuffled\(size\)"),
        ({"method": SGD(lambda t: 1.0 - t)}, "`rate` must be finite and > 0 at every step, but gamma_1 = 0.0"),
        ({"method": SGD(lambda t: float("nan"))}, "`rate` must be finite and > 0 at every step, but gamma_1 = nan"),
        ({"method": "adam"}, "`method` must be SGD, Adam, AdamW, LBFGS or VariableProjection"),
        ({"loss": "mse"}, "`loss` must be one of 'absolute', 'squared'"),
        ({"weights": [-1.0] * 40}, r"`weights` must be >= 0 and not all 0, but weights\[0\] = -1.0"),
        ({"weights": [1.0]}, "`weights` must have 40 entries"),
        ({"validation": 3}, r"`validation` must be a pair \(x, y\)"),
        ({"stop": 3}, "`stop` must hold functions"),
        ({"frozen": [2]}, "`frozen` must hold layers 0 to 1"),
        ({"steps": -1}, "`steps` must be an integer >= 0"),
        ({"method": learn.LBFGS(), "batches": learn.shuffled(4)}, r"`batches` must be full\(\) for LBFGS"),
    ],
)
def test_refusals(change: dict, sentence: str) -> None:
    arguments = {"x": X, "y": Y, "method": SGD(0.1), "steps": 5, **change}
    with pytest.raises(InputError, match=sentence):
        fit(small(), arguments.pop("x"), arguments.pop("y"), **arguments)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: SGD(0.0), "`rate` must be > 0, but is 0.0"),
        (lambda: SGD(float("nan")), "`rate` must be a finite real number, but is nan"),
        (lambda: SGD(0.1, momentum=1.0), r"`momentum` must be in \[0, 1\), but is 1.0"),
        (lambda: SGD(0.1, nesterov=True), "`momentum` must be > 0 when `nesterov`"),
        (lambda: Adam(0.1, beta2=1.0), r"`beta2` must be in \[0, 1\)"),
        (lambda: learn.shuffled(0), "`size` must be an integer >= 1, but is 0"),
        (lambda: learn.cosine(0.1), "`steps` must be given: the number of steps in which the rate falls"),
        (lambda: learn.warmup(0.1), "`steps` must be given: the number of steps in which the rate rises"),
        (lambda: learn.step_decay(0.1), "`every` must be given: the number of steps from one drop"),
        (
            lambda: learn.plateau(5),
            "`relative` must be < 1, but is 5: it is a part of the loss; the number of recorded",
        ),
        (lambda: learn.plateau(1.0), "`relative` must be < 1"),
        (lambda: learn.cosine(0.1, 0), "`steps` must be an integer >= 1"),
        (lambda: fit_many([small(), network()], X, Y), "`networks` must have one architecture"),
        (lambda: fit_many([small()], X, Y, seeds=[1, 2]), "`seeds` must be as many as the networks, 1"),
        (lambda: fit_many([small()], X, Y, checkpoint="run.npz"), "`checkpoint` must be left out of fit_many"),
        (lambda: L2(-1.0), "`strength` must be >= 0"),
    ],
)
def test_refused_descriptions(call: object, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        call()


def test_narrow_networks_are_trained_on_one_blas_thread_and_wide_ones_on_all() -> None:
    """More threads than one pay from layers of `THREADS_PAY_FROM` weights on; what was set is there again."""

    def threads() -> set[int]:
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    x = np.linspace(0, 1, 5)
    with threadpool_limits(2, user_api="blas"):
        for width, method, inside in ((255, learn.SGD(1e-3), 1), (256, learn.SGD(1e-3), 2), (8, learn.LBFGS(), 1)):
            start, seen = MLP.initialize([1, width, width, 1], rng=0), []
            learn.fit(start, x, x, method=method, steps=1, callback=lambda *_, seen=seen: seen.append(threads()))
            assert seen == [{inside}, {inside}], (width, method)
            assert threads() == {2}
