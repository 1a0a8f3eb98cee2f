"""The audit's lines as sentences, and who they are of."""

from collections.abc import Callable
from typing import Any

from hub.console import words

HAPPENED: dict[str, str] = {  # the audit's lines
    "escalation.accepted": "Escalated. {detail}",
    "escalation.routed": "{detail}",
    "escalation.moved": "{detail}",
    "escalation.restored": "{detail}",
    "escalation.summarised": "Summarised: {detail}",
    "summary.not_used": "{detail}",
    "summary.extended": "Since then: {detail}",
    "escalation.parked": "The escalation is parked: {detail}",
    "escalation.retried": "The escalation was tried again",
    "escalation.tried": "A try failed: {detail}",
    "relay.tried": "A message could not be brought to the desk yet: {detail}",
    "close.tried": "The ticket could not be solved at the desk yet: {detail}",
    "change.tried": "News from the desk could not be taken yet: {detail}",
    "entry.message.sent": "A message of the customer was written to the ticket",
    "entry.message.failed": "The desk did not take a message of the customer",
    "entry.note.sent": "The summary was noted in the ticket",
    "entry.note.failed": "The desk did not take the note",
    "entry.file.sent": "A file was copied to the ticket",
    "entry.file.failed": "The desk did not take a file",
    "relay.parked": "Messages to the desk are parked: {detail}",
    "close.parked": "The ticket could not be solved at the desk: {detail}",
    "change.parked": "News from the desk is parked: {detail}",
    "conversation.waiting": "Waiting for a teammate",
    "conversation.taken_over": "Taken over",
    "conversation.paused": "AI paused",
    "conversation.resumed": "AI resumed",
    "ticket.created": "Ticket opened",
    "ticket.assigned": "Ticket assigned to {detail}",
    "ticket.status_changed": "Ticket {detail}",
    "ticket.closed": "Ticket closed",
    "ticket.late": "{detail}",
    "ticket.merged": "Ticket merged into {detail}",
    "agent.replied": "{detail} replied to the customer",
    "agent.noted": "{detail} wrote a note",
    "file.attached": "File copied to the ticket: {detail}",
    "delivery.degraded": "{detail}",
}


def happened(what: str, detail: str | None) -> str:
    """A line of the audit as a sentence; an unknown one as it is."""
    text = HAPPENED.get(what)
    if text is None:
        return " ".join(filter(None, [what.replace(".", " ").replace("_", " "), detail]))
    if what == "ticket.status_changed":
        detail = _change(detail or "")
    said = text.replace("{detail}", detail or "").strip()
    said = said if detail else said.rstrip(".:")
    return said or what.replace(".", " ").replace("_", " ").capitalize()  # its words are forgotten


def actor(name: str) -> str | None:
    """Who did it; None for the hub itself."""
    kind, _, who = name.partition(":")
    known = {"user": who, "key": f"API key {who}", "source": who, "hub": None}
    return known.get(kind, name)


def _change(detail: str) -> str:
    """`open -> on_hold` as people write it."""
    before, arrow, after = detail.partition(" -> ")
    return f"{words.status(before)} → {words.status(after)}" if arrow else detail


FILTERS: dict[str, Callable[..., Any]] = {
    "actor": actor,
    "happened": lambda row: happened(row["what"], row["detail"]),
}
