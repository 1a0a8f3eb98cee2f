"""A preview shows what a desk would be sent for a ticket, and sends none of it."""

import json

import pytest
import requests

from hub import admin
from tests.console.office import Office

DESKS = ("zendesk", "intercom", "salesforce", "freshdesk", "zoho_desk", "help_scout", "hubspot")


@pytest.fixture
def office(house, workspace) -> Office:
    return Office(house, workspace)


@pytest.mark.parametrize("desk", DESKS)
def test_the_whole_request_is_shown_and_none_is_sent(
    office: Office, sandbox_url: str, desk: str
) -> None:
    told = requests.get(f"{sandbox_url}/_desks", timeout=10).json()["data"]
    (config, *_) = [a["config"] for one in told if one["desk"] == desk for a in one["accounts"]]
    made = admin.add_connection(
        office.house, office.workspace, desk, "Support", config, verify=False
    )
    conversation = office.chat("chat-1", "My parcel 4711 is lost.", "I am sorry.")
    before = ledger(sandbox_url, desk)
    preview = admin.preview_mapping(
        office.house, office.workspace, made.row["id"], conversation, whole=True
    )
    whole = json.dumps([one.body for one in preview.requests])
    assert "esc_preview" in whole and "My parcel 4711 is lost." in whole
    assert preview.unsent is None
    assert ledger(sandbox_url, desk) == before


def ledger(sandbox_url: str, desk: str) -> list[dict]:
    """What really happened at the desk.

    A token may be granted for the reading, and the desk may still repeat webhooks of tests before.
    """
    told = requests.get(f"{sandbox_url}/_ledger?desk={desk}", timeout=10).json()["data"]
    return [row for row in told if row["call"] not in ("token_granted", "webhook_sent")]
