"""The one mechanism that compiles.

A kernel is an ordinary Python function over arrays. `compiled` hands it to Numba when it is first called, if Numba is
there and the environment does not say ``UAT_COMPILED=0``; otherwise the very same lines run uncompiled, slower and
with the same result, and where nobody asked for that a warning says so, once. Loading Numba takes about half a second,
so a caller that has another way of its own asks `worth` first, which says yes once enough work has come together.
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

from uat._checks import raised
from uat._warning import warn

PATIENCE = 2.0  # seconds of compilation after which the person at the terminal is told
PAYS_FROM = 1_000_000  # units of work (points, samples) from which loading Numba pays
SLOW_FROM = 200_000  # samples that were swept uncompiled, a second or two, from which it is worth a warning


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
        self._why_plain = ""  # where Numba was wanted and is not there
        self._swept = 0
        self._lock = threading.Lock()
        functools.update_wrapper(self, function)

    def __call__(self, *arguments: Any) -> Any:
        if self._ready is None:
            with self._lock:  # threads that call for the first time together compile once
                if self._ready is None:
                    with _whole():
                        self._ready = self._compile(arguments)
        if self._why_plain:
            self._swept += len(arguments[0])
            if self._swept >= SLOW_FROM:
                _say_slow(self._why_plain)
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
        if _numba()[0] is None:  # looked for once, not at every call
            self._ready = self.plain
            return False
        self._pays = True
        return True

    def _compile(self, arguments: tuple[Any, ...]) -> Callable[..., Any]:
        numba, self._why_plain = _numba()
        if numba is None:
            return self.plain
        # cache: the machine code is kept beside the file (or in the user's cache), so that only the first call after an
        # edit pays for compilation. Where neither place can be written to, or what is there cannot be read, every
        # process compiles anew.
        for keep in (True, False):
            try:
                if self._prepare is not None:
                    self._prepare()
                return self._machine_code(numba, arguments, keep)
            except Exception as error:  # noqa: BLE001 - a full disk, a damaged cache, a processor that LLVM does not know
                self._why_plain = f"Numba cannot compile here ({_line(error)}); UAT_COMPILED=0 turns it off"
        _say_slow(self._why_plain)
        return self.plain

    def _machine_code(self, numba: Any, arguments: tuple[Any, ...], keep: bool) -> Callable[..., Any]:
        # nogil: a kernel touches no Python object, so several may run in threads of one process
        ready = numba.njit(cache=keep, nogil=True)(self.plain)
        notice = threading.Timer(PATIENCE, _tell, [self.plain.__name__])
        notice.daemon = True
        notice.start()
        try:
            ready.compile(tuple(map(numba.typeof, arguments)))
        finally:
            notice.cancel()
        self._why_plain = ""
        compiled_function: Callable[..., Any] = ready
        return compiled_function


def compiled(function: Callable[..., Any]) -> Kernel:
    """Decorator: run `function` compiled where that is possible (see `Kernel`)."""
    return Kernel(function)


def compiled_after(prepare: Callable[[], None]) -> Callable[[Callable[..., Any]], Kernel]:
    """The same decorator, with something to be told to Numba first."""
    return lambda function: Kernel(function, prepare)


def _numba() -> tuple[Any, str]:
    """The module, or None where it is turned off or missing; and then why, if nobody turned it off."""
    if os.environ.get("UAT_COMPILED", "1") == "0":
        return None, ""
    try:
        with _whole():
            import numba
    except Exception as error:  # noqa: BLE001 - missing, made for another NumPy, or its library is broken
        if isinstance(error, ModuleNotFoundError) and error.name == "numba":
            return None, "Numba is not installed; `pip install numba` mends it"
        return None, f"Numba cannot be loaded ({_line(error)}); `pip install -U numba` may mend it"
    return numba, ""


@functools.cache  # once a process
def _say_slow(why: str) -> None:
    warn(f"the search for the fewest pieces runs uncompiled, up to 80 times slower: {why}.", RuntimeWarning)


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


def _line(error: BaseException) -> str:
    return raised(error).splitlines()[0]


def _interrupted(error: BaseException | None) -> bool:
    """Whether an exception arose from a Ctrl-C."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None
