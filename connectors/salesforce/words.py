"""Salesforce's records in the hub's words: pure."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.salesforce.config import FROM_VENDOR, HINTS, KEY_PREFIX, SOLVED_WORDS, Config
from connectors.types import Change, Status, Ticket

MARK = re.compile(r"\[hub \S+\]\s*\Z")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
USER = "005"  # how the ids of people begin; queues have 00G


def status_of(word: str, closed: bool | None, config: Config) -> Status:
    """The status that a word of this account means; of one that nobody knows, as it closes."""
    name = word.casefold()
    own = {word.casefold(): status for word, status in config.status_words.items()}
    if name in own:
        return own[name]
    if closed:
        return Status.SOLVED if any(one in name for one in SOLVED_WORDS) else Status.CLOSED
    hints = (status for hint, status in HINTS if hint in name)
    other = Status.UNKNOWN if closed is None else Status.OPEN
    return FROM_VENDOR.get(name) or next(hints, other)


def case_fields(key_field: str) -> str:
    """What is asked of a case, for `ticket_of` and the changes."""
    names = ("Id", "Subject", "Status", "IsClosed", "OwnerId", "Owner.Name", "ContactId")
    times = ("CreatedDate", "SystemModstamp", "MasterRecordId")
    return ", ".join((*names, *times, key_field))


def ticket_of(raw: Mapping[str, Any], config: Config, me: str) -> Ticket:
    """A case with the address where an agent reads it."""
    return Ticket(
        id=raw["Id"],
        url=f"{config.root}/lightning/r/Case/{raw['Id']}/view",
        status=status_of(raw["Status"], raw["IsClosed"], config),
        key=raw.get(config.key_field) or None,
        word=raw["Status"],
        subject=raw.get("Subject"),
        requester_id=raw.get("ContactId"),
        assignee=assignee_of(raw, me),
        created_at=time_of(raw["CreatedDate"]),
        updated_at=time_of(raw["SystemModstamp"]),
    )


def assignee_of(raw: Mapping[str, Any], me: str) -> str | None:
    """The name of the person who owns a case: neither a queue nor ourselves, who made it."""
    owner = str(raw.get("OwnerId") or "")
    if not owner.startswith(USER) or owner == me:
        return None
    return (raw.get("Owner") or {}).get("Name") or owner


def case_changes(raw: Mapping[str, Any], config: Config, me: str) -> list[Change]:
    """Where a changed case stands: Salesforce tells that it changed, not what."""
    at, key, number = time_of(raw["SystemModstamp"]), raw[config.key_field], raw["Id"]
    master = raw.get("MasterRecordId")  # of a case merged into another (general knowledge)
    if master:
        merged = Change(
            id=f"merged:{number}",
            ticket_id=number,
            kind="merged",
            at=at,
            key=key,
            merged_into=master,
        )
        return [merged]
    if raw["IsDeleted"]:
        return [Change(id=f"deleted:{number}", ticket_id=number, kind="deleted", at=at, key=key)]
    word, assignee = raw["Status"], assignee_of(raw, me)
    since = int(at.timestamp() * 1000)
    status = Change(
        id=f"status:{number}:{word}:{since}",
        ticket_id=number,
        kind="status",
        at=at,
        key=key,
        status=status_of(word, raw["IsClosed"], config),
        word=word,
    )
    if assignee is None:
        return [status]
    owner = Change(
        id=f"assignment:{number}:{raw['OwnerId']}:{since}",
        ticket_id=number,
        kind="assignment",
        at=at,
        key=key,
        assignee=assignee,
    )
    return [status, owner]


def written(raw: Mapping[str, Any], key: str, text: str, *, public: bool) -> Change:
    """What somebody wrote into a case: a comment or an email."""
    # An internal comment may be published later: then it is a message, and news.
    return Change(
        id=f"{'entry' if public else 'note'}:{raw['Id']}",
        ticket_id=raw["ParentId"],
        kind="message" if public else "note",
        at=time_of(raw["SystemModstamp"]),
        key=key,
        message_id=raw["Id"],
        text=text,
        author=(raw.get("CreatedBy") or {}).get("Name"),
    )


def ours(key: Any) -> bool:
    """True for the key of a case that the hub made."""
    return isinstance(key, str) and key.startswith(KEY_PREFIX)


def mark(entry_id: str) -> str:
    """What stands in a comment or email of ours, so that it is found again after a lost answer."""
    return f"[hub {entry_id}]"


def is_marked(text: str) -> bool:
    """True for a comment of ours."""
    return MARK.search(text) is not None


def id18(record_id: str) -> str:
    """An id in its long form: the short one differs from others by case alone."""
    if len(record_id) != 15:
        return record_id
    fives = (record_id[at : at + 5] for at in (0, 5, 10))
    return record_id + "".join(
        LETTERS[sum(1 << place for place, letter in enumerate(five) if "A" <= letter <= "Z")]
        for five in fives
    )


def time_of(value: str) -> datetime:
    """An aware time; a `ValueError` for anything else."""
    time = datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError("a time without its zone")
    return time
