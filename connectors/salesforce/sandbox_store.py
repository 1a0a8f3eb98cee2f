"""The records of the sandbox org: checked against the schema, stamped, kept in memory."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from connectors.salesforce.sandbox_checks import Deed, Row, checked
from connectors.salesforce.sandbox_errors import missing, refused
from connectors.salesforce.sandbox_ids import Ids, normal
from connectors.salesforce.sandbox_schema import BY_PREFIX, KINDS, STATUSES, Kind
from connectors.salesforce.sandbox_values import STAMP, same_word


class Store:
    """All tables; what is deleted stays, marked."""

    def __init__(self, now: Callable[[], datetime], settings: Mapping[str, float]) -> None:
        self.now = now
        self.settings = settings
        self.ids = Ids()
        self.numbers = itertools.count(1026)
        self.steps = itertools.count(1)
        self.tables: dict[str, dict[str, Row]] = {name: {} for name in KINDS}
        self.keys: dict[tuple[str, str], Row] = {}  # by a unique field and its value
        self.files: dict[str, bytes] = {}  # of content versions
        self.default_owner = ""
        self._undo: list[Callable[[], object]] | None = None  # oldest first

    def stamp(self) -> str:
        return self.now().strftime(STAMP)

    def look(self, one: str) -> Row | None:
        """A record by its id, deleted or not."""
        kind = BY_PREFIX.get(one[:3])
        return self.tables[kind.name].get(normal(one)) if kind else None

    def rows(self, kind: Kind, *, deleted: bool = False) -> Iterator[Row]:
        """The records of a kind."""
        return (row for row in self.tables[kind.name].values() if deleted or not row["IsDeleted"])

    def found(self, kind: Kind, one: str) -> Row:
        """The living record with this id, or 404."""
        row = self.tables[kind.name].get(normal(one))
        if row is None:
            raise missing()
        if row["IsDeleted"]:
            raise refused("ENTITY_IS_DELETED", "entity is deleted", status=404)
        return row

    def by_key(self, kind: Kind, field: str, value: str) -> Row | None:
        """The living record with this value of an external id field."""
        known = kind.fields.get(field)
        if known is None or "key" not in known.words:
            raise missing(f"Provided external ID field does not exist: {field}")
        row = self.keys.get((field, same_word(value)))
        return None if row is None or row["IsDeleted"] else row

    def plant(self, kind: Kind, fields: Row, user: str = "") -> Row:
        """A record as it is, without checks."""
        one, at = self.ids.new(kind.prefix), self.stamp()
        row: Row = {name: None for name in kind.fields}
        row |= {f.name: False for f in kind.fields.values() if f.kind == "boolean"}
        row |= {"Id": one, "CreatedDate": at, "LastModifiedDate": at, "SystemModstamp": at}
        row |= {"CreatedById": user or one, "LastModifiedById": user or one}
        row |= fields | {"_step": next(self.steps)}
        self.tables[kind.name][one] = row
        self._index(kind, row)
        self._can_undo(lambda: self._forget(kind, row))
        return row

    def _index(self, kind: Kind, row: Row) -> None:
        for field in kind.fields.values():
            if "key" in field.words and row[field.name]:
                self.keys[field.name, same_word(row[field.name])] = row

    def insert(self, kind: Kind, wish: Mapping[str, Any], deed: Deed) -> Row:
        """A new record."""
        fields = checked(self, kind, wish, deed, None)
        empty = [
            f.name for f in kind.fields.values() if "needed" in f.words and not fields.get(f.name)
        ]
        if empty:
            words = f"Required fields are missing: [{', '.join(empty)}]"
            raise refused("REQUIRED_FIELD_MISSING", words, empty)
        make = {
            "Case": self._case,
            "Contact": self._contact,
            "ContentVersion": self._version,
        }.get(kind.name)
        return make(kind, fields, deed) if make else self.plant(kind, fields, deed.user)

    def update(self, kind: Kind, row: Row, wish: Mapping[str, Any], deed: Deed) -> dict[str, Any]:
        """Change a record; what it was before, of the fields that are different now."""
        news = checked(self, kind, wish, deed, row)
        if kind.name == "Case":
            if deed.assigns and not deed.by_agent and "OwnerId" not in news:
                news["OwnerId"] = self.default_owner
            news |= self._closing(row | news)
        before = {name: row[name] for name, value in news.items() if row[name] != value}
        self._will_change(row)
        for name in before:
            self.keys.pop((name, same_word(row[name])), None)
        row |= news
        self._index(kind, row)
        self.touch(row, deed.user)
        return before

    def touch(self, row: Row, user: str) -> None:
        """The record has changed."""
        self._will_change(row)
        row |= {"LastModifiedDate": self.stamp(), "SystemModstamp": self.stamp()}
        row["LastModifiedById"] = user

    def delete(self, row: Row, deed: Deed) -> None:
        """Into the recycle bin, with its children."""
        for table in self.tables.values():
            for child in table.values():
                if row["Id"] in (child.get("ParentId"), child.get("LinkedEntityId")):
                    self._will_change(child)
                    child["IsDeleted"] = True
        self.touch(row, deed.user)
        row["IsDeleted"] = True

    def begin(self) -> None:
        """What changes from here on may be undone."""
        self._undo = []

    def end(self, *, held: bool) -> None:
        """Keep what has changed since `begin`, or undo it."""
        steps, self._undo = self._undo or [], None
        for step in () if held else reversed(steps):
            step()

    def _can_undo(self, step: Callable[[], object]) -> None:
        if self._undo is not None:
            self._undo.append(step)

    def _will_change(self, row: Row) -> None:
        before = dict(row)
        self._can_undo(lambda: self._back(row, before))

    def _back(self, row: Row, before: Row) -> None:
        kind = BY_PREFIX[row["Id"][:3]]
        self._forget_keys(kind, row)
        row.clear()
        row |= before
        self._index(kind, row)

    def _forget(self, kind: Kind, row: Row) -> None:
        del self.tables[kind.name][row["Id"]]
        self.files.pop(row["Id"], None)
        self._forget_keys(kind, row)

    def _forget_keys(self, kind: Kind, row: Row) -> None:
        for field in kind.fields.values():
            if "key" in field.words and row[field.name]:
                self.keys.pop((field.name, same_word(row[field.name])), None)

    def _case(self, kind: Kind, fields: Row, deed: Deed) -> Row:
        comment = fields.pop("Comments", None)
        first = {"Status": next(iter(STATUSES)), "Priority": "Medium"}
        fields = first | {name: value for name, value in fields.items() if value is not None}
        owner = self.default_owner if deed.assigns and not deed.by_agent else deed.user
        fields = {"OwnerId": owner} | fields | {"CaseNumber": f"{next(self.numbers):08}"}
        fields |= self._closing(dict.fromkeys(kind.fields) | fields)
        contact = self.look(str(fields.get("ContactId") or ""))
        if contact is not None:
            fields |= {"ContactEmail": contact["Email"], "ContactPhone": contact["Phone"]}
            fields.setdefault("AccountId", contact["AccountId"])
        row = self.plant(kind, fields, deed.user)
        if comment:
            told = {"ParentId": row["Id"], "CommentBody": comment, "IsPublished": False}
            self.plant(KINDS["CaseComment"], told, deed.user)
        return row

    def _closing(self, row: Mapping[str, Any]) -> Row:
        closed = STATUSES.get(row["Status"], False)
        at = row["ClosedDate"] or self.stamp()
        return {"IsClosed": closed, "ClosedDate": at if closed else None}

    def _contact(self, kind: Kind, fields: Row, deed: Deed) -> Row:
        email = same_word(fields.get("Email"))
        twin = email and any(same_word(row["Email"]) == email for row in self.rows(kind))
        if twin and not deed.duplicates:
            words = "Use one of these records?"
            raise refused("DUPLICATES_DETECTED", words)
        names = (fields.get("FirstName"), fields["LastName"])
        fields["Name"] = " ".join(name for name in names if name)
        return self.plant(kind, fields, deed.user)

    def _version(self, kind: Kind, fields: Row, deed: Deed) -> Row:
        data = fields.pop("VersionData", None)
        path = PurePosixPath(str(fields.get("PathOnClient") or ""))
        if data is None or not path.name:
            raise refused("REQUIRED_FIELD_MISSING", "a file needs VersionData and PathOnClient")
        if len(data) > self.settings["file_bytes"]:
            raise refused("REQUEST_BODY_TOO_LARGE", "the file is too large", status=413)
        ending = path.suffix.removeprefix(".")
        fields |= {"FileExtension": ending, "FileType": ending.upper() or "UNKNOWN"}
        fields |= {"ContentSize": len(data), "IsLatest": True}
        fields["Title"] = fields.get("Title") or path.stem
        whole = {n: fields[n] for n in ("Title", "FileType", "FileExtension", "ContentSize")}
        document = self.plant(KINDS["ContentDocument"], whole | {"OwnerId": deed.user}, deed.user)
        row = self.plant(kind, fields | {"ContentDocumentId": document["Id"]}, deed.user)
        document["LatestPublishedVersionId"] = row["Id"]
        self.files[row["Id"]] = data
        if fields.get("FirstPublishLocationId"):
            link = {"LinkedEntityId": fields["FirstPublishLocationId"], "ShareType": "V"}
            link |= {"ContentDocumentId": document["Id"], "Visibility": "AllUsers"}
            self.plant(KINDS["ContentDocumentLink"], link, deed.user)
        return row
