"""What we write into a case, as the records that Salesforce takes: pure."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connectors import transcript
from connectors.addresses import usable_email
from connectors.errors import InvalidRequest
from connectors.files import safe_name
from connectors.salesforce import words
from connectors.salesforce.api import Record
from connectors.salesforce.config import (
    CAN,
    COMMENT_LIMIT,
    COMPOSITE,
    COMPOSITE_BYTES,
    FIRST_NAME_LIMIT,
    NAME_LIMIT,
    PHONE_LIMIT,
    SUBJECT_LIMIT,
    TEXT_LIMIT,
)
from connectors.types import Draft, File, Message, Note, Requester

# Assignment rules own new cases; on updates they would take cases from their owners.
BY_RULES, AS_GIVEN = {"Sforce-Auto-Assign": "TRUE"}, {"Sforce-Auto-Assign": "FALSE"}
# A rule against duplicate contacts must not stop an escalation (the header's name is unsure).
DUPLICATES = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
THE_CASE = "@{case.id}"  # of the case that the same composite request creates


def case(draft: Draft, requester: Mapping[str, Any], key_field: str) -> tuple[Record, list[File]]:
    """The case with the conversation, and the files that belong to it."""
    said = _unusable(draft.requester) + transcript.as_text(draft.transcript)
    text, whole = _fit(said, "transcript.txt")
    fields = {"Subject": line(draft.subject, SUBJECT_LIMIT), "Description": text}
    mapped = {n: ";".join(v) if isinstance(v, list) else v for n, v in draft.fields.items()}
    fields |= {**requester, **mapped, key_field: draft.key}  # a list is a multi-select picklist
    headers = AS_GIVEN if "OwnerId" in fields else BY_RULES
    files = [file for message in draft.transcript for file in message.files]
    return Record("case", "Case", fields, headers), [*whole, *files]


def supplied(who: Requester) -> dict[str, Any]:
    """The customer in the case's own fields."""
    told = {"SuppliedName": line(who.name or "", NAME_LIMIT), "SuppliedEmail": email_of(who)}
    told["SuppliedPhone"] = line(who.phone or "", PHONE_LIMIT)
    return {name: value for name, value in told.items() if value}


def email_of(who: Requester) -> str | None:
    """The customer's email, if Salesforce takes it."""
    email = usable_email(who.email)
    return email if len(email or "") <= NAME_LIMIT else None  # cut, it is another's


def contact(who: Requester, email: str) -> Record:
    """The customer as a contact, who needs a last name."""
    name = line(who.name or "", 200) or email.partition("@")[0]
    first, _, last = name.rpartition(" ")
    fields = {"LastName": last[:NAME_LIMIT], "Email": email}
    fields |= {"FirstName": first[:FIRST_NAME_LIMIT]} if first else {}
    fields |= {"Phone": line(who.phone, PHONE_LIMIT)} if who.phone else {}
    return Record("contact", "Contact", fields, DUPLICATES)


def mail(
    ticket_id: str, message: Message, name: str, email: str | None
) -> tuple[Record, list[File]]:
    """What the customer wrote, as an email from them: comments are always from ourselves."""
    text, whole = _fit(_body(message.text, message.files), "message.txt")
    sender = line(message.name or name, SUBJECT_LIMIT)
    fields = {
        "ParentId": ticket_id,
        "Incoming": True,
        "Status": "0",  # new, not read yet
        "Subject": f"{sender}: chat message {words.mark(message.id)}",
        "TextBody": text,
    }
    fields |= {"FromAddress": email} if email else {}
    return Record("mail", "EmailMessage", fields), [*whole, *message.files]


def comments(ticket_id: str, note: Note) -> list[Record]:
    """A note as internal comments: one, or as many as its length needs.

    Not as a file, which could be shown to customers where a portal is.
    """
    end = f"\n{words.mark(note.id)}"
    text = transcript.clean(note.text).strip() or "-"
    parts = transcript.split(text, COMMENT_LIMIT - len(end.encode()))
    if len(parts) > COMPOSITE:
        raise InvalidRequest(f"a note longer than {COMPOSITE} comments")
    fields = {"ParentId": ticket_id, "IsPublished": False}
    return [
        Record(f"part{place}", "CaseComment", fields | {"CommentBody": part + end})
        for place, part in enumerate(parts)
    ]


def file(name: str, sent: File, place: str) -> Record:
    """A file that has data, at a case's id or at `THE_CASE`."""
    title = safe_name(sent.name)
    fields = {
        "Title": title[:SUBJECT_LIMIT],
        "PathOnClient": title,
        "VersionData": base64.b64encode(sent.data or b"").decode(),
        "FirstPublishLocationId": place,
    }
    fields |= {"Description": words.mark(sent.id)} if sent.id else {}
    return Record(name, "ContentVersion", fields)


def together(files: Iterable[File], place: str) -> tuple[list[Record], list[File]]:
    """The files that go into one request with what they belong to, and those that must follow."""
    later = [one for one in files if one.data and len(one.data) <= CAN.attachments]
    now, size = list[Record](), 0
    while later and len(now) < COMPOSITE - 1:
        size += len(later[0].data or b"")
        if size > COMPOSITE_BYTES:
            break
        now.append(file(f"file{len(now)}", later.pop(0), place))
    return now, later


def line(text: str, limit: int) -> str:
    """One line of at most `limit` characters."""
    return " ".join(transcript.clean(text).split())[:limit]


def _unusable(who: Requester) -> str:
    """What stands before the conversation, of an email that is none: an agent may make sense of it.

    Salesforce refuses the whole case for it in its own field.
    """
    typed = line(who.email or "", TEXT_LIMIT)
    return f"Email as the customer typed it: {typed}\n\n" if typed and not email_of(who) else ""


def _body(text: str, files: Sequence[File]) -> str:
    """A message with the links of files that cannot be sent; an email must not be empty."""
    large = CAN.attachments
    told = [File(name=f.name, url=f.url) if f.data and len(f.data) > large else f for f in files]
    names = ", ".join(transcript.clean(one.name) for one in told)
    return transcript.with_links(text, told) or names or "-"


def _fit(text: str, name: str) -> tuple[str, list[File]]:
    """The text; of one that is too long, its beginning, and the whole as a file."""
    if len(text.encode()) <= TEXT_LIMIT:
        return text, []
    rest = f"\n\n[… {name}]"
    head = transcript.split(text, TEXT_LIMIT - len(rest.encode()))[0].rstrip()
    return head + rest, [transcript.text_file(text, name)]
