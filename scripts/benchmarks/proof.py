"""What a proof costs: microseconds a piece, growth with the pieces, and the same chords given to Sollya."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import uat
from scripts.benchmarks.measure import Row, compare, seconds, summary

REPEATS = 10  # how often Sollya does the chords a turn
AS_LONG = 20  # times as often we do


def damped_sine(x: Any) -> Any:
    return np.exp(-x) * np.sin(x)


def rows(quick: bool) -> Iterator[Row]:
    turns = 3 if quick else 9
    pieces = 256 if quick else 4096
    p = uat.interpolate(damped_sine, -4, 4, pieces=pieces)
    net = uat.ReluNet.from_piecewise(p)
    uat.certify(damped_sine, p)
    for g, what in ((p, "knots and values"), (net, "stored weights of a network")):
        times = [seconds(lambda g=g: uat.certify(damped_sine, g, (-4, 4))) for _ in range(turns)]
        yield summary(
            "proof", f"certify exp(-x) sin x, {pieces} pieces, {what}", times, goal="< 0.5 s at 4096", unit="s"
        )
    quarter = uat.interpolate(damped_sine, -4, 4, pieces=pieces // 4)
    yield compare(
        "proof", "four times as many pieces, in time",
        lambda: uat.certify(damped_sine, p), lambda: uat.certify(damped_sine, quarter), turns=turns, goal="about 4",
    )  # fmt: skip
    for name, f in (
        ("np.sin", np.sin),
        ("exp(-x) sin x", damped_sine),
        ("the formula sin(x)", uat.Formula("sin(x)")),
    ):
        g = uat.interpolate(f, 0, 6, pieces=256)
        uat.certify(f, g)
        times = [seconds(lambda f=f, g=g: uat.certify(f, g)) / 256 * 1e6 for _ in range(turns)]
        yield summary("proof", f"a piece of {name}, 256 pieces", times, goal="< 100 us", unit="us")
    if shutil.which("sollya") is not None:
        yield from _sollya_rows(turns)


def _sollya_rows(turns: int) -> Iterator[Row]:
    """64 chords: Sollya's supnorm to one percent, its start taken off, over one certificate (64 tight boxes).

    Sollya does the 64 chords `REPEATS` times a turn, in one process, and `certify` as often as takes about as long: a
    machine that is shared is fast and slow by turns of a tenth of a second, which must fall on both sides alike.
    """
    for name, domain in (("tanh", (-5, 5)), ("exp", (-1, 1)), ("sin", (0, 6))):
        f = getattr(np, name)
        p = uat.interpolate(f, *domain, pieces=64)
        lines = [_supnorm(f"{name}(x)", p, k) for k in range(64)] * REPEATS

        def ours(f: Any = f, p: uat.PiecewiseAffine = p) -> None:
            for _ in range(AS_LONG * REPEATS):
                uat.certify(f, p)

        ratios = []
        for _ in range(turns):
            theirs = seconds(lambda lines=lines: _sollya(lines)) - seconds(lambda: _sollya(["1;"]))
            ratios.append(AS_LONG * theirs / seconds(ours))
        yield summary("proof", f"Sollya's supnorm on 64 chords of {name}, per certify", ratios, goal="> 20")


def _supnorm(text: str, p: uat.PiecewiseAffine, k: int) -> str:
    x0, x1, y0, y1 = (Fraction(v) for v in (*p.knots[k : k + 2].tolist(), *p.values[k : k + 2].tolist()))
    slope = (y1 - y0) / (x1 - x0)
    at_zero = y0 - slope * x0
    chord = f"({at_zero.numerator}/{at_zero.denominator}) + x*({slope.numerator}/{slope.denominator})"
    interval = f"[{x0.numerator}/{x0.denominator};{x1.numerator}/{x1.denominator}]"
    return f"supnorm({chord}, {text}, {interval}, absolute, 0.01);"


def _sollya(lines: list[str]) -> None:
    subprocess.run(["sollya"], input="\n".join([*lines, "quit;"]), capture_output=True, text=True, check=True)
