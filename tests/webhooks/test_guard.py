import socket
from ipaddress import ip_network
from typing import Any

import pytest

from webhooks.errors import Forbidden
from webhooks.guard import Guard

FORBIDDEN_ADDRESSES = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "192.175.48.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:1ff:ffff::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
    "2620:4f:8000::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]

FORBIDDEN_URLS = [
    "http://127.0.0.1/",
    "http://127.0.0.1:8080/",
    "http://127.1/",
    "http://127.0.1/",
    "http://2130706433/",
    "http://017700000001/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0x7F.1/",
    "http://0177.0.0.1/",
    "http://0177.0.0.01/",
    "http://127.0.0.1./",
    "http://0/",
    "http://0x/",
    "http://8.8.2056/",
    "http://0x08080808/",
    "http://1.2.3.4.5/",
    "http://256.256.256.256/",
    "http://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/",
    "http://127\u30020\u30020\u30021/",
    "http://\uff11\uff12\uff17.0.0.1/",
    "http://%31%32%37.0.0.1/",
    "http://127.0.0.1%2f@example.com/",
    "http://[::1]/",
    "http://[::]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[2002:a9fe:a9fe::]/",
    "http://[fe80::1%25eth0]/",
    "http://[fe80::1%eth0]/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://[v1.fe80]/",
    "http://[::1",
    "http://169.254.169.254/latest/meta-data/",
    "http://localhost/",
    "http://LOCALHOST:8000/",
    "http://localhost./",
    "http://app.localhost/",
    "http://metadata.google.internal/",
    "http://printer.local/",
    "http://router.home.arpa/",
    "http://postgres:5432/",
    "http://user@example.com/",
    "http://user:password@example.com/",
    "http://:@example.com/",
    "http://example.com@127.0.0.1/",
    "http://example.com#@127.0.0.1:x/\\",
    "http://example.com\\@127.0.0.1/",
    "http://example.com /",
    "http://exam\tple.com/",
    "http://example.com/\r\nHost: internal",
    "http://example.com/\x00",
    "http://example.com:0/",
    "http://example.com:22/",
    "http://example.com:25/",
    "http://example.com:99999/",
    "http://example.com:-1/",
    "http://example.com:http/",
    "http://",
    "http:///",
    "http:///127.0.0.1/",
    "http:127.0.0.1/",
    "//example.com/",
    "example.com",
    "",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "javascript:alert(1)",
    "unix:///var/run/docker.sock",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
    "http://a..b/",
    "http://.example.com/",
    "http://" + "a" * 64 + ".com/",
    "http://" + "a." * 130 + "com/",
    "https://example.com/" + "a" * 2048,
    "http://*.example.com/",
    "http://exa<mple.com/",
]

FINE_URLS = [
    "https://example.com",
    "https://example.com/hooks/1?token=a%20b",
    "http://example.com/",
    "HTTPS://Example.COM/",
    "https://example.com:443/",
    "https://example.com:8443/",
    "https://example.com./",
    "https://b\u00fccher.example/",
    "https://xn--bcher-kva.example/",
    "https://my_hooks.example.com/",
    "https://93.184.216.34/",
    "https://[2606:4700::1111]:8443/",
    "https://1password.com/",
    "https://0x.org/",
    "https://127.0.0.1.example.com/",
]


def test_there_are_at_least_sixty_forbidden_addresses() -> None:
    assert len(set(FORBIDDEN_ADDRESSES)) >= 60
    assert len(set(FORBIDDEN_URLS)) >= 60


@pytest.mark.parametrize("address", FORBIDDEN_ADDRESSES)
def test_an_internal_address_is_never_called(address: str) -> None:
    assert not Guard().allows(address)
    with pytest.raises(Forbidden):
        Guard(resolver=answering(address)).resolve("hooks.example.com", 443)


@pytest.mark.parametrize("address", FORBIDDEN_ADDRESSES)
def test_one_internal_address_among_public_ones_is_enough_to_refuse(address: str) -> None:
    for mixed in ((address, "8.8.8.8"), ("8.8.8.8", "2606:4700::1111", address)):
        with pytest.raises(Forbidden):
            Guard(resolver=answering(*mixed)).resolve("hooks.example.com", 443)


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.1",
        "93.184.216.34",
        "100.63.255.255",
        "100.128.0.1",
        "126.255.255.255",
        "128.0.0.1",
        "168.63.129.15",
        "172.15.255.255",
        "172.32.0.1",
        "192.0.1.1",
        "192.167.255.255",
        "198.17.255.255",
        "198.20.0.1",
        "223.255.255.255",
        "2001:200::1",
        "2001:4860:4860::8888",
        "2606:4700::1111",
        "2a00:1450::1",
        "2003::1",
    ],
)
def test_a_public_address_is_called(address: str) -> None:
    assert Guard(resolver=answering(address)).resolve("hooks.example.com", 443) == [address]


@pytest.mark.parametrize("url", FORBIDDEN_URLS)
def test_a_url_that_is_not_a_public_web_address_is_refused(url: str) -> None:
    with pytest.raises(Forbidden) as refusal:
        Guard().check_url(url)
    assert refusal.value.reason


@pytest.mark.parametrize("url", FINE_URLS)
def test_a_public_web_address_is_taken(url: str) -> None:
    Guard().check_url(url)


def test_checking_a_url_resolves_nothing() -> None:
    def resolver(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("resolved")

    Guard(resolver=resolver).check_url("https://example.com/")


def test_an_allowed_network_is_excepted_and_no_other() -> None:
    guard = Guard(allow=[ip_network("127.0.0.0/8"), ip_network("fd00::/8")])
    guard.check_url("http://127.0.0.1:8000/")
    guard.check_url("http://[fd00::1]:8000/")
    guard.check_url("http://n8n:5678/")
    for url in ("http://10.0.0.1/", "http://[::1]/", "http://2130706433/"):
        with pytest.raises(Forbidden):
            guard.check_url(url)
    assert guard.allows("127.9.9.9")
    assert not guard.allows("::ffff:127.0.0.1")


def test_what_is_not_an_address_is_not_allowed() -> None:
    assert not Guard().allows("example.com")


def test_the_real_resolver_finds_loopback_under_each_of_its_spellings() -> None:
    for host in ("localhost", "127.1", "2130706433", "0x7f.1", "0177.0.0.1"):
        with pytest.raises(Forbidden):
            Guard().resolve(host, 80)


def answering(*addresses: str) -> Any:
    """A resolver with these answers, in the shape of `socket.getaddrinfo`."""

    def resolver(host: str, port: int, **kwargs: Any) -> list[tuple[Any, ...]]:
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
            if ":" in address
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in addresses
        ]

    return resolver


@pytest.mark.parametrize("port", [1, 22, 79, 81, 442, 444, 1000, 1023])
def test_no_port_of_the_systems_is_called_but_the_webs(port: int) -> None:
    with pytest.raises(Forbidden):
        Guard().check_url(f"https://example.com:{port}/")
    Guard().check_url("https://example.com:1024/")
