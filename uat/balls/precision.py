"""flint's working precision, which is one for the whole process: certificates take turns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import RLock

from flint import ctx

_PRECISION = RLock()


@contextmanager
def working_precision(bits: int) -> Iterator[None]:
    """Set flint's precision, which is global, and put it back; other threads wait at the door meanwhile."""
    with _PRECISION:
        before = ctx.prec
        ctx.prec = bits
        try:
            yield
        finally:
            ctx.prec = before


def precision_of(bits: int) -> AbstractContextManager[None]:
    """`working_precision`, or nothing at all where that precision is set already."""
    return _NOTHING if ctx.prec == bits else working_precision(bits)


_NOTHING: AbstractContextManager[None] = nullcontext()
