"""Conversations of 30 days, a fifth of them another workspace's, by set-based SQL.

Each has ten messages and was escalated once; the youngest 3 % are live.
"""

import random
from collections.abc import Mapping
from typing import Any

from hub.store import Store, connections, figures

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

insert into events (id, workspace_id, direction, type, source_id, dedupe_key, conversation_id, at)
select 'evt_' || lpad((row_number() over ())::text, 26, '0'), c.workspace_id, 'in',
    'message.created', c.source_id, c.external_id || '-' || k, c.id, c.started_at
from conversations c, generate_series(1, 3) k;
"""
COMMON = ("the", "parcel", "refund", "order", "please", "not", "is", "where", "my", "have")


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


def _used(statement: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if f":{name}" in statement}
