"""The page to try the API, in a real browser."""

import os
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright import sync_api as playwright
from werkzeug.serving import make_server

from tests.hub.api.conftest import Api

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the application listens."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


def test_an_operation_is_tried_by_its_form(address: str, api: Api) -> None:
    key, complaints = api.key(), []
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{address}/docs")
        page.wait_for_selector("#get_sources")
        assert page.locator("details").count() > 50
        assert "Authorization: Bearer" in page.inner_text("#about code")
        assert "`" not in page.inner_text("body")
        page.fill("#key", key)
        page.click("#post_sources summary")
        assert '"name": "Website bot"' in page.input_value("#post_sources-body")
        page.click("#post_sources button")
        page.wait_for_selector("#post_sources .status")
        assert page.inner_text("#post_sources .status").startswith("201")
        assert "whsec_" in page.inner_text("#post_sources pre")
        page.click("#get_connectors_name summary")
        page.fill("#get_connectors_name-name", "zendesk")
        page.click("#get_connectors_name button")
        page.wait_for_selector("#get_connectors_name .status")
        assert "subdomain" in page.inner_text("#get_connectors_name pre")
        browser.close()
    assert complaints == []
