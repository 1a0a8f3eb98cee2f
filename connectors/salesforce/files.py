"""Files of agents, at a case or at an email that went out, as changes of the case."""

import mimetypes
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connectors.salesforce import words
from connectors.salesforce.api import Api
from connectors.salesforce.config import DRAFT_EMAIL
from connectors.types import Change, File

FIELDS = (
    "Id, Title, PathOnClient, ContentSize, ContentDocumentId, FirstPublishLocationId, "
    "CreatedBy.Name, SystemModstamp"
)
CASE, EMAIL = "500", "02s"  # how ids begin

Raw = Mapping[str, Any]


def changes(api: Api, versions: Sequence[Raw], sent: Sequence[str]) -> Iterable[Change]:
    """One change for each file of a case of ours; to the customer only what they may see.

    `sent` are the ids of emails that are told now, and their files with them.
    """
    key = api.config.key_field
    versions = [*{raw["Id"]: raw for raw in (*versions, *_of_emails(api, sent))}.values()]
    at_cases, at_emails = (_places(versions, prefix) for prefix in (CASE, EMAIL))
    cases = _in(api, f"Id, {key} FROM Case WHERE Id", at_cases)
    known = {raw["Id"]: (raw["Id"], raw[key]) for raw in cases}
    asked = f"Id, ParentId, Parent.{key} FROM EmailMessage WHERE Incoming = false"
    emails = _in(api, f"{asked} AND Status != '{DRAFT_EMAIL}' AND Id", at_emails)
    known |= {raw["Id"]: (raw["ParentId"], (raw["Parent"] or {}).get(key)) for raw in emails}
    found = [raw for raw in versions if words.ours(known.get(_place(raw), ("", None))[1])]
    shared = _shared(api, [raw["ContentDocumentId"] for raw in found])
    for raw in found:
        place = _place(raw)
        public = place.startswith(EMAIL) or (raw["ContentDocumentId"], place) in shared
        yield _change(api, raw, known[place], public=public)


def _of_emails(api: Api, sent: Sequence[str]) -> list[dict[str, Any]]:
    """The files of emails: a draft's were uploaded before it was sent, and change no more."""
    links = _in(api, "ContentDocumentId FROM ContentDocumentLink WHERE LinkedEntityId", sent)
    documents = sorted({link["ContentDocumentId"] for link in links})
    asked = f"{FIELDS} FROM ContentVersion WHERE IsLatest = true AND ContentDocumentId"
    return [raw for raw in _in(api, asked, documents) if _place(raw) in sent]


def _shared(api: Api, documents: Sequence[str]) -> set[tuple[str, str]]:
    """Which documents are open to customers, and where."""
    asked = "ContentDocumentId, LinkedEntityId, Visibility FROM ContentDocumentLink WHERE "
    links = _in(api, f"{asked}ContentDocumentId", documents)
    seen = [link for link in links if link["Visibility"] == "AllUsers"]
    return {(link["ContentDocumentId"], link["LinkedEntityId"]) for link in seen}


def _in(api: Api, asked: str, ids: Sequence[str]) -> list[dict[str, Any]]:
    return api.query(f"SELECT {asked} IN {{ids}} LIMIT 2000", ids=list(ids)) if ids else []


def _places(versions: Sequence[Raw], prefix: str) -> list[str]:
    return sorted({_place(raw) for raw in versions if _place(raw).startswith(prefix)})


def _place(raw: Raw) -> str:
    return raw["FirstPublishLocationId"] or ""


def _change(api: Api, raw: Raw, case: tuple[str, str], *, public: bool) -> Change:
    return Change(
        # One that is shared with the customer later is a message then, and news.
        id=f"{'shared' if public else 'file'}:{raw['Id']}",
        ticket_id=case[0],
        kind="message" if public else "note",
        at=words.time_of(raw["SystemModstamp"]),
        key=case[1],
        message_id=raw["Id"],
        author=(raw.get("CreatedBy") or {}).get("Name"),
        files=(_file(api, raw),),
    )


def _file(api: Api, raw: Raw) -> File:
    """Its address opens to Salesforce's users only; `fetch_file` has its bytes."""
    name = raw["PathOnClient"] or raw["Title"]
    return File(
        name=name,
        content_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        url=f"{api.config.root}/sfc/servlet.shepherd/version/download/{raw['Id']}",
        size=raw["ContentSize"],
        id=raw["Id"],
    )
