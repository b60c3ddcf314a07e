"""What is written and read: whole or not at all, ordinary files, in no more memory than they fill."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import uat
from uat import InputError, learn
from uat._files import different, written_whole
from uat.bounds.recheck import recheck
from uat.cli import cli
from uat.compare import Table, read_table
from uat.exchange import json_file, load_mlp, save_mlp


def readers() -> dict[str, Callable[[Path], Any]]:
    start, x = learn.uniform_kinks(3, (-1, 1), np.random.default_rng(0)), np.linspace(-1, 1, 9)
    return {
        "load": uat.load,
        "load_mlp": load_mlp,
        "read_table": read_table,
        "resume": lambda path: learn.fit(start, x, x, steps=3, resume=path),
        "resume a sweep": uat.compare.resume,
        "a function": lambda path: uat.approximate(f"{path}.py:f", (0, 1), width=3),
    }


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names")
@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "link to a pipe"])
def test_what_is_no_ordinary_file_is_refused_at_once(kind: str, tmp_path: Path) -> None:
    """A pipe would be waited for without end, and /dev/zero has none."""
    path = tmp_path / "a"
    if kind == "folder":
        path.mkdir()
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        os.mkfifo(tmp_path / "pipe")
        path.symlink_to(tmp_path / "pipe")
        if kind == "pipe":
            path.unlink()
            os.mkfifo(path)
    (tmp_path / "a.py").symlink_to(path)
    for name, read in readers().items():
        with pytest.raises(InputError, match=r"ordinary file|must be a file|a file that exists"):
            read(path)
        assert name
    assert "no ordinary file" in recheck(path).sentence


def test_a_file_that_is_not_there_or_has_no_name_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path / ("n" * 300), tmp_path / "a\0b"):
        for read in readers().values():
            with pytest.raises(InputError):
                read(path)
        assert not recheck(path).ok
    assert list(tmp_path.iterdir()) == []


def test_a_network_takes_no_more_memory_than_its_file(tmp_path: Path) -> None:
    """Zeros that were compressed, and an array that says it has more numbers than there are."""
    path = tmp_path / "m.npz"
    save_mlp(uat.MLP.initialize((1, 3, 1)), path)
    with np.load(path) as archive:
        good = dict(archive)
    np.savez_compressed(path, **{**good, "theta": np.zeros(1 << 22)})
    with pytest.raises(InputError, match="is none, or damaged: ValueError: it is compressed"):
        load_mlp(path)
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"shape": (1 << 50,), "fortran_order": False, "descr": "<f8"})
    for content in (file.getvalue(), file.getvalue().replace(b"<f8", b"<U0"), b"\x93NUMPY\x03\x00"):
        np.savez(path, **good)
        with zipfile.ZipFile(path, "a") as more:
            more.writestr("more.npy", content)
        with pytest.raises(InputError, match="is none, or damaged"):
            load_mlp(path)
    np.savez(path, **good)
    load_mlp(path)


def test_every_byte_of_a_network_is_right_or_refused(tmp_path: Path) -> None:
    path, m = tmp_path / "m.npz", uat.MLP.initialize((1, 3, 1))
    save_mlp(m, path)
    good, refused = path.read_bytes(), 0
    for k in range(len(good)):
        path.write_bytes(good[:k] + bytes([good[k] ^ (2 if k % 2 else 64)]) + good[k + 1 :])
        try:
            back = load_mlp(path)
        except InputError:
            refused += 1
        else:
            assert (back.sizes, back.activations, back.theta.dtype) == (m.sizes, m.activations, m.theta.dtype)
            assert back.theta.tobytes() == m.theta.tobytes()
    assert refused > len(good) / 2


def test_half_of_an_array_is_not_taken_for_it(tmp_path: Path) -> None:
    """One byte makes float64 float32, and whoever reads the half that is wanted never comes to the checksum."""
    path = tmp_path / "m.npz"
    save_mlp(uat.MLP.initialize((1, 30_000, 1)), path)
    place = path.read_bytes().rindex(b"'<f8'")
    with path.open("r+b") as file:
        file.seek(place + 3)
        file.write(b"4")
    with np.load(path) as archive:
        assert archive["theta"].shape == (90_001,)
    with pytest.raises(InputError, match="is none, or damaged: BadZipFile: Bad CRC-32"):
        load_mlp(path)


def test_a_file_without_end_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    r = uat.approximate("x**2", (0, 1), width=9)
    r.save(path)
    with path.open("r+b") as file:
        file.truncate(1 << 40)  # a hole: it takes no room
    with pytest.raises(InputError, match="must have at most 256 MB, but"):
        uat.load(path)
    path.write_text("[" + "[]," * 20_000 + "1]")
    with pytest.raises(InputError, match="has too many parts"):
        uat.load(path)
    assert "more parts" in recheck(path).sentence
    monkeypatch.setattr(json_file, "MOST_BYTES", 1 << 10)
    with pytest.raises(InputError, match="a saved network must have at most 0 MB"):
        r.save(tmp_path / "b.json")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="/dev/full")
def test_a_full_disk_is_told_with_the_name_of_the_file(tmp_path: Path) -> None:
    told = pytest.raises(OSError, match=r"No space left on device: '.*net\.json'")
    with told, written_whole(tmp_path / "net.json"), open("/dev/full", "wb", buffering=0) as file:
        file.write(b"a")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="killed processes")
def test_what_a_killed_process_left_is_removed_by_the_next_one(tmp_path: Path) -> None:
    target = tmp_path / "net.npz"
    code = (
        "import sys, time, uat._files\n"
        "with uat._files.written_whole(sys.argv[1]):\n    print('begun', flush=True)\n    time.sleep(60)\n"
    )
    left = []
    for _ in range(2):
        process = subprocess.Popen([sys.executable, "-c", code, str(target)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        left.append({path.name for path in tmp_path.iterdir()})
        if len(left) < 2:
            process.kill()
            process.wait()
            process.stdout.close()
    assert len(left[0]) == len(left[1]) == 1
    assert not left[0] & left[1]
    save_mlp(uat.MLP.initialize((1, 3, 1)), target)
    assert {path.name for path in tmp_path.iterdir()} == {"net.npz", *left[1]}  # the second one is alive
    process.kill()
    process.wait()
    process.stdout.close()
    save_mlp(uat.MLP.initialize((1, 3, 1)), tmp_path / "other.npz")
    assert left[1] < {path.name for path in tmp_path.iterdir()}  # that of another file
    save_mlp(uat.MLP.initialize((1, 3, 1)), target)
    assert {path.name for path in tmp_path.iterdir()} == {"net.npz", "other.npz"}


def test_nothing_is_written_over_that_is_not_of_ours(tmp_path: Path) -> None:
    result, table = uat.approximate("x**2", (0, 1), width=3), Table(())
    for save, name, wrong in (
        (result.save, "package.json", "a.txt"),
        (table.to_csv, "measured.csv", "report.txt"),
        (table.to_csv, "measured.CSV", "thesis"),
        (table.to_parquet, None, "a.csv"),
    ):
        with pytest.raises(InputError, match=r"must end in \."):
            save(tmp_path / wrong)
        if name is None:
            continue
        (tmp_path / name).write_text('{"name": "mine"}')
        with pytest.raises(InputError, match="holds something else; it is left as it is"):
            save(tmp_path / name)
        assert (tmp_path / name).read_text() == '{"name": "mine"}'
        (tmp_path / name).write_text("")
        for _ in range(2):  # an empty one, and one of ours
            save(tmp_path / name)
    assert "format" in (tmp_path / "package.json").read_text()


def test_no_archive_or_curve_is_written_over_that_is_not_of_ours(tmp_path: Path) -> None:
    start, x = learn.uniform_kinks(3, (-1, 1), np.random.default_rng(0)), np.linspace(-1, 1, 9)
    path, curve = tmp_path / "data.npz", tmp_path / "losses.csv"
    np.savez(path, x=x)
    curve.write_text("time,value\n")
    right = path.read_bytes(), curve.read_bytes()
    fit = learn.fit(start, x, x, steps=3)
    for write in (
        lambda: save_mlp(start, path),
        lambda: learn.fit(start, x, x, steps=3, checkpoint=path),
        lambda: fit.history.to_csv(curve),
        lambda: fit.history.to_csv(tmp_path / "losses.txt"),
    ):
        with pytest.raises(InputError, match=r"holds something else; it is left as it is|must end in \.csv"):
            write()
    assert (path.read_bytes(), curve.read_bytes()) == right
    for _ in range(2):
        fit.history.to_csv(tmp_path / "mine.csv")
        save_mlp(start, tmp_path / "mine.npz")
        learn.fit(start, x, x, steps=3, checkpoint=tmp_path / "run.npz")
    assert {one.name for one in tmp_path.iterdir()} == {"data.npz", "losses.csv", "mine.csv", "mine.npz", "run.npz"}


def test_two_outputs_are_two_files(tmp_path: Path) -> None:
    different(plot="a.svg", save="a.json", store=None)
    with pytest.raises(InputError, match=r"`--store` and `--csv` must name two files, but both are 'a/\.\./b\.csv'"):
        different(store="b.csv", csv="a/../b.csv")


def test_no_file_is_overwritten_from_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused before the work."""
    (tmp_path / "model.py").write_text("f = abs\n")
    (tmp_path / "data.csv").write_text("time,value\n1,2\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(uat, "approximate", None)
    monkeypatch.setattr(uat.compare, "sweep", None)
    for arguments in (
        ["sweep", "sin", "--csv", "model.py"],
        ["sweep", "sin", "--csv", "data.csv"],
        ["sweep", "sin", "--csv", "a.csv", "--store", "a.csv"],
        ["sweep", "sin", "--plot", "a.svg", "--store", "./a.svg"],
        ["sweep", "--resume", "a.svg", "--plot", "a.svg"],
        ["approximate", "sin", "--tol", "0.1", "--save", "a.json", "--plot", "a.json"],
        ["approximate", "sin", "--tol", "0.1", "--save", "data.csv"],
    ):
        with pytest.raises(InputError, match="must"):
            cli.main(arguments, standalone_mode=False)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "model.py": "f = abs\n", "data.csv": "time,value\n1,2\n",
    }  # fmt: skip
