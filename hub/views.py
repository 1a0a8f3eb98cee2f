"""How the hub's nouns look to outsiders: in the REST API and in events, the same."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]
Row = Mapping[str, Any]


def moment(value: datetime | None) -> str | None:
    """RFC 3339 in UTC, to the millisecond."""
    if value is None:
        return None
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def address(url: str, *, whole: bool) -> str:
    """A subscriber's URL, or its host alone: the rest may be what lets one in there."""
    parts = urlsplit(url)
    bare = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return url if whole or url.rstrip("/") == bare else f"{bare}/…"


def conversation(row: Row) -> Json:
    """A conversation without its messages."""
    return {
        "id": row["id"],
        "external_id": row["external_id"],
        "source_id": row["source_id"],
        "channel": row["channel"],
        "language": row["language"],
        "url": row["url"],
        "requester": dict(row["requester"]),
        "speaker": row["speaker"],
        "epoch": row["epoch"],
        "waiting": row["waiting"],
        "state": row["state"],
        "message_count": row["message_count"],
        "started_at": moment(row["started_at"]),
        "last_message_at": moment(row["last_message_at"]),
    }


def message(row: Row) -> Json:
    """One message."""
    return {
        "id": row["id"],
        "external_id": row["external_id"],
        "at": moment(row["at"]),
        "author": {"role": row["role"], "name": row["name"]},
        "text": row["text"],
        "attachments": list(row["attachments"]),
        "origin": row["origin"],
    }


def ticket(row: Row) -> Json:
    """The ticket at its desk."""
    return {
        "id": row["id"],
        "connection_id": row["connection_id"],
        "desk": row["desk"],
        "external_id": row["external_id"],
        "url": row["url"],
        "mapping_version": row["mapping_version"],
        "status": row["status"],
        "word": row["word"],
        "assignee": row["assignee"],
        "type": "live_chat" if row["desk"] == "live_chat" else "external",
        "escalation_id": row["escalation_id"],
        "conversation_id": row["conversation_id"],
        "created_at": moment(row["created_at"]),
        "closed_at": moment(row["closed_at"]),
    }


def escalation(row: Row, ticket_row: Row | None = None, lines: Sequence[Row] | None = None) -> Json:
    """An escalation with its ticket and, where given, its timeline."""
    shown: Json = {
        "id": row["id"],
        "conversation_id": row["conversation_id"],
        "state": row["state"],
        "reason": dict(row["reason"]),
        "target": row["target"],
        "team": row["team"],
        "priority": row["priority"],
        "summary": row["summary"],
        "ticket": ticket(ticket_row) if ticket_row is not None else None,
        "parked": row["parked"] or (ticket_row or {}).get("parked"),
        "tries": row["tries"],
        "last_error": row["last_error"],
        "due_at": moment(row["due_at"]),
        "created_at": moment(row["created_at"]),
    }
    if lines is not None:
        shown["timeline"] = [
            {"at": moment(x["at"]), "what": x["what"], "detail": x["detail"], "actor": x["actor"]}
            for x in lines
        ]
    return shown
