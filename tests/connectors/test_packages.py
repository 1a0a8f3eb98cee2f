"""A desk that another package brings by its entry point: found, served, put to the contract."""

import shutil
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from flask.testing import FlaskClient

from connectors import new, registry, sandbox
from hub import admin
from hub.house import House
from tests.connectors import workshop


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Little Desk as a package of its own, written and finished."""
    folder = tmp_path_factory.mktemp("hub-little-desk")
    new.make("little_desk", outside=folder)
    own = folder / "hub_little_desk"
    for path in workshop.EXAMPLE.iterdir():
        text = path.read_text("utf-8").replace("connectors.little_desk", "hub_little_desk")
        (own / path.name).write_text(text, "utf-8")
    workshop.finish(own)
    return folder


@pytest.fixture(scope="module")
def site(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of `sys.path` as pip leaves it: the package, and metadata of its pyproject.toml."""
    return installed(package, tmp_path_factory.mktemp("site"))


def installed(package: Path, site: Path) -> Path:
    project = tomllib.loads((package / "pyproject.toml").read_text("utf-8"))
    for name in project["tool"]["setuptools"]["packages"]:
        shutil.copytree(package / name, site / name)
    told = project["project"]
    points = [f"{n} = {v}" for n, v in told["entry-points"]["hub.connectors"].items()]
    return described(site, told["name"], *points)


def described(site: Path, name: str, *points: str) -> Path:
    """`site` with the metadata of a package that has these entry points."""
    info = site / f"{name.replace('-', '_')}-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text("\n".join(["[hub.connectors]", *points, ""]))
    return site


@pytest.fixture
def fresh_registry() -> Iterator[None]:
    """A registry that looks anew, before the test and after it."""
    caches = (registry.names, registry.built_in, registry.get, registry._brought)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.fixture
def brought(fresh_registry: None, monkeypatch: pytest.MonkeyPatch, site: Path) -> None:
    """This process with the package installed, from before the hub begins."""
    monkeypatch.syspath_prepend(site)


def test_the_hub_tells_a_desk_of_another_package(
    brought: None, client: FlaskClient, house: House, workspace: str
) -> None:
    with house.store.transaction() as tx:
        key = admin.create_key(tx, workspace, "test", "viewer")["key"]
    answer = client.get("/v1/connectors", headers={"Authorization": f"Bearer {key}"})
    told = {one["name"]: one for one in answer.json["data"]}
    assert told["little_desk"]["title"] == "Little Desk" and "zendesk" in told
    assert told["little_desk"]["config_schema"]["required"] == ["token"]
    assert "desk: little_desk" in told["little_desk"]["default_mapping"]
    assert "little_desk" not in registry.built_in()


def test_the_sandbox_serves_a_desk_of_another_package(brought: None) -> None:
    with sandbox.running() as base:
        shown = requests.get(f"{base}/_desks", timeout=10).json()["data"]
        assert {"little_desk", "zendesk"} <= {one["desk"] for one in shown}
        assert "Little Desk" in requests.get(f"{base}/little_desk/", timeout=10).text


def test_the_contract_is_put_to_it_from_the_packages_own_folder(package: Path, site: Path) -> None:
    suite = workshop.ROOT / "tests" / "contract"
    parts = ("folder", "account", "tickets", "signatures", "fields", "files")
    files = [suite / f"test_{part}.py" for part in parts]
    done = workshop.run(
        package,
        *("pytest", "-p", "no:cacheprovider", "-o", "addopts=", "-k", "little_desk", *files),
        env={"PYTHONPATH": str(site)},
    )
    told = workshop.counts(done)
    assert done.returncode == 0, done.stdout + done.stderr
    assert told["passed"] > 60 and "failed" not in told


@pytest.mark.parametrize(
    ("point", "why"),
    [
        ("zendesk = hub_other:CONNECTOR", "another desk of this name, connectors/zendesk"),
        ("Odd-Name = hub_other:CONNECTOR", "lower-case words joined by _"),
    ],
)
def test_a_package_that_takes_anothers_name_is_refused_in_a_sentence(
    fresh_registry: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, point: str, why: str
) -> None:
    monkeypatch.syspath_prepend(described(tmp_path, "hub-other", point))
    with pytest.raises(ValueError, match="hub_other:CONNECTOR of the group hub.connectors") as told:
        registry.names()
    assert why in str(told.value)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("", "hub_other has no CONNECTOR"),
        ("CONNECTOR = 7", "hub_other has no CONNECTOR"),
        ("from connectors.zendesk import CONNECTOR", "called 'zendesk', not 'other'"),
    ],
    ids=["none", "a number", "another's"],
)
def test_a_package_without_its_connector_is_told(
    fresh_registry: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: str, why: str
) -> None:
    (tmp_path / "hub_other").mkdir()
    (tmp_path / "hub_other" / "__init__.py").write_text(code)
    monkeypatch.syspath_prepend(described(tmp_path, "hub-other", "other = hub_other:CONNECTOR"))
    monkeypatch.delitem(sys.modules, "hub_other", raising=False)
    with pytest.raises(TypeError, match=why):
        registry.get("other")
