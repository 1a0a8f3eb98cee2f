"""Comments as Zendesk takes them: short enough, with their files, and known again later."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from connectors import transcript
from connectors.types import Draft, File, Message, Note
from connectors.zendesk import words
from connectors.zendesk.api import Api
from connectors.zendesk.config import COMMENT_LIMIT

CLOCKS = timedelta(minutes=5)  # how far Zendesk's clock and the customer's may lie apart


def opening(api: Api, draft: Draft) -> dict[str, Any]:
    """The first comment: the conversation, its files, and the line by which we know it again."""
    files = [file for message in draft.transcript for file in message.files]
    text, end = transcript.as_text(draft.transcript), f"\n\n{words.signature_line(draft.key)}"
    whole, body = _fit(text, "transcript.txt", COMMENT_LIMIT - len(end.encode()))
    return _with_uploads(api, body + end, [*whole, *files])


def comment(api: Api, text: str, files: Iterable[File] = ()) -> dict[str, Any]:
    """A message or note; what is too long for a comment comes whole as a file."""
    files = list(files)
    whole, body = _fit(body_of(text, files), "message.txt", COMMENT_LIMIT)
    return _with_uploads(api, body, [*whole, *files])


def body_of(text: str, files: Iterable[File]) -> str:
    """The text and its links, or the names of the files: a body must not be empty."""
    files = list(files)
    names = ", ".join(transcript.clean(file.name) for file in files)
    return transcript.with_links(text, files) or names or "-"


def same(raw: Mapping[str, Any], entry: Message | Note | File) -> bool:
    """True if a comment is this entry: by our mark, else by its words and a message's time."""
    mark = ((raw.get("metadata") or {}).get("custom") or {}).get("hub_entry")
    if mark is not None or isinstance(entry, File):
        return bool(mark == entry.id)
    files = entry.files if isinstance(entry, Message) else ()
    _, body = _fit(body_of(entry.text, files), "message.txt", COMMENT_LIMIT)
    if isinstance(entry, Message) and words.time_of(raw["created_at"]) < entry.at - CLOCKS:
        return False
    return bool(raw["body"].split() == body.split())


def _fit(text: str, name: str, limit: int) -> tuple[list[File], str]:
    """Nothing and the text; or, of a long one, the whole as a file and its beginning."""
    if len(text.encode()) <= limit:
        return [], text
    rest = f"\n\n[… {name}]"
    head = transcript.split(text, limit - len(rest.encode()))[0].rstrip()
    return [transcript.text_file(text, name)], head + rest


def _with_uploads(api: Api, body: str, files: Iterable[File]) -> dict[str, Any]:
    tokens = [api.upload(file)[0] for file in files if file.data]
    return {"body": body, "uploads": tokens} if tokens else {"body": body}
