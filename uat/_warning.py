"""Warnings that point at the caller: the line outside this package from which the work was asked for.

A public function calls another, or is called through a third; so the user's frame is looked for, not counted.
(From Python 3.12 on `warnings.warn` can do this itself, by ``skip_file_prefixes``.)
"""

from __future__ import annotations

import os
import sys
import warnings
from types import FrameType

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep


def warn(sentence: str, category: type[Warning]) -> None:
    """The warning, at the nearest line on the stack that is not this package's."""
    level = 1
    frame: FrameType | None = sys._getframe()
    while frame is not None and os.path.abspath(frame.f_code.co_filename).startswith(_HERE):
        frame, level = frame.f_back, level + 1
    warnings.warn(sentence, category, stacklevel=level)
