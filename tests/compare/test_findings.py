"""The page of findings is true: every number that it takes from the committed runs, compared with the runs."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from uat.compare import Table, read_table

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
TEXT = " ".join(PAGE.split())  # sentences, however they are broken into lines
COLUMNS = {
    "uniform grid": "uniform", "SGD": "sgd", "gradient descent": "gd", "momentum": "momentum", "Adam": "adam",
    "L-BFGS": "lbfgs",
}  # fmt: skip
ROWS = {
    "variable projection in the hat basis, random kinks": "varpro",
    "the same from kinks graded by the samples": "varpro-graded",
    "warm start: Adam from the narrowest network": "warm",
}
TARGETS = {
    "sin": "sin", "exp": "exp", "tanh": "tanh", "Runge's function": "runge", "2x²+x³": "cubic", "sqrt": "sqrt",
}  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Table:
    """The committed rows, from a copy: SQLite puts files beside what it opens."""
    return read_table(shutil.copy(ROOT / "figures" / "runs.sqlite", tmp_path_factory.mktemp("runs")))


@pytest.fixture(scope="module")
def gaps(runs: Table) -> dict[tuple[str, str, int, int], tuple[float, float, float]]:
    """(target, method, width, budget) -> median, least and largest multiple of the narrowest network's error."""
    groups = runs.over("narrowest").median_by_width()
    names = ("function", "method", "width", "budget")
    return {tuple(g[n] for n in names): (g["median"], g["low"], g["high"]) for g in groups}


def table_below(heading: str) -> dict[tuple[str, str], str]:
    """(head of the row, head of the column) -> cell of the first table below."""
    lines = PAGE[PAGE.index(heading) :].splitlines()
    start = next(k for k, line in enumerate(lines) if line.startswith("|"))
    cells = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        cells.append([cell.strip() for cell in line.strip("|").split("|")])
    return {(row[0], head): cell for row in cells[2:] for head, cell in zip(cells[0][1:], row[1:], strict=True)}


def said(pattern: str) -> list[float]:
    """The numbers in a sentence of the page."""
    found = re.search(pattern, TEXT)
    assert found is not None, pattern
    return [float(v) for v in found.groups()]


def test_all_rows_are_there_and_proven(runs: Table) -> None:
    assert said(r"\((\d+) rows, all with proven errors\)") == [len(runs)]
    assert all(row["proven"] == 1 for row in runs)
    seeds = {(row["function"], row["seed"]) for row in runs if row["method"] == "adam"}
    assert {name: sum(f == name for f, _ in seeds) for name in TARGETS.values()} == {
        name: 10 if name == "sin" else 5 for name in TARGETS.values()
    }


def test_the_table_of_gaps_on_sin(gaps: dict) -> None:
    """Medians, least and largest: each to the three digits that are printed."""
    table = table_below("## The gap of descent grows with width")
    assert len(table) == 4 * len(COLUMNS)
    for (width, column), cell in table.items():
        budget = 0 if column == "uniform grid" else 10_000
        found = gaps["sin", COLUMNS[column], int(width), budget]
        printed = re.findall(r"[\d.]+", cell)
        assert printed == [f"{v:#.3g}" for v in found[: len(printed)]], (width, column)
        assert len(printed) == (1 if budget == 0 else 3)


def test_adams_gap_grows_with_width(gaps: dict) -> None:
    """The medians rise from each width to the next; the page names the one exception."""
    for name in TARGETS.values():
        medians = [gaps[name, "adam", width, 10_000][0] for width in (8, 16, 32, 64)]
        assert medians[3] > 3 * medians[0], name
        assert (medians == sorted(medians)) == (name != "tanh"), name
    at_16, at_32 = said(r"median is not monotone: ([\d.]+) at 16, ([\d.]+) at 32\.\)")
    assert round(gaps["tanh", "adam", 16, 10_000][0], 1) == at_16
    assert round(gaps["tanh", "adam", 32, 10_000][0], 1) == at_32


def test_what_is_said_of_adam(gaps: dict) -> None:
    """The gaps at widths 8 and 64, target by target, and against the uniform grid."""
    for name, key in TARGETS.items():
        if name == "sin":
            continue
        first, last = said(re.escape(name) + r" (\d+\.\d) and (\d+)[,. ]")
        assert round(gaps[key, "adam", 8, 10_000][0], 1) == first, name
        assert round(gaps[key, "adam", 64, 10_000][0]) == last, name
    adam, uniform = gaps["sin", "adam", 64, 10_000][0], gaps["sin", "uniform", 64, 0][0]
    times, more = said(r"Adam's median error is (\d+) times the least possible, and ([\d.]+) times that of the plain")
    assert (round(adam), round(adam / uniform, 1)) == (times, more)


def test_time_does_not_close_it(gaps: dict, runs: Table) -> None:
    first, last, slow, fast, rest = said(
        r"Adam's gap goes from ([\d.]+) to ([\d.]+) and gradient descent's from (\d+) to ([\d.]+), "
        r"while L-BFGS stands at ([\d.]+) from"
    )
    at = {
        (m, n): gaps["sin", m, 16, n] for m in ("adam", "gd", "lbfgs", "varpro") for n in (1000, 3000, 10_000, 30_000)
    }
    assert (round(at["adam", 1000][0], 1), round(at["adam", 30_000][0], 1)) == (first, last)
    assert (round(at["gd", 1000][0]), round(at["gd", 30_000][0], 1)) == (slow, fast)
    assert {round(at["lbfgs", n][0], 1) for n in (1000, 3000, 10_000, 30_000)} == {rest}
    least, most, gap = said(r"ends by itself after (\d+) to (\d+) steps, at ([\d.]+) from every seed")
    steps = [row["steps"] for row in runs.where(function="sin", method="varpro", width=16, budget=30_000)]
    assert (min(steps), max(steps)) == (least, most)
    assert {round(v, 2) for v in at["varpro", 30_000]} == {gap}


def test_what_closes_it(gaps: dict) -> None:
    """The second table, where no brackets stand because all seeds agree to the digits printed."""
    table = table_below("## What closes it")
    assert len(table) == 4 * len(ROWS)
    for (row, width), cell in table.items():
        found = gaps["sin", ROWS[row], int(width), 10_000]
        assert {f"{v:.2f}" for v in found} == {cell}, (row, width)
    assert said(r"Every method that minimises squares well ends there: ([\d.]+) to ([\d.]+) on sin") == [
        min(float(cell) for cell in table.values()), max(float(cell) for cell in table.values()),
    ]  # fmt: skip


def test_variable_projection_on_the_other_targets(gaps: dict, runs: Table) -> None:
    for name, key in TARGETS.items():
        if name == "sin":
            continue
        printed = said(re.escape(name) + r" (\d\.\d\d) to (\d\.\d\d)[,. ]")
        medians = [gaps[key, "varpro", width, 10_000][0] for width in (8, 16, 32, 64)]
        # the graded start is a seed beside the others
        every = [*medians, *(gaps[key, "varpro-graded", width, 10_000][0] for width in (8, 16, 32, 64))]
        assert [round(min(every), 2), round(max(every), 2)] == printed, name
        for width in (8, 16, 32, 64):
            _, low, high = gaps[key, "varpro", width, 10_000]
            assert high - low <= 1e-4 * low or (key, width) == ("sqrt", 64)
    assert [round(v, 2) for v in gaps["sqrt", "varpro", 64, 10_000][1:]] == said(
        r"sqrt at width 64 \(([\d.]+) to ([\d.]+)\)"
    )
    steps = [row["steps"] for row in runs if row["method"].startswith("varpro") and row["budget"] == 10_000]
    assert said(r"A network took at most (\d+) of the 10 000 steps") == [max(steps)]


def test_warm_starts(gaps: dict, runs: Table) -> None:
    """The training loss falls and the sup error grows, in all cases but the one that is named."""
    warm = list(runs.where(method="warm"))
    shares = {(row["function"], row["width"]): row["fit_error"] / row["start_error"] for row in warm}
    assert len(shares) == said(r"in all (\d+) cases but one")[0]
    assert shares.pop(("sqrt", 64)) == 1
    grown = {key: gaps[key[0], "warm", key[1], 10_000][0] for key in shares}
    least, most = said(r"falls to ([\d.]+) to ([\d.]+) of its start")
    assert (round(min(shares.values()), 2), round(max(shares.values()), 2)) == (least, most)
    least, most = said(r"to ([\d.]+) to ([\d.]+) times the least")
    assert (round(min(grown.values()), 2), round(max(grown.values()), 2)) == (least, most)
