"""A case as the sandbox's pages and tests see it: description, comments, emails, posts, files."""

import mimetypes
from collections.abc import Iterator

from connectors.salesforce.sandbox_checks import Row
from connectors.salesforce.sandbox_schema import KEY_FIELD, KINDS
from connectors.salesforce.sandbox_store import Store
from connectors.salesforce.sandbox_story import is_public, text_of
from connectors.sandbox import Case, Entry, Held


def case_of(store: Store, row: Row, ours: set[str], *, whole: bool = False) -> Case:
    """A case; what the integration users `ours` publish on it, they say for the customer."""
    owner, contact = store.look(row["OwnerId"]), store.look(row["ContactId"] or "")
    name = contact["Name"] if contact else row["SuppliedName"]
    email = contact["Email"] if contact else row["SuppliedEmail"]
    state = "deleted" if row["IsDeleted"] else ""
    return Case(
        id=row["Id"],
        subject=row["Subject"] or "",
        status=row["Status"],
        key=row[KEY_FIELD],
        requester=f"{name or 'Unknown'} <{email or 'no email'}>",
        assignee=owner["Name"] if owner else None,
        updated=row["SystemModstamp"],
        state=f"merged into {row['MasterRecordId']}" if row["MasterRecordId"] else state,
        entries=_entries(store, row, ours) if whole else (),
    )


def _entries(store: Store, row: Row, ours: set[str]) -> tuple[Entry, ...]:
    found = [(row["_step"], _entry(store, row, ours, row["Description"] or "", True))]
    for name in ("CaseComment", "EmailMessage", "FeedItem"):
        for one in store.rows(KINDS[name], deleted=row["IsDeleted"]):
            if one["ParentId"] == row["Id"]:
                entry = _entry(store, one, ours, text_of(one), is_public(one))
                found.append((one["_step"], entry))
    found += _files(store, row, ours)
    return tuple(entry for _step, entry in sorted(found, key=lambda pair: pair[0]))


def _files(store: Store, row: Row, ours: set[str]) -> Iterator[tuple[int, Entry]]:
    """Each file of the case as an entry of its own, which is what it is."""
    for link in store.rows(KINDS["ContentDocumentLink"], deleted=row["IsDeleted"]):
        document = store.look(link["ContentDocumentId"])
        if link["LinkedEntityId"] != row["Id"] or document is None:
            continue
        version = store.tables["ContentVersion"][document["LatestPublishedVersionId"]]
        name = str(version["PathOnClient"])
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        file = Held(name=name, content_type=kind, data=store.files[version["Id"]])
        public = link["Visibility"] != "InternalUsers"
        entry = _entry(store, document, ours, f"File: {document['Title']}", public, (file,))
        yield link["_step"], entry


def _entry(
    store: Store,
    row: Row,
    ours: set[str],
    text: str,
    public: bool,
    files: tuple[Held, ...] = (),
) -> Entry:
    author = store.look(row["CreatedById"])
    return Entry(
        id=row["Id"],
        author=author["Name"] if author else row["CreatedById"],
        role="customer" if row["CreatedById"] in ours else "agent",
        public=public,
        text=text,
        at=row["CreatedDate"],
        files=files,
    )
