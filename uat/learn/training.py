"""Training: from samples to a network. `fit` trains one, `fit_many` a stack of them in one array.

A fit never changes the network it is given. It returns the best network that it saw, the one where it stopped, the
history and the outcome in a sentence. The same arguments and seed give the same result on the same machine and
versions.

Where no layer has `THREADS_PAY_FROM` weights BLAS has one thread during the run, also for a callback's own products.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from uat._checks import InputError, generator, integer, show
from uat._files import may_replace
from uat._progress import bar
from uat._threads import one_blas_thread
from uat.learn import second_order
from uat.learn.arguments import as_callback, as_frozen, as_metrics, as_networks, as_seeds, held_out
from uat.learn.batches import Batches, as_batches
from uat.learn.dead import remarked
from uat.learn.descent import SGD, Adam
from uat.learn.history import Fit
from uat.learn.journal import Metrics
from uat.learn.losses import resolve
from uat.learn.regularizers import Regularizer, as_regularizer
from uat.learn.risk import prepare
from uat.learn.run import Callback, Run
from uat.learn.second_order import LBFGS, VariableProjection
from uat.learn.stopping import as_criteria
from uat.mlp import MLP

Method = SGD | Adam | LBFGS | VariableProjection
# Weights of a layer from which its products are left to all of BLAS's threads. Measured with two threads and batches of
# 32 to 4000: layers of 256 x 256 and more take 0.6 to 0.9 of the time, once 256 x 256 at batch 32 excepted (1.1);
# 128 x 128 takes 1.5 to 9 times as long, and one hidden layer on one input longer at every width up to 4096.
THREADS_PAY_FROM = 256 * 256


def fit(
    network: MLP,
    x: ArrayLike,
    y: ArrayLike,
    loss: Any = "squared",
    *,
    regularizer: Regularizer | None = None,
    method: Method = Adam(),  # noqa: B008 - a frozen description
    batches: Batches | Callable[..., Any] | None = None,
    steps: int = 10_000,
    stop: Any = None,
    validation: tuple[ArrayLike, ArrayLike] | None = None,
    weights: ArrayLike | None = None,
    callback: Callback | None = None,
    metrics: Metrics | None = None,
    frozen: Iterable[int] = (),
    record_every: int = 100,
    checkpoint: Any = None,
    resume: Any = None,
    rng: int | np.random.Generator | None = 0,
    progress: bool = False,
) -> Fit:
    """Minimise F(theta) = (1/n) sum_i w_i P(y_i, m_theta(x_i)) + Omega(theta) from theta_0 = ``network.theta``.

    Parameters
    ----------
    network : MLP
        Where to start; its dtype is that of the whole run.
    x, y, loss, regularizer, weights
        As in `value_and_gradient`.
    method : SGD, Adam, LBFGS or VariableProjection
    batches : full(), shuffled(size), with_replacement(size), cyclic(size), or a function (t, n, rng) -> indices
        None is full(). The second-order methods take full batches only.
    steps : int >= 0
        The number of steps, counted from the very start of a resumed run.
    stop : a criterion or several
        `gradient_below`, `plateau`, `loss_below`, `seconds`, or functions of the recorded rows that return a sentence.
    validation : (x, y)
        Held-out samples. The best network is then the one of least validation risk, otherwise of least F.
        ``weights`` do not apply to them.
    callback : function (row, network)
        Called at every recorded point; returning True stops the run. In `fit_many` ``row.index`` says which network.
    metrics : dict of functions of a network
        Recorded beside the losses; `accuracy` makes one.
    frozen : layer numbers (from 0) that keep their parameters
    record_every : int >= 1
        A point is recorded after 0, record_every, 2 record_every, ... steps and after the last. Divergence is noticed,
        and criteria are asked, at recorded points only. The second-order methods record every step.
    checkpoint, resume : path
        The state is written at every recorded point, atomically; with ``resume`` a first-order run continues bit for
        bit as if it had never stopped: give the network and the rng of its start (rng=None: whatever it was). LBFGS and
        VariableProjection restart from their last recorded parameters.
    rng : seed or Generator for the batches
    progress : bool
        A bar on a terminal, nothing in a log and for the second-order methods.

    Returns a `Fit`: ``network`` (the best), ``last`` (where it stopped), ``history``, ``outcome``. Raises
    `InputError` for samples that do not fit the network (shapes named), nan (row named), unknown names, a rate that
    is not > 0, a batch larger than n, a checkpoint of another run. Divergence and Ctrl-C are outcomes, not
    exceptions. Any other failure after the first recorded point, in one's own function for example, is raised with the
    run so far, a `Fit`, as its attribute ``partial``.
    """
    return _train(
        [network], x, y, loss, [generator(rng)], stacked=False, regularizer=regularizer, method=method,
        batches=batches, steps=steps, stop=stop, validation=validation, weights=weights, callback=callback,
        metrics=metrics, frozen=frozen, record_every=record_every, checkpoint=checkpoint, resume=resume,
        progress=progress, seeded=rng is not None,
    )[0]  # fmt: skip


def fit_many(
    networks: MLP | Sequence[MLP],
    x: ArrayLike,
    y: ArrayLike,
    loss: Any = "squared",
    *,
    seeds: Iterable[int | np.random.Generator] | None = None,
    **settings: Any,
) -> list[Fit]:
    """Train S networks of one architecture on the same samples, as one array: a `Fit` each.

    ``networks`` is a sequence of S networks (or one, from which all start) and ``seeds`` the S seeds of their batches
    (by default 0..S-1); ``settings`` are the keywords of `fit`, but for ``rng``, ``checkpoint`` and ``resume``. The
    k-th result equals ``fit(networks[k], ..., rng=seeds[k])`` up to rounding, at a fraction of the time when the
    networks are narrow: the cost of a NumPy call is shared by the whole stack. A network that ends early keeps its
    result while the others go on.

    Raises InputError where `fit` does, for networks of several architectures, and when seeds and networks differ in
    number.
    """
    chosen = None if seeds is None else as_seeds(seeds)
    nets = as_networks(networks, None if chosen is None else len(chosen))
    chosen = list(range(len(nets))) if chosen is None else chosen
    if not chosen:
        raise InputError("`seeds` must hold at least one seed, but is empty.")
    if len(chosen) != len(nets):
        raise InputError(f"`seeds` must be as many as the networks, {len(nets)}, but there are {len(chosen)}.")
    rngs = [generator(seed, f"seeds[{k}]") for k, seed in enumerate(chosen)]
    for name in ("rng", "checkpoint", "resume"):
        if name in settings:
            raise InputError(f"`{name}` must be left out of fit_many, but is {show(settings[name])}.")
    return _train(nets, x, y, loss, rngs, stacked=True, seeded=True, **settings)


def _train(
    networks: list[MLP], x: ArrayLike, y: ArrayLike, loss: Any, rngs: list[np.random.Generator], *, stacked: bool,
    regularizer: Regularizer | None = None, method: Method = Adam(), batches: Any = None, steps: int = 10_000,  # noqa: B008
    stop: Any = None, validation: Any = None, weights: ArrayLike | None = None, callback: Callback | None = None,
    metrics: Metrics | None = None, frozen: Iterable[int] = (), record_every: int = 100, checkpoint: Any = None,
    resume: Any = None, progress: bool = False, seeded: bool = True,
) -> list[Fit]:  # fmt: skip
    """Check what `fit` and `fit_many` were given, once, and let the method run."""
    loss = resolve(loss)
    data = prepare(networks[0], x, y, loss, weights)
    held, regularizer = held_out(networks[0], validation, loss), as_regularizer(regularizer)
    chosen, steps = as_batches(batches, data.count), integer(steps, "steps", least=0)
    record_every, layers = integer(record_every, "record_every"), as_frozen(frozen, len(networks[0].sizes) - 1)
    criteria, callback, own = as_criteria(stop), as_callback(callback), as_metrics(metrics)
    if checkpoint is not None:
        may_replace(checkpoint, "", b"plain.npy", "a checkpoint", "checkpoint")
    sizes = networks[0].sizes
    narrow = max(map(math.prod, pairwise(sizes))) < THREADS_PAY_FROM
    threads = one_blas_thread if narrow else nullcontext()
    if isinstance(method, (LBFGS, VariableProjection)):
        if chosen.kind != "full":
            raise InputError(f"`batches` must be full() for {type(method).__name__}, but is {show(chosen)}.")
        if layers:
            raise InputError(f"`frozen` must be empty for {type(method).__name__}, but is {show(frozen)}.")
        if isinstance(method, VariableProjection) and (regularizer is not None or weights is not None):
            raise InputError("`regularizer` and `weights` must be None for VariableProjection, but one was given.")
        with threads:
            fits = second_order.run(
                networks, data, held, loss, regularizer, method, steps, criteria, callback, own, checkpoint, resume,
                stacked=stacked,
            )  # fmt: skip
        return [remarked(one, data) for one in fits]
    if not isinstance(method, (SGD, Adam)):
        raise InputError(f"`method` must be SGD, Adam, AdamW, LBFGS or VariableProjection, but is {show(method)}.")
    run = Run(
        networks, data, held, loss, regularizer, method, chosen, rngs, stacked=stacked, record_every=record_every,
        stop=criteria, callback=callback, metrics=own, frozen=layers, checkpoint=checkpoint,
        seeded=seeded,
    )  # fmt: skip
    if resume is not None:
        run.load(resume, steps)
    with bar("training", steps, wanted=progress, quiet=0) as report, threads:
        fits = run.go(steps, report)
    return [remarked(one, data) for one in fits]
