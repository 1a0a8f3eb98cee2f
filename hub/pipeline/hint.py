"""A desk hints that something happened to a ticket: read that ticket, and believe what it says.

A ticket's hints have one job, however many there are: the oldest's, which reads for all that wait
by then. Whatever comes while it reads goes on after it. What the desk tells goes to the one inbox,
as if a poll had brought it, and has its own jobs there.
"""

from dataclasses import replace

from connectors.base import Connector
from connectors.errors import NotFound, Unsupported
from connectors.types import Change
from hub import jobs
from hub.house import House
from hub.jobs import Job
from hub.store import Row, changes, connections
from hub.telemetry import crashpoint


def follow(house: House, job: Job, row: Row) -> None:
    """Ask the desk what happened to the ticket of a hint that is linked."""
    with house.store.transaction() as tx:
        connection = connections.get(tx, row["connection_id"])
        hints = changes.hints(tx, connection["id"], row["external_ticket_id"])
    told = _ask(house.desks.open(connection), row)
    crashpoint("hint.read", connection["id"])
    with house.store.transaction() as tx:
        changes.lock_ticket(tx, connection["id"], row["external_ticket_id"])
        for hint in hints:
            changes.settle(tx, hint, "applied", "read" if told is not None else "polled")
        workspace_id, lane = connection["workspace_id"], connections.lane(connection["id"])
        if told is None:
            jobs.enqueue_once(tx, lane, "poll", connection["id"])
        changes.receive(tx, workspace_id, connection["id"], told or (), via=row["via"])
        for later in changes.hints(tx, connection["id"], row["external_ticket_id"])[:1]:
            jobs.enqueue(tx, lane, "sync", later)
        jobs.finish(tx, job)


def _ask(connector: Connector, row: Row) -> list[Change] | None:
    """All that the ticket tells now; None where only a poll does. One that is gone is deleted."""
    try:
        return connector.read_changes(row["external_ticket_id"])
    except Unsupported:
        return None
    except NotFound:
        return [replace(changes.as_change(row), id=f"{row['external_id']}:gone", kind="deleted")]
