"""What reaches a desk in a lesser form, or not at all: the timeline and the subscribers say why."""

from typing import Any

from connectors.types import File
from hub import views
from hub.pipeline.publish import publish
from hub.store import Row, Tx, audit


def tell(
    tx: Tx,
    ticket: Row,
    code: str,
    reason: str,
    *,
    message: Row | None = None,
    file: File | None = None,
) -> None:
    """Record it and tell `delivery.degraded`; `code` sorts the reason, which is for people."""
    workspace = ticket["workspace_id"]
    about = {
        "conversation_id": ticket["conversation_id"],
        "escalation_id": ticket["escalation_id"],
    }
    audit.record(tx, workspace, "delivery.degraded", reason, subject_id=ticket["id"], **about)
    news: dict[str, Any] = {
        "ticket": views.ticket(ticket),
        "message": None if message is None else views.message(message),
        "file": None if file is None else {"name": file.name, "url": file.url, "size": file.size},
        "code": code,
        "reason": reason,
    }
    publish(tx, workspace, "delivery.degraded", news, **about)
