"""How runs end and what they leave behind: the reasons, the rows of a divergence, what memory they hold."""

from __future__ import annotations

import copy
import pickle
import tracemalloc

import numpy as np
import pytest

from tests.learn.test_training import X, Y, small
from uat import InputError, learn
from uat.learn import LBFGS, SGD, Adam, VariableProjection, fit, fit_many, value_and_gradient
from uat.mlp import MLP


def test_layers_are_frozen_whatever_lists_them() -> None:
    m = small()
    for frozen in ((k for k in [0]), np.array([0]), {0}, range(1)):
        found = fit(m, X, Y, method=SGD(0.1), steps=5, frozen=frozen)
        np.testing.assert_array_equal(found.last.layers[0].weights, m.layers[0].weights)
        assert not np.array_equal(found.last.layers[1].weights, m.layers[1].weights)
    with pytest.raises(InputError, match="`frozen` must be empty for LBFGS"):
        fit(m, X, Y, method=LBFGS(), frozen=np.array([0]))
    for bad in (0, "0", [0.5]):
        with pytest.raises(InputError, match=r"`frozen(\[0\])?` must be a"):
            fit(m, X, Y, method=SGD(0.1), frozen=bad)


@pytest.mark.parametrize("method", [SGD(0.1), LBFGS()], ids=repr)
def test_a_callback_may_say_true_as_numpy_does(method: object) -> None:
    found = fit(small(), X, Y, method=method, steps=30, record_every=1, callback=lambda row, m: np.bool_(row.step >= 2))
    assert found.reason == "callback"
    assert found.history.step[-1] == 2


@pytest.mark.parametrize("size", [1e308, 1.0, 1e-300, 1e-322])
def test_sample_weights_of_any_size_mean_the_same(size: float) -> None:
    plain, weighted = value_and_gradient(small(), X, Y), value_and_gradient(small(), X, Y, weights=np.full(40, size))
    assert weighted[0] == pytest.approx(plain[0], rel=1e-12)
    np.testing.assert_allclose(weighted[1], plain[1], rtol=1e-10, atol=1e-12)


def test_lbfgs_that_stalls_does_not_say_converged() -> None:
    m = MLP.initialize((1, 8, 1), "tanh", rng=3)
    x = np.linspace(-1, 1, 37)
    found = fit(m, x, np.sin(3 * x), "absolute", method=LBFGS())
    assert found.reason == "stalled"
    assert found.history.gradient_norm[-1] > 1e-3
    assert "stalled after" in found.outcome.lower()
    assert "the largest gradient entry is still" in found.outcome


def test_ctrl_c_ends_every_network_of_a_stack() -> None:
    calls = []

    def interrupt(row: learn.Row, m: MLP) -> None:
        calls.append(row.step)
        if len(calls) == 5:
            raise KeyboardInterrupt

    fits = fit_many([small(k) for k in range(3)], X, Y, method=LBFGS(), steps=50, callback=interrupt)
    assert [found.reason for found in fits] == ["interrupted"] * 3
    assert [found.history.step[-1] for found in fits] == [4, 0, 0]
    np.testing.assert_array_equal(fits[2].network.theta, small(2).theta)


@pytest.mark.parametrize("method", [SGD(0.05), LBFGS()], ids=repr)
def test_a_validation_risk_that_is_never_finite_is_told(method: object) -> None:
    found = fit(small(), X, Y, method=method, steps=20, validation=(X, np.full(40, 1e200)), record_every=5)
    assert found.best_step == 0
    assert "no validation loss was finite" in found.outcome


def test_metrics_of_a_divergence_are_nan() -> None:
    found = fit(small(), X, Y, method=SGD(1e200), steps=20, record_every=5, metrics={"size": lambda m: m.theta.max()})
    assert found.reason == "diverged"
    assert np.isnan(found.history.metric("size")).tolist() == [False, True]
    with pytest.raises(InputError, match=r"`name` must be one of 'size', but is 'sise'; did you mean 'size'\?"):
        found.history.metric("sise")


@pytest.mark.parametrize("method", [LBFGS(), VariableProjection()], ids=repr)
def test_only_a_rate_can_be_too_large(method: object) -> None:
    wild = small().with_theta(small().theta * 1e200)
    assert "rate" not in fit(wild, X, Y, method=method).outcome
    assert "A smaller rate may help" in fit(small(), X, Y, method=SGD(1e200), steps=20, record_every=5).outcome


def test_batches_of_many_sizes_do_not_fill_the_memory() -> None:
    x, m = np.linspace(0, 1, 400), MLP.initialize((1, 64, 1))
    tracemalloc.start()
    try:
        fit(m, x, x, method=SGD(1e-3), batches=lambda t, n, rng: np.arange(100 + t), steps=200, record_every=1000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10e6  # a set of buffers for 300 samples is 0.5 MB; 200 of them were 80 MB


def test_too_much_memory_is_refused_before_it_is_asked_for() -> None:
    with pytest.raises(InputError, match="the gradients of the single samples would take"):
        learn.gradient_noise(MLP.initialize((1, 300_000, 1)), np.zeros(200_000), np.zeros(200_000), [1])


def test_a_network_is_as_read_only_after_a_journey() -> None:
    for dtype in (np.float64, np.float32):
        m = small().astype(dtype)
        for other in (pickle.loads(pickle.dumps(m)), copy.deepcopy(m), copy.copy(m)):
            np.testing.assert_array_equal(other.theta, m.theta)
            assert (other.sizes, other.activations, other.theta.dtype) == (m.sizes, m.activations, m.theta.dtype)
            with pytest.raises(ValueError, match="read-only"):
                other.theta[0] = 1.0


def test_parameters_are_float64_or_float32_and_nothing_else() -> None:
    for bad in (int, np.float16, complex, bool, "foo", "U8", object):
        with pytest.raises(InputError, match="`dtype` must be float64 or float32, but is"):
            small().astype(bad)
        with pytest.raises(InputError, match="`dtype` must be float64 or float32, but is"):
            MLP.initialize((1, 3, 1), dtype=bad)
        with pytest.raises(InputError, match="`dtype` must be float64 or float32, but is"):
            learn.he((1, 3, 1), dtype=bad)
    assert small().astype(">f8").theta.dtype == np.float64
    assert small().astype("float32").theta.dtype == np.float32


@pytest.mark.parametrize("method", [Adam(0.01), LBFGS()], ids=repr)
def test_a_failure_late_in_a_run_leaves_the_run_so_far(method: object) -> None:
    def callback(row: learn.Row, m: MLP) -> None:
        if row.step == 30:
            raise RuntimeError("disk full")

    with pytest.raises(RuntimeError, match="disk full") as caught:
        fit(small(), X, Y, method=method, steps=50, record_every=10, callback=callback)
    partial = caught.value.partial
    assert partial.reason == "failed"
    assert partial.history.step[-1] == 30
    assert any("attribute `partial`" in note for note in caught.value.__notes__)
    with pytest.raises(InputError, match="gamma_25 = 0") as refused:
        fit_many([small(), small(1)], X, Y, method=SGD(lambda t: 0.01 * (t < 25)), steps=50, record_every=10)
    assert [found.history.step[-1] for found in refused.value.partial] == [20, 20]


def test_rows_of_a_stack_say_which_network_they_are_of() -> None:
    seen: list[tuple[int, int]] = []
    for method in (SGD(0.01), LBFGS()):
        seen.clear()
        fits = fit_many(
            [small(k) for k in range(3)], X, Y, method=method, steps=2, record_every=1,
            callback=lambda row, m: seen.append((row.index, row.step)),
        )  # fmt: skip
        assert sorted(seen) == [(k, t) for k in range(3) for t in range(3)]
        assert [found.history.rows[-1].index for found in fits] == [0, 1, 2]
