"""A function by name, with the facts that are declared about it: what an a priori bound may rest on.

A declared fact is a theorem about the function that its author vouches for; a bound that uses one says so in `assumes`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from uat import _checks
from uat._checks import InputError
from uat.formula import Formula

_expression = functools.lru_cache(maxsize=256)(Formula)  # parsed at first call: a table of names costs no import


@dataclass(frozen=True, eq=False, slots=True)
class Target:
    """A continuous function f: [a, b] -> R with declared facts.

    Parameters
    ----------
    name : how it is asked for.
    function : a formula in x, such as "sin(x)/x", or a function of arrays.
    domain : (a, b), a < b, where the facts hold.
    source : who uses it, and where.
    lipschitz : L >= 0 with |f(x) - f(y)| <= L |x - y|; None if there is none.
    second_derivative : M >= 0 with |f''| <= M; None if f is not twice continuously differentiable up to the ends.
    holder : (L, alpha), 0 < alpha < 1, with |f(x) - f(y)| <= L |x - y|^alpha, where that is the best that can be said.
    kinks : the interior points where f' jumps, increasing (the nearest floats); elsewhere in (a, b) f is C^2.
    infinite_slope : the end points where f' is infinite.
    convex, concave : True where declared.
    monotone : "increasing" (f' >= 0), "decreasing" (f' <= 0), or None.
    curvature : the integral of sqrt|f''| over the pieces between kinks, in closed form up to rounding (theory C1 wants
        it; it is no bound); None where there is no closed form.

    Called like a function of arrays; given by a formula, it takes a number or a ball as well (see `uat.Formula`).

    Raises InputError on the first fact that makes no sense; it cannot tell whether a fact is true.
    """

    name: str
    function: str | Callable[[Any], Any]
    domain: tuple[float, float]
    source: str = ""
    lipschitz: float | None = None
    second_derivative: float | None = None
    holder: tuple[float, float] | None = None
    kinks: tuple[float, ...] = ()
    infinite_slope: tuple[float, ...] = ()
    convex: bool = False
    concave: bool = False
    monotone: str | None = None
    curvature: float | None = None

    def __post_init__(self) -> None:
        for name in ("name", "source"):
            _checks.instance(getattr(self, name), name, str)
        if not isinstance(self.function, str):
            _checks.function(self.function, "function", "a formula or a function")
        for name in ("convex", "concave"):
            _checks.flag(getattr(self, name), name)
        a, b = _checks.interval(self.domain)
        object.__setattr__(self, "domain", (a, b))
        for name in ("lipschitz", "second_derivative", "curvature"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, _checks.nonnegative(getattr(self, name), name))
        kinks = _checks.strictly_increasing(_checks.vector(self.kinks, "kinks"), "kinks")
        if kinks.size and not a < kinks[0] <= kinks[-1] < b:
            raise InputError(f"`kinks` must lie inside ({a}, {b}), but are {_checks.show(self.kinks)}.")
        object.__setattr__(self, "kinks", tuple(kinks.tolist()))
        steep = tuple(_checks.vector(self.infinite_slope, "infinite_slope").tolist())
        if not {*steep} <= {a, b}:
            raise InputError(f"`infinite_slope` must hold end points, but is {_checks.show(self.infinite_slope)}.")
        object.__setattr__(self, "infinite_slope", steep)
        if self.holder is not None:
            holder = tuple(_checks.vector(self.holder, "holder", length=2).tolist())
            if not (holder[0] >= 0 and 0 < holder[1] < 1):
                raise InputError(f"`holder` must be (L, alpha), L >= 0, 0 < alpha < 1, but is {_checks.show(holder)}.")
            object.__setattr__(self, "holder", holder)
        if self.monotone is not None:
            _checks.one_of(self.monotone, "monotone", ("increasing", "decreasing"))

    def __call__(self, x: Any) -> Any:
        return self.expression(x) if isinstance(self.function, str) else self.function(x)

    @property
    def formula(self) -> str:
        """What f(x) is, as a text: the formula, or the name of the function."""
        if isinstance(self.function, str):
            return self.function
        return str(getattr(self.function, "__name__", type(self.function).__name__))

    @property
    def expression(self) -> Formula:
        """The formula, parsed when it is first wanted; refused where the function is not given by a formula."""
        if not isinstance(self.function, str):
            raise InputError(f"target {self.name!r} must be given by a formula, but is {_checks.show(self.function)}.")
        return _expression(self.function)

    @property
    def facts(self) -> tuple[str, ...]:
        """What is declared, a sentence each."""
        return tuple(f"{fact} (declared by target {self.name!r})" for fact in self._statements())

    def _statements(self) -> list[str]:
        said = []
        if self.lipschitz is not None:
            said.append(f"|f'| <= {self.lipschitz!r} on the domain")
        if self.second_derivative is not None:
            said.append(f"|f''| <= {self.second_derivative!r} on the domain")
        if self.holder is not None:
            said.append(f"|f(x) - f(y)| <= {self.holder[0]!r} |x - y|^{self.holder[1]!r} on the domain")
        if self.kinks:
            said.append(f"f' jumps at {', '.join(map(repr, self.kinks))} and f is C^2 elsewhere")
        if self.infinite_slope:
            said.append(f"f' is infinite at {', '.join(map(repr, self.infinite_slope))}")
        said += [f"f is {shape} on the domain" for shape in ("convex", "concave") if getattr(self, shape)]
        if self.monotone:
            said.append(f"f is {self.monotone} on the domain")
        return said
