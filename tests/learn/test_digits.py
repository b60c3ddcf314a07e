"""Real input: handwritten digits, a short run."""

from __future__ import annotations

import numpy as np
import pytest

from uat import learn


@pytest.mark.sklearn
def test_digits_are_read() -> None:
    datasets = pytest.importorskip("sklearn.datasets", reason="the digits are inside scikit-learn")
    x, y = datasets.load_digits(return_X_y=True)
    x = x / 16
    test = np.arange(len(x)) % 5 == 0
    steps = 10 * -(-int((~test).sum()) // 32)
    fit = learn.fit(
        learn.he([64, 32, 10], output="softmax"), x[~test], y[~test], "cross_entropy",
        method=learn.Adam(learn.cosine(0.01, steps)), batches=learn.shuffled(32), steps=steps,
        validation=(x[test], y[test]),
    )  # fmt: skip
    assert (fit.last(x[test]).argmax(axis=1) == y[test]).mean() > 0.95  # ten classes: guessing gives 0.1
    np.testing.assert_allclose(fit.last(x[test]).sum(axis=1), 1, rtol=1e-12)
    assert fit.history.loss[0] > np.log(10) * 0.8  # it starts knowing nothing
