"""The checker's own evaluator: a formula in x on balls and on power series of flint, by a walk over its syntax tree.

Part of the independent checker (`recheck`): it imports nothing else of this project, on purpose, and so repeats in a
few lines what the certifier does in many. `range` encloses f on a ball. `series` gives f on a ball as a Taylor
polynomial of order 2 with enclosed coefficients, or None where the formula is not smooth there or flint has no series
for it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from flint import arb, arb_series

Ball = Any
Series = Any


class FormulaError(Exception):
    """The formula holds something that the checker does not know."""


class _NotSmoothError(Exception):
    """No series here: a kink, a jump, a pole, or a function without one."""


def _sqrt_of_squares(x: Ball) -> Ball:
    """What rounding pushed below 0 is cut off."""
    return arb(0).union(x.upper().sqrt()) if x.contains(0) else x.sqrt()


def _floor(x: Ball) -> Ball:
    return x.lower().floor().union(x.upper().floor())


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
    "floor": _floor,
    "ceil": lambda x: -_floor(-x), "minimum": arb.min, "maximum": arb.max,
    "clip": lambda x, low, high: arb.min(arb.max(x, low), high), "heaviside": _heaviside,
    "hypot": lambda x, y: _sqrt_of_squares(abs(x) * abs(x) + abs(y) * abs(y)),
    "erf": lambda x: x.erf(), "erfc": lambda x: x.erfc(), "gamma": lambda x: x.gamma(), "gammaln": lambda x: x.lgamma(),
    "digamma": lambda x: x.digamma(), "expit": lambda x: 1 / (1 + (-x).exp()),
    "log_expit": lambda x: -(1 + (-x).exp()).log(), "j0": lambda x: x.bessel_j(0), "j1": lambda x: x.bessel_j(1),
    "xlogy": lambda x, y: x * y.log(), "relu": lambda x: arb.max(x, arb(0)), "softplus": lambda x: (1 + x.exp()).log(),
}  # fmt: skip
RIMS: dict[str, tuple[int, int | None]] = {"sqrt": (0, None), "arcsin": (-1, 1), "arccos": (-1, 1)}  # monotone between
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
    raise _NotSmoothError


def _series_max(u: Series, v: Series) -> Series:
    difference = u - v
    if difference[0] > 0:
        return u
    if difference[0] < 0:
        return v
    raise _NotSmoothError


def _series_step(ranged: Callable[[Ball], Ball]) -> Callable[[Series], Series]:
    def step(u: Series) -> Series:
        value = ranged(u[0])
        if not value.is_exact():
            raise _NotSmoothError
        return arb_series([value], 3)

    return step


def _series_cbrt(u: Series) -> Series:
    if u[0] > 0:
        return (u.log() / 3).exp()
    if u[0] < 0:
        return -(((-u).log() / 3).exp())
    raise _NotSmoothError


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
    "square": lambda u: u * u, "abs": _series_abs, "sign": _series_step(_sign), "floor": _series_step(_floor),
    "ceil": _series_step(RANGES["ceil"]), "maximum": _series_max, "minimum": lambda u, v: -_series_max(-u, -v),
    "clip": lambda u, low, high: -_series_max(-_series_max(u, low), -high),
    "hypot": lambda u, v: (u * u + v * v).sqrt(),
    "erf": lambda u: u.erf(), "erfc": lambda u: u.erfc(), "gamma": lambda u: u.gamma(), "gammaln": lambda u: u.lgamma(),
    "expit": lambda u: 1 / (1 + (-u).exp()), "log_expit": lambda u: -_softplus(-u), "softplus": _softplus,
    "j0": _series_j0, "j1": _series_j1, "xlogy": lambda u, v: u * v.log(),
    "relu": lambda u: _series_max(u, arb_series([0], 3)),
}  # fmt: skip


class Formula:
    """A formula in x: numbers, pi, e, + - * / % **, comparisons, & | ~, where(), and the functions in `RANGES`.

    ``clipped`` says, after `range` and `hull`, which arguments were cut off at the rim of a domain: the value is right
    if f is real there.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.clipped: set[str] = set()
        self._ends: tuple[Ball, Ball] = (arb(0), arb(0))
        try:
            self.tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise FormulaError(f"{text!r} is no formula") from None
        self.source = text.strip()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name) and node.id not in {"x", "pi", "e", "where", *RANGES, *ALIASES}:
                raise FormulaError(f"the checker does not know {node.id!r}")

    def range(self, x: Ball) -> Ball:
        """f on a ball; not finite where nothing is known."""
        return self._on(x, x.lower(), x.upper())

    def hull(self, low: Ball, high: Ball) -> Ball:
        """f on [low, high]."""
        return self._on(low.union(high), low, high)

    def _on(self, x: Ball, low: Ball, high: Ball) -> Ball:
        self.clipped, self._ends = set(), (low, high)
        return self._number(self.tree, x, False)

    def _part(self, what: str, node: ast.expr, ball: Ball, least: int, most: int | None = None) -> tuple[Ball, Ball]:
        """The ends of an argument, cut off at the rim of a domain; not finite where it lies outside."""
        low, high = self._ends if isinstance(node, ast.Name) and node.id == "x" else (ball.lower(), ball.upper())
        if not (high >= least and (most is None or low <= most)):
            return arb.nan(), arb.nan()
        if low < least:
            low = arb(least)
            self.clipped.add(f"the argument of {what} is >= {least}")
        if most is not None and high > most:
            high = arb(most)
            self.clipped.add(f"the argument of {what} is <= {most}")
        return low, high

    def series(self, x: Series) -> Series | None:
        """f on x = ball + t, to second order, or None."""
        try:
            out = self._number(self.tree, x, True)
        except (_NotSmoothError, ValueError, ZeroDivisionError):  # flint raises where a quotient has no series
            return None
        return out if out[0].is_finite() and out[1].is_finite() else None

    def _constant(self, value: Ball, smooth: bool) -> Any:
        return arb_series([value], 3) if smooth else value

    def _number(self, node: ast.expr, x: Any, smooth: bool) -> Any:
        match node:
            case ast.Constant(value=int() | float()):
                return self._constant(arb(ast.get_source_segment(self.source, node)), smooth)
            case ast.Name(id="x"):
                return x
            case ast.Name(id="pi"):
                return self._constant(arb.pi(), smooth)
            case ast.Name(id="e"):
                return self._constant(arb.const_e(), smooth)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self._number(operand, x, smooth)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self._number(operand, x, smooth)
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self._power(left, right, x, smooth)
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right) if _is_truth(left) and _is_truth(right):
                raise FormulaError("the checker wants | where two comparisons are added")
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() | ast.Mod() as op, right=right):
                return _arithmetic(op, self._number(left, x, smooth), self._number(right, x, smooth), smooth)
            case ast.Call(func=ast.Name(id="where"), args=[condition, a, b], keywords=[]):
                return self._where(condition, a, b, x, smooth)
            case ast.Call(func=ast.Name(id="xlogy"), args=[a, b], keywords=[]) if not smooth:
                return self._xlogy(a, b, x)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                name = ALIASES.get(name, name)
                if name in RIMS and not smooth and len(arguments) == 1:
                    ends = self._part(name, arguments[0], self._number(arguments[0], x, False), *RIMS[name])
                    return RANGES[name](ends[0]).union(RANGES[name](ends[1]))
                table = SERIES if smooth else RANGES
                if name not in table:
                    if smooth and name in RANGES:
                        raise _NotSmoothError
                    raise FormulaError(f"the checker does not know {name!r}")
                return table[name](*(self._number(argument, x, smooth) for argument in arguments))
            case ast.Compare() | ast.BinOp(op=ast.BitAnd() | ast.BitOr()) | ast.UnaryOp(op=ast.Invert()):
                truth = self._truth(node, x, smooth)
                if truth is None and smooth:
                    raise _NotSmoothError
                return arb(0).union(arb(1)) if truth is None else self._constant(arb(int(truth)), smooth)
        raise FormulaError(f"the checker does not know {type(node).__name__}")

    def _where(self, condition: ast.expr, a: ast.expr, b: ast.expr, x: Any, smooth: bool) -> Any:
        truth = self._truth(condition, x, smooth)
        if truth is not None:
            return self._number(a if truth else b, x, smooth)
        if smooth:
            raise _NotSmoothError
        return self._number(a, x, smooth).union(self._number(b, x, smooth))

    def _truth(self, node: ast.expr, x: Any, smooth: bool) -> bool | None:
        """True, False, or None where the ball holds both."""
        match node:
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                a, b = self._number(left, x, smooth), self._number(right, x, smooth)
                d = (a - b)[0] if smooth else a - b
                if isinstance(op, (ast.Gt, ast.GtE)):
                    d, op = -d, (ast.Lt() if isinstance(op, ast.Gt) else ast.LtE())
                if isinstance(op, ast.Lt):
                    return True if d < 0 else (False if d >= 0 else None)
                if isinstance(op, ast.LtE):
                    return True if d <= 0 else (False if d > 0 else None)
                equal = True if d.is_zero() else (False if d != 0 else None)
                return equal if equal is None or isinstance(op, ast.Eq) else not equal
            case ast.BinOp(left=left, op=ast.BitAnd() | ast.BitOr() as op, right=right):
                both = [self._truth(left, x, smooth), self._truth(right, x, smooth)]
                decisive = isinstance(op, ast.BitOr)
                return decisive if decisive in both else (None if None in both else not decisive)
            case ast.UnaryOp(op=ast.Invert(), operand=operand):
                truth = self._truth(operand, x, smooth)
                return None if truth is None else not truth
        raise FormulaError("the checker wants a comparison where a condition stands")

    def _xlogy(self, a: ast.expr, b: ast.expr, x: Ball) -> Ball:
        """a log b, 0 at a = 0. For a = b near 0, t log t: below 1/e it falls from 0."""
        p, q = self._number(a, x, False), self._number(b, x, False)
        if p.is_zero():
            return arb(0)
        if q.contains(0) and ast.dump(a) == ast.dump(b):
            _, high = self._part("xlogy", b, q, 0)
            if high.is_zero():
                return arb(0)
            if high < arb("0.36"):
                return arb(0).union(high * high.log())
        return p * q.log()

    def _power(self, left: ast.expr, exponent: ast.expr, x: Any, smooth: bool) -> Any:
        """Exponents that are whole numbers, however they are written, take products; others a base that is >= 0."""
        base = self._number(left, x, smooth)
        if not any(isinstance(node, ast.Name) and node.id == "x" for node in ast.walk(exponent)):
            constant = self._number(exponent, arb(0), False)
            if constant.is_integer():
                return self._whole_power(base, int(constant.unique_fmpz()), smooth)
        c = self._number(exponent, x, smooth)
        if not smooth and c > 0 and not base > 0:  # monotone from 0^c = 0
            _, high = self._part("a power that is not a whole number", left, base, 0)
            return arb(0).union(high**c) if high > 0 else high  # 0, or not finite
        return (base.log() * c).exp()

    def _whole_power(self, base: Any, n: int, smooth: bool) -> Any:
        """By squaring; the square of a ball is that of its size, so that it is not negative."""
        one = self._constant(arb(1), smooth)
        product = base if n % 2 else one
        square, k = (base * base if smooth else abs(base) * abs(base)), abs(n) // 2
        while k:
            product = product * square if k % 2 else product
            k //= 2
            square = square * square if k else square
        return one / product if n < 0 else product


def _is_truth(node: ast.expr) -> bool:
    match node:
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _is_truth(left) and _is_truth(right)
        case ast.Compare() | ast.BinOp(op=ast.BitAnd() | ast.BitOr()) | ast.UnaryOp(op=ast.Invert()):
            return True
    return False


def _arithmetic(op: ast.operator, a: Any, b: Any, smooth: bool) -> Any:
    if isinstance(op, ast.Add):
        return a + b
    if isinstance(op, ast.Sub):
        return a - b
    if isinstance(op, ast.Mult):
        return a * b
    if isinstance(op, ast.Div):
        return a / b
    quotient = (a / b)[0] if smooth else a / b
    whole = _floor(quotient)
    if smooth and not whole.is_exact():
        raise _NotSmoothError
    return a - b * whole
