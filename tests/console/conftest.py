"""The console's office, and a real Chromium for what only a browser can tell."""

from collections.abc import Iterator

import pytest
from flask import Flask

from hub.house import House
from tests.console.office import Browser, Office


def pytest_configure(config: pytest.Config) -> None:
    """Tests that need Chromium; it is required, they never skip."""
    config.addinivalue_line("markers", "browser: drives a real Chromium")


@pytest.fixture
def office(house: House, workspace: str) -> Office:
    """A workspace with an owner, an admin, an agent and a viewer."""
    made = Office(house, workspace)
    for role in ("owner", "admin", "agent", "viewer"):
        made.hire(f"{role}@example.com", role, f"Olive {role.title()}")
    return made


@pytest.fixture
def agent(app: Flask, office: Office) -> Browser:
    """The agent's browser."""
    return Browser.signed_in(app, "agent@example.com")


@pytest.fixture
def viewer(app: Flask, office: Office) -> Browser:
    """The viewer's browser."""
    return Browser.signed_in(app, "viewer@example.com")


@pytest.fixture
def admin(app: Flask, office: Office) -> Browser:
    """The admin's browser."""
    return Browser.signed_in(app, "admin@example.com")


@pytest.fixture
def strangers(house: House) -> Iterator[Office]:
    """Another workspace in the same house."""
    from hub import admin

    with house.store.transaction() as tx:
        other = admin.add_workspace(tx, house, "strangers", "Strangers")
    yield Office(house, other)
