"""Which addresses we call when a stranger chose the URL.

`ipaddress.is_private` and `is_global` each let internal addresses through, so the rule is written
out: IPv6 only within 2000::/3, IPv4 only outside the special ranges, and nothing that carries an
IPv4 address inside. `webhooks.transport` dials only what `Guard.resolve` returned.

https://www.iana.org/assignments/iana-ipv4-special-registry
https://www.iana.org/assignments/iana-ipv6-special-registry
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Any
from urllib.parse import SplitResult, urlsplit

import requests

from webhooks.errors import Forbidden

MAX_URL = 2048
PORTS = (80, 443)  # and those from 1024: no URL reaches a mail server or a shell
UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
NAME = re.compile(r"(?=.{1,253}$)(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?")
# What the C library reads as an IPv4 address: the last label is a number, hex too.
NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?")
INTERNAL_NAME = re.compile(r"[^.]+\.?|.*\.(?:localhost|local|internal|home\.arpa)\.?")

SPECIAL_V4 = [
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT, and the metadata service of Alibaba
        "127.0.0.0/8",
        "168.63.129.16/32",  # the wire server of Azure
        "169.254.0.0/16",  # link-local, and most metadata services
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
]
# Outside: loopback, mapped, NAT64 (64:ff9b::/96, 64:ff9b:1::/48), local, link-local, multicast.
GLOBAL_V6 = IPv6Network("2000::/3")
SPECIAL_V6 = [
    IPv6Network(block)
    for block in (
        "2001::/23",  # Teredo, benchmarks, ORCHID
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",
        "3fff::/20",
    )
]


@dataclass(frozen=True)
class Guard:
    """The rule, with the networks that this installation excepts from it."""

    allow: Sequence[IPv4Network | IPv6Network] = ()
    resolver: Callable[..., Sequence[tuple[Any, ...]]] = socket.getaddrinfo

    def check_url(self, url: str) -> None:
        """Forbidden, with the reason, if `url` cannot be the address of a subscriber.

        Nothing is resolved here: what a name stands for is checked at every call.
        """
        parts = _split(url)
        if parts.scheme not in ("http", "https"):
            raise Forbidden("the scheme is not http or https")
        if "@" in parts.netloc:
            raise Forbidden("a URL must not carry a user or a password")
        _check_port(url)
        self._check_host(parts.hostname or "")

    def resolve(self, host: str, port: int) -> list[str]:
        """The addresses of `host`, all checked; Forbidden if one of them is not ours to call."""
        found = self.resolver(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not all(map(self.allows, addresses)):
            raise Forbidden("the host has an address that is not public")
        return addresses

    def allows(self, address: str) -> bool:
        """Whether we may call `address`, an IPv4 or IPv6 literal."""
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return False
        if any(ip in network for network in self.allow):
            return True
        if ip.version == 4:
            return not any(ip in network for network in SPECIAL_V4)
        return ip in GLOBAL_V6 and not any(ip in network for network in SPECIAL_V6)

    def _check_host(self, host: str) -> None:
        if ":" in host or NUMBER.fullmatch(host):
            self._check_literal(host)
        elif not NAME.fullmatch(host):
            raise Forbidden("the host is missing or malformed")
        elif not self.allow and INTERNAL_NAME.fullmatch(host):
            raise Forbidden("the host is a name for inside a network")

    def _check_literal(self, host: str) -> None:
        try:
            ipaddress.ip_address(host)
        except ValueError:
            raise Forbidden("an address is written as 192.0.2.1 or [2001:db8::1]") from None
        if not self.allows(host):
            raise Forbidden("the address is not public")


def _split(url: str) -> SplitResult:
    """The parts of `url` as `requests` calls it: in ASCII, with the digits of any script plain."""
    if len(url) > MAX_URL:
        raise Forbidden(f"the URL is longer than {MAX_URL} characters")
    if UNSAFE.search(url):
        raise Forbidden("the URL has a space, a backslash or a control character")
    try:
        prepared = requests.PreparedRequest()
        prepared.prepare_url(url, None)
        return urlsplit(prepared.url or "")
    except (requests.RequestException, ValueError):
        raise Forbidden("this is not a URL") from None


def _check_port(url: str) -> None:
    try:
        port = urlsplit(url).port
    except ValueError:
        raise Forbidden("the port is not a port") from None
    if port is not None and port not in PORTS and port < 1024:
        raise Forbidden("the port is not 80, 443 or above 1023")
