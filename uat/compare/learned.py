"""The learned networks of a sweep: the same samples, the same units, the same budget of steps, one rule for the rate.

The rate rule, for every method that has a rate: of the ladder 1, 10^(-1/2), ..., 10^(-3) each rate trains the same
three networks, drawn for this purpose alone, for 1/35 of the budget; the rate whose median least loss is smallest
wins, of equals the smallest. These seven trials take a fifth of the budget. A rate that is good for a while may kill
neurons in the long run, so every network is then trained twice from its start, with the winner and with a tenth of it,
for two fifths of the budget each; the one with the smaller training loss is kept. Everything is counted in the budget.
Trials and runs let the rate fall to 0 as a cosine over their own length; the result of a run is its best recorded
network.

    gd, momentum, adam   full batches; momentum 0.9
    sgd                  shuffled batches of 32
    lbfgs                SciPy's L-BFGS-B; no rate
    varpro               variable projection from random kinks, two steps a neuron; then all kinks are moved together
                         (`uat.learn.relocated`), or one is put in elsewhere (`uat.learn.exchanged`), or none is moved,
                         and the search goes on to its end, until none of the three helps
    varpro-graded        the same from kinks whose density is estimated from the samples; no chance
    warm                 adam, started from the narrowest constructed network; no chance

All random starts put the kinks uniformly on the interval (`uat.learn.uniform_kinks`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from uat import learn
from uat.compare.constructed import CONSTRUCTED
from uat.compare.samples import Samples
from uat.compare.setting import Setting
from uat.mlp import MLP
from uat.relu_net import ReluNet

LADDER = tuple(10 ** (-k / 2) for k in range(7))
TRIAL = 35  # a trial has 1/35 of the budget: seven of them a fifth
TRIAL_NETWORKS = 3
BATCH = 32
FIRST = 2  # steps a neuron of the first search of variable projection: a bad start is better left than followed
MOVES: tuple[Callable[..., MLP], ...] = (learn.relocated, learn.exchanged, lambda network, *_: network)
GAIN = 1e-3  # a move that lowers the loss by less than this share of it has not helped
_TOGETHER = 150_000  # entries of a stack's activations: with the slopes 2 MB, past which the cache is left (measured)
_RECORDS = 100  # points at which a run looks at its loss; its result is the best of them

DESCENT = ("gd", "sgd", "momentum", "adam", "warm")
LEARNED = (*DESCENT, "lbfgs", "varpro", "varpro-graded")
WITHOUT_CHANCE = ("warm", "varpro-graded")


@dataclass(frozen=True, eq=False, slots=True)
class Learned:
    """One trained network in the units of f, and how it came about."""

    net: ReluNet
    loss: float  # mean square on the samples, in scaled units
    start: float  # the same before the first step
    rate: float | None
    steps: int
    outcome: str


def train(setting: Setting, seeds: Sequence[int], samples: Samples) -> list[Learned]:
    """The networks of one setting, one a seed: a stack in one array where the method allows it."""
    x, y = samples.scaled
    starts = [_start(setting, seed, samples) for seed in seeds]
    if setting.method in DESCENT:
        return _descend(setting, starts, seeds, samples)
    if setting.method == "lbfgs":
        fits = learn.fit_many(starts, x, y, method=learn.LBFGS(), steps=setting.budget)
        steps = [fit.history.rows[-1].step for fit in fits]
    else:
        begin = "graded" if setting.method == "varpro-graded" else "network"
        found = [_projected(start, begin, x, y, setting.budget) for start in starts]
        fits, steps = [fit for fit, _ in found], [taken for _, taken in found]
    first = [float(np.mean((start(x[:, None])[:, 0] - y) ** 2)) for start in starts]
    return [
        Learned(_back(fit, samples), _least(fit), begun, None, taken, _among(fit, taken))
        for fit, begun, taken in zip(fits, first, steps, strict=True)
    ]


def _start(setting: Setting, seed: int | list[int], samples: Samples) -> MLP:
    if setting.method == "warm":
        return samples.forward(CONSTRUCTED["narrowest"](setting.problem, setting.width)).to_mlp()
    return learn.uniform_kinks(setting.width, (-1, 1), np.random.default_rng(seed))


def _descend(setting: Setting, starts: list[MLP], seeds: Sequence[int], samples: Samples) -> list[Learned]:
    x, y = samples.scaled
    trial = setting.budget // TRIAL
    # seeds of their own: a pair is no seed that a run can have
    if setting.method == "warm":
        drawn, marks = starts[:1], [[0, 2]]
    else:
        marks = [[k, 2] for k in range(TRIAL_NETWORKS)]
        drawn = [_start(setting, mark, samples) for mark in marks]

    batches = learn.shuffled(BATCH) if setting.method == "sgd" else None
    together = max(1, _TOGETHER // ((setting.width + 1) * (x.size if batches is None else BATCH)))

    def go(networks: list[MLP], marks: list[list[int]], rate: float, steps: int) -> list[Any]:
        return [
            fit
            for k in range(0, len(networks), together)
            for fit in learn.fit_many(
                networks[k : k + together], x, y, method=_method(setting.method, rate, steps), batches=batches,
                seeds=[np.random.default_rng(mark) for mark in marks[k : k + together]],
                steps=steps, record_every=max(1, steps // _RECORDS),
            )
        ]  # fmt: skip

    scores = [float(np.median([_least(fit) for fit in go(drawn, marks, rate, trial)])) for rate in LADDER]
    rate = LADDER[len(LADDER) - 1 - int(np.argmin(scores[::-1]))]  # of equals the smallest
    each, rates = (setting.budget - trial * len(LADDER)) // 2, (rate, rate / 10)
    both = [go(starts, [[seed, 1] for seed in seeds], gamma, each) for gamma in rates]
    found = []
    for fits in zip(*both, strict=True):
        k = int(np.argmin([_least(fit) for fit in fits]))
        steps = trial * len(LADDER) + sum(map(_taken, fits))
        start = fits[k].history.rows[0].loss
        this, other = (f"{_taken(fits[j])} in the run at rate {rates[j]:.3g}" for j in (k, 1 - k))
        trials = f"{trial * len(LADDER)} in trials of {len(LADDER)} rates"
        outcome = f"{fits[k].outcome} {steps} steps in all: {trials}, {this}, which is this one, {other}."
        found.append(Learned(_back(fits[k], samples), _least(fits[k]), start, rates[k], steps, outcome))
    return found


def _method(name: str, rate: float, steps: int) -> Any:
    schedule = learn.cosine(rate, max(1, steps))
    if name in ("adam", "warm"):
        return learn.Adam(schedule)
    return learn.SGD(schedule, momentum=0.9 if name == "momentum" else 0.0)


def _projected(start: MLP, begin: str, x: Any, y: Any, budget: int) -> tuple[Any, int]:
    """Variable projection, and again from where `MOVES` put its kinks, until none helps; the fit and its steps."""
    few = min(budget, FIRST * start.sizes[1])
    best = learn.fit(start, x, y, method=learn.VariableProjection(begin), steps=few)
    taken, idle = best.history.rows[-1].step, 0
    while taken < budget and idle < len(MOVES):
        moved = MOVES[idle](best.network, x, y)
        fit = learn.fit(moved, x, y, method=learn.VariableProjection("network"), steps=budget - taken)
        taken += max(1, fit.history.rows[-1].step)
        idle = 0 if _least(fit) < (1 - GAIN) * _least(best) else idle + 1
        best = min(best, fit, key=_least)
    return best, taken


def _taken(fit: Any) -> int:
    return int(fit.history.rows[-1].step)


def _among(fit: Any, taken: int) -> str:
    """How a search ended, and how many of the steps it was, where it was one of several."""
    if taken == _taken(fit):
        return str(fit.outcome)
    return f"{fit.outcome} {taken} steps in all: {_taken(fit)} in this search, {taken - _taken(fit)} in others."


def _least(fit: Any) -> float:
    """The least recorded loss; infinite where there was none."""
    losses = [row.loss for row in fit.history.rows if np.isfinite(row.loss)]
    return float(min(losses, default=np.inf))


def _back(fit: Any, samples: Samples) -> ReluNet:
    return samples.back(ReluNet.from_mlp(fit.network))
