"""The bar: only on a terminal, only after a while, one at a time, and gone when the work is done."""

from __future__ import annotations

import io
import sys

import pytest

import uat
from uat import _progress
from uat._progress import bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def watched(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal in place of stderr; called in the test itself, for pytest puts its own stderr back after a fixture."""
    there = Terminal()
    monkeypatch.setattr(sys, "stderr", there)
    monkeypatch.setenv("TERM", "xterm")
    return there


def test_what_is_done_at_once_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = watched(monkeypatch)
    with bar("counting", 10) as report:
        for k in range(10):
            report(k)
    assert screen.getvalue() == ""


def test_what_lasts_shows_its_name_and_an_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = watched(monkeypatch)
    with bar("counting", 10, quiet=0) as report:
        report(5, "half of it")
    assert "half of it" in screen.getvalue()
    assert "left:" in screen.getvalue()


def test_a_bar_inside_a_bar_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = watched(monkeypatch)
    with bar("outer", 2, quiet=0) as outer:
        outer(1)
        with bar("inner", 2, quiet=0) as inner:
            inner(1)
    with bar("after", 2, quiet=0) as after:  # the first gave the terminal back
        after(1)
    assert "inner" not in screen.getvalue()
    assert "after" in screen.getvalue()


def test_no_bar_in_a_log_nor_without_a_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in (io.StringIO(), None):
        monkeypatch.setattr(sys, "stderr", stream)
        with bar("counting", 2, quiet=0) as report:
            report(1)
        assert stream is None or stream.getvalue() == ""


def test_many_cells_are_certified_under_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = watched(monkeypatch)
    monkeypatch.setattr(_progress.bar.__wrapped__, "__kwdefaults__", {"wanted": True, "quiet": 0})
    uat.approximate("sin(x)", (0, 6), width=200)
    assert "certifying cells" in screen.getvalue()
