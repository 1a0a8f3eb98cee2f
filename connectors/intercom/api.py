"""The way to one Intercom workspace: session, errors, and what is looked up once."""

import json
import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import requests

from connectors.auth import OAuth
from connectors.base import Ports
from connectors.errors import Conflict, InvalidRequest, NotFound, TooLarge
from connectors.files import chunks
from connectors.http import Http, understood
from connectors.intercom.config import CONSENT, REFERENCE, VERSION, Config
from connectors.oauth import Grants
from connectors.refusals import retry_after


class Api:
    """One workspace's session; ids of states and attributes are asked for once."""

    def __init__(self, config: Config, ports: Ports) -> None:
        self.config = config
        self.ports = ports
        self._admin: str | None = config.admin_id
        self._reference: str | None = None
        self._states: dict[str, str] = {}

    @cached_property
    def http(self) -> Http:
        """The session, with an access token, which does not expire either way."""
        config, ports = self.config, self.ports
        secrets = [s.get_secret_value() for s in (config.access_token, config.client_secret) if s]
        http = Http(
            ports,
            secrets=secrets,
            explain=explain,
            wait=self._wait,
        )
        http.headers["Intercom-Version"] = VERSION
        if config.access_token:
            http.headers["Authorization"] = f"Bearer {config.access_token.get_secret_value()}"
        else:
            http.auth = OAuth(ports.tokens, Grants(CONSENT, config, ports).refresh, ports.now)
        return http

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """A call to a path of the API."""
        return self.http.call(method, f"{self.config.root}{path}", json=body)

    def ticket(self, ticket_id: str) -> Mapping[str, Any]:
        """A ticket with its parts, of which Intercom shows the newest 500."""
        path = f"/tickets/{number(ticket_id)}"
        try:
            found: Mapping[str, Any] = self.call("GET", path)
        except TooLarge:
            found = self.at_length("GET", path)
        return found

    def at_length(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The JSON that holds one ticket with many parts: as long as a file may be."""
        answer = self.http.open(f"{self.config.root}{path}", method=method, json=body)
        with understood(f"{method} {path}"):
            return json.loads(b"".join(chunks(answer)))

    def me(self) -> Mapping[str, Any]:
        """Whose token this is, with its workspace as `app`."""
        found: Mapping[str, Any] = self.call("GET", "/me")
        with understood("GET /me"):
            self._admin = self._admin or str(found["id"])
        return found

    def admin_id(self) -> str:
        """In whose name notes stand."""
        if self._admin is None:
            self.me()
        return str(self._admin)

    def ticket_type(self) -> Mapping[str, Any]:
        """The type of our tickets."""
        found: Mapping[str, Any] = self.call("GET", f"/ticket_types/{self.config.ticket_type_id}")
        return found

    def reference(self) -> str:
        """The number of the attribute that holds our key: searches do not take its name."""
        if self._reference is None:
            self._reference = self._known_reference() or self._new_reference()
        return self._reference

    def _known_reference(self) -> str | None:
        found = self.ticket_type()
        with understood("GET /ticket_types/{id}"):
            listed = found["ticket_type_attributes"]["data"]
            same = [a for a in listed if a["name"] == REFERENCE and not a.get("archived")]
            return str(min(int(a["id"]) for a in same)) if same else None

    def _new_reference(self) -> str:
        try:
            return self._make_reference()
        except (InvalidRequest, Conflict):
            known = self._known_reference()  # another worker may have been faster
            if known is None:
                raise
            return known

    def _make_reference(self) -> str:
        form = {
            "name": REFERENCE,
            "description": "The escalation hub's own key. Please leave it as it is.",
            "data_type": "string",
            "required_to_create": False,
            "visible_to_contacts": False,
        }
        path = f"/ticket_types/{self.config.ticket_type_id}/attributes"
        made = self.call("POST", path, form)
        with understood(f"POST {path}"):
            return str(int(made["id"]))

    def state_id(self, category: str) -> str:
        """The first state of our ticket type in a category: another type's would be refused."""
        if not self._states:
            answer = self.call("GET", "/ticket_states")
            with understood("GET /ticket_states"):
                for state in reversed(answer["data"]):
                    if not state.get("archived") and self._is_for_our_type(state):
                        self._states[state["category"]] = str(state["id"])
        if category not in self._states:
            raise InvalidRequest(f"This workspace has no ticket state of the category {category}")
        return self._states[category]

    def _is_for_our_type(self, state: Mapping[str, Any]) -> bool:
        types = (state.get("ticket_types") or {}).get("data")
        return types is None or self.config.ticket_type_id in {str(one["id"]) for one in types}

    def _wait(self, response: requests.Response) -> float | None:
        """Intercom tells the time at which its window ends, and knows no Retry-After."""
        ends = response.headers.get("X-RateLimit-Reset", "")
        if response.status_code != 429 or "Retry-After" in response.headers or not ends.isdigit():
            return retry_after(response)
        return math.ceil(int(ends[:12]) - self.ports.now().timestamp())


def number(ticket_id: str) -> str:
    """The id of a ticket, which is a number at Intercom and goes into an address."""
    if not (ticket_id.isascii() and ticket_id.isdecimal()):
        raise NotFound("this is no ticket's number")
    return ticket_id


def explain(response: requests.Response) -> tuple[str, dict[str, str]]:
    """Intercom's codes and words, and its complaints by field."""
    try:
        errors = response.json()["errors"]
        found = [(e.get("code"), e.get("message"), e.get("field")) for e in errors]
    except (ValueError, KeyError, TypeError, AttributeError):
        return response.text[:200], {}
    words = "; ".join(": ".join(str(w) for w in (code, told) if w) for code, told, _ in found)
    return words[:1000], {str(name): str(told) for _, told, name in found if name}
