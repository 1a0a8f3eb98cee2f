"""Zoho Desk's webhooks: a secret address, a token signed by Zoho for us and now, and only hints."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.base import Ports
from connectors.errors import BadDelivery
from connectors.types import Delivery
from connectors.zoho_desk import CONNECTOR
from connectors.zoho_desk.config import Config
from tests.connectors.scripted import Answer, Script, server
from tests.desks.zoho_desk.test_connector import FORM

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
KEYS = "/.well-known/jwks.json"
OURS = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)
AT = int(NOW.timestamp())
CLAIMS = {"iss": "orgId:60001280", "aud": "webhookId:7", "iat": AT, "exp": AT + 300}
EVENT = {
    "payload": {
        "id": "204000000123",
        "ticketNumber": "110",
        "status": "Closed",
        "statusType": "Closed",
        "departmentId": "204000000006",
        "modifiedTime": "2026-11-22T10:00:00.000Z",
    },
    "prevState": {"status": "Open"},
    "eventTime": "1795341600000",
    "eventType": "Ticket_Update",
    "orgId": "60001280",
}


def public(key: rsa.RSAPrivateKey, kid: str = "k1") -> dict[str, Any]:
    told = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**told, "kid": kid, "alg": "RS256", "use": "sig"}


def token(key: Any = OURS, kid: str = "k1", algorithm: str = "RS256", **claims: Any) -> str:
    return jwt.encode(CLAIMS | claims, key, algorithm=algorithm, headers={"kid": kid})


def delivery(signed: str | None = None, body: Any = (EVENT,), url: str = "?token=shh") -> Delivery:
    return Delivery(
        method="POST",
        url=f"https://hub.example/webhooks/desks/cxn_1{url}",
        headers={"x-zdesk-jwt": signed if signed is not None else token()},
        body=json.dumps(list(body)).encode(),
        received_at=NOW + timedelta(seconds=2),
        secret="7.shh",
    )


@pytest.fixture
def vendor() -> Iterator[Script]:
    with server(prefix="/zoho_desk") as script:
        script.at("GET", KEYS, {"keys": [public(OURS)]})
        yield script


@pytest.fixture
def zoho(vendor: Script) -> CONNECTOR:
    ports = Ports(now=lambda: NOW, timeout=(1.0, 2.0))
    return CONNECTOR(Config(**FORM, base_url=vendor.url), ports)


def test_a_genuine_webhook_is_believed_and_the_keys_are_fetched_once(
    vendor: Script, zoho: CONNECTOR
) -> None:
    zoho.verify_signature(delivery())
    zoho.verify_signature(delivery())
    assert len(vendor.to("GET", KEYS)) == 1


@pytest.mark.parametrize("unit", [1, 1000], ids=["seconds", "milliseconds"])
def test_times_in_seconds_and_in_milliseconds_are_understood(zoho: CONNECTOR, unit: int) -> None:
    zoho.verify_signature(delivery(token(iat=AT * unit, exp=(AT + 60) * unit)))
    with pytest.raises(BadDelivery):
        zoho.verify_signature(delivery(token(iat=(AT - 400) * unit, exp=(AT + 60) * unit)))


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "orgId:1"},
        {"aud": "webhookId:8"},
        {"aud": ["webhookId:7", "webhookId:8"]},
        {"iat": None},
        {"exp": AT - 400},
        {"iat": AT + 400},
        {"iat": "soon"},
        {"iss": None},
    ],
)
def test_a_token_for_another_time_or_place_is_refused(
    zoho: CONNECTOR, claims: dict[str, Any]
) -> None:
    whole = {name: value for name, value in (CLAIMS | claims).items() if value is not None}
    signed = jwt.api_jws.encode(json.dumps(whole).encode(), OURS, "RS256", {"kid": "k1"})
    with pytest.raises(BadDelivery):
        zoho.verify_signature(delivery(signed))


def test_a_strangers_key_is_refused(zoho: CONNECTOR) -> None:
    for signed in (token(OTHER), token(OTHER, kid="k2")):
        with pytest.raises(BadDelivery):
            zoho.verify_signature(delivery(signed))


def test_only_rs256_is_taken(zoho: CONNECTOR) -> None:
    pem = OURS.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    head = {"alg": "HS256", "typ": "JWT", "kid": "k1"}
    said = ".".join(_text(json.dumps(part).encode()) for part in (head, CLAIMS))
    confused = f"{said}.{_text(hmac.new(pem, said.encode(), hashlib.sha256).digest())}"
    for signed in (confused, token("", algorithm="none"), token(algorithm="RS512")):
        with pytest.raises(BadDelivery):
            zoho.verify_signature(delivery(signed))


@pytest.mark.parametrize("url", ["", "?token=", "?token=shh2", "?token=7.shh", "?other=shh"])
def test_without_the_secret_address_not_even_keys_are_fetched(
    vendor: Script, zoho: CONNECTOR, url: str
) -> None:
    with pytest.raises(BadDelivery):
        zoho.verify_signature(delivery(url=url))
    assert vendor.asked == []


def test_a_webhook_that_a_person_made_has_no_id_to_compare(zoho: CONNECTOR) -> None:
    zoho.verify_signature(replace(delivery(), secret="shh"))
    with pytest.raises(BadDelivery):
        zoho.verify_signature(replace(delivery(token(aud="else")), secret="shh"))


def test_an_unknown_key_is_asked_for_once_a_minute(vendor: Script, zoho: CONNECTOR) -> None:
    zoho.verify_signature(delivery())
    for _ in range(5):
        with pytest.raises(BadDelivery):
            zoho.verify_signature(delivery(token(OTHER, kid="new")))
    assert len(vendor.to("GET", KEYS)) == 1
    vendor.at("GET", KEYS, {"keys": [public(OTHER, "new")]})
    zoho.keys.ports = Ports(now=lambda: NOW + timedelta(seconds=61))
    zoho.verify_signature(delivery(token(OTHER, kid="new")))


@pytest.mark.parametrize("answer", [Answer(status=503), {"keys": None}, [], {"keys": [{}]}])
def test_when_keys_cannot_be_read_nothing_is_believed_and_the_next_one_asks_again(
    vendor: Script, zoho: CONNECTOR, answer: Any
) -> None:
    vendor.at("GET", KEYS, answer, {"keys": [public(OURS)]})
    with pytest.raises(BadDelivery):
        zoho.verify_signature(delivery())
    zoho.verify_signature(delivery())


def test_an_update_is_only_a_hint_under_the_same_id_each_time(zoho: CONNECTOR) -> None:
    (one,), (other,) = zoho.parse_webhook(delivery()), zoho.parse_webhook(delivery())
    assert one == other and one.status is None
    assert (one.kind, one.ticket_id, one.at) == (
        "hint",
        "204000000123",
        datetime.fromtimestamp(1795341600, UTC),
    )


def test_threads_and_comments_name_their_ticket(zoho: CONNECTOR) -> None:
    told = [
        {"eventType": kind, "eventTime": "1", "payload": {"id": "31", "ticketId": "204"}}
        for kind in ("Ticket_Thread_Add", "Ticket_Comment_Add")
    ]
    hints = zoho.parse_webhook(delivery(body=told))
    assert [hint.ticket_id for hint in hints] == ["204", "204"]
    assert len({hint.id for hint in hints}) == 2


def test_a_deletion_is_told_because_nothing_is_left_to_read(zoho: CONNECTOR) -> None:
    gone = EVENT | {"eventType": "Ticket_Delete"}
    (change,) = zoho.parse_webhook(delivery(body=[gone]))
    assert (change.kind, change.ticket_id) == ("deleted", "204000000123")


def test_others_tickets_and_our_own_comments_are_no_news(zoho: CONNECTOR) -> None:
    foreign = EVENT | {"payload": EVENT["payload"] | {"cf": {"cf_escalation_id": None}}}
    said = {"id": "41", "ticketId": "204", "content": "Customer wrote:\nHi\n\n[#0123456789ab]"}
    ours = {"eventType": "Ticket_Comment_Add", "eventTime": "1", "payload": said}
    assert zoho.parse_webhook(delivery(body=[foreign, ours, {"eventType": "Contact_Add"}])) == []


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
