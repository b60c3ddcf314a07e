"""The training scripts say what they do before they do it, and put their picture where they are told."""

from __future__ import annotations

import contextlib
import io
import runpy
import sys
from pathlib import Path
from subprocess import CompletedProcess
from unittest import mock

import pytest

ROOT = Path(__file__).parent.parent


def run(script: str, *arguments: str, cwd: Path) -> CompletedProcess[str]:
    """`python scripts/SCRIPT ARGUMENTS` from a folder of one's own, in this process."""
    out, code = io.StringIO(), 0
    with (
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(out),
        mock.patch.object(sys, "argv", [script, *arguments]),
        mock.patch.object(sys, "path", [str(ROOT / "scripts"), *sys.path]),
    ):
        try:
            runpy.run_path(str(ROOT / "scripts" / script), run_name="__main__")
        except SystemExit as ending:
            code = int(ending.code or 0)
    return CompletedProcess([script, *arguments], code, out.getvalue(), "")


@pytest.mark.parametrize("script", ["train_digits.py", "train_moons.py", "train_regression.py"])
def test_help_trains_nothing(script: str, tmp_path: Path) -> None:
    done = run(script, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("usage: ")
    assert "--picture" in done.stdout
    assert "accuracy\n" not in done.stdout  # the head of a table


@pytest.mark.parametrize(
    ("script", "short"), [("train_moons.py", ["--steps", "200"]), ("train_regression.py", ["--quick"])]
)
def test_a_short_run_prints_its_table_and_draws_its_picture(script: str, short: list[str], tmp_path: Path) -> None:
    committed = (ROOT / "scripts" / script).with_suffix(".png").read_bytes()
    done = run(script, *short, "--picture", str(tmp_path / "curves.png"), cwd=tmp_path)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 5
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert (ROOT / "scripts" / script).with_suffix(".png").read_bytes() == committed
