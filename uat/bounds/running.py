"""A user's function run on jets and on intervals, with every way of leaving the world of balls put into a sentence.

What a proof needs beyond the rules is that f *is* a function: the same formula at every call, on balls as on floats.
`FunctionOnBalls.distrust` looks for signs of the contrary (random numbers, hidden state, another branch for arrays). It
can refute, never confirm; the certificate is about the real function that the code denotes when it meets a ball.

A refusal is an exception, and f may catch it and go on with another formula. Refusals are therefore counted where they
are made, and a value that f returns in spite of one is not taken.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb

from uat._checks import Floats, raised
from uat._deadline import Deadline
from uat.bounds.ball_rules import Arb
from uat.bounds.balls import CALL, Enclosure, Several
from uat.bounds.intervals import Interval
from uat.bounds.jets import Jet
from uat.bounds.precision import precision_of
from uat.bounds.refusals import REFUSALS, NoRuleError, UndecidedError
from uat.bounds.watch import WATCH

_NAN = arb.nan()
_NOWHERE = Jet.nowhere()
_PROBES = (0.0873, 0.3141, 0.5772, 0.7183, 0.9463)  # fractions of the domain, away from the usual knots
_AGREEMENT = 1e-3  # floats may lose digits to cancellation, not three leading ones at most probes
_FLOAT_BITS = 53  # balls of that precision are as wide as the roundings of floats that the same formula suffers,
_SLACK = 64  # ... up to a factor, for functions whose float64 versions are not rounded correctly,
_NOISE = 1e-9  # ... and up to this, of the largest value
_OTHER = "it treats arrays apart, or floats lose its digits"
_MOST_LOOKS = 1024  # values of the search that are compared with floats, at least where there are more
_GRID = 1025  # where floats are asked whether f is real, when the proof took that for granted: ends and middle are in


class NotProvableError(Exception):
    """f cannot be run on balls: the sentence that says why."""


class FunctionOnBalls:
    """f on jets and on intervals; `reason` keeps the last sentence about a place where f had no enclosure.

    Every run of f looks at the `deadline` first: whatever asks for balls, and however often, ends in time.
    """

    def __init__(self, f: Callable[[Any], Any], deadline: Deadline | None = None) -> None:
        self.f = f
        self.deadline = Deadline() if deadline is None else deadline
        self.reason = ""
        self.assumed: set[str] = set()
        self.raised = ""  # by f on floats
        self.looked: list[tuple[float, Arb]] = []
        self._looks, self._every = 0, 1
        WATCH.begin()
        WATCH.end()

    def jet(self, ball: Arb) -> Jet:
        """f, its slopes and its curvature on a ball; not finite where they are not known."""
        result = self._run(Jet.variable(ball), Jet)
        return _NOWHERE if result is None else result

    def interval(self, low: float, high: float) -> Interval:
        """The range of f on [low, high]; not finite where it is not known, and then `reason` says why."""
        result = self._run(Interval(arb(low), arb(high)), Interval)
        if result is None:
            return Interval(_NAN, _NAN, reason=self.reason)
        enclosed: Interval = result
        if enclosed.reason:
            self.reason = enclosed.reason
        return enclosed

    def value(self, x: float) -> Arb:
        """f(x), enclosed: by a jet, or by the range on [x, x] where f has no slope."""
        value = self.jet(arb(x)).c0
        if not value.is_finite():
            value = self.interval(x, x).c0
        return value

    def _run(self, x: Any, kind: type[Any]) -> Any:
        self.deadline.look()
        before = REFUSALS.count
        outer, unheard = CALL.begin(x), WATCH.listen()
        try:
            result = self.f(x)
            if WATCH.seen:
                raise NotProvableError(f"f {WATCH.seen}: what it finds there is no part of a formula (read it before)")
            if REFUSALS.count != before:
                raise NotProvableError(f"f caught the refusal ({REFUSALS.last})")
            return _unwrapped(result, kind).survivor()
        except UndecidedError as error:  # on a smaller ball it may be decided
            self.reason = str(error)
            return None
        except NotProvableError:
            raise
        except NoRuleError as error:
            raise NotProvableError(str(error)) from error
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a SystemExit too
            if REFUSALS.count != before:  # NumPy goes on from a refusal to an error of its own
                raise NotProvableError(f"{REFUSALS.last} (f then raised {type(error).__name__})") from error
            said = f": {error}" if str(error) else ""
            raise NotProvableError(f"f raised {type(error).__name__} on a ball{said}") from error
        finally:
            WATCH.thread = unheard
            CALL.end(outer)

    def distrust(self, a: float, b: float, *, lossy: bool = False) -> str:
        """Why f is not to be believed: it differs from call to call, or between balls and floats. Empty if no sign.

        `lossy`: floats may lose all digits to cancellation, as long as balls of their precision lose them too.
        """
        points = [a + (b - a) * fraction for fraction in _PROBES]
        balls = [self.value(x) for x in points]
        if not same(balls[0], self.value(points[0])):
            return f"f is not a function: two calls at x = {points[0]!r} differ (random numbers or hidden state)"
        floats = self._floats(points)
        for x, y, ball in zip(points, floats, balls, strict=True):
            if np.isnan(y) and ball.is_finite():
                return f"f on floats and f on balls are different functions: f({x!r}) is nan"
        if self.raised and not np.isfinite(floats).any():
            return f"f is a function of balls and of no float: {self.raised}"
        known = [k for k in range(len(points)) if np.isfinite(floats[k]) and balls[k].is_finite()]
        scale = max((max(abs(float(balls[k])), abs(floats[k])) for k in known), default=0.0)
        lost = 0
        for k in known:
            apart = abs(float(balls[k]) - floats[k])
            lost += apart > _AGREEMENT * scale
            if apart > _NOISE * scale and apart > self.roundings(points[k]) + _NOISE * scale:
                return f"f on floats and f on balls are different functions: at x = {points[k]!r} {_OTHER}"
        if known and not lossy and 2 * lost > len(known):
            return f"f on floats and f on balls are different functions: {_OTHER}"
        return ""

    def look(self, x: float, value: Arb) -> None:
        """Keep what f is at x on balls, for `contradicted`: every look, or, of many, every so many."""
        if not value.is_finite():
            return
        self._looks += 1
        if self._looks % self._every == 0:
            self.looked.append((x, value))
        if len(self.looked) >= 2 * _MOST_LOOKS:
            self.looked, self._every = self.looked[1::2], 2 * self._every

    def contradicted(self, *others: float) -> str:
        """Where floats differ from what balls found while they searched, or find at `others`: empty if nowhere."""
        if self._every > 1:  # else they were looked at, and none was left out
            self.looked += [(x, value) for x in others if (value := self.value(x)).is_finite()]
        points = [x for x, _ in self.looked]
        floats = self._float_values(points)
        found = [(x, float(ball), y) for (x, ball), y in zip(self.looked, floats, strict=False) if np.isfinite(y)]
        scale = max((max(abs(b), abs(y)) for _, b, y in found), default=0.0)
        for x, b, y in found:
            if abs(b - y) > _NOISE * scale and abs(b - y) > self.roundings(x) + _NOISE * scale:
                return f"f on floats and f on balls are different functions: at x = {x!r} {_OTHER}"
        return ""

    def roundings(self, x: float, slack: float = _SLACK) -> float:
        """What floats may lose at x: as much as balls of their precision do, up to a factor; infinite if unknown."""
        with precision_of(_FLOAT_BITS):
            rough = self.value(x)
        return slack * float(rough.rad()) if rough.is_finite() else np.inf

    def unreal(self, points: Floats) -> str:
        """Where f has no value, though the proof took for granted that it is real; empty if nowhere.

        In floats at all points; on balls at every so many of them: f may turn the nan of a part into a number.
        """
        floats = np.array(self._float_values(points.tolist()))
        bad = np.flatnonzero(np.isnan(floats))
        if bad.size:
            return f"f is not real on the domain: f({float(points[bad[0]])!r}) is nan"
        some = points[:: -(-len(points) // _GRID)].tolist()
        nowhere = next((x for x in some if not self.value(x).is_finite()), None)
        return "" if nowhere is None else f"f is not real on the domain: at x = {nowhere!r}, {self.reason}"

    def _float_values(self, points: list[float]) -> list[float]:
        """f in floats, as many of them as there is time for; infinite where f takes none (`raised` says why)."""
        unheard = WATCH.listen()
        try:
            return [y for start, stop in self.deadline.runs(0, len(points)) for y in self._floats(points[start:stop])]
        finally:
            WATCH.thread = unheard

    def _floats(self, points: list[float]) -> list[float]:
        """On all points at once if it can be."""
        try:
            with np.errstate(all="ignore"):
                values = np.asarray(self.f(np.array(points)))
            if values.shape == (len(points),) and values.dtype.kind in "biuf":
                return [float(y) for y in values]
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: BLE001 - f may take scalars only
            pass
        return [self._float_value(x) for x in points]

    def _float_value(self, x: float) -> float:
        try:
            with np.errstate(all="ignore"):
                return float(np.asarray(self.f(np.array([x]))).reshape(-1)[0])
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: BLE001 - f may take scalars only
            try:
                with np.errstate(all="ignore"):
                    value = self.f(x)
                return np.nan if isinstance(value, complex) else float(value)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001 - there is nothing to compare; `distrust` says so
                self.raised = f"f({x!r}) raises {raised(error)}"
                return np.inf


def real_at(a: float, b: float, *others: Floats) -> Floats:
    """Where an assumption that f is real is put to the test: a grid with both ends, and the points given."""
    points: Floats = np.unique(np.concatenate([np.linspace(a, b, _GRID), *others]))
    return points[(points >= a) & (points <= b)]


def same(x: Arb, y: Arb) -> bool:
    """Whether two balls are the same ball (or both unknown)."""
    if not (x.is_finite() and y.is_finite()):
        return bool(x.is_finite() == y.is_finite())
    return bool(x.mid() == y.mid() and x.rad() == y.rad())


def _unwrapped(result: Any, kind: type[Any]) -> Any:
    """What f returned, as an enclosure of the kind it was given."""
    if type(result) is kind:
        return result
    result = result.entries if isinstance(result, Several) else result
    if isinstance(result, np.ndarray) and result.size == 1:
        result = result.reshape(())[()]
    if isinstance(result, Enclosure) and result.whole:
        result = result.number()
    if isinstance(result, kind):  # a 0-d array held it
        return result
    if isinstance(result, Enclosure):
        raise NotProvableError("f returned a ball that it was not given")
    if isinstance(result, (int, float, np.number)):
        raise NotProvableError(
            "f gave a plain number for a ball: it may be random or read from a table (a constant is written 0*x + c, "
            "and Python's max, min and if are np.maximum, np.minimum and np.where)"
        )
    raise NotProvableError(f"f gave a {type(result).__name__} for a ball, not one number")
