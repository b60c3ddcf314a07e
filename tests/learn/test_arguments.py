"""Whatever is handed in by mistake is answered by a sentence that names it."""

from __future__ import annotations

import pickle
from fractions import Fraction

import numpy as np
import pytest

from tests.learn.nets import data, network
from tests.learn.test_training import X, Y, small
from uat import InputError, ReluNet, learn
from uat.learn import L2, LBFGS, SGD, check_gradient, fit, fit_many
from uat.mlp import MLP

NET = ReluNet([1.0], [0.0], [1.0])
OWN_SCALAR = (lambda y, s: np.square(y - s).sum(), lambda y, s: 2 * (s - y))
OWN_FLAT = (lambda y, s: np.square(y - s), lambda y, s: (s - y)[0])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"regularizer": 0.1}, r"`regularizer` must be made of L1\(strength\) and L2\(strength\), or None, but is 0.1"),
        ({"callback": 5}, r"`callback` must be a function \(row, network\), but is 5"),
        ({"metrics": [len]}, "`metrics` must be a dictionary of functions"),
        ({"metrics": {"a": 3}}, r"metrics\['a'\] is 3"),
        ({"metrics": {"a": lambda m: m.theta}}, r"`metrics\['a'\]` must be a finite real number"),
        ({"metrics": {"a": lambda m: "high"}}, r"`metrics\['a'\]` must be a finite real number, but is 'high'"),
        ({"rng": "a"}, r"`rng` must be a seed \(an integer >= 0\) or a Generator, but is 'a'"),
        ({"rng": -1}, "`rng` must be a seed .* but is -1"),
        ({"rng": 1.5}, "`rng` must be a seed .* but is 1.5"),
        *(
            ({"method": SGD(lambda t, bad=bad: bad)}, "`rate` must be finite and > 0 at every step, but gamma_1 = ")
            for bad in (None, "a", "0.1", 1j, np.full(2, 0.1), np.full(1, 0.1), np.array(1j), -1, Fraction(0))
        ),
        ({"batches": learn.shuffled}, r"`batches` must be shuffled\(...\), with its parentheses"),
        ({"batches": learn.full}, r"`batches` must be full\(...\), with its parentheses"),
        ({"batches": lambda t, n, rng: [[1], [2, 3]]}, "`batches` must give a non-empty vector of indices"),
        ({"loss": OWN_SCALAR}, r"`loss` must be elementwise, but gave shape \(\) for shape \(1, 40\)"),
        ({"loss": OWN_FLAT}, r"`loss` must be elementwise, but gave shape \(40,\) for shape \(1, 40\)"),
        ({"loss": "squard"}, "`loss` must be one of .*; did you mean 'squared'"),
        ({"loss": "cross_entropy"}, "`loss` 'cross_entropy' must be given a network with a softmax output"),
        ({"validation": (X, Y[1:])}, "`validation` must be samples like `x` and `y`, but there `x` and `y` must have"),
        ({"validation": ([np.nan], [0.0])}, "`validation` must be samples like `x` and `y`, but there `x` must be fin"),
        ({"checkpoint": "/nowhere/run.npz"}, "`checkpoint` must lie in a folder that exists"),
    ],
)
def test_fit_refuses(change: dict, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        fit(small(), X, Y, **{"method": SGD(0.1), "steps": 5, **change})


@pytest.mark.parametrize("rate", [Fraction(1, 10), np.float32(0.125), np.array(0.1), 1])
def test_a_rate_may_be_any_real_number(rate: object) -> None:
    found = fit(small(), X, Y, method=SGD(lambda t: rate), steps=3)
    assert found.history.gamma[-1] == float(rate)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: fit("x", X, Y), "`network` must be an MLP, but is 'x'"),
        (lambda: fit(NET, X, Y), r"`network` must be an MLP, but is ReluNet.* Write \.to_mlp\(\) behind it"),
        (lambda: check_gradient(NET, X, Y), r"`network` must be an MLP, .*to_mlp"),
        (lambda: learn.forward(3, X), "`network` must be an MLP, but is 3"),
        (lambda: fit(small(), X, Y, steps=0).history.metric("a"), "`metrics` must be given to the fit for 'a'"),
        (lambda: learn.trace(3, 1.0, 1.0), "`network` must be an MLP, but is 3"),
        (lambda: learn.fit_last_layer(3, X, Y), "`network` must be an MLP, but is 3"),
        (lambda: fit_many([1], X, Y), r"`networks\[0\]` must be an MLP, but is 1"),
        (lambda: fit_many(3, X, Y), "`networks` must be an MLP or a sequence of them, but is 3"),
        (lambda: fit_many(small(), X, Y, seeds=5), "`seeds` must be a sequence of seeds, one a network, but is 5"),
        (lambda: fit_many([small()], X, Y, seeds=["a"]), r"`seeds\[0\]` must be a seed"),
        (lambda: learn.gradient_noise(small(), X, Y, 5), "`sizes` must be a sequence of batch sizes, but is 5"),
        (lambda: L2(1) + None, "a regularizer must be added to another, made by L1 or L2, but here to None"),
        (lambda: MLP.initialize((3,)), r"`sizes` must have at least two entries, d_in and d_out, but is \(3,\)"),
        (lambda: MLP.initialize((1, 2, 1), rng="a"), "`rng` must be a seed"),
        (
            lambda: MLP.initialize((1, 2, 1), np.tanh),
            r"`activation` must be a name .* or a pair \(f, f'\)",
        ),
        (lambda: MLP.from_layers([1, 2]), r"`layers\[0\]` must be a pair \(weights, biases\), but is 1"),
        (lambda: MLP.from_layers([([[1.0], [1.0, 2.0]], [0.0])]), r"`layers\[0\]` must be an array of real numbers"),
        (lambda: ReluNet.from_mlp(3), "`mlp` must be an MLP, but is 3"),
        (lambda: learn.from_net(3), "`net` must be a ReluNet or an MLP, but is 3"),
        (lambda: learn.backward(learn.forward(small(), X), np.ones(3)), "`slope` must have a row a sample, 40 of them"),
        (lambda: learn.backward(learn.forward(small(), X), np.ones(1)), "`slope` must have a row a sample, 40 of them"),
        (lambda: learn.accuracy(X, Y[1:]), "`y` must have one label a sample, 40 of them"),
    ],
)
def test_others_refuse(call: object, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        call()


def test_class_labels_of_the_wrong_kind_are_told_the_right_one() -> None:
    m, (x, y) = network(2, "tanh", "cross_entropy"), data("cross_entropy")
    for bad in (y[:, None], y > 0):
        with pytest.raises(InputError, match=r"`y` must hold class numbers 0 to 2 in shape \(n,\), or probabilities"):
            fit(m, x, bad, "cross_entropy")


def test_what_float32_cannot_hold_is_told_so() -> None:
    with pytest.raises(InputError, match=r"`x` must be finite in float32, but x\[0\] = 1e\+300"):
        fit(small().astype(np.float32), [1e300], [0.0])


@pytest.mark.parametrize("which", [0, 1])
def test_an_activation_of_ones_own_is_elementwise_or_refused(which: int) -> None:
    pair = [np.sin, np.cos]
    pair[which] = lambda z: z.sum(axis=0)
    m = MLP.initialize((1, 8, 1), tuple(pair))
    with pytest.raises(InputError, match="`activation` must be elementwise, but gave shape"):
        fit(m, X, Y, method=SGD(0.1), steps=5)
    if which == 0:
        with pytest.raises(InputError, match=r"gave shape \(8,\) for shape \(40, 8\)"):
            m(X)


def test_a_pair_may_be_a_list() -> None:
    m = MLP.initialize((1, 3, 1), [np.sin, np.cos])
    assert m.activations == ((np.sin, np.cos), "identity")


def test_a_criterion_of_ones_own_may_say_true() -> None:
    def enough(rows: list) -> bool:
        return len(rows) > 2

    for method in (SGD(0.1), LBFGS()):
        found = fit(small(), X, Y, method=method, steps=50, record_every=1, stop=enough)
        assert found.reason == "stopped"
        assert "enough said so" in found.outcome


def test_a_target_of_zero_can_be_reached() -> None:
    m = MLP((1, 1), [2.0, 0.0])
    assert fit(m, [1.0, -1.0], [1, -1], "hinge", method=SGD(0.1), stop=learn.loss_below(0)).history.step.tolist() == [0]


def test_descriptions_travel_between_processes() -> None:
    rows = fit(small(), X, Y, method=SGD(0.05), steps=40, record_every=1).history.rows
    for criterion in (learn.plateau(0.9, 3), learn.loss_below(9.0), learn.gradient_below(99.0), learn.seconds(1e-9)):
        assert pickle.loads(pickle.dumps(criterion))(rows) == criterion(rows) is not None
    for name, loss in learn.LOSSES.items():
        assert pickle.loads(pickle.dumps(loss)) is learn.LOSSES[name]
    own = learn.Loss("own", np.hypot, np.subtract)
    assert pickle.loads(pickle.dumps(own)) == own


def test_accuracy_counts_right_answers() -> None:
    signs = MLP((1, 1), [1.0, 0.0])
    assert learn.accuracy([-2.0, -1.0, 0.0, 3.0], [-1, 1, 1, 1])(signs) == 0.5
    classes = MLP((2, 2), [1.0, 0.0, 0.0, 1.0, 0.0, 0.0], ["softmax"])
    measure = learn.accuracy([[2.0, 1.0], [0.0, 5.0], [1.0, 0.0]], [0, 1, 1])
    assert measure(classes) == pytest.approx(2 / 3)
    found = fit(classes, measure.x, [0, 1, 1], "cross_entropy", steps=2, metrics={"right": measure})
    assert found.history.metric("right")[0] == pytest.approx(2 / 3)
    with pytest.raises(InputError, match="`y` must be -1 or 1 for the accuracy of a network with one output"):
        learn.accuracy([1.0], [0])(signs)
