"""The hub's own dialect, for any platform: Standard Webhooks around the canonical event.

    {"type": "conversation.escalated", "timestamp": RFC 3339, "data": the canonical event}

`webhook-id` is what repeats when a delivery repeats. It also stands in for a missing `data.id`,
as `timestamp` does for a missing `data.occurred_at`. The outer `type` is the one that counts.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, get_args

from pydantic import BaseModel

from webhooks import signing
from webhooks.dialects.base import Delivery
from webhooks.events import Event, EventType, Moment, read

TYPES = frozenset(get_args(EventType))


class _Type(BaseModel):
    type: str


class _Envelope(BaseModel):
    timestamp: Moment
    data: dict[str, Any]


def check_secret(secret: str) -> None:
    """ValueError unless `secret` is `whsec_<base64>`, or a public key `whpk_<base64>`."""
    signing.check_verifier(secret)


def verify(delivery: Delivery, secrets: Sequence[str], now: datetime) -> None:
    """BadSignature unless the Standard Webhooks headers fit the body, a secret and `now`."""
    signing.verify(secrets, delivery.headers, delivery.body, now)


def parse(delivery: Delivery) -> list[Event]:
    """One event, or none if its type is not ours."""
    type = read(_Type, delivery.json).type
    if type not in TYPES:
        return []
    envelope = read(_Envelope, delivery.json)
    given = {name: value for name, value in envelope.data.items() if value is not None}
    implied = {"id": delivery.headers.get("webhook-id"), "occurred_at": envelope.timestamp}
    return [read(Event, implied | given | {"type": type}, at="data")]


def dedupe_key(delivery: Delivery, event: Event) -> str:
    """`webhook-id`, which a sender keeps over its retries."""
    return delivery.headers["webhook-id"]
