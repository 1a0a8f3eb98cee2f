"""Mappings: how an escalation becomes a desk's ticket, checked before it is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from connectors.errors import ConnectorError
from hub.admin.input import BadInput, Unknown, find
from hub.desks import FieldList
from hub.house import House
from hub.pipeline import facts as gathered
from hub.store import Row, Tx, audit, listing
from hub.store import connections as store
from hub.store.schema import connections, mappings
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


def check_mapping(desk: str, text: str) -> dict[str, Any]:
    """The ticket that a mapping makes of the sample escalation; `BadInput` by its fields."""
    return render(load(desk, text), facts.SAMPLE)


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
    connection = connection_of(house, workspace_id, connection_id)
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
    return house.desks.fields(connection_of(house, workspace_id, connection_id), fresh=fresh)


def mapping_problems(house: House, connection: Row) -> list[FieldError]:
    """What the desk would refuse of the mapping in force; raises what the desk says."""
    with house.store.transaction() as tx:
        mapping = load(connection["desk"], mapping_text(tx, connection))
    return problems(mapping, house.desks.fields(connection, fresh=True).fields)


def default_mapping(desk: str) -> str:
    """The mapping that a desk comes with."""
    return gathered.default_mapping(desk)


def mapping_text(tx: Tx, connection: Row) -> str:
    """The connection's mapping that is in force: its own, or its desk's."""
    own = store.mapping(tx, connection["id"])
    return own["body"] if own else gathered.default_mapping(connection["desk"])


def connection_of(house: House, workspace_id: str, connection_id: str) -> Row:
    """The workspace's connection; `Unknown` for any other."""
    with house.store.transaction() as tx:
        row = listing.get(tx, connections, workspace_id, connection_id)
    if row is None:
        raise Unknown(f"There is no connection {connection_id} here.")
    return row


def _fits(house: House, connection: Row, text: str) -> bool:
    """True if the desk's fields take it, False if the desk cannot list them; else `BadInput`.

    A refusal never rests on an old list: somebody may just have made the field at the desk.
    """
    mapping = load(connection["desk"], text)
    try:
        known = house.desks.fields(connection)
        errors = problems(mapping, known.fields)
        if errors:
            errors = problems(mapping, house.desks.fields(connection, fresh=True).fields)
    except ConnectorError as problem:
        raise BadInput({"check": NOT_ASKED.format(why=problem)}) from None
    if errors:
        raise _bad(errors)
    return known.fields is not None


def problems(
    mapping: engine.Mapping, listed: Any, known: dict[str, Any] | None = None
) -> list[FieldError]:
    """What the desk would refuse: of the rules, and of the ticket that these facts make."""
    if listed is None:
        return []
    errors = fit.misfits(mapping, listed)
    places = {error.field for error in errors}
    more = fit.refused(mapping, listed, known) if known is not None else []
    return errors + [error for error in more if error.field not in places]


def load(desk: str, text: str) -> engine.Mapping:
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


def render(mapping: engine.Mapping, known: dict[str, Any]) -> dict[str, Any]:
    """The ticket's fields; `BadInput` where the mapping demands what is not there."""
    try:
        return engine.render(mapping, known)
    except MappingError as problem:
        raise _bad(problem.errors) from None


def _bad(errors: Sequence[FieldError]) -> BadInput:
    return BadInput({error.field: error.message for error in errors})
