"""Step 2 of the theorem: every continuous piecewise-affine function *is* a one-hidden-layer ReLU network, and back.

A network of one input with M neurons is the function

    x  ->  sum_j coefficients_j (weights_j x + biases_j)_+  +  output_bias,          (t)_+ = max(t, 0).

Each neuron is a hinge: 0 on one side of its kink -biases_j / weights_j, a line on the other. Adding a hinge at a knot
with the slope *difference* there as its coefficient turns the slope left of the knot into the slope right of it, so a
sum of hinges follows any piecewise-affine function exactly. What is left is the value at the left end: the theorem
shifts the origin (the function is seen as rising from 0 at a - shift to f(a) at a), a practitioner adds an output bias.

The formulas stand in `uat.hinges`, for any exact number type; the class here holds float64 numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from uat import _checks
from uat._checks import Floats, InputError, show
from uat._kernels.pieces import PieceTable
from uat.hinges import Numbers, canonical_form, hinge_sum, hinges_of_pieces
from uat.piecewise import UNIT, PiecewiseAffine
from uat.regions import Regions, exact_lines, float_kinks, regions_of

if TYPE_CHECKING:
    from uat.mlp import MLP

FORMS = ("shifted-origin", "output-bias")
_FELT = 1e-12  # of the largest value: what rounding the coefficients may move without more ado
_CELLS = 1 << 18  # points x neurons evaluated at a time by `forward`: 2 MB of hinges


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class ReluNet:
    """The one-hidden-layer ReLU network x -> sum_j coefficients_j (weights_j x + biases_j)_+ + output_bias.

    Parameters
    ----------
    weights, biases, coefficients : array (M,), finite
        Inner weights, inner biases and outer weights of the M neurons. Copied; read-only afterwards. M = 0 is a
        constant.
    output_bias : float

    Raises
    ------
    InputError
        When the lengths differ or an entry is not a finite real number.

    Notes
    -----
    Accuracy. Both ways of evaluating are within a derived bound of the exact value of the *stored* parameters, with
    u = 2^-53 and gamma_k = k u / (1 - k u):

    * ``net.forward(x)``: gamma_{M+2} (|c| + sum_j |coefficients_j| (x - t_j)_+) when every |weights_j| = 1, and
      gamma_{M+3} (|c| + sum_j |coefficients_j| (|weights_j x| + |biases_j|)) in general (statement F1).
    * ``net(x)``: gamma_5 (|v| + |y - v|) + u sum |coefficients_j biases_j|, where v is the value at the anchor of the
      piece (see `Regions`), y the exact result, and the sum runs over the neurons whose kinks bound the piece and whose
      weight is not +-1 (their kinks -b/w had to be rounded). It does not grow with M.

    `uat.bounds.rounding` computes both.
    """

    weights: Floats
    biases: Floats
    coefficients: Floats
    output_bias: float = 0.0
    _regions: Regions | None = field(default=None, init=False)
    _table: PieceTable | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        weights = _checks.vector(self.weights, "weights")
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "biases", _checks.vector(self.biases, "biases", length=weights.size))
        object.__setattr__(self, "coefficients", _checks.vector(self.coefficients, "coefficients", length=weights.size))
        object.__setattr__(self, "output_bias", _checks.real(self.output_bias, "output_bias"))

    @classmethod
    def from_piecewise(cls, p: PiecewiseAffine, *, form: str = "shifted-origin", shift: float = 1.0) -> ReluNet:
        """The network that equals p on its domain, exactly in real arithmetic.

        Parameters
        ----------
        p : PiecewiseAffine
        form : str
            "shifted-origin": the theorem's form, p.pieces + 1 neurons and no output bias. The first neuron stands
            even when p vanishes at the left end (its coefficient is then 0; `canonical` drops it).
            "output-bias": p.pieces neurons and an output bias; better conditioned.
        shift : float > 0
            How far left of the domain the shifted-origin form starts from 0 (1 in the notes).

        Raises
        ------
        InputError
            For an unknown form; a shift that floats cannot subtract from a, or one so small against the domain that
            the first two hinges would cancel more than half of the digits; slopes that overflow.

        Accuracy: exact on any exact number type (`hinges_of_pieces`). In float64 each coefficient carries the
        rounding of two slopes and their difference, so the stored network follows p within about
        8 u sum_i (|S_i| + |S_{i-1}|) (x - x_i)_+. Where some slopes are so steep that this would be felt, each
        coefficient takes up what rounding those before it has left, and adds u times itself on its own cell only.
        Source: lecture notes, section III, step 2.
        """
        _checks.instance(p, "p", PiecewiseAffine)
        _checks.one_of(form, "form", FORMS)
        if form == "shifted-origin":
            shift = _checks.positive(shift, "shift")
            if problem := _origin_problem(p, shift):
                raise InputError(problem)
        with np.errstate(over="ignore", invalid="ignore"):
            weights, biases, coefficients, output_bias = hinges_of_pieces(p.knots, p.values, form, shift)
        finite = np.isfinite(coefficients)
        if not finite.all():
            k = max(int(np.argmin(finite)) - (form == "shifted-origin"), 0)
            raise InputError(
                f"`p` must have finite slopes, but between the knots {show(p.knots[k])} and {show(p.knots[k + 1])} "
                f"it goes from {show(p.values[k])} to {show(p.values[k + 1])}."
            )
        coefficients = _fed_back(coefficients, p)
        weights, biases, coefficients = (_checks.freeze(part + 0.0) for part in (weights, biases, coefficients))
        return cls(weights, biases, coefficients, float(output_bias) + 0.0)  # + 0.0: no network prints -0.0

    def to_mlp(self) -> MLP:
        """The same parameters as an `MLP` of sizes (1, M, 1); M = 0 becomes one neuron that is always 0. Exact."""
        from uat.mlp import MLP

        w, b, c = (part if self.width else np.zeros(1) for part in (self.weights, self.biases, self.coefficients))
        return MLP((1, w.size, 1), np.concatenate([w, b, c, [self.output_bias]]), ("relu", "identity"))

    @classmethod
    def from_mlp(cls, mlp: MLP) -> ReluNet:
        """The same parameters as a `ReluNet`: one input, one hidden ReLU layer, one affine output. Exact.

        Raises InputError when `mlp` is no `MLP` or has another architecture, which is named.
        """
        from uat.mlp import MLP

        _checks.instance(mlp, "mlp", MLP)
        if mlp.sizes[0] != 1 or mlp.sizes[2:] != (1,) or mlp.activations != ("relu", "identity"):
            raise InputError(
                "`mlp` must have one input, one hidden ReLU layer and one affine output, "
                f"but has sizes {mlp.sizes} and activations {show(mlp.activations)}."
            )
        hidden, outer = mlp.layers
        return cls(hidden.weights[:, 0], hidden.biases, outer.weights[0], float(outer.biases[0]))

    @property
    def width(self) -> int:
        """The number M of neurons."""
        return self.weights.size

    @property
    def kinks(self) -> Floats:
        """-biases / weights, shape (M,): where each neuron switches; nan where the weight is 0."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return np.where(self.weights != 0, -self.biases / self.weights + 0.0, np.nan)

    @property
    def regions(self) -> Regions:
        """The net by its pieces on the whole line; found at the first use and kept."""
        if self._regions is None:
            object.__setattr__(self, "_regions", regions_of(self))
        assert self._regions is not None
        return self._regions

    def __call__(self, x: ArrayLike, *, out: Numbers | None = None, threads: int = 1) -> Any:
        """The network at x by its pieces, shape of x (a float for a float): O(1) a point unless the kinks crowd.

        Parameters
        ----------
        x : array_like, any shape
            float32 gives float32: computed in float64 and rounded once. Everything else gives float64.
        out : array of the shape and type of the result, optional
            Written to and returned; may be x itself.
        threads : int >= 1
            Threads that share the points. The result does not depend on it.

        Returns
        -------
        array, shape of x; nan where x is nan. At an infinite x the limit: infinite, or the value of a flat end piece.

        Raises
        ------
        InputError
            When `out` does not fit, `threads` is no integer >= 1, or a kink is no finite float.

        Accuracy: see above; at most O(log M) a point, whatever the kinks. The pieces are found at the first call.
        """
        if _checks.is_ball(x):
            return self.coefficients @ np.maximum(self.weights * x + self.biases, 0) + self.output_bias
        table = self._table
        if table is None:
            r = self.regions
            table = PieceTable(r.kinks, r.anchors, r.values, r.slopes)
            object.__setattr__(self, "_table", table)
        return table(x, -np.inf, np.inf, out, threads)

    def forward(self, x: ArrayLike) -> Any:
        """The network at x neuron by neuron, the way a framework would: O(M) a point, shape of x.

        Computed in float64 (float32 is converted and gives float64). Nan where x is nan, and as a rule where it is
        infinite, since the terms of the sum then cancel. Memory: a block of points at a time, never points x neurons.

        Raises
        ------
        InputError
            When x is no array of real numbers.

        Accuracy: `uat.bounds.rounding.forward_bound`.
        """
        points = np.asarray(_checks.abscissae(x), dtype=np.float64)
        flat, out = points.reshape(-1), np.empty(points.size)
        rows = max(_CELLS // max(self.width, 1), 1)
        for start in range(0, flat.size, rows):
            block = flat[start : start + rows]
            with np.errstate(over="ignore", invalid="ignore"):  # what overflows is infinite or nan, as in `__call__`
                y = hinge_sum(self.weights, self.biases, self.coefficients, self.output_bias, block)
            out[start : start + rows] = y
        return out.reshape(points.shape) if points.ndim else float(out[0])

    def to_piecewise(self, a: float, b: float) -> PiecewiseAffine:
        """The network on [a, b] by its kinks and values; works for any weights, so also for a trained net.

        Accuracy: exact on any exact number type (`pieces_of_hinges`). In float64 the kinks -biases/weights are
        rounded (exact when |weights| = 1), and the values are those of the stored parameters at the ends and at the
        rounded kinks, rounded once.

        Raises
        ------
        InputError
            When a, b are not finite or not increasing, or a value overflows.
        """
        a, b = _checks.endpoints(a, b)
        kinks = float_kinks(self)
        knots = np.concatenate([[a], kinks[(kinks > a) & (kinks < b)], [b]])
        return PiecewiseAffine(knots, exact_lines(self, knots).values)

    def rescaled(self, factors: ArrayLike) -> ReluNet:
        """Positive homogeneity: (c, w, b) -> (c d, w / d, b / d) for factors d > 0 leaves the function as it was.

        Parameters
        ----------
        factors : float or array (M,), > 0

        Raises
        ------
        InputError
            For a factor that is not > 0, or a parameter that leaves the floats; the first offender is named.

        Accuracy: exact for powers of two, else one rounding a parameter. Source: lecture notes, section I;
        statement A6 (so parameters -> function is not injective).
        """
        given = _checks.numbers(factors, "factors")
        one = given.ndim == 0
        d = np.full(self.width, _checks.positive(factors, "factors")) if one else _checks.vector(given, "factors")
        _checks.shape(d, "factors", (self.width,), f"(width,) = ({self.width},)")
        _checks.all_positive(d, "factors")
        with np.errstate(over="ignore"):
            parameters = self.weights / d, self.biases / d, self.coefficients * d
        return ReluNet(*parameters, self.output_bias)

    def canonical(self) -> ReluNet:
        """The same function with |weights| = 1, kinks sorted and merged: in exact arithmetic equal functions
        get equal parameters.

        All hinges face right, except that a line which comes in from the left with a slope gets one hinge at the first
        kink that faces left. Hinges whose jump is 0 are dropped. The output bias is the value at the first kink.

        Accuracy: exact on any exact number type (`canonical_hinges`); in float64 kinks, jumps and the bias are each
        rounded once. The form starts from the leftmost kink, so a kink that lies far from the rest (-1e20, as a trained
        net may have) makes it ill conditioned in floats, though not in exact arithmetic.
        """
        kinks = float_kinks(self)
        lines = exact_lines(self, np.append(kinks, 0.0))  # without any kink the value at 0 is the intercept
        weights, biases, coefficients, output_bias = canonical_form(
            kinks, lines.slopes, lines.jumps, lines.values, lines.values[-1]
        )
        return ReluNet(weights, biases + 0.0, coefficients, float(output_bias))

    def __reduce__(self) -> tuple[Any, ...]:
        # through the door: what is unpickled is frozen too, and finds its pieces anew
        return ReluNet, (self.weights, self.biases, self.coefficients, self.output_bias)

    def __repr__(self) -> str:
        return f"ReluNet(width={self.width}, output_bias={self.output_bias:.6g})"


def _fed_back(coefficients: Floats, p: PiecewiseAffine) -> Floats:
    """Slope differences; of very steep functions each the slope less the sum, as stored, of those before.

    Then the rounding of a coefficient is felt on its own cell, and not on all that follow: log on [1e-20, 1] begins
    with slopes of 1e19, in whose last place a slope of 1 is lost.
    """
    a, b = p.domain
    size = np.abs(p.values).max()
    if not np.abs(coefficients).max() * UNIT * (b - a) > _FELT * size:
        return coefficients
    before = coefficients[: coefficients.size - p.pieces].tolist()  # the shifted origin, where there is one
    found, stored = list(before), before  # the exact sum of what is stored, as a few floats that do not overlap
    try:
        for slope in p.slopes.tolist():
            found.append(math.fsum([slope, *(-part for part in stored)]))
            stored = _parts(stored, found[-1])
    except OverflowError:  # of a sum on the way: the differences themselves are floats
        return coefficients
    fed: Floats = np.array(found)
    return fed if np.isfinite(fed).all() else coefficients


def _parts(parts: list[float], x: float) -> list[float]:
    """The exact sum of floats and of x as floats that do not overlap. Shewchuk (1997), Grow-Expansion."""
    grown = []
    for part in parts:
        total = x + part
        if rest := (part - (total - x) if abs(x) >= abs(part) else x - (total - part)):
            grown.append(rest)
        x = total
    return [*grown, x]


def default_shift(p: PiecewiseAffine) -> float:
    """The notes' shift of 1, or the length of the domain where floats cannot bear 1 (see `ReluNet.from_piecewise`)."""
    a, b = p.domain
    return b - a if _origin_problem(p, 1.0) else 1.0


def _origin_problem(p: PiecewiseAffine, shift: float) -> str:
    """Why floats cannot hold the origin shifted so far, in a sentence (statement A4); empty when they can."""
    a, b = p.domain
    if not math.isfinite(a - shift):
        return f"`shift` = {shift!r} leaves the floats: a - shift overflows for a = {a!r}."
    if a - shift == a:
        return (
            f"`shift` = {shift!r} is lost in floats: a - shift == a for a = {a!r}; "
            'take a larger `shift` or form="output-bias".'
        )
    # At b the first two hinges are |f(a)| (b - a) / shift each and cancel. An absolute error of u times that must
    # leave half of the 53 bits of the largest value.
    if abs(float(p.values[0])) * ((b - a) / shift) > 2.0**26.5 * float(np.abs(p.values).max()):
        return (
            f"`shift` = {shift!r} is too small for a domain of length {b - a!r}: the first hinges would cancel more "
            f'than half of the digits; take a `shift` near {b - a:.3g} or form="output-bias".'
        )
    return ""
