"""Why fewer pieces cannot do: a few points of f, and a count that anyone can repeat.

Whatever stays in the tube passes, at each of finitely many abscissae, through the window that the tube has there. So
the fewest links through the windows is a lower bound of the fewest pieces, and only values of f at points enter it:
no curvature, no sampling between them. Two kinds of witness:

"three-point" (theory C2): triples u < v < w on intervals with disjoint interiors, such that no affine function passes
    all three windows of a triple. Each open interval (u, w) then holds a knot: M triples need M + 1 pieces.
"windows" (theory C3): where jumps would save pieces the triples fall short; then the sweep through all windows,
    repeated in rational arithmetic, counts the links of a *continuous* path.

"data": windows where several values were measured at an abscissa, all of which the tube must hold.

All counts are exact: abscissae are floats, values are floats that enclose f's (rounded outwards), and everything after
that is done in flint's rational numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uat import _checks
from uat._checks import Floats, InputError
from uat.construct.corridor import fewest_links
from uat.construct.tube import SIDES, Tube

Enclosure = Callable[[float], tuple[Any, Any]]  # x -> numbers low <= f(x) <= high, floats or fractions


@dataclass(frozen=True, eq=False, slots=True)
class Witness:
    """A proof that at least `pieces` continuous affine pieces are needed to stay in the tube.

    Parameters
    ----------
    kind : "three-point", "windows" or "data"
    pieces : int
        The number that is proven to be needed.
    x : (n,) array
        Abscissae; for "three-point" the triples one after the other.
    low, high : (n,) arrays
        Floats with low <= f(x) <= high; for "data" the least and the largest value measured at x.
    tube : Tube
        The tolerances at which the statement holds.
    knots, through : tuples of float
        Abscissae among x where the approximation must have a knot, and where it must also take the value `low`.
    """

    kind: str
    pieces: int
    x: Floats
    low: Floats
    high: Floats
    tube: Tube
    knots: tuple[float, ...] = ()
    through: tuple[float, ...] = ()

    @classmethod
    def counted(cls, kind: str, *points: Any) -> Witness:
        """A witness of as many pieces as its points prove; the other arguments as in the class."""
        return cls(kind, cls(kind, 1, *points).count(), *points)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "kind": self.kind,
            "pieces": self.pieces,
            "x": self.x.tolist(),
            "low": self.low.tolist(),
            "high": self.high.tolist(),
            "tol": float(self.tube.tol),
            "rtol": float(self.tube.rtol),
            "side": self.tube.side,
            "knots": list(self.knots),
            "through": list(self.through),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Witness:
        """The inverse of `to_dict`; a file that lacks an entry or has an impossible one is refused."""
        try:
            tube = Tube(_checks.real(data["tol"], "tol"), _checks.real(data["rtol"], "rtol"), data["side"])
            x, low, high = (np.array(_checks.numbers(data[name], name), float) for name in ("x", "low", "high"))
            witness = cls(
                data["kind"], int(data["pieces"]), x, low, high, tube,
                tuple(data["knots"]), tuple(data["through"]),
            )  # fmt: skip
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"`data` must be a witness as `to_dict` writes it, but {error!r} came of it.") from None
        fits = x.ndim == 1 and x.shape == low.shape == high.shape and tube.side in SIDES
        if not (fits and witness.kind in ("three-point", "windows", "data")):
            raise InputError("`data` must be a witness as `to_dict` writes it, but its kind, side or lengths are not.")
        return witness

    def count(self) -> int:
        """The number of pieces that the stored points prove to be needed, counted anew in rationals."""
        if not (np.isfinite(self.x).all() and (self.low <= self.high).all()):
            return 1
        if self.kind == "three-point":
            return 1 + _disjoint_triples(self)
        if not (self.x[1:] > self.x[:-1]).all() or len(self.x) < 2:
            return 1
        lower, upper = self.windows()
        if any(lo > hi for lo, hi in zip(lower, upper, strict=True)):
            return 1  # empty windows: nothing passes at all, which the enclosures of a real f cannot say
        forced = np.isin(self.x, [*self.knots, *self.through])
        return fewest_links(rationals(self.x), lower, upper, chain=False, forced=forced).count

    def windows(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """What the tube leaves open at each abscissa, as fractions."""
        tube, low, high = self.tube.exact(rational), rationals(self.low), rationals(self.high)
        if self.kind == "data":  # there low and high are two values, both to be met
            low, high = high, low
        lower, upper = tube.lower(low), tube.upper(high)
        met = np.isin(self.x, self.through)
        lower[met], upper[met] = low[met], low[met]
        return lower, upper


def rational(value: float) -> Any:
    """A float as the rational number that it is (flint's: twenty times faster than Python's)."""
    from flint import fmpq

    return fmpq(*float(value).as_integer_ratio())


def rationals(values: Iterable[float]) -> NDArray[Any]:
    """Floats as rational numbers, in an object array."""
    return np.array([rational(v) for v in values], dtype=object)


def _disjoint_triples(witness: Witness) -> int:
    """How many of the triples are valid, or 0 where their intervals overlap."""
    if len(witness.x) % 3 or witness.knots or witness.through:
        return 0
    lower, upper = witness.windows()
    x = rationals(witness.x)
    valid, last = 0, None
    for k in range(0, len(x), 3):
        u, v, w = x[k : k + 3]
        if not u < v < w or (last is not None and u < last):
            return 0
        # over the middle v the affine functions through the outer windows take the values [floor, ceiling]
        share = (w - v) / (w - u)
        floor = share * lower[k] + (1 - share) * lower[k + 2]
        ceiling = share * upper[k] + (1 - share) * upper[k + 2]
        valid += floor > upper[k + 1] or ceiling < lower[k + 1]
        last = w
    return valid


def check_witness(data: dict[str, Any], enclosure: Enclosure) -> bool:
    """Verify a stored witness against f: every stored enclosure holds f's value, and the count is repeated exactly.

    Parameters
    ----------
    data : dict
        As `Witness.to_dict` writes it.
    enclosure : callable
        x -> (low, high), numbers that enclose f(x), from any source that can be trusted; for "data" the least and
        the largest of the values at x.

    Returns
    -------
    bool
        Whether f indeed needs at least ``data["pieces"]`` pieces in that tube.
    """
    witness = Witness.from_dict(data)
    met = set(witness.through)
    for x, low, high in zip(witness.x.tolist(), witness.low.tolist(), witness.high.tolist(), strict=True):
        least, most = enclosure(x)
        held = (low >= least and most >= high) if witness.kind == "data" else (low <= least and most <= high)
        if not (x in met or held):
            return False
    return witness.count() >= witness.pieces
