"""Where an escalation would go, and why: routes tried out without sending anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub import routing, summary
from hub.admin.input import Unknown
from hub.pipeline import trouble
from hub.store import Row, Tx, conversations, listing
from hub.store.schema import escalations, sources


@dataclass(frozen=True)
class Target:
    """A desk that would be tried, and why it would be skipped now."""

    id: str
    name: str
    desk: str
    trouble: str | None


@dataclass(frozen=True)
class Preview:
    """The choice, every route with its outcome, the desks in their order, and the facts."""

    choice: routing.Choice
    steps: Sequence[routing.Step]
    targets: Sequence[Target]
    facts: Mapping[str, Any]


def preview_route(
    tx: Tx,
    workspace_id: str,
    *,
    conversation_id: str | None = None,
    facts: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> Preview:
    """Where the conversation's escalation would go now, or at `at`; `facts` count over its own."""
    known = {} if conversation_id is None else _known(tx, workspace_id, conversation_id)
    known = {"at": at or tx.now} | known | dict(facts or {})
    choice = routing.choose(tx, workspace_id, known)
    steps = routing.examine(tx, workspace_id, known)
    return Preview(choice, steps, _targets(tx, workspace_id, choice), known)


def _known(tx: Tx, workspace_id: str, conversation_id: str) -> dict[str, Any]:
    """The facts of the conversation's last escalation, or of one that would begin now."""
    conversation = conversations.get(tx, workspace_id, conversation_id)
    if conversation is None:
        raise Unknown(f"There is no conversation {conversation_id} here.")
    last = listing.page(
        tx, escalations, workspace_id, {"conversation_id": conversation["id"]},
        limit=1, cursor=None,
    ).rows  # fmt: skip
    blank: dict[str, Any] = {
        "reason": {},
        "team": None,
        "priority": None,
        "target": None,
        "fields": {},
    }
    source = listing.get(tx, sources, workspace_id, conversation["source_id"])
    name = source["name"] if source is not None else ""
    known = routing.facts(name, conversation, last[0] if last else blank)
    return known | {"language": known["language"] or _detected(tx, conversation)}


def _detected(tx: Tx, conversation: Row) -> str:
    """The language as the summary has it, by which routes are chosen."""
    said = conversations.transcript(tx, conversation["id"])
    turns = [summary.Turn(id=row["id"], role=row["role"], text=row["text"]) for row in said]
    return summary.summarise(turns).language


def _targets(tx: Tx, workspace_id: str, choice: routing.Choice) -> Sequence[Target]:
    """The connections that would be tried, in their order."""
    to = tx.value("select connection_ids from routes where id = :id", id=choice.route_id)
    rows = tx.all(
        "select * from connections where workspace_id = :workspace and id = any(:to)"
        " order by array_position(:to, id)",
        workspace=workspace_id,
        to=to or [choice.connection_id],
    )
    return [Target(r["id"], r["name"], r["desk"], trouble.unusable(tx, r)) for r in rows]
