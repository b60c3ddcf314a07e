"""The training scripts say what they do before they do it, and put their picture where they are told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HERE = {**os.environ, "PYTHONPATH": str(ROOT)}


def run(script: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=HERE)


@pytest.mark.parametrize("script", ["train_digits.py", "train_moons.py", "train_regression.py"])
def test_help_trains_nothing(script: str, tmp_path: Path) -> None:
    done = run(script, "--help", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: ")
    assert "--picture" in done.stdout
    assert "accuracy\n" not in done.stdout  # the head of a table


@pytest.mark.parametrize(
    ("script", "short"), [("train_moons.py", ["--steps", "200"]), ("train_regression.py", ["--quick"])]
)
def test_a_short_run_prints_its_table_and_draws_its_picture(script: str, short: list[str], tmp_path: Path) -> None:
    committed = (ROOT / "scripts" / script).with_suffix(".png").read_bytes()
    done = run(script, *short, "--picture", str(tmp_path / "curves.png"), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 5
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert (ROOT / "scripts" / script).with_suffix(".png").read_bytes() == committed
