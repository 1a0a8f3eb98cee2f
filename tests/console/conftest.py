"""The console's office, and a real Chromium for what only a browser can tell."""

import os
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright import sync_api as playwright
from werkzeug.serving import make_server

from hub import admin as administration
from hub.house import House
from tests.console.office import Browser, Office

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


def pytest_configure(config: pytest.Config) -> None:
    """Tests that need Chromium; it is required, they never skip."""
    config.addinivalue_line("markers", "browser: drives a real Chromium")


@pytest.fixture
def office(house: House, workspace: str) -> Office:
    """A workspace whose teammates are hired as tests need them."""
    return Office(house, workspace)


@pytest.fixture
def agent(app: Flask, office: Office) -> Browser:
    """The agent's browser."""
    office.hire("agent@example.com", "agent", "Olive Agent")
    return Browser.signed_in(app, "agent@example.com")


@pytest.fixture
def viewer(app: Flask, office: Office) -> Browser:
    """The viewer's browser."""
    office.hire("viewer@example.com", "viewer", "Victor Viewer")
    return Browser.signed_in(app, "viewer@example.com")


@pytest.fixture
def admin(app: Flask, office: Office) -> Browser:
    """The admin's browser."""
    office.hire("admin@example.com", "admin", "Amy Admin")
    return Browser.signed_in(app, "admin@example.com")


@pytest.fixture
def strangers(house: House) -> Office:
    """Another workspace in the same house."""
    with house.store.transaction() as tx:
        return Office(house, administration.add_workspace(tx, house, "strangers", "Strangers"))


@pytest.fixture(scope="module")
def chromium() -> Iterator[playwright.Browser]:
    """One Chromium for a module; its event loop would be in the way of other tests."""
    playwright.expect.set_options(timeout=60_000)  # machines are slow
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    """The address of the console on loopback."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
