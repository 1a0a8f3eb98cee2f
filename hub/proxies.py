"""Who really asks, when a reverse proxy stands before `web`.

Anybody can send `X-Forwarded-For`; each proxy appends whom it heard from. So the header is read
from its right end, and only as long as the one who wrote the next entry is a proxy of ours
(`HUB_TRUSTED_PROXIES`): the first address that is none is the client's. Nothing further left is
believed, and without a proxy of ours the header is not looked at.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Networks = Sequence[IPv4Network | IPv6Network]


class Behind:
    """A WSGI application whose REMOTE_ADDR is the client's, not the proxy's."""

    def __init__(self, application: "WSGIApplication", trusted: Networks) -> None:
        self.application = application
        self.trusted = trusted

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        peer, told = environ.get("REMOTE_ADDR", ""), environ.get("HTTP_X_FORWARDED_FOR", "")
        environ["REMOTE_ADDR"] = client(peer, told, self.trusted)
        return self.application(environ, start_response)


def client(peer: str, told: str, trusted: Networks) -> str:
    """The address of who asks, given who connected and what X-Forwarded-For says."""
    here = _address(peer)
    if here is None:
        return peer
    for entry in reversed(told.split(",")):
        if not any(here in network for network in trusted):
            break
        before = _address(entry)
        if before is None:
            break
        here = before
    return str(here)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """The address in an entry, with a port or without; an IPv4 in IPv6's clothes is undressed."""
    plain = text.strip()
    if plain.startswith("["):  # [2001:db8::1] or [2001:db8::1]:443
        plain = plain[1:].partition("]")[0]
    elif plain.count(":") == 1:  # 192.0.2.1:443
        plain = plain.partition(":")[0]
    try:
        found = ip_address(plain)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
