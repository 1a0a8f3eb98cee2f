"""The Zendesk sandbox against Zendesk's own facts: tickets, comments, files, lists."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.desks.zendesk.sandbox_client import PERSON, Zendesk, origin, zendesk

__all__ = ["origin", "zendesk"]


def test_a_created_ticket_is_answered_with_its_audit(zendesk: Zendesk) -> None:
    wish = {"subject": "Hi", "comment": {"body": "Hello"}, "requester": PERSON, "external_id": "k"}
    told = zendesk.call("POST", "/tickets.json", json={"ticket": wish})
    ticket, audit = told.json()["ticket"], told.json()["audit"]
    assert told.status_code == 201 and isinstance(ticket["id"], int)
    assert told.headers["Location"] == ticket["url"] and "/api/v2/tickets/" in ticket["url"]
    assert (ticket["status"], ticket["external_id"]) == ("new", "k")
    assert [e["type"] for e in audit["events"]][0] == "Comment"


def test_the_same_key_creates_once_and_another_body_is_refused(zendesk: Zendesk) -> None:
    headers = {"Idempotency-Key": "one"}
    wish = {"ticket": {"comment": {"body": "Hello"}, "requester": PERSON}}
    first = zendesk.call("POST", "/tickets", json=wish, headers=headers)
    again = zendesk.call("POST", "/tickets", json=wish, headers=headers)
    assert [r.headers["x-idempotency-lookup"] for r in (first, again)] == ["miss", "hit"]
    assert first.json() == again.json()
    wish["ticket"]["comment"] = {"body": "Other"}
    other = zendesk.call("POST", "/tickets", json=wish, headers=headers)
    assert (other.status_code, other.json()["error"]) == (400, "IdempotentRequestError")


def test_an_external_id_is_not_unique_and_listed_at_once(zendesk: Zendesk) -> None:
    ids = [zendesk.create(external_id="same")["id"] for _ in range(2)]
    found = zendesk.call("GET", "/tickets", params={"external_id": "same"}).json()
    assert [t["id"] for t in found["tickets"]] == ids and found["count"] == 2


def test_the_tickets_of_a_requester_are_listed_and_go_along_with_a_new_one(
    zendesk: Zendesk,
) -> None:
    def requested(user_id: int) -> list[int]:
        found = zendesk.call("GET", f"/users/{user_id}/tickets/requested").json()
        return [ticket["id"] for ticket in found["tickets"]]

    first, second = zendesk.create(), zendesk.create()
    zoe = first["requester_id"]
    assert requested(zoe) == [first["id"], second["id"]]
    changed = zendesk.update(first["id"], requester={"name": "Yan", "email": "yan@example.com"})
    yan = changed.json()["ticket"]["requester_id"]
    assert (requested(zoe), requested(yan)) == ([second["id"]], [first["id"]])
    zendesk.call("DELETE", f"/tickets/{second['id']}")
    assert requested(zoe) == []
    assert zendesk.call("GET", "/users/7/tickets/requested").status_code == 404


def test_the_search_index_lags(zendesk: Zendesk) -> None:
    zendesk.create(external_id="late")
    query = {"query": "type:ticket external_id:late"}
    assert zendesk.call("GET", "/search", params=query).json()["count"] == 0
    zendesk.control("/_settings", search_lag=0)
    found = zendesk.call("GET", "/search", params=query).json()
    assert found["results"][0]["result_type"] == "ticket"


def test_search_understands_its_operators(zendesk: Zendesk) -> None:
    zendesk.control("/_settings", search_lag=0)
    solved = zendesk.create(subject="Refund please", tags=["vip"])["id"]
    zendesk.update(solved, status="solved")
    fresh = zendesk.create(subject="Other")["id"]
    for query, ids in {
        "requester:zoe@example.com status<solved": [fresh],
        "tags:vip": [solved],
        "refund": [solved],
        '"other" -status:solved': [fresh],
        f"created>{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}": [],
    }.items():
        found = zendesk.call("GET", "/search", params={"query": query}).json()["results"]
        assert [t["id"] for t in found] == ids, query


@pytest.mark.parametrize(
    ("fields", "field", "error"),
    [
        ({"status": "on fire"}, "status", "InvalidValue"),
        ({"comment": {"body": ""}}, "base", "BlankValue"),
        ({"comment": {"body": "ü" * 40_000}}, "comment", "ValueTooLong"),
        ({"comment": {"body": "x", "uploads": ["no"]}}, "uploads", "InvalidValue"),
        ({"requester": {"email": "suspended@customer.example"}}, "requester", "UserSuspended"),
        ({"requester": {"email": "nameless@x.example"}}, "requester", "ValueTooShort"),
        ({"assignee_email": "zoe@example.com"}, "assignee", "InvalidValue"),
    ],
)
def test_what_is_wrong_is_told_by_field(
    zendesk: Zendesk, fields: dict[str, Any], field: str, error: str
) -> None:
    whole = {"comment": {"body": "Hello"}, "requester": PERSON} | fields
    told = zendesk.call("POST", "/tickets", json={"ticket": whole})
    assert (told.status_code, told.json()["error"]) == (422, "RecordInvalid")
    assert told.json()["details"][field][0]["error"] == error
    assert zendesk.call("GET", "/tickets").json()["count"] == 0


def test_a_private_first_comment_makes_later_ones_private(zendesk: Zendesk) -> None:
    ticket = zendesk.create(comment={"body": "Secret", "public": False})
    assert ticket["is_public"] is False
    audit = zendesk.update(ticket["id"], comment={"body": "Later"}).json()["audit"]
    assert audit["events"][0]["public"] is False


def test_a_comment_may_be_written_in_the_requesters_name(zendesk: Zendesk) -> None:
    ticket = zendesk.create()
    comment = {"body": "Me", "public": True, "author_id": ticket["requester_id"]}
    told = zendesk.update(ticket["id"], comment=comment, metadata={"id": "m1"}).json()
    event = told["audit"]["events"][0]
    listed = zendesk.call("GET", f"/tickets/{ticket['id']}/comments").json()["comments"][-1]
    assert (listed["id"], listed["author_id"]) == (event["id"], ticket["requester_id"])
    assert listed["metadata"]["custom"] == {"id": "m1"}


def test_a_comment_is_told_three_times(zendesk: Zendesk) -> None:
    ticket = zendesk.create(comment={"body": "a & b " + "x" * 60_000})["id"]
    (comment,) = zendesk.call("GET", f"/tickets/{ticket}/comments").json()["comments"]
    assert all(len(comment[name]) > 60_000 for name in ("body", "html_body", "plain_body"))
    assert "a &amp; b" in comment["html_body"]


def test_closed_is_final(zendesk: Zendesk) -> None:
    ticket = zendesk.create()
    assert zendesk.update(ticket["id"], status="closed").json()["ticket"]["status"] == "closed"
    for fields in ({"status": "open"}, {"comment": {"body": "x"}}, {"tags": ["x"]}):
        assert zendesk.update(ticket["id"], **fields).status_code == 422
    no = zendesk.call("PUT", f"/tickets/{ticket['id']}/tags", json={"tags": ["x"]})
    assert no.status_code == 422


def test_a_safe_update_collides(zendesk: Zendesk) -> None:
    ticket = zendesk.create()
    old = "2020-01-01T00:00:00Z"
    no = zendesk.update(ticket["id"], status="open", safe_update=True, updated_stamp=old)
    assert no.status_code == 409
    stamp = ticket["updated_at"]
    yes = zendesk.update(ticket["id"], status="open", safe_update=True, updated_stamp=stamp)
    assert yes.status_code == 200


def test_tags_are_added_by_put_and_replaced_by_post(zendesk: Zendesk) -> None:
    url = f"/tickets/{zendesk.create(tags=['a'])['id']}/tags"
    assert zendesk.call("PUT", url, json={"tags": ["b"]}).json() == {"tags": ["a", "b"]}
    assert zendesk.call("POST", url, json={"tags": ["c"]}).json() == {"tags": ["c"]}


def test_comments_come_in_cursor_pages(zendesk: Zendesk) -> None:
    zendesk.control("/_settings", updates_per_ticket=100)
    ticket = zendesk.create()
    for number in range(5):
        zendesk.update(ticket["id"], comment={"body": str(number)})
    url = f"/tickets/{ticket['id']}/comments"
    params: dict[str, Any] = {"sort": "-created_at", "page[size]": 2, "include": "users"}
    seen: list[str] = []
    while True:
        page = zendesk.call("GET", url, params=params).json()
        seen += [comment["body"] for comment in page["comments"]]
        assert {user["id"] for user in page["users"]} >= {c["author_id"] for c in page["comments"]}
        if not page["meta"]["has_more"]:
            break
        params["page[after]"] = page["meta"]["after_cursor"]
    assert seen == ["4", "3", "2", "1", "0", "Hello"]


def test_an_upload_token_is_good_for_one_comment(zendesk: Zendesk) -> None:
    kind = {"Content-Type": "text/plain"}
    url = "/uploads.json?filename=a%20b.txt"
    upload = zendesk.call("POST", url, data=b"bytes", headers=kind).json()["upload"]
    comment = {"body": "See", "uploads": [upload["token"]]}
    ticket = zendesk.create(comment=comment)
    listed = zendesk.call("GET", f"/tickets/{ticket['id']}/comments").json()["comments"][0]
    (attachment,) = listed["attachments"]
    assert (attachment["file_name"], attachment["size"]) == ("a b.txt", 5)
    assert requests.get(attachment["content_url"], timeout=10).content == b"bytes"
    assert zendesk.update(ticket["id"], comment=comment).status_code == 422


def test_an_upload_over_the_accounts_limit_is_refused(zendesk: Zendesk) -> None:
    limit = zendesk.call("GET", "/account/settings").json()["settings"]["limits"]
    assert limit["attachment_size"] == 52_428_800
    zendesk.control("/_settings", attachment_bytes=10)
    assert zendesk.call("POST", "/uploads?filename=a", data=b"x" * 11).status_code == 422
    zendesk.control("/_settings", attachment_bytes=52_428_800)


def test_a_user_is_created_or_updated_by_mail_or_external_id(zendesk: Zendesk) -> None:
    url = "/users/create_or_update.json"
    person = {"name": "Ada", "email": "ada@example.com", "external_id": "u1"}
    made = zendesk.call("POST", url, json={"user": person})
    again = zendesk.call("POST", url, json={"user": {"external_id": "u1", "name": "Ada L."}})
    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json()["user"]["id"] == again.json()["user"]["id"]
    for params in ({"query": "ada@example.com"}, {"external_id": "u1"}):
        found = zendesk.call("GET", "/users/search", params=params).json()["users"]
        assert [user["name"] for user in found] == ["Ada L."]


def test_the_export_moves_on_and_holds_the_latest_moment_back(zendesk: Zendesk) -> None:
    ids = [zendesk.create()["id"] for _ in range(3)]
    url = "/incremental/tickets/cursor"
    start = {"start_time": int(time.time()) - 120, "per_page": 2}
    assert zendesk.call("GET", url, params=start).json()["tickets"] == []
    zendesk.control("/_settings", incremental_holdback=0)
    first = zendesk.call("GET", url, params=start).json()
    assert [t["id"] for t in first["tickets"]] == ids[:2] and not first["end_of_stream"]
    cursor = {"cursor": first["after_cursor"]}
    second = zendesk.call("GET", url, params=cursor).json()
    assert [t["id"] for t in second["tickets"]] == ids[2:] and second["end_of_stream"]
    zendesk.update(ids[0], status="open")
    zendesk.call("DELETE", f"/tickets/{ids[1]}")
    cursor = {"cursor": second["after_cursor"]}
    third = zendesk.call("GET", url, params=cursor).json()["tickets"]
    assert [(t["id"], t["status"]) for t in third] == [(ids[0], "open"), (ids[1], "deleted")]
    assert "generated_timestamp" in third[0]


def test_the_export_wants_a_start_a_minute_ago(zendesk: Zendesk) -> None:
    params = {"start_time": int(time.time()) - 30}
    assert zendesk.call("GET", "/incremental/tickets/cursor", params=params).status_code == 400


def test_a_merge_closes_the_source_with_a_note(zendesk: Zendesk) -> None:
    one, other = zendesk.create()["id"], zendesk.create()["id"]
    assert zendesk.call("POST", f"/tickets/{other}/merge", json={"ids": [one]}).ok
    ticket = zendesk.call("GET", f"/tickets/{one}").json()["ticket"]
    assert ticket["status"] == "closed" and "closed_by_merge" in ticket["tags"]


def test_a_deleted_ticket_is_gone(zendesk: Zendesk) -> None:
    ticket = zendesk.create(external_id="gone")["id"]
    zendesk.call("DELETE", f"/tickets/{ticket}")
    told = zendesk.call("GET", f"/tickets/{ticket}")
    assert (told.status_code, told.json()["error"]) == (404, "RecordNotFound")
    assert zendesk.call("GET", "/tickets", params={"external_id": "gone"}).json()["tickets"] == []
