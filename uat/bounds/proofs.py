"""The ways to a certificate: by balls, by a declared continuity and samples, and, where there is no proof, by sight.

`uat.bounds.certification.certify` chooses; each way returns a `Certificate` that says how it was reached.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from uat._checks import LARGEST, InputError
from uat.bounds.certification import Certificate


def at_a_float32(f: Any, pieces: Any, interval: tuple[float, float], certificate: Certificate) -> float:
    """A lower end that is reached at a number of that format: the difference at the float32 nearest to `where`."""
    from uat.bounds import bisection, boxes, precision
    from uat.bounds.running import FunctionOnBalls

    x = float(np.float32(certificate.where))
    if not (certificate.method.startswith("second-order") and interval[0] <= x <= interval[1]):
        return 0.0
    with precision.working_precision(2 * bisection.BITS):
        here = [cell for cell in pieces if cell.holds_at(x)]
        return max(0.0, *(boxes.down(abs(boxes.difference_at(FunctionOnBalls(f), c, x))) for c in here[:1]))


def by_samples(f: Any, pieces: Any, goal: Any, facts: Any) -> Certificate:
    from uat.bounds.declared import SampledSearch
    from uat.bounds.modulus import check_modulus

    check_modulus(facts, pieces[-1].high - pieces[0].low)
    search = SampledSearch(f, pieces, goal, facts)
    search.supremum()
    upper = search.upper()
    return Certificate(
        lower=min(search.lower, upper),
        upper=upper,
        where=search.where,
        proven=math.isfinite(upper),
        assumes=(*facts.assumes, "the values of f are those that it returns in float64"),
        method=f"declared continuity and {search.samples} samples",
        boxes=search.samples,
        note=search.note or ("" if math.isfinite(upper) else _sentence(_beyond(search.lower, "the declared bound"))),
    )


def _beyond(lower: float, what: str = "the enclosure of f") -> str:
    """Why the upper end is infinite: the difference itself, or only what is known of it."""
    return f"{'f - g' if lower >= LARGEST else what} overflows float64 on the domain"


def by_balls(f: Any, pieces: Any, goal: Any, norm: str, interval: tuple[float, float]) -> Certificate:
    from uat.bounds import bisection, integrals
    from uat.bounds.running import FunctionOnBalls, NotProvableError, real_at, same

    run = FunctionOnBalls(f)
    probe = interval[0] + (interval[1] - interval[0]) * 0.3819
    search: Any = None
    try:
        doubt = run.distrust(*interval)
        if not doubt and run.interval(*interval).assumed:  # where that is plainly false a search would find no end
            doubt = run.unreal(real_at(*interval, ()))
        if not doubt:
            before = run.value(probe)
            sup = norm == "sup"
            search = bisection.Search(run, pieces, goal) if sup else integrals.Integration(run, pieces, goal, norm)
            search.search()
            search.enclosure()  # what it takes for granted of cells that nobody looked at must be known below
            if not same(before, run.value(probe)):
                doubt = f"f is not a function: two calls at x = {probe!r} differ (random numbers or hidden state)"
            elif not (doubt := run.contradicted(search.where)) and run.assumed:
                doubt = run.unreal(real_at(*interval, (x for cell in pieces for x in (cell.low, cell.high))))
    except NotProvableError as error:
        doubt = str(error)
    except KeyboardInterrupt:  # before the search began, or after it ended: during it, it keeps its enclosure itself
        doubt = "interrupted before anything was proven" if search is None else ""
    if not doubt:
        lower, upper = search.enclosure()
        if not lower <= upper:
            doubt = f"at x = {search.where!r} f was seen outside its own enclosure"
    if doubt:
        return Certificate(0.0, math.inf, interval[0], False, norm=norm, note=_sentence(doubt))
    note = search.note or (_jump(run, search, interval) if norm == "sup" else "")
    return Certificate(
        lower=lower,
        upper=upper,
        where=search.where if math.isfinite(search.where) else interval[0],  # nothing was looked at
        proven=math.isfinite(upper),
        assumes=tuple(sorted(run.assumed)),
        method="second-order balls, bisection" if norm == "sup" else "second-order balls, integrated",
        norm=norm,
        boxes=search.boxes,
        bits=search.bits,
        note=note or ("" if math.isfinite(upper) else _sentence(run.reason or _beyond(lower))),
    )


def _jump(run: Any, search: Any, interval: tuple[float, float]) -> str:
    """The largest jump that is proven in one of the highest boxes on which f has no slope."""
    from uat.bounds.jumps import find_jump

    rough = sorted((entry for entry in search.heap if not entry[2].c1.is_finite()), key=lambda entry: entry[:2])
    jumps = [find_jump(run, box, interval) for _, _, box in rough[:_BOXES_SEARCHED_FOR_JUMPS]]
    proven = [jump for jump in jumps if jump is not None]
    return max(proven, key=lambda jump: jump.size).sentence() if proven else ""


_BOXES_SEARCHED_FOR_JUMPS = 4  # some hundred balls each


def _sentence(text: str) -> str:
    return text if text.endswith(".") else text + "."


def by_sight(f: Any, g: Any, interval: tuple[float, float], certificate: Certificate) -> Certificate:
    """Where nothing is proven: what samples show, in float64, as the lower end."""
    from uat._sampling import sample
    from uat.bounds.seen import distances, seen_difference
    from uat.piecewise import PiecewiseAffine
    from uat.relu_net import ReluNet

    a, b = interval
    inner: Any = np.array([])
    if isinstance(g, PiecewiseAffine):
        inner = g.knots
    elif isinstance(g, ReluNet):
        inner = np.unique(g.kinks[g.weights != 0])
    ends = np.concatenate([[a], inner[(inner > a) & (inner < b)], [b]])
    line = PiecewiseAffine(ends, g(ends) if callable(g) else g[0] * ends + g[1])
    per_cell = int(np.clip(_SAMPLES // ends.size, 3, _SAMPLES))
    try:
        if certificate.norm == "sup":
            return seen_difference(f, line, per_cell, certificate.note)
        x = np.unique(np.concatenate([np.linspace(p, q, per_cell) for p, q in pairwise(ends)]))
        difference = distances(sample(f, x), line(x))
    except InputError as error:
        return replace(certificate, lower=0.0, method="nothing", note=f"{certificate.note} {error}")
    power = 1 if certificate.norm == "L1" else 2  # the trapezoidal rule: an estimate of the norm
    largest = float(difference.max())  # so scaled that no square leaves the floats
    scaled = PiecewiseAffine(x, (difference / (largest or 1.0)) ** power)
    return replace(
        certificate,
        lower=min(largest * scaled.integral() ** (1 / power), LARGEST),
        upper=math.inf,
        where=float(x[int(np.argmax(difference))]),
        proven=False,
        method=f"a sum over {x.size} samples",
        boxes=x.size,
    )


_SAMPLES = 20_000


def with_rounding(certificate: Certificate, rounding: float, arithmetic: str) -> Certificate:
    """The enclosure of what evaluation returns: both ends moved outwards by the rounding bound."""
    if arithmetic == "real":
        return certificate
    return replace(
        certificate,
        lower=max(0.0, math.nextafter(certificate.lower - rounding, -math.inf)),
        upper=math.nextafter(certificate.upper + rounding, math.inf),
        method=f"{certificate.method}, and rounding in {arithmetic} ({rounding:.3g})",
    )
