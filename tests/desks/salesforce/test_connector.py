"""Salesforce as its documentation describes it: scripted answers, and stories in the sandbox."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import ValidationError

from connectors.base import Ports
from connectors.errors import (
    AuthFailed,
    Conflict,
    InvalidRequest,
    NotFound,
    RateLimited,
    Unavailable,
)
from connectors.salesforce import changes, entries
from connectors.salesforce.api import Record
from connectors.salesforce.config import DRAFT_EMAIL, Config
from connectors.salesforce.connector import Salesforce
from connectors.salesforce.words import id18, status_of, time_of
from connectors.sandbox import running
from connectors.types import Draft, File, Message, Note, Requester, Status
from tests.connectors.scripted import Answer, Script, server
from tests.contract.desk import Desk, draft, of, poll

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
TOKEN, DATA = "/services/oauth2/token", "/services/data/v66.0"
USERINFO, QUERY = "/services/oauth2/userinfo", f"{DATA}/query/"
CASES, COMPOSITE = f"{DATA}/sobjects/Case/", f"{DATA}/composite"
ID, ME = "500xx000000bcXyAAI", "005xx000001Sv1AAAS"
CASE = {
    "Id": ID,
    "Subject": "Refund",
    "Status": "New",
    "IsClosed": False,
    "OwnerId": ME,
    "Owner": {"Name": "Escalation hub"},
    "ContactId": None,
    "Contact": None,
    "SuppliedName": "Zoë",
    "SuppliedEmail": "zoe@example.com",
    "CreatedDate": "2026-11-22T09:00:00.000+0000",
    "SystemModstamp": "2026-11-22T09:30:00.000+0000",
    "MasterRecordId": None,
    "Hub_Key__c": "esc_1",
}
HELLO = Message(id="m1", role="customer", text="I want a refund", at=NOW, name="Zoë")
DRAFT = Draft(
    key="esc_1", subject="Refund", transcript=(HELLO,), requester=Requester(name="Zoë Müller")
)


def rows(*records: dict[str, Any]) -> dict[str, Any]:
    return {"totalSize": len(records), "done": True, "records": list(records)}


def problem(code: str, message: str = "no", status: int = 400, *fields: str) -> Answer:
    return Answer([{"errorCode": code, "message": message, "fields": list(fields)}], status)


@pytest.fixture
def vendor() -> Iterator[Script]:
    with server(prefix="/salesforce") as script:
        script.at("POST", TOKEN, {"access_token": "t1"}, {"access_token": "t2"})
        script.at(
            "GET", USERINFO, Answer({"user_id": ME}, headers={"Content-Type": "application/json"})
        )
        script.at("GET", QUERY, rows(CASE))
        script.at("POST", CASES, Answer({"id": ID, "success": True, "errors": []}, 201))
        yield script


@pytest.fixture
def desk(vendor: Script) -> Salesforce:
    return salesforce(vendor)


def salesforce(vendor: Script, **more: Any) -> Salesforce:
    way = more or {"client_secret": "hush-hush"}
    config = Config(my_domain="acme", client_id="key", base_url=vendor.url, **way)
    return Salesforce(config, Ports(now=lambda: NOW, timeout=(1.0, 2.0)))


# --- the form -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "way",
    [
        {},
        {"username": "hub@acme.example"},
        {"private_key": "x"},
        {"client_secret": "x", "username": "hub@acme.example", "private_key": "y"},
    ],
)
def test_exactly_one_way_to_sign_in_must_be_complete(way: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Config(my_domain="acme", client_id="key", **way)


@pytest.mark.parametrize(
    "domain", ["", "https://acme", "acme.lightning.force.com", "login.salesforce.com", "a/b", "a b"]
)
def test_only_a_my_domain_is_accepted(domain: str) -> None:
    with pytest.raises(ValidationError):
        Config(my_domain=domain, client_id="key", client_secret="x")


@pytest.mark.parametrize(
    ("domain", "host", "audience"),
    [
        ("acme", "acme.my.salesforce.com", "login"),
        ("Acme.my.salesforce.com", "acme.my.salesforce.com", "login"),
        ("acme--uat.sandbox", "acme--uat.sandbox.my.salesforce.com", "test"),
        ("evil.example", "evil.example.my.salesforce.com", "login"),
    ],
)
def test_the_host_is_always_salesforces(domain: str, host: str, audience: str) -> None:
    config = Config(my_domain=domain, client_id="key", client_secret="x")
    assert config.root == f"https://{host}"
    assert config.audience == f"https://{audience}.salesforce.com"


@pytest.mark.parametrize("name", ["Hub_Key", "Hub Key__c", "x__c FROM User", "__c"])
def test_the_key_field_is_a_custom_fields_name(name: str) -> None:
    with pytest.raises(ValidationError):
        Config(my_domain="acme", client_id="key", client_secret="x", key_field=name)


# --- who we are ---------------------------------------------------------------------------------


def test_the_client_credentials_go_in_the_body_and_nothing_in_the_header(
    vendor: Script, desk: Salesforce
) -> None:
    assert desk.read_ticket(ID).id == ID
    (asked,) = vendor.to("POST", TOKEN)
    form = "grant_type=client_credentials&client_id=key&client_secret=hush-hush"
    assert asked.body.decode() == form and "authorization" not in asked.headers
    assert vendor.asked[-1].headers["authorization"] == "Bearer t1"


def test_a_certificate_signs_a_short_statement_for_the_user(vendor: Script) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    salesforce(vendor, username="hub@acme.example", private_key=pem).read_ticket(ID)
    (asked,) = vendor.to("POST", TOKEN)
    kind, _, assertion = asked.body.decode().partition("&assertion=")
    assert kind == "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"
    told = jwt.decode(
        assertion,
        key.public_key(),
        algorithms=["RS256"],
        audience="https://login.salesforce.com",
        options={"verify_exp": False},
    )
    assert (told["iss"], told["sub"]) == ("key", "hub@acme.example")
    assert told["exp"] == int((NOW + timedelta(minutes=3)).timestamp())


def test_a_key_that_is_none_is_told_without_showing_it(vendor: Script) -> None:
    desk = salesforce(vendor, username="hub@acme.example", private_key="no PEM at all")
    with pytest.raises(AuthFailed) as caught:
        desk.read_ticket(ID)
    assert "no PEM" not in str(caught.value) and vendor.to("POST", TOKEN) == []


@pytest.mark.parametrize("error", ["invalid_client", "invalid_grant", "invalid_client_id"])
def test_a_refused_grant_is_an_auth_failure(vendor: Script, desk: Salesforce, error: str) -> None:
    words = {"error": error, "error_description": "hush-hush is wrong"}
    vendor.at("POST", TOKEN, Answer(words, 400))
    with pytest.raises(AuthFailed, match=error) as caught:
        desk.read_ticket(ID)
    assert "hush" not in str(caught.value)


# --- simple-salesforce's traps ------------------------------------------------------------------


def test_a_renewed_token_repeats_the_request_with_all_its_headers(
    vendor: Script, desk: Salesforce
) -> None:
    path = f"{CASES}{ID}"
    vendor.at("GET", QUERY, rows({"ApiName": "Closed", "IsClosed": True}), rows(CASE))
    vendor.at("PATCH", path, problem("INVALID_SESSION_ID", "expired", 401), Answer(None, 204))
    desk.set_status(ID, Status.CLOSED)
    sent = vendor.to("PATCH", path)
    assert [one.headers["authorization"] for one in sent] == ["Bearer t1", "Bearer t2"]
    assert {one.headers["sforce-auto-assign"] for one in sent} == {"FALSE"}
    assert [one.json for one in sent] == [{"Status": "Closed"}] * 2


def test_a_token_that_is_refused_for_ever_is_tried_twice(vendor: Script, desk: Salesforce) -> None:
    vendor.at("GET", QUERY, problem("INVALID_SESSION_ID", "expired", 401))
    with pytest.raises(AuthFailed):
        desk.find_ticket("esc_1")
    assert len(vendor.to("GET", QUERY)) == 2 and len(vendor.to("POST", TOKEN)) == 2


def test_neither_the_library_nor_a_login_of_it_is_loaded_before_the_first_call() -> None:
    code = (
        "import sys; from connectors.salesforce import CONNECTOR; "
        "print([m for m in ('simple_salesforce', 'jwt', 'zeep', 'lxml') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_what_a_customer_types_cannot_change_a_query(vendor: Script, desk: Salesforce) -> None:
    desk.previous_tickets(Requester(email="o'hara@example.com"))
    asked = vendor.to("GET", QUERY)[-1].query["q"]
    assert "SuppliedEmail = 'o\\'hara@example.com'" in asked
    vendor.asked.clear()
    assert desk.previous_tickets(Requester(email="o'hara\\@example.com")) == []
    assert vendor.asked == []  # no address: nobody is looked for


def test_html_with_status_200_is_no_answer(vendor: Script, desk: Salesforce) -> None:
    vendor.at("GET", QUERY, Answer(b"<html>", headers={"Content-Type": "text/html"}))
    with pytest.raises(Unavailable):
        desk.find_ticket("esc_1")


# --- errors -------------------------------------------------------------------------------------


def test_a_used_up_day_is_a_rate_limit_that_the_throttle_hears_of(vendor: Script) -> None:
    class Told:
        waits: list[float] = []

        def take(self) -> None: ...

        def limited(self, seconds: float) -> None:
            self.waits.append(seconds)

    desk = salesforce(vendor)
    desk = Salesforce(desk.config, Ports(now=lambda: NOW, throttle=Told()))
    vendor.at("GET", QUERY, problem("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit", 403))
    with pytest.raises(RateLimited) as caught:
        desk.find_ticket("esc_1")
    assert caught.value.retry_after == 900 and Told.waits == [900]


@pytest.mark.parametrize("code", ["INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY"])
def test_a_case_that_we_may_not_edit_is_no_failure_of_our_credentials(
    vendor: Script, desk: Salesforce, code: str
) -> None:
    vendor.at("GET", QUERY, rows({"ApiName": "Closed", "IsClosed": True}), rows(CASE))
    vendor.at("PATCH", f"{CASES}{ID}", problem(code, "insufficient access rights", 403))
    with pytest.raises(Conflict, match=code):
        desk.set_status(ID, Status.CLOSED)
    vendor.at("POST", CASES, problem(code, "insufficient access rights", 403))
    with pytest.raises(AuthFailed):
        desk.create_ticket(DRAFT)


KINDS = ("Case", "CaseComment", "Contact", "ContentVersion", "EmailMessage")
KEY = {"name": "Hub_Key__c", "createable": True, "externalId": True, "unique": True}


@pytest.mark.parametrize(("createable", "error"), [(True, Conflict), (False, AuthFailed)])
def test_what_we_may_write_elsewhere_is_refused_for_this_case_alone(
    vendor: Script, desk: Salesforce, createable: bool, error: type[Exception]
) -> None:
    no = problem("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights", 403)
    vendor.at("POST", f"{DATA}/sobjects/CaseComment/", no)
    kinds = [{"name": one, "createable": one != "CaseComment" or createable} for one in KINDS]
    vendor.at("GET", f"{DATA}/sobjects", {"sobjects": kinds})
    vendor.at("GET", f"{CASES}describe", {"fields": [KEY]})
    with pytest.raises(error, match="INSUFFICIENT_ACCESS_OR_READONLY"):
        desk.add_note(ID, Note(id="n1", text="Summary"))


def test_a_record_that_ours_may_not_refer_to_is_an_invalid_request(
    vendor: Script, desk: Salesforce
) -> None:
    code = "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
    vendor.at("POST", CASES, problem(code, "insufficient access rights on cross-reference id", 403))
    with pytest.raises(InvalidRequest, match=code):
        desk.create_ticket(DRAFT)


def test_a_locked_record_may_be_tried_again_soon(vendor: Script, desk: Salesforce) -> None:
    vendor.at("POST", CASES, problem("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access"))
    with pytest.raises(Unavailable) as caught:
        desk.create_ticket(DRAFT)
    assert caught.value.sent is False and caught.value.retry_after == 3


def test_a_refusal_names_the_fields(vendor: Script, desk: Salesforce) -> None:
    no = problem("REQUIRED_FIELD_MISSING", "Required fields are missing: [Reason]", 400, "Reason")
    vendor.at("POST", CASES, no)
    with pytest.raises(InvalidRequest, match="REQUIRED_FIELD_MISSING") as caught:
        desk.create_ticket(DRAFT)
    assert caught.value.fields == {"Reason": "Required fields are missing: [Reason]"}


def test_a_refused_composite_tells_of_the_part_that_was_wrong(
    vendor: Script, desk: Salesforce
) -> None:
    def part(name: str, code: str, *fields: str) -> dict[str, Any]:
        body = [{"errorCode": code, "message": f"{code}!", "fields": list(fields)}]
        return {"referenceId": name, "httpStatusCode": 400, "httpHeaders": {}, "body": body}

    parts = [part("case", "PROCESSING_HALTED"), part("file0", "STRING_TOO_LONG", "Title")]
    vendor.at("POST", COMPOSITE, {"compositeResponse": parts})
    file = File(name="a.png", content_type="image/png", data=b"png")
    with pytest.raises(InvalidRequest, match="STRING_TOO_LONG") as caught:
        desk.append_message(ID, Message(id="m", role="customer", text="x", at=NOW, files=(file,)))
    assert caught.value.fields == {"Title": "STRING_TOO_LONG!"}


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (500, "UNKNOWN_EXCEPTION", Unavailable),
        (503, "SERVER_UNAVAILABLE", Unavailable),
        (429, "TOO_MANY_REQUESTS", RateLimited),
    ],
)
def test_a_message_that_a_bad_moment_stopped_halfway_may_be_tried_again(
    vendor: Script, desk: Salesforce, status: int, code: str, error: type[Exception]
) -> None:
    halted = [{"errorCode": "PROCESSING_HALTED", "message": "rolled back", "fields": []}]
    failed = [{"errorCode": code, "message": "try later", "fields": []}]
    parts = [{"httpStatusCode": 400, "body": halted}, {"httpStatusCode": status, "body": failed}]
    vendor.at("POST", COMPOSITE, {"compositeResponse": parts})
    file = File(name="a.png", content_type="image/png", data=b"png")
    with pytest.raises(error, match=code):
        desk.append_message(ID, Message(id="m", role="customer", text="x", at=NOW, files=(file,)))


def test_a_file_that_fails_behind_what_stands_leaves_it_in_doubt(
    vendor: Script, desk: Salesforce, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too large for one request with its case or email, it follows; those were not refused."""
    monkeypatch.setattr(entries, "COMPOSITE_BYTES", 0)
    vendor.at("POST", f"{DATA}/sobjects/ContentVersion/", problem("STORAGE_LIMIT_EXCEEDED"))
    mail = Answer({"id": "02sxx", "success": True, "errors": []}, 201)
    vendor.at("POST", f"{DATA}/sobjects/EmailMessage/", mail)
    file = File(name="a.png", content_type="image/png", data=b"png")
    said = Message(id="m", role="customer", text="x", at=NOW, files=(file,))
    who = Requester(name="Zoë")
    for write in (
        lambda: desk.create_ticket(
            Draft(key="esc_1", subject="", transcript=(said,), requester=who)
        ),
        lambda: desk.append_message(ID, said),
    ):
        with pytest.raises(Unavailable, match="has landed") as caught:
            write()
        assert caught.value.sent


def test_a_key_that_is_taken_is_the_ticket_whose_answer_was_lost(
    vendor: Script, desk: Salesforce
) -> None:
    vendor.at("POST", CASES, problem("DUPLICATE_VALUE", "duplicate value found: Hub_Key__c"))
    assert desk.create_ticket(DRAFT).id == ID
    vendor.at("GET", QUERY, rows())
    with pytest.raises(InvalidRequest):
        desk.create_ticket(DRAFT)


# --- what is written ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "email", ["zoe at example.com", "zoe@example", "zoe m@example.com", f"{'z' * 80}@example.com"]
)
def test_an_email_that_is_none_is_left_to_the_agents_eyes(sandbox: Desk, email: str) -> None:
    connector = sandbox.connector()
    ticket = connector.create_ticket(draft(requester=Requester(name="Zoë", email=email)))
    shown = sandbox.harness.read(ticket.id)
    assert shown.requester == "Zoë <no email>" and ticket.requester_id is None
    assert shown.entries[0].text.startswith(f"Email as the customer typed it: {email}\n\n")
    assert connector.previous_tickets(Requester(email=email)) == []


def test_a_phone_that_is_more_than_a_number_is_cut(sandbox: Desk) -> None:
    phone = "+49 30 1234567, better in the evening after six"
    wanted = draft()
    who = Requester(name="Zoë", email=wanted.requester.email, phone=phone)
    ticket = sandbox.connector().create_ticket(draft(requester=who))
    soql = "SELECT SuppliedPhone, Contact.Phone FROM Case WHERE Id = {case}"
    (row,) = sandbox.connector().api.query(soql, case=ticket.id)
    assert row["SuppliedPhone"] == row["Contact"]["Phone"] == phone[:40]


@pytest.mark.parametrize(("fields", "told"), [({}, "TRUE"), ({"OwnerId": "00Gxx"}, "FALSE")])
def test_assignment_rules_own_a_case_unless_the_mapping_does(
    vendor: Script, desk: Salesforce, fields: dict[str, str], told: str
) -> None:
    desk.create_ticket(
        Draft(**{n: getattr(DRAFT, n) for n in Draft.__slots__} | {"fields": fields})
    )
    (asked,) = vendor.to("POST", CASES)
    assert asked.headers["sforce-auto-assign"] == told
    assert asked.json["Hub_Key__c"] == "esc_1" and "Zoë" in asked.json["Description"]


def test_a_transcript_that_is_too_long_goes_whole_in_the_same_request(
    vendor: Script, desk: Salesforce
) -> None:
    made = [{"httpStatusCode": 201, "body": {"id": one}} for one in (ID, "068xx")]
    vendor.at("POST", COMPOSITE, {"compositeResponse": made})
    long = Message(id="m", role="customer", text="ü" * 40_000, at=NOW)
    desk.create_ticket(
        Draft(key="esc_1", subject="", transcript=(long,), requester=Requester(name="Zoë"))
    )
    (asked,) = vendor.to("POST", COMPOSITE)
    case, file = asked.json["compositeRequest"]
    assert asked.json["allOrNone"] is True and vendor.to("POST", CASES) == []
    assert len(case["body"]["Description"].encode()) <= 32_000
    assert "transcript.txt" in case["body"]["Description"]
    assert case["httpHeaders"] == {"Sforce-Auto-Assign": "TRUE"}
    assert file["body"]["FirstPublishLocationId"] == "@{case.id}"


def test_a_long_note_becomes_comments_of_at_most_4000_bytes(
    vendor: Script, desk: Salesforce
) -> None:
    made = [{"httpStatusCode": 201, "body": {"id": f"00a{n}"}} for n in range(3)]
    vendor.at("POST", COMPOSITE, {"compositeResponse": made})
    text = "語" * 3000
    assert desk.add_note(ID, Note(id="n1", text=text)) == "00a0"
    (asked,) = vendor.to("POST", COMPOSITE)
    bodies = [part["body"]["CommentBody"] for part in asked.json["compositeRequest"]]
    assert max(len(body.encode()) for body in bodies) <= 4000
    assert all(body.endswith("\n[hub n1]") for body in bodies)
    assert "".join(body.removesuffix("\n[hub n1]") for body in bodies) == text
    assert not any(part["body"]["IsPublished"] for part in asked.json["compositeRequest"])


@pytest.mark.parametrize("ticket_id", ["", "005xx000001Sv1AAAS", "500xx' OR Id != '", "500/../x"])
def test_only_the_id_of_a_case_is_ever_asked_for(
    vendor: Script, desk: Salesforce, ticket_id: str
) -> None:
    with pytest.raises(NotFound):
        desk.read_ticket(ticket_id)
    assert vendor.asked == []


def test_a_case_that_is_not_shared_with_us_is_not_told_as_deleted(
    vendor: Script, desk: Salesforce
) -> None:
    """As deleted, the AI would resume while an agent works on it."""
    nothing = {"httpStatusCode": 200, "body": rows()}
    vendor.at("POST", COMPOSITE, {"compositeResponse": [nothing] * 4})
    with pytest.raises(Conflict, match="shared"):
        desk.read_changes(ID)
    gone = {"httpStatusCode": 200, "body": rows(CASE | {"IsDeleted": True})}
    vendor.at("POST", COMPOSITE, {"compositeResponse": [gone, nothing, nothing, nothing]})
    assert [change.kind for change in desk.read_changes(ID)] == ["deleted"]


# --- words --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("short", "long"),
    [("500xx000000bcXy", "500xx000000bcXyAAI"), ("00Dxx0000001gPF", "00Dxx0000001gPFEAY")],
)
def test_ids_have_a_long_form(short: str, long: str) -> None:
    assert id18(short) == long and id18(long) == long


@pytest.mark.parametrize(
    ("word", "closed", "status"),
    [
        ("In Process", False, Status.OPEN),
        ("Waiting on Customer (EU)", False, Status.PENDING),
        ("On Hold", False, Status.ON_HOLD),
        ("In Progress", False, Status.OPEN),
        ("In Progress", None, Status.UNKNOWN),
        ("Resolved by Bot", True, Status.SOLVED),
        ("Duplicate", True, Status.CLOSED),
        ("Pending Deletion", True, Status.CLOSED),
    ],
)
def test_a_status_is_told_by_its_word_and_whether_it_closes(
    word: str, closed: bool | None, status: Status
) -> None:
    config = Config(my_domain="acme", client_id="key", client_secret="x")
    assert status_of(word, closed, config) is status


# --- whole stories, with the sandbox ------------------------------------------------------------


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Desk]:
    from connectors.salesforce.sandbox import harness

    with running(["salesforce"]) as base_url:
        yield Desk("salesforce", harness(base_url))


def test_an_agent_who_answers_by_email_reaches_the_customer_with_the_file(sandbox: Desk) -> None:
    sandbox.harness.reset()
    sandbox.harness.set(reply_by_email=1)
    connector = sandbox.connector()
    ticket = connector.create_ticket(draft())
    file = {"name": "label.pdf", "content_type": "application/pdf", "data": "JVBERg=="}
    (entry,) = sandbox.harness.act(ticket.id, reply="Your label", files=[file])
    told = of(poll(connector)[0], ticket, "message")
    assert [(c.text, c.author) for c in told if c.message_id == entry] == [
        ("Your label", "Ann Agent")
    ]
    (label,) = [f for c in told for f in c.files]
    assert b"".join(connector.fetch_file(ticket.id, label)) == b"%PDF"
    sandbox.harness.set(reply_by_email=0)


def test_a_file_of_a_draft_reaches_the_customer_when_the_email_is_sent_and_not_before(
    sandbox: Desk,
) -> None:
    connector = sandbox.connector()
    ticket = connector.create_ticket(draft())
    agent = sandbox.connector(sandbox.harness.weak_config).api  # another user than the hub's
    email = {"ParentId": ticket.id, "TextBody": "Your label", "Status": DRAFT_EMAIL}
    (mail,) = agent.create([Record("mail", "EmailMessage", email)])
    label = File(name="label.pdf", content_type="application/pdf", data=b"%PDF")
    (file,) = agent.create([entries.file("file", label, mail)])
    assert of(poll(connector)[0], ticket, "message", "note") == []
    time.sleep(1.1)  # the upload lies before the second in which the email is sent
    agent.update("EmailMessage", mail, {"Status": "3"}, {})
    (row,) = connector.api.query("SELECT SystemModstamp FROM EmailMessage WHERE Id = {id}", id=mail)
    said = of(poll(connector, time_of(row["SystemModstamp"]))[0], ticket, "message")
    assert {c.message_id for c in said} == {mail, file}


def test_a_file_that_is_shared_later_reaches_the_customer(sandbox: Desk) -> None:
    connector = sandbox.connector()
    ticket = connector.create_ticket(draft())
    agent = sandbox.connector(sandbox.harness.weak_config).api  # another user than the hub's
    label = File(name="label.pdf", content_type="application/pdf", data=b"%PDF")
    (file,) = agent.create([entries.file("file", label, ticket.id)])
    soql = "SELECT Id FROM ContentDocumentLink WHERE LinkedEntityId = {case}"
    (link,) = agent.query(soql, case=ticket.id)
    agent.update("ContentDocumentLink", link["Id"], {"Visibility": "InternalUsers"}, {})
    told, cursor = poll(connector)
    agent.update("ContentDocumentLink", link["Id"], {"Visibility": "AllUsers"}, {})
    told += poll(connector, cursor)[0]
    said = [c.kind for c in of(told, ticket) if c.message_id == file]
    assert said == ["note", "message"]


def test_a_case_that_is_reopened_into_an_own_status_is_open_again(sandbox: Desk) -> None:
    connector = sandbox.connector()
    ticket = connector.create_ticket(draft())
    connector.set_status(ticket.id, Status.SOLVED)
    sandbox.harness.act(ticket.id, status="With Legal")
    told = of(poll(connector)[0], ticket, "status")
    assert [(c.word, c.status) for c in told] == [("With Legal", Status.OPEN)]


def test_our_own_note_is_not_told_as_an_agents(sandbox: Desk) -> None:
    connector = sandbox.connector()
    ticket = connector.create_ticket(draft())
    connector.add_note(ticket.id, Note(id="note_1", text="Summary"))
    assert of(poll(connector)[0], ticket, "note") == []


def test_an_internal_comment_that_is_published_later_reaches_the_customer(sandbox: Desk) -> None:
    connector = sandbox.connector()
    ticket = connector.create_ticket(draft())
    (entry,) = sandbox.harness.act(ticket.id, note="We pay you back")
    told, cursor = poll(connector)
    connector.api.update("CaseComment", entry, {"IsPublished": True}, {})
    told += poll(connector, cursor)[0]
    said = [(c.kind, c.text) for c in of(told, ticket) if c.message_id == entry]
    assert said == [("note", "We pay you back"), ("message", "We pay you back")]


def test_the_one_who_made_the_case_is_not_its_assignee(sandbox: Desk) -> None:
    connector = sandbox.connector()
    assert connector.create_ticket(draft()).assignee is None


def test_more_changes_in_a_second_than_a_page_holds_are_all_told_once(
    sandbox: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.harness.reset()
    monkeypatch.setattr(changes, "CASE_PAGE", 2)
    monkeypatch.setattr(changes, "COMMENT_PAGE", 2)
    connector = sandbox.connector()
    made = [connector.create_ticket(draft()) for _ in range(7)]
    written = [sandbox.harness.act(ticket.id, reply="Hello")[0] for ticket in made]
    told, _cursor = poll(connector)
    assert {c.ticket_id for c in told if c.kind == "status"} == {t.id for t in made}
    assert {c.message_id for c in told if c.kind == "message"} == set(written)


def test_after_a_full_page_too_the_last_minute_is_asked_for_again(
    vendor: Script, desk: Salesforce, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "CASE_PAGE", 2)

    def case(at: str) -> dict[str, Any]:
        return CASE | {"IsDeleted": False, "SystemModstamp": f"2026-11-22T{at}.000+0000"}

    full, last = rows(case("09:59:00"), case("09:59:30")), rows(case("09:59:30"))
    vendor.at("GET", f"{DATA}/queryAll/", full, last)
    vendor.at("GET", QUERY, rows())
    first = desk.fetch_changes(NOW - timedelta(minutes=5))
    assert first.more and first.cursor == "2026-11-22T09:59:30+00:00"
    second = desk.fetch_changes(first.cursor)
    assert not second.more and second.cursor == "2026-11-22T09:58:30+00:00"


def test_polls_without_news_reach_no_further_back_than_the_clocks_may_differ(
    vendor: Script, desk: Salesforce
) -> None:
    vendor.at("GET", f"{DATA}/queryAll/", rows())
    vendor.at("GET", QUERY, rows())
    cursor = NOW.isoformat()
    for _ in range(15):
        cursor = desk.fetch_changes(cursor).cursor
    assert cursor == (NOW - changes.CLOCKS).isoformat()


def test_a_certificates_key_opens_the_door(sandbox: Desk) -> None:
    from connectors.salesforce.sandbox import SANDBOX
    from connectors.sandbox import World

    (account,) = [a for a in SANDBOX(World()).accounts() if "private_key" in a["config"]]
    form = account["config"] | {"base_url": sandbox.harness.config["base_url"]}
    assert sandbox.connector(form).verify().missing == ()


def test_the_sandbox_takes_what_is_sent_as_json(sandbox: Desk) -> None:
    """A mapping's fields arrive under Salesforce's own names."""
    connector = sandbox.connector()
    ticket = connector.create_ticket(
        draft(fields={"Subject": "From the mapping", "Priority": "High"})
    )
    assert sandbox.harness.read(ticket.id).subject == "From the mapping"
    assert json.dumps(ticket.word) == '"New"'
