"""Help Scout's webhooks: verify the bytes, then tell what they say. Pure functions.

The signature covers neither the time nor the event's name (`X-HelpScout-Event`). So a delivery
is told from its body alone, under ids that make a repeated one the same change, and the name
serves only to leave out.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors import signatures
from connectors.errors import BadDelivery
from connectors.help_scout import words
from connectors.help_scout.config import EVENTS, Config
from connectors.types import Change, Delivery

SIGNATURE = "x-helpscout-signature"
EVENT = "x-helpscout-event"
MERGED = "convo.merged"  # unsure: which conversation it shows, so we look at the one that it does


def verify(delivery: Delivery) -> None:
    """Raise `BadDelivery` unless base64(HMAC-SHA1(secret, body)) is its signature."""
    secret = signatures.require_secret(delivery)
    given = signatures.require_header(delivery, SIGNATURE)
    signatures.require_equal(
        signatures.digest_base64(secret, delivery.body, algorithm="sha1"), given
    )


def parse(delivery: Delivery, config: Config) -> list[Change]:
    """What a conversation of ours says of itself; of anything else, nothing."""
    raw, event = _read(delivery.body), delivery.headers.get(EVENT)
    if event not in EVENTS:
        return []
    try:
        if raw.keys() == {"id"}:  # convo.deleted, of which nothing else is left
            return [words.deletion(str(int(raw["id"])), at=delivery.received_at)]
        if words.key_of(raw) is None:
            return []
        threads = (raw.get("_embedded") or {}).get("threads") or []
        told = [*words.standing(raw, threads, config), *words.said(raw, threads)]
        if event == MERGED and not any(change.kind == "merged" for change in told):
            told += _hint(raw, at=delivery.received_at)
        return sorted(told, key=lambda change: change.at)
    except (KeyError, TypeError, ValueError, AttributeError):
        return _hint(raw, at=delivery.received_at)


def _hint(raw: Mapping[str, Any], *, at: datetime) -> list[Change]:
    """Something happened to a ticket that the webhook does not tell in a shape that we know."""
    number = raw.get("id")
    if not isinstance(number, int):
        return []
    stamp = raw.get("userUpdatedAt") or int(at.timestamp())
    return [Change(id=f"hint:{number}:{stamp}", ticket_id=str(number), kind="hint", at=at)]


def _read(body: bytes) -> dict[str, Any]:
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError):
        raise BadDelivery("the body is not JSON") from None
    if not isinstance(raw, dict):
        raise BadDelivery("the body is not a JSON object")
    return raw
