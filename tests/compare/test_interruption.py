"""Ctrl-C at a sweep: it ends, at once, with what is done kept, wherever it runs and however often it is pressed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.command import HERE, LISTENS
from uat import InputError, learn
from uat.compare import Serial, Store, read_table, stack, sweep

# four rows that take minutes, beside six that are done at once
DONE = 6
LONG = ["sweep", "sin(x)", "--on", "0", "6", "--widths", "4,200", "--methods", "uniform,lbfgs", "--seeds", "4",
        "--budget", "1000000", "--store", "s.sqlite"]  # fmt: skip
STARTED = LISTENS + "import sys, uat.cli\nuat.cli.main()\n"


def begun(folder: Path, *workers: str) -> subprocess.Popen[str]:
    """A sweep in a process group of its own, whose processes have begun to work."""
    command = [sys.executable, "-c", STARTED, *LONG, *workers]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder, env=HERE, start_new_session=True
    )


def rows(folder: Path) -> int:
    try:
        return len(read_table(folder / "s.sqlite"))
    except InputError:
        return 0


def living(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="process groups")
@pytest.mark.parametrize("whom", [pytest.param("group", marks=pytest.mark.nightly), "parent", "twice", "early"])
def test_ctrl_c_ends_a_pool(whom: str, tmp_path: Path) -> None:
    process = begun(tmp_path, "--workers", "2")
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            if (tmp_path / "s.sqlite").exists() and (whom == "early" or rows(tmp_path) == DONE):
                break
            time.sleep(0.01)
        assert process.poll() is None
        time.sleep(0.3 if whom == "early" else 0)  # early: the processes of the pool are still importing
        (os.kill if whom == "parent" else os.killpg)(process.pid, signal.SIGINT)
        if whom == "twice":
            time.sleep(0.02)
            os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=8)
        assert process.returncode in ({130, -signal.SIGINT} if whom == "twice" else {130})
        lines = [line for line in said.splitlines() if line]
        where = "uat: the rows that were made are in s.sqlite: go on with `uat sweep --resume s.sqlite`."
        if whom == "twice":
            # Python reports itself what falls into the callback of a weak reference
            assert set(lines) <= {where, "uat: interrupted."} or "Exception ignored in" in said
        else:
            assert lines in ([where, "uat: interrupted."], ["uat: interrupted."] if whom == "early" else [])
        assert rows(tmp_path) == (0 if whom == "early" else DONE)
        deadline = time.monotonic() + 30  # one that has ended is there until its new parent asks
        while living(process.pid) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not living(process.pid)  # no process of the pool either
    finally:
        if living(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_ctrl_c_in_one_process_is_not_taken_for_the_end_of_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training keeps what it has when it is interrupted, and the row would stand in the store as a finished one."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def press(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)

    def train() -> str:
        start, x = learn.uniform_kinks(3, (-1, 1), np.random.default_rng(0)), np.linspace(-1, 1, 9)
        return learn.fit(start, x, x**2, method=learn.Adam(0.1), steps=9, callback=press).reason

    try:
        assert train() == "interrupted"
        with pytest.raises(KeyboardInterrupt):
            Serial().submit(train)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        store = Store()
        monkeypatch.setattr(stack, "errors", press)
        with pytest.raises(KeyboardInterrupt):
            sweep("sin", [3], ["adam"], budget=70, store=store)
        assert store.rows() == []
    finally:
        signal.signal(signal.SIGINT, before)
