"""The way to one Freshdesk account: session, credentials, errors, lists."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import requests
from pydantic import SecretStr

from connectors.auth import Basic
from connectors.base import Ports
from connectors.errors import AuthFailed, InvalidRequest, NotFound, Unavailable
from connectors.files import safe_name
from connectors.freshdesk.config import OWN_LIMITS, PAGE, WORDS, Config
from connectors.http import Http, understood
from connectors.types import File


class Api:
    """One account's session, and the words that only this account knows."""

    def __init__(self, config: Config, ports: Ports) -> None:
        self.config = config
        self.ports = ports
        self.labels: dict[int, str] = {}
        self.names: dict[str, str] = {}

    @cached_property
    def http(self) -> Http:
        """The session; the API key is the name, and any word the password."""
        key = self.config.api_key
        http = Http(
            self.ports,
            secrets=[key.get_secret_value()],
            explain=explain,
            own_limit=OWN_LIMITS,  # a poll's lists hold no ticket up
        )
        http.auth = Basic(key.get_secret_value(), SecretStr("X"))
        return http

    def call(self, method: str, path: str, **kwargs: Any) -> Any:
        """A call to a path below /api/v2."""
        return self.http.call(method, f"{self.config.root}/api/v2{path}", **kwargs)

    def write(
        self, path: str, fields: Mapping[str, Any], files: Sequence[File], *, method: str = "POST"
    ) -> Any:
        """A write as JSON, or with files as a form: Freshdesk takes them in no other way."""
        if not files:
            return self.call(method, path, json=dict(fields))
        parts = [("attachments[]", (_name(f), f.data, f.content_type)) for f in files]
        return self.call(method, path, data=form(fields), files=parts)

    def pages(
        self, path: str, query: Mapping[str, Any], *, size: int = PAGE
    ) -> Iterator[list[Any]]:
        """The pages of a list, until one is not full."""
        for page in range(1, 301):  # the most that Freshdesk shows
            rows = self.call("GET", path, params={**query, "per_page": size, "page": page})
            if not isinstance(rows, list):
                raise Unavailable(f"GET {path}: not a list", sent=True)
            yield rows
            if len(rows) < size:
                return

    def label(self, number: int) -> str:
        """The account's word for a status; its own ones are read once, and when one is new."""
        if number in WORDS:
            return WORDS[number]
        if number not in self.labels:
            self.labels |= self._labels()
        return self.labels.get(number, str(number))

    def number(self, label: str) -> int | None:
        """The account's own status with this label, any case."""
        if label not in self.labels.values():
            self.labels |= self._labels()
        return next((n for n, own in self.labels.items() if own == label), None)

    def _labels(self) -> dict[int, str]:
        fields = self.call("GET", "/ticket_fields")
        with understood("GET /ticket_fields"):
            # {"2": ["Open", "Being processed"], ...}: what agents see, then what customers see.
            choices: dict[str, Any] = next(f["choices"] for f in fields if f["name"] == "status")
            return {int(number): _first(words).casefold() for number, words in choices.items()}

    def name(self, agent_id: str) -> str:
        """An agent's name; a key that may not read agents gives their number."""
        if agent_id not in self.names:
            self.names[agent_id] = self._name_of(agent_id)
        return self.names[agent_id]

    def _name_of(self, agent_id: str) -> str:
        try:
            agent = self.call("GET", f"/agents/{agent_id}")
        except (AuthFailed, NotFound, InvalidRequest):
            return agent_id
        with understood("GET /agents/{id}"):
            return str(agent["contact"]["name"] or agent_id)


def explain(response: requests.Response) -> tuple[str, dict[str, str]]:
    """Freshdesk's words, and its complaints by field; a 404 has neither."""
    try:
        answer = response.json()
    except ValueError:
        return response.text[:200], {}
    if not isinstance(answer, Mapping):
        return response.text[:200], {}
    words = [str(answer[n]) for n in ("code", "description", "message") if answer.get(n)]
    listed = answer.get("errors")
    fields = {
        str(one.get("field")): f"{one.get('message')} ({one.get('code')})"
        for one in (listed if isinstance(listed, list) else [])
        if isinstance(one, Mapping)
    }
    words += [f"{name}: {complaint}" for name, complaint in fields.items()]
    return "; ".join(words)[:1000] or response.text[:200], fields


def form(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Fields as a form has them: `tags[]` for a list, `custom_fields[cf_x]` for what is inside."""
    return [pair for name, value in fields.items() for pair in _pairs(name, value)]


def _pairs(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for inner, one in value.items():
            yield from _pairs(f"{name}[{inner}]", one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _pairs(f"{name}[]", one)
    elif isinstance(value, bool):
        yield name, str(value).lower()
    elif value is not None:
        yield name, str(value)


def _first(words: Any) -> str:
    return str(words[0]) if isinstance(words, list) else str(words)


def _name(file: File) -> str:
    return safe_name(file.name)
