"""What the hub refuses to start with: settings that work, and that strangers would make use of."""

import base64
from ipaddress import ip_address
from urllib.parse import urlsplit

from hub.setting_values import BadSetting, Networks
from hub.settings import Settings
from webhooks.errors import Forbidden
from webhooks.guard import Guard

WIDEST = {4: 8, 6: 16}  # bits: 10.0.0.0/8 is one's own, 0.0.0.0/0 everybody's
RANDOM = 12  # different bytes; 32 random ones have fewer once in 10**17 times


def refuse(chosen: Settings, host: str | None = None) -> None:
    """`BadSetting` for what strangers would make use of; `host` is where the process listens."""
    _refuse_wide(
        "HUB_ALLOW_PRIVATE_NETWORKS",
        chosen.allow_networks,
        "any address that somebody enters may be called",
    )
    _refuse_wide(
        "HUB_TRUSTED_PROXIES", chosen.trusted_proxies, "anybody may call himself by any address"
    )
    _refuse_clear("HUB_PUBLIC_URL", chosen.public_url, "passwords and transcripts")
    if chosen.llm is not None:
        _refuse_clear("HUB_LLM_BASE_URL", chosen.llm.base_url, "transcripts")
    _refuse_guessable(chosen, host)


def _refuse_guessable(chosen: Settings, host: str | None) -> None:
    """Behind a proxy the process listens on loopback, and the world comes by the public address."""
    places = (host, urlsplit(chosen.public_url).hostname)
    there = next((place for place in places if place and not _is_loopback(place)), None)
    if there is None:
        return
    for name, key in chosen.keys:
        if len(set(base64.b64decode(key.get_secret_value()))) < RANDOM:
            raise BadSetting(
                f"The key {name!r} of HUB_KEYS is not random and {there} is open to others: make"
                " one by `openssl rand -base64 32`, put it in front and run `python -m hub keys"
                " rotate`."
            )
    if len(set(chosen.secret_key.get_secret_value())) < RANDOM:
        raise BadSetting(
            f"HUB_SECRET_KEY can be guessed and {there} is open to others: set it to what"
            " `openssl rand -base64 32` prints."
        )


def _refuse_wide(name: str, networks: Networks, or_else: str) -> None:
    for one in networks:
        if one.prefixlen < WIDEST[one.version]:
            raise BadSetting(f"{name} may not hold {one}: name your own networks, or {or_else}.")


def _refuse_clear(name: str, url: str, what: str) -> None:
    """Plain HTTP is for addresses that lie inside."""
    try:
        Guard().check_url(url)
    except Forbidden:
        return
    if not url.casefold().startswith("https://"):
        raise BadSetting(f"{name} must begin with https://: {what} would pass the internet openly.")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
