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
from uat._sampling import Function
from uat.construct.data_pieces import fit_data
from uat.construct.function_pieces import Search
from uat.construct.mesh import Deadline, Mesh, OutOfTime
from uat.construct.outcome import Narrowest
from uat.construct.poles import refuse_poles
from uat.construct.tube import SIDES, Tube

LARGEST = 1e300  # of f and of the tolerance: the walls, and slopes between near samples, are floats


def narrowest(
    f: Function | tuple[Any, Any],
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
    seconds: float | None = None,
) -> Narrowest:
    """f, tolerance -> the fewest continuous affine pieces inside f ± (tol + rtol |f|); or pieces -> the least error.

    Parameters
    ----------
    f : callable, or a pair (x, y) of arrays of shape (n,)
        A function of one real number, proven when it is written with NumPy and runs on balls; or points with strictly
        increasing abscissae, n >= 2, between which nothing is asked of the result.
    domain : (a, b)
        The interval; not for data.
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
        may lie beyond f by half a unit in its last place; then nothing is proven, and the note says so.
    monotone, convex : bool
        f is monotone (convex or concave), and the result must be. This costs no piece.
    seconds : float > 0
        A budget; when it is used up, or at Ctrl-C, the bracket reached so far is returned, with a note.

    Returns
    -------
    Narrowest

    Raises
    ------
    InputError
        For arguments out of range, `rtol` alone where f vanishes, and shapes that f does not have.

    Accuracy: the function is certified with its float64 knots and values; `lower_bound` rests on enclosures of f at
    points and a count in rational arithmetic. With ``pieces=`` the bracket `least_error` is usually 1e-9 wide or less.

    Source: theory C2, C3; H. Imai and M. Iri (1986), S. Suri (1986) for the path, here between the walls of f itself.
    """
    side = _checks.one_of(side, "side", SIDES)
    monotone, convex = _checks.flag(monotone, "monotone"), _checks.flag(convex, "convex")
    tube, count = _question(tol, rtol, pieces, side)
    deadline = Deadline(None if seconds is None else _checks.positive(seconds, "seconds"))
    knots, met = _checks.points(breaks, "breaks"), _checks.points(through, "through")
    if isinstance(f, (tuple, list)):
        if domain is not None:
            raise InputError(f"`domain` must not be given with data, but is {show(domain)}.")
        result = _on_data(f, tube, count, side, knots, met, monotone, deadline)
    else:
        a, b = _checks.interval(getattr(f, "domain", None) if domain is None else domain)
        _checks.points(knots, "breaks", (a, b))
        _checks.points(met, "through", (a, b))
        result = _on_function(f, (a, b), tube, count, side, knots, met, monotone, convex, deadline)
    p = result.piecewise
    if monotone and not p.is_monotone:
        raise InputError("`monotone` = True cannot be kept together with these `breaks` and `through`.")
    if convex and not (p.is_convex or p.is_concave):
        if isinstance(f, (tuple, list)):
            raise InputError("`convex` = True cannot be kept: the path with the fewest pieces turns both ways.")
        raise InputError("`convex` = True cannot be kept: f is neither convex nor concave, or `breaks` are in the way.")
    return result


def _question(tol: Any, rtol: Any, pieces: Any, side: str) -> tuple[Tube | None, int | None]:
    """Either a tube or a number of pieces."""
    if pieces is not None:
        if tol is not None or rtol is not None:
            raise InputError("exactly one of a tolerance (`tol`, `rtol`) and `pieces` must be given, but got both.")
        count = _checks.integer(pieces, "pieces")
        _checks.memory(10 * count, f"`pieces` = {show(count)}")
        return None, count
    if tol is None and rtol is None:
        raise InputError("exactly one of a tolerance (`tol`, `rtol`) and `pieces` must be given, but got none.")
    absolute = 0.0 if tol is None else _checks.positive(tol, "tol")
    relative = 0.0 if rtol is None else _checks.positive(rtol, "rtol")
    if relative >= 1:
        raise InputError(f"`rtol` must be < 1, but is {show(rtol)}: the function 0 would be close enough.")
    return Tube(absolute, relative, side), None


def _room_for_knots(pieces: int | None, forced: int) -> None:
    """Every inner knot that was asked for begins a piece."""
    if pieces is not None and pieces <= forced:
        raise InputError(
            f"`pieces` must be at least {forced + 1} with {forced} inner knots in `breaks` and `through`, "
            f"but is {pieces}."
        )


def _of_size(x: Floats, y: Floats, tube: Tube | None) -> None:
    """Walls and their differences must be floats."""
    k = int(np.argmax(np.abs(y)))
    if abs(y[k]) > LARGEST:
        raise InputError(f"`f` must stay within {LARGEST:g} in size, but f({show(x[k])}) = {show(y[k])}.")
    if tube is not None and tube.tol > LARGEST:
        raise InputError(f"`tol` must be at most {LARGEST:g}, but is {show(tube.tol)}.")


def _vanishing(x: Floats, y: Floats, tube: Tube | None) -> None:
    """rtol alone is a tolerance of 0 where f is 0."""
    if tube is None or tube.tol > 0:
        return
    turns = np.flatnonzero((y[:-1] * y[1:] <= 0) | (np.sign(y[:-1]) != np.sign(y[1:])))
    if turns.size:
        k = int(turns[0])
        raise InputError(
            f"`rtol` alone asks for no error at all where f vanishes, which it does between {show(x[k])} and "
            f"{show(x[k + 1])}; give a `tol` beside it."
        )


def _falling(x: Floats, y: Floats) -> None:
    """monotone=True is for monotone f."""
    sign = 1.0 if y[-1] >= y[0] else -1.0
    bad = np.flatnonzero(sign * np.diff(y) < 0)
    if bad.size:
        k = int(bad[0])
        raise InputError(
            "`monotone` = True needs a monotone f, but "
            f"f({show(x[k])}) = {show(y[k])} and f({show(x[k + 1])}) = {show(y[k + 1])}."
        )


def _on_function(
    f: Function, domain: tuple[float, float], tube: Tube | None, pieces: int | None, side: str, breaks: Floats,
    through: Floats, monotone: bool, convex: bool, deadline: Deadline,
) -> Narrowest:  # fmt: skip
    mesh = Mesh(f, domain, breaks, through)
    _of_size(mesh.x, mesh.y, tube)
    refuse_poles(f, mesh.x, mesh.y)
    _vanishing(mesh.x, mesh.y, tube)
    if monotone:
        _falling(mesh.x, mesh.y)
        mesh.direction = 1 if mesh.y[-1] >= mesh.y[0] else -1
    _room_for_knots(pieces, int(mesh.forced[1:-1].sum()))
    search = Search(mesh, side, deadline)
    stopped = ""
    try:
        if tube is not None:
            search.for_tolerance(tube)
        else:
            assert pieces is not None
            search.for_pieces(pieces)
    except OutOfTime:
        stopped = "the search was stopped, as its `seconds` do not suffice"
    except KeyboardInterrupt:
        stopped = "the search was stopped from the keyboard"
    if stopped:
        search.fall_back(tube, pieces)
    return search.outcome(stopped)


def _on_data(
    data: tuple[Any, Any] | list[Any], tube: Tube | None, pieces: int | None, side: str, breaks: Floats,
    through: Floats, monotone: bool, deadline: Deadline,
) -> Narrowest:  # fmt: skip
    if len(data) != 2:
        raise InputError(f"`f` must be a function or a pair (x, y) of arrays, but has {len(data)} entries.")
    x = _checks.strictly_increasing(_checks.vector(data[0], "x", least=2), "x")
    y = _checks.vector(data[1], "y", length=x.size)
    _of_size(x, y, tube)
    _vanishing(x, y, tube)
    if monotone:
        _falling(x, y)
    forced, met = _at(x, breaks, "breaks"), _at(x, through, "through")
    _room_for_knots(pieces, int((forced | met)[1:-1].sum()))
    direction = 0 if not monotone else 1 if y[-1] >= y[0] else -1
    return fit_data(x, y, tube, pieces, side, forced, met, deadline, direction)


def _at(x: Floats, points: Floats, name: str) -> NDArray[np.bool_]:
    """Which of the data's abscissae were named."""
    for point in points.tolist():
        if point not in x:
            raise InputError(f"`{name}` must be among the abscissae of the data, but {point!r} is not.")
    return np.isin(x, points)
