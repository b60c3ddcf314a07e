"""Regression of sin on [0, 2 pi] at width 16: stochastic descent, Adam, L-BFGS and variable projection from one start.

    python scripts/train_regression.py        (seconds, prints a table, writes scripts/train_regression.png)

The last column is the sup error on a fine grid (a sampled number) as a multiple of E_16 = 0.0060026, the least that any
continuous function with 16 affine pieces can have.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from uat import learn
from uat.draw.style import save
from uat.draw.training import training

E_16 = 0.0060026
RUNS = {
    "SGD": (learn.SGD(0.02, momentum=0.9), learn.shuffled(32), 20_000),
    "Adam": (learn.Adam(learn.cosine(0.02, 20_000)), learn.shuffled(32), 20_000),
    "L-BFGS": (learn.LBFGS(), learn.full(), 2_000),
    "variable projection": (learn.VariableProjection(), learn.full(), 100),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a hundredth of the steps: shows that it runs")
    parser.add_argument("--picture", type=Path, default=Path(__file__).with_suffix(".png"), help="where the curves go")
    arguments = parser.parse_args()
    x, fine = np.linspace(0, 2 * np.pi, 1001), np.linspace(0, 2 * np.pi, 20_001)
    start = learn.uniform_kinks(16, (0, 2 * np.pi), rng=0)
    curves, step = {}, None
    print("method                mean squared error   sup error / E_16   seconds")
    for name, (method, batches, steps) in RUNS.items():
        fit = learn.fit(
            start, x, np.sin(x), method=method, batches=batches, steps=steps // 100 if arguments.quick else steps
        )
        error = np.abs(fit.network(fine) - np.sin(fine)).max() / E_16
        print(
            f"{name:21s} {fit.history.loss.min():.3e}            {error:6.2f}             {fit.history.seconds[-1]:.2f}"
        )
        if name in ("SGD", "Adam"):
            curves[name], step = fit.history.loss, fit.history.step
    save(training(step, curves, title="sin, width 16", window=11).figure, arguments.picture)


if __name__ == "__main__":
    main()
