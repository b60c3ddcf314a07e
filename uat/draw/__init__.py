"""The pictures. This is the only place that imports matplotlib."""

from __future__ import annotations

from uat.draw.comparison import error_vs_width, kinks
from uat.draw.networks import approximation, hinges
from uat.draw.training import training

__all__ = ["approximation", "error_vs_width", "hinges", "kinks", "training"]
