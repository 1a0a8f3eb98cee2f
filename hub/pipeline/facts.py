"""What a mapping may use of an escalation, and the note that agents read."""

import functools
from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, get_args

from connectors import registry
from connectors.types import Ticket
from hub import summary, views
from hub.store import Question, Row, question
from hub.summary import shown
from mappings import engine

ORIGIN = """
s.name as source_name, s.dialect, s.handoff_message, w.slug, w.name as workspace_name
from conversations c
join sources s on s.id = c.source_id join workspaces w on w.id = s.workspace_id
"""


def origin(conversation_id: str) -> Question:
    """Where a conversation comes from: its source and workspace."""
    return question(f"select {ORIGIN} where c.id = :id", id=conversation_id)


def setting(escalation_id: str) -> Question:
    """`origin` of an escalation, and how its desk wants it: the mapping."""
    return question(
        f"select m.body as mapping, coalesce(m.version, 0) as mapping_version, {ORIGIN}"
        " join escalations e on e.conversation_id = c.id"
        " left join lateral (select body, version from mappings"
        " where connection_id = e.connection_id order by version desc limit 1) m on true"
        " where e.id = :id",
        id=escalation_id,
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
            name: conversation[name] for name in ("id", "external_id", "channel", "language", "url")
        },
        "requester": dict(conversation["requester"]),
        "summary": told.as_dict() | {"text": told.text},
        "facts": {kind: told.first(kind) for kind in get_args(summary.Kind)},
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
    at_desk: Sequence[Ticket] | None,
) -> str:
    """The private note: sentences and facts with the numbers of the messages they rest on.

    `at_desk` are the customer's other tickets there, None when the desk does not tell.
    """
    numbers = {m["id"]: n for n, m in enumerate(transcript, 1)}
    lines = shown.lines(told, numbers)
    why = escalation["reason"].get("text") or escalation["reason"].get("code")
    if why:
        lines.append(f"Why it was escalated: {why}")
    if not escalation["transcript_complete"]:
        lines.append("The platform gave only a part of the transcript.")
    found = [_ours(row) for row in earlier] + [_theirs(ticket) for ticket in at_desk or ()]
    if at_desk is None:
        found.append("- those of this desk are not known: it refused to list them")
    lines += ["Earlier tickets:", *found] if found else ["Earlier tickets: none found"]
    return "\n".join(lines)


def _ours(row: Row) -> str:
    return f"- {row['desk']} {row['external_id']} ({row['status']}): {row['subject']} {row['url']}"


def _theirs(ticket: Ticket) -> str:
    return f"- {ticket.id} ({ticket.status}): {ticket.subject or 'no subject'} {ticket.url}"
