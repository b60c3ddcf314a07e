"""Time a step of one training run, beside PyTorch eager and scikit-learn; one thread.

One hidden ReLU layer, one input, squared loss, plain SGD, float64, n = 1024 samples, a fresh permutation each epoch;
the loss on all samples is recorded every 500 steps by everybody.
"""

from __future__ import annotations

import importlib.util
import time
import warnings
from collections.abc import Callable, Iterator

import numpy as np

from scripts.benchmarks.measure import Row, summary
from uat import learn
from uat.mlp import MLP

N, RATE, EVERY = 1024, 1e-3, 500
X = np.random.default_rng(0).random((N, 1))
Y = np.sin(6 * X)
SIZES = [(16, 32, 2000, 8), (64, 32, 2000, 4), (256, 256, 500, 2), (1024, 256, 500, 1)]  # width, batch, steps, goal


def uat_run(width: int, batch: int, steps: int) -> float:
    start = MLP.initialize([1, width, 1], rng=0)
    begun = time.perf_counter()
    learn.fit(start, X, Y, method=learn.SGD(RATE), batches=learn.shuffled(batch), steps=steps, record_every=EVERY)
    return time.perf_counter() - begun


def torch_run(width: int, batch: int, steps: int) -> float:
    import torch

    torch.set_num_threads(1)
    x, y = torch.tensor(X), torch.tensor(Y)
    model = torch.nn.Sequential(torch.nn.Linear(1, width), torch.nn.ReLU(), torch.nn.Linear(width, 1)).double()
    optimizer, loss = torch.optim.SGD(model.parameters(), lr=RATE), torch.nn.MSELoss()
    history, t = [], 0
    begun = time.perf_counter()
    while t < steps:
        order = torch.randperm(N)
        x_epoch, y_epoch = x[order], y[order]  # gathered once an epoch, as in uat
        for k in range(0, N, batch):
            optimizer.zero_grad()
            loss(model(x_epoch[k : k + batch]), y_epoch[k : k + batch]).backward()
            optimizer.step()
            t += 1
            if t % EVERY == 0:
                with torch.no_grad():
                    history.append(float(loss(model(x), y)))
            if t == steps:
                break
    return time.perf_counter() - begun


def sklearn_run(width: int, batch: int, steps: int) -> float:
    from sklearn.neural_network import MLPRegressor

    model = MLPRegressor(
        hidden_layer_sizes=(width,), solver="sgd", learning_rate_init=RATE, momentum=0.0, alpha=0.0, batch_size=batch
    )
    draw, history, t = np.random.default_rng(0), [], 0
    y = Y[:, 0]
    model.partial_fit(X[:batch], y[:batch])
    begun = time.perf_counter()
    while t < steps:
        order = draw.permutation(N)
        x_epoch, y_epoch = X[order], y[order]
        for k in range(0, N, batch):
            model.partial_fit(x_epoch[k : k + batch], y_epoch[k : k + batch])
            t += 1
            if t % EVERY == 0:
                history.append(np.square(model.predict(X) - y).mean())
            if t == steps:
                break
    return time.perf_counter() - begun


def stack_run(width: int, batch: int, steps: int, seeds: int = 32) -> float:
    """Seconds for one network of a stack."""
    nets = [MLP.initialize([1, width, 1], rng=seed) for seed in range(seeds)]
    begun = time.perf_counter()
    learn.fit_many(nets, X, Y, method=learn.SGD(RATE), batches=learn.shuffled(batch), steps=steps, record_every=EVERY)
    return (time.perf_counter() - begun) / seeds


def ratios(slow: Callable[[], float], fast: Callable[[], float], rounds: int) -> list[float]:
    """slow / fast, taken in turn after one round to warm up; each run times itself."""
    slow(), fast()
    return [slow() / fast() for _ in range(rounds)]


def rows(quick: bool) -> Iterator[Row]:
    rounds, share = (1, 20) if quick else (7, 1)
    peers = {"PyTorch eager": torch_run} if importlib.util.find_spec("torch") else {}
    for name, run in peers.items():
        for width, batch, steps, goal in SIZES:
            job = (width, batch, steps // share)
            found = ratios(lambda run=run, a=job: run(*a), lambda a=job: uat_run(*a), rounds)
            yield summary("learning", f"{name}, time a step, width {width}, batch {batch}", found, goal=f">= {goal}")
    if importlib.util.find_spec("sklearn"):
        job = (16, 32, 1000 // share)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # scikit-learn's remarks about partial_fit
            found = ratios(lambda: sklearn_run(*job), lambda: uat_run(*job), rounds)
        yield summary("learning", "scikit-learn partial_fit, time a step, width 16, batch 32", found, goal=">= 10")
    job = (16, 32, 2000 // share)
    found = ratios(lambda: uat_run(*job), lambda: stack_run(*job), rounds)
    yield summary("learning", "one network by itself per one in a stack of 32, width 16", found, goal=">= 4")
