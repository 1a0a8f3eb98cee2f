"""The dialect `json`: any platform's JSON, read by a mapping that the source was set up with.

    {"signature": {"header": "X-Signature", "prefix": "sha256="},
     "type": {"path": "event", "words": {"handoff": "conversation.escalated"}},
     "fields": {"conversation.id": "chat.id", "requester.email": "chat.visitor.email"},
     "transcript": {"path": "chat.messages", "text": "body", "role": "from",
                    "roles": {"visitor": "customer", "bot": "ai"}}}

A path is names and places in lists with dots between. What a path does not find is missing, and
an error names the path. A type without a word of ours is received and not used.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from webhooks.dialects.base import TOLERANCE, Delivery
from webhooks.dialects.mapped_options import Options, Path, Signature, Transcript
from webhooks.errors import BadSignature, WrongField
from webhooks.events import Event, EventType, Role, read

TIMESTAMP = re.compile(r"[1-9][0-9]{0,14}")
MIN_SECRET = 16  # characters
ROLES: Mapping[str, Role] = {
    "user": "customer", "customer": "customer", "visitor": "customer", "contact": "customer",
    "assistant": "ai", "ai": "ai", "bot": "ai", "agent": "agent", "human": "agent",
    "operator": "agent", "system": "system",
}  # fmt: skip


def check_secret(secret: str) -> None:
    """ValueError for a secret that is short, or that has no place in a header."""
    if len(secret) < MIN_SECRET or not (secret.isascii() and secret.isprintable()):
        raise ValueError(f"a secret has {MIN_SECRET} printable ASCII characters or more")


def check_options(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The options as they are kept; WrongField names each that cannot be used."""
    return read(Options, raw).model_dump(mode="json", exclude_none=True)


def verify(delivery: Delivery, secrets: Sequence[str], now: datetime) -> None:
    """BadSignature unless the header that the options name fits one of `secrets`."""
    signature = read(Options, delivery.options).signature
    offered = delivery.headers.get(signature.header.casefold(), "")
    if not offered.startswith(signature.prefix):
        raise BadSignature(f"{signature.header} is missing or does not begin as it should")
    given = offered.removeprefix(signature.prefix).encode("utf-8", "replace")
    expected = _expected(signature, delivery, [key for key in secrets if key], now)
    if signature.kind == "hmac-sha256" and signature.encoding == "hex":
        given = given.lower()
    # A list, not a generator: every secret is compared, so that the time tells nothing.
    if not any([hmac.compare_digest(one, given) for one in expected]):
        raise BadSignature(f"{signature.header} does not match")


def parse(delivery: Delivery) -> list[Event]:
    """One event, or none if its type is not one that we use."""
    options, body = read(Options, delivery.options), delivery.json
    type = _type(options, body)
    if type is None:
        return []
    raw: dict[str, Any] = {
        "id": _id(options, delivery),
        "type": type,
        "occurred_at": delivery.received_at if options.occurred_at is None
        else _at(body, options.occurred_at),
        "transcript_complete": bool(options.transcript and options.transcript.complete),
    }  # fmt: skip
    for target, path in options.fields.items():
        _put(raw, target, _at(body, path))
    raw.setdefault("conversation", {})
    if options.transcript is not None:
        raw["transcript"] = _turns(options.transcript, delivery, raw)
    try:
        return [read(Event, raw)]
    except WrongField as refusal:
        raise WrongField([_in_their_words(options, error) for error in refusal.errors]) from None


def dedupe_key(delivery: Delivery, event: Event) -> str:
    """The id that the options name, else the body and the conversation."""
    return f"{event.id}:{event.conversation.id}"


def _expected(
    signature: Signature, delivery: Delivery, secrets: Sequence[str], now: datetime
) -> list[bytes]:
    keys = [secret.encode() for secret in secrets]
    if signature.kind == "secret":
        return keys
    signed = delivery.body
    if signature.timestamp_header is not None:
        moment = delivery.headers.get(signature.timestamp_header.casefold(), "")
        if not TIMESTAMP.fullmatch(moment) or not _is_near(int(moment), now):
            raise BadSignature(f"{signature.timestamp_header} is missing or too far from now")
        signed = f"{moment}{signature.separator}".encode() + signed
    macs = [hmac.new(key, signed, hashlib.sha256).digest() for key in keys]
    hexadecimal = signature.encoding == "hex"
    return [mac.hex().encode() if hexadecimal else base64.b64encode(mac) for mac in macs]


def _is_near(moment: int, now: datetime) -> bool:
    seconds = moment / 1000 if moment > 10**11 else moment
    return abs(now.timestamp() - seconds) <= TOLERANCE


def _type(options: Options, body: Mapping[str, Any]) -> EventType | None:
    if options.type.value is not None:
        return options.type.value
    word = _at(body, options.type.path or "")
    return options.type.words.get(str(word)) if isinstance(word, str | int) else None


def _id(options: Options, delivery: Delivery) -> str:
    given = _at(delivery.json, options.id) if options.id is not None else None
    if options.id is not None and not isinstance(given, str | int):
        raise WrongField([{"field": options.id, "message": "must be a text or a number"}])
    return f"json_{given}"[:255] if given is not None else "json_" + delivery.digest


def _at(value: Any, path: Path) -> Any:
    """What stands at a path; None for nothing. The empty path is all of it."""
    for name in path.split(".") if path else ():
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isascii() and name.isdigit() and len(name) < 7:
            value = value[int(name)] if int(name) < len(value) else None
        else:
            return None
    return value


def _text(value: Any) -> Any:
    """Numbers pass for text: an id of digits is an id."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _put(raw: dict[str, Any], target: str, value: Any) -> None:
    group, _, name = target.partition(".")
    if value is None:
        return
    if not name:
        raw[group] = _text(value)
        return
    # A field of their own may be anything; ours are texts.
    raw.setdefault(group, {})[name] = value if group == "fields" else _text(value)


def _turns(how: Transcript, delivery: Delivery, raw: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The turns that say something; one without id gets one that its repetition has, too."""
    found = _at(delivery.json, how.path)
    listed = found if isinstance(found, list) else [] if found is None else [found]
    turns = [_turn(how, one, place) for place, one in enumerate(listed)]
    # A single message has nothing but its delivery to be known by.
    scope = raw["conversation"].get("id") if raw["type"] != "message.created" else delivery.digest
    for place, turn in enumerate(turns):
        turn["id"] = turn["id"] or _turn_id(scope, place, turn)
    return [turn for turn in turns if str(turn["text"] or "").strip()]


def _turn(how: Transcript, said: Any, place: int) -> dict[str, Any]:
    word = str(_at(said, how.role) or "").casefold()
    role = {name.casefold(): role for name, role in how.roles.items()}.get(word) or ROLES.get(word)
    if role is None:
        field = f"{how.path}.{place}.{how.role}".strip(".")
        raise WrongField([{"field": field, "message": "has no role among `transcript.roles`"}])
    return {
        "id": _text(_at(said, how.id)) if how.id else None,
        "at": _at(said, how.at) if how.at else None,
        "author": {"role": role, "name": _text(_at(said, how.name)) if how.name else None},
        "text": _text(_at(said, how.text)),
    }


def _turn_id(scope: Any, place: int, turn: Mapping[str, Any]) -> str:
    told = "\x1f".join(map(str, (scope, place, turn["author"]["role"], turn["text"])))
    return "turn_" + hashlib.sha256(told.encode()).hexdigest()[:32]


def _in_their_words(options: Options, error: Any) -> Any:
    """The error at the path that the sender knows."""
    field = error["field"]
    ours = {**options.fields, "occurred_at": options.occurred_at or "occurred_at"}
    if options.transcript is not None and field.startswith("transcript."):
        names = options.transcript.model_dump() | {"author.role": options.transcript.role}
        _, place, name = field.split(".", 2) if field.count(".") > 1 else (field, "", "")
        path = [options.transcript.path, place, str(names.get(name) or name)]
        return error | {"field": ".".join(part for part in path if part)}
    return error | {"field": ours.get(field, field)}
