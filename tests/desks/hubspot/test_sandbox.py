"""The HubSpot sandbox against HubSpot's own facts."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.hubspot.sandbox_account import TOKEN, WEAK_TOKEN
from connectors.hubspot.sandbox_webhooks import CLIENT_SECRET, sign, sign_v1
from connectors.sandbox import running
from tests.contract.desk import eventually, inbox

SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
TICKETS, CONTACTS = "/crm/v3/objects/tickets", "/crm/v3/objects/contacts"


class HubSpot:
    """A plain HTTP client of the sandbox."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.http = requests.Session()
        self.http.headers["Authorization"] = f"Bearer {TOKEN}"

    def control(self, path: str, **wish: Any) -> Any:
        told = self.http.post(f"{self.origin}{path}", json={"desk": "hubspot", **wish}, timeout=10)
        assert told.ok, told.text
        return told.json()

    def call(self, method: str, path: str, **how: Any) -> requests.Response:
        url = f"{self.origin}/hubspot{path}"
        return self.http.request(method, url, timeout=10, allow_redirects=False, **how)

    def ticket(self, *, to: str = "", version: str = "v3", **properties: str) -> requests.Response:
        whole = {"subject": "Hi", "content": "Hello", "hs_pipeline_stage": "1"} | properties
        links = [link(to, 16)] if to else []
        path = f"/crm/objects/{version}/tickets" if version.startswith("2") else TICKETS
        return self.call("POST", path, json={"properties": whole, "associations": links})

    def contact(self, **properties: str) -> requests.Response:
        return self.call("POST", CONTACTS, json={"properties": properties, "associations": []})

    def search(self, kind: str = "tickets", **wish: Any) -> requests.Response:
        return self.call("POST", f"/crm/v3/objects/{kind}/search", json=wish)


def link(to: str, number: int) -> dict[str, Any]:
    one = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": number}
    return {"to": {"id": to}, "types": [one]}


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with running(["hubspot"]) as base_url:
        yield base_url


@pytest.fixture
def hubspot(origin: str) -> HubSpot:
    client = HubSpot(origin)
    client.control("/_reset")
    client.control("/_settings", search_lag=0, searches_per_second=1000, calls_per_10_seconds=190)
    client.control("/_settings", validation_rules=0)
    return client


@pytest.mark.parametrize(
    ("stamp", "signature"),
    [
        ("1693657560000", "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="),
        ("1700000300000", "RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw="),
    ],
)
def test_the_v3_signature_matches_hubspots_vectors(stamp: str, signature: str) -> None:
    url, body = "https://www.example.com/webhook_uri", b"{'example_field':'example_value'}"
    assert sign(SECRET, "post", url, body, stamp) == signature


def test_the_v1_signature_matches_hubspots_vector() -> None:
    body = (
        b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,'
        b'"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,'
        b'"changeSource":"CRM","changeFlag":"NEW","appId":54321}]'
    )
    told = sign_v1(SECRET, body)
    assert told == "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"


def test_some_characters_of_a_signed_uri_are_decoded_and_others_not() -> None:
    one = sign("s", "POST", "https://a.example/x?y=%3a%20%26", b"", "1")
    assert one == sign("s", "POST", "https://a.example/x?y=:%20%26", b"", "1")
    assert one != sign("s", "POST", "https://a.example/x?y=:%20&", b"", "1")


def test_a_strange_token_and_a_missing_scope_are_refused(hubspot: HubSpot) -> None:
    hubspot.http.headers["Authorization"] = "Bearer nobody"
    no = hubspot.call("GET", TICKETS)
    assert (no.status_code, no.json()["category"]) == (401, "INVALID_AUTHENTICATION")
    hubspot.http.headers["Authorization"] = f"Bearer {WEAK_TOKEN}"
    no = hubspot.call("GET", "/crm/v3/owners/")
    assert (no.status_code, no.json()["category"]) == (403, "MISSING_SCOPES")
    assert hubspot.call("GET", TICKETS).status_code == 200


@pytest.mark.parametrize("version", ["v3", "2026-09"])
def test_both_generations_of_paths_lead_to_the_same_ticket(hubspot: HubSpot, version: str) -> None:
    made = hubspot.ticket(version=version)
    assert made.status_code == 201
    number = made.json()["id"]
    for path in (f"{TICKETS}/{number}", f"/crm/objects/2026-09/0-5/{number}"):
        assert hubspot.call("GET", path).json()["properties"]["subject"] == "Hi"


def test_a_ticket_needs_its_subject_and_a_stage_of_its_pipeline(hubspot: HubSpot) -> None:
    for wish in ({"subject": ""}, {"hs_pipeline_stage": ""}, {"hs_pipeline_stage": "90301"}):
        no = hubspot.ticket(**wish)
        assert (no.status_code, no.json()["category"]) == (400, "VALIDATION_ERROR")
    assert hubspot.ticket(hs_pipeline="90211", hs_pipeline_stage="90301").status_code == 201


def test_wrong_values_are_told_by_property(hubspot: HubSpot) -> None:
    no = hubspot.ticket(no_such="x", hs_ticket_priority="NOW", hubspot_owner_id="1").json()
    codes = {e["context"]["propertyName"][0]: e["code"] for e in no["errors"]}
    assert codes == {
        "no_such": "PROPERTY_DOESNT_EXIST",
        "hs_ticket_priority": "INVALID_OPTION",
        "hubspot_owner_id": "INVALID_OWNER_ID",
    }


def test_an_admins_validation_rule_binds_the_dated_version_only(hubspot: HubSpot) -> None:
    hubspot.control("/_settings", validation_rules=1)
    no = hubspot.ticket(version="2026-09")
    assert no.json()["errors"][0]["code"] == "MISSING_REQUIRED_PROPERTY"
    assert hubspot.ticket(version="v3").status_code == 201


def test_a_unique_property_finds_and_protects(hubspot: HubSpot) -> None:
    first = hubspot.ticket(escalation_ref="esc_1").json()["id"]
    no = hubspot.ticket(escalation_ref="esc_1")
    assert no.status_code == 400
    assert no.json()["errors"][0]["code"] == "CONFLICTING_UNIQUE_VALUE"
    found = hubspot.call("GET", f"{TICKETS}/esc_1?idProperty=escalation_ref")
    assert found.json()["id"] == first
    assert hubspot.call("GET", f"{TICKETS}/esc_2?idProperty=escalation_ref").status_code == 404


def test_unique_properties_are_made_once_and_only_ten(hubspot: HubSpot) -> None:
    def make(name: str) -> requests.Response:
        whole = {"name": name, "label": name, "type": "string", "fieldType": "text"}
        whole |= {"groupName": "ticketinformation", "hasUniqueValue": True}  # type: ignore[dict-item]
        return hubspot.call("POST", "/crm/v3/properties/tickets", json=whole)

    assert make("escalation_ref").status_code == 409
    assert [make(f"u{n}").status_code for n in range(10)] == [201] * 9 + [400]


def test_a_known_email_is_a_conflict_that_names_the_contact(hubspot: HubSpot) -> None:
    made = hubspot.contact(email="zoe@example.com", firstname="Zoë")
    no = hubspot.contact(email="ZOE@example.com")
    words = f"Contact already exists. Existing ID: {made.json()['id']}"
    assert (no.status_code, no.json()["message"]) == (409, words)
    found = hubspot.call("GET", f"{CONTACTS}/zoe@example.com?idProperty=email")
    assert found.json()["id"] == made.json()["id"]
    assert hubspot.contact(email="no mail").status_code == 400


def test_an_association_to_nothing_is_refused(hubspot: HubSpot) -> None:
    assert hubspot.ticket(to="999").status_code == 400
    person = hubspot.contact(firstname="Zoë").json()["id"]
    ticket = hubspot.ticket(to=person).json()["id"]
    asked = hubspot.call("GET", f"/crm/v4/objects/tickets/{ticket}/associations/contacts")
    (told,) = asked.json()["results"]
    assert told["toObjectId"] == int(person) and told["associationTypes"][0]["typeId"] == 16


def test_a_note_needs_its_time_and_fits_65536_characters(hubspot: HubSpot) -> None:
    ticket = hubspot.ticket().json()["id"]

    def note(**properties: str) -> int:
        whole = {"properties": properties, "associations": [link(ticket, 228)]}
        return hubspot.call("POST", "/crm/v3/objects/notes", json=whole).status_code

    now = str(int(time.time() * 1000))
    assert note(hs_note_body="Hm") == 400
    assert note(hs_note_body="x" * 65_537, hs_timestamp=now) == 400
    assert note(hs_note_body="x" * 65_536, hs_timestamp=now) == 201


def test_a_search_lags_behind_and_reads_do_not(hubspot: HubSpot) -> None:
    hubspot.control("/_settings", search_lag=0.5)
    number = hubspot.ticket().json()["id"]
    assert hubspot.search().json()["total"] == 0
    assert hubspot.call("GET", f"{TICKETS}/{number}").status_code == 200
    time.sleep(0.6)
    hubspot.call("PATCH", f"{TICKETS}/{number}", json={"properties": {"subject": "New"}})
    (old,) = hubspot.search(properties=["subject"]).json()["results"]
    assert old["properties"]["subject"] == "Hi"


def test_changed_tickets_are_found_by_time_in_order(hubspot: HubSpot) -> None:
    ids = [hubspot.ticket(subject=str(n)).json()["id"] for n in range(3)]
    began = int(datetime.now(UTC).timestamp() * 1000)
    for number in ids[::-1][:2]:
        time.sleep(0.01)  # times are whole milliseconds: two changes could have the same
        hubspot.call("PATCH", f"{TICKETS}/{number}", json={"properties": {"subject": "New"}})
    later = {"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": str(began)}
    sort = {"propertyName": "hs_lastmodifieddate", "direction": "ASCENDING"}
    found = hubspot.search(filterGroups=[{"filters": [later]}], sorts=[sort], limit=1).json()
    assert [r["id"] for r in found["results"]] == [ids[2]] and found["total"] == 2
    assert found["paging"]["next"]["after"] == "1"


@pytest.mark.parametrize(
    "wish",
    [{"limit": 201}, {"after": "9999", "limit": 100}, {"query": "x" * 3000}],
    ids=["page", "beyond 10,000", "long"],
)
def test_a_search_has_its_caps(hubspot: HubSpot, wish: dict[str, Any]) -> None:
    assert hubspot.search(**wish).status_code == 400


def test_limits_are_told_and_kept(hubspot: HubSpot) -> None:
    hubspot.control("/_settings", calls_per_10_seconds=2, searches_per_second=1)
    told = [hubspot.call("GET", TICKETS) for _ in range(3)]
    assert [r.status_code for r in told] == [200, 200, 429]
    assert [r.headers["X-HubSpot-RateLimit-Remaining"] for r in told] == ["1", "0", "0"]
    assert told[2].json()["policyName"] == "TEN_SECONDLY_ROLLING"
    assert "Retry-After" not in told[2].headers
    searches = [hubspot.search() for _ in range(2)]
    assert [r.status_code for r in searches] == [200, 429]
    assert searches[1].json()["policyName"] == "SECONDLY"
    assert "X-HubSpot-RateLimit-Max" not in searches[0].headers


def test_an_archived_ticket_is_only_in_the_archive(hubspot: HubSpot) -> None:
    number = hubspot.ticket().json()["id"]
    assert hubspot.call("DELETE", f"{TICKETS}/{number}").status_code == 204
    assert hubspot.call("GET", f"{TICKETS}/{number}").status_code == 404
    assert hubspot.search().json()["total"] == 0
    (gone,) = hubspot.call("GET", f"{TICKETS}?archived=true").json()["results"]
    assert gone["id"] == number and gone["archived"] and gone["archivedAt"]


def test_a_stage_has_a_history(hubspot: HubSpot) -> None:
    number = hubspot.ticket().json()["id"]
    hubspot.control("/_act", ticket_id=number, status="Closed")
    asked = hubspot.call("GET", f"{TICKETS}/{number}?propertiesWithHistory=hs_pipeline_stage")
    told = asked.json()["propertiesWithHistory"]["hs_pipeline_stage"]
    assert [(h["value"], h["sourceType"]) for h in told] == [("4", "CRM_UI"), ("1", "INTEGRATION")]


def test_an_upload_needs_a_folder_and_says_who_may_see_it(hubspot: HubSpot) -> None:
    files, form = {"file": ("späť.png", b"png", "image/png")}, {"folderPath": "/hub"}
    no = hubspot.call("POST", "/files/v3/files", files=files, data=form)
    assert no.status_code == 400
    form["options"] = json.dumps({"access": "PRIVATE"})
    made = hubspot.call("POST", "/files/v3/files", files=files, data=form)
    assert made.status_code == 201 and made.json()["extension"] == "png"
    assert requests.get(made.json()["url"], timeout=10).status_code == 404
    signed = hubspot.call("GET", f"/files/v3/files/{made.json()['id']}/signed-url").json()
    assert requests.get(signed["url"], timeout=10).content == b"png"


def test_the_newest_files_api_lacks_the_upload(hubspot: HubSpot) -> None:
    assert hubspot.call("POST", "/files/2026-09/files").status_code == 404


def test_an_agents_stage_comes_as_a_signed_array(hubspot: HubSpot) -> None:
    number = hubspot.ticket(escalation_ref="esc_hook").json()["id"]
    with inbox() as box:
        url = f"{box.url}?a=%20b"
        hubspot.control("/_hooks", url=url, secret="whatever")
        hubspot.control("/_act", ticket_id=number, status="Closed")
        eventually(lambda: box.requests, "the webhook")
    (got,) = box.requests
    (event,) = json.loads(got.body)
    assert event["subscriptionType"] == "ticket.propertyChange"
    assert (event["propertyName"], event["propertyValue"]) == ("hs_pipeline_stage", "4")
    assert (event["objectId"], event["portalId"]) == (int(number), 33)
    stamp = got.headers["x-hubspot-request-timestamp"]
    wanted = sign(CLIENT_SECRET, "POST", url, got.body, stamp)
    assert got.headers["x-hubspot-signature-v3"] == wanted


def test_a_webhook_that_nobody_takes_is_sent_ten_times_more(hubspot: HubSpot) -> None:
    hubspot.control("/_hooks", url="http://127.0.0.1:9/closed", secret="whatever")
    hubspot.ticket(escalation_ref="esc_nobody")

    def tried() -> list[int]:
        ledger = f"{hubspot.origin}/_ledger?desk=hubspot&call=webhook_sent"
        sent = requests.get(ledger, timeout=10).json()["data"]
        return [e["attempt"] for e in sent if e["key"] == "esc_nobody" and e["attempt"] == 11]

    assert eventually(tried, "the last attempt") == [11]


def test_every_file_of_the_sandbox_is_short() -> None:
    folder = Path(__file__).parents[3] / "connectors" / "hubspot"
    assert [
        f.name for f in folder.glob("sandbox*.py") if len(f.read_text().split("\n")) > 251
    ] == []
