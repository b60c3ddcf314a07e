"""Where the stacks of a sweep run: in this process, in a pool of processes, or on a Dask cluster.

Anything with `concurrent.futures.Executor`'s ``submit`` will do. Processes are spawned, not forked: a fork copies
whatever locks other threads hold, and a spawned process sees what a machine of a cluster would see.

Ctrl-C ends a sweep wherever it runs. The processes of a pool never hear it: the one that the user started ends them,
and they end by themselves when it is no more, killed perhaps.
In this process what trains and what proves would make the best of an interruption and go on, and a network that was cut
short would pass for a finished one; so there Ctrl-C passes through them.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, NoReturn

from uat import _checks
from uat._checks import InputError, show

DASK_PATIENCE = 8.0  # seconds to wait for a scheduler
_MOST = 1024  # processes: more than a machine has processors


class Serial(Executor):
    """Runs a call when it is submitted, in this thread."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            with _interrupted_at_once():
                future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - as every executor does: it comes out where the result is asked for
            future.set_exception(error)
        return future


class _Interruption(BaseException):
    """Ctrl-C, under a name that nobody handles on the way."""


@contextmanager
def _interrupted_at_once() -> Iterator[None]:
    """KeyboardInterrupt leaves the block past everything inside that would handle it; only where Ctrl-C raises it."""

    def end(*_: object) -> NoReturn:
        raise _Interruption

    here = threading.current_thread() is threading.main_thread()
    if not here or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    try:
        signal.signal(signal.SIGINT, end)
        yield
    except _Interruption:
        raise KeyboardInterrupt from None
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def _deaf() -> Iterator[None]:
    """Ctrl-C waits until the block is left, and processes that begin in it never hear it, not even while they begin."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def last_warning() -> Iterator[None]:
    """After a Ctrl-C that leaves the block a second one ends the process on the spot: for a program, not a library."""
    try:
        yield
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        raise


def _begin_as_a_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None  # of a spawned process
    if hasattr(os, "O_ASYNC"):  # Linux then sends a signal itself, which ends compiled code that lets no thread run
        import fcntl

        fcntl.fcntl(parent.sentinel, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(parent.sentinel, fcntl.F_SETFL, os.O_ASYNC)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Any) -> None:
    """Whatever ended the parent closes a pipe; where a fork of it holds that open, another parent has taken over."""
    born = os.getppid()
    while parent.is_alive() and os.getppid() == born:
        parent.join(timeout=1)
    os._exit(1)


class Pool(ProcessPoolExecutor):
    """Spawned processes that are ended, not waited for, when an exception leaves the block of ``with``."""

    def __init__(self, workers: int) -> None:
        super().__init__(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_begin_as_a_worker)

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        with _deaf():  # here processes begin
            return super().submit(fn, *args, **kwargs)

    def end(self) -> None:
        """Terminate the processes, whatever they are doing (`terminate_workers` of Python 3.14)."""
        with _deaf():
            for process in list((self._processes or {}).values()):
                process.terminate()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is not None:
            self.end()
        self.shutdown(wait=True, cancel_futures=kind is not None)


def processors() -> int:
    """The processors that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def process_pool(workers: int | None = None) -> Pool:
    """A pool of spawned processes, one a processor unless told otherwise, at most 1024."""
    return Pool(processors() if workers is None else _checks.integer(workers, "workers", most=_MOST))


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
            cluster = distributed.LocalCluster(
                n_workers=processors(), threads_per_worker=1, dashboard_address="127.0.0.1:0"
            )
        try:
            if cluster is None:  # a client that fails at an address that cannot be one hangs when it is collected
                distributed.comm.resolve_address(address)
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
