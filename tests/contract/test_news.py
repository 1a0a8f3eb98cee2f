"""What happens at the desk reaches us: by webhook, by poll, and once."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from connectors.base import Connector
from connectors.errors import NotFound
from connectors.types import Change, Status, Ticket
from tests.contract.desk import (
    Desk,
    Inbox,
    draft,
    eventually,
    inbox,
    message,
    note,
    of,
    poll,
    subscribe,
)

News = Callable[[], list[Change]]


@pytest.fixture(params=["webhook", "poll"])
def news(request: pytest.FixtureRequest, desk: Desk, connector: Connector) -> News:
    """All changes told so far, by one of the two ways."""
    if request.param == "poll":
        polled: Connector = request.getfixturevalue("polled")
        return lambda: poll(polled)[0]
    box: Inbox = request.getfixturevalue("box")

    def told() -> list[Change]:
        changes = box.changes(connector)
        for hint in {c.ticket_id: c for c in changes if c.kind == "hint"}.values():
            changes += read(connector, hint)  # the desk says only that something happened
        return [change for change in changes if change.kind != "hint"]

    return told


def read(connector: Connector, hint: Change) -> list[Change]:
    """What the ticket tells when asked; one that is not there any more is deleted."""
    try:
        return connector.read_changes(hint.ticket_id)
    except NotFound:
        return [replace(hint, kind="deleted")]


def skip_untold(request: pytest.FixtureRequest, desk: Desk, deed: str) -> None:
    """Skip where the poll of this desk cannot tell such a thing."""
    if request.node.callspec.params["news"] == "poll" and deed in desk.harness.untold_by_poll:
        pytest.skip(f"only this desk's webhooks tell a {deed}")


def wait(news: News, ticket: Ticket, kind: str) -> list[Change]:
    return eventually(lambda: of(news(), ticket, kind), f"a {kind}")


def test_an_agents_reply_comes_with_text_and_author(
    desk: Desk, connector: Connector, news: News
) -> None:
    wanted = draft()
    ticket = connector.create_ticket(wanted)
    text = "We found it! 📦\nنرسلها اليوم <b>&</b>"
    (entry,) = desk.act(ticket.id, reply=text)
    (change,) = wait(news, ticket, "message")
    assert change.message_id == entry and change.text == text
    assert change.author and change.at.tzinfo is not None
    assert change.key in (wanted.key, None)


def test_an_agents_note_is_told_as_a_note_and_never_as_a_message(
    desk: Desk, connector: Connector, news: News
) -> None:
    ticket = connector.create_ticket(draft())
    (entry,) = desk.act(ticket.id, note="She is angry, take care.")
    (change,) = wait(news, ticket, "note")
    assert change.message_id == entry
    assert of(news(), ticket, "message") == []


def test_a_status_is_told_in_our_words(desk: Desk, connector: Connector, news: News) -> None:
    ticket = connector.create_ticket(draft())
    word = next(w for w, s in desk.harness.words.items() if s is Status.SOLVED)
    desk.act(ticket.id, status=word)
    changes = eventually(
        lambda: [c for c in of(news(), ticket, "status") if c.status is Status.SOLVED], "solved"
    )
    assert str(changes[-1].word).casefold() == word.casefold()


def test_an_assignment_names_the_agent(desk: Desk, connector: Connector, news: News) -> None:
    ticket = connector.create_ticket(draft())
    desk.act(ticket.id, assign=desk.harness.agents[1])
    changes = eventually(
        lambda: [c for c in of(news(), ticket, "assignment") if c.assignee], "an assignment"
    )
    assert changes[-1].assignee == connector.read_ticket(ticket.id).assignee


def test_a_deleted_ticket_is_told(
    request: pytest.FixtureRequest, desk: Desk, connector: Connector, news: News
) -> None:
    skip_untold(request, desk, "delete")
    ticket = connector.create_ticket(draft())
    desk.act(ticket.id, delete=True)
    assert wait(news, ticket, "deleted")


def test_a_merged_ticket_is_told(
    request: pytest.FixtureRequest, desk: Desk, connector: Connector, news: News
) -> None:
    skip_untold(request, desk, "merge")
    one, other = connector.create_ticket(draft()), connector.create_ticket(draft())
    desk.act(one.id, merge=other.id)
    if request.node.callspec.params["news"] in desk.harness.names_survivor:
        assert [change.merged_into for change in wait(news, one, "merged")] == [other.id]
        assert of(news(), one, "deleted") == []  # it would give the customer back to the AI
        return
    changes = eventually(
        lambda: of(news(), one, "merged") or of(news(), one, "status", "deleted"), "the merge"
    )
    assert changes[-1].kind != "merged" or changes[-1].merged_into in (other.id, None)


def test_our_own_message_comes_back_under_the_id_that_we_were_given(
    desk: Desk, connector: Connector, news: News
) -> None:
    ticket = connector.create_ticket(draft())
    ours = {connector.append_message(ticket.id, message(f"mine {n}")) for n in range(3)}
    ours |= {connector.add_note(ticket.id, note("mine too"))}
    (entry,) = desk.act(ticket.id, reply="And mine")
    changes = wait_for_message(news, ticket, entry)
    assert {c.message_id for c in changes} <= ours | {entry}


def wait_for_message(news: News, ticket: Ticket, entry: str) -> list[Change]:
    def told() -> list[Change]:
        changes = of(news(), ticket, "message", "note")
        return changes if entry in {c.message_id for c in changes} else []

    return eventually(told, "the reply")


def test_the_transcript_does_not_come_back_as_messages(
    desk: Desk, connector: Connector, news: News
) -> None:
    ticket = connector.create_ticket(draft())
    (entry,) = desk.act(ticket.id, reply="Hello, Ann here")
    changes = wait_for_message(news, ticket, entry)
    assert [c.text for c in changes] == ["Hello, Ann here"]


def test_an_agents_file_comes_with_the_reply(desk: Desk, connector: Connector, news: News) -> None:
    if not connector.can.attachments:
        pytest.skip("this desk knows no files")
    ticket = connector.create_ticket(draft())
    file = {"name": "label.pdf", "content_type": "application/pdf", "data": "JVBERg=="}
    desk.act(ticket.id, reply="Your label", files=[file])
    files = eventually(
        lambda: [f for c in of(news(), ticket, "message") for f in c.files], "the file"
    )
    assert files[0].name == "label.pdf" and (files[0].data or files[0].url or files[0].id)


def test_webhook_and_poll_tell_a_message_under_the_same_id(
    desk: Desk, polled: Connector, box: Inbox
) -> None:
    ticket = polled.create_ticket(draft())
    desk.act(ticket.id, reply="Twice told")
    desk.act(ticket.id, note="Twice told too")

    def both() -> bool:
        told = of(box.changes(polled), ticket)
        return {"hint"} & {c.kind for c in told} or {"message", "note"} <= {c.kind for c in told}

    eventually(both, "the webhooks")
    by_hook = [c for c in of(box.changes(polled), ticket, "message", "note")]
    if not by_hook:
        pytest.skip("this desk's webhooks only hint")
    by_poll = eventually(lambda: of(poll(polled)[0], ticket, "message", "note"), "the poll")
    assert {c.id for c in by_hook} <= {c.id for c in by_poll}
    assert {c.id for c in by_poll} == {c.id for c in by_hook}


def test_a_doubled_webhook_is_the_same_change(
    by_http: Desk, connector: Connector, box: Inbox
) -> None:
    ticket = connector.create_ticket(draft())
    before = len(box.requests)
    by_http.harness.fault("webhook_double")
    by_http.act(ticket.id, reply="Hello, hello")

    def twice() -> list[Change]:
        told = [c for c in box.changes(connector) if c.kind in ("message", "hint")]
        mine = [c for c in told if c.ticket_id == ticket.id]
        return mine if len(box.requests) >= before + 2 and len(mine) >= 2 else []

    assert len({c.id for c in eventually(twice, "the doubled webhook") if c.kind == "message"}) <= 1


def test_registering_again_repairs_and_doubles_nothing(
    by_http: Desk, connector: Connector, box: Inbox
) -> None:
    subscribe(by_http, connector, box)
    subscribe(by_http, by_http.connector(), box)
    ticket = connector.create_ticket(draft())
    (entry,) = by_http.act(ticket.id, reply="Once")
    last = by_http.act(ticket.id, reply="The last")[0]

    def done() -> list[Change]:
        told = box.changes(connector)
        ids = {c.message_id for c in told} | {c.kind for c in told if c.kind == "hint"}
        return told if last in ids or "hint" in ids else []

    told = eventually(done, "the webhooks")
    assert len([c for c in told if c.message_id == entry]) <= 1


def test_two_connections_can_have_their_webhooks_side_by_side(
    by_http: Desk, connector: Connector, box: Inbox
) -> None:
    with inbox() as other:
        other.url += "_other"
        subscribe(by_http, connector, other)
        ticket = connector.create_ticket(draft())
        by_http.act(ticket.id, reply="For both")
        eventually(lambda: of(box.changes(connector), ticket, "message", "hint"), "the first")
        eventually(lambda: of(other.changes(connector), ticket, "message", "hint"), "the second")
