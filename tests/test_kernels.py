"""What compiles, where it cannot: the same numbers, and one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import threadpoolctl

import uat
from uat._kernels import compiling
from uat._kernels.compiling import Kernel

ROOT = Path(uat.__file__).parent.parent
SEARCH = """
import sys
class Hidden:
    def find_spec(self, name, *_):
        if name.partition(".")[0] == "numba": raise {error}
sys.meta_path.insert(0, Hidden())
import uat
from uat._kernels import compiling
compiling.SLOW_FROM = {slow_from}
p = uat.narrowest("exp(x)", (0, 1), tol=1e-2).piecewise
q = uat.narrowest("exp(x)", (0, 1), tol=1e-2).piecewise
print(p.pieces, (p.knots == q.knots).all())
"""
MISSING = "ModuleNotFoundError(name, name='numba')"
UNFIT = "ImportError('Numba needs NumPy 2.4 or less\\nand so on')"


def search(error: str, slow_from: int, **environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", SEARCH.format(error=error, slow_from=slow_from)],
        capture_output=True, text=True, check=True, cwd=ROOT, env={**os.environ, **environment},
    )  # fmt: skip
    assert done.stdout == f"{uat.narrowest('exp(x)', (0, 1), tol=1e-2).pieces} True\n"
    return done.stderr.splitlines()


def test_without_numba_one_line_says_what_is_slow_and_how_to_mend_it() -> None:
    (line,) = search(MISSING, 1)
    assert line.endswith(
        "RuntimeWarning: the search for the fewest pieces runs uncompiled, up to 80 times slower: "
        "Numba is not installed; `pip install numba` mends it."
    )
    (line,) = search(UNFIT, 1)
    assert "Numba cannot be loaded (ImportError: Numba needs NumPy 2.4 or less); `pip install -U numba` may" in line


def test_nobody_is_told_of_what_is_quick_or_was_asked_for() -> None:
    assert search(MISSING, compiling.SLOW_FROM) == []
    assert search(MISSING, 1, UAT_COMPILED="0") == []


class Numba:
    """A Numba that fails as often as it is told to, at compiling."""

    typeof = type

    def __init__(self, failures: int) -> None:
        self.failures, self.kept = failures, []

    def njit(self, *, cache: bool, nogil: bool) -> object:
        self.kept.append(cache)
        return lambda function: self._compiled(function)

    def _compiled(self, function: object) -> object:
        class Function:
            __call__ = staticmethod(lambda x: ("compiled", function(x)))  # type: ignore[operator]
            numba = self

            def compile(self, types: object) -> None:
                if len(self.numba.kept) <= self.numba.failures:
                    raise OSError(28, "No space left on device")

        return Function()


def test_a_cache_that_cannot_be_used_costs_time_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    compiling._say_slow.cache_clear()
    numba = Numba(failures=1)
    monkeypatch.setattr(compiling, "_numba", lambda: (numba, ""))
    kernel = Kernel(len)
    assert kernel([1, 2]) == ("compiled", 2)
    assert kernel.loaded
    assert numba.kept == [True, False]


def test_what_cannot_be_compiled_runs_as_it_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    compiling._say_slow.cache_clear()
    numba = Numba(failures=2)
    monkeypatch.setattr(compiling, "_numba", lambda: (numba, ""))
    kernel = Kernel(len)
    with pytest.warns(RuntimeWarning, match=r"Numba cannot compile here \(OSError: .*No space left.*UAT_COMPILED=0"):
        assert kernel([1, 2]) == 2
    assert not kernel.loaded
    assert kernel([1, 2, 3]) == 3  # and it is said once


def test_the_tests_have_one_blas_thread() -> None:
    assert {pool["num_threads"] for pool in threadpoolctl.threadpool_info()} == {1}
