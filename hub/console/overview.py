"""The overview: how many escalations, how fast, how they end, and what is in trouble now."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from flask import Response

from hub.conditions import clock
from hub.console import desk_queries, plots, queries, shell, words
from hub.console.shell import me, page
from hub.current import house
from hub.store import Row, figures

blueprint = shell.noun("overview")

CHIPS = {"day": "24 hours", "week": "7 days", "month": "30 days"}
RANGES = {  # how far back, in which steps, and how a step is called
    "day": (timedelta(hours=24), "hour", "%H:00"),
    "week": (timedelta(days=7), "day", "%a %d"),
    "month": (timedelta(days=30), "day", "%d %b"),
}
STEP = {"hour": timedelta(hours=1), "day": timedelta(days=1)}


@blueprint.get("/overview")
def index() -> Response:
    """Figures of a range, each with its numbers."""
    show = shell.chip(CHIPS, "week")
    back, unit, form = RANGES[show]
    workspace = me().workspace_id
    with house().store.transaction() as tx:
        sql = "select time_zone from workspaces where id = :id"
        zone = clock(tx.value(sql, id=workspace))
        since = _floor(tx.now.astimezone(zone) - back, unit)
        begun = figures.begun(tx, workspace, since, unit, str(zone))
        answer = {
            "to_ticket": figures.to_ticket(tx, workspace, since),
            "to_reply": figures.to_reply(tx, workspace, since),
            "resumed": figures.resumed(tx, workspace, since),
            "failing": figures.failing(tx, workspace),
            "parked": queries.parked_number(tx, workspace, "", None),
            "connections": desk_queries.connections(tx, workspace, after=None).rows,
        }
        steps = _steps(since, tx.now.astimezone(zone), unit)
    series = sorted({words.desk(row["desk"]) for row in begun})
    columns = _columns(begun, steps, form, zone)
    return page(
        "overview.html", show=show, chips=CHIPS, zone=zone, unit=unit, series=series,
        columns=columns, total=sum(row["n"] for row in begun),
        plot=plots.stacked(columns, series), **answer,
    )  # fmt: skip


def _floor(at: datetime, unit: str) -> datetime:
    """The beginning of its hour or day."""
    start = at.replace(minute=0, second=0, microsecond=0)
    return start.replace(hour=0) if unit == "day" else start


def _steps(since: datetime, until: datetime, unit: str) -> Sequence[datetime]:
    """The beginning of every hour or day; days by the wall's clock, whatever the season does."""
    found, at = [], since
    while at <= until:
        found.append(at)
        at += STEP[unit]
    return found


def _columns(
    rows: Sequence[Row], steps: Sequence[datetime], form: str, zone: tzinfo
) -> list[tuple[str, dict[str, int]]]:
    """For each step its label, and its numbers by desk."""
    numbers: dict[datetime, dict[str, int]] = {}
    for row in rows:
        at = row["at"].astimezone(zone).replace(tzinfo=None)
        numbers.setdefault(at, {})[words.desk(row["desk"])] = row["n"]
    return [(at.strftime(form), numbers.get(at.replace(tzinfo=None), {})) for at in steps]
