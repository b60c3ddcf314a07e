"""Where the stacks of a sweep run: in this process, in a pool of processes, or on a Dask cluster.

Anything with `concurrent.futures.Executor`'s ``submit`` will do. Processes are spawned, not forked: a fork copies
whatever locks other threads hold, and a spawned process sees what a machine of a cluster would see.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

from uat import _checks
from uat._checks import InputError, show

DASK_PATIENCE = 8.0  # seconds to wait for a scheduler


class Serial(Executor):
    """Runs a call when it is submitted, in this thread."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - as every executor does: it comes out where the result is asked for
            future.set_exception(error)
        return future


def processors() -> int:
    """The processors that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def process_pool(workers: int | None = None) -> ProcessPoolExecutor:
    """A pool of spawned processes, one a processor unless told otherwise."""
    count = processors() if workers is None else _checks.integer(workers, "workers")
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))


@contextmanager
def dask(address: str) -> Iterator[Executor]:
    """The executor of a Dask cluster: "tcp://host:port" of its scheduler, or "local" for one on this machine.

    Raises
    ------
    InputError
        When Dask is not installed, or no scheduler answers within ten seconds.
    """
    try:
        distributed: Any = importlib.import_module("distributed")  # untyped
    except ImportError:
        raise InputError('`dask` needs dask.distributed: pip install "uat-constructive[dask]".') from None
    cluster = None
    try:
        if address == "local":
            cluster = distributed.LocalCluster(n_workers=processors(), threads_per_worker=1, dashboard_address=None)
        try:
            client = distributed.Client(
                address if cluster is None else cluster, timeout=DASK_PATIENCE, set_as_default=False
            )
        except (OSError, ValueError, TimeoutError) as error:
            raise InputError(
                f"`dask` must be the address of a scheduler that answers, such as 'tcp://host:8786', or 'local', "
                f"but {show(address)} does not ({type(error).__name__})."
            ) from None
        with client:
            yield client.get_executor(pure=False)  # pure: equal calls might be taken for one
    finally:
        if cluster is not None:
            cluster.close()
