"""Stories with and without a desk."""

import pytest
import requests
from flask.testing import FlaskClient

from hub import admin
from hub.house import House
from tests.hub.stories.house_of_stories import Stories, connect, read_ledger


@pytest.fixture
def stories(house: House, client: FlaskClient, workspace: str, sandbox_url: str) -> Stories:
    """A house with a source and no external desk."""
    source = admin.add_source(house, workspace, "bot", "bookbag")
    return Stories(house, client, workspace, dict(source), sandbox_url)


@pytest.fixture
def zendesk(stories: Stories) -> Stories:
    """The same with everything routed to an empty sandbox Zendesk."""
    requests.post(f"{stories.sandbox}/_reset", json={"desk": "zendesk"}, timeout=10)
    requests.delete(f"{stories.sandbox}/_faults", timeout=10)
    settings = {"desk": "zendesk", "incremental_holdback": 0, "search_lag": 0}
    requests.post(f"{stories.sandbox}/_settings", json=settings, timeout=10).raise_for_status()
    rows = read_ledger(stories.sandbox, {})
    stories.began = rows[-1]["seq"] if rows else 0
    connect(stories)
    return stories
