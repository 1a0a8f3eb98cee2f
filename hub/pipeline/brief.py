"""What the AI is told when it has the conversation again: what the human said and decided."""

from typing import Any

from hub import summary, views
from hub.store import Row, Tx
from hub.summary.substance import has_substance

READ, NAMED = 60, 5  # messages that are read, and the human's that are named

# The human's own words and the customer's to them, the newest first.
STRETCH = """
select m.id, m.role, m.text from messages m join conversations c on c.id = m.conversation_id
where m.conversation_id = :id and m.seq > c.speaker_seq
    and (m.role = 'customer' or (m.role = 'agent' and m.origin = 'desk'))
order by m.seq desc limit :limit
"""


def write(
    tx: Tx,
    conversation: Row,
    escalation: Row | None = None,
    ticket: Row | None = None,
    words: str | None = None,
) -> dict[str, Any]:
    """The brief of the stretch in which the human spoke, before the AI speaks again.

    `words` is what a teammate tells the AI. The writer is the embedded one, which asks nobody: a
    transaction is open, and a web process may be the one that hands back.
    """
    rows = tx.all(STRETCH, id=conversation["id"], limit=READ)
    mine = [row for row in rows if row["role"] == "agent"]
    spoken = [row["text"] for row in mine if row["text"].strip()]
    last = next(filter(has_substance, spoken), spoken[0] if spoken else None)
    turns = [summary.Turn(id=r["id"], role=r["role"], text=r["text"]) for r in reversed(rows)]
    known = _language(conversation, escalation)
    told = summary.summarise(turns, known, certain=True).as_dict() if spoken else None
    return {
        "text": words or last,
        "message_ids": [row["id"] for row in reversed(mine[:NAMED])],
        "summary": told,
        "ticket": views.ticket(_as_it_is(tx, ticket)) if ticket is not None else None,
    }


def _language(conversation: Row, escalation: Row | None) -> str | None:
    told = escalation["summary"] if escalation is not None else None
    known: str | None = told["language"] if told else conversation["language"]
    return known


def _as_it_is(tx: Tx, ticket: Row) -> Row:
    """The ticket with the status that hands it back."""
    return tx.one("select * from tickets where id = :id", id=ticket["id"])
