"""The moment at which work ends."""

from __future__ import annotations

import time

import pytest

from uat._deadline import Deadline, OutOfTime


def test_without_seconds_it_never_passes() -> None:
    never = Deadline()
    never.look()
    assert never.endless and not never.passed() and never.left() is None and never.half().endless


def test_it_passes_and_says_so() -> None:
    soon = Deadline(0.005)
    soon.look()
    assert not soon.endless and not soon.passed()
    time.sleep(0.006)
    assert soon.passed() and soon.left() == 0.01
    with pytest.raises(OutOfTime):
        soon.look()


def test_half_is_between() -> None:
    later = Deadline(10.0)
    assert later.half().end == pytest.approx(later.end - 5, abs=0.1)


def test_runs_cover_everything_once() -> None:
    stretches = list(Deadline().runs(3, 100_000))
    assert stretches[0] == (3, 19) and stretches[-1][1] == 100_000
    assert all(before[1] == after[0] for before, after in zip(stretches, stretches[1:], strict=False))
    assert len(stretches) < 20  # they grow


def test_runs_of_slow_work_stay_short_and_end() -> None:
    deadline, seen = Deadline(0.1), 0
    for start, stop in deadline.runs(0, 10**6):
        time.sleep(0.002 * (stop - start))  # the first 16 entries take 0.03 s
        seen = stop
    assert deadline.passed() and 16 <= seen < 100
    assert time.monotonic() - deadline.end < 0.2
