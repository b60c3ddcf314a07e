"""The checker's functions: each by its range on a ball, and by its power series of order 2 where it is smooth.

Part of the independent checker (`recheck`): it imports nothing else of this project. The rules are asked for finite
balls only: whether an argument is defined at all is settled once, by who walks the formula (`recheck_formula`), so that
no rule can turn nothing into a number.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from flint import arb, arb_series

Ball = Any
Series = Any


class NotSmoothError(Exception):
    """No series here: a kink, a jump, a pole, or a function without one."""


class UndefinedError(Exception):
    """A part of the formula has no finite real value here, or none that is known."""


def floor_of(x: Ball) -> Ball:
    """The hull of the whole numbers that floor takes on a ball."""
    return x.lower().floor().union(x.upper().floor())


def _sqrt_of_squares(x: Ball) -> Ball:
    """What rounding pushed below 0 is cut off."""
    return arb(0).union(x.upper().sqrt()) if x.contains(0) else x.sqrt()


def _sign(x: Ball) -> Ball:
    return x.lower().sgn().union(x.upper().sgn())


def _cbrt(x: Ball) -> Ball:
    def point(t: Ball) -> Ball:
        if t.is_zero():
            return t
        return t.root(3) if t > 0 else -((-t).root(3))

    return point(x.lower()).union(point(x.upper()))


def _heaviside(x: Ball, h: Ball) -> Ball:
    if x > 0:
        return arb(1)
    return arb(0) if x < 0 else (h if x.is_zero() else arb(0).union(arb(1)).union(h))


RANGES: dict[str, Callable[..., Ball]] = {
    "sin": lambda x: x.sin(), "cos": lambda x: x.cos(), "tan": lambda x: x.tan(),
    "arcsin": lambda x: x.asin(), "arccos": lambda x: x.acos(),
    "arctan": lambda x: x.atan(), "arctan2": lambda y, x: arb.atan2(y, x),
    "sinh": lambda x: x.sinh(), "cosh": lambda x: x.cosh(), "tanh": lambda x: 1 - 2 / (1 + (2 * x).exp()),
    "arcsinh": lambda x: x.lower().asinh().union(x.upper().asinh()),
    "arccosh": lambda x: x.acosh(), "arctanh": lambda x: x.atanh(),
    "sinc": lambda x: x.sinc_pi(), "exp": lambda x: x.exp(), "exp2": lambda x: (x * arb(2).log()).exp(),
    "expm1": lambda x: x.expm1(), "log": lambda x: x.log(), "log1p": lambda x: (1 + x).log(),
    "log2": lambda x: x.log() / arb(2).log(), "log10": lambda x: x.log() / arb(10).log(),
    "sqrt": lambda x: x.sqrt(), "cbrt": _cbrt, "square": lambda x: abs(x) * abs(x), "abs": abs, "sign": _sign,
    "floor": floor_of,
    "ceil": lambda x: -floor_of(-x), "minimum": arb.min, "maximum": arb.max,
    "clip": lambda x, low, high: arb.min(arb.max(x, low), high), "heaviside": _heaviside,
    "hypot": lambda x, y: _sqrt_of_squares(abs(x) * abs(x) + abs(y) * abs(y)),
    "erf": lambda x: x.erf(), "erfc": lambda x: x.erfc(), "gamma": lambda x: x.gamma(), "gammaln": lambda x: x.lgamma(),
    "digamma": lambda x: x.digamma(), "expit": lambda x: 1 / (1 + (-x).exp()),
    "log_expit": lambda x: -(1 + (-x).exp()).log(), "j0": lambda x: x.bessel_j(0), "j1": lambda x: x.bessel_j(1),
    "xlogy": lambda x, y: x if x.is_zero() else x * y.log(),
    "relu": lambda x: arb.max(x, arb(0)), "softplus": lambda x: (1 + x.exp()).log(),
}  # fmt: skip
RIMS: dict[str, tuple[int, int | None]] = {  # monotone between
    "sqrt": (0, None), "arcsin": (-1, 1), "arccos": (-1, 1), "arccosh": (1, None),
}  # fmt: skip
ARITIES = (
    dict.fromkeys(RANGES, 1)
    | dict.fromkeys(("arctan2", "minimum", "maximum", "heaviside", "hypot", "xlogy"), 2)
    | {"clip": 3}
)
ALIASES = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh",
    "atan2": "arctan2", "ln": "log", "fabs": "abs", "min": "minimum", "max": "maximum", "lgamma": "gammaln",
    "sigmoid": "expit",
}  # fmt: skip


def _outer(u: Series, f0: Ball, f1: Ball, f2: Ball) -> Series:
    """f(u) from f, f', f'' on the ball u[0]: flint's series product does the rest."""
    h = arb_series([0, u[1], u[2]], 3)
    return arb_series([f0], 3) + f1 * h + (f2 / 2) * (h * h)


def _series_sinc(u: Series) -> Series:
    y = arb.pi() * u
    return y.sin() / y


def _series_abs(u: Series) -> Series:
    if u[0] > 0:
        return u
    if u[0] < 0:
        return -u
    raise NotSmoothError


def _series_max(u: Series, v: Series) -> Series:
    difference = u - v
    if difference[0] > 0:
        return u
    if difference[0] < 0:
        return v
    raise NotSmoothError


def _series_step(ranged: Callable[[Ball], Ball]) -> Callable[[Series], Series]:
    def step(u: Series) -> Series:
        value = ranged(u[0])
        if not value.is_exact():
            raise NotSmoothError
        return arb_series([value], 3)

    return step


def _series_cbrt(u: Series) -> Series:
    if u[0] > 0:
        return (u.log() / 3).exp()
    if u[0] < 0:
        return -(((-u).log() / 3).exp())
    raise NotSmoothError


def _series_j0(u: Series) -> Series:
    j0, j1, j2 = (u[0].bessel_j(n) for n in range(3))
    return _outer(u, j0, -j1, (j2 - j0) / 2)


def _series_j1(u: Series) -> Series:
    j0, j1, j2, j3 = (u[0].bessel_j(n) for n in range(4))
    return _outer(u, j1, (j0 - j2) / 2, (j3 - 3 * j1) / 4)


def _series_atan(u: Series) -> Series:
    x = u[0]
    d = 1 / (1 + abs(x) * abs(x))
    return _outer(u, x.atan(), d, -2 * x * d * d)


def _softplus(u: Series) -> Series:
    return (1 + u.exp()).log()


SERIES: dict[str, Callable[..., Series]] = {
    "sin": lambda u: u.sin(), "cos": lambda u: u.cos(), "tan": lambda u: u.tan(), "arcsin": lambda u: u.asin(),
    "arccos": lambda u: u.acos(), "arctan": _series_atan, "sinh": lambda u: (u.exp() - (-u).exp()) / 2,
    "cosh": lambda u: (u.exp() + (-u).exp()) / 2, "tanh": lambda u: 1 - 2 / (1 + (2 * u).exp()),
    "arcsinh": lambda u: (u + (u * u + 1).sqrt()).log(), "arccosh": lambda u: (u + (u * u - 1).sqrt()).log(),
    "arctanh": lambda u: ((1 + u) / (1 - u)).log() / 2, "sinc": _series_sinc, "exp": lambda u: u.exp(),
    "exp2": lambda u: (u * arb(2).log()).exp(), "expm1": lambda u: u.exp() - 1, "log": lambda u: u.log(),
    "log1p": lambda u: (1 + u).log(), "log2": lambda u: u.log() / arb(2).log(),
    "log10": lambda u: u.log() / arb(10).log(), "sqrt": lambda u: u.sqrt(), "cbrt": _series_cbrt,
    "square": lambda u: u * u, "abs": _series_abs, "sign": _series_step(_sign), "floor": _series_step(floor_of),
    "ceil": _series_step(RANGES["ceil"]), "maximum": _series_max, "minimum": lambda u, v: -_series_max(-u, -v),
    "clip": lambda u, low, high: -_series_max(-_series_max(u, low), -high),
    "hypot": lambda u, v: (u * u + v * v).sqrt(),
    "erf": lambda u: u.erf(), "erfc": lambda u: u.erfc(), "gamma": lambda u: u.gamma(), "gammaln": lambda u: u.lgamma(),
    "expit": lambda u: 1 / (1 + (-u).exp()), "log_expit": lambda u: -_softplus(-u), "softplus": _softplus,
    "j0": _series_j0, "j1": _series_j1, "xlogy": lambda u, v: u * v.log(),
    "relu": lambda u: _series_max(u, arb_series([0], 3)),
}  # fmt: skip


def whole_power(base: Any, n: int, smooth: bool) -> Any:
    """By squaring; the square of a ball is that of its size, so that it is not negative."""
    one = arb_series([1], 3) if smooth else arb(1)
    product = base if n % 2 else one
    square, k = (base * base if smooth else abs(base) * abs(base)), abs(n) // 2
    while k:
        product = product * square if k % 2 else product
        k //= 2
        square = square * square if k else square
    return arithmetic(ast.Div(), one, product, smooth) if n < 0 else product


def arithmetic(op: ast.operator, a: Any, b: Any, smooth: bool) -> Any:
    """a + b, a - b, a * b, a / b or a % b, of balls or series."""
    if isinstance(op, ast.Add):
        return a + b
    if isinstance(op, ast.Sub):
        return a - b
    if isinstance(op, ast.Mult):
        return a * b
    if (b[0] if smooth else b).contains(0):  # flint's series 0 divides by anything
        raise UndefinedError
    quotient = a / b
    if isinstance(op, ast.Div):
        return quotient
    whole = floor_of(quotient[0] if smooth else quotient)
    if smooth and not whole.is_exact():
        raise NotSmoothError
    return a - b * whole
