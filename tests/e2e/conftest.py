"""A town per module: own database, own sandbox, own processes, every desk connected."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from connectors import registry, sandbox
from tests.databases import copied
from tests.e2e.desks import HelpDesk, Outside
from tests.e2e.town import Town


@pytest.fixture(scope="module")
def town(
    server_url: str, template_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """A hub whose web runs."""
    folder: Path = tmp_path_factory.mktemp("town")
    with copied(server_url, "hub_town") as url, sandbox.running() as desks:
        built = Town(url, desks, folder)
        try:
            built.set_up()
            built.start("web")
            yield built
        finally:
            built.close()


@pytest.fixture(scope="module")
def desks(town: Town) -> dict[str, Outside | HelpDesk]:
    """Every desk, connected."""
    outside = [name for name in registry.names() if name != "live_chat"]
    return {"live_chat": HelpDesk(town)} | {
        name: Outside(town, town.connect(name)) for name in outside
    }


@pytest.fixture
def desk(
    request: pytest.FixtureRequest, town: Town, desks: dict[str, Outside]
) -> Iterator[Outside]:
    """The desk that the test is put to; nothing goes wrong there afterwards."""
    yield desks[request.param]
    requests.delete(f"{town.sandbox}/_faults", timeout=10).raise_for_status()
