"""The way to one HubSpot account: session, errors, the library, and the calls that it lacks."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import requests

from connectors.auth import OAuth
from connectors.base import Ports
from connectors.errors import Conflict, InvalidRequest, NotFound
from connectors.files import safe_name
from connectors.http import Http, understood
from connectors.hubspot.config import CONSENT, FILES, VERSION, Config
from connectors.oauth import Grants
from connectors.refusals import retry_after
from connectors.types import File

if TYPE_CHECKING:
    from connectors.hubspot.library import Library

T = TypeVar("T")
FOLDER = "/escalations"
# Seconds; HubSpot sends no Retry-After. A day ends at midnight in the account's own time zone:
# what is asked before then is refused, and counts.
WAITS = {"SECONDLY": 1, "TEN_SECONDLY_ROLLING": 10, "DAILY": 900}


class Api:
    """One account's session, the library on it, and what the library has no call for."""

    def __init__(self, config: Config, ports: Ports) -> None:
        self.config = config
        self.ports = ports

    @cached_property
    def http(self) -> Http:
        """The session with the app's token, or with that of who allowed the app."""
        config, ports = self.config, self.ports
        secrets = [s.get_secret_value() for s in (config.access_token, config.client_secret) if s]
        http = Http(ports, secrets=secrets, explain=explain, wait=wait)
        if config.access_token:
            http.headers["Authorization"] = f"Bearer {config.access_token.get_secret_value()}"
            return http
        http.auth = OAuth(ports.tokens, Grants(CONSENT, config, ports).refresh, ports.now)
        return http

    @cached_property
    def crm(self) -> "Library":
        """The library; imported here, so that a process which only checks webhooks has none."""
        from connectors.hubspot.library import Library

        return Library(self.http, self.config)

    @cached_property
    def app(self) -> str:
        """Where people work: the region shows in the account's details only."""
        if self.config.base_url:
            return self.config.root
        with understood("GET /account-info"):
            return f"https://{self.account()['uiDomain']}"

    def account(self) -> Any:
        """GET /account-info."""
        return self.http.call("GET", f"{self.config.root}/account-info/{VERSION}/details")

    def make_key_property(self) -> bool:
        """Make our property of tickets; False if it was there already."""
        try:
            self.crm.key_property()
            return False
        except NotFound:
            pass
        with suppress(Conflict):  # somebody else has just made it
            self.crm.make_key_property()
        return True

    def with_key(self, call: Callable[[], T]) -> T:
        """The call's result; refused in an account without our property, once more with it."""
        try:
            return call()
        except InvalidRequest:
            if not self.make_key_property():
                raise
        return call()

    def associated(self, raw: Mapping[str, Any], kind: str) -> list[str]:
        """The ids of all notes, emails or contacts of a ticket that was read with them."""
        found = ((raw.get("associations") or {}).get(kind)) or {}
        ids = {str(row["id"]) for row in found.get("results") or ()}
        while after := ((found.get("paging") or {}).get("next") or {}).get("after"):
            # From memory: no ticket of ours has yet had so many that the answer was cut.
            path = f"/crm/objects/{VERSION}/tickets/{raw['id']}/associations/{kind}"
            asked = {"after": after, "limit": 500}
            found = self.http.call("GET", f"{self.config.root}{path}", params=asked)
            ids |= {str(row.get("id") or row["toObjectId"]) for row in found["results"]}
        return sorted(ids, key=int)

    def upload(self, file: File) -> str:
        """Upload a file that has data, for this account's people only; its id."""
        name = safe_name(file.name)
        form = {
            "options": json.dumps({"access": "PRIVATE"}),
            "folderPath": FOLDER,
            "fileName": name,
        }
        files = {"file": (name, file.data or b"", file.content_type)}
        told = self.http.call("POST", f"{self.config.root}{FILES}", data=form, files=files)
        with understood(f"POST {FILES}"):
            return str(told["id"])


def wait(response: requests.Response) -> float | None:
    """HubSpot names the policy that a 429 offends, and knows no Retry-After."""
    told = retry_after(response)
    return WAITS.get(_policy(response)) if told is None and response.status_code == 429 else told


def number(ticket_id: str) -> str:
    """The id of a ticket, which is a number at HubSpot and goes into an address."""
    if not (ticket_id.isascii() and ticket_id.isdecimal()):
        raise NotFound("this is no ticket's number")
    return ticket_id


def explain(response: requests.Response) -> tuple[str, dict[str, str]]:
    """HubSpot's words with its category, and its complaints by property."""
    told = _object(response)
    words = [str(told[name]) for name in ("category", "message") if told.get(name)]
    fields: dict[str, str] = {}
    for problem in told.get("errors") or ():
        if isinstance(problem, Mapping):
            complaint = str(problem.get("message") or problem.get("code") or "refused")
            words.append(complaint)
            fields |= dict.fromkeys(_properties(problem), complaint)
    return "; ".join(words)[:1000] or response.text[:200], fields


def _properties(problem: Mapping[str, Any]) -> list[str]:
    context = problem.get("context")
    named = context.get("propertyName") if isinstance(context, Mapping) else None
    if isinstance(named, list):
        return [str(name) for name in named]
    return [str(problem["in"])] if problem.get("in") else []


def _policy(response: requests.Response) -> str:
    return str(_object(response).get("policyName"))


def _object(response: requests.Response) -> Mapping[str, Any]:
    try:
        told = response.json()
    except ValueError:
        return {}
    return told if isinstance(told, Mapping) else {}
