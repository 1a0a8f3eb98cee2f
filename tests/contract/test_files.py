"""Files of customers go to the desk, files of agents come back: whole, once, and harmless."""

import base64

import pytest

from connectors.base import Connector
from connectors.errors import InvalidRequest, NotFound, Unavailable, Unsupported
from connectors.sandbox import Held
from connectors.types import Change, File
from tests.contract.desk import Desk, Inbox, draft, eventually, of, poll

DATA = bytes(range(256)) * 40
NAMES = {
    "späť \u65e5\u672c\u8a9e 👍.png": "späť \u65e5\u672c\u8a9e 👍.png",
    'say "cheese"; x=1.png': "say _cheese_; x=1.png",
    "../../etc/passwd.png": "passwd.png",
    "C:\\Users\\ada\\photo.png": "photo.png",
    "a\r\nX-Evil: 1.png": "a__X-Evil_ 1.png",
    "invoice\u202egnp.exe.png": "invoice_gnp.exe.png",
}


@pytest.fixture
def taking(connector: Connector) -> Connector:
    """A connector whose desk takes files."""
    if not connector.can.attachments:
        pytest.skip("this desk takes no files")
    return connector


def image(name: str = "photo.png", data: bytes | None = DATA, **more: str) -> File:
    return File(name=name, content_type="image/png", data=data, **more)  # type: ignore[arg-type]


def held(desk: Desk, ticket_id: str) -> list[Held]:
    return [f for entry in desk.harness.read(ticket_id).entries for f in entry.files]


@pytest.mark.parametrize("name", NAMES, ids=["tongues", "quotes", "path", "disk", "lines", "bidi"])
def test_a_file_keeps_its_name_without_what_is_dangerous_in_it(
    desk: Desk, taking: Connector, name: str
) -> None:
    ticket = taking.create_ticket(draft())
    taking.attach(ticket.id, image(name))
    assert [(f.name, f.content_type, f.data) for f in held(desk, ticket.id)] == [
        (NAMES[name], "image/png", DATA)
    ]


@pytest.mark.parametrize("file", [image(data=b""), image(data=None, url="https://x.example/a")])
def test_a_file_without_bytes_is_refused(desk: Desk, taking: Connector, file: File) -> None:
    ticket = taking.create_ticket(draft())
    with pytest.raises((Unsupported, InvalidRequest)):
        taking.attach(ticket.id, file)
    assert held(desk, ticket.id) == []


def test_an_attached_file_is_found_again_and_another_of_the_same_name_is_not(
    taking: Connector,
) -> None:
    ticket = taking.create_ticket(draft())
    taking.attach(ticket.id, image(id="fil_1"))
    assert taking.find_entry(ticket.id, image(data=None, id="fil_1")) is not None
    assert taking.find_entry(ticket.id, image(data=None, id="fil_2")) is None


def test_a_file_lost_in_the_answer_is_found_at_the_desk(by_http: Desk, taking: Connector) -> None:
    ticket = taking.create_ticket(draft())
    for call in ("append_message", "add_note", "attach"):
        by_http.harness.fault("cut_after_commit", call=call, times=1)
    with pytest.raises(Unavailable):
        taking.attach(ticket.id, image(id="fil_1"))
    assert [f.data for f in held(by_http, ticket.id)] == [DATA]
    assert taking.find_entry(ticket.id, image(data=None, id="fil_1")) is not None


def test_our_own_file_is_no_news(taking: Connector, polled: Connector) -> None:
    ticket = taking.create_ticket(draft())
    taking.attach(ticket.id, image(id="fil_1"))
    told = of(poll(polled)[0], ticket, "message")
    assert [change for change in told if change.files] == []


def test_an_agents_file_is_read_byte_for_byte_after_a_poll(desk: Desk, polled: Connector) -> None:
    ticket = polled.create_ticket(draft())
    reply(desk, ticket.id)
    (told,) = with_files(of(poll(polled)[0], ticket, "message"))
    assert [(f.name, f.size) for f in told.files] == [("form 1.pdf", len(DATA))]
    assert b"".join(polled.fetch_file(ticket.id, told.files[0])) == DATA


def test_an_agents_file_is_told_by_the_webhook_or_the_poll_that_it_asks_for(
    desk: Desk, polled: Connector, box: Inbox
) -> None:
    ticket = polled.create_ticket(draft())
    reply(desk, ticket.id)
    eventually(lambda: of(box.changes(polled), ticket), "the webhook")
    told = with_files([*of(box.changes(polled), ticket), *of(poll(polled)[0], ticket)])
    assert {f.name for change in told for f in change.files} == {"form 1.pdf"}
    for change in told:
        assert b"".join(polled.fetch_file(ticket.id, change.files[0])) == DATA


@pytest.mark.parametrize("name", ["", "../1", "999999999999", "none:0"])
def test_a_file_that_is_not_there_is_not_found(connector: Connector, name: str) -> None:
    ticket = connector.create_ticket(draft())
    with pytest.raises((NotFound, InvalidRequest)):
        b"".join(connector.fetch_file(ticket.id, File(name="a", id=name)))


def reply(desk: Desk, ticket_id: str) -> None:
    file = {"name": "form 1.pdf", "content_type": "application/pdf"}
    file["data"] = base64.b64encode(DATA).decode()
    if "files" in desk.harness.cannot:
        pytest.skip("agents of this desk send no files")
    desk.act(ticket_id, reply="Please fill this in.", files=[file])


def with_files(changes: list[Change]) -> list[Change]:
    return [change for change in changes if change.files]
