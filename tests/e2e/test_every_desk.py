"""The main job over real processes and real HTTP, at every desk: there, along, and back."""

from collections.abc import Iterator
from typing import Any

import pytest

from connectors import registry
from tests.e2e.desks import Desk, Outside, back, down, escalate, there, there_and_back
from tests.e2e.town import Town, conversation_name, eventually

OUTSIDE = [name for name in registry.names() if name != "live_chat"]
every_desk = pytest.mark.parametrize("desk", registry.names(), indirect=True)
every_vendor = pytest.mark.parametrize("desk", OUTSIDE, indirect=True)


@pytest.fixture(scope="module", autouse=True)
def worker(town: Town) -> None:
    """No clock: whatever the hub hears of a desk, a webhook has told."""
    town.start("worker")


@pytest.fixture(scope="module")
def clock(town: Town) -> Iterator[None]:
    """From here on desks are polled."""
    town.start("clock")
    yield
    town.stop("clock")


@every_desk
def test_an_escalation_becomes_a_ticket_and_comes_back_when_it_is_solved(desk: Desk) -> None:
    there_and_back(desk)


@every_vendor
def test_doubled_and_reordered_webhooks_change_nothing(desk: Outside) -> None:
    desk.fault("webhook_double")
    desk.fault("webhook_reorder")
    there_and_back(desk)


@every_vendor
def test_a_token_that_dies_in_between_is_renewed_and_nothing_is_lost(desk: Outside) -> None:
    conversation = conversation_name()
    _, ticket = there(desk, conversation)
    granted = len(desk.harness.ledger(call="token_granted"))
    desk.fault("expired_token")
    down(desk, conversation, ticket)
    back(desk, conversation, ticket)
    renewed = len(desk.harness.ledger(call="token_granted")) > granted
    assert renewed is desk.harness.renews_tokens  # the others' keys do not die
    assert desk.town.row(
        "select 1 from connections where desk = :desk and state = 'active'", desk=desk.name
    )


@every_vendor
def test_a_lost_answer_to_the_create_leaves_one_ticket(desk: Outside) -> None:
    town = desk.town
    desk.fault("cut_after_commit", times=1, call="create_ticket")
    escalation_id = desk.escalate(conversation_name())
    eventually(lambda: desk.opened(escalation_id), "the desk has it")
    ticket = eventually(lambda: after_five_minutes(town, escalation_id), "we know it")
    assert desk.opened(escalation_id) == [ticket["external_id"]]
    eventually(lambda: desk.notes(ticket["external_id"]), "the note is written")
    assert len(desk.notes(ticket["external_id"])) == 1


LONG = [{"role": "user", "content": f"{n}: {'long ' * 1300}{n}."} for n in range(14)]
HALF_WAY: dict[str, dict[str, Any]] = {  # how a desk refuses the second request of a create
    "429": {"mode": "rate_limit", "retry_after": 1},
    "403": {"mode": "refuse", "status": 403},
    "422": {"mode": "refuse", "status": 422},
}


@pytest.mark.parametrize("how", HALF_WAY)
@pytest.mark.parametrize(
    ("desk", "path"), [("intercom", "/reply$"), ("help_scout", r"/conversations/\d+$")],
    indirect=["desk"],
)  # fmt: skip
def test_a_create_that_fails_after_its_ticket_leaves_one_with_the_whole_transcript(
    desk: Outside, path: str, how: str
) -> None:
    """Both need a second request: for what is too long, or to know what they made."""
    desk.fault(**HALF_WAY[how], times=1, path=path)
    ticket = noted(desk)
    assert desk.opened(ticket["escalation_id"]) == [ticket["external_id"]]
    held = desk.holds(ticket["external_id"])
    assert all(said["content"] in held for said in LONG)


@pytest.mark.parametrize("desk", ["intercom"], indirect=True)
def test_a_transcript_that_is_refused_for_good_is_told_in_the_note_and_to_subscribers(
    desk: Outside,
) -> None:
    desk.fault("refuse", status=422, times=2, path="/reply$")  # the create's, and the next run's
    ticket = noted(desk)
    page = f"{desk.town.url}/conversations/{ticket['conversation_id']}"
    assert f"All of it: {page}" in desk.holds(ticket["external_id"])
    number = ticket["external_id"]
    (told,) = eventually(lambda: heard(desk, "delivery.degraded", number), "it is told")
    assert (told["code"], told["message"], told["file"]) == ("transcript_refused", None, None)
    assert "422" in told["reason"]


@pytest.mark.parametrize("desk", ["freshdesk"], indirect=True)
def test_a_ticket_that_its_desk_does_not_solve_is_parked_and_not_told_as_closed(
    desk: Outside,
) -> None:
    conversation = conversation_name()
    escalation_id, ticket = there(desk, conversation)
    desk.fault("refuse", status=409, times=1, call="set_status")
    desk.town.api("POST", f"/conversations/{conversation}/resume")
    path = f"/escalations/{escalation_id}"
    parked = eventually(lambda: desk.town.api("GET", path)["parked"], "it is parked")
    assert (parked["work"], parked["code"]) == ("close", "conflict")
    assert heard(desk, "ticket.closed", ticket) == []
    assert desk.harness.read(ticket).status != desk.solved


def heard(desk: Outside, type_: str, ticket: str) -> list[Any]:
    """What subscribers were told of a ticket at this desk."""
    told = [event["data"] for event in desk.town.subscriber.events(type_)]
    mine = (desk.name, ticket)
    return [d for d in told if (d["ticket"]["desk"], d["ticket"]["external_id"]) == mine]


def noted(desk: Outside) -> Any:
    """The ticket of a long conversation, once its note stands there."""
    escalation_id = escalate(desk.town, conversation_name(), desk.name, LONG)
    eventually(lambda: desk.opened(escalation_id), "the desk has it")
    ticket = eventually(lambda: after_five_minutes(desk.town, escalation_id), "we know it")
    # By its words: what a create could not say is in notes, too.
    eventually(lambda: "Earlier tickets" in desk.holds(ticket["external_id"]), "the note is there")
    return ticket


def after_five_minutes(town: Town, escalation_id: str) -> Any:
    """The ticket, now that every desk's search shows it."""
    town.time_passes(escalation_id)
    return town.api("GET", f"/escalations/{escalation_id}")["ticket"]


def test_who_may_speak_is_told_while_a_teammate_has_the_conversation(
    town: Town, desks: dict[str, Desk]
) -> None:
    conversation = conversation_name()
    there(desks["live_chat"], conversation)
    epoch = town.api("GET", f"/conversations/{conversation}")["epoch"]
    refused = town.api("POST", f"/conversations/{conversation}/control", epoch=0, speaker="ai")
    assert refused == {"granted": False, "epoch": epoch, "speaker": "human"}
    town.api("POST", f"/conversations/{conversation}/resume", text="Refund is on its way.")
    (resumed,) = eventually(
        lambda: town.told("conversation.resumed", conversation), "the platform is told"
    )
    assert resumed["brief"]["text"] == "Refund is on its way."


@every_vendor
def test_polling_finds_what_lost_webhooks_did_not_tell(desk: Outside, clock: None) -> None:
    desk.fault("webhook_lost")
    there_and_back(desk)
