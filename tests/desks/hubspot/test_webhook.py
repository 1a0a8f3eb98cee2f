"""HubSpot's webhooks: only its own, only fresh ones, and only of tickets of this account."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import Ports
from connectors.errors import BadDelivery
from connectors.hubspot import CONNECTOR
from connectors.hubspot.config import Config
from connectors.hubspot.webhook import decoded
from connectors.signatures import digest_base64
from connectors.types import Change, Delivery

SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
URL = "https://hub.example/webhooks/desks/cxn_1"
EVENT = {
    "eventId": 3816279340,
    "subscriptionId": 25,
    "portalId": 33,
    "appId": 1160452,
    "occurredAt": 1790000000000,
    "subscriptionType": "ticket.propertyChange",
    "attemptNumber": 0,
    "objectId": 1145814089,
    "propertyName": "hs_pipeline_stage",
    "propertyValue": "4",
    "changeSource": "CRM_UI",
    "sourceId": "userId:123",
}


def hubspot() -> CONNECTOR:
    config = Config(access_token="pat-na1-x", client_secret=SECRET, portal_id="33")
    return CONNECTOR(config, Ports(now=lambda: NOW))


def delivery(body: bytes, stamp: str, signature: str, url: str = URL) -> Delivery:
    headers = {"x-hubspot-request-timestamp": stamp, "x-hubspot-signature-v3": signature}
    return Delivery(
        method="POST", url=url, headers=headers, body=body, received_at=NOW, secret=SECRET
    )


def told(*events: dict[str, Any]) -> list[Change]:
    return hubspot().parse_webhook(delivery(json.dumps(events).encode(), "1", "x"))


@pytest.mark.parametrize(
    ("stamp", "signature"),
    [
        ("1693657560000", "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="),
        ("1700000300000", "RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw="),
    ],
)
def test_hubspots_own_vectors_are_believed(stamp: str, signature: str) -> None:
    url, body = "https://www.example.com/webhook_uri", b"{'example_field':'example_value'}"
    genuine = delivery(body, stamp, signature, url)
    at = datetime.fromtimestamp(int(stamp) / 1000, UTC)
    hubspot().verify_signature(replace(genuine, received_at=at + timedelta(seconds=299)))
    for late in (timedelta(seconds=301), timedelta(seconds=-301)):
        with pytest.raises(BadDelivery):
            hubspot().verify_signature(replace(genuine, received_at=at + late))
    with pytest.raises(BadDelivery):
        hubspot().verify_signature(replace(genuine, url=url + "/", received_at=at))
    with pytest.raises(BadDelivery):
        hubspot().verify_signature(replace(genuine, method="PUT", received_at=at))


def test_only_some_characters_of_the_url_are_decoded_before_signing() -> None:
    escaped = "https://h.example/a%2Fb%3ac?q=%20%26%40%21%24%27%28%29%2A%2C%3B%3f%25"
    assert decoded(escaped) == "https://h.example/a/b:c?q=%20%26@!$'()*,;?%25"
    stamp = str(int(NOW.timestamp() * 1000))
    source = f"POSThttps://h.example/a/b?x=%20{{}}{stamp}".encode()
    genuine = delivery(b"{}", stamp, digest_base64(SECRET, source), "https://h.example/a%2fb?x=%20")
    hubspot().verify_signature(genuine)


def test_a_changed_property_makes_the_hub_look_at_the_ticket() -> None:
    (change,) = told(EVENT)
    assert (change.kind, change.ticket_id) == ("hint", "1145814089")
    assert change.at == datetime.fromtimestamp(1790000000, UTC)


def test_the_event_id_alone_does_not_make_two_events_one() -> None:
    same = told(EVENT, EVENT | {"attemptNumber": 1})
    other = told(EVENT, EVENT | {"occurredAt": 1790000000001})
    assert len({change.id for change in same}) == 1 and len({c.id for c in other}) == 2


def test_events_of_another_account_are_none_of_ours() -> None:
    assert told(EVENT | {"portalId": 34}) == []


def test_deletions_and_merges_are_told_as_such() -> None:
    gone = {"subscriptionType": "ticket.deletion", "objectId": 7}
    merged = {
        "subscriptionType": "ticket.merge",
        "primaryObjectId": 8,
        "mergedObjectIds": [8, 9],
        "newObjectId": 8,
    }
    changes = told(EVENT | gone, EVENT | merged)
    assert [(c.id, c.kind, c.ticket_id, c.merged_into) for c in changes] == [
        ("deleted:7", "deleted", "7", None),
        ("merged:9", "merged", "9", "8"),
    ]


@pytest.mark.parametrize(
    "event",
    [
        {"subscriptionType": "conversation.newMessage", "messageType": "MESSAGE"},
        {"subscriptionType": "contact.propertyChange"},
        {"subscriptionType": "object.creation", "objectTypeId": "0-46"},
    ],
)
def test_events_that_name_no_ticket_are_no_change(event: dict[str, Any]) -> None:
    assert told(EVENT | event) == []


def test_the_generic_events_of_tickets_count_as_well() -> None:
    (change,) = told(EVENT | {"subscriptionType": "object.deletion", "objectTypeId": "0-5"})
    assert change.id == "deleted:1145814089"


def test_a_custom_channels_single_object_is_no_change() -> None:
    body = b'{"type": "OUTGOING_CHANNEL_MESSAGE_CREATED", "message": {"text": "hi"}}'
    assert hubspot().parse_webhook(delivery(body, "1", "x")) == []
