"""What a function does beside computing: a file that it opens, a program or a connection that it starts.

Python reports such things to audit hooks (PEP 578). A hook stays for the life of the process, so this one does nothing
but from when a function meets its first ball, and hears nothing of other threads, which have work of their own.
"""

from __future__ import annotations

import re
import sys
import threading
from typing import Any

_EVENTS = {"open": "opens the file", "subprocess.Popen": "starts the program", "socket.connect": "connects to"}
# what an import inside the function opens; a .pyc is written under a temporary name, which ends in a number
_CODE = re.compile(r"\.(py|pyc|so|pyd|dll|dylib)(\.\d+)?$")


class Watch:
    """One for the process, like flint's precision, behind whose lock f runs."""

    def __init__(self) -> None:
        self.thread, self.hooked, self.seen = 0, False, ""

    def begin(self) -> None:
        if not self.hooked:
            self.hooked = True
            sys.addaudithook(self._heard)
        self.thread, self.seen = threading.get_ident(), ""

    def end(self) -> str:
        """What was done since `begin`, in a few words; empty if nothing."""
        self.thread = 0
        return self.seen

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.thread and event in _EVENTS and self.thread == threading.get_ident() and not self.seen:
            what = arguments[1] if event == "socket.connect" else arguments[0]
            if isinstance(what, int):  # a descriptor
                self.seen = "opens a file"
            elif not _CODE.search(str(what)):
                self.seen = f"{_EVENTS[event]} {str(what)!r}"


WATCH = Watch()
