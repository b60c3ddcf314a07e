"""The grid of runs: every function with every method at every width, from every seed, each row kept when it is done.

Width counts neurons of one hidden layer, beside an output bias. A constructed network of width M has M affine pieces; a
trained one may have M + 1. The least error E_N counts pieces (A5), so the best of width M lies in [E_{M+1}, E_M].
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

from uat import _checks
from uat._checks import InputError, show
from uat._files import ordinary
from uat.compare.constructed import CONSTRUCTED
from uat.compare.execution import bar, missing, run_all
from uat.compare.executors import Serial, process_pool, processors
from uat.compare.setting import Setting, must_travel, problems
from uat.compare.stack import METHODS, SEEDLESS, STACK, Stack
from uat.compare.store import Store
from uat.compare.table import FailedRowsWarning, Row, Table

BUDGET = 10_000
_HANDFUL = 3e9  # total cost, in nanoseconds, below which starting processes is not worth it
_LEAST_WIDTH = 1


def sweep(
    functions: Any,
    widths: Sequence[int],
    methods: Sequence[str],
    seeds: Iterable[int] | int = 1,
    *,
    executor: Executor | None = None,
    store: Store | str | None = None,
    progress: bool = False,
    budget: int = BUDGET,
) -> Table:
    """functions x widths x methods x seeds -> a row each, constructed and learned side by side.

    Parameters
    ----------
    functions : dict name -> function, or one or several of them
        Each a pair (function, (a, b)), a target's name, or a `Target`. Where rows are made in other processes a
        function must be a formula, a target, "file.py:function", or one that pickles.
    widths : sequence of int >= 1
        Neurons of the hidden layer, beside an output bias.
    methods : sequence of str
        Constructed: "uniform", "graded", "narrowest". Learned: "gd", "sgd", "momentum", "adam", "lbfgs", "varpro",
        "varpro-graded", "warm" (what each is, and how its rate is chosen: `uat.compare.learned`).
    seeds : sequence of int >= 0, or their number
        Methods without chance (the constructed ones, "varpro-graded", "warm") run once; their seed reads 0.
    executor : concurrent.futures.Executor, optional
        Any one, Dask's ``client.get_executor(pure=False)`` too. None: this process for a handful of runs, otherwise a
        pool of processes, one a processor.
    store : Store or path, optional
        Rows are kept there the moment they are done; rows that are there are not computed again.
    progress : bool
        A bar with the time left, on a terminal.
    budget : int >= 1
        Steps that a learned method may take in all, the choice of its rate included: steps and not seconds, so that
        rows do not depend on how busy the machine is.

    Returns
    -------
    Table
        The rows of this grid. Rows of serial, parallel, distributed and resumed sweeps are equal bit for bit, but for
        ``seconds``, on machines with the same versions and processor. A network that cannot be made stops none of the
        others: its reason is in ``failures`` of the table (with a `FailedRowsWarning`) and in the store, and the next
        sweep tries it again.

    Raises
    ------
    InputError
        For an unknown method, a width that a method cannot have, a function that a worker cannot be given, a store that
        is damaged or of another version.
    """
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise InputError(f"`executor` must be an Executor, but is {show(executor)}.")
    stacks = grid(functions, widths, methods, seeds, budget)
    with ExitStack() as open_things:
        if not isinstance(store, Store):
            store = open_things.enter_context(Store(":memory:" if store is None else store))
        _remember(store, stacks, widths, methods, seeds, budget)
        left = [part for stack in stacks if (part := missing(store, stack)) is not None]
        if executor is None and sum(stack.cost for stack in left) > _HANDFUL and processors() > 1:
            make: Callable[[], Executor] = process_pool
        else:
            make = functools.partial(_unchanged, Serial() if executor is None else executor)
        if make is process_pool or not isinstance(executor, (Serial, ThreadPoolExecutor, type(None))):
            for problem in {stack.setting.problem for stack in left}:
                must_travel(problem)
        with bar(left, stacks, progress) as done:
            run_all(left, make, store, done, own=executor is None)
        table = store.table(stack.setting.key for stack in stacks)
    if table.failures:
        count, all_of_them = len(table.failures), len(table.failures) + len(table)
        warnings.warn(
            f"{count} of {all_of_them} rows failed; `failures` of the table says which, and why.",
            FailedRowsWarning,
            stacklevel=2,
        )
    return table


def resume(store: Store | str, *, executor: Executor | None = None, progress: bool = False) -> Table:
    """Finish the sweeps that a store was begun with; returns all their rows.

    Raises `InputError` when the store holds no sweep, or one of a Python function that a text cannot name.
    """
    with ExitStack() as open_things:
        if not isinstance(store, Store):
            store = open_things.enter_context(Store(ordinary(store, "store")))  # and none is begun
        plans = store.plans()
        if not plans:
            raise InputError(f"`store` must hold the plan of a sweep, but {show(store.path)} holds none.")
        rows: list[Row] = []
        failures: list[Row] = []
        for plan in plans:
            functions = {}
            for name, (formula, domain) in plan["functions"].items():
                if formula is None:
                    raise InputError(
                        f"{show(name)} in {show(store.path)} is a Python function, which a store cannot bring back; "
                        "call `sweep` with it again."
                    )
                functions[name] = (formula, tuple(domain))
            found = sweep(
                functions, plan["widths"], plan["methods"], plan["seeds"], executor=executor, store=store,
                progress=progress, budget=plan["budget"],
            )  # fmt: skip
            rows += [row for row in found if row not in rows]
            failures += [one for one in found.failures if one not in failures]
        return Table(tuple(rows), tuple(failures))


def grid(
    functions: Any, widths: Sequence[int], methods: Sequence[str], seeds: Iterable[int] | int, budget: int
) -> list[Stack]:
    """The stacks of a sweep, in the order of the arguments; everything is checked here, before any work."""
    found = problems(functions)
    sizes = [_checks.integer(width, "widths", least=_LEAST_WIDTH) for width in _listed(widths, "widths")]
    _checks.memory(10 * max(sizes, default=0), f"a network of `widths` = {show(max(sizes, default=0))}")
    names = [_method(name) for name in _listed(methods, "methods")]
    if isinstance(seeds, int) and seeds > _MOST:
        raise InputError(f"`seeds` must be at most {_MOST}, but is {show(seeds)}.")
    chosen = range(_checks.integer(seeds, "seeds")) if isinstance(seeds, int) else seeds
    numbers = [_checks.integer(seed, "seeds", least=0) for seed in _listed(chosen, "seeds")]
    budget = _checks.integer(budget, "budget", most=_MOST_STEPS)
    for name, values in (("widths", sizes), ("methods", names), ("seeds", numbers)):
        if len(set(values)) < len(values):
            raise InputError(f"`{name}` must not name anything twice, but is {show(values)}.")
    stacks = []
    for problem in found:
        for width in sizes:
            for name in names:
                # what no step is taken for does not depend on the budget
                setting = Setting(problem, name, width, 0 if name in CONSTRUCTED else budget)
                own = [0] if name in SEEDLESS else numbers
                stacks += [Stack(setting, tuple(own[k : k + STACK])) for k in range(0, len(own), STACK)]
    return stacks


_MOST_STEPS = 10**9  # some days of the smallest network
_MOST = 10_000  # of widths, or of seeds: a list that nobody has the time for, and that would fill the memory


def width_list(text: str) -> list[int]:
    """Widths as a person types them: "8,16,32", "4:128:2x" (doubling from 4 to 128), "4:20:4" (steps of 4)."""
    try:
        if ":" not in text:
            return [int(part) for part in text.split(",")]
        low, high, step = text.split(":")
        least, most, stride = int(low), int(high), int(step.removesuffix("x"))
        if least < 1 or stride < (2 if step.endswith("x") else 1):
            raise ValueError
    except ValueError:
        raise InputError(f'`widths` must read "8,16,32", "4:128:2x" or "4:20:4", but is {show(text)}.') from None
    found: list[int] = []
    width = least
    while width <= most:
        if len(found) == _MOST:
            raise InputError(f"`widths` must name at most {_MOST} widths, but {show(text)} names more.")
        found.append(width)
        width = width * stride if step.endswith("x") else width + stride
    return found


# ---------------------------------------------------------------------------------------------------------- inside


def _remember(
    store: Store, stacks: list[Stack], widths: Sequence[int], methods: Sequence[str], seeds: Any, budget: int
) -> None:
    found = {stack.setting.problem for stack in stacks}
    store.plan(
        {
            "functions": {p.name: [p.source if p.textual else None, list(p.domain)] for p in found},
            "widths": [int(width) for width in widths],
            "methods": list(methods),
            "seeds": int(seeds) if isinstance(seeds, int) else sorted({s for k in stacks for s in k.seeds}),
            "budget": int(budget),
        }
    )


def _method(name: Any) -> str:
    if not isinstance(name, str) or name not in METHODS:
        raise InputError(f"`methods` must be among {', '.join(METHODS)}, but {show(name)} is not.")
    return name


def _listed(values: Any, name: str) -> list[Any]:
    found = _checks.listed(values, name)
    if not found:
        raise InputError(f"`{name}` must hold at least one entry, but is empty.")
    return found


def _unchanged(executor: Executor) -> Executor:
    return executor
