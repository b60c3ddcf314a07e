"""The walls of the house: who may import whom. The dictionary is the chart; the test holds it."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import uat

ROOT = Path(uat.__file__).parent
NOUNS = {"piecewise", "hinges", "regions", "relu_net", "mlp"}

# room -> rooms that it may import at module level or inside functions. the underscored files are free to all.
PERMITTED: dict[str, set[str]] = {
    "__init__": set(),
    "_activations": set(),
    "_checks": set(),
    "_deadline": set(),
    "_kernels": set(),
    "_sampling": set(),
    "_progress": set(),
    "_threads": set(),
    "_files": set(),
    "_warning": set(),
    "piecewise": {"given"},
    "mlp": set(),
    "hinges": {"piecewise"},
    "regions": {"hinges"},
    "relu_net": {"piecewise", "hinges", "regions", "mlp"},
    "formula": set(),
    "targets": {"formula"},
    "given": {"formula", "targets", "reference"},
    "balls": {"formula", "given", "bounds"},  # of bounds: the turns at flint's precision, which the checker takes too
    "bounds": NOUNS | {"given", "balls"},
    "construct": NOUNS | {"balls", "bounds", "given", "draw"},
    "learn": NOUNS,
    "exchange": NOUNS,
    "draw": NOUNS,
    "result": NOUNS | {"bounds", "draw", "exchange", "formula"},
    "loading": NOUNS | {"bounds", "targets", "formula", "exchange", "result"},
    "approximation": NOUNS | {"construct", "bounds", "targets", "given", "result"},
    "compare": NOUNS | {"approximation", "construct", "bounds", "learn", "targets", "formula", "reference"},
    "reference": set(),
    "cli_options": {"formula"},
    "__main__": {"cli"},
}
PERMITTED["cli_sweep"] = set(PERMITTED) - {"__init__", "__main__"}  # the command line may call everything
PERMITTED["cli"] = PERMITTED["cli_sweep"] | {"cli_sweep"}
FREE = {
    "_activations", "_checks", "_deadline", "_files", "_kernels", "_progress", "_sampling", "_threads", "_warning",
}  # fmt: skip
# imported only inside functions: they are slow to import, optional, or belong to one room
ONLY_IN = {
    "matplotlib": {"draw"},
    "click": {"cli", "cli_options", "cli_sweep"},
    "simpleeval": {"formula"},
    "numba": {"_kernels"},
    "threadpoolctl": {"_threads"},
}
LAZY = {"matplotlib", "numba", "click", "rich", "flint", "torch", "onnx", "onnxruntime", "dask", "sklearn"}


def room(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports(path: Path) -> list[str]:
    """Every module that a file imports, wherever in the file (type-checking blocks apart: they import nothing)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.dump(block.test)
        for node in ast.walk(block)
    }
    found: list[str] = []
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the room"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


FILES = sorted(ROOT.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_walls(path: Path) -> None:
    here = room(path)
    assert here in PERMITTED, f"{path} is in no room of the chart"
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "uat" and len(parts) > 1:
            there = parts[1]
            assert there == here or there in FREE or there in PERMITTED[here], f"{here} may not import {there}"
        owners = ONLY_IN.get(parts[0])
        assert owners is None or here in owners, f"only {owners} may import {parts[0]}"


def test_chart_has_no_cycle_between_learn_and_construct() -> None:
    assert "construct" not in PERMITTED["learn"]
    assert "learn" not in PERMITTED["construct"]
    assert "construct" not in PERMITTED["bounds"]


def test_import_is_light() -> None:
    """`import uat` and the public nouns pull no picture library, no compiler, no optional dependency."""
    code = f"import sys, uat, uat.piecewise, uat.relu_net; print(*sorted(set(sys.modules) & {LAZY!r}))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == []


def test_public_names_are_callable_after_importing_everything() -> None:
    """No module bears the name of a public function: importing it would replace the function."""
    for module in pkgutil.walk_packages(uat.__path__, "uat."):
        if module.name != "uat.__main__":
            importlib.import_module(module.name)
    for name, home in uat._HOMES.items():
        value = getattr(uat, name)
        assert home is None or callable(value), name


def test_public_subpackages_need_no_import_of_their_own() -> None:
    names = [name for name, home in uat._HOMES.items() if home is None]
    code = f"import uat; print(*[uat.draw.training, uat.exchange.save_mlp], *[getattr(uat, n) for n in {names}])"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
