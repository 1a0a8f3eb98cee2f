"""Why a desk does not get an escalation, or does not keep it, in words for a timeline."""

from datetime import datetime

from hub import routing
from hub.conditions import clock
from hub.store import Row, Tx, connections


def unusable(tx: Tx, connection: Row) -> str | None:
    """Why nothing should be sent to a connection now; None when it may be."""
    if connection["state"] == "paused":
        since = tx.value(
            "select at from audit where workspace_id = :workspace and subject_id = :id"
            " and what = 'connection.paused' order by id desc limit 1",
            workspace=connection["workspace_id"],
            id=connection["id"],
        )
        when = f" since {_moment(tx, connection['workspace_id'], since)}" if since else ""
        return f"was paused{when} ({short(connection['state_reason'] or 'no reason given')})"
    closed = connection["closed_until"] is not None and connection["closed_until"] > tx.now
    if connection["failures"] >= connections.BREAKER_AFTER and closed:
        return f"did not answer {connection['failures']} times in a row"
    return None


def why_not(tx: Tx, escalation: Row, connection: Row, *, over: bool) -> str | None:
    """Why its desk should not keep the escalation, its time `over` or not; None if it should."""
    name = connection["name"]
    if escalation["parked"] is not None:
        return f"{name} did not take it ({short(escalation['parked']['text'])})"
    resting = unusable(tx, connection)
    if resting is not None:
        return f"{name} {resting}"
    if not over:
        return None
    minutes = patience(tx, escalation)
    last = f" ({short(escalation['last_error'])})" if escalation["last_error"] else ""
    return f"{name} had not taken it within {minutes} minute{'s' if minutes != 1 else ''}{last}"


def patience(tx: Tx, escalation: Row) -> int:
    """The minutes that each desk of the escalation's route has."""
    route = escalation["route_id"]
    minutes = tx.value("select give_up_after from routes where id = :id", id=route)
    return int(minutes or routing.PATIENCE)


def short(text: str) -> str:
    """A desk's words as they fit into a sentence."""
    return text.strip().rstrip(".")[:200]


def _moment(tx: Tx, workspace_id: str, at: datetime) -> str:
    """On the workspace's clock, with its day unless that is today."""
    name = tx.value("select time_zone from workspaces where id = :id", id=workspace_id)
    local, today = at.astimezone(clock(name)), tx.now.astimezone(clock(name)).date()
    return f"{local:%H:%M %Z}" if local.date() == today else f"{local:%d %b %H:%M %Z}"
