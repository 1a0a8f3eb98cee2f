"""The record of every change of state; an escalation's timeline is its part of it."""

import json
from collections.abc import Sequence
from typing import Any

from hub import ids
from hub.store import Row, Tx

HUB = "hub"
MOST = 1000  # lines of one timeline on a page


def record(
    tx: Tx,
    workspace_id: str,
    what: str,
    detail: str | None = None,
    *,
    actor: str = HUB,
    subject_id: str | None = None,
    conversation_id: str | None = None,
    escalation_id: str | None = None,
    calls: Any = None,
) -> None:
    """Write one line: who did what, to what; `calls` is what was called at a desk for it."""
    line = {
        "id": ids.new("audit"),
        "workspace_id": workspace_id,
        "actor": actor,
        "what": what,
        "detail": detail,
        "subject_id": subject_id,
        "conversation_id": conversation_id,
        "escalation_id": escalation_id,
        "calls": calls,
    }
    tx.later(_write, line)


def _write(tx: Tx, lines: list[dict[str, Any]]) -> None:
    tx.send(
        "insert into audit (id, workspace_id, at, actor, what, detail, subject_id,"
        " conversation_id, escalation_id, calls)"
        " select l.id, l.workspace_id, :now, l.actor, l.what, l.detail, l.subject_id,"
        " l.conversation_id, l.escalation_id, l.calls"
        " from jsonb_to_recordset(cast(:lines as jsonb)) as l(id text, workspace_id text,"
        " actor text, what text, detail text, subject_id text, conversation_id text,"
        " escalation_id text, calls jsonb)",
        lines=json.dumps(lines),
        now=tx.now,
    )


def attempts(tx: Tx, escalation_id: str) -> Sequence[Row]:
    """An escalation's lines, and what was written to its ticket, oldest first, with the calls."""
    return tx.all(
        "select at, id, actor, what, detail, calls from audit where escalation_id = :id"
        " union all select n.sent_at, n.id, :hub, 'entry.' || n.kind || '.' || n.state, null,"
        " n.calls"
        " from tickets t join entries n on n.ticket_id = t.id"
        " where t.escalation_id = :id and n.calls is not null"
        " order by at, id limit :most",
        id=escalation_id,
        hub=HUB,
        most=MOST,
    )


def timeline(tx: Tx, escalation_id: str) -> Sequence[Row]:
    """An escalation's lines, oldest first."""
    return tx.all(
        "select at, actor, what, detail, calls from audit where escalation_id = :id order by id",
        id=escalation_id,
    )
