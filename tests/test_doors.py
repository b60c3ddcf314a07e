"""Whatever a public function is given, it answers, or says in one line of an `InputError` what is wrong."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import uat
from tests.doors import MLP, NET, ROW, WRONG, Door, HostileNumber, HostileText, NoNumber, X, Y, calls, doors, knock
from uat import compare, draw, exchange, learn
from uat._checks import InputError, show
from uat.bounds import rounding
from uat.compare.table import COLUMNS
from uat.construct import knots

# of these no argument can be wrong, or they are made by others and trust them
INSIDE = {
    "FailedRowsWarning", "Fit", "History", "InputError", "Loss", "NotProvenWarning", "Row", "Serial",
    "ToleranceWarning", "Approximation", "Narrowest", "cells_by_curvature", "dask", "full",
}  # fmt: skip


class Closed:
    """It has not even a class to be asked for."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)


def raw(knocks: Iterator[tuple[Door, str, str]]) -> list[str]:
    """What came out of the doors that is no sentence."""
    found = []
    for door, argument, wrong in knocks:
        if (error := knock(door, argument, WRONG[wrong]())) is not None:
            found.append(f"{door.name}({argument}={wrong}): {type(error).__name__}")
    return found


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # some of the wrong values are good names of files


def test_every_door_is_in_the_table() -> None:
    names = {door.name.split(",")[0].split(".")[-1] for door in doors()}
    for room in (uat, learn, compare, draw, exchange, rounding, knots):
        own = [n for n, f in vars(room).items() if inspect.isfunction(f) and f.__module__ == room.__name__]
        public = getattr(room, "__all__", own)
        for name in public:
            thing = getattr(room, name)
            if callable(thing) and not isinstance(thing, ModuleType) and not name.startswith("_"):
                assert name in names | INSIDE, f"{room.__name__}.{name}"


def test_right_calls_are_answered() -> None:
    for door in doors():
        if not any("path" in name or name == "store" for name in door.right):
            door.call(**door.right)


def test_some_wrong_arguments() -> None:
    """One argument after the other with two of the wrong values, others each time."""
    assert raw(islice(calls(), 0, None, 29)) == []


@pytest.mark.nightly
def test_all_wrong_arguments() -> None:
    assert raw(calls()) == []


@pytest.mark.nightly
def test_all_wrong_entries_of_a_row() -> None:
    found = []
    for door in (door for door in doors() if door.name != "compare.Table"):
        for name, column in product(door.right.keys() & {"table", "rows", "failures"}, COLUMNS):
            for wrong in WRONG.keys() - {"1e308", "hostile text"}:  # Matplotlib has no room for 1e308
                if knock(door, name, [ROW | {column: WRONG[wrong]()}]) is not None:
                    found.append((door.name, column, wrong))
    assert found == []


def test_an_exception_that_does_not_let_itself_be_shown() -> None:
    class SilentError(Exception):
        __str__ = __repr__ = NoNumber.__str__

    def f(x: Any) -> Any:
        raise SilentError

    with pytest.raises(InputError, match=r"raised SilentError$"):
        uat.interpolate(f, 0, 1, pieces=2)


@pytest.mark.parametrize("silent", [NoNumber, HostileNumber, HostileText, Closed])
def test_what_does_not_let_itself_be_shown(silent: Any) -> None:
    silent = silent()
    assert show(silent) == f"a {type(silent).__name__}"
    with pytest.raises(InputError, match=f"^`lower` must be a finite real number, but is a {type(silent).__name__}"):
        uat.Certificate(silent, 1.0, 0.0, False)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: draw.hinges(NET, "left"), "`ax` must be an Axes, but is 'left'."),
        (lambda: draw.approximation(NET), "`r` must be what `uat.approximate` returns, but is "),
        (lambda: draw.error_vs_width([{"method": "adam"}]), "`table` must have a column 'function', but its row 0 has"),
        (lambda: draw.training([0, 1], {"f": [1, 2]}, window=2), "`window` must be odd, but is 2."),
        (lambda: rounding.gamma("3"), "`k` must be a finite real number, but is '3'."),
        (lambda: rounding.evaluated(NET, (0, 1), "float16"), "`arithmetic` must be one of 'real', 'float64'"),
        (lambda: rounding.evaluated(NET, 3, "float64"), "`domain` must be a pair (a, b), but is 3."),
        (lambda: uat.Certificate(0.0, 1.0, 0.0, 1), "`proven` must be True or False, but is 1."),
        (lambda: uat.Certificate.from_dict({}), "`data` must be what `to_dict` of a certificate gave, but"),
        (lambda: uat.Target("f", "x", (0, 1), holder=2), "`holder` must be one-dimensional, but has shape ()."),
        (lambda: uat.Target("f", 3, (0, 1)), "`function` must be a formula or a function, but is 3."),
        (lambda: uat.MLP.initialize((1, 2, 1), X), "`activation` must be a name ("),
        (lambda: learn.shuffled(2, drop_last=1), "`drop_last` must be True or False, but is 1."),
        (lambda: learn.backward(MLP, Y), "`tape` must be a Tape, but is MLP("),
        (lambda: learn.relocated(NET, X, Y), "`network` must be an MLP, but is "),
        (lambda: learn.trace(MLP, 0.5, 0.5, file="out"), "`file` must be a file to write to, but is 'out'."),
        (lambda: compare.sweep("sin", [2], ["uniform"], executor=4), "`executor` must be an Executor, but is 4."),
        (lambda: compare.limits(["sin", "cos"]), "`function` must be one function, but there are 2."),
        (lambda: compare.Limits(1.0, 1.0, 1.0).best(0), "`pieces` must be > 0, but pieces[0] = 0.0."),
        (lambda: compare.Store().seeds(3), "`key` must be a text, but is 3."),
        (lambda: compare.Table(()).where(width=[2]), "`width` must be one value of that column, but is [2]."),
        (lambda: compare.Table(()).over(column="kinks"), "`column` must be one of numbers, but 'kinks' holds texts."),
        (lambda: knots.power_graded_knots(0, 1, 4, 2, end=None), "`end` must be one of 'left', 'right', but is None."),
    ],
)  # fmt: skip
def test_sentences(call: Any, sentence: str) -> None:
    with pytest.raises(InputError) as raised:
        call()
    assert str(raised.value).startswith(sentence)
