"""zenpy with its traps closed; imported with the first call, for its 25-50 ms and 3.4 MB.

- It writes `https://{subdomain}.zendesk.com` itself: `Detour` leads to a sandbox.
- Its answers become objects that cost 1-2 ms each, live in a cache and are refetched behind one's
  back: `Plain` hands out the JSON instead.
- Its requests lose explicit nulls, make dates of times and stumble over `requester`: `PlainTicket`.
- Its api objects remember the last object sent, so that two threads may send each other's empty
  ticket: every call gets its own copy.
- It knows no Idempotency-Key: `Keyed`. It puts queries into URLs as they are: quote them.
- It logs what customers write, at level DEBUG.
- Its 429 loop, its retries and its error that prints secrets never run: `Http` raises first, and
  authenticates by itself.
"""

import copy
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests
from zenpy import Zenpy
from zenpy.lib.api_objects import Ticket, User
from zenpy.lib.exception import ZenpyException

from connectors.detour import Detour
from connectors.errors import InvalidRequest
from connectors.http import Http, answer_json
from connectors.zendesk.config import Config

logging.getLogger("zenpy").setLevel(logging.WARNING)


class Library:
    """The calls that zenpy covers, each answering with Zendesk's JSON."""

    def __init__(self, http: Http, config: Config) -> None:
        self.http = http
        if config.root != config.host:
            way = http.get_adapter(f"{config.root}/")
            http.mount(config.host, Detour(config.host, config.root, way))
        # "anonymous" keeps zenpy from asking for secrets: the session has its own authentication.
        self.zenpy = Zenpy(
            subdomain=config.subdomain,
            session=http,
            anonymous=True,
            disable_cache=True,
        )

    def me(self) -> Any:
        """GET /users/me."""
        return self._own(self.zenpy.users).me()

    def ticket(self, ticket_id: str) -> Any:
        """GET /tickets/{id}."""
        return self._own(self.zenpy.tickets)(id=ticket_id)

    def tickets_of(self, external_id: str) -> Any:
        """GET /tickets?external_id=."""
        return self._own(self.zenpy.tickets)(external_id=external_id)

    def create_ticket(self, fields: Mapping[str, Any], key: str) -> Any:
        """POST /tickets with an Idempotency-Key."""
        with refusals():
            return self._own(self.zenpy.tickets, Keyed(self.http, key)).create(PlainTicket(fields))

    def update_ticket(self, ticket_id: str, fields: Mapping[str, Any]) -> Any:
        """PUT /tickets/{id}."""
        with refusals():
            return self._own(self.zenpy.tickets).update(PlainTicket(fields, ticket_id))

    def upsert_user(self, fields: Mapping[str, Any]) -> Any:
        """POST /users/create_or_update."""
        with refusals():
            return self._own(self.zenpy.users).create_or_update(PlainUser(fields))

    def upload(self, data: bytes, name: str, content_type: str) -> Any:
        """POST /uploads?filename=, `name` quoted."""
        with refusals():
            return self._own(self.zenpy.attachments).upload(
                data, target_name=name, content_type=content_type
            )

    def _own(self, api: Any, session: Any = None) -> Any:
        """A copy of one of zenpy's apis for one call."""
        own = copy.copy(api)
        own._response_handlers = (Plain,)
        own.session = session or self.http
        return own


class Plain:
    """The only response handler that we let zenpy have: JSON in, JSON out."""

    def __init__(self, api: Any, object_mapping: Any = None) -> None: ...

    @staticmethod
    def applies_to(api: Any, response: requests.Response) -> bool:
        return True

    def build(self, response: requests.Response) -> Any:
        return answer_json(response)


class PlainTicket(Ticket):  # type: ignore[misc]
    """A ticket that is sent exactly as it is given."""

    def __init__(self, fields: Mapping[str, Any], ticket_id: str | None = None) -> None:
        self.id = ticket_id
        self.plain = dict(fields)

    def to_dict(self, serialize: bool = False) -> dict[str, Any]:
        return self.plain


class PlainUser(User):  # type: ignore[misc]
    """A user that is sent exactly as it is given."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.id = None
        self.plain = dict(fields)

    def to_dict(self, serialize: bool = False) -> dict[str, Any]:
        return self.plain


class Keyed:
    """The session as zenpy sees it for one creation: every POST carries the Idempotency-Key."""

    def __init__(self, http: Http, key: str) -> None:
        self.http = http
        self.key = key

    def post(self, url: str, **kwargs: Any) -> requests.Response:
        """POST with the key."""
        return self.http.post(url, **kwargs | {"headers": {"Idempotency-Key": self.key}})


@contextmanager
def refusals() -> Iterator[None]:
    """What zenpy itself refuses to send, as ours."""
    try:
        yield
    except ZenpyException as problem:
        raise InvalidRequest(f"zenpy: {problem}") from None
