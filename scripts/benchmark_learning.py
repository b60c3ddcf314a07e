"""Steps a second of one training run, beside PyTorch eager and scikit-learn; one thread, one process, interleaved.

    OMP_NUM_THREADS=1 python scripts/benchmark_learning.py [rounds]

One hidden ReLU layer, one input, squared loss, plain SGD, float64, n = 1024 samples, a fresh permutation each epoch;
the loss on all samples is recorded every 500 steps by everybody. Each round times every competitor once, one after
the other, so that a busy machine slows all of them; what is printed is the median over rounds of the *ratio* within a
round.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable

import numpy as np

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


def compare(runs: dict[str, Callable[[], float]], rounds: int) -> dict[str, np.ndarray]:
    """Seconds of each competitor, (rounds,), taken in turn after one round to warm up."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for k in range(rounds + 1):
        for name, run in runs.items():
            taken = run()
            if k:
                seconds[name].append(taken)
    return {name: np.array(values) for name, values in seconds.items()}


def main() -> None:
    warnings.simplefilter("ignore")  # scikit-learn's remarks about partial_fit
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    print("width/batch   uat steps/s   PyTorch steps/s   ratio (worst, best)   goal")
    for width, batch, steps, goal in SIZES:
        arguments = (width, batch, steps)
        found = compare({"uat": lambda a=arguments: uat_run(*a), "torch": lambda a=arguments: torch_run(*a)}, rounds)
        ratio = found["torch"] / found["uat"]
        speed = {name: steps / np.median(values) for name, values in found.items()}
        spread = f"{np.median(ratio):5.1f} ({ratio.min():.1f}, {ratio.max():.1f})"
        print(f"{width:5d}/{batch:<5d}   {speed['uat']:11.0f}   {speed['torch']:15.0f}   {spread:19s}   {goal:4d}")
    found = compare({"uat": lambda: uat_run(16, 32, 1000), "sklearn": lambda: sklearn_run(16, 32, 1000)}, rounds)
    ratio = found["sklearn"] / found["uat"]
    print(
        f"scikit-learn partial_fit, 16/32: ratio {np.median(ratio):.1f} ({ratio.min():.1f}, {ratio.max():.1f}), goal 10"
    )
    found = compare({"one": lambda: uat_run(16, 32, 2000), "stack": lambda: stack_run(16, 32, 2000)}, rounds)
    ratio = found["one"] / found["stack"]
    print(
        f"a stack of 32, 16/32, a network: ratio {np.median(ratio):.1f} ({ratio.min():.1f}, {ratio.max():.1f}), goal 4"
    )


if __name__ == "__main__":
    main()
