"""Notes and emails of a ticket: short enough, with their files, and known again by their mark.

A HubSpot ticket has no public comment. What the customer writes becomes an incoming email of the
ticket's timeline, what an agent mails is an outgoing one, and notes are for the people there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from connectors import markup, transcript
from connectors.http import understood
from connectors.hubspot import words
from connectors.hubspot.api import Api
from connectors.hubspot.config import (
    CAN,
    EMAIL_TO_CONTACT,
    EMAIL_TO_TICKET,
    LIST_PAGE,
    NOTE_TO_TICKET,
    TEXT_LIMIT,
)
from connectors.types import Draft, File, Message, Note, Requester

HEAD = TEXT_LIMIT // 8  # bytes of plain text; as HTML it may grow six times
INCOMING, OUTGOING = "INCOMING_EMAIL", "EMAIL"
COMMON = ("hs_timestamp", "hs_attachment_ids", "hubspot_owner_id", "hs_created_by_user_id")
# hs_note_body and hs_email_direction are from the vendor's pages, the other emails' from memory.
PROPERTIES = {
    "notes": ("hs_note_body", *COMMON),
    "emails": (
        *("hs_email_direction", "hs_email_text", "hs_email_html", *COMMON),
        *("hs_email_from_firstname", "hs_email_from_lastname", "hs_email_from_email"),
    ),
}


def opening(api: Api, draft: Draft, *, named: bool) -> tuple[str, str | None]:
    """The ticket's description, and a note with its files if there are any; nothing is cut.

    The note is made before the ticket and goes into it with the create: either both are there or
    neither is. A customer who is no contact (not `named`) is named in the text.
    """
    files = [_small(file) for message in draft.transcript for file in message.files]
    text = "" if named else _who(draft.requester)
    text += transcript.as_text(draft.transcript)
    whole, shown = _fit(text, "transcript.txt")
    ids = _upload(api, [*whole, *files])
    if not ids:
        return shown, None
    body = f"Files of the conversation\n\n{words.mark(draft.key)}"
    return shown, _note(api, body, ids, ())


def add_note(api: Api, ticket_id: str, note: Note) -> str:
    """A note; too long for one, it comes whole as a file."""
    whole, shown = _fit(transcript.with_links(note.text, ()) or "-", "note.txt")
    body = f"{shown}\n\n{words.mark(note.id)}"
    return _note(api, body, _upload(api, whole), _of_ticket(ticket_id, NOTE_TO_TICKET))


def add_file(api: Api, ticket_id: str, file: File) -> str:
    """A file, in a note of its own; the file's id."""
    (number,) = _upload(api, [file])
    body = f"{transcript.clean(file.name)}\n\n{words.mark(file.id or f'file:{number}')}"
    _note(api, body, [number], _of_ticket(ticket_id, NOTE_TO_TICKET))
    return number


def add_message(api: Api, ticket: Mapping[str, Any], message: Message) -> str:
    """What the customer wrote, as an incoming email of the ticket and its contact."""
    files = [_small(file) for file in message.files]
    names = ", ".join(transcript.clean(file.name) for file in files)
    text = transcript.with_links(message.text, files) or names or "-"
    whole, shown = _fit(text, "message.txt")
    properties = {
        "hs_timestamp": words.in_ms(message.at),
        "hs_email_direction": INCOMING,
        "hs_email_subject": ticket["properties"].get("subject") or "",
        "hs_email_text": f"{shown}\n\n{words.mark(message.id)}",
    }
    associations = _of_ticket(str(ticket["id"]), EMAIL_TO_TICKET)
    for contact in api.associated(ticket, "contacts")[:1]:
        associations.append(words.to(contact, EMAIL_TO_CONTACT))
    return _create(api, "emails", properties, _upload(api, [*whole, *files]), associations)


def find(api: Api, ticket: Mapping[str, Any], entry: Message | Note | File) -> str | None:
    """The id of our entry, by its mark."""
    kind = "emails" if isinstance(entry, Message) else "notes"
    for raw in read(api, ticket, kind):
        if text_of(raw).rstrip().endswith(words.mark(entry.id or "")):
            return str(raw["id"])
    return None


def read(api: Api, ticket: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    """The ticket's notes or emails, oldest first."""
    found: list[Mapping[str, Any]] = []
    ids = api.associated(ticket, kind)
    for start in range(0, len(ids), LIST_PAGE):
        answer = api.crm.read(kind, ids[start : start + LIST_PAGE], PROPERTIES[kind])
        with understood(f"POST /crm/objects/{kind}/batch/read"):
            found += answer["results"]
    return sorted(found, key=lambda raw: int(raw["id"]))


def text_of(raw: Mapping[str, Any]) -> str:
    """What a note or email says, as plain text."""
    properties = raw["properties"]
    plain = properties.get("hs_email_text")
    if plain:
        return str(plain)
    return markup.as_text(properties.get("hs_note_body") or properties.get("hs_email_html") or "")


def _of_ticket(ticket_id: str, kind: int) -> list[dict[str, Any]]:
    return [words.to(ticket_id, kind)]


def _note(
    api: Api, text: str, files: Sequence[str], associations: Sequence[Mapping[str, Any]]
) -> str:
    properties = {
        "hs_timestamp": words.in_ms(api.ports.now()),
        "hs_note_body": markup.as_html(text),
    }
    return _create(api, "notes", properties, files, associations)


def _create(
    api: Api,
    kind: str,
    properties: dict[str, str],
    files: Sequence[str],
    associations: Sequence[Mapping[str, Any]],
) -> str:
    if files:
        properties["hs_attachment_ids"] = ";".join(files)
    answer = api.crm.create(kind, properties, associations)
    with understood(f"POST /crm/objects/{kind}"):
        return str(answer["id"])


def _upload(api: Api, files: Iterable[File]) -> list[str]:
    return [api.upload(file) for file in files if file.data]


def _small(file: File) -> File:
    """The file, without its bytes if HubSpot would not take them: then its link travels."""
    return replace(file, data=None) if len(file.data or b"") > CAN.attachments else file


def _fit(text: str, name: str) -> tuple[list[File], str]:
    """Nothing and the text; or, of a long one, the whole as a file and its beginning."""
    if len(markup.as_html(text).encode()) <= TEXT_LIMIT:
        return [], text
    head = transcript.split(text, HEAD)[0].rstrip()
    return [transcript.text_file(text, name)], f"{head}\n\n[… {name}]"


def _who(requester: Requester) -> str:
    known = (requester.name, requester.email, requester.phone, requester.id)
    told = ", ".join(transcript.clean(value) for value in known if value)
    return f"Customer: {told}\n\n" if told else ""
