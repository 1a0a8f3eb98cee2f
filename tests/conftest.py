"""A real PostgreSQL for every test that asks for one, and a house in it."""

import base64
import copy
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr

from connectors import sandbox
from hub import admin, migrate, postgres
from hub import app as web
from hub import house as houses
from hub.house import House
from hub.settings import Settings
from hub.store import Store
from tests.contract.way import Way
from tests.databases import Lent, sql


def pytest_configure(config: pytest.Config) -> None:
    """An unfinished desk gets a way through it instead of a wall of errors."""
    config.pluginmanager.register(Way())


pytest_plugins = ["tests.contract.results"]


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A PostgreSQL server of this test run."""
    with postgres.throwaway() as url:
        yield url


@pytest.fixture(scope="session")
def template_url(server_url: str) -> str:
    """The migrated database that every test's is copied from."""
    sql(server_url, "create database hub_template")
    url = server_url.replace("///hub?", "///hub_template?")
    migrate.upgrade(url)
    return url


@pytest.fixture(scope="session")
def lent(server_url: str, template_url: str) -> Iterator[Lent]:
    """The database that one test after another has to itself."""
    database = Lent(server_url)
    yield database
    database.drop()


@pytest.fixture
def database_url(lent: Lent) -> Iterator[str]:
    """A migrated, empty database of this test's own."""
    yield lent.take()
    lent.give_back()


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    """The sandbox desks of this test run."""
    with sandbox.running() as base:
        yield base


@pytest.fixture
def settings(database_url: str, sandbox_url: str, tmp_path: Path) -> Settings:
    """Settings of a hub on loopback that may call loopback; the sandbox desks without faults."""
    return settings_of(database_url, sandbox_url, tmp_path)


def settings_of(database_url: str, sandbox_url: str, folder: Path) -> Settings:
    """The same for a hub that lives longer than one test."""
    requests.delete(f"{sandbox_url}/_faults", timeout=10).raise_for_status()
    return Settings(
        database_url=database_url,
        data_dir=folder,
        port=8000,
        public_url="http://127.0.0.1:8000",
        keys=(("test", SecretStr(base64.b64encode(b"k" * 32).decode())),),
        secret_key=SecretStr("test secret key"),
        sandbox_url=sandbox_url,
        allow_networks=(ip_network("127.0.0.0/8"),),
    )


@pytest.fixture
def house(settings: Settings) -> Iterator[House]:
    """A house with an empty database."""
    built = houses.build(settings, store=Store(settings.database_url, pool=8))
    yield built
    built.close()


@pytest.fixture
def workspace(house: House) -> str:
    """The id of a workspace with its Help Desk."""
    with house.store.transaction() as tx:
        return admin.add_workspace(tx, house, "default", "Default")


@pytest.fixture(scope="session")
def routed() -> Flask:
    """A web application without a house: to compile its routes and pages takes 0.2 s."""
    return web.routed()


@pytest.fixture
def app(routed: Flask, house: House) -> Flask:
    """The web application of the house: all its own, but for the routes and pages."""
    own = copy.copy(routed)
    own.config, own.extensions = copy.copy(routed.config), copy.copy(routed.extensions)
    return web.serve(own, house)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of the web application."""
    return app.test_client()
