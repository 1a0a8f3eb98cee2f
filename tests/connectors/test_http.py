"""What a desk's answers, and its silence, become."""

import gzip
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from connectors import calls
from connectors.errors import (
    AuthFailed,
    Conflict,
    ConnectorError,
    InvalidRequest,
    NotFound,
    RateLimited,
    TooLarge,
    Unavailable,
)
from connectors.http import MAX_ANSWER, Http
from tests.connectors.scripted import Answer, Script, ports, server


@pytest.fixture
def desk() -> Iterator[Script]:
    with server() as script:
        yield script


def call(desk: Script, answer: Any, http: Http | None = None) -> Any:
    desk.at("GET", "/it", answer)
    return (http or Http(ports())).call("GET", f"{desk.url}/it")


def raw(*pieces: bytes, pause: float = 0.0) -> Answer:
    def write(out: Any) -> None:
        for piece in pieces:
            out.write(piece)
            out.flush()
            time.sleep(pause)

    return Answer(raw=write)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (302, InvalidRequest),
        (400, InvalidRequest),
        (401, AuthFailed),
        (403, AuthFailed),
        (404, NotFound),
        (408, Unavailable),
        (409, Conflict),
        (410, NotFound),
        (413, InvalidRequest),
        (422, InvalidRequest),
        (429, RateLimited),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
def test_each_refusal_tells_what_to_do_next(
    desk: Script, status: int, error: type[ConnectorError]
) -> None:
    with pytest.raises(error, match=f"GET /it -> {status}: no luck"):
        call(desk, Answer(b"no luck", status))


def test_an_answer_is_its_json(desk: Script) -> None:
    assert call(desk, {"id": 1}) == {"id": 1}


def test_an_empty_answer_is_none(desk: Script) -> None:
    assert call(desk, Answer(None, 204)) is None


@pytest.mark.parametrize("body", [b"<html>maintenance</html>", b"[" * 200_000, b"\xff\xfe"])
def test_a_200_that_is_not_json_is_an_unavailable_desk(desk: Script, body: bytes) -> None:
    with pytest.raises(Unavailable) as caught:
        call(desk, Answer(body))
    assert caught.value.sent


def test_compressed_and_chunked_answers_are_read(desk: Script) -> None:
    squeezed = gzip.compress(b'{"id": 2}')
    assert call(desk, Answer(squeezed, headers={"Content-Encoding": "gzip"})) == {"id": 2}
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert call(desk, raw(head, b"4\r\n[1, \r\n", b"2\r\n2]\r\n", b"0\r\n\r\n")) == [1, 2]


def test_an_answer_over_the_cap_is_refused(desk: Script) -> None:
    with pytest.raises(TooLarge, match="larger than 5242880 bytes") as caught:
        call(desk, Answer(b" " * (MAX_ANSWER + 1)))
    assert caught.value.sent  # a write may have landed


def test_a_bomb_is_not_unpacked_beyond_the_cap(desk: Script) -> None:
    bomb = gzip.compress(b" " * (MAX_ANSWER * 8))
    with pytest.raises(Unavailable):
        call(desk, Answer(bomb, headers={"Content-Encoding": "gzip"}))


def test_an_answer_that_drips_is_given_up(desk: Script) -> None:
    drip = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\n", *[b" "] * 600, pause=0.05)
    started = time.monotonic()
    with pytest.raises(Unavailable, match="in time") as caught:
        call(desk, drip, Http(ports(timeout=(1.0, 0.2))))
    assert caught.value.sent
    assert time.monotonic() - started < 15


def test_silence_is_given_up(desk: Script) -> None:
    with pytest.raises(Unavailable, match="in time") as caught:
        call(desk, raw(b"", pause=1.0), Http(ports(timeout=(1.0, 0.2))))
    assert caught.value.sent


@pytest.mark.parametrize(
    "pieces", [(), (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b"{"), (b"nonsense\r\n\r\n",)]
)
def test_a_write_may_have_landed_when_the_line_goes_dead(
    desk: Script, pieces: tuple[bytes, ...]
) -> None:
    with pytest.raises(Unavailable) as caught:
        call(desk, raw(*pieces))
    assert caught.value.sent


def test_nothing_landed_where_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unavailable) as caught:
        Http(ports()).call("POST", f"http://127.0.0.1:{port}/it", json={})
    assert not caught.value.sent


def test_redirects_are_not_followed_nor_read(desk: Script) -> None:
    with pytest.raises(InvalidRequest):
        call(desk, Answer(b"", 302, {"Location": f"{desk.url}/elsewhere"}))
    with pytest.raises(Unavailable):
        call(desk, Answer(b" " * (MAX_ANSWER + 1), 302, {"Location": "http://[broken"}))
    assert not desk.to("GET", "/elsewhere")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("40", 40.0), ("0.5", 0.5), ("-3", 0.0), ("inf", None), ("nan", None), ("soon", None),
        ("31536000", 86_400.0), ("1e300", 86_400.0), ("Sun, 22 Nov 99999999999 10:00:00 GMT", None),
        ("Sun, 22 Nov 2126 10:01:30 GMT", 86_400.0),  # a connection is not closed for years
        ("Mon, 1 Jan 2026 00:00:00 +99999999999999", None),
    ],
)  # fmt: skip
def test_the_desk_says_when_to_come_back(desk: Script, header: str, seconds: float | None) -> None:
    with pytest.raises(RateLimited) as caught:
        call(desk, Answer(b"", 429, {"Retry-After": header}))
    assert caught.value.retry_after == seconds


def test_the_words_of_a_refusal_can_be_stored_whatever_they_are(desk: Script) -> None:
    plain = {"Content-Type": "text/plain; charset=utf-8"}
    answer = Answer(b"no \x00luck", 400, plain)
    with pytest.raises(InvalidRequest) as caught, calls.recorded():
        try:
            call(desk, answer)
        finally:
            (noted,) = calls.taken() or ()
    told = json.dumps([str(caught.value), noted])
    assert "no luck" in told and "\\u0000" not in told


def test_fields_that_a_desk_complains_of_can_be_stored() -> None:
    problem = InvalidRequest("bad \ud83d", fields={"na\0me": "half \ud83d"})
    assert (str(problem), problem.fields) == ("bad ?", {"name": "half ?"})


def test_a_date_to_come_back_counts_from_the_desk_s_own_clock(desk: Script) -> None:
    head = b"HTTP/1.1 503 No\r\nDate: Sun, 22 Nov 2026 10:00:00 GMT\r\nContent-Length: 0\r\n"
    with pytest.raises(Unavailable) as caught:
        call(desk, raw(head + b"Retry-After: Sun, 22 Nov 2026 10:01:30 GMT\r\n\r\n"))
    assert caught.value.retry_after == 90.0


class Told:
    """A throttle that keeps what it is told."""

    def __init__(self) -> None:
        self.turns = 0
        self.waits: list[float] = []

    def take(self) -> None:
        self.turns += 1

    def limited(self, seconds: float) -> None:
        self.waits.append(seconds)


def test_a_limited_connection_is_told_to_its_throttle(desk: Script) -> None:
    throttle = Told()
    with pytest.raises(RateLimited):
        call(desk, Answer(b"", 429, {"Retry-After": "40"}), Http(ports(throttle=throttle)))
    assert (throttle.turns, throttle.waits) == (1, [40.0])


def test_a_desk_may_mean_another_error_than_its_status_says(desk: Script) -> None:
    throttle = Told()

    def sort(error: ConnectorError, response: requests.Response) -> ConnectorError:
        assert isinstance(error, AuthFailed)
        return RateLimited(str(error), retry_after=9.0) if "SPENT" in response.text else error

    http = Http(ports(throttle=throttle), sort=sort)
    with pytest.raises(RateLimited, match="-> 403: SPENT"):
        call(desk, Answer(b"SPENT", 403), http)
    with pytest.raises(AuthFailed):
        call(desk, Answer(b"no right", 403), http)
    assert throttle.waits == [9.0]


def test_a_desk_may_say_in_its_own_way_when_to_come_back(desk: Script) -> None:
    http = Http(ports(), wait=lambda response: float(response.json()["in"]))
    for said, seconds in (("7", 7.0), ("-1", 0.0), ("1e9", 86_400.0), ("nan", None)):
        with pytest.raises(RateLimited) as caught:
            call(desk, Answer(json.dumps({"in": said}).encode(), 429), http)
        assert caught.value.retry_after == seconds


def test_a_call_with_a_limit_of_its_own_holds_no_other_up(desk: Script) -> None:
    throttle = Told()
    http = Http(ports(throttle=throttle), own_limit="/it")  # `call` asks for /it
    with pytest.raises(RateLimited):
        call(desk, Answer(b"", 429, {"Retry-After": "40"}), http)
    assert throttle.waits == []


def test_no_secret_shows_in_an_error(desk: Script) -> None:
    http = Http(ports(), secrets=["client-secret"])
    http.headers["Authorization"] = "Bearer access-token"
    body = b"bad client-secret and access-token"
    with pytest.raises(InvalidRequest) as caught:
        call(desk, Answer(body, 400), http)
    assert "secret" not in str(caught.value)
    assert "access-token" not in str(caught.value)


def test_the_query_shows_in_no_error(desk: Script) -> None:
    with pytest.raises(NotFound) as caught:
        Http(ports()).call("GET", f"{desk.url}/search", params={"query": "ann@example.com"})
    assert "ann@example.com" not in str(caught.value)


def test_cookies_are_not_kept(desk: Script) -> None:
    http = Http(ports())
    call(desk, Answer({}, headers={"Set-Cookie": "session=1; Path=/"}), http)
    call(desk, {}, http)
    assert "cookie" not in desk.asked[-1].headers


def test_what_cannot_be_sent_is_an_invalid_request(desk: Script) -> None:
    for url, body in [("no-url", {}), (desk.url, {"amount": float("nan")})]:
        with pytest.raises(InvalidRequest):
            Http(ports()).call("POST", url, json=body)


def test_a_key_with_a_character_that_no_header_can_hold_is_a_wrong_key(desk: Script) -> None:
    http = Http(ports())
    http.headers["Authorization"] = "Bearer sk-abc…"
    with pytest.raises(AuthFailed, match="a character that cannot be sent"):
        http.call("GET", desk.url)
    assert desk.asked == []


def test_a_refused_token_is_renewed_once(desk: Script) -> None:
    class Auth(requests.auth.AuthBase):
        number = 0

        def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
            request.headers["Authorization"] = f"Bearer {self.number}"
            return request

        def renew(self) -> None:
            self.number += 1

    http = Http(ports())
    http.auth = Auth()
    desk.at("GET", "/it", Answer(b"", 401), Answer({"ok": 1}), Answer(b"", 401))
    assert http.call("GET", f"{desk.url}/it") == {"ok": 1}
    with pytest.raises(AuthFailed):
        http.call("GET", f"{desk.url}/it")
    assert [a.headers["authorization"][-1] for a in desk.asked] == ["0", "1", "1", "2"]
