"""What follows from a change in HubSpot: the ledger's entry, the webhooks, the ticket's activity.

Which ticket properties move when something is written (`notes_last_updated`, `num_notes`), and the
inner fields of association and merge events, are general knowledge.
"""

import html
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from connectors.hubspot.sandbox_records import Actor, Record, Records, key_of
from connectors.hubspot.sandbox_schema import KINDS, LABELS
from connectors.hubspot.sandbox_times import iso
from connectors.hubspot.sandbox_webhooks import Webhooks

TELLING = ("hs_pipeline_stage", "hubspot_owner_id", "subject", "content", "hs_ticket_priority")


class Story:
    """Tells what happened, to the ledger and to webhooks."""

    def __init__(
        self,
        records: Records,
        webhooks: Webhooks,
        record: Callable[..., None],
        owner_name: Callable[[str | None], str | None],
        file_name: Callable[[str], str],
    ) -> None:
        self.records = records
        self.webhooks = webhooks
        self.record = record
        self.owner_name = owner_name
        self.file_name = file_name

    def created(self, record: Record, by: Actor) -> None:
        """An object was created, with its associations."""
        if record.kind == "tickets":
            self._ticket(record, by)
        elif record.kind in ("notes", "emails"):
            self._written(record, by)

    def _ticket(self, record: Record, by: Actor) -> None:
        values = record.values
        facts = {"subject": values["subject"], "status": LABELS[values["hs_pipeline_stage"]]}
        self._record(record, "create_ticket", **facts, text=values.get("content", ""))
        self._emit(record, "ticket.creation", by, objectId=int(record.id), changeFlag="NEW")

    def _written(self, record: Record, by: Actor) -> None:
        """A note or an email: into the ledger, and onto its tickets."""
        tickets = [self.records.all["tickets"][one] for one in record.linked("tickets")]
        told: dict[str, Any] = {"id": record.id, "text": text_of(record)}
        told |= {"author": self.author(record), "by": by.source}
        told |= {"public": record.kind == "emails"}
        call = self._call(record, by)
        self.record(call, **_whose(self.key(tickets[0]), tickets[0]) if tickets else {}, **told)
        for file in files_of(record):
            where = _whose(self.key(tickets[0]), tickets[0]) if tickets else {}
            self.record("attach", **where, id=file, name=self.file_name(file))
        for ticket in tickets:
            self.associated(ticket, record, by)

    def _call(self, record: Record, by: Actor) -> str:
        if by.source == "CRM_UI":
            return "agent_reply" if record.kind == "emails" else "agent_note"
        return "append_message" if record.kind == "emails" else "add_note"

    def associated(self, ticket: Record, record: Record, by: Actor) -> None:
        """A note or an email stands in a ticket now."""
        if record.kind not in ("notes", "emails"):
            return
        one = KINDS[record.kind]
        creation = {"objectTypeId": one.number, "objectId": int(record.id), "changeFlag": "NEW"}
        self._emit(ticket, "object.creation", by, **creation)
        self._emit(
            ticket,
            "ticket.associationChange",
            by,
            associationType=f"TICKET_TO_{one.singular.upper()}",
            fromObjectId=int(ticket.id),
            toObjectId=int(record.id),
            associationRemoved=False,
            isPrimaryAssociation=False,
        )
        now = iso(self.records.now())
        count = str(len(ticket.linked("notes")) + len(ticket.linked("emails")))
        moved = {"notes_last_updated": now, "hs_lastactivitydate": now, "num_notes": count}
        self.records.system(ticket, moved, Actor("CALCULATED", ""))
        for name, value in moved.items():
            self._property(ticket, name, value, Actor("CALCULATED", ""))

    def changed(
        self, record: Record, changes: Mapping[str, str], before: Mapping[str, str], by: Actor
    ) -> None:
        """Properties of an object were changed."""
        if record.kind != "tickets":
            return
        stage, owner = changes.get("hs_pipeline_stage"), changes.get("hubspot_owner_id")
        if stage is not None:
            old = LABELS[before["hs_pipeline_stage"]]
            self._record(record, "set_status", status=LABELS[stage], before=old, by=by.source)
        if owner is not None:
            self._record(record, "assign", to=self.owner_name(owner), by=by.source)
        for name, value in changes.items():
            if name in TELLING:
                self._property(record, name, value, by)

    def _property(self, record: Record, name: str, value: str, by: Actor) -> None:
        told = {"objectId": int(record.id), "propertyName": name, "propertyValue": value}
        self._emit(record, "ticket.propertyChange", by, **told)

    def archive(self, record: Record, by: Actor) -> None:
        """Delete an object: gone from reads and searches, still in the archive."""
        record.archived = self.records.now()
        if record.kind == "tickets":
            self._record(record, "delete", by=by.source)
            told = {"objectId": int(record.id), "changeFlag": "DELETED"}
            self._emit(record, "ticket.deletion", by, **told)

    def merge(self, gone: Record, into: Record, by: Actor) -> None:
        """Merge a ticket into another one, which takes over what stands in it."""
        for kind in ("contacts", "notes", "emails"):
            for one in gone.linked(kind):
                self.records.link(into, self.records.all[kind][one])
        gone.merged_into = into.id
        merged = [*filter(None, into.values.get("hs_merged_object_ids", "").split(";")), gone.id]
        self.records.system(into, {"hs_merged_object_ids": ";".join(merged)}, by)
        self._record(gone, "merge", into=into.id, by=by.source)
        told = {"primaryObjectId": int(into.id), "mergedObjectIds": [int(gone.id)]}
        told |= {"objectId": int(into.id), "newObjectId": int(into.id)}
        self._emit(gone, "ticket.merge", by, **told, numberOfPropertiesMoved=0)

    def author(self, record: Record) -> str:
        """Who wrote a note or an email, by name."""
        sender = _sender(record.values)
        owner = self.owner_name(record.values.get("hubspot_owner_id"))
        return sender or owner or "Escalation hub (app)"

    def key(self, ticket: Record) -> str | None:
        """The value of the ticket's unique property."""
        return key_of(ticket, self.records.properties["tickets"])

    def _record(self, ticket: Record, call: str, **facts: Any) -> None:
        self.record(call, **_whose(self.key(ticket), ticket), **facts)

    def _emit(self, ticket: Record, kind: str, by: Actor, **event: Any) -> None:
        source = (by.source, by.id)
        self.webhooks.emit(kind, ticket.id, self.key(ticket), source=source, **event)


def _whose(key: str | None, ticket: Record) -> dict[str, Any]:
    return {"ticket_id": ticket.id, "key": key}


def text_of(record: Record) -> str:
    """What a person reads: notes and HTML mails without their marks."""
    values = record.values
    if record.kind == "emails" and values.get("hs_email_text"):
        return values["hs_email_text"]
    return as_text(values.get("hs_email_html") or values.get("hs_note_body") or "")


def as_text(body: str) -> str:
    """HTML as text; line ends stay, as HubSpot's editor keeps them."""
    body = re.sub(r"(?i)<br\s*/?>|</(?:p|div|li)>", "\n", body)
    text = html.unescape(re.sub(r"</?[a-zA-Z][^<>]*>", "", body)).replace("\xa0", " ")
    return text.rstrip("\n")


def files_of(record: Record) -> list[str]:
    """The ids of the attached files."""
    return [one for one in record.values.get("hs_attachment_ids", "").split(";") if one]


def incoming(record: Record) -> bool:
    """True for an email that the customer wrote."""
    return record.values.get("hs_email_direction") == "INCOMING_EMAIL"


def _sender(values: Mapping[str, str]) -> str:
    try:
        sender = json.loads(values.get("hs_email_headers") or "{}").get("from") or {}
    except (ValueError, AttributeError):
        sender = {}
    names = [sender.get(part) for part in ("firstName", "lastName")]
    if not any(names):
        names = [values.get(f"hs_email_from_{part}") for part in ("firstname", "lastname")]
    name = " ".join(filter(None, names))
    return name or sender.get("email") or values.get("hs_email_from_email") or ""
