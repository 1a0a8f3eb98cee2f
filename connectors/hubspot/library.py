"""hubspot-api-client with its traps closed; imported with the first call, for its 0.2 s and 25 MB.

- It has no default timeout, retries by itself if told to, raises errors of six kinds, logs bodies,
  and returns None for a 2xx that it did not expect: `Wire` is its transport, our session in it,
  and hands out the JSON of any 2xx.
- It makes an api object and a pool of connections with each attribute access: we hold the objects.
- It writes paths of v3 only: `dated` makes them those of `VERSION`.
- It uploads only files that lie on a disk, and knows no account-info: `Api` does both.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hubspot import HubSpot

from connectors.http import Http, answer_json
from connectors.hubspot.config import KEY, KEY_PROPERTY, VERSION, Config

CRM = re.compile(r"/crm/v3/(objects|pipelines|properties|owners)\b")


class Library:
    """The calls that the library covers, each answering with HubSpot's JSON."""

    def __init__(self, http: Http, config: Config) -> None:
        def wired(package: Any, name: str, _: Mapping[str, Any]) -> Any:
            client = package.ApiClient(package.Configuration(host=config.root))
            client.rest_client = Wire(http)
            return getattr(package, name)(api_client=client)

        client = HubSpot(api_factory=wired)
        self._basic = client.crm.objects.basic_api
        self._batch = client.crm.objects.batch_api
        self._search = client.crm.objects.search_api
        self._pipelines = client.crm.pipelines.pipelines_api
        self._properties = client.crm.properties.core_api
        self._owners = client.crm.owners.owners_api
        self._files = client.files.files_api

    def create(
        self, kind: str, properties: Mapping[str, str], associations: Sequence[Mapping[str, Any]]
    ) -> Any:
        """POST /crm/objects/{kind}."""
        body = {"properties": dict(properties), "associations": list(associations)}
        return _json(self._basic.create, kind, body)

    def update(self, kind: str, number: str, properties: Mapping[str, str]) -> Any:
        """PATCH /crm/objects/{kind}/{number}."""
        return _json(self._basic.update, kind, number, {"properties": dict(properties)})

    def get(self, kind: str, number: str, properties: Sequence[str], **more: Any) -> Any:
        """GET /crm/objects/{kind}/{number}."""
        return _json(self._basic.get_by_id, kind, number, properties=list(properties), **more)

    def page(self, kind: str, limit: int) -> Any:
        """GET /crm/objects/{kind}."""
        return _json(self._basic.get_page, kind, limit=limit)

    def read(
        self, kind: str, ids: Sequence[str], properties: Sequence[str], by: str | None = None
    ) -> Any:
        """POST /crm/objects/{kind}/batch/read, at most a hundred; what is not there is left out."""
        body: dict[str, Any] = {"inputs": [{"id": number} for number in ids]}
        body |= {"properties": list(properties), "propertiesWithHistory": []}
        return _json(self._batch.read, kind, body | ({"idProperty": by} if by else {}))

    def search(self, kind: str, query: Mapping[str, Any]) -> Any:
        """POST /crm/objects/{kind}/search."""
        return _json(self._search.do_search, kind, dict(query))

    def pipelines(self) -> Any:
        """GET /crm/pipelines/tickets."""
        return _json(self._pipelines.get_all, "tickets")

    def properties(self) -> Any:
        """GET /crm/properties/tickets: all of them, in one answer."""
        return _json(self._properties.get_all, "tickets")

    def key_property(self) -> Any:
        """GET /crm/properties/tickets/{our property}."""
        return _json(self._properties.get_by_name, "tickets", KEY)

    def make_key_property(self) -> Any:
        """POST /crm/properties/tickets."""
        return _json(self._properties.create, "tickets", KEY_PROPERTY)

    def owner(self, number: str, by: str) -> Any:
        """GET /crm/owners/{number}, `by` its "id" or "userId"."""
        return _json(self._owners.get_by_id, number, id_property=by)

    def owners(self, limit: int, after: str | None = None) -> Any:
        """GET /crm/owners, a page of them."""
        more = {"after": after} if after else {}
        return _json(self._owners.get_page, limit=limit, **more)

    def signed_url(self, file_id: str) -> Any:
        """GET /files/{file_id}/signed-url: name, extension, size, and an address for a while."""
        return _json(self._files.get_signed_url, file_id)


class Wire:
    """The library's transport: its addresses, parameters and bodies, on our session."""

    def __init__(self, http: Http) -> None:
        self.http = http

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def send(
            url: str, *, headers: Any = None, query_params: Any = None, body: Any = None, **_: Any
        ) -> Any:
            told = {name: value for name, value in (headers or {}).items() if value is not None}
            answer = self.http.request(
                method, dated(url), headers=told, params=query_params, json=body
            )
            return answer_json(answer)

        return send


def dated(url: str) -> str:
    """A path of v3 as `VERSION` writes it."""
    if VERSION == "v3":
        return url
    return CRM.sub(rf"/crm/\1/{VERSION}", url).rstrip("/")


def _json(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What the call's transport returned, rather than the library's model of it."""
    return call(*args, **kwargs, _preload_content=False)
