"""Somebody who connects sandbox desks in the browser, for tests without one."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from hub import auth
from hub.admin import authorizing
from hub.admin.connecting import Connected
from hub.house import House

SESSION = auth.hashed("the session of a test")
ACTOR = "user:admin@example.com"


def form(house: House, desk: str) -> dict[str, Any]:
    """What stands in the form of a sandbox desk's app."""
    told = requests.get(f"{house.settings.sandbox_url}/_desks", timeout=10).json()["data"]
    (found,) = [one for one in told if one["desk"] == desk]
    consent = authorizing.consent_of(desk)
    configs = [account["config"] for account in found["accounts"]]
    config = next(one for one in configs if consent.client[0] in one)
    return {name: config[name] for name in (*consent.fields, "base_url") if name in config}


def decide(house: House, there: str, decision: str = "allow") -> dict[str, str]:
    """Go to the desk's page, answer it, and tell what the browser brings back."""
    assert requests.get(there, timeout=10).status_code == 200
    said = parameters(there) | {"decision": decision}
    said |= {"redirect_uri": authorizing.redirect_uri(house)}
    where = there.partition("?")[0]
    back = requests.post(where, data=said, allow_redirects=False, timeout=10)
    return parameters(back.headers["Location"])


def connect(house: House, workspace: str, desk: str, title: str) -> Connected:
    """A connection that a person allowed."""
    asked = form(house, desk)
    there = authorizing.begin(house, workspace, SESSION, desk, title, asked)
    back = decide(house, there)
    visit = authorizing.come_back(house, workspace, SESSION, back["state"])
    return authorizing.finish(house, visit, back["code"], actor=ACTOR)


def parameters(url: str) -> dict[str, str]:
    """The query of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
