"""Mutation testing of what proves: does a test fail for every small change that breaks or loosens a bound?

One change at a time is made in the syntax tree of a file that proves (a comparison, sign, operation, constant or
condition, upper for lower, min for max, a union dropped), and the tests that run the changed line are run until one
fails (`mutation_trial.py`). Killed means just that: a test failed, or could not be imported, or spent more than
`LIMIT` of processor time. A mutant that merely makes a proof endless is killed by the last, one that is merely slower
is not. What no test notices survives. Survivors that change no result have their reason in `mutation_survivors.toml`;
the exit status is 1 if one has none.

An own mutator, not mutmut: mutmut 3 wants its own configuration and runs every mutant of a file against whole test
modules. Here a process that has imported NumPy, SciPy, flint, Hypothesis and pytest is forked for every mutant, and
its tests are chosen by line, quickest first: half a second for most.

    python scripts/mutation.py                                        # all that prove
    python scripts/mutation.py boxes.py jets.py --sample 40           # a sample of two files
    python scripts/mutation.py --results /tmp/mutants.jsonl           # kept as they come: start again to go on

With `--results` what was killed stays killed as long as the changed source is the same, and survivors meet only the
test files that have changed since.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import random
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mutation_trial import Laboratory

ROOT = Path(__file__).resolve().parent.parent
REASONS = Path(__file__).with_name("mutation_survivors.toml")
PROVING = {
    "uat/formula": (
        "node.py", "tracing.py", "traced.py", "numpy_calls.py", "array_functions.py", "deciding.py", "parsing.py",
        "printing.py",
    ),
    "uat/balls": (
        "elementary.py", "enclosure.py", "jets.py", "intervals.py", "operations.py", "broken_lines.py",
        "evaluation.py", "consistency.py", "precision.py",
    ),
    "uat/bounds": (
        "boxes.py", "bisection.py", "integrals.py", "cells.py", "jumps.py", "declared.py", "modulus.py", "rounding.py",
        "proofs.py", "certification.py",
    ),
    "uat": ("given.py",),
}  # fmt: skip
TESTS = ("tests/formula", "tests/bounds")

COMPARISONS = {ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
OPERATIONS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
ATTRIBUTES = {"upper": "lower", "lower": "upper", "min": "max", "max": "min", "high": "low", "low": "high"}
NAMES = {"min": "max", "max": "min", "up": "down", "down": "up", "low": "high", "high": "low"}

Parents = dict[ast.AST, ast.AST]


@dataclass(frozen=True)
class Mutant:
    """One changed file. `lines` are those whose tests can notice, or empty: all that run the file."""

    room: str
    file: str
    line: int
    what: str
    source: str
    lines: range

    @property
    def key(self) -> str:
        return hashlib.sha256(f"{self.room} {self.file} {self.source}".encode()).hexdigest()[:16]


def mutants(room: str, file: str) -> Iterator[Mutant]:
    """Every single change of a file, docstrings and annotations apart. Equal descriptions are numbered."""
    tree = ast.parse((ROOT / room / file).read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    parents: Parents = {child: node for node in nodes for child in ast.iter_child_nodes(node)}
    annotations = {
        part
        for node in nodes
        for owner in (getattr(node, "annotation", None), getattr(node, "returns", None))
        if owner is not None
        for part in ast.walk(owner)
    }
    count: dict[str, int] = {}
    for node in nodes:
        if node in annotations:
            continue
        for change, fields in _changes(node, parents):
            what = f"{_home(node, parents)}: {change}"
            count[what] = count.get(what, 0) + 1
            what += f" ({count[what]})" if count[what] > 1 else ""
            before = {name: getattr(node, name) for name in fields}
            for name, value in fields.items():
                setattr(node, name, value)
            source = ast.unparse(tree)
            for name, value in before.items():
                setattr(node, name, value)
            yield Mutant(room, file, getattr(node, "lineno", 0), what, source, _lines(node, parents))


def _changes(node: ast.AST, parents: Parents) -> Iterator[tuple[str, dict[str, Any]]]:
    """Descriptions, and the fields of the node that change."""
    text = ast.unparse(node) if isinstance(node, ast.expr) else ""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARISONS:
        yield f"negated {text}", {"ops": [COMPARISONS[type(node.ops[0])]()]}
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATIONS:
        other = OPERATIONS[type(node.op)]()
        yield f"{type(node.op).__name__} to {type(other).__name__} in {text}", {"op": other}
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield f"sign dropped in {text}", {"op": ast.UAdd()}
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield f"not dropped in {text}", {"op": ast.Not(), "operand": ast.UnaryOp(ast.Not(), node.operand)}
    elif isinstance(node, ast.Attribute) and node.attr in ATTRIBUTES and isinstance(node.ctx, ast.Load):
        yield f"{text} to .{ATTRIBUTES[node.attr]}{_within(node, parents)}", {"attr": ATTRIBUTES[node.attr]}
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "union":
        yield f"union dropped in {text}", {"args": [node.func.value]}  # a.union(b) becomes a.union(a)
    elif isinstance(node, ast.Name) and node.id in NAMES and isinstance(node.ctx, ast.Load):
        yield f"{node.id} to {NAMES[node.id]}{_within(node, parents)}", {"id": NAMES[node.id]}
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield f"{node.value!r} to {node.value + 1!r}{_within(node, parents)}", {"value": node.value + 1}
    elif isinstance(node, ast.BoolOp):
        yield f"and/or in {text}", {"op": ast.Or() if isinstance(node.op, ast.And) else ast.And()}
    elif isinstance(node, (ast.If, ast.While, ast.IfExp)) and isinstance(
        node.test, (ast.Name, ast.Attribute, ast.Call)
    ):
        yield f"condition {ast.unparse(node.test)} negated", {"test": ast.UnaryOp(ast.Not(), node.test)}


def _within(node: ast.AST, parents: Parents) -> str:
    """Where a name or number stands: the expression around it, up to eighty letters."""
    best = ""
    while isinstance(node := parents[node], (ast.expr, ast.keyword)):
        text = ast.unparse(node)
        if len(text) > 80:
            break
        best = text
    return f" in {best}" if best else ""


def _home(node: ast.AST, parents: Parents) -> str:
    """The function or class in which it stands, or "module"."""
    names = []
    while node in parents:
        node = parents[node]
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.insert(0, node.name)
    return ".".join(names) or "module"


def _lines(node: ast.AST, parents: Parents) -> range:
    """The lines of the innermost statement, of its head if it has a body; none if it runs once for many tests."""
    chain = [node]
    while chain[-1] in parents:
        chain.append(parents[chain[-1]])
    functions = [n for n in chain[1:] if isinstance(n, ast.FunctionDef)]
    place = next(n for n in chain if isinstance(n, (ast.stmt, ast.ExceptHandler)))
    cached = any("cache" in ast.unparse(d) for f in functions for d in f.decorator_list)
    if not functions or cached or isinstance(place, (ast.FunctionDef, ast.ClassDef)):
        return range(0)
    body = getattr(place, "body", None)
    return range(place.lineno, body[0].lineno if body else (place.end_lineno or place.lineno) + 1)


def room_of(file: str) -> str:
    """The folder of a file: no two of these folders have files of one name that prove."""
    return next((room for room in PROVING if (ROOT / room / file).exists()), "uat/bounds")


def reasons() -> dict[tuple[str, str], str]:
    """Why a survivor is no gap, by file and description."""
    groups = tomllib.loads(REASONS.read_text(encoding="utf-8"))["survivors"]
    return {(group["file"], what): group["why"] for group in groups for what in group["mutants"]}


def _recall(results: Path, files: dict[str, str]) -> tuple[dict[str, str], dict[str, set[str]]]:
    """What earlier runs say of each mutant, and which of today's test files a survivor has passed already."""
    known: dict[str, str] = {}
    passed: dict[str, set[str]] = {}
    then: dict[str, str] = {}
    for line in results.read_text(encoding="utf-8").splitlines() if results.exists() else ():
        row = json.loads(line)
        then = row.get("files", then)
        if row.get("by"):
            known[row["mutant"]] = row["by"]
        elif "mutant" in row:
            same = {name for name, digest in then.items() if files.get(name) == digest}
            passed.setdefault(row["mutant"], set()).update(same)
    return known | {key: "" for key, names in passed.items() if key not in known and names >= files.keys()}, passed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", help="files of formula, balls or bounds (all that prove, if none)")
    parser.add_argument("--sample", type=int, help="so many mutants, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", type=Path, help="JSON lines, one a mutant; what stands there is not run again")
    options = parser.parse_args()
    files = {name: room_of(name) for name in options.files} or {n: room for room in PROVING for n in PROVING[room]}
    found = [mutant for name, room in files.items() for mutant in mutants(room, name)]
    if options.sample is not None and options.sample < len(found):
        found = random.Random(options.seed).sample(found, options.sample)
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        watched = [f"{room}/{name}" for name, room in files.items()]
        laboratory = Laboratory(ROOT, Path(folder) / "workshop", TESTS, watched)
        results = options.results or Path(folder) / "results.jsonl"
        known, passed = _recall(results, laboratory.files)
        todo = [mutant for mutant in found if mutant.key not in known]
        print(f"{len(found)} mutants, {len(found) - len(todo)} known from before", flush=True)
        if todo:
            laboratory.prepare()
            with results.open("a", encoding="utf-8") as out:
                out.write(json.dumps({"files": laboratory.files}) + "\n")
        with results.open("a", encoding="utf-8") as out:
            for mutant in todo:
                name, before = f"{mutant.room}/{mutant.file[:-3]}".replace("/", "."), passed.get(mutant.key, ())
                by = known[mutant.key] = laboratory.trial(name, mutant.source, mutant.lines, mutant.line, before)
                row = {"mutant": mutant.key, "by": by, "file": mutant.file}
                out.write(json.dumps({**row, "line": mutant.line, "what": mutant.what}) + "\n")
                out.flush()
                print(f"{'killed  ' if by else 'SURVIVED'} {mutant.file}:{mutant.line} {mutant.what}  {by}", flush=True)
    survivors = [mutant for mutant in found if not known[mutant.key]]
    timeouts = sum(known[mutant.key].startswith("timeout") for mutant in found)
    killed = f"{len(found) - len(survivors)} killed ({timeouts} of them by time)"
    print(f"\n{len(found)} mutants, {killed}, {len(survivors)} survivors, {time.monotonic() - start:.0f} s")
    why, unexplained = reasons(), 0
    for mutant in survivors:
        reason = why.get((mutant.file, mutant.what), "")
        unexplained += not reason
        print(f"survivor {mutant.file}:{mutant.line} {mutant.what}: {reason or 'NO REASON GIVEN'}")
    if options.sample is None:
        for file, what in why.keys() - {(mutant.file, mutant.what) for mutant in survivors}:
            if file in files:
                print(f"a reason for what did not survive: {file} {what}")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
