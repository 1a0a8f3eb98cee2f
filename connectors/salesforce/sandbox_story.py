"""What follows from a change in the sandbox org: the ledger's entries and outbound messages."""

from collections.abc import Callable, Mapping
from typing import Any

from connectors.salesforce.sandbox_checks import Deed, Row
from connectors.salesforce.sandbox_outbound import Outbound
from connectors.salesforce.sandbox_schema import KEY_FIELD, KINDS, Kind
from connectors.salesforce.sandbox_store import Store

Event = tuple[str, dict[str, Any]]


class Story:
    """Makes changes and tells them; inside a batch, only when the batch has held."""

    def __init__(self, store: Store, outbound: Outbound, record: Callable[..., None]) -> None:
        self.store = store
        self.outbound = outbound
        self.record = record
        self.waiting: list[Callable[[], None]] | None = None  # news of a batch

    def insert(self, kind: Kind, wish: Mapping[str, Any], deed: Deed) -> Row:
        """A new record, told."""
        row = self.store.insert(kind, wish, deed)
        if kind.name == "Case" and wish.get("Comments"):
            first = next(reversed(self.store.tables["CaseComment"].values()))
            self._soon(lambda: self._case_made(row, deed, first))
            return row
        tell = {
            "Case": self._case_made,
            "CaseComment": self._written,
            "EmailMessage": self._written,
            "FeedItem": self._written,
            "ContentVersion": self._attached,
            "ContentDocumentLink": self._linked,
        }.get(kind.name)
        if tell is not None:
            self._soon(lambda: tell(row, deed))
        return row

    def update(self, kind: Kind, row: Row, wish: Mapping[str, Any], deed: Deed) -> None:
        """A changed record, told."""
        before = self.store.update(kind, row, wish, deed)
        if kind.name == "Case":
            self._soon(lambda: self._case_changed(row, before, deed))

    def delete(self, row: Row, deed: Deed) -> None:
        """A deleted record; no outbound message tells of it."""
        self.store.delete(row, deed)
        if row["Id"].startswith(KINDS["Case"].prefix):
            self._soon(lambda: self._tell(row, "delete", deed))

    def merge(self, row: Row, into: Row, deed: Deed) -> None:
        """The comments and files move to the surviving case; this one is deleted."""
        for name, field in (
            ("CaseComment", "ParentId"),
            ("EmailMessage", "ParentId"),
            ("FeedItem", "ParentId"),
            ("ContentDocumentLink", "LinkedEntityId"),
        ):
            for child in self.store.rows(KINDS[name]):
                if child[field] == row["Id"]:
                    child[field] = into["Id"]
        self.store.delete(row, deed)
        row["MasterRecordId"] = into["Id"]
        self._tell(row, "merge", deed, into=into["Id"])

    def begin(self) -> None:
        """A batch begins."""
        self.waiting = []

    def end(self, held: bool) -> None:
        """The batch is over: its news are told, or forgotten with it."""
        news, self.waiting = self.waiting or [], None
        for tell in news if held else ():
            tell()

    def _soon(self, tell: Callable[[], None]) -> None:
        if self.waiting is None:
            tell()
        else:
            self.waiting.append(tell)

    def _case_made(self, row: Row, deed: Deed, comment: Row | None = None) -> None:
        said = row["Description"] or ""
        facts = {"subject": row["Subject"], "status": row["Status"], "id": row["Id"]}
        self._tell(row, "create_ticket", deed, text=said, author=self._name(deed), **facts)
        self._send("Case", row, row)
        if comment is not None:
            self._written(comment, deed)

    def _case_changed(self, row: Row, before: Mapping[str, Any], deed: Deed) -> None:
        if "Status" in before:
            self._tell(row, "set_status", deed, status=row["Status"], before=before["Status"])
        if "OwnerId" in before:
            owner = self.store.look(row["OwnerId"])
            self._tell(row, "assign", deed, to=owner["Name"] if owner else None)
        self._send("Case", row, row)

    def _written(self, row: Row, deed: Deed) -> None:
        case = self.store.look(row["ParentId"] or "")
        if case is None:
            return
        public = is_public(row)
        call = "append_message" if public else "add_note"
        if deed.by_agent:
            call = "agent_reply" if public else "agent_note"
        facts = {"id": row["Id"], "public": public, "author": self._name(deed)}
        self._tell(case, call, deed, text=text_of(row), **facts)
        if row["Id"].startswith(KINDS["CaseComment"].prefix):
            self._send("CaseComment", row, case)

    def _attached(self, row: Row, deed: Deed) -> None:
        case = self.store.look(row["FirstPublishLocationId"] or "")
        if case is not None:
            facts = {"name": row["PathOnClient"], "size": row["ContentSize"]}
            self._tell(case, "attach", deed, id=row["ContentDocumentId"], **facts)

    def _linked(self, row: Row, deed: Deed) -> None:
        document = self.store.look(row["ContentDocumentId"])
        case = self.store.look(row["LinkedEntityId"])
        if document is not None and case is not None:
            facts = {"name": document["Title"], "size": document["ContentSize"]}
            self._tell(case, "attach", deed, id=document["Id"], **facts)

    def _tell(self, case: Row, call: str, deed: Deed, **facts: Any) -> None:
        by = "agent" if deed.by_agent else "api"
        where = {"ticket_id": case["Id"], "key": case.get(KEY_FIELD), "by": by}
        self.record(call, **where, **facts)

    def _send(self, kind: str, row: Row, case: Row) -> None:
        self.outbound.tell(kind, row, {"ticket_id": case["Id"], "key": case[KEY_FIELD]})

    def _name(self, deed: Deed) -> str:
        user = self.store.look(deed.user)
        return str(user["Name"]) if user else deed.user


def is_public(row: Row) -> bool:
    """True when the customer may read it: a published comment, an email, a post for everybody."""
    if "CommentBody" in row:
        return bool(row["IsPublished"])
    return "TextBody" in row or row.get("Visibility") == "AllUsers"


def text_of(row: Row) -> str:
    """What a comment, an email or a post says."""
    return str(row.get("CommentBody") or row.get("TextBody") or row.get("Body") or "")
