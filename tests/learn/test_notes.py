"""The page about learning: its example runs, and every name that it mentions is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import uat
from uat import learn

PAGE = Path(uat.__file__).parents[1] / "docs" / "learning.md"


@pytest.fixture
def page() -> str:
    if not PAGE.exists():
        pytest.skip("the docs are not beside an installed package")
    return PAGE.read_text(encoding="utf-8")


def test_the_example_runs(page: str) -> None:
    names: dict = {}
    for block in re.findall(r"```python\n(.*?)```", page, re.S):
        exec(block, names)
    assert names["fit"].history.loss.min() < 0.01


def test_every_name_is_there(page: str) -> None:
    for name in re.findall(r"`learn\.(\w+)", page):
        assert hasattr(learn, name), name
    for name in learn.__all__:
        assert hasattr(learn, name)
