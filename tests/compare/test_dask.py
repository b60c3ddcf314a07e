"""The same rows from a real Dask cluster, one of whose workers dies in the middle."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

import uat
from tests.command import run
from uat.compare import Store, dask, sweep
from uat.compare.table import untimed

distributed = pytest.importorskip("distributed", reason='dask.distributed is not installed (extra "dask")')
# teardown of a killed worker leaves sockets and event loops to the collector, in Dask's own code
pytestmark = [
    pytest.mark.dask,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]

GRID = {"functions": "sin", "widths": [4, 5, 6, 7], "methods": ["uniform", "adam", "sgd", "warm"], "budget": 2000}


def test_a_cluster_that_loses_a_worker_gives_the_same_bits() -> None:
    serial = sweep(**GRID, seeds=3)
    store = Store()
    killed: list[int] = []
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster:
        workers = [worker.pid for worker in cluster.workers.values()]

        def kill() -> None:
            while not done.is_set() and len(seen) < 6:
                time.sleep(0.01)
            if not done.is_set():
                os.kill(workers[0], signal.SIGKILL)
                killed.append(len(seen))

        done, seen = threading.Event(), []
        add = store.add
        store.add = lambda key, rows: (seen.extend(rows), add(key, rows))  # type: ignore[method-assign,func-returns-value]
        watcher = threading.Thread(target=kill)
        watcher.start()
        try:
            with dask(cluster.scheduler_address) as executor:
                spread = sweep(**GRID, seeds=3, executor=executor, store=store)
        finally:
            done.set()
            watcher.join()
    assert killed
    assert killed[0] < len(serial)  # there was work left
    assert untimed(spread.rows) == untimed(serial.rows)


def test_an_address_that_does_not_answer() -> None:
    started = time.monotonic()
    with (
        pytest.raises(
            uat.InputError, match=r"`dask` must be the address of a scheduler that answers, .* but 'tcp://127"
        ),
        dask("tcp://127.0.0.1:9"),
    ):
        pass
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("address", ["nonsense", "nonsense://here", "tcp://host", "tcp://127.0.0.1:port"])
def test_what_is_no_address_is_said_and_that_is_all(address: str) -> None:
    started = time.monotonic()
    done = run("sweep", "sin", "--dask", address)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert (
        f"must be the address of a scheduler that answers, such as 'tcp://host:8786', or 'local', but {address!r}"
        in (done.stderr)
    )
    assert time.monotonic() - started < 10  # no client is left that waits for its end
