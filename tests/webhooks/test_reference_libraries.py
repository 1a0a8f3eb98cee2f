"""Our signatures and the reference libraries' of two languages, each verified by the other."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks
import svix.webhooks
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from webhooks import signing
from webhooks.errors import BadSignature

NODE = Path(__file__).parents[1] / "node"
BODIES = ["{}", '{"text":"größe 🙂  \\u2028"}', json.dumps({"text": "x" * 100_000})]
SECRETS = ["whsec_" + base64.b64encode(bytes(range(size))).decode() for size in (24, 32, 33, 64)]
SENT = dict[str, str]


class Node:
    """The npm packages behind a pipe."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            ["node", "webhooks.cjs"], cwd=NODE, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def ask(self, **question: Any) -> Any:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(question).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    if not (NODE / "node_modules").exists() and not os.environ.get("CI"):
        pytest.skip("make test installs the npm packages")
    assert shutil.which("node") is not None and (NODE / "node_modules" / "svix").exists()
    started = Node()
    yield started
    assert started.process.stdin is not None
    started.process.stdin.close()
    started.process.wait(60)


def now() -> int:
    return int(datetime.now(UTC).timestamp())  # the libraries read the real clock


def verified_in_python(secret: str, sent: Mapping[str, str], body: str) -> list[Any]:
    told = standardwebhooks.Webhook(secret).verify(body, dict(sent))
    svix.webhooks.Webhook(secret).verify(body, dict(sent))  # raises, or says nothing
    return [told, json.loads(body)]


def verified_in_node(node: Node, secret: str, sent: SENT, body: str) -> list[Any]:
    told = {"do": "verify", "secret": secret, "headers": sent, "body": body}
    return [node.ask(library=name, **told) for name in ("standardwebhooks", "svix")]


@pytest.mark.parametrize("secret", SECRETS, ids=len)
@pytest.mark.parametrize("body", BODIES, ids=len)
def test_four_libraries_verify_what_we_sign(node: Node, secret: str, body: str) -> None:
    sent = signing.headers([secret], "evt_1", now(), body.encode())
    meant = [json.loads(body)] * 2
    assert verified_in_python(secret, sent, body) == meant
    assert verified_in_node(node, secret, sent, body) == meant


@pytest.mark.parametrize("secret", SECRETS, ids=len)
@pytest.mark.parametrize("body", BODIES, ids=len)
def test_we_verify_what_four_libraries_sign(node: Node, secret: str, body: str) -> None:
    at = datetime.fromtimestamp(now(), UTC)
    asked = {"do": "sign", "id": "msg_1", "timestamp": now(), "body": body, "secret": secret}
    signatures = [
        standardwebhooks.Webhook(secret).sign("msg_1", at, body),
        svix.webhooks.Webhook(secret).sign("msg_1", at, body),
        *(node.ask(library=name, **asked | {"timestamp": int(at.timestamp())})
          for name in ("standardwebhooks", "svix")),
    ]  # fmt: skip
    assert len(set(signatures)) == 1
    sent = {"webhook-id": "msg_1", "webhook-timestamp": str(int(at.timestamp()))}
    for signature in signatures:
        headers = sent | {"webhook-signature": signature}
        signing.verify([secret], headers, body.encode(), datetime.now(UTC))
        with pytest.raises(BadSignature):
            signing.verify([secret], headers, body.encode() + b" ", datetime.now(UTC))


def test_during_a_rotation_each_library_accepts_either_secret(node: Node) -> None:
    new, old, body = signing.new_secret(), signing.new_secret(), '{"a":1}'
    keys = [signing.new_private_key(), signing.new_private_key()]
    sent = signing.headers([new, keys[0], old, keys[1]], "evt_1", now(), body.encode())
    for secret in (new, old):
        assert verified_in_python(secret, sent, body) == [{"a": 1}] * 2
        assert verified_in_node(node, secret, sent, body) == [{"a": 1}] * 2
    for key in keys:
        asked = {"key": signing.public_key(key), "headers": sent, "body": body}
        assert node.ask(do="asymmetric", **asked) is True


def test_each_library_refuses_what_we_signed_too_long_ago_or_differently(node: Node) -> None:
    secret, body = signing.new_secret(), '{"a":1}'
    old = signing.headers([secret], "evt_1", now() - 600, body.encode())
    refused = {"refused": "WebhookVerificationError"}
    assert [one["refused"] for one in verified_in_node(node, secret, old, body)] != []
    fresh = signing.headers([secret], "evt_1", now(), body.encode())
    for answer in verified_in_node(node, secret, fresh, body + " "):
        assert set(answer) == set(refused)
    for library in (standardwebhooks, svix.webhooks):
        with pytest.raises(library.WebhookVerificationError):
            library.Webhook(secret).verify(body, old)


def test_an_ed25519_signature_is_verified_by_two_other_implementations(node: Node) -> None:
    private, body = signing.new_private_key(), '{"text":"größe"}'
    public = signing.public_key(private)
    sent = signing.headers([private], "evt_1", now(), body.encode())
    assert node.ask(do="asymmetric", key=public, headers=sent, body=body) is True
    assert node.ask(do="asymmetric", key=public, headers=sent, body=body + " ") is False
    version, _, coded = sent["webhook-signature"].partition(",")
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public.removeprefix("whpk_")))
    signed = f"evt_1.{sent['webhook-timestamp']}.{body}".encode()
    key.verify(base64.b64decode(coded), signed)
    with pytest.raises(InvalidSignature):
        key.verify(base64.b64decode(coded), signed + b" ")
    assert version == "v1a" and public.startswith("whpk_")


def test_we_verify_ed25519_by_the_public_key_alone() -> None:
    private, other, body = signing.new_private_key(), signing.new_private_key(), b"{}"
    at = datetime.now(UTC)
    sent = signing.headers([private], "evt_1", now(), body)
    signing.verify([signing.public_key(private)], sent, body, at)
    for keys, what in (
        ([signing.public_key(other)], body),
        ([signing.public_key(private)], b"{} "),
        ([signing.new_secret()], body),
        (["whpk_AAAA"], body),
        ([private], body),  # what signs is no verifier
    ):
        with pytest.raises(BadSignature):
            signing.verify(keys, sent, what, at)
    for broken in ("v1a,", "v1a,%%%", "v1a," + "A" * 88, "v1a,AAAA v1a"):
        with pytest.raises(BadSignature):
            signing.verify([signing.public_key(private)], sent | {"webhook-signature": broken},
                           body, at)  # fmt: skip
    with pytest.raises(BadSignature):
        signing.verify([signing.public_key(private)], sent, body, at + timedelta(seconds=302))


@pytest.mark.parametrize(("size", "fits"), [(23, False), (24, True), (64, True), (65, False)])
def test_a_secret_that_we_sign_with_has_24_to_64_bytes(size: int, fits: bool) -> None:
    secret = "whsec_" + base64.b64encode(b"k" * size).decode()
    if fits:
        signing.check_strength(secret)
        return
    with pytest.raises(ValueError, match="24 to 64 bytes"):
        signing.check_strength(secret)
