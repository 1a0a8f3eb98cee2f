"""A town per test: own database, own sandbox, own processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors import sandbox
from tests.e2e.town import Town


@pytest.fixture
def desks() -> Iterator[str]:
    """The sandbox desks of this test."""
    with sandbox.running() as base:
        yield base


@pytest.fixture
def town(database_url: str, desks: str, tmp_path: Path) -> Iterator[Town]:
    """A hub with its accounts made and nothing started yet."""
    built = Town(database_url, desks, tmp_path)
    built.set_up()
    yield built
    built.close()
