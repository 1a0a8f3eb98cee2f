"""What is made by `python -m tests.docs` is fresh, and what people copy from a page works."""

import json
import shutil
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from standardwebhooks import Webhook

from connectors.sandbox_server import listen
from hub import admin
from hub.house import House
from tests import docs, summaries
from tests.docs import ROOT
from tests.pages import BLOCK, blocks, event_examples, first_column, page
from webhooks import signing
from webhooks.dialects.mapped_options import Options, Signature, Transcript


def made(path: str, name: str) -> str:
    text = (ROOT / path).read_text("utf-8")
    return text.partition(f"<!-- made: {name} -->\n")[2].partition(f"<!-- end: {name} -->")[0]


@pytest.mark.parametrize(
    ("path", "name", "make"),
    [
        ("README.md", "desks", docs.desks_list),
        ("docs/connect-a-desk.md", "desks", docs.desks_table),
        ("docs/api.md", "api", docs.api_table),
        ("docs/summaries.md", "conversations", summaries.conversations),
    ],
)
def test_a_made_part_is_fresh(path: str, name: str, make: Any) -> None:
    assert made(path, name) == make(), "run python -m tests.docs"


def shape(value: Any) -> Any:
    """The names in a JSON value, with the kinds of their values."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return type(value).__name__


def test_the_events_examples_are_what_subscribers_get(house: House, sandbox_url: str) -> None:
    told = docs.events(docs.begin(house, sandbox_url))
    assert shape(event_examples()) == shape(told), "run python -m tests.docs"


@pytest.mark.parametrize("dialect", ["standard", "bookbag"])
def test_the_example_with_curl_is_accepted(
    dialect: str, app: Flask, house: House, workspace: str
) -> None:
    if shutil.which("curl") is None or shutil.which("openssl") is None:
        pytest.skip("no curl or no openssl here")
    part = page("connect-a-platform.md").partition(f"## The dialect `{dialect}`")[2]
    code = BLOCK.search(part)
    assert code is not None
    source = admin.add_source(house, workspace, "bot", dialect)
    server = listen(app, "127.0.0.1", 0)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/webhooks/sources/{source['id']}"
    environ = {"SOURCE_URL": url, "SOURCE_SECRET": source["secret"], "PATH": "/usr/bin:/bin"}
    done = subprocess.run(["bash", "-c", code[2]], env=environ, capture_output=True, text=True)
    server.shutdown()
    (accepted,) = json.loads(done.stdout)["accepted"]
    assert accepted["escalation_id"].startswith("esc_")


def test_the_example_of_a_mapping_becomes_an_escalation() -> None:
    body, options = (json.loads(one) for one in blocks(ROOT / "docs" / "any-platform.md", "json"))
    (event,) = admin.preview_source("json", options, body)
    assert (event["type"], event["conversation"]) == (
        "conversation.escalated", {"id": "4711", "language": "de"},
    )  # fmt: skip
    assert [turn["author"]["role"] for turn in event["transcript"]] == ["customer", "ai"]
    assert event["fields"] == {"plan": "gold"}


def test_every_option_of_a_mapping_is_documented() -> None:
    told = set(first_column(page("any-platform.md")))
    parts = {"signature": Signature, "transcript": Transcript}
    for name in Options.model_fields:
        inner = parts.get(name)
        names = {f"{name}.{one}" for one in inner.model_fields} if inner else {name}
        assert names - {"signature.separator"} <= told, name


def test_the_call_of_botpress_is_answered_with_an_id(
    client: FlaskClient, house: House, workspace: str
) -> None:
    code = next(c for c in blocks(ROOT / "docs" / "botpress.md", "bash") if "--data-binary" in c)
    body = code.partition("--data-binary '")[2].partition("'")[0]
    secret = "a-shared-secret-of-length"
    source = admin.add_source(house, workspace, "bot", "botpress", secret)
    path = f"/webhooks/sources/{source['id']}/createRemoteConversation"
    answer = client.post(path, data=body.encode(), headers={"X-Hub-Secret": secret})
    assert answer.status_code == 200 and answer.get_json()["id"].startswith("bp-")


def test_the_ed25519_verification_in_node_takes_what_we_sign(tmp_path: Path) -> None:
    if shutil.which("node") is None:
        pytest.skip("no node here")
    code = next(c for c in blocks(ROOT / "docs" / "subscribe.md", "js") if "createPublicKey" in c)
    private, body = signing.new_private_key(), b'{"a": 1}'
    headers = signing.headers([signing.new_secret(), private], "evt_1", int(time.time()), body)
    told = json.dumps([signing.public_key(private), headers, body.decode()])
    ask = f"const [publicKey, headers, text] = {told}; const body = Buffer.from(text);\n"
    script = tmp_path / "verify.mjs"
    script.write_text(f"{ask}{code}\nconsole.log(genuine);", "utf-8")
    done = subprocess.run(["node", str(script)], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "true", done.stderr


def test_the_verification_by_hand_takes_what_we_sign_and_nothing_else() -> None:
    code = next(c for c in blocks(ROOT / "docs" / "subscribe.md", "python") if "def verify" in c)
    space: dict[str, Any] = {}
    exec(code, space)
    old, new = signing.new_secret(), signing.new_secret()
    body = '{"text": "größe"}'.encode()
    headers = signing.headers([old, new], "evt_1", int(time.time()), body)
    Webhook(new).verify(body, headers)
    assert space["verify"](old, headers, body) and space["verify"](new, headers, body)
    assert not space["verify"](new, headers, body + b" ")
    assert not space["verify"](signing.new_secret(), headers, body)
    assert not space["verify"](new, headers | {"webhook-timestamp": "1"}, body)
    assert not space["verify"](new, {}, body)


def test_the_verification_in_node_takes_what_we_sign_and_nothing_else(tmp_path: Path) -> None:
    if shutil.which("node") is None:
        pytest.skip("no node here")
    code = next(c for c in blocks(ROOT / "docs" / "subscribe.md", "js") if "createHmac" in c)
    secret, body = signing.new_secret(), b'{"a": 1}'
    headers = signing.headers([signing.new_secret(), secret], "evt_1", int(time.time()), body)
    told = json.dumps([secret, headers, body.decode()])
    ask = f"const [s, h, b] = {told}; const ok = Buffer.from(b);\n"
    ask += "console.log(verify(s, h, ok), verify(s, h, Buffer.from(b + ' ')), verify(s, {}, ok));"
    script = tmp_path / "verify.mjs"
    script.write_text(f"{code}\n{ask}", "utf-8")
    done = subprocess.run(["node", str(script)], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["true", "false", "false"], done.stderr
