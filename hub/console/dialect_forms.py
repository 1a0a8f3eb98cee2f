"""What some dialects ask for besides: how a platform's JSON is read, and where it is answered."""

import json
from collections.abc import Mapping
from typing import Any

from hub import admin
from hub.console.shell import me
from hub.current import house
from hub.store import Row
from webhooks.dialects import SPEAKING

MAPPED = "json"  # the dialect that has options
MAPPING = """{
  "signature": {"header": "X-Acme-Signature", "prefix": "sha256="},
  "type": {
    "path": "event",
    "words": {"handoff": "conversation.escalated", "message": "message.created"}
  },
  "id": "meta.id",
  "occurred_at": "meta.at",
  "fields": {
    "conversation.id": "chat.id",
    "conversation.language": "chat.lang",
    "requester.email": "chat.visitor.email"
  },
  "transcript": {
    "path": "chat.messages", "id": "id", "role": "from", "text": "text", "complete": true
  }
}"""
SAMPLE = """{
  "event": "handoff",
  "meta": {"id": "d-77", "at": "2026-11-22T09:41:07Z"},
  "chat": {
    "id": 4711,
    "lang": "de",
    "visitor": {"email": "ada@example.com"},
    "messages": [{"id": 1, "from": "visitor", "text": "Wo ist mein Paket?"}]
  }
}"""


def options(dialect: str, form: Mapping[str, str]) -> dict[str, Any]:
    """The mapping in the form, for the dialect that has one; `BadInput` where it is no JSON."""
    return _object("options", form) if dialect == MAPPED else {}


def callback(dialect: str, form: Mapping[str, str]) -> admin.Callback | None:
    """Where the platform is answered; None for a dialect that is not, or without an address."""
    url = form.get("callback_url", "").strip()
    if dialect not in SPEAKING or not url:
        return None
    return {"url": url, "token": form.get("callback_token", "").strip()}


def preview(dialect: str, form: Mapping[str, str]) -> str:
    """The events that the request in the form would become, as text."""
    told = admin.preview_source(dialect, options(dialect, form), _object("body", form))
    return _written(told)


def shown(row: Row) -> dict[str, Any]:
    """What a source's page shows of its dialect."""
    with house().store.transaction() as tx:
        line = admin.callbacks(tx, me().workspace_id, [row["id"]]).get(row["id"])
    mapping = _written(row["options"]) if row["dialect"] == MAPPED else None
    return {
        "mapping": mapping,
        "sample": SAMPLE,
        "line": line,
        "speaks": row["dialect"] in SPEAKING,
    }


def _object(name: str, form: Mapping[str, str]) -> dict[str, Any]:
    try:
        read = json.loads(form.get(name, ""))
    except json.JSONDecodeError as problem:
        where = f"line {problem.lineno}, column {problem.colno}"
        raise admin.BadInput({name: f"This is not JSON: {problem.msg}, {where}."}) from None
    except (ValueError, RecursionError):
        raise admin.BadInput({name: "This JSON is too deep, or has too large a number."}) from None
    if not isinstance(read, dict):
        raise admin.BadInput({name: "It must be an object: { … }."})
    return read


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)
