"""The checker's comparison of what a file was asked for with what is in it.

Part of the independent checker (`recheck`). How an approximation was asked for stands in the file twice, and most of it
can be seen in the pieces themselves: their number, their knots, the form of the network, and the tolerance beside the
bound. What says nothing about the approximation (`NOT_COVERED`) the verdict names.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from uat.bounds.recheck_boxes import BrokenLine
from uat.bounds.recheck_file import CheckFailedError

NOT_COVERED = (
    "Not covered: notes, assumptions, what the certificate says of its method, grounds, jumps, boxes, bits and float "
    "arithmetic, how a graded grid was placed, declared constants, seconds, versions"
)
_UNIT = Fraction(1, 2**53)


def confirm_options(data: dict[str, Any], line: BrokenLine, look: Callable[[], None]) -> str:
    """Raise where the file was asked for something else than it holds; tolerances are left to `confirm_tolerance`.

    Returns what must be said of the difference that is allowed: the fewest pieces may be fewer than those asked for.
    """
    kind = data["function"]["kind"]
    wrong = "formula" in data["function"] if kind == "expression" else "variable" in data["function"]
    if wrong or (kind == "target" and "formula" not in data["function"]):
        raise CheckFailedError(
            f"The function is of the kind {kind!r}: a formula belongs to a target or to code, a variable to an "
            "expression."
        )
    options, asked, pieces = data["options"], data["provenance"].get("arguments"), len(line.values) - 1
    method, form, tol = options["method"], options["form"], options["tol"]
    if method not in ("uniform", "graded", "narrowest") or form not in ("shifted-origin", "output-bias"):
        raise CheckFailedError(f"There is no method {method!r} with a form {form!r}.")
    if (method == "narrowest") != (data["optimality"] is not None):
        raise CheckFailedError(
            f"The method is {method!r}, but what the file says of the fewest pieces does not fit it."
        )
    if tol is not None and not tol > 0:
        raise CheckFailedError(f"There is no tolerance of {tol!r}.")
    if asked is None:
        if method == "uniform":
            _confirm_equal_cells(line, None, look)
        return ""
    for name in ("tol", "rtol", "side"):
        if asked[name] != options[name]:
            raise CheckFailedError(
                f"The file was asked for {name} = {asked[name]!r}, but says {name} = {options[name]!r}."
            )
    questions = [name for name in ("tol", "width", "step") if asked[name] is not None]
    if len(questions) != 1 and (questions or asked["rtol"] is None):
        raise CheckFailedError(
            f"The file was asked for {' and '.join(questions) or 'nothing'}, which is not one question."
        )
    if method != "narrowest" and (asked["side"] != "both" or asked["rtol"] is not None):
        raise CheckFailedError("The file was asked for a side or a relative tolerance, and says nothing about it.")
    if asked["rtol"] is not None and not 0 < asked["rtol"] < 1:
        raise CheckFailedError(f"There is no relative tolerance of {asked['rtol']!r}.")
    knots = set(line.knots)
    missing = [x for x in asked["breaks"] if x not in knots]
    if missing:
        raise CheckFailedError(f"A knot at {missing[0]!r} was asked for, but the file has none there.")
    if asked["step"] is not None and method != "uniform":
        raise CheckFailedError(f"The file was asked for a step, which the method {method!r} has not.")
    if method == "uniform":
        if asked["breaks"]:
            raise CheckFailedError("The file was asked for equal cells and for breaks, which do not go together.")
        _confirm_equal_cells(line, asked["step"], look)
    width, wanted = pieces + (form == "shifted-origin"), asked["width"]
    if wanted is None or width == wanted:
        return ""
    if method != "narrowest" or width > wanted:
        raise CheckFailedError(f"The file was asked for {wanted} neurons, but has {width}.")
    return f"; {wanted} neurons were asked for, it has {width}"


def _confirm_equal_cells(line: BrokenLine, step: float | None, look: Callable[[], None]) -> None:
    """Knots a + k h up to four roundings; with a step that is h, and the last cell may be shorter."""
    a, b, cells = Fraction(line.knots[0]), Fraction(line.knots[-1]), len(line.knots) - 1
    h = (b - a) / cells if step is None else Fraction(step)
    room = 4 * _UNIT * (abs(a) + abs(b) + (b - a)) + Fraction(1, 2**1060)
    for k, x in enumerate(line.knots[:-1]):
        look()
        if abs(Fraction(x) - (a + k * h)) > room:
            raise CheckFailedError(f"The method is 'uniform', but the knot {x!r} is not that of {cells} equal cells.")
    if step is not None and not b - Fraction(line.knots[-2]) <= h * Fraction(1001, 1000) + room:
        raise CheckFailedError(f"The method is 'uniform', but the last cell is longer than the step {step!r}.")


def confirm_tolerance(data: dict[str, Any], inside: bool) -> None:
    """Raise where a true bound is not what the file was asked for."""
    tol, upper = data["options"]["tol"], data["certificate"]["upper"]
    if data["options"]["method"] != "narrowest":
        if tol is not None and upper > tol:
            raise CheckFailedError(
                f"The bound {upper:.6g} holds, but it is not the tolerance of {tol!r} that the file was asked for."
            )
    elif not inside and (tol is not None or data["options"]["rtol"] is not None):
        raise CheckFailedError(
            f"The bound {upper:.6g} holds, but the file does not say that the pieces lie in the tube it was asked for."
        )
