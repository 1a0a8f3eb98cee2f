"""Files from strangers' addresses: whole, or refused with a word that says why."""

import gzip
import time
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from werkzeug.wrappers import Response

from tests.hub.stories.file_house import PHOTO, FileHouse
from webhooks import download
from webhooks.download import Downloads, Failed
from webhooks.guard import Guard
from webhooks.transport import GuardedSession

LIMIT = 10_000


@pytest.fixture
def place() -> Iterator[FileHouse]:
    opened = FileHouse()
    yield opened
    opened.close()


@pytest.fixture
def downloads() -> Downloads:
    return Downloads(GuardedSession(Guard(allow=(ip_network("127.0.0.0/8"),))))


def why(downloads: Downloads, url: str) -> tuple[str, bool]:
    with pytest.raises(Failed) as caught:
        downloads.fetch(url, LIMIT)
    return caught.value.code, caught.value.again


def test_a_file_comes_with_its_type(place: FileHouse, downloads: Downloads) -> None:
    got = downloads.fetch(place.put("a.png", kind="image/PNG; x=1"), LIMIT)
    assert (got.data, got.content_type) == (PHOTO, "image/png")
    assert b"".join(downloads.stream(f"{place.url}/a.png", LIMIT)) == PHOTO


def test_what_announces_too_much_is_not_read(place: FileHouse, downloads: Downloads) -> None:
    place.files["/big"] = Response(iter((b"x",)), headers={"Content-Length": str(LIMIT + 1)})
    assert why(downloads, f"{place.url}/big") == ("too_large", False)


def test_what_announces_nothing_is_cut_at_the_limit(place: FileHouse, downloads: Downloads) -> None:
    sent: list[int] = []

    def endless() -> Iterator[bytes]:
        while len(sent) < 10_000:
            sent.append(1)
            yield b"x" * 65_536

    place.files["/endless"] = Response(endless())
    assert why(downloads, f"{place.url}/endless") == ("too_large", False)
    assert len(sent) < 1000


def test_what_drips_is_given_up_in_time(
    place: FileHouse, downloads: Downloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "TIMEOUT", 0.5)

    def drip() -> Iterator[bytes]:
        for _ in range(100):
            time.sleep(0.1)
            yield b"x"

    place.files["/drip"] = Response(drip())
    assert why(downloads, f"{place.url}/drip") == ("download_failed", True)


@pytest.mark.parametrize(
    ("status", "again"), [(404, False), (403, False), (410, False), (429, True), (503, True)]
)
def test_a_refusal_says_whether_it_may_end(
    place: FileHouse, downloads: Downloads, status: int, again: bool
) -> None:
    assert why(downloads, place.put("a", status=status)) == ("download_failed", again)


def test_packed_files_are_not_unpacked(place: FileHouse, downloads: Downloads) -> None:
    bomb = gzip.compress(b"\0" * 1_000_000)
    url = place.put("a", bomb, headers={"Content-Encoding": "gzip"})
    assert why(downloads, url) == ("download_failed", False)


def test_a_strangers_words_do_not_get_into_the_reason(
    place: FileHouse, downloads: Downloads
) -> None:
    url = place.put("a", b"hi", headers={"Content-Encoding": "gz!!ip"})
    with pytest.raises(Failed) as failure:
        downloads.fetch(url, LIMIT)
    assert "gz!!ip" not in str(failure.value)


def test_a_circle_of_redirects_ends(place: FileHouse, downloads: Downloads) -> None:
    place.put("a", b"", status=302, headers={"Location": "/a"})
    assert why(downloads, f"{place.url}/a") == ("download_failed", False)
    assert len(place.asked) == 4


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://x.example/a", "http://10.0.0.7/", "http://[::1]:1024/"]
)
def test_a_redirect_is_judged_like_an_address(
    place: FileHouse, downloads: Downloads, target: str
) -> None:
    url = place.put("a", b"", status=307, headers={"Location": target})
    assert why(downloads, url) == ("forbidden_address", False)


@pytest.mark.parametrize("target", ["https://[", "//[", "https://[x]:1/", "", "http://x.example/"])
def test_a_redirect_to_what_is_no_address_is_a_failure(target: str) -> None:
    with pytest.raises(Failed, match="not followed"):
        download._next("https://y.example/a", target)  # no server sends such a header


def test_nobody_there_is_tried_again(downloads: Downloads) -> None:
    assert why(downloads, "http://127.0.0.1:9999/a") == ("download_failed", True)


@pytest.mark.parametrize(
    "url", ["http://user:pass@x.example/a", "http://x.example:22/", "not a url"]
)
def test_an_address_that_is_none_is_refused(downloads: Downloads, url: str) -> None:
    assert why(downloads, url) == ("forbidden_address", False)


def test_only_the_sandboxs_own_origin_may_be_private(place: FileHouse) -> None:
    other: Any = FileHouse()
    try:
        strict = Downloads(GuardedSession(Guard()), sandbox=place.url)
        assert strict.fetch(place.put("a.png"), LIMIT).data == PHOTO
        assert why(strict, other.put("a.png")) == ("forbidden_address", False)
        moved = place.put("b", b"", status=302, headers={"Location": other.put("a.png")})
        assert why(strict, moved) == ("forbidden_address", False)
        assert other.asked == []
    finally:
        other.close()
