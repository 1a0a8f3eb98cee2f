"""When teammates work, and by which rule the Help Desk gives them tickets."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from hub import hours
from hub.admin.connecting import changed_config
from hub.admin.input import BadInput, Unknown, change, find
from hub.conditions import zones
from hub.hours import DAYS, Shift
from hub.house import House
from hub.store import Row, Tx, audit, connections, team
from hub.store.schema import connections as connections_table
from hub.store.schema import users

MOST_DAYS = 366  # of one absence
MOST_ABSENCES = 100
MOST_SHIFTS = 42


def set_hours(
    tx: Tx,
    workspace_id: str,
    user_id: str,
    shifts: Sequence[Shift],
    time_zone: str | None = None,
    *,
    actor: str = audit.HUB,
) -> Row:
    """These shifts and no others; `time_zone` is the clock they mean, None the workspace's."""
    row = find(tx, users, workspace_id, user_id, "user")
    if len(shifts) > MOST_SHIFTS:
        raise BadInput({"shifts": f"At most {MOST_SHIFTS} a week."})
    known = zones().get(time_zone.strip().casefold()) if time_zone else None
    if time_zone and known is None:
        raise BadInput({"time_zone": "Write a time zone such as Europe/Berlin, or UTC."})
    team.set_shifts(tx, row, shifts)
    told = f"{row['email']}: {hours.told(shifts) or 'at any time'}"
    audit.record(tx, workspace_id, "user.hours", told, actor=actor, subject_id=user_id)
    return change(tx, users, user_id, time_zone=known)


def read_week(week: Mapping[str, str]) -> list[Shift]:
    """The shifts of texts by weekday, such as `{"mon": "09:00-17:30"}`; `BadInput` by weekday."""
    shifts, errors = [], {}
    for day, text in week.items():
        try:
            shifts += hours.read(DAYS.index(day), text)
        except ValueError as problem:
            errors[day] = str(problem)
    if errors:
        raise BadInput(errors)
    return shifts


def add_days_off(
    tx: Tx,
    workspace_id: str,
    user_id: str,
    first: date,
    last: date | None = None,
    *,
    actor: str = audit.HUB,
) -> Row:
    """They get no tickets on these days, of which `last` is one."""
    row = find(tx, users, workspace_id, user_id, "user")
    last = last or first
    if not 0 <= (last - first).days < MOST_DAYS:
        raise BadInput({"last_day": f"Not before the first, and at most {MOST_DAYS} days."})
    if len(team.days_off(tx, user_id)) >= MOST_ABSENCES:
        raise BadInput({"first_day": f"At most {MOST_ABSENCES}: remove old ones first."})
    new = team.add_days_off(tx, row, first, last)
    audit.record(
        tx, workspace_id, "user.days_off", f"{row['email']}: {first} to {last}", actor=actor,
        subject_id=user_id,
    )  # fmt: skip
    return tx.one("select * from days_off where id = :id", id=new)


def remove_days_off(
    tx: Tx, workspace_id: str, user_id: str, days_off_id: str, *, actor: str = audit.HUB
) -> None:
    """They work on these days after all."""
    row = find(tx, users, workspace_id, user_id, "user")
    gone = team.remove_days_off(tx, user_id, days_off_id)
    if gone is None:
        raise Unknown("There are no such days off.")
    told = f"{row['email']}: not {gone['first_day']} to {gone['last_day']}"
    audit.record(tx, workspace_id, "user.days_off", told, actor=actor, subject_id=user_id)


def assignment_rule(house: House, workspace_id: str) -> str:
    """By which rule the Help Desk gives a ticket that nobody took by hand."""
    with house.store.transaction() as tx:
        row = connections.native(tx, workspace_id)
    config: Any = house.desks.unseal(row["desk"], workspace_id, row["id"], row["config"])
    return str(config.assignment)


def set_assignment_rule(
    house: House, workspace_id: str, rule: str, *, actor: str = audit.HUB
) -> None:
    """Tickets from now on are given by this rule."""
    with house.store.transaction() as tx:
        row = connections.native(tx, workspace_id)
    _, fresh = changed_config(house, workspace_id, row["id"], {"assignment": rule})
    sealed = house.desks.seal(workspace_id, row["id"], fresh)
    with house.store.transaction() as tx:
        row = find(tx, connections_table, workspace_id, row["id"], "connection")
        change(tx, connections_table, row["id"], version=row["version"] + 1, config=sealed)
        audit.record(
            tx, workspace_id, "connection.changed", f"assignment: {rule}", actor=actor,
            subject_id=row["id"],
        )  # fmt: skip
