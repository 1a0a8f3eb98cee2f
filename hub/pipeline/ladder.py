"""No limbo: what a desk does not take in its time goes to the next desk of its route.

enter    the first rung, where the route could not be chosen before the language was known
climb    the clock found a desk in trouble or a promise broken: move, make sure first, or wait
leave    it is certain that no ticket stands at the desk: move
go_back  a ticket was there after all, and nothing has taken its place

An escalation leaves a desk only when no create can be on its way there or have landed there
unseen (`create_started_at` is null). Otherwise its own job looks for the ticket first, and what
cannot be found out is parked. Every step is one transaction with its news.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from connectors import registry
from hub import jobs, routing, views
from hub.house import House
from hub.jobs import Job
from hub.pipeline import parking, trouble
from hub.pipeline.publish import publish
from hub.store import Fenced, Row, Tx, audit, connections, conversations, work
from hub.store.schema import escalations as table
from hub.telemetry import crashpoint

IN_FLIGHT = timedelta(seconds=60)  # after which a create has been answered, or never will be
MAKE_SURE = timedelta(minutes=10)  # for finding out whether a ticket stands at the desk

BROKEN = "({0}.failures >= :broken and coalesce({0}.closed_until > :now, false))"
DUE = f"""
select e.id from escalations e join connections c on c.id = e.connection_id
where e.promised_at is not null and (e.promised_at <= :now or e.parked is not null
    or (e.create_started_at is null and (c.state = 'paused' or {BROKEN.format("c")})
        and exists (select 1 from routes r join connections n on n.id = any(r.connection_ids)
            where r.id = e.route_id and n.id <> c.id and n.id <> all(e.given_up)
            and n.state = 'active' and not {BROKEN.format("n")})))
order by e.promised_at limit 1000
"""
UNTRIED = f"""
select c.*, {BROKEN.format("c")} as broken from routes r
cross join unnest(r.connection_ids) with ordinality as rung(id, n)
join connections c on c.id = rung.id
where r.id = :route and c.id <> :here and c.id <> all(:given_up) order by rung.n
"""


def find(tx: Tx) -> int:
    """Have every escalation looked at that should perhaps not wait any longer; how many."""
    rows = tx.all(DUE, now=tx.now, broken=connections.BREAKER_AFTER)
    held = jobs.open_subjects(tx, [f"climb:{row['id']}" for row in rows]) if rows else set()
    new = [(jobs.HUB, row["id"]) for row in rows if f"climb:{row['id']}" not in held]
    jobs.enqueue_all(tx, new, "climb")
    return len(new)


def enter(tx: Tx, row: Row, conversation: Row, source: str, language: str) -> bool:
    """Choose the route by the detected language; True when the escalation has a desk now."""
    if conversation["language"] is not None or row["state"] != "received":
        return False
    if row["connection_id"] is not None:
        return False
    known = routing.facts(source, conversation, row) | {"at": row["created_at"]}
    if not routing.choose(tx, row["workspace_id"], known).undecided:
        return False
    choice = routing.choose(tx, row["workspace_id"], known | {"language": language})
    why = f"{choice.why} The platform named no language: {language} was read from the words."
    audit.record(tx, row["workspace_id"], "escalation.routed", why, **_about(row))
    if choice.connection_id is None:
        return False
    values = {name: getattr(choice, name) for name in ("connection_id", "route_id", "promised_at")}
    work.write(tx, table, row["id"], row["run"], **values)
    jobs.enqueue(tx, connections.lane(choice.connection_id), "escalate", row["id"])
    return True


def climb(house: House, job: Job) -> None:
    """Look at one escalation: it moves, it makes sure first, or it stays where it is."""
    with house.store.transaction() as tx:
        jobs.finish(tx, job)
        row = _lock(tx, job.subject)
        if row is None:
            _rest(tx, job.subject)
        elif row["promised_at"] is not None:
            _climb(tx, row, connections.get(tx, row["connection_id"]))
        crashpoint("climb.before_commit", job.subject)


def leave(tx: Tx, escalation_id: str, run: int) -> None:
    """No ticket stands at the desk that the escalation wants to leave: move."""
    row = _lock(tx, escalation_id)
    if row is None or row["run"] != run or not row["leaving"]:
        raise Fenced(f"escalation {escalation_id}: run {run} was overtaken")
    target, skipped = _next(tx, row)
    target = target or connections.native(tx, row["workspace_id"])
    _move(tx, row, target, [row["leaving"], *skipped])


def go_back(tx: Tx, row: Row, connection: Row) -> None:
    """A ticket stands at a desk that was given up: its next run there finds and adopts it."""
    why = f"the ticket there, which {connection['name']} had not told us of, has appeared"
    _move(tx, row, connection, [why], "Went back to", create_started_at=tx.now - IN_FLIGHT)


def turn_to(tx: Tx, escalation_id: str, run: int, connection: Row) -> None:
    """The ticket was found at another desk of the route than where the escalation is."""
    row = _lock(tx, escalation_id)
    if row is None or row["run"] != run:
        raise Fenced(f"escalation {escalation_id}: run {run} was overtaken")
    go_back(tx, row, connection)


def _lock(tx: Tx, escalation_id: str) -> Row | None:
    """The escalation, locked after its conversation, while it waits for a ticket at a desk."""
    conversations.lock_for(tx, escalation_id)
    row = tx.first("select * from escalations where id = :id for update", id=escalation_id)
    if row is None or row["state"] in ("ticketed", "returned") or row["taken_over_at"] is not None:
        return None
    return row


def _climb(tx: Tx, row: Row, here: Row) -> None:
    over = bool(row["promised_at"] <= tx.now)
    if row["leaving"]:
        if over or here["state"] == "paused":
            _park_unsure(tx, row, here)
        return
    why = trouble.why_not(tx, row, here, over=over)
    target, skipped = _next(tx, row)
    if target is None and over and row["parked"] is None:
        target = connections.native(tx, row["workspace_id"])
    unsure = row["parked"] is not None and row["parked"]["code"] == "unsure"
    if unsure or (target is None and row["parked"] is not None and (over or not skipped)):
        _rest(tx, row["id"])
    elif why is not None and target is not None:
        _move_or_make_sure(tx, row, here, target, [why, *skipped])


def _rest(tx: Tx, escalation_id: str) -> None:
    """Nothing is promised any more: a ticket is there, it is over, or a person has to look."""
    tx.run("update escalations set promised_at = null where id = :id", id=escalation_id)


def _next(tx: Tx, row: Row) -> tuple[Row | None, Sequence[str]]:
    """The next usable desk of the route that it has not been at, and why others are skipped."""
    skipped: list[str] = []
    here, broken = row["connection_id"], connections.BREAKER_AFTER
    known = {"route": row["route_id"], "here": here, "given_up": row["given_up"]}
    for rung in tx.all(UNTRIED, now=tx.now, broken=broken, **known):
        why = trouble.unusable(tx, rung)
        if why is None:
            return rung, skipped
        skipped.append(f"{rung['name']} was skipped, it {why}")
    return None, skipped


def _move_or_make_sure(tx: Tx, row: Row, here: Row, target: Row, why: list[str]) -> None:
    started = row["create_started_at"]
    if started is None:
        _move(tx, row, target, why)
        return
    if tx.now - started < IN_FLIGHT:
        return  # it may be answered yet; the clock comes again
    if here["state"] == "paused" and row["promised_at"] > tx.now:
        return  # it can be looked for when the connection is active again
    if here["state"] == "paused" or not registry.get(here["desk"]).can.find_by_key:
        _park_unsure(tx, row, here)
        return
    _make_sure(tx, row, here, why)


def _make_sure(tx: Tx, row: Row, here: Row, why: list[str]) -> None:
    """Have the escalation's own job look for the ticket, and come back here if there is none."""
    lag = timedelta(seconds=registry.get(here["desk"]).can.find_lag)
    tx.run(
        table.update()
        .where(table.c.id == row["id"])
        .values(leaving=why[0], promised_at=tx.now + MAKE_SURE + lag, **_fresh(row))
    )
    lane = connections.lane(here["id"])
    jobs.withdraw(tx, lane, "escalate", row["id"])
    if not jobs.open_subjects(tx, [f"escalate:{row['id']}"]):
        jobs.enqueue(tx, lane, "escalate", row["id"])


def _park_unsure(tx: Tx, row: Row, here: Row) -> None:
    """Two tickets would be worse than a person who looks."""
    why = trouble.unusable(tx, here) or trouble.short(row["last_error"] or "there is no search")
    text = (
        f"A ticket may stand at {here['name']}, whose answer was lost, and it cannot be looked for:"
        f" {why}."
    )
    jobs.withdraw(tx, connections.lane(here["id"]), "escalate", row["id"])
    _rest(tx, row["id"])
    tx.run("update escalations set leaving = null where id = :id", id=row["id"])
    parking.park(tx, table, row, work.reason(tx, "unsure", text))


def _move(
    tx: Tx, row: Row, target: Row, why: Sequence[str], verb: str = "Moved to", **values: datetime
) -> None:
    """Give the escalation to another desk; a run at the old one writes nothing any more."""
    old = row["connection_id"]
    promised = tx.now + timedelta(minutes=trouble.patience(tx, row))
    moved = {
        "connection_id": target["id"],
        "given_up": [*(one for one in row["given_up"] if one != target["id"]), old],
        "run": row["run"] + 1,
        "leaving": None,
        # After a restore a ticket may stand at any desk of the route: it is looked for first.
        "create_started_at": row["restored_at"],
        "promised_at": None if target["desk"] == registry.NATIVE else promised,
    }
    tx.run(table.update().where(table.c.id == row["id"]).values(moved | _fresh(row) | values))
    jobs.withdraw(tx, connections.lane(old), "escalate", row["id"])
    jobs.enqueue(tx, connections.lane(target["id"]), "escalate", row["id"])
    sentence = f"{verb} {target['name']}: {'; '.join(why)}."
    audit.record(tx, row["workspace_id"], "escalation.moved", sentence, **_about(row))
    shown = views.escalation({**row, **moved, **_fresh(row)})
    news = {"escalation": shown, "from": old, "to": target["id"], "reason": sentence}
    publish(tx, row["workspace_id"], "escalation.moved", news, **_about(row))


def _fresh(row: Row) -> dict[str, object]:
    """Work that begins anew, with the summary that it has."""
    state = "received" if row["summary"] is None else "summarised"
    return {"state": state, "parked": None, "tries": 0, "last_error": None, "due_at": None}


def _about(row: Row) -> dict[str, str]:
    return {"conversation_id": row["conversation_id"], "escalation_id": row["id"]}
