"""Freshdesk's bodies: plain words made into HTML, short enough, and known again."""

import hashlib
from collections.abc import Iterable

from connectors import markup, transcript
from connectors.freshdesk.config import ATTACHMENTS, BODY_LIMIT
from connectors.types import Draft, File, Message, Note

LONGEST_ESCAPE = 6  # bytes that one byte of text may become: a space, `&nbsp;`


def opening(draft: Draft, lead: str) -> tuple[str, list[File]]:
    """The description and its files: the mapping's words, the conversation, the phone number."""
    phone = f"Phone: {draft.requester.phone}" if draft.requester.phone else ""
    files = [file for message in draft.transcript for file in message.files]
    parts = (lead, phone, transcript.as_text(draft.transcript))
    text = "\n\n".join(part for part in parts if part) or "-"
    return _with_files(text, "transcript.txt", files, end="")


def entry(said: Message | Note) -> tuple[str, list[File]]:
    """A message or note with its files, and the line by which it is known again."""
    files = said.files if isinstance(said, Message) else ()
    return _with_files(said.text, "message.txt", files, end=_end(said))


def of_file(file: File) -> str:
    """The words that go with a file alone."""
    return to_html(transcript.clean(file.name) or "file") + (_end(file) if file.id else "")


def mark(said: Message | Note | File) -> str:
    """What stands below an entry: Freshdesk keeps nothing else by which to find it."""
    return "ref " + hashlib.sha256((said.id or "").encode()).hexdigest()[:12]


def _end(said: Message | Note | File) -> str:
    return f"<br><small>{mark(said)}</small>"


def to_html(text: str) -> str:
    """Plain words as HTML that looks the same."""
    return f"<div>{markup.as_html(transcript.clean(text))}</div>"


def _with_files(text: str, name: str, files: Iterable[File], *, end: str) -> tuple[str, list[File]]:
    """The body and the files that can travel; the others become links, a long text a file."""
    sent, named = _sorted(files, ATTACHMENTS - len(text.encode()))
    whole = transcript.with_links(text, named) or ", ".join(file.name for file in sent) or "-"
    body = to_html(whole) + end
    if len(body.encode()) <= BODY_LIMIT:
        return body, sent
    head = transcript.split(transcript.clean(whole), BODY_LIMIT // LONGEST_ESCAPE - 100)[0]
    body = to_html(f"{head.rstrip()}\n\n[… {name}]") + end
    return body, [transcript.text_file(whole, name), *sent]


def _sorted(files: Iterable[File], room: int) -> tuple[list[File], list[File]]:
    """The files that fit into `room` bytes together, and the others without their bytes."""
    sent: list[File] = []
    named: list[File] = []
    for file in files:
        size = len(file.data or b"")
        if 0 < size <= room:
            sent.append(file)
            room -= size
        else:
            named.append(File(name=file.name, url=file.url))
    return sent, named
