"""A run that was stopped and resumed is the run that never stopped, bit for bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.learn.test_training import METHODS, X, Y, small
from uat import InputError, learn
from uat.learn import SGD, Adam, fit

BATCHES = [
    learn.full(), learn.shuffled(9), learn.with_replacement(8), learn.cyclic(7),
    lambda t, n, rng: rng.integers(n, size=5),
]  # fmt: skip


@pytest.mark.parametrize("method", METHODS, ids=repr)
@pytest.mark.parametrize("batches", BATCHES, ids=["full", "shuffled", "with_replacement", "cyclic", "own"])
@pytest.mark.parametrize("at", [100, 137])
def test_resumed_equals_never_stopped(method: object, batches: object, at: int, tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    kw = {"method": method, "batches": batches, "record_every": 20, "validation": (X[::4], Y[::4]), "rng": 3}
    whole = fit(small(), X, Y, steps=260, **kw)
    first = fit(small(), X, Y, steps=at, checkpoint=path, **kw)
    resumed = fit(small(), X, Y, steps=260, resume=path, checkpoint=path, **kw)
    np.testing.assert_array_equal(resumed.last.theta, whole.last.theta)
    np.testing.assert_array_equal(resumed.network.theta, whole.network.theta)
    for column in ("step", "epoch", "gamma", "loss", "validation", "gradient_norm"):
        np.testing.assert_array_equal(getattr(resumed.history, column), getattr(whole.history, column))
    assert first.history.step[-1] == at
    assert resumed.history.seconds[-1] > first.history.seconds[-1] * 0.5


def test_after_ctrl_c_the_checkpoint_continues(tmp_path: Path) -> None:
    path, armed = tmp_path / "run.npz", [True]

    def batches(t: int, n: int, rng: np.random.Generator) -> np.ndarray:
        if t == 57 and armed[0]:
            raise KeyboardInterrupt
        return rng.integers(n, size=5)

    kw = {"method": Adam(0.01), "batches": batches, "steps": 100, "record_every": 10}
    assert fit(small(), X, Y, checkpoint=path, **kw).reason == "interrupted"
    armed[0] = False
    resumed, whole = fit(small(), X, Y, resume=path, **kw), fit(small(), X, Y, **kw)
    np.testing.assert_array_equal(resumed.last.theta, whole.last.theta)


def test_no_half_written_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.npz"
    fit(small(), X, Y, method=SGD(0.1), steps=10, checkpoint=path)
    good = path.read_bytes()

    def full_disk(*args: object, **kwargs: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.raises(OSError, match="no space left"):
        fit(small(), X, Y, method=SGD(0.1), steps=10, checkpoint=path)
    assert path.read_bytes() == good
    assert [p.name for p in tmp_path.iterdir()] == ["run.npz"]


def test_checkpoints_of_other_runs_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    fit(small(), X, Y, method=SGD(0.1), steps=10, checkpoint=path)
    with pytest.raises(InputError, match=r"its sizes is \[1, 8, 1\] and this run's is \[1, 5, 1\]"):
        fit(learn.uniform_kinks(5, (0, 1)), X, Y, method=SGD(0.1), steps=20, resume=path)
    with pytest.raises(InputError, match="its method is"):
        fit(small(), X, Y, method=SGD(0.2), steps=20, resume=path)
    with pytest.raises(InputError, match="its samples is"):
        fit(small(), X, Y + 1, method=SGD(0.1), steps=20, resume=path)
    with pytest.raises(InputError, match="`steps` must be >= the steps of the checkpoint, 10, but is 5"):
        fit(small(), X, Y, method=SGD(0.1), steps=5, resume=path)
    with pytest.raises(InputError, match=r"exists, but .* does not"):
        fit(small(), X, Y, method=SGD(0.1), steps=5, resume=tmp_path / "nothing.npz")
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match="`checkpoint` must lie in a folder that exists"):
        fit(small(), X, Y, method=SGD(0.1), steps=20, checkpoint=tmp_path / "nowhere" / "run.npz")
    with pytest.raises(InputError, match="`resume` must be a checkpoint"):
        fit(small(), X, Y, method=SGD(0.1), steps=20, resume=path)


@pytest.mark.parametrize("method", [learn.LBFGS(), learn.VariableProjection()], ids=repr)
def test_second_order_methods_restart_and_say_so(method: object, tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    first = fit(small(), X, Y, method=method, steps=4, checkpoint=path)
    resumed = fit(small(), X, Y, method=method, steps=30, resume=path)
    assert "restarted from the parameters of the checkpoint" in resumed.outcome
    assert resumed.history.loss[4] == pytest.approx(first.history.loss[-1], rel=1e-6)
    assert resumed.history.loss.min() < first.history.loss.min()
