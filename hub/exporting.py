"""All that the hub holds of one customer as one JSON document, in pieces as it is read.

    {"format": "hub.customer", "version": 1, "exported_at": "…",
     "conversations": [{…, "messages": […], "escalations": […], "tickets": […], …}]}

A conversation's lists are named in `LISTS`; their rows are the oldest first. Times are RFC 3339 in
UTC, a file's bytes are base64. No transaction stays open while somebody reads.
"""

import base64
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from hub.store import Row, Store
from hub.views import moment

FORMAT, VERSION = "hub.customer", 1
AT_ONCE = 100  # rows that are read at once
ONE_BY_ONE = {"help_desk_entries"}  # each may hold a file

CONVERSATION = """
select id, source_id, external_id, channel, language, url, requester, speaker, epoch, state,
    started_at, last_message_at from conversations
where workspace_id = :workspace and id = :id and forgotten_at is null
"""
TICKETS = "select id from tickets where conversation_id = :id"
LISTS = {
    "messages": "select id, external_id, at, role, name, text, attachments, origin from messages"
    " where conversation_id = :id",
    "escalations": "select id, state, reason, target, team, priority, fields, summary, created_at,"
    " ticketed_at, returned_at, last_error, parked from escalations where conversation_id = :id",
    "tickets": "select id, escalation_id, desk, external_id, url, subject, status, word, assignee,"
    " created_at, closed_at from tickets where conversation_id = :id",
    "files": "select id, ticket_id, message_id, position, state, reason, created_at from files"
    f" where ticket_id in ({TICKETS})",
    "written_to_desks": "select id, ticket_id, message_id, kind, state, external_id, sent_at, calls"
    f" from entries where ticket_id in ({TICKETS})",
    "told_by_desks": "select c.id, t.id as ticket_id, c.kind, c.body, c.state, c.at from tickets t"
    " join changes c on c.connection_id = t.connection_id"
    " and c.external_ticket_id = t.external_id where t.conversation_id = :id",
    "help_desk_tickets": "select id, key as escalation_id, subject, status, requester, team,"
    " priority, created_at from native_tickets"
    " where key in (select id from escalations where conversation_id = :id)",
    "help_desk_entries": "select n.id, n.ticket_id, n.kind, n.author, n.text, n.body, n.content,"
    " n.at from native_entries n join native_tickets t on t.id = n.ticket_id"
    " where t.key in (select id from escalations where conversation_id = :id)",
    "events": "select id, direction, type, at, payload from events where conversation_id = :id",
    "timeline": "select id, at, actor, what, detail, calls from audit where conversation_id = :id",
}


def document(store: Store, workspace_id: str, conversation_ids: Sequence[str]) -> Iterator[str]:
    """The document's text, piece by piece."""
    head = {"format": FORMAT, "version": VERSION, "exported_at": moment(store.now())}
    yield _text(head)[:-1] + ', "conversations": ['
    between = ""
    for conversation_id in conversation_ids:
        with store.transaction() as tx:
            row = tx.first(CONVERSATION, workspace=workspace_id, id=conversation_id)
        if row is not None:
            yield between
            yield from _conversation(store, row)
            between = ",\n"
    yield "]}\n"


def _conversation(store: Store, row: Row) -> Iterator[str]:
    yield _text(dict(row))[:-1]
    for name in LISTS:
        yield f', "{name}": ['
        between = ""
        for one in _rows(store, name, row["id"]):
            yield between + _text(dict(one))
            between = ",\n"
        yield "]"
    yield "}"


def _rows(store: Store, name: str, conversation_id: str) -> Iterator[Row]:
    sql = f"select * from ({LISTS[name]}) o where id > :after order by id limit :limit"
    limit, after = 1 if name in ONE_BY_ONE else AT_ONCE, ""
    while True:
        with store.transaction() as tx:
            rows = tx.all(sql, id=conversation_id, after=after, limit=limit)
        yield from rows
        if len(rows) < limit:
            return
        after = rows[-1]["id"]


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> str | None:
    if isinstance(value, datetime):
        return moment(value)
    return base64.b64encode(bytes(value)).decode()
