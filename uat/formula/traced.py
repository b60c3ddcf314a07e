"""The tracer: an array of places in a graph, which speaks NumPy's two protocols and Python's operators.

x itself is one with shape (): what NumPy broadcasts against it (weights, a list of knots) makes arrays of places, and
NumPy moves, cuts and writes these places as it would move numbers, views and all. Beside the places stands the dtype
that NumPy would give, because NumPy's truth values and integers are not numbers to it: True + True is True, integers
wrap at 2^63. Integers are recorded as the real numbers that they are as long as they provably stay below 2^53.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from uat._checks import InputError
from uat.formula.node import Formula
from uat.formula.tracing import Path
from uat.formula.vocabulary import operation_of

FLOAT, WHOLE, TRUTH = np.dtype(np.float64), np.dtype(np.int64), np.dtype(np.bool_)
LARGEST_WHOLE = 2**53  # float64 holds all integers up to here


class Traced(np.lib.mixins.NDArrayOperatorsMixin):
    """Numbers that f computes from x: ``nodes`` (an integer array, their places), ``dtype`` as NumPy would have it,
    and the path of f on which they were made."""

    __slots__ = ("dtype", "nodes", "path")
    __array_priority__ = 1000

    def __init__(self, path: Path, nodes: Any, dtype: np.dtype[Any]) -> None:
        self.path, self.nodes, self.dtype = path, np.asarray(nodes, dtype=np.int64), dtype

    @classmethod
    def argument(cls, path: Path) -> Traced:
        """x itself."""
        x = cls(path, path.add("variable"), FLOAT)
        path.argument = x.nodes
        return x

    # -- NumPy
    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        from uat.formula import numpy_calls

        path = common_path([*inputs, *_outputs(options)])
        return numpy_calls.ufunc_called(path, ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        from uat.formula import numpy_calls

        return numpy_calls.array_function_called(self.alive(), function, args, kwargs)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        """What np.asarray makes of it: an array of Python objects, which are met one by one."""
        if dtype is not None and np.dtype(dtype) not in (np.dtype(object), FLOAT):
            raise self.alive().refuse(f"it asks for an array of {np.dtype(dtype)} of x; proofs are about real numbers")
        if dtype is not None and np.dtype(dtype) == FLOAT:
            raise self.alive().refuse("np.asarray(x, dtype=float) wants numbers now; np.asarray(x) is enough")
        if self.dtype != FLOAT:  # in such an array NumPy would forget that they are no floats
            raise self.alive().refuse(f"it makes a plain array of {_kind(self.dtype)}; write 1.0 * them")
        out = np.empty(self.nodes.shape, dtype=object)
        for index in np.ndindex(self.nodes.shape):
            out[index] = self.made(self.nodes[(*index, ...)])  # a view: what changes here changes there
        out.flags.writeable = bool(copy)
        return out

    def graft(self, formula: Formula) -> Traced:
        """A formula at these numbers: its nodes become part of the graph."""
        path = self.alive()
        if len(formula.variables) != 1 or self.dtype == TRUTH:
            raise path.refuse("it calls a formula with what is not one number")
        return self.made([_grafted(path, formula, int(k)) for k in self.nodes.flat]).reshaped(self.nodes.shape)

    def broken_line(self, knots: Any, values: Any, beyond: str) -> Traced:
        """The broken line through the knots at these numbers: what np.interp and a `PiecewiseAffine` ask for."""
        path, x = self.alive(), as_floats(self)
        try:
            places = [
                path.graph.table(int(k), np.asarray(knots, float), np.asarray(values, float), beyond)
                for k in x.nodes.flat
            ]
        except InputError as error:
            raise path.refuse(str(error)) from error
        return x.made(places).reshaped(self.nodes.shape)

    def reshaped(self, shape: tuple[int, ...]) -> Traced:
        return Traced(self.path, self.nodes.reshape(shape), FLOAT)

    def alive(self) -> Path:
        """Its path, which must be the one that runs."""
        if self.path.ended:
            raise self.path.refuse("it keeps a traced number and uses it after the call that it belonged to")
        return self.path

    def made(self, nodes: Any) -> Traced:
        return Traced(self.path, nodes, self.dtype)

    def _at(self, index: Any) -> Traced:
        return self.made(self.nodes[index].copy())

    # -- what would pick one number
    def _pick(self, what: str, instead: str = "") -> Any:
        raise self.alive().refuse(f"it calls {what}, which needs one number{instead}")

    def __float__(self) -> float:
        return float(self._pick("float(x) or a function of `math`", "; write np.sin for math.sin"))

    def __int__(self) -> int:
        return int(self._pick("int(x)", "; write np.floor or np.trunc"))

    def __index__(self) -> int:
        return int(self._pick("for an index that depends on x", "; write np.where or np.interp"))

    def __complex__(self) -> complex:
        return complex(self._pick("complex(x)"))

    def __round__(self, digits: Any = None) -> Any:
        return self._pick("round(x)", "; write np.round")

    def __trunc__(self) -> Any:
        return self._pick("math.trunc(x)", "; write np.trunc")

    def __floor__(self) -> Any:
        return self._pick("math.floor(x)", "; write np.floor")

    def __ceil__(self) -> Any:
        return self._pick("math.ceil(x)", "; write np.ceil")

    def __hash__(self) -> int:
        return int(self._pick("for a key of a dictionary that depends on x"))

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self._pick("for a pickle or a copy of x")

    def __copy__(self) -> Traced:
        return self.made(self.nodes.copy())

    def __deepcopy__(self, memo: Any) -> Traced:
        return self.made(self.nodes.copy())

    def __repr__(self) -> str:
        return f"<a number that is being traced, {id(self):x} at {self.nodes.tolist()}>"

    def __bool__(self) -> bool:
        from uat.formula import numpy_calls

        path = self.alive()
        if self.nodes.size != 1:
            raise path.refuse("it asks for one truth value of several")
        truth = self if self.dtype == TRUTH else numpy_calls.elementwise(path, "not_equal", [self, 0.0])
        return path.decide(int(truth.nodes.reshape(())))

    # -- as an array
    def _own_shape(self, what: str) -> tuple[int, ...]:
        if not self.nodes.shape:
            raise self.alive().refuse(
                f"it asks for {what}, which depends on how many points it is called with, not on one number"
            )
        return self.nodes.shape

    @property
    def shape(self) -> tuple[int, ...]:
        return self._own_shape("the shape of x")

    @property
    def ndim(self) -> int:
        return len(self._own_shape("the dimension of x"))

    @property
    def size(self) -> int:
        return math.prod(self._own_shape("the size of x"))

    def __len__(self) -> int:
        return self._own_shape("len(x)")[0]

    def __iter__(self) -> Iterator[Traced]:
        return iter([self._at(k) for k in range(self._own_shape("the entries of x")[0])])

    @property
    def T(self) -> Traced:  # noqa: N802 - NumPy's name
        return self.made(self.nodes.T)

    @property
    def real(self) -> Traced:
        return self.made(self.nodes)

    def __getitem__(self, key: Any) -> Traced:
        """A view, or a copy, as NumPy gives. x[condition] is x, to be put back where the condition holds."""
        if isinstance(key, Traced):
            if self._mask(key) is None or self.nodes.size != 1:
                self._pick("x[...] with such an index")
            return self.made(self.nodes.copy().reshape(()))  # how many there are, nobody knows: no axis to sum over
        try:
            return self.made(self.nodes[key])
        except IndexError as error:
            raise self.alive().refuse(f"it takes x apart ({error}); f is traced with one number") from error

    def _mask(self, key: Traced) -> Traced | None:
        return key if key.dtype == TRUTH and key.nodes.shape == self.nodes.shape else None

    def __setitem__(self, key: Any, value: Any) -> None:
        from uat.formula import numpy_calls

        path = self.writable()
        if isinstance(key, Traced):
            if self._mask(key) is None:
                self._pick("y[...] = ... with such an index")
            new = numpy_calls.called(path, "where", [key, value, self.made(self.nodes.copy())])
            self.write(..., new)
        else:
            self.write(key, numpy_calls.lift(path, value))

    def writable(self) -> Path:
        path = self.alive()
        if path.argument is not None and np.shares_memory(path.argument, self.nodes):
            raise path.forbid(
                "f changes its argument in place (x += ..., x[...] = ...), which changes the caller's array"
            )
        return path

    def write(self, key: Any, value: Traced) -> None:
        """Put numbers into the array, cast as NumPy casts them: to floats from anything, to others from their like."""
        path = self.writable()
        if self.dtype != FLOAT and value.dtype != self.dtype:
            raise path.refuse(
                f"it puts {_kind(value.dtype)} into an array of {_kind(self.dtype)}, which NumPy cuts or refuses"
            )
        if self.dtype == FLOAT:
            value = as_floats(value)
        try:
            self.nodes[key] = value.nodes
        except (IndexError, ValueError) as error:
            raise path.refuse(f"it puts numbers where they do not fit ({error})") from error

    def copy(self, order: str = "C") -> Traced:
        return self.made(self.nodes.copy())

    def astype(self, dtype: Any, **_: Any) -> Traced:
        kind = np.dtype(dtype)
        if kind == FLOAT:
            return as_floats(self.copy())
        if kind == self.dtype:
            return self.copy()
        raise self.alive().refuse(f"it casts {_kind(self.dtype)} to {kind}, which is no operation on real numbers")

    def reshape(self, *shape: Any, order: str = "C") -> Traced:
        return self.made(self.nodes.reshape(*shape, order=order))  # type: ignore[call-overload]

    def transpose(self, *axes: Any) -> Traced:
        return self.made(self.nodes.transpose(*axes))

    def flatten(self, order: str = "C") -> Traced:
        return self.made(self.nodes.flatten())

    def fill(self, value: Any) -> None:
        self[...] = value

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Methods that NumPy has as functions too, x.clip(0, 1) or x.sum(); NumPy calls x.sin() on objects."""
        from uat.formula import numpy_calls

        function = getattr(np, _METHODS.get(name, name), None)
        if not name.startswith("_") and function is not None:
            operation = operation_of(function) if isinstance(function, np.ufunc) else None
            if operation is not None or numpy_calls.knows(function):
                return lambda *args, **kwargs: function(self, *args, **kwargs)
        sentence = f"it asks for x.{name}, which a traced number does not have"
        if not name.startswith("_"):
            self.alive().refuse(sentence)
        raise AttributeError(sentence)


_METHODS = {"conj": "real", "conjugate": "real", "__floor__": "floor"}


def _kind(dtype: np.dtype[Any]) -> str:
    return {"f": "floats", "i": "integers", "b": "truth values"}.get(dtype.kind, str(dtype))


def _outputs(options: dict[str, Any]) -> list[Any]:
    out = options.get("out", ())
    return [*(out if isinstance(out, tuple) else (out,)), options.get("where", True)]


def common_path(values: Any) -> Path:
    """The one path of traced numbers that meet."""
    found: Path | None = None
    for value in values:
        if isinstance(value, Traced):
            path = value.alive()
            if found is not None and path is not found:
                raise found.refuse("it mixes traced numbers of two calls")
            found = path
    if found is None:
        raise TypeError("no operand is traced")
    return found


def as_floats(x: Traced) -> Traced:
    """The same numbers as float64: True is 1; integers are recorded as reals anyway."""
    if x.dtype != TRUTH:
        return Traced(x.path, x.nodes, FLOAT)
    graph = x.path.graph
    places = [graph.as_number(int(k)) for k in x.nodes.flat]
    return Traced(x.path, np.array(places, dtype=np.int64).reshape(x.nodes.shape), FLOAT)


def _grafted(path: Path, formula: Formula, x: int) -> int:
    places: list[int] = []
    for operation, operands, value in formula.nodes:
        if operation == "variable":
            places.append(x)
        elif operands:
            places.append(path.add(operation, *[places[k] for k in operands], value=value))
        else:
            places.append(path.graph.add(operation, value=value))
    return places[-1]


def result_of(value: Any, path: Path) -> int:
    """The place of what f returned: one number."""
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.reshape(())[()]
    if isinstance(value, Traced):
        if value.path is not path:
            raise path.refuse("it returns a traced number of another call")
        if value.nodes.size != 1:
            raise path.refuse(f"it returns an array of shape {value.nodes.shape} for one number")
        return int(as_floats(value).nodes.reshape(()))
    if isinstance(value, (bool, np.bool_, int, float, np.number)) and not isinstance(value, np.complexfloating):
        return path.graph.number(float(value))
    what = "nothing" if value is None else f"a {type(value).__name__}"
    raise path.refuse(f"it returns {what}, not one number")
