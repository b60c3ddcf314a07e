"""`uat sweep` as a person meets it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.command import run

SWEEP = ["sweep", "sin(x)", "--on", "0", "2*pi", "--widths", "4:8:2x", "--methods", "uniform,adam", "--seeds", "2",
         "--budget", "70", "--workers", "1"]  # fmt: skip


def test_a_sweep_and_its_files_and_its_resumption(tmp_path: Path) -> None:
    done = run(*SWEEP, "--store", "r.sqlite", "--plot", "r.svg", "--csv", "r.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    head = ["function", "a", "b", "method", "width", "budget", "seeds"]
    assert lines[0].split() == [*head, "sup", "error", "least", "largest"]
    assert {tuple(line.split()[1:3]) for line in lines[1:]} == {("0", "6.2832")}
    assert [line.split()[3:7] for line in lines[1:]] == [
        ["adam", "4", "70", "2"], ["adam", "8", "70", "2"], ["uniform", "4", "0", "1"], ["uniform", "8", "0", "1"],
    ]  # fmt: skip
    assert (tmp_path / "r.svg").read_text().startswith("<?xml")
    assert len((tmp_path / "r.csv").read_text().splitlines()) == 1 + 6
    again = run("sweep", "--resume", "r.sqlite", "--workers", "1", cwd=tmp_path)
    assert (again.returncode, again.stdout) == (0, done.stdout)
    over = ("--over", "uniform", "--csv", "o.csv")
    done = run("sweep", "--resume", "r.sqlite", "--workers", "1", *over, cwd=tmp_path)
    lines = done.stdout.splitlines()
    assert lines[0].split() == [*head, "/", "uniform", "least", "largest"]
    assert [float(line.split()[7]) for line in lines[3:]] == [1, 1]
    with (tmp_path / "o.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["sup_error / uniform"]) for row in rows if row["method"] == "uniform"] == [1, 1]
    assert all(0.99 < float(row["sup_lower / uniform"]) <= 1 for row in rows if row["method"] == "uniform")
    assert "sup_error" not in rows[0]


def test_a_target_keeps_its_interval_and_the_table_says_so() -> None:
    asked = ["sweep", "sin(x)", " Runge", "--on", "0", "2*pi", "--widths", "4", "--methods", "uniform"]
    assert [line.split()[:3] for line in run(*asked, "--workers", "1").stdout.splitlines()[1:]] == [
        ["runge", "-1", "1"], ["sin(x)", "0", "6.2832"],
    ]  # fmt: skip


def test_bad_input(tmp_path: Path) -> None:
    for arguments, sentence in (
        (["sweep", "sin(x)"], "but 'sin(x)' has no interval (on the command line: --on A B)."),
        (["sweep", "runge", "sin", "--on", "0", "1"], "for 'runge' on another write its formula, '1/(1 + 25*x**2)'."),
        (["sweep", "sin", "--over", "warm"], "`--over` must be among the methods uniform,"),
        (["sweep"], "exactly one of FUNCTIONS and `--resume` must be given."),
        (["sweep", "sin", "--methods", "magic"], "`methods` must be among uniform, graded,"),
        (["sweep", "sin", "--widths", "4:8"], "`widths` must read"),
        (["sweep", "sin", "--dask", "local", "--workers", "2"], "`--workers` must not be given with `--dask`"),
        (["sweep", "sin", "--plot", "out.gif"], "must end in .png, .svg or .pdf"),
        (["sweep", "--resume", "none.sqlite"], "`store` must be a file that exists, but 'none.sqlite' does not."),
    ):
        done = run(*arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert sentence in done.stderr
        assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "extra", [("--seeds", "4"), ("--budget", "100"), ("--widths", "4"), ("--methods", "sgd"), ("--on", "0", "1"),
              ("--store", "other.sqlite")]
)  # fmt: skip
def test_resume_takes_nothing_that_the_store_knows(extra: tuple[str, ...], tmp_path: Path) -> None:
    done = run("sweep", "--resume", "runs.sqlite", *extra, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == f"uat: `{extra[0]}` must not be given with `--resume`: the store knows what was asked.\n"
