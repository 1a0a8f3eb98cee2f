"""The way to one Zoho Desk organization: session, tokens, errors, files."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import requests

from connectors.auth import OAuth, Token
from connectors.base import Ports
from connectors.errors import Unsupported
from connectors.files import safe_name
from connectors.http import Http, understood
from connectors.oauth import Grants
from connectors.refusals import retry_after
from connectors.types import File
from connectors.zoho_desk.config import CONSENT, FILE_LIMIT, Config

BUSY = 2.0  # seconds; other programs of the account share its 5 to 25 calls at once
REMEMBERED = 1000  # threads whose text we know without asking


class Api:
    """One organization's session."""

    def __init__(self, config: Config, ports: Ports) -> None:
        self.config = config
        self.ports = ports
        self.threads: dict[str, Mapping[str, Any]] = {}

    @cached_property
    def http(self) -> Http:
        """The session, with tokens that all workers share: Zoho mints few of them."""
        secrets = (self.config.client_secret, self.config.refresh_token)
        http = Http(
            self.ports,
            secrets=[secret.get_secret_value() for secret in secrets if secret],
            explain=explain,
            wait=wait,
        )
        http.headers["orgId"] = self.config.org_id
        ports = self.ports
        http.auth = OAuth(ports.tokens, self._grant, ports.now, scheme="Zoho-oauthtoken")
        return http

    def call(self, method: str, path: str, **kwargs: Any) -> Any:
        """A call to a path below /api/v1; None for 204, which stands for an empty list."""
        return self.http.call(method, f"{self.config.root}/api/v1{path}", **kwargs)

    def rows(self, path: str, **query: Any) -> list[Mapping[str, Any]]:
        """The `data` of a list."""
        answer = self.call("GET", path, params=query)
        with understood(f"GET {path}"):
            return [] if answer is None else list(answer["data"])

    def thread(self, ticket_id: str, thread_id: str) -> Mapping[str, Any]:
        """A thread with its content, which lists do not have; it never changes once sent."""
        if thread_id not in self.threads:
            if len(self.threads) >= REMEMBERED:
                self.threads.clear()
            answer = self.call("GET", f"/tickets/{ticket_id}/threads/{thread_id}")
            with understood("GET /tickets/{id}/threads/{id}"):
                self.threads[thread_id] = {**answer, "content": answer["content"]}
        return self.threads[thread_id]

    def upload(self, file: File) -> str:
        """Send a file that has data, for one use; its id."""
        if len(file.data or b"") > FILE_LIMIT:
            raise Unsupported(f"Zoho Desk takes files up to {FILE_LIMIT} bytes")
        files = {"file": (safe_name(file.name), file.data, file.content_type)}
        answer = self.call("POST", "/uploads", files=files)
        with understood("POST /uploads"):
            return str(answer["id"])

    def _grant(self, current: Token | None) -> Token:
        """An access token for the refresh token, which stays the same."""
        grants, refresh = Grants(CONSENT, self.config, self.ports), self.config.refresh_token
        if refresh is None:
            return grants.refresh(current)
        return grants.ask("refresh_token", refresh_token=refresh.get_secret_value())


def wait(response: requests.Response) -> float | None:
    """Only spent credits have a Retry-After; of too many calls at once the next may go soon."""
    told = retry_after(response)
    busy = response.status_code == 429 and "TOO_MANY_REQUESTS" in response.text
    return BUSY if busy and told is None else told


def explain(response: requests.Response) -> tuple[str, dict[str, str]]:
    """Zoho's code and words, and its complaints by field."""
    try:
        answer = response.json()
    except ValueError:
        return response.text[:200], {}
    if not isinstance(answer, Mapping):
        return response.text[:200], {}
    names = ("errorCode", "error", "message", "error_description")
    words = [answer[name] for name in names if isinstance(answer.get(name), str)]
    listed = answer.get("errors")
    fields = _complaints(listed if isinstance(listed, list) else [])
    told = [f"{name}: {complaint}" for name, complaint in fields.items()]
    return "; ".join([*words, *told])[:1000] or response.text[:200], fields


def _complaints(listed: list[Any]) -> dict[str, str]:
    found = {}
    for one in listed:
        if isinstance(one, Mapping) and isinstance(one.get("fieldName"), str):
            told = one.get("errorMessage") or one.get("errorType") or "invalid"
            found[one["fieldName"].lstrip("/")] = str(told)
    return found
