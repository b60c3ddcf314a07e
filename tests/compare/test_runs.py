"""Sweeps: the same rows wherever they run and whatever interrupts them, fair to all, and refused in one sentence."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import uat
from tests.oracles_compare import best_free_knot_rms
from uat.compare import METHODS, Serial, Store, Table, learned, process_pool, read_table, resume, runs, sweep
from uat.compare.runs import width_list
from uat.compare.stack import Stack
from uat.compare.table import untimed

ROOT = Path(uat.__file__).parent.parent
SMALL = {
    "functions": ["sin", "sqrt"], "widths": [4, 6], "seeds": 3, "budget": 140,
    "methods": ["uniform", "graded", "narrowest", "gd", "sgd", "momentum", "adam", "lbfgs", "warm",
                "varpro", "varpro-graded"],
}  # fmt: skip


# what a sweep does with its rows does not depend on how they are made: three ways of making them, six stacks
FEW: dict[str, Any] = {"functions": ["sin"], "widths": [4, 6], "seeds": 3, "budget": 140,
                       "methods": ["narrowest", "sgd", "varpro"]}  # fmt: skip


@pytest.fixture(scope="module")
def small() -> Table:
    return sweep(**SMALL)


@pytest.fixture(scope="module")
def few() -> Table:
    return sweep(**FEW)


def test_every_method_gives_its_rows() -> None:
    table = sweep("exp", [5], METHODS, seeds=2, budget=70)
    assert {row["method"] for row in table} == set(METHODS)
    for row in table:
        assert row["proven"]
        assert row["rms_proven"]
        assert 0 < row["sup_lower"] <= row["sup_error"] <= row["sup_lower"] * 1.001
        assert row["rms_error"] <= row["sup_error"]
        assert row["steps"] <= 70
        assert row["pieces"] <= row["width"] + 1
        assert row["fit_error"] <= row["start_error"]


def test_a_process_pool_gives_the_same_bits(small: Table, pool: ProcessPoolExecutor) -> None:
    assert untimed(sweep(**SMALL, executor=pool).rows) == untimed(small.rows)


def test_a_pool_that_loses_a_process_is_replaced(few: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    pools: list[ProcessPoolExecutor] = []

    def make() -> ProcessPoolExecutor:
        pools.append(process_pool(1))
        return pools[-1]

    monkeypatch.setattr(runs, "process_pool", make)
    monkeypatch.setattr(runs, "processors", lambda: 2)
    monkeypatch.setattr(runs, "_HANDFUL", 0)
    store = Store()
    add = store.add

    def add_and_kill(key: str, rows: list[dict]) -> None:
        add(key, rows)
        if len(pools) == 1 and len(store.rows()) >= 4:
            os.kill(next(iter(pools[0]._processes)), signal.SIGKILL)

    monkeypatch.setattr(store, "add", add_and_kill)
    assert untimed(sweep(**FEW, store=store).rows) == untimed(few.rows)
    assert len(pools) == 2


def test_threads_and_stacks_of_other_sizes_give_the_same_bits(small: Table, few: Table) -> None:
    with ThreadPoolExecutor(3) as threads:
        assert untimed(sweep(**FEW, executor=threads).rows) == untimed(few.rows)
    alone = sweep(**{**SMALL, "seeds": [1], "functions": "sin"})
    random = {"gd", "sgd", "momentum", "adam", "lbfgs", "varpro"}
    wanted = [row for row in small.where(function="sin") if row["seed"] == (1 if row["method"] in random else 0)]
    assert untimed(alone.rows) == untimed(wanted)


def test_how_many_networks_share_an_array_does_not_show(small: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learned, "_TOGETHER", 1)
    methods = ["sgd", "adam", "warm"]
    alone = sweep(**{**SMALL, "methods": methods, "functions": "sin"})
    assert untimed(alone.rows) == untimed([r for r in small.where(function="sin") if r["method"] in methods])


KILLED = """
import os, signal, sys
from tests.compare.test_runs import FEW
from uat.compare import Store, sweep
with Store(sys.argv[1]) as store:
    add, left = store.add, iter(range(int(sys.argv[2])))
    def add_or_die(*what):
        add(*what)
        if next(left) == int(sys.argv[2]) - 1:
            os.kill(os.getpid(), signal.SIGKILL)
    store.add = add_or_die
    sweep(**FEW, store=store)
"""


def test_a_killed_sweep_resumes_where_it_was(few: Table, tmp_path: Path) -> None:
    stacks, path = 3, tmp_path / "runs.sqlite"
    done = subprocess.run([sys.executable, "-c", KILLED, str(path), str(stacks)], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    before = {(r["function"], r["method"], r["width"], r["seed"]): r["seconds"] for r in read_table(path)}
    assert stacks <= len(before) < len(few)
    table = resume(path)
    assert untimed(table.rows) == untimed(few.rows)
    after = {(r["function"], r["method"], r["width"], r["seed"]): r["seconds"] for r in table}
    assert before.items() <= after.items()  # rows that were there were not made again


def test_two_sweeps_share_a_store(few: Table, tmp_path: Path) -> None:
    path = str(tmp_path / "runs.sqlite")
    with Store(path):
        pass
    found: list[Table] = []
    both = [threading.Thread(target=lambda: found.append(sweep(**FEW, store=path))) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert [untimed(table.rows) for table in found] == [untimed(few.rows)] * 2
    assert len(read_table(path)) == len(few)


class Counting(Serial):
    """Runs what it is given, and remembers it."""

    def __init__(self) -> None:
        self.stacks: list[Stack] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        self.stacks += args
        return super().submit(fn, *args, **kwargs)


def test_a_larger_sweep_does_only_what_is_missing(tmp_path: Path) -> None:
    path = str(tmp_path / "runs.sqlite")
    first = sweep("exp", [4], ["adam", "uniform"], seeds=2, store=path, budget=70)
    counting = Counting()
    more = sweep("exp", [4, 5], ["adam", "uniform"], seeds=3, store=path, budget=70, executor=counting)
    assert sorted((s.setting.width, s.setting.method, s.seeds) for s in counting.stacks) == [
        (4, "adam", (2,)), (5, "adam", (0, 1, 2)), (5, "uniform", (0,)),
    ]  # fmt: skip
    assert len(more) == 8
    assert [row for row in more if row["width"] == 4 and row["seed"] < 2] == list(first)
    other = sweep({"exp": ("exp(2*x)", (-1, 1))}, [4], ["uniform"], store=path)  # the same name, another function
    assert len(other) == 1
    assert other[0]["sup_error"] != first.where(method="uniform")[0]["sup_error"]


# -- what the rows say ------------------------------------------------------------------------------------------------

E_N = {8: 0.0257787, 16: 0.0060026, 32: 0.0014499}  # theory C8


def test_the_narrowest_network_has_the_least_error() -> None:
    for row in sweep("sin", list(E_N), ["narrowest"]):
        assert E_N[row["width"]] * (1 - 1e-4) <= row["sup_error"] <= E_N[row["width"]] * 1.0011  # the enclosure: 0.1 %


def test_variable_projection_stays_near_the_optimum() -> None:
    table = sweep("sin", [8, 16, 32], ["varpro", "varpro-graded"], seeds=3)
    for group in table.median_by_width():
        factor = group["median"] / E_N[group["width"]]
        assert 1 <= factor <= (2 if group["method"] == "varpro" else 1.6)  # 1.5 is the floor of the mean square, C9


@pytest.mark.parametrize(("name", "width"), [("sin", 8), ("exp", 16), ("tanh", 16), ("runge", 8), ("cubic", 32)])
def test_the_best_learned_network_is_near_the_best_free_knot_mean_square(name: str, width: int) -> None:
    f = uat.target(name)
    best = best_free_knot_rms(f, f.domain, width)
    (group,) = sweep(name, [width], ["varpro"], seeds=3).median_by_width("rms_error")
    assert best * (1 - 1e-3) <= group["median"] <= 1.05 * best


def test_a_warm_start_never_ends_with_a_larger_training_loss() -> None:
    for row in sweep(["sin", "sqrt", "tanh"], [6, 10], ["warm"], budget=350):
        assert row["fit_error"] <= row["start_error"]
        assert row["steps"] > 0


def test_a_black_box_is_not_said_to_be_proven() -> None:
    def one_by_one(x: Any) -> Any:
        return np.reshape([math.sqrt(0.1 + t) for t in np.ravel(x)], np.shape(x))

    for row in sweep({"one by one": (one_by_one, (0, 1))}, [3], ["uniform", "adam"], budget=70):
        assert not row["proven"]
        assert row["sup_lower"] == row["sup_error"] > 0
        assert 0 < row["rms_error"] < row["sup_error"]


# -- bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"methods": ["adam", "magic"]}, "`methods` must be among uniform, graded, .*, but 'magic' is not"),
        ({"widths": [0]}, "`widths` must be an integer >= 1, but is 0"),
        ({"widths": []}, "`widths` must hold at least one entry"),
        ({"widths": 8}, "`widths` must be a sequence, but is 8"),
        ({"seeds": [1, 1]}, "`seeds` must not name anything twice"),
        ({"seeds": [-1]}, "`seeds` must be an integer >= 0"),
        ({"budget": 0}, "`budget` must be an integer >= 1"),
        ({"functions": {}}, "`functions` must hold at least one function"),
        ({"functions": 5}, "`functions` must be functions, or pairs"),
        ({"functions": {"f": "sin(x)"}}, r"`functions` must hold pairs \(function, \(a, b\)\), but 'sin\(x\)' has no"),
        ({"functions": ["sin", "sin"]}, "`functions` must have different names, but 'sin' comes twice"),
    ],
)
def test_bad_input(changed: dict, sentence: str) -> None:
    with pytest.raises(uat.InputError, match=sentence):
        sweep(**{**SMALL, **changed})


def test_a_function_that_cannot_travel(pool: ProcessPoolExecutor) -> None:
    with pytest.raises(
        uat.InputError, match=r"'f' cannot be sent to a worker \(.*\); pass it as a formula .* or \"file"
    ):
        sweep({"f": (lambda x: x, (0, 1))}, [3], ["uniform"], executor=pool)
    assert len(sweep({"f": (lambda x: x * x, (0, 1))}, [3], ["uniform"])) == 1  # here it need not travel


def test_nothing_to_resume(tmp_path: Path) -> None:
    with pytest.raises(uat.InputError, match="`store` must be a file that exists"):
        resume(str(tmp_path / "empty.sqlite"))
    Store(tmp_path / "empty.sqlite").close()
    with pytest.raises(uat.InputError, match=r"must hold the plan of a sweep, but .* holds none"):
        resume(str(tmp_path / "empty.sqlite"))
    path = str(tmp_path / "python.sqlite")
    sweep({"mine": (np.cos, (0, 1))}, [3], ["uniform"], store=path)
    with pytest.raises(uat.InputError, match=r"'mine' in .* is a Python function, which a store cannot bring back"):
        resume(path)


def test_widths_as_a_person_types_them() -> None:
    assert width_list("8,16,3") == [8, 16, 3]
    assert width_list("4:128:2x") == [4, 8, 16, 32, 64, 128]
    assert width_list("4:10:3") == [4, 7, 10]
    for text in ("4:8", "a", "0:8:2", "4:8:1x", "4:8:x", ""):
        with pytest.raises(uat.InputError, match="`widths` must read"):
            width_list(text)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"seeds": 10**30}, "`seeds` must be at most 10000, but is 1000"),
        ({"widths": [10**30]}, "a network of `widths` = 1000.* would take .* of memory"),
        ({"widths": "4:99999999999999999999:1"}, "`widths` must name at most 10000 widths, but '4:9"),
    ],
)
def test_plans_that_would_fill_the_memory(options: dict[str, Any], sentence: str) -> None:
    arguments: dict[str, Any] = {"widths": [4], "methods": ["uniform"], "seeds": 1, **options}

    def plan() -> None:
        if isinstance(arguments["widths"], str):
            arguments["widths"] = width_list(arguments["widths"])
        sweep([("x", (0, 1))], **arguments)

    with pytest.raises(uat.InputError, match=sentence):
        plan()
