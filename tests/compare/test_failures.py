"""A network that cannot be made costs no other one, is named with its reason, and is tried again."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import pytest

from tests.command import run
from uat.compare import FailedRowsWarning, Serial, Store, Table, dask, resume, stack, sweep
from uat.compare.limits import limits_of
from uat.compare.table import untimed

GRID: dict[str, Any] = {
    "functions": [("1/(x-1)", (0, 2.5)), ("x**2", (0, 1))], "widths": [4], "methods": ["uniform", "narrowest"]
}  # fmt: skip


@pytest.fixture(
    params=[
        "serial",
        "processes",
        pytest.param("dask", marks=[pytest.mark.dask, pytest.mark.filterwarnings("ignore::ResourceWarning")]),
    ]
)
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    if request.param == "processes":
        yield request.getfixturevalue("pool")
        return
    if request.param == "dask":
        pytest.importorskip("distributed", reason='dask.distributed is not installed (extra "dask")')
    with Serial() if request.param == "serial" else dask("local") as made:
        yield made


def test_the_others_are_made_wherever_it_runs(executor: Executor, tmp_path: Path) -> None:
    path = str(tmp_path / "s.sqlite")
    with pytest.warns(FailedRowsWarning, match="1 of 4 rows failed"):
        table = sweep(**GRID, executor=executor, store=path)
    assert [(r["function"], r["method"]) for r in table] == [
        ("1/(x-1)", "uniform"), ("x**2", "narrowest"), ("x**2", "uniform"),
    ]  # fmt: skip
    (failure,) = table.failures
    assert (failure["function"], failure["method"], failure["width"]) == ("1/(x-1)", "narrowest", 4)
    assert failure["outcome"].startswith("Failed: `f` must be finite")
    with pytest.warns(FailedRowsWarning):
        again = resume(path, executor=executor)
    assert (again.rows, again.failures) == (table.rows, table.failures)


def test_a_row_that_failed_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    store, errors = Store(), stack.errors

    def out_of_memory(problem: Any, net: Any) -> Any:
        raise MemoryError("no room")

    monkeypatch.setattr(stack, "errors", out_of_memory)
    with pytest.warns(FailedRowsWarning, match="2 of 2 rows failed"):
        table = sweep("sin", [3], ["adam"], seeds=2, budget=70, store=store)
    assert [one["outcome"] for one in table.failures] == ["Failed: MemoryError: no room"] * 2
    monkeypatch.setattr(stack, "errors", errors)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = sweep("sin", [3], ["adam"], seeds=2, budget=70, store=store)
    assert (len(table), table.failures) == (2, ())
    assert untimed(table.rows) == untimed(sweep("sin", [3], ["adam"], seeds=2, budget=70).rows)


def test_one_seed_that_cannot_be_measured_does_not_cost_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    errors, calls = stack.errors, iter(range(3))
    monkeypatch.setattr(stack, "errors", lambda *a: errors(*a) if next(calls) != 1 else 1 / 0)
    with pytest.warns(FailedRowsWarning):
        table = sweep("sin", [3], ["adam"], seeds=3, budget=70)
    assert ([r["seed"] for r in table], [r["seed"] for r in table.failures]) == ([0, 2], [1])


def test_the_command_names_them_and_draws_and_writes_the_rest(tmp_path: Path) -> None:
    asked = ["sweep", "1/(x-1)", "--on", "0", "2.5", "--widths", "4,8", "--methods", "uniform,narrowest", "--workers",
             "1", "--store", "s.sqlite", "--plot", "s.svg", "--csv", "s.csv"]  # fmt: skip
    done = run(*asked, cwd=tmp_path)
    assert done.returncode == 1
    assert [line.split(":")[:3] for line in done.stderr.splitlines()] == [
        ["uat", " failed", f" 1/(x-1), narrowest, width {width}"] for width in (4, 8)
    ]
    assert "`f` must be finite" in done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[1][:5] == ["1/(x-1)", "0", "2.5", "uniform", "4"]
    assert lines[3] == ["1/(x-1)", "0", "2.5", "narrowest", "4", "0", "1", "-", "-", "-", "(failed)"]
    assert len((tmp_path / "s.csv").read_text().splitlines()) == 1 + 4
    assert (tmp_path / "s.svg").exists()
    again = run("sweep", "--resume", "s.sqlite", "--workers", "1", cwd=tmp_path)
    assert (again.returncode, again.stdout, again.stderr) == (1, done.stdout, done.stderr)


def test_the_formula_of_a_target_is_one_and_its_facts_are_still_known(tmp_path: Path) -> None:
    path = str(tmp_path / "s.sqlite")
    table = sweep("gelu", [3], ["uniform"], store=path)
    assert table[0]["formula"] == "0.5*x*(1 + erf(x/sqrt(2)))"
    assert resume(path).rows == table.rows  # the plan still knows it by name
    (row,) = sweep("sqrt", [3], ["uniform"])
    assert limits_of(row).second_derivative is None  # declared
    (row,) = sweep({"sqrt": ("x**2", (0, 1))}, [3], ["uniform"])
    assert limits_of(row).second_derivative == pytest.approx(2)


@pytest.mark.parametrize("method", ["adam", "lbfgs", "varpro", "uniform"])
def test_the_outcome_says_where_the_steps_went(method: str) -> None:
    table: Table = sweep("sin", [5], [method], budget=1000)
    (row,) = table
    if method in ("adam", "varpro"):
        assert f" {row['steps']} steps in all: " in row["outcome"]
    if method == "adam":
        assert "in trials of 7 rates" in row["outcome"]
        assert f"in the run at rate {row['rate']:.3g}, which is this one" in row["outcome"]
