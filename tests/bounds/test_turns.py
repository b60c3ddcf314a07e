"""flint's precision is one for the process: real threads that prove and check at once, and real forks while they do."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from flint import ctx

import uat
from uat.balls.precision import precision_of, working_precision
from uat.bounds.recheck import recheck
from uat.bounds.recheck_turns import turn


def test_checks_beside_proofs_disturb_neither(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    uat.approximate("sin(3*x)*exp(-x)", (0, 3), width=9).save(path)
    before = ctx.prec, ctx.cap

    def proven(k: int) -> bool:
        return uat.certify(lambda x: np.sin(k * x) / (1 + x * x), (0.1, 0.2), (0, 3)).proven

    with ThreadPoolExecutor(6) as pool:
        checks = [pool.submit(recheck, path) for _ in range(12)]
        proofs = [pool.submit(proven, k) for k in range(2, 14)]
        assert [check.result().sentence.split(":")[0] for check in checks] == ["Confirmed"] * 12
        assert all(proof.result() for proof in proofs)
    assert (ctx.prec, ctx.cap) == before


def test_a_turn_puts_back_what_it_found() -> None:
    before = ctx.prec, ctx.cap
    with turn(77, 3):
        assert (ctx.prec, ctx.cap) == (77, 3)
        with suppress(ZeroDivisionError), working_precision(99), precision_of(99):
            assert (ctx.prec, ctx.cap) == (99, 3)
            raise ZeroDivisionError
        assert (ctx.prec, ctx.cap) == (77, 3)
    assert (ctx.prec, ctx.cap) == before


FORKS = """
import os, sys, threading, time
import numpy as np, uat
from flint import ctx
from uat.bounds.recheck import recheck
from uat.bounds.recheck_turns import turn

path, who = sys.argv[1], sys.argv[2]
outside = ctx.prec, ctx.cap
proving, go_on = threading.Event(), threading.Event()

def slow(x):
    if not isinstance(x, np.ndarray):
        proving.set()
        if not go_on.is_set() and who == "another":
            go_on.wait(60)
    return np.sin(x)

def all_is_well():
    good = uat.certify(np.cos, (0.5, 0.5), (0, 3)).proven and recheck(path).ok
    with_a_thread = []
    thread = threading.Thread(target=lambda: with_a_thread.append(uat.certify(np.cos, (0.5, 0.5), (0, 3)).proven))
    thread.start(); thread.join(20)
    return good and with_a_thread == [True]

def forked(child):
    pid = os.fork()
    if pid == 0:
        os._exit(0 if child() else 1)
    for _ in range(300):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.1)
    os.kill(pid, 9)
    return "the child hangs"

if who == "another":
    thread = threading.Thread(target=lambda: uat.certify(slow, (0.1, 0.2), (0, 3)))
    thread.start(); proving.wait(60)
    print(forked(lambda: (ctx.prec, ctx.cap) == outside and all_is_well()))
    go_on.set(); thread.join()
    print(forked(all_is_well))
else:
    with turn(77, 3):  # as between two runs of f: an f that forks is no formula
        kept = ctx.prec, ctx.cap
        child = os.fork()
        good = (ctx.prec, ctx.cap) == kept == (77, 3) and uat.certify(np.sin, (0.1, 0.2), (0, 3)).proven
        good = good and (ctx.prec, ctx.cap) == kept
    good = good and (ctx.prec, ctx.cap) == outside and all_is_well()
    if child == 0:
        os._exit(0 if good else 1)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    print(0 if good else 1)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("who", ["another", "itself"])
def test_a_fork_while_a_thread_proves(tmp_path: Path, who: str) -> None:
    path = tmp_path / "a.json"
    uat.approximate("sin(x)", (0, 3), width=5).save(path)
    command = [sys.executable, "-W", "ignore", "-c", FORKS, str(path), who]
    out = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (out.stdout.split(), out.stderr) == (["0", "0"], "")
