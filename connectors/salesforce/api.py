"""The way to one Salesforce org: session, tokens, errors, and records written all or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from connectors.auth import OAuth, Token
from connectors.base import Ports
from connectors.errors import AuthFailed, ConnectorError
from connectors.http import Http, understood
from connectors.oauth import Grants
from connectors.refusals import refusal
from connectors.salesforce.answers import codes, complaints, explain, sort, sorted_out
from connectors.salesforce.config import API_VERSION, CONSENT, Config

if TYPE_CHECKING:
    from connectors.salesforce.library import Library

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
JWT_LIFE = timedelta(minutes=3)
HALTED = "PROCESSING_HALTED"  # what the innocent part of a refused composite request is told


@dataclass(frozen=True)
class Record:
    """Something to be created; in a composite request others refer to it as `@{name.id}`."""

    name: str
    kind: str
    fields: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


class Api:
    """One org's session, simple-salesforce on it, and who we are there."""

    def __init__(self, config: Config, ports: Ports) -> None:
        self.config = config
        self.ports = ports

    @cached_property
    def http(self) -> Http:
        """The session, with a token that all workers share."""
        config = self.config
        secrets = [s.get_secret_value() for s in (config.client_secret, config.private_key) if s]
        http = Http(
            self.ports,
            secrets=secrets,
            explain=explain,
            sort=sort,
        )
        http.auth = OAuth(self.ports.tokens, self._grant, self.ports.now)
        return http

    @cached_property
    def library(self) -> "Library":
        """simple-salesforce; imported here, so that a process without calls never loads it."""
        from connectors.salesforce.library import Library

        return Library(self.http, self.config)

    @cached_property
    def me(self) -> str:
        """The id of the user in whose name we work."""
        with understood("GET /userinfo"):
            return str(self.library.me()["user_id"])

    def query(self, soql: str, *, deleted: bool = False, **values: Any) -> list[dict[str, Any]]:
        """The records of a query whose LIMIT keeps them on one page."""
        with understood("GET /query"):
            answer = self.library.query(soql, deleted=deleted, **values)
            records: list[dict[str, Any]] = answer["records"]
            return records

    def queries(self, asked: Sequence[tuple[str, bool]], **values: Any) -> list[Any]:
        """The records of up to five queries (SOQL, whether deleted ones too) in one call."""
        parts = [
            self.library.question(f"query{number}", soql, deleted=deleted, **values)
            for number, (soql, deleted) in enumerate(asked)
        ]
        with understood("POST /composite"):
            told = self.library.composite(parts)["compositeResponse"]
            if any(part["httpStatusCode"] >= 300 for part in told):
                raise self._refused(told)
            return [part["body"]["records"] for part in told]

    def create(self, records: Sequence[Record]) -> list[str]:
        """Create all the records or none; their ids."""
        if len(records) == 1:
            (one,) = records
            with understood(f"POST /sobjects/{one.kind}"):
                answer = self.library.create(one.kind, one.fields, one.headers)
                return [str(answer["id"])]
        with understood("POST /composite"):
            answer = self.library.composite([_part(record) for record in records])
            parts = answer["compositeResponse"]
            if not any(part["httpStatusCode"] >= 300 for part in parts):
                return [str(part["body"]["id"]) for part in parts]
            raise self._refused(parts)

    def update(
        self, kind: str, record_id: str, fields: Mapping[str, Any], headers: Mapping[str, str]
    ) -> None:
        """Change a record."""
        with understood(f"PATCH /sobjects/{kind}"):
            self.library.update(kind, record_id, fields, headers)

    def _refused(self, parts: Sequence[Mapping[str, Any]]) -> ConnectorError:
        """The error of the part for which all others were given up."""
        told = [(part["httpStatusCode"], part["body"]) for part in parts]
        guilty = [
            (status, body) for status, body in told if status >= 300 and HALTED not in str(body)
        ]
        status, body = guilty[0] if guilty else (400, parts[-1]["body"])
        words, fields = complaints(body)
        words = self.http.scrub(f"POST /composite -> {status}: {words}")
        fields = {name: self.http.scrub(text) for name, text in fields.items()}
        return sorted_out(refusal(status, words, None, fields), codes(body))

    def _grant(self, current: Token | None) -> Token:
        """A token in the name of who allowed the hub, of the app's user, or of the key's user."""
        grants = Grants(CONSENT, self.config, self.ports)
        if self.config.authorized:
            return grants.refresh(current)
        if self.config.client_secret:
            return grants.ask("client_credentials")
        return grants.ask(JWT_BEARER, by_client=False, assertion=self._assertion())

    def _assertion(self) -> str:
        """A statement, signed with our key, that we act for the user."""
        import jwt  # here for the same reason as the library

        key = self.config.private_key
        claims = {
            "iss": self.config.client_id,
            "sub": self.config.username,
            "aud": self.config.audience,
            "exp": int((self.ports.now() + JWT_LIFE).timestamp()),
        }
        try:
            return jwt.encode(claims, key.get_secret_value() if key else "", algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError):
            raise AuthFailed("the private key is no RSA key in PEM form") from None


def _part(record: Record) -> dict[str, Any]:
    part = {
        "method": "POST",
        "url": f"/services/data/v{API_VERSION}/sobjects/{record.kind}",
        "referenceId": record.name,
        "body": dict(record.fields),
    }
    return part | ({"httpHeaders": dict(record.headers)} if record.headers else {})
