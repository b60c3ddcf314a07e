"""Batches: which samples B_t step t sees.

    full()                 all of them: plain gradient descent
    shuffled(size)         a fresh permutation each epoch, cut in order; its last batch may be shorter, kept unless
                           ``drop_last=True``
    with_replacement(size) size independent uniform draws each step: the gradient is an unbiased estimate of F's
    cyclic(size)           samples 0..size-1, then the next, in order, wrapping round at the end; deterministic, biased
    one's own              a function (t, n, rng) -> indices

The order is drawn a block at a time (an epoch, about), and the samples are gathered once a block, so that a step
costs no more than a look-up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uat._checks import InputError, flag, integer, memory, show
from uat.learn.risk import Samples
from uat.mlp import Array

Rule = Callable[[int, int, np.random.Generator], Any]


@dataclass(frozen=True, slots=True)
class Batches:
    """A rule for batches; made by `full`, `shuffled`, `with_replacement`, `cyclic`, or from one's own function."""

    kind: str
    size: int | None = None
    drop_last: bool = False
    rule: Rule | None = None

    def block(self, t: int, n: int, rng: np.random.Generator) -> tuple[NDArray[np.intp], int]:
        """The order of the samples from step t on, and how many of them make a batch."""
        if self.rule is not None:
            given = self.rule(t, n, rng)
            try:
                order = np.asarray(given)
            except ValueError:  # rows of different lengths
                order = np.empty(0)
            if order.ndim != 1 or order.size == 0 or order.dtype.kind not in "iu":
                raise InputError(
                    f"`batches` must give a non-empty vector of indices, but at t = {t} gave {show(given)}."
                )
            if order.min() < 0 or order.max() >= n:
                raise InputError(f"`batches` must give indices in 0..{n - 1}, but at t = {t} gave {show(order)}.")
            return order.astype(np.intp), order.size
        size = n if self.size is None else self.size
        if self.kind == "with_replacement":
            return rng.integers(n, size=size * max(1, n // size)).astype(np.intp), size
        if self.kind == "cyclic":
            return ((t - 1) * size + np.arange(size * -(-n // size))) % n, size
        order = rng.permutation(n)
        return order[: n - n % size] if self.drop_last else order, size


def full() -> Batches:
    """Every sample at every step."""
    return Batches("full")


def shuffled(size: int, drop_last: bool = False) -> Batches:
    """A fresh permutation each epoch; a short last batch is kept unless ``drop_last``."""
    return Batches("shuffled", integer(size, "size"), flag(drop_last, "drop_last"))


def with_replacement(size: int) -> Batches:
    """``size`` independent uniform draws at every step."""
    return Batches("with_replacement", integer(size, "size"))


def cyclic(size: int) -> Batches:
    """Samples 0..size-1, then the next, in order, wrapping round."""
    return Batches("cyclic", integer(size, "size"))


def as_batches(batches: Any, n: int) -> Batches:
    """A rule from any accepted form, its size checked against the number of samples."""
    if batches is None:
        return full()
    if isinstance(batches, Batches):
        if batches.size is not None and batches.size > n:
            raise InputError(f"`batches` must have size <= n, but the size is {batches.size} and n = {n}.")
        return batches
    for rule in (full, shuffled, with_replacement, cyclic):
        if batches is rule:
            raise InputError(
                f"`batches` must be {rule.__name__}(...), with its parentheses, but is the function itself."
            )
    if callable(batches):
        return Batches("own", rule=batches)
    raise InputError(f"`batches` must be full(), shuffled(size), ... or a function, but is {show(batches)}.")


Batch = tuple[Array, Array, Array | None]


class Stream:
    """Hands out batches (X, Y, weights) as columns; for a stack, one order a network, arrays (S, ..., size).

    ``state()`` says where the stream stands, and `restore` puts it there: the block is drawn again from the same
    state of the generators, so that what follows is the same bit for bit.
    """

    def __init__(
        self, data: Samples, batches: Batches, rngs: Sequence[np.random.Generator], stacked: bool = False
    ) -> None:
        self.data, self.batches, self.rngs, self.stacked = data, batches, list(rngs), stacked
        self._views: list[Batch] = [(data.X, data.Y, data.weights)] if batches.kind == "full" else []
        self._position = 0
        self._drawn_at, self._states = 1, [rng.bit_generator.state for rng in self.rngs]
        self._cut = (0, 0)  # the block length and the batch size that the views were made for
        weights = [] if data.weights is None else [data.weights]
        self._table = np.vstack([data.Y, *weights, data.X[:-1]])  # gathered in one go; the row of ones is not moved
        self._block = np.empty((0, 0, 0))

    def next(self, t: int) -> Batch:
        """The batch of step t; steps must be asked for in order."""
        if self._position == len(self._views):
            self._draw(t)
        batch = self._views[self._position]
        self._position += 1
        return batch

    def state(self) -> dict[str, Any]:
        """Plain data from which `restore` continues."""
        return {"drawn_at": self._drawn_at, "position": self._position, "rngs": self._states}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue where `state` was taken."""
        for rng, before in zip(self.rngs, state["rngs"], strict=True):
            rng.bit_generator.state = before
        if state["position"]:
            self._draw(state["drawn_at"])
        self._position = state["position"]

    def _draw(self, t: int) -> None:
        self._drawn_at, self._position = t, 0
        if self.batches.kind == "full":
            return
        self._states = [rng.bit_generator.state for rng in self.rngs]
        drawn = [self.batches.block(t, self.data.count, rng) for rng in self.rngs]
        length, size = drawn[0][0].size, drawn[0][1]
        if any(order.size != length for order, _ in drawn):
            raise InputError(f"`batches` must have one size for all networks of a stack, but not at t = {t}.")
        if self._cut != (length, size):
            self._allocate(length, size)
        for k, (order, _) in enumerate(drawn):
            np.take(self._table, order, axis=-1, out=self._block[k, :-1], mode="clip")

    def _allocate(self, length: int, size: int) -> None:
        self._cut, d_out, rows = (length, size), self.data.Y.shape[0], len(self._table)
        memory(len(self.rngs) * (rows + 1) * length, "an epoch of batches")
        self._block = np.ones((len(self.rngs), rows + 1, length), self._table.dtype)  # the last row stays ones
        block = self._block if self.stacked else self._block[0]
        cuts = [block[..., start : min(start + size, length)] for start in range(0, length, size)]
        first = d_out if self.data.weights is None else 2 * d_out  # the weights stand between Y and X
        self._views = [
            (c[..., first:, :], c[..., :d_out, :], c[..., d_out:first, :] if first > d_out else None) for c in cuts
        ]
