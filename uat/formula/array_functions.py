"""NumPy's array functions on traced numbers: what each is made of.

With ufuncs alone np.where(x > 0, a, b) would silently take one branch; these functions have a protocol of their own.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from uat.formula.deciding import one_after_another
from uat.formula.numpy_calls import contracted, elementwise, lift, reduced
from uat.formula.traced import FLOAT, TRUTH, Traced, as_floats
from uat.formula.tracing import Path

_EXACT_POWER = 22  # the largest power of ten that float64 holds; NumPy scales by a rounded one beyond


def _where(path: Path, condition: Any, *branches: Any) -> Traced:
    if len(branches) != 2:
        raise path.refuse("np.where with one argument asks for indices that depend on x")
    truth = lift(path, condition)
    if truth.dtype != TRUTH:  # nan is not 0 either
        truth = elementwise(path, "not_equal", [condition, 0.0])
    return elementwise(path, "where", [truth, *branches])


def _select(path: Path, conditions: Any, choices: Any, default: Any = 0) -> Traced:
    return _choice(path, list(zip(conditions, choices, strict=True))[::-1], default)


def _choice(path: Path, cases: list[tuple[Any, Any]], default: Any) -> Traced:
    """The value of the last case whose condition holds, or the default."""
    conditions = [lift(path, condition) for condition, _ in cases]
    if all(condition.nodes.ndim == 0 and condition.dtype == TRUTH for condition in conditions):
        places = one_after_another(path.graph, [int(condition.nodes) for condition in reversed(conditions)])
        conditions = [Traced(path, place, TRUTH) for place in reversed(places)]
    result = lift(path, default)
    for condition, (_, value) in zip(conditions, cases, strict=True):
        result = elementwise(path, "where", [condition, value, result])
    return result


def _piecewise(path: Path, x: Any, conditions: Any, functions: Any, *args: Any, **kwargs: Any) -> Traced:
    """The last condition that holds decides; one function more than conditions is the default, else it is 0."""
    lifted = lift(path, x)
    if lifted.dtype != FLOAT:
        raise path.refuse("np.piecewise gives numbers of the type of x, which are no floats here")
    single = not isinstance(conditions, (list, tuple)) or (
        isinstance(conditions[0], (bool, np.bool_)) and not isinstance(conditions[0], Traced)
    )
    conditions = [conditions] if single and not isinstance(conditions, (list, tuple)) else list(conditions)
    pieces = list(functions)
    default: Any = pieces.pop() if len(pieces) == len(conditions) + 1 else 0.0
    if len(pieces) != len(conditions):
        raise path.refuse(f"np.piecewise has {len(conditions)} conditions and {len(functions)} functions")

    def value(piece: Any) -> Any:
        return piece(lifted.copy(), *args, **kwargs) if callable(piece) else piece

    cases = [(c, as_floats(lift(path, value(piece)))) for c, piece in zip(conditions, pieces, strict=True)]
    return _choice(path, cases, as_floats(lift(path, value(default))))


def _clip(path: Path, a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Traced:
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    result = lift(path, a)
    if low is not None:
        result = elementwise(path, "maximum", [result, low])
    return result if high is None else elementwise(path, "minimum", [result, high])


def _polyval(path: Path, p: Any, x: Any) -> Traced:
    """Horner's scheme on coefficients, highest first; np.poly1d is not unfolded."""
    coefficients = (
        list(p)
        if isinstance(p, (list, tuple))
        else list(lift(path, np.atleast_1d(p) if not isinstance(p, Traced) else p))
    )
    result: Any = coefficients[0] if coefficients else 0.0
    for coefficient in coefficients[1:]:
        result = elementwise(path, "add", [elementwise(path, "multiply", [result, x]), coefficient])
    return (
        elementwise(path, "add", [result, elementwise(path, "multiply", [x, 0.0])]) if len(coefficients) < 2 else result
    )


def _full_like(path: Path, x: Any, value: Any, dtype: Any = None, **options: Any) -> Traced:
    kind = lift(path, x).dtype if dtype is None else np.dtype(dtype)
    if kind != FLOAT or options:
        raise path.refuse(f"there is no rule for an array like x of type {kind}")
    filled = lift(path, value)
    nodes = np.broadcast_to(elementwise(path, "multiply", [filled, 1.0]).nodes, lift(path, x).nodes.shape)
    return Traced(path, nodes.copy(), FLOAT)


def _full(value: float) -> Callable[..., Traced]:
    return lambda path, x, dtype=None, **options: _full_like(path, x, value, dtype, **options)


def _round(path: Path, x: Any, decimals: Any = 0) -> Traced:
    """NumPy scales by 10^|decimals|, which is exact: by multiplication, or by division where decimals < 0."""
    places = operator.index(decimals)
    if abs(places) > _EXACT_POWER:
        raise path.refuse(f"there is no rule for np.round with `decimals` = {decimals}: 10**{decimals} is no float")
    if lift(path, x).dtype != FLOAT:
        raise path.refuse("there is no rule for np.round of what is no float")
    scale = 10.0 ** abs(places)
    into, back = ("multiply", "divide") if places > 0 else ("divide", "multiply")
    return (
        elementwise(path, back, [elementwise(path, "rint", [elementwise(path, into, [x, scale])]), scale])
        if places
        else elementwise(path, "rint", [x])
    )


def _of_type(path: Path, a: Any, dtype: Any, out: Any) -> Traced:
    """What is to be reduced: floats, if `dtype` says so."""
    if dtype not in (None, float, FLOAT) or out is not None:
        raise path.refuse("it reduces into another array or type")
    return lift(path, a) if dtype is None else as_floats(lift(path, a))


def _reduction(name: str) -> Callable[..., Traced]:
    def rule(path: Path, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False) -> Traced:
        x = _of_type(path, a, dtype, out)
        return reduced(path, name, x, axis=axis, keepdims=keepdims not in (False, np._NoValue))

    return rule


def _mean(path: Path, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False) -> Traced:
    x = lift(path, a)
    total = _reduction("add")(path, x, axis, dtype, out, keepdims)
    return elementwise(path, "divide", [total, float(x.nodes.size // max(total.nodes.size, 1))])


def _truths(name: str) -> Callable[..., Traced]:
    def rule(path: Path, a: Any, axis: Any = None, keepdims: Any = False) -> Traced:
        x = lift(path, a)
        truth = x if x.dtype == TRUTH else elementwise(path, "not_equal", [x, 0.0])
        return (
            truth
            if not truth.nodes.shape
            else reduced(path, name, truth, axis=axis, keepdims=keepdims not in (False, np._NoValue))
        )

    return rule


def _accumulated(name: str) -> Callable[..., Traced]:
    def rule(path: Path, a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Traced:
        x = _of_type(path, a, dtype, out)
        if axis is None and x.nodes.ndim > 1:
            x, axis = x.made(x.nodes.ravel()), 0
        return reduced(path, name, x, axis=0 if axis is None else axis, method="accumulate")

    return rule


def _dot(path: Path, a: Any, b: Any) -> Traced:
    a, b = lift(path, a), lift(path, b)
    if not (a.nodes.ndim and b.nodes.ndim):
        return elementwise(path, "multiply", [a, b])
    if b.nodes.ndim > 2:
        raise path.refuse("there is no rule for np.dot with such arrays; write @")
    return contracted(path, a, b)


def _inner(path: Path, a: Any, b: Any) -> Traced:
    a, b = lift(path, a), lift(path, b)
    return _dot(path, a, b.made(np.swapaxes(b.nodes, -1, -2)) if b.nodes.ndim > 1 else b)


def _vdot(path: Path, a: Any, b: Any) -> Traced:
    a, b = lift(path, a), lift(path, b)
    return _dot(path, a.made(a.nodes.ravel()), b.made(b.nodes.ravel()))


def _outer(path: Path, a: Any, b: Any) -> Traced:
    a, b = lift(path, a), lift(path, b)
    return elementwise(path, "multiply", [a.made(a.nodes.ravel()[:, None]), b.made(b.nodes.ravel()[None, :])])


def _norm(path: Path, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Traced:
    a = lift(path, x)
    if ord not in (None, 2) or (axis is None and a.nodes.ndim != 1):
        raise path.refuse("there is a rule for the Euclidean norm only")
    squares = elementwise(path, "multiply", [a, a])
    return elementwise(
        path, "sqrt", [reduced(path, "add", squares, axis=-1 if axis is None else axis, keepdims=keepdims)]
    )


def _diff(path: Path, a: Any, n: int = 1, axis: int = -1) -> Traced:
    x = lift(path, a)
    for _ in range(n):
        nodes = np.moveaxis(x.nodes, axis, 0) if x.nodes.ndim else x.nodes
        if not nodes.ndim:
            raise path.forbid("f takes differences between its points, and one number has none")
        x = elementwise(path, "subtract", [x.made(nodes[1:]), x.made(nodes[:-1])])
        x = x.made(np.moveaxis(x.nodes, 0, axis))
    return x


def _shape(path: Path, x: Any) -> tuple[int, ...]:
    return lift(path, x).shape


def _interp(path: Path, x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Traced:
    """np.interp: constant beyond the knots."""
    if (
        not (left is right is period is None and isinstance(x, Traced))
        or isinstance(xp, Traced)
        or isinstance(fp, Traced)
    ):
        raise path.refuse("it calls np.interp with `left`, `right` or `period`, or with knots that depend on x")
    return x.broken_line(xp, fp, "clamp")


MOVES = {
    np.reshape, np.ravel, np.transpose, np.squeeze, np.expand_dims, np.concatenate, np.stack, np.hstack, np.vstack,
    np.column_stack, np.atleast_1d, np.atleast_2d, np.broadcast_to, np.roll, np.flip, np.tile, np.repeat, np.take,
    np.moveaxis, np.swapaxes, np.diagonal, np.copy,
}  # fmt: skip
TABLE: dict[Any, Callable[..., Any]] = {
    np.where: _where,
    np.select: _select,
    np.piecewise: _piecewise,
    np.clip: _clip,
    np.interp: _interp,
    np.sinc: lambda path, x: elementwise(path, "sinc", [x]),
    np.polyval: _polyval,
    np.zeros_like: _full(0.0),
    np.ones_like: _full(1.0),
    np.empty_like: _full(0.0),
    np.full_like: _full_like,
    np.real: lambda path, x: lift(path, x),
    np.round: _round,
    np.around: _round,
    np.sum: _reduction("add"),
    np.prod: _reduction("multiply"),
    np.max: _reduction("maximum"),
    np.min: _reduction("minimum"),
    np.mean: _mean,
    np.any: _truths("logical_or"),
    np.all: _truths("logical_and"),
    np.cumsum: _accumulated("add"),
    np.cumprod: _accumulated("multiply"),
    np.dot: _dot,
    np.inner: _inner,
    np.vdot: _vdot,
    np.outer: _outer,
    np.linalg.norm: _norm,
    np.diff: _diff,
    np.shape: _shape,
    np.ndim: lambda path, x: len(_shape(path, x)),
    np.size: lambda path, x: lift(path, x).size,
}
_NO_POINTS = {
    np.sort,
    np.argsort,
    np.argmax,
    np.argmin,
    np.median,
    np.std,
    np.var,
    np.ptp,
    np.unique,
    np.percentile,
    np.gradient,
    np.trapezoid,
}
TABLE |= dict.fromkeys(_NO_POINTS, lambda path, *_, **__: _over_points(path))


def _over_points(path: Path) -> Any:
    raise path.refuse("it sorts, or takes statistics of, several numbers, for which there is no rule")
