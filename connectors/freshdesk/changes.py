"""Polling: the list of changed tickets, oldest first, and the conversations of our own.

Our cursor is `<since>:<page>`, the time in epoch seconds. Freshdesk pages by number through a list
that moves while we read it, so a full page is followed by a new list from its last time on; only
when a whole page lies within one second the number counts.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.errors import InvalidRequest, NotFound
from connectors.freshdesk import words
from connectors.freshdesk.api import Api
from connectors.freshdesk.config import CLOCKS, OVERLAP, PAGE, SAID_PAGE, TOLD
from connectors.http import understood
from connectors.types import Change, ChangePage

GONE = ("deleted", "spam")  # neither is in the list without its filter


def fetch(api: Api, after: datetime | str) -> ChangePage:
    """The changes since a time or one of our cursors."""
    since, page = _place(api, after)
    query = {"updated_since": _stamp(since), "order_by": "updated_at", "order_type": "asc"}
    rows = api.call("GET", "/tickets", params={**query, "per_page": PAGE, "page": page})
    with understood("GET /tickets"):
        times = [int(words.time_of(raw["updated_at"]).timestamp()) for raw in rows]
        found = [change for raw in rows if words.key_of(raw) for change in _of(api, raw)]
    found += [change for name in GONE for change in _gone(api, name, since)]
    found.sort(key=lambda change: change.at)
    more = len(times) == PAGE
    cursor = _next(since, page, times) if more else _end(api, since, times)
    return ChangePage(changes=tuple(found), cursor=cursor, more=more)


def of_ticket(api: Api, ticket_id: str) -> list[Change]:
    """What a poll would tell of one ticket."""
    raw = api.call("GET", f"/tickets/{ticket_id}")
    with understood("GET /tickets/{id}"):
        gone = raw.get("deleted") or raw.get("spam")
        told = [words.deletion(raw)] if gone else _of(api, raw)
        return sorted(told, key=lambda change: change.at)


def _place(api: Api, after: datetime | str) -> tuple[int, int]:
    if isinstance(after, datetime):
        return int(min(after, api.ports.now()).timestamp()), 1
    since, colon, page = after.partition(":")
    if not (colon and since.isdecimal() and page.isdecimal()):
        raise InvalidRequest("not a cursor of this desk")
    return int(since), int(page)


def _next(since: int, page: int, times: list[int]) -> str:
    last = times[-1] - 1  # whether `updated_since` includes its own second is not told
    return f"{last}:1" if last > since else f"{since}:{page + 1}"


def _end(api: Api, since: int, times: list[int]) -> str:
    """From a little before the newest change, and not for ever from there."""
    newest = max([since, *times]) - int(OVERLAP.total_seconds())
    lately = int((api.ports.now() - OVERLAP - CLOCKS).timestamp())
    return f"{max(newest, lately)}:1"


def _gone(api: Api, name: str, since: int) -> list[Change]:
    query = {"filter": name, "updated_since": _stamp(since)}
    with understood("GET /tickets?filter="):
        return [
            words.deletion(raw)
            for rows in api.pages("/tickets", query)
            for raw in rows
            if words.key_of(raw)
        ]


def _of(api: Api, raw: Mapping[str, Any]) -> list[Change]:
    """Where the ticket stands, and the newest that was said; told again under the same ids."""
    ticket = words.ticket_of(raw, api)
    try:
        listed = conversations(api, ticket.id)
    except NotFound:  # deleted since the list showed it: the next poll says so
        return []
    told = [words.said(one, ticket, api) for one in listed[-TOLD:]]
    return [*(change for change in told if change is not None), *words.standing(ticket)]


def conversations(api: Api, ticket_id: str) -> list[Mapping[str, Any]]:
    """All that was said in a ticket, oldest first: Freshdesk has no other order."""
    pages = api.pages(f"/tickets/{ticket_id}/conversations", {}, size=SAID_PAGE)
    return [raw for rows in pages for raw in rows]


def _stamp(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
