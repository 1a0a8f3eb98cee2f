"""Polling: conversations by their last modification, newest first.

Newest first, because Help Scout tells no time of modification: whatever changes while we walk
through the pages moves to the front and pushes the rest on to pages that we have still to read.
Only a deletion pulls them back, and then we begin anew. Our cursor is
`<since>:<begun>:<page>:<total>`: the time that is asked for, the time when this walk began (from
which the next one starts), the next page, and how many conversations there were, times in epoch
seconds.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.errors import InvalidRequest, NotFound
from connectors.help_scout import words
from connectors.help_scout.api import Api
from connectors.http import understood
from connectors.types import Change, ChangePage

OVERLAP = 120  # seconds: for Help Scout's clock, and for what it tells late
PATH = "/conversations"


def fetch(api: Api, after: datetime | str) -> ChangePage:
    """The changes since a time or one of our cursors."""
    now = int(api.ports.now().timestamp())
    if isinstance(after, datetime):
        return _walk(api, since=int(after.timestamp()), begun=now, page=1, total=0)
    parts = after.split(":")
    if len(parts) != 4 or not all(part.isascii() and part.isdecimal() for part in parts):
        raise InvalidRequest("not a cursor of this desk")
    since, begun, page, total = map(int, parts)
    return _walk(api, since=since, begun=begun if page > 1 else now, page=page, total=total)


def recent(since: datetime, sort: str) -> dict[str, str]:
    """What asks for the conversations that were modified since a time, in descending order."""
    asked = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"status": "all", "modifiedSince": asked, "sortField": sort, "sortOrder": "desc"}


def _walk(api: Api, *, since: int, begun: int, page: int, total: int) -> ChangePage:
    asked = recent(datetime.fromtimestamp(since, UTC), "modifiedAt")
    answer = api.get(PATH, **asked, page=page)
    with understood(f"GET {PATH}"):
        pages, now_total = int(answer["page"]["totalPages"]), int(answer["page"]["totalElements"])
        rows = answer.get("_embedded", {}).get("conversations", [])
        if page > 1 and now_total < total:
            return ChangePage(changes=(), cursor=f"{since}:{begun}:1:0", more=True)
        changes = [change for raw in rows for change in _of(api, raw)]
    if page < pages:
        cursor = f"{since}:{begun}:{page + 1}:{now_total}"
    else:
        cursor = f"{begun - OVERLAP}:{begun}:1:0"
    told = tuple(sorted(changes, key=lambda change: change.at))
    return ChangePage(changes=told, cursor=cursor, more=page < pages)


def of_ticket(api: Api, path: str) -> list[Change]:
    """What a poll would tell of the conversation at `path`; of a merged one, where it went."""
    try:
        raw = api.get(path)
    except NotFound:
        merged = list(_merged(api, path))
        if merged:
            return merged
        raise
    with understood("GET /conversations/{id}"):
        return sorted(_of(api, raw), key=lambda change: change.at)


def _of(api: Api, raw: Mapping[str, Any]) -> Iterator[Change]:
    """Where one of our conversations stands, and what was written into it."""
    if words.key_of(raw) is None:
        return
    path = f"{PATH}/{int(raw['id'])}"
    try:
        threads = list(api.pages(f"{path}/threads", "threads"))
    except NotFound:  # deleted or merged since the list saw it
        yield from _merged(api, path)
        return
    yield from words.standing(raw, threads, api.config)
    yield from words.said(raw, threads)


def _merged(api: Api, path: str) -> Iterator[Change]:
    """That the conversation, which is not found, goes on in another one; else it was deleted."""
    into = api.survivor(path)
    if into is not None:
        yield words.merge(path.rpartition("/")[2], into, at=api.ports.now())
