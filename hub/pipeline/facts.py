"""What a mapping may use of an escalation, and the note that agents read."""

import functools
from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from connectors import registry
from connectors.types import Ticket
from hub import summary, views
from hub.store import Row, Tx
from mappings import engine


def setting(tx: Tx, source_id: str, connection_id: str | None) -> Row:
    """Where an escalation comes from and how its desk wants it: source, workspace, mapping."""
    return tx.one(
        "select s.name as source_name, s.dialect, s.handoff_message, w.slug,"
        " w.name as workspace_name, (select body from mappings m"
        " where m.connection_id = :connection order by version desc limit 1) as mapping"
        " from sources s join workspaces w on w.id = s.workspace_id where s.id = :source",
        source=source_id,
        connection=connection_id,
    )


def gather(
    escalation: Row,
    conversation: Row,
    transcript: Sequence[Row],
    told: summary.Summary,
    setting: Row,
) -> dict[str, Any]:
    """The facts of an escalation, under the names of `mappings.facts.FACTS`."""
    said = [m["text"] for m in transcript if m["role"] == "customer" and m["text"]]
    about = ("id", "target", "team", "priority", "reason", "fields")
    return {
        "escalation": {name: escalation[name] for name in about}
        | {"created_at": views.moment(escalation["created_at"])},
        "conversation": {
            name: conversation[name] for name in ("id", "external_id", "channel", "url")
        }
        | {"language": told.language},
        "requester": dict(conversation["requester"]),
        "summary": told.as_dict() | {"text": told.text},
        "source": {"name": setting["source_name"], "dialect": setting["dialect"]},
        "workspace": {"slug": setting["slug"], "name": setting["workspace_name"]},
        "transcript": {
            "messages": len(transcript),
            "first_customer_message": said[0] if said else None,
            "last_customer_message": said[-1] if said else None,
        },
    }


def render(desk: str, mapping: str | None, known: Dictionary[str, Any]) -> dict[str, Any]:
    """The ticket's fields by a mapping, or by the desk's default; raises `MappingError`."""
    return engine.render(_loaded(mapping or default_mapping(desk)), dict(known))


@functools.cache
def default_mapping(desk: str) -> str:
    """The mapping that a desk comes with."""
    if desk in registry.built_in():
        return files("mappings").joinpath("defaults", f"{desk}.yaml").read_text("utf-8")
    return files(registry.home(desk)).joinpath("mapping.yaml").read_text("utf-8")


@functools.lru_cache(maxsize=256)
def _loaded(text: str) -> engine.Mapping:
    return engine.load(text)


def note(
    told: summary.Summary,
    escalation: Row,
    transcript: Sequence[Row],
    earlier: Sequence[Row],
    at_desk: Sequence[Ticket],
) -> str:
    """The private note: every sentence with the numbers of the messages it rests on."""
    numbers = {m["id"]: n for n, m in enumerate(transcript, 1)}
    lines = [f"Summary ({told.method}, {told.language})"]
    for sentence in told.sentences:
        marks = ", ".join(f"#{numbers[i]}" for i in sentence.message_ids if i in numbers)
        lines.append(f"- {sentence.text} [{marks}]" if marks else f"- {sentence.text}")
    why = escalation["reason"].get("text") or escalation["reason"].get("code")
    if why:
        lines.append(f"Why it was escalated: {why}")
    if not escalation["transcript_complete"]:
        lines.append("The platform gave only a part of the transcript.")
    lines.append("Earlier tickets:")
    lines += [_ours(row) for row in earlier] + [_theirs(ticket) for ticket in at_desk]
    if not earlier and not at_desk:
        lines[-1] = "Earlier tickets: none found"
    return "\n".join(lines)


def _ours(row: Row) -> str:
    return f"- {row['desk']} {row['external_id']} ({row['status']}): {row['subject']} {row['url']}"


def _theirs(ticket: Ticket) -> str:
    return f"- {ticket.id} ({ticket.status}): {ticket.subject or 'no subject'} {ticket.url}"
