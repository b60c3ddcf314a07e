"""The moment at which work ends."""

from __future__ import annotations

import itertools
import time

import pytest

from uat._deadline import Deadline, OutOfTime


class Clock:
    """A clock that only moves when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_without_seconds_it_never_passes() -> None:
    never = Deadline()
    never.look()
    assert never.endless
    assert never.half().endless
    assert (never.passed(), never.left()) == (False, None)


def test_it_passes_and_says_so(clock: Clock) -> None:
    soon = Deadline(5.0)
    clock.now = 105.0
    soon.look()
    assert (soon.endless, soon.passed()) == (False, False)
    clock.now = 105.1
    assert (soon.passed(), soon.left()) == (True, 0.01)
    with pytest.raises(OutOfTime):
        soon.look()


def test_half_is_between(clock: Clock) -> None:
    later = Deadline(10.0)
    clock.now = 104.0
    assert later.left() == 6.0
    assert later.half().end == 107.0


def test_runs_cover_everything_once() -> None:
    assert list(Deadline().runs(3, 100_000)) == [(3, 100_000)]
    stretches = list(Deadline(1e9).runs(3, 100_000))
    assert stretches[0] == (3, 4)
    assert stretches[-1][1] == 100_000
    assert all(before[1] == after[0] for before, after in itertools.pairwise(stretches))


@pytest.mark.parametrize(("an_entry", "longest"), [(1e-6, 5e4), (1e-3, 50), (0.02, 2.5)])
def test_runs_grow_to_a_twentieth_of_a_second_and_end_in_time(clock: Clock, an_entry: float, longest: float) -> None:
    deadline, seen = Deadline(2.0), []
    for start, stop in deadline.runs(0, 10**9):
        seen.append(stop - start)
        clock.now += an_entry * (stop - start)
    assert max(seen[1:]) <= 4 * longest
    assert 2.0 < clock.now - 100 < 2.0 + 0.4
