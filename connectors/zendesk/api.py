"""The way to one Zendesk account: session, credentials, errors, and the calls zenpy lacks."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import requests
from requests.auth import AuthBase

from connectors.auth import Basic, OAuth, Token
from connectors.base import Ports
from connectors.errors import AuthFailed, Conflict, ConnectorError, Unavailable
from connectors.files import safe_name
from connectors.http import Http, understood
from connectors.oauth import Grants
from connectors.types import File
from connectors.zendesk.config import (
    COMMENTS,
    COMMENTS_PAGE,
    CONSENT,
    OWN_LIMITS,
    STAFF,
    Config,
)

if TYPE_CHECKING:
    from connectors.zendesk.library import Library

ONE_TICKET = re.compile(r"/api/v2/tickets/\d")


class Api:
    """One account's session, zenpy on it, and what zenpy has no call for."""

    def __init__(self, config: Config, ports: Ports) -> None:
        self.config = config
        self.ports = ports

    @cached_property
    def http(self) -> Http:
        """The session, authenticated by an OAuth client or by an older account's API token."""
        config = self.config
        secrets = [s.get_secret_value() for s in (config.client_secret, config.api_token) if s]
        http = Http(
            self.ports,
            secrets=secrets,
            explain=explain,
            sort=self._sort,
            own_limit=OWN_LIMITS,  # neither a long catching-up nor a busy ticket holds others up
        )
        http.auth = self._auth()
        return http

    @cached_property
    def zenpy(self) -> "Library":
        """zenpy; imported here, so that a process which only checks webhooks never loads it."""
        from connectors.zendesk.library import Library

        return Library(self.http, self.config)

    def call(self, method: str, path: str, **kwargs: Any) -> Any:
        """A call to a path below /api/v2."""
        return self.http.call(method, f"{self.config.root}/api/v2{path}", **kwargs)

    def comments(self, ticket_id: str) -> Iterator[Mapping[str, Any]]:
        """Pages of the newest hundred comments, newest first: zenpy's `comments` knows no order."""
        query = {"sort": "-created_at", "page[size]": COMMENTS_PAGE, "include": "users"}
        for _ in range(COMMENTS // COMMENTS_PAGE):
            answer = self.call("GET", f"/tickets/{ticket_id}/comments", params=query)
            yield answer
            meta = answer.get("meta") or {}
            if not meta.get("has_more"):
                return
            query["page[after]"] = meta["after_cursor"]

    def upload(self, file: File) -> tuple[str, str]:
        """Upload a file that has data: its token, good for 60 minutes, and its id."""
        name = quote(safe_name(file.name), safe="")
        answer = self.zenpy.upload(file.data or b"", name, file.content_type)
        with understood("POST /uploads"):
            upload = answer["upload"]
            return str(upload["token"]), str(upload["attachment"]["id"])

    def _sort(self, error: ConnectorError, response: requests.Response) -> ConnectorError:
        """The error that Zendesk means: what it forbids of one ticket is that ticket's alone."""
        if is_about_a_ticket(response) and self._is_known():
            return Conflict(str(error))
        return sort(error, response)

    def _is_known(self) -> bool:
        """True while Zendesk takes us for one of its people; it answers 200 to strangers too."""
        try:
            answer = self.zenpy.me()
        except AuthFailed:
            return False
        with understood("GET /users/me"):
            return answer["user"]["id"] is not None and answer["user"]["role"] in STAFF

    def _auth(self) -> AuthBase:
        if self.config.api_token:
            return Basic(f"{self.config.email}/token", self.config.api_token)
        return OAuth(self.ports.tokens, self._grant, self.ports.now)

    def _grant(self, current: Token | None) -> Token:
        """A token in the name of who allowed the hub, else of the OAuth client's own user."""
        grants = Grants(CONSENT, self.config, self.ports)
        if self.config.authorized:
            return grants.refresh(current)
        return grants.ask("client_credentials")


def explain(response: requests.Response) -> tuple[str, dict[str, str]]:
    """Zendesk's words, and its complaints by field; it has three shapes of error, and HTML."""
    try:
        answer = response.json()
    except ValueError:
        return response.text[:200], {}
    if not isinstance(answer, Mapping):
        return response.text[:200], {}
    words = [*_words(answer), *_words(answer.get("error"))]
    for problem in _list(answer.get("errors")):
        words += _words(problem)
    fields = _complaints(answer.get("details"))
    return "; ".join([*words, *fields.values()])[:1000] or response.text[:200], fields


def sort(error: ConnectorError, response: requests.Response) -> ConnectorError:
    """409 is a collision with another writer, which passes ("DatabaseConflict").

    Other clients learned it the hard way: https://github.com/facetoe/zenpy/issues/58,
    https://github.com/zendesk/zendesk_api_client_php/issues/314. What a ticket's state forbids
    comes as 422.
    """
    return Unavailable(str(error), sent=True) if response.status_code == 409 else error


def is_about_a_ticket(response: requests.Response) -> bool:
    """True for a 403 on a ticket's own path, unless it names a scope: that lacks everywhere.

    Another shape than Zendesk's is somebody else's, such as a proxy's.
    """
    if response.status_code != 403 or not ONE_TICKET.search(response.request.url or ""):
        return False
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        return False
    error = answer.get("error") if isinstance(answer, Mapping) else None
    shaped = error == "Forbidden" or isinstance(error, Mapping)
    return shaped and "scope" not in explain(response)[0].casefold()


def _words(problem: Any) -> list[str]:
    if isinstance(problem, str):
        return [problem]
    if not isinstance(problem, Mapping):
        return []
    names = ("code", "title", "description", "error_description", "message", "detail")
    return [problem[name] for name in names if isinstance(problem.get(name), str)]


def _complaints(details: Any) -> dict[str, str]:
    if not isinstance(details, Mapping):
        return {}
    found = {
        name: [w for p in _list(listed) for w in _words(p)] for name, listed in details.items()
    }
    return {str(name): "; ".join(words) for name, words in found.items() if words}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
