"""What follows from a change at Freshdesk: the ledger's entry and the webhooks of rules."""

from collections.abc import Callable, Mapping
from typing import Any

from connectors.freshdesk import sandbox_text
from connectors.freshdesk.sandbox_fields import STATUSES, key_of
from connectors.freshdesk.sandbox_rules import Rules
from connectors.freshdesk.sandbox_tickets import NOTE, Kept, Tickets

CLOSED = 5


class Story:
    """Tells what happened, to the ledger and to the rules."""

    def __init__(self, tickets: Tickets, rules: Rules, record: Callable[..., None]) -> None:
        self.tickets = tickets
        self.rules = rules
        self.record = record

    def created(self, kept: Kept) -> None:
        """A ticket was created."""
        shown = kept.shown
        facts = {"subject": shown["subject"], "status": STATUSES[shown["status"]]}
        author = self.tickets.people.name(shown["requester_id"])
        facts |= {"tags": shown["tags"], "text": shown["description_text"], "author": author}
        self._record(kept, "create_ticket", **facts)
        self._attached(kept, shown["attachments"])

    def said(self, kept: Kept, said: Mapping[str, Any], *, by: str) -> None:
        """A note or reply was written."""
        names = {"id": str(said["id"]), "text": said["body_text"], "public": not said["private"]}
        author = self.tickets.people.name(said["user_id"])
        self._record(kept, _call(said, by), author=author, by=by, **names)
        self._attached(kept, said["attachments"])
        note = "{note_type:private}" if said["private"] else "{note_type:public}"
        self.rules.fire(kept.shown, note if said["source"] == NOTE else "{reply_sent:sent}")

    def edited(self, kept: Kept, said: dict[str, Any], markup: str) -> None:
        """A note got other words."""
        text = sandbox_text.plain(markup)
        said |= {"body": markup, "body_text": text}
        self.tickets.touch(kept)
        said["updated_at"] = kept.shown["updated_at"]
        self._record(kept, "edit", id=str(said["id"]), text=text)

    def changed(self, kept: Kept, before: Mapping[str, Any], *, by: str) -> None:
        """Fields of a ticket were changed."""
        now = kept.shown
        new = now["attachments"][len(before["attachments"]) :]
        self._attached(kept, new)
        if now["status"] != before["status"]:
            word, old = STATUSES[now["status"]], STATUSES[before["status"]]
            self._record(kept, "set_status", status=word, before=old, by=by)
            self.rules.fire(now, f"{{status:{{from:{old}, to:{word}}}}}")
        if now["responder_id"] != before["responder_id"]:
            name = self.tickets.people.name(now["responder_id"])
            self._record(kept, "assign", to=name or None, by=by)
            old = before["responder_id"] or "--"
            self.rules.fire(now, f"{{responder_id:{{from:{old}, to:{now['responder_id']}}}}}")

    def delete(self, kept: Kept, *, by: str) -> None:
        """Move a ticket into the bin."""
        self.tickets.check_live(kept)
        kept.shown["deleted"] = True
        self.tickets.touch(kept)
        self._record(kept, "delete", by=by)
        self.rules.fire(kept.shown, "{ticket_action:deleted}")

    def merge(self, source: Kept, target: Kept, agent: int) -> None:
        """Close a ticket into another, with a private note in both: all that the API shows."""
        one, other = source.shown["id"], target.shown["id"]
        self.tickets.check_live(source)
        self.tickets.check_live(target)
        self._note(source, f"This ticket is closed and merged into ticket {other}", agent)
        before = dict(source.shown)
        self.tickets.update(source, {"status": CLOSED})
        source.merged_into = other
        self._record(source, "merge", into=str(other), by="agent")
        self.changed(source, before, by="agent")
        self._note(target, f"Merged from ticket {one}: {source.shown['subject']}", agent)

    def _note(self, kept: Kept, text: str, agent: int) -> None:
        wish = {"body": sandbox_text.rich(text), "private": True, "user_id": agent}
        self.said(kept, self.tickets.say(kept, wish, (), source=NOTE), by="agent")

    def _attached(self, kept: Kept, files: list[dict[str, Any]]) -> None:
        for file in files:
            facts = {"id": str(file["id"]), "name": file["name"], "size": file["size"]}
            self._record(kept, "attach", **facts)

    def _record(self, kept: Kept, call: str, **facts: Any) -> None:
        self.record(call, ticket_id=str(kept.shown["id"]), key=key_of(kept.shown), **facts)


def _call(said: Mapping[str, Any], by: str) -> str:
    if by == "agent":
        return "agent_note" if said["private"] else "agent_reply"
    if said["private"]:
        return "add_note"
    return "append_message" if said["incoming"] else "agent_reply"
