"""What platforms tell us: events, their conversations and their turns, for many events at once."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from hub import ids
from hub.store import Question, Row, Tx, conversations, question
from webhooks.events import Event, Turn

# Every event that is new, its conversation (made or completed, and locked, in one order for all
# processes), and the turns of a new conversation. An event of a source that has changed since
# `version` was read is not told: its signature may be good no more. The sub-select finds a
# conversation by its index whatever the planner thinks of the number of events. Of a chat that was
# forgotten (`past`) nothing is taken that is not later than that.
TELL = """
with given as materialized (
    select g.*, g.version is null or exists (select 1 from sources s where s.id = g.source
        and s.xmin::text = g.version) as trusted, (select max(f.forgotten_at)
        from conversations f where f.forgotten_chat = decode(g.mark, 'hex')) as past
    from json_to_recordset(cast(:given as json)) as g(event text, workspace text, source text,
        mark text, occurred timestamptz,
        version text, type text, dedupe text, hash text, escalation text, conversation text,
        external text, channel text, language text, url text, requester jsonb,
        requester_key text, count int, turns json)
), told as (
    insert into events (id, workspace_id, direction, type, source_id, dedupe_key, body_hash,
        conversation_id, escalation_id, at)
    select event, workspace, 'in', type, source, dedupe, hash,
        coalesce((select c.id from conversations c where c.source_id = source
            and c.external_id = external), conversation), escalation, :now
    from given where trusted and (past is null or occurred > past)
    on conflict do nothing returning id, conversation_id
), talk as (
    insert into conversations as c (id, workspace_id, source_id, external_id, channel, language,
        url, requester, requester_key, started_at, message_count, last_message_at)
    select conversation, workspace, source, external, channel, language, url, requester,
        requester_key, :now, case when past is null then count else 0 end, :now
    from told join given on event = told.id order by source, external
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
    from talk join given on source = talk.source_id and external = talk.external_id,
        json_to_recordset(turns) as t(n int, id text, external_id text, role text, name text,
            text text, attachments jsonb, at timestamptz)
    where talk.fresh and past is null order by event, t.n on conflict do nothing
)
select event, trusted, past, occurred <= past as late, told.conversation_id as told_of, talk.*
from given left join told on told.id = event
left join talk on talk.source_id = source and talk.external_id = external and told.id is not null
"""

ADD = """
with said as (
    insert into messages (id, workspace_id, conversation_id, external_id, role, name, text,
        attachments, at)
    select t.id, :workspace, :conversation, t.external_id, t.role, t.name, t.text, t.attachments,
        coalesce(t.at, :now)
    from json_to_recordset(cast(:turns as json)) as t(n int, id text, external_id text,
        role text, name text, text text, attachments jsonb, at timestamptz)
    order by t.n on conflict do nothing returning 1
)
update conversations set message_count = message_count + (select count(*) from said),
    last_message_at = :now where id = :conversation
"""


def given(
    source: Row,
    event_id: str,
    event: Event,
    *,
    dedupe_key: str,
    body_hash: str,
    escalation_id: str | None,
    mark: bytes,
) -> dict[str, Any]:
    """One event for `telling`; `mark` is its chat's (`hub.marks`)."""
    requester = event.requester.model_dump(exclude_none=True)
    return {
        "event": event_id,
        "workspace": source["workspace_id"],
        "source": source["id"],
        "mark": mark.hex(),
        "occurred": event.occurred_at.isoformat(),
        "version": source.get("version"),
        "type": event.type,
        "dedupe": dedupe_key,
        "hash": body_hash,
        "escalation": escalation_id,
        "conversation": ids.new("conversation"),
        "external": event.conversation.id,
        "channel": event.conversation.channel,
        "language": event.conversation.language,
        "url": event.conversation.url,
        "requester": requester,
        "requester_key": requester.get("email") or requester.get("id"),
        "count": len({turn.id for turn in event.transcript}),
        "turns": _turns(event.transcript),
    }


def telling(tx: Tx, events: Sequence[dict[str, Any]]) -> Question:
    """Stores new events, each of another conversation, and what they tell; a row for each event.

    The row is the conversation's, locked, with `fresh` when it is new; its `id` is null for an
    event that was told before or comes `late`, and `trusted` is false when the source has changed.
    The turns of a known conversation, and of one with a `past`, are not stored yet: see
    `add_turns` and `since`. `told_of` is the conversation that the
    event's row names: another one than it should when two processes begin one at the same moment.
    """
    return question(TELL, given=json.dumps(events), now=tx.now)


def forgotten(marks: Sequence[bytes]) -> Question:
    """Which of these chats were forgotten, as of now: `telling` may have looked a moment ago."""
    return question(
        "select forgotten_chat as mark from conversations where forgotten_chat = any(:marks)",
        marks=list(marks),
    )


def since(past: datetime | None, event: Event) -> Sequence[Turn]:
    """The event's turns, without what its chat said until it was forgotten.

    A turn of a transcript that has no time may be an old one, so it is left out; a single
    message's time is its event's.
    """
    if past is None:
        return event.transcript
    at = event.occurred_at if event.type == "message.created" else past
    return [turn for turn in event.transcript if (turn.at or at) > past]


def add_turns(tx: Tx, conversation: Row, turns: Sequence[Turn]) -> None:
    """Store the turns whose ids are not there yet, in order."""
    if not turns:
        return
    tx.run(
        ADD,
        workspace=conversation["workspace_id"],
        conversation=conversation["id"],
        turns=json.dumps(_turns(turns)),
        now=tx.now,
    )


def add_transcript(tx: Tx, conversation: Row, turns: Sequence[Turn]) -> None:
    """Store what is new in a transcript that repeats what was told turn by turn."""
    known = (
        conversations.transcript(tx, conversation["id"]) if conversation["message_count"] else []
    )
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


def _turns(turns: Sequence[Turn]) -> list[dict[str, Any]]:
    return [
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
