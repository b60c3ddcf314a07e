"""Every public door with one right call, and wrong values for each of its arguments: what `test_doors` knocks with."""

from __future__ import annotations

import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

import uat
from uat import compare, draw, exchange, learn
from uat.bounds import rounding
from uat.compare.table import COLUMNS
from uat.construct import knots

PATIENCE = 20.0  # seconds a call, far beyond what any takes


@dataclass(frozen=True)
class Door:
    """A public callable and arguments that it takes, all by name."""

    name: str
    call: Callable[..., Any]
    right: dict[str, Any]


def _refuse(*_: object) -> NoReturn:
    raise RuntimeError("hands\noff")


_DUNDERS = (
    "__repr__ __str__ __float__ __int__ __index__ __complex__ __bool__ __len__ __iter__ __next__ __getitem__ "
    "__contains__ __array__ __eq__ __lt__ __le__ __gt__ __ge__ __add__ __radd__ __sub__ __mul__ __neg__ __abs__ "
    "__hash__ __fspath__ __format__"
)
Hostile = type("Hostile", (), dict.fromkeys(_DUNDERS.split(), _refuse))
_SAYS_NOTHING = {"__float__": _refuse, "__repr__": _refuse, "__str__": _refuse}
HostileNumber, HostileText = type("HostileNumber", (float,), _SAYS_NOTHING), type("HostileText", (str,), _SAYS_NOTHING)
NoNumber = type("NoNumber", (), _SAYS_NOTHING)


def _hostile_list() -> Any:
    return type("HostileList", (list,), {"__iter__": _refuse, "__repr__": _refuse})()


def _endless() -> Any:
    return (0.0 for _ in range(3))


# what each wrong value is called -> how it is made (anew for each call, as some are used up)
WRONG: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "empty text": lambda: "",
    "text": lambda: "x",
    "two lines": lambda: "a\nb",
    "null": lambda: "a\0b",
    "lone surrogate": lambda: "\udc80",
    "-1": lambda: -1,
    "0": lambda: 0,
    "0.5": lambda: 0.5,
    "-0.0": lambda: -0.0,
    "nan": lambda: float("nan"),
    "inf": lambda: float("inf"),
    "1e308": lambda: 1e308,
    "10**400": lambda: 10**400,
    "2**63": lambda: 2**63,
    "1 + 2**53": lambda: 2**53 + 1,
    "True": lambda: True,
    "complex": lambda: 1j,
    "Fraction": lambda: Fraction(1, 3),
    "Decimal": lambda: Decimal("sNaN"),
    "bytes": lambda: b"x",
    "bytearray": lambda: bytearray(b"x"),
    "Path": lambda: Path("nowhere/x"),
    "object": object,
    "class": lambda: int,
    "module": lambda: np,
    "ellipsis": lambda: ...,
    "a function": lambda: lambda *given: None,
    "[]": list,
    "()": tuple,
    "{}": dict,
    "set": lambda: {1, 2},
    "dict": lambda: {"x": 1},
    "dict of numbers": lambda: {0: 1.0, 1: 2.0},
    "[nan]": lambda: [float("nan")],
    "[None]": lambda: [None],
    "['x', 'y']": lambda: ["x", "y"],
    "['uniform']": lambda: ["uniform"],
    "(1, 0)": lambda: (1, 0),
    "(0, inf)": lambda: (0, float("inf")),
    "(1, 2, 3)": lambda: (1, 2, 3),
    "ragged": lambda: [[1], [1, 2]],
    "nested": lambda: [[[[1.0]]]],
    "huge entries": lambda: [1e308, -1e308],
    "generator": _endless,
    "range": lambda: range(3),
    "0-d": lambda: np.array(1.5),
    "0-d object": lambda: np.array(None, dtype=object),
    "empty": lambda: np.zeros((0, 3)),
    "square": lambda: np.ones((2, 2)),
    "texts": lambda: np.array(["a", "b"]),
    "objects": lambda: np.array([None, "x"], dtype=object),
    "complexes": lambda: np.array([1j, 2]),
    "dates": lambda: np.array(["2020"], dtype="M8"),
    "records": lambda: np.zeros(2, dtype=[("a", float)]),
    "masked": lambda: np.ma.masked_array([0.0, 1.0], mask=[False, True]),
    "masked number": lambda: np.ma.masked,
    "hostile": Hostile,
    "hostile number": HostileNumber,
    "hostile text": HostileText,
    "[hostile]": lambda: [Hostile()],
    "no number": NoNumber,
    "hostile list": _hostile_list,
}


LINE = uat.PiecewiseAffine([0.0, 1.0, 2.0], [1.0, 2.0, 4.0])
NET = uat.ReluNet([1.0, 1.0], [0.0, -1.0], [1.0, 2.0])
MLP = uat.MLP.initialize((1, 3, 1))
X, Y = np.linspace(-1.0, 1.0, 9), np.linspace(-1.0, 1.0, 9) ** 2
ROW = {name: 1.0 if kind == "REAL" else 1 for name, kind in COLUMNS.items()} | {
    "function": "f", "formula": "x**2", "method": "uniform", "width": 2, "budget": 0, "seed": 0, "a": 0.0, "b": 1.0,
    "samples": 9, "kinks": "[0.5]", "versions": "{}", "outcome": "", "assumes": "",
}  # fmt: skip
TABLE = compare.Table((ROW, ROW | {"method": "narrowest", "proven": 1}))
METHODS = ("uniform",)


def doors() -> Iterator[Door]:
    """All of them. What is made here is small, so that the whole table of calls takes minutes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        r = uat.approximate("x**2", (0, 1), tol=0.1)
        n = uat.narrowest("x**2", (0, 1), tol=0.1)
        fit = learn.fit(MLP, X, Y, steps=2, metrics={"size": lambda network: 1.0})
    formula = uat.Formula("x**2")
    expr = {"f": formula, "domain": (0, 1)}
    data = {"x": X, "y": Y}

    def of(name: str, call: Callable[..., Any], /, **right: Any) -> Door:
        return Door(name, call, right)

    more = {"breaks": (), "lipschitz": None, "modulus": None, "seconds": None}
    yield of("uat.Formula", uat.Formula, text="x", variable="x")
    yield of("Formula.trace", uat.Formula.trace, f=np.sin, domain=(0, 1))
    yield of("Formula()", formula, x=1.0)
    yield of("uat.PiecewiseAffine", uat.PiecewiseAffine, knots=[0.0, 1.0], values=[0.0, 1.0])
    yield of("PiecewiseAffine()", LINE, x=X, extrapolate=True, out=None, threads=1)
    yield of("PiecewiseAffine.derivative", LINE.derivative, x=X)
    yield of("PiecewiseAffine.integral", LINE.integral, lower=0.0, upper=1.0)
    yield of("PiecewiseAffine.max_difference", LINE.max_difference, other=LINE)
    yield of("uat.interpolate", uat.interpolate, f=formula, a=0.0, b=1.0, pieces=3, step=None)
    yield of("uat.interpolate, step", uat.interpolate, f=formula, a=0.0, b=1.0, step=0.25)
    yield of("uat.ReluNet", uat.ReluNet, weights=[1.0], biases=[0.0], coefficients=[1.0], output_bias=0.0)
    yield of("ReluNet.from_piecewise", uat.ReluNet.from_piecewise, p=LINE, form="shifted-origin", shift=1.0)
    yield of("ReluNet.from_mlp", uat.ReluNet.from_mlp, mlp=MLP)
    yield of("ReluNet()", NET, x=X, out=None, threads=1)
    yield of("ReluNet.forward", NET.forward, x=X)
    yield of("ReluNet.to_piecewise", NET.to_piecewise, a=0.0, b=2.0)
    yield of("ReluNet.rescaled", NET.rescaled, factors=[1.0, 2.0])
    yield of("uat.MLP", uat.MLP, sizes=(1, 1), theta=[1.0, 0.0], activations="relu")
    yield of(
        "MLP.initialize", uat.MLP.initialize,
        sizes=(1, 2, 1), activation="relu", output="identity", rng=0, scheme=None, dtype=np.float64,
    )  # fmt: skip
    yield of("MLP.from_layers", uat.MLP.from_layers, layers=[([[1.0]], [0.0])], activation="relu")
    yield of("MLP.with_theta", MLP.with_theta, theta=MLP.theta)
    yield of("MLP.astype", MLP.astype, dtype=np.float32)
    yield of("MLP()", MLP, x=X)
    yield of("MLP.features", MLP.features, x=X)
    yield of("MLP.rescaled", MLP.rescaled, layer=0, factors=[1.0, 2.0, 4.0])
    yield of(
        "uat.approximate", uat.approximate,
        **expr, tol=0.1, width=None, step=None, method="uniform", side="both", rtol=None, form="shifted-origin", **more,
    )  # fmt: skip
    yield of("uat.approximate, width", uat.approximate, **expr, width=4, method="graded", breaks=0.5)
    yield of("uat.narrowest", uat.narrowest, **expr, tol=0.1, pieces=None, side="both", rtol=None,
             breaks=(), through=(), monotone=False, seconds=None)  # fmt: skip
    yield of("uat.narrowest, pieces", uat.narrowest, **expr, pieces=2)
    yield of("uat.narrowest, data", uat.narrowest, f=([0.0, 1, 2, 3], [0.0, 1, 0, 1]), tol=0.1)
    yield of("uat.certify", uat.certify, f=formula, g=LINE, domain=(0, 1), tol=None, rel=0.01, abs=0.0,
             arithmetic="real", norm="sup", **more)  # fmt: skip
    yield of("uat.load", uat.load, path="r.json")
    yield of("Approximation()", r, x=X)
    yield of("Approximation.plot", r.plot, path="r.svg")
    yield of("Approximation.save", r.save, path="r.json")
    yield of("Narrowest.plot", n.plot, path="n.svg", f=formula)
    yield of("uat.Certificate", uat.Certificate, lower=0.0, upper=1.0, where=0.0, proven=True, assumes=(), method="m",
             norm="sup", boxes=1, bits=53, note="", stopped="")  # fmt: skip
    yield of("Certificate.from_dict", uat.Certificate.from_dict, data=r.certificate.to_dict())
    yield of(
        "Certificate.from_dict, entries", lambda **data: uat.Certificate.from_dict(data), **r.certificate.to_dict()
    )
    yield of("uat.target", uat.target, name="sin")
    yield of("uat.Target", uat.Target, name="f", function="x", domain=(0, 1), source="", lipschitz=1.0,
             second_derivative=0.0, holder=(1.0, 0.5), kinks=(0.5,), infinite_slope=(0.0,), convex=True, concave=True,
             monotone="increasing", curvature=0.0)  # fmt: skip
    yield of("Target()", uat.target("sin"), x=X)
    # learning
    yield of("learn.L1", learn.L1, strength=0.1, biases=True)
    yield of("learn.L2", learn.L2, strength=0.1, biases=True)
    yield of("L2 +", lambda other: learn.L2(0.1) + other, other=learn.L1(0.1))
    yield of("learn.LBFGS", learn.LBFGS, memory=10, tol=1e-9)
    yield of("learn.SGD", learn.SGD, rate=0.1, momentum=0.5, nesterov=False)
    yield of("learn.Adam", learn.Adam, rate=0.1, beta1=0.5, beta2=0.5, epsilon=1e-8, decay=0.0)
    yield of("learn.AdamW", learn.AdamW, rate=0.1, decay=0.0)
    yield of("learn.VariableProjection", learn.VariableProjection, start="graded", tol=1e-10)
    yield of("History.metric", fit.history.metric, name="size")
    yield of("History.to_csv", fit.history.to_csv, path="h.csv")
    yield of("Loss.derivative", learn.LOSSES["squared"].derivative, y=1.0, s=2.0)
    yield of("learn.accuracy", learn.accuracy, x=X, y=np.sign(X + 0.1))
    yield of("learn.forward", learn.forward, network=MLP, x=X)
    yield of("learn.backward", learn.backward, tape=learn.forward(MLP, X), slope=Y)
    yield of("learn.check_gradient", learn.check_gradient, network=MLP, **data, loss="squared", regularizer=None,
             weights=None, gradient=None, directions=2, tol=1e-7, rng=0)  # fmt: skip
    yield of("learn.constant", learn.constant, gamma=0.1)
    yield of("learn.cosine", learn.cosine, gamma=0.1, steps=5, floor=0.0)
    yield of("learn.inverse_sqrt", learn.inverse_sqrt, gamma=0.1)
    yield of("learn.inverse_time", learn.inverse_time, gamma=0.1, half=1.0)
    yield of("learn.step_decay", learn.step_decay, gamma=0.1, every=3, factor=0.1)
    yield of("learn.warmup", learn.warmup, schedule=0.1, steps=3)
    yield of("Schedule()", learn.cosine(0.1, 5), t=1)
    yield of("learn.cyclic", learn.cyclic, size=2)
    yield of("learn.shuffled", learn.shuffled, size=2, drop_last=False)
    yield of("learn.with_replacement", learn.with_replacement, size=2)
    yield of("learn.exchanged", learn.exchanged, network=MLP, **data)
    yield of("learn.relocated", learn.relocated, network=MLP, **data, shake=0.0, rng=0)
    yield of(
        "learn.fit", learn.fit, network=MLP, **data, loss="squared", regularizer=None, method=learn.SGD(0.1),
        batches=None, steps=2, stop=learn.seconds(0.1), validation=None, weights=None, callback=None, metrics=None,
        frozen=(), record_every=1, rng=0, progress=False, checkpoint=None, resume=None,
    )  # fmt: skip
    yield of("learn.fit, LBFGS", learn.fit, network=MLP, **data, method=learn.LBFGS(), steps=2, batches=None)
    yield of(
        "learn.fit_many",
        learn.fit_many,
        networks=MLP,
        **data,
        loss="squared",
        seeds=(0, 1),
        steps=2,
        stop=learn.seconds(0.1),
    )
    yield of("learn.fit_last_layer", learn.fit_last_layer, network=MLP, **data, regularizer=None, weights=None)
    yield of("learn.from_net", learn.from_net, net=NET, width=4, noise=0.0, rng=0)
    for name in ("glorot", "he"):
        yield of(f"learn.{name}", getattr(learn, name), sizes=(1, 2, 1), activation="tanh", output="identity", rng=0,
                 dtype=np.float64)  # fmt: skip
    yield of("learn.uniform_kinks", learn.uniform_kinks, width=3, domain=(0, 1), rng=0)
    yield of("learn.gradient_below", learn.gradient_below, tol=0.1)
    yield of("learn.loss_below", learn.loss_below, target=0.1)
    yield of("learn.plateau", learn.plateau, relative=0.1, window=3)
    yield of("learn.seconds", learn.seconds, limit=1.0)
    yield of("learn.gradient_noise", learn.gradient_noise, network=MLP, **data, sizes=(2, 3), loss="squared",
             weights=None)  # fmt: skip
    yield of("learn.trace", learn.trace, network=MLP, x=0.5, y=0.5, loss="squared", latex=False, file=None)
    yield of("learn.value_and_gradient", learn.value_and_gradient, network=MLP, **data, loss="squared",
             regularizer=None, weights=None)  # fmt: skip
    # comparing
    yield of("compare.sweep", compare.sweep, functions={"f": ("x**2", (0, 1))}, widths=[2], methods=METHODS, seeds=1,
             executor=None, store=None, progress=False, budget=1)  # fmt: skip
    yield of("compare.resume", compare.resume, store="s.sqlite", executor=None, progress=False)
    yield of("compare.read_table", compare.read_table, path="s.sqlite")
    yield of("compare.limits", compare.limits, function="sin")
    yield of("compare.process_pool", compare.process_pool, workers=1)
    yield of("compare.Store", compare.Store, path=":memory:")
    yield of("Store.add", lambda **given: compare.Store().add(**given), key="k", rows=[ROW])
    yield of("Store.add_failures", lambda **given: compare.Store().add_failures(**given), key="k", failures=[ROW])
    yield of("Store.plan", lambda **given: compare.Store().plan(**given), description={"x": 1})
    yield of("Store.seeds", lambda **given: compare.Store().seeds(**given), key="k")
    for name in ("rows", "failures", "table"):
        yield of(f"Store.{name}", lambda name=name, **given: getattr(compare.Store(), name)(**given), keys=None)
    yield of("compare.Table", compare.Table, rows=(ROW,), failures=(), unit="", relative=())
    yield of("Table.where", TABLE.where, method="uniform", width=2)
    yield of("Table.over", TABLE.over, method="narrowest", column="sup_error")
    yield of("Table.column", TABLE.column, name="width")
    yield of("Table.median_by_width", TABLE.median_by_width, column="sup_error")
    yield of("Table.to_csv", TABLE.to_csv, path="t.csv")
    yield of("Table.to_parquet", TABLE.to_parquet, path="t.parquet")
    yield of("compare.Limits", compare.Limits, curvature=1.0, second_derivative=1.0, length=1.0)
    yield of("Limits.best", compare.Limits(1.0, 1.0, 1.0).best, pieces=4)
    yield of("Limits.uniform", compare.Limits(1.0, 1.0, 1.0).uniform, pieces=4)
    # pictures and files
    yield of("draw.approximation", draw.approximation, r=r, ax=None)
    yield of("draw.error_vs_width", draw.error_vs_width, table=TABLE, ax=None, column="sup_error",
             limit=compare.Limits(1.0, 1.0, 1.0).best, bound=None)  # fmt: skip
    yield of("draw.hinges", draw.hinges, net=NET, ax=None, domain=None)
    yield of("draw.kinks", draw.kinks, table=[ROW], ax=None, f=formula, density=None)
    yield of("draw.kinks, density", draw.kinks, table=[ROW], density=(X, Y))
    yield of("draw.training", draw.training, run=fit, curves=None, ax=None, title="", window=1)
    yield of("draw.training, curves", draw.training, run=[0, 1], curves={"f": [1.0, 2.0]})
    yield of("exchange.save_mlp", exchange.save_mlp, network=MLP, path="m.npz")
    yield of("exchange.load_mlp", exchange.load_mlp, path="m.npz")
    # bounds and knots
    yield of("rounding.gamma", rounding.gamma, k=3, unit=2.0**-53)
    yield of("rounding.condition", rounding.condition, net=NET, x=X)
    yield of("rounding.forward_bound", rounding.forward_bound, net=NET, x=X, unit=2.0**-53)
    yield of("rounding.pieces_bound", rounding.pieces_bound, net=NET, x=X)
    yield of("rounding.evaluated", rounding.evaluated, g=NET, domain=(0, 1), arithmetic="float64")
    yield of("rounding.conversion_bound", rounding.conversion_bound, p=LINE, net=uat.ReluNet.from_piecewise(LINE))
    yield of("rounding.stored_distance", rounding.stored_distance, p=LINE, net=uat.ReluNet.from_piecewise(LINE))
    yield of(
        "rounding.stored_excess", rounding.stored_excess, p=LINE, net=uat.ReluNet.from_piecewise(LINE), side="under"
    )
    yield of("knots.power_graded_knots", knots.power_graded_knots, a=0.0, b=1.0, pieces=4, power=2.0, end="left")
    yield of("knots.graded_knots", knots.graded_knots, **expr, pieces=4, norm="sup", breaks=(), around=())


class Late(BaseException):
    """A call that took longer than anybody waits."""


def _late(*_: object) -> NoReturn:
    raise Late


@contextmanager
def in_time(seconds: float = PATIENCE) -> Iterator[None]:
    """`Late` where the block takes longer."""
    before = signal.signal(signal.SIGALRM, _late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


CALLED = {"batches", "stop", "callback", "limit", "bound"}  # functions of the caller's, whose exceptions are his own


def calls() -> Iterator[tuple[Door, str, str]]:
    """Every argument of every door with every wrong value."""
    for door in doors():
        for argument in door.right:
            yield from ((door, argument, wrong) for wrong in WRONG if wrong != "class" or argument not in CALLED)


def knock(door: Door, argument: str, wrong: Any) -> BaseException | None:
    """What a wrong value raises, if it is no `InputError` in one line."""
    given = door.right | {argument: wrong}
    try:
        with in_time(), warnings.catch_warnings():
            warnings.simplefilter("ignore", uat.NotProvenWarning)
            warnings.simplefilter("ignore", compare.FailedRowsWarning)
            door.call(**given)
    except uat.InputError as error:
        return error if len(str(error).splitlines()) != 1 else None
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return error
    return None
