"""New Desk's sandbox answers as its documentation says."""

from collections.abc import Iterator

import pytest
import requests

from connectors.sandbox import running

# WRITE: what only this vendor does, asked over HTTP as its documentation tells it; expectations
# come from there, not from the sandbox. Beside it belong test_connector.py and test_webhook.py, as
# in tests/desks/help_scout.
GOOD = {"Authorization": "Bearer sandbox-token-of-the-hub"}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(["new_desk"]) as base:
        yield f"{base}/new_desk/v1"


def test_a_wrong_token_is_refused_in_the_vendors_words(url: str) -> None:
    told = requests.get(f"{url}/me", headers={"Authorization": "Bearer wrong"}, timeout=10)
    assert told.status_code == 401
    assert told.json() == {"error": {"message": "the token is not valid"}}


def test_a_ticket_without_a_subject_is_refused_and_the_field_is_named(url: str) -> None:
    told = requests.post(f"{url}/tickets", json={"subject": ""}, headers=GOOD, timeout=10)
    assert told.status_code == 422
    assert "subject" in told.json()["error"]["fields"]
