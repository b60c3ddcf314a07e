"""The ways to a certificate: by balls, by a declared continuity and samples, and, where there is no proof, by sight.

`uat.bounds.certification.certify` chooses; each way returns a `Certificate` that says how it was reached.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from uat._checks import LARGEST, InputError
from uat._deadline import Deadline, OutOfTime
from uat.bounds.certification import Certificate, Jump
from uat.given import Recorded
from uat.piecewise import PiecewiseAffine

if TYPE_CHECKING:
    from uat.bounds.bisection import Goal
    from uat.bounds.cells import Cells
    from uat.bounds.modulus import Declared


def at_a_float32(f: Recorded, pieces: Cells, interval: tuple[float, float], certificate: Certificate) -> float:
    """A lower end that is reached at a number of that format: the difference at the float32 nearest to `where`."""
    from uat.balls import precision
    from uat.balls.evaluation import FormulaOnBalls
    from uat.bounds import bisection, boxes

    if f.formula is None:
        return 0.0
    x = float(np.float32(certificate.where))
    if not (certificate.grounds == "balls" and interval[0] <= x <= interval[1]):
        return 0.0
    here = np.flatnonzero((pieces.inner_low <= x) & (x <= pieces.inner_high))
    with precision.working_precision(2 * bisection.BITS):
        run = FormulaOnBalls(f.formula)
        cells = [pieces[k] for k in here[:1].tolist()]
        return max(0.0, *(boxes.down(abs(boxes.difference_at(run, cell, x))) for cell in cells))


def by_samples(f: Any, pieces: Cells, goal: Goal, facts: Declared, deadline: Deadline) -> Certificate:
    from uat.bounds.declared import SampledSearch
    from uat.bounds.modulus import check_modulus

    check_modulus(facts, float(pieces.high[-1] - pieces.low[0]))
    search = SampledSearch(f, pieces, goal, facts, deadline)
    search.supremum()
    upper = search.upper()
    return Certificate(
        lower=min(search.lower, upper),
        upper=upper,
        where=search.where if math.isfinite(search.where) else float(pieces.low[0]),
        proven=math.isfinite(upper),
        assumes=(*facts.assumes, "the values of f are those that it returns in float64"),
        method=f"declared continuity and {search.samples} samples",
        grounds="declared" if math.isfinite(upper) else "samples",
        boxes=search.samples,
        note=search.note or ("" if math.isfinite(upper) else _sentence(_beyond(search.lower, "the declared bound"))),
        stopped=search.stopped,
    )


def _beyond(lower: float, what: str = "the enclosure of f") -> str:
    """Why the upper end is infinite: the difference itself, or only what is known of it."""
    return f"{'f - g' if lower >= LARGEST else what} overflows float64 on the domain"


def by_balls(
    f: Recorded, pieces: Cells, goal: Goal, norm: str, interval: tuple[float, float], deadline: Deadline
) -> Certificate:
    from uat.balls.consistency import real_at, refuse_contradiction, unreal
    from uat.balls.evaluation import FormulaOnBalls, NotProvableError
    from uat.bounds import bisection, integrals
    from uat.given import spread

    if f.formula is None:
        return Certificate(0.0, math.inf, interval[0], False, norm=norm, note=_sentence(f.reason))
    run = FormulaOnBalls(f.formula, deadline)
    probe = interval[0] + (interval[1] - interval[0]) * 0.3819
    search: Any = None
    ends: tuple[float, float] | None = None
    stopped = doubt = ""
    jump: Jump | None = None
    try:
        if run.interval(*interval).assumed:  # where that is plainly false a search would find no end
            doubt = unreal(f, run, real_at(*interval))
        if not doubt:
            sup = norm == "sup"
            if not (goal.floor or goal.absolute) and math.isfinite(lost := run.roundings(probe, slack=1)):
                of_one = (interval[1] - interval[0]) ** {"sup": 0.0, "L1": 1.0, "L2": 0.5}[norm]
                goal = replace(
                    goal, coarse=bisection.SMALL * lost * of_one
                )  # g is 0 and lends no scale: the sums of f do
            search = bisection.Search(run, pieces, goal) if sup else integrals.Integration(run, pieces, goal, norm)
            search.search()
            run.deadline, stopped = deadline.at_least(bisection.GRACE), search.stopped
            if stopped == "interrupt":
                run.deadline = Deadline(bisection.GRACE)
            ends = search.enclosure()  # what it takes for granted of cells that nobody looked at is tested below
            refuse_contradiction(f, run, search.where, *spread(interval))  # a search may look at round numbers only
            if run.assumed:
                doubt = unreal(f, run, real_at(*interval, pieces.low, pieces.high))
            if sup and not doubt and not search.note:
                jump = _jump(run, search, interval)
    except NotProvableError as error:
        doubt = str(error)
    except OutOfTime:  # while it searched, it kept its enclosure itself; of the looks after it some were left out
        stopped = stopped or "seconds"
    except KeyboardInterrupt:
        stopped = stopped or "interrupt"
    if ends is None:
        doubt = doubt or f"{_ENDED[stopped]} before anything was proven"
    elif not ends[0] <= ends[1]:
        doubt = doubt or f"at x = {search.where!r} f was seen outside its own enclosure"
    if doubt or ends is None:
        return Certificate(0.0, math.inf, interval[0], False, norm=norm, note=_sentence(doubt), stopped=stopped)
    lower, upper = ends
    note = search.note or ("" if jump is None else jump.sentence())
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
        stopped=stopped,
        grounds="balls" if math.isfinite(upper) else "",
        jump=jump,
    )


_ENDED = {"seconds": "`seconds` were used up", "interrupt": "interrupted"}


def ended(interval: tuple[float, float], norm: str, by: str) -> Certificate:
    """Where not even the pieces of g were there in time, or before the interrupt."""
    note = _sentence(f"{_ENDED[by]} before anything was proven")
    return Certificate(0.0, math.inf, interval[0], False, norm=norm, note=note, stopped=by)


def _jump(run: Any, search: Any, interval: tuple[float, float]) -> Jump | None:
    """The largest jump that is proven in one of the highest boxes on which f has no slope."""
    from uat.bounds.jumps import find_jump

    rough = [entry for entry in search.heap if not entry[2].c1.is_finite()]
    highest = heapq.nsmallest(_BOXES_SEARCHED_FOR_JUMPS, rough, key=lambda entry: entry[:2])
    jumps = [find_jump(run, box, interval) for _, _, box in highest]
    proven = [jump for jump in jumps if jump is not None]
    return max(proven, key=lambda jump: jump.size, default=None)


_BOXES_SEARCHED_FOR_JUMPS = 4  # some hundred balls each


def _sentence(text: str) -> str:
    return text if text.endswith(".") else text + "."


def by_sight(
    f: Any, g: Any, interval: tuple[float, float], certificate: Certificate, deadline: Deadline
) -> Certificate:
    """Where nothing is proven: what samples show, in float64, as the lower end."""
    from uat.bounds.seen import distances, looks, seen_difference
    from uat.relu_net import ReluNet

    a, b = interval
    inner: Any = np.array([])
    if isinstance(g, PiecewiseAffine):
        inner = g.knots
    elif isinstance(g, ReluNet):
        inner = np.unique(g.kinks[g.weights != 0])
    ends = np.concatenate([[a], inner[(inner > a) & (inner < b)], [b]])
    line = g if isinstance(g, PiecewiseAffine) and interval == g.domain else _line(g, ends)
    per_cell = int(np.clip(_SAMPLES // ends.size, 3, _SAMPLES))
    try:
        if certificate.norm == "sup":
            seen = seen_difference(f, line, per_cell, certificate.note, deadline)
            return replace(seen, stopped=certificate.stopped)
        x = np.unique((ends[:-1] + np.diff(ends) * np.linspace(0, 1, per_cell)[:, None]).clip(a, b))
        x, y = looks(f, x, deadline)
        difference = distances(y, line(x))
    except InputError as error:
        note = f"{certificate.note} {error}"
        return replace(certificate, lower=0.0, method="nothing", boxes=0, note=note, grounds="")
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
        grounds="samples",
        boxes=x.size,
    )


def _line(g: Any, ends: Any) -> PiecewiseAffine:
    return PiecewiseAffine(ends, g(ends) if callable(g) else g[0] * ends + g[1])


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
