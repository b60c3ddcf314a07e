"""A posteriori: what is known about sup|f - g| once g is there, as an object that says how it is known.

A certificate encloses a distance: ``lower <= sup|f - g| <= upper``. The lower end is always a distance that was seen
(or proven to be reached); the upper end is a theorem, or infinity where there is none. A number that comes from
samples is never an upper end.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from uat import _checks
from uat._checks import InputError, show
from uat._deadline import Deadline, OutOfTime
from uat.piecewise import PiecewiseAffine

_NUMBERS_A_BOX = 170.0  # of memory: 1340 bytes a box were seen
_FLOOR = 4 * 2.0**-53  # an error below four units in the last place of f is as good as none


STOPS = ("", "seconds", "interrupt", "boxes", "floats")


GROUNDS = ("", "balls", "declared", "data", "samples")


@dataclass(frozen=True, slots=True)
class Jump:
    """f jumps by at least `size` at a point of [low, high]: no continuous function is nearer than half of it."""

    low: float
    high: float
    size: float

    def __post_init__(self) -> None:
        for name in ("low", "high", "size"):
            object.__setattr__(self, name, _checks.real(getattr(self, name), name))
        if not (self.low <= self.high and self.size > 0):
            raise InputError(f"a jump must have low <= high and a size > 0, but is {show(self)}.")

    def sentence(self) -> str:
        return (
            f"f jumps by at least {_rounded_down(self.size)} at x = {_shortest(self.low, self.high)}: "
            f"no continuous function is closer than {_rounded_down(self.size / 2)}."
        )


def _rounded_down(x: float) -> str:
    """Six digits, never more than x."""
    text = f"{x:.6g}"
    return text if float(text) <= x else f"{x * (1 - 1e-5):.6g}"


def _shortest(low: float, high: float) -> str:
    """The shortest decimal in [low, high]."""
    if low <= 0 <= high:
        return "0"
    texts = (f"{low + (high - low) / 2:.{digits}g}" for digits in range(1, 17))
    return next((text for text in texts if low <= float(text) <= high), repr(low))


class NotProvenWarning(UserWarning):
    """No proof could be had, so what is reported is an estimate; the message says why."""


class ToleranceWarning(NotProvenWarning):
    """The result is not proven to keep the tolerance that was asked for: time ran out, or floats do not suffice."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """An enclosure ``lower <= distance(f, g) <= upper`` and the grounds on which it stands.

    Parameters
    ----------
    lower, upper : float
        The enclosure, in the unit of f. ``upper`` is infinite where nothing was proven.
    where : float
        The abscissa at which the largest difference was seen.
    proven : bool
        Whether ``upper`` is a theorem (given ``assumes``).
    assumes : tuple of str
        What the proof rests on beside the formula of f: each entry a sentence, such as a declared Lipschitz constant.
    method : str
        How the enclosure was found, in a few words.
    norm : str
        The distance that is enclosed: "sup", "L1" or "L2".
    boxes : int
        The number of balls (or samples, when nothing was proven) that were spent.
    bits : int
        The working precision in bits.
    note : str
        A sentence: why there is no proof, why the search stopped early, or which jump f has. Empty when all is well.
    stopped : str
        What ended the search before its goal: "seconds", "interrupt" (Ctrl-C), "boxes" (as many as are ever looked
        at), "floats" (there are none between the ends of a box); "" where nothing did.
    grounds : str
        On what the enclosure stands: "balls" (the formula of f), "declared" (a constant of the caller's, and samples),
        "data" (all points of a table) or "samples" (an estimate); "" where nothing is known.
    jump : Jump, optional
        The largest jump of f that was proven on the way.
    """

    lower: float
    upper: float
    where: float
    proven: bool
    assumes: tuple[str, ...] = ()
    method: str = ""
    norm: str = "sup"
    boxes: int = 0
    bits: int = 53
    note: str = ""
    stopped: str = ""
    grounds: str = ""
    jump: Jump | None = None

    def __post_init__(self) -> None:
        _checks.one_of(self.norm, "norm", ("sup", "L1", "L2"))
        _checks.one_of(self.stopped, "stopped", STOPS)
        _checks.one_of(self.grounds, "grounds", GROUNDS)
        if self.jump is not None:
            _checks.instance(self.jump, "jump", Jump)
        _checks.flag(self.proven, "proven")
        for name in ("boxes", "bits"):
            _checks.integer(getattr(self, name), name, least=0)
        for name in ("method", "note"):
            _checks.instance(getattr(self, name), name, str)
        sentences = tuple(_checks.listed(self.assumes, "assumes", "a sequence of sentences"))
        for sentence in sentences:
            _checks.instance(sentence, "assumes", str)
        object.__setattr__(self, "assumes", sentences)
        object.__setattr__(self, "where", _checks.real(self.where, "where"))
        for name in ("lower", "upper"):  # a difference of -0.0 is 0
            object.__setattr__(self, name, _checks.extended(getattr(self, name), name) + 0.0)
        if not 0 <= self.lower <= self.upper or (self.proven and math.isinf(self.upper)):
            raise InputError(
                "a certificate must have 0 <= lower <= upper, and a finite upper end when it is proven, but has "
                f"{show(self.lower)} and {show(self.upper)}."
            )

    @property
    def error(self) -> float:
        """The number to report: the proven upper bound, or else the largest difference seen (an estimate).

        Infinite where neither is known.
        """
        return self.lower if self.status == "estimated" else self.upper

    @property
    def status(self) -> str:
        """ "proven", "estimated" or "unknown": the word that stands beside `error` wherever it is printed.

        Unknown is a distance of which no sample could be taken, since f has no value where it was asked for one.
        """
        return "proven" if self.proven else "estimated" if self.lower > 0 or self.boxes else "unknown"

    def __str__(self) -> str:
        name = {"sup": "sup|f - g|", "L1": "L1 distance", "L2": "L2 distance"}[self.norm]
        if self.proven:
            text = f"{self.lower:.6g} <= {name} <= {self.upper:.6g} (proven, {self.method})"
        elif self.status == "unknown":
            text = f"{name} is unknown (nothing is proven, and nothing was seen)"
        else:
            text = f"{name} estimated at {self.lower:.6g} ({self.method}; not proven)"
        if self.assumes:
            text += " assuming " + "; ".join(self.assumes)
        return text + (f". {self.note}" if self.note else "")

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; an infinite upper end is written as None."""
        data = asdict(self)
        data["assumes"] = list(self.assumes)
        data["upper"] = self.upper if math.isfinite(self.upper) else None
        return data

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Certificate:
        """The inverse of `to_dict`; raises InputError when the data are no certificate."""
        entries = _entries(cls, data, "certificate")
        jump = None if data["jump"] is None else Jump(**_entries(Jump, data["jump"], "jump"))
        return cls(**{**entries, "upper": math.inf if data["upper"] is None else data["upper"], "jump": jump})


def _entries(kind: Any, data: Any, what: str) -> dict[str, Any]:
    """The fields of a dataclass out of a dictionary."""
    _checks.instance(data, what, dict)
    for missing in (one.name for one in fields(kind) if one.name not in data):
        raise InputError(f"`data` must be what `to_dict` of a certificate gave, but its {what} has no {missing!r}.")
    return {one.name: data[one.name] for one in fields(kind)}


def certify(
    f: Callable[..., Any] | str,
    g: Any,
    domain: Any = None,
    *,
    tol: float | None = None,
    rel: float = 0.01,
    abs: float = 0.0,
    breaks: Iterable[float] = (),
    lipschitz: float | None = None,
    modulus: Callable[[float], float] | None = None,
    arithmetic: str = "real",
    norm: str = "sup",
    seconds: float | None = None,
) -> Certificate:
    """Enclose the distance of f and g on an interval: a theorem about the formula that f is, or that its code shows.

    lower <= sup |f - g| <= upper on [a, b], or int |f - g|, or (int (f - g)^2)^(1/2).

    Parameters
    ----------
    f : callable
        Written with NumPy operations; it is run once, recorded (`uat.Formula.trace`) and compared in floats with its
        formula, which runs on balls. Float constants are taken as the binary fractions that they are, the literals of
        a text as decimals. Or a `Formula`, a `Target`, or a text, as in `uat.approximate`.
    g : PiecewiseAffine, ReluNet, or pair (slope, intercept)
        Taken exactly: by its stored knots and values, or by the exact pieces of its stored parameters. Of what
        `uat.approximate` or `uat.narrowest` returned, the network is taken, and `tol` from what it was made for.
    domain : pair (a, b)
        Needed unless g has one (a PiecewiseAffine, an Approximation) or f (a Target); inside the domain of a
        PiecewiseAffine.
    tol : float > 0
        The search goes on until it is decided whether the distance is within tol: upper <= tol, or lower > tol.
    rel, abs : float >= 0
        The search stops when upper - lower <= max(rel * lower, abs), with a tolerance that is decided also when
        upper - lower <= rel * tol. Or when upper is below four units in the last place of the largest |g| (times b - a
        for "L1" and (b - a)^(1/2) for "L2", the norms of a constant). Where no difference is seen that is larger than
        what float64 loses of f, and `abs` is 0, half of the digits are enough: upper <= 2^-26 times the largest |g|.
    breaks : iterable of float
        Points at which a cell is cut beforehand, such as known kinks; never needed for the proof, only for its speed.
    lipschitz, modulus : float, callable
        What is believed of a black box: |f(x) - f(y)| <= lipschitz |x - y|, or <= modulus(|x - y|), where modulus does
        not decrease. The proof then rests on values of f and on this belief, which `assumes` repeats.
    arithmetic : "real", "float64" or "float32"
        With "float64" the bound covers what ``net(x)`` and ``net.forward(x)`` return at every float x of the domain;
        with "float32" what a network with parameters rounded to float32 returns, evaluated neuron by neuron in
        float32 in any order (statement F1). Only with norm="sup".
    norm : "sup", "L1" or "L2"
    seconds : float > 0
        Budget of time, kept to some tenths of a second whatever the number of pieces, unless a single call of f takes
        longer. When it is spent, and at Ctrl-C, the enclosure found so far is returned; `stopped` and `note` say so.

    Returns
    -------
    Certificate
        Proven when ``upper`` is finite. Otherwise `note` says why, and a `NotProvenWarning` repeats it; ``lower`` is
        then a difference that was seen in samples.

    Raises
    ------
    InputError
        For wrong arguments, when samples contradict `lipschitz` or `modulus` (both points are shown), where f is no
        function of one number, and where its floats are not those of the formula that it shows (the point is shown).

    Accuracy: theorem (statements G1 to G3; B2, B3 for black boxes). Source: Moore, Kearfott & Cloud, Introduction to
    Interval Analysis, 2009; Johansson, Arb, IEEE Trans. Comput. 66, 2017.
    """
    from uat.given import Recorded, record, resolve

    if not isinstance(f, Recorded):
        f, _ = resolve(f)
    if isinstance(getattr(g, "piecewise", None), PiecewiseAffine):  # an Approximation, a Narrowest
        domain, tol = g.piecewise.domain if domain is None else domain, _made_for(g) if tol is None else tol
        g = g.net
    if domain is None and not isinstance(g, PiecewiseAffine):
        domain = getattr(f, "domain", None)  # a target's
    rel, abs = _checks.nonnegative(rel, "rel"), _checks.nonnegative(abs, "abs")
    _checks.one_of(norm, "norm", ("sup", "L1", "L2"))
    _checks.one_of(arithmetic, "arithmetic", ("real", "float64", "float32"))
    tol = None if tol is None else _checks.positive(tol, "tol")
    seconds = None if seconds is None else _checks.positive(seconds, "seconds")

    from uat.balls import precision
    from uat.bounds import bisection, cells, proofs
    from uat.bounds import modulus as modulus_
    from uat.bounds.rounding import evaluated

    deadline = Deadline(seconds)  # from when the libraries are there: the first call would spend it on them
    interval = cells.domain_of(g, domain)
    f = record(f, interval)
    facts = modulus_.declared(lipschitz, modulus)
    if (facts or arithmetic != "real") and norm != "sup":
        what = "arithmetic" if arithmetic != "real" else "lipschitz" if lipschitz is not None else "modulus"
        raise InputError(f'`{what}` can be used with norm="sup" only, but norm = {norm!r}.')
    pieces: Any = None
    with precision.working_precision(bisection.BITS):
        try:
            pieces = cells.cells_of(g, interval, breaks, deadline)
            if deadline.endless:
                _checks.memory(_NUMBERS_A_BOX * len(pieces), f"a proof over {len(pieces)} pieces without `seconds`")
            size = cells.size_of(pieces)
            target, rounding = evaluated(g, interval, arithmetic)
            if target is not g:
                pieces = cells.cells_of(target, interval, breaks, deadline)
            floor = _FLOOR * size * (interval[1] - interval[0]) ** {"sup": 0.0, "L1": 1.0, "L2": 0.5}[norm]
            goal = bisection.Goal(rel, abs, floor, 0.0 if abs else bisection.SMALL * floor / 4, tol or 0.0)
            certificate = (
                proofs.by_samples(f, pieces, goal, facts, deadline)
                if facts
                else proofs.by_balls(f, pieces, goal, norm, interval, deadline)
            )
        except OutOfTime:
            target, rounding, certificate = g, 0.0, proofs.ended(interval, norm, "seconds")
        except KeyboardInterrupt:
            target, rounding, certificate = g, 0.0, proofs.ended(interval, norm, "interrupt")
    if not certificate.proven:
        rest = Deadline() if deadline.endless else deadline.at_least(bisection.GRACE)
        try:
            rest = Deadline(bisection.GRACE) if certificate.stopped else rest
            certificate = proofs.by_sight(f, target, interval, certificate, rest)
        except KeyboardInterrupt:  # a glance, then
            certificate = replace(certificate, stopped="interrupt")
            certificate = proofs.by_sight(f, target, interval, certificate, Deadline(bisection.GRACE))
        warnings.warn(f"the error is not proven: {certificate.note}", NotProvenWarning, stacklevel=2)
    if arithmetic == "float32":
        certificate = replace(certificate, lower=proofs.at_a_float32(f, pieces, interval, certificate))
    return proofs.with_rounding(certificate, rounding, arithmetic)


def _made_for(result: Any) -> float | None:
    """The tolerance of sup|f - g| for which an Approximation, or a Narrowest, was made; None without one."""
    tube = getattr(result, "tube", result)
    return None if tube.rtol else tube.tol
