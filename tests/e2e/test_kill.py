"""kill -9 at the worst lines, at every desk: one ticket, one note, one comment, nothing lost."""

import time
from collections.abc import Callable

import pytest
import requests

from connectors import registry
from tests.e2e.desks import Desk, say
from tests.e2e.town import Town, conversation_name, eventually

AGAIN = 60.0  # seconds in which dead workers' jobs must be gone on with
TRIES = 5  # a worker may also die of another's job

Struck = Callable[[Desk, str], bool]


def creating(desk: Desk, escalation_id: str) -> bool:
    """The create was about to leave, and has not."""
    sql = "select 1 from escalations where id = :id and create_started_at is not null"
    return desk.town.row(sql, id=escalation_id) is not None and not desk.opened(escalation_id)


def created(desk: Desk, escalation_id: str) -> bool:
    """The desk has the ticket, and we do not know its number."""
    return bool(desk.opened(escalation_id)) and ticket(desk, escalation_id) is None


def linked(desk: Desk, escalation_id: str) -> bool:
    """We know the ticket; it has no note."""
    number = ticket(desk, escalation_id)
    return number is not None and not desk.notes(number)


def noted(desk: Desk, escalation_id: str) -> bool:
    """The desk has the note, and we did not record it."""
    number = ticket(desk, escalation_id)
    sql = (
        "select 1 from entries e join tickets t on t.id = e.ticket_id"
        " where t.escalation_id = :id and e.kind = 'note' and e.state = 'sending'"
    )
    unknown = desk.town.row(sql, id=escalation_id) is not None
    return number is not None and unknown and bool(desk.notes(number))


def relayed(desk: Desk, escalation_id: str) -> bool:
    """The desk has the customer's words, and we did not record it."""
    sql = "select relaying, external_id from tickets where escalation_id = :id"
    row = desk.town.row(sql, id=escalation_id)
    assert row is not None
    return bool(row["relaying"]) and len(desk.comments(row["external_id"])) == 1


def ticket(desk: Desk, escalation_id: str) -> str | None:
    """The number under which we know the escalation's ticket."""
    sql = "select external_id from tickets where escalation_id = :id"
    row = desk.town.row(sql, id=escalation_id)
    return None if row is None else str(row["external_id"])


def kill_at(line: str, struck: Struck, desk: Desk, escalation_id: str) -> None:
    """Have a worker die at the line, with this desk's work in its hands."""
    for _ in range(TRIES):
        desk.town.start("worker", HUB_CRASH=f"{line}:1")
        eventually(lambda: desk.town.died("worker"), f"the worker dies at {line}", AGAIN)
        if struck(desk, escalation_id):
            desk.town.dead_workers_jobs(held=True)
            return
        desk.town.dead_workers_jobs(held=False)
    raise AssertionError(f"no worker died at {line} for {desk.name}")


def goes_on(town: Town, escalations: list[str]) -> None:
    """A worker that lives, and the time that desks' searches take."""
    town.dead_workers_jobs(held=False)
    town.start("worker")

    def all_done() -> bool:
        for escalation_id in escalations:
            town.time_passes(escalation_id)
        return town.idle()

    eventually(all_done, "no job is left", AGAIN)
    town.stop("worker")


LINES: list[tuple[str, Struck, list[str]]] = [
    ("escalate.before_request", creating, ["zendesk"]),
    ("escalate.desk_committed", created, registry.names()),
    ("escalate.linked", linked, ["zendesk"]),
    ("escalate.noted", noted, ["zendesk"]),
]


def test_a_worker_killed_anywhere_leaves_one_ticket_one_note_and_one_comment(
    town: Town, desks: dict[str, Desk]
) -> None:
    killed: dict[str, tuple[Desk, str]] = {}
    for line, struck, names in LINES:
        for desk in (desks[name] for name in names):
            conversation = conversation_name()
            escalation_id = desk.escalate(conversation)
            kill_at(line, struck, desk, escalation_id)
            killed[escalation_id] = (desk, conversation)
    goes_on(town, list(killed))
    for escalation_id, (desk, _) in killed.items():
        number = ticket(desk, escalation_id)
        assert (desk.name, desk.opened(escalation_id)) == (desk.name, [number])
        assert (desk.name, len(desk.notes(str(number)))) == (desk.name, 1)

    at_every_desk = {desk.name: (one, desk, chat) for one, (desk, chat) in killed.items()}
    for escalation_id, desk, conversation in at_every_desk.values():
        say(desk, conversation, "Hallo?")
        kill_at("relay.desk_committed", relayed, desk, escalation_id)
    goes_on(town, [])
    for escalation_id, desk, _ in at_every_desk.values():
        (comment,) = desk.comments(str(ticket(desk, escalation_id)))
        assert "Hallo?" in comment


def test_web_killed_after_commit_and_before_the_answer_loses_and_doubles_nothing(
    town: Town, desks: dict[str, Desk]
) -> None:
    town.stop("web")
    town.start("web", HUB_CRASH="intake.committed:1")
    body = (
        b'{"event":"conversation.escalated","ts":%d,"data":{"conversationId":"kill-web",'
        b'"target":"zendesk","transcript":"User: Where is my parcel?"}}'
    ) % int(time.time() * 1000)
    with pytest.raises(requests.ConnectionError):
        town.post(body)
    town.stop("web")

    town.start("web")
    answer = town.post(body)
    assert answer.status_code == 202
    assert answer.json()["accepted"] == []
    escalation_id = answer.json()["duplicates"][0]["escalation_id"]
    town.start("worker")
    number = town.ticket(escalation_id)["external_id"]
    assert desks["zendesk"].opened(escalation_id) == [number]
