"""flint's working precision, which is one for the whole process: certificates take turns, also with the checker."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from flint import ctx

from uat.bounds.recheck_turns import turn


def working_precision(bits: int) -> AbstractContextManager[None]:
    """Set flint's precision, which is global, and put it back; other threads wait at the door meanwhile."""
    return turn(bits)


def precision_of(bits: int) -> AbstractContextManager[None]:
    """`working_precision`, or nothing at all where that precision is set already."""
    return _NOTHING if ctx.prec == bits else working_precision(bits)


_NOTHING: AbstractContextManager[None] = nullcontext()
