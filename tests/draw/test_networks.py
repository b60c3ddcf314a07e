"""The picture of an approximation: what is drawn, and that drawing leaves no trace."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import uat
from uat import draw, learn


@pytest.mark.parametrize("pieces", [1, 7, 300, 5000])
def test_two_panels_with_legends_and_axes(pieces: int) -> None:
    figure = uat.approximate("exp(-x)*sin(x)", (-4, 4), width=pieces + 1).plot()
    upper, lower = figure.axes
    assert lower.get_xlabel() == "x"
    assert upper.get_ylabel()
    assert lower.get_ylabel()
    assert {"f", f"network, {pieces + 1} neurons"} <= {t.get_text() for t in upper.get_legend().get_texts()}
    assert any("proven" in t.get_text() for t in lower.get_legend().get_texts())


def test_the_tolerance_band_and_the_proof_are_named() -> None:
    figure = uat.approximate("tanh", tol=0.01).plot()
    texts = [t.get_text() for t in figure.axes[1].get_legend().get_texts()]
    assert any("tolerance" in t for t in texts)
    assert any("proven" in t for t in texts)
    assert figure.axes[1].get_ylim()[1] >= 0.01


@pytest.mark.parametrize(
    ("question", "label"),
    [
        ({"tol": 0.05, "side": "over"}, "tolerance [0, 0.05]"),
        ({"tol": 0.05, "side": "under"}, r"tolerance [$-$0.05, 0]"),
        ({"rtol": 0.1}, r"tolerance $\pm$0.1 |f|"),
        ({"tol": 0.05, "rtol": 0.1}, r"tolerance $\pm$(0.05 + 0.1 |f|)"),
        ({"tol": 0.05, "rtol": 0.1, "side": "under"}, r"tolerance [$-$(0.05 + 0.1 |f|), 0]"),
    ],
)
def test_the_band_is_the_tube_that_was_asked_for(question: dict[str, Any], label: str, tmp_path: Path) -> None:
    """All of the curve lies in the band that is drawn, and the band is no wider than the tube; also after loading."""
    r = uat.approximate("exp(x)", (0, 3), method="narrowest", **question)
    r.save(tmp_path / "a.json")
    for result in (r, uat.load(tmp_path / "a.json")):
        lower = result.plot().axes[1]
        assert label in [t.get_text() for t in lower.get_legend().get_texts()]
        (band,) = [c for c in lower.collections if c.get_label() == label]
        (curve,) = [line for line in lower.lines if line.get_label() == "network $-$ f"]
        corners = band.get_paths()[0].vertices
        for x, y in zip(*curve.get_data(), strict=True):
            here = corners[corners[:, 0] == x][:, 1]
            assert here.min() - 1e-12 <= y <= here.max() + 1e-12
            width = question.get("tol", 0) + question.get("rtol", 0) * np.exp(x)
            assert here.max() - here.min() == pytest.approx(width * (1 if "side" in question else 2))


def test_a_narrowest_function_is_drawn_alone_beside_its_function_and_beside_its_data(tmp_path: Path) -> None:
    n = uat.narrowest("exp(x)", (0, 3), tol=0.05)
    assert len(n.plot().axes) == 1
    assert len(n.plot(f="exp(x)").axes) == 2
    x, y = [2.0, 0.0, 1.0, 1.0], [4.0, 0.0, 1.0, 1.1]
    lower = uat.narrowest((x, y), tol=0.2).plot(tmp_path / "a.png", (x, y)).axes[1]
    (dots,) = [line for line in lower.lines if line.get_label() == "network $-$ y"]
    assert dots.get_xdata().tolist() == [0, 1, 1, 2]
    assert np.abs(dots.get_ydata()).max() <= 0.2
    assert (tmp_path / "a.png").exists()


def test_ticks_stand_at_the_edge_and_not_on_the_curve() -> None:
    lower = uat.approximate("sin(x)", (0, 6.25), tol=1e-3).plot().axes[1]
    (ticks,) = [c for c in lower.collections if c.get_label() == "kinks"]
    top = max(path.vertices[:, 1].max() for path in ticks.get_paths())
    height = lower.transData.inverted().transform(ticks.get_transform().transform((3, top)))[1]
    assert height < -1e-3  # below the band
    low, high = lower.get_ylim()
    assert low + 0.05 * (high - low) < -1e-3


def test_a_loaded_black_box_draws_the_network_alone(tmp_path: Path) -> None:
    with pytest.warns(uat.NotProvenWarning):
        uat.approximate(math.sin, (0, 1), width=5).save(tmp_path / "a.json")
    assert len(uat.load(tmp_path / "a.json").plot().axes) == 1
    uat.approximate(np.sin, (0, 1), width=5).save(tmp_path / "b.json")
    assert len(uat.load(tmp_path / "b.json").plot().axes) == 2


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_the_same_picture_is_the_same_file(tmp_path: Path, suffix: str) -> None:
    r = uat.approximate("x**2", (0, 1), width=5)
    for name in ("a", "b"):
        r.plot(tmp_path / f"{name}.{suffix}")
    assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()


def test_odd_titles_and_constants() -> None:
    def cost_in_usd(x: float) -> float:
        return 3.0 + 0 * float(x)

    cost_in_usd.__name__ = "cost $ per x_1^2 and a long long name that goes on and on"
    with pytest.warns(uat.NotProvenWarning):
        r = uat.approximate(cost_in_usd, (0, 1), width=2)
    figure = r.plot()
    figure.draw_without_rendering()
    assert any("estimated" in t.get_text() for t in figure.axes[1].get_legend().get_texts())


def test_drawing_needs_no_display_and_changes_no_settings() -> None:
    code = (
        "import matplotlib, uat; "
        "settings = lambda: {k: matplotlib.rcParams[k] for k in matplotlib.rcParams if k != 'backend'}; "
        "before = settings(); "
        "uat.approximate('sin(x)', (0, 1), width=3).plot().draw_without_rendering(); "
        "assert settings() == before; import sys; assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_bad_path() -> None:
    with pytest.raises(uat.InputError, match=r"must end in \.png, \.svg or \.pdf, but is 'a\.gif'"):
        uat.approximate("x", (0, 1), width=2).plot("a.gif")


def test_no_two_hinges_look_alike_and_the_sum_starts_at_the_drawn_constant() -> None:
    r = uat.approximate("exp(x)", (0, 1), width=16, form="output-bias")
    *hinges, constant, total = uat.draw.hinges(r.net, domain=(0, 1)).get_lines()
    assert len({(line.get_color(), line.get_linestyle()) for line in hinges}) == len(hinges) == r.width
    assert constant.get_label() == "output bias"
    assert constant.get_ydata()[0] == total.get_ydata()[0] == 1.0
    without = uat.draw.hinges(uat.ReluNet([1.0], [0.0], [1.0]), domain=(0, 1))
    assert "output bias" not in [line.get_label() for line in without.get_lines()]


def test_the_picture_of_the_theorem_shows_the_grid_of_the_notes() -> None:
    """All cells but the last have length eta, and the last is visibly shorter; the slopes are steps without risers."""
    from figures.theorem import ETA, draw

    _, two, three, four = draw().axes
    knots = two.lines[1].get_xdata()
    np.testing.assert_allclose(np.diff(knots)[:-1], ETA, rtol=1e-12)
    assert np.diff(knots)[-1] < 0.6 * ETA
    assert not two.lines[1].get_clip_on()  # the last knot lies on the frame
    assert [tuple(y) for _, y in (zip(*s, strict=True) for s in three.collections[0].get_segments())] == [
        (slope, slope) for slope in np.diff(two.lines[1].get_ydata()) / np.diff(knots)
    ]
    assert len({line.get_color() for line in four.lines}) == len(four.lines)


def test_hinges_of_whatever_holds_a_network() -> None:
    r = uat.approximate("x**2", (0, 1), width=4)
    fit = learn.fit(r.net.to_mlp(), [0.0, 1.0], [0.0, 1.0], steps=0)
    wanted = draw.hinges(r.net).lines[-1].get_xydata()
    for held in (r, r.net.to_mlp(), fit, r.piecewise, uat.narrowest("x**2", (0, 1), tol=0.1)):
        drawn = draw.hinges(held).lines[-1].get_xydata()
        assert not isinstance(held, uat.Approximation) or (drawn == wanted).all()
    for wrong, sentence in (
        ("x**2", "`net` must be a ReluNet, but is 'x"),
        (None, "`net` must be a ReluNet, but is None"),
        (uat.MLP.initialize([2, 3, 1], rng=0), "must have one input, one hidden ReLU layer"),
    ):
        with pytest.raises(uat.InputError, match=sentence):
            draw.hinges(wrong)
