"""Whatever comes in, the API answers: never a failure of its own, always a problem by RFC 9457."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from hub.api import NOUNS
from hub.problems import CONTENT_TYPE
from tests.hub import company
from tests.hub.api.conftest import Api

BODIES = [
    b"{", b"[]", b"null", b'"text"', b"7", b"\xff\xfe", b'{"name": "\\u0000"}', b"{}}",
    b'{"name": "\\ud800"}', b'{"name": NaN}', b'{"name": "a", "name": "b"}',
    b'{"a":' * 100 + b"1" + b"}" * 100, b'{"n": ' + b"9" * 5000 + b"}", b'{"name": {"a": []}}',
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:20]))
def test_an_unreadable_or_strange_body_is_the_callers_problem(api: Api, chat, body: bytes) -> None:
    for noun in NOUNS:
        for operation in noun.operations:
            if operation.body is not None:
                path = company.path(operation.path).removeprefix("/v1")
                assert api.raw(operation.method, path, body).status_code in (400, 422)


def test_a_body_over_a_megabyte_is_refused(api: Api) -> None:
    body = json.dumps({"name": "x" * 1_100_000}).encode()
    assert api.raw("POST", "/sources", body).status_code == 413


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=-1", "limit=201", "limit=9999999999999999999999", "limit=x", "limit=1e3",
        "limit=", "cursor=%00", "cursor=", "colour=red", "state=half", "cursor=" + "x" * 65,
        "waiting=maybe", "external_id=%00",
    ],
)  # fmt: skip
def test_a_wrong_query_is_named(api: Api, query: str) -> None:
    answer = api.raw("GET", f"/conversations?{query}")
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == query.partition("=")[0]


@pytest.mark.parametrize("cursor", ["x", "-1", "9" * 30, "1.5", "٣"])
def test_a_cursor_of_another_list_is_refused(api: Api, chat, cursor: str) -> None:
    for path in ("/routes", "/conversations/chat-1/messages"):
        answer = api.client.get(
            f"/v1{path}", query_string={"cursor": cursor}, headers=api.headers()
        )
        assert answer.status_code == 422
        assert answer.json["errors"][0]["field"] == "cursor"


@pytest.mark.parametrize("id", ["%00", "a%00b", "%ff", "%ed%a0%80", "..", "%20", "x" * 3000, "''"])
def test_an_id_that_nothing_has_is_a_404(api: Api, id: str) -> None:
    for path in ("/conversations/", "/escalations/", "/sources/", "/events/"):
        assert api.raw("GET", path + id).status_code == 404


def test_an_unknown_path_is_a_problem_too(api: Api) -> None:
    for path in ("", "/", "/nothing", "/sources/a/b/c"):
        answer = api.client.get(f"/v1{path}", headers=api.headers())
        assert (answer.status_code, answer.content_type) == (404, CONTENT_TYPE)


def test_a_wrong_method_names_the_right_ones(api: Api) -> None:
    answer = api.client.put("/v1/sources", json={}, headers=api.headers())
    assert (answer.status_code, answer.content_type) == (405, CONTENT_TYPE)
    assert answer.headers["Allow"] == "GET, POST"
    assert api.client.delete("/v1/audit").status_code == 405


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner,
                                                                max_size=3),
    max_leaves=5,
)  # fmt: skip


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_value_of_any_type_makes_the_api_fail(api: Api, data) -> None:
    bodies = [one for noun in NOUNS for one in noun.operations if one.body is not None]
    operation = data.draw(st.sampled_from(bodies))
    fields = list(operation.body.model_fields)
    body = data.draw(st.dictionaries(st.sampled_from(fields), JSON, max_size=len(fields)))
    path = company.path(operation.path).removeprefix("/v1")
    answer = api.raw(operation.method, path, json.dumps(body).encode())
    assert answer.status_code in (200, 201, 202, 400, 404, 409, 422)


def test_a_database_that_is_away_is_a_503_with_a_time_to_come_back(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = api.headers()

    def away(*_: object) -> None:
        raise OperationalError("select 1", {}, Exception("connection refused"))

    monkeypatch.setattr(api.house.store, "transaction", away)
    answer = api.client.get("/v1/sources", headers=headers)
    assert (answer.status_code, answer.content_type) == (503, CONTENT_TYPE)
    assert int(answer.headers["Retry-After"]) > 0
    assert "refused" not in answer.text


def test_a_fault_of_ours_tells_nothing_of_the_inside(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr("hub.store.listing.page", broken)
    answer = api.client.get("/v1/sources", headers=api.headers())
    assert (answer.status_code, answer.content_type) == (500, CONTENT_TYPE)
    assert "secret inside" not in answer.text
