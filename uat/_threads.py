"""One BLAS thread while small products are formed.

BLAS starts its threads anew for every product and lets them spin while they wait: where a product takes microseconds,
that costs more than it gains, in time and all the more in CPU; and sums over several threads depend on their number.
"""

from __future__ import annotations

import sys
import threading
from typing import Any


class _OneThread:
    """One BLAS thread while anybody is inside, also when several threads of a process are at once."""

    def __init__(self) -> None:
        self._lock, self._users = threading.Lock(), 0
        self._pools: Any = None
        self._limit: Any = None
        self._modules = 0  # imported when the libraries were looked for, which takes 4 ms: SciPy brings its own

    def __enter__(self) -> None:
        from threadpoolctl import ThreadpoolController

        with self._lock:
            if self._users == 0:
                if self._modules != len(sys.modules):
                    self._pools, self._modules = ThreadpoolController(), len(sys.modules)
                self._limit = self._pools.limit(limits=1, user_api="blas")
            self._users += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self._limit.restore_original_limits()


one_blas_thread = _OneThread()
