"""Polling: HubSpot's search for tickets that changed, walked by the time of the last change.

The page after this one begins at the time of this one's last ticket, not at its number: a ticket
that changes meanwhile moves to the end and would let the one behind it slip into the page before.
Our cursor, times in milliseconds: `since:<time>` or `page:<time>:<newest>:<HubSpot's after>`.
"""

import mimetypes
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.errors import AuthFailed, InvalidRequest, NotFound
from connectors.http import understood
from connectors.hubspot import entries, words
from connectors.hubspot.api import Api
from connectors.hubspot.config import HISTORY, KEY, KEY_PREFIX, SEARCH_PAGE, TICKET_PROPERTIES
from connectors.hubspot.stages import Stages
from connectors.types import Change, ChangePage, File, Status

CHANGED = "hs_lastmodifieddate"
OVERLAP = 60_000  # ms that are told again: the index hears of changes some moments late
CLOCKS = 600_000  # ms that HubSpot's clock and ours may lie apart


class Changes:
    """What happened to our tickets."""

    def __init__(self, api: Api, stages: Stages) -> None:
        self.api = api
        self.stages = stages
        self.names: dict[tuple[str, str], str] = {}

    def fetch(self, after: datetime | str) -> ChangePage:
        """The changes since a time or one of our cursors."""
        start, newest, place = _place(after)
        answer = self.api.with_key(lambda: self.api.crm.search("tickets", _query(start, place)))
        with understood("POST /crm/objects/tickets/search"):
            times = [_ms(raw["properties"][CHANGED]) for raw in answer["results"]]
            newest = max([newest, *times])
            cursor, more = self._next(start, newest, times, answer)
            found = [change for raw in answer["results"] for change in self._of(raw)]
        return ChangePage(
            changes=tuple(sorted(found, key=lambda change: change.at)), cursor=cursor, more=more
        )

    def _next(
        self, start: int, newest: int, times: list[int], answer: Mapping[str, Any]
    ) -> tuple[str, bool]:
        """Our cursor for what comes after an answer, and whether that is there already."""
        place = ((answer.get("paging") or {}).get("next") or {}).get("after")
        if place is None:
            now = round(self.api.ports.now().timestamp() * 1000)
            return f"since:{max(start, newest, now - CLOCKS) - OVERLAP}", False
        if times[-1] > start:
            return f"page:{times[-1]}:{newest}:", True
        return f"page:{start}:{newest}:{place}", True  # a whole page changed at one moment

    def _of(self, found: Mapping[str, Any]) -> list[Change]:
        """Where a changed ticket stands, and what its notes and emails say.

        HubSpot does not tell what changed: what was told before comes again with the same ids.
        """
        if not str(found["properties"].get(KEY) or "").startswith(KEY_PREFIX):
            return []
        try:
            return self._read(str(found["id"]))
        except NotFound:  # deleted since the index saw it
            return []

    def of_ticket(self, ticket_id: str) -> list[Change]:
        """What a poll would tell of one ticket, which the search's index may not know of yet."""
        with understood("GET /crm/objects/tickets/{id}"):
            return sorted(self._read(ticket_id), key=lambda change: change.at)

    def _read(self, ticket_id: str) -> list[Change]:
        raw = self.api.crm.get(
            *("tickets", ticket_id, TICKET_PROPERTIES),
            properties_with_history=list(HISTORY),
            associations=["notes", "emails"],
        )
        notes = [c for one in entries.read(self.api, raw, "notes") for c in self._entry(raw, one)]
        mails = [c for one in entries.read(self.api, raw, "emails") for c in self._entry(raw, one)]
        return [*self._merged(raw), *self._status(raw), *self._assignment(raw), *notes, *mails]

    def _status(self, raw: Mapping[str, Any]) -> list[Change]:
        word, at = _latest(raw, "hs_pipeline_stage")
        if not word:
            return []
        stage = self.stages.get(word)
        return [
            Change(
                id=f"status:{raw['id']}:{word}:{_ms(at)}",
                ticket_id=str(raw["id"]),
                kind="status",
                at=words.time_of(at),
                key=raw["properties"][KEY],
                status=stage.status if stage else Status.UNKNOWN,
                word=stage.label if stage else word,
            )
        ]

    def _assignment(self, raw: Mapping[str, Any]) -> list[Change]:
        owner, at = _latest(raw, "hubspot_owner_id")
        if not owner:
            return []
        return [
            Change(
                id=f"assignment:{raw['id']}:{owner}:{_ms(at)}",
                ticket_id=str(raw["id"]),
                kind="assignment",
                at=words.time_of(at),
                key=raw["properties"][KEY],
                assignee=owner,
            )
        ]

    def _merged(self, raw: Mapping[str, Any]) -> list[Change]:
        gone = str(raw["properties"].get("hs_merged_object_ids") or "").split(";")
        at = words.time_of(raw["properties"][CHANGED])
        return [
            Change(id=f"merged:{n}", ticket_id=n, kind="merged", at=at, merged_into=str(raw["id"]))
            for n in gone
            if n.isdecimal()
        ]

    def _entry(self, ticket: Mapping[str, Any], raw: Mapping[str, Any]) -> list[Change]:
        """What an agent wrote; what we wrote ourselves, and what came from outside, is none."""
        properties, text = raw["properties"], entries.text_of(raw)
        direction = properties.get("hs_email_direction")
        # Our mails are all incoming ones: a mark in an outgoing one is a quotation of ours.
        if direction not in (None, entries.OUTGOING) or (direction is None and words.marked(text)):
            return []
        return [
            Change(
                id=f"entry:{raw['id']}",
                ticket_id=str(ticket["id"]),
                kind="message" if direction else "note",
                at=words.time_of(raw.get("createdAt") or properties["hs_timestamp"]),
                key=ticket["properties"][KEY],
                message_id=str(raw["id"]),
                text=text,
                author=self._author(properties),
                files=self._files(properties.get("hs_attachment_ids")),
            )
        ]

    def _author(self, properties: Mapping[str, Any]) -> str | None:
        """The sender of an email, or the owner of a note, or the user who made it."""
        name = _joined(properties, "hs_email_from_firstname", "hs_email_from_lastname")
        if name or properties.get("hs_email_from_email"):
            return name or str(properties["hs_email_from_email"])
        for by, field in (("id", "hubspot_owner_id"), ("userId", "hs_created_by_user_id")):
            if properties.get(field):
                return self._name(by, str(properties[field]))
        return None

    def _name(self, by: str, number: str) -> str:
        if (by, number) not in self.names:
            self.names[by, number] = self._owner(by, number)
        return self.names[by, number]

    def _owner(self, by: str, number: str) -> str:
        try:
            told = self.api.crm.owner(number, by)
        except (NotFound, AuthFailed):  # no user any more, or we may not read owners
            return f"HubSpot user {number}"
        return _joined(told, "firstName", "lastName") or told.get("email") or number

    def _files(self, ids: Any) -> tuple[File, ...]:
        return tuple(self._file(number) for number in str(ids or "").split(";") if number)

    def _file(self, number: str) -> File:
        try:
            told = self.api.crm.signed_url(number)
        except (NotFound, AuthFailed):  # deleted, or we may not read files
            return File(name=f"HubSpot file {number}", id=number)
        ending = f".{told['extension']}" if told.get("extension") else ""
        name = f"{str(told['name']).removesuffix(ending)}{ending}"
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return File(name=name, content_type=kind, url=told["url"], size=told.get("size"), id=number)


def _place(after: datetime | str) -> tuple[int, int, str]:
    """Where to begin, the newest time seen in this walk, and HubSpot's own place."""
    if isinstance(after, datetime):
        after = f"since:{round(after.timestamp() * 1000)}"
    match after.split(":"):
        case ["since", start] if start.isdecimal():
            return int(start), int(start), ""
        case ["page", start, newest, place] if start.isdecimal() and newest.isdecimal():
            return int(start), int(newest), place
    raise InvalidRequest("not a cursor of this desk")


def _query(start: int, place: str) -> dict[str, Any]:
    filters = [
        {"propertyName": CHANGED, "operator": "GTE", "value": str(start)},
        {"propertyName": KEY, "operator": "HAS_PROPERTY"},
    ]
    query: dict[str, Any] = {
        "filterGroups": [{"filters": filters}],
        "sorts": [{"propertyName": CHANGED, "direction": "ASCENDING"}],
        "properties": [CHANGED, KEY],
        "limit": SEARCH_PAGE,
    }
    return query | ({"after": place} if place else {})


def _latest(raw: Mapping[str, Any], name: str) -> tuple[str | None, Any]:
    """A property's value and since when it has it: by its history, else by the ticket's time."""
    history = (raw.get("propertiesWithHistory") or {}).get(name) or ()
    value = raw["properties"].get(name)
    latest = max(history, key=lambda one: words.time_of(one["timestamp"]), default=None)
    if latest is None or str(latest["value"]) != str(value):
        return value, raw["properties"][CHANGED]
    return value, latest["timestamp"]


def _joined(values: Mapping[str, Any], *names: str) -> str:
    return " ".join(str(values[name]) for name in names if values.get(name))


def _ms(value: Any) -> int:
    return round(words.time_of(value).timestamp() * 1000)
