"""The way to one Help Scout account: session, OAuth2, errors."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property, partial
from typing import Any

import requests

from connectors.auth import OAuth, Token
from connectors.base import Ports
from connectors.errors import ConnectorError, NotFound, Unavailable
from connectors.files import chunks
from connectors.help_scout.config import CONSENT, RETRY_HEADER, Config
from connectors.http import Http, answer_json, understood
from connectors.oauth import Grants
from connectors.refusals import retry_after

PLACE = re.compile(r"/conversations/(\d+)\b")  # where a merged conversation went


class Api:
    """One account's session and how it is called."""

    def __init__(self, config: Config, ports: Ports) -> None:
        self.config = config
        self.ports = ports

    @cached_property
    def http(self) -> Http:
        """The session, with a token that all workers share."""
        http = Http(
            self.ports,
            secrets=[self.config.app_secret.get_secret_value()],
            explain=explain,
            wait=partial(retry_after, header=RETRY_HEADER),
            sort=sort,
        )
        http.auth = OAuth(self.ports.tokens, self._grant, self.ports.now)
        return http

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a read below /v2."""
        return answer_json(self._send("GET", path, params=query))

    def file(self, path: str) -> Any:
        """The JSON that holds a file, which is larger than any other answer."""
        answer = self.http.open(f"{self.config.root}/v2{path}")
        if answer.is_redirect:
            raise NotFound(f"GET {path}: the conversation was merged")
        with understood(f"GET {path}"):
            return json.loads(b"".join(chunks(answer)))

    def survivor(self, path: str) -> str | None:
        """The id of the conversation that the one at `path` was merged into, None if it was not."""
        # Help Scout leads on for 60 days, and only from the conversation itself; all else is 404.
        # developer.helpscout.com/mailbox-api/endpoints/conversations/get
        try:
            answer = self.http.open(f"{self.config.root}/v2{path}")
        except NotFound:
            return None
        answer.close()
        return _moved(answer)

    def post(self, path: str, body: Any) -> str:
        """The id of what a create made: Help Scout answers with a header and no body."""
        answer = self._send("POST", path, json=body)
        with understood(f"POST {path}"):
            return str(int(answer.headers["Resource-ID"]))

    def write(self, method: str, path: str, body: Any = None) -> None:
        """A change, which is answered with 204 and nothing more."""
        answer = self._send(method, path, json=body)
        if answer.status_code != 204:
            words = f"{method} {path} -> {answer.status_code}: not what Help Scout answers"
            raise Unavailable(words, sent=True)

    def pages(self, path: str, name: str, **query: Any) -> Iterator[Any]:
        """Every row of a list; Help Scout leaves `_embedded` out where there is none."""
        number, last = 1, 1
        while number <= last:
            answer = self.get(path, **query, page=number)
            with understood(f"GET {path}"):
                last = int(answer["page"]["totalPages"])
                rows = answer.get("_embedded", {}).get(name, [])
            yield from rows
            number += 1

    def _send(self, method: str, path: str, **how: Any) -> requests.Response:
        return self.http.request(method, f"{self.config.root}/v2{path}", **how)

    def _grant(self, current: Token | None) -> Token:
        """A token in the name of who allowed the hub, else of the app's own user."""
        grants = Grants(CONSENT, self.config, self.ports)
        if self.config.authorized:
            return grants.refresh(current)
        return grants.ask("client_credentials")


def explain(response: requests.Response) -> tuple[str, dict[str, str]]:
    """Help Scout's words and its complaints by field (`vnd.error`), or where a ticket moved."""
    moved = _moved(response)
    if moved:
        return f"the conversation was merged into {moved}", {}
    try:
        answer = response.json()
    except ValueError:
        return response.text[:200], {}
    if not isinstance(answer, Mapping):
        return response.text[:200], {}
    fields = _complaints(answer.get("_embedded"))
    names = ("message", "error", "error_description")
    words = [str(answer[name]) for name in names if answer.get(name)]
    told = "; ".join([*words, *(f"{name}: {text}" for name, text in fields.items())])
    return told[:1000] or response.text[:200], fields


def sort(error: ConnectorError, response: requests.Response) -> ConnectorError:
    """A conversation that was merged is not there any more."""
    return NotFound(str(error)) if _moved(response) else error


def _moved(response: requests.Response) -> str | None:
    place = PLACE.search(response.headers.get("Location", ""))
    return place[1] if place and response.status_code == 301 else None


def _complaints(embedded: Any) -> dict[str, str]:
    problems = embedded.get("errors") if isinstance(embedded, Mapping) else None
    listed = [p for p in problems if isinstance(p, Mapping)] if isinstance(problems, list) else []
    return {str(p.get("path")): str(p.get("message")) for p in listed}
