"""What a hub refuses to start with, and what every answer tells a browser."""

import base64
import re
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from werkzeug.datastructures import Headers

from connectors.http import CONNECT_TIMEOUT, READ_TIMEOUT
from hub import settings, taking, tokens, unsafe
from hub.app import create_app
from hub.commands import processes
from hub.house import House
from hub.setting_values import BadSetting
from hub.settings import Settings
from hub.summary.endpoint import Endpoint

GOOD_KEY = SecretStr(base64.b64encode(bytes(range(32))).decode())
GOOD_SECRET = SecretStr("Zb7uJ3wFq0x1nS5kT8rY2mVd4cHg6aLe")


@pytest.fixture
def good() -> Settings:
    return Settings(
        database_url="postgresql://hub@db.internal/hub", data_dir=Path("var"), port=8000,
        public_url="https://hub.example.com", keys=(("k1", GOOD_KEY),), secret_key=GOOD_SECRET,
    )  # fmt: skip


def test_good_settings_are_taken_everywhere(good: Settings) -> None:
    for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "::", "192.0.2.7"):
        unsafe.refuse(good, host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "hub.internal"])
@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"keys": (("k1", SecretStr(base64.b64encode(b"k" * 32).decode())),)}, "HUB_KEYS"),
        ({"keys": (("k1", GOOD_KEY), ("k0", SecretStr("A" * 43 + "=")))}, "'k0'"),
        ({"secret_key": SecretStr("changeme")}, "HUB_SECRET_KEY"),
        ({"secret_key": SecretStr("x" * 64)}, "HUB_SECRET_KEY"),
    ],
)
def test_keys_that_can_be_guessed_are_for_loopback_alone(
    good: Settings, host: str, change: dict[str, object], named: str
) -> None:
    guessable = replace(good, **change, public_url="http://127.0.0.1:8000")
    unsafe.refuse(guessable, "127.0.0.1")
    with pytest.raises(BadSetting, match=named) as refusal:
        unsafe.refuse(guessable, host)
    assert host in str(refusal.value) and "\n" not in str(refusal.value)


@pytest.mark.parametrize("host", ["127.0.0.1", None])
@pytest.mark.parametrize("secret", ["", "changeme"])
def test_a_proxy_before_loopback_opens_it_to_others(
    good: Settings, host: str | None, secret: str
) -> None:
    with pytest.raises(BadSetting, match=r"HUB_SECRET_KEY can be guessed and hub\.example\.com"):
        unsafe.refuse(replace(good, secret_key=SecretStr(secret)), host)


@pytest.mark.parametrize("block", ["0.0.0.0/0", "::/0", "0.0.0.0/1", "2000::/3"])
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_all_the_world_is_no_network_of_ours(good: Settings, block: str, host: str) -> None:
    with pytest.raises(BadSetting, match="HUB_ALLOW_PRIVATE_NETWORKS"):
        unsafe.refuse(replace(good, allow_networks=(ip_network(block),)), host)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_nothing_passes_the_internet_openly(good: Settings, host: str) -> None:
    for url in ("http://hub.example.com", "HTTP://93.184.216.34:8000", "http://hub.example.com:80"):
        with pytest.raises(BadSetting, match=r"HUB_PUBLIC_URL must begin with https://"):
            unsafe.refuse(replace(good, public_url=url), host)
    inside = ("http://127.0.0.1:8000", "http://10.1.2.3", "http://hub:8000", "http://hub.internal")
    for url in inside:
        unsafe.refuse(replace(good, public_url=url), host)
    model = Endpoint(base_url="http://llm.example.com/v1", key=SecretStr("sk"), model="m")
    with pytest.raises(BadSetting, match="HUB_LLM_BASE_URL"):
        unsafe.refuse(replace(good, llm=model), host)


@pytest.mark.parametrize("process", [processes.web, processes.worker, processes.clock])
def test_no_process_starts_where_strangers_could_send_it_anywhere(
    process: Callable[[Namespace], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HUB_ALLOW_PRIVATE_NETWORKS", "0.0.0.0/0")
    with pytest.raises(BadSetting, match="HUB_ALLOW_PRIVATE_NETWORKS"):
        process(Namespace())


def test_a_lease_outlives_what_is_done_under_it() -> None:
    assert tokens.LEASE > 10 + CONNECT_TIMEOUT + 2 * READ_TIMEOUT + tokens.KEEPING
    assert taking.DEAD_AFTER >= 5 * taking.BEAT
    assert timedelta(seconds=13) >= taking.DEAD_AFTER + taking.DEQUEUE_TIMEOUT


def test_every_answer_has_the_headers_that_protect_a_browser(
    app: Flask, client: FlaskClient
) -> None:
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", "0", rule.rule)
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            _protected(client.open(path, method=method).headers, path)
    for path in ("/nothing/here", "/v1/nothing", "/console/static/nothing.js"):
        _protected(client.get(path).headers, path)


def test_answers_of_the_api_are_not_kept(client: FlaskClient) -> None:
    assert client.get("/v1/sources").headers["Cache-Control"] == "no-store"


def test_https_is_asked_for_where_the_hub_is_reached_by_it(house: House) -> None:
    assert (
        "Strict-Transport-Security" not in create_app(house).test_client().get("/healthz").headers
    )
    house.settings = replace(house.settings, public_url="https://hub.example.com")
    told = create_app(house).test_client().get("/healthz").headers["Strict-Transport-Security"]
    assert int(told.split("max-age=")[1].split(";")[0]) >= 31_536_000


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("HTTPS://hub.example.com/", "https://hub.example.com"),
        ("https://example.com:8443/hub/", "https://example.com:8443/hub"),
        ("", "http://127.0.0.1:8000"),
    ],
)
def test_the_public_address_is_kept_as_we_compare_it(tmp_path: Path, given: str, kept: str) -> None:
    environ = {"HUB_DATA_DIR": str(tmp_path), "HUB_PUBLIC_URL": given}
    assert settings.read(environ).public_url == kept


@pytest.mark.parametrize("given", ["hub.example.com", "https://", "https://h:x", "ftp://h", "//h"])
def test_an_address_that_nobody_can_call_is_named(tmp_path: Path, given: str) -> None:
    with pytest.raises(BadSetting, match="HUB_PUBLIC_URL must begin with http"):
        settings.read({"HUB_DATA_DIR": str(tmp_path), "HUB_PUBLIC_URL": given})


def _protected(headers: Headers, path: str) -> None:
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy or "default-src 'self'" in policy, path
    assert "unsafe" not in policy and "*" not in policy, path
    assert "sandbox" in policy or "frame-ancestors 'none'" in policy, path
    assert headers["X-Content-Type-Options"] == "nosniff", path
    assert headers["X-Frame-Options"] == "DENY", path
    assert headers["Referrer-Policy"] in ("no-referrer", "same-origin"), path


@pytest.mark.parametrize(
    ("block", "wider"), [("10.0.0.0/8", "10.0.0.0/7"), ("fd00::/16", "fc00::/15")]
)
def test_a_network_of_ours_is_no_wider_than_ones_own(
    good: Settings, block: str, wider: str
) -> None:
    unsafe.refuse(replace(good, allow_networks=(ip_network(block),)), "127.0.0.1")
    with pytest.raises(BadSetting, match="HUB_ALLOW_PRIVATE_NETWORKS"):
        wide = ip_network(wider, strict=False)
        unsafe.refuse(replace(good, allow_networks=(wide,)), "127.0.0.1")
