"""The loss curve: labelled, logarithmic, and without the points that were not recorded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import uat
from uat import learn
from uat.draw.style import save
from uat.draw.training import training


def test_the_loss_curve(tmp_path: Path) -> None:
    curves = {"training": [1.0, 0.1, 0.01], "validation": [np.nan, 0.2, 0.05]}
    ax = training([0, 100, 200], curves, title="sin")
    assert ax.get_yscale() == "log"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("steps", "loss")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["training", "validation"]
    np.testing.assert_array_equal(ax.lines[1].get_xdata(), [100, 200])
    assert len({(line.get_color(), line.get_linestyle()) for line in ax.lines}) == 2
    save(ax.figure, tmp_path / "loss.png")
    assert (tmp_path / "loss.png").stat().st_size > 5000


def test_a_single_curve_needs_no_legend() -> None:
    ax = training([0, 1], {"squared risk": [1.0, 0.5]})
    assert ax.get_legend() is None
    assert ax.get_ylabel() == "squared risk"


def test_a_fit_is_drawn_as_it_is(tmp_path: Path) -> None:
    x = np.linspace(0, 1, 20)
    start = learn.uniform_kinks(4, (0, 1))
    alone = learn.fit(start, x, x, method=learn.SGD(0.1), steps=30, record_every=10)
    held = learn.fit(start, x, x, method=learn.SGD(0.1), steps=30, record_every=10, validation=(x[::2], x[::2]))
    ax = uat.draw.training(held)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["training loss", "validation loss"]
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), held.history.validation)
    for run in (alone, alone.history):  # no validation: no curve, and none in a legend
        ax = uat.draw.training(run)
        assert len(ax.lines) == 1
        assert ax.get_legend() is None
        assert ax.get_ylabel() == "training loss"
    named = uat.draw.training(alone, {"F": alone.history.loss, "norm": alone.history.gradient_norm})
    assert [text.get_text() for text in named.get_legend().get_texts()] == ["F", "norm"]


def test_a_curve_without_a_value_is_not_in_the_legend() -> None:
    ax = training([0, 1], {"training": [1.0, 0.5], "validation": [np.nan, np.nan], "other": [2.0, 1.0]})
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["training", "other"]
    assert len(ax.lines) == 2


def test_the_running_median_lies_on_the_pale_curve() -> None:
    values = [5.0, 1.0, 9.0, 2.0, 7.0]
    pale, thick = training(range(5), {"loss": values}, window=3).lines
    np.testing.assert_array_equal(pale.get_ydata(), values)
    np.testing.assert_array_equal(thick.get_ydata(), [3.0, 5.0, 2.0, 7.0, 4.5])
    assert pale.get_linewidth() < thick.get_linewidth()


def test_what_cannot_be_drawn_is_named() -> None:
    with pytest.raises(uat.InputError, match=r"`run` must be a Fit, or steps and then `curves` must be given"):
        training([0, 1])
    with pytest.raises(uat.InputError, match=r"`curves` must have 2 values each, but 'a' has shape \(3,\)"):
        training([0, 1], {"a": [1, 2, 3]})
    with pytest.raises(uat.InputError, match="`window` must be odd, but is 4"):
        training([0, 1], {"a": [1, 2]}, window=4)


def test_what_is_no_run() -> None:
    fit = learn.fit(learn.uniform_kinks(3, (0, 1), rng=0), [0.0, 1.0], [0.0, 1.0], steps=1)
    for arguments, sentence in (
        (([fit, fit],), r"`run` must be a Fit, or steps .*\(several fits: their steps, and curves="),
        ((fit, fit), "`curves` must be a dict of labels and values, but is Fit"),
        ((["a"], {"loss": [1.0]}), r"`run` must be an array of real numbers, but is \['a'\]"),
        (([1], {"loss": ["a"]}), r"`curves\['loss'\]` must be an array of real numbers"),
    ):
        with pytest.raises(uat.InputError, match=sentence):
            training(*arguments)
