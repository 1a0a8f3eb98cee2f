"""simple-salesforce with its traps closed; imported with the first call, for its 0.2 s and 20 MB.

- It writes `https://` itself, whatever the instance's scheme: `Detour` leads to a sandbox.
- It logs in without a timeout, by a SOAP call that retires, or without saying when a token ends:
  our session has its own authentication, and the library knows no credentials.
- Its renewal after a 401 never ends and loses headers such as Sforce-Auto-Assign: it has none
  without credentials; our session renews once and repeats the same request.
- It has no timeouts and no limit to an answer's size: our session has both.
- Its errors carry the whole answer: our session raises first.
- Its default version is three years old; `upsert` tells no id, so that records are created.
- It reads an answer without looking: `understood` around every call.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus

from simple_salesforce.api import Salesforce
from simple_salesforce.format import format_soql

from connectors.detour import Detour
from connectors.http import Http
from connectors.salesforce.config import API_VERSION, Config

NOBODY = "the session authenticates"  # in place of the library's own token


class Library:
    """The calls that simple-salesforce covers, each answering with Salesforce's JSON."""

    def __init__(self, http: Http, config: Config) -> None:
        if config.root != config.host:
            way = http.get_adapter(f"{config.root}/")
            http.mount(config.host, Detour(config.host, config.root, way))
        self.sf: Any = Salesforce(
            session_id=NOBODY,
            instance_url=config.host,
            session=http,
            version=API_VERSION,
            object_pairs_hook=dict,
        )

    def me(self) -> Any:
        """GET /services/oauth2/userinfo."""
        return self.sf.oauth2("userinfo")

    def objects(self) -> Any:
        """GET /sobjects: what this user may do with each kind of record."""
        return self.sf.describe()

    def describe(self, kind: str) -> Any:
        """GET /sobjects/{kind}/describe."""
        return getattr(self.sf, kind).describe()

    def query(self, soql: str, *, deleted: bool = False, **values: Any) -> Any:
        """GET /query, or /queryAll with deleted records; `values` are quoted into the braces."""
        return self.sf.query(format_soql(soql, **values), include_deleted=deleted)

    def question(
        self, name: str, soql: str, *, deleted: bool = False, **values: Any
    ) -> dict[str, Any]:
        """A query as a part of a composite request."""
        asked = quote_plus(format_soql(soql, **values))
        path = f"/services/data/v{API_VERSION}/{'queryAll' if deleted else 'query'}"
        return {"method": "GET", "url": f"{path}?q={asked}", "referenceId": name}

    def create(self, kind: str, fields: Mapping[str, Any], headers: Mapping[str, str]) -> Any:
        """POST /sobjects/{kind}."""
        return getattr(self.sf, kind).create(dict(fields), headers=dict(headers))

    def update(
        self, kind: str, record_id: str, fields: Mapping[str, Any], headers: Mapping[str, str]
    ) -> None:
        """PATCH /sobjects/{kind}/{id}."""
        getattr(self.sf, kind).update(record_id, dict(fields), headers=dict(headers))

    def composite(self, requests_in_order: Sequence[Mapping[str, Any]]) -> Any:
        """POST /composite: all or none."""
        wish = {"allOrNone": True, "compositeRequest": list(requests_in_order)}
        return self.sf.restful("composite", method="POST", json=wish)
