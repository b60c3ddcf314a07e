"""Handwritten digits: softmax and cross entropy against scikit-learn's MLPClassifier of the same size, five folds.

    python scripts/train_digits.py            (half a minute, prints a table, writes scripts/train_digits.png)

The data set is the one inside scikit-learn (1797 images of 8 x 8 pixels, no download). All get 64-64-10 ReLU networks,
batches of 32, 60 epochs and the same five folds, a seed each, so that every image is tested once; none sees the test
samples while training. "plain" is Adam with scikit-learn's own rate and regulariser. "cosine" lets the rate fall
along a cosine, which scikit-learn's Adam cannot do; its first rate 0.01 and its lambda 5e-4 were chosen on a fifth of
the *training* samples, held out for that.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from uat import learn
from uat.draw.style import save
from uat.draw.training import training

HIDDEN, BATCH, EPOCHS, SEEDS = 64, 32, 60, range(5)


def digits(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Training and test samples, pixels in [0, 1]: fold ``seed`` of five stratified ones is the test."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import StratifiedKFold

    x, y = load_digits(return_X_y=True)
    train, test = list(StratifiedKFold(5, shuffle=True, random_state=0).split(x, y))[seed]
    return x[train] / 16, x[test] / 16, y[train], y[test]


def ours(split: tuple, seed: int, cosine: bool, epochs: int = EPOCHS) -> tuple[float, learn.Fit]:
    """Test accuracy of the network at the end of the run, and the run."""
    x, x_test, y, y_test = split
    start = learn.he([x.shape[1], HIDDEN, 10], output="softmax", rng=seed)
    steps = epochs * -(-len(x) // BATCH)
    rate = learn.cosine(0.01, steps) if cosine else 1e-3
    omega = learn.L2(5e-4 if cosine else 1e-4 / 2 / len(x), biases=False)  # scikit-learn: alpha/(2n) |weights|^2
    fit = learn.fit(
        start, x, y, "cross_entropy", regularizer=omega, method=learn.Adam(rate),
        batches=learn.shuffled(BATCH), steps=steps, validation=(x_test, y_test), rng=seed,
    )  # fmt: skip
    return float(
        (fit.last(x_test).argmax(axis=1) == y_test).mean()
    ), fit  # the last one: not chosen on the test samples


def theirs(split: tuple, seed: int, epochs: int = EPOCHS) -> float:
    """Test accuracy of scikit-learn's classifier."""
    import warnings

    from sklearn.neural_network import MLPClassifier

    x, x_test, y, y_test = split
    model = MLPClassifier(
        (HIDDEN,), learning_rate_init=1e-3, batch_size=BATCH, max_iter=epochs, alpha=1e-4, n_iter_no_change=epochs,
        random_state=seed,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "maximum iterations reached" is what was asked for
        return float(model.fit(x, y).score(x_test, y_test))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=EPOCHS, help=f"by default {EPOCHS}, as in the documentation")
    parser.add_argument("--picture", type=Path, default=Path(__file__).with_suffix(".png"), help="where the curves go")
    arguments = parser.parse_args()
    print("test accuracy\nseed   plain    cosine   scikit-learn")
    rows = []
    for seed in SEEDS:
        split = digits(seed)
        (plain, _), (accuracy, fit) = (ours(split, seed, cosine, arguments.epochs) for cosine in (False, True))
        rows.append((plain, accuracy, theirs(split, seed, arguments.epochs)))
        print(f"{seed:4d}   " + "   ".join(f"{entry:.4f}" for entry in rows[-1]))
    print("mean   " + "   ".join(f"{entry:.4f}" for entry in np.mean(rows, axis=0)))
    curves = {"F, training": fit.history.loss, "risk, test": fit.history.validation}
    ax = training(fit.history.step, curves, title="digits, softmax and cross entropy")
    save(ax.figure, arguments.picture)


if __name__ == "__main__":
    main()
