"""Customers' data: how long it is kept, and what there is of one customer, to take or to erase."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub import jobs
from hub.admin.input import UNFIT, BadInput, Conflict, Unknown, change
from hub.pipeline.privacy import STORY, bound
from hub.settings import SHORTEST_KEEPING
from hub.store import Row, Tx, audit, customers, erasures, forgetting
from hub.store.customers import MOST, SHORTEST_NUMBER, WHO, Customer
from hub.store.listing import Page
from hub.store.schema import workspaces

LEAST, LONGEST = SHORTEST_KEEPING, 3650  # days
COUNTED = 10_000  # conversations: more need no exact number
LONGEST_NAME = 320  # characters of what a customer is looked for by


@dataclass(frozen=True, kw_only=True)
class Held:
    """What the hub holds of one customer."""

    counts: dict[str, int]
    open_ids: Sequence[str]  # conversations that somebody has, or waits in
    others: dict[str, list[str]]  # by what else they are known
    conversation_ids: Sequence[str]
    remains: dict[str, list[Row]]


def retention(tx: Tx, workspace_id: str) -> Row:
    """For how many days the workspace keeps transcripts and events' bodies."""
    return tx.one(
        "select transcript_days, payload_days from workspaces where id = :id", id=workspace_id
    )


def set_retention(
    tx: Tx,
    workspace_id: str,
    *,
    transcript_days: int | None,
    payload_days: int | None,
    actor: str = audit.HUB,
) -> Row:
    """Keep transcripts and bodies for so many days; None: for ever, and as the installation does.

    What is older by then is forgotten from now on, in batches.
    """
    days = {"transcript_days": transcript_days, "payload_days": payload_days}
    wrong = [name for name, value in days.items() if value is not None and not _fits(value)]
    if wrong:
        raise BadInput(dict.fromkeys(wrong, f"From {LEAST} to {LONGEST} days."))
    before = retention(tx, workspace_id)
    told = [f"{name} {before[name]} -> {new}" for name, new in days.items() if before[name] != new]
    audit.record(tx, workspace_id, "privacy.changed", ", ".join(told) or None, actor=actor,
                 subject_id=workspace_id)  # fmt: skip
    return change(tx, workspaces, workspace_id, **days)


def would_forget(tx: Tx, workspace_id: str, transcript_days: int | None) -> int:
    """How many conversations go soon if they are kept less long than now; at most `COUNTED`."""
    if transcript_days is None or not _fits(transcript_days):
        return 0
    now = retention(tx, workspace_id)["transcript_days"]
    if now is not None and now <= transcript_days:
        return 0
    return forgetting.count_due(tx, bound(tx, workspace_id, transcript_days), most=COUNTED)


def customer(**known: str | None) -> Customer:
    """Whom to look for; `BadInput` for what fits nobody or too many."""
    given = {name: (value or "").strip() for name, value in known.items()}
    if not any(given.values()):
        raise BadInput(dict.fromkeys(WHO, "Give at least one."))
    for name, value in given.items():
        if len(value) > LONGEST_NAME or UNFIT.search(value):
            raise BadInput({name: f"At most {LONGEST_NAME} printable characters."})
    wanted = Customer(**{name: value or None for name, value in given.items()})
    number = wanted.values().get("phone", "")
    if wanted.phone and len(number) < SHORTEST_NUMBER:
        raise BadInput({"phone": f"At least {SHORTEST_NUMBER} digits."})
    return wanted


def of_conversation(tx: Tx, workspace_id: str, conversation_id: str) -> Customer:
    """The customer of a conversation: by the chat's own id where nothing else is known."""
    row = tx.first(
        "select * from conversations where workspace_id = :workspace and id = :id",
        workspace=workspace_id,
        id=conversation_id,
    )
    if row is None or row["forgotten_at"] is not None:
        raise Unknown(f"There is no conversation {conversation_id} here, or its words are deleted.")
    known = customers.of(row["requester"])
    return known if known.values() else Customer(id=row["external_id"])


def _found(tx: Tx, workspace_id: str, wanted: Customer) -> Sequence[Row]:
    """All conversations of a customer; `BadInput` for more than can be told at once."""
    found = customers.find(tx, workspace_id, wanted)
    if len(found) > MOST:
        raise BadInput(dict.fromkeys(wanted.values(), f"More than {MOST} conversations fit."))
    return found


def held(tx: Tx, workspace_id: str, wanted: Customer) -> Held:
    """What there is of a customer; nothing is changed."""
    found = _found(tx, workspace_id, wanted)
    known = [row["id"] for row in found]
    return Held(
        counts=customers.count(tx, known),
        open_ids=[row["id"] for row in found if not row["over"]],
        others=customers.others(wanted, found),
        conversation_ids=known,
        remains=customers.remains(tx, known),
    )


def erase_customer(
    tx: Tx,
    workspace_id: str,
    wanted: Customer,
    *,
    conversations: int | None = None,
    actor: str = audit.HUB,
) -> str:
    """Erase a customer, as a job; the erasure's id.

    `conversations` is how many the person who confirms was shown: with another number by now
    nothing is erased, nor while somebody has one of them.
    """
    there = held(tx, workspace_id, wanted)
    if not there.conversation_ids:
        raise Unknown("The hub holds no conversation of this customer.")
    if conversations is not None and conversations != len(there.conversation_ids):
        raise Conflict(
            f"There are {len(there.conversation_ids)} conversations now, not {conversations}:"
            " look again at what would be erased."
        )
    if there.open_ids:
        raise Conflict(
            "A person has this customer, or the customer waits for one: hand it back to the AI"
            f" first ({', '.join(there.open_ids[:5])})."
        )
    erasure_id = erasures.begin(tx, workspace_id, there.conversation_ids, there.counts, actor)
    jobs.enqueue(tx, jobs.HUB, STORY, erasure_id)
    told = f"conversations: {len(there.conversation_ids)}"
    audit.record(tx, workspace_id, "customer.erasing", told, actor=actor, subject_id=erasure_id)
    return erasure_id


def export_customer(
    tx: Tx, workspace_id: str, wanted: Customer, *, actor: str = audit.HUB
) -> Sequence[str]:
    """Note that somebody takes a customer's data; the conversations to write (`hub.exporting`)."""
    found = [row["id"] for row in _found(tx, workspace_id, wanted)]
    if not found:
        raise Unknown("The hub holds no conversation of this customer.")
    audit.record(tx, workspace_id, "customer.exported", f"conversations: {len(found)}", actor=actor,
                 subject_id=found[0])  # fmt: skip
    return found


def one_erasure(tx: Tx, workspace_id: str, erasure_id: str) -> Row:
    """An erasure with its progress, and what remains elsewhere; `Unknown` for any other."""
    row = erasures.one(tx, workspace_id, erasure_id)
    if row is None:
        raise Unknown(f"There is no erasure {erasure_id} here.")
    return dict(row) | {"remains": customers.remains(tx, row["conversation_ids"])}


def list_erasures(tx: Tx, workspace_id: str, *, limit: int = 50, cursor: str | None = None) -> Page:
    """Erasures with their progress, the newest first."""
    rows = erasures.page(tx, workspace_id, limit=limit + 1, cursor=cursor)
    return Page(rows[:limit], str(rows[limit - 1]["id"]) if len(rows) > limit else None)


def _fits(days: int) -> bool:
    return LEAST <= days <= LONGEST
