"""docs/benchmarks.md: what was measured, topic by topic, as tables and plots.

The numbers are kept in docs/benchmarks/measured.json, so that one topic can be run again and the page written anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from scripts.benchmarks.measure import Curve, Row, exponent

DOCS = Path(__file__).parent.parent.parent / "docs"
FOLDER = DOCS / "benchmarks"

HEAD = """# Benchmarks

Written by `python scripts/benchmark.py --write`; rerun it and compare. Peers come from the extra `[bench]`
(`pip install -e ".[bench]"`); a peer that is not installed is left out. Everything runs in one process on one thread
unless a row says otherwise. A ratio is the median over turns in which both sides ran one after the other, with its
quartiles; goals that were missed stand here as they are. Absolute times belong to the machine named under each title.
"""


def write(topics: dict[str, tuple[dict[str, str], list[Row], list[Curve]]]) -> None:
    """Put the topics just measured beside those measured before, and write page and plots."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    kept = FOLDER / "measured.json"
    measured: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    for name, (machine, rows, curves) in topics.items():
        measured[name] = {"machine": machine, "rows": [vars(r) for r in rows], "curves": [vars(c) for c in curves]}
    kept.write_text(json.dumps(measured, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    sections = [_section(name, entry) for name, entry in sorted(measured.items())]
    (DOCS / "benchmarks.md").write_text("\n".join([HEAD, *sections]), encoding="utf-8")


def _section(name: str, entry: dict[str, Any]) -> str:
    lines = [f"## {name.replace('_', ' ')}", "", ", ".join(f"{k} {v}" for k, v in entry["machine"].items()), ""]
    lines += ["| what | median | quartiles | goal |", "|---|---|---|---|"]
    for row in (Row(**fields) for fields in entry["rows"]):
        spread = f"{row.low:.3g} .. {row.high:.3g}" if row.low != row.high else ""
        lines.append(f"| {row.what} | {row.median:.3g}{row.unit} | {spread} | {row.goal} |")
    curves = [Curve(**fields) for fields in entry["curves"]]
    for against in dict.fromkeys(c.against for c in curves):
        picture = f"{name}_{against}.svg"
        _draw([c for c in curves if c.against == against], against, name, FOLDER / picture)
        lines += ["", f"![time against {against}](benchmarks/{picture})"]
    return "\n".join([*lines, ""])


def _draw(curves: list[Curve], against: str, name: str, path: Path) -> None:
    from uat.draw.benchmarks import cost_figure
    from uat.draw.style import save

    data = [(c.label, c.sizes, c.seconds, exponent(c)) for c in curves]
    save(cost_figure(data, against=against, title=f"{name}: time against {against}"), path)
