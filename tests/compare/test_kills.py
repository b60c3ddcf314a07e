"""A sweep that is killed leaves no process behind, and goes on from its store as if nothing had been."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.command import HERE, run
from tests.compare.test_interruption import LONG, rows
from uat.compare import read_table
from uat.compare.table import untimed

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="/proc tells which processes live")

SHORT = ["sweep", "sin(x)", "--on", "0", "6", "--widths", "4,8,12", "--methods", "uniform,adam,lbfgs", "--seeds", "5",
         "--budget", "2000", "--store", "s.sqlite"]  # fmt: skip


def members(group: int) -> list[int]:
    """The processes of a group that live; one that has ended may be there until somebody asks how."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = path.read_text().rpartition(")")[2].split()[:3]
        except OSError:  # it has just ended
            continue
        if int(its_group) == group and state != "Z":
            found.append(int(path.parent.name))
    return found


def begun(arguments: list[str], folder: Path) -> subprocess.Popen[bytes]:
    """A sweep with two workers, in a process group of its own."""
    command = [sys.executable, "-m", "uat", *arguments, "--workers", "2"]
    nothing = subprocess.DEVNULL
    return subprocess.Popen(command, stdout=nothing, stderr=nothing, cwd=folder, env=HERE, start_new_session=True)


def killed(process: subprocess.Popen[bytes], how: signal.Signals) -> float:
    """How long the processes of the group outlive the first one."""
    try:
        process.send_signal(how)
        assert process.wait(timeout=5) in (-how, 0)  # it may have come to its end before
        begin = time.monotonic()
        while members(process.pid) and time.monotonic() < begin + 30:
            time.sleep(0.01)
        return time.monotonic() - begin
    finally:
        if members(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_workers_end_with_the_sweep_that_was_killed(tmp_path: Path) -> None:
    process = begun(LONG, tmp_path)
    deadline = time.monotonic() + 60
    while len(members(process.pid)) < 4 and time.monotonic() < deadline:  # and the one that watches over resources
        time.sleep(0.05)
    assert len(members(process.pid)) == 4
    time.sleep(1)  # they are importing, or at work
    assert killed(process, signal.SIGKILL) < 5


def test_also_one_that_lets_no_thread_of_its_own_run(tmp_path: Path) -> None:
    """Compiled code may hold Python's lock for minutes, as a large power does."""
    code = (
        "from uat.compare import process_pool\nif __name__ == '__main__':\n    pool = process_pool(1)\n"
        "    pool.submit(abs, 1).result()\n    hog = pool.submit(pow, 3, 4 * 10**8)\n"
        "    print('begun', flush=True)\n    hog.result()\n"
    )
    (tmp_path / "hog.py").write_text(code)
    process = subprocess.Popen(
        [sys.executable, "hog.py"], stdout=subprocess.PIPE, cwd=tmp_path, env=HERE, start_new_session=True
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == b"begun\n"
    time.sleep(0.5)
    assert len(members(process.pid)) == 3
    assert killed(process, signal.SIGKILL) < 5


def resumed(folder: Path) -> list[dict[str, object]]:
    done = run("sweep", "--resume", "s.sqlite", "--workers", "1", cwd=folder)
    if "must hold the plan of a sweep" in done.stderr or "exists, but" in done.stderr:  # it was killed before its plan
        done = run(*SHORT, "--workers", "1", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["s.sqlite"]
    return untimed(read_table(folder / "s.sqlite").rows)


@pytest.mark.nightly
def test_twenty_killed_sweeps_leave_no_process_and_resume_equal(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    assert begun(SHORT, whole).wait() == 0
    right = untimed(read_table(whole / "s.sqlite").rows)
    assert len(right) == 3 * (1 + 5 + 5)
    seed = int.from_bytes(os.urandom(4))
    draw, done, early = random.Random(seed), set(), 0
    for k in range(20):
        folder = tmp_path / str(k)
        folder.mkdir()
        process = begun(SHORT, folder)
        wanted = [0, 1, 5, 15, 25][k % 5]  # rows before it is killed: at the beginning, in the middle, near the end
        while rows(folder) < wanted and process.poll() is None:
            time.sleep(0.02)
        time.sleep(draw.uniform(0, 0.3 if wanted else 3.0))
        how = [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP][k % 3]
        assert killed(process, how) < 5, (seed, k)
        early += process.returncode == -how
        done.add(rows(folder))
        assert resumed(folder) == right, (seed, k)
    assert len(done) > 2  # they were at different places
    assert early >= 15
