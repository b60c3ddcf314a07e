"""Stacks through an executor, dear ones first, each stack's rows into the store the moment they are done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager

from uat import _progress
from uat.compare.executors import Serial
from uat.compare.stack import Stack, run_stack
from uat.compare.store import Store
from uat.compare.table import Row, failed

_LIVES = 3  # a pool of our own that loses a process is replaced so many times


def run_all(
    stacks: list[Stack], make: Callable[[], Executor], store: Store, done: Callable[[Stack], None], own: bool
) -> None:
    """Every stack through an executor that `make` gives; one of our own is closed again, however this ends."""
    waiting = sorted(stacks, key=lambda stack: -stack.cost)
    for life in range(_LIVES):
        pending: dict[Future[list[Row]], Stack] = {}
        try:
            with ExitStack() as ours:
                executor = ours.enter_context(make()) if own else make()
                try:
                    _feed(executor, waiting, pending, store, done)
                finally:
                    for future in pending:
                        future.cancel()
            return
        except BrokenProcessPool:  # a process was killed, by the system for its memory perhaps
            if not own or life == _LIVES - 1:
                raise
            waiting = sorted([*pending.values(), *waiting], key=lambda stack: -stack.cost)


def _feed(
    executor: Executor, waiting: list[Stack], pending: dict[Future[list[Row]], Stack], store: Store,
    done: Callable[[Stack], None],
) -> None:  # fmt: skip
    while waiting or pending:
        while waiting and len(pending) < _ahead(executor):
            # another sweep on the same store may have done it meanwhile
            if (stack := missing(store, waiting[0])) is not None:
                pending[executor.submit(run_stack, stack)] = stack
            else:
                done(waiting[0])
            waiting.pop(0)
        finished, _ = wait(pending, return_when=FIRST_COMPLETED)
        for future in finished:
            rows = future.result()
            stack = pending.pop(future)
            store.add(stack.setting.key, [row for row in rows if not failed(row)])
            if failures := [row for row in rows if failed(row)]:
                store.add_failures(stack.setting.key, failures)
            done(stack)


def missing(store: Store, stack: Stack) -> Stack | None:
    """The part of a stack whose rows are not in the store."""
    there = store.seeds(stack.setting.key)
    seeds = tuple(seed for seed in stack.seeds if seed not in there)
    return Stack(stack.setting, seeds) if seeds else None


def _ahead(executor: Executor) -> int:
    """How many stacks to hand over at a time: enough that no worker waits, so few that a stop loses little."""
    if isinstance(executor, Serial):
        return 1
    return 2 * int(getattr(executor, "_max_workers", 32))


@contextmanager
def bar(left: list[Stack], stacks: list[Stack], wanted: bool) -> Iterator[Callable[[Stack], None]]:
    """A function that is told of every stack that is done: a bar with the time left, if somebody wants and sees it."""
    total = sum(len(stack.seeds) for stack in stacks)
    rows, cost = total - sum(len(stack.seeds) for stack in left), 0.0
    with _progress.bar("sweep", sum(stack.cost for stack in left), wanted=wanted, quiet=0) as report:

        def done(stack: Stack) -> None:
            nonlocal rows, cost
            rows, cost = rows + len(stack.seeds), cost + stack.cost
            name = f"{stack.setting.problem.name} {stack.setting.method} {stack.setting.width}"
            report(cost, f"{name}, {rows}/{total} rows")

        report(0, f"sweep, {rows}/{total} rows")
        yield done
