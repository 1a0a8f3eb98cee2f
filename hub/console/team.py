"""The team: who is on now, when each works, and by which rule tickets are given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from flask import Response, abort, flash, request

from hub import admin, hours
from hub.admin import BadInput
from hub.console import shell
from hub.console.shell import back_to, found, me, needs, page
from hub.current import house
from hub.hours import DAYS, Hours
from hub.store import Row, Tx, team

blueprint = shell.noun("team")

RULES = {
    "round_robin": "In turn: who has waited longest for one",
    "least_busy": "To who has the fewest open tickets",
    "manual": "To nobody, until someone takes it",
}
NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Member:
    """A teammate as the page shows them."""

    row: Row
    hours: Hours
    now: datetime
    absences: Sequence[Row] = ()

    @property
    def state(self) -> tuple[str, str]:
        """In a word, and its colour."""
        if not self.row["available"]:
            return "Away", "warning"
        if not self.hours.works(self.now):
            return ("Day off" if self._is_off() else "Off duty"), "secondary"
        if self.row["open_tickets"] >= self.row["max_open"]:
            return "Has enough", "info"
        return "On now", "success"

    @property
    def again(self) -> datetime | None:
        """When their next shift begins, unless they are in one."""
        return None if self.hours.works(self.now) else self.hours.next(self.now)

    @property
    def week(self) -> str:
        """Their week in a line."""
        return hours.told(self.hours.shifts) or "At any time"

    def _is_off(self) -> bool:
        return self.hours.is_off(self.now.astimezone(self.hours.zone).date())


@blueprint.get("/team")
def index() -> Response:
    """Everybody, who is on now, and the rule."""
    with house().store.transaction() as tx:
        rows = team.members(tx, me().workspace_id)
        known = team.hours(tx, me().workspace_id, rows)
        members = [Member(row, known[row["id"]], tx.now) for row in rows]
    return page(
        "team/index.html",
        members=members,
        on=sum(member.state[0] == "On now" for member in members),
        rules=RULES,
        rule=admin.assignment_rule(house(), me().workspace_id),
        may_change=_may_change,
    )


@blueprint.post("/team/rule")
@needs("admin")
def set_rule() -> Response:
    """Tickets from now on are given by another rule."""
    rule = request.form.get("rule", "")
    if rule not in RULES:
        abort(HTTPStatus.BAD_REQUEST)
    admin.set_assignment_rule(house(), me().workspace_id, rule, actor=me().actor)
    flash("The rule is saved. It holds for new tickets.", "success")
    return back_to("team.index")


@blueprint.get("/team/<user_id>")
def one(user_id: str) -> Response:
    """One teammate's week and days off."""
    return _page(user_id, {}, {})


@blueprint.post("/team/<user_id>/available")
@needs("agent")
def set_available(user_id: str) -> Response:
    """Here, or away for a while."""
    here = request.form.get("available") == "1"
    with house().store.transaction() as tx:
        _changeable(tx, user_id)
        admin.change_user(tx, me().workspace_id, user_id, available=here, actor=me().actor)
    return back_to("team.index")


@blueprint.post("/team/<user_id>/hours")
@needs("agent")
def set_hours(user_id: str) -> Response:
    """The week, the clock it means, and for admins the most tickets at once."""
    form = {name: value.replace("\0", "").strip()[:200] for name, value in request.form.items()}
    most = form.get("max_open") if me().may("admin") else None
    try:
        with house().store.transaction() as tx:
            row = _changeable(tx, user_id)
            week = admin.read_week({day: form.get(day, "") for day in DAYS})
            admin.set_hours(
                tx, me().workspace_id, user_id, week, form.get("time_zone"), actor=me().actor
            )
            if most is not None and most != str(row["max_open"]):
                number = int(most) if most.isascii() and most.isdecimal() else 0
                admin.change_user(tx, me().workspace_id, user_id, max_open=number, actor=me().actor)
    except BadInput as wrong:
        return _page(user_id, wrong.errors, form)
    flash("The hours are saved.", "success")
    return back_to("team.one", user_id=user_id)


@blueprint.post("/team/<user_id>/days-off")
@needs("agent")
def add_days_off(user_id: str) -> Response:
    """No tickets on these days."""
    try:
        with house().store.transaction() as tx:
            _changeable(tx, user_id)
            first = _day("first_day")
            last = _day("last_day") if request.form.get("last_day") else None
            admin.add_days_off(tx, me().workspace_id, user_id, first, last, actor=me().actor)
    except BadInput as wrong:
        return _page(user_id, wrong.errors, request.form)
    flash("The days off are saved.", "success")
    return back_to("team.one", user_id=user_id)


@blueprint.post("/team/<user_id>/days-off/<days_off_id>/remove")
@needs("agent")
def remove_days_off(user_id: str, days_off_id: str) -> Response:
    """These are working days after all."""
    with house().store.transaction() as tx:
        _changeable(tx, user_id)
        admin.remove_days_off(tx, me().workspace_id, user_id, days_off_id, actor=me().actor)
    flash("The days off are removed.", "success")
    return back_to("team.one", user_id=user_id)


def _page(user_id: str, errors: Mapping[str, str], form: Mapping[str, Any]) -> Response:
    """One teammate; with what was wrong in the form beside its fields."""
    with house().store.transaction() as tx:
        row = found(team.member(tx, me().workspace_id, user_id))
        theirs = team.hours(tx, me().workspace_id, [row])[row["id"]]
        member = Member(row, theirs, tx.now, team.days_off(tx, row["id"]))
        zone = tx.value("select time_zone from workspaces where id = :id", id=me().workspace_id)
    spans = [", ".join(str(s) for s in theirs.shifts if s.weekday == n) for n in range(7)]
    answer = page(
        "team/one.html",
        member=member,
        week=dict(zip(DAYS, spans, strict=True)),
        days=dict(zip(DAYS, NAMES, strict=True)),
        zone=zone,
        errors=errors,
        form=form,
        changeable=_may_change(row["id"]),
    )
    answer.status_code = 422 if errors else answer.status_code
    return answer


def _may_change(user_id: str) -> bool:
    """An agent changes their own hours, an admin everybody's."""
    user = me().user
    mine = user is not None and user["id"] == user_id
    return me().may("admin") or (mine and me().may("agent"))


def _changeable(tx: Tx, user_id: str) -> Row:
    row: Row = found(team.member(tx, me().workspace_id, user_id))
    if not _may_change(row["id"]):
        abort(HTTPStatus.FORBIDDEN)
    return row


def _day(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise BadInput({name: "Choose a day."}) from None
