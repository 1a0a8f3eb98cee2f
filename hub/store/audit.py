"""The record of every change of state; an escalation's timeline is its part of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
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


def about(ticket: Row) -> dict[str, str]:
    """Whose line or news it is when it is about a ticket."""
    return {
        "conversation_id": ticket["conversation_id"],
        "escalation_id": ticket["escalation_id"],
    }


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


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which lines: an empty word or None leaves all."""

    who: str = ""  # an e-mail, the name of a key or of a source, or an actor as it is stored
    kind: str = ""  # what `what` begins with, such as `user`
    since: datetime | None = None
    until: datetime | None = None
    about: str = ""  # the id of anything


def find(
    tx: Tx, workspace_id: str, wanted: Wanted, *, after: str | None, limit: int
) -> Sequence[Row]:
    """The workspace's lines that fit, the newest first, below the id `after`."""
    where, values = _conditions(wanted)
    if after:
        where.append("id < :after")
        values["after"] = after
    return tx.all(
        f"select * from audit where {' and '.join(['workspace_id = :workspace', *where])}"
        " order by id desc limit :limit",
        workspace=workspace_id,
        limit=limit,
        **values,
    )


def _conditions(wanted: Wanted) -> tuple[list[str], dict[str, Any]]:
    where: list[str] = []
    values: dict[str, Any] = {}
    if wanted.who == HUB:
        where.append("actor = 'hub'")
    elif wanted.who:
        where.append("actor = any(:who) and actor <> 'hub'")
        values["who"] = [
            wanted.who,
            *(f"{kind}:{wanted.who}" for kind in ("user", "key", "source")),
        ]
    if wanted.kind:
        where.append("what like :kind")
        values["kind"] = f"{wanted.kind}.%"
    if wanted.since is not None:
        where.append("at >= :since")
        values["since"] = wanted.since
    if wanted.until is not None:
        where.append("at < :until")
        values["until"] = wanted.until
    if wanted.about:
        where.append("(subject_id = :about or conversation_id = :about or escalation_id = :about)")
        values["about"] = wanted.about
    return where, values


def timeline(tx: Tx, escalation_id: str) -> Sequence[Row]:
    """An escalation's lines, oldest first."""
    return tx.all(
        "select at, actor, what, detail, calls from audit where escalation_id = :id order by id",
        id=escalation_id,
    )
