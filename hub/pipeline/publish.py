"""News for subscribers: written with the fact, delivered by jobs.

Standard Webhooks (https://www.standardwebhooks.com): one id and one body over all attempts.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import structlog

from hub import ids, jobs
from hub.house import House
from hub.jobs import Job
from hub.store import Row, Tx, audit, publications, work
from hub.store.schema import deliveries
from hub.vault import Place
from webhooks import events, outbound

log = structlog.get_logger()


def publish(
    tx: Tx,
    workspace_id: str,
    type_: str,
    data: Mapping[str, Any],
    *,
    conversation_id: str | None = None,
    escalation_id: str | None = None,
) -> str:
    """Tell every subscriber that wants it, once this transaction is committed; the event's id."""
    event_id = ids.new("event")
    event = {
        "id": event_id,
        "workspace_id": workspace_id,
        "type": type_,
        "payload": dict(data),
        "conversation_id": conversation_id,
        "escalation_id": escalation_id,
    }
    tx.later(_write, event)
    return event_id


def _write(tx: Tx, told: list[dict[str, Any]]) -> None:
    """All news of a transaction at once, each with its deliveries and their jobs."""
    jobs.enqueue_all(tx, publications.add(tx, told), "deliver")


def deliver(house: House, job: Job) -> None:
    """One attempt at one delivery."""
    with house.store.transaction() as tx:
        run = work.begin(tx, deliveries, job.subject)
        row = publications.delivery(tx, job.subject)
        if run is None or row is None or not _wanted(row):
            jobs.finish(tx, job)
            return
    outcome = outbound.deliver(_request(house, row), house.outbound)
    house.metrics.deliveries.labels(outcome.state).inc()
    with house.store.transaction() as tx:
        _record(tx, house, job, row, run["run"], outcome)
        jobs.finish(tx, job)


def _wanted(row: Row) -> bool:
    return bool(row["state"] == "pending" and row["subscriber_state"] == "active")


def _request(house: House, row: Row) -> outbound.Outgoing:
    return outbound.prepare(
        row["url"],
        _secrets(house, row),
        row["event_id"],
        int(house.store.now().timestamp()),
        events.body(row["type"], row["event_at"], row["payload"]),
    )


def _secrets(house: House, row: Row) -> list[str]:
    """The secret, and the one before while both are good."""
    secrets = [_open(house, row, "secret")]
    until = row["previous_until"]
    if row["previous_secret"] is not None and until is not None and until > house.store.now():
        secrets.append(_open(house, row, "previous_secret"))
    return secrets


def _open(house: House, row: Row, field: str) -> str:
    place = Place(row["workspace_id"], "subscribers", row["subscriber_id"], "secret")
    return house.vault.open(row[field], place)


def _record(tx: Tx, house: House, job: Job, row: Row, run: int, outcome: outbound.Outcome) -> None:
    if outcome.state == "delivered":
        publications.delivered(tx, row, run, outcome.status or 0)
        return
    if outcome.state == "gone":
        publications.failed(tx, row, outcome.error or "", outcome.status, again=None)
        disable(tx, row["workspace_id"], row["subscriber_id"], "It answered 410 Gone.")
        return
    again = outbound.next_attempt(row["tries"] + 1, outcome.retry_after, house.random)
    publications.failed(tx, row, outcome.error or "", outcome.status, again=again)
    if again is not None:
        lane = publications.lane(row["subscriber_id"])
        jobs.enqueue(tx, lane, "deliver", row["id"], delay=again.total_seconds())
    if _failing_too_long(tx, row):
        hours = int(publications.DISABLED_AFTER / timedelta(hours=1))
        disable(tx, row["workspace_id"], row["subscriber_id"], f"It has failed for {hours} hours.")


def _failing_too_long(tx: Tx, row: Row) -> bool:
    since = row["failing_since"]
    return since is not None and tx.now - since > publications.DISABLED_AFTER


def disable(tx: Tx, workspace_id: str, subscriber_id: str, reason: str) -> None:
    """Stop sending to a subscriber, and say so to the others."""
    if not publications.disable(tx, subscriber_id, reason):
        return
    audit.record(tx, workspace_id, "subscriber.disabled", reason, subject_id=subscriber_id)
    publish(
        tx,
        workspace_id,
        "subscriber.disabled",
        {"subscriber_id": subscriber_id, "reason": reason},
    )
