"""The team of the Help Desk: who is on now, and when each of them works."""

from datetime import date
from typing import Literal

from pydantic import Field

from hub import admin
from hub.api.shapes import Moment, Removed, Shape, ident
from hub.api.table import Body, Call, Listing, Noun, Query, found
from hub.hours import DAYS, Shift, clock
from hub.store import Row, Tx, team

api = Noun(
    "Team",
    "Who may hold tickets of the Help Desk, and when they work. Whether somebody is available and"
    " how many tickets they may have is changed at the user, the rule of assignment in the config"
    " of the connection `live_chat`.",
)

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
FIRST, LAST = Field(examples=["2026-12-24"]), Field(examples=["2026-12-31"])
CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"


class Span(Body):
    """A shift of every week."""

    weekday: Weekday
    begins: str = Field(pattern=CLOCK, examples=["09:00"])
    ends: str = Field(
        pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$",
        examples=["17:30"],
        description="At or before `begins`: on the next day.",
    )


class Absence(Shape):
    """Days on which somebody gets no tickets, both ends included."""

    id: str = ident("off")
    first_day: date = FIRST
    last_day: date = LAST


class Member(Shape):
    """A teammate who may hold tickets."""

    id: str = ident("usr")
    name: str = Field(examples=["Ada"])
    on_now: bool = Field(description="Available, and in their hours.")
    on_again_at: Moment | None = Field(description="Their next shift, unless they are in one.")
    available: bool
    open_tickets: int
    max_open: int
    time_zone: str | None = Field(description="Whose clock the shifts mean; null: the workspace's.")
    shifts: list[Span] = Field(description="None: they work at any time.")
    days_off: list[Absence]


class SetHours(Body):
    """All shifts of a week; what is not named is no shift any more."""

    shifts: list[Span] = Field(max_length=42)
    time_zone: str | None = Field(None, max_length=64, examples=["Europe/Berlin"])


class AddAbsence(Body):
    """One day, or all from the first to the last."""

    first_day: date = FIRST
    last_day: date | None = Field(None, examples=["2026-12-31"])


@api.route("GET", "/v1/team", role="viewer", answer=Member, many=True, query=Query,
           summary="Everybody, and who is on now.")  # fmt: skip
def index(call: Call, query: Query) -> Listing:
    with call.transaction() as tx:
        rows = sorted(team.members(tx, call.workspace_id), key=lambda row: row["id"])
        rest = [row for row in rows if query.cursor is None or row["id"] > query.cursor]
        some = rest[: query.limit]
        last = some[-1]["id"] if len(rest) > len(some) else None
        return Listing([_shown(tx, call, row) for row in some], last)


@api.route("GET", "/v1/team/<id>", role="viewer", answer=Member, summary="One teammate's hours.")
def one(call: Call, id: str) -> Member:
    with call.transaction() as tx:
        return _member(tx, call, id)


@api.route("PUT", "/v1/team/<id>/hours", role="admin", answer=Member, body=SetHours,
           summary="When they work, week by week.")  # fmt: skip
def set_hours(call: Call, id: str, body: SetHours) -> Member:
    shifts = [
        Shift(DAYS.index(one.weekday), _minutes(one.begins), _minutes(one.ends))
        for one in body.shifts
    ]
    with call.transaction() as tx:
        found(team.member(tx, call.workspace_id, id), "teammate")
        admin.set_hours(tx, call.workspace_id, id, shifts, body.time_zone, actor=call.actor)
        return _member(tx, call, id)


@api.route("POST", "/v1/team/<id>/days-off", role="admin", answer=Absence, status=201,
           body=AddAbsence, summary="They get no tickets on these days.")  # fmt: skip
def add_days_off(call: Call, id: str, body: AddAbsence) -> Absence:
    with call.transaction() as tx:
        found(team.member(tx, call.workspace_id, id), "teammate")
        row = admin.add_days_off(
            tx, call.workspace_id, id, body.first_day, body.last_day, actor=call.actor
        )
    return Absence.of(row)


@api.route("DELETE", "/v1/team/<id>/days-off/<days_off_id>", role="admin", answer=Removed,
           summary="They work on these days after all.")  # fmt: skip
def remove_days_off(call: Call, id: str, days_off_id: str) -> Removed:
    with call.transaction() as tx:
        admin.remove_days_off(tx, call.workspace_id, id, days_off_id, actor=call.actor)
    return Removed(id=days_off_id)


def _member(tx: Tx, call: Call, id: str) -> Member:
    return _shown(tx, call, found(team.member(tx, call.workspace_id, id), "teammate"))


def _shown(tx: Tx, call: Call, row: Row) -> Member:
    hours = team.hours(tx, call.workspace_id, [row])[row["id"]]
    works = hours.works(tx.now)
    return Member.of(
        row,
        on_now=row["available"] and works,
        on_again_at=None if works else hours.next(tx.now),
        shifts=[
            Span(weekday=DAYS[s.weekday], begins=clock(s.begins), ends=clock(s.ends))  # type: ignore[arg-type]
            for s in hours.shifts
        ],
        days_off=[Absence.of(off) for off in team.days_off(tx, row["id"])],
    )


def _minutes(text: str) -> int:
    hour, _, minute = text.partition(":")
    return 60 * int(hour) + int(minute)
