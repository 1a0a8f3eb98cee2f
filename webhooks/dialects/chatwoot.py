"""The dialect of Chatwoot, by its webhooks and as its agent bot.

    X-Chatwoot-Timestamp: epoch seconds     X-Chatwoot-Delivery: the same over retries
    X-Chatwoot-Signature: sha256=<hex HMAC-SHA256 of `timestamp.body`>

A bot gives up by turning a conversation from `pending` to `open`. A conversation brings its last
message only, so what else was said is known from `message_created`. Private messages stay inside.
`display ids` count within an account, so a conversation is called `account-id`.

Back: an agent's words as an outgoing message, marked so that the webhook about it is known as our
echo; a human speaks: `open`; the AI speaks again: `pending`. https://developers.chatwoot.com
"""

import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from webhooks.dialects.base import TOLERANCE, Delivery, Told
from webhooks.dialects.chatwoot_wire import Envelope, WireConversation, WireMessage
from webhooks.errors import BadSignature
from webhooks.events import Conversation, Event, EventType, Requester, Turn, read
from webhooks.outbound import USER_AGENT, Outgoing

SIGNATURE = re.compile(r"sha256=([0-9a-fA-F]{64})")
TIMESTAMP = re.compile(r"[1-9][0-9]{0,11}")
ECHO = "hub_message_id"  # in `content_attributes` of what we post

SPEAKS: Sequence[str] = ("conversation.paused", "conversation.resumed", "message.created")


def check_secret(secret: str) -> None:
    """ValueError if `secret` is empty; Chatwoot makes it and any text is a key."""
    if not secret:
        raise ValueError("a signing secret is not empty")


def verify(delivery: Delivery, secrets: Sequence[str], now: datetime) -> None:
    """BadSignature unless one of `secrets` signed the body and a time near `now`."""
    moment = delivery.headers.get("x-chatwoot-timestamp", "")
    found = SIGNATURE.fullmatch(delivery.headers.get("x-chatwoot-signature", ""))
    if not found or not TIMESTAMP.fullmatch(moment):
        raise BadSignature("X-Chatwoot-Signature or X-Chatwoot-Timestamp is missing or malformed")
    signed, offered = f"{moment}.".encode() + delivery.body, found[1].lower()
    macs = [hmac.new(key.encode(), signed, hashlib.sha256).hexdigest() for key in secrets if key]
    # A list, not a generator: every secret is compared, so that the time tells nothing.
    if not any([hmac.compare_digest(mac, offered) for mac in macs]):
        raise BadSignature("X-Chatwoot-Signature does not match")
    if abs(now.timestamp() - int(moment)) > TOLERANCE:
        raise BadSignature(f"X-Chatwoot-Timestamp is more than {TOLERANCE} s from now")


def parse(delivery: Delivery) -> list[Event]:
    """One event, or none: most of what Chatwoot tells is not a handover."""
    word = read(Envelope, delivery.json).event
    if word == "message_created":
        return _message(delivery)
    type = _type(word, delivery.json)
    if type is None:
        return []
    conversation = read(WireConversation, delivery.json)
    turns = [_turn(message) for message in conversation.messages if message.shown]
    return [_event(delivery, type, conversation, turns)]


def dedupe_key(delivery: Delivery, event: Event) -> str:
    """`X-Chatwoot-Delivery`; without it, the body and the moment that were signed together."""
    given = delivery.headers.get("x-chatwoot-delivery", "")
    return given[:255] or f"{delivery.headers['x-chatwoot-timestamp']}:{delivery.digest}"


def speak(told: Told, url: str, token: str) -> Outgoing | None:
    """A call of the API of the Chatwoot at `url`, by the agent bot whose access token it is."""
    account, dash, number = told.chat.partition("-")
    if not dash:
        return None
    if told.type == "message.created":
        message = told.data["message"]
        call, body = "messages", {
            "content": _words(message),
            "message_type": "outgoing",
            "private": False,
            "content_attributes": {ECHO: message["id"]},
        }  # fmt: skip
    else:
        word = "open" if told.type == "conversation.paused" else "pending"
        call, body = "toggle_status", {"status": word}
    return Outgoing(
        f"{url.rstrip('/')}/api/v1/accounts/{account}/conversations/{number}/{call}",
        {"content-type": "application/json", "user-agent": USER_AGENT, "api_access_token": token},
        json.dumps(body).encode(),
    )


def _type(word: str, body: dict[str, Any]) -> EventType | None:
    """What a conversation's event means to us; None if nothing."""
    status = body.get("status")
    if word == "conversation_resolved" or (
        word == "conversation_status_changed" and status == "resolved"
    ):
        return "conversation.ended"
    if word == "conversation_opened" or (
        word == "conversation_status_changed" and status == "open" and _was_pending(body)
    ):
        return "conversation.escalated"
    return None


def _was_pending(body: dict[str, Any]) -> bool:
    """False only if the change says that it was something else: older Chatwoots say nothing."""
    changes = body.get("changed_attributes")
    for change in changes if isinstance(changes, list) else ():
        status = change.get("status") if isinstance(change, dict) else None
        if isinstance(status, dict) and "previous_value" in status:
            return bool(status["previous_value"] in ("pending", 2))
    return True


def _message(delivery: Delivery) -> list[Event]:
    message = read(WireMessage, delivery.json)
    if not message.shown or ECHO in message.content_attributes:
        return []
    conversation = read(WireConversation, delivery.json.get("conversation"), at="conversation")
    return [_event(delivery, "message.created", conversation, [_turn(message)], message)]


def _event(
    delivery: Delivery,
    type: EventType,
    conversation: WireConversation,
    turns: Sequence[Turn],
    message: WireMessage | None = None,
) -> Event:
    account = conversation.account_of(message)
    sender = conversation.meta.sender
    return Event(
        id="chatwoot_" + delivery.digest[:32],
        type=type,
        occurred_at=(message and message.created_at) or delivery.received_at,
        conversation=Conversation(
            id=f"{account}-{conversation.id}",
            channel=(conversation.channel or "").removeprefix("Channel::").lower() or None,
            language=conversation.language,
        ),
        requester=Requester(
            id=sender.id, name=sender.name, email=sender.email, phone=sender.phone_number
        ),
        priority=conversation.priority,
        transcript=tuple(turns),
        transcript_complete=False,
        fields=conversation.custom_attributes,
    )


def _turn(message: WireMessage) -> Turn:
    return Turn(
        id=f"chatwoot_{message.id}",
        at=message.created_at,
        role=message.role,
        name=message.sender.name if message.sender else None,
        text=message.content,
        attachments=message.files,
    )


def _words(message: Any) -> str:
    """The text, and where its files are: Chatwoot takes no file by address."""
    links = [f"{file.get('name') or 'file'}: {file['url']}" for file in message["attachments"]]
    return "\n".join([*filter(None, [message["text"]]), *links])
