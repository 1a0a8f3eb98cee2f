"""What an agent attached, fetched from a desk: as it comes, and our credentials to nobody else."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from connectors import files
from connectors.errors import AuthFailed, ConnectorError, InvalidRequest, NotFound, Unavailable
from connectors.http import MAX_ANSWER, Http
from tests.connectors.scripted import Answer, Script, ports, server


@pytest.fixture
def desk() -> Iterator[Script]:
    with server() as script:
        yield script


class Elsewhere:
    """The way to other hosts, which remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, url: str) -> Iterator[bytes]:
        self.asked.append(url)
        return iter((b"from elsewhere",))


def read(desk: Script, url: str, download: Any = None) -> Iterator[bytes]:
    given = ports(download=download or Elsewhere())
    http = Http(given, secrets=["s3cret"])
    http.headers["Authorization"] = "Bearer s3cret"
    return files.read(http, given, url, own=desk.url)


def test_a_file_of_the_desk_is_read_with_our_credentials(desk: Script) -> None:
    desk.at("GET", "/file", Answer(b"whole"))
    assert b"".join(read(desk, f"{desk.url}/file")) == b"whole"
    assert desk.to("GET", "/file")[0].headers["authorization"] == "Bearer s3cret"


def test_a_file_may_be_larger_than_an_answer(desk: Script) -> None:
    body = b"x" * (MAX_ANSWER + 1)
    desk.at("GET", "/file", Answer(body))
    assert b"".join(read(desk, f"{desk.url}/file")) == body


def test_a_file_comes_before_it_is_whole(desk: Script) -> None:
    go_on: list[bool] = []

    def drip(out: Any) -> None:
        out.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none")
        out.flush()
        while not go_on:
            time.sleep(0.01)
        out.write(b"two")

    desk.at("GET", "/file", Answer(raw=drip))
    chunks = read(desk, f"{desk.url}/file")
    assert next(chunks) == b"one"
    go_on.append(True)
    assert b"".join(chunks) == b"two"


def test_a_redirect_is_followed_without_our_credentials(desk: Script) -> None:
    with server() as store:
        away = f"{store.url}/signed?until=7"
        desk.at("GET", "/file", Answer(b" " * 100, 302, {"Location": away}))
        elsewhere = Elsewhere()
        assert b"".join(read(desk, f"{desk.url}/file", elsewhere)) == b"from elsewhere"
    assert elsewhere.asked == [away] and not store.asked


def test_a_redirect_to_what_is_no_address_is_a_failure(desk: Script) -> None:
    desk.at("GET", "/file", Answer(b"", 302, {"Location": "https://["}))
    with pytest.raises(Unavailable, match="leads nowhere"):
        read(desk, f"{desk.url}/file", Elsewhere())


@pytest.mark.parametrize("near", ["", ".evil.example", "@evil.example"])
def test_an_address_that_is_not_the_desks_gets_no_credentials(desk: Script, near: str) -> None:
    url = f"{desk.url}{near}/file" if near else "https://other.example/file"
    elsewhere = Elsewhere()
    read(desk, url, elsewhere)
    assert elsewhere.asked == [url] and not desk.asked


@pytest.mark.parametrize(
    ("status", "error"),
    [(304, InvalidRequest), (401, AuthFailed), (404, NotFound), (503, Unavailable)],
)
def test_a_refused_file_is_an_error_at_once(
    desk: Script, status: int, error: type[ConnectorError]
) -> None:
    desk.at("GET", "/file", Answer(b"" if status == 304 else b"why not", status))
    with pytest.raises(error, match=f"GET /file -> {status}"):
        read(desk, f"{desk.url}/file")


@pytest.mark.parametrize("status", [300, 404])
def test_a_refusal_without_end_is_not_read_to_its_end(desk: Script, status: int) -> None:
    desk.at("GET", "/file", Answer(b" " * (MAX_ANSWER + 1), status))
    with pytest.raises(Unavailable, match="no usable answer"):
        read(desk, f"{desk.url}/file")


def test_a_file_that_breaks_off_is_no_whole_file(desk: Script) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\nhalf"
    desk.at("GET", "/file", Answer(raw=lambda out: out.write(head)))
    with pytest.raises(Unavailable, match="broke off"):
        b"".join(read(desk, f"{desk.url}/file"))


def test_a_file_larger_than_we_take_is_given_up(
    desk: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LARGEST", 100)
    desk.at("GET", "/file", Answer(b"x" * 101))
    with pytest.raises(Unavailable, match="too large"):
        b"".join(read(desk, f"{desk.url}/file"))
