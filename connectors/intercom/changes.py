"""Polling: the tickets that changed, newest first, and each of ours read whole.

Newest first, because what changes meanwhile then moves to the front: nothing slips past between
two pages. Not only those of the connection's ticket type, which may have been another when a ticket
was made. Our cursor is `<since>:<newest seen>:<Intercom's cursor>`, times in Unix seconds.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.errors import InvalidRequest, NotFound, TooLarge
from connectors.http import understood
from connectors.intercom import words
from connectors.intercom.api import Api
from connectors.intercom.config import OVERLAP, PAGE
from connectors.types import Change, ChangePage

SEARCH = "/tickets/search"


def fetch(api: Api, after: datetime | str) -> ChangePage:
    """The changes since a time or one of our cursors."""
    if isinstance(after, datetime):
        return _page(api, since=int(after.timestamp()), newest=int(after.timestamp()), page="")
    match after.split(":", 2):
        case [since, newest, page] if since.isdecimal() and newest.isdecimal():
            return _page(api, since=int(since), newest=int(newest), page=page)
    raise InvalidRequest("not a cursor of this desk")


def _page(api: Api, *, since: int, newest: int, page: str) -> ChangePage:
    answer = search(
        api,
        # Intercom calls ">" "greater or equal" here and "greater" there.
        {"field": "updated_at", "operator": ">", "value": since - 1},
        order="updated_at",
        size=PAGE,
        page=page,
    )
    with understood(f"POST {SEARCH}"):
        tickets = answer["tickets"]
        newest = max([newest, *(int(raw["updated_at"]) for raw in tickets)])
        follows = _follows(answer)
        mine = [str(raw["id"]) for raw in tickets if words.ours(raw)]
    found = [change for ticket_id in mine for change in _if_there(api, ticket_id)]
    more = bool(follows and tickets and follows != page)  # a cursor that stands still is the end
    cursor = f"{since}:{newest}:{follows}" if more else _start(newest - OVERLAP)
    return ChangePage(
        changes=tuple(sorted(found, key=lambda change: change.at)), cursor=cursor, more=more
    )


def search(
    api: Api, query: Mapping[str, Any], *, order: str, size: int, page: str = ""
) -> Mapping[str, Any]:
    """One page of the tickets that match, the latest first; the first alone if they are too large.

    Tickets come with their parts.
    """
    pagination: dict[str, Any] = {"per_page": size} | ({"starting_after": page} if page else {})
    sort = {"field": order, "order": "descending"}
    body = {"query": query, "pagination": pagination, "sort": sort}
    try:
        found: Mapping[str, Any] = api.call("POST", SEARCH, body)
    except TooLarge:
        alone = body | {"pagination": pagination | {"per_page": 1}}
        found = api.at_length("POST", SEARCH, alone)
    return found


def latest(api: Api, query: Mapping[str, Any], most: int) -> list[Mapping[str, Any]]:
    """The newest tickets that match, at most `most`."""
    found: list[Mapping[str, Any]] = []
    page: str | None = ""
    while page is not None and len(found) < most:
        size = min(PAGE, most - len(found))
        answer = search(api, query, order="created_at", size=size, page=page)
        with understood(f"POST {SEARCH}"):
            found += answer["tickets"]
            follows = _follows(answer) if answer["tickets"] else None
        page = follows if follows != page else None
    return found


def _if_there(api: Api, ticket_id: str) -> list[Change]:
    try:
        return of_ticket(api, ticket_id)
    except NotFound:  # deleted since the search saw it
        return []


def of_ticket(api: Api, ticket_id: str) -> list[Change]:
    """Where a ticket stands, and what its parts say."""
    raw = api.ticket(ticket_id)
    with understood("GET /tickets/{id}"):
        parts = raw["ticket_parts"]["ticket_parts"]
        return words.changes_of(raw, parts, api.config, api.ports.now())


def _follows(answer: Mapping[str, Any]) -> str | None:
    """Intercom's cursor for the page behind this one."""
    found = ((answer.get("pages") or {}).get("next") or {}).get("starting_after")
    return str(found) if found else None


def _start(since: int) -> str:
    return f"{since}:{since}:"
