"""Each desk's folder is complete."""

import importlib
from pathlib import Path

import pytest

from connectors import registry
from connectors.base import Config, Connector
from connectors.sandbox import Harness, SandboxDesk
from tests.contract import way


def test_the_folder_has_a_sandbox_and_a_readme(desk_name: str) -> None:
    folder = Path(importlib.import_module(registry.home(desk_name)).__path__[0])
    for name, what in (
        ("sandbox.py", "the desk in memory: SANDBOX and harness(base_url)"),
        ("README.md", "where to click for credentials, scopes, quirks, limits"),
    ):
        file = folder / name
        assert file.is_file() and file.read_text().strip(), (
            f"{folder.name}/{name} is missing ({what}); see tests/contract/README.md"
        )


def test_nothing_is_left_to_be_written(desk_name: str) -> None:
    if left := way.left(desk_name):
        pytest.fail(left, pytrace=False)


def test_the_sandbox_tells_how_to_test_it(desk_name: str) -> None:
    sandbox = importlib.import_module(f"{registry.home(desk_name)}.sandbox")
    harness = sandbox.harness("http://127.0.0.1:1")
    assert isinstance(harness, Harness) and harness.desk == desk_name
    if harness.base_url is not None:
        assert issubclass(sandbox.SANDBOX, SandboxDesk) and sandbox.SANDBOX.name == desk_name


def test_the_connector_keeps_the_contracts_shape(desk_name: str) -> None:
    kind = registry.get(desk_name)
    assert issubclass(kind, Connector) and kind.name == desk_name and kind.title
    assert issubclass(kind.Config, Config)
    for name, what in kind.Config.model_fields.items():
        assert what.title and what.description, f"{name} needs a title and a description"


def test_secrets_of_the_form_are_hidden(desk_name: str) -> None:
    sandbox = importlib.import_module(f"{registry.home(desk_name)}.sandbox")
    harness = sandbox.harness("http://127.0.0.1:1")
    secret = ("secret", "token", "password", "key")
    form = registry.get(desk_name).Config(**harness.config)
    for name, value in harness.config.items():
        if any(word in name for word in secret):
            assert str(value) not in repr(form), f"{name} should be a SecretStr"


def test_an_unknown_field_of_the_form_is_refused(desk_name: str) -> None:
    sandbox = importlib.import_module(f"{registry.home(desk_name)}.sandbox")
    config = sandbox.harness("http://127.0.0.1:1").config
    with pytest.raises(ValueError, match="no_such_field"):
        registry.get(desk_name).Config(**config, no_such_field=1)
