"""More than 500 bodies against each dialect, signed and unsigned: answered, never a fault of ours.

Half are a good body with one value exchanged for something else, at every place; the rest are bytes
that no parser likes. One seed, so that a failure can be repeated.
"""

import base64
import copy
import hashlib
import hmac
import json
import random
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient

from hub import admin
from hub.house import House
from tests.webhooks.test_chatwoot import MESSAGE, OPENED
from tests.webhooks.test_mapped import BODY, OPTIONS
from webhooks import signing
from webhooks.jsonbody import MAX_BODY

SEED = 20_261_123
AT_LEAST = 500  # bodies a dialect
MOST_MEMORY = 64 * 2**20  # bytes for one request
SHARED = "a-shared-secret-of-length"
MUTE = ("bookbag", "botpress", "chatwoot", "json", "standard")

STRANGE: list[Any] = [
    None, True, 0, -1, 1e300, 2**70, "", " ", "x" * 300, "<script>alert(1)</script>", "\u202eevil",
    "\ud83d\ude00" * 50, "'; drop table events; --", "%00", "../../etc/passwd", "1e999", [], {},
    [[]], [None], {"": ""}, {"id": {"id": {"id": []}}}, ["x"] * 50, "9999-12-31T23:59:59-23:59",
]  # fmt: skip
BROKEN = [
    b"", b"{", b"}", b"[]", b"null", b"7", b'"text"', b"\xff\xfe{}", b"{}}", b"{} {}", b"<xml/>",
    b'{"a":NaN}', b'{"a":-Infinity}', b'{"a":1e999}', b'{"a":1,"a":2}', b"\xef\xbb\xbf{}",
    b'{"a":"\\u0000"}', b'{"a":"\\ud800"}', b'{"a":"\\udc00\\ud800"}', b'{"a":"\x00"}',
    b'{"a":' * 65 + b"1" + b"}" * 65, b'{"a":' + b"[" * 5000, b'{"n":' + b"9" * 5000 + b"}",
    b"a=1&b=2", b'{"a":"' + b"\xc3" + b'"}', b"\x1f\x8b\x08\x00", b"{'a': 1}", b'{"a":01}',
    b'{"__proto__": {"x": 1}}', b"// {}", b'{"a":1,}',
]  # fmt: skip
TURN = {"id": "m-1", "at": "2026-11-22T09:41:00Z", "author": {"role": "customer", "name": "Ada"},
        "text": "Hello?", "attachments": [{"name": "a.pdf", "url": "https://x.example/a.pdf",
                                           "size": 7}]}  # fmt: skip
EVENT = {
    "conversation": {"id": "chat-1", "channel": "web", "language": "en", "url": "https://x.example"},
    "requester": {"id": "7", "name": "Ada", "email": "ada@example.com", "phone": "+49151"},
    "reason": {"code": "customer_request", "text": "A person.", "rule": "r-1"}, "target": "x",
    "team": "t", "priority": "high", "transcript": [TURN], "transcript_complete": True,
    "fields": {"plan": "gold"},
}  # fmt: skip
SENT = "the moment at which it is sent"  # milliseconds; the time of collection would be stale
GOOD: dict[str, list[dict[str, Any]]] = {
    "standard": [{"type": "conversation.escalated", "timestamp": "2026-11-22T09:41:07Z",
                  "data": EVENT}],
    "bookbag": [{"event": "conversation.escalated", "ts": SENT, "data": {
        "conversationId": "chat-1", "reason": "angry", "customer": EVENT["requester"],
        "transcript": [{"role": "user", "content": "Hi", "ts": SENT, "id": "1"}]}}],
    "chatwoot": [OPENED, MESSAGE],
    "botpress": [
        {"type": "createRemoteConversation", "payload": {
            "title": "Lost", "description": "4711", "user": {"name": "Ada", "email": "a@b.c"},
            "messageHistory": [{"source": {"type": "user"}, "type": "text",
                                "payload": {"text": "Hi"}}]}},
        {"type": "botSendsMessage", "remoteConversationId": "bp-1", "remoteUserId": "bpu-W10",
         "payload": {"text": "Hi", "options": [{"label": "A"}], "imageUrl": "https://x.example/a"}},
        {"type": "closeRemoteTicket", "payload": {"remoteConversationId": "bp-1"}},
        {"type": "createRemoteUser", "payload": {"name": "Ada", "email": "a@b.c"}},
    ],
    "json": [BODY],
}  # fmt: skip


def raw_bodies(rng: random.Random) -> Iterator[bytes]:
    """Bytes that are no JSON of ours, or hardly."""
    yield from BROKEN
    for _ in range(120):
        yield rng.randbytes(rng.randint(1, 200))
    whole = json.dumps(EVENT).encode()
    for _ in range(120):
        cut = rng.randrange(len(whole))
        yield rng.choice([whole[:cut], whole[:cut] + rng.randbytes(3) + whole[cut:], whole[cut:]])


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything in a body."""
    listed = enumerate(value) if isinstance(value, list) else ()
    for name, one in value.items() if isinstance(value, dict) else listed:
        yield (*path, name)
        yield from places(one, (*path, name))


def exchanged(body: dict[str, Any], path: tuple[Any, ...], new: Any) -> bytes:
    """The body with another value at one place."""
    changed = copy.deepcopy(body)
    here: Any = changed
    for name in path[:-1]:
        here = here[name]
    here[path[-1]] = new
    return sent_now(changed)


def sent_now(body: dict[str, Any]) -> bytes:
    """The body with the moment of now where it has one."""
    moment = str(int(time.time() * 1000)).encode()
    return json.dumps(body).encode().replace(json.dumps(SENT).encode(), moment)


def bodies(dialect: str) -> list[bytes]:
    """At least 500, the same each time but for the moment."""
    rng = random.Random(SEED)
    found = list(raw_bodies(rng))
    ways = [(good, path, new) for good in GOOD[dialect] for path in places(good) for new in STRANGE]
    rng.shuffle(ways)
    found += [exchanged(*way) for way in ways[: AT_LEAST + 20 - len(found)]]
    assert len(found) >= AT_LEAST
    return found


def sha256(key: str, body: bytes) -> str:
    return hmac.new(key.encode(), body, hashlib.sha256).hexdigest()


def chatwoot(key: str, body: bytes) -> dict[str, str]:
    now = int(time.time())
    signed = sha256(key, f"{now}.".encode() + body)
    return {"X-Chatwoot-Timestamp": str(now), "X-Chatwoot-Signature": f"sha256={signed}",
            "X-Chatwoot-Delivery": hashlib.sha256(body).hexdigest()}  # fmt: skip


SIGN: dict[str, Callable[[str, bytes], dict[str, str]]] = {
    "standard": lambda key, body: signing.headers(
        [key], hashlib.sha256(body).hexdigest()[:40], int(time.time()), body
    ),
    "bookbag": lambda key, body: {"X-Bookbag-Signature": f"sha256={sha256(key, body)}"},
    "chatwoot": chatwoot,
    "botpress": lambda key, body: {"X-Hub-Secret": key},
    "json": lambda key, body: {"X-Acme-Signature": f"sha256={sha256(key, body)}"},
}


@dataclass
class Door:
    """A source's address, in its dialect."""

    client: FlaskClient
    dialect: str
    path: str
    secret: str

    def post(self, body: bytes, headers: dict[str, str]) -> int:
        answer = self.client.post(self.path, data=body, headers=headers)
        told = answer.get_json()
        if answer.status_code >= 400:
            assert answer.content_type == "application/problem+json" and told["detail"]
        return answer.status_code

    def signed(self, body: bytes) -> int:
        return self.post(body, SIGN[self.dialect](self.secret, body))


@pytest.fixture
def doors(client: FlaskClient, house: House, workspace: str) -> list[Door]:
    """One a dialect."""
    found = []
    for dialect in MUTE:
        made = admin.add_source(
            house, workspace, dialect, dialect, None if dialect == "standard" else SHARED,
            options=OPTIONS if dialect == "json" else None,
        )  # fmt: skip
        path = f"/webhooks/sources/{made['id']}"
        found.append(Door(client, dialect, path, made["secret"]))
    return found


def test_five_hundred_bodies_a_dialect_are_answered_signed_and_unsigned(doors: list[Door]) -> None:
    for door in doors:
        answers: dict[int, int] = {}
        for body in bodies(door.dialect):
            assert door.post(body, {}) == 401
            status = door.signed(body)
            answers[status] = answers.get(status, 0) + 1
        strange = set(answers) - {200, 202, 400, 401, 409, 422}
        assert not strange, f"{door.dialect}: {answers}"
        taken = answers.get(202, 0) + answers.get(200, 0)
        assert taken > 10 and answers[400] > 100 and answers[422] > 10, f"{door.dialect}: {answers}"


HEAVY: dict[str, bytes] = {
    "brackets": b'{"a":[' + b"[]," * ((MAX_BODY - 10) // 3) + b"[]]}",
    "objects": b'{"a":[' + b'{"b":1},' * 120_000 + b"{}]}",
    "numbers": b'{"a":[' + b"1," * 500_000 + b"1]}",
    "a long text": b'{"a":"' + b"x" * 1_000_000 + b'"}',
    "many names": b"{" + b",".join(b'"%d":1' % n for n in range(90_000)) + b"}",
    "backslashes": b'{"a":"' + b"\\\\" * 500_000 + b'"}',
    "quotes": b'{"a":"' + b'\\"' * 500_000 + b'"}',
    "depth": b'{"a":' * 60_000,
}


@pytest.mark.parametrize("name", HEAVY)
def test_a_heavy_body_takes_little_memory(doors: list[Door], name: str) -> None:
    body = HEAVY[name][:MAX_BODY]
    for door in doors:
        tracemalloc.start()
        try:
            assert door.signed(body) < 500
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < MOST_MEMORY, f"{door.dialect}: {peak}"


def test_a_forged_header_is_refused_by_each_dialect(doors: list[Door]) -> None:
    basic = base64.b64encode(b"hub:" + b"x" * 3000).decode()
    for door in doors:
        body = sent_now(GOOD[door.dialect][0])
        right = SIGN[door.dialect](door.secret, body)
        for wrong in ("", "x", "sha256=", "sha256=" + "0" * 64, "v1," * 2000, basic, "\u00e9"):
            forged = {name: wrong for name in right}
            assert door.post(body, forged | {"Authorization": f"Basic {wrong}"}) == 401
