"""Zendesk's event webhooks: verify the bytes, then tell what they say. Pure functions."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from connectors import signatures
from connectors.errors import BadDelivery
from connectors.types import Change, Delivery
from connectors.zendesk import words
from connectors.zendesk.config import EVENT, TEST_SECRET, Config

SIGNATURE = "x-zendesk-webhook-signature"
TIMESTAMP = "x-zendesk-webhook-signature-timestamp"


def verify(delivery: Delivery) -> None:
    """Raise `BadDelivery` unless base64(HMAC-SHA256(secret, timestamp + body)) was sent just now.

    developer.zendesk.com/documentation/webhooks/verifying: the timestamp is signed as it stands in
    its header, the secret is used as it stands, although it looks like base64.
    """
    secret = signatures.require_secret(delivery)
    if secret == TEST_SECRET:
        raise BadDelivery("the secret is the one that Zendesk publishes for tests")
    stamp = signatures.require_header(delivery, TIMESTAMP)
    given = signatures.require_header(delivery, SIGNATURE)
    signed = stamp.encode("utf-8", "replace")
    signatures.require_equal(signatures.digest_base64(secret, signed, delivery.body), given)
    signatures.require_fresh(_time(stamp), delivery.received_at)


def parse(delivery: Delivery, config: Config) -> list[Change]:
    """The changes of one event of a ticket that the hub made; of anything else, none."""
    event = _event(delivery.body)
    tell = TELLS.get(str(event.get("type")).removeprefix(EVENT))
    detail = event.get("detail")
    if tell is None or not isinstance(detail, dict) or not words.ours(detail.get("external_id")):
        return []
    try:
        return tell(event, detail, config)
    except (KeyError, TypeError, ValueError, AttributeError):
        return [_hint(event, detail, at=delivery.received_at)]


def _status(event: Mapping[str, Any], detail: Mapping[str, Any], config: Config) -> list[Change]:
    at, changed_at = _times(event, detail)
    word = event["event"]["current"]
    return [words.status_change(detail, word, at=at, changed_at=changed_at, config=config)]


def _assignment(event: Mapping[str, Any], detail: Mapping[str, Any], _: Config) -> list[Change]:
    at, changed_at = _times(event, detail)
    assignee = event["event"]["current"]
    return [words.assignment_change(detail, assignee, at=at, changed_at=changed_at)]


def _comment(event: Mapping[str, Any], detail: Mapping[str, Any], _: Config) -> list[Change]:
    comment = event["event"]["comment"]
    author, body = comment["author"], comment["body"]
    by_requester = str(author["id"]) == str(detail["requester_id"])
    if by_requester or not author["is_staff"] or words.is_transcript(body, detail["external_id"]):
        return []
    change = words.comment_change(
        detail,
        comment_id=comment["id"],
        public=comment["is_public"],
        at=words.time_of(event["time"]),
        text=body,
        author=author.get("name"),
    )
    return [change]


def _attachment(event: Mapping[str, Any], detail: Mapping[str, Any], _: Config) -> list[Change]:
    # It does not tell whether the comment is a note, so its file waits for a look at the ticket.
    return [_hint(event, detail, at=words.time_of(event["time"]))]


def _merged(event: Mapping[str, Any], detail: Mapping[str, Any], _: Config) -> list[Change]:
    change = Change(
        id=f"merged:{detail['id']}",
        ticket_id=str(detail["id"]),
        kind="merged",
        at=words.time_of(event["time"]),
        key=detail["external_id"],
        merged_into=words.text_or_none(event["event"].get("target_ticket_id")),
    )
    return [change]


def _deleted(event: Mapping[str, Any], detail: Mapping[str, Any], _: Config) -> list[Change]:
    return [words.deletion(detail, at=words.time_of(event["time"]))]


Tell = Callable[[Mapping[str, Any], Mapping[str, Any], Config], list[Change]]
TELLS: dict[str, Tell] = {
    "status_changed": _status,
    "agent_assignment_changed": _assignment,
    "comment_added": _comment,
    "attachment_linked_to_comment": _attachment,
    "merged": _merged,
    "soft_deleted": _deleted,
    "permanently_deleted": _deleted,
}


def _hint(event: Mapping[str, Any], detail: Mapping[str, Any], *, at: datetime) -> Change:
    """Something happened to one of our tickets that the event does not tell in full."""
    return Change(
        id=f"event:{event.get('id')}",
        ticket_id=str(detail.get("id")),
        kind="hint",
        at=at,
        key=detail["external_id"],
    )


def _times(event: Mapping[str, Any], detail: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """When it happened, and the ticket's updated_at, which the poll knows too."""
    at = words.time_of(event["time"])
    return at, words.time_or_none(detail.get("updated_at")) or at


def _event(body: bytes) -> dict[str, Any]:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        raise BadDelivery("the body is not JSON") from None
    if not isinstance(event, dict):
        raise BadDelivery("the body is not a JSON object")
    return event


def _time(stamp: str) -> datetime:
    try:
        return words.time_of(stamp)
    except ValueError:
        raise BadDelivery("the timestamp is not a time") from None
