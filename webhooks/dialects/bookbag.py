"""The dialect of Bookbag.

    {"event": "conversation.escalated", "data": {...}, "ts": epoch milliseconds}
    X-Bookbag-Signature: sha256=<hex HMAC-SHA256 of the raw body>

Nothing but the body is signed, so `ts` gives the window of 300 s. Every name may be spelled in
camelCase or in snake_case. A transcript is a list of turns, or one string with `Role: text` lines
in which a line without a role continues the turn above; what stands before the first role is
kept as `system`. Turns without text or file, which tool calls leave behind, are dropped.

`conversation.replied` says what was said in one of three ways: `messages`, a list of turns;
`message`, one turn; or `role` and `content` (or `text`) in `data` itself, where `message` may
also be the bare text.

What has no place in the canonical event, such as `agent_id`, is kept in `fields`.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from webhooks.dialects.base import Delivery
from webhooks.dialects.bookbag_wire import Data, Envelope, WireTurn
from webhooks.errors import BadSignature, WrongField
from webhooks.events import Conversation, Event, EventType, Reason, Requester, Turn, read

TOLERANCE = timedelta(seconds=300)
SIGNATURE = re.compile(r"sha256=([0-9a-fA-F]{64})")

TYPES: dict[str, EventType] = {
    "conversation.escalated": "conversation.escalated",
    "conversation.replied": "message.created",
    "conversation.ended": "conversation.ended",
}
# Where `data` itself is the message: what is the message's own, unlike `id` and `name`.
SAID = {"role", "content", "text", "messageId", "message_id", "attachments", "createdAt"}
MESSAGE = {"message", "role"}


def check_secret(secret: str) -> None:
    """ValueError if `secret` is empty; any other text is a key."""
    if not secret:
        raise ValueError("a signing secret is not empty")


def verify(delivery: Delivery, secrets: Sequence[str], now: datetime) -> None:
    """BadSignature unless one of `secrets` signed the raw body and its `ts` is near `now`."""
    found = SIGNATURE.fullmatch(delivery.headers.get("x-bookbag-signature", ""))
    if not found:
        raise BadSignature("X-Bookbag-Signature is missing or not sha256=<hex>")
    offered = found[1].lower()
    keys = [secret.encode() for secret in secrets if secret]
    macs = [hmac.new(key, delivery.body, hashlib.sha256).hexdigest() for key in keys]
    # A list, not a generator: every secret is compared, so that the time tells nothing.
    if not any([hmac.compare_digest(mac, offered) for mac in macs]):
        raise BadSignature("X-Bookbag-Signature does not match")
    if abs(now - read(Envelope, delivery.json).ts) > TOLERANCE:
        raise BadSignature("ts is more than 300 s from now")


def parse(delivery: Delivery) -> list[Event]:
    """One event, or none if its type is not one that we use."""
    envelope = read(Envelope, delivery.json)
    type = TYPES.get(envelope.event)
    if type is None:
        return []
    raw: Any = delivery.json.get("data")
    data = read(Data, raw, at="data")
    turns = _replied(data, raw, envelope.ts) if type == "message.created" else _whole(data)
    return [_event(delivery, envelope, data, type, turns)]


def dedupe_key(delivery: Delivery, event: Event) -> str:
    """Event, conversation, `ts` and body hash; a retry repeats all four."""
    moment = event.occurred_at.isoformat()
    return f"{event.type}:{moment}:{delivery.digest}:{event.conversation.id}"


def _event(
    delivery: Delivery, envelope: Envelope, data: Data, type: EventType, turns: tuple[Turn, ...]
) -> Event:
    whole = data.transcript_complete
    return Event(
        id="bookbag_" + delivery.digest[:32],
        type=type,
        occurred_at=envelope.ts,
        conversation=Conversation(
            id=data.conversation_id, url=data.url, channel=data.channel, language=data.language
        ),
        requester=_requester(data),
        reason=Reason(**dict(data.reason or {})),
        target=data.target,
        team=data.team,
        priority=data.priority,
        transcript=turns,
        transcript_complete=_is_whole(type, turns) if whole is None else whole,
        fields=_fields(data, type),
    )


def _whole(data: Data) -> tuple[Turn, ...]:
    """The transcript; a turn without id has one that the next, longer transcript repeats."""
    return tuple(
        _turn(turn, data.conversation_id, str(place))
        for place, turn in enumerate(data.transcript)
        if _says_something(turn)
    )


def _replied(data: Data, raw: Mapping[str, Any], sent: datetime) -> tuple[Turn, ...]:
    """What was said just now: as long ago as the event, unless it has a time of its own."""
    alone = not MESSAGE.isdisjoint(raw)
    said = [
        turn
        for turn in ((_said(raw),) if alone or not data.transcript else data.transcript)
        if _says_something(turn)
    ]
    if not said:
        raise WrongField([{"field": "data.message", "message": "must have a text or a file"}])
    return tuple(
        _turn(turn, data.conversation_id, f"{sent.isoformat()}.{place}", at=sent)
        for place, turn in enumerate(said)
    )


def _said(raw: Mapping[str, Any]) -> WireTurn:
    message = raw.get("message")
    if isinstance(message, Mapping):
        return read(WireTurn, message, at="data.message")
    flat = {name: raw[name] for name in SAID & raw.keys()}
    if isinstance(message, str):
        flat["content"] = message
    return read(WireTurn, flat, at="data")


def _says_something(turn: WireTurn) -> bool:
    return bool(turn.text.strip() or turn.attachments)


def _turn(turn: WireTurn, conversation: str, place: str, at: datetime | None = None) -> Turn:
    return Turn(
        id=turn.id or _turn_id(conversation, place, turn.role, turn.text),
        at=turn.at or at,
        role=turn.role,
        name=turn.name,
        text=turn.text,
        attachments=turn.attachments,
    )


def _turn_id(*parts: str) -> str:
    return "turn_" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def _requester(data: Data) -> Requester:
    if data.requester:
        return Requester(**dict(data.requester))
    return Requester(name=data.name, email=data.email, phone=data.phone)


def _is_whole(type: EventType, turns: tuple[Turn, ...]) -> bool:
    return type != "message.created" and bool(turns)


def _fields(data: Data, type: EventType) -> dict[str, Any]:
    rest = data.model_extra or {}
    own = SAID | MESSAGE if type == "message.created" else set()
    return {name: value for name, value in rest.items() if name not in own} | (data.fields or {})
