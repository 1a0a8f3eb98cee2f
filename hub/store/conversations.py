"""Conversations, their messages, and who speaks in them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from connectors.types import File, Message, Requester
from hub import ids
from hub.store import Question, Row, Tx, question
from hub.store.schema import messages


def add_message(
    tx: Tx,
    conversation: Row,
    *,
    external_id: str,
    role: str,
    text: str,
    origin: str,
    name: str | None = None,
    attachments: Sequence[dict[str, Any]] = (),
    at: Any = None,
) -> Row | None:
    """Store one message of the hub's or a desk's; None when it is there already."""
    statement = (
        insert(messages)
        .values(
            id=ids.new("message"),
            workspace_id=conversation["workspace_id"],
            conversation_id=conversation["id"],
            external_id=external_id,
            role=role,
            name=name,
            text=text,
            attachments=list(attachments),
            origin=origin,
            at=at or tx.now,
        )
        .on_conflict_do_nothing(index_elements=["conversation_id", "external_id"])
        .returning(*messages.c)
    )
    row = tx.first(statement)
    if row is not None:
        count_messages(tx, conversation["id"], 1)
    return row


def count_messages(tx: Tx, conversation_id: str, number: int) -> None:
    """Keep the count and the time of the last message."""
    tx.run(
        "update conversations set message_count = message_count + :number, last_message_at = :now"
        " where id = :id",
        id=conversation_id,
        number=number,
        now=tx.now,
    )


def lock(tx: Tx, conversation_id: str) -> Row:
    """The conversation, locked: always the first lock that a step takes."""
    return tx.rows(locking(conversation_id))[0]


def locking(conversation_id: str) -> Question:
    """`lock` as a question."""
    return question("select * from conversations where id = :id for update", id=conversation_id)


def lock_for(tx: Tx, escalation_id: str) -> Row | None:
    """The conversation of an escalation, locked."""
    return next(iter(tx.rows(locking_of(escalation_id))), None)


def locking_of(escalation_id: str) -> Question:
    """`lock_for` as a question."""
    return question(
        "select c.* from conversations c where c.id ="
        " (select conversation_id from escalations where id = :id) for update",
        id=escalation_id,
    )


def get(tx: Tx, workspace_id: str, any_id: str) -> Row | None:
    """A conversation by our id or by the platform's, the newest if several sources use it."""
    return tx.first(
        "select * from conversations where workspace_id = :workspace"
        " and (id = :id or external_id = :id) order by id desc limit 1",
        workspace=workspace_id,
        id=any_id,
    )


def set_speaker(tx: Tx, conversation_id: str, speaker: str) -> int:
    """Only for `hub.pipeline.handover`: change the speaker; the new epoch."""
    epoch: int = tx.value(
        "update conversations set speaker = :speaker, epoch = epoch + 1, waiting = false"
        " where id = :id returning epoch",
        id=conversation_id,
        speaker=speaker,
    )
    return epoch


def transcript_of(escalation_id: str) -> Question:
    """The messages of an escalation's conversation in the order of acceptance."""
    return question(
        "select m.* from messages m where m.conversation_id ="
        " (select conversation_id from escalations where id = :id) order by m.seq",
        id=escalation_id,
    )


def transcript(tx: Tx, conversation_id: str, *, after_seq: int = 0) -> Sequence[Row]:
    """The conversation's messages in the order of acceptance."""
    return tx.all(
        "select * from messages where conversation_id = :id and seq > :after order by seq",
        id=conversation_id,
        after=after_seq,
    )


def as_message(row: Row) -> Message:
    """A stored message as the connectors know it."""
    return Message(
        id=row["id"],
        role=row["role"],
        text=row["text"],
        at=row["at"],
        name=row["name"],
        files=tuple(
            File(
                name=a.get("name") or a["url"].rsplit("/", 1)[-1] or "file",
                url=a["url"],
                content_type=a.get("content_type") or "application/octet-stream",
                size=a.get("size"),
            )
            for a in row["attachments"]
        ),
    )


def as_requester(row: Row) -> Requester:
    """The customer of a conversation as the connectors know them."""
    told = row["requester"]
    return Requester(**{name: told.get(name) for name in ("id", "name", "email", "phone")})
