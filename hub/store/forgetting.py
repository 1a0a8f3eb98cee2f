"""Forgetting conversations: their words and their customer go, what happened stays.

What stays: ids, states, times, who spoke, a ticket's number and address at its desk, an agent's
message without its words. So the overview's figures, the audit's lines and the tickets' links are
what they were, and what comes late is known for what it is: see `changes.RECEIVE` and
`telling.TELL`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.store import Row, Tx, changes

# In one transaction of the clock, which locks them: seldom and short, as who writes in one waits.
AT_ONCE = 50  # conversations of one workspace
MESSAGES_AT_ONCE = 1250
OVER = """c.speaker = 'ai' and not c.waiting and not exists (select 1 from escalations e
    where e.conversation_id = c.id and (e.state <> 'returned'
        or (e.create_started_at is not null and e.ticketed_at is null)))"""
# Their details are the hub's own words or a teammate's name, and figures count some of them.
NOT_THE_CUSTOMERS = [
    "conversation.paused", "conversation.resumed", "conversation.taken_over", "ticket.assigned",
    "ticket.status_changed", "ticket.closed",
]  # fmt: skip

MINE = "t.conversation_id = any(:ids)"
DELIVERIES = """events e join subscribers s on s.workspace_id = e.workspace_id
    join deliveries d on d.subscriber_id = s.id and d.event_id = e.id
    where e.conversation_id = any(:ids) and e.direction = 'out'"""
STATEMENTS = (
    "delete from presence where conversation_id = any(:ids)",
    """delete from reads r using conversations c, users u where c.id = any(:ids)
        and u.workspace_id = c.workspace_id and r.user_id = u.id and r.conversation_id = c.id""",
    f"delete from files f using tickets t where f.ticket_id = t.id and {MINE}",
    f"delete from entries e using tickets t where e.ticket_id = t.id and {MINE}",
    f"""delete from changes c using tickets t where c.connection_id = t.connection_id
        and c.external_ticket_id = t.external_id and {MINE}""",
    """delete from native_entries n using native_tickets t, escalations e
        where n.ticket_id = t.id and t.key = e.id and e.conversation_id = any(:ids)""",
    """update native_tickets t set subject = '', requester = '{}', requester_key = null,
        team = null, priority = null from escalations e
        where t.key = e.id and e.conversation_id = any(:ids)""",
    "delete from messages where conversation_id = any(:ids) and role <> 'agent'",
    """update messages set external_id = id, name = null, text = '', attachments = '[]'
        where conversation_id = any(:ids)""",
    f"""update audit set detail = null from (select d.id from {DELIVERIES}) d
        where subject_id = d.id""",
    f"""update deliveries set run = run + 1, due_at = null, parked = null, held = false,
        attempts = '[]', state = case state when 'pending' then 'dropped' else state end,
        last_error = case when state <> 'delivered' then 'The body is deleted.' end
        from (select d.id as one from {DELIVERIES}) d where id = d.one""",
    """update events set payload = null, dedupe_key = case when strpos(dedupe_key,
        (select external_id from conversations where id = conversation_id)) = 0 then dedupe_key end
        where conversation_id = any(:ids)""",
    """update escalations set reason = '{}', target = null, team = null, priority = null,
        fields = '{}', summary = null, brief = null, leaving = null, last_error = null,
        parked = null, due_at = null, run = run + 1 where conversation_id = any(:ids)""",
    """update tickets set subject = null, last_error = null, parked = null, due_at = null,
        relaying = false, run = run + 1 where conversation_id = any(:ids)""",
    "update audit set calls = null where conversation_id = any(:ids) and calls is not null",
    """update audit set detail = null where conversation_id = any(:ids) and detail is not null
        and not what = any(:told)""",
)
CONVERSATIONS = """
update conversations c set external_id = 'forgotten:' || c.id, forgotten_chat = f.chat,
    forgotten_at = :now, url = null, channel = null, requester = '{}', requester_key = null,
    state = 'ended'
from unnest(cast(:ids as text[]), cast(:chats as bytea[])) as f(id, chat) where c.id = f.id
"""
DUE = f"""
select d.*, w.name from unnest(cast(:workspaces as text[]), cast(:first as text[]),
    cast(:before as timestamptz[])) as w(name, first, before)
cross join lateral (select c.id, c.workspace_id, c.source_id, c.external_id, c.message_count
    from conversations c
    where c.workspace_id = w.name and c.forgotten_at is null and c.id < w.first
    and coalesce(c.last_message_at, c.started_at) < w.before and {OVER}
    order by c.id limit {AT_ONCE} for update of c skip locked) d
"""
DUE_OF_ONE = f"""
select count(*) from (select 1 from conversations c where c.workspace_id = :workspace
    and c.forgotten_at is null and c.id < :first
    and coalesce(c.last_message_at, c.started_at) < :before and {OVER} limit :most) gone
"""
SUBJECTS = f"""
select id from escalations where conversation_id = any(:ids)
union all select id from tickets where conversation_id = any(:ids)
union all select c.id from changes c join tickets t on c.connection_id = t.connection_id
    and c.external_ticket_id = t.external_id where {MINE}
union all select d.id from {DELIVERIES} and d.state = 'pending'
"""
ERRORS = """
update connections set troubles = '[]' where id in (
    select connection_id from tickets where conversation_id = :id
    union select connection_id from escalations where conversation_id = :id
    union select unnest(given_up) from escalations where conversation_id = :id)
    and troubles <> '[]'
"""


@dataclass(frozen=True, slots=True)
class Bound:
    """What a workspace keeps no longer: conversations that were silent since `before`."""

    workspace_id: str
    before: datetime
    first_id: str  # of a conversation that began at `before`


def forget(tx: Tx, marks: Mapping[str, bytes]) -> None:
    """Forget conversations that the caller has locked; a mark for each (`hub.marks`)."""
    known = list(marks)
    at_desks = tx.all(
        "select connection_id, external_id from tickets where conversation_id = any(:ids)"
        " order by 1, 2",
        ids=known,
    )
    for ticket in at_desks:  # what a desk tells now is met before or after, never in between
        changes.lock_ticket(tx, ticket["connection_id"], ticket["external_id"])
    for statement in STATEMENTS:
        values = {"told": NOT_THE_CUSTOMERS} if ":told" in statement else {}
        tx.run(statement, ids=known, **values)
    tx.run(CONVERSATIONS, ids=known, chats=list(marks.values()), now=tx.now)


def forget_errors(tx: Tx, conversation_id: str) -> None:
    """Desks repeat what they refuse: the errors shown at the conversation's connections go."""
    tx.run(ERRORS, id=conversation_id)


def is_over(tx: Tx, conversation_id: str) -> bool:
    """True when nobody at a desk has the conversation, and none waits for somebody."""
    found = tx.value(f"select 1 from conversations c where c.id = :id and {OVER}",
                     id=conversation_id)  # fmt: skip
    return found is not None


def subjects(tx: Tx, conversation_id: str) -> Sequence[str]:
    """The ids of all work that a job may be doing for the conversation now."""
    return [row["id"] for row in tx.all(SUBJECTS, ids=[conversation_id])]


def count_due(tx: Tx, bound: Bound, *, most: int) -> int:
    """How many conversations `due` would find in the end; of more than `most`, that many."""
    number = tx.value(
        DUE_OF_ONE,
        workspace=bound.workspace_id,
        first=bound.first_id,
        before=bound.before,
        most=most,
    )
    return int(number)


def due(tx: Tx, bounds: Sequence[Bound]) -> Sequence[Row]:
    """Conversations that are over and silent for long, locked: a batch for each workspace."""
    if not bounds:
        return []
    rows = tx.all(
        DUE,
        workspaces=[one.workspace_id for one in bounds],
        first=[one.first_id for one in bounds],
        before=[one.before for one in bounds],
    )
    batch: list[Row] = []
    said = 0
    for row in rows:
        if batch and said + row["message_count"] > MESSAGES_AT_ONCE:
            break
        said += row["message_count"]
        batch.append(row)
    return batch
