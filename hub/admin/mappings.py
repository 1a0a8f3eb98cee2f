"""Mappings: how an escalation becomes a desk's ticket, checked before it is kept."""

from typing import Any

from hub.admin.input import BadInput, find
from hub.store import Tx, audit
from hub.store import connections as store
from hub.store.schema import connections
from mappings import engine, facts
from mappings.errors import MappingError

MAX_TEXT = 100_000  # characters


def check_mapping(desk: str, text: str) -> dict[str, Any]:
    """The ticket that a mapping makes of the sample escalation; `BadInput` by its fields."""
    if len(text) > MAX_TEXT:
        raise BadInput({"text": f"At most {MAX_TEXT} characters."})
    try:
        mapping = engine.load(text)
        rendered = engine.render(mapping, facts.SAMPLE)
    except MappingError as problem:
        raise BadInput({error.field: error.message for error in problem.errors}) from None
    if mapping.desk != desk:
        raise BadInput({"desk": f"This connection's desk is {desk}, not {mapping.desk}."})
    return rendered


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
