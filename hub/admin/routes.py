"""Routes: which escalations go to which desk, in which order."""

from collections.abc import Sequence
from typing import Any

from hub import ids, routing
from hub.admin.input import BadInput, change, find
from hub.conditions import BadCondition, parse
from hub.store import Row, Tx, audit
from hub.store.schema import routes

LAST = 10_000  # the highest position
LONGEST = 1000  # characters of a condition
WEEK = 7 * 24 * 60  # minutes


def add_route(
    tx: Tx,
    workspace_id: str,
    to: Sequence[str],
    when: str | None = None,
    position: int | None = None,
    *,
    give_up_after: int = routing.PATIENCE,
    actor: str = audit.HUB,
) -> Row:
    """A route to the connections (ids or names) in their order, last unless a position is given.

    Each has `give_up_after` minutes for the ticket; then the next one gets the escalation.
    """
    route_id = ids.new("route")
    values: dict[str, Any] = {
        "connection_ids": resolve(tx, workspace_id, to),
        "condition": condition(when),
        "give_up_after": _minutes(give_up_after),
    }
    place = _make_room(tx, workspace_id, position)
    tx.run(
        routes.insert().values(
            id=route_id, workspace_id=workspace_id, position=place, created_at=tx.now, **values
        )
    )
    audit.record(
        tx, workspace_id, "route.added", when or "everything else", actor=actor, subject_id=route_id
    )
    return change(tx, routes, route_id)


def change_route(
    tx: Tx,
    workspace_id: str,
    route_id: str,
    *,
    to: Sequence[str] | None = None,
    position: int | None = None,
    give_up_after: int | None = None,
    enabled: bool | None = None,
    actor: str = audit.HUB,
    **when: str | None,
) -> Row:
    """Other connections, another condition `when` (None for none), another position; on or off."""
    if position is not None:
        _lock(tx, workspace_id)  # before the row, as whoever moves all of them
    find(tx, routes, workspace_id, route_id, "route")
    values: dict[str, Any] = {}
    if to is not None:
        values["connection_ids"] = resolve(tx, workspace_id, to)
    if "when" in when:
        values["condition"] = condition(when["when"])
    if give_up_after is not None:
        values["give_up_after"] = _minutes(give_up_after)
    if enabled is not None:
        values["enabled"] = enabled
    if position is not None:
        values["position"] = _make_room(tx, workspace_id, position)
    audit.record(
        tx, workspace_id, "route.changed", ", ".join(values), actor=actor, subject_id=route_id
    )
    return change(tx, routes, route_id, **values)


def move_route(
    tx: Tx, workspace_id: str, route_id: str, by: int, *, actor: str = audit.HUB
) -> None:
    """Try the route earlier (`by` -1) or later (1) than its neighbour."""
    _lock(tx, workspace_id)
    find(tx, routes, workspace_id, route_id, "route")
    sql = "select id from routes where workspace_id = :id order by position, id"
    order = [row["id"] for row in tx.all(sql, id=workspace_id)]
    here = order.index(route_id)
    order.insert(max(0, here + by), order.pop(here))
    sql = "update routes set position = array_position(:order, id) where id = any(:order)"
    tx.run(sql, order=order)
    audit.record(tx, workspace_id, "route.changed", "position", actor=actor, subject_id=route_id)


def remove_route(tx: Tx, workspace_id: str, route_id: str, *, actor: str = audit.HUB) -> None:
    """New escalations do not take this route any more."""
    row = find(tx, routes, workspace_id, route_id, "route")
    tx.run("update escalations set route_id = null where route_id = :id", id=route_id)
    tx.run("delete from routes where id = :id", id=route_id)
    audit.record(
        tx, workspace_id, "route.removed", row["condition"], actor=actor, subject_id=route_id
    )


def resolve(tx: Tx, workspace_id: str, to: Sequence[str]) -> list[str]:
    """The ids of connections that are given by id or by name."""
    if not to:
        raise BadInput({"to": "Name at least one connection."})
    rows = tx.all(
        "select id, name from connections where workspace_id = :w and archived_at is null",
        w=workspace_id,
    )
    known = {row["name"].casefold(): row["id"] for row in rows} | {r["id"]: r["id"] for r in rows}
    strange = [one for one in to if one not in known and one.casefold() not in known]
    if strange:
        raise BadInput({"to": f"There is no connection {strange[0]!r} here."})
    return list(dict.fromkeys(known.get(one) or known[one.casefold()] for one in to))


def condition(when: str | None) -> str | None:
    """The condition, if it can be read; None when it is empty."""
    text = (when or "").strip()
    if not text:
        return None
    if len(text) > LONGEST:
        raise BadInput({"when": f"At most {LONGEST} characters."})
    try:
        parse(text)
    except BadCondition as problem:
        raise BadInput({"when": str(problem)}) from None
    return text


def _minutes(value: int) -> int:
    if not 1 <= value <= WEEK:
        raise BadInput({"give_up_after": f"From 1 to {WEEK} minutes."})
    return value


def _lock(tx: Tx, workspace_id: str) -> None:
    """One change of the order at a time."""
    tx.run("select 1 from workspaces where id = :id for update", id=workspace_id)


def _make_room(tx: Tx, workspace_id: str, position: int | None) -> int:
    """The position, with the routes from there on moved down; the end of the list for None."""
    _lock(tx, workspace_id)
    if position is None:
        sql = "select coalesce(max(position), 0) + 1 from routes where workspace_id = :workspace"
        end: int = tx.value(sql, workspace=workspace_id)
        return end
    if not 1 <= position <= LAST:
        raise BadInput({"position": f"From 1 to {LAST}."})
    tx.run(
        "update routes set position = position + 1 where workspace_id = :workspace"
        " and position >= :position",
        workspace=workspace_id,
        position=position,
    )
    return position
