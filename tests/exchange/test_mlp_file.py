"""A perceptron goes into a file and comes back bit for bit; what is no such file is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from uat import InputError
from uat.exchange import load_mlp, save_mlp
from uat.mlp import MLP


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("sizes", "act", "out"), [((1, 5, 1), "relu", "identity"), ((2, 3, 4, 3), "tanh", "softmax")])
def test_there_and_back(sizes: tuple[int, ...], act: str, out: str, dtype: type, tmp_path: Path) -> None:
    m = MLP.initialize(sizes, act, output=out, dtype=dtype)
    save_mlp(m, tmp_path / "m.npz")
    back = load_mlp(tmp_path / "m.npz")
    assert (back.sizes, back.activations, back.theta.dtype) == (m.sizes, m.activations, m.theta.dtype)
    np.testing.assert_array_equal(back.theta, m.theta)
    assert [path.name for path in tmp_path.iterdir()] == ["m.npz"]


def test_refusals(tmp_path: Path) -> None:
    own = MLP.initialize((1, 3, 1), (np.sin, np.cos))
    with pytest.raises(InputError, match="`network` must have named activations to be saved"):
        save_mlp(own, tmp_path / "own.npz")
    with pytest.raises(InputError, match="`network` must be an MLP, but is 5"):
        save_mlp(5, tmp_path / "five.npz")
    with pytest.raises(InputError, match=r"exists, but .* does not"):
        load_mlp(tmp_path / "nothing.npz")
    path = tmp_path / "m.npz"
    save_mlp(MLP.initialize((1, 3, 1)), path)
    good = path.read_bytes()
    path.write_bytes(good[: len(good) // 2])
    with pytest.raises(InputError, match="is none, or damaged"):
        load_mlp(path)
    np.savez(path, sizes=[1, 3, 1], activations=["relu", "identity"], theta=np.zeros(3))
    with pytest.raises(InputError, match="is none, or damaged: InputError: `theta` must have 10 entries, but has 3"):
        load_mlp(path)
    with pytest.raises(InputError, match="must lie in a folder that exists"):
        save_mlp(MLP.initialize((1, 3, 1)), tmp_path / "nowhere" / "m.npz")


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.npz"
    save_mlp(MLP.initialize((1, 3, 1)), path)
    good = path.read_bytes()

    def full_disk(*args: object, **kwargs: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.raises(OSError, match="no space left"):
        save_mlp(MLP.initialize((1, 4, 1)), path)
    assert path.read_bytes() == good
    assert len(list(tmp_path.iterdir())) == 1
