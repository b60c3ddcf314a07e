"""What a checkpoint accepts and refuses: the same run, whatever its generator, and no other."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from tests.learn.test_training import X, Y, small
from uat import InputError, learn
from uat.learn import L2, LBFGS, SGD, Adam, VariableProjection, fit
from uat.mlp import MLP

SECOND_ORDER = [LBFGS(), VariableProjection()]


@pytest.mark.parametrize("method", SECOND_ORDER, ids=repr)
def test_second_order_methods_refuse_another_run(method: object, tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    fit(small(), X, Y, method=method, steps=4, checkpoint=path)
    with pytest.raises(InputError, match="its validation samples is None"):
        fit(small(), X, Y, method=method, steps=9, resume=path, validation=(X, Y))
    with pytest.raises(InputError, match="its method is"):
        fit(small(), X, Y, method=type(method)(tol=1e-3), steps=9, resume=path)
    with pytest.raises(InputError, match="`steps` must be >= the steps of the checkpoint, 4, but is 3"):
        fit(small(), X, Y, method=method, steps=3, resume=path)


def test_lbfgs_refuses_another_objective_and_another_network(tmp_path: Path) -> None:
    path, sizes = tmp_path / "run.npz", (1, 8, 1)
    m = MLP.initialize(sizes, "tanh")
    fit(m, X, Y, method=LBFGS(), steps=10, checkpoint=path)
    with pytest.raises(InputError, match="its regularizer is 'None'"):
        fit(m, X, Y, method=LBFGS(), steps=20, resume=path, regularizer=L2(10.0))
    with pytest.raises(InputError, match="its activations is"):
        fit(MLP.initialize(sizes, "sigmoid"), X, Y, method=LBFGS(), steps=20, resume=path)


def test_another_start_or_another_seed_is_another_run(tmp_path: Path) -> None:
    path, kw = tmp_path / "run.npz", {"method": SGD(0.05), "batches": learn.shuffled(7)}
    fit(small(), X, Y, steps=20, checkpoint=path, rng=0, **kw)
    with pytest.raises(InputError, match="its starting network is"):
        fit(small(1), X, Y, steps=40, resume=path, rng=0, **kw)
    with pytest.raises(InputError, match="that was begun with another `rng`: give its seed"):
        fit(small(), X, Y, steps=40, resume=path, rng=7, **kw)
    whole = fit(small(), X, Y, steps=40, rng=0, **kw)
    for rng in (0, np.random.default_rng(0), None):
        np.testing.assert_array_equal(
            fit(small(), X, Y, steps=40, resume=path, rng=rng, **kw).last.theta, whole.last.theta
        )


@pytest.mark.parametrize("method", SECOND_ORDER, ids=repr)
def test_second_order_methods_refuse_another_start(method: object, tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    fit(small(), X, Y, method=method, steps=4, checkpoint=path)
    with pytest.raises(InputError, match="its starting network is"):
        fit(small(1), X, Y, method=method, steps=9, resume=path)


def test_a_seed_left_to_the_system_is_the_checkpoints_own(tmp_path: Path) -> None:
    path, kw = tmp_path / "run.npz", {"method": SGD(0.05), "batches": learn.shuffled(7), "checkpoint": None}
    fit(small(), X, Y, steps=20, rng=None, **kw | {"checkpoint": path})
    one, two = (fit(small(), X, Y, steps=40, resume=path, rng=None, **kw) for _ in range(2))
    np.testing.assert_array_equal(one.last.theta, two.last.theta)
    with pytest.raises(InputError, match="begun with another `rng`"):
        fit(small(), X, Y, steps=40, resume=path, rng=0, **kw)
    fit(small(), X, Y, steps=20, rng=0, **kw | {"checkpoint": path})
    fit(small(), X, Y, steps=30, rng=None, resume=path, **kw | {"checkpoint": path})
    assert fit(small(), X, Y, steps=40, resume=path, rng=0, **kw).history.step[-1] == 40  # still the run of seed 0


def test_a_checkpoint_of_an_earlier_version_is_refused_for_what_it_does_not_say(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    fit(small(), X, Y, method=SGD(0.1), steps=5, checkpoint=path)
    with np.load(path) as archive:
        plain = json.loads(str(archive["plain"]))
    del plain["description"]["starting network"]
    _with_plain(path, json.dumps(plain))
    with pytest.raises(InputError, match="does not say its starting network: it was written by an earlier version"):
        fit(small(), X, Y, method=SGD(0.1), steps=9, resume=path)


def test_an_end_off_the_beat_is_there_after_resuming(tmp_path: Path) -> None:
    path, kw = tmp_path / "run.npz", {"method": Adam(0.01), "steps": 25, "record_every": 10}
    seen: list[int] = []
    first = fit(small(), X, Y, checkpoint=path, **kw)
    resumed = fit(small(), X, Y, resume=path, callback=lambda row, m: seen.append(row.step), **kw)
    assert first.history.step.tolist() == resumed.history.step.tolist() == [0, 10, 20, 25]
    assert seen == [25]
    assert resumed.best_step == first.best_step == 25
    np.testing.assert_array_equal(resumed.network.theta, first.network.theta)
    longer = fit(small(), X, Y, resume=path, **{**kw, "steps": 40})
    assert longer.history.step.tolist() == [0, 10, 20, 30, 40]


@pytest.mark.parametrize("kind", ["PCG64", "MT19937", "Philox", "SFC64", "PCG64DXSM"])
def test_every_generator_of_numpy_can_be_resumed(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "run.npz"

    def run(steps: int, **kw: object) -> learn.Fit:
        rng = np.random.Generator(getattr(np.random, kind)(3))
        return fit(small(), X, Y, method=SGD(0.05), batches=learn.shuffled(7), steps=steps, rng=rng, **kw)

    run(53, checkpoint=path)
    np.testing.assert_array_equal(run(90, resume=path).last.theta, run(90).last.theta)
    with pytest.raises(InputError, match=f"its generator is '{kind}' and this run's is"):
        fit(small(), X, Y, method=SGD(0.05), batches=learn.shuffled(7), steps=90, resume=path,
            rng=np.random.Generator(np.random.PCG64(3) if kind != "PCG64" else np.random.Philox(3)))  # fmt: skip


def test_a_method_is_known_by_its_numbers_and_its_functions_names(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"

    def rate() -> object:  # a new function each time, as in a new process
        def falling(t: int) -> float:
            return 0.1 / t

        return falling

    for before, after in [
        (SGD(np.float64(0.1)), SGD(0.1)),
        (Adam(1, beta1=np.float32(0.5)), Adam(1.0, beta1=0.5)),
        (SGD(learn.warmup(rate(), 5)), SGD(learn.warmup(rate(), 5))),
    ]:
        fit(small(), X, Y, method=before, steps=5, checkpoint=path)
        assert fit(small(), X, Y, method=after, steps=9, resume=path).history.step[-1] == 9


def test_frozen_layers_stand_in_checkpoints_as_numbers(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    fit(small(), X, Y, method=SGD(0.1), steps=5, checkpoint=path, frozen=np.array([0]))
    resumed = fit(small(), X, Y, method=SGD(0.1), steps=9, resume=path, frozen=(0,))
    np.testing.assert_array_equal(resumed.last.layers[0].weights, small().layers[0].weights)


@pytest.mark.parametrize("bad", [True, 1, 0.5, b"run.npz", "", "a\0b"])
def test_paths_that_are_none_are_refused_by_their_name(bad: object) -> None:
    for name in ("resume", "checkpoint"):
        with pytest.raises(InputError, match=f"`{name}` must be the name of a file"):
            fit(small(), X, Y, method=SGD(0.1), steps=5, **{name: bad})
    os.fstat(1)  # the standard output is still open


def _with_plain(path: Path, plain: str) -> None:
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files if name != "plain"}
    np.savez(path, plain=plain, **arrays)


@pytest.mark.parametrize("method", [SGD(0.1), Adam(0.1), *SECOND_ORDER], ids=repr)
def test_damaged_checkpoints_are_refused_with_a_sentence(method: object, tmp_path: Path) -> None:
    path = tmp_path / "run.npz"

    def refused() -> None:
        with pytest.raises(InputError, match="`resume` must be a checkpoint, but"):
            fit(small(), X, Y, method=method, steps=9, resume=path)

    fit(small(), X, Y, method=method, steps=3, checkpoint=path)
    good = path.read_bytes()
    with np.load(path) as archive:
        plain = json.loads(str(archive["plain"]))
    for text in ("{}", "[1]", "{", json.dumps(plain | {"rows": [{}]}), json.dumps(plain | {"rows": []})):
        _with_plain(path, text)
        refused()
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    refused()
    draw = np.random.default_rng(0)
    for _ in range(60):  # a flipped bit is refused, or sits where nobody reads
        damaged = bytearray(good)
        damaged[draw.integers(len(good))] ^= 1 << int(draw.integers(8))
        path.write_bytes(bytes(damaged))
        try:
            fit(small(), X, Y, method=method, steps=4, resume=path)
        except InputError as error:
            assert "`resume` must be a checkpoint" in str(error)  # noqa: PT017 - either is right
