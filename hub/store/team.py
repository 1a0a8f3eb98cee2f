"""The team of the Help Desk: who may hold tickets, their hours, and who is on now."""

from collections.abc import Mapping, Sequence
from datetime import date

from hub import ids
from hub.conditions import clock
from hub.hours import Hours, Shift
from hub.store import Row, Tx

MEMBERS = """
select u.*, coalesce(u.time_zone, w.time_zone) as zone,
  (select count(*) from native_tickets t where t.assignee_id = u.id
    and t.status not in ('solved', 'closed')) as open_tickets
from users u join workspaces w on w.id = u.workspace_id
where u.workspace_id = :workspace and u.role <> 'viewer' and u.deactivated_at is null
"""


def members(tx: Tx, workspace_id: str) -> Sequence[Row]:
    """Everybody who may hold a ticket, with how many they have."""
    return tx.all(MEMBERS + "order by lower(u.name), u.id", workspace=workspace_id)


def member(tx: Tx, workspace_id: str, user_id: str) -> Row | None:
    """One of them; None for a viewer, and for who is let in no more."""
    return tx.first(MEMBERS + "and u.id = :id", workspace=workspace_id, id=user_id)


def hours(tx: Tx, workspace_id: str, members: Sequence[Row]) -> Mapping[str, Hours]:
    """The hours of each member."""
    week: dict[str, list[Shift]] = {row["id"]: [] for row in members}
    off: dict[str, list[tuple[date, date]]] = {row["id"]: [] for row in members}
    for row in tx.all("select * from shifts where workspace_id = :id", id=workspace_id):
        week.setdefault(row["user_id"], []).append(
            Shift(row["weekday"], row["begins"], row["ends"])
        )
    for row in tx.all("select * from days_off where workspace_id = :id", id=workspace_id):
        off.setdefault(row["user_id"], []).append((row["first_day"], row["last_day"]))
    return {
        row["id"]: Hours(clock(row["zone"]), tuple(sorted(week[row["id"]])), tuple(off[row["id"]]))
        for row in members
    }


def on_now(tx: Tx, workspace_id: str) -> list[str]:
    """The ids of those who are available and in their hours at this transaction's moment."""
    found = [row for row in members(tx, workspace_id) if row["available"]]
    theirs = hours(tx, workspace_id, found)
    return [row["id"] for row in found if theirs[row["id"]].works(tx.now)]


def days_off(tx: Tx, user_id: str) -> Sequence[Row]:
    """A teammate's days off, the next ones first."""
    return tx.all("select * from days_off where user_id = :id order by first_day, id", id=user_id)


def set_shifts(tx: Tx, user: Row, shifts: Sequence[Shift]) -> None:
    """These shifts and no others."""
    tx.run("delete from shifts where user_id = :id", id=user["id"])
    for shift in sorted(set(shifts)):
        tx.insert(
            "shifts",
            id=ids.new("shift"),
            workspace_id=user["workspace_id"],
            user_id=user["id"],
            weekday=shift.weekday,
            begins=shift.begins,
            ends=shift.ends,
        )


def add_days_off(tx: Tx, user: Row, first: date, last: date) -> str:
    """Days on which they do not work; the id of the row."""
    new = ids.new("days_off")
    tx.insert(
        "days_off",
        id=new,
        workspace_id=user["workspace_id"],
        user_id=user["id"],
        first_day=first,
        last_day=last,
    )
    return new


def remove_days_off(tx: Tx, user_id: str, days_off_id: str) -> Row | None:
    """They work on these days after all; the row that was there."""
    return tx.first(
        "delete from days_off where id = :id and user_id = :user returning *",
        id=days_off_id,
        user=user_id,
    )
