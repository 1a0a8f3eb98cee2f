"""Subscribers: endpoints that get our signed events."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypedDict

from sqlalchemy import null

from hub import ids, jobs
from hub.admin.input import BadInput, Conflict, change, find
from hub.house import House
from hub.store import Row, Tx, audit, publications
from hub.store.schema import deliveries, subscribers
from hub.vault import Place
from webhooks import signing
from webhooks.errors import Forbidden
from webhooks.events import OUTGOING

OVERLAP = timedelta(hours=24)  # for so long after a rotation we sign with both secrets


class SubscriberSecret(TypedDict):
    """What the subscriber needs to know; the secret is shown this once."""

    id: str
    secret: str


def add_subscriber(
    house: House,
    workspace_id: str,
    url: str,
    events: Sequence[str] | None = None,
    *,
    actor: str = audit.HUB,
) -> SubscriberSecret:
    """An endpoint that gets the named events, or all, from now on."""
    check_url(house, url)
    wanted = check_events(events)
    subscriber_id, secret = ids.new("subscriber"), signing.new_secret()
    with house.store.transaction() as tx:
        tx.run(
            subscribers.insert().values(
                id=subscriber_id,
                workspace_id=workspace_id,
                url=url,
                events=wanted,
                secret=house.vault.seal(secret, _place(workspace_id, subscriber_id)),
                created_at=tx.now,
            )
        )
        audit.record(
            tx, workspace_id, "subscriber.added", url, actor=actor, subject_id=subscriber_id
        )
    return {"id": subscriber_id, "secret": secret}


def rotate_subscriber(
    house: House,
    workspace_id: str,
    subscriber_id: str,
    *,
    overlap: timedelta = OVERLAP,
    actor: str = audit.HUB,
) -> tuple[SubscriberSecret, datetime]:
    """A new secret, and until when we sign with the one before as well."""
    secret = signing.new_secret()
    with house.store.transaction() as tx:
        row = find(tx, subscribers, workspace_id, subscriber_id, "subscriber")
        until = tx.now + overlap
        change(
            tx, subscribers, subscriber_id,
            secret=house.vault.seal(secret, _place(workspace_id, subscriber_id)),
            previous_secret=row["secret"],
            previous_until=until,
        )  # fmt: skip
        audit.record(
            tx, workspace_id, "subscriber.secret_rotated", row["url"], actor=actor,
            subject_id=subscriber_id,
        )  # fmt: skip
    return {"id": subscriber_id, "secret": secret}, until


def change_subscriber(
    tx: Tx,
    house: House,
    workspace_id: str,
    subscriber_id: str,
    *,
    url: str | None = None,
    active: bool | None = None,
    actor: str = audit.HUB,
    **events: Sequence[str] | None,
) -> Row:
    """Another address, other `events` (None for all), on or off; what is not given stays."""
    row = find(tx, subscribers, workspace_id, subscriber_id, "subscriber")
    values: dict[str, Any] = {}
    if url is not None:
        check_url(house, url)
        values["url"] = url
    if "events" in events:
        values["events"] = check_events(events["events"])
    if active is not None and active != (row["state"] == "active"):
        values |= _switched(active)
    audit.record(
        tx, workspace_id, "subscriber.changed", ", ".join(values), actor=actor,
        subject_id=subscriber_id,
    )  # fmt: skip
    return change(tx, subscribers, subscriber_id, **values)


def remove_subscriber(
    tx: Tx, workspace_id: str, subscriber_id: str, *, actor: str = audit.HUB
) -> None:
    """Send nothing more; its deliveries are forgotten with it."""
    row = find(tx, subscribers, workspace_id, subscriber_id, "subscriber")
    tx.run("delete from deliveries where subscriber_id = :id", id=subscriber_id)
    tx.run("delete from subscribers where id = :id", id=subscriber_id)
    audit.record(
        tx, workspace_id, "subscriber.removed", row["url"], actor=actor, subject_id=subscriber_id
    )


def retry_delivery(tx: Tx, workspace_id: str, delivery_id: str, *, actor: str = audit.HUB) -> Row:
    """Send once more what failed or was dropped, with all its attempts before it again."""
    row = find(tx, deliveries, workspace_id, delivery_id, "delivery")
    subscriber = find(tx, subscribers, workspace_id, row["subscriber_id"], "subscriber")
    if subscriber["state"] != "active":
        raise Conflict("Its subscriber is disabled: activate it first.")
    if row["state"] not in ("failed", "dropped"):
        return row
    jobs.enqueue(tx, publications.lane(subscriber["id"]), "deliver", delivery_id)
    audit.record(
        tx, workspace_id, "delivery.retried", subscriber["url"], actor=actor,
        subject_id=delivery_id,
    )  # fmt: skip
    return change(tx, deliveries, delivery_id, state="pending", tries=0, parked=null())


def check_url(house: House, url: str) -> None:
    """`BadInput` unless the hub may call this address."""
    try:
        house.guard.check_url(url)
    except Forbidden as refusal:
        raise BadInput({"url": f"We cannot call it: {refusal.reason}."}) from None


def check_events(events: Sequence[str] | None) -> list[str] | None:
    """The events without doubles; None stands for all."""
    if events is None:
        return None
    wanted = list(dict.fromkeys(events))
    strange = [event for event in wanted if event not in OUTGOING]
    if strange or not wanted:
        raise BadInput({"events": f"Choose from {', '.join(OUTGOING)}."})
    return wanted


def _switched(active: bool) -> dict[str, Any]:
    if active:
        return {"state": "active", "state_reason": None, "failing_since": None}
    return {"state": "disabled", "state_reason": "Switched off by a person."}


def _place(workspace_id: str, subscriber_id: str) -> Place:
    return Place(workspace_id, "subscribers", subscriber_id, "secret")
