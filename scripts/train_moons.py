"""Two moons: four margin losses draw the line between two classes.

python scripts/train_moons.py             (seconds, prints a table, writes scripts/train_moons.png)
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from uat import learn
from uat.draw.style import save
from uat.draw.training import training

LOSSES = ("logistic", "exponential", "hinge", "squared_margin")


def moons(n: int, rng: int) -> tuple[np.ndarray, np.ndarray]:
    """n samples (n, 2) on two interleaved half circles with normal noise 0.15, labels -1 and 1."""
    draw = np.random.default_rng(rng)
    t, y = draw.uniform(0, np.pi, n), np.repeat([1.0, -1.0], [n - n // 2, n // 2])
    upper, lower = np.c_[np.cos(t), np.sin(t)], np.c_[1 - np.cos(t), 0.5 - np.sin(t)]
    return np.where(y[:, None] > 0, upper, lower) + draw.normal(0, 0.15, (n, 2)), y


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=3000, help="of each run, by default 3000")
    parser.add_argument("--picture", type=Path, default=Path(__file__).with_suffix(".png"), help="where the curves go")
    arguments = parser.parse_args()
    x, y = moons(400, 0)
    x_test, y_test = moons(2000, 1)
    curves, step = {}, None
    print("loss              training accuracy   test accuracy")
    for loss in LOSSES:
        start = learn.he([2, 32, 1], rng=0)
        fit = learn.fit(start, x, y, loss, method=learn.Adam(0.01), batches=learn.shuffled(32), steps=arguments.steps)
        right = [(np.sign(fit.last(u)[:, 0]) == v).mean() for u, v in ((x, y), (x_test, y_test))]
        print(f"{loss:17s} {right[0]:.4f}              {right[1]:.4f}")
        curves[loss], step = fit.history.loss, fit.history.step
    save(training(step, curves).figure, arguments.picture)


if __name__ == "__main__":
    main()
