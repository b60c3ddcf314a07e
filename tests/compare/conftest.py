"""Processes take a second to start: one pool for the whole session."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest

from uat.compare import process_pool


@pytest.fixture(scope="session")
def pool() -> Iterator[ProcessPoolExecutor]:
    with process_pool(2) as made:
        yield made
