"""What the AI is told when it has the conversation again: what the human said and decided."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hub import summary, views
from hub.store import Row, Tx, audit
from hub.summary.llm import Written
from hub.summary.substance import has_substance

READ, NAMED = 60, 5  # messages that are read, and the human's that are named

# The human's own words and the customer's to them, the newest first.
STRETCH = """
select m.id, m.role, m.text from messages m join conversations c on c.id = m.conversation_id
where m.conversation_id = :id and m.seq > c.speaker_seq
    and (m.role = 'customer' or (m.role = 'agent' and m.origin = 'desk'))
order by m.seq desc limit :limit
"""


@dataclass(frozen=True)
class Stretch:
    """What was said while the human had the conversation, oldest first."""

    turns: Sequence[summary.Turn]

    @property
    def by_human(self) -> list[summary.Turn]:
        """What the human said, with words or without."""
        return [turn for turn in self.turns if turn.role == "agent"]

    @property
    def last(self) -> str | None:
        """The human's last words, that say something if any do."""
        spoken = [turn.text for turn in reversed(self.by_human) if turn.text.strip()]
        return next(filter(has_substance, spoken), spoken[0] if spoken else None)


def stretch(tx: Tx, conversation_id: str) -> Stretch:
    """What has been said since the human has had the conversation."""
    rows = tx.all(STRETCH, id=conversation_id, limit=READ)
    return Stretch(
        [summary.Turn(id=r["id"], role=r["role"], text=r["text"]) for r in reversed(rows)]
    )


def write(
    tx: Tx,
    conversation: Row,
    escalation: Row | None = None,
    ticket: Row | None = None,
    words: str | None = None,
) -> dict[str, Any]:
    """The brief of the stretch in which the human spoke, before the AI speaks again.

    `words` is what a teammate tells the AI. The summary is the one that was kept for this moment,
    or quotes: a transaction is open, and a web process may be the one that hands back.
    """
    said = stretch(tx, conversation["id"])
    told = None
    if said.last is not None:
        told = kept(escalation, said) or quoted(said, conversation, escalation).as_dict()
    return {
        "text": words or said.last,
        "message_ids": [turn.id for turn in said.by_human[-NAMED:]],
        "summary": told,
        "ticket": views.ticket(_as_it_is(tx, ticket)) if ticket is not None else None,
    }


def quoted(said: Stretch, conversation: Row, escalation: Row | None) -> summary.Summary:
    """By the embedded writer; where the customer wrote nothing it is still about their problem."""
    first = escalation["summary"] if escalation is not None else None
    language = first["language"] if first else conversation["language"]
    told = summary.summarise(said.turns, language, certain=True)
    if any(turn.role == "customer" and turn.text.strip() for turn in said.turns):
        return told
    quoted = tuple(sentence for sentence in told.sentences if sentence.quotes)
    return replace(told, subject=first["subject"] if first else told.subject, sentences=quoted)


def keep(tx: Tx, escalation: Row, said: Stretch, written: Written) -> None:
    """Keep what a language model wrote of the stretch until the conversation is handed back."""
    brief = {"of": [turn.id for turn in said.turns], "summary": written.summary.as_dict()}
    tx.run("update escalations set brief = :brief where id = :id", id=escalation["id"], brief=brief)
    if written.refusal is None:
        return
    audit.record(
        tx, escalation["workspace_id"], "summary.not_used",
        f"The language model's brief was not used: {written.refusal}",
        conversation_id=escalation["conversation_id"], escalation_id=escalation["id"],
    )  # fmt: skip


def kept(escalation: Row | None, said: Stretch) -> dict[str, Any] | None:
    """The summary that was kept, unless something was said since."""
    brief = escalation["brief"] if escalation is not None else None
    if brief is None or brief["of"] != [turn.id for turn in said.turns]:
        return None
    told: dict[str, Any] = brief["summary"]
    return told


def _as_it_is(tx: Tx, ticket: Row) -> Row:
    """The ticket with the status that hands it back."""
    return tx.one("select * from tickets where id = :id", id=ticket["id"])
