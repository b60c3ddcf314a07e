"""The loss curve: labelled, logarithmic, and without the points that were not recorded."""

from __future__ import annotations

from pathlib import Path

import numpy as np

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
