"""A conversation as plain text, for the desks that take it as a comment or as a file."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC

from connectors.text import clean as clean
from connectors.types import File, Message

ROLES = {"customer": "customer", "ai": "AI assistant", "agent": "agent", "system": "system"}


def as_text(messages: Iterable[Message]) -> str:
    """Each message with its UTC time, name and role, text, and the names and URLs of its files.

    The text is indented, so that nothing a customer writes can pass for another's message.
    """
    return "\n\n".join("\n".join(_lines(message)) for message in messages)


def as_file(messages: Iterable[Message], name: str = "transcript.txt") -> File:
    """The whole conversation as a text file in UTF-8."""
    return text_file(as_text(messages), name)


def text_file(text: str, name: str) -> File:
    """`text` as a file in UTF-8."""
    data = text.encode()
    return File(name=name, content_type="text/plain; charset=utf-8", data=data, size=len(data))


def with_links(text: str, files: Iterable[File]) -> str:
    """What a person reads where files without bytes cannot be sent: the text, then their links."""
    lines = [clean(text).strip(), *(_file(file) for file in files if not file.data)]
    return "\n".join(line for line in lines if line)


def split(text: str, limit: int) -> list[str]:
    """Parts of at most `limit` bytes of UTF-8 that join to `text`; lines are kept whole if short.

    `limit` is at least 4, the longest character.
    """
    parts: list[str] = []
    part: list[str] = []
    size = 0
    for piece in _pieces(text, limit):
        length = len(piece.encode())
        if size + length > limit:
            parts.append("".join(part))
            part, size = [], 0
        part.append(piece)
        size += length
    return [*parts, "".join(part)]


def _lines(message: Message) -> Iterator[str]:
    role = ROLES[message.role]
    name = " ".join(clean(message.name or "").split())
    who = f"{name} ({role})" if name else role.capitalize() if role.islower() else role
    yield f"{message.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC, {who}:"
    yield from (f"  {line}" for line in re.split(r"\r\n|\r|\n", clean(message.text)))
    yield from (f"  {_file(file)}" for file in message.files)


def _file(file: File) -> str:
    name = " ".join(clean(file.name).split())
    return f"[file: {name}] {file.url}" if file.url else f"[file: {name}]"


def _pieces(text: str, limit: int) -> Iterator[str]:
    """Lines with their ends; a line longer than `limit` bytes in pieces that fit."""
    for line in text.splitlines(keepends=True):
        data = line.encode()
        while len(data) > limit:
            cut = limit
            while data[cut] & 0xC0 == 0x80:  # never inside a character
                cut -= 1
            yield data[:cut].decode()
            data = data[cut:]
        yield data.decode()
