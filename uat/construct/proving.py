"""`certify` as a search uses it: in silence, on balls first, and on the caller's word only where balls are of no avail.

A search asks for many certificates and its door warns once, about the last. A declared constant is weaker than balls: a
bound from it is some L h / 2 where the function itself shows h^2. So it is the second choice, and a certificate lists
it in `assumes` only where it was needed.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import NamedTuple

from uat._sampling import Function
from uat.bounds.certification import Certificate, NotProvenWarning, certify
from uat.bounds.modulus import Modulus, declared, interpolation_bound
from uat.piecewise import PiecewiseAffine


class Belief(NamedTuple):
    """What the caller declares of f: |f(x) - f(y)| <= lipschitz |x - y|, or <= modulus(|x - y|); or nothing."""

    lipschitz: float | None = None
    modulus: Modulus | None = None

    def __bool__(self) -> bool:
        return self.lipschitz is not None or self.modulus is not None

    def refuse_contradiction(self, p: PiecewiseAffine) -> None:
        """InputError where the declaration is malformed, or the values of f at the knots of p contradict it."""
        facts = declared(self.lipschitz, self.modulus)
        if facts:
            interpolation_bound(facts, p)


NOTHING = Belief()


def certified(
    f: Function,
    p: PiecewiseAffine,
    domain: tuple[float, float] | None = None,
    *,
    tol: float | None = None,
    rel: float = 0.01,
    abs: float = 0.0,
    seconds: float | None = None,
    belief: Belief = NOTHING,
) -> Certificate:
    """The certificate of sup|f - p|, without a warning: on balls or, where that proves nothing, on the belief."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotProvenWarning)
        c = certify(f, p, domain, tol=tol, rel=rel, abs=abs, seconds=seconds)
        if not belief:
            return c
        if c.proven:
            return unsworn(c)
        lipschitz, modulus = belief
        return certify(f, p, domain, tol=tol, rel=rel, abs=abs, seconds=seconds, lipschitz=lipschitz, modulus=modulus)


def unsworn(c: Certificate) -> Certificate:
    """A certificate that did without what was declared, and says so."""
    return replace(c, method=f"{c.method}; the declared bound was not needed")
