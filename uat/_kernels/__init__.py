"""The compiled loops, one file an idea, and the one mechanism that compiles them.

`compiling` hands a plain Python function over arrays to Numba when it is first called; `corridor` is the sweep for the
fewest links; `evaluation` is the loop that evaluates lines on cells (`guess`), `grid_loop` a faster one where the knots
are a formula (`grid`), `pieces` the table that both read.
"""

from uat._kernels.compiling import Kernel, compiled
from uat._kernels.corridor import (
    EXIT,
    HAS_FLAT,
    HAS_STEEP,
    KIND,
    LEFT,
    LEFT_FLAT,
    RIGHT,
    RIGHT_FLAT,
    fewest_links,
)

__all__ = [
    "EXIT",
    "HAS_FLAT",
    "HAS_STEEP",
    "KIND",
    "LEFT",
    "LEFT_FLAT",
    "RIGHT",
    "RIGHT_FLAT",
    "Kernel",
    "compiled",
    "fewest_links",
]
