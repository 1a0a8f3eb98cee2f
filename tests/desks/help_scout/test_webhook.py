"""Help Scout's webhooks: only what it signed, and nothing that a stranger could twist."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.base import Ports
from connectors.errors import BadDelivery
from connectors.help_scout import CONNECTOR
from connectors.help_scout.config import Config
from connectors.types import Change, Delivery, Status

NOW = datetime(2026, 11, 22, 10, 0, 1, tzinfo=UTC)
SECRET = "our-secret"
THREAD = {
    "id": 8881,
    "type": "message",
    "state": "published",
    "body": "<p>Done</p>",
    "createdBy": {"id": 4, "type": "user"},
    "createdAt": "2026-11-22T10:00:00Z",
}
BODY = {
    "id": 123456,
    "number": 349,
    "threads": 2,
    "type": "email",
    "status": "closed",
    "state": "published",
    "subject": "Refund",
    "mailboxId": 85,
    "primaryCustomer": {"id": 238604, "type": "customer", "email": "a@example.com"},
    "tags": [{"id": 9, "tag": "esc_42", "color": "#929499"}],
    "createdAt": "2026-11-22T09:00:00Z",
    "userUpdatedAt": "2026-11-22T10:00:00Z",
    "customFields": [],
    "_embedded": {"threads": [THREAD]},
    "_links": {"web": {"href": "https://secure.helpscout.net/conversation/123456/349/"}},
}


def desk() -> CONNECTOR:
    config = Config(app_id="app", app_secret="x", mailbox_id=85)
    return CONNECTOR(config, Ports(now=lambda: NOW))


def delivery(body: Any, event: str = "convo.status", signed_with: str = SECRET) -> Delivery:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    mac = hmac.new(signed_with.encode(), raw, hashlib.sha1).digest()
    return Delivery(
        method="POST",
        url="https://hub.example/webhooks/desks/cxn_1",
        headers={
            "x-helpscout-event": event,
            "x-helpscout-signature": base64.b64encode(mac).decode(),
        },
        body=raw,
        received_at=NOW,
        secret=SECRET,
    )


def told(body: Any, event: str = "convo.status") -> dict[str, Change]:
    return {change.kind: change for change in desk().parse_webhook(delivery(body, event))}


def test_the_known_vector_is_believed() -> None:
    known = Delivery(
        method="POST",
        url="https://hub.example",
        headers={"x-helpscout-signature": "PvrWx8LJB0QNCvkDvUM2KrS9BfM="},
        body=b'{"id":123,"subject":"Need Help"}',
        received_at=NOW,
        secret="test-secret",
    )
    desk().verify_signature(known)


def test_another_secret_is_refused() -> None:
    desk().verify_signature(delivery(BODY))
    with pytest.raises(BadDelivery):
        desk().verify_signature(delivery(BODY, signed_with="their-secret"))


def test_a_conversation_tells_where_it_stands_and_what_was_said() -> None:
    changes = told(BODY, "convo.agent.reply.created")
    status, message = changes["status"], changes["message"]
    assert (status.ticket_id, status.key, status.status) == ("123456", "esc_42", Status.SOLVED)
    assert (message.message_id, message.text, message.author) == ("8881", "Done", "user 4")
    assert message.at == datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def test_a_repeated_delivery_is_the_same_changes() -> None:
    one, other = desk().parse_webhook(delivery(BODY)), desk().parse_webhook(delivery(BODY))
    assert [change.id for change in one] == [change.id for change in other]


def test_who_opens_it_again_need_not_be_a_user() -> None:
    """`userUpdatedAt` stands still all the time: each state is news of its own."""
    line = THREAD | {"type": "lineitem", "body": None, "createdBy": {"id": 1, "type": "user"}}
    customer = THREAD | {"id": 8883, "type": "customer", "createdBy": {"id": 9, "type": "customer"}}
    states = [("active", THREAD), ("closed", line | {"id": 8882}), ("active", customer)]
    bodies = [BODY | {"status": s, "_embedded": {"threads": [t]}} for s, t in states]
    assert len({told(body)["status"].id for body in bodies}) == 3


def test_a_deletion_is_only_what_says_nothing_else() -> None:
    assert told({"id": 123456}, "convo.deleted")["deleted"].ticket_id == "123456"
    # A caught delivery under another name, which the signature does not cover:
    assert "deleted" not in told(BODY, "convo.deleted")
    assert "merged" not in told(BODY, "convo.merged")


def test_a_merge_makes_us_look() -> None:
    assert told(BODY, "convo.merged")["hint"].ticket_id == "123456"


def test_a_merge_is_told_by_the_conversation_that_goes_on() -> None:
    action = {"type": "merged", "associatedEntities": {"originalConversation": 777}}
    line = THREAD | {"id": 8882, "type": "lineitem", "body": None, "action": action}
    merged = told(BODY | {"_embedded": {"threads": [line]}}, "convo.merged")
    assert (merged["merged"].ticket_id, merged["merged"].merged_into) == ("777", "123456")
    assert "hint" not in merged


def test_conversations_and_events_of_others_are_nothing_to_us() -> None:
    assert told(BODY | {"tags": [{"id": 1, "tag": "vip"}]}) == {}
    assert told(BODY, "convo.tags") == {}
    assert told({"id": 5, "firstName": "Zoë"}, "customer.created") == {}


def test_an_agents_files_come_as_links() -> None:
    links = {"data": {"href": "https://api/data"}, "web": {"href": "https://files/a"}}
    file = {"id": 1, "filename": "a.pdf", "mimeType": "application/pdf", "size": 3}
    thread = THREAD | {"_embedded": {"attachments": [file | {"_links": links}]}}
    (held,) = told(BODY | {"_embedded": {"threads": [thread]}})["message"].files
    assert (held.name, held.content_type, held.url) == (
        "a.pdf",
        "application/pdf",
        "https://files/a",
    )


def test_a_shape_that_nobody_knows_makes_us_look() -> None:
    assert list(told(BODY | {"userUpdatedAt": "soon"})) == ["hint"]
