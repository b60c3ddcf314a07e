"""The checker's word on "the fewest pieces": the tube, the network's part in it, and the two witnesses.

Part of the independent checker (`recheck`). A count of pieces says something only together with the tube in which it
was counted. So tolerances, side and knots of a witness must be those that the file was asked for, the broken line is
shown to lie in that very tube, and the sentence names it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb, fmpq

from uat.bounds.recheck_boxes import BrokenLine, Budget, Walls, confirm_walls
from uat.bounds.recheck_file import CheckFailedError
from uat.bounds.recheck_formula import Formula
from uat.bounds.recheck_witness import confirm_witness

_ROOM = arb(2) ** -40  # relative, at the walls that are not f itself: an error that equals the tolerance is confirmed


@dataclass(frozen=True, slots=True)
class Tube:
    """What the file was asked for: within tol + rtol |f|, on which side of f, with which knots forced."""

    tol: float
    rtol: float
    side: str
    breaks: tuple[float, ...]

    def text(self) -> str:
        """As the file words it."""
        parts = [f"{self.tol:.6g}"] if self.tol else []
        parts += [f"{self.rtol:.6g} |f|"] if self.rtol else []
        width = " + ".join(parts) or "0"
        inner = f"({width})" if len(parts) > 1 else width
        return {"both": f"f ± {inner}", "over": f"[f, f + {width}]", "under": f"[f - {inner}, f]"}[self.side]

    def walls(self) -> Walls:
        """f - g and g - f against their limits; where g must not cross f the limit is 0, without any room."""
        r, limit = arb(self.rtol) * (1 + _ROOM), arb(self.tol) * (1 + _ROOM)
        shares = (1 - r, 1 + r) if self.rtol else (arb(1),)
        never = [(arb(1), sign, arb(0)) for sign in (1, -1)]
        above = [never[0]] if self.side == "over" else [(a, 1, limit) for a in shares]
        below = [never[1]] if self.side == "under" else [(a, -1, limit) for a in shares]
        return [above, below]


def confirm_optimality(
    f: Formula, line: BrokenLine, data: dict[str, Any], upper: float, budget: Budget
) -> tuple[str, bool, set[str]]:
    """What was confirmed, as clauses of a sentence, whether that the pieces lie in the tube is part of it, and what was
    taken for granted; raises where the file says more."""
    claim, pieces = data["optimality"], len(line.values) - 1
    if claim is None:
        return "", False, set()
    if "arguments" not in data["provenance"]:
        raise CheckFailedError("The file speaks of the fewest pieces, but not of the tube that it was asked for.")
    tube = _tube(claim, {**data["provenance"]["arguments"], **data["options"]}, data["options"]["tol"])
    said, granted = "", set[str]()
    least, most = claim["least_error"]
    inside = claim["minimal"] or most is not None
    if inside:
        granted = confirm_walls(f, line, tube.walls(), f"the tube {tube.text()}", budget)[1]
        said += f"; the pieces lie in {tube.text()}"
    value = _values(f, line, budget)
    knots = _forced(tube, line)
    bound = claim["lower_bound"]
    if bound > 1 or claim["witness"] is not None:
        _confirm_needed(claim["witness"], bound, tube, line, value, f"That {bound} pieces are needed", budget)
        said += f"; at least {bound} pieces are needed in {tube.text()}{knots}"
    if inside and claim["minimal"] != (bound == pieces):
        word = "minimal" if claim["minimal"] else "not minimal"
        raise CheckFailedError(f"The file says {word} of {pieces} pieces, of which {bound} are shown to be needed.")
    if not least >= 0 or (most is not None and not (least <= most == tube.tol)):
        raise CheckFailedError(f"The least error is said to lie in {[least, most]!r}, which the tube is no end of.")
    if (least > 0) != (claim["error_witness"] is not None):
        raise CheckFailedError(f"That no error below {least!r} is possible and its witness do not fit each other.")
    if least > 0:
        if least > upper:
            raise CheckFailedError(
                f"The file says that no error below {least!r} is possible, but has one of {upper!r}."
            )
        smaller = Tube(least, 0.0, tube.side, tube.breaks)
        what = f"That no error below {least!r} is possible"
        _confirm_needed(claim["error_witness"], pieces + 1, smaller, line, value, what, budget)
        side = "" if tube.side == "both" else f" {tube.side} f"
        said += f"; with {pieces} pieces{side} no error below {least:.6g} is possible{knots}"
    return said, inside, granted


def _tube(claim: dict[str, Any], asked: dict[str, Any], tol: Any) -> Tube:
    """The tube of the question: the tolerances asked for, or the least error that was reached."""
    side, rtol = asked["side"], asked["rtol"]
    if side not in ("both", "under", "over"):
        raise CheckFailedError(f"There is no side {side!r}.")
    if tol is None and rtol is None:
        tol = claim["least_error"][1] if claim["witness"] is None else claim["witness"]["tol"]
    breaks = tuple(float(x) for x in asked["breaks"])
    tube = Tube(0.0 if tol is None else float(tol), 0.0 if rtol is None else float(rtol), side, breaks)
    if not (0 <= tube.tol < float("inf") and 0 <= tube.rtol < 1):
        raise CheckFailedError(f"There is no tube of tol = {tube.tol!r}, rtol = {tube.rtol!r}.")
    if claim["within"] != tube.text():
        raise CheckFailedError(f"The file says within {claim['within']!r}, but it was asked for {tube.text()!r}.")
    return tube


def _forced(tube: Tube, line: BrokenLine) -> str:
    inner = [f"{x:.6g}" for x in tube.breaks if line.knots[0] < x < line.knots[-1]]
    return f" with knots at {', '.join(inner)}" if inner else ""


def _values(f: Formula, line: BrokenLine, budget: Budget) -> Any:
    first, last = Fraction(line.knots[0]), Fraction(line.knots[-1])

    def value(x: Fraction) -> tuple[Fraction, Fraction]:
        budget.look()
        if not first <= x <= last:
            raise CheckFailedError(f"A witness speaks of x = {float(x)!r}, which lies outside the domain.")
        ball = f.range(arb(fmpq(x.numerator, x.denominator)))
        if not abs(ball) < arb(2) ** 1100 or f.clipped:
            raise CheckFailedError(f"The value of f at {float(x)!r} could not be confirmed.")
        return -_at_least(-ball.lower()), _at_least(ball.upper())

    return value


def _confirm_needed(
    witness: Any, pieces: int, tube: Tube, line: BrokenLine, value: Any, what: str, budget: Budget
) -> None:
    """That so many pieces are needed in the tube, from a witness that speaks of no other tube and no other knots."""
    if witness is None or witness["pieces"] < pieces:
        raise CheckFailedError(f"{what} could not be confirmed.")
    speaks_of = float(witness["tol"]), float(witness["rtol"]), witness["side"]
    if speaks_of != (tube.tol, tube.rtol, tube.side):
        raise CheckFailedError(f"{what} could not be confirmed: its witness speaks of another tube than {tube.text()}.")
    if witness["through"] or not {float(x) for x in witness["knots"]} <= set(tube.breaks):
        raise CheckFailedError(f"{what} could not be confirmed: its witness forces knots that were not asked for.")
    if not confirm_witness(witness, value, budget.look):
        raise CheckFailedError(f"{what} could not be confirmed.")


def _at_least(x: Any) -> Fraction:
    """What an exact ball is, or a little more: as a fraction a number below all floats could fill the memory."""
    if 0 != abs(x) < arb(2) ** -1100:
        return Fraction(1, 2**1100) if x > 0 else Fraction(0)
    mantissa, exponent = (int(part) for part in x.man_exp())
    return Fraction(mantissa) * Fraction(2) ** exponent
