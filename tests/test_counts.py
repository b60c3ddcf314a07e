"""Counts that nobody has the time or the memory for: a sentence, before anything is made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import uat
from uat._checks import InputError, integer
from uat.compare.executors import process_pool
from uat.construct.knots import graded_knots, power_graded_knots

X = np.linspace(0, 1, 20)
NET = uat.MLP.initialize([1, 4, 1], rng=0)
HINGE = uat.ReluNet([1.0], [0.0], [1.0])
SGD = {"method": uat.learn.SGD(rate=0.1), "steps": 5}

CALLS: dict[str, Callable[[int], Any]] = {
    "interpolate": lambda n: uat.interpolate(np.sin, 0, 1, pieces=n),
    "width": lambda n: uat.approximate(np.sin, (0, 1), width=n),
    "graded": lambda n: uat.approximate(np.sin, (0, 1), width=n, method="graded"),
    "narrowest": lambda n: uat.narrowest(np.sin, (0, 1), pieces=n),
    "data": lambda n: uat.narrowest((X, X**2), pieces=n),
    "step": lambda n: uat.approximate(np.sin, (0, 1), step=1 / n),
    "graded_knots": lambda n: graded_knots(np.sin, (0, 1), n),
    "power_graded_knots": lambda n: power_graded_knots(0, 1, n, 4),
    "MLP": lambda n: uat.MLP.initialize([1, n, 1]),
    "deep": lambda n: uat.MLP.initialize([1, 10**7, 10**7, min(n, 10**7)]),
    "uniform_kinks": lambda n: uat.learn.uniform_kinks(n, (0, 1)),
    "from_net": lambda n: uat.learn.from_net(HINGE, width=n),
    "directions": lambda n: uat.learn.check_gradient(NET, X, X, directions=n),
    "pairs": lambda n: uat.learn.LBFGS(memory=n),
    "sizes": lambda n: uat.learn.gradient_noise(NET, X, X, [n]),
    "shuffled": lambda n: uat.learn.fit(NET, X, X, batches=uat.learn.shuffled(n), **SGD),
    "cyclic": lambda n: uat.learn.fit(NET, X, X, batches=uat.learn.cyclic(n), **SGD),
    "frozen": lambda n: uat.learn.fit(NET, X, X, frozen=[n], **SGD),
    "widths": lambda n: uat.compare.sweep({"sin": (np.sin, (0, 1))}, widths=[n], methods=["uniform"]),
    "seeds": lambda n: uat.compare.sweep({"sin": (np.sin, (0, 1))}, widths=[4], methods=["adam"], seeds=n),
    "budget": lambda n: uat.compare.sweep({"sin": (np.sin, (0, 1))}, widths=[4], methods=["adam"], seeds=1, budget=n),
    "workers": process_pool,
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("count", [2**63, 2**64, 10**30, 10**11])
def test_a_count_beyond_all_measure_is_answered_at_once(name: str, count: int) -> None:
    with pytest.raises(InputError) as raised:
        CALLS[name](count)
    assert any(
        word in str(raised.value) for word in ("must be at most", "would take", "must have size", "must hold", "<=")
    )


@pytest.mark.parametrize("count", [2**63, 10**30])
def test_what_only_counts_moments_may_be_large(count: int) -> None:
    """A step, or a window of past records: nothing is made of it, and something else ends the loop."""
    assert uat.learn.step_decay(0.1, every=count)(3) == 0.1
    fit = uat.learn.fit(NET, X, X, method=uat.learn.SGD(rate=0.1), steps=count, stop=uat.learn.loss_below(1e9))
    assert fit.outcome
    assert uat.learn.fit(NET, X, X, record_every=count, stop=uat.learn.plateau(window=count), **SGD).outcome


def test_an_integer_between_two_ends() -> None:
    assert [integer(n, "n", 2, 4) for n in (2, 3, 4)] == [2, 3, 4]
    with pytest.raises(InputError, match=r"`n` must be at most 4, but is 5\."):
        integer(5, "n", 2, 4)
    with pytest.raises(InputError, match=r"`n` must be an integer >= 2, but is 1\."):
        integer(1, "n", 2, 4)


def test_more_knots_than_floats() -> None:
    with pytest.raises(InputError, match="`domain` must hold 65 knots, but there are not so many floats"):
        graded_knots(lambda x: 0 * x, (1.0, 1 + 2.0**-47), 64)


def test_knots_that_fell_together_are_parted_many_at_a_time() -> None:
    knots = graded_knots(lambda x: np.where(x > 0.5, 1.0, 0.0), (0, 1), 20_000)
    assert knots.size == 20_001
    assert (np.diff(knots) > 0).all()
