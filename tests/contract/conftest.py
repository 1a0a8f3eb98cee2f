import importlib
import importlib.util
from collections.abc import Iterator

import pytest

from connectors import registry
from connectors.base import Connector
from connectors.sandbox import running
from tests.contract.desk import Desk, Inbox, inbox, subscribe


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Put every test to every installed desk."""
    if "desk_name" in metafunc.fixturenames:
        metafunc.parametrize("desk_name", registry.names(), scope="session")


@pytest.fixture(scope="session")
def running_desk(desk_name: str) -> Iterator[Desk]:
    where = f"{registry.home(desk_name)}.sandbox"
    if importlib.util.find_spec(where) is None:
        pytest.skip("no sandbox.py: test_folder.py fails for it")
    with running([desk_name]) as base_url:
        yield Desk(desk_name, importlib.import_module(where).harness(base_url))


@pytest.fixture
def desk(running_desk: Desk) -> Desk:
    """A desk without tickets and faults."""
    if running_desk.harness.base_url is None:  # no process to reset: a new one in memory
        where = f"{registry.home(running_desk.name)}.sandbox"
        return Desk(running_desk.name, importlib.import_module(where).harness(""))
    running_desk.harness.reset()
    return running_desk


@pytest.fixture
def connector(desk: Desk) -> Connector:
    return desk.connector()


@pytest.fixture
def box(desk: Desk, connector: Connector) -> Iterator[Inbox]:
    """An inbox that the desk's webhooks reach."""
    if connector.can.webhooks == "none":
        pytest.skip("this desk sends no webhooks")
    with inbox() as opened:
        subscribe(desk, connector, opened)
        yield opened


@pytest.fixture
def by_http(desk: Desk) -> Desk:
    """A desk that is reached by HTTP, so that its network can fail."""
    if desk.harness.base_url is None:
        pytest.skip("this desk is not reached by HTTP")
    return desk


@pytest.fixture
def signed(connector: Connector, box: Inbox) -> Inbox:
    """An inbox whose webhooks are signed over their bytes."""
    if connector.can.webhooks != "signed":
        pytest.skip("this desk's webhooks carry no signature over their bytes")
    return box


@pytest.fixture
def polled(connector: Connector) -> Connector:
    """A connector whose desk can be polled."""
    if not connector.can.polling:
        pytest.skip("this desk cannot be polled")
    return connector
