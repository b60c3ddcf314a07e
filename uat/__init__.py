"""uat: a continuous function in, a ReLU network that approximates it out, with the distance between them proven.

The names below are the public ones. They are imported when they are first used (PEP 562), so that ``import uat``
costs little more than NumPy and pulls no optional dependency.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# public name -> the module that defines it; None marks a public subpackage
_HOMES: dict[str, str | None] = {
    "Formula": "uat.formula",
    "InputError": "uat._checks",
    "PiecewiseAffine": "uat.piecewise",
    "interpolate": "uat.piecewise",
    "ReluNet": "uat.relu_net",
    "MLP": "uat.mlp",
    "bounds": None,
    "compare": None,
    "construct": None,
    "draw": None,
    "exchange": None,
    "learn": None,
    "Approximation": "uat.result",
    "approximate": "uat.approximation",
    "load": "uat.loading",
    "Certificate": "uat.bounds.certification",
    "NotProvenWarning": "uat.bounds.certification",
    "ToleranceWarning": "uat.bounds.certification",
    "narrowest": "uat.construct.fewest_pieces",
    "Narrowest": "uat.construct.outcome",
    "certify": "uat.bounds.certification",
    "Target": "uat.targets",
    "target": "uat.targets",
}

__all__ = ["__version__", *_HOMES]

if TYPE_CHECKING:
    from uat import bounds as bounds
    from uat import compare as compare
    from uat import construct as construct
    from uat import draw as draw
    from uat import exchange as exchange
    from uat import learn as learn
    from uat._checks import InputError as InputError
    from uat.approximation import approximate as approximate
    from uat.bounds.certification import Certificate as Certificate
    from uat.bounds.certification import NotProvenWarning as NotProvenWarning
    from uat.bounds.certification import ToleranceWarning as ToleranceWarning
    from uat.bounds.certification import certify as certify
    from uat.construct.fewest_pieces import narrowest as narrowest
    from uat.construct.outcome import Narrowest as Narrowest
    from uat.loading import load as load
    from uat.mlp import MLP as MLP
    from uat.piecewise import PiecewiseAffine as PiecewiseAffine
    from uat.piecewise import interpolate as interpolate
    from uat.relu_net import ReluNet as ReluNet
    from uat.result import Approximation as Approximation
    from uat.targets import Target as Target
    from uat.targets import target as target


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'uat' has no attribute {name!r}")
    home = _HOMES[name]
    value = importlib.import_module(f"uat.{name}") if home is None else getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
