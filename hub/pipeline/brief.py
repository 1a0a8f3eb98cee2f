"""What the AI is told when it has the conversation again: what the human said and decided."""

from collections.abc import Sequence
from dataclasses import replace
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
    told = _summary(turns, conversation, escalation) if spoken else None
    return {
        "text": words or last,
        "message_ids": [row["id"] for row in reversed(mine[:NAMED])],
        "summary": told.as_dict() if told is not None else None,
        "ticket": views.ticket(_as_it_is(tx, ticket)) if ticket is not None else None,
    }


def _summary(
    turns: Sequence[summary.Turn], conversation: Row, escalation: Row | None
) -> summary.Summary:
    """By the embedded writer; where the customer wrote nothing it is still about their problem."""
    first = escalation["summary"] if escalation is not None else None
    language = first["language"] if first else conversation["language"]
    told = summary.summarise(turns, language, certain=True)
    if any(turn.role == "customer" and turn.text.strip() for turn in turns):
        return told
    quoted = tuple(sentence for sentence in told.sentences if sentence.quotes)
    return replace(told, subject=first["subject"] if first else told.subject, sentences=quoted)


def _as_it_is(tx: Tx, ticket: Row) -> Row:
    """The ticket with the status that hands it back."""
    return tx.one("select * from tickets where id = :id", id=ticket["id"])
