"""Conversations, their messages, and who speaks in them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert

from connectors.types import File, Message, Requester
from hub import ids
from hub.store import Row, Tx
from hub.store.schema import conversations, messages
from webhooks.events import Event, Turn


def upsert(tx: Tx, workspace_id: str, source_id: str, event: Event) -> Row:
    """The event's conversation, locked; made or completed by what the event tells."""
    told = {
        "channel": event.conversation.channel,
        "language": event.conversation.language,
        "url": event.conversation.url,
    }
    requester = event.requester.model_dump(exclude_none=True)
    new = insert(conversations).values(
        id=ids.new("conversation"),
        workspace_id=workspace_id,
        source_id=source_id,
        external_id=event.conversation.id,
        requester=requester,
        requester_key=requester.get("email") or requester.get("id"),
        started_at=tx.now,
        **told,
    )
    old, said = conversations.c, new.excluded
    statement = new.on_conflict_do_update(
        index_elements=["source_id", "external_id"],
        set_={
            **{name: func.coalesce(said[name], old[name]) for name in told},
            "requester": old.requester.op("||")(said.requester),
            "requester_key": func.coalesce(said.requester_key, old.requester_key),
        },
    ).returning(*conversations.c)
    return tx.one(statement)


def add_transcript(tx: Tx, conversation: Row, turns: Sequence[Turn]) -> list[str]:
    """Store what is new in a transcript that repeats what was told turn by turn."""
    known = transcript(tx, conversation["id"]) if conversation["message_count"] else []
    return add_turns(tx, conversation, list(unknown(known, turns)))


def unknown(known: Sequence[Row], turns: Sequence[Turn]) -> Iterator[Turn]:
    """The turns that no known message is: neither by id, nor by who said it and the words.

    A platform may number its turns in a transcript and not number them one by one, so ids alone
    would double them. "Yes" said twice is two messages.
    """
    ids_told = {turn.id for turn in turns}
    ids_known = {row["external_id"] for row in known}
    said = Counter((r["role"], r["text"]) for r in known if r["external_id"] not in ids_told)
    for turn in turns:
        if turn.id in ids_known:
            continue
        if said[turn.role, turn.text]:
            said[turn.role, turn.text] -= 1
            continue
        yield turn


def add_turns(tx: Tx, conversation: Row, turns: Sequence[Turn]) -> list[str]:
    """Store the turns whose ids are not there yet, in order; the ids of the new messages."""
    if not turns:
        return []
    rows = [
        {
            "id": ids.new("message"),
            "workspace_id": conversation["workspace_id"],
            "conversation_id": conversation["id"],
            "external_id": turn.id,
            "role": turn.role,
            "name": turn.name,
            "text": turn.text,
            "attachments": [a.model_dump(exclude_none=True) for a in turn.attachments],
            "origin": "source",
            "at": turn.at or tx.now,
        }
        for turn in turns
    ]
    statement = (
        insert(messages)
        .values(rows)
        .on_conflict_do_nothing(index_elements=["conversation_id", "external_id"])
        .returning(messages.c.id)
    )
    new = [row["id"] for row in tx.all(statement)]
    if new:
        count_messages(tx, conversation["id"], len(new))
    return new


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
    return tx.one("select * from conversations where id = :id for update", id=conversation_id)


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
