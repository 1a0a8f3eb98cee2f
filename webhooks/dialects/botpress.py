"""The dialect of Botpress: its bridge "Human in the Loop API" calls us as its remote desk.

    {"type": "ping"}
    {"type": "createRemoteUser", "payload": {name?, email?, pictureUrl?}}            -> {"id"}
    {"type": "createRemoteConversation", "payload": {title?, description?, …}}       -> {"id"}
    {"type": "botSendsMessage", "remoteConversationId", "remoteUserId", "payload"}
    {"type": "closeRemoteTicket", "payload": {"botpressConversationId"}}

Each is posted to a path of its own below the source's address. The bridge signs nothing, so a
secret is asked for: as password in the address that it is given, which arrives as
`Authorization: Basic`, as `Bearer`, or in `X-Hub-Secret`.

It numbers nothing and repeats nothing by itself: each request is new, and the ids that it asks for
are made of the request and its moment. A user's id holds name and e-mail, so that a message tells
whose it is. The bridge calls a ticket to be closed by Botpress's own id, which nobody told us;
only an id of ours ends a conversation.

Back: `/message-from-agent`, `/agent-assigned`, `/stop-hitl`, below the integration's webhook.
https://github.com/botpress/growth/tree/master/integrations/hitl-api
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from webhooks.dialects.base import Delivery, Told
from webhooks.dialects.botpress_wire import Envelope, NewChat, NewUser, Said, Saying, said_in
from webhooks.errors import BadSignature, WrongField
from webhooks.events import Conversation, Event, Reason, Requester, Turn, read
from webhooks.outbound import USER_AGENT, Outgoing

CHAT, USER, BOT = "bp-", "bpu-", "BOT"
MIN_SECRET = 16  # characters; it is sent as it is

SPEAKS: Sequence[str] = ("conversation.resumed", "message.created", "ticket.assigned")


def check_secret(secret: str) -> None:
    """ValueError for a secret that is short, or that has no place in a header."""
    if len(secret) < MIN_SECRET or not (secret.isascii() and secret.isprintable()):
        raise ValueError(f"a shared secret has {MIN_SECRET} printable ASCII characters or more")


def verify(delivery: Delivery, secrets: Sequence[str], now: datetime) -> None:
    """BadSignature unless one of `secrets` came with the request; nothing here has a time."""
    offered = _offered(delivery.headers).encode("utf-8", "replace")
    keys = [secret.encode() for secret in secrets if secret]
    # A list, not a generator: every secret is compared, so that the time tells nothing.
    if not any([hmac.compare_digest(key, offered) for key in keys]):
        raise BadSignature("the shared secret is missing or wrong")


def parse(delivery: Delivery) -> list[Event]:
    """An escalation, a message or an end; the other calls tell nothing of a conversation."""
    type = read(Envelope, delivery.json).type
    if type == "createRemoteConversation":
        return [_escalated(delivery)]
    if type == "botSendsMessage":
        return _said(delivery)
    if type == "closeRemoteTicket":
        return _ended(delivery)
    return []


def dedupe_key(delivery: Delivery, event: Event) -> str:
    """Each request is new: the bridge has no name for a repeated one."""
    return event.id


def reply(delivery: Delivery, events: Sequence[Event]) -> Mapping[str, Any]:
    """The id that the bridge waits for, where it does."""
    type = read(Envelope, delivery.json).type
    if type == "createRemoteConversation":
        return {"id": events[0].conversation.id}
    if type == "createRemoteUser":
        return {"id": _user_id(read(NewUser, delivery.json.get("payload"), at="payload"))}
    return {"ok": True}


def speak(told: Told, url: str, token: str) -> Outgoing | None:
    """One of the three calls of the bridge's webhook at `url`."""
    if not told.chat.startswith(CHAT):
        return None
    body: dict[str, Any] = {"remoteConversationId": told.chat}
    if told.type == "conversation.resumed":
        path = "stop-hitl"
    elif told.type == "ticket.assigned":
        path, name = "agent-assigned", told.data["ticket"]["assignee"]
        if not name:
            return None
        body["remoteUserId"] = _agent_id(name)
    else:
        path, message = "message-from-agent", told.data["message"]
        body |= {"remoteUserId": _agent_id(message["author"]["name"]), "messageType": "text"}
        body["payload"] = {"text": said_in(message)}
    headers = {"content-type": "application/json", "user-agent": USER_AGENT}
    return Outgoing(
        f"{url.rstrip('/')}/{path}",
        headers | {"authorization": f"Bearer {token}", "webhook-id": told.id},
        json.dumps(body).encode(),
    )


def _offered(headers: Mapping[str, str]) -> str:
    if "x-hub-secret" in headers:
        return headers["x-hub-secret"]
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    if scheme.casefold() == "bearer":
        return rest.strip()
    if scheme.casefold() != "basic":
        return ""
    try:
        return base64.b64decode(rest, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""


def _escalated(delivery: Delivery) -> Event:
    chat = read(NewChat, delivery.json.get("payload"), at="payload")
    moment = _moment(delivery)
    words = "\n".join(filter(None, (chat.title, chat.description)))
    return Event(
        id=f"botpress_{moment}",
        type="conversation.escalated",
        occurred_at=delivery.received_at,
        conversation=Conversation(id=f"{CHAT}{moment}", channel="botpress"),
        requester=Requester(name=chat.user.name, email=chat.user.email),
        reason=Reason(text=words[:10_000] or None),
        transcript=tuple(
            _turn(said, f"botpress_{moment}.{place}")
            for place, said in enumerate(chat.history)
            if said.text.strip() or said.attachments
        ),
        transcript_complete=bool(chat.history),
    )


def _said(delivery: Delivery) -> list[Event]:
    saying = read(Saying, delivery.json)
    bot = saying.user == BOT
    if not (saying.payload.text.strip() or saying.payload.attachments):
        return []
    moment = _moment(delivery)
    person = NewUser() if bot else _user(saying.user)
    turn = Turn(
        id=f"botpress_{moment}",
        at=delivery.received_at,
        role="ai" if bot else "customer",
        name=person.name,
        text=saying.payload.text,
        attachments=saying.payload.attachments,
    )
    return [
        Event(
            id=f"botpress_{moment}",
            type="message.created",
            occurred_at=delivery.received_at,
            conversation=Conversation(id=_own(saying.chat, "remoteConversationId")),
            requester=Requester(name=person.name, email=person.email),
            transcript=(turn,),
        )
    ]


def _ended(delivery: Delivery) -> list[Event]:
    payload = delivery.json.get("payload")
    told = payload if isinstance(payload, dict) else {}
    names = ("remoteConversationId", "botpressConversationId")
    ours = [told[name] for name in names if str(told.get(name, "")).startswith(CHAT)]
    if not ours:
        return []
    return [
        Event(
            id=f"botpress_{_moment(delivery)}",
            type="conversation.ended",
            occurred_at=delivery.received_at,
            conversation=Conversation(id=_own(str(ours[0]), "payload.remoteConversationId")),
        )
    ]


def _own(chat: str, field: str) -> str:
    if not chat.startswith(CHAT) or len(chat) > 255:
        raise WrongField([{"field": field, "message": "is not an id of ours"}])
    return chat


def _turn(said: Said, id: str) -> Turn:
    return Turn(id=id, at=said.at, role=said.role, text=said.text, attachments=said.attachments)


def _moment(delivery: Delivery) -> str:
    """What names a request: when it came, and what it said."""
    at = delivery.received_at
    return f"{int(at.timestamp() * 1_000_000):x}-{delivery.digest[:16]}"


def _user_id(user: NewUser) -> str:
    told = json.dumps([user.name, user.email], ensure_ascii=False, separators=(",", ":"))
    return USER + base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def _user(id: str) -> NewUser:
    """The user whose id it is; nobody for an id that is not ours."""
    coded = id.removeprefix(USER)
    try:
        told = json.loads(base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)))
        return NewUser(name=told[0], email=told[1])
    except (ValueError, TypeError, LookupError, RecursionError):
        return NewUser()


def _agent_id(name: str | None) -> str:
    """Botpress makes a user of each id; an agent keeps theirs."""
    return "agent-" + hashlib.sha256((name or "agent").encode()).hexdigest()[:16]
