"""What a function does beside computing is seen while it is watched, and only then."""

from __future__ import annotations

import glob
import os
import socket
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flint import arb

import uat
from uat.bounds.precision import working_precision
from uat.bounds.running import FunctionOnBalls, NotProvableError
from uat.bounds.watch import Watch


def test_the_first_thing_is_named() -> None:
    watch = Watch()
    watch.hooked = True  # no hook of its own: the events are told by hand
    watch._heard("open", ("before.txt", "r", 0))
    watch.begin()
    assert watch.end() == ""
    for event, arguments, words in (
        ("open", ("values.txt", "r", 0), "opens the file 'values.txt'"),
        ("open", (13, "rb", 0), "opens a file"),
        ("subprocess.Popen", ("ls", ["ls"], None, None), "starts the program 'ls'"),
        ("socket.connect", (object(), ("::1", 80)), "connects to \"('::1', 80)\""),
        ("open", ("module.py", "r", 0), ""),
        ("open", ("__pycache__/module.cpython-311.pyc", "r", 0), ""),
        ("os.listdir", ("/",), "lists the folder '/'"),
        ("os.listdir", (), "lists the folder"),
        ("os.system", (b"true",), "runs the command \"b'true'\""),
        ("os.fork", (), "starts a process"),
        ("os.putenv", (b"A", b"b"), ""),
    ):
        watch.begin()
        watch._heard("import", ("module",))
        watch._heard(event, arguments)
        if words:
            watch._heard("open", ("later.txt", "r", 0))
        assert watch.end() == words
        watch._heard("open", ("after.txt", "r", 0))
        assert watch.end() == words


def test_other_threads_have_work_of_their_own() -> None:
    """As a worker of a cluster has, which answers its scheduler meanwhile."""
    watch = Watch()
    watch.hooked = True
    watch.begin()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(watch._heard, "socket.connect", (object(), ("::1", 80))).result()
    assert watch.end() == ""


def test_what_a_function_lists_or_starts_is_no_formula(tmp_path: Path) -> None:
    (tmp_path / "1.txt").write_text("1")
    for act, words in (
        (lambda: len(os.listdir(tmp_path)), "lists the folder"),
        (lambda: len(list(os.scandir(tmp_path))), "lists the folder"),
        (lambda: len(list(tmp_path.iterdir())), "lists the folder"),
        (lambda: len(list(tmp_path.glob("*.txt"))), "lists the folder"),
        (lambda: len(glob.glob(str(tmp_path / "*")) * 1), "looks for files|lists the folder"),
        (lambda: 1 + os.system("true"), "runs the command"),
        (lambda: sqlite3.connect(":memory:").execute("SELECT 1").fetchone()[0], "opens the database"),
        (lambda: len(socket.getaddrinfo("127.0.0.1", 80)) ** 0, "asks for the address"),
    ):
        with pytest.warns(uat.NotProvenWarning, match=f"f ({words})"):
            assert not uat.certify(lambda x, act=act: x * act(), (1.0, 0.0), (0, 1)).proven


def test_a_module_that_is_found_in_a_folder_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "found_by_a_function.py").write_text("def twice(x):\n    return 2 * x\n")
    monkeypatch.syspath_prepend(tmp_path)

    def f(x: Any) -> Any:
        from found_by_a_function import twice  # type: ignore[import-not-found]

        return twice(x)

    assert uat.certify(f, (2.0, 0.0), (0, 1)).proven


def test_files_that_others_open_between_the_runs_of_a_function_are_theirs(tmp_path: Path) -> None:
    """Such as the machine code of a kernel that the search compiles half-way."""
    other = tmp_path / "kernel.nbi"
    other.write_text("")
    with working_precision(64):
        f = FunctionOnBalls(np.exp)
        for _ in range(2):
            assert f.jet(arb(0.5)).c0.is_finite()
            other.read_text()
            assert f.distrust(0.0, 1.0) == ""
        reading = FunctionOnBalls(lambda x: (other.read_text(), np.exp(x))[1])
        with pytest.raises(NotProvableError, match="opens the file"):
            reading.jet(arb(0.5))
        reading = FunctionOnBalls(lambda x: (isinstance(x, np.ndarray) and other.read_text(), np.exp(x))[1])
        reading._float_values([0.5])
        with pytest.raises(NotProvableError, match="opens the file"):
            reading.jet(arb(0.5))
