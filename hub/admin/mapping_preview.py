"""What a mapping makes of a conversation, and what the desk would be sent for its ticket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from connectors import registry, rehearsal
from connectors.errors import ConnectorError
from connectors.rehearsal import Request
from connectors.types import Draft
from hub import summary
from hub.admin import mappings
from hub.admin.input import Unknown
from hub.house import House
from hub.pipeline import facts as gathered
from hub.store import Row, Tx, conversations, listing
from hub.store.schema import escalations
from mappings.errors import FieldError


@dataclass(frozen=True)
class Preview:
    """What a mapping makes of a conversation, and what the desk would refuse of it."""

    fields: dict[str, Any]
    facts: dict[str, Any]
    errors: Sequence[FieldError]
    unchecked: str | None  # why the desk's fields are not known
    requests: Sequence[Request] = ()  # all that would be sent, where that was asked for
    unsent: str | None = None  # why they are not known


def preview_mapping(
    house: House,
    workspace_id: str,
    connection_id: str,
    conversation_id: str,
    text: str | None = None,
    *,
    whole: bool = False,
) -> Preview:
    """The exact fields that an escalation of this conversation gives, by `text` if given.

    `whole` rehearses the ticket at the desk, and tells the requests that would make it.
    """
    connection = mappings.connection_of(house, workspace_id, connection_id)
    with house.store.transaction() as tx:
        conversation = conversations.get(tx, workspace_id, conversation_id)
        if conversation is None:
            raise Unknown(f"There is no conversation {conversation_id} here.")
        transcript = conversations.transcript(tx, conversation["id"])
        escalation, told, known = _facts(tx, conversation, transcript)
        text = text if text is not None else mappings.mapping_text(tx, connection)
    mapping = mappings.load(connection["desk"], text)
    made, errors, unchecked = mappings.render(mapping, known), list[FieldError](), None
    try:
        listed = house.desks.fields(connection).fields
    except ConnectorError as problem:
        unchecked = f"The desk does not answer now: {problem}"
    else:
        errors = mappings.problems(mapping, listed, known)
        unchecked = None if listed is not None else "This desk cannot list its fields."
    preview = Preview(fields=made, facts=known, errors=errors, unchecked=unchecked)
    if not whole or connection["desk"] == registry.NATIVE:
        return preview
    draft = Draft(
        key=escalation["id"],
        subject=told.subject,
        transcript=tuple(conversations.as_message(row) for row in transcript),
        requester=conversations.as_requester(conversation),
        fields=made,
        language=told.language,
    )
    kept, unsent = _rehearse(house, connection, draft)
    return replace(preview, requests=kept, unsent=unsent)


def _rehearse(house: House, connection: Row, draft: Draft) -> tuple[list[Request], str | None]:
    """What would be sent for the ticket; or why that is not known."""
    with rehearsal.held() as kept:
        try:
            house.desks.fresh(connection).create_ticket(draft)
        except ConnectorError as problem:  # most connectors need more of an answer than there is
            return kept, None if kept else f"The desk does not answer now: {problem}"
    return kept, None


def _facts(
    tx: Tx, conversation: Row, transcript: Sequence[Row]
) -> tuple[Mapping[str, Any], summary.Summary, dict[str, Any]]:
    """The conversation's last escalation, or one that would begin now; its summary; its facts."""
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
    known = gathered.gather(escalation, conversation, transcript, told, setting)
    return escalation, told, known


def _blank(tx: Tx, conversation: Row) -> dict[str, Any]:
    blank = dict.fromkeys(("target", "team", "priority", "summary"))
    return blank | {
        "id": "esc_preview",
        "workspace_id": conversation["workspace_id"],
        "reason": {},
        "fields": {},
        "created_at": tx.now,
    }
