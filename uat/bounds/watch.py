"""What a function does beside computing: a file that it opens, a program or a connection that it starts.

Python reports such things to audit hooks (PEP 578). A hook stays for the life of the process, so this one does nothing
but while a function runs (between its runs the search reads and writes files of its own, such as the machine code of a
kernel), and hears nothing of other threads, which have work of their own: nor of
those that the function starts. What Python does not report (the time, the environment, os.stat) is not seen.
"""

from __future__ import annotations

import re
import sys
import threading
from typing import Any

_EVENTS = {
    "open": "opens the file", "os.listdir": "lists the folder", "os.scandir": "lists the folder",
    "glob.glob": "looks for files", "subprocess.Popen": "starts the program", "os.system": "runs the command",
    "os.posix_spawn": "starts the program", "os.spawn": "starts the program", "os.exec": "starts the program",
    "os.fork": "starts a process", "socket.connect": "connects to", "socket.getaddrinfo": "asks for the address of",
    "socket.gethostbyname": "asks for the address of", "sqlite3.connect": "opens the database",
}  # fmt: skip
_IMPORT = "<frozen importlib"  # whose frames look for modules
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

    def listen(self) -> int:
        """Go on, while f runs; what it returns goes back to `thread` after that."""
        outer, self.thread = self.thread, threading.get_ident()
        return outer

    def end(self) -> str:
        """What was done since `begin`, in a few words; empty if nothing."""
        self.thread = 0
        return self.seen

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.thread or event not in _EVENTS or self.seen or self.thread != threading.get_ident():
            return
        what = arguments[1] if event == "socket.connect" else (*arguments, "")[0]
        if isinstance(what, int):  # a descriptor
            self.seen = "opens a file"
        elif not (_CODE.search(str(what)) or sys._getframe(1).f_code.co_filename.startswith(_IMPORT)):
            self.seen = f"{_EVENTS[event]} {str(what)!r}" if what else _EVENTS[event]


WATCH = Watch()
