"""Intercom as its documentation describes it, played by a scripted server."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.base import Ports
from connectors.errors import AuthFailed, Conflict, InvalidRequest, RateLimited, Unsupported
from connectors.http import MAX_ANSWER
from connectors.intercom import bodies
from connectors.intercom.config import Config
from connectors.intercom.connector import Intercom
from connectors.types import Draft, File, Message, Note, Requester, Status
from tests.connectors.scripted import Answer, Script, server

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SECONDS = 1795341600  # date -ud 2026-11-22T10:00:00Z +%s
TICKET, REPLY, SEARCH = "/tickets/215", "/tickets/215/reply", "/tickets/search"
TYPE, STATES = "/ticket_types/1201", "/ticket_states"
TWIN = "38e67bdc25c1b86852f24b6a"
RAW: dict[str, Any] = {
    "type": "ticket",
    "id": "215",
    "ticket_id": "33",
    "category": "Customer",
    "ticket_attributes": {"_default_title_": "Refund", "Escalation ref": "esc_1"},
    "ticket_state": {"id": "1", "category": "in_progress", "internal_label": "In progress"},
    "open": True,
    "snoozed_until": None,
    "admin_assignee_id": 0,
    "contacts": {"type": "contact.list", "contacts": [{"id": TWIN}]},
    "created_at": SECONDS - 60,
    "updated_at": SECONDS,
    "ticket_parts": {"ticket_parts": []},
}
ATTRIBUTES = [{"id": "210001", "name": "_default_title_"}, {"id": 210003, "name": "Escalation ref"}]
ME = {"type": "admin", "id": "991", "name": "Ana", "app": {"id_code": "a86dr8yl", "name": "Acme"}}
HELLO = Message(id="m1", role="customer", text="I want a <b>refund</b>", at=NOW, name="Zoë")
DRAFT = Draft(
    key="esc_1",
    subject="Refund",
    transcript=(HELLO,),
    requester=Requester(id="u1", name="Zoë", email="zoe@example.com"),
)


@pytest.fixture
def vendor() -> Iterator[Script]:
    with server(prefix="/intercom") as script:
        script.at("GET", "/me", ME)
        script.at("GET", TYPE, {"id": "1201", "ticket_type_attributes": {"data": ATTRIBUTES}})
        script.at("POST", "/contacts", {"id": TWIN})
        script.at("POST", "/tickets", RAW)
        script.at("GET", TICKET, RAW)
        script.at("POST", REPLY, {"type": "ticket_part", "id": "175"})
        yield script


@pytest.fixture
def desk(vendor: Script) -> Intercom:
    form = {"access_token": "hush-token", "client_secret": "hush-secret", "ticket_type_id": "1201"}
    config = Config(base_url=vendor.url, **form)
    return Intercom(config, Ports(now=lambda: NOW, timeout=(1.0, 2.0)))


def raw(**more: Any) -> dict[str, Any]:
    return RAW | more


def with_parts(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return raw(ticket_parts={"ticket_parts": list(parts)}, **more)


def part(part_id: str, **more: Any) -> dict[str, Any]:
    whole = {"id": part_id, "part_type": "comment", "body": "<p>Hi</p>", "created_at": SECONDS}
    return whole | {"author": {"type": "admin", "id": "991", "name": "Ana"}} | more


def error(status: int, code: str, message: str, **more: Any) -> Answer:
    told = {"code": code, "message": message}
    return Answer({"type": "error.list", "errors": [told | more]}, status)


# --- the form, the session ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("region", "api", "app"),
    [
        ("us", "https://api.intercom.io", "https://app.intercom.com"),
        ("eu", "https://api.eu.intercom.io", "https://app.eu.intercom.com"),
        ("au", "https://api.au.intercom.io", "https://app.au.intercom.com"),
    ],
)
def test_each_region_has_its_hosts(region: Any, api: str, app: str) -> None:
    config = Config(access_token="a", client_secret="b", ticket_type_id="1", region=region)
    assert (config.root, config.inbox) == (api, app)


@pytest.mark.parametrize("more", [{"ticket_type_id": "x"}, {"admin_id": "me"}, {"region": "uk"}])
def test_an_id_that_is_no_number_and_a_region_that_is_none_are_refused(more: Any) -> None:
    with pytest.raises(ValidationError):
        Config(**{"access_token": "a", "client_secret": "b", "ticket_type_id": "1"} | more)


def test_every_call_pins_the_version(vendor: Script, desk: Intercom) -> None:
    desk.read_ticket("215")
    assert vendor.asked[-1].headers["intercom-version"] == "2.14"
    assert vendor.asked[-1].headers["authorization"] == "Bearer hush-token"


def test_the_end_of_the_rate_window_says_when_to_come_back(vendor: Script, desk: Intercom) -> None:
    told = error(429, "rate_limit_exceeded", "Exceeded rate limit")
    told.headers["X-RateLimit-Reset"] = str(SECONDS + 7)
    vendor.at("GET", TICKET, told)
    with pytest.raises(RateLimited) as limited:
        desk.read_ticket("215")
    assert limited.value.retry_after == 7


def test_complaints_stand_beside_their_fields(vendor: Script, desk: Intercom) -> None:
    told = error(400, "parameter_invalid", "is not a state of this type", field="ticket_state_id")
    vendor.at("PUT", TICKET, told)
    with pytest.raises(InvalidRequest, match="parameter_invalid") as refused:
        desk.set_status("215", Status.CLOSED)
    assert refused.value.fields == {"ticket_state_id": "is not a state of this type"}


# --- who we are ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "answer", "word"),
    [
        ("/me", ME | {"app": {"id_code": "a", "region": "EU"}}, "region eu"),
        (TYPE, error(404, "not_found", "Resource Not Found"), "no ticket type 1201"),
        (TYPE, error(403, "forbidden", "no tickets"), "may not read ticket types"),
        (TYPE, {"id": "1201", "category": "Back-office"}, "Back-office"),
    ],
)
def test_what_is_missing_is_told(
    vendor: Script, desk: Intercom, path: str, answer: Any, word: str
) -> None:
    vendor.at("GET", path, answer)
    assert word in " ".join(desk.verify().missing)


def test_a_dead_token_is_an_auth_failure_without_it(vendor: Script, desk: Intercom) -> None:
    vendor.at("GET", "/me", error(401, "unauthorized", "Access Token hush-token Invalid"))
    with pytest.raises(AuthFailed, match="unauthorized") as caught:
        desk.verify()
    assert "hush" not in str(caught.value)


# --- create and find ----------------------------------------------------------------------------


def test_a_ticket_is_made_with_key_title_and_transcript(vendor: Script, desk: Intercom) -> None:
    fields = {"subject": "Mapped", "ticket_attributes": {"Order": 7, "Escalation ref": "theirs"}}
    desk.create_ticket(replace(DRAFT, fields=fields))
    (asked,) = (one.json for one in vendor.to("POST", "/tickets"))
    told = asked["ticket_attributes"].pop("_default_description_")
    assert told.endswith("Zoë (customer):\n  I want a <b>refund</b>")  # no HTML: nothing escaped
    assert asked == {
        "ticket_type_id": "1201",
        "contacts": [{"id": TWIN}],
        "ticket_attributes": {"_default_title_": "Mapped", "Order": 7, "Escalation ref": "esc_1"},
    }


def test_a_ticket_type_of_the_mapping_is_refused_before_anything_is_made(
    vendor: Script, desk: Intercom
) -> None:
    with pytest.raises(InvalidRequest, match="another connection") as refused:
        desk.create_ticket(replace(DRAFT, fields={"ticket_type_id": "1202"}))
    assert "take ticket_type_id out of the mapping" in refused.value.fields["ticket_type_id"]
    assert [asked.path for asked in vendor.asked if asked.method == "POST"] == []


def test_the_keys_attribute_is_made_once(vendor: Script, desk: Intercom) -> None:
    vendor.at("GET", TYPE, {"id": "1201", "ticket_type_attributes": {"data": []}})
    vendor.at("POST", f"{TYPE}/attributes", {"id": "210009", "name": "Escalation ref"})
    vendor.at("POST", SEARCH, {"tickets": []})
    desk.create_ticket(DRAFT)
    desk.create_ticket(DRAFT)
    assert desk.find_ticket("esc_1") is None
    (made,) = vendor.to("POST", f"{TYPE}/attributes")
    assert (made.json["name"], made.json["data_type"]) == ("Escalation ref", "string")
    query = vendor.to("POST", SEARCH)[0].json["query"]  # by number: names are refused
    assert query == {"field": "ticket_attribute.210009", "operator": "=", "value": "esc_1"}


def test_the_keys_attribute_that_another_worker_has_just_made_is_taken(
    vendor: Script, desk: Intercom
) -> None:
    known = error(400, "parameter_invalid", "already exists", field="name")
    vendor.at("POST", f"{TYPE}/attributes", known)
    none, there = ({"ticket_type_attributes": {"data": rows}} for rows in ([], ATTRIBUTES))
    vendor.at("GET", TYPE, none, there)
    vendor.at("POST", SEARCH, {"tickets": []})
    assert desk.find_ticket("esc_1") is None
    query = vendor.to("POST", SEARCH)[0].json["query"]
    assert query["field"] == "ticket_attribute.210003"


def test_an_attribute_that_cannot_be_made_is_the_desks_refusal(
    vendor: Script, desk: Intercom
) -> None:
    """Such as one that somebody has archived, whose name is still taken."""
    archived = [{"id": "7", "name": "Escalation ref", "archived": True}]
    vendor.at("GET", TYPE, {"ticket_type_attributes": {"data": archived}})
    vendor.at("POST", f"{TYPE}/attributes", error(400, "parameter_invalid", "already exists"))
    with pytest.raises(InvalidRequest, match="already exists"):
        desk.create_ticket(DRAFT)


def test_of_two_tickets_with_the_key_the_first_is_taken(vendor: Script, desk: Intercom) -> None:
    other = raw(id="99", ticket_attributes={"Escalation ref": "esc_12"})
    vendor.at("POST", SEARCH, {"tickets": [raw(id="216"), RAW, other]})
    found = desk.find_ticket("esc_1")
    assert found is not None and found.id == "215"


@pytest.mark.parametrize(
    ("who", "form"),
    [
        (Requester(id="u1", email="z@x.io"), {"external_id": "bot:u1", "email": "z@x.io"}),
        (Requester(email="z@x.example"), {"email": "z@x.example"}),
        (Requester(name="Zoë"), {"external_id": "bot:esc_1", "name": "Zoë"}),
        (Requester(id="u1", phone="030 1"), {"external_id": "bot:u1"}),
        (Requester(id="u1", email="zoe@example"), {"external_id": "bot:u1"}),
        (Requester(email="zoe at example.com"), {"external_id": "bot:esc_1"}),
        (Requester(id="u1", phone="+493012345"), {"external_id": "bot:u1", "phone": "+493012345"}),
    ],
)  # fmt: skip
def test_a_contact_is_made_of_what_is_known(
    vendor: Script, desk: Intercom, who: Requester, form: dict[str, str]
) -> None:
    desk.create_ticket(replace(DRAFT, requester=who))
    assert vendor.to("POST", "/contacts")[0].json == {"role": "user"} | form


def test_what_a_contact_cannot_hold_stands_in_the_description(
    vendor: Script, desk: Intercom
) -> None:
    def told(**who: str) -> str:
        desk.create_ticket(replace(DRAFT, requester=Requester(**who)))
        values = vendor.to("POST", "/tickets")[-1].json["ticket_attributes"]
        return str(values["_default_description_"])

    usual = told(id="u1", email="zoe@example.com", phone="+493012345")
    assert usual.startswith("2026-11-22")
    odd = told(id="u1", email="zoe at\nexample.com", phone="030 1")
    assert odd == f"E-mail, as given: zoe at example.com\nPhone, as given: 030 1\n\n{usual}"


def test_what_is_no_address_is_not_searched_for(vendor: Script, desk: Intercom) -> None:
    assert desk.previous_tickets(Requester(email="zoe at example.com")) == []
    assert vendor.asked == []


def test_a_contact_that_exists_is_taken_from_the_conflict(vendor: Script, desk: Intercom) -> None:
    words = "A contact matching those details already exists with id=5f1a2b3c4d5e6f7a8b9c0d1e"
    vendor.at("POST", "/contacts", error(409, "conflict", words))
    desk.create_ticket(DRAFT)
    asked = vendor.to("POST", "/tickets")[0].json
    assert asked["contacts"] == [{"id": "5f1a2b3c4d5e6f7a8b9c0d1e"}]


def test_of_a_contact_without_an_id_in_the_conflict_the_address_is_given(
    vendor: Script, desk: Intercom
) -> None:
    archived = "A contact matching those details already exists but has been archived"
    vendor.at("POST", "/contacts", error(409, "conflict", archived))
    desk.create_ticket(DRAFT)
    assert vendor.to("POST", "/tickets")[0].json["contacts"] == [{"email": "zoe@example.com"}]
    with pytest.raises(Conflict, match="archived"):
        desk.create_ticket(replace(DRAFT, requester=Requester(id="u1", email="zoe at example")))


def test_a_long_transcript_and_its_files_come_whole(vendor: Script, desk: Intercom) -> None:
    photos = tuple(File(name=f"{n}.png", content_type="image/png", data=b"p") for n in range(12))
    long = tuple(replace(HELLO, text=f"{n} " + "ü€😀" * 300) for n in range(40))
    desk.create_ticket(replace(DRAFT, transcript=(*long, replace(HELLO, files=photos))))
    told = vendor.to("POST", "/tickets")[0].json["ticket_attributes"]["_default_description_"]
    assert len(told.encode()) <= 25_000 and told.endswith("[… transcript.txt]")
    first, second = (asked.json for asked in vendor.to("POST", REPLY))
    assert first["message_type"] == "note" and first["admin_id"] == "991"
    assert first["body"].endswith("[esc_1]")
    whole = base64.b64decode(first["attachment_files"][0]["data"]).decode()
    assert whole.count("Zoë (customer):") == 41
    assert [len(one["attachment_files"]) for one in (first, second)] == [10, 3]


# --- what is said -------------------------------------------------------------------------------


def test_the_customer_speaks_as_their_contact_and_never_in_markup(
    vendor: Script, desk: Intercom
) -> None:
    assert desk.append_message("215", replace(HELLO, text="a < b\n& <c>")) == "175"
    sent = vendor.to("POST", REPLY)[0].json
    assert bodies.unmarked(sent.pop("body")) == "a &lt; b<br>&amp; &lt;c&gt;"
    assert sent == {"message_type": "comment", "type": "user", "intercom_user_id": TWIN}


def test_a_customer_who_was_merged_speaks_as_who_they_are_now(
    vendor: Script, desk: Intercom
) -> None:
    gone = error(404, "not_found", "User Not Found")
    other = raw(contacts={"contacts": [{"id": "5f1a2b3c4d5e6f7a8b9c0d1e"}]})
    vendor.at("GET", TICKET, RAW, other)
    vendor.at("POST", REPLY, {"id": "175"}, gone, {"id": "176"})
    assert [desk.append_message("215", HELLO) for _ in range(2)] == ["175", "176"]
    told = [asked.json["intercom_user_id"] for asked in vendor.to("POST", REPLY)]
    assert told == [TWIN, TWIN, "5f1a2b3c4d5e6f7a8b9c0d1e"]


@pytest.mark.parametrize("before", [0, 1])
def test_a_message_that_is_refused_whoever_says_it_is_sent_once(
    vendor: Script, desk: Intercom, before: int
) -> None:
    no = error(400, "parameter_invalid", "body is not valid")
    vendor.at("POST", REPLY, *[{"id": "175"}] * before, no)
    for _ in range(before):
        desk.append_message("215", HELLO)
    with pytest.raises(InvalidRequest):
        desk.append_message("215", HELLO)
    assert len(vendor.to("POST", REPLY)) == before + 1


def test_on_a_back_office_ticket_the_customers_words_become_a_note(
    vendor: Script, desk: Intercom
) -> None:
    vendor.at("GET", TICKET, raw(category="Back-office"))
    desk.append_message("215", HELLO)
    sent = vendor.to("POST", REPLY)[0].json
    assert (sent["message_type"], sent["type"], sent["admin_id"]) == ("note", "admin", "991")


def test_a_file_that_is_too_large_becomes_a_link(vendor: Script, desk: Intercom) -> None:
    film = File(name="f.mp4", data=b"x" * (20 * 1024 * 1024 + 1), url="https://x.example/f")
    desk.append_message("215", replace(HELLO, text="See", files=(film,)))
    sent = vendor.to("POST", REPLY)[0].json
    assert "attachment_files" not in sent and "https://x.example/f" in sent["body"]
    with pytest.raises(Unsupported):
        desk.attach("215", film)


def test_eleven_files_come_in_two_parts_and_the_words_last(vendor: Script, desk: Intercom) -> None:
    vendor.at("POST", REPLY, {"id": "175"}, {"id": "176"})
    files = tuple(File(name=f"{n}.png", data=b"p") for n in range(11))
    assert desk.append_message("215", replace(HELLO, text="See", files=files)) == "176"
    first, last = (asked.json for asked in vendor.to("POST", REPLY))
    assert [len(one["attachment_files"]) for one in (first, last)] == [1, 10]
    assert last["body"].startswith("See")


def test_our_words_are_known_again_by_their_mark(vendor: Script, desk: Intercom) -> None:
    said = replace(HELLO, text="yes")
    desk.append_message("215", said)
    mine = part("1", body=f"<p>{vendor.to('POST', REPLY)[0].json['body']}</p>")
    vendor.at("GET", TICKET, with_parts(mine, part("2", body="<p>yes</p>")))
    assert desk.find_entry("215", replace(said, id="other")) == "2"  # by words: the mark got lost
    vendor.at("GET", TICKET, with_parts(mine))
    assert desk.find_entry("215", said) == "1"
    assert desk.find_entry("215", replace(said, id="other")) is None
    assert desk.find_entry("215", Note(id="m1", text="yes")) is None


def test_a_long_message_is_known_again_without_its_mark(vendor: Script, desk: Intercom) -> None:
    said = replace(HELLO, text="\n".join(f"{n} ü <b>" for n in range(4000)))
    desk.append_message("215", said)
    body = bodies.unmarked(vendor.to("POST", REPLY)[0].json["body"])
    assert "[… message.txt]" in body
    vendor.at("GET", TICKET, with_parts(part("1", body=f"<p>{body}</p>")))
    assert desk.find_entry("215", said) == "1"
    assert desk.find_entry("215", replace(said, text=f"No. {said.text}")) is None


def test_an_agents_html_is_told_as_text() -> None:
    rich = "<p>We found it!<br>\nIt comes today &lt;b&gt;</p>\n<p>Bye</p>"
    assert bodies.text_of(rich) == "We found it!\nIt comes today <b>\nBye"
    assert bodies.text_of(None) == ""


def test_an_image_inside_an_answer_is_a_file() -> None:
    rich = '<p>Look</p><img class="i" src="https://x.example/a%20b.png?e=1&amp;s=2"><img src="x:y">'
    (image,) = bodies.images_of(rich)
    assert (image.name, image.url) == ("a b.png", "https://x.example/a%20b.png?e=1&s=2")


def test_plain_text_of_newer_webhooks_is_left_alone() -> None:
    assert bodies.text_of("if a <b & c> d\n&amp;", sniff=True) == "if a <b & c> d\n&amp;"
    assert bodies.text_of("<p>a &amp; b</p>", sniff=True) == "a & b"


# --- status -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"open": False}, Status.CLOSED),
        ({"snoozed_until": SECONDS + 60}, Status.ON_HOLD),
        ({"snoozed_until": SECONDS - 60}, Status.OPEN),
        ({"ticket_state": {"category": "resolved"}}, Status.SOLVED),
        ({"ticket_state": {"category": "waiting_on_customer"}}, Status.PENDING),
        ({"ticket_state": {"category": "brand_new_category"}}, Status.UNKNOWN),
    ],
)
def test_a_status_is_its_category_unless_closed_or_asleep(
    vendor: Script, desk: Intercom, more: dict[str, Any], status: Status
) -> None:
    vendor.at("GET", TICKET, raw(**more))
    assert desk.read_ticket("215").status is status


def test_an_accounts_own_label_may_be_explained(vendor: Script) -> None:
    form = {"access_token": "a", "client_secret": "b", "ticket_type_id": "1"}
    config = Config(base_url=vendor.url, status_words={"in PROGRESS": Status.PENDING}, **form)
    ticket = Intercom(config, Ports(now=lambda: NOW)).read_ticket("215")
    assert (ticket.status, ticket.word) == (Status.PENDING, "In progress")


def test_a_state_of_our_ticket_type_is_set(vendor: Script, desk: Intercom) -> None:
    def state(number: str, category: str, kind: str, **more: Any) -> dict[str, Any]:
        types = {"data": [{"id": kind}]}
        return {"id": number, "category": category, "ticket_types": types} | more

    states = [
        state("1", "resolved", "7"),
        state("2", "resolved", "1201", archived=True),
        state("3", "resolved", "1201"),
        state("4", "resolved", "1201"),
    ]
    vendor.at("GET", STATES, {"data": states})
    vendor.at("PUT", TICKET, RAW)
    desk.set_status("215", Status.SOLVED)
    desk.set_status("215", Status.ON_HOLD)
    solved, held = (asked.json for asked in vendor.to("PUT", TICKET))
    assert solved == {"ticket_state_id": "3"}
    assert held == {"open": True, "snoozed_until": SECONDS + 7 * 86_400}
    with pytest.raises(InvalidRequest, match="waiting_on_customer"):
        desk.set_status("215", Status.PENDING)


def test_a_ticket_that_sleeps_on_in_its_new_state_is_woken(vendor: Script, desk: Intercom) -> None:
    types = {"data": [{"id": "1201"}]}
    vendor.at("GET", STATES, {"data": [{"id": "3", "category": "resolved", "ticket_types": types}]})
    vendor.at("PUT", TICKET, RAW | {"snoozed_until": SECONDS + 60})
    desk.set_status("215", Status.SOLVED)
    told = [asked.json for asked in vendor.to("PUT", TICKET)]
    assert told == [{"ticket_state_id": "3"}, {"snoozed_until": None}]


# --- polling ------------------------------------------------------------------------------------


def test_a_poll_walks_by_the_cursor_and_goes_on_before_the_newest(
    vendor: Script, desk: Intercom
) -> None:
    follows = {"next": {"per_page": 20, "starting_after": "abc"}}
    theirs = raw(id="9", ticket_attributes={}, updated_at=SECONDS + 5)
    vendor.at("POST", SEARCH, {"tickets": [theirs, RAW], "pages": follows}, {"tickets": []})
    first = desk.fetch_changes(NOW)
    assert (first.more, {c.ticket_id for c in first.changes}) == (True, {"215"})
    last = desk.fetch_changes(first.cursor)
    one, other = (asked.json for asked in vendor.to("POST", SEARCH))
    assert one["query"]["value"] == other["query"]["value"] == SECONDS - 1
    assert other["pagination"] == {"per_page": 10, "starting_after": "abc"}
    assert (last.more, last.cursor) == (False, f"{SECONDS - 115}:{SECONDS - 115}:")


def test_past_a_page_that_is_too_large_the_poll_goes_ticket_by_ticket(
    vendor: Script, desk: Intercom
) -> None:
    fat = with_parts(part("1", body="x" * MAX_ANSWER))
    follows = {"next": {"starting_after": "abc"}}
    vendor.at("POST", SEARCH, {"tickets": [fat, RAW]}, {"tickets": [fat], "pages": follows})
    vendor.at("GET", TICKET, fat)
    page = desk.fetch_changes(NOW)
    asked = [one.json["pagination"] for one in vendor.to("POST", SEARCH)]
    assert asked == [{"per_page": 10}, {"per_page": 1}]
    assert (page.more, page.cursor) == (True, f"{SECONDS}:{SECONDS}:abc")
    assert [change.id for change in page.changes if change.kind == "message"] == ["part:1"]


def test_a_cursor_that_stands_still_ends_the_walk(vendor: Script, desk: Intercom) -> None:
    follows = {"next": {"starting_after": "abc"}}
    vendor.at("POST", SEARCH, {"tickets": [RAW], "pages": follows})
    assert desk.fetch_changes(f"{SECONDS}:{SECONDS}:abc").more is False
    with pytest.raises(InvalidRequest):
        desk.fetch_changes("somebody else's")


def test_an_answer_that_also_closes_is_an_answer(vendor: Script, desk: Intercom) -> None:
    vendor.at("POST", SEARCH, {"tickets": [RAW]})
    vendor.at("GET", TICKET, with_parts(
        part("1", part_type="close", body="<p>Done</p>"),
        part("2", part_type="assignment", body=None),
        part("3", part_type="note", body="<p>Among us</p>"),
        part("4", author={"type": "user", "id": TWIN}),
        part("5", author={"type": "bot", "id": "1"}),
        part("6", part_type="ticket_attribute_updated_by_admin", body="<p>old value</p>"),
        part("7", part_type="note", body="<p>Files of the conversation<br>[esc_1]</p>"),
        part("8", body=None, attachments=[{"name": "a.pdf", "url": "https://x.example/a"}]),
    ))  # fmt: skip
    told = [c for c in desk.fetch_changes(NOW).changes if c.kind in ("message", "note")]
    assert [(c.id, c.kind, c.text) for c in told] == [
        ("part:1", "message", "Done"),
        ("part:3", "note", "Among us"),
        ("part:8", "message", ""),
    ]
    assert told[2].files[0].url == "https://x.example/a"


def test_webhooks_are_a_persons_work(desk: Intercom) -> None:
    told = desk.ensure_webhooks("https://hub.example/in", "ours")
    assert told.secret == "hush-secret"
    steps = " ".join(told.steps)
    assert "https://hub.example/in" in steps and "ticket.admin.replied" in steps
    assert "hush" not in steps
