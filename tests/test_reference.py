"""Functions named by where they are written."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

import uat
from uat.reference import Reference


def test_it_is_the_function_and_pickles_as_text(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "from dataclasses import dataclass\n\n@dataclass\nclass K:\n    v: float\n\nf = lambda x: x + K(1).v\n"
    )
    f = Reference(f"{path}:f")
    assert f(2) == 3
    assert str(f) == f"{path}:f"
    assert pickle.loads(pickle.dumps(f))(2) == 3
    assert len(pickle.dumps(f)) < 400
    assert uat.approximate(f"{path}:f", (0, 1), width=2).source["kind"] == "reference"


def test_a_saved_reference_is_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("def f(x):\n    return x\n")
    uat.approximate(f"{path}:f", (0, 1), width=2).save(tmp_path / "a.json")
    path.write_text("raise SystemExit('must not run')\n")
    assert uat.load(tmp_path / "a.json").function == uat.Formula("x")  # which its code showed then


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (":f", 'must read "file.py:name" or "module:name"'),
        ("math:", 'must read "file.py:name" or "module:name"'),
        ("nowhere.py:f", "must name a file that exists"),
        ("math:pi", "'math' has no function 'pi'"),
    ],
)
def test_bad_references(text: str, sentence: str) -> None:
    with pytest.raises(uat.InputError, match=sentence):
        Reference(text)


def test_a_file_that_fails_is_quoted(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("1 / 0\n")
    with pytest.raises(uat.InputError, match="cannot be imported: ZeroDivisionError: division by zero"):
        Reference(f"{tmp_path / 'bad.py'}:f")


def test_a_script_that_ends_itself_is_said_to(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("import sys\nsys.exit(4)\n")
    with pytest.raises(uat.InputError, match="cannot be imported: SystemExit: 4"):
        Reference(f"{tmp_path / 'script.py'}:f")
