"""News for subscribers: written with the fact, delivered by jobs.

Standard Webhooks (https://www.standardwebhooks.com): one id and one body over all attempts.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from hub import ids, jobs, views
from hub.house import House
from hub.jobs import Job
from hub.store import Row, Tx, audit, publications, work
from hub.store.schema import deliveries
from hub.telemetry import crashpoint
from hub.vault import Place
from webhooks import dialects, events, outbound
from webhooks.dialects import Told

WARNED_AFTER = (timedelta(hours=24), timedelta(hours=96))  # of nothing but failures
NOTHING_TO_SAY = outbound.Outcome("delivered")


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
        row = _begin(tx, job.subject)
        if row is None:
            jobs.finish(tx, job)
            return
        platform = publications.platform(tx, row) if row["source_id"] is not None else None
    about = row["id"], row["conversation_id"]
    crashpoint("deliver.begun", *about)
    request = _request(house, row) if platform is None else _answer(house, row, platform)
    if request is not None:
        request = request.traced(house.tracing.here())
    crashpoint("deliver.signed", *about)
    outcome = outbound.deliver(request, house.outbound) if request else NOTHING_TO_SAY
    crashpoint("deliver.answered", *about)
    house.metrics.deliveries.labels(outcome.state).inc()
    with house.store.transaction() as tx:
        if publications.in_line(row):
            publications.lock_line(tx, row)
        _record(tx, house, row, outcome)
        jobs.finish(tx, job)


def _begin(tx: Tx, delivery_id: str) -> Row | None:
    """The delivery with its event and subscriber, begun; None when it is not to go out now."""
    row = publications.delivery(tx, delivery_id)
    if row is None:
        return None
    ordered = publications.in_line(row)
    if ordered:
        publications.lock_line(tx, row)
    begun = work.begin(tx, deliveries, delivery_id)
    if begun is None or begun["state"] != "pending" or row["subscriber_state"] != "active":
        return None
    if ordered and publications.hold(tx, row):
        return None
    if row["payload"] is None:
        publications.bodiless(tx, delivery_id)
        return None
    return dict(row) | dict(begun)


def _request(house: House, row: Row) -> outbound.Outgoing:
    return outbound.prepare(
        row["url"],
        _secrets(house, row),
        row["event_id"],
        int(house.store.now().timestamp()),
        events.body(row["type"], row["event_at"], row["payload"], row["version"]),
    )


def _answer(house: House, row: Row, platform: Row) -> outbound.Outgoing | None:
    """The event as the platform of its conversation wants to hear it; None: not at all."""
    told = Told(row["event_id"], row["type"], row["payload"], platform["external_id"])
    dialect = dialects.SPEAKING[platform["dialect"]]
    return dialect.speak(told, row["url"], _open(house, row, "secret"))


def _secrets(house: House, row: Row) -> list[str]:
    """What signs: the secret and the key, and those before while they are good, too."""
    names = ["secret", "signing_key"]
    until = row["previous_until"]
    if until is not None and until > house.store.now():
        names += ["previous_secret", "previous_signing_key"]
    return [_open(house, row, name) for name in names if row[name] is not None]


def _open(house: House, row: Row, name: str) -> str:
    field = name.removeprefix("previous_")
    place = Place(row["workspace_id"], "subscribers", row["subscriber_id"], field)
    return house.vault.open(row[name], place)


def _record(tx: Tx, house: House, row: Row, outcome: outbound.Outcome) -> None:
    attempt = {
        "at": views.moment(tx.now),
        "status": outcome.status,
        "error": outcome.error,
        "milliseconds": round(outcome.duration * 1000),
    }
    if outcome.state == "delivered":
        publications.delivered(tx, row, outcome.status, attempt)
        _let_go(tx, row)
        return
    if outcome.state == "gone":
        publications.failed(tx, row, attempt, again=None)
        disable(tx, row["workspace_id"], row["subscriber_id"], "It answered 410 Gone.")
        return
    again = outbound.next_attempt(row["tries"] + 1, outcome.retry_after, house.random)
    if not publications.failed(tx, row, attempt, again=again):
        return
    lane = publications.lane(row["subscriber_id"])
    if again is not None:
        jobs.enqueue(tx, lane, "deliver", row["id"], delay=again.total_seconds())
    else:
        _let_go(tx, row)
    _judge(tx, row)


def _let_go(tx: Tx, row: Row) -> None:
    """This delivery is over: the next one of its conversation may go."""
    freed = publications.let_go(tx, row) if publications.in_line(row) else None
    if freed is not None:
        jobs.enqueue(tx, publications.lane(row["subscriber_id"]), "deliver", freed)


def _judge(tx: Tx, row: Row) -> None:
    """A subscriber that fails for long is spoken of, then disabled."""
    since = row["failing_since"]
    if since is None:
        return
    workspace, subscriber = row["workspace_id"], row["subscriber_id"]
    if tx.now - since > publications.DISABLED_AFTER:
        hours = _hours(publications.DISABLED_AFTER)
        disable(tx, workspace, subscriber, f"It has failed for {hours} hours.")
        return
    stage = sum(tx.now - since > warning for warning in WARNED_AFTER)
    if stage > row["warned"] and publications.warn(tx, subscriber, stage):
        reason = f"It has failed for {_hours(WARNED_AFTER[stage - 1])} hours."
        news = {
            "subscriber_id": subscriber,
            "reason": reason,
            "failing_since": views.moment(since),
            "disabled_at": views.moment(since + publications.DISABLED_AFTER),
        }
        audit.record(tx, workspace, "subscriber.failing", reason, subject_id=subscriber)
        publish(tx, workspace, "subscriber.failing", news)


def _hours(time: timedelta) -> int:
    return int(time / timedelta(hours=1))


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
