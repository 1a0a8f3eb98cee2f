"""What the console's lists and pages read: one query a list, a page at a time, one workspace."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hub.store import Row, Tx, retries

SIZE = 50  # rows a page

ESCALATION = """
select e.*, c.requester, c.forgotten_at, c.external_id as conversation_external_id, c.waiting,
  c.language,
  t.id as ticket_id, t.desk, t.external_id as ticket_external_id, t.url as ticket_url,
  t.status as ticket_status, t.word as ticket_word, t.assignee,
  coalesce(t.parked, h.parked) as ticket_parked,
  t.mapping_version as ticket_mapping, t.connection_id as ticket_connection_id,
  t.tries as relay_tries, t.last_error as relay_error, t.due_at as relay_due_at,
  coalesce(t.desk, n.desk) as aimed_desk, n.name as connection_name
from escalations e
join conversations c on c.id = e.conversation_id
left join tickets t on t.escalation_id = e.id
left join (select distinct on (connection_id, external_ticket_id) * from changes
  where workspace_id = :workspace and state = 'parked'
  order by connection_id, external_ticket_id, at) h
  on h.connection_id = t.connection_id and h.external_ticket_id = t.external_id
left join connections n on n.id = e.connection_id
where e.workspace_id = :workspace
"""
FOUND_ESCALATION = (
    " and concat_ws(' ', e.id, c.external_id, c.requester ->> 'name', c.requester ->> 'email',"
    " t.external_id, e.summary ->> 'subject') ilike :like"
)
AT_DESK = " and coalesce(t.connection_id, e.connection_id) = :desk"
PARKED = f"e.id in ({retries.PARKED})"
SHOW_ESCALATIONS = {
    "all": f"and not {PARKED}",
    "parked": f"and {PARKED}",
    "open": f"and e.state not in ('parked', 'returned') and not {PARKED}",
    "returned": "and e.state = 'returned'",
}


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and the id after which the next page begins."""

    rows: Sequence[Row]
    next: str | None


def escalations(
    tx: Tx,
    workspace_id: str,
    show: str,
    *,
    search: str,
    after: str | None,
    desk: str | None = None,
) -> Page:
    """Escalations of one chip, the newest first; `desk` is a connection's id."""
    where = SHOW_ESCALATIONS[show] + (FOUND_ESCALATION if search else "")
    where += AT_DESK if desk else ""
    more: dict[str, Any] = {"desk": desk} if desk else {}
    return paged(tx, ESCALATION + where, "e.id", workspace_id, search=search, after=after, **more)


def parked_ids(
    tx: Tx, workspace_id: str, search: str, desk: str | None, *, among: Sequence[str] | None
) -> list[str]:
    """The parked escalations of a list, the oldest first; of some ids alone where any are given."""
    statement, values = _parked(workspace_id, search, desk)
    if among is not None:
        statement += " and e.id = any(:among)"
        values["among"] = list(among)
    sql = f"select id from ({statement}) listed order by id limit :most"
    return [row["id"] for row in tx.all(sql, most=retries.MOST, **values)]


def parked_number(tx: Tx, workspace_id: str, search: str, desk: str | None) -> int:
    """How many escalations of a list are parked."""
    statement, values = _parked(workspace_id, search, desk)
    number: int = tx.value(f"select count(*) from ({statement}) listed", **values)
    return number


def failing(tx: Tx, workspace_id: str) -> Row:
    """What does not arrive now: deliveries that are tried again, endpoints that fail or are off."""
    return tx.one(
        "select (select count(*) from deliveries where workspace_id = :workspace"
        "  and due_at is not null and tries > 0) as waiting,"
        " count(*) filter (where failing_since is not null and state = 'active') as failing,"
        " count(*) filter (where state <> 'active') as disabled"
        " from subscribers where workspace_id = :workspace",
        workspace=workspace_id,
    )


def _parked(workspace_id: str, search: str, desk: str | None) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {"workspace": workspace_id}
    statement = ESCALATION + SHOW_ESCALATIONS["parked"]
    if search:
        statement += FOUND_ESCALATION
        values["like"] = _like(search)
    if desk:
        statement += AT_DESK
        values["desk"] = desk
    return statement, values


def escalation(tx: Tx, workspace_id: str, escalation_id: str) -> Row | None:
    """One escalation with its ticket and its customer."""
    return tx.first(ESCALATION + "and e.id = :id", workspace=workspace_id, id=escalation_id)


def escalations_of(tx: Tx, workspace_id: str, conversation_id: str) -> Sequence[Row]:
    """A conversation's escalations, the newest first."""
    return tx.all(
        ESCALATION + "and e.conversation_id = :id order by e.id desc limit 20",
        workspace=workspace_id,
        id=conversation_id,
    )


def earlier_tickets(tx: Tx, conversation: Row, limit: int = 5) -> Sequence[Row]:
    """The same customer's tickets of other conversations, over all desks, the newest first."""
    if conversation["requester_key"] is None:
        return []
    return tx.all(
        "select t.conversation_id, t.desk, t.external_id, t.url, t.subject, t.status, t.created_at"
        " from conversations c join tickets t on t.conversation_id = c.id"
        " where c.workspace_id = :workspace and c.requester_key = :key and c.id <> :id"
        " order by t.id desc limit :limit",
        workspace=conversation["workspace_id"],
        key=conversation["requester_key"],
        id=conversation["id"],
        limit=limit,
    )


def native_ticket(tx: Tx, workspace_id: str, external_id: str) -> Row | None:
    """A ticket of the Help Desk as its agents left it, with its assignee's name."""
    return tx.first(
        "select n.*, u.name as assignee from native_tickets n"
        " left join users u on u.id = n.assignee_id"
        " where n.workspace_id = :workspace and n.id = :id",
        workspace=workspace_id,
        id=external_id,
    )


def conversation_of_ticket(tx: Tx, workspace_id: str, ticket_id: str) -> str | None:
    """Where the ticket is talked about; `ticket_id` is the hub's id or the Help Desk's."""
    found: str | None = tx.value(
        "select conversation_id from tickets where workspace_id = :workspace"
        " and (id = :id or (desk = 'live_chat' and external_id = :id)) limit 1",
        workspace=workspace_id,
        id=ticket_id,
    )
    return found


def agents(tx: Tx, workspace_id: str, holder_id: str | None) -> Sequence[Row]:
    """Who may hold a ticket, and its holder, whatever became of them."""
    return tx.all(
        "select id, name, available, deactivated_at from users where workspace_id = :workspace"
        " and (role <> 'viewer' and deactivated_at is null or id = :holder) order by name, id",
        workspace=workspace_id,
        holder=holder_id,
    )


def paged(
    tx: Tx,
    statement: str,
    key: str,
    workspace_id: str,
    *,
    after: str | None,
    search: str = "",
    upwards: bool = False,
    **values: Any,
) -> Page:
    """The rows after `after`, a page of them."""
    sign, order = (">", "asc") if upwards else ("<", "desc")
    values |= {"workspace": workspace_id, "limit": SIZE + 1}
    if search:
        values["like"] = _like(search)
    if after:
        statement += f" and {key} {sign} :after"
        values["after"] = after
    rows = tx.all(f"{statement} order by {key} {order} limit :limit", **values)
    return Page(rows[:SIZE], rows[SIZE - 1]["id"] if len(rows) > SIZE else None)


def _like(search: str) -> str:
    """The words as a pattern that takes them literally."""
    literal = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{literal}%"
