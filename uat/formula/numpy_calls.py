"""How NumPy's calls on traced numbers become nodes: ufuncs entry by entry, array functions by a table.

What has no row in `vocabulary`, and no rule here, ends in a sentence that names it.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from uat.formula.deciding import never_undefined
from uat.formula.traced import FLOAT, LARGEST_WHOLE, TRUTH, WHOLE, Traced, _kind, as_floats, common_path
from uat.formula.tracing import Path
from uat.formula.vocabulary import OPERATIONS, function, operation_of

_LOGIC = {"logical_and", "logical_or", "logical_not"}
_KEPT_TRUTHS = {"absolute", "floor", "ceil", "trunc"}  # of truth values they are the truth values
_OF_TRUTHS = {"add": "logical_or", "maximum": "logical_or", "multiply": "logical_and", "minimum": "logical_and"}
_WHOLE_BOUNDS: dict[str, Callable[..., int]] = {
    "add": operator.add,
    "subtract": operator.add,
    "multiply": operator.mul,
    "maximum": max,
    "minimum": max,
    **dict.fromkeys(("negative", "absolute", "sign", "floor", "ceil", "trunc", "rint"), lambda a: a),
}
_OF_ANY_NUMBER = {("less", math.inf), ("greater", -math.inf)}  # as in min(inf, x): true where there is a number
_MOST_EXPONENT = 1000
_EXACT_OF_WHOLES = {"add", "subtract", "multiply"}
_EXACT = {"negative", "absolute", "floor", "ceil", "trunc", "rint", "sign", "maximum", "minimum"}
_REDUCED = {"add": 0.0, "multiply": 1.0, "maximum": None, "minimum": None, "logical_and": 1.0, "logical_or": 0.0}


# -- constants beside traced numbers
def lift(path: Path, value: Any) -> Traced:
    """A number, or an array of numbers, as places of constants."""
    if isinstance(value, Traced):
        if value.path is not path:
            raise path.refuse("it mixes traced numbers of two calls")
        return value
    if type(value) is float or (type(value) is int and abs(value) > LARGEST_WHOLE):
        return Traced(path, path.graph.number(value), FLOAT)
    if isinstance(value, Fraction):
        return Traced(path, path.add("divide", *map(path.graph.number, value.as_integer_ratio())), FLOAT)
    if isinstance(value, (list, tuple)):
        parts = [lift(path, part) for part in value]
        return stacked(path, np.stack, parts) if parts else Traced(path, np.empty(0, dtype=np.int64), FLOAT)
    if isinstance(value, np.ma.MaskedArray):
        raise path.refuse("it uses a masked array beside x")
    array = np.asarray(value)
    if array.dtype.kind == "O" and array.size and all(isinstance(item, Traced) for item in array.flat):
        common_path([Traced(path, 0, FLOAT), *array.flat])
        if not array.shape:
            return array.item()  # type: ignore[no-any-return]
        return stacked(path, lambda parts: np.reshape(parts, array.shape), list(array.flat))
    if array.dtype.kind not in "biuf" or array.dtype == np.longdouble:
        raise path.refuse(f"it uses a {type(value).__name__} beside x, for which there is no rule")
    path.spend(array.size)
    if array.dtype.kind == "b":
        return Traced(path, _places(array, path.graph.truth), TRUTH)
    return Traced(path, _places(array, path.graph.number), array.dtype if array.dtype.kind in "iu" else FLOAT)


def _places(array: Any, make: Callable[[Any], int]) -> Any:
    return np.array([make(item) for item in array.flat], dtype=np.int64).reshape(array.shape)


def stacked(path: Path, join: Callable[..., Any], parts: Sequence[Any], **options: Any) -> Traced:
    """Several as one array, as NumPy's `join` does: floats, unless all are of one kind."""
    lifted = [lift(path, part) for part in parts]
    kinds = {part.dtype for part in lifted}
    if kinds == {TRUTH} or kinds <= {WHOLE}:
        dtype = lifted[0].dtype
    else:
        lifted, dtype = [as_floats(part) for part in lifted], FLOAT
    nodes = join([part.nodes for part in lifted], **options)
    return Traced(path, nodes, dtype)


# -- ufuncs
def ufunc_called(path: Path, ufunc: np.ufunc, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """`__array_ufunc__` of traced numbers."""
    name = operation_of(ufunc) or _LOWERED.get(ufunc) or _special().get(ufunc)
    if ufunc is np.matmul and method == "__call__" and set(options) <= {"out"}:
        return _into(path, options, contracted(path, *inputs))
    if name is None:
        raise path.refuse(f"there is no rule for {ufunc.__name__}")
    if method == "__call__" and set(options) <= {"out", "where", "dtype"}:
        if options.get("dtype") not in (None, float, FLOAT):
            raise path.refuse(f"it calls {ufunc.__name__} with dtype={options['dtype']!r}")
        if options.get("dtype") is not None:  # truth values and integers become floats first
            inputs = [as_floats(lift(path, part)) for part in inputs]
        return _into(path, options, called(path, name, list(inputs)))
    if method == "outer" and not options and len(inputs) == 2:
        a, b = (lift(path, part) for part in inputs)
        return called(path, name, [a.made(a.nodes.reshape(a.nodes.shape + (1,) * b.nodes.ndim)), b])
    if method in ("reduce", "accumulate") and isinstance(name, str) and name in _REDUCED:
        options = {key: value for key, value in options.items() if value is not None and value is not np._NoValue}
        if options.get("where", True) is True and set(options) <= {"axis", "keepdims", "where", "dtype", "out"}:
            x = lift(path, inputs[0])
            x = as_floats(x) if "dtype" in options else x
            return reduced(path, name, x, method=method, **_reduction(path, options, inputs))
    how = "" if method == "__call__" else f".{method}"
    raise path.refuse(f"there is no rule for {ufunc.__name__}{how} with the options {', '.join(options) or 'given'}")


def _reduction(path: Path, options: dict[str, Any], inputs: Sequence[Any]) -> dict[str, Any]:
    if "out" in options or options.get("dtype") not in (None, float, FLOAT):
        raise path.refuse("it reduces into another array or type")
    axis = options.get("axis", inputs[1] if len(inputs) > 1 else 0)
    return {"axis": axis, "keepdims": bool(options.get("keepdims", False))}


def _into(path: Path, options: dict[str, Any], value: Any) -> Any:
    """The options out= and where= of a ufunc."""
    out = options.get("out")
    out = out[0] if isinstance(out, tuple) else out
    condition = options.get("where", True)
    if out is None:
        if condition is not True:
            raise path.refuse("it calls a ufunc with where= and without out=, which leaves numbers undefined")
        return value
    if not isinstance(out, Traced):
        raise path.refuse("it writes what depends on x into an array of numbers (use np.zeros_like(x) for it)")
    if condition is not True:
        value = called(path, "where", [condition, value, out.made(out.nodes.copy())])
    out.write(..., value)
    return out


def called(path: Path, name: str | Callable[..., Any], inputs: list[Any]) -> Traced:
    """An operation, with NumPy's rules for truth values and integers; `name` may be made of others."""
    if isinstance(name, str):
        return elementwise(path, name, inputs)
    made: Traced = name(path, *inputs)
    return made


def elementwise(path: Path, name: str, inputs: list[Any]) -> Traced:
    """The nodes of an operation on operands that are broadcast against one another."""
    operands = [lift(path, value) for value in inputs]
    if name in _KEPT_TRUTHS and operands[0].dtype == TRUTH:
        return operands[0].copy()
    if any(part.dtype != FLOAT for part in operands) or name in _LOGIC or name == "where":
        name, dtype = _typed(path, name, operands, inputs)
        if name in ("where", "given"):
            operands = [operands[0], *(as_floats(part) if dtype != TRUTH else part for part in operands[1:])]
        elif name not in _LOGIC:
            operands = [as_floats(part) for part in operands]
    else:  # floats give floats, or truth values
        dtype = TRUTH if OPERATIONS[name].truth else FLOAT
    if not any(part.nodes.ndim for part in operands):
        return Traced(path, _made(path, name, dtype, [int(part.nodes) for part in operands]), dtype)
    try:
        arrays = np.broadcast_arrays(*[part.nodes for part in operands])
    except ValueError as error:
        raise path.refuse(f"it joins arrays that do not fit ({error})") from error
    path.spend(arrays[0].size)
    places = [_made(path, name, dtype, [int(k) for k in row]) for row in zip(*(a.flat for a in arrays), strict=True)]
    return Traced(path, np.array(places, dtype=np.int64).reshape(arrays[0].shape), dtype)


def _typed(path: Path, name: str, operands: list[Traced], inputs: list[Any]) -> tuple[str, np.dtype[Any]]:
    """The operation that NumPy carries out for operands of these types, and the type that it gives."""
    if name in ("where", "given"):
        if operands[0].dtype != TRUTH:
            raise path.refuse(f"np.{name} wants a comparison as its condition")
        kinds = [_weak(value, part) for value, part in zip(inputs[1:], operands[1:], strict=True)]
        dtype = np.result_type(*kinds)
        return name, _plain(path, name, dtype)
    kinds = [_weak(value, part) for value, part in zip(inputs, operands, strict=True)]
    if name in _LOGIC:
        if any(part.dtype != TRUTH for part in operands):
            raise path.refuse(f"it calls {name} (&, |, ~) of numbers; there is a rule for comparisons")
        return name, TRUTH
    if all(part.dtype == TRUTH for part in operands):
        if name in _OF_TRUTHS:
            return _OF_TRUTHS[name], TRUTH
        if name in ("equal", "not_equal"):
            return name, TRUTH
    if OPERATIONS[name].home == "numpy" and name not in ("sinc",):
        try:
            ufunc: Any = function(name)
            *taken, gives = ufunc.resolve_dtypes((*kinds, None))
        except TypeError as error:
            raise path.refuse(
                f"NumPy has no {name} of {' and '.join(_kind(part.dtype) for part in operands)}"
            ) from error
    else:
        taken, gives = list(kinds), FLOAT
        if TRUTH in taken:
            raise path.refuse(f"there is no rule for {name} of a truth value: NumPy computes it in few bits")
    for dtype in taken:
        _plain(path, name, np.dtype(dtype))
    return name, _plain(path, name, gives)


def _weak(value: Any, part: Traced) -> Any:
    """What NumPy sees: Python's own numbers give way to the types of arrays."""
    if isinstance(value, (bool, Traced)):
        return part.dtype
    if isinstance(value, (int, float)) and not isinstance(value, np.generic):
        return type(value)
    dtype = getattr(value, "dtype", None)
    return dtype if dtype is not None and dtype.kind in "biuf" else part.dtype


def _plain(path: Path, name: str, dtype: np.dtype[Any]) -> np.dtype[Any]:
    if dtype not in (FLOAT, WHOLE, TRUTH):
        raise path.refuse(
            f"NumPy computes {name} in {dtype} here, with fewer digits than float64 or with wrapping integers"
        )
    return dtype


def _bound(path: Path, place: int) -> int:
    """How large an integer can be; of a constant its size, of 1 and 0 for a truth value 1."""
    node = path.graph.nodes[place]
    if node.operation == "number":
        return math.ceil(abs(float(node.value)))
    return path.bounds.get(place, 1)


def _never_negative(path: Path, place: int) -> bool:
    node = path.graph.nodes[place]
    if node.operation == "where":
        return all(_never_negative(path, k) for k in node.operands[1:])
    return node.operation == "number" and float(node.value) >= 0


def _keep_bound(path: Path, name: str, row: list[int], place: int) -> None:
    """How large an integer that is made of others may become: beyond 2^53 none is a float64, beyond 2^63 they wrap."""
    sizes = [_bound(path, k) for k in row]
    if name == "power":
        if not _never_negative(path, row[1]) or sizes[1] > _MOST_EXPONENT:
            raise path.refuse("there is no rule for integers to a negative or unknown power; write a float, 2.0**n")
        bound = max(sizes[0], 1) ** sizes[1]
    elif name in ("where", "given"):
        bound = max(sizes[1:])
    elif name in _WHOLE_BOUNDS:
        bound = _WHOLE_BOUNDS[name](*sizes)
    else:
        raise path.refuse(f"there is no rule for {name} of integers; write floats, 2.0 in place of 2")
    if bound > LARGEST_WHOLE:
        raise path.refuse("its integers may exceed 2**53, where they are no float64 any more, or wrap; write floats")
    path.bounds[place] = max(bound, path.bounds.get(place, 0))


def _made(path: Path, name: str, dtype: np.dtype[Any], row: list[int]) -> int:
    place = _node(path, name, dtype, row)
    if dtype == WHOLE:
        _keep_bound(path, name, row, place)
    return place


def _node(path: Path, name: str, dtype: np.dtype[Any], row: list[int]) -> int:
    """One node; of constants their value, where floats compute it exactly."""
    graph = path.graph
    nodes = [graph.nodes[k] for k in row]
    if name in _LOGIC or (name == "where" and dtype == TRUTH) or (name in ("equal", "not_equal") and nodes[0].truth):
        return _logic(path, name, row)
    if name in ("where", "given"):
        if nodes[0].operation == "truth":
            return row[1 if nodes[0].value else 2] if name == "where" else path.add(name, *row)
        if name == "where" and row[1] == row[2] and never_undefined(graph.nodes, row[0]):
            return row[1]
        undefined = [node.operation == "number" and np.isnan(node.value) for node in nodes[1:]]
        if name == "where" and any(undefined):  # no number is what NumPy's nan is for
            holds = _logic(path, "logical_not", row[:1]) if undefined[0] else row[0]
            return path.add("given", holds, row[1 + undefined[0]])
        return path.add(name, *row)
    constants = [k for k, node in zip(row, nodes, strict=True) if node.operation == "number"]
    if not constants:
        return path.add(name, *row)
    if len(constants) == len(row):
        with np.errstate(all="ignore"):
            value = function(name)(*[float(node.value) for node in nodes])
        if OPERATIONS[name].truth:
            return graph.truth(bool(value))
        wholes = abs(value) <= LARGEST_WHOLE and all(float(node.value).is_integer() for node in nodes)
        if not np.isfinite(value) or name in _EXACT or (name in _EXACT_OF_WHOLES and wholes):
            return graph.number(float(value))
    if name in ("maximum", "minimum"):  # infinity is no bound at all, as in np.clip(x, 0, np.inf)
        bound = float(graph.nodes[constants[0]].value)
        if np.isinf(bound) and (bound > 0) == (name == "minimum"):
            return next(k for k in row if k not in constants)
    if (name, float(nodes[1].value) if nodes[1].operation == "number" else 0.0) in _OF_ANY_NUMBER:
        if nodes[0].operation == "variable":
            return graph.truth(True)
        return path.add("equal", path.add("multiply", row[0], graph.number(0.0)), graph.number(0.0))
    return path.add(name, *row)


def _logic(path: Path, name: str, row: list[int]) -> int:
    """Truth values, without those that are known."""
    graph = path.graph
    known = [bool(graph.nodes[k].value) if graph.nodes[k].operation == "truth" else None for k in row]
    if name == "logical_not":
        return path.add(name, row[0]) if known[0] is None else graph.truth(not known[0])
    if name == "where":
        if known[0] is not None:
            return row[1] if known[0] else row[2]
        yes = _logic(path, "logical_and", [row[0], row[1]])
        no = _logic(path, "logical_and", [_logic(path, "logical_not", [row[0]]), row[2]])
        return _logic(path, "logical_or", [yes, no])
    if name in ("equal", "not_equal"):
        same = _logic(path, "where", [row[0], row[1], _logic(path, "logical_not", [row[1]])])
        return same if name == "equal" else _logic(path, "logical_not", [same])
    decisive = name == "logical_or"
    if decisive in known:
        return graph.truth(decisive)
    rest = [k for k, value in zip(row, known, strict=True) if value is None]
    return rest[0] if len(rest) == 1 else path.add(name, *row) if rest else graph.truth(not decisive)


def reduced(path: Path, name: str, x: Traced, *, axis: Any, keepdims: bool = False, method: str = "reduce") -> Traced:
    """Sums, products, extremes and their like along axes that f made itself."""
    if not x.nodes.shape:
        raise path.forbid(f"f takes {_OF_ALL.get(name, name)} over all its points, and one number has none")
    if name in ("add", "multiply") and x.dtype == TRUTH:
        x = _counted(x)
    axes = tuple(range(x.nodes.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    nodes = x.nodes
    for at in sorted((operator.index(a) % x.nodes.ndim for a in axes), reverse=True):
        columns = [x.made(column) for column in np.moveaxis(nodes, at, 0)]
        total: Any = columns[0] if columns else _REDUCED[name]
        if total is None:
            raise path.refuse(f"it takes the {name} of nothing")
        sums = [total]
        for column in columns[1:]:
            total = elementwise(path, name, [total, column])
            sums.append(total)
        if method == "accumulate":
            return stacked(path, np.stack, sums, axis=at)
        x = lift(path, total)
        nodes = np.expand_dims(x.nodes, at) if keepdims else x.nodes
    return Traced(path, nodes, x.dtype)


_OF_ALL = {"add": "a sum or a mean", "multiply": "a product", "maximum": "a maximum", "minimum": "a minimum"}


def _counted(x: Traced) -> Traced:
    """Truth values as integers, as sums count them."""
    out = as_floats(x)
    return Traced(x.path, out.nodes, WHOLE)


def contracted(path: Path, a: Any, b: Any) -> Traced:
    """a @ b."""
    a, b = lift(path, a), lift(path, b)
    if not (a.nodes.ndim and b.nodes.ndim):
        raise path.refuse("it calls @ of one number; f is traced with one number, not with an array of points")
    if TRUTH in (a.dtype, b.dtype):
        raise path.refuse("it calls @ of truth values, for which there is no rule")
    left = a.nodes if a.nodes.ndim > 1 else a.nodes[None, :]
    right = b.nodes if b.nodes.ndim > 1 else b.nodes[:, None]
    if left.shape[-1] != right.shape[-2]:
        raise path.refuse(f"it multiplies matrices that do not fit ({a.nodes.shape} and {b.nodes.shape})")
    products = elementwise(path, "multiply", [a.made(left[..., :, :, None]), b.made(right[..., None, :, :])])
    out = reduced(path, "add", products, axis=-2)
    nodes = out.nodes if a.nodes.ndim > 1 else out.nodes[..., 0, :]
    return Traced(path, nodes if b.nodes.ndim > 1 else nodes[..., 0], out.dtype)


# -- what is made of other operations
def _square(path: Path, x: Any) -> Traced:
    return elementwise(path, "multiply", [x, x])


def _xor(path: Path, a: Any, b: Any) -> Traced:
    both = elementwise(path, "logical_and", [a, b])
    return elementwise(
        path, "logical_and", [elementwise(path, "logical_or", [a, b]), elementwise(path, "logical_not", [both])]
    )


def _no_truth(path: Path, x: Any, what: str) -> Traced:
    lifted = lift(path, x)
    if lifted.dtype == TRUTH:
        raise path.refuse(f"NumPy has no {what} of truth values")
    return lifted


def _in_other_units(path: Path, x: Any, above: float | str, below: float | str) -> Traced:
    """x times pi/180 or its inverse: the number pi, whose float NumPy divides."""
    if lift(path, x).dtype == TRUTH:
        raise path.refuse("there is no rule for angles that are truth values: NumPy computes them in few bits")
    parts = [path.graph.add("decimal" if isinstance(c, str) else "number", value=c) for c in (above, below)]
    return elementwise(path, "multiply", [x, Traced(path, path.add("divide", *parts), FLOAT)])


_LOWERED: dict[Any, Callable[..., Traced]] = {
    np.square: _square,
    np.reciprocal: lambda path, x: elementwise(path, "divide", [1.0, _floats_only(path, x, "np.reciprocal")]),
    np.positive: lambda path, x: _no_truth(path, x, "np.positive").copy(),
    np.logical_xor: _xor,
    np.bitwise_xor: _xor,
    np.deg2rad: lambda path, x: _in_other_units(path, x, "pi", 180.0),
    np.radians: lambda path, x: _in_other_units(path, x, "pi", 180.0),
    np.rad2deg: lambda path, x: _in_other_units(path, x, 180.0, "pi"),
    np.degrees: lambda path, x: _in_other_units(path, x, 180.0, "pi"),
}


def _special() -> dict[Any, Callable[..., Traced]]:
    """The same for SciPy, if it is there: importing scipy.special takes a third of a second."""
    special: Any = sys.modules.get("scipy.special")
    if special is None:
        return {}
    made: dict[Any, Callable[..., Traced]] = {
        special.entr: lambda path, x: elementwise(path, "negative", [elementwise(path, "xlogy", [x, x])])
    }
    if hasattr(special, "softplus"):  # SciPy 1.15
        made[special.softplus] = lambda path, x: elementwise(path, "logaddexp", [x, 0.0])
    return made


def _floats_only(path: Path, x: Any, what: str) -> Traced:
    lifted = lift(path, x)
    if lifted.dtype != FLOAT:
        raise path.refuse(f"there is no rule for {what} of {_kind(lifted.dtype)}")
    return lifted


# -- array functions
def array_function_called(path: Path, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`__array_function__` of traced numbers."""
    from uat.formula.array_functions import MOVES, TABLE

    if function in TABLE:
        try:
            return TABLE[function](path, *args, **kwargs)
        except TypeError as error:
            raise path.refuse(f"there is no rule for np.{function.__name__} with such arguments ({error})") from error
    if function in MOVES:
        return _moved(path, function, args, kwargs)
    raise path.refuse(f"there is no rule for np.{getattr(function, '__name__', function)}")


def _moved(path: Path, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Traced:
    """NumPy's function on the places: it moves them as it would move numbers."""
    if {"out", "dtype"} & set(kwargs) or len(args) > 3:
        raise path.refuse(f"it calls np.{function.__name__} into another array or type")
    if isinstance(args[0], (list, tuple)):
        return stacked(path, lambda parts, **options: function(parts, *args[1:], **options), list(args[0]), **kwargs)
    x = lift(path, args[0])
    try:
        return x.made(function(x.nodes, *args[1:], **kwargs))
    except (ValueError, IndexError) as error:
        raise path.refuse(f"np.{function.__name__} does not fit one number ({error})") from error


def knows(function: Any) -> bool:
    """Whether there is a rule for an array function."""
    from uat.formula.array_functions import MOVES, TABLE

    return function in TABLE or function in MOVES
