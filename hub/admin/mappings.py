"""Mappings: how an escalation becomes a desk's ticket, checked before it is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub import summary
from hub.admin.input import BadInput, Unknown, find
from hub.house import House
from hub.pipeline import facts as gathered
from hub.store import Row, Tx, audit, conversations, listing
from hub.store import connections as store
from hub.store.schema import connections, escalations
from mappings import engine, facts
from mappings.errors import MappingError

MAX_TEXT = 100_000  # characters


@dataclass(frozen=True)
class Preview:
    """What a mapping makes of a conversation: the ticket's fields, and the facts it could use."""

    fields: dict[str, Any]
    facts: dict[str, Any]


def check_mapping(desk: str, text: str) -> dict[str, Any]:
    """The ticket that a mapping makes of the sample escalation; `BadInput` by its fields."""
    return _render(desk, text, facts.SAMPLE)


def save_mapping(
    tx: Tx, workspace_id: str, connection_id: str, text: str, *, actor: str = audit.HUB
) -> int:
    """The mapping from the next ticket on; its version."""
    connection = find(tx, connections, workspace_id, connection_id, "connection")
    check_mapping(connection["desk"], text)
    version = store.save_mapping(tx, connection, text, actor)
    audit.record(
        tx, workspace_id, "mapping.saved", f"{connection['name']}, version {version}",
        actor=actor, subject_id=connection_id,
    )  # fmt: skip
    return version


def mapping_text(tx: Tx, connection: Row) -> str:
    """The connection's mapping that is in force: its own, or its desk's."""
    own = store.mapping_text(tx, connection["id"])
    return own or gathered.default_mapping(connection["desk"])


def preview_mapping(
    house: House,
    workspace_id: str,
    connection_id: str,
    conversation_id: str,
    text: str | None = None,
) -> Preview:
    """The exact fields that an escalation of this conversation gives, by `text` if given."""
    with house.store.transaction() as tx:
        connection = listing.get(tx, connections, workspace_id, connection_id)
        if connection is None:
            raise Unknown(f"There is no connection {connection_id} here.")
        conversation = conversations.get(tx, workspace_id, conversation_id)
        if conversation is None:
            raise Unknown(f"There is no conversation {conversation_id} here.")
        known = _facts(tx, conversation)
        text = text if text is not None else mapping_text(tx, connection)
    return Preview(fields=_render(connection["desk"], text, known), facts=known)


def _facts(tx: Tx, conversation: Row) -> dict[str, Any]:
    """The facts of the conversation's last escalation, or of one that would begin now."""
    transcript = conversations.transcript(tx, conversation["id"])
    setting = tx.rows(gathered.origin(conversation["id"]))[0]
    last = listing.page(
        tx, escalations, conversation["workspace_id"], {"conversation_id": conversation["id"]},
        limit=1, cursor=None,
    ).rows  # fmt: skip
    escalation: Mapping[str, Any] = last[0] if last else _blank(tx, conversation)
    if escalation["summary"] is not None:
        told = summary.Summary.from_dict(escalation["summary"])
    else:
        turns = [summary.Turn(id=m["id"], role=m["role"], text=m["text"]) for m in transcript]
        told = summary.summarise(turns, conversation["language"])
    return gathered.gather(escalation, conversation, transcript, told, setting)


def _blank(tx: Tx, conversation: Row) -> dict[str, Any]:
    blank = dict.fromkeys(("target", "team", "priority", "summary"))
    return blank | {
        "id": "esc_preview",
        "workspace_id": conversation["workspace_id"],
        "reason": {},
        "fields": {},
        "created_at": tx.now,
    }


def _render(desk: str, text: str, known: dict[str, Any]) -> dict[str, Any]:
    """The ticket's fields; `BadInput` with every problem at its place in the mapping."""
    if len(text) > MAX_TEXT:
        raise BadInput({"text": f"At most {MAX_TEXT} characters."})
    try:
        mapping = engine.load(text)
        if mapping.desk != desk:
            raise BadInput({"desk": f"This connection's desk is {desk}, not {mapping.desk}."})
        return engine.render(mapping, known)
    except MappingError as problem:
        raise BadInput({error.field: error.message for error in problem.errors}) from None
