"""A console with something on every page: hostile words, stored the way they really come in."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import uuid4

import requests
from flask import Flask
from pydantic import SecretStr
from werkzeug.serving import make_server

from hub import admin, native
from hub import house as houses
from hub.app import create_app
from hub.house import House
from hub.pipeline import parking, retrying, takeover
from hub.playground import Platform
from hub.settings import Oidc, Settings
from hub.store import Row, Store, canned, conversations, escalations, work
from hub.store.schema import escalations as escalations_table
from tests.console.office import Office
from tests.console.payloads import PAYLOADS
from webhooks import signing

PATIENCE = 90.0  # seconds


@dataclass
class Furnished:
    """A house with hostile guests."""

    app: Flask
    house: House
    office: Office
    url: str
    source: dict[str, Any]
    sandbox: str
    hostile: str = ""  # the conversation that says every payload
    invitation: str = ""  # the token of a link with which somebody joins

    def post(self, kind: str, chat: str, **data: Any) -> None:
        """What a bot platform sends: signed, over HTTP."""
        now = self.house.store.now()
        event = {"conversation": {"id": chat}, **data}
        told = {"type": kind, "timestamp": now.isoformat(), "data": event}
        body = json.dumps(told).encode()
        sent = signing.headers([self.source["secret"]], str(uuid4()), int(now.timestamp()), body)
        answer = requests.post(self.source["url"], data=body, headers=sent, timeout=30)
        assert answer.status_code == 202, answer.text

    def furnish(self) -> None:
        """Something for every page."""
        self._people()
        self._desks()
        self._everything_said()
        for n in range(0, 40, 4):
            self._chat(f"chat-{n}", PAYLOADS[n : n + 4])
        self.office.work()
        self._native_ticket("chat-0")
        self._parked("chat-4")
        self._retried("chat-12")
        self._at_zendesk("chat-8")
        self._erased("chat-16")
        self._playground()
        self.office.work()

    def _people(self) -> None:
        """Teammates, keys, platforms, subscribers and canned texts have hostile names, too."""
        where, house = self.office.workspace, self.house
        with house.store.transaction() as tx:
            user = admin.add_user(tx, where, "eve@example.com", _line(0), "agent", None)
            admin.set_hours(tx, where, user, admin.read_week({"fri": "22:00-06:00"}))
            admin.add_days_off(tx, where, user, date(2999, 12, 24))
            self.invitation, _ = admin.new_link(tx, where, user)
            admin.create_key(tx, where, _line(1), "viewer")
            for n in (18, 19):
                canned.save(tx, where, None, _line(n)[:60], PAYLOADS[n])
        admin.add_source(house, where, _line(2), "bookbag")
        admin.add_subscriber(house, where, f"{self.url}/{PAYLOADS[4].replace(' ', '')}")

    def _desks(self) -> None:
        """Connections with hostile names, mappings with hostile texts, hostile conditions."""
        where, house = self.office.workspace, self.house
        config = requests.get(f"{self.sandbox}/_desks", timeout=10).json()["data"]
        for n, desk in enumerate(("zendesk", "help_scout")):
            values = next(d["accounts"][0]["config"] for d in config if d["desk"] == desk)
            made = admin.add_connection(house, where, desk, _line(3 + n), values)
            for text in PAYLOADS[20:22]:  # two versions, to compare
                subject = json.dumps({"value": text})
                body = f"desk: {desk}\nticket:\n  subject: {subject}\n"
                admin.save_mapping(house, where, made.row["id"], body, check="syntax")
        with house.store.transaction() as tx:
            admin.add_route(tx, where, [_line(3)], "team = zendesk")
            admin.add_route(tx, where, [_line(4)], f"team = {json.dumps(PAYLOADS[8])}")

    def _everything_said(self) -> None:
        """One conversation in which each payload is a message, and the name of a file."""
        self.post("conversation.escalated", "everything", **self._about(6), transcript=[
            {"id": f"t{n}", "author": {"role": ("customer", "ai")[n % 2], "name": _line(n)},
             "text": text, "attachments": [{"name": text[:255], "url": "https://example.com/f"}]}
            for n, text in enumerate(PAYLOADS)
        ])  # fmt: skip
        with self.house.store.transaction() as tx:
            row = conversations.get(tx, self.office.workspace, "everything")
        assert row is not None
        self.hostile = row["id"]

    def _chat(self, chat: str, payloads: tuple[str, ...]) -> None:
        turns = [{"id": f"{chat}-{n}", "author": {"role": "customer"}, "text": text}
                 for n, text in enumerate((*payloads, "A human, please."))]  # fmt: skip
        about = self._about(int(chat.rpartition("-")[2]))
        if chat == "chat-8":
            about["team"] = "zendesk"
        self.post("conversation.escalated", chat, **about, transcript=turns)

    def _about(self, n: int) -> dict[str, Any]:
        name = _line(n)
        return {
            "requester": {"name": name, "email": f"{n}@example.com", "phone": name[:60]},
            "reason": {"code": name, "text": PAYLOADS[n]},
            "team": name,
            "priority": name,
            "target": name,
            "fields": {name: PAYLOADS[n], "tags": [name]},
        }

    def _native_ticket(self, chat: str) -> None:
        """A teammate has it, and writes the worst as well."""
        with self.house.store.transaction() as tx:
            row = conversations.get(tx, self.office.workspace, chat)
            assert row is not None
            takeover.take_over(tx, conversations.lock(tx, row["id"]), user=None, actor="test")
        self.office.work()
        with self.house.store.transaction() as tx:
            ticket = escalations.open_ticket(tx, row["id"])
            assert ticket is not None
            at_desk = tx.one("select * from native_tickets where id = :id",
                             id=ticket["external_id"])  # fmt: skip
            for say, text in ((native.reply, PAYLOADS[9]), (native.note, PAYLOADS[10])):
                say(tx, ticket["connection_id"], at_desk, {"name": _line(11)}, text)

    def _retried(self, chat: str) -> None:
        """Somebody lets a parked one go on."""
        row = self._parked(chat)
        with self.house.store.transaction() as tx:
            retrying.begin(tx, self.office.workspace, [row["id"]], actor=f"user:{_line(0)}")

    def _erased(self, chat: str) -> None:
        """A customer who is given back to the AI, and erased."""
        where = self.office.workspace
        with self.house.store.transaction() as tx:
            row = conversations.get(tx, where, chat)
            assert row is not None
            takeover.resume(tx, conversations.lock(tx, row["id"]), actor="test")
        with self.house.store.transaction() as tx:
            admin.erase_customer(tx, where, admin.customer(id=chat), actor=f"user:{_line(0)}")

    def _parked(self, chat: str) -> Row:
        """A desk that answers with hostile words; the escalation that it refused."""
        row = self.office.row(
            "select e.* from escalations e join conversations c on c.id = e.conversation_id"
            " where c.external_id = :chat", chat=chat,
        )  # fmt: skip
        with self.house.store.transaction() as tx:
            reason = work.reason(tx, "invalid_request", PAYLOADS[12], {_line(13): PAYLOADS[14]})
            parking.park(tx, escalations_table, row, reason)
        return row

    def _at_zendesk(self, chat: str) -> None:
        """An agent of the outside desk writes; the desk's own signed webhook tells of it."""
        asked = ("select t.external_id from tickets t join conversations c on"
                 " c.id = t.conversation_id where c.external_id = :chat")  # fmt: skip
        number = self.office.row(asked, chat=chat)["external_id"]
        for deed, text in (("reply", PAYLOADS[15]), ("note", PAYLOADS[16])):
            told = {"desk": "zendesk", "ticket_id": number, deed: text}
            requests.post(f"{self.sandbox}/_act", json=told, timeout=10).raise_for_status()
        count = ("select count(*) as n from changes where via = 'webhook'"
                 " and kind in ('message', 'note')")  # fmt: skip
        eventually(lambda: self.office.work() is not None and self.office.row(count)["n"] >= 2)

    def _playground(self) -> None:
        platform = Platform(self.house, self.office.workspace)
        begun = platform.begin("en")
        with self.house.store.transaction() as tx:
            row = conversations.lock(tx, begun)
        platform.say(row, f"{PAYLOADS[17]} human please")


def eventually(ask: Callable[[], bool]) -> None:
    """Until it is so."""
    deadline = time.monotonic() + PATIENCE
    while not ask():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.05)


@contextmanager
def furnished(settings: Settings) -> Iterator[Furnished]:
    """The console on loopback, with its guests; one for a whole module."""
    server = make_server("127.0.0.1", 0, _late := _Late(), threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    provider = Oidc(issuer="https://sso.example.com", client_id="hub",
                    client_secret=SecretStr("secret"), name=_line(22),
                    domains=("example.com",), role="viewer")  # fmt: skip
    settings = replace(settings, public_url=url, port=server.server_port, oidc=provider)
    house = houses.build(settings, store=Store(settings.database_url, pool=12))
    _late.app = create_app(house)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    with house.store.transaction() as tx:
        office = Office(house, admin.add_workspace(tx, house, "default", "Default"))
    office.hire("owner@example.com", "owner", "Olga Owner")
    source = admin.add_source(house, office.workspace, "bot", "standard")
    place = Furnished(_late.app, house, office, url, dict(source), str(settings.sandbox_url))
    place.furnish()
    yield place
    server.shutdown()
    house.close()


class _Late:
    """The application, which needs to know the server's port before it is made."""

    app: Flask

    def __call__(self, environ: Any, start: Any) -> Any:
        return self.app(environ, start)


def _line(n: int) -> str:
    """A payload as a name may be: one line, at most 255 characters, and unlike others."""
    return f"{PAYLOADS[n]} {n}"
