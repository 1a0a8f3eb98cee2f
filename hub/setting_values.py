"""What the text of a setting must be, and the sentence that says so where it is not."""

import base64
import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TypeAlias
from urllib.parse import urlsplit

from pydantic import SecretStr

Networks: TypeAlias = tuple[IPv4Network | IPv6Network, ...]


class BadSetting(Exception):
    """A setting that we cannot start with; the message names it and says what to do."""


def number(env: Mapping[str, str], name: str, default: int, *, least: int = 1) -> int:
    """A whole number from the environment."""
    text = env.get(name, str(default))
    if not text.isdecimal() or int(text) < least:
        raise BadSetting(f"{name} must be a whole number above {least - 1}, not {text!r}.")
    return int(text)


def one_of(env: Mapping[str, str], name: str, *words: str) -> str | None:
    """One of `words`, or None where nothing is set."""
    text = env.get(name) or None
    if text not in (None, *words):
        raise BadSetting(f"{name} must be {' or '.join(words)}, not {text!r}.")
    return text


def database(name: str, url: str) -> str:
    """The URL, once its reader can read it; what is wrong is said without the password in it."""
    from sqlalchemy import make_url  # 20 MB, which `up` does without where the database is its own
    from sqlalchemy.exc import ArgumentError

    if not re.match(r"postgres(ql)?://", url):
        raise BadSetting(f"{name} must begin with postgresql:// (postgresql://user:pw@host/hub).")
    try:
        make_url(url)
    except (ValueError, ArgumentError):
        raise BadSetting(
            f"{name} cannot be read: its port must be a number, and special characters of a"
            " password %-codes (@ is %40)."
        ) from None
    return url


def address(name: str, url: str) -> str:
    """An HTTP address without a slash at its end, its scheme in small letters as we compare it."""
    try:
        parts = urlsplit(url.rstrip("/"))
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number, half an IPv6 address
        usable = False
    if not usable:
        raise BadSetting(f"{name} must begin with http:// or https:// and a host, not {url!r}.")
    return parts.geturl()


def networks(env: Mapping[str, str], name: str) -> Networks:
    """CIDR blocks between commas, none at all being as good."""
    parts = [part.strip() for part in env.get(name, "").split(",")]
    try:
        return tuple(ip_network(part) for part in parts if part)
    except ValueError as problem:
        raise BadSetting(f"{name}: {problem}.") from None


def key(pair: str) -> tuple[str, SecretStr]:
    """One of `HUB_KEYS`: its id, and 32 bytes in base64."""
    name, _, text = pair.strip().partition(":")
    try:
        size = len(base64.b64decode(text, validate=True))
    except ValueError:
        size = 0
    if not name or size != 32:
        raise BadSetting("HUB_KEYS must be id:key,… with keys of 32 bytes in base64.")
    return name, SecretStr(text)
