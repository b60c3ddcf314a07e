"""Files as `save` writes them, for the tests of the checker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import uat
from uat.bounds.recheck import Verdict, recheck


def confirmed(folder: Path, text: str, domain: tuple[float, float], options: dict[str, Any]) -> Verdict:
    """The verdict on an honest file, which must be that it is true."""
    path = folder / "a.json"
    uat.approximate(text, domain, **options).save(path)
    verdict = recheck(path)
    assert verdict.ok, verdict.sentence
    return verdict
