"""Polling: the incremental export for admins, the list of tickets for everybody else.

Our cursor names the way and the place, times in epoch seconds: `since:<time>`,
`export:<since>:<Zendesk's cursor>` or `list:<since>:<newest seen>:<Zendesk's cursor>`. An export's
`since` is where the list would go on, if the hub's user is no admin any more; earlier hubs left it
out.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.errors import AuthFailed, Conflict, InvalidRequest, NotFound
from connectors.http import understood
from connectors.types import Change, ChangePage
from connectors.zendesk import words
from connectors.zendesk.api import Api
from connectors.zendesk.config import EXPORT, TICKETS_PAGE

HELD_BACK = timedelta(seconds=61)  # the export knows nothing of the last minute
OVERLAP = 60  # seconds that the list repeats, for tickets which changed while we read it


def fetch(api: Api, after: datetime | str) -> ChangePage:
    """The changes since a time or one of our cursors."""
    if isinstance(after, datetime):
        return _since(api, after)
    match after.split(":", 3):
        case ["since", time] if time.isdecimal():
            return _since(api, datetime.fromtimestamp(int(time), UTC))
        case ["export", since, *place] if since.isdecimal() and place:
            return _export(api, {"cursor": ":".join(place)}, since=int(since))
        case ["export", *place]:
            return _export(api, {"cursor": ":".join(place)}, since=0)
        case ["list", since, newest, page] if since.isdecimal() and newest.isdecimal():
            return _list(api, since=int(since), newest=int(newest), page=page)
    raise InvalidRequest("not a cursor of this desk")


def of_ticket(api: Api, ticket_id: str) -> list[Change]:
    """What a poll would tell of one ticket."""
    answer = api.zenpy.ticket(ticket_id)
    with understood("GET /tickets/{id}"):
        return _oldest_first(_of(api, answer["ticket"]))


def _since(api: Api, after: datetime) -> ChangePage:
    start = min(after, api.ports.now() - HELD_BACK)
    return _export(api, {"start_time": int(start.timestamp())}, since=int(after.timestamp()))


def _export(api: Api, place: Mapping[str, Any], *, since: int) -> ChangePage:
    # Not zenpy's: it forgets per_page with a cursor, and Zendesk's 1,000 tickets a page, each with
    # its transcript as description, would be up to 64 MB.
    try:
        answer = api.call("GET", EXPORT, params={**place, "per_page": TICKETS_PAGE})
    except AuthFailed:  # 403: only admins may export; a dead token fails below as well
        if not since:
            raise
        return _list(api, since=since, newest=since, page="")
    with understood(f"GET {EXPORT}"):
        cursor = answer["after_cursor"] or place.get("cursor")
        more = answer["end_of_stream"] is False
        if cursor is None:  # an account without any ticket: ask for the same time again
            return ChangePage(changes=(), cursor=f"since:{place['start_time']}", more=False)
        since = max([since, *(at - OVERLAP for at in _times(answer["tickets"]))])
        changes = _of_tickets(api, answer["tickets"])
        return ChangePage(changes=changes, cursor=f"export:{since}:{cursor}", more=more)


def _list(api: Api, *, since: int, newest: int, page: str) -> ChangePage:
    query: dict[str, Any] = {"sort": "-updated_at", "page[size]": TICKETS_PAGE}
    query |= {"page[after]": page} if page else {}
    answer = api.call("GET", "/tickets", params=query)
    with understood("GET /tickets"):
        times = _times(answer["tickets"])
        changed = [raw for raw, at in zip(answer["tickets"], times, strict=True) if at >= since]
        newest = max([newest, *times])
        more = len(changed) == len(times) and answer["meta"]["has_more"]
        place = answer["meta"]["after_cursor"] if more else ""
        cursor = f"list:{since}:{newest}:{place}" if more else _list_cursor(newest - OVERLAP)
        return ChangePage(changes=_of_tickets(api, changed), cursor=cursor, more=more)


def _list_cursor(since: int) -> str:
    return f"list:{since}:{since}:"


def _times(tickets: list[dict[str, Any]]) -> list[int]:
    return [int(words.time_of(raw["updated_at"]).timestamp()) for raw in tickets]


def _of_tickets(api: Api, tickets: list[dict[str, Any]]) -> tuple[Change, ...]:
    """The changes of our own tickets among these, oldest first."""
    found = [
        change for raw in tickets if words.ours(raw["external_id"]) for change in _of(api, raw)
    ]
    return tuple(_oldest_first(found))


def _oldest_first(found: list[Change]) -> list[Change]:
    return sorted(found, key=lambda change: change.at)


def _of(api: Api, raw: Mapping[str, Any]) -> list[Change]:
    """Where a changed ticket stands, and what its newest hundred comments say.

    Zendesk does not tell what changed: what was told before comes again with the same ids, and
    the standing status and assignee with the time of the last update.
    """
    at = words.time_of(raw["updated_at"])
    if raw["status"] == "deleted":
        return [words.deletion(raw, at=at)]
    told = [words.status_change(raw, raw["status"], at=at, changed_at=at, config=api.config)]
    if raw.get("assignee_id"):
        told.append(words.assignment_change(raw, raw["assignee_id"], at=at, changed_at=at))
    return told + _comments(api, raw)


def _comments(api: Api, raw: Mapping[str, Any]) -> list[Change]:
    try:
        pages = list(api.comments(str(raw["id"])))
    except (NotFound, Conflict):  # deleted since the export saw it, or not for us to read
        return []
    authors = {str(user["id"]): user for page in pages for user in page.get("users") or ()}
    newest_first = [comment for page in pages for comment in page["comments"]]
    return [
        change
        for comment in reversed(newest_first)  # a second may hold several
        for change in words.comment_changes(comment, raw, authors)
    ]
