"""Files on their way: a name that harms nobody, and the bytes of what an agent attached."""

import re
import time
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urljoin

import requests
from urllib3.exceptions import HTTPError

from connectors.base import Ports
from connectors.errors import Unavailable
from connectors.http import Http
from connectors.transcript import clean
from connectors.types import File, Message

LARGEST = 50 * 1024 * 1024  # bytes of a file that comes from a desk
PATIENCE = 60.0  # seconds for all of it
NAME_LIMIT = 150  # characters
# What a folder, a header or another system would read as more than a name.
SPECIAL = re.compile(r'[<>:"|?*\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]')
LONG_AGO = datetime.min.replace(tzinfo=UTC)


def safe_name(name: str) -> str:
    """The last part of a path, without what is special to folders and headers; never empty."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", clean(name)))[-1]
    plain = " ".join(SPECIAL.sub("_", last).split()).strip(". ")
    stem, dot, ending = plain.rpartition(".")
    if len(plain) > NAME_LIMIT and dot and len(ending) < 20:
        plain = f"{stem[: NAME_LIMIT - len(ending) - 1]}.{ending}"
    return plain[:NAME_LIMIT] or "file"


def as_message(file: File) -> Message:
    """A file as a message of the customer's that has no words."""
    return Message(id=file.id or "", role="customer", text="", at=LONG_AGO, files=(file,))


def read(http: Http, ports: Ports, url: str, *, own: str) -> Iterator[bytes]:
    """The bytes at `url`: with our credentials below `own`, the desk's address, only.

    What a desk points to elsewhere, and where its own address leads on to, gets none.
    """
    if not url.startswith(f"{own}/"):
        return ports.download(url)
    response = http.open(url)
    if response.is_redirect:
        response.close()
        try:
            away = urljoin(url, response.headers["location"])
        except ValueError:  # such as brackets that do not close
            raise Unavailable("the file's address leads nowhere", sent=False) from None
        return ports.download(away)
    return chunks(response)


def chunks(response: requests.Response) -> Iterator[bytes]:
    """The body as it comes: at most `LARGEST` bytes in at most `PATIENCE` seconds."""
    ends, size = time.monotonic() + PATIENCE, 0
    try:
        while chunk := response.raw.read1(65536, decode_content=True):
            size += len(chunk)
            if size > LARGEST or time.monotonic() > ends:
                raise Unavailable("the file is too large or comes too slowly", sent=False)
            yield chunk
    except HTTPError as problem:
        raise Unavailable(f"the file broke off ({type(problem).__name__})", sent=False) from None
    finally:
        response.close()
