"""Slow, obvious twins for the room `bounds`: formulas in mpmath, and random formulas that run on anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import scipy.special
from hypothesis import strategies as st

DIGITS = 60

# name -> (as NumPy or SciPy computes it, as mpmath does, an interval on which it is defined)
UNARY: dict[str, tuple[Callable[..., Any], Callable[..., Any], tuple[float, float]]] = {
    "sin": (np.sin, mpmath.sin, (-9, 9)),
    "cos": (np.cos, mpmath.cos, (-9, 9)),
    "tan": (np.tan, mpmath.tan, (-1.5, 1.5)),
    "exp": (np.exp, mpmath.exp, (-5, 5)),
    "exp2": (np.exp2, lambda x: mpmath.power(2, x), (-5, 5)),
    "expm1": (np.expm1, mpmath.expm1, (-5, 5)),
    "log": (np.log, mpmath.log, (0.01, 9)),
    "log2": (np.log2, lambda x: mpmath.log(x, 2), (0.01, 9)),
    "log10": (np.log10, mpmath.log10, (0.01, 9)),
    "log1p": (np.log1p, mpmath.log1p, (-0.99, 9)),
    "sqrt": (np.sqrt, mpmath.sqrt, (0.01, 9)),
    "cbrt": (np.cbrt, lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)), (0.01, 9)),
    "cbrt of a negative": (np.cbrt, lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)), (-9, -0.01)),
    "sinh": (np.sinh, mpmath.sinh, (-5, 5)),
    "cosh": (np.cosh, mpmath.cosh, (-5, 5)),
    "tanh": (np.tanh, mpmath.tanh, (-5, 5)),
    "arcsin": (np.arcsin, mpmath.asin, (-0.99, 0.99)),
    "arccos": (np.arccos, mpmath.acos, (-0.99, 0.99)),
    "arctan": (np.arctan, mpmath.atan, (-9, 9)),
    "arcsinh": (np.arcsinh, mpmath.asinh, (-9, 9)),
    "arccosh": (np.arccosh, mpmath.acosh, (1.01, 9)),
    "arctanh": (np.arctanh, mpmath.atanh, (-0.99, 0.99)),
    "sinc": (np.sinc, lambda x: mpmath.sinc(mpmath.pi * x), (-5, 5)),
    "erf": (scipy.special.erf, mpmath.erf, (-5, 5)),
    "erfc": (scipy.special.erfc, mpmath.erfc, (-5, 5)),
    "ndtr": (scipy.special.ndtr, mpmath.ncdf, (-5, 5)),
    "expit": (scipy.special.expit, lambda x: 1 / (1 + mpmath.exp(-x)), (-9, 9)),
    "logit": (scipy.special.logit, lambda x: mpmath.log(x / (1 - x)), (0.01, 0.99)),
    "log_expit": (scipy.special.log_expit, lambda x: -mpmath.log1p(mpmath.exp(-x)), (-9, 9)),
    "gamma": (scipy.special.gamma, mpmath.gamma, (0.1, 6)),
    "gammaln": (scipy.special.gammaln, mpmath.loggamma, (0.1, 6)),
    "rgamma": (scipy.special.rgamma, mpmath.rgamma, (-2, 6)),
    "psi": (scipy.special.psi, mpmath.digamma, (0.1, 6)),
    "j0": (scipy.special.j0, lambda x: mpmath.besselj(0, x), (-9, 9)),
    "j1": (scipy.special.j1, lambda x: mpmath.besselj(1, x), (-9, 9)),
    "i0": (scipy.special.i0, lambda x: mpmath.besseli(0, x), (-5, 5)),
    "i1": (scipy.special.i1, lambda x: mpmath.besseli(1, x), (-5, 5)),
    "abs": (np.abs, abs, (-5, 5)),
    "square": (np.square, lambda x: x * x, (-5, 5)),
    "reciprocal": (np.reciprocal, lambda x: 1 / x, (0.1, 9)),
    "exp10": (scipy.special.exp10, lambda x: mpmath.power(10, x), (-3, 3)),
    "deg2rad": (np.deg2rad, mpmath.radians, (-90, 90)),
    "rad2deg": (np.rad2deg, mpmath.degrees, (-3, 3)),
}
STEPS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "floor": (np.floor, mpmath.floor),
    "ceil": (np.ceil, mpmath.ceil),
    "trunc": (np.trunc, lambda x: mpmath.floor(x) if x >= 0 else mpmath.ceil(x)),
    "sign": (np.sign, mpmath.sign),
}
BINARY: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "+": (np.add, lambda a, b: a + b),
    "-": (np.subtract, lambda a, b: a - b),
    "*": (np.multiply, lambda a, b: a * b),
    "/": (np.true_divide, lambda a, b: a / b),
    "maximum": (np.maximum, max),
    "minimum": (np.minimum, min),
    "hypot": (np.hypot, mpmath.hypot),
    "arctan2": (np.arctan2, lambda y, x: mpmath.atan2(y, x)),
    "logaddexp": (np.logaddexp, lambda a, b: mpmath.log(mpmath.exp(a) + mpmath.exp(b))),
    "where": (lambda a, b: np.where(a < b, a + 1, b * 2), lambda a, b: a + 1 if a < b else b * 2),
}
_SAFE_UNARY = sorted(name for name, (_, _, (low, high)) in UNARY.items() if low < -2 and high > 2 and "of" not in name)


@dataclass(frozen=True)
class RandomFormula:
    """A formula twice: on anything that NumPy takes, and on mpmath numbers."""

    text: str
    on_numpy: Callable[[Any], Any]
    on_mpmath: Callable[[Any], Any]


def _variable() -> RandomFormula:
    return RandomFormula("x", lambda x: x, lambda x: x)


def _shifted(a: float) -> RandomFormula:
    return RandomFormula(f"(x - {a!r})", lambda x: x - a, lambda x: x - mpmath.mpf(a))


def _apply(name: str, inner: RandomFormula) -> RandomFormula:
    on_numpy, on_mpmath = (UNARY | STEPS)[name][:2]
    return RandomFormula(
        f"{name}({inner.text})", lambda x: on_numpy(inner.on_numpy(x)), lambda x: on_mpmath(inner.on_mpmath(x))
    )


def _combine(name: str, a: RandomFormula, b: RandomFormula) -> RandomFormula:
    on_numpy, on_mpmath = BINARY[name]
    return RandomFormula(
        f"{name}({a.text}, {b.text})",
        lambda x: on_numpy(a.on_numpy(x), b.on_numpy(x)),
        lambda x: on_mpmath(a.on_mpmath(x), b.on_mpmath(x)),
    )


def _power(inner: RandomFormula, n: float) -> RandomFormula:
    def on_mpmath(x: Any) -> Any:
        value = mpmath.power(inner.on_mpmath(x), mpmath.mpf(n))
        if isinstance(value, mpmath.mpc):
            raise ValueError("a negative number to a power that is not an integer")
        return value

    return RandomFormula(f"{inner.text}**{n!r}", lambda x: inner.on_numpy(x) ** n, on_mpmath)


def _scaled(inner: RandomFormula, a: float, how: str) -> RandomFormula:
    """inner * a, inner / a, a / inner or a - inner."""
    apply: dict[str, Callable[[Any, Any], Any]] = {
        "x*a": lambda x, c: x * c, "x/a": lambda x, c: x / c, "a/x": lambda x, c: c / x, "a-x": lambda x, c: c - x,
    }  # fmt: skip
    return RandomFormula(
        f"({how} with x = {inner.text}, a = {a!r})",
        lambda x: apply[how](inner.on_numpy(x), a),
        lambda x: apply[how](inner.on_mpmath(x), mpmath.mpf(a)),
    )


def formulas(steps: bool = True) -> st.SearchStrategy[RandomFormula]:
    """Random formulas of a few operations."""
    constants = st.sampled_from([-2.0, -0.5, 0.1, 0.5, 1.0, 3.0])
    leaves = st.one_of(st.just(_variable()), constants.map(_shifted))
    names = _SAFE_UNARY + (sorted(STEPS) if steps else [])

    def grow(children: st.SearchStrategy[RandomFormula]) -> st.SearchStrategy[RandomFormula]:
        return st.one_of(
            st.builds(_apply, st.sampled_from(names), children),
            st.builds(_combine, st.sampled_from(sorted(BINARY)), children, children),
            st.builds(_scaled, children, constants, st.sampled_from(["x*a", "x/a", "a/x", "a-x"])),
            st.builds(_power, children, st.sampled_from([2, 3, -1, -2, 0.5, 1.5, -0.3])),
        )

    return st.recursive(leaves, grow, max_leaves=5)


def fraction(x: Any) -> Fraction:
    """An exact ball as the rational number that it is."""
    mantissa, exponent = x.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
