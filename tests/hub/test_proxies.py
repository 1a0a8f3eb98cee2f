"""Behind proxies of ours each client has an address of its own, which nobody can choose."""

from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from hub import settings as settings_module
from hub import unsafe
from hub.api import answering
from hub.app import create_app
from hub.house import House
from hub.proxies import client as who
from hub.setting_values import BadSetting
from hub.settings import Settings

OURS = tuple(ip_network(one) for one in ("10.0.0.0/8", "127.0.0.1/32", "fd00:1::/64"))


@pytest.mark.parametrize(
    ("peer", "told", "address"),
    [
        ("198.51.100.7", "", "198.51.100.7"),
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),  # no proxy of ours: not believed
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.2", "203.0.113.9", "127.0.0.2"),
        # What the client wrote stands left of what the proxy appended.
        ("10.0.0.1", "127.0.0.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "10.0.0.9, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.1.1.1, 2.2.2.2, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),  # two proxies of ours
        ("10.0.0.1", "10.0.0.3,10.0.0.2", "10.0.0.3"),  # somebody within
        ("10.0.0.1", " 203.0.113.9 ", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("10.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("10.0.0.1", "[2001:db8::7]", "2001:db8::7"),
        ("fd00:1::5", "2001:DB8:0::7", "2001:db8::7"),
        ("::ffff:10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "1.1.1.1", "203.0.113.9"),
        # Nobody reads on behind what is no address.
        ("10.0.0.1", "203.0.113.9, unknown", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9, ", "10.0.0.1"),
        ("10.0.0.1", ",", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9, <script>", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9, 10.0.0.2, 999.1.1.1", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9, nonsense, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "127.1", "10.0.0.1"),
        ("10.0.0.1", "0177.0.0.1", "10.0.0.1"),
        ("10.0.0.1", "2130706433", "10.0.0.1"),
        ("10.0.0.1", "[::1", "::1"),
        ("10.0.0.1", "for=203.0.113.9", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9\x00", "10.0.0.1"),
        ("10.0.0.1", "٢٠٣.٠.١١٣.٩", "10.0.0.1"),
        ("10.0.0.1", "1.1.1.1," * 2000 + "203.0.113.9", "203.0.113.9"),
        ("", "203.0.113.9", ""),  # a socket without addresses
    ],
)
def test_the_client_is_the_last_address_that_no_proxy_of_ours_has(
    peer: str, told: str, address: str
) -> None:
    assert who(peer, told, OURS) == address
    assert who(peer, told, ()) in (peer, peer.removeprefix("::ffff:"))


@pytest.fixture
def behind(house: House) -> FlaskClient:
    """A client of a hub behind a proxy on loopback."""
    house.settings = replace(house.settings, trusted_proxies=(ip_network("127.0.0.1/32"),))
    return create_app(house).test_client()


def test_one_guesser_behind_a_proxy_slows_down_no_other(
    behind: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "REFUSED_RATE", 1)
    wrong = {"Authorization": "Bearer hub_wrong"}

    def ask(told: str) -> int:
        return behind.get("/v1/keys", headers=wrong | {"X-Forwarded-For": told}).status_code

    known = "198.51.100.7"
    while ask(known) != 429:
        pass
    assert [ask(f"192.0.2.{n}, {known}") for n in range(3)] == [429] * 3  # however he calls himself
    assert ask("198.51.100.8") == 401


@pytest.mark.parametrize("block", ["0.0.0.0/0", "::/0", "8.0.0.0/7"])
def test_all_the_world_is_no_proxy_of_ours(settings: Settings, block: str) -> None:
    wide = replace(settings, trusted_proxies=(ip_network(block),))
    with pytest.raises(BadSetting, match="HUB_TRUSTED_PROXIES"):
        unsafe.refuse(wide, "127.0.0.1")


def test_what_is_no_network_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="HUB_TRUSTED_PROXIES"):
        settings_module.read({"HUB_TRUSTED_PROXIES": "the proxy", "HUB_DATA_DIR": str(tmp_path)})
    read = settings_module.read(
        {"HUB_TRUSTED_PROXIES": "10.0.0.0/8, fd00::/16", "HUB_DATA_DIR": str(tmp_path)}
    )
    assert read.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("fd00::/16"))
