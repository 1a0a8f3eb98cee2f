"""How fast the console's lists are with many conversations, and that no big table is read whole.

Set-based SQL fills the database: a fifth of the rows is another workspace's. 100,000 conversations
are those of 30 days, one every 26 seconds.
"""

import base64
import random
import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from pydantic import SecretStr

from hub import admin, auth, migrate, postgres
from hub import house as houses
from hub.app import create_app
from hub.console import shell
from hub.settings import Settings
from hub.store import Row, Rows, Store, Tx, connections, figures
from tests.bench.report import Figures
from tests.bench.rig import quantile

BIG = {"conversations", "messages", "escalations", "tickets", "events", "audit", "native_tickets"}
EMAIL = "bench@example.com"
LISTS = {
    "conversations": "/",
    "conversations, far down": "/?after={middle}",
    "conversations, waiting": "/?show=waiting",
    "conversations, ended": "/?show=ended",
    "ended, in one language": "/?show=ended&language=fi",
    "ended, at one desk": "/?show=ended&desk={desk}",
    "ended, a rare word": "/?show=ended&q=order+777",
    "ended, a common word": "/?show=ended&q=the",
    "ended, two words": "/?show=ended&q=parcel+refund",
    "ended, no such word": "/?show=ended&q=xylophone",
    "ended, a customer": "/?show=ended&q=customer+4242",
    "inbox, mine": "/inbox?show=mine",
    "inbox, unassigned": "/inbox?show=unassigned",
    "inbox, all": "/inbox?show=all",
    "inbox, closed": "/inbox?show=closed",
    "inbox, closed, a rare word": "/inbox?show=closed&q=order+777",
    "inbox, closed, a common word": "/inbox?show=closed&q=the",
    "inbox, one desk": "/inbox?show=all&desk={desk}",
    "one conversation": "/conversations/{middle}",
    "escalations": "/escalations",
    "overview, 30 days": "/overview?show=month",
    "overview, 7 days": "/overview?show=week",
    "overview, 24 hours": "/overview?show=day",
}
OURS = [name for name in LISTS if name != "escalations"]  # without a big table read whole
FILL = """
insert into conversations (id, workspace_id, source_id, external_id, channel, language, requester,
    requester_key, speaker, waiting, state, message_count, started_at, last_message_at)
select 'con_' || lpad(n::text, 26, '0'), case when n % 5 = 0 then :other else :workspace end,
    'src_bench', 'chat-' || n, (array['web', 'mail', 'whatsapp'])[1 + n % 3],
    case when n % 500 = 1 then 'fi' else (array['en', 'de', 'fr', 'es'])[1 + n % 4] end,
    jsonb_build_object('name', 'Customer ' || n, 'email', 'c' || n || '@example.com'),
    'c' || (n % 30000) || '@example.com',
    case when n > :number * 0.98 and n % 4 = 1 then 'human' else 'ai' end,
    n > :number * 0.98 and n % 40 = 2, case when n > :number * 0.97 then 'live' else 'ended' end,
    10, now() - (:number - n) * interval '26 seconds', now() - (:number - n) * interval '26 seconds'
from generate_series(1, :number) n;

insert into messages (id, workspace_id, conversation_id, external_id, role, text, at)
select 'msg_' || lpad((n * 10 + k)::text, 26, '0'),
    case when n % 5 = 0 then :other else :workspace end, 'con_' || lpad(n::text, 26, '0'),
    n || '-' || k, (array['customer', 'ai'])[1 + k % 2],
    s.all[1 + (random() * 1999)::int] || ' ' || s.all[1 + (random() * 1999)::int] || ' order ' || n,
    now() - (:number - n) * interval '26 seconds' + k * interval '1 second'
from generate_series(1, :number) n, generate_series(0, 9) k,
    (select cast(:sentences as text[]) as all) s;

insert into escalations (id, workspace_id, conversation_id, state, summary, connection_id,
    created_at, returned_at, run)
select replace(c.id, 'con_', 'esc_'), c.workspace_id, c.id,
    case when c.waiting then 'summarised' when c.speaker = 'human' then 'ticketed'
        else 'returned' end,
    jsonb_build_object('subject', 'About ' || c.external_id, 'sentences', '[]'::jsonb,
        'language', 'en'),
    case when right(c.id, 1) in ('1', '3') then :native else :desk end, c.started_at,
    case when c.speaker = 'ai' and not c.waiting then c.started_at end, 1
from conversations c;

insert into tickets (id, workspace_id, escalation_id, conversation_id, connection_id, desk,
    external_id, url, subject, status, assignee, created_at)
select replace(e.id, 'esc_', 'tic_'), e.workspace_id, e.id, e.conversation_id, e.connection_id,
    case when e.connection_id = :native then 'live_chat' else 'zendesk' end,
    replace(e.id, 'esc_', 'tic_n'), 'https://example.com/' || e.id, 'About it',
    case when e.state = 'returned' then 'solved' else 'open' end,
    case when right(e.id, 1) = '1' then 'Grace' end, e.created_at
from escalations e where e.state <> 'summarised';

insert into native_tickets (id, workspace_id, key, subject, status, requester, assignee_id)
select t.external_id, t.workspace_id, t.escalation_id, 'About it', t.status, '{}',
    case when right(t.id, 2) = '21' then :me end
from tickets t where t.desk = 'live_chat';

insert into audit (id, workspace_id, at, actor, what, detail, conversation_id, escalation_id)
select 'aud_' || lpad((row_number() over (order by e.id, k))::text, 26, '0'), e.workspace_id,
    e.created_at, 'hub', (array['escalation.accepted', 'escalation.summarised', 'ticket.created',
        'agent.replied', 'conversation.resumed'])[k], null, e.conversation_id, e.id
from escalations e, generate_series(1, 5) k;

insert into events (id, workspace_id, direction, type, source_id, conversation_id, at)
select 'evt_' || lpad((row_number() over ())::text, 26, '0'), c.workspace_id, 'in',
    'message.created', c.source_id, c.id, c.started_at
from conversations c, generate_series(1, 3) k;
"""
COMMON = ("the", "parcel", "refund", "order", "please", "not", "is", "where", "my", "have")


@dataclass(frozen=True, slots=True)
class Explained(Tx):
    """A transaction that asks for the plan of each statement before it runs it."""

    plans: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def all(self, statement: Any, **values: Any) -> Rows:
        if isinstance(statement, str) and statement.lstrip().startswith(("select", "with")):
            (plan,) = Tx.all(self, f"explain (format json) {statement}", **values)
            self.plans.append((statement, plan["QUERY PLAN"][0]["Plan"]))
        return Tx.all(self, statement, **values)


class ExplainingStore(Store):
    """A store that keeps the plans of what was read."""

    def __init__(self, url: str, *, pool: int) -> None:
        super().__init__(url, pool=pool)
        self.plans: list[tuple[str, dict[str, Any]]] = []

    @contextmanager
    def transaction(self, *, walled: bool = True) -> Iterator[Tx]:
        with self.engine.begin() as connection:
            tx = Explained(connection, self.now(), plans=self.plans)
            yield tx
            tx.finish()


def fill(store: Store, workspace: str, other: str, me: str, number: int) -> dict[str, str]:
    """So many conversations, ten messages each; what the addresses of `LISTS` need."""
    with store.transaction() as tx:
        native = tx.value("select id from connections where workspace_id = :w", w=workspace)
        desk = connections.add(tx, workspace, "zendesk", "Zendesk", config=b"sealed")
        # Made in one go, the index of words takes a tenth of the time.
        index = tx.value("select indexdef from pg_indexes where indexname = 'ix_messages_words'")
        tx.run("drop index ix_messages_words")
        values = {"workspace": workspace, "other": other, "me": me, "number": number,
                  "native": native, "desk": desk, "sentences": sentences()}  # fmt: skip
        for statement in FILL.split(";\n"):
            if statement.strip():
                tx.run(statement, **_used(statement, values))
        tx.run("set local maintenance_work_mem = '256MB'")
        tx.connection.exec_driver_sql(index)
    with store.autocommit.connect() as connection:
        connection.exec_driver_sql("vacuum analyze")
    with store.transaction() as tx:
        figures.count_days(tx)
    return {"middle": f"con_{number // 2 + 1:026d}", "desk": desk}


def sentences() -> list[str]:
    """Two thousand sentences; a few words are in most of them, most words in few."""
    chance = random.Random(7)
    rare = ["".join(chance.choices("abcdefghiklmnoprstu", k=7)) for _ in range(20_000)]
    return [" ".join([*chance.sample(COMMON, 3), *chance.choices(rare, k=6)]) for _ in range(2000)]


def whole(plan: Mapping[str, Any]) -> Iterator[str]:
    """The big tables that a plan reads from end to end."""
    if plan["Node Type"] == "Seq Scan" and plan["Relation Name"] in BIG:
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from whole(part)


def run(conversations: int) -> Figures:
    """The figures of a database of its own."""
    key = base64.b64encode(b"k" * 32).decode()
    with postgres.throwaway() as url:
        migrate.upgrade(url)
        settings = Settings(
            database_url=url,
            data_dir=Path(),
            port=0,
            public_url="http://127.0.0.1",
            keys=(("bench", SecretStr(key)),),
            secret_key=SecretStr(key),
        )
        return measure(settings, conversations)


def measure(settings: Settings, conversations: int, times: int = 30) -> Figures:
    """Fill the database, and time each list; the figures by list."""
    store = ExplainingStore(settings.database_url, pool=4)
    house = houses.build(settings, store=Store(settings.database_url, pool=4))
    explaining = houses.build(settings, store=store)
    with house.store.transaction() as tx:
        workspace = admin.add_workspace(tx, house, "bench", "Bench")
        other = admin.add_workspace(tx, house, "other", "Other")
        me = admin.add_user(tx, workspace, EMAIL, "Bench", "owner", "a password for it")
    began = time.perf_counter()
    known = fill(house.store, workspace, other, me, conversations)
    figures: Figures = {
        "conversations": conversations,
        "filled_seconds": time.perf_counter() - began,
        "lists": {},
    }
    page, explained = visitor(create_app(house)), visitor(create_app(explaining))
    for name, path in LISTS.items():
        address = path.format(**known)
        store.plans.clear()
        explained(address)
        scanned = sorted({table for _, plan in store.plans for table in whole(plan)})
        page(address)
        took = sorted(page(address) for _ in range(times))
        figures["lists"][name] = {
            "p50_ms": statistics.median(took),
            "p95_ms": quantile(took, 0.95),
            "read_whole": scanned,
        }
    house.close()
    explaining.close()
    return figures


def visitor(app: Flask) -> Any:
    """A signed-in teammate who opens pages; what each took, in milliseconds."""
    house = app.extensions["house"]
    with house.store.transaction() as tx:
        user: Row = tx.one("select * from users where email = :email", email=EMAIL)
        token = auth.begin_session(tx, user)
    client = app.test_client()
    with client.session_transaction() as session:
        session[shell.TOKEN] = token

    def visit(path: str) -> float:
        began = time.perf_counter()
        answer = client.get(path)
        took = 1000 * (time.perf_counter() - began)
        assert answer.status_code == 200, (path, answer.status_code)
        return took

    return visit


def _used(statement: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if f":{name}" in statement}
