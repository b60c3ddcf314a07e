"""Whether a piecewise-affine function lies in a tube around f, proven through `uat.certify`.

Constant tube: [f + s - t, f + s + t] with a shift s and a half-width t: |f + s - p| <= t is one sup-norm certificate.
One-sided tubes are of this kind (s = +- tol/2), which proves that p never crosses f.
Relative tube: |centre - line| / half-width <= 1 is certified piece by piece; its second derivative is finite wherever
f's is, and f's sign changes are kinks, which balls handle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from uat._deadline import Deadline
from uat._sampling import Function
from uat.bounds.certification import Certificate
from uat.construct.proving import NOTHING, Belief, certified
from uat.construct.tube import Tube
from uat.given import made_of
from uat.piecewise import PiecewiseAffine

Stretches = list[tuple[float, float]]
COARSE, FINE = 1e-2, 1e-11  # relative gaps that certificates are asked for


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was proven about "p lies in the tube": `ratio` bounds the distance from the tube's centre over its width.

    `inside` says that ratio <= 1 is a theorem; `outside` that ratio > 1 was seen, at `where`; `interrupted` that Ctrl-C
    ended the proof.
    """

    inside: bool
    outside: bool
    proven: bool
    ratio: float
    where: float
    note: str
    interrupted: bool = False


def _shift(tube: Tube) -> Fraction:
    """Exactly the constant that takes f to the centre of a constant tube."""
    return {"both": Fraction(0), "over": Fraction(1, 2), "under": Fraction(-1, 2)}[tube.side] * Fraction(tube.tol)


def _half_width(tube: Tube) -> Fraction:
    return Fraction(tube.tol) / (1 if tube.side == "both" else 2)


def _plain(x: Any) -> bool:
    """Whether f is being sampled in floats (as opposed to run on balls)."""
    return isinstance(x, (float, np.floating)) or (isinstance(x, np.ndarray) and x.dtype.kind == "f")


def shifted(f: Function, shift: Fraction, domain: tuple[float, float]) -> Function:
    """x -> f(x) + shift, exactly so on balls."""
    return f if shift == 0 else made_of(f, lambda x: f(x) + (float(shift) if _plain(x) else shift), domain)


def in_constant_tube(
    f: Function, p: PiecewiseAffine, tube: Tube, rel: float, deadline: Deadline, belief: Belief = NOTHING, *,
    asked: bool = True, rest: Stretches | None = None,
) -> tuple[Verdict, Certificate]:  # fmt: skip
    """The verdict for a tube with rtol = 0, and the certificate of the distance from the tube's centre.

    A tube that was `asked` for is decided; one that a search guessed to the last digits is not worth that. Where only
    the `rest` of the domain is undecided, p touches a wall elsewhere.
    """
    half = _half_width(tube)
    tol = float(half) if asked else None
    touching = Certificate(0.0, float(half), p.domain[0], True, method="difference quotients", grounds="balls")
    found = [] if rest is None else [touching]
    for domain in [p.domain] if rest is None else rest:
        centre = shifted(f, _shift(tube), domain)
        c = certified(centre, p, domain, tol=tol, rel=rel, seconds=deadline.left(), belief=belief)
        found.append(c)
        if not c.proven or c.lower > half:
            break
    c = max(found, key=lambda c: (not c.proven, c.upper))
    inside = c.proven and Fraction(c.upper) <= half
    ratio = c.upper / float(half) if c.proven else c.lower / float(half)
    interrupted = c.stopped == "interrupt"
    return Verdict(inside, Fraction(c.lower) > half, c.proven, ratio, c.where, c.note, interrupted), c


def in_relative_tube(
    f: Function, p: PiecewiseAffine, tube: Tube, rel: float, deadline: Deadline, rest: Stretches | None = None
) -> Verdict:
    """The verdict for a tube with rtol > 0, piece by piece; `rest` as for a constant tube."""
    worst = Verdict(True, False, True, 0.0 if rest is None else 1.0, float(p.knots[0]), "")
    parts = [
        (k, max(low, float(p.knots[k])), min(high, float(p.knots[k + 1])))
        for k in range(p.pieces)
        for low, high in ([p.domain] if rest is None else rest)
    ]
    for k, low, high in parts:
        if low >= high:
            continue
        if deadline.passed():
            return replace(worst, inside=False, proven=False, note="`seconds` were used up")
        zero = PiecewiseAffine(np.array([low, high]), np.zeros(2))
        ratio_here = made_of(f, _ratio(f, p, k, tube), zero.domain)
        c = certified(ratio_here, zero, tol=1.0, rel=rel, abs=rel, seconds=deadline.left())
        if c.stopped == "interrupt":
            return replace(worst, inside=False, proven=False, note=c.note, interrupted=True)
        ratio = c.upper if c.proven else c.lower
        if ratio > worst.ratio or not c.proven:
            inside = worst.inside and c.proven and c.upper <= 1
            worst = Verdict(inside, worst.outside or c.lower > 1, worst.proven and c.proven, ratio, c.where, c.note)
        if not c.proven or c.lower > 1:
            break
    return worst


def farthest(p: PiecewiseAffine, tube: Tube) -> float:
    """How far from f a function in the tube can be anywhere, rounded up: from d <= tol + rtol (|p| + d)."""
    exact = tube.exact()
    bound = (exact.tol + exact.rtol * Fraction(float(np.abs(p.values).max()))) / (1 - exact.rtol)
    nearest = float(bound)
    return nearest if Fraction(nearest) >= bound else math.nextafter(nearest, math.inf)


def least_half_width(p: PiecewiseAffine, tube: Tube) -> float:
    """At least so wide, on either side of its middle, is the tube around f anywhere, when p lies in it; rounded down.

    From |p| <= |f| + tol + rtol |f|; where p changes its sign, f may vanish.
    """
    size = np.abs(p.values)
    least = float(size.min()) if (p.values > 0).all() or (p.values < 0).all() else 0.0
    width = tube.tol + tube.rtol * max((least - tube.tol) / (1 + tube.rtol), 0.0) * (1 - 1e-15)
    return float(width / (1 if tube.side == "both" else 2)) * (1 - 1e-15)


def _ratio(f: Function, p: PiecewiseAffine, k: int, tube: Tube) -> Function:
    """x -> (centre of the tube - line k) / half-width; exact coefficients on balls, floats on floats."""
    t0, t1 = (Fraction(float(v)) for v in p.knots[k : k + 2])
    y0, y1 = (Fraction(float(v)) for v in p.values[k : k + 2])
    slope = (y1 - y0) / (t1 - t0)
    sign = {"both": 0, "over": 1, "under": -1}[tube.side]

    def ratio(x: Any) -> Any:
        number = float if _plain(x) else Fraction
        v = f(x)
        width = number(tube.tol) + number(tube.rtol) * np.abs(v)
        if sign:
            width = width * number(Fraction(1, 2))
        centre = v + sign * width if sign else v
        return (centre - (number(y0) + number(slope) * (x - number(t0)))) / width

    return ratio


def gap_for(room: float) -> float:
    """The relative gap that a certificate needs in order to decide with `room` (relative) to spare."""
    return min(max(room / 4, FINE), COARSE)
