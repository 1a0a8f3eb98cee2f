"""A plain HTTP client of the Zendesk sandbox."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from connectors.sandbox import running

CLIENT = {"client_id": "hub", "client_secret": "zendesk-sandbox-secret"}
ASKED = {"grant_type": "client_credentials", "scope": "read write", "expires_in": 1800}
PERSON = {"name": "Zoë", "email": "zoe@example.com"}


class Zendesk:
    """A plain HTTP client of the sandbox."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.http = requests.Session()

    def control(self, path: str, **wish: Any) -> Any:
        told = self.http.post(f"{self.origin}{path}", json={"desk": "zendesk", **wish}, timeout=10)
        assert told.ok, told.text
        return told.json()

    def token(self, **wish: Any) -> requests.Response:
        url = f"{self.origin}/zendesk/oauth/tokens"
        return self.http.post(url, json=CLIENT | ASKED | wish, timeout=10)

    def call(self, method: str, path: str, **how: Any) -> requests.Response:
        url = f"{self.origin}/zendesk/api/v2{path}"
        return self.http.request(method, url, timeout=10, allow_redirects=False, **how)

    def sign_in(self, **wish: Any) -> None:
        self.http.headers["Authorization"] = f"Bearer {self.token(**wish).json()['access_token']}"

    def create(self, **fields: Any) -> dict[str, Any]:
        whole = {"subject": "Hi", "comment": {"body": "Hello"}, "requester": PERSON} | fields
        told = self.call("POST", "/tickets", json={"ticket": whole})
        assert told.status_code == 201, told.text
        ticket: dict[str, Any] = told.json()["ticket"]
        return ticket

    def update(self, ticket_id: int, **fields: Any) -> requests.Response:
        return self.call("PUT", f"/tickets/{ticket_id}", json={"ticket": fields})


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with running(["zendesk"]) as base_url:
        yield base_url


@pytest.fixture
def zendesk(origin: str) -> Zendesk:
    client = Zendesk(origin)
    client.control("/_reset")
    settings = {"search_lag": 60, "incremental_holdback": 1, "rate_per_minute": 700}
    client.control("/_settings", **settings, updates_per_ticket=30, updates_per_minute=100)
    client.sign_in()
    return client
