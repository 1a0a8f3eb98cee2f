"""Connectors: the desks that can be connected, and what each needs and can do."""

from dataclasses import asdict
from typing import Any, Literal

from pydantic import Field

from connectors import registry
from connectors.base import Connector
from hub.admin import authorizing
from hub.api.shapes import Shape
from hub.api.table import Call, Listing, Noun
from hub.pipeline import facts
from hub.problems import Problem

api = Noun("Connectors", "The desks that can be connected: their forms and what they can do.")


class Capabilities(Shape):
    """What a desk can do."""

    find_by_key: bool = Field(description="A retried create looks first.")
    find_lag: int = Field(description="Seconds that a new ticket may stay invisible.")
    notes: bool
    attachments: int = Field(description="Largest file in bytes; 0: none.")
    webhooks: Literal["signed", "secret", "none"]
    registers_webhooks: bool
    polling: bool
    rounds: int = Field(description="Of HUB_POLL_SECONDS, from one poll to the next.")
    reopen: bool
    concurrency: int
    rate: int | None = Field(description="Calls a minute of the smallest plan.")
    rate_over: int = Field(description="Seconds over which the desk counts them.")


class ConsentShape(Shape):
    """What an app at the desk needs, so that a person can let the hub in with the console."""

    redirect_url: str = Field(description="To be registered at the desk's app.")
    scopes: list[str] = Field(description="What the hub asks for; empty where the app has them.")
    pkce: bool = Field(description="The desk checks a PKCE challenge (S256).")


class ConnectorShape(Shape):
    """A kind of desk."""

    name: str = Field(examples=["zendesk"])
    title: str = Field(examples=["Zendesk"])
    capabilities: Capabilities
    oauth: ConsentShape | None = Field(description="null: only with credentials in `config`.")
    config_schema: dict[str, Any] = Field(description="JSON Schema of a connection's `config`.")
    default_mapping: str = Field(description="The mapping that a new connection starts with.")


@api.route("GET", "/v1/connectors", role="viewer", answer=ConnectorShape, many=True,
           summary="List all connectors by name.")  # fmt: skip
def index(call: Call) -> Listing:
    return Listing([_shown(call, registry.get(name)) for name in registry.names()])


@api.route("GET", "/v1/connectors/<name>", role="viewer", answer=ConnectorShape,
           summary="One connector.")  # fmt: skip
def one(call: Call, name: str) -> ConnectorShape:
    if name not in registry.names():
        raise Problem(404, "There is no such connector.")
    return _shown(call, registry.get(name))


def _shown(call: Call, connector: type[Connector]) -> ConnectorShape:
    return ConnectorShape(
        name=connector.name,
        title=connector.title,
        capabilities=Capabilities(**asdict(connector.can)),
        oauth=_consent(call, connector),
        config_schema=connector.Config.model_json_schema(),
        default_mapping=facts.default_mapping(connector.name),
    )


def _consent(call: Call, connector: type[Connector]) -> ConsentShape | None:
    consent = connector.consent
    if consent is None:
        return None
    back = authorizing.redirect_uri(call.house)
    return ConsentShape(redirect_url=back, scopes=list(consent.scopes), pkce=consent.pkce)
