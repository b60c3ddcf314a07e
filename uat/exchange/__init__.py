"""One file a format: how a network leaves the library and comes back."""

from __future__ import annotations

from uat.exchange.mlp_file import load_mlp, save_mlp

__all__ = ["load_mlp", "save_mlp"]
