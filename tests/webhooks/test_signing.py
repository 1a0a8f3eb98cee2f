import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
import standardwebhooks
from hypothesis import given, settings
from hypothesis import strategies as st

from webhooks import signing
from webhooks.errors import BadSignature

BODY = b'{"type":"ticket.created","data":{"name":"Zo\xc3\xab"}}'
SECRET = "whsec_" + base64.b64encode(b"k" * 24).decode()
OLD = "whsec_" + base64.b64encode(b"o" * 24).decode()


def now() -> datetime:
    return datetime.now(UTC)  # the oracle reads the real clock


def headers(at: datetime, secret: str = SECRET, body: bytes = BODY) -> dict[str, str]:
    """What the published package sends."""
    at = at.replace(microsecond=0)
    signature = standardwebhooks.Webhook(secret).sign("msg_1", at, body.decode())
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }


def test_the_example_of_the_specification_has_the_signature_it_prints() -> None:
    # https://github.com/standard-webhooks/standard-webhooks, tests of the libraries
    signature = signing.sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_new_secret_signs_and_is_never_the_same() -> None:
    first, second = signing.new_secret(), signing.new_secret()
    assert first != second
    assert len(base64.b64decode(first.removeprefix("whsec_"))) == 32
    assert signing.sign(first, "m", 1, b"") != signing.sign(second, "m", 1, b"")


@settings(max_examples=50, deadline=None)
@given(st.text(), st.binary(min_size=1, max_size=64))
def test_the_published_package_verifies_what_we_sign(text: str, key: bytes) -> None:
    body = json.dumps({"text": text}).encode()
    secret = "whsec_" + base64.b64encode(key).decode()
    sent = signing.headers([secret], "msg_1", int(now().timestamp()), body)
    assert standardwebhooks.Webhook(secret).verify(body, sent) == {"text": text}


@settings(max_examples=50, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8")), st.binary(min_size=1, max_size=64))
def test_we_verify_what_the_published_package_signs(text: str, key: bytes) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    sent = headers(now(), secret, text.encode())
    signing.verify([secret], sent, text.encode(), now())


def test_while_a_secret_rotates_both_sign_and_either_is_accepted() -> None:
    sent = signing.headers([SECRET, OLD], "msg_1", int(now().timestamp()), BODY)
    assert len(sent["webhook-signature"].split(" ")) == 2
    for secret in (SECRET, OLD):
        standardwebhooks.Webhook(secret).verify(BODY, sent)
        signing.verify([secret], sent, BODY, now())
    signing.verify([SECRET, OLD], headers(now(), OLD), BODY, now())


@pytest.mark.parametrize("seconds", [-300, -299, 0, 299, 300])
def test_a_timestamp_within_five_minutes_is_accepted(seconds: int) -> None:
    at = now().replace(microsecond=0)
    sent = signing.headers([SECRET], "m", int(at.timestamp()) + seconds, BODY)
    signing.verify([SECRET], sent, BODY, at)


@pytest.mark.parametrize("seconds", [-100_000, -301, 301, 10**12])
def test_a_timestamp_further_away_is_refused(seconds: int) -> None:
    at = now().replace(microsecond=0)
    sent = signing.headers([SECRET], "m", int(at.timestamp()) + seconds, BODY)
    with pytest.raises(BadSignature, match="timestamp"):
        signing.verify([SECRET], sent, BODY, at)


@pytest.mark.parametrize("secrets", [[], [OLD], [""], ["hunter2"], ["whsec_"], ["whsec_%%"]])
def test_without_the_right_secret_nothing_is_genuine(secrets: list[str]) -> None:
    with pytest.raises(BadSignature):
        signing.verify(secrets, headers(now()), BODY, now())


def test_another_body_or_another_id_is_refused() -> None:
    with pytest.raises(BadSignature):
        signing.verify([SECRET], headers(now()), BODY + b" ", now())
    with pytest.raises(BadSignature):
        signing.verify([SECRET], headers(now()) | {"webhook-id": "msg_2"}, BODY, now())


# The first six make the published package fall over with ValueError or UnicodeDecodeError.
CRASHES: dict[str, dict[str, Any]] = {
    "no comma": {"webhook-signature": "v1"},
    "two commas": {"webhook-signature": "v1,abc,def"},
    "two spaces": {"webhook-signature": "v1,AAAA  v1,AAAA"},
    "base64 cut short": {"webhook-signature": "v1,abcde"},
    "not ASCII": {"webhook-signature": "v1,\u00fc\u00fc\u00fc\u00fc"},
    "body not UTF-8": {"body": b"\xff\xfe"},
}
MALFORMED = CRASHES | {
    "no id": {"webhook-id": ""},
    "id with a line break": {"webhook-id": "msg\r\n1"},
    "id not ASCII": {"webhook-id": "msg_\u00e9"},
    "id with half a surrogate pair": {"webhook-id": "\ud800"},
    "id without end": {"webhook-id": "m" * 256},
    "no timestamp": {"webhook-timestamp": ""},
    "timestamp of letters": {"webhook-timestamp": "now"},
    "timestamp with a fraction": {"webhook-timestamp": "{now}.0"},
    "timestamp with a sign": {"webhook-timestamp": "+{now}"},
    "timestamp with a space": {"webhook-timestamp": " {now}"},
    "timestamp with an underscore": {"webhook-timestamp": "1_700_000_000"},
    "timestamp in other digits": {"webhook-timestamp": "\u0661\u0662\u0663"},
    "timestamp nan": {"webhook-timestamp": "nan"},
    "timestamp inf": {"webhook-timestamp": "1e999"},
    "timestamp of 5000 digits": {"webhook-timestamp": "9" * 5000},
    "no signature": {"webhook-signature": ""},
    "signature with half a surrogate pair": {"webhook-signature": "v1,\udcff"},
    "another version": {"webhook-signature": "v1a,AAAA"},
    "a thousand signatures": {"webhook-signature": "v1,AAAA " * 1000},
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_headers_are_refused_and_never_crash(case: str) -> None:
    change = {
        name: value.replace("{now}", str(int(now().timestamp()))) if name != "body" else value
        for name, value in MALFORMED[case].items()
    }
    body = change.pop("body", BODY)
    with pytest.raises(BadSignature):
        signing.verify([SECRET], headers(now()) | change, body, now())


@pytest.mark.parametrize("case", CRASHES)
def test_the_six_that_crash_the_published_package_are_still_these(case: str) -> None:
    change = dict(CRASHES[case])
    body = change.pop("body", BODY)
    with pytest.raises(ValueError):
        standardwebhooks.Webhook(SECRET).verify(body, headers(now()) | change)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(list(headers(now()))), st.text(max_size=40), min_size=1))
def test_no_text_in_the_headers_is_accepted_or_crashes(change: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        signing.verify([SECRET], headers(now()) | change, BODY, now())


@pytest.mark.parametrize("secret", ["", "abc", "whsec_", "whsec_a", "whsec_\u00e9", "WHSEC_YWJj"])
def test_a_secret_that_cannot_sign_is_named_as_such(secret: str) -> None:
    with pytest.raises(ValueError, match="signing secret"):
        signing.decode_secret(secret)


def test_a_secret_without_padding_is_the_same_secret() -> None:
    assert signing.decode_secret("whsec_YWJjZA") == signing.decode_secret("whsec_YWJjZA==")
    assert signing.decode_secret("whsec_YWJjZA") == b"abcd"


def test_no_more_signatures_are_looked_at_than_the_first_thirty_two() -> None:
    now, secret = datetime(2026, 1, 1, tzinfo=UTC), signing.new_secret()
    headers = signing.headers([secret], "msg_1", int(now.timestamp()), b"{}")
    good = headers["webhook-signature"]
    signing.verify([secret], headers | {"webhook-signature": "v1,x " * 31 + good}, b"{}", now)
    with pytest.raises(BadSignature):
        signing.verify([secret], headers | {"webhook-signature": "v1,x " * 32 + good}, b"{}", now)
