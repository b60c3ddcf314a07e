"""A posteriori: what is known about sup|f - g| once g is there, as an object that says how it is known.

A certificate encloses a distance: ``lower <= sup|f - g| <= upper``. The lower end is always a distance that was seen
(or proven to be reached); the upper end is a theorem, or infinity where there is none. A number that comes from
samples is never an upper end.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from uat import _checks
from uat._checks import InputError, show


@dataclass(frozen=True, slots=True)
class Certificate:
    """An enclosure ``lower <= distance(f, g) <= upper`` and the grounds on which it stands.

    Parameters
    ----------
    lower, upper : float
        The enclosure, in the unit of f. ``upper`` is infinite where nothing was proven.
    where : float
        The abscissa at which the largest difference was seen.
    proven : bool
        Whether ``upper`` is a theorem (given ``assumes``).
    assumes : tuple of str
        What the proof rests on beside the formula of f: each entry a sentence, such as a declared Lipschitz constant.
    method : str
        How the enclosure was found, in a few words.
    norm : str
        The distance that is enclosed: "sup", "L1" or "L2".
    boxes : int
        The number of balls (or samples, when nothing was proven) that were spent.
    bits : int
        The working precision in bits.
    note : str
        A sentence: why there is no proof, why the search stopped early, or which jump f has. Empty when all is well.
    """

    lower: float
    upper: float
    where: float
    proven: bool
    assumes: tuple[str, ...] = ()
    method: str = ""
    norm: str = "sup"
    boxes: int = 0
    bits: int = 53
    note: str = ""

    @property
    def error(self) -> float:
        """The number to report: the proven upper bound, or else the largest difference seen (an estimate)."""
        return self.upper if self.proven else self.lower

    @property
    def status(self) -> str:
        """ "proven" or "estimated": the word that stands beside `error` wherever it is printed."""
        return "proven" if self.proven else "estimated"

    def __str__(self) -> str:
        name = {"sup": "sup|f - g|", "L1": "L1 distance", "L2": "L2 distance"}[self.norm]
        if self.proven:
            text = f"{self.lower:.6g} <= {name} <= {self.upper:.6g} (proven, {self.method})"
        else:
            text = f"{name} estimated at {self.lower:.6g} ({self.method}; not proven)"
        if self.assumes:
            text += " assuming " + "; ".join(self.assumes)
        return text + (f". {self.note}" if self.note else "")

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; an infinite upper end is written as None."""
        data = asdict(self)
        data["assumes"] = list(self.assumes)
        data["upper"] = self.upper if math.isfinite(self.upper) else None
        return data

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Certificate:
        """The inverse of `to_dict`; raises InputError when the data are no certificate."""
        kinds: dict[str, type] = {"proven": bool, "method": str, "boxes": int, "bits": int, "note": str}
        for name, kind in kinds.items():
            if not isinstance(data[name], kind):
                raise InputError(
                    f"`{name}` of a certificate must be of type {kind.__name__}, but is {show(data[name])}."
                )
        lower, where = _checks.nonnegative(data["lower"], "lower"), _checks.real(data["where"], "where")
        upper = math.inf if data["upper"] is None else _checks.nonnegative(data["upper"], "upper")
        if lower > upper or (data["proven"] and math.isinf(upper)):
            raise InputError(f"a certificate must have lower <= upper, but has {lower!r} and {show(data['upper'])}.")
        return cls(
            lower=lower,
            upper=upper,
            where=where,
            assumes=tuple(str(sentence) for sentence in data["assumes"]),
            norm=_checks.one_of(data["norm"], "norm", ("sup", "L1", "L2")),
            **{name: data[name] for name in kinds},
        )
