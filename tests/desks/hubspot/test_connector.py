"""HubSpot as its documentation describes it, played by a scripted server."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import Ports
from connectors.errors import InvalidRequest, NotFound, RateLimited, Unavailable, Unsupported
from connectors.hubspot import CONNECTOR, library
from connectors.hubspot.api import Api
from connectors.hubspot.config import Config
from connectors.types import Draft, File, Message, Note, Requester, Status
from tests.connectors.scripted import Answer, Script, server

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
MS = 1795341600000  # NOW
OBJECTS = "/crm/objects/2026-09"
TICKETS, TICKET = f"{OBJECTS}/tickets", f"{OBJECTS}/tickets/77"
FIND, SEARCH = f"{TICKETS}/batch/read", f"{TICKETS}/search"
CONTACTS, FIND_CONTACT = f"{OBJECTS}/contacts", f"{OBJECTS}/contacts/batch/read"
NOTES, EMAILS = f"{OBJECTS}/notes", f"{OBJECTS}/emails"
PIPELINES, UPLOAD = "/crm/pipelines/2026-09/tickets", "/files/v3/files"
PROPERTIES = "/crm/properties/2026-09/tickets"
CLOSED = {"ticketState": "CLOSED"}
STAGES = {
    "results": [
        {
            "id": "0",
            "displayOrder": 0,
            "stages": [
                {"id": "4", "label": "Closed", "displayOrder": 4, "metadata": CLOSED},
                {"id": "1", "label": "New", "displayOrder": 1, "metadata": {"ticketState": "OPEN"}},
                {"id": "2", "label": "Waiting on contact", "displayOrder": 2, "metadata": {}},
                {"id": "3", "label": "Blocked by supplier", "displayOrder": 3, "metadata": {}},
            ],
        },
        {"id": "9", "displayOrder": 1, "stages": [{"id": "91", "label": "In", "displayOrder": 0}]},
    ]
}
RAW = {
    "id": "77",
    "createdAt": "2026-11-22T09:00:00.000Z",
    "properties": {
        "subject": "Refund",
        "hs_pipeline": "0",
        "hs_pipeline_stage": "1",
        "hubspot_owner_id": None,
        "hs_lastmodifieddate": "2026-11-22T09:30:00.000Z",
        "escalation_ref": "esc_1",
    },
}
HELLO = Message(id="m1", role="customer", text="I want a refund", at=NOW, name="Zoë")
DRAFT = Draft(
    key="esc_1",
    subject="Refund",
    transcript=(HELLO,),
    requester=Requester(id="u1", name="Zoë van Müller", email="zoe@example.com"),
)
PHOTO = File(name="photo.jpg", content_type="image/jpeg", data=b"\xff\xd8\xff")


@pytest.fixture
def vendor() -> Iterator[Script]:
    with server() as script:
        script.at("GET", PIPELINES, STAGES)
        script.at("POST", FIND, {"results": []})
        script.at("POST", FIND_CONTACT, {"results": [{"id": "5", "properties": {}}]})
        script.at("POST", TICKETS, Answer(RAW, 201))
        script.at("GET", TICKET, RAW)
        script.at("POST", NOTES, Answer({"id": "900"}, 201))
        script.at("POST", EMAILS, Answer({"id": "901"}, 201))
        script.at("POST", UPLOAD, Answer({"id": "300"}, 201))
        yield script


@pytest.fixture
def desk(vendor: Script) -> CONNECTOR:
    return hubspot(vendor)


def hubspot(vendor: Script, **more: Any) -> CONNECTOR:
    form = {"access_token": "pat-na1-hush", "client_secret": "hush-hush", "portal_id": "33"}
    config = Config(**form | {"base_url": vendor.url} | more)
    return CONNECTOR(config, Ports(now=lambda: NOW, timeout=(1.0, 2.0)))


def refused(code: str, status: int = 400) -> Answer:
    problem = {"message": "no", "code": code, "context": {"propertyName": ["escalation_ref"]}}
    body = {"status": "error", "category": "VALIDATION_ERROR", "message": "Property values"}
    return Answer(body | {"errors": [problem]}, status)


def sent(vendor: Script, path: str) -> dict[str, Any]:
    """The last POST to a path."""
    body: dict[str, Any] = vendor.to("POST", path)[-1].json
    return body


def found(*rows: dict[str, Any], after: str | None = None) -> dict[str, Any]:
    """An answer of the search."""
    return {"results": list(rows)} | ({"paging": {"next": {"after": after}}} if after else {})


def changed(number: str, ms: int, key: str | None = "esc_1") -> dict[str, Any]:
    at = datetime.fromtimestamp(ms / 1000, UTC).isoformat()
    return {"id": number, "properties": {"hs_lastmodifieddate": at, "escalation_ref": key}}


# --- the library's traps ------------------------------------------------------------------------


def test_a_process_that_only_checks_webhooks_never_loads_the_library() -> None:
    code = "import sys, connectors.hubspot; print('hubspot' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


def test_every_call_goes_by_our_session_to_a_dated_path(vendor: Script) -> None:
    class Counted:
        taken = 0

        def take(self) -> None:
            self.taken += 1

        def limited(self, seconds: float) -> None: ...

    throttle, config = Counted(), hubspot(vendor).config
    desk = CONNECTOR(config, Ports(now=lambda: NOW, throttle=throttle, timeout=(1.0, 2.0)))
    desk.create_ticket(replace(DRAFT, transcript=(replace(HELLO, files=(PHOTO,)),)))
    desk.append_message("77", HELLO)
    vendor.at("PATCH", TICKET, RAW)
    desk.set_status("77", Status.SOLVED)
    assert throttle.taken == len(vendor.asked) >= 8
    assert [a.path for a in vendor.asked if "/v3/" in a.path] == [UPLOAD]
    assert {a.headers["authorization"] for a in vendor.asked} == {"Bearer pat-na1-hush"}


def test_the_librarys_own_paths_can_be_had_back(
    vendor: Script, desk: CONNECTOR, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "VERSION", "v3")
    vendor.at("POST", "/crm/v3/objects/tickets/batch/read", {"results": []})
    assert desk.find_ticket("esc_1") is None


def test_the_api_objects_and_their_session_are_held(desk: CONNECTOR) -> None:
    basic = desk.api.crm._basic
    assert desk.api.crm._basic is basic
    assert basic.api_client.rest_client.http is desk.api.http


@pytest.mark.parametrize("status", [200, 202, 204])
def test_a_2xx_without_its_body_is_no_ticket(vendor: Script, desk: CONNECTOR, status: int) -> None:
    vendor.at("POST", TICKETS, Answer(None, status))
    with pytest.raises(Unavailable) as caught:
        desk.create_ticket(DRAFT)
    assert caught.value.sent


def test_a_server_that_fails_is_asked_once(vendor: Script, desk: CONNECTOR) -> None:
    vendor.at("POST", TICKETS, Answer({"message": "oops"}, 502))
    with pytest.raises(Unavailable):
        desk.create_ticket(DRAFT)
    assert len(vendor.to("POST", TICKETS)) == 1


def test_what_customers_write_is_not_logged(
    desk: CONNECTOR, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        desk.create_ticket(DRAFT)
    assert "refund" not in caplog.text.casefold() and "hush" not in caplog.text


# --- creating -----------------------------------------------------------------------------------


def test_the_key_and_the_contact_stand_in_the_create_request(
    vendor: Script, desk: CONNECTOR
) -> None:
    ticket = desk.create_ticket(replace(DRAFT, fields={"hs_ticket_priority": "HIGH", "tags": [1]}))
    body = sent(vendor, TICKETS)
    properties = body["properties"]
    assert properties["escalation_ref"] == "esc_1" and "I want a refund" in properties["content"]
    assert (properties["hs_pipeline"], properties["hs_pipeline_stage"]) == ("0", "1")
    assert (properties["hs_ticket_priority"], properties["tags"]) == ("HIGH", "1")
    link = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 16}
    assert body["associations"] == [{"to": {"id": "5"}, "types": [link]}]
    assert (ticket.id, ticket.key, ticket.status, ticket.word) == (
        "77",
        "esc_1",
        Status.OPEN,
        "New",
    )


def test_our_property_is_made_when_it_is_missed(vendor: Script, desk: CONNECTOR) -> None:
    vendor.at("POST", TICKETS, refused("PROPERTY_DOESNT_EXIST"), Answer(RAW, 201))
    vendor.at("POST", PROPERTIES, Answer({"name": "escalation_ref"}, 201))
    assert desk.create_ticket(DRAFT).id == "77"
    made = sent(vendor, PROPERTIES)
    assert (made["name"], made["hasUniqueValue"]) == ("escalation_ref", True)
    assert len(vendor.to("POST", TICKETS)) == 2


@pytest.mark.parametrize("status", [400, 409])
def test_the_same_key_again_finds_the_ticket_that_landed(
    vendor: Script, desk: CONNECTOR, status: int
) -> None:
    vendor.at("POST", TICKETS, refused("CONFLICTING_UNIQUE_VALUE", status))
    vendor.at("GET", f"{PROPERTIES}/escalation_ref", {"name": "escalation_ref"})
    vendor.at("POST", FIND, {"results": [RAW]})
    assert desk.create_ticket(DRAFT).id == "77"
    assert sent(vendor, FIND)["idProperty"] == "escalation_ref"


def test_what_fails_behind_a_create_leaves_it_in_doubt(
    vendor: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a sandbox the ticket's address is the region's, which is asked for once."""
    desk = hubspot(vendor)

    def limited(api: Api) -> str:
        raise RateLimited("429")

    monkeypatch.setattr(Api, "app", property(limited))
    with pytest.raises(Unavailable) as problem:
        desk.create_ticket(DRAFT)
    assert problem.value.sent


def test_a_required_property_is_named_beside_the_mapping(vendor: Script, desk: CONNECTOR) -> None:
    problem = {"message": "is required", "in": "product", "code": "MISSING_REQUIRED_PROPERTY"}
    body = {"category": "VALIDATION_ERROR", "message": "rules", "errors": [problem]}
    vendor.at("POST", TICKETS, Answer(body, 400))
    vendor.at("GET", f"{PROPERTIES}/escalation_ref", {"name": "escalation_ref"})
    with pytest.raises(InvalidRequest) as caught:
        desk.create_ticket(DRAFT)
    assert caught.value.fields == {"product": "is required"}


def test_a_contact_made_meanwhile_is_taken(vendor: Script, desk: CONNECTOR) -> None:
    vendor.at("POST", FIND_CONTACT, {"results": []})
    words = "Contact already exists. Existing ID: 123"
    vendor.at("POST", CONTACTS, Answer({"message": words, "category": "CONFLICT"}, 409))
    desk.create_ticket(DRAFT)
    assert sent(vendor, TICKETS)["associations"][0]["to"] == {"id": "123"}
    made = sent(vendor, CONTACTS)["properties"]
    assert (made["firstname"], made["lastname"]) == ("Zoë", "van Müller")


def test_an_address_that_hubspot_refuses_does_not_stop_the_ticket(
    vendor: Script, desk: CONNECTOR
) -> None:
    vendor.at("POST", FIND_CONTACT, {"results": []})
    vendor.at("POST", CONTACTS, Answer({"message": "INVALID_EMAIL"}, 400))
    desk.create_ticket(DRAFT)
    body = sent(vendor, TICKETS)
    assert body["associations"] == [] and "zoe@example.com" in body["properties"]["content"]


def test_files_and_a_long_conversation_are_there_with_the_ticket(
    vendor: Script, desk: CONNECTOR
) -> None:
    vendor.at("POST", UPLOAD, Answer({"id": "300"}, 201), Answer({"id": "301"}, 201))
    long = replace(HELLO, text="&" * 20_000 + "END", files=(PHOTO,))
    desk.create_ticket(replace(DRAFT, transcript=(long,)))
    note, ticket = sent(vendor, NOTES), sent(vendor, TICKETS)
    assert note["properties"]["hs_attachment_ids"] == "300;301" and note["associations"] == []
    kinds = [link["types"][0]["associationTypeId"] for link in ticket["associations"]]
    assert kinds == [16, 227] and ticket["associations"][1]["to"] == {"id": "900"}
    assert ticket["properties"]["content"].endswith("[… transcript.txt]")
    assert b"END" in vendor.to("POST", UPLOAD)[0].body
    order = [asked.path for asked in vendor.asked if asked.path in (NOTES, TICKETS)]
    assert order == [NOTES, TICKETS]


def test_the_mapping_chooses_pipeline_or_stage(vendor: Script, desk: CONNECTOR) -> None:
    for fields, place in (
        ({"hs_pipeline": "9"}, ("9", "91")),
        ({"hs_pipeline_stage": "2"}, ("0", "2")),
    ):
        desk.create_ticket(replace(DRAFT, fields=fields))
        made = sent(vendor, TICKETS)["properties"]
        assert (made["hs_pipeline"], made["hs_pipeline_stage"]) == place
    hubspot(vendor, pipeline_id="9").create_ticket(DRAFT)
    assert sent(vendor, TICKETS)["properties"]["hs_pipeline_stage"] == "91"
    with pytest.raises(InvalidRequest) as caught:
        hubspot(vendor, pipeline_id="8").create_ticket(DRAFT)
    assert "hs_pipeline" in caught.value.fields


# --- entries ------------------------------------------------------------------------------------


def test_a_message_is_an_incoming_email_of_ticket_and_contact(
    vendor: Script, desk: CONNECTOR
) -> None:
    contacts = {"contacts": {"results": [{"id": "5", "type": "ticket_to_contact"}]}}
    vendor.at("GET", TICKET, RAW | {"associations": contacts})
    assert desk.append_message("77", replace(HELLO, files=(PHOTO,))) == "901"
    body = sent(vendor, EMAILS)
    assert body["properties"] == {
        "hs_timestamp": str(MS),
        "hs_email_direction": "INCOMING_EMAIL",
        "hs_email_subject": "Refund",
        "hs_email_text": "I want a refund\n\n[hub:m1]",
        "hs_attachment_ids": "300",
    }
    kinds = [(a["to"]["id"], a["types"][0]["associationTypeId"]) for a in body["associations"]]
    assert kinds == [("77", 224), ("5", 198)]


def test_a_file_that_is_too_large_travels_as_a_link(vendor: Script, desk: CONNECTOR) -> None:
    film = File(name="film.mp4", data=b"x" * (desk.can.attachments + 1), url="https://f.example/1")
    desk.append_message("77", replace(HELLO, files=(film,)))
    assert "https://f.example/1" in sent(vendor, EMAILS)["properties"]["hs_email_text"]
    assert vendor.to("POST", UPLOAD) == []
    with pytest.raises(Unsupported):
        desk.attach("77", film)


def test_a_merged_ticket_takes_nothing(vendor: Script, desk: CONNECTOR) -> None:
    vendor.at("GET", TICKET, RAW | {"id": "78"})  # HubSpot answers with the survivor
    for call in (
        lambda: desk.append_message("77", HELLO),
        lambda: desk.add_note("77", Note(id="n1", text="x")),
        lambda: desk.read_ticket("77"),
    ):
        with pytest.raises(NotFound, match="78"):
            call()


def test_an_entry_is_found_behind_a_page_of_associations(vendor: Script, desk: CONNECTOR) -> None:
    first = {"results": [{"id": "1"}], "paging": {"next": {"after": "1"}}}
    vendor.at("GET", TICKET, RAW | {"associations": {"notes": first}})
    vendor.at("GET", f"{TICKET}/associations/notes", {"results": [{"toObjectId": 2}]})
    rows = [{"id": n, "properties": {"hs_note_body": f"x<br>[hub:n{n}]"}} for n in ("1", "2")]
    vendor.at("POST", f"{NOTES}/batch/read", {"results": rows})
    assert desk.find_entry("77", Note(id="n2", text="x")) == "2"
    assert sent(vendor, f"{NOTES}/batch/read")["inputs"] == [{"id": "1"}, {"id": "2"}]
    assert desk.find_entry("77", Note(id="n3", text="x")) is None


# --- statuses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "status"),
    [("1", "open"), ("2", "pending"), ("3", "on_hold"), ("4", "solved"), ("99", "unknown")],
)
def test_a_stage_means_what_hubspot_and_its_label_say(
    vendor: Script, desk: CONNECTOR, stage: str, status: str
) -> None:
    properties = RAW["properties"] | {"hs_pipeline_stage": stage}  # type: ignore[operator]
    vendor.at("GET", TICKET, RAW | {"properties": properties})
    assert desk.read_ticket("77").status == status


def test_an_account_overrules_by_label_or_id(vendor: Script) -> None:
    desk = hubspot(vendor, status_words={"new": "new", "4": "closed"})
    assert desk.read_ticket("77").status is Status.NEW
    vendor.at("PATCH", TICKET, {"properties": {"hs_pipeline_stage": "4"}})
    assert desk.set_status("77", Status.SOLVED).status is Status.CLOSED
    assert vendor.to("PATCH", TICKET)[-1].json == {"properties": {"hs_pipeline_stage": "4"}}


# --- polling ------------------------------------------------------------------------------------


def test_the_next_page_begins_where_this_ones_last_ticket_changed(
    vendor: Script, desk: CONNECTOR
) -> None:
    start = MS - 5000
    foreign = [changed("1", start + 1000, None), changed("2", start + 2000, "other")]
    vendor.at("POST", SEARCH, found(*foreign, after="100"), found(*foreign[1:]))
    page = desk.fetch_changes(NOW - timedelta(seconds=5))
    assert page.more and page.changes == ()
    last = desk.fetch_changes(page.cursor)
    asked = sent(vendor, SEARCH)
    assert asked["filterGroups"][0]["filters"][0]["value"] == str(start + 2000)
    assert "after" not in asked and asked["sorts"][0]["direction"] == "ASCENDING"
    assert (last.more, last.cursor) == (False, f"since:{start + 2000 - 60_000}")


def test_a_page_that_changed_at_one_moment_is_walked_by_number(
    vendor: Script, desk: CONNECTOR
) -> None:
    same = [changed("1", MS, None), changed("2", MS, None)]
    vendor.at("POST", SEARCH, found(*same, after="2"), found())
    page = desk.fetch_changes(NOW)
    desk.fetch_changes(page.cursor)
    asked = sent(vendor, SEARCH)
    assert asked["after"] == "2" and asked["filterGroups"][0]["filters"][0]["value"] == str(MS)


def test_a_quiet_account_is_not_asked_about_ever_older_times(
    vendor: Script, desk: CONNECTOR
) -> None:
    vendor.at("POST", SEARCH, found())
    page = desk.fetch_changes(NOW - timedelta(days=3))
    assert page.cursor == f"since:{MS - 600_000 - 60_000}"


def test_only_what_agents_wrote_is_told(vendor: Script, desk: CONNECTOR) -> None:
    def mail(number: str, direction: str, text: str, **more: str) -> dict[str, Any]:
        said = {"hs_email_direction": direction, "hs_email_text": text, "hs_timestamp": str(MS)}
        return {"id": number, "properties": said | more}

    vendor.at("POST", SEARCH, found(changed("77", MS)))
    links = {"notes": {"results": [{"id": "1"}]}, "emails": {"results": [{"id": "2"}] * 2}}
    history = {"hs_pipeline_stage": [{"value": "1", "timestamp": "2026-11-22T09:15:00Z"}]}
    vendor.at("GET", TICKET, RAW | {"associations": links, "propertiesWithHistory": history})
    note = {"hs_note_body": "<p>Call &amp; ask</p>", "hs_timestamp": str(MS)}
    note |= {"hs_created_by_user_id": "44", "hs_attachment_ids": "8"}
    vendor.at("POST", f"{NOTES}/batch/read", {"results": [{"id": "1", "properties": note}]})
    sender = {"hs_email_from_firstname": "Ann", "hs_email_from_lastname": "Agent"}
    mails = [
        mail("2", "EMAIL", "We are on it", **sender),
        mail("3", "INCOMING_EMAIL", "from outside"),
        mail("4", "EMAIL", "Sent today.\n\n> Where is it?\n>\n> [hub:m9]"),
    ]
    vendor.at("POST", f"{EMAILS}/batch/read", {"results": mails})
    vendor.at("GET", "/crm/owners/2026-09/44", {"firstName": "Ben", "lastName": "Berger"})
    told = {"name": "label", "extension": "pdf", "url": "https://f.example/s", "size": 9}
    vendor.at("GET", f"{UPLOAD}/8/signed-url", told)
    status, note_told, reply, quoting = desk.fetch_changes(NOW).changes
    assert status.at == datetime(2026, 11, 22, 9, 15, tzinfo=UTC)
    assert (note_told.kind, note_told.text, note_told.author) == (
        "note",
        "Call & ask",
        "Ben Berger",
    )
    assert note_told.files == (
        File(
            name="label.pdf",
            content_type="application/pdf",
            url="https://f.example/s",
            size=9,
            id="8",
        ),
    )
    assert (reply.kind, reply.text, reply.author) == ("message", "We are on it", "Ann Agent")
    assert (quoting.kind, quoting.message_id) == ("message", "4")
    assert vendor.to("GET", "/crm/owners/2026-09/44")[0].query == {"idProperty": "userId"}


@pytest.mark.parametrize("cursor", ["", "since:", "since:x", "page:1:2", "export:7"])
def test_a_cursor_that_is_not_ours_is_refused(desk: CONNECTOR, cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        desk.fetch_changes(cursor)


# --- the account --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "wait"),
    [("TEN_SECONDLY_ROLLING", 10), ("SECONDLY", 1), ("DAILY", 900), ("NEW", None)],
)
def test_a_429_lasts_as_long_as_its_policy_says(
    vendor: Script, desk: CONNECTOR, policy: str, wait: int | None
) -> None:
    body = {"status": "error", "errorType": "RATE_LIMIT", "policyName": policy}
    vendor.at("POST", FIND, Answer(body, 429))
    with pytest.raises(RateLimited) as caught:
        desk.find_ticket("esc_1")
    assert caught.value.retry_after == wait


@pytest.mark.parametrize("status", [423, 477])
def test_a_locked_or_moving_account_is_tried_again_later(
    vendor: Script, desk: CONNECTOR, status: int
) -> None:
    vendor.at("GET", TICKET, Answer({"message": "later"}, status, {"Retry-After": "3600"}))
    with pytest.raises(Unavailable) as caught:
        desk.read_ticket("77")
    assert caught.value.retry_after == 3600


def test_the_link_leads_to_the_accounts_own_region(vendor: Script) -> None:
    details = {"portalId": 33, "uiDomain": "app-eu1.hubspot.com"}
    vendor.at("GET", "/account-info/2026-09/details", details)
    desk = hubspot(vendor)
    assert desk.read_ticket("77").url == f"{vendor.url}/contacts/33/record/0-5/77"
    live = CONNECTOR(desk.config.model_copy(update={"base_url": None}), desk.ports)
    live.api.account = lambda: details  # type: ignore[method-assign]
    assert live.api.app == "https://app-eu1.hubspot.com"


def test_verify_names_a_wrong_account_and_missing_scopes(vendor: Script, desk: CONNECTOR) -> None:
    vendor.at("GET", "/account-info/2026-09/details", {"portalId": 34, "uiDomain": "app"})
    vendor.at("GET", f"{PROPERTIES}/escalation_ref", {"name": "escalation_ref"})
    vendor.at("GET", CONTACTS, {"results": []})
    vendor.at("GET", "/crm/owners/2026-09", Answer({"category": "MISSING_SCOPES"}, 403))
    vendor.at("GET", f"{UPLOAD}/0/signed-url", Answer({"category": "MISSING_SCOPES"}, 403))
    account, owner, files = desk.verify().missing
    assert "34" in account and "crm.objects.owners.read" in owner and "scope files" in files


def test_a_person_is_told_how_to_set_up_webhooks(desk: CONNECTOR) -> None:
    told = desk.ensure_webhooks("https://hub.example/w", "ours")
    assert told.secret == "hush-hush" and "hush" not in "".join(told.steps)
    text = " ".join(told.steps)
    for word in ("https://hub.example/w", "hs_pipeline_stage", "hubspot_owner_id", "Merged"):
        assert word in text
