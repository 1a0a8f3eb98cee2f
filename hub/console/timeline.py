"""One conversation as people read it: messages, notes, and what happened, in one line of time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from hub import links, views
from hub.console import sentences
from hub.house import House
from hub.store import Row, Tx, changes, files

# Lines of the audit that a message, a note or the summary tells already.
TOLD = {"escalation.summarised", "ticket.closed", "agent.replied", "agent.noted", "file.attached"}
# Why it went to which desk is told on the escalation's own page.
SHORT = {"escalation.accepted"}
ELSEWHERE = {"escalation.routed"}
Fates = Mapping[tuple[str, int], Row]  # what became of a file, by message and place
LONGEST = 500  # messages on one page; of a longer conversation the latest


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One thing on the line; `waits` while the customer or the desk does not have it yet."""

    id: str
    at: datetime
    kind: Literal["message", "note", "event"]
    role: str
    name: str | None
    text: str
    files: Sequence[dict[str, Any]] = ()
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    """The line, how many older messages it leaves out, and the place of its last message."""

    items: Sequence[Item]
    left_out: int
    last_seq: int


def read(tx: Tx, house: House, conversation: Row, escalation_ids: Sequence[str]) -> Timeline:
    """The conversation's line, the oldest first; of a forgotten one what happened, no words."""
    if conversation["forgotten_at"] is not None:
        return Timeline([_event(row) for row in _events(tx, escalation_ids)], 0, 0)
    messages = tx.all(
        "select * from (select * from messages where conversation_id = :id"
        " order by seq desc limit :limit) latest order by seq",
        id=conversation["id"],
        limit=LONGEST,
    )
    fates = {
        (row["message_id"], row["position"]): row
        for row in files.of_messages(tx, [row["id"] for row in messages if row["attachments"]])
    }
    items = [
        *_messages(house, messages, fates),
        *(_told(house, row) for row in _inbox(tx, conversation["id"])),
        *(_event(row) for row in _events(tx, escalation_ids)),
    ]
    left_out = max(0, conversation["message_count"] - len(messages))
    begin = messages[0]["at"] if left_out else None
    shown = [item for item in items if begin is None or item.at >= begin]
    last_seq = messages[-1]["seq"] if messages else 0
    return Timeline(sorted(shown, key=lambda item: item.at), left_out, last_seq)


def _messages(house: House, rows: Sequence[Row], fates: Fates) -> Iterator[Item]:
    """Messages stay in the order in which they were accepted, whatever their clocks say."""
    latest: datetime | None = None
    for row in rows:
        latest = max(row["at"], latest) if latest else row["at"]
        yield Item(
            id=row["id"],
            at=latest,
            kind="message",
            role=row["role"],
            name=row["name"],
            text=row["text"],
            files=_files(house, row, fates),
        )


def _files(house: House, row: Row, fates: Fates) -> Sequence[dict[str, Any]]:
    """A message's files with good addresses, and what became of those that went to a desk."""
    told = links.fresh(house, views.message(row))["attachments"]
    return [file | {"fate": fates.get((row["id"], place))} for place, file in enumerate(told)]


def _inbox(tx: Tx, conversation_id: str) -> Sequence[Row]:
    """Notes of every desk, and agents' words that are not in the conversation yet.

    What waits from another desk may be an echo of the customer's own words: it is not shown.
    """
    return tx.all(
        "select c.* from tickets t join changes c on c.connection_id = t.connection_id"
        " and c.external_ticket_id = t.external_id where t.conversation_id = :id"
        " and ((c.kind = 'note' and c.state <> 'dropped')"
        " or (c.kind = 'message' and (c.state = 'parked'"
        " or (c.state = 'waiting' and c.via = 'native'))))"
        " order by c.at, c.id limit :limit",
        id=conversation_id,
        limit=LONGEST,
    )


def _told(house: House, row: Row) -> Item:
    change = links.through_us(house, row["id"], changes.as_change(row))
    return Item(
        id=row["id"],
        at=row["at"],
        kind=row["kind"],
        role="agent",
        name=row["body"].get("author"),
        text=row["body"].get("text", ""),
        files=[{"name": f.name, "url": f.url, "size": f.size} for f in change.files],
        waits=row["kind"] == "message",
    )


def _events(tx: Tx, escalation_ids: Sequence[str]) -> Sequence[Row]:
    """What the audit says, without what another item of the line says already."""
    return tx.all(
        "select a.id, a.at, a.actor, a.what, a.detail, u.name from audit a"
        " left join users u on a.actor like 'user:%' and u.email = substr(a.actor, 6)"
        " where a.escalation_id = any(:ids) and a.what = any(:shown)"
        " and (a.what, a.detail) is distinct from ('conversation.paused', 'takeover')"
        " order by a.id limit :limit",
        ids=list(escalation_ids),
        shown=sorted(sentences.HAPPENED.keys() - TOLD - ELSEWHERE),
        limit=LONGEST,
    )


def _event(row: Row) -> Item:
    return Item(
        id=row["id"],
        at=row["at"],
        kind="event",
        role="system",
        name=row["name"] or sentences.actor(row["actor"]),
        text=sentences.happened(row["what"], None if row["what"] in SHORT else row["detail"]),
    )
