"""A customer's files follow their message to the desk: fetched, copied once, or left as links.

The words never wait for a file: they stand in the ticket with its name and link before it comes.
Downloads that may succeed later are tried again for about a quarter of a minute, in which the
customer's next words wait; then the link has to do, and everybody hears why.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from connectors import calls
from connectors.base import Connector
from connectors.errors import AuthFailed, Refused, Retryable
from connectors.files import LARGEST
from connectors.types import File
from hub import links
from hub.house import House
from hub.pipeline import degraded
from hub.store import Row, Tx, audit, changes, escalations, files
from hub.store.files import ANY
from hub.telemetry import crashpoint
from webhooks.download import Failed

TRIES = 5  # downloads: at once, then after 1, 2, 4 and 8 seconds
POISON = 40  # starts, of whatever end: a file that kills its worker stays a link at last
# What Windows or macOS runs when it is opened: no desk of ours hands that to an agent.
PROGRAMS = re.compile(
    r"\.(apk|app|bat|cmd|com|cpl|dmg|exe|hta|jar|jse?|lnk|ms[ip]|pif|pkg|ps1|reg|scr|vb[es]|ws[fh])$",
    re.I,
)
PROGRAM_TYPES = ("application/x-msdownload", "application/x-dosexec", "application/x-msdos-program")
Lock = Callable[[Tx], Row]  # the relay's: the conversation, then the ticket, if the run still is


class Left(Exception):
    """The file stays a link; `code` sorts the reason, the text is for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def is_program(name: str, content_type: str) -> bool:
    """True for what a system would run when somebody opens it."""
    return bool(PROGRAMS.search(name)) or content_type in PROGRAM_TYPES


def expect(tx: Tx, ticket: Row, messages: Sequence[Row]) -> bool:
    """The customer's files in `messages`, which stand in the ticket, are to follow; any at all?"""
    if not any(message["attachments"] for message in messages):
        return False
    left = files.expect(tx, ticket, messages)
    if left:
        text = f"{len(left)} older files stay links: {files.MOST} are copied at once."
        _tell(tx, ticket, left[-1], None, Left("too_many", text))
    return files.is_expected(tx, ticket)


def carry(house: House, connector: Connector, ticket: Row, row: Row, lock: Lock) -> None:
    """Bring a waiting file to its ticket, or leave it a link; `Retryable` to go on later."""
    file, external_id, why = files.as_file(row), None, None
    try:
        external_id = _bring(house, connector, ticket, row, file, lock)
    except Left as left:
        why = left
    crashpoint("files.desk_committed", ticket["id"])
    with house.store.transaction() as tx:
        ticket = lock(tx)
        entry_id = _entry(tx, row)
        if entry_id is not None:
            state = "failed" if why else "sent"
            escalations.entry_sent(tx, entry_id, external_id, state, calls.taken())
            changes.after_writing(tx, ticket, external_id)
        if why is None:
            _record(tx, ticket, file)
            files.end(tx, row["id"], "sent")
            return
        files.end(tx, row["id"], "degraded", code=why.code, reason=str(why))
        message = tx.one("select * from messages where id = :id", id=row["message_id"])
        _tell(tx, ticket, message, file, why)


def stay_at_the_desk(tx: Tx, ticket: Row, message: Row, told: Sequence[File]) -> None:
    """Say of an agent's files which of them the hub cannot give to others."""
    for file in told:
        if not links.travels(file):
            why = Left("too_large", f"the hub gives files up to {LARGEST / 1_000_000:.0f} MB.")
            _tell(tx, ticket, message, file, why)


def _bring(
    house: House, connector: Connector, ticket: Row, row: Row, file: File, lock: Lock
) -> str:
    """The desk's id of the file, which an earlier run may have attached already."""
    place = ticket["external_id"]
    try:
        known = connector.find_entry(place, file) if row["older"] else None
        if known is not None:
            _intend(house, row, lock)
            return known
        _check(connector, file, row)
        with house.downloads.room:
            whole = _fetch(house, connector, file, row["tries"])
            _intend(house, row, lock)
            crashpoint("files.before_request", ticket["id"])
            return connector.attach(place, whole)
    except AuthFailed as refusal:
        if not _is_known(connector):
            raise  # the connection is paused, and the file waits with all the rest
        raise Left("refused", f"{connector.title} lets us attach no files: {refusal}") from refusal
    except Refused as refusal:
        raise Left("refused", f"{connector.title} did not take it: {refusal}") from refusal


def _intend(house: House, row: Row, lock: Lock) -> None:
    """Its echo will be known."""
    with house.store.transaction() as tx:
        escalations.intend_entry(tx, lock(tx), "file", row["id"])


def _is_known(connector: Connector) -> bool:
    """True while the desk accepts our credentials, whatever right they lack."""
    try:
        connector.verify()
    except AuthFailed:
        return False
    return True


def _check(connector: Connector, file: File, row: Row) -> None:
    """Whether the file may travel, as far as its description tells."""
    if connector.can.attachments == 0:
        raise Left("no_files", f"{connector.title} takes no files.")
    if is_program(file.name, file.content_type):
        raise Left("forbidden_type", "programs are not copied.")
    if (file.size or 0) > _limit(connector):
        raise _too_large(connector)
    if row["tries"] > POISON:
        raise Left("download_failed", "it did not arrive in many attempts.")


def _fetch(house: House, connector: Connector, file: File, tries: int) -> File:
    """The file with its bytes."""
    try:
        fetched = house.downloads.fetch(file.url or "", _limit(connector))
    except Failed as problem:
        if problem.code == "too_large":
            raise _too_large(connector) from None
        if problem.again and tries < TRIES:
            raise Retryable(f"file: {problem}", retry_after=2.0 ** (tries - 1)) from None
        raise Left(problem.code, f"{problem}.") from None
    if not fetched.data:
        raise Left("empty", "the file is empty.")
    if fetched.content_type == "text/html" and not file.name.casefold().endswith((".html", ".htm")):
        raise Left("download_failed", "the address gave a web page and not the file.")
    kind = file.content_type if file.content_type != ANY else fetched.content_type or ANY
    return replace(file, data=fetched.data, size=len(fetched.data), content_type=kind)


def _limit(connector: Connector) -> int:
    return min(LARGEST, connector.can.attachments)


def _too_large(connector: Connector) -> Left:
    megabytes = _limit(connector) / 1_000_000
    return Left("too_large", f"{connector.title} takes files up to {megabytes:.0f} MB.")


def _entry(tx: Tx, row: Row) -> str | None:
    """The entry of the file at the desk, once one was intended."""
    found: str | None = tx.value(
        "select id from entries where kind = 'file' and message_id = :id and ticket_id = :ticket",
        id=row["id"],
        ticket=row["ticket_id"],
    )
    return found


def _record(tx: Tx, ticket: Row, file: File) -> None:
    audit.record(tx, ticket["workspace_id"], "file.attached", file.name, subject_id=ticket["id"],
                 **audit.about(ticket))  # fmt: skip


def _tell(tx: Tx, ticket: Row, message: Row, file: File | None, why: Left) -> None:
    """The file arrived as its link only."""
    text = f"{file.name}: {why}" if file is not None else str(why)
    degraded.tell(tx, ticket, why.code, text, message=message, file=file)
