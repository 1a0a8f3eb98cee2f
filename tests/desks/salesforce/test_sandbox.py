"""The Salesforce sandbox against Salesforce's own facts."""

import base64
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import jwt
import pytest
import requests

from connectors.salesforce.sandbox_doors import key_pair
from connectors.salesforce.sandbox_ids import whole
from connectors.sandbox import running
from tests.contract.desk import Inbox, eventually, inbox

HUB = {"client_id": "3MVG9.sandbox.hub", "client_secret": "salesforce-sandbox-secret"}
LIMITED = {
    "client_id": "3MVG9.sandbox.limited",
    "client_secret": "salesforce-sandbox-limited-secret",
}
OFF = {"Sforce-Auto-Assign": "FALSE"}
KEY = "sobjects/Case/Hub_Key__c/esc_1"


class Salesforce:
    """A plain HTTP client of the sandbox."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.root = f"{origin}/salesforce"
        self.http = requests.Session()

    def control(self, path: str, **wish: Any) -> Any:
        told = self.http.post(f"{self.origin}{path}", json={"desk": "salesforce", **wish})
        assert told.ok, told.text
        return told.json()

    def token(self, **form: Any) -> requests.Response:
        asked = {"grant_type": "client_credentials", **HUB} | form
        return self.http.post(f"{self.root}/services/oauth2/token", data=asked)

    def sign_in(self, **form: Any) -> None:
        self.http.headers["Authorization"] = f"Bearer {self.token(**form).json()['access_token']}"

    def call(self, method: str, path: str, **how: Any) -> requests.Response:
        return self.http.request(method, f"{self.root}/services/data/v66.0/{path}", **how)

    def make(self, kind: str = "Case", headers: Any = None, **fields: Any) -> str:
        told = self.call("POST", f"sobjects/{kind}", json=fields, headers=headers or {})
        assert told.status_code == 201, told.text
        assert told.json()["success"] is True
        return str(told.json()["id"])

    def ask(self, query: str, *, deleted: bool = False) -> list[dict[str, Any]]:
        told = self.call("GET", "queryAll" if deleted else "query", params={"q": query})
        assert told.status_code == 200, told.text
        found: list[dict[str, Any]] = told.json()["records"]
        return found

    def refused(self, method: str, path: str, **how: Any) -> tuple[int, str]:
        told = self.call(method, path, **how)
        return told.status_code, told.json()[0]["errorCode"]


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with running(["salesforce"]) as base_url:
        yield base_url


@pytest.fixture
def org(origin: str) -> Salesforce:
    client = Salesforce(origin)
    client.control("/_reset")
    client.control("/_settings", calls_per_day=100_000, session_seconds=7200, query_page=2000)
    client.sign_in()
    return client


# --- the way in ---------------------------------------------------------------------------------


def test_a_token_names_its_instance_and_no_lifetime(org: Salesforce) -> None:
    told = org.token().json()
    assert told["instance_url"] == org.root and told["token_type"] == "Bearer"
    assert "expires_in" not in told and "refresh_token" not in told


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "nobody"}, "invalid_client_id"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant"),
    ],
)
def test_a_wrong_grant_is_a_400_with_a_word(
    org: Salesforce, form: dict[str, str], error: str
) -> None:
    told = org.token(**form)
    assert (told.status_code, told.json()["error"]) == (400, error)


def assertion(**over: Any) -> dict[str, str]:
    claims = {
        "iss": HUB["client_id"],
        "sub": "hub@acme.example",
        "aud": "https://login.salesforce.com",
        "exp": int(time.time()) + 170,
    }
    signed = jwt.encode(claims | over, key_pair()[0], algorithm="RS256")
    return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": signed}


def test_a_signed_assertion_opens_the_door(org: Salesforce) -> None:
    assert org.token(**assertion()).status_code == 200
    for wrong in ({"sub": "eve@acme.example"}, {"iss": "x"}, {"aud": "x"}, {"exp": 1}):
        assert org.token(**assertion(**wrong)).json()["error"] == "invalid_grant"
    assert org.token(**assertion(exp=int(time.time()) + 3600)).status_code == 400


def test_a_refresh_token_is_good_for_one_use(org: Salesforce) -> None:
    redirect = {"redirect_uri": "https://hub.example/oauth/callback"}
    said = redirect | {"client_id": HUB["client_id"], "decision": "allow"}
    url = f"{org.root}/services/oauth2/authorize"
    back = requests.post(url, data=said, allow_redirects=False).headers["Location"]
    code = back.split("code=")[1].split("&")[0]
    told = org.token(grant_type="authorization_code", code=code, **redirect).json()
    first = told["refresh_token"]
    again = {"grant_type": "refresh_token", "refresh_token": first}
    assert org.token(**again).json()["refresh_token"] != first
    assert org.token(**again).json()["error"] == "invalid_grant"


def test_an_idle_session_ends(org: Salesforce) -> None:
    assert org.call("GET", "limits").status_code == 200
    org.control("/_settings", session_seconds=0)
    time.sleep(0.01)
    assert org.refused("GET", "limits") == (401, "INVALID_SESSION_ID")


def test_the_allowance_is_told_and_ends_with_403(org: Salesforce) -> None:
    org.control("/_settings", calls_per_day=2)
    assert org.call("GET", "limits").headers["Sforce-Limit-Info"] == "api-usage=1/2"
    assert org.call("GET", "limits").json()["DailyApiRequests"] == {"Max": 2, "Remaining": 0}
    no = org.call("GET", "limits")
    assert (no.status_code, no.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert "Retry-After" not in no.headers


@pytest.mark.parametrize(("version", "status"), [("30.0", 410), ("41.0", 200), ("69.0", 404)])
def test_only_living_versions_answer(org: Salesforce, version: str, status: int) -> None:
    url = f"{org.root}/services/data/v{version}/limits"
    assert org.http.get(url).status_code == status


def test_a_field_that_one_may_not_see_is_no_field(org: Salesforce) -> None:
    org.sign_in(**LIMITED)
    fields = [f["name"] for f in org.call("GET", "sobjects/Case/describe").json()["fields"]]
    assert "Subject" in fields and "Hub_Key__c" not in fields
    query = {"q": "SELECT Id FROM Case WHERE Hub_Key__c = 'esc_1'"}
    assert org.refused("GET", "query", params=query) == (400, "INVALID_FIELD")
    assert org.refused("PATCH", KEY, json={}) == (404, "NOT_FOUND")


# --- cases --------------------------------------------------------------------------------------


def test_an_upsert_makes_a_case_once(org: Salesforce) -> None:
    made = org.call("PATCH", KEY, json={"Subject": "Hi"})
    assert made.status_code == 201 and made.json()["created"] is True
    again = org.call("PATCH", KEY, json={"Subject": "Ho"})
    assert (again.status_code, again.json()["created"]) == (200, False)
    assert again.json()["id"] == made.json()["id"] and len(made.json()["id"]) == 18
    assert org.call("GET", KEY).json()["Subject"] == "Ho"
    assert org.refused("PATCH", KEY, json={"Hub_Key__c": "esc_1"}) == (400, "INVALID_FIELD")
    new = "sobjects/Case/Hub_Key__c/esc_2?updateOnly=true"
    assert org.refused("PATCH", new, json={}) == (404, "NOT_FOUND")
    twin = {"Hub_Key__c": "ESC_1"}
    assert org.refused("POST", "sobjects/Case", json=twin) == (400, "DUPLICATE_VALUE")


def test_a_new_case_has_the_orgs_defaults(org: Salesforce) -> None:
    case = org.call("GET", f"sobjects/Case/{org.make(Subject='Hi')}").json()
    assert (case["Status"], case["Priority"], case["IsClosed"]) == ("New", "Medium", False)
    assert case["CaseNumber"].isdigit() and case["CreatedDate"].endswith(".000+0000")
    assert case["attributes"]["type"] == "Case" and "Comments" not in case


def test_the_default_owner_takes_every_case_unless_told_not_to(org: Salesforce) -> None:
    mine = org.make(headers=OFF)
    theirs = org.make()
    query = "SELECT Id, Owner.Name FROM Case ORDER BY CaseNumber"
    assert [r["Owner"]["Name"] for r in org.ask(query)] == ["Hub Integration", "Support"]
    org.control("/_act", ticket_id=theirs, assign="Ben Berger")
    path = f"sobjects/Case/{theirs}"
    assert org.call("PATCH", path, json={"Status": "Working"}, headers=OFF).status_code == 204
    assert org.ask(query)[1]["Owner"]["Name"] == "Ben Berger"
    org.call("PATCH", path, json={"Status": "Working"})
    assert org.ask(query)[1]["Owner"]["Name"] == "Support"
    assert org.call("GET", f"sobjects/Case/{mine[:15]}").json()["Id"] == mine


@pytest.mark.parametrize(
    ("kind", "fields", "code"),
    [
        ("Case", {"Nonsense": 1}, "INVALID_FIELD"),
        ("Case", {"CaseNumber": "1"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ("Case", {"Description": "x" * 32_001}, "STRING_TOO_LONG"),
        ("Case", {"Subject": 7}, "JSON_PARSER_ERROR"),
        ("Case", {"SuppliedEmail": "nobody"}, "INVALID_EMAIL_ADDRESS"),
        ("Case", {"ContactId": "0035g00000Nobody"}, "MALFORMED_ID"),
        ("CaseComment", {"CommentBody": "Hi"}, "REQUIRED_FIELD_MISSING"),
        ("Contact", {"Email": "a@b.example"}, "REQUIRED_FIELD_MISSING"),
    ],
)
def test_what_is_wrong_with_a_record_is_told(
    org: Salesforce, kind: str, fields: dict[str, Any], code: str
) -> None:
    assert org.refused("POST", f"sobjects/{kind}", json=fields) == (400, code)


def test_comments_are_counted_in_bytes_and_descriptions_in_characters(org: Salesforce) -> None:
    case = org.make(Description="語" * 32_000)
    comment = {"ParentId": case, "CommentBody": "語" * 1333}
    org.make("CaseComment", **comment)
    longer = comment | {"CommentBody": "語" * 1334}
    assert org.refused("POST", "sobjects/CaseComment", json=longer) == (400, "STRING_TOO_LONG")


def test_a_known_email_is_a_duplicate_unless_it_may_be(org: Salesforce) -> None:
    zoe = {"LastName": "Müller", "FirstName": "Zoë", "Email": "zoe@example.com"}
    org.make("Contact", **zoe)
    assert org.refused("POST", "sobjects/Contact", json=zoe) == (400, "DUPLICATES_DETECTED")
    org.make("Contact", headers={"Sforce-Duplicate-Rule-Header": "allowSave=true"}, **zoe)
    assert [r["Name"] for r in org.ask("SELECT Name FROM Contact")] == ["Zoë Müller"] * 2


def test_comments_at_creation_become_a_private_comment(org: Salesforce) -> None:
    case = org.make(Comments="Be kind")
    query = f"SELECT CommentBody, IsPublished FROM CaseComment WHERE ParentId = '{case}'"
    (found,) = org.ask(query)
    assert (found["CommentBody"], found["IsPublished"]) == ("Be kind", False)


def test_a_deleted_case_lives_on_in_query_all_only(org: Salesforce) -> None:
    one, other = org.make(Subject="one"), org.make(Subject="other")
    comment = org.make("CaseComment", ParentId=one, CommentBody="Hi")
    org.control("/_act", ticket_id=other, delete=True)
    org.control("/_act", ticket_id=one, merge=org.make())
    path = f"sobjects/Case/{one}"
    assert org.refused("PATCH", path, json={}) == (404, "ENTITY_IS_DELETED")
    late = {"ParentId": one, "CommentBody": "Hi"}
    assert org.refused("POST", "sobjects/CaseComment", json=late) == (400, "ENTITY_IS_DELETED")
    query = "SELECT Id, MasterRecordId FROM Case WHERE IsDeleted = true ORDER BY CaseNumber"
    assert org.ask(query) == []
    gone = org.ask(query, deleted=True)
    assert [r["Id"] for r in gone] == [one, other]
    assert gone[0]["MasterRecordId"] and not gone[1]["MasterRecordId"]
    (moved,) = org.ask("SELECT Id, ParentId FROM CaseComment")
    assert (moved["Id"], moved["ParentId"]) == (comment, gone[0]["MasterRecordId"])


def test_updated_cuts_seconds_off_and_says_how_far_it_looked(org: Salesforce) -> None:
    case, now = org.make(), datetime.now(UTC)
    span = {"start": now - timedelta(minutes=5), "end": now + timedelta(minutes=2)}
    asked = {name: f"{at:%Y-%m-%dT%H:%M:%S}+00:00" for name, at in span.items()}
    told = org.call("GET", "sobjects/Case/updated/", params=asked).json()
    assert told["ids"] == [case] and told["latestDateCovered"][17:] == "00.000+0000"
    same = {"start": asked["start"], "end": asked["start"]}
    assert org.refused("GET", "sobjects/Case/updated", params=same)[1] == "INVALID_REPLICATION_DATE"


# --- queries ------------------------------------------------------------------------------------


def test_a_query_pages_by_a_locator(org: Salesforce) -> None:
    made = [org.make(Subject=f"{n}") for n in range(5)]
    org.control("/_settings", query_page=2)
    page = org.call("GET", "query", params={"q": "SELECT Id FROM Case ORDER BY Id"}).json()
    seen, sizes = page["records"], [len(page["records"])]
    while not page["done"]:
        page = org.http.get(org.root + page["nextRecordsUrl"]).json()
        seen += page["records"]
        sizes.append(len(page["records"]))
    assert [r["Id"] for r in seen] == made and sizes == [2, 2, 1] and page["totalSize"] == 5


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("Subject = 'ONE'", ["One"]),
        ("Subject LIKE 'o%e' AND NOT (Subject = 'x')", ["One"]),
        ("Subject IN ('one', 'it''s')", None),
        ("Subject IN ('one', 'it\\'s')", ["It's", "One"]),
        ("Subject NOT IN ('one') AND Subject != null", ["It's"]),
        ("Subject = null OR Subject LIKE '%\\'%'", [None, "It's"]),
        ("CreatedDate > 2020-01-01T00:00:00Z AND (Subject = 'one' OR Subject = 'x')", ["One"]),
        ("CreatedDate > '2020-01-01T00:00:00Z'", None),
        ("Description LIKE '%a%'", None),
        ("Nonsense = 1", None),
        ("IsClosed = false AND Contact.Email = 'zoe@example.com'", ["One"]),
        ("Subject = 'one' extra", None),
    ],
)
def test_conditions_are_soqls(org: Salesforce, where: str, found: list[str | None] | None) -> None:
    zoe = org.make("Contact", LastName="Zoë", Email="zoe@example.com")
    org.make(Subject="One", ContactId=zoe)
    org.make(Subject="It's")
    org.make()
    query = f"SELECT Subject FROM Case WHERE {where} ORDER BY Subject NULLS FIRST"
    told = org.call("GET", "query", params={"q": query})
    if found is None:
        assert told.status_code == 400 and told.json()[0]["errorCode"]
    else:
        assert [row["Subject"] for row in told.json()["records"]] == found


def test_a_query_inside_a_query_and_a_count(org: Salesforce) -> None:
    case = org.make(Subject="Hi")
    org.make("CaseComment", ParentId=case, CommentBody="one", IsPublished=True)
    (row,) = org.ask("SELECT Id, (SELECT CommentBody FROM CaseComments) FROM Case LIMIT 1")
    assert row["CaseComments"]["records"][0]["CommentBody"] == "one"
    told = org.call("GET", "query", params={"q": "SELECT COUNT() FROM CaseComment"}).json()
    assert (told["totalSize"], told["records"]) == (1, [])
    (comment,) = org.ask("SELECT Parent.Hub_Key__c, CreatedBy.Name FROM CaseComment")
    assert comment["CreatedBy"]["Name"] == "Hub Integration"
    assert comment["Parent"]["Hub_Key__c"] is None


# --- files, composite, people -------------------------------------------------------------------


def test_a_file_is_linked_to_its_case_and_comes_back(org: Salesforce) -> None:
    case, data = org.make(), bytes(range(256))
    file = {"Title": "späť", "PathOnClient": "späť.png", "FirstPublishLocationId": case}
    version = org.make("ContentVersion", VersionData=base64.b64encode(data).decode(), **file)
    assert org.call("GET", f"sobjects/ContentVersion/{version}/VersionData").content == data
    part = {"VersionData": ("b.txt", b"hello"), "entity_content": (None, '{"Title": "b"}')}
    assert org.call("POST", "sobjects/ContentVersion", files=part).status_code == 201
    fields = "ContentDocument.LatestPublishedVersionId, ContentDocument.Title"
    query = f"SELECT {fields} FROM ContentDocumentLink"
    (link,) = org.ask(f"{query} WHERE LinkedEntityId = '{case}'")
    assert link["ContentDocument"]["LatestPublishedVersionId"] == version
    assert org.refused("GET", "query", params={"q": query}) == (400, "MALFORMED_QUERY")


def test_a_composite_is_undone_whole(org: Salesforce) -> None:
    def steps(body: str) -> dict[str, Any]:
        root = "/services/data/v66.0/sobjects"
        case = {"method": "POST", "url": f"{root}/Case", "referenceId": "c", "body": {}}
        note = {"ParentId": "@{c.id}", "CommentBody": body}
        comment = {"method": "POST", "url": f"{root}/CaseComment", "referenceId": "n", "body": note}
        return {"allOrNone": True, "compositeRequest": [case, comment]}

    before = len(org.http.get(f"{org.origin}/_ledger").json()["data"])
    bad = org.call("POST", "composite", json=steps("x" * 4001)).json()["compositeResponse"]
    assert [one["httpStatusCode"] for one in bad] == [400, 400]
    codes = [one["body"][0]["errorCode"] for one in bad]
    assert codes == ["PROCESSING_HALTED", "STRING_TOO_LONG"]
    assert org.ask("SELECT Id FROM Case") == []
    good = org.call("POST", "composite", json=steps("x")).json()["compositeResponse"]
    assert [one["httpStatusCode"] for one in good] == [201, 201]
    ledger = org.http.get(f"{org.origin}/_ledger?after={before}").json()["data"]
    assert [e["call"] for e in ledger] == ["create_ticket", "add_note"]


def test_a_composite_ends_with_the_first_request_that_fails(org: Salesforce) -> None:
    root = "/services/data/v66.0/sobjects"
    notes = [{"CommentBody": "x"}, {"ParentId": org.make(), "CommentBody": "x"}]
    steps = [
        {"method": "POST", "url": f"{root}/CaseComment", "referenceId": f"n{n}", "body": body}
        for n, body in enumerate(notes)
    ]
    wish = {"allOrNone": True, "compositeRequest": steps}
    told = org.call("POST", "composite", json=wish).json()["compositeResponse"]
    codes = [one["body"][0]["errorCode"] for one in told]
    assert codes == ["REQUIRED_FIELD_MISSING", "PROCESSING_HALTED"]
    wish["allOrNone"] = False
    told = org.call("POST", "composite", json=wish).json()["compositeResponse"]
    assert [one["httpStatusCode"] for one in told] == [400, 201]


def test_agents_may_answer_by_email(org: Salesforce) -> None:
    case = org.make()
    org.control("/_settings", reply_by_email=1)
    org.control("/_act", ticket_id=case, reply="Hello")
    org.control("/_settings", reply_by_email=0)
    query = f"SELECT TextBody, Incoming FROM EmailMessage WHERE ParentId = '{case}'"
    assert [(r["TextBody"], r["Incoming"]) for r in org.ask(query)] == [("Hello", False)]


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("001D000000IRFma", "001D000000IRFmaIAH"),  # both from Salesforce's own documentation
        ("00Dxx0000001gPF", "00Dxx0000001gPFEAY"),
    ],
)
def test_an_id_of_18_letters_ends_with_its_checksum(short: str, long: str) -> None:
    assert whole(short) == long


# --- outbound messages --------------------------------------------------------------------------


@pytest.fixture
def box() -> Iterator[Inbox]:
    with inbox() as opened:
        yield opened


def test_a_changed_case_is_told_in_soap(org: Salesforce, box: Inbox) -> None:
    org.control("/_hooks", url=box.url, secret="hush")
    made = org.call("PATCH", KEY, json={"Subject": "<&>"}).json()["id"]
    org.control("/_act", ticket_id=made, status="Closed", reply="Done & <dusted>")
    eventually(lambda: len(box.requests) >= 3, "three messages")
    assert all(told.url.endswith("?token=hush") for told in box.requests)
    assert box.requests[0].headers["content-type"] == "text/xml; charset=utf-8"
    first, last, comment = (ElementTree.fromstring(told.body) for told in box.requests[:3])
    case = {e.tag.partition("}")[2]: e.text for e in last.iter()}
    assert (case["Status"], case["Hub_Key__c"], case["IsClosed"]) == ("Closed", "esc_1", "true")
    assert case["OrganizationId"] == "00D5g0000004ABCEA2"
    assert "Done & <dusted>" in [e.text for e in comment.iter()]
    assert "New" in [e.text for e in first.iter()]


def test_a_message_without_an_ack_comes_again(org: Salesforce, box: Inbox) -> None:
    org.control("/_settings", ack_retry=0.1)
    org.control("/_hooks", url=box.url, secret="")
    org.make()
    eventually(lambda: len(box.requests) >= 3, "two repetitions")
    org.control("/_settings", ack_retry=60)
    ids = {told.body.partition(b"<Notification><Id>")[2][:18] for told in box.requests}
    assert len(ids) == 1
