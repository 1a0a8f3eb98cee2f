"""The overview: how many escalations, how fast, how they end, and what is in trouble now."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

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
    with house().store.transaction() as tx:
        workspace = tx.one("select * from workspaces where id = :id", id=me().workspace_id)
        zone = clock(workspace["time_zone"])
        since = _floor(tx.now.astimezone(zone) - back, unit)
        told = figures.told(tx, workspace, since, unit)
        now = {
            "failing": queries.failing(tx, workspace["id"]),
            "parked": queries.parked_number(tx, workspace["id"], "", None),
            "connections": desk_queries.connections(tx, workspace["id"], after=None).rows,
        }
        steps = _steps(since, tx.now.astimezone(zone), unit)
    begun = [row for row in told if row["what"] == "begun"]
    series = sorted({words.desk(row["name"]) for row in begun})
    columns = _columns(begun, steps, form)
    return page(
        "overview.html", show=show, chips=CHIPS, zone=zone, unit=unit, series=series,
        columns=columns, total=sum(row["n"] for row in begun),
        plot=plots.stacked(columns, series), to_ticket=_times(told, "ticket"),
        to_reply=_times(told, "reply"), resumed=_ends(told), **now,
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
    rows: Sequence[Row], steps: Sequence[datetime], form: str
) -> list[tuple[str, dict[str, int]]]:
    """For each step its label, and its numbers by desk."""
    numbers: dict[datetime, dict[str, int]] = {}
    for row in rows:
        numbers.setdefault(row["step"], {})[words.desk(row["name"])] = row["n"]
    return [(at.strftime(form), numbers.get(at.replace(tzinfo=None), {})) for at in steps]


def _times(told: Sequence[Row], what: str) -> list[dict[str, Any]]:
    """By desk how many, the time of the median, and of 19 in 20."""
    rows = sorted((row for row in told if row["what"] == what), key=_desk)
    return [
        {"desk": desk, "n": sum(row["n"] for row in sizes),
         "p50": figures.quantile(sizes, 0.5), "p95": figures.quantile(sizes, 0.95)}
        for desk, found in groupby(rows, _desk)
        for sizes in [list(found)]
    ]  # fmt: skip


def _desk(row: Row) -> str:
    return words.desk(row["name"])


def _ends(told: Sequence[Row]) -> list[Row]:
    """Why the AI got the word again, the most frequent first."""
    rows = [row for row in told if row["what"] == "resumed"]
    return sorted(rows, key=lambda row: (-row["n"], row["name"]))
