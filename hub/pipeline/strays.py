"""A ticket that shows up late at a desk which was given up: adopted, or closed there.

It comes through the one inbox, as a change of a ticket with the key of an escalation of ours that
is linked to no ticket there.
"""

from connectors.errors import Conflict, InvalidRequest, NotFound, Unavailable, Unsupported
from connectors.text import clean
from connectors.types import Note, Status
from hub import jobs
from hub.house import House
from hub.jobs import Job
from hub.pipeline import ladder
from hub.store import Row, Tx, audit, changes, connections, conversations, escalations, work
from hub.store.schema import changes as table

LOOK_AGAIN = 60.0  # seconds, while another desk is making the ticket
TRIES = 12  # to close it, until a person is asked to
OUTCOME = "a second ticket, closed"


def meet(house: House, job: Job) -> None:
    """Adopt the ticket while nothing has taken its place, else have it closed."""
    with house.store.transaction() as tx:
        jobs.finish(tx, job)
        change = tx.first("select * from changes where id = :id", id=job.subject)
        if change is None or change["state"] != "waiting":
            return
        key = change["body"]["key"]
        conversations.lock_for(tx, key)
        row = tx.one("select * from escalations where id = :id for update", id=key)
        _decide(tx, change, row)


def _decide(tx: Tx, change: Row, row: Row) -> None:
    here = change["connection_id"]
    ticket = escalations.ticket_of(tx, row["id"])
    if row["connection_id"] == here and (ticket is None or ticket["connection_id"] == here):
        return  # its run there links it, and goes on with what waits
    if row["state"] == "returned" or ticket is not None or row["taken_over_at"] is not None:
        jobs.enqueue(tx, connections.lane(here), "close_stray", change["id"])
    elif row["create_started_at"] is not None:
        jobs.enqueue(tx, jobs.HUB, "stray", change["id"], delay=LOOK_AGAIN)
    else:
        ladder.go_back(tx, row, connections.get(tx, here))


def close(house: House, job: Job) -> None:
    """Solve the second ticket at its desk, with a note that says where the first one is."""
    with house.store.transaction() as tx:
        change = work.begin(tx, table, job.subject)
        if change is None or change["state"] != "waiting":
            jobs.finish(tx, job)
            return
        connection = connections.get(tx, change["connection_id"])
        row = tx.one("select * from escalations where id = :id", id=change["body"]["key"])
        text = _where(escalations.ticket_of(tx, row["id"]))
    connector = house.desks.open(connection)
    external = change["external_ticket_id"]
    note = Note(id=f"stray-{row['id']}", text=text)
    try:
        if connector.can.notes and connector.find_entry(external, note) is None:
            connector.add_note(external, note)
        connector.set_status(external, Status.SOLVED)
        end = "It was closed with a note there."
    except (NotFound, Conflict):
        end = "It was closed or deleted there meanwhile."
    except (InvalidRequest, Unsupported) as refusal:
        end = f"The desk does not let us close it ({refusal}): please close it by hand."
    except Unavailable as problem:
        if change["tries"] + 1 < TRIES:
            raise
        end = f"The desk does not answer ({problem}): please close it by hand."
    with house.store.transaction() as tx:
        jobs.finish(tx, job)
        for waiting in changes.waiting(tx, connection["id"], external):
            changes.settle(tx, waiting["id"], "dropped", OUTCOME)
            changes.empty(tx, waiting["id"])
        told = f"A second ticket appeared at {connection['name']} ({external}). {clean(end)}"
        audit.record(
            tx, row["workspace_id"], "ticket.late", told, subject_id=row["id"],
            conversation_id=row["conversation_id"], escalation_id=row["id"],
        )  # fmt: skip


def _where(ticket: Row | None) -> str:
    if ticket is None:
        return "This conversation goes on elsewhere: nothing is to be done here."
    return f"This conversation goes on in {ticket['desk']} {ticket['external_id']}: {ticket['url']}"
