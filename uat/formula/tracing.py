"""From code to a formula: f runs on a traced number, once for each outcome of the branches that it takes on x.

A run follows one path. Where Python asks for the truth of a comparison that is not decided on the domain, the path
forks: this run takes True, another one False, and the formula is where(condition, this, that). A comparison that float
intervals decide on the whole domain is taken, and stays in the formula as a guard: given(condition, value). What f
shows is a formula; whether the formula is f, a comparison in floats must tell.

Refused (InputError): what is no function of one number, such as x/np.max(x), or changes the caller's argument.
Not traced (NotTracedError): float(x), a function without a row in the vocabulary, too many paths. A refusal is
remembered, since f may catch the exception but has then shown another formula than it computes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from uat import _checks
from uat._checks import InputError, function
from uat.formula.deciding import Cells, as_less, never_undefined
from uat.formula.node import Formula, Graph

MOST_PATHS = 256
_TOO_MANY = f"its branches on x make more than {MOST_PATHS} paths"
MOST_NODES = 120_000  # of a trace: a second or two of tracing
MOST_ENTRIES = 500_000  # of arrays of weights, in all runs of a trace: as long
MOST_QUESTIONS = 2_000  # branches on x along one path: a loop that asks more often is taken for endless


class NotTracedError(InputError):
    """f leaves what can be traced: it stays a black box; the sentence says why, and what to write instead."""


class RefusedError(InputError):
    """f is no function of one number."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """Where a path ended: its choices at the forks, the conditions there, what was decided on the way, the value."""

    choices: tuple[bool, ...]
    forks: tuple[int, ...]
    guards: tuple[int, ...]
    value: int | None  # None: f raised an exception of its own


@dataclass(slots=True, eq=False)
class Path:
    """One run of f. `graph` is shared by all runs of a trace."""

    graph: Graph
    cells: Cells
    wanted: tuple[bool, ...]
    choices: list[bool] = field(default_factory=list)
    forks: list[int] = field(default_factory=list)
    guards: list[int] = field(default_factory=list)
    known: dict[Any, bool] = field(default_factory=dict)
    questions: int = 0
    bounds: dict[int, int] = field(default_factory=dict)  # place of an integer -> how large it can be
    argument: Any = None  # the places of x itself, which f must not write to
    refusal: InputError | None = None
    ended: bool = False

    def refuse(self, sentence: str) -> NotTracedError:
        """What f did, as an exception to raise; the first one is remembered."""
        error = NotTracedError(f"`f` cannot be traced: {sentence.removesuffix('.')}.")
        self.refusal = self.refusal or error
        return error

    def forbid(self, sentence: str) -> RefusedError:
        """The same for what no function of one number does."""
        error = RefusedError(f"`f` must be a function of one number, but {sentence}.")
        self.refusal = self.refusal or error
        return error

    def add(self, operation: str, *operands: int, value: Any = 0.0) -> int:
        if len(self.graph.nodes) > MOST_NODES:
            raise self.refuse(f"it shows more than {MOST_NODES} operations, or a loop that does not end")
        return self.graph.add(operation, *operands, value=value)

    def spend(self, entries: int) -> None:
        """Arrays are gone through entry by entry, which takes time where the operations are the same ones, too."""
        self.graph.entries += entries
        if self.graph.entries > MOST_ENTRIES:
            raise self.refuse(f"its arrays have more than {MOST_ENTRIES} entries in all")

    def decide(self, place: int) -> bool:
        """The truth that this path takes for a condition."""
        nodes = self.graph.nodes
        if nodes[place].operation == "truth":
            return bool(nodes[place].value)
        if nodes[place].operation == "logical_not":
            return not self.decide(nodes[place].operands[0])
        self.questions += 1
        if self.questions > MOST_QUESTIONS:
            raise self.refuse(f"it branches on x more than {MOST_QUESTIONS} times, or in a loop that does not end")
        less = as_less(nodes, place)
        key, holds = (place, True) if less is None else (less[:2], less[2])
        if key in self.known:
            return self.known[key] == holds
        decided = self.cells.decided(nodes, place)
        if decided is not None:
            self.guards.append(place if decided else self.graph.add("logical_not", place))
        else:
            decided = self.wanted[len(self.choices)] if len(self.choices) < len(self.wanted) else True
            if len(self.choices) == MOST_PATHS:
                raise self.refuse(_TOO_MANY)
            self.choices.append(decided)
            self.forks.append(place)
            self.cells.narrow(nodes, place, decided)
        self.known[key] = decided == holds
        return decided


def trace(f: Callable[[Any], Any], domain: Any) -> Formula:
    """The formula that the code of f shows on a domain.

    Parameters
    ----------
    f : a function of one number, written with NumPy's operations (ufuncs of NumPy and scipy.special, where, select,
        piecewise, clip, sums and products with arrays of weights, ...), with Python's operators, and with branches on
        comparisons of x, which are followed both ways, along at most `MOST_PATHS` paths.
    domain : (a, b) with a < b, where it is asked for: branches that are decided there are taken.

    Returns
    -------
    Formula of one variable, x; see the top of the file for where() and given() in it. Outside the domain it need not be
    f. That f computes in floats what it has shown is not looked at here: `uat.certify` and `uat.approximate` do that.

    Raises
    ------
    RefusedError (an InputError) where f is no function of one number; NotTracedError (another one) where it cannot be
    followed. Both say what f did. A plain InputError where f cannot be called, or the domain is no interval.

    Source: tracing by operator overloading, as in Griewank & Walther, Evaluating Derivatives, 2008, chapter 6.

    >>> print(trace(lambda x: np.exp(-x) * np.sin(x), (0, 1)))
    exp(-x)*sin(x)
    >>> print(trace(lambda x: x if abs(x) < 5 else 0.0, (-1, 1)))  # decided on the domain, and kept as a guard
    given(abs(x) < 5, x)
    >>> trace(lambda x: x / np.max(x), (0, 1))
    Traceback (most recent call last):
    uat.formula.tracing.RefusedError: `f` must be a function of one number, but f takes a maximum over all its points, \
and one number has none.
    """
    function(f, "f", "a function of one real number")
    a, b = _checks.interval(domain)
    graph, cells = Graph(), Cells(a, b)
    leaves: list[Leaf] = []
    pending: list[tuple[bool, ...]] = [()]
    trouble: BaseException | None = None
    while pending:
        if len(leaves) + len(pending) > MOST_PATHS:
            raise NotTracedError(f"`f` cannot be traced: {_TOO_MANY}.")
        path = Path(graph, cells.copy(), pending.pop())
        value, error = _run(f, path)
        trouble = trouble or error
        made = tuple(path.choices)
        pending += [(*made[:k], False) for k in range(len(path.wanted), len(made))]
        leaves.append(Leaf(made, tuple(path.forks), tuple(path.guards), value))
    root = _combined(graph, leaves, 0)
    if root is None:
        raise NotTracedError(
            f"`f` cannot be traced: it raised {_checks.raised(trouble) if trouble else 'an exception.'}"
        ) from trouble
    return graph.formula(root)


def _run(f: Callable[[Any], Any], path: Path) -> tuple[int | None, BaseException | None]:
    """The place of what f gives along a path; None and the exception if f raised one of its own."""
    from uat.formula.traced import Traced, result_of

    x = Traced.argument(path)
    trouble: BaseException | None = None
    value: int | None = None
    try:
        with np.errstate(all="ignore"):
            value = result_of(f(x), path)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a SystemExit too: what f raises is no error of ours
        trouble = error
    finally:
        path.ended = True
    if path.refusal is not None:
        raise path.refusal from trouble
    if isinstance(trouble, InputError):
        raise NotTracedError(f"`f` cannot be traced: {trouble}") from trouble
    return value, trouble


def _combined(graph: Graph, leaves: Sequence[Leaf], depth: int) -> int | None:
    """Leaves that agree in their first `depth` choices, as one node; None where f is undefined on all of them."""
    if len(leaves) == 1 and len(leaves[0].choices) == depth:
        leaf = leaves[0]
        return None if leaf.value is None else guarded(graph, leaf.guards, leaf.value)
    forks = {leaf.forks[depth] if depth < len(leaf.forks) else None for leaf in leaves}
    if len(forks) != 1 or None in forks:
        raise NotTracedError("`f` cannot be traced: it branches otherwise when it is run again (hidden state).")
    condition = leaves[0].forks[depth]
    this, that = (
        _combined(graph, [leaf for leaf in leaves if leaf.choices[depth] is way], depth + 1) for way in (True, False)
    )
    if this is None:
        return None if that is None else graph.add("given", graph.add("logical_not", condition), that)
    if that is None:
        return graph.add("given", condition, this)
    return (
        this if this == that and never_undefined(graph.nodes, condition) else graph.add("where", condition, this, that)
    )


def guarded(graph: Graph, guards: Sequence[int], value: int) -> int:
    """A value that is meant only where all guards hold; a constant needs none of them less."""
    for guard in dict.fromkeys(reversed(guards)):
        value = graph.add("given", guard, value)
    return value
