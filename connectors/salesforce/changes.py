"""Polling: changed cases, comments, sent emails and files, each in the order of its last change.

Our cursor is a time. Every kind is asked for what changed since, one page of it. When a page is
full, only what happened before its end is told, and the next poll goes on there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors import markup
from connectors.errors import InvalidRequest
from connectors.http import understood
from connectors.salesforce import files, words
from connectors.salesforce.api import Api
from connectors.salesforce.config import (
    CASE_PAGE,
    COMMENT_PAGE,
    DRAFT_EMAIL,
    EMAIL_PAGE,
    FILE_PAGE,
)
from connectors.types import Change, ChangePage

FIRST_ID = "000000000000000AAA"
SECOND = timedelta(seconds=1)  # as exact as Salesforce's times
OVERLAP = timedelta(seconds=60)  # repeated, for what was committed after later changes
CLOCKS = timedelta(minutes=10)  # how far our clock and Salesforce's may lie apart
NEWEST = "SystemModstamp DESC, Id DESC"
AT_ONCE = 20  # records of a kind that one case tells at once; the next poll knows the rest

Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Stream:
    """One kind of record that tells changes of cases."""

    kind: str
    fields: str
    where: str
    page: int
    deleted: bool = False  # ask for deleted ones too


@dataclass(frozen=True)
class Page:
    """Records of a stream, and until when they are complete; None for until now."""

    rows: Sequence[Raw]
    ends: datetime | None


def fetch(api: Api, after: datetime | str) -> ChangePage:
    """The changes since a time or one of our cursors."""
    since = _since(after)
    key = api.config.key_field
    with understood("GET /query"):
        pages = [_page(api, stream, since) for stream in _streams(key)]
        until = min((page.ends for page in pages if page.ends), default=None)
        told = [[raw for raw in page.rows if not until or _at(raw) <= until] for page in pages]
        changes = sorted(_changes(api, *told), key=lambda change: change.at)
        newest = max((_at(raw) for page in pages for raw in page.rows), default=since)
    # It may lie before `since`, which is where the last full page ended: that one was not repeated.
    # Each poll without news goes back a little, but never beyond what the clocks allow.
    place = until or max(newest - OVERLAP, api.ports.now() - CLOCKS)
    return ChangePage(changes=tuple(changes), cursor=place.isoformat(), more=until is not None)


def of_case(api: Api, number: str) -> list[Change]:
    """What a poll would tell of one case, and the newest files: asked for in one call."""
    case, *said, files = _streams(api.config.key_field)
    places = [(case, "Id = {case}"), *((stream, "ParentId = {case}") for stream in said)]
    asked = [
        *((_soql(one, where, NEWEST, page=AT_ONCE), one.deleted) for one, where in places),
        (_soql(files, "SystemModstamp >= {since}", NEWEST, page=AT_ONCE), files.deleted),
    ]
    since = api.ports.now() - CLOCKS
    told = api.queries(asked, case=number, since=since, me=api.me)
    with understood("GET /query"):
        found = [change for change in _changes(api, *told) if change.ticket_id == number]
        return sorted(found, key=lambda change: change.at)


def _since(after: datetime | str) -> datetime:
    if isinstance(after, datetime):
        return after.astimezone(UTC)
    try:
        return words.time_of(after)
    except ValueError:
        raise InvalidRequest("not a cursor of this desk") from None


def _streams(key: str) -> tuple[Stream, ...]:
    written = f"Id, ParentId, Parent.{key}, SystemModstamp, CreatedBy.Name"
    sent = f"Parent.{key} != null AND Incoming = false AND Status != '{DRAFT_EMAIL}'"
    comment = f"{written}, CommentBody, IsPublished"
    # Not asked by place, which files may not be filtered by (unsure).
    strangers = "CreatedById != {me}"
    return (
        Stream("Case", f"{words.case_fields(key)}, IsDeleted", f"{key} != null", CASE_PAGE, True),
        Stream("CaseComment", comment, f"Parent.{key} != null", COMMENT_PAGE),
        Stream("EmailMessage", f"{written}, TextBody", sent, EMAIL_PAGE),
        Stream("ContentVersion", files.FIELDS, strangers, FILE_PAGE),
    )


def _page(api: Api, stream: Stream, since: datetime) -> Page:
    """What changed since; if that is a full page, until its end only."""
    rows = _rows(api, stream, "SystemModstamp >= {since}", "SystemModstamp, Id", since=since)
    if len(rows) < stream.page:
        return Page(rows, None)
    if _at(rows[-1]) >= since.replace(microsecond=0) + SECOND:
        return Page(rows, _at(rows[-1]))
    return Page(_second(api, stream, since), since.replace(microsecond=0) + SECOND)


def _second(api: Api, stream: Stream, since: datetime) -> list[Raw]:
    """All of one second in which more changed than a page holds, as after a bulk load."""
    where = "SystemModstamp >= {since} AND SystemModstamp < {end} AND Id > {last}"
    rows: list[Raw] = []
    while True:
        last = rows[-1]["Id"] if rows else FIRST_ID
        more = _rows(api, stream, where, "Id", since=since, end=since + SECOND, last=last)
        rows += more
        if len(more) < stream.page:
            return rows


def _rows(api: Api, stream: Stream, where: str, order: str, **values: Any) -> list[Raw]:
    soql = _soql(stream, where, order, page=stream.page)
    return [*api.query(soql, deleted=stream.deleted, me=api.me, **values)]


def _soql(stream: Stream, where: str, order: str, *, page: int) -> str:
    return (
        f"SELECT {stream.fields} FROM {stream.kind} WHERE {stream.where} AND {where} "
        f"ORDER BY {order} LIMIT {page}"
    )


def _changes(
    api: Api,
    cases: Sequence[Raw],
    comments: Sequence[Raw],
    emails: Sequence[Raw],
    versions: Sequence[Raw],
) -> Iterable[Change]:
    key = api.config.key_field
    for raw in cases:
        if words.ours(raw[key]):
            yield from words.case_changes(raw, api.config, api.me)
    for raw in comments:
        if words.ours(raw["Parent"][key]) and not words.is_marked(raw["CommentBody"]):
            public = raw["IsPublished"]
            yield words.written(raw, raw["Parent"][key], raw["CommentBody"], public=public)
    sent = [raw for raw in emails if words.ours(raw["Parent"][key])]
    for raw in sent:
        yield words.written(raw, raw["Parent"][key], _text(api, raw), public=True)
    yield from files.changes(api, versions, [raw["Id"] for raw in sent])


def _text(api: Api, raw: Raw) -> str:
    """An email's text; of one that has HTML only, what a person reads."""
    if raw["TextBody"]:
        return str(raw["TextBody"])
    # Asked for one by one: the HTML of a whole page could be more than an answer may hold.
    rows = api.query("SELECT HtmlBody FROM EmailMessage WHERE Id = {id}", id=raw["Id"])
    return markup.as_text(rows[0]["HtmlBody"] or "") if rows else ""


def _at(raw: Raw) -> datetime:
    return words.time_of(raw["SystemModstamp"])
