"""The named functions: from the literature of approximation and from practice, with their facts and sources.

Every constant is the supremum itself, attained on the domain, rounded up: `_above` adds four units in the last place to
a formula of a few rounded operations, which is more than those lose. The tests compare each with its exact value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from math import e, erf, exp, gamma, log, pi, sqrt
from types import MappingProxyType

from uat.targets.facts import Target


def _above(value: float) -> float:
    return value + 4 * math.ulp(value)


# Weierstrass asks for 0 < a < 1, b odd, ab > 1 + 3 pi/2; b = 1 mod 4 lets all terms of f' peak together at x = 1/2.
_TERMS = 3
_WEIERSTRASS = " + ".join(f"{0.5**k} * cos({13**k}*pi*x)" for k in range(_TERMS))

_QUARTER = sqrt(pi) * gamma(0.75) / (2 * gamma(1.25))  # integral of sqrt(sin) over [0, pi/2]
_BUMP = sqrt(200 / e)  # sup|f'| of exp(-100 x^2), at x = 1/sqrt(200)
_BENCHMARK = "Rebennack & Kallrath 2015, J. Optim. Theory Appl. 167"

_ALL = (
    # smooth, elementary
    Target("sin", "sin(x)", (0.0, 2 * pi), _BENCHMARK, lipschitz=1, second_derivative=1, curvature=4 * _QUARTER),
    Target(
        "cos", "cos(x)", (0.0, pi), "practice: half a period, from 1 to -1",
        lipschitz=1, second_derivative=1, monotone="decreasing", curvature=2 * _QUARTER,
    ),
    Target(
        "exp", "exp(x)", (-1.0, 1.0), "practice: the kernel of softmax and of Gibbs weights",
        lipschitz=_above(e), second_derivative=_above(e), convex=True, monotone="increasing",
        curvature=4 * math.sinh(0.5),
    ),
    Target(
        "ln", "ln(x)", (1.0, 32.0), _BENCHMARK,
        lipschitz=1, second_derivative=1, concave=True, monotone="increasing", curvature=log(32),
    ),
    Target(
        "reciprocal", "1/x", (1.0, 10.0), "practice: division by table in fixed point",
        lipschitz=1, second_derivative=2, convex=True, monotone="decreasing", curvature=sqrt(8) * (1 - sqrt(0.1)),
    ),
    Target(
        "square", "x**2", (-3.5, 3.5), _BENCHMARK,
        lipschitz=7, second_derivative=2, convex=True, curvature=7 * sqrt(2),
    ),
    Target(
        "cubic", "2*x**2 + x**3", (-2.5, 2.5), _BENCHMARK,
        lipschitz=28.75, second_derivative=19, curvature=(11**1.5 + 19**1.5) / 9,
    ),
    # smooth, with a place that a uniform grid serves badly
    Target(
        "runge", "1/(1 + 25*x**2)", (-1.0, 1.0), "Runge 1901, Z. Math. Phys. 46",
        lipschitz=_above(90 / (16 * sqrt(3))), second_derivative=50,
    ),
    Target(
        "damped-sine", "exp(-x)*sin(x)", (-4.0, 4.0), _BENCHMARK,
        lipschitz=_above(-exp(4) * (math.cos(4) + math.sin(4))), second_derivative=_above(sqrt(2) * exp(1.25 * pi)),
    ),
    Target(
        "bump", "exp(-100*(x - 2)**2)", (0.0, 3.0), _BENCHMARK,
        lipschitz=_above(_BUMP), second_derivative=200,
    ),
    Target(
        "two-bumps", "1.03*exp(-100*(x - 1.2)**2) + exp(-100*(x - 2)**2)", (0.0, 3.0), _BENCHMARK,
        lipschitz=_above(1.03 * _BUMP), second_derivative=_above(206),
    ),
    Target(
        "sin-over-x", "sin(x)/x", (1.0, 12.0), _BENCHMARK,
        lipschitz=_above(0.43618181727145851), second_derivative=_above(0.24869223644578915),
    ),
    Target(
        "square-wave", "tanh(11*sin(12*x))", (0.0, 1.0), "practice: a square wave of finite rise time",
        lipschitz=132, second_derivative=_above(13428.290978382511),
    ),
    Target(
        "weierstrass", _WEIERSTRASS, (0.0, 1.0),
        f"Weierstrass 1872: the first {_TERMS} terms of the sum of a^k cos(b^k pi x), a = 1/2, b = 13",
        lipschitz=_above(pi * (6.5**_TERMS - 1) / 5.5), second_derivative=_above(pi**2 * (84.5**_TERMS - 1) / 83.5),
    ),
    # activations
    Target(
        "tanh", "tanh(x)", (-5.0, 5.0), _BENCHMARK,
        lipschitz=1, second_derivative=_above(4 / (3 * sqrt(3))), monotone="increasing",
    ),
    Target(
        "sigmoid", "1/(1 + exp(-x))", (-8.0, 8.0), "Cybenko 1989, Math. Control Signals Syst. 2",
        lipschitz=0.25, second_derivative=_above(1 / (6 * sqrt(3))), monotone="increasing",
    ),
    Target(
        "erf", "erf(x)", (-3.0, 3.0), "practice: the normal distribution function",
        lipschitz=_above(2 / sqrt(pi)), second_derivative=_above(sqrt(8 / (pi * e))), monotone="increasing",
    ),
    Target(
        "softplus", "log1p(exp(x))", (-8.0, 8.0), "Dugas et al. 2001, NIPS 13",
        lipschitz=_above(1 / (1 + exp(-8))), second_derivative=0.25, convex=True, monotone="increasing",
    ),
    Target(
        "gelu", "0.5*x*(1 + erf(x/sqrt(2)))", (-5.0, 5.0), "Hendrycks & Gimpel 2016, arXiv:1606.08415",
        lipschitz=_above(0.5 * (1 + erf(1)) + exp(-1) / sqrt(pi)), second_derivative=_above(sqrt(2 / pi)),
    ),
    Target(
        "silu", "x/(1 + exp(-x))", (-8.0, 8.0), "Elfwing, Uchibe & Doya 2018, Neural Networks 107",
        lipschitz=_above(1.0998393201288669), second_derivative=0.5,
    ),
    # saturation
    Target(
        "michaelis-menten", "x/(1 + x)", (0.0, 10.0), "Michaelis & Menten 1913, Biochem. Z. 49",
        lipschitz=1, second_derivative=2, concave=True, monotone="increasing",
        curvature=sqrt(8) * (1 - 1 / sqrt(11)),
    ),
    Target(
        "relu6", "minimum(maximum(x, 0), 6)", (-2.0, 8.0), "Krizhevsky 2010, convolutional deep belief networks",
        lipschitz=1, kinks=(0.0, 6.0), monotone="increasing", curvature=0,
    ),
    # kinks and infinite slopes
    Target(
        "abs", "abs(x)", (-1.0, 1.0), "Bernstein 1914, Acta Math. 37",
        lipschitz=1, kinks=(0.0,), convex=True, curvature=0,
    ),
    Target(
        "abs-third", "abs(x - 1/3)", (0.0, 1.0), "practice: a kink that no dyadic grid meets",
        lipschitz=1, kinks=(1 / 3,), convex=True, curvature=0,
    ),
    Target(
        "sqrt", "sqrt(x)", (0.0, 1.0), "de Boor 1978, A Practical Guide to Splines: the case for graded knots",
        holder=(1.0, 0.5), infinite_slope=(0.0,), concave=True, monotone="increasing", curvature=2,
    ),
    Target(
        "power", "x**0.3", (0.0, 1.0), "practice: a corner singularity",
        holder=(1.0, 0.3), infinite_slope=(0.0,), concave=True, monotone="increasing", curvature=sqrt(0.21) / 0.15,
    ),
    Target(
        "entropy", "-xlogy(x, x)", (0.0, 1.0), "Shannon 1948, Bell Syst. Tech. J. 27: one summand of the entropy",
        holder=(_above(2 / e), 0.5), infinite_slope=(0.0,), concave=True, curvature=2,
    ),
)  # fmt: skip

TARGETS: Mapping[str, Target] = MappingProxyType({target.name: target for target in _ALL})
