"""Polling: the search for tickets that changed, in windows of time.

Our cursor is `<since>:<row>:<swept>:<began>`, times in milliseconds: the window's begin, how many
rows of it we know, when we last looked through all open tickets, and when the walk over several
pages began (0: none is under way). Pages go on from the last row's time, since the search is not
deep.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from connectors.errors import InvalidRequest, NotFound
from connectors.http import understood
from connectors.types import Change, ChangePage, Ticket
from connectors.zoho_desk import words
from connectors.zoho_desk.api import Api
from connectors.zoho_desk.config import DEPTH, KEY_PREFIX, PAGE

SEARCH = "/tickets/search"
# How much is asked again: for the lag of the search index (unknown), and for clocks.
OVERLAP = timedelta(minutes=5)
MILLISECOND = timedelta(milliseconds=1)
SWEEP = timedelta(hours=3)
SWEPT = 100  # tickets
ROWS = 100  # of the search, at most


def fetch(api: Api, after: datetime | str) -> ChangePage:
    """The changes since a time or one of our cursors."""
    since, row, swept, began = _place(after)
    began = began or _ms(api.ports.now())
    since = min(since, _ms(api.ports.now()))
    found = _changed(api, since, row)
    more = len(found) == PAGE
    with understood(f"GET {SEARCH}"):
        changes = [change for raw in found for change in _of(api, raw)]
        last = _ms(words.time_of(_whole(api, found[-1])["modifiedTime"])) if more else since
        if not more and swept <= _ms(api.ports.now() - SWEEP):
            swept, changes = _ms(api.ports.now()), [*changes, *_sweep(api)]
    told = tuple(sorted(changes, key=lambda change: change.at))
    if more:
        cursor = f"{_following(since, row, last)}:{swept}:{began}"
        return ChangePage(changes=told, cursor=cursor, more=True)
    # Rest before the walk's begin: the index may hear of a ticket late, where we walked already.
    rest = began - OVERLAP // MILLISECOND
    return ChangePage(changes=told, cursor=f"{rest}:0:{swept}:0", more=False)


def of_ticket(api: Api, ticket_id: str) -> list[Change]:
    """What a poll would tell of one ticket, which the search's index may not know of yet."""
    raw = api.call("GET", f"/tickets/{ticket_id}")
    with understood("GET /tickets/{id}"):
        if raw.get("isTrashed"):
            raise NotFound("the ticket is in the recycle bin")
        ticket = words.ticket_of(raw, api.config)
        told = [*words.standing(ticket), *_said(api, ticket)]
        return sorted(told, key=lambda change: change.at)


def _place(after: datetime | str) -> tuple[int, int, int, int]:
    if isinstance(after, datetime):
        return _ms(after), 0, _ms(after), 0
    parts = after.split(":")
    if not all(part.isdecimal() for part in parts) or len(parts) not in (3, 4):
        raise InvalidRequest("not a cursor of this desk")
    since, row, swept, began = map(int, (*parts, "0")[:4])  # cursors of older hubs have three parts
    return since, row, swept, began


def _following(since: int, row: int, last: int) -> str:
    if last > since:
        return f"{last}:0"
    # A page of tickets that changed in the same millisecond, by one deed of an agent.
    return f"{since}:{row + PAGE}" if row + PAGE < DEPTH else f"{since + 1}:0"


def _changed(api: Api, since: int, row: int) -> list[Mapping[str, Any]]:
    until = _ms(api.ports.now() + OVERLAP)
    span = f"{_iso(since)},{_iso(until)}"
    query = {"modifiedTimeRange": span, "sortBy": "modifiedTime", "from": row, "limit": PAGE}
    return api.rows(SEARCH, **query)


def _sweep(api: Api) -> list[Change]:
    """What was said in the hundred open tickets of ours that changed last.

    Nobody confirms that an agent's reply moves a ticket's modifiedTime: so look, but slowly.
    """
    open_ones = [*islice(_open(api), SWEPT)]
    return [change for ticket in open_ones for change in _said(api, ticket)]


def _open(api: Api) -> Iterator[Ticket]:
    """Our open tickets, the last changed first, as deep as the search goes."""
    ours = f"{api.config.key_field}:{KEY_PREFIX}*"
    query = {"customField1": ours, "sortBy": "-modifiedTime", "limit": ROWS}
    for row in range(0, DEPTH, ROWS):
        rows = api.rows(SEARCH, **query | {"from": row})
        tickets = [words.ticket_of(raw, api.config) for raw in rows]
        yield from (ticket for ticket in tickets if ticket.key and not ticket.status.done)
        if len(rows) < ROWS:
            return


def _of(api: Api, raw: Mapping[str, Any]) -> Iterable[Change]:
    """Where a ticket of ours stands, and what its newest hundred threads and comments say.

    Zoho does not tell what changed: what was told before comes again with the same ids.
    """
    if words.key_of(raw, api.config) is None:
        return []
    try:
        ticket = words.ticket_of(_whole(api, raw), api.config)
    except NotFound:  # deleted since the search saw it
        return []
    return [*words.standing(ticket), *_said(api, ticket)]


def _whole(api: Api, raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row of the search with all that we need: the OAS has one example without these two."""
    if raw.get("modifiedTime") and raw.get("statusType"):
        return raw
    answer: Mapping[str, Any] = api.call("GET", f"/tickets/{raw['id']}")
    return answer


def _said(api: Api, ticket: Ticket) -> list[Change]:
    where = f"/tickets/{ticket.id}"
    try:
        threads = api.rows(f"{where}/threads", sortBy="-sendDateTime", limit=100)
        comments = api.rows(f"{where}/comments", sortBy="-commentedTime", limit=100)
        sent = [one for one in reversed(threads) if words.is_reply(one)]
        whole = [{**one, **api.thread(ticket.id, str(one["id"]))} for one in sent]
    except NotFound:  # deleted meanwhile
        return []
    mine = [one for one in reversed(comments) if words.is_from_agent(one)]
    return [
        *(words.reply(one, ticket) for one in whole),
        *(words.remark(one, ticket) for one in mine),
    ]


def _ms(time: datetime) -> int:
    return int(time.timestamp() * 1000)


def _iso(ms: int) -> str:
    time = datetime.fromtimestamp(ms / 1000, UTC)
    return f"{time:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"
