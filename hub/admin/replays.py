"""Replays: what a subscriber missed, or all of a range, sent once more."""

from datetime import datetime

from hub import jobs
from hub.admin.input import BadInput, Conflict, Unknown, find
from hub.store import Row, Tx, audit, replays
from hub.store.listing import Page
from hub.store.schema import subscribers


def start_replay(
    tx: Tx,
    workspace_id: str,
    subscriber_id: str,
    which: str = "failed",
    *,
    since: datetime,
    until: datetime | None = None,
    actor: str = audit.HUB,
) -> Row:
    """Send once more what was told from `since` to before `until` (now), as a job.

    `which`: what `failed` for good, what is `missing` because nobody sent it (the subscriber was
    disabled or younger), or `all` that does not wait already.
    """
    row = find(tx, subscribers, workspace_id, subscriber_id, "subscriber")
    if which not in replays.WHICH:
        raise BadInput({"which": f"Choose from {', '.join(replays.WHICH)}."})
    until = tx.now if until is None else until
    if since >= until:
        raise BadInput({"since": "It must be before the end."})
    if row["state"] != "active":
        raise Conflict("It is disabled: activate it first.")
    if replays.running(tx, subscriber_id):
        raise Conflict("A replay is under way: stop it, or wait for its end.")
    replay_id = replays.add(tx, row, which, since, until)
    jobs.enqueue(tx, jobs.HUB, "replay", replay_id)
    audit.record(tx, workspace_id, "replay.started", which, actor=actor, subject_id=subscriber_id)
    return replays.of(tx, row, only=replay_id)[0]


def stop_replay(
    tx: Tx, workspace_id: str, subscriber_id: str, replay_id: str, *, actor: str = audit.HUB
) -> Row:
    """Make nothing more ready; what is ready goes out."""
    row = one_replay(tx, workspace_id, subscriber_id, replay_id)
    if replays.end(tx, row["id"], "stopped", "A person stopped it."):
        audit.record(
            tx, workspace_id, "replay.stopped", row["which"], actor=actor,
            subject_id=subscriber_id,
        )  # fmt: skip
    return one_replay(tx, workspace_id, subscriber_id, replay_id)


def one_replay(tx: Tx, workspace_id: str, subscriber_id: str, replay_id: str) -> Row:
    """A replay with its progress; `Unknown` for any other."""
    subscriber = find(tx, subscribers, workspace_id, subscriber_id, "subscriber")
    found = replays.of(tx, subscriber, only=replay_id)
    if not found:
        raise Unknown(f"There is no replay {replay_id} here.")
    return found[0]


def list_replays(
    tx: Tx, workspace_id: str, subscriber_id: str, *, limit: int = 50, cursor: str | None = None
) -> Page:
    """A subscriber's replays with their progress, the newest first."""
    subscriber = find(tx, subscribers, workspace_id, subscriber_id, "subscriber")
    rows = replays.of(tx, subscriber, limit=limit + 1, cursor=cursor)
    more = len(rows) > limit
    return Page(rows[:limit], str(rows[limit - 1]["id"]) if more else None)
