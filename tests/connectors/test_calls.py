"""What is noted of calls to a desk, for people who look into a failure."""

from collections.abc import Iterator

import pytest

from connectors import calls
from connectors.errors import NotFound, Unavailable
from connectors.http import Http
from tests.connectors.scripted import Answer, Script, ports, server


@pytest.fixture(scope="module")
def desk() -> Iterator[Script]:
    with server() as script:
        yield script


def test_a_call_is_noted_with_its_answer_and_without_its_query(desk: Script) -> None:
    desk.at("GET", "/tickets", {"id": 1})
    with calls.recorded():
        Http(ports()).call("GET", f"{desk.url}/tickets?query=ada@example.com")
        (noted,) = calls.taken() or []
    assert (noted["method"], noted["path"], noted["status"]) == ("GET", "/tickets", 200)
    assert noted["ms"] >= 0 and "words" not in noted


def test_a_refusal_is_noted_with_the_desks_words_and_without_a_secret(desk: Script) -> None:
    desk.at("GET", "/tickets", Answer(b"no ticket for s3cret", 404))
    with calls.recorded():
        with pytest.raises(NotFound):
            Http(ports(), secrets=["s3cret"]).call("GET", f"{desk.url}/tickets")
        (noted,) = calls.taken() or []
    assert (noted["status"], noted["words"]) == (404, "no ticket for •••")


def test_no_answer_is_noted_as_none(desk: Script) -> None:
    desk.at("GET", "/tickets", Answer(raw=lambda out: None))
    with calls.recorded():
        with pytest.raises(Unavailable):
            Http(ports()).call("GET", f"{desk.url}/tickets")
        (noted,) = calls.taken() or []
    assert noted["status"] is None and "no usable answer" in noted["words"]


def test_what_was_taken_is_not_told_again_and_the_latest_are_kept(desk: Script) -> None:
    desk.at("GET", "/tickets", {"id": 1})
    with calls.recorded():
        for _ in range(calls.MOST + 5):
            calls.note("GET", "/tickets", 200, 0.1)
        calls.note("GET", "/last", 200, 0.1)
        noted = calls.taken() or []
        assert (len(noted), noted[-1]["path"]) == (calls.MOST, "/last")
        assert calls.taken() is None


def test_nothing_is_noted_for_who_does_not_ask() -> None:
    calls.note("GET", "/tickets", 200, 0.1)
    assert calls.taken() is None


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://desk.example/contacts/ada@example.com?idProperty=email", "/contacts/…"),
        ("https://desk.example/contacts/ada%40example.com", "/contacts/…"),
        ("https://desk.example/phones/%2B4930123456/calls", "/phones/…/calls"),
        ("https://desk.example/tickets/35436", "/tickets/35436"),
        (None, ""),
    ],
)
def test_a_path_names_nobody(url: str | None, path: str) -> None:
    assert calls.path(url) == path
