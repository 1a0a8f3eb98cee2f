import socket
import ssl
import threading
import time
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from tests.webhooks.conftest import Server
from webhooks.errors import Forbidden
from webhooks.guard import Guard
from webhooks.transport import GuardedSession

LOOPBACK = [ip_network("127.0.0.0/8")]
CUT = 20  # seconds, on a busy machine; who is not cut goes on for 100


class Names:
    """A resolver that gives its answers one after another, the last one for ever."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, **kwargs: Any) -> list[tuple[Any, ...]]:
        self.asked.append(host)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            (
                socket.AF_INET6 if ":" in one else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (one, port),
            )
            for one in answer
        ]


def session(names: Names, **kwargs: Any) -> GuardedSession:
    return GuardedSession(Guard(allow=LOOPBACK, resolver=names), **kwargs)


def test_the_address_that_was_checked_is_the_one_that_is_dialled(subscriber: Server) -> None:
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    http = session(names)
    answer = http.post(f"http://hooks.example.com:{subscriber.server_port}/ok", data=b"hello")
    assert answer.status_code == 200
    assert names.asked == ["hooks.example.com"]
    ((_, headers, body),) = subscriber.seen
    assert headers["Host"] == f"hooks.example.com:{subscriber.server_port}"
    assert body == b"hello"


def test_a_name_that_turns_internal_later_is_refused_then(subscriber: Server) -> None:
    url = f"http://hooks.example.com:{subscriber.server_port}/cut"
    http = session(Names(["127.0.0.1"], ["169.254.169.254"]))
    with pytest.raises(requests.ConnectionError):
        http.post(url, data=b"")
    with pytest.raises(Forbidden):
        http.post(url, data=b"")
    assert len(subscriber.seen) == 1


def test_an_internal_address_is_never_dialled(subscriber: Server) -> None:
    guard = Guard(resolver=Names(["127.0.0.1"]))
    with pytest.raises(Forbidden):
        GuardedSession(guard).post(f"http://hooks.example.com:{subscriber.server_port}/ok")
    with pytest.raises(Forbidden):
        GuardedSession(guard).post(f"{subscriber.url}/ok")
    assert subscriber.connections == 0


def test_every_way_to_ask_goes_through_the_guard(subscriber: Server) -> None:
    http = GuardedSession(Guard(resolver=Names(["10.0.0.1"])))
    for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"):
        with pytest.raises(Forbidden):
            http.request(method, "https://hooks.example.com/")
    with pytest.raises(requests.exceptions.InvalidSchema):
        http.get("file:///etc/passwd")


def test_the_next_address_is_tried_when_the_first_does_not_answer(subscriber: Server) -> None:
    http = session(Names(["127.0.0.9", "127.0.0.1"]))
    url = f"http://hooks.example.com:{subscriber.server_port}/ok"
    assert http.post(url, timeout=5).status_code == 200


def test_a_redirect_is_not_followed_even_when_asked_for(subscriber: Server) -> None:
    answer = session(Names(["127.0.0.1"])).get(f"{subscriber.url}/moved", stream=True)
    assert answer.status_code == 301
    answer.close()
    assert [path for path, *_ in subscriber.seen] == ["/moved"]


def test_the_environment_chooses_no_proxy(
    subscriber: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    http = session(Names(["127.0.0.1"]))
    assert http.post(f"{subscriber.url}/ok").status_code == 200
    http.proxies = {"http": "http://127.0.0.1:9"}
    assert http.post(f"{subscriber.url}/ok").status_code == 200


def test_the_environment_lends_no_password(
    subscriber: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    session(Names(["127.0.0.1"])).post(f"{subscriber.url}/ok")
    assert "Authorization" not in subscriber.seen[0][1]


def test_no_cookie_is_kept(subscriber: Server) -> None:
    http = session(Names(["127.0.0.1"]))
    http.post(f"{subscriber.url}/cookie")
    http.post(f"{subscriber.url}/ok")
    assert "Cookie" not in subscriber.seen[1][1]


def test_a_connection_serves_again(subscriber: Server) -> None:
    names = Names(["127.0.0.1"])
    http = session(names)
    for _ in range(5):
        http.post(f"http://hooks.example.com:{subscriber.server_port}/ok")
    assert subscriber.connections == 1
    assert len(names.asked) == 1


def test_tls_asks_for_the_name_and_verifies_it(tls_subscriber: Server, certificate: Path) -> None:
    http = session(Names(["127.0.0.1"]), tls=ssl.create_default_context(cafile=certificate))
    port = tls_subscriber.server_port
    assert http.post(f"https://hooks.example.com:{port}/ok").status_code == 200
    assert tls_subscriber.names == ["hooks.example.com"]
    with pytest.raises(requests.exceptions.SSLError, match="[Hh]ostname mismatch"):
        http.post(f"https://evil.example.com:{port}/ok")
    with pytest.raises(requests.exceptions.SSLError):
        http.post(f"https://127.0.0.1:{port}/ok")


def test_nobody_can_ask_for_less_than_verified_tls(tls_subscriber: Server) -> None:
    http = session(Names(["127.0.0.1"]))
    http.verify = False
    with pytest.raises(requests.exceptions.SSLError):
        http.post(f"https://hooks.example.com:{tls_subscriber.server_port}/ok", verify=False)
    assert tls_subscriber.seen == []


def test_a_name_that_does_not_resolve_is_a_failed_connection() -> None:
    def nowhere(*args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(requests.ConnectionError):
        GuardedSession(Guard(resolver=nowhere)).post("https://hooks.example.com/")
    with pytest.raises(requests.ConnectionError):
        GuardedSession(Guard(resolver=lambda *a, **k: [])).post("https://hooks.example.com/")


@pytest.mark.parametrize("path", ["trickle_headers", "trickle_body", "trickle_chunk", "hang"])
def test_a_timeout_is_for_the_whole_answer(subscriber: Server, path: str) -> None:
    began = time.monotonic()
    with pytest.raises((requests.Timeout, requests.ConnectionError)):
        session(Names(["127.0.0.1"])).post(f"{subscriber.url}/{path}", timeout=0.4)
    assert 0.3 < time.monotonic() - began < CUT


def test_a_trickle_under_tls_is_cut_too(tls_subscriber: Server, certificate: Path) -> None:
    http = session(Names(["127.0.0.1"]), tls=ssl.create_default_context(cafile=certificate))
    url = f"https://hooks.example.com:{tls_subscriber.server_port}"
    assert http.post(f"{url}/ok", timeout=5).status_code == 200
    for path in ("trickle_headers", "trickle_body"):
        began = time.monotonic()
        with pytest.raises((requests.Timeout, requests.ConnectionError)):
            http.post(f"{url}/{path}", timeout=0.4)
        assert time.monotonic() - began < CUT


def test_a_handshake_that_never_ends_is_cut(unanswered: int) -> None:
    began = time.monotonic()
    with pytest.raises(requests.RequestException):
        session(Names(["127.0.0.1"])).post(f"https://hooks.example.com:{unanswered}/", timeout=0.4)
    assert time.monotonic() - began < CUT


def test_many_threads_share_a_session(subscriber: Server) -> None:
    http = session(Names(["127.0.0.1"]))
    statuses: list[int] = []
    threads = [
        threading.Thread(
            target=lambda: statuses.append(http.post(f"{subscriber.url}/ok").status_code)
        )
        for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 16


def test_of_the_time_for_an_answer_five_seconds_are_for_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def send(_: HTTPAdapter, request: requests.PreparedRequest, **how: object) -> None:
        asked.append(how["timeout"])
        raise requests.ConnectionError

    monkeypatch.setattr(HTTPAdapter, "send", send)
    for seconds in (15.0, 2.0):
        with pytest.raises(requests.ConnectionError):
            GuardedSession(Guard()).get("https://example.com/", timeout=seconds)
    assert [(one.connect_timeout, one.total) for one in asked] == [(5.0, 15.0), (2.0, 2.0)]
