"""HubSpot's tickets in the words that all sandbox desks share."""

from connectors.hubspot.sandbox_account import owner_name
from connectors.hubspot.sandbox_files import Files
from connectors.hubspot.sandbox_records import Record, Records
from connectors.hubspot.sandbox_schema import LABELS
from connectors.hubspot.sandbox_story import Story, files_of, incoming, text_of
from connectors.hubspot.sandbox_times import iso
from connectors.sandbox import Case, Entry


class Cases:
    """Tickets with what stands in them."""

    def __init__(self, records: Records, files: Files, story: Story) -> None:
        self.records = records
        self.files = files
        self.story = story

    def case(self, ticket: Record, whole: bool = False) -> Case:
        """A ticket, on demand with its entries."""
        values = ticket.values
        state = "deleted" if ticket.archived else ""
        return Case(
            id=ticket.id,
            subject=values["subject"],
            status=LABELS[values["hs_pipeline_stage"]],
            key=self.story.key(ticket),
            requester=self._requester(ticket),
            assignee=owner_name(values.get("hubspot_owner_id")),
            tags=tuple(filter(None, [values.get("hs_ticket_priority")])),
            updated=iso(ticket.changed),
            state=f"merged into {ticket.merged_into}" if ticket.merged_into else state,
            entries=self._entries(ticket) if whole else (),
        )

    def _requester(self, ticket: Record) -> str:
        people = [self.records.all["contacts"][one].values for one in ticket.linked("contacts")]
        names = [
            f"{who.get('firstname', '')} {who.get('lastname', '')} <{who.get('email', '')}>".strip()
            for who in people
        ]
        return ", ".join(names)

    def _entries(self, ticket: Record) -> tuple[Entry, ...]:
        """The description, then notes and emails in the order of their creation."""
        first = Entry(
            id=f"{ticket.id}-content",
            author=self._requester(ticket),
            role="customer",
            public=True,
            text=ticket.values.get("content", ""),
            at=iso(ticket.made),
        )
        rows = [self.records.all[k][one] for k in ("notes", "emails") for one in ticket.linked(k)]
        rows.sort(key=lambda record: int(record.id))
        return (first, *(self._entry(record) for record in rows if not record.archived))

    def _entry(self, record: Record) -> Entry:
        held = [self.files.held[one] for one in files_of(record) if one in self.files.held]
        return Entry(
            id=record.id,
            author=self.story.author(record),
            role="customer" if incoming(record) else "agent",
            public=record.kind == "emails",
            text=text_of(record),
            at=iso(record.made),
            files=tuple(held),
        )
