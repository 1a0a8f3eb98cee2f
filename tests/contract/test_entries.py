"""What is said in a ticket: transcript, messages, notes, files."""

import html
from collections.abc import Sequence

import pytest

from connectors.base import Connector
from connectors.errors import InvalidRequest, Unsupported
from connectors.types import File
from tests.contract.desk import Desk, draft, message, note, stands, texts

TONGUES = (
    "Grüße, ich möchte mein Geld zurück — bitte! ¿Qué pasó? Ça va?",
    "返金をお願いします。注文番号は１２３です。我想退款。환불해 주세요.",
    "أريد استرداد أموالي من فضلك. אני רוצה החזר כספי.",
    "👩‍👩‍👧‍👦 🇺🇦 🏳️‍🌈 é ÅÅ \u200b\u2028 𝕌𝕟𝕚 ﷽",
    "<b>not bold</b> &amp; \"quoted\" 'single' \\ back $(x) {{ticket.id}} | 100 % %s",
    "A NUL\x00in the middle",
)


def test_a_transcript_in_many_scripts_arrives_whole_and_in_order(
    desk: Desk, connector: Connector
) -> None:
    ticket = connector.create_ticket(draft(*TONGUES))
    case = desk.harness.read(ticket.id)
    for text in TONGUES:
        assert stands(text, case), text
    readings = [*texts(case), "\n".join(texts(case))]
    assert any(in_order(TONGUES, html.unescape(reading)) for reading in readings)


def in_order(said: Sequence[str], whole: str) -> bool:
    """True when each text, up to a NUL, follows the one before."""
    place = 0
    for text in said:
        place = whole.find(html.unescape(text.split("\x00")[0]), place)
        if place < 0:
            return False
    return True


@pytest.mark.parametrize("letter", ["a", "ß", "語", "👍", "&"])
def test_a_transcript_of_65000_characters_arrives_whole(
    desk: Desk, connector: Connector, letter: str
) -> None:
    said = [f"{number} {letter * 6500}" for number in range(10)]
    ticket = connector.create_ticket(draft(*said))
    case = desk.harness.read(ticket.id)
    assert [text for text in said if not stands(text, case)] == []


def test_a_message_is_public_and_the_customers(desk: Desk, connector: Connector) -> None:
    ticket = connector.create_ticket(draft())
    entry = connector.append_message(ticket.id, message("It was number 42."))
    written = next(e for e in desk.harness.read(ticket.id).entries if e.id == entry)
    assert written.public and written.role == "customer" and "It was number 42." in written.text


def test_messages_stand_in_the_order_in_which_they_were_written(
    desk: Desk, connector: Connector
) -> None:
    ticket = connector.create_ticket(draft())
    ids = [connector.append_message(ticket.id, message(f"part {n}")) for n in range(6)]
    assert len(set(ids)) == 6
    assert [e.id for e in desk.harness.read(ticket.id).entries if e.id in ids] == ids


@pytest.mark.parametrize("letter", ["a", "語", "👍"])
def test_a_long_message_arrives_whole(desk: Desk, connector: Connector, letter: str) -> None:
    ticket = connector.create_ticket(draft())
    text = f"start {letter * 65_000} end"
    connector.append_message(ticket.id, message(text))
    assert stands(text, desk.harness.read(ticket.id))


@pytest.mark.parametrize("text", TONGUES, ids=["Latin", "CJK", "RTL", "emoji", "markup", "NUL"])
def test_a_message_in_any_script_arrives_whole(desk: Desk, connector: Connector, text: str) -> None:
    ticket = connector.create_ticket(draft())
    connector.append_message(ticket.id, message(text))
    assert stands(text, desk.harness.read(ticket.id))


def test_a_note_is_never_public(desk: Desk, connector: Connector) -> None:
    if not connector.can.notes:
        pytest.skip("this desk has no notes")
    ticket = connector.create_ticket(draft())
    entry = connector.add_note(ticket.id, note("Summary: a lost parcel."))
    written = next(e for e in desk.harness.read(ticket.id).entries if e.id == entry)
    assert not written.public and "Summary: a lost parcel." in written.text


def test_a_written_entry_is_found_again_and_an_unwritten_one_is_not(
    desk: Desk, connector: Connector
) -> None:
    ticket = connector.create_ticket(draft())
    said, noted = message("Find me"), note("Find me too")
    ids = connector.append_message(ticket.id, said), connector.add_note(ticket.id, noted)
    found = connector.find_entry(ticket.id, said), connector.find_entry(ticket.id, noted)
    assert found == ids
    assert connector.find_entry(ticket.id, message("Never sent")) is None
    assert connector.find_entry(ticket.id, note("Never sent")) is None


def test_two_equal_messages_are_not_taken_for_one(desk: Desk, connector: Connector) -> None:
    ticket = connector.create_ticket(draft())
    first, second = message("yes"), message("yes")
    entry = connector.append_message(ticket.id, first)
    assert connector.find_entry(ticket.id, second) is None
    assert connector.find_entry(ticket.id, first) == entry


def test_a_long_message_is_found_again(desk: Desk, connector: Connector) -> None:
    ticket = connector.create_ticket(draft())
    long = message("語" * 65_000)
    entry = connector.append_message(ticket.id, long)
    assert connector.find_entry(ticket.id, long) == entry


def test_files_arrive_byte_for_byte(desk: Desk, connector: Connector) -> None:
    if not connector.can.attachments:
        pytest.skip("this desk takes no files")
    data = bytes(range(256)) * 40
    ticket = connector.create_ticket(draft())
    made = connector.attach(ticket.id, File(name="späť 1.png", content_type="image/png", data=data))
    photo = File(name="photo.jpg", content_type="image/jpeg", data=b"\xff\xd8" + data)
    other = File(name="other.jpg", content_type="image/jpeg", data=data[::-1])
    connector.append_message(ticket.id, message("See the photos", files=(photo, other)))
    held = [f for entry in desk.harness.read(ticket.id).entries for f in entry.files]
    assert made
    assert [(f.name, f.data) for f in held if f.content_type.startswith("image/")] == [
        ("späť 1.png", data),
        ("photo.jpg", photo.data),
        ("other.jpg", other.data),
    ]


def test_a_file_without_bytes_is_given_as_a_link(desk: Desk, connector: Connector) -> None:
    ticket = connector.create_ticket(draft())
    linked = File(name="bill.pdf", url="https://files.example.com/bill.pdf")
    connector.append_message(ticket.id, message("Here is the bill", files=(linked,)))
    assert stands("https://files.example.com/bill.pdf", desk.harness.read(ticket.id))


def test_a_file_that_is_too_large_is_refused(desk: Desk, connector: Connector) -> None:
    if not connector.can.attachments:
        pytest.skip("this desk takes no files")
    ticket = connector.create_ticket(draft())
    large = File(name="film.mp4", data=b"x" * (connector.can.attachments + 1))
    with pytest.raises((Unsupported, InvalidRequest)):
        connector.attach(ticket.id, large)
