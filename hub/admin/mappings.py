"""Mappings: how an escalation becomes a desk's ticket, checked before it is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from connectors import rehearsal
from connectors.errors import ConnectorError
from connectors.rehearsal import Request
from connectors.types import Draft
from hub import summary
from hub.admin.input import BadInput, Unknown, find
from hub.admin.workspaces import NATIVE
from hub.desks import FieldList
from hub.house import House
from hub.pipeline import facts as gathered
from hub.store import Row, Tx, audit, conversations, listing
from hub.store import connections as store
from hub.store.schema import connections, escalations, mappings
from mappings import engine, facts, fit
from mappings.errors import FieldError, MappingError

MAX_TEXT = 100_000  # characters
Check = Literal["desk", "syntax"]
NOT_ASKED = (
    "The desk does not answer now, so its fields could not be checked ({why})."
    ' Try again, or save it unchecked: "check": "syntax".'
)


@dataclass(frozen=True)
class Saved:
    """A new version, and whether it was held against the desk's own fields."""

    version: int
    checked: bool


@dataclass(frozen=True)
class Preview:
    """What a mapping makes of a conversation, and what the desk would refuse of it."""

    fields: dict[str, Any]
    facts: dict[str, Any]
    errors: Sequence[FieldError]
    unchecked: str | None  # why the desk's fields are not known
    requests: Sequence[Request] = ()  # all that would be sent, where that was asked for
    unsent: str | None = None  # why they are not known


def check_mapping(desk: str, text: str) -> dict[str, Any]:
    """The ticket that a mapping makes of the sample escalation; `BadInput` by its fields."""
    return _render(_load(desk, text), facts.SAMPLE)


def save_mapping(
    house: House,
    workspace_id: str,
    connection_id: str,
    text: str,
    *,
    check: Check = "desk",
    actor: str = audit.HUB,
) -> Saved:
    """The mapping from the next ticket on, if it fits the desk's fields; `BadInput` by field.

    With `check="syntax"` the desk is not asked.
    """
    connection = _connection(house, workspace_id, connection_id)
    check_mapping(connection["desk"], text)
    checked = check == "desk" and _fits(house, connection, text)
    with house.store.transaction() as tx:
        find(tx, connections, workspace_id, connection_id, "connection")  # one version at a time
        version = store.save_mapping(tx, connection, text, actor, checked=checked)
        how = "" if checked else ", not checked at the desk"
        audit.record(
            tx, workspace_id, "mapping.saved", f"{connection['name']}, version {version}{how}",
            actor=actor, subject_id=connection_id,
        )  # fmt: skip
    return Saved(version, checked)


def restore_mapping(
    house: House,
    workspace_id: str,
    mapping_id: str,
    *,
    check: Check = "desk",
    actor: str = audit.HUB,
) -> tuple[Row, Saved]:
    """An earlier version once more, as the newest one, under the same checks."""
    with house.store.transaction() as tx:
        row = listing.get(tx, mappings, workspace_id, mapping_id)
    if row is None:
        raise Unknown(f"There is no mapping {mapping_id} here.")
    connection_id, text = row["connection_id"], row["body"]
    return row, save_mapping(house, workspace_id, connection_id, text, check=check, actor=actor)


def desk_fields(
    house: House, workspace_id: str, connection_id: str, *, fresh: bool = False
) -> FieldList:
    """The fields of a new ticket at the connection's desk; raises what the desk says."""
    return house.desks.fields(_connection(house, workspace_id, connection_id), fresh=fresh)


def mapping_problems(house: House, connection: Row) -> list[FieldError]:
    """What the desk would refuse of the mapping in force; raises what the desk says."""
    with house.store.transaction() as tx:
        mapping = _load(connection["desk"], mapping_text(tx, connection))
    return _problems(mapping, house.desks.fields(connection, fresh=True).fields)


def default_mapping(desk: str) -> str:
    """The mapping that a desk comes with."""
    return gathered.default_mapping(desk)


def mapping_text(tx: Tx, connection: Row) -> str:
    """The connection's mapping that is in force: its own, or its desk's."""
    own = store.mapping(tx, connection["id"])
    return own["body"] if own else gathered.default_mapping(connection["desk"])


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
    connection = _connection(house, workspace_id, connection_id)
    with house.store.transaction() as tx:
        conversation = conversations.get(tx, workspace_id, conversation_id)
        if conversation is None:
            raise Unknown(f"There is no conversation {conversation_id} here.")
        transcript = conversations.transcript(tx, conversation["id"])
        escalation, told, known = _facts(tx, conversation, transcript)
        text = text if text is not None else mapping_text(tx, connection)
    mapping = _load(connection["desk"], text)
    made, errors, unchecked = _render(mapping, known), list[FieldError](), None
    try:
        listed = house.desks.fields(connection).fields
    except ConnectorError as problem:
        unchecked = f"The desk does not answer now: {problem}"
    else:
        errors = _problems(mapping, listed, known)
        unchecked = None if listed is not None else "This desk cannot list its fields."
    preview = Preview(fields=made, facts=known, errors=errors, unchecked=unchecked)
    if not whole or connection["desk"] == NATIVE:
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


def _connection(house: House, workspace_id: str, connection_id: str) -> Row:
    with house.store.transaction() as tx:
        row = listing.get(tx, connections, workspace_id, connection_id)
    if row is None:
        raise Unknown(f"There is no connection {connection_id} here.")
    return row


def _fits(house: House, connection: Row, text: str) -> bool:
    """True if the desk's fields take it, False if the desk cannot list them; else `BadInput`.

    A refusal never rests on an old list: somebody may just have made the field at the desk.
    """
    mapping = _load(connection["desk"], text)
    try:
        known = house.desks.fields(connection)
        errors = _problems(mapping, known.fields)
        if errors:
            errors = _problems(mapping, house.desks.fields(connection, fresh=True).fields)
    except ConnectorError as problem:
        raise BadInput({"check": NOT_ASKED.format(why=problem)}) from None
    if errors:
        raise _bad(errors)
    return known.fields is not None


def _problems(
    mapping: engine.Mapping, listed: Any, known: dict[str, Any] | None = None
) -> list[FieldError]:
    """What the desk would refuse: of the rules, and of the ticket that these facts make."""
    if listed is None:
        return []
    errors = fit.misfits(mapping, listed)
    places = {error.field for error in errors}
    more = fit.refused(mapping, listed, known) if known is not None else []
    return errors + [error for error in more if error.field not in places]


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


def _load(desk: str, text: str) -> engine.Mapping:
    """The mapping; `BadInput` with every problem at its place."""
    if len(text) > MAX_TEXT:
        raise BadInput({"text": f"At most {MAX_TEXT} characters."})
    try:
        mapping = engine.load(text)
    except MappingError as problem:
        raise _bad(problem.errors) from None
    if mapping.desk != desk:
        raise BadInput({"desk": f"This connection's desk is {desk}, not {mapping.desk}."})
    return mapping


def _render(mapping: engine.Mapping, known: dict[str, Any]) -> dict[str, Any]:
    try:
        return engine.render(mapping, known)
    except MappingError as problem:
        raise _bad(problem.errors) from None


def _bad(errors: Sequence[FieldError]) -> BadInput:
    return BadInput({error.field: error.message for error in errors})
