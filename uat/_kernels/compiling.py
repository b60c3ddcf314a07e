"""The one mechanism that compiles.

A kernel is an ordinary Python function over arrays. `compiled` hands it to Numba when it is first called, if Numba is
there and the environment does not say ``UAT_COMPILED=0``; otherwise the very same lines run uncompiled, slower and
with the same result. Loading Numba takes about half a second, so a caller that has another way of its own asks `worth`
first, which says yes once enough work has come together to pay for it.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

PATIENCE = 2.0  # seconds of compilation after which the person at the terminal is told
PAYS_FROM = 1_000_000  # units of work (points, samples) from which loading Numba pays


class Kernel:
    """A function that is compiled when it is first called; `plain` is the function as it was written.

    `prepare` is called once before that, with Numba there: to tell Numba what it cannot read off Python code.
    """

    def __init__(self, function: Callable[..., Any], prepare: Callable[[], None] | None = None) -> None:
        self.plain = function
        self._prepare = prepare
        self._ready: Callable[..., Any] | None = None
        self._asked = 0
        self._pays = False
        self._lock = threading.Lock()
        functools.update_wrapper(self, function)

    def __call__(self, *arguments: Any) -> Any:
        if self._ready is None:
            with self._lock:  # threads that call for the first time together compile once
                if self._ready is None:
                    with _whole():
                        self._ready = self._compile(arguments)
        try:
            return self._ready(*arguments)
        except SystemError as error:  # as Numba passes on a Ctrl-C that reaches its own unpacking
            if _interrupted(error):
                raise KeyboardInterrupt from None
            raise

    @property
    def loaded(self) -> bool:
        """Whether compiled code is there already."""
        return self._ready is not None and self._ready is not self.plain

    def worth(self, units: int) -> bool:
        """Whether a caller with another way should call this kernel for so many more units of work.

        Yes when compiled code is loaded, or when the units asked about so far reach `PAYS_FROM` and Numba is there.
        """
        if self._ready is not None:
            return self._ready is not self.plain
        if self._pays:
            return True
        self._asked += units
        if self._asked < PAYS_FROM:
            return False
        if _numba() is None:  # looked for once, not at every call
            self._ready = self.plain
            return False
        self._pays = True
        return True

    def _compile(self, arguments: tuple[Any, ...]) -> Callable[..., Any]:
        if (numba := _numba()) is None:
            return self.plain
        if self._prepare is not None:
            self._prepare()
        # cache=True: the machine code is kept beside the file (or in the user's cache), so that only the first call
        # after an edit pays for compilation. Where neither place can be written to, every process compiles anew.
        # nogil: a kernel touches no Python object, so several may run in threads of one process.
        try:
            ready = numba.njit(cache=True, nogil=True)(self.plain)
        except RuntimeError:
            ready = numba.njit(nogil=True)(self.plain)
        notice = threading.Timer(PATIENCE, _tell, [self.plain.__name__])
        notice.daemon = True
        notice.start()
        try:
            ready.compile(tuple(map(numba.typeof, arguments)))
        finally:
            notice.cancel()
        compiled_function: Callable[..., Any] = ready
        return compiled_function


def compiled(function: Callable[..., Any]) -> Kernel:
    """Decorator: run `function` compiled where that is possible (see `Kernel`)."""
    return Kernel(function)


def compiled_after(prepare: Callable[[], None]) -> Callable[[Callable[..., Any]], Kernel]:
    """The same decorator, with something to be told to Numba first."""
    return lambda function: Kernel(function, prepare)


def _numba() -> Any:
    """The module, or None where it is missing or turned off."""
    if os.environ.get("UAT_COMPILED", "1") == "0":
        return None
    try:
        with _whole():
            import numba
    except ImportError:
        return None
    return numba


@contextmanager
def _whole() -> Iterator[None]:
    """Ctrl-C waits until the block is left: a Numba that is half imported, or half through a compilation, is broken."""
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    struck: list[tuple[int, FrameType | None]] = []
    signal.signal(signal.SIGINT, lambda number, frame: struck.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
    if struck:
        handler(*struck[-1])


def _tell(name: str) -> None:
    if sys.stderr is not None and sys.stderr.isatty():
        print(f"uat: compiling `{name}` (once: the machine code is kept) ...", file=sys.stderr)


def _interrupted(error: BaseException | None) -> bool:
    """Whether an exception arose from a Ctrl-C."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None
