"""`python -m tests.docs`: write the parts of the documentation that are made, not written.

    README.md, docs/connect-a-desk.md   the desks that are installed
    docs/api.md                         the table of the API's operations
    docs/events.md                      every event, as a subscriber of a running hub got it

A made part stands between `<!-- made: NAME -->` and `<!-- end: NAME -->`.
"""

import base64
import json
import os
import re
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import requests
from pydantic import SecretStr
from werkzeug.wrappers import Response

from connectors import registry, sandbox
from connectors.sandbox_server import listen
from hub import admin, migrate, postgres, worker
from hub import house as houses
from hub.api import NOUNS
from hub.app import create_app
from hub.house import House
from hub.jobs import Job
from hub.settings import Settings
from hub.store import Store
from tests import grades
from tests.e2e.town import Subscriber
from tests.hub.stories.house_of_stories import Stories, connect
from webhooks.events import OUTGOING

ROOT = Path(__file__).parents[1]
WIDTH = 96  # characters of a line of JSON
CHAT = "chat-88213"  # the conversation of the examples
WRONG = "desk: zendesk\nticket:\n  priority: {value: urgnt}\n"

ID = re.compile(r"\b([a-z]{3})_[0-9a-hjkmnp-tv-z]{26}\b")
TURN = re.compile(r"\bturn_[0-9a-f]{32}\b")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|\+00:00)")
CLOCK = re.compile(r"since \d\d:\d\d")
SIGNED = re.compile(r"until=\d+&signature=[0-9a-f]{64}")
SANDBOX = re.compile(r"http://127\.0\.0\.1:\d+/zendesk\b")

Told = dict[str, dict[str, Any]]


def events(stories: Stories) -> Told:
    """One example of each event's body, received and verified by a subscriber."""
    reader, gone = Subscriber(), _gone()
    made = admin.add_subscriber(stories.house, stories.workspace, reader.url)
    reader.secret = made["secret"]
    admin.add_subscriber(stories.house, stories.workspace, gone, ["connection.paused"])
    _prepare(stories)
    _whole_story(stories)
    _no_desk(stories)
    _program_attached(stories)
    _wrong_mapping(stories)
    _refused_credentials(stories)
    _next_desk(stories)
    with stories.house.store.transaction() as tx:
        admin.send_test(tx, stories.workspace, made["id"])
    stories.work()
    reader.server.shutdown()
    return {type_: _example(reader.events(type_)) for type_ in OUTGOING}


def desks_table() -> str:
    """The desks to connect, and what each can do."""
    head = ("desk", "how to connect it", "webhooks", "polling", "largest file", "calls a minute")
    outside = (name for name in registry.built_in() if name != "live_chat")
    return _table([head, *map(_desk, outside)])


def desks_list() -> str:
    """The desks that are installed, a line each, with the grade that the contract gave them."""
    given, lines = grades.given(), []
    for name in registry.built_in():
        link = f"- **{registry.get(name).title}**: [`{name}`](connectors/{name}/README.md)"
        lines.append(f"{link}, {given[name]}\n" if name in given else f"{link}\n")
    return "".join(lines)


def api_table() -> str:
    """Every operation of the API, by noun."""
    text = ""
    for noun in NOUNS:
        rows = [(f"`{o.method} {o.path}`", o.role, o.summary) for o in noun.operations]
        text += f"\n### {noun.title}\n{noun.text}\n\n"
        text += _table([("operation", "role", "what it does"), *rows])
    return text + "\n"


def events_list(told: Told) -> str:
    """Every event with its meaning and its example."""
    text = ""
    for type_, body in told.items():
        text += f"\n## `{type_}`\n{OUTGOING[type_]}\n\n```json\n{_pretty(_neutral(body))}\n```\n"
    return text + "\n"


def _desk(name: str) -> tuple[str, ...]:
    can = registry.get(name).can
    size = f"{can.attachments // 2**20} MiB" if can.attachments else "none"
    link = f"[connectors/{name}](../connectors/{name}/README.md)"
    polled = "yes" if can.polling else "no"
    return (registry.get(name).title, link, can.webhooks, polled, size, str(can.rate or "no limit"))


def _table(rows: Sequence[Sequence[str]]) -> str:
    lines = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _prepare(stories: Stories) -> None:
    """The desk's agents are seen at once; the customer hears that a person is coming."""
    settings = {"desk": "zendesk", "incremental_holdback": 0, "search_lag": 0}
    requests.post(f"{stories.sandbox}/_settings", json=settings, timeout=10).raise_for_status()
    connect(stories)
    with stories.house.store.transaction() as tx:
        admin.change_source(tx, stories.workspace, stories.source["id"],
                            handoff_message={"default": "I am getting a colleague."})  # fmt: skip


def _whole_story(stories: Stories) -> None:
    ticket = _ticketed(stories, CHAT)
    stories.act(ticket, assign="Ann Agent")
    stories.poll()
    _reply_with_file(stories, ticket)
    stories.act(ticket, status="solved")
    stories.poll()


def _reply_with_file(stories: Stories, ticket: str) -> None:
    label = {"name": "label.pdf", "content_type": "application/pdf", "data": "JVBERi0xLjc="}
    told = {"desk": "zendesk", "ticket_id": ticket, "files": [label]}
    told["reply"] = "A second parcel is on its way."
    requests.post(f"{stories.sandbox}/_act", json=told, timeout=10).raise_for_status()


def _no_desk(stories: Stories) -> None:
    stories.escalate("chat-88214", target="live_chat")
    stories.work()


def _program_attached(stories: Stories) -> None:
    """A file that is not copied."""
    _ticketed(stories, "chat-88215")
    file = {"url": "https://files.example.com/repair.exe", "size": 41984}
    message = {"role": "user", "content": "Does this help?", "attachments": [file]}
    stories.say("conversation.replied", conversationId="chat-88215", message=message)
    stories.work()


def _wrong_mapping(stories: Stories) -> None:
    admin.save_mapping(
        stories.house, stories.workspace, str(stories.connection), WRONG, check="syntax"
    )
    stories.escalate("chat-88216")
    stories.work()


def _refused_credentials(stories: Stories) -> None:
    stories.fault("refuse", status=401)
    stories.escalate("chat-88217")
    stories.work(8)  # here no lane is closed, so it would be tried for ever


def _next_desk(stories: Stories) -> None:
    """Its time is over, and the connection is paused."""
    escalation = stories.row("update escalations set promised_at = now() - interval '1 s'"
                             " where state = 'summarised' and promised_at is not null"
                             " returning id")  # fmt: skip
    worker.run(stories.house, Job("climb", escalation["id"]))
    stories.work()


def _ticketed(stories: Stories, conversation: str) -> str:
    escalation_id = stories.escalate(conversation, reason="customer_request", channel="web")
    stories.work()
    row = stories.row("select external_id from tickets where escalation_id = :e", e=escalation_id)
    return str(row["external_id"])


def _gone() -> str:
    """The URL of a subscriber that wants nothing more."""
    server = listen(Response(status=410), "127.0.0.1", 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}/hook"


def _example(told: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The most telling one: what an agent attached, or wrote, else the first."""
    by_agents = [e for e in told if e["data"].get("message", {}).get("origin") == "desk"]
    with_files = [e for e in by_agents if e["data"]["message"]["attachments"]]
    return (with_files or by_agents or told)[0]


def _neutral(body: dict[str, Any]) -> Any:
    """The body with the ids, times and addresses of an example."""
    known: dict[str, str] = {}

    def name(found: re.Match[str]) -> str:
        new = f"{found[1]}_06g5v2m8k0r7t9w1y3a5c7e9{len(known):02}"
        return known.setdefault(found[0], new)

    text = ID.sub(name, json.dumps(body))
    text = CLOCK.sub("since 09:41", text)
    text = TIME.sub(lambda t: f"2026-11-22T09:41:07.250{t[1]}", text)
    text = SIGNED.sub("until=1796031667&signature=5f0c…e1", text)
    return json.loads(SANDBOX.sub("https://acme.zendesk.com", TURN.sub("m-1", text)))


def _pretty(value: Any, indent: int = 0) -> str:
    """JSON in which what fits stands on one line."""
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or len(line) + indent < WIDTH:
        return line
    step = " " * (indent + 2)
    if isinstance(value, list):
        inner = [step + _pretty(one, indent + 2) for one in value]
        return "[\n" + ",\n".join(inner) + "\n" + " " * indent + "]"
    inner = [f'{step}"{name}": {_pretty(one, indent + 2)}' for name, one in value.items()]
    return "{\n" + ",\n".join(inner) + "\n" + " " * indent + "}"


@contextmanager
def _stories() -> Iterator[Stories]:
    """A hub of its own, with a database and sandbox desks that are gone afterwards."""
    with (
        postgres.throwaway() as url,
        sandbox.running() as desks,
        tempfile.TemporaryDirectory() as folder,
    ):
        migrate.upgrade(url)
        settings = Settings(
            database_url=url, data_dir=Path(folder), port=8000, public_url="https://hub.example",
            keys=(("docs", SecretStr(base64.b64encode(os.urandom(32)).decode())),),
            secret_key=SecretStr("docs"), sandbox_url=desks,
            allow_networks=(ip_network("127.0.0.0/8"),),
        )  # fmt: skip
        house = houses.build(settings, store=Store(url))
        try:
            yield begin(house, desks)
        finally:
            house.close()


def begin(house: House, desks: str) -> Stories:
    """A new workspace's stories."""
    with house.store.transaction() as tx:
        workspace = admin.add_workspace(tx, house, "default", "Default")
    source = admin.add_source(house, workspace, "Website bot", "bookbag")
    return Stories(house, create_app(house).test_client(), workspace, dict(source), desks)


def _write(page: str, name: str, text: str) -> None:
    path = ROOT / page
    begins, ends = f"<!-- made: {name} -->\n", f"<!-- end: {name} -->"
    before, _, rest = path.read_text("utf-8").partition(begins)
    path.write_text(before + begins + text + ends + rest.partition(ends)[2], "utf-8")
    print(f"{page}: {name}")


def main() -> None:
    """Make all parts anew."""
    _write("README.md", "desks", desks_list())
    _write("docs/connect-a-desk.md", "desks", desks_table())
    _write("docs/api.md", "api", api_table())
    with _stories() as stories:
        _write("docs/events.md", "events", events_list(events(stories)))


if __name__ == "__main__":
    main()
