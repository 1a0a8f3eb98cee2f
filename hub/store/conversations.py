"""Conversations, their messages, and who speaks in them."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from connectors.types import File, Message, Requester
from hub import ids
from hub.store import Question, Row, Tx, question
from hub.store.schema import messages
from webhooks.events import Event, Turn

# An event that is new, its conversation (made or completed, and locked), and the turns of a new
# conversation, in one round trip. Nothing is returned for an event that was told before.
TELL = """
with told as (
    insert into events (id, workspace_id, direction, type, source_id, dedupe_key, body_hash,
        conversation_id, escalation_id, at)
    values (:event, :workspace, 'in', :type, :source, :dedupe, :hash,
        coalesce((select id from conversations where source_id = :source
            and external_id = :external), :conversation), :escalation, :now)
    on conflict do nothing returning conversation_id
), talk as (
    insert into conversations as c (id, workspace_id, source_id, external_id, channel, language,
        url, requester, requester_key, started_at, message_count, last_message_at)
    select :conversation, :workspace, :source, :external, :channel, :language, :url,
        cast(:requester as jsonb), :requester_key, :now, :count, :now from told
    on conflict (source_id, external_id) do update set
        channel = coalesce(excluded.channel, c.channel),
        language = coalesce(excluded.language, c.language),
        url = coalesce(excluded.url, c.url),
        requester = c.requester || excluded.requester,
        requester_key = coalesce(excluded.requester_key, c.requester_key),
        state = 'live'
    returning *, (xmax = 0) as fresh
), said as (
    insert into messages (id, workspace_id, conversation_id, external_id, role, name, text,
        attachments, at)
    select t.id, talk.workspace_id, talk.id, t.external_id, t.role, t.name, t.text, t.attachments,
        coalesce(t.at, :now)
    from talk, jsonb_to_recordset(cast(:turns as jsonb)) as t(n int, id text, external_id text,
        role text, name text, text text, attachments jsonb, at timestamptz)
    where talk.fresh order by t.n on conflict do nothing
)
select talk.*, told.conversation_id as told_of from talk, told
"""

ADD = """
with said as (
    insert into messages (id, workspace_id, conversation_id, external_id, role, name, text,
        attachments, at)
    select t.id, :workspace, :conversation, t.external_id, t.role, t.name, t.text, t.attachments,
        coalesce(t.at, :now)
    from jsonb_to_recordset(cast(:turns as jsonb)) as t(n int, id text, external_id text,
        role text, name text, text text, attachments jsonb, at timestamptz)
    order by t.n on conflict do nothing returning 1
)
update conversations set message_count = message_count + (select count(*) from said),
    last_message_at = :now where id = :conversation
"""


def telling(
    tx: Tx,
    source: Row,
    event_id: str,
    event: Event,
    *,
    dedupe_key: str,
    body_hash: str,
    escalation_id: str | None,
) -> Question:
    """Stores a new event and what it tells; its conversation, locked, with `fresh` when new.

    No row for an event that was told before. The turns of a known conversation are not stored yet:
    see `add_transcript` and `add_turns`. `told_of` is the conversation that the event's row names:
    another one than it should when two deliveries begin a conversation at the same moment.
    """
    requester = event.requester.model_dump(exclude_none=True)
    return question(
        TELL,
        event=event_id,
        workspace=source["workspace_id"],
        type=event.type,
        source=source["id"],
        dedupe=dedupe_key,
        escalation=escalation_id,
        hash=body_hash,
        now=tx.now,
        conversation=ids.new("conversation"),
        external=event.conversation.id,
        channel=event.conversation.channel,
        language=event.conversation.language,
        url=event.conversation.url,
        requester=json.dumps(requester),
        requester_key=requester.get("email") or requester.get("id"),
        count=len({turn.id for turn in event.transcript}),
        turns=_turns(event.transcript),
    )


def add_transcript(tx: Tx, conversation: Row, turns: Sequence[Turn]) -> None:
    """Store what is new in a transcript that repeats what was told turn by turn."""
    known = transcript(tx, conversation["id"]) if conversation["message_count"] else []
    add_turns(tx, conversation, list(unknown(known, turns)))


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


def add_turns(tx: Tx, conversation: Row, turns: Sequence[Turn]) -> None:
    """Store the turns whose ids are not there yet, in order."""
    if not turns:
        return
    tx.run(
        ADD,
        workspace=conversation["workspace_id"],
        conversation=conversation["id"],
        turns=_turns(turns),
        now=tx.now,
    )


def _turns(turns: Sequence[Turn]) -> str:
    rows = [
        {
            "n": n,
            "id": ids.new("message"),
            "external_id": turn.id,
            "role": turn.role,
            "name": turn.name,
            "text": turn.text,
            "attachments": [a.model_dump(exclude_none=True) for a in turn.attachments],
            "at": turn.at.isoformat() if turn.at else None,
        }
        for n, turn in enumerate(turns)
    ]
    return json.dumps(rows)


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


# A human who answered while the AI still had the conversation began with that answer.
SET_SPEAKER = """
update conversations c set speaker = :speaker, epoch = epoch + 1, waiting = false,
    speaker_seq = (select coalesce(min(m.seq) filter (where m.role = 'agent' and
        m.origin = 'desk' and m.seq > c.speaker_seq and c.speaker = 'ai') - 1, max(m.seq), 0)
        from messages m where m.conversation_id = :id)
where id = :id returning epoch
"""


def set_speaker(tx: Tx, conversation_id: str, speaker: str) -> int:
    """Only for `hub.pipeline.handover`: change the speaker; the new epoch."""
    epoch: int = tx.value(
        SET_SPEAKER,
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
