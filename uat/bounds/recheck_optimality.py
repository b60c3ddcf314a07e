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

from uat.bounds.recheck_boxes import BrokenLine, Budget, CheckFailedError, Walls, confirm_walls
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
        width = " + ".join(parts)
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
) -> tuple[str, set[str]]:
    """What was confirmed, as clauses of a sentence, and what it took for granted; raises where the file says more."""
    claim, asked = data.get("optimality"), data["provenance"].get("arguments", {})
    pieces = len(line.values) - 1
    if claim is None:
        if asked.get("side", "both") != "both" or asked.get("rtol") is not None:
            raise CheckFailedError("The file was asked for a side or a relative tolerance, and says nothing about it.")
        return "", set()
    tube = _tube(claim, asked, data["options"]["tol"])
    said, granted = "", set[str]()
    least, most = claim["least_error"]
    if claim["minimal"] or most is not None:
        granted = _confirm_inside(f, line, tube, budget)
        said += f"; the pieces lie in {tube.text()}"
    value = _values(f, line, budget)
    knots = _forced(tube, line)
    bound = int(claim["lower_bound"])
    if bound > 1:
        _confirm_needed(claim["witness"], bound, tube, line, value, f"That {bound} pieces are needed", budget)
        said += f"; at least {bound} pieces are needed in {tube.text()}{knots}"
    if claim["minimal"] and bound != pieces:
        raise CheckFailedError(f"The file says minimal of {pieces} pieces, but only {bound} are shown to be needed.")
    if not float(least) >= 0 or (most is not None and not (float(least) <= float(most) == tube.tol)):
        raise CheckFailedError(f"The least error is said to lie in {[least, most]!r}, which the tube is no end of.")
    if float(least) > 0:
        if float(least) > upper:
            raise CheckFailedError(
                f"The file says that no error below {least!r} is possible, but has one of {upper!r}."
            )
        smaller = Tube(float(least), 0.0, tube.side, tube.breaks)
        what = f"That no error below {float(least)!r} is possible"
        _confirm_needed(claim["error_witness"], pieces + 1, smaller, line, value, what, budget)
        side = "" if tube.side == "both" else f" {tube.side} f"
        said += f"; with {pieces} pieces{side} no error below {float(least):.6g} is possible{knots}"
    return said, granted


def _tube(claim: dict[str, Any], asked: dict[str, Any], tol: Any) -> Tube:
    """The tube of the question: the tolerances asked for, or the least error that was reached."""
    side, rtol = asked["side"], asked["rtol"]
    if asked["tol"] != tol:
        raise CheckFailedError(f"The file was asked for tol = {asked['tol']!r}, but says tol = {tol!r}.")
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


def _confirm_inside(f: Formula, line: BrokenLine, tube: Tube, budget: Budget) -> set[str]:
    missing = [x for x in tube.breaks if line.knots[0] <= x <= line.knots[-1] and x not in line.knots]
    if missing:
        raise CheckFailedError(f"A knot at {missing[0]!r} was asked for, but the file has none there.")
    return confirm_walls(f, line, tube.walls(), f"the tube {tube.text()}", budget)[1]


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
        if not ball.is_finite() or f.clipped:
            raise CheckFailedError(f"The value of f at {float(x)!r} could not be confirmed.")
        return _fraction(ball.lower()), _fraction(ball.upper())

    return value


def _confirm_needed(
    witness: Any, pieces: int, tube: Tube, line: BrokenLine, value: Any, what: str, budget: Budget
) -> None:
    """That so many pieces are needed in the tube, from a witness that speaks of no other tube and no other knots."""
    if witness is None or int(witness["pieces"]) < pieces:
        raise CheckFailedError(f"{what} could not be confirmed.")
    speaks_of = float(witness["tol"]), float(witness["rtol"]), witness["side"]
    if speaks_of != (tube.tol, tube.rtol, tube.side):
        raise CheckFailedError(f"{what} could not be confirmed: its witness speaks of another tube than {tube.text()}.")
    if witness["through"] or not {float(x) for x in witness["knots"]} <= set(tube.breaks):
        raise CheckFailedError(f"{what} could not be confirmed: its witness forces knots that were not asked for.")
    if not confirm_witness(witness, value, budget.look):
        raise CheckFailedError(f"{what} could not be confirmed.")


def _fraction(x: Any) -> Fraction:
    """The number that an exact ball is."""
    mantissa, exponent = x.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
