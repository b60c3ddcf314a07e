"""Mutation testing of the certifier: does a test fail for every small change that breaks or loosens a bound?

One change at a time is made in the syntax tree of a file of `uat/bounds` (comparison, sign, operation, constant,
upper for lower, min for max, a union dropped), in a copy of the project, and the tests of the room run against it until
one fails. A mutant that no test notices survives. Survivors that change no result have their reason in `EQUIVALENT`.

An own mutator, not mutmut: mutmut 3 wants its own configuration and runs every mutant of a file against whole test
modules; here the quick tests run first, and a sample can be drawn (`--sample`, `--seed`).

    python scripts/mutation.py boxes.py jets.py --sample 40
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PROVING = (
    "ball_rules.py", "jets.py", "intervals.py", "numpy_rules.py", "boxes.py", "bisection.py", "integrals.py",
    "cells.py", "jumps.py", "declared.py", "running.py",
)  # fmt: skip
# quick and sharp first: most mutants die within seconds
TESTS = (
    "tests/bounds/test_balls.py",
    "tests/bounds/test_boxes.py",
    "tests/bounds/test_certification.py",
    "tests/bounds/test_recheck.py",
)
TIMEOUT = 180  # three times what the tests take; a mutant that makes the search endless is caught by it

COMPARISONS = {ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
OPERATIONS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
ATTRIBUTES = {"upper": "lower", "lower": "upper", "min": "max", "max": "min", "high": "low", "low": "high"}
NAMES = {"min": "max", "max": "min", "up": "down", "down": "up", "low": "high", "high": "low"}

# (file, description): why a survivor is no gap
EQUIVALENT: dict[tuple[str, str], str] = {
    ("boxes.py", "and/or in over.c0.is_finite() and c1.is_finite()"): (
        "c0 finite, c1 not: the first-order bound is then infinite, so nothing false; only the range between exact end "
        "points is missed, which costs tightness at a switch that lies on a knot"
    ),
    ("boxes.py", "Add to Sub in e0 + c1 * radius"): "radius is the symmetric ball [-r, r]",
    ("boxes.py", "Add to Sub in line + slope * radius"): "radius is the symmetric ball [-r, r]",
    ("boxes.py", "Add to Sub in whole.low - line + along"): "along = slope * radius is symmetric",
    ("boxes.py", "and/or in over.c2.is_finite() and e1.is_finite()"): (
        "where one of the two is not finite the parabola's bound is not finite either, and is not taken"
    ),
    ("boxes.py", "Sub to Add in box.high - box.middle"): "in `candidate`, which only guesses where to look",
    ("boxes.py", "Div to Mult in -e1 / (2 * q)"): "in `candidate`, which only guesses where to look",
    ("cells.py", "Sub to Add in floats - back"): (
        "the two-sum error is then never 0, and every difference is formed exactly, in rationals: slower, and as true"
    ),
    ("cells.py", "Sub to Add in b - back"): (
        "the two-sum error is then never 0, and every difference is formed exactly, in rationals: slower, and as true"
    ),
    ("bisection.py", "16 to 17"): "how much rounding is worth more bits: a matter of speed",
    ("bisection.py", "0.0 to 1.0"): "the default of Goal.floor; `certify` always sets it",
}


Change = Callable[[Any], object]


@dataclass(frozen=True)
class Mutant:
    """One changed file."""

    file: str
    line: int
    what: str
    source: str


def mutants(path: Path) -> Iterator[Mutant]:
    """Every single change of a file, docstrings and annotations apart."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    annotations = {
        id(part)
        for node in ast.walk(tree)
        for owner in (getattr(node, "annotation", None), getattr(node, "returns", None))
        if owner is not None
        for part in ast.walk(owner)
    }
    for index, node in enumerate(ast.walk(tree)):
        if id(node) in annotations:
            continue
        for what, change in _changes(node):
            changed = copy.deepcopy(tree)
            twin = next(n for k, n in enumerate(ast.walk(changed)) if k == index)
            change(twin)
            yield Mutant(path.name, getattr(node, "lineno", 0), what, ast.unparse(ast.fix_missing_locations(changed)))


def _changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """Descriptions and functions that change a copy of the node."""

    def setting(**fields: object) -> Change:
        return lambda twin: [setattr(twin, key, value) for key, value in fields.items()]

    text = ast.unparse(node) if isinstance(node, ast.expr) else ""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARISONS:
        yield f"negated {text}", setting(ops=[COMPARISONS[type(node.ops[0])]()])
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATIONS:
        other = OPERATIONS[type(node.op)]()
        yield f"{type(node.op).__name__} to {type(other).__name__} in {text}", setting(op=other)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield f"sign dropped in {text}", setting(op=ast.UAdd())
    elif isinstance(node, ast.Attribute) and node.attr in ATTRIBUTES and isinstance(node.ctx, ast.Load):
        yield f"{text} to .{ATTRIBUTES[node.attr]}", setting(attr=ATTRIBUTES[node.attr])
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "union":
        yield f"union dropped in {text}", _drop_union
    elif isinstance(node, ast.Name) and node.id in NAMES and isinstance(node.ctx, ast.Load):
        yield f"{node.id} to {NAMES[node.id]}", setting(id=NAMES[node.id])
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield f"{node.value!r} to {node.value + 1!r}", setting(value=node.value + 1)
    elif isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield f"and/or in {text}", setting(op=other)


def _drop_union(twin: ast.Call) -> None:
    """a.union(b) becomes a.union(a)."""
    if isinstance(twin.func, ast.Attribute):
        twin.args = [copy.deepcopy(twin.func.value)]


def killed(mutant: Mutant, workshop: Path) -> str:
    """The first test that fails for the mutant, "timeout", or "" for a survivor."""
    target = workshop / "uat" / "bounds" / mutant.file
    original = target.read_text(encoding="utf-8")
    target.write_text(mutant.source, encoding="utf-8")
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CI": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", *TESTS]
    try:
        run = subprocess.run(command, cwd=workshop, env=environment, capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        return "timeout"
    finally:
        target.write_text(original, encoding="utf-8")
    if run.returncode == 0:
        return ""
    lines = [line for line in run.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return lines[0] if lines else "the tests could not run"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", default=PROVING, help="files of uat/bounds (all that prove, if none)")
    parser.add_argument("--sample", type=int, help="so many mutants, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    found = [mutant for name in options.files for mutant in mutants(ROOT / "uat" / "bounds" / name)]
    if options.sample is not None and options.sample < len(found):
        found = random.Random(options.seed).sample(found, options.sample)
    survivors, start = [], time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        workshop = Path(folder)
        for name in ("uat", "tests", "scripts"):
            shutil.copytree(ROOT / name, workshop / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", workshop)
        for mutant in found:
            by = killed(mutant, workshop)
            if not by:
                survivors.append(mutant)
            print(f"{'killed  ' if by else 'SURVIVED'} {mutant.file}:{mutant.line} {mutant.what}  {by}", flush=True)
    print(f"\n{len(found)} mutants, {len(found) - len(survivors)} killed, {time.monotonic() - start:.0f} s")
    unexplained = 0
    for mutant in survivors:
        reason = EQUIVALENT.get((mutant.file, mutant.what), "")
        unexplained += not reason
        print(f"survivor {mutant.file}:{mutant.line} {mutant.what}: {reason or 'NO REASON GIVEN'}")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
