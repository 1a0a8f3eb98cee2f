"""Threads as Help Scout takes them: HTML, short enough, with files, and known again later."""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from connectors import markup, transcript
from connectors.errors import Unsupported
from connectors.files import safe_name
from connectors.help_scout.config import FILE_LIMIT, HEAD_LIMIT, TEXT_LIMIT
from connectors.help_scout.words import signature_line
from connectors.types import Draft, File, Message, Note

# Help Scout keeps nothing of ours beside a thread, so its text ends with the hub's id for it, in
# characters without width. By it a thread is found again, and two equal ones are told apart.
DIGITS = "\u200b\u200c\u200d\u2060"
MARK = 24  # of them: 48 bits of the id's hash


def opening(draft: Draft) -> list[dict[str, Any]]:
    """What the customer said last, and the whole conversation as a note with all its files."""
    customers = [m.text for m in draft.transcript if m.role == "customer" and m.text.strip()]
    last = customers[-1] if customers else draft.subject or "-"
    files = [file for message in draft.transcript for file in message.files]
    phone = f"Phone: {draft.requester.phone}\n\n" if draft.requester.phone else ""
    text = phone + transcript.as_text(_travelling(draft.transcript))
    body = _body(text, "transcript.txt", files, end=f"\n\n{signature_line(draft.key)}")
    return [{"type": "customer", **_body(last, "message.txt")}, {"type": "note", **body}]


def body_of(entry: Message | Note) -> dict[str, Any]:
    """`text` and `attachments` of a message or note; what is too long comes whole as a file."""
    files = entry.files if isinstance(entry, Message) else ()
    checked = [_checked(file) for file in files]
    names = ", ".join(file.name for file in checked)
    text = transcript.with_links(entry.text, checked) or transcript.clean(names) or "-"
    return _body(text, "message.txt", files, end=mark(entry.id))


def file_body(file: File) -> dict[str, Any]:
    """`text` and `attachments` of a file that comes alone."""
    if not file.data or len(file.data) > FILE_LIMIT:
        raise Unsupported(f"Help Scout takes files of 1 to {FILE_LIMIT} bytes")
    end = mark(file.id) if file.id else ""
    return _body(transcript.clean(file.name) or "file", "message.txt", [file], end=end)


def same(raw: Mapping[str, Any], entry: Message | Note | File) -> bool:
    """True if a thread of Help Scout is this entry."""
    return mark(entry.id or "") in (raw.get("body") or "")


def mark(entry_id: str) -> str:
    """The id as characters that nobody sees."""
    number = int.from_bytes(hashlib.sha256(entry_id.encode()).digest()[:8], "big")
    return "".join(DIGITS[number >> 2 * place & 3] for place in range(MARK))


def _body(text: str, name: str, files: Sequence[File] = (), *, end: str = "") -> dict[str, Any]:
    text = transcript.clean(text)
    body, whole = markup.as_html(text), []
    if len(body.encode()) > TEXT_LIMIT:
        whole = [transcript.text_file(text, name)]
        body = markup.as_html(f"{transcript.split(text, HEAD_LIMIT)[0].rstrip()}\n\n[… {name}]")
    attachments = [_attachment(file) for file in [*whole, *map(_checked, files)] if file.data]
    made: dict[str, Any] = {"text": body + markup.as_html(end)}
    return made | ({"attachments": attachments} if attachments else {})


def _travelling(messages: Iterable[Message]) -> list[Message]:
    return [replace(m, files=tuple(_checked(file) for file in m.files)) for m in messages]


def _checked(file: File) -> File:
    """The file, without its bytes if they are too many: then its name or link has to do."""
    return replace(file, data=None) if len(file.data or b"") > FILE_LIMIT else file


def _attachment(file: File) -> dict[str, str]:
    return {
        "fileName": safe_name(file.name),
        "mimeType": file.content_type.partition(";")[0],
        "data": base64.b64encode(file.data or b"").decode(),
    }
