"""Named functions with declared facts: `TARGETS`, and `target(name)` to ask for one."""

from __future__ import annotations

from typing import Any

from uat._checks import InputError, did_you_mean, show
from uat.targets.catalogue import TARGETS
from uat.targets.facts import Target

__all__ = ["TARGETS", "Target", "target"]


def target(name: Any) -> Target:
    """The target of a name, letter case apart; InputError suggests the closest name, or lists all."""
    if not isinstance(name, str):
        raise InputError(f"`target` must be a name, but is {show(name)}.")
    if name.lower() not in TARGETS:
        raise InputError(f"`target` must be a known name, but is {show(name)}; {did_you_mean(name, TARGETS)}")
    return TARGETS[name.lower()]
