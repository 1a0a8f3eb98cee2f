"""The Help Desk's lists: conversations and the inbox, a page at a time, by indexes only.

Each first finds the ids of its page, and then what the rows show: so no list grows slower with
what is not on the page.
"""

from collections.abc import Mapping
from typing import Any

from hub.console.queries import SIZE, Page
from hub.store import Row, Rows, Tx
from hub.store.presence import GOOD_FOR
from hub.store.search import AMONG, EACH, is_common, values_of

# What a row shows, of the page `p (conversation_id, place)`. Whose escalation and ticket it shows
# depends on the list: a ticket's own, or a conversation's latest.
SHOWN = """
select c.id, p.place, c.external_id, c.requester, c.forgotten_at, c.language, c.channel,
  c.speaker, c.waiting, c.state, c.started_at, c.last_message_at, m.text as last_text,
  m.role as last_role,
  m.at as last_at, e.id as escalation_id, e.state as escalation_state,
  e.created_at as escalated_at, e.promised_at, e.summary ->> 'subject' as subject,
  t.id as ticket_id, t.desk, t.external_id as ticket_external_id, t.url as ticket_url,
  t.status as ticket_status, t.subject as ticket_subject,
  case when t.desk = 'live_chat' then a.name else coalesce(t.assignee, u.name) end as human,
  n.priority, here.names as here,
  (r.seq is not null or c.waiting or c.speaker = 'human') and exists (select 1 from messages
    where conversation_id = c.id and seq > coalesce(r.seq, 0) and role <> 'agent') as unread
from p join conversations c on c.id = p.conversation_id
{}
left join lateral (select left(text, 160) as text, role, at from messages
  where conversation_id = c.id order by seq desc limit 1) m on true
left join native_tickets n on t.desk = 'live_chat' and n.id = t.external_id
left join users a on a.id = n.assignee_id
left join users u on u.id = e.taken_by
left join reads r on r.user_id = :me and r.conversation_id = c.id
left join lateral (select string_agg(w.name, ', ' order by w.name) as names from presence s
  join users w on w.id = s.user_id
  where s.conversation_id = c.id and s.user_id <> :me and s.seen_at > :alive) here on true
"""
OF_CONVERSATIONS = SHOWN.format("""left join lateral (select * from escalations
  where conversation_id = c.id order by id desc limit 1) e on true
left join tickets t on t.escalation_id = e.id""")
OF_TICKETS = SHOWN.format("""join tickets t on t.id = p.place
join escalations e on e.id = t.escalation_id""")
CONVERSATIONS = "select c.id as conversation_id, c.id as place from conversations c"
WAITING = """select e.conversation_id, e.id as place from escalations e
join conversations c on c.id = e.conversation_id
  and (c.waiting or c.speaker = 'ai')"""
TICKETS = """select t.conversation_id, t.id as place from tickets t
join conversations c on c.id = t.conversation_id"""
MINE = "join native_tickets n on n.id = t.external_id and n.assignee_id = :me"
OPEN = "state in ('received', 'summarised', 'parked')"
# Whom the waiting ones have is not shown among the live ones as well.
LIVE = f"""not c.waiting and (c.state = 'live' or c.speaker = 'human') and (c.speaker = 'human'
  or not exists (select 1 from escalations where conversation_id = c.id and {OPEN}))"""
UNDONE = "t.status not in ('solved', 'closed')"

# Chip: what the page is made of, its key, and what its rows have in common.
SHOW_CONVERSATIONS = {
    "live": (CONVERSATIONS, "c", LIVE),
    "waiting": (WAITING, "e", f"e.{OPEN}"),
    "human": (CONVERSATIONS, "c", "c.speaker = 'human'"),
    "ai": (CONVERSATIONS, "c", f"c.speaker = 'ai' and c.state = 'live' and {LIVE}"),
    "ended": (CONVERSATIONS, "c", "c.speaker = 'ai' and not c.waiting and c.state <> 'live'"),
}
SHOW_TICKETS = {
    "mine": (f"{TICKETS} {MINE}", "t",
             f"t.desk = 'live_chat' and {UNDONE} and n.status not in ('solved', 'closed')"),
    "unassigned": (TICKETS, "t", f"{UNDONE} and t.assignee is null"),
    "all": (TICKETS, "t", UNDONE),
    "closed": (TICKETS, "t", "t.status in ('solved', 'closed')"),
}  # fmt: skip
FILTERS = {  # of both lists, by the name in the address
    "language": "c.language = :language",
    "channel": "c.channel = :channel",
    "desk": "t.connection_id = :desk",
}
IN_TICKET = (
    "exists (select 1 from tickets t where t.conversation_id = c.id and t.connection_id = :desk)"
)


def conversations(
    tx: Tx, me: Row, show: str, *, search: str, wanted: Mapping[str, str], after: str | None
) -> Page:
    """Conversations of a chip, the newest first; the waiting ones by who waits longest."""
    filters = FILTERS | {"desk": IN_TICKET}
    return _page(
        tx, me, SHOW_CONVERSATIONS[show], filters, OF_CONVERSATIONS, upwards=show == "waiting",
        search=search, wanted=wanted, after=after,
    )  # fmt: skip


def tickets(
    tx: Tx, me: Row, show: str, *, search: str, wanted: Mapping[str, str], after: str | None
) -> Page:
    """Tickets of a chip, at all desks or one, the newest first."""
    return _page(
        tx, me, SHOW_TICKETS[show], FILTERS, OF_TICKETS, upwards=False,
        search=search, wanted=wanted, after=after,
    )  # fmt: skip


def inbox_counts(tx: Tx, me: Row) -> dict[str, int]:
    """How many tickets each chip of the inbox has; counted up to a hundred."""
    return {
        show: tx.value(
            f"select count(*) from ({kind} where {key}.workspace_id = :workspace and {common}"
            " limit 100) s",
            workspace=me["workspace_id"],
            me=me["id"],
        )
        for show, (kind, key, common) in SHOW_TICKETS.items()
        if show != "closed"
    }


def choices(tx: Tx, workspace_id: str) -> dict[str, list[tuple[str, str]]]:
    """What the filters offer: languages and channels that occur, and the desks' connections."""
    found = {
        name: [(row[name], row[name]) for row in tx.all(DISTINCT.format(name), w=workspace_id)]
        for name in ("language", "channel")
    }
    desks = tx.all(
        "select id, name from connections where workspace_id = :w order by name", w=workspace_id
    )
    return found | {"desk": [(row["id"], row["name"]) for row in desks]}


# Of the newest conversations, so that the question stays small.
DISTINCT = (
    "select distinct {0} from (select {0} from conversations where workspace_id = :w"
    " order by id desc limit 1000) c where {0} is not null order by 1 limit 50"
)


FEW, MANY = 2 * SIZE, 5000  # of a list, looked into one by one
NEAR = (
    "select n.* from ({0}) n join conversations c on c.id = n.conversation_id where {1}"
    " order by n.place {2} limit :limit"
)


def _page(
    tx: Tx,
    me: Row,
    chip: tuple[str, str, str],
    filters: Mapping[str, str],
    shown: str,
    *,
    upwards: bool,
    search: str,
    wanted: Mapping[str, str],
    after: str | None,
) -> Page:
    kind, key, common = chip
    sign, order = (">", "asc") if upwards else ("<", "desc")
    conditions = [f"{key}.workspace_id = :workspace", common]
    values: dict[str, Any] = {
        "workspace": me["workspace_id"],
        "me": me["id"],
        "alive": tx.now - GOOD_FOR,
        "limit": SIZE + 1,
    }
    for name, value in wanted.items():
        conditions.append(filters[name])
        values[name] = value
    if after:
        conditions.append(f"{key}.id {sign} :after")
        values["after"] = after
    listed = f"{kind} where {' and '.join(conditions)} {{}} order by {key}.id {order} limit {{}}"
    shown = f"with p as materialized ({{}}) {shown} order by p.place {order}"
    rows = _rows(tx, shown, listed, order, search, values)
    return Page(rows[:SIZE], rows[SIZE - 1]["place"] if len(rows) > SIZE else None)


def _rows(
    tx: Tx, shown: str, listed: str, order: str, looked_for: str, values: dict[str, Any]
) -> Rows:
    """One more than a page of what is `listed`, whose places are left for a condition and a limit.

    How common a word is takes long to count if it is: so the first few are looked into before. A
    common one is looked for in many; if these have too little, by all that have it.
    """
    if not looked_for:
        return tx.all(shown.format(listed.format("", ":limit")), **values)
    asked = values_of(values["workspace"], looked_for)
    if asked is None:
        return []

    def near(number: int) -> Rows:
        statement = NEAR.format(listed.format("", number), EACH, order)
        return tx.all(shown.format(statement), **values, **asked)

    rows = near(FEW)
    if len(rows) <= SIZE and is_common(tx, asked):
        rows = near(MANY)
    if len(rows) > SIZE:
        return rows
    return tx.all(shown.format(listed.format(f"and {AMONG}", ":limit")), **values, **asked)
