"""A user's function run on jets and on intervals, with every way of leaving the world of balls put into a sentence.

What a proof needs beyond the rules is that f *is* a function: the same formula at every call, on balls as on floats.
`FunctionOnBalls.distrust` looks for signs of the contrary (random numbers, hidden state, another branch for arrays). It
can refute, never confirm; the certificate is about the real function that the code denotes when it meets a ball.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb

from uat.bounds.ball_rules import Arb
from uat.bounds.balls import Comparison, Enclosure, NoRuleError, UndecidedError
from uat.bounds.intervals import Interval
from uat.bounds.jets import Jet

_NAN = arb.nan()
_NOWHERE = Jet(_NAN, _NAN, _NAN)
_PROBES = (0.0873, 0.3141, 0.5772, 0.7183, 0.9463)  # fractions of the domain, away from the usual knots
_AGREEMENT = 1e-3  # floats may lose digits to cancellation, not three leading ones at most probes


class NotProvableError(Exception):
    """f cannot be run on balls: the sentence that says why."""


class FunctionOnBalls:
    """f on jets and on intervals; `reason` keeps the last sentence about a place where f had no enclosure."""

    def __init__(self, f: Callable[[Any], Any]) -> None:
        self.f = f
        self.reason = ""
        self.assumed: set[str] = set()

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
        try:
            return _unwrapped(self.f(x), kind)
        except UndecidedError as error:  # on a smaller ball it may be decided
            self.reason = str(error)
            return None
        except NotProvableError:
            raise
        except NoRuleError as error:
            raise NotProvableError(str(error)) from error
        except Exception as error:
            raise NotProvableError(f"f raised {type(error).__name__} on a ball: {error}") from error

    def distrust(self, a: float, b: float) -> str:
        """Why f is not to be believed: it differs from call to call, or between balls and floats. Empty if no sign."""
        points = [a + (b - a) * fraction for fraction in _PROBES]
        apart, checked, scale = 0, 0, 0.0
        for x in points:
            first = self.value(x)
            if x == points[0] and not same(first, self.value(x)):
                return f"f is not a function: two calls at x = {x!r} differ (random numbers or hidden state)"
            seen = self._float_value(x)
            if seen is None or not first.is_finite():
                continue
            checked += 1
            proven = float(first)
            scale = max(scale, abs(proven), abs(seen))
            apart += abs(proven - seen) > _AGREEMENT * scale
        if checked and 2 * apart > checked:
            return (
                "f on floats and f on balls are different functions: it treats arrays apart, or floats lose its digits"
            )
        return ""

    def _float_value(self, x: float) -> float | None:
        try:
            with np.errstate(all="ignore"):
                value = float(np.asarray(self.f(np.array([x]))).reshape(-1)[0])
        except Exception:  # noqa: BLE001 - f may take scalars only
            try:
                with np.errstate(all="ignore"):
                    value = float(self.f(x))
            except Exception:  # noqa: BLE001 - f may be written for balls only; then there is nothing to compare
                return None
        return value if np.isfinite(value) else None


def same(x: Arb, y: Arb) -> bool:
    """Whether two balls are the same ball (or both unknown)."""
    if not (x.is_finite() and y.is_finite()):
        return bool(x.is_finite() == y.is_finite())
    return bool(x.mid() == y.mid() and x.rad() == y.rad())


def _unwrapped(result: Any, kind: type[Any]) -> Any:
    """What f returned, as an enclosure of the kind it was given."""
    if isinstance(result, np.ndarray) and result.size == 1:
        result = result.reshape(())[()]
    if isinstance(result, Comparison):
        result = result.number()
    if isinstance(result, kind):
        return result
    if isinstance(result, Enclosure):
        raise NotProvableError("f returned a ball that it was not given")
    if isinstance(result, (int, float, np.number)):
        raise NotProvableError(
            "f gave a plain number for a ball: it may be random or read from a table (a constant is written 0*x + c)"
        )
    raise NotProvableError(f"f gave a {type(result).__name__} for a ball, not one number")
