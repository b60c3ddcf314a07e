"""The narrowest network: the fewest continuous affine pieces within a tolerance, and the proof that fewer cannot do.

This is the door: it checks the question, hands it to the search on a function (`function_pieces`) or on data
(`data_pieces`), and keeps what was reached when time runs out.

Pieces bracket neurons (theory A5): a function of N pieces needs N hinges and an output bias at most, N - 1 at least. So
`minimal` is a statement about pieces.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uat import _checks
from uat._checks import Floats, InputError, show
from uat._deadline import Deadline, OutOfTime
from uat._sampling import Function
from uat._warning import warn
from uat.bounds.certification import NotProvenWarning, ToleranceWarning
from uat.bounds.modulus import Modulus
from uat.construct.corridor import TooSteepError
from uat.construct.data_pieces import Points, fit_data
from uat.construct.forecast import refuse_multitudes
from uat.construct.function_pieces import Search
from uat.construct.mesh import AT_JUMPS, Mesh, roundoff
from uat.construct.outcome import Narrowest
from uat.construct.poles import refuse_poles
from uat.construct.proving import Belief
from uat.construct.questions import direction_of, of_size, question, refuse_jump, resolvable, room_for_knots, vanishing
from uat.construct.tube import SIDES, Tube
from uat.given import Recorded, record, resolve
from uat.piecewise import PiecewiseAffine

BEYOND = ", by more than the tolerance leaves"
LATE = "the search was stopped, as its `seconds` do not suffice"


def narrowest(
    f: Function | str | tuple[Any, Any],
    domain: tuple[float, float] | None = None,
    *,
    tol: float | None = None,
    pieces: int | None = None,
    side: str = "both",
    rtol: float | None = None,
    breaks: float | Iterable[float] = (),
    through: float | Iterable[float] = (),
    monotone: bool = False,
    convex: bool = False,
    lipschitz: float | None = None,
    modulus: Modulus | None = None,
    seconds: float | None = None,
) -> Narrowest:
    """f, tolerance -> the fewest continuous affine pieces inside f ± (tol + rtol |f|); or pieces -> the least error.

    Parameters
    ----------
    f : callable, formula, target, or a pair (x, y) of arrays of shape (n,)
        A function of one real number, proven when it is a formula or its code shows one, or a text as in
        `uat.approximate`; or points, in any order, n >= 2, between which nothing is asked of the result. Values
        measured at the same abscissa are all to be met within the tolerance.
    domain : (a, b)
        The interval; may be left out for a target, which has one; not for data.
    tol : float > 0
        Absolute tolerance, in the unit of f. With the pieces found, the error is made as small as it can be.
    pieces : int >= 1
        Instead of a tolerance: the least error that so many pieces can reach.
    side : "both", "under" or "over"
        Where the result lies: f ± w, [f - w, f] or [f, f + w], with w = tol + rtol |f|. The promise is about the pieces
        as they are stored; what rounds afterwards has `Narrowest.room` to stay inside.
    rtol : float in (0, 1)
        Relative tolerance, beside `tol` or alone (then f must not vanish).
    breaks : a number or several
        Abscissae where the result must have a knot. They count as knots even where it turns out straight.
    through : a number or several
        Abscissae where the result must have a knot and take exactly the float64 value of f. With a `side` that value
        may lie beyond f by half a unit in its last place, where it is not f's own; then nothing is proven, and the note
        says so.
    monotone, convex : bool
        f is monotone (convex or concave), and the result must be. This costs no piece. Of data, monotone asks only that
        their tube leave room for such a function.
    lipschitz, modulus : float >= 0, callable t -> w(t)
        What is believed of a function that cannot be traced: |f(x) - f(y)| <= lipschitz |x - y|, or
        <= modulus(|x - y|). The proof from above then rests on it, which ``certificate.assumes`` repeats, and may take
        a piece more than the least; there is none from below, nor of a relative tolerance.
    seconds : float > 0
        A budget; when it is used up, or at Ctrl-C, the bracket reached so far is returned, with a note.

    Returns
    -------
    Narrowest
        With a `ToleranceWarning` where points are seen to miss the tolerance (`Narrowest.outside`).

    Raises
    ------
    InputError
        For arguments out of range, `rtol` alone where f vanishes, and shapes that f does not have.

    Accuracy: the function is certified with its float64 knots and values; `lower_bound` rests on enclosures of f at
    points and a count in rational arithmetic. With ``pieces=`` the bracket `least_error` is usually 1e-9 wide or
    less, relatively, and 1e-4 where `through` is asked for with a `side`.

    Source: theory C2, C3; H. Imai and M. Iri (1986), S. Suri (1986) for the path, here between the walls of f itself.
    """
    asked: dict[str, Any] = {
        "tol": tol,
        "pieces": pieces,
        "side": side,
        "rtol": rtol,
        "breaks": breaks,
        "through": through,
    }
    found = fewest(
        f, domain, **asked, monotone=monotone, convex=convex, lipschitz=lipschitz, modulus=modulus, seconds=seconds
    )
    if found.outside and pieces is None and isinstance(f, (tuple, list)):  # a search on functions has its note
        warn(f"the result does not keep {found.tube}: its error is {found.certificate}. {found.note}", ToleranceWarning)
    elif not found.certificate.proven:
        warn(f"the error is estimated, not proven: {found.certificate.note}", NotProvenWarning)
    return found


def fewest(
    f: Any, domain: Any, *, tol: Any, pieces: Any, side: Any, rtol: Any, breaks: Any = (), through: Any = (),
    monotone: Any = False, convex: Any = False, lipschitz: Any = None, modulus: Any = None, seconds: Any = None,
) -> Narrowest:  # fmt: skip
    """`narrowest` without its warning, for callers that give their own."""
    side = _checks.one_of(side, "side", SIDES)
    monotone, convex = _checks.flag(monotone, "monotone"), _checks.flag(convex, "convex")
    tube, count = question(tol, rtol, pieces, side)
    deadline = Deadline(None if seconds is None else _checks.positive(seconds, "seconds"))
    knots, met = _checks.points(breaks, "breaks"), _checks.points(through, "through")
    if isinstance(f, (tuple, list)):
        if domain is not None:
            raise InputError(f"`domain` must not be given with data, but is {show(domain)}.")
        if lipschitz is not None or modulus is not None:
            raise InputError("`lipschitz` and `modulus` are about functions: they must not be given with data.")
        result = _on_data(f, tube, count, side, knots, met, monotone, deadline)
    else:
        if not isinstance(f, Recorded):
            f, _ = resolve(f)
        a, b = _checks.interval(getattr(f, "domain", None) if domain is None else domain)
        f = record(f, (a, b))
        _checks.points(knots, "breaks", (a, b))
        _checks.points(met, "through", (a, b))
        result = _on_function(
            f, (a, b), tube, count, side, knots, met, monotone, convex, deadline, Belief(lipschitz, modulus)
        )
    p = result.piecewise
    if monotone and not p.is_monotone:
        raise InputError("`monotone` = True cannot be kept together with these `breaks` and `through`.")
    if convex and not (p.is_convex or p.is_concave):
        if isinstance(f, (tuple, list)):
            raise InputError("`convex` = True cannot be kept: the path with the fewest pieces turns both ways.")
        raise InputError("`convex` = True cannot be kept: f is neither convex nor concave, or `breaks` are in the way.")
    return result


def _on_function(
    f: Function, domain: tuple[float, float], tube: Tube | None, pieces: int | None, side: str, breaks: Floats,
    through: Floats, monotone: bool, convex: bool, deadline: Deadline, belief: Belief,
) -> Narrowest:  # fmt: skip
    mesh = Mesh(f, domain, breaks, through)
    of_size(mesh.x, mesh.y, tube)
    refuse_poles(f, domain)
    vanishing(mesh.x, mesh.y, tube)
    resolvable(mesh.x, mesh.y, tube)
    if tube is not None:
        refuse_multitudes(f, mesh.x, mesh.y, tube)
    belief.refuse_contradiction(PiecewiseAffine(mesh.x, mesh.y))
    if monotone:
        doubt = roundoff(mesh.y)
        mesh.direction = direction_of(mesh.x, mesh.y - doubt, mesh.y + doubt, mesh.y, mesh.y)
    room_for_knots(pieces, int(mesh.forced[1:-1].sum()))
    mesh.deadline = deadline
    search = Search(mesh, side, deadline, belief)
    stopped = ""
    try:
        try:
            search.search(tube, pieces)
        except TooSteepError:
            jump = search.jump()
            if jump is None:
                raise
            if tube is not None:
                refuse_jump(tube, jump)
            mesh = Mesh(f, domain, breaks, through, mesh.direction)
            mesh.deadline = deadline
            mesh.deepest = max(mesh.deepest, AT_JUMPS * (mesh.b - mesh.a))
            search = Search(mesh, side, deadline, belief)
            try:
                search.search(tube, pieces)
            except TooSteepError:
                search.beside_a_jump(tube, pieces)
    except OutOfTime:
        stopped = LATE
    except KeyboardInterrupt:
        stopped = "the search was stopped from the keyboard"
    if not stopped and deadline.passed() and not search.decided:
        stopped = LATE
    if stopped:
        search.fall_back(tube, pieces)
    return search.outcome(stopped)


def _on_data(
    data: tuple[Any, Any] | list[Any], tube: Tube | None, pieces: int | None, side: str, breaks: Floats,
    through: Floats, monotone: bool, deadline: Deadline,
) -> Narrowest:  # fmt: skip
    if len(data) != 2:
        raise InputError(f"`f` must be a function or a pair (x, y) of arrays, but has {len(data)} entries.")
    x = _checks.vector(data[0], "x", least=2)
    y = _checks.vector(data[1], "y", length=x.size)
    order = np.lexsort((y, x))
    points = Points(x[order], y[order])
    x, y = points.x, points.low
    if x.size < 2:
        raise InputError(f"`x` must have at least 2 different entries, but all {order.size} are {show(x[0])}.")
    of_size(points.all_x, points.all_y, tube)
    vanishing(points.all_x, points.all_y, tube)
    if tube is not None:
        points.refuse_spread(tube)
    if monotone:  # asked for the least error, the tube in which a constant lies lets both ways go
        held = Tube(float(np.ptp(points.all_y)), 0.0, side) if tube is None else tube
        points.direction = direction_of(x, *points.walls(held), points.low, points.high, BEYOND)
    forced, met = _at(x, breaks, "breaks"), _at(x, through, "through")
    room_for_knots(pieces, int((forced | met)[1:-1].sum()))
    points.refuse_through(met)
    return fit_data(points, tube, pieces, side, forced, met, deadline)


def _at(x: Floats, points: Floats, name: str) -> NDArray[np.bool_]:
    """Which of the data's abscissae were named."""
    for point in points.tolist():
        if point not in x:
            raise InputError(f"`{name}` must be among the abscissae of the data, but {point!r} is not.")
    return np.isin(x, points)
