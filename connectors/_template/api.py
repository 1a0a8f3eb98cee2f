"""The way to one New Desk account: session, credentials, errors."""

from functools import cached_property
from typing import Any

import requests

from connectors._template.config import Config
from connectors.base import Ports
from connectors.http import Http


class Api:
    """One account's session and how it is called."""

    def __init__(self, config: Config, ports: Ports) -> None:
        self.config = config
        self.ports = ports

    @cached_property
    def http(self) -> Http:
        """The session with its credentials."""
        token = self.config.token.get_secret_value()
        http = Http(
            self.ports,
            secrets=[token],
            explain=explain,
        )  # `sort` and `wait` are for odd statuses and for waits told elsewhere: see Http
        # WRITE: how the vendor takes credentials. connectors/auth.py has Basic, and OAuth for
        # tokens that die (connectors/help_scout/api.py uses it). Every secret goes to `secrets`.
        http.headers["Authorization"] = f"Bearer {token}"
        return http

    def get(self, path: str, **query: str) -> Any:
        """The JSON of a read."""
        return self.http.call("GET", self.config.root + path, params=query)

    def send(self, method: str, path: str, body: Any) -> Any:
        """The JSON that answers a write; it is never repeated here."""
        return self.http.call(method, self.config.root + path, json=body)


def explain(response: requests.Response) -> tuple[str, dict[str, str]]:
    """The vendor's words and its complaints by field."""
    # WRITE: where the vendor puts its words, and the names of refused fields.
    try:
        error = response.json()["error"]
        fields = {str(name): str(text) for name, text in (error.get("fields") or {}).items()}
        words = "; ".join([str(error["message"]), *(f"{n}: {t}" for n, t in fields.items())])
    except (KeyError, TypeError, ValueError, AttributeError):
        return response.text[:200], {}
    return words[:1000], fields
