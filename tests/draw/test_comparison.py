"""Pictures of sweeps and of hinges: what is drawn, where, and on whose axes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

import uat
import uat.compare
from uat import draw
from uat.draw.comparison import figure_of
from uat.draw.curves import LOOKS, SPREAD


def row(method: str, width: int, seed: int = 0, error: float = 0.1, **changed: object) -> dict:
    return {
        "function": "sin", "method": method, "width": width, "seed": seed, "a": 0.0, "b": 1.0, "sup_error": error,
        "proven": 1, "kinks": json.dumps([0.2, 0.7]), **changed,
    }  # fmt: skip


ROWS = [row("adam", w, s, (s + 1) / w) for w in (8, 4) for s in range(3)] + [row("uniform", w) for w in (4, 8)]


def labels(ax: object) -> list[str]:
    return list(ax.get_legend_handles_labels()[1])  # type: ignore[attr-defined]


def test_error_against_width() -> None:
    ax = draw.error_vs_width(ROWS, limit=lambda n: 1 / n**2, bound=lambda n: 2 / n**2)
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("width (neurons)", "sup error")
    assert labels(ax) == ["uniform", "adam", SPREAD, r"$h^2 \max|f''|/8$", "limit of $E_N$"]
    colour, _, _ = LOOKS["adam"]
    lines = [line for line in ax.get_lines() if line.get_color() == colour and line.get_marker() == "None"]
    assert [(list(line.get_xdata()), list(line.get_ydata())) for line in lines] == [
        ([4, 8], [2 / 4, 2 / 8])  # the median, not the best
    ]
    (bars,) = ax.collections
    assert [segment.tolist() for segment in bars.get_segments()] == [
        [[4, 1 / 4], [4, 3 / 4]], [[8, 1 / 8], [8, 3 / 8]],
    ]  # fmt: skip


def test_no_bar_hides_another_and_no_steep_curve_is_shifted() -> None:
    rows = [row(method, w, s, (s + 1) / w) for method in ("gd", "sgd", "adam", "lbfgs") for w in (4, 5) for s in (0, 1)]
    ax = draw.error_vs_width(rows)
    bars = [[float(segment[0][0]) for segment in one.get_segments()] for one in ax.collections]
    at = sorted(x for pair in bars for x in pair)
    assert len(set(at)) == 8
    assert max(x for x in at if x < 4.5) < 4 * 1.05 < 5 / 1.05 < min(x for x in at if x > 4.5)  # whose width is plain
    assert {tuple(line.get_xdata()) for line in ax.get_lines() if line.get_linestyle() != "None"} == {(4, 5), ()}
    multiples = uat.compare.Table(tuple(rows), unit="narrowest")
    drawn = draw.error_vs_width(multiples)
    assert drawn.get_ylabel() == "sup error / that of narrowest"
    assert len({line.get_xdata()[0] for line in drawn.get_lines() if len(line.get_xdata())}) == 4


def test_a_failure_is_a_gap_that_is_named() -> None:
    failures = tuple({**row("adam", 8, error=0), "sup_error": None, "proven": None} for _ in range(2))
    rows = tuple(row("adam", w) for w in (4, 16))
    ax = draw.error_vs_width(uat.compare.Table(rows, failures))
    (line,) = (line for line in ax.get_lines() if line.get_marker() == "None")
    assert np.isnan(line.get_ydata()).tolist() == [False, True, False]
    assert [text.get_text() for text in ax.texts] == ["failed: adam 8"]
    ax.figure.draw_without_rendering()


def test_a_range_within_a_decade_has_numbers_beside_it() -> None:
    ax = draw.error_vs_width([row("adam", 4, error=0.8), row("adam", 8, error=0.5)])
    ax.figure.draw_without_rendering()
    low, high = ax.get_ylim()
    texts = [*ax.yaxis.get_major_ticks(), *ax.yaxis.get_minor_ticks()]
    assert any(tick.label1.get_text() for tick in texts if low <= tick.get_loc() <= high)


def test_one_colour_and_one_marker_a_method() -> None:
    assert len({colour for colour, _, _ in LOOKS.values()}) == len(LOOKS)
    assert len({marker for _, marker, _ in LOOKS.values()}) == len(LOOKS)
    assert {marker for _, marker, _ in LOOKS.values()} <= set(Line2D.filled_markers)  # empty says: not proven


def test_what_is_proven_is_filled() -> None:
    ax = draw.error_vs_width([row("adam", 4), row("adam", 8, proven=0)])
    faces = {
        tuple(line.get_xdata()): line.get_markerfacecolor()
        for line in ax.get_lines()
        if line.get_marker() == "v" and len(line.get_xdata())
    }
    assert faces == {(4,): LOOKS["adam"][0], (8,): "white"}


def test_every_method_has_a_look_of_its_own() -> None:
    from uat.compare import METHODS

    assert set(METHODS) == set(LOOKS)
    assert len(set(LOOKS.values())) == len(LOOKS)


def test_kinks_stand_where_they_are() -> None:
    ax = draw.kinks([row("adam", 4), row("uniform", 4)], f=np.sin)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["adam", "uniform", "$|f''|^{1/2}$"]
    drawn = ax.collections[0].get_segments()
    assert [float(s[0][0]) for s in drawn] == [0.2, 0.7]


def test_lines_of_kinks_are_told_apart() -> None:
    rows = [row("adam", 4, 0), row("adam", 4, 7), row("uniform", 4), row("sgd", 4, 1), row("sgd", 8, 1)]
    assert [t.get_text() for t in draw.kinks(rows).get_yticklabels()] == [
        "adam, seed 0", "adam, seed 7", "uniform", "sgd, width 4", "sgd, width 8",
    ]  # fmt: skip


def test_hinges_and_approximation() -> None:
    r = uat.approximate("x**2", (0, 1), width=4, form="output-bias")
    ax = draw.hinges(r.net, domain=(0, 1))
    assert len(ax.get_lines()) == r.width + 1
    total = ax.get_lines()[-1]
    assert np.allclose(total.get_ydata(), r.net(total.get_xdata()))
    ax = draw.approximation(r)
    assert ax.get_xlim() == (0, 1)


def test_axes_that_are_given_are_used() -> None:
    figure = Figure()
    one, two = figure.subplots(1, 2)
    assert draw.error_vs_width(ROWS, one) is one
    assert draw.hinges(uat.ReluNet([1.0], [0.0], [1.0]), two) is two
    assert figure.axes == [one, two]


def test_one_panel_a_function() -> None:
    figure = figure_of([*ROWS, *({**r, "function": "cos"} for r in ROWS)])
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["sin", "cos"]
    figure.draw_without_rendering()
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["uniform", "adam", SPREAD]
    assert legend.handlelength >= 4
    panels = draw.error_vs_width([*ROWS, *({**r, "function": f} for r in ROWS for f in ("cos", "exp"))])
    assert [ax.get_title(loc="left") for ax in panels] == ["sin", "cos", "exp"]


def test_bad_tables() -> None:
    with pytest.raises(uat.InputError, match="`table` must hold at least one row"):
        draw.error_vs_width([])
    with pytest.raises(uat.InputError, match="`table` must hold rows of one function, but holds cos, sin"):
        draw.kinks([row("adam", 4), row("adam", 4, function="cos")])
    with pytest.raises(uat.InputError, match="`table` must hold rows of one function, but holds cos, sin"):
        draw.error_vs_width([row("adam", 4), row("adam", 4, function="cos")], Figure().subplots())
