"""The README is true: its Python runs, and its test command is the one that the checks call."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import uat
from tests.command import run

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


@pytest.mark.parametrize("code", blocks("python"))
def test_python_blocks_run(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})


def _run_in(folder: Path, code: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), names)
    return names


def test_every_file_that_is_saved_can_be_checked_as_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for code in blocks("python"):
        _run_in(tmp_path, code, monkeypatch)
    saved, told = {path.name for path in tmp_path.glob("*.json")}, set(re.findall(r"`uat check (\S+)`", README))
    assert saved == told == {"sin.json", "tanh.json"}
    for name in saved:
        done = run("check", name, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_training_example_learns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = (block for block in blocks("python") if "learn.fit" in block)
    names = _run_in(tmp_path, code, monkeypatch)
    assert names["fit"].history.loss.min() < 1e-3
    assert "constant" not in names["fit"].outcome
    assert uat.certify(np.sin, names["learned"], (0, 6)).upper < 0.1


def test_the_first_block_is_about_ten_lines() -> None:
    assert 8 <= blocks("python")[0].count("\n") <= 14


def test_the_checks_run_the_readmes_test_command() -> None:
    commands = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("python3 -m venv")]
    assert len(commands) == 2
    assert commands[1] in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_every_linked_file_exists() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("http") or (ROOT / target).exists(), target
