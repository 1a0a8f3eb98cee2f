"""Escalations of the past by set-based SQL: what a hub has after a long time."""

import time

from hub.house import House
from hub.store import figures

# Each has its conversation of two messages, a ticket at the desk, and two lines of the audit. Their
# ids begin with zeros: whatever happens from now on has later ones.
FILL = """
insert into conversations (id, workspace_id, source_id, external_id, channel, language, requester,
    requester_key, speaker, waiting, state, message_count, started_at, last_message_at)
select 'con_' || lpad(n::text, 26, '0'), :workspace, :source, 'past-' || n, 'web',
    (array['en', 'de', 'fr', 'es'])[1 + n % 4],
    jsonb_build_object('name', 'Customer ' || n, 'email', 'c' || n || '@example.com'),
    'c' || (n % 300000) || '@example.com', 'ai', false, 'ended', 2,
    now() - (:number - n + 1) * interval '26 seconds',
    now() - (:number - n + 1) * interval '26 seconds'
from generate_series(1, :number) n;

insert into messages (id, workspace_id, conversation_id, external_id, role, text, at)
select 'msg_' || lpad((n * 2 + k)::text, 26, '0'), :workspace, 'con_' || lpad(n::text, 26, '0'),
    n || '-' || k, (array['customer', 'ai'])[1 + k],
    'Where is my parcel? Please tell me about order ' || n || ', turn ' || k || '.',
    now() - (:number - n + 1) * interval '26 seconds' + k * interval '1 second'
from generate_series(1, :number) n, generate_series(0, 1) k;

insert into escalations (id, workspace_id, conversation_id, state, summary, connection_id,
    created_at, returned_at, run)
select replace(c.id, 'con_', 'esc_'), c.workspace_id, c.id, 'returned',
    jsonb_build_object('subject', 'About ' || c.external_id, 'sentences', '[]'::jsonb,
        'language', 'en'), :desk, c.started_at, c.started_at, 1
from conversations c where c.id < 'con_01';

insert into tickets (id, workspace_id, escalation_id, conversation_id, connection_id, desk,
    external_id, url, subject, status, created_at)
select replace(e.id, 'esc_', 'tic_'), e.workspace_id, e.id, e.conversation_id, e.connection_id,
    'zendesk', replace(e.id, 'esc_', 'past-'), 'https://example.com/' || e.id, 'About it', 'solved',
    e.created_at
from escalations e where e.id < 'esc_01';

insert into audit (id, workspace_id, at, actor, what, detail, conversation_id, escalation_id)
select 'aud_' || lpad((row_number() over (order by e.id, k))::text, 26, '0'), e.workspace_id,
    e.created_at, 'hub', (array['escalation.accepted', 'ticket.created'])[k], null,
    e.conversation_id, e.id
from escalations e, generate_series(1, 2) k where e.id < 'esc_01';

insert into events (id, workspace_id, direction, type, source_id, conversation_id, at)
select replace(c.id, 'con_', 'evt_'), c.workspace_id, 'in', 'conversation.escalated', c.source_id,
    c.id, c.started_at
from conversations c where c.id < 'con_01';
"""


def fill(house: House, workspace: str, source: str, number: int) -> float:
    """So many escalations of the last months at the workspace's Zendesk; the seconds it took."""
    began = time.perf_counter()
    with house.store.transaction() as tx:
        desk = tx.value("select id from connections where desk = 'zendesk'")
        # Made in one go, the index of words takes a tenth of the time.
        index = tx.value("select indexdef from pg_indexes where indexname = 'ix_messages_words'")
        tx.run("drop index ix_messages_words")
        values = {"workspace": workspace, "source": source, "number": number, "desk": desk}
        for statement in FILL.split(";\n"):
            used = {name: value for name, value in values.items() if f":{name}" in statement}
            if statement.strip():
                tx.run(statement, **used)
        tx.run("set local maintenance_work_mem = '256MB'")
        tx.connection.exec_driver_sql(index)
    with house.store.autocommit.connect() as connection:
        connection.exec_driver_sql("vacuum analyze")
    with house.store.transaction() as tx:
        figures.count_days(tx)
    return time.perf_counter() - began
