"""Where to put N + 1 knots when they are placed by a rule and not by a search: graded grids.

On a cell of length h the chord misses f by about h^2 |f''| / 8 (theory B1). The largest error is least when it is the
same on all cells, that is when every cell holds the same share of the integral of |f''|^(1/2); for the root mean square
the exponent is 2/5 (theory C1). The mass of that density is read off the chords of a fine mesh, not off derivatives: a
cell whose chord is missed by d in its middle carries (8 d)^(1/2). So a kink and an infinite slope need no special case.

(The uniform grid is `uat.piecewise.uniform_knots`.)

Source: C. de Boor, "Good approximation by splines with variable knots" (1973).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from uat import _checks
from uat._checks import Floats, InputError, show
from uat._deadline import Deadline
from uat._sampling import Function, sample
from uat.construct.mesh import Mesh
from uat.construct.questions import MOST_PIECES

EXPONENTS = {"sup": 1 / 2, "L2": 2 / 5}  # of |f''|: minimises max h^2 |f''|, or the integral of h^4 |f''|^2
_FOR_A_GLANCE = 64  # cells for which the mesh of an estimate is made
_FINER = 1 / 16  # the mesh resolves f sixteen times better than the knots will


def power_graded_knots(a: float, b: float, pieces: int, power: float, end: str = "left") -> Floats:
    """Knots a + (b - a) (k/N)^power, or their mirror image at the right end.

    For f that behaves like (x - a)^alpha near a the density (f'')^(1/2) asks for power = 2/alpha: 4 for sqrt, where the
    error is then about 1/(2 N^2) in place of N^(-1/2)/4 (theory B4).

    Parameters
    ----------
    a, b : float, a < b
    pieces : int, 1 to 10 000 000
    power : float > 0
    end : "left" or "right"
        The end at which the knots crowd (for power > 1).

    Returns
    -------
    (pieces + 1,) array, strictly increasing

    Raises
    ------
    InputError
        Also when the first cells are finer than floats.
    """
    a, b = _checks.endpoints(a, b)
    pieces, power = _checks.integer(pieces, "pieces", most=MOST_PIECES), _checks.positive(power, "power")
    share = (np.arange(pieces + 1) / pieces) ** power
    if _checks.one_of(end, "end", ("left", "right")) == "right":
        share = 1 - share[::-1]
    knots = a + (b - a) * share
    knots[0], knots[-1] = a, b
    return _checks.strictly_increasing(knots, "knots")


def graded_knots(
    f: Function,
    domain: tuple[float, float],
    pieces: int,
    *,
    norm: str = "sup",
    breaks: float | Iterable[float] = (),
    around: float | Iterable[float] = (),
) -> Floats:
    """Knots that equidistribute |f''|^(1/2) (sup norm) or |f''|^(2/5) (L2), estimated from samples of f.

    Parameters
    ----------
    f : callable
        A function of one real number.
    domain : (a, b)
    pieces : int, 1 to 10 000 000
        Number of cells; at least one more than there are inner breaks.
    norm : "sup" or "L2"
    breaks : a number or several, in [a, b]
        Abscissae that must be knots; the stretches between them share the cells by their mass.
    around : a number or several, in [a, b]
        Abscissae around which f is sampled at every scale: of peaks that a mesh of some hundred cells would miss.

    Returns
    -------
    (pieces + 1,) array, strictly increasing

    Accuracy: a placement, not a bound. For the interpolant N^2 sup|f - I f| tends to (1/8) (integral |f''|^(1/2))^2.
    """
    a, b = _checks.interval(domain)
    pieces = _checks.integer(pieces, "pieces", most=MOST_PIECES)
    exponent = EXPONENTS[_checks.one_of(norm, "norm", EXPONENTS)]
    inner = _checks.points(breaks, "breaks", (a, b))
    inner = inner[(inner > a) & (inner < b)]
    if pieces <= inner.size:
        raise InputError(
            f"`pieces` must be at least {inner.size + 1} with {inner.size} inner `breaks`, but is {pieces}."
        )
    edges, mass = _mass(f, (a, b), inner, pieces, exponent, _checks.points(around, "around", (a, b)))
    total = np.concatenate([[0.0], np.cumsum(mass)])
    ends = np.concatenate([[a], inner, [b]])
    at_ends = np.interp(ends, edges, total)
    counts = _shares(np.diff(at_ends), pieces)
    stretches = [
        np.interp(np.linspace(low, high, n + 1)[1:-1], total, edges) if high > low else np.linspace(c, d, n + 1)[1:-1]
        for low, high, n, c, d in zip(at_ends[:-1], at_ends[1:], counts, ends[:-1], ends[1:], strict=True)
    ]
    knots = np.unique(np.concatenate([ends, *stretches]))
    while knots.size <= pieces:  # knots that fell together, in stretches where f is straight or too steep for floats
        lengths = np.diff(knots)
        k = np.sort(np.argsort(-lengths, kind="stable")[: max((pieces + 1 - knots.size) // 2, 1)])
        before, knots = knots.size, np.unique(np.insert(knots, k + 1, knots[k] + lengths[k] / 2))
        if knots.size == before:
            raise InputError(
                f"`domain` must hold {pieces + 1} knots, but there are not so many floats in {show((a, b))}."
            )
    return _checks.strictly_increasing(knots, "knots")


def cells_by_curvature(f: Function, domain: tuple[float, float], tol: float, around: Iterable[float] = ()) -> float:
    """How many graded cells are about within tol: the integral of (|f''|/(8 tol))^(1/2), from samples (theory C1)."""
    places = _checks.points(around, "around", domain)
    return float(_mass(f, domain, np.empty(0), _FOR_A_GLANCE, EXPONENTS["sup"], places)[1].sum() / np.sqrt(8 * tol))


def _mass(
    f: Function, domain: tuple[float, float], breaks: Floats, pieces: int, exponent: float, around: Floats
) -> tuple[Floats, Floats]:
    """A mesh and the mass of |f''|^exponent on its cells (a constant is added so that the mass never vanishes)."""
    mesh = Mesh(f, domain, breaks, np.empty(0))
    for place in around.tolist():
        mesh.insert_around(place)
    width = float(np.ptp(mesh.y)) / pieces**2 * _FINER
    mesh.divide(lambda y: np.full_like(y, width), Deadline(None))
    x, y = mesh.x, mesh.y
    h = np.diff(x)
    middle = x[:-1] + h / 2
    off = np.abs(sample(f, middle) - (y[:-1] + np.diff(y) / 2))
    mass = (8 * off) ** exponent * h ** (1 - 2 * exponent)  # = |f''|^exponent h, and h^2 does not underflow
    # de Boor's safeguard: a tenth of a cell's share, spread evenly, keeps cells from growing without bound where f is
    # straight, and costs at most a tenth of a cell in all
    floor = 0.1 * float(mass.sum()) / pieces
    even = h / (domain[1] - domain[0])
    return x, mass + floor * even if floor > 0 else even


def _shares(masses: Floats, pieces: int) -> list[int]:
    """Whole numbers >= 1 that sum to `pieces`: one each, the others one by one to the largest mass a cell.

    Whoever has the largest mass a cell never gets more than its exact share rounded up (Balinski and Young, Fair
    Representation, 1982: the method of Adams), so nobody less than it by as many cells as there are others: the steps
    to there are skipped.
    """
    few = len(masses)
    counts = np.maximum(np.floor(pieces * (masses / masses.sum())) - few, 1).astype(int)
    for _ in range(pieces - int(counts.sum())):
        counts[int(np.argmax(masses / counts))] += 1
    return [int(n) for n in counts]
