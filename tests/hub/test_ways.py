"""No desk and no identity provider, whatever its name comes to stand for, leads the hub inside."""

import importlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
import requests
from pydantic import SecretStr

from connectors import registry
from connectors.auth import MemoryTokens, Token
from connectors.base import Connector, Ports
from connectors.errors import ConnectorError, Unavailable
from connectors.http import Http
from connectors.oauth import Grants
from hub import oidc
from hub.house import House
from hub.settings import Oidc
from hub.ways import Out
from tests.contract.desk import now
from tests.contract.test_ways import CALLS, DIALLED
from tests.webhooks.conftest import Server, running
from tests.webhooks.test_guard import FORBIDDEN_ADDRESSES, answering
from webhooks.guard import Guard


@pytest.fixture(params=[one for one in registry.built_in() if one != "live_chat"])
def kind(request: pytest.FixtureRequest) -> type[Connector]:
    return registry.get(request.param)


@pytest.fixture(autouse=True)
def nothing_dialled() -> Iterator[None]:
    DIALLED.clear()
    yield


@pytest.fixture
def subscriber() -> Iterator[Server]:
    with running(Server()) as server:
        yield server


class Astray:
    """A resolver that gives an internal address for every name."""

    def __init__(self, address: str = "169.254.169.254") -> None:
        self.address = address
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, **kwargs: Any) -> Any:
        self.asked.append(host)
        return answering(self.address)(host, port)


def connector(kind: type[Connector], resolver: Any, *, with_token: bool = True) -> Connector:
    """With an account at the vendor's own address."""
    harness = importlib.import_module(f"{registry.home(kind.name)}.sandbox").harness("http://x")
    config = kind.Config(**{k: v for k, v in harness.config.items() if k != "base_url"})
    tokens = MemoryTokens()
    if with_token:
        later = now() + timedelta(hours=1)
        tokens.renew(None, lambda _: Token(access=SecretStr("token"), expires_at=later))
    ways = Out(Guard(resolver=resolver), "http://127.0.0.1:8001")
    return kind(config, Ports(now=now, tokens=tokens, ways=ways))


@pytest.mark.parametrize("with_token", [True, False])
def test_no_call_of_a_desk_reaches_an_internal_address(
    kind: type[Connector], with_token: bool
) -> None:
    names = Astray()
    for name, call in CALLS.items():
        try:
            answer = call(connector(kind, names, with_token=with_token), "7")
        except ConnectorError as refusal:
            assert getattr(refusal, "sent", False) is False, name
        else:
            assert not answer or name == "ensure_webhooks", name  # steps for a person, no call
    assert DIALLED == [] and names.asked


@pytest.mark.parametrize("address", FORBIDDEN_ADDRESSES)
def test_a_vendors_name_is_not_called_at_any_internal_address(address: str) -> None:
    for desk in (one for one in registry.built_in() if one != "live_chat"):
        with pytest.raises(Unavailable, match="not public") as refusal:
            connector(registry.get(desk), Astray(address)).verify()
        assert not refusal.value.sent
    assert DIALLED == []


def test_a_person_is_let_in_at_no_internal_address(kind: type[Connector]) -> None:
    if kind.consent is None:
        pytest.skip("nobody lets the hub in at this desk's page")
    desk = connector(kind, Astray())
    with pytest.raises(Unavailable, match="not public"):
        Grants(kind.consent, desk.config, desk.ports).redeem(
            "0123456789", redirect_uri="x", verifier="9876543210"
        )
    assert DIALLED == []


def test_a_name_is_checked_at_every_dial_and_the_checked_address_is_dialled(
    subscriber: Server,
) -> None:
    answers = iter(["127.0.0.1", "10.0.0.1"])

    def turning(host: str, port: int, **kwargs: Any) -> Any:
        return answering(next(answers))(host, port)

    out = Out(Guard(allow=[ip_network("127.0.0.0/8")], resolver=turning))
    url = f"http://desk.example.com:{subscriber.server_port}/ok"
    with Http(Ports(now=now, ways=out)) as http:
        assert http.request("POST", url).status_code == 200
    assert DIALLED[-1] == ("127.0.0.1", subscriber.server_port)
    with Http(Ports(now=now, ways=out)) as http, pytest.raises(Unavailable, match="not public"):
        http.request("POST", url)


def test_the_sandbox_alone_is_called_without_a_look(subscriber: Server) -> None:
    here = f"http://127.0.0.1:{subscriber.server_port}"
    with Http(Ports(now=now, ways=Out(Guard(), here))) as http:
        assert http.request("POST", f"{here}/ok").status_code == 200
        for other in (f"http://127.0.0.1:{subscriber.server_port}0/", "http://127.0.0.1.:1/"):
            with pytest.raises(ConnectorError):
                http.request("GET", other)
    assert set(DIALLED) & {("127.0.0.1", subscriber.server_port)} == set(
        one for one in DIALLED if isinstance(one, tuple)
    )


def test_an_identity_provider_is_not_called_at_an_internal_address(house: House) -> None:
    provider = Oidc(
        issuer="https://id.example.com", client_id="hub", client_secret=SecretStr("secret")
    )
    house.settings = replace(house.settings, oidc=provider)
    house.ways = Out(Guard(resolver=Astray()))
    DIALLED.clear()
    with pytest.raises(oidc.Away, match="not public"):
        oidc.begin(house, "browser", "/")
    session = oidc._session(house, provider)
    for method in ("get", "post"):
        with pytest.raises(requests.RequestException, match="not public"):
            getattr(session, method)("https://id.example.com/jwks", withhold_token=True)
    assert DIALLED == []
