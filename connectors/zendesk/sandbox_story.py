"""What follows from a change at Zendesk: the ledger's entry and the events of webhooks."""

from collections.abc import Callable, Mapping
from typing import Any

from connectors.zendesk.sandbox_errors import invalid
from connectors.zendesk.sandbox_tickets import Deed, Kept, Tickets
from connectors.zendesk.sandbox_webhooks import Webhooks

KINDS = {
    "status": "ticket.status_changed",
    "assignee_id": "ticket.agent_assignment_changed",
    "priority": "ticket.priority_changed",
    "subject": "ticket.subject_changed",
    "tags": "ticket.tags_changed",
    "type": "ticket.type_changed",
    "external_id": "ticket.external_id_changed",
    "custom_status_id": "ticket.custom_status_changed",
}
CAPITALS = ("status", "priority", "type")


class Story:
    """Tells what happened, to the ledger and to webhooks."""

    def __init__(self, tickets: Tickets, webhooks: Webhooks, record: Callable[..., None]) -> None:
        self.tickets = tickets
        self.webhooks = webhooks
        self.record = record

    def created(self, kept: Kept, audit: Mapping[str, Any], deed: Deed) -> None:
        """A ticket was created."""
        comment = next(e for e in audit["events"] if e["type"] == "Comment")
        shown = kept.shown
        facts = {"subject": shown["subject"], "status": shown["status"], "tags": shown["tags"]}
        self._record(kept, "create_ticket", **facts, **self._written(comment, deed))
        self._attached(kept, comment)
        self._emit(kept, "ticket.created", deed, {})
        self._told(kept, comment, deed)

    def changed(self, kept: Kept, audit: Mapping[str, Any], deed: Deed) -> None:
        """A ticket was updated."""
        for event in audit["events"]:
            if event["type"] == "Comment":
                self._record(kept, self._call(kept, event, deed), **self._written(event, deed))
                self._attached(kept, event)
                self._told(kept, event, deed)
            else:
                self._field(kept, event, deed)

    def delete(self, kept: Kept, deed: Deed) -> None:
        """Delete a ticket softly: gone from the API, `deleted` in the incremental export."""
        kept.deleted, kept.shown["status"] = True, "deleted"
        self.tickets.touch(kept)
        self._record(kept, "delete", by=_by(deed))
        self._emit(kept, "ticket.soft_deleted", deed, {})

    def merge(self, source: Kept, target: Kept, deed: Deed) -> None:
        """Merge a ticket into another: the source is closed, with a note in both."""
        one, other = source.shown["id"], target.shown["id"]
        if one == other or target.shown["status"] == "closed":
            raise invalid("base", "Merge: the target cannot be merged into")
        told = f"This request was closed and merged into request #{other}."
        tags = [*source.shown["tags"], "closed_by_merge"]
        wish = {"status": "closed", "tags": tags, "comment": {"body": told, "public": False}}
        audit = self.tickets.update(source, wish, deed)
        source.merged_into = other
        self._record(source, "merge", into=str(other), by=_by(deed))
        self._emit(source, "ticket.merged", deed, {"target_ticket_id": str(other)})
        self.changed(source, audit, deed)
        told = f"Request #{one} was closed and merged into this request."
        wish = {"comment": {"body": told, "public": False}}
        self.changed(target, self.tickets.update(target, wish, deed), deed)

    def _record(self, kept: Kept, call: str, **facts: Any) -> None:
        shown = kept.shown
        self.record(call, ticket_id=str(shown["id"]), key=shown["external_id"], **facts)

    def _call(self, kept: Kept, comment: Mapping[str, Any], deed: Deed) -> str:
        if deed.by_agent:
            return "agent_reply" if comment["public"] else "agent_note"
        return "append_message" if comment["public"] else "add_note"

    def _written(self, comment: Mapping[str, Any], deed: Deed) -> dict[str, Any]:
        author = self.tickets.people.users[comment["author_id"]]
        told = {"text": comment["body"], "author": author["name"], "author_role": author["role"]}
        return told | {"id": str(comment["id"]), "public": comment["public"], "by": _by(deed)}

    def _attached(self, kept: Kept, comment: Mapping[str, Any]) -> None:
        for file in comment["attachments"]:
            facts = {"id": str(file["id"]), "name": file["file_name"], "size": file["size"]}
            self._record(kept, "attach", **facts)

    def _field(self, kept: Kept, event: Mapping[str, Any], deed: Deed) -> None:
        name, new, old = event["field_name"], event["value"], event["previous_value"]
        if name == "status":
            self._record(kept, "set_status", status=new, before=old, by=_by(deed))
        if name == "assignee_id":
            self._record(kept, "assign", to=self._name(new), by=_by(deed))
        if name in KINDS:
            change = {"current": _spelt(name, new), "previous": _spelt(name, old)}
            self._emit(kept, KINDS[name], deed, change)

    def _name(self, number: int | None) -> str | None:
        return self.tickets.people.users[number]["name"] if number else None

    def _told(self, kept: Kept, comment: Mapping[str, Any], deed: Deed) -> None:
        author = self.tickets.people.users[comment["author_id"]]
        staff = author["role"] != "end-user"
        by = {"id": str(author["id"]), "is_staff": staff, "name": author["name"]}
        said = {"id": str(comment["id"]), "body": comment["body"], "is_public": comment["public"]}
        self._emit(kept, "ticket.comment_added", deed, {"comment": said | {"author": by}})
        for file in comment["attachments"]:
            names = ("content_type", "content_url")
            linked = {name: file[name] for name in names} | {"filename": file["file_name"]}
            linked |= {"id": str(file["id"]), "is_public": comment["public"]}
            event = {"comment": {"id": str(comment["id"]), "attachment": linked}}
            self._emit(kept, "ticket.attachment_linked_to_comment", deed, event)

    def _emit(self, kept: Kept, kind: str, deed: Deed, event: Mapping[str, Any]) -> None:
        via = "web" if deed.by_agent else "web_service"
        self.webhooks.emit(kind, kept.shown, deed.user["id"], via, event)


def _by(deed: Deed) -> str:
    return "agent" if deed.by_agent else "api"


def _spelt(name: str, value: Any) -> Any:
    """A field's value as events spell it: words in capitals, ids as strings."""
    if value is None or isinstance(value, list):
        return value
    return str(value).upper() if name in CAPITALS else str(value)
