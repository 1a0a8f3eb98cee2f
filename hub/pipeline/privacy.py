"""Customers' words go: those of one customer who is erased, and all that are kept no longer."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from hub import ids, jobs, marks
from hub.house import House
from hub.jobs import Job
from hub.settings import Settings
from hub.store import Row, Tx, audit, conversations, erasures, forgetting, work
from hub.store.forgetting import Bound
from hub.store.schema import erasures as table

STORY = "erase"
AT_ONCE = 50  # conversations in one job, then others have their turn
LOOK_AGAIN = 2.0  # seconds, while a worker is busy with one of them
HANDED_BACK = 30.0  # seconds between looks at one that a human has


def erase(house: House, job: Job) -> None:
    """Forget the erasure's conversations, one transaction each; come back for what must wait."""
    with house.store.transaction() as tx:
        row = work.begin(tx, table, job.subject)
        if row is None or row["ended_at"] is not None or row["parked"] is not None:
            jobs.finish(tx, job)
            return
        left = erasures.left(tx, job.subject)
    waits = _forget_some(house, row, left)
    with house.store.transaction() as tx:
        jobs.finish(tx, job)
        if not erasures.left(tx, job.subject):
            _end(tx, row)
            return
        open_one = next((known for known, wait in waits.items() if wait == HANDED_BACK), None)
        erasures.waits(tx, row, open_one)
        all_wait = len(left) == len(waits)
        delay = min(waits.values()) if all_wait else 0.0
        jobs.enqueue(tx, jobs.HUB, STORY, job.subject, delay=delay)


def _forget_some(house: House, row: Row, left: Sequence[Row]) -> dict[str, float]:
    """Forget the next conversations; the seconds for which others have to wait."""
    waits: dict[str, float] = {}
    for number, chat in enumerate(left):
        if number - len(waits) == AT_ONCE:
            break
        wait = _forget(house, row, chat)
        if wait is not None:
            waits[chat["id"]] = wait
    return waits


def _forget(house: House, row: Row, chat: Row) -> float | None:
    """Forget one conversation, unless it has to wait for so many seconds."""
    with house.store.transaction() as tx:
        conversations.lock(tx, chat["id"])
        if not forgetting.is_over(tx, chat["id"]):
            return HANDED_BACK
        if jobs.is_running(tx, forgetting.subjects(tx, chat["id"])):
            return LOOK_AGAIN
        work.write(tx, table, row["id"], row["run"], due_at=None)  # still ours
        forgetting.forget_errors(tx, chat["id"])
        forgetting.forget(tx, {chat["id"]: _mark(house.settings, chat)})
    return None


def _end(tx: Tx, row: Row) -> None:
    erasures.end(tx, row)
    told = f"conversations: {len(row['conversation_ids'])}"
    audit.record(tx, row["workspace_id"], "customer.erased", told, subject_id=row["id"])


def retain(tx: Tx, settings: Settings) -> int:
    """Forget a batch of what workspaces keep no longer, with a line each; how many."""
    chats = forgetting.due(tx, _bounds(tx))
    if not chats:
        return 0
    forgetting.forget(tx, {chat["id"]: _mark(settings, chat) for chat in chats})
    for workspace_id, number in Counter(chat["workspace_id"] for chat in chats).items():
        audit.record(tx, workspace_id, "privacy.forgotten", f"conversations by age: {number}",
                     subject_id=workspace_id)  # fmt: skip
    return len(chats)


def _bounds(tx: Tx) -> list[Bound]:
    rows = tx.all("select id, transcript_days from workspaces where transcript_days is not null")
    return [bound(tx, row["id"], row["transcript_days"]) for row in rows]


def bound(tx: Tx, workspace_id: str, days: int) -> Bound:
    """What a workspace that keeps conversations for so many days keeps no longer, as of now."""
    before = tx.now - timedelta(days=days)
    return Bound(workspace_id, before, ids.first("conversation", before))


def _mark(settings: Settings, chat: Row) -> bytes:
    return marks.of_chat(settings, chat["source_id"], chat["external_id"])
