"""Random formulas of powers, roots, `where` and comparisons, with their real values in fractions or 50 digits.

What is written here knows nothing of `uat`: a formula is a tree, its text is printed from the tree, and its value at a
rational point is a fraction as long as it can be one (so that "is the exponent a whole number" and "is x == 0.3" have
answers), else a number of mpmath. Nothing is undefined by accident: `UNDEFINED` is what has no real value, and
`Unjudged` is raised where 50 digits do not tell which case holds.
"""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np

DIGITS = 50
UNDEFINED = None
_SAME = mpmath.mpf(10) ** -35  # below this relative difference two numbers of 50 digits are not told apart
_LARGEST = 10**60
Node = tuple[Any, ...]  # ("x",), ("n", "0.3"), or (operation, part, ...)


class Unjudged(Exception):  # noqa: N818 - no error
    """50 digits do not decide."""


# -- values ------------------------------------------------------------------------------------------------------------


def _mp(v: Any) -> Any:
    return mpmath.mpf(v.numerator) / v.denominator if isinstance(v, Fraction) else v


def _apart(a: Any, b: Any) -> int:
    """The sign of a - b."""
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return (a > b) - (a < b)
    u, v = _mp(a), _mp(b)
    if abs(u - v) <= _SAME * (1 + abs(u) + abs(v)):
        raise Unjudged
    return 1 if u > v else -1


def _exact_root(v: Fraction, n: int) -> Fraction | None:
    """The n-th root of a fraction >= 0, if it is one."""
    parts = []
    for k in (v.numerator, v.denominator):
        root = round(k ** (1 / n)) if k < 2**200 else 0
        if root**n != k:
            return None
        parts.append(root)
    return Fraction(*parts)


def _power(b: Any, e: Any) -> Any:
    whole = isinstance(e, Fraction) and e.denominator == 1
    if not isinstance(e, Fraction) and abs(e - mpmath.nint(e)) <= _SAME * (1 + abs(e)):
        raise Unjudged
    size = _apart(b, Fraction(0))
    if whole and e == 0:
        return Fraction(1)
    if size == 0:
        return Fraction(0) if _apart(e, Fraction(0)) > 0 else UNDEFINED
    if size < 0 and not whole:
        return UNDEFINED
    if whole and isinstance(b, Fraction) and abs(e) <= 40:
        return b ** int(e)
    if isinstance(b, Fraction) and isinstance(e, Fraction) and e.denominator <= 6 and abs(e) <= 10:
        root = _exact_root(b, e.denominator)
        if root is not None:
            return root**e.numerator
    if abs(_mp(e) * mpmath.log(abs(_mp(b)))) > 400:
        raise Unjudged
    return mpmath.power(_mp(b), int(e) if whole else _mp(e))


def _root(n: int) -> Callable[[Any], Any]:
    def root(v: Any) -> Any:
        size = _apart(v, Fraction(0))
        if size < 0:
            return UNDEFINED if n == 2 else -root(-v)
        exact = _exact_root(v, n) if isinstance(v, Fraction) else None
        return mpmath.root(_mp(v), n) if exact is None else exact

    return root


def _inside(f: Callable[[Any], Any], low: int | None, high: int | None, open_: bool = False) -> Callable[[Any], Any]:
    """A function of mpmath's on its domain."""

    def value(v: Any) -> Any:
        for end, sign in ((low, 1), (high, -1)):
            if end is not None and (side := sign * _apart(v, Fraction(end))) <= 0 and (open_ or side < 0):
                return UNDEFINED
        out = f(_mp(v))
        return Fraction(round(out)) if isinstance(v, Fraction) and v in (0, 1) and out == mpmath.nint(out) else out

    return value


def _floor(v: Any) -> Fraction:
    if isinstance(v, Fraction):
        return Fraction(math.floor(v))
    if abs(v - mpmath.nint(v)) <= _SAME * (1 + abs(v)):
        raise Unjudged
    return Fraction(int(mpmath.floor(v)))


def _both(f: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """On two fractions, or on two numbers of mpmath."""
    return lambda a, b: f(a, b) if isinstance(a, Fraction) and isinstance(b, Fraction) else f(_mp(a), _mp(b))


def _larger(a: Any, b: Any) -> Any:
    return a if _apart(a, b) >= 0 else b


def _smaller(a: Any, b: Any) -> Any:
    return b if _apart(a, b) >= 0 else a


def _divided(a: Any, b: Any) -> Any:
    return UNDEFINED if _apart(b, Fraction(0)) == 0 else _both(operator.truediv)(a, b)


def _remainder(a: Any, b: Any) -> Any:
    quotient = _divided(a, b)
    return UNDEFINED if quotient is UNDEFINED else _both(lambda u, v: u - v * _mp_or(_floor(quotient), u))(a, b)


def _mp_or(whole: Fraction, like: Any) -> Any:
    return whole if isinstance(like, Fraction) else _mp(whole)


def _sign(v: Any) -> Fraction:
    return Fraction(_apart(v, Fraction(0)))


def _xlogy(a: Any, b: Any) -> Any:
    if _apart(a, Fraction(0)) == 0:
        return Fraction(0)
    return UNDEFINED if _apart(b, Fraction(0)) <= 0 else _mp(a) * mpmath.log(_mp(b))


def _hypot(a: Any, b: Any) -> Any:
    square: Any = _both(lambda u, v: u * u + v * v)(a, b)
    return _root(2)(square)


FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    "sqrt": (1, _root(2)), "cbrt": (1, _root(3)), "abs": (1, abs), "sign": (1, _sign), "floor": (1, _floor),
    "ceil": (1, lambda v: -_floor(-v)), "square": (1, lambda v: v * v), "relu": (1, lambda v: _larger(v, Fraction(0))),
    "exp": (1, _inside(mpmath.exp, None, None)), "sin": (1, _inside(mpmath.sin, None, None)),
    "log": (1, _inside(mpmath.log, 0, None, True)), "log1p": (1, _inside(mpmath.log1p, -1, None, True)),
    "arcsin": (1, _inside(mpmath.asin, -1, 1)), "arccos": (1, _inside(mpmath.acos, -1, 1)),
    "arccosh": (1, _inside(mpmath.acosh, 1, None)), "arctanh": (1, _inside(mpmath.atanh, -1, 1, True)),
    "max": (2, _larger), "min": (2, _smaller), "hypot": (2, _hypot), "xlogy": (2, _xlogy),
    "heaviside": (2, lambda v, h: h if _sign(v) == 0 else Fraction(int(_sign(v) > 0))),
    "clip": (3, lambda v, low, high: _smaller(_larger(v, low), high)),
}  # fmt: skip
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": _both(operator.add), "-": _both(operator.sub), "*": _both(operator.mul), "/": _divided, "%": _remainder,
    "**": _power,
}  # fmt: skip
COMPARISONS: dict[str, Callable[[int], bool]] = {
    "<": lambda s: s < 0, "<=": lambda s: s <= 0, ">": lambda s: s > 0, ">=": lambda s: s >= 0,
    "==": lambda s: s == 0, "!=": lambda s: s != 0,
}  # fmt: skip


def _truth(node: Node, x: Fraction, constant: Callable[[Node], Any]) -> bool | None:
    """Whether a condition holds; None where it is undefined: "and" with what is false is false all the same."""
    known = constant(node)
    if known is not None:
        return bool(known)
    if node[0] == "~":
        inner = _truth(node[1], x, constant)
        return None if inner is None else not inner
    if node[0] in "&|":
        parts, decisive = [_truth(part, x, constant) for part in node[1:]], node[0] == "|"
        return decisive if decisive in parts else (None if None in parts else not decisive)
    a, b = (_value(part, x, constant) for part in node[1:])
    return None if a is UNDEFINED or b is UNDEFINED else COMPARISONS[node[0]](_apart(a, b))


def _value(node: Node, x: Fraction, constant: Callable[[Node], Any]) -> Any:
    if node[0] == "x":
        return x
    known = constant(node)
    if known is not None:
        return known
    if node[0] == "n":
        return Fraction(node[1])
    if node[0] == "where":
        truth = _truth(node[1], x, constant)
        return UNDEFINED if truth is None else _value(node[2 if truth else 3], x, constant)
    if node[0] == "truth":
        truth = _truth(node[1], x, constant)
        return UNDEFINED if truth is None else Fraction(int(truth))
    parts = [_value(part, x, constant) for part in node[1:]]
    if UNDEFINED in parts:
        return UNDEFINED
    value = OPERATORS[node[0]](*parts) if node[0] in OPERATORS else FUNCTIONS[node[0]][1](*parts)
    if value is not UNDEFINED and abs(value) > _LARGEST:
        raise Unjudged
    if isinstance(value, Fraction) and value.denominator.bit_length() > 2000:
        return _mp(value)
    return value


# -- texts -------------------------------------------------------------------------------------------------------------


def text_of(node: Node) -> str:
    match node:
        case ("x",):
            return "x"
        case ("n", digits):
            return f"({digits})" if digits[0] == "-" or "/" in digits else digits
        case ("truth", condition):
            return text_of(condition)
        case ("~", condition):
            return f"(~{text_of(condition)})"
        case (op, a, b) if op in OPERATORS or op in COMPARISONS or op in "&|":
            return f"({text_of(a)} {op} {text_of(b)})"
    return f"{node[0]}({', '.join(map(text_of, node[1:]))})"


def parts_of(node: Node) -> Iterator[Node]:
    yield node
    if node[0] != "n":
        for part in node[1:]:
            yield from parts_of(part)


def numpy_names() -> dict[str, Any]:
    import scipy.special

    named = {name: getattr(np, name) for name in FUNCTIONS if hasattr(np, name) and name not in ("max", "min")}
    own = {"max": np.maximum, "min": np.minimum, "where": np.where, "relu": lambda v: np.maximum(v, 0)}
    return {**named, **own, "xlogy": scipy.special.xlogy}


@dataclass(frozen=True)
class RandomFormula:
    """A tree on a domain. `as_code`: a Python function, whose constants are floats; else a formula of decimals."""

    tree: Node
    domain: tuple[float, float]
    as_code: bool
    _known: dict[int, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return text_of(self.tree)

    def code(self) -> Callable[[Any], Any]:
        """The text as Python and NumPy run it."""
        program, names = compile(self.text, "<formula>", "eval"), numpy_names()
        return lambda x: eval(program, names, {"x": x})

    def value(self, x: Fraction) -> Any:
        """f(x) as a fraction or with 50 digits, `UNDEFINED`, or `Unjudged` raised."""
        with mpmath.workdps(DIGITS):
            try:
                return _value(self.tree, x, self._float if self.as_code else lambda node: None)
            except (OverflowError, ZeroDivisionError, TypeError, ValueError):  # of Python's numbers, in parts without x
                raise Unjudged from None

    def _float(self, node: Node) -> Any:
        """What Python makes of a part without x: the fraction that its float is; None for a part with x."""
        if id(node) not in self._known:
            value = None
            if ("x",) not in parts_of(node):
                with np.errstate(all="ignore"):
                    number = eval(text_of(node), numpy_names())
                if not np.isfinite(number):
                    raise Unjudged
                value = Fraction(float(number))
            self._known[id(node)] = value
        return self._known[id(node)]

    def points(self, rng: random.Random, knots: list[float]) -> list[Fraction]:
        """Floats, the ends, and points of measure zero that the formula names, on the domain."""
        a, b = map(Fraction, self.domain)
        named = {Fraction(part[1]) for part in parts_of(self.tree) if part[0] == "n"}
        named |= {Fraction(float(v)) for v in named} | {-v for v in named} | {Fraction(0)}
        beside = {v + sign * Fraction(1, 10**k) for v in named for k in (3, 9, 17) for sign in (1, -1)}
        drawn = [Fraction(rng.uniform(*self.domain)) for _ in range(10)]
        some = [*named, *rng.sample(sorted(beside), min(12, len(beside))), *drawn, *map(Fraction, knots)]
        return sorted({a, b, *(v for v in some if a <= v <= b)})


# -- drawing -----------------------------------------------------------------------------------------------------------

_CONSTANTS = ["0", "1", "2", "3", "-1", "-2", "-5", "0.5", "0.3", "-0.7", "0.1", "1/3", "1.5", "0.25"]
_WHOLE, _BROKEN = (
    ["1", "2", "3", "-1", "-2", "0", "4", "1.0", "2.0"],
    ["0.5", "1.5", "1/3", "2/3", "-0.5", "0.3", "2.5"],
)


class _Draw:
    """Draws parts of one formula. Its choices mostly share a condition, as those of people do."""

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.shared = rng, [("==", ("x",), ("n", "0"))]
        self.shared = [self.condition(1) for _ in range(2)]

    def named(self, names: list[str]) -> Node:
        return ("n", self.rng.choice(names))

    def condition(self, depth: int) -> Node:
        rng, kind = self.rng, self.rng.random()
        if kind < 0.5 and len(self.shared) > 1:
            return rng.choice(self.shared)
        if depth > 0 and kind < 0.57:
            return (rng.choice("&|"), self.condition(depth - 1), self.condition(depth - 1))
        if depth > 0 and kind < 0.6:
            return ("~", self.condition(depth - 1))
        left = ("x",) if kind < 0.85 else self.number(depth - 1)
        right = self.named(_CONSTANTS) if kind < 0.95 else self.number(depth - 1)
        return (rng.choice(["<", "<=", ">", ">=", "==", "==", "!="]), left, right)

    def base(self, depth: int) -> Node:
        """Of a root or a power: mostly not negative, but where a condition holds, often at a single point."""
        rng = self.rng
        if rng.random() < 0.3:
            return self.number(depth)
        name = rng.choice(["abs", "abs", "square", "exp", "hypot", "max"])
        parts = [self.number(depth - 1) for _ in range(FUNCTIONS[name][0])]
        sizes: Node = (name, parts[0], ("n", "0.1")) if name == "max" else (name, *parts)
        if rng.random() < 0.3:
            return sizes
        other = self.named(["-5", "-2", "-0.7", "0"]) if rng.random() < 0.5 else self.number(depth - 1)
        return rng.choice([("where", self.condition(1), other, sizes), ("where", self.condition(1), sizes, other)])

    def split_power(self, depth: int) -> Node:
        """A base that is negative where the exponent is whole, and a root elsewhere: real everywhere."""
        condition, negative = self.condition(1), ("-", ("n", "0"), ("abs", self.number(depth)))
        base = self.rng.choice([self.named(["-5", "-2", "-0.7"]), negative])
        size = (self.rng.choice(["abs", "square", "exp"]), self.number(depth))
        return ("**", ("where", condition, base, size), ("where", condition, self.named(_WHOLE), self.named(_BROKEN)))

    def exponent(self, depth: int) -> Node:
        rng, kind = self.rng, self.rng.random()
        if kind < 0.15:
            return self.named(_WHOLE)
        if kind < 0.3:
            return self.named(_BROKEN)
        if kind < 0.8:
            two = [self.named(_WHOLE), self.named(_WHOLE + 2 * _BROKEN)]
            rng.shuffle(two)
            return ("where", self.condition(1), *two)
        if kind < 0.9:
            step = (rng.choice(["floor", "ceil", "sign"]), self.number(depth - 1))
            return rng.choice([step, ("*", ("n", "2"), ("n", "0.5")), ("/", ("n", "3"), ("n", "2"))])
        return self.number(depth - 1)

    def number(self, depth: int) -> Node:
        rng, kind = self.rng, self.rng.random()
        if depth <= 0 or kind < 0.1:
            leaf = rng.random()
            if leaf < 0.7:
                return ("x",) if leaf < 0.45 else self.named(_CONSTANTS)
            return (rng.choice("+-*"), ("x",), self.named(_CONSTANTS))
        if kind < 0.4:
            if rng.random() < 0.4:
                return self.split_power(depth - 2)
            return ("**", self.base(depth - 1), self.exponent(depth - 1))
        if kind < 0.55:
            return ("where", self.condition(depth - 1), self.number(depth - 1), self.number(depth - 1))
        if kind < 0.65:
            return (rng.choice(["sqrt", "sqrt", "cbrt"]), self.base(depth - 1))
        if kind < 0.78:
            return (rng.choice("++--**/%"), self.number(depth - 1), self.number(depth - 1))
        if kind < 0.81:
            return ("truth", self.condition(depth - 1))
        name = rng.choice(sorted(FUNCTIONS))
        return (name, *(self.number(depth - 1) for _ in range(FUNCTIONS[name][0])))


def drawn(seed: int) -> tuple[RandomFormula, random.Random]:
    """The formula of a seed, in which x stands and a power, a root or a choice, and the generator for what follows."""
    rng = random.Random(seed)
    while True:
        tree = _Draw(rng).number(rng.choice([2, 3, 3, 4]))
        kinds = {part[0] for part in parts_of(tree)}
        if "x" in kinds and kinds & {"**", "sqrt", "cbrt", "where"} and len(text_of(tree)) < 160:
            domain = (-rng.choice([0.5, 1.0, 2.0, 0.3, 1.7]), rng.choice([0.5, 1.0, 2.0, 0.7, 3.0]))
            return RandomFormula(tree, domain, rng.random() < 0.3), rng
