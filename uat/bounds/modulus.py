"""A priori: how far a function can be from its interpolant, from what is declared about it.

Every bound here is a theorem about all functions with the declared property, so it can be stated before a single value
is known (B1, B2), and sharpened once the values at the knots are (B3).

B1  |f''| <= M on a cell of length h:           |f - I f| <= h^2 M / 8, attained by x^2.
B2  modulus of continuity w:                    |f - I f| <= w(h), and <= (3/2) w(h/2); concave w: <= w(h/2).
    In particular |f(x) - f(y)| <= L |x - y|:   |f - I f| <= L h / 2, attained by |x| with its kink at mid-cell;
    and Hölder, |f(x) - f(y)| <= L |x - y|^a:   |f - I f| <= L (h/2)^a.
B3  Lipschitz constant L, chord slope S:        |f - I f| <= h (L^2 - S^2) / (2 L), attained by a tent on the chord.

Proofs stand in docs/theory.md. Bounds are rounded upwards: each formula costs a handful of roundings.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from uat import _checks
from uat._checks import Floats, InputError, raised, show
from uat.piecewise import UNIT, PiecewiseAffine

Modulus = Callable[[float], float]

_UP = 1 + 16 * UNIT  # more than the roundings of any formula here
_MOST_CELLS = 2**53
_PROBES = 64  # lengths at which a declared modulus is looked at before it is believed


@dataclass(frozen=True, slots=True)
class Declared:
    """What is believed about f on the whole domain: any of the four, and the sentences that say so.

    lipschitz : |f(x) - f(y)| <= lipschitz |x - y|.   modulus : |f(x) - f(y)| <= modulus(|x - y|), not decreasing.
    second_derivative : |f''| <= second_derivative, f in C^1 with f' absolutely continuous.
    holder : (L, alpha), |f(x) - f(y)| <= L |x - y|^alpha, 0 < alpha <= 1.
    """

    lipschitz: float | None = None
    modulus: Modulus | None = None
    second_derivative: float | None = None
    holder: tuple[float, float] | None = None
    assumes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        facts = (self.lipschitz, self.modulus, self.second_derivative, self.holder)
        return any(fact is not None for fact in facts)


def declared(lipschitz: float | None = None, modulus: Modulus | None = None) -> Declared:
    """What a caller declares, checked and put into words."""
    sentences = []
    if lipschitz is not None:
        lipschitz = _checks.nonnegative(lipschitz, "lipschitz")
        sentences.append(f"|f(x) - f(y)| <= {show(lipschitz)} |x - y| (declared)")
    if modulus is not None:
        _checks.function(modulus, "modulus", "a function t -> w(t)")
        sentences.append(
            f"|f(x) - f(y)| <= w(|x - y|) with the declared modulus of continuity {name_of(modulus)}, "
            "which does not decrease"
        )
    return Declared(lipschitz, modulus, assumes=tuple(sentences))


def name_of(function: object) -> str:
    """What a function calls itself."""
    return str(getattr(function, "__name__", None) or show(function))


def modulus_at(modulus: Modulus, t: float) -> float:
    """w(t), checked: a finite number >= 0."""
    try:
        value = modulus(t)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise InputError(f"`modulus` must give a number, but modulus({t!r}) raised {raised(error)}.") from error
    try:
        return _checks.nonnegative(value, "modulus")
    except InputError:
        raise InputError(f"`modulus` must be finite and >= 0, but modulus({t!r}) = {show(value)}.") from None


def cell_bound(facts: Declared, h: float) -> float:
    """The best of B1 and B2 on a cell of length h: |f - I f| <= cell_bound, before f is ever evaluated."""
    bounds = []
    if facts.second_derivative is not None:
        bounds.append(h * h * facts.second_derivative / 8)
    if facts.lipschitz is not None:
        bounds.append(facts.lipschitz * h / 2)
    if facts.holder is not None:
        bounds.append(facts.holder[0] * (h / 2) ** facts.holder[1])
    if facts.modulus is not None:
        whole, half = modulus_at(facts.modulus, h), modulus_at(facts.modulus, h / 2)
        _not_decreasing(facts.modulus, (h / 2, half), (h, whole))
        bounds.append(min(whole, 1.5 * half))
    return min(bounds) * _UP


def cells_within(facts: Declared, length: float, tol: float) -> int:
    """The fewest equal cells of an interval of that length for which `cell_bound` is within tol.

    Raises
    ------
    InputError
        When no number of cells that floats can count brings the bound below tol (a modulus that does not tend to 0).
    """

    check_modulus(facts, length)

    def enough(cells: int) -> bool:
        return cell_bound(facts, length / cells) <= tol

    high = 1
    while not enough(high):
        high *= 2
        if high > _MOST_CELLS:
            raise InputError(f"`tol` = {tol!r} is out of reach: the declared bound stays above it on the finest grid.")
    low = high // 2  # not enough, or 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def interpolation_bound(facts: Declared, p: PiecewiseAffine) -> float:
    """sup|f - p| for the interpolant p of a function with the declared facts: B1, B2, B3, the best on each cell.

    Raises
    ------
    InputError
        When two neighbouring values contradict what was declared; both points are shown.
    """
    check_modulus(facts, p.domain[1] - p.domain[0])
    h, rise = np.diff(p.knots), np.abs(np.diff(p.values))
    # half an ulp on each value and a few roundings here may fake a contradiction; more than that may not
    noise = 4 * UNIT * (np.abs(p.values[1:]) + np.abs(p.values[:-1]))
    best = np.full(h.size, np.inf)
    if facts.second_derivative is not None:
        with np.errstate(over="ignore"):  # reported below
            best = h * h * facts.second_derivative / 8
    if facts.holder is not None:
        constant, alpha = facts.holder
        _agree(p, rise <= constant * h**alpha * _UP + noise, f"`holder` = {show(facts.holder)}")
        best = np.minimum(best, constant * (h / 2) ** alpha)
    if facts.lipschitz is not None:
        reach = facts.lipschitz * h
        _agree(p, ~(rise > reach * _UP + noise), f"`lipschitz` = {show(facts.lipschitz)}")
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):  # infinity bounds nothing
            tent = (reach - rise) * (reach + rise) / (2 * reach)
        tent = np.where(reach > 0, np.maximum(tent, 0.0), 0.0) + 4 * UNIT * reach
        best = np.minimum(best, tent)
    if facts.modulus is not None:
        lengths, which = np.unique(h, return_inverse=True)
        w = np.array([modulus_at(facts.modulus, t) for t in lengths.tolist()])
        half = np.array([modulus_at(facts.modulus, t / 2) for t in lengths.tolist()])
        _agree(p, rise <= w[which] * _UP + noise, f"`modulus` = {name_of(facts.modulus)}")
        best = np.minimum(best, np.minimum(w, 1.5 * half)[which])
        for t, whole, part in zip(lengths.tolist(), w.tolist(), half.tolist(), strict=True):
            _not_decreasing(facts.modulus, (t / 2, part), (t, whole))
    upper = float((best * _UP).max())
    if not math.isfinite(upper):
        raise InputError("the declared bound overflows: it says nothing about a function of finite values.")
    return upper


def check_modulus(facts: Declared, length: float) -> None:
    """Refuse a modulus that is seen to decrease somewhere on the domain: B2 does not hold for such a one."""
    if facts.modulus is None:
        return
    t, w = length, modulus_at(facts.modulus, length)
    for k in range(_PROBES - 1, 0, -1):
        shorter = length * k / _PROBES
        below = modulus_at(facts.modulus, shorter)
        _not_decreasing(facts.modulus, (shorter, below), (t, w))
        t, w = shorter, below


def _not_decreasing(modulus: Modulus, shorter: tuple[float, float], longer: tuple[float, float]) -> None:
    if shorter[1] > longer[1] * _UP:
        (s, v), (t, w), name = shorter, longer, name_of(modulus)
        raise InputError(f"`modulus` must not decrease, but {name}({s!r}) = {v!r} and {name}({t!r}) = {w!r}.")


def _agree(p: PiecewiseAffine, good: np.ndarray, fact: str) -> None:
    if not good.all():
        k = int(np.argmin(good))
        x, y = _pair(p.knots, k), _pair(p.values, k)
        raise InputError(f"the samples contradict {fact}: f({x[0]}) = {y[0]} and f({x[1]}) = {y[1]}.")


def _pair(array: Floats, k: int) -> tuple[str, str]:
    return show(array[k]), show(array[k + 1])
