"""What is said in a ticket: our texts as Intercom takes them, and Intercom's HTML as text."""

import base64
import hashlib
import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

from connectors import markup, transcript
from connectors.addresses import usable_email
from connectors.files import safe_name
from connectors.intercom.config import BODY_LIMIT, FILE_LIMIT, FILES_LIMIT, PHONE
from connectors.types import Draft, File, Message, Note, Requester

CLOCKS = timedelta(minutes=5)  # how far Intercom's clock and ours may lie apart
# Sixteen invisible letters after a separator: a part has no field of ours, and people read it.
SEPARATOR, DIGITS = "\u2063", "\u200b\u200c\u200d\u2060"
MARK = re.compile(f"{SEPARATOR}[{DIGITS}]{{16}}")
IMAGE = re.compile(r"<img\b[^>]*?\ssrc=\"(https?://[^\"]+)\"")
# Webhooks carry HTML or, from version 2.15 of the app on, plain text; HTML begins with a tag.
HTML = re.compile(r"\s*<(p|div|ul|ol|pre|h[1-6]|img|figure|table|a|b|i|em|strong|br)\b[^<]*>")


def opening(draft: Draft) -> tuple[str, list[dict[str, Any]]]:
    """The ticket's description, and the notes that carry what does not fit or is a file."""
    text = _unheld(draft.requester) + transcript.as_text(draft.transcript)
    files = _portable(file for message in draft.transcript for file in message.files)
    whole, head = _fit(text, "transcript.txt", len(text.encode()), BODY_LIMIT)
    sent = [*whole, *(file for file in files if file.data)]
    title = f"Files of the conversation\n{signature_line(draft.key)}"
    return head, [reply(title, batch) for batch in _batches(sent)]


def entry(text: str, files: Iterable[File], entry_id: str) -> Iterator[dict[str, Any]]:
    """A message or note with our mark, last: what files are too many for it come before."""
    files = _portable(files)
    whole, head = _body(text, files)
    sent = [*whole, *(file for file in files if file.data)]
    yield from (reply("[…]", batch) for batch in _batches(sent[FILES_LIMIT:]))
    yield reply(head + mark(entry_id), sent[:FILES_LIMIT])


def reply(text: str, files: Iterable[File]) -> dict[str, Any]:
    """The body of an answer and its files; what customers write is no markup."""
    sent = [
        {
            "content_type": file.content_type,
            "name": safe_name(file.name),
            "data": base64.b64encode(file.data or b"").decode(),
        }
        for file in files
    ]
    return {"body": markup.as_html(text)} | ({"attachment_files": sent} if sent else {})


def of_file(file: File) -> dict[str, Any]:
    """The body of a file that comes alone."""
    return reply(body_of("", [file]) + (mark(file.id) if file.id else ""), [file])


def body_of(text: str, files: Iterable[File]) -> str:
    """The text and its links, or the names of the files: a body must not be empty."""
    files = list(files)
    names = ", ".join(transcript.clean(file.name) for file in files)
    return transcript.with_links(text, files) or names or "-"


def same(part: Mapping[str, Any], entry: Message | Note | File) -> bool:
    """True if a part is this entry: by our mark; should it be lost, by its words and time."""
    text = text_of(part.get("body"))
    found = MARK.findall(text)
    if found or isinstance(entry, File):
        return bool(found and found[-1] == mark(entry.id or ""))
    if isinstance(entry, Message) and _time(part) < entry.at - CLOCKS:
        return False
    files = _portable(entry.files) if isinstance(entry, Message) else ()
    return text.split() == _body(entry.text, files)[1].split()


def mark(entry_id: str) -> str:
    """The hub's id of an entry as invisible letters."""
    bits = int.from_bytes(hashlib.sha256(entry_id.encode()).digest()[:4], "big")
    return SEPARATOR + "".join(DIGITS[bits >> shift & 3] for shift in range(30, -1, -2))


def unmarked(text: str) -> str:
    """A text without our marks."""
    return MARK.sub("", text)


def signature_line(key: str) -> str:
    """The last line of our own notes at creation: by it we know them when they come back."""
    return f"[{key}]"


def is_of_opening(part: Mapping[str, Any], key: str) -> bool:
    """True if a part is one of the notes with which a ticket begins."""
    return signature_line(key) in text_of(part.get("body")).splitlines()[-1:]


def text_of(body: str | None, *, sniff: bool = False) -> str:
    """A part's body as text; `sniff` where it may be plain already."""
    if not body or (sniff and not HTML.match(body)):
        return body or ""
    return markup.as_text(body)


def images_of(body: str | None) -> Iterator[File]:
    """The images that stand inside a body."""
    for address in IMAGE.findall(body or ""):
        url = html.unescape(address)
        name = unquote(urlsplit(url).path.rpartition("/")[2])
        yield File(name=name or "image", content_type="image/*", url=url)


def _unheld(who: Requester) -> str:
    """What the customer gave as address and number and the contact cannot hold, for people."""
    email = None if usable_email(who.email) else who.email
    phone = None if PHONE.fullmatch(who.phone or "") else who.phone
    given = {"E-mail": email, "Phone": phone}
    plain = {title: " ".join(transcript.clean(text or "").split()) for title, text in given.items()}
    told = "".join(f"{title}, as given: {text}\n" for title, text in plain.items() if text)
    return f"{told}\n" if told else ""


def _body(text: str, files: Iterable[File]) -> tuple[list[File], str]:
    """A message or note as it is sent: of a long one the whole as a file, and its beginning."""
    body = body_of(text, files)
    return _fit(body, "message.txt", len(markup.as_html(body).encode()), BODY_LIMIT // 6)


def _fit(text: str, name: str, size: int, limit: int) -> tuple[list[File], str]:
    """Nothing and the text; or, of a long one, the whole as a file and its beginning."""
    if size <= BODY_LIMIT:
        return [], text
    rest = f"\n\n[… {name}]"
    head = transcript.split(text, limit - len(rest.encode()))[0].rstrip()
    return [transcript.text_file(text, name)], head + rest


def _portable(files: Iterable[File]) -> list[File]:
    """The files, without the bytes of those that are too large: a link is what is left of them."""
    return [f if len(f.data or b"") <= FILE_LIMIT else replace(f, data=None) for f in files]


def _batches(files: list[File]) -> Iterator[list[File]]:
    return (files[at : at + FILES_LIMIT] for at in range(0, len(files), FILES_LIMIT))


def _time(part: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(int(part["created_at"]), UTC)
