"""Subscribers: endpoints that get our signed events."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypedDict

from sqlalchemy import null

from hub import ids, jobs, views
from hub.admin.input import BadInput, Conflict, change, find
from hub.house import House
from hub.store import Row, Tx, audit, publications
from hub.store.schema import deliveries, events, subscribers
from hub.vault import Place
from webhooks import signing
from webhooks.errors import Forbidden
from webhooks.events import OUTGOING, VERSIONS

OVERLAP = timedelta(hours=24)  # for so long after a rotation we sign with both secrets
NEWEST = max(VERSIONS)
OF_A_SOURCE = "It speaks for a source: change that."


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
    secret: str | None = None,
    version: int = NEWEST,
    ordered: bool = False,
    asymmetric: bool = False,
    actor: str = audit.HUB,
) -> SubscriberSecret:
    """An endpoint that gets the named events, or all, from now on.

    `ordered`: an event waits for the one before of its conversation. `asymmetric`: events are
    signed with an Ed25519 key (v1a), too; `public_key` tells its public half.
    """
    check_url(house, url)
    values: dict[str, Any] = {
        "events": check_events(events),
        "version": _version(version),
        "ordered": ordered,
    }
    subscriber_id, secret = ids.new("subscriber"), _secret(secret)
    if asymmetric:
        values["signing_key"] = _new_key(house, workspace_id, subscriber_id)
    with house.store.transaction() as tx:
        tx.run(
            subscribers.insert().values(
                id=subscriber_id,
                workspace_id=workspace_id,
                url=url,
                secret=house.vault.seal(secret, place(workspace_id, subscriber_id)),
                created_at=tx.now,
                **values,
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
    secret: str | None = None,
    *,
    overlap: timedelta = OVERLAP,
    actor: str = audit.HUB,
) -> tuple[SubscriberSecret, datetime]:
    """A new secret, and a new key if it has one; until when we sign with those before as well."""
    secret = _secret(secret)
    with house.store.transaction() as tx:
        row = _own(tx, workspace_id, subscriber_id)
        until = tx.now + overlap
        keyed = row["signing_key"] is not None
        change(
            tx, subscribers, subscriber_id,
            secret=house.vault.seal(secret, place(workspace_id, subscriber_id)),
            previous_secret=row["secret"],
            previous_until=until,
            signing_key=_new_key(house, workspace_id, subscriber_id) if keyed else None,
            previous_signing_key=row["signing_key"],
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
    version: int | None = None,
    ordered: bool | None = None,
    asymmetric: bool | None = None,
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
    if version is not None:
        values["version"] = _version(version)
    if ordered is not None:
        values["ordered"] = ordered
    if asymmetric is not None and asymmetric != (row["signing_key"] is not None):
        values["signing_key"] = _new_key(house, workspace_id, subscriber_id) if asymmetric else None
        values["previous_signing_key"] = None
    if row["source_id"] is not None and values:
        raise Conflict(OF_A_SOURCE)
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
    tx.run("delete from replays where subscriber_id = :id", id=subscriber_id)
    tx.run("delete from subscribers where id = :id", id=subscriber_id)
    audit.record(
        tx, workspace_id, "subscriber.removed", row["url"], actor=actor, subject_id=subscriber_id
    )


def send_test_event(
    tx: Tx, workspace_id: str, subscriber_id: str, *, actor: str = audit.HUB
) -> Row:
    """Send it the event `subscriber.test`, whatever it listens to; the delivery."""
    row = _own(tx, workspace_id, subscriber_id)
    if row["state"] != "active":
        raise Conflict("It is disabled: activate it first.")
    told = {"subscriber_id": subscriber_id, "sent_by": actor, "at": views.moment(tx.now)}
    delivery_id = publications.tell_one(tx, row, "subscriber.test", told)
    jobs.enqueue(tx, publications.lane(subscriber_id), "deliver", delivery_id)
    audit.record(
        tx, workspace_id, "subscriber.tested", row["url"], actor=actor, subject_id=subscriber_id
    )
    return find(tx, deliveries, workspace_id, delivery_id, "delivery")


def retry_delivery(tx: Tx, workspace_id: str, delivery_id: str, *, actor: str = audit.HUB) -> Row:
    """Send once more what does not wait already, with all its attempts before it again."""
    row = find(tx, deliveries, workspace_id, delivery_id, "delivery")
    subscriber = find(tx, subscribers, workspace_id, row["subscriber_id"], "subscriber")
    if subscriber["state"] != "active":
        raise Conflict("Its subscriber is disabled: activate it first.")
    if row["state"] == "pending":
        return row
    if find(tx, events, workspace_id, row["event_id"], "event")["payload"] is None:
        raise Conflict("The body of this event is deleted: it is too old.")
    jobs.enqueue(tx, publications.lane(subscriber["id"]), "deliver", delivery_id)
    audit.record(
        tx, workspace_id, "delivery.retried", subscriber["url"], actor=actor,
        subject_id=delivery_id,
    )  # fmt: skip
    fresh = {"state": "pending", "tries": 0, "parked": null(), "held": False}
    return change(tx, deliveries, delivery_id, **fresh)


def public_key(house: House, subscriber: Row) -> str | None:
    """What v1a signatures are verified with, as `whpk_<base64>`; None without a key."""
    if subscriber["signing_key"] is None:
        return None
    where = place(subscriber["workspace_id"], subscriber["id"], "signing_key")
    return signing.public_key(house.vault.open(subscriber["signing_key"], where))


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


def place(workspace_id: str, subscriber_id: str, field: str = "secret") -> Place:
    """Where the vault has a subscriber's secret, the same for the one before."""
    return Place(workspace_id, "subscribers", subscriber_id, field)


def _own(tx: Tx, workspace_id: str, subscriber_id: str) -> Row:
    """A subscriber that gets our events in our words."""
    row = find(tx, subscribers, workspace_id, subscriber_id, "subscriber")
    if row["source_id"] is not None:
        raise Conflict(OF_A_SOURCE)
    return row


def _secret(given: str | None) -> str:
    if given is None:
        return signing.new_secret()
    try:
        signing.check_strength(given)
    except ValueError as problem:
        raise BadInput({"secret": f"{str(problem).capitalize()}."}) from None
    return given


def _version(given: int) -> int:
    if given not in VERSIONS:
        raise BadInput({"version": f"Choose from {', '.join(map(str, VERSIONS))}."})
    return given


def _new_key(house: House, workspace_id: str, subscriber_id: str) -> bytes:
    where = place(workspace_id, subscriber_id, "signing_key")
    return house.vault.seal(signing.new_private_key(), where)


def _switched(active: bool) -> dict[str, Any]:
    if active:
        return {"state": "active", "state_reason": None, "failing_since": None, "warned": 0}
    return {"state": "disabled", "state_reason": "Switched off by a person."}
