"""One customer: how they are found, and what the hub holds of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.store import Row, Tx
from hub.store.forgetting import DELIVERIES, OVER

MOST = 5000  # conversations of one customer
SHORTEST_NUMBER = 6  # digits

DIGITS = "ltrim(regexp_replace(c.requester ->> 'phone', '[^0-9]', '', 'g'), '0')"
WHO = {
    "id": "(c.requester ->> 'id' = :id or c.external_id = :id)",
    "email": "lower(c.requester ->> 'email') = lower(:email)",
    "phone": f"{DIGITS} = :phone",
}
FIND = f"""
select c.id, c.requester, {OVER} as over from conversations c
where c.workspace_id = :workspace and c.forgotten_at is null and ({{who}})
order by c.id limit {MOST + 1}
"""
MINE = "conversation_id = any(:ids)"
OF_TICKETS = f"in (select id from tickets where {MINE})"
NATIVE = f"""native_entries n join native_tickets t on t.id = n.ticket_id
    where t.key in (select id from escalations where {MINE})"""
HELD = {  # what there is of a customer, by the name that people know it by
    "messages": f"messages where {MINE}",
    "escalations": f"escalations where {MINE}",
    "tickets": f"tickets where {MINE}",
    "files": f"files where ticket_id {OF_TICKETS}",
    "changes": f"""changes c join tickets t on c.connection_id = t.connection_id
        and c.external_ticket_id = t.external_id where t.{MINE}""",
    "help_desk_entries": NATIVE,
    "events": f"events where {MINE}",
    "deliveries": DELIVERIES,
}
COUNT = "select " + ", ".join(f"(select count(*) from {of}) as {name}" for name, of in HELD.items())
TICKETS = """
select t.id, t.desk, c.name as connection, t.external_id as number, t.url, t.status
from tickets t join connections c on c.id = t.connection_id
where t.conversation_id = any(:ids) and t.desk <> 'live_chat' order by t.id
"""
TOLD = f"""
select s.id, s.url, count(*) as delivered from (select d.subscriber_id from {DELIVERIES}
    and (d.state = 'delivered' or d.tries > 0)) d join subscribers s on s.id = d.subscriber_id
group by s.id order by s.id
"""
SOURCES = """
select s.id, s.name, count(*) as conversations from conversations c
join sources s on s.id = c.source_id where c.id = any(:ids) group by s.id order by s.id
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Customer:
    """By what a customer is looked for; what fits any of it is theirs."""

    id: str | None = None  # the platform's, of the person or of one chat
    email: str | None = None
    phone: str | None = None

    def values(self) -> dict[str, str]:
        """What is known, as it is compared."""
        number = re.sub(r"[^0-9]", "", self.phone or "").lstrip("0") or None
        known = {"id": self.id, "email": self.email, "phone": number}
        return {name: value for name, value in known.items() if value}


def of(requester: Mapping[str, str]) -> Customer:
    """The customer that a conversation names."""
    return Customer(**{name: requester.get(name) or None for name in WHO})


def find(tx: Tx, workspace_id: str, customer: Customer) -> Sequence[Row]:
    """The customer's conversations, the oldest first; `over` when nobody has them any more."""
    values = customer.values()
    if not values:
        return []
    who = " or ".join(WHO[name] for name in values)
    return tx.all(FIND.format(who=who), workspace=workspace_id, **values)


def others(customer: Customer, found: Sequence[Row]) -> dict[str, list[str]]:
    """By what else these conversations know the customer."""
    asked = customer.values()
    told: dict[str, dict[str, None]] = {name: {} for name in WHO}
    for row in found:
        for name, known in of(row["requester"]).values().items():
            if known.casefold() != asked.get(name, "").casefold():
                told[name][row["requester"][name]] = None
    return {name: list(known) for name, known in told.items()}


def count(tx: Tx, conversation_ids: Sequence[str]) -> dict[str, int]:
    """How much of everything there is."""
    known = list(conversation_ids)
    return {"conversations": len(known), **tx.one(COUNT, ids=known)}


def remains(tx: Tx, conversation_ids: Sequence[str]) -> dict[str, list[Row]]:
    """What is not the hub's to erase: at desks, at subscribers, at platforms; ids alone."""
    known = list(conversation_ids)
    asked = {"tickets": TICKETS, "subscribers": TOLD, "sources": SOURCES}
    return {name: list(tx.all(sql, ids=known)) for name, sql in asked.items()}
