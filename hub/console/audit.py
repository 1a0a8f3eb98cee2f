"""The audit log: who did what, when, to what; and all of it as a table for a spreadsheet."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from flask import Response, request

from hub.console import shell, sorry
from hub.console.queries import SIZE, Page
from hub.console.shell import me, needs, page
from hub.current import house
from hub.house import House
from hub.store import audit

blueprint = shell.noun("audit")

KINDS = {
    "": "Everything", "user": "People and sign-ins", "key": "API keys", "source": "Sources",
    "subscriber": "Subscribers", "delivery": "Deliveries", "connection": "Connections",
    "route": "Routes", "mapping": "Mappings", "conversation": "Conversations",
    "escalation": "Escalations", "ticket": "Tickets", "workspace": "The workspace",
    "customer": "Customers' data", "privacy": "Retention",
}  # fmt: skip
COLUMNS = ("at", "actor", "what", "detail", "subject_id", "conversation_id", "escalation_id", "id")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # a spreadsheet would compute what begins so
CHUNK = 500  # rows of an export that are read at once


@blueprint.get("/audit")
@needs("admin")
def index() -> Response:
    """The newest lines that fit."""
    wanted, errors = _wanted()
    with house().store.transaction() as tx:
        rows = [] if errors else audit.find(
            tx, me().workspace_id, wanted, after=request.args.get("after"), limit=SIZE + 1
        )  # fmt: skip
    more = rows[SIZE - 1]["id"] if len(rows) > SIZE else None
    form = {name: request.args.get(name, "") for name in ("who", "what", "since", "until", "about")}
    return page(
        "audit.html", listed=Page(rows[:SIZE], more), kinds=KINDS, form=form, errors=errors,
        filtered=any(form.values()),
    )  # fmt: skip


@blueprint.get("/audit.csv")
@needs("admin")
def export() -> Response:
    """All lines that fit, the newest first, as they are read."""
    wanted, errors = _wanted()
    if errors:
        return sorry.page(400)
    here, workspace = house(), me().workspace_id
    with here.store.transaction() as tx:
        audit.record(tx, workspace, "audit.exported", actor=me().actor)
    answer = Response(_lines(here, workspace, wanted), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return answer


def cell(value: object) -> str:
    """A value as a spreadsheet shows it: as text, whatever it begins with."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _lines(house: House, workspace_id: str, wanted: audit.Wanted) -> Iterator[str]:
    """The export in pieces; no transaction stays open while the browser reads."""
    yield _csv([COLUMNS])
    after = None
    while True:
        with house.store.transaction() as tx:
            rows = audit.find(tx, workspace_id, wanted, after=after, limit=CHUNK)
        if not rows:
            return
        yield _csv([[cell(row[name]) for name in COLUMNS] for row in rows])
        after = rows[-1]["id"]


def _csv(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _wanted() -> tuple[audit.Wanted, dict[str, str]]:
    """The filters, and what is wrong with them."""
    asked = {name: value.replace("\0", "").strip() for name, value in request.args.items()}
    errors = {}
    days: dict[str, datetime | None] = {}
    for name, more in (("since", timedelta(0)), ("until", timedelta(days=1))):  # that day too
        try:
            day = _day(asked.get(name, ""))
            days[name] = day + more if day is not None else None
        except (ValueError, OverflowError):
            errors[name] = "Write a day such as 2026-11-22."
    kind = asked.get("what", "")
    return audit.Wanted(
        who=asked.get("who", ""),
        kind=kind if kind in KINDS else "",
        since=days.get("since"),
        until=days.get("until"),
        about=asked.get("about", ""),
    ), errors


def _day(text: str) -> datetime | None:
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC) if text else None
