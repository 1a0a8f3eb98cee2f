"""How a language model is switched on, and what is said when that is done wrong."""

import importlib.util
from pathlib import Path

import pytest

from hub import settings
from hub.setting_values import BadSetting

URL = "http://127.0.0.1:8080/v1"


def read(folder: Path, **given: str) -> settings.Settings:
    return settings.read({"HUB_DATA_DIR": str(folder)} | given)


def test_without_its_settings_there_is_none(tmp_path: Path) -> None:
    assert read(tmp_path).llm is None
    assert read(tmp_path, HUB_LLM_BASE_URL="", HUB_LLM_MODEL="", HUB_LLM_API_KEY="k").llm is None


def test_address_model_and_key_switch_it_on(tmp_path: Path) -> None:
    found = read(
        tmp_path, HUB_LLM_BASE_URL=f"{URL}/", HUB_LLM_MODEL="small", HUB_LLM_API_KEY="sk-secret"
    ).llm
    assert found is not None
    assert (found.base_url, found.model, found.api) == (URL, "small", "openai")
    assert found.key.get_secret_value() == "sk-secret" and "sk-secret" not in repr(found)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"HUB_LLM_BASE_URL": URL}, "HUB_LLM_BASE_URL and HUB_LLM_MODEL belong together"),
        ({"HUB_LLM_MODEL": "small"}, "HUB_LLM_BASE_URL and HUB_LLM_MODEL belong together"),
        ({"HUB_LLM_BASE_URL": "localhost", "HUB_LLM_MODEL": "x"}, "must begin with http"),
        ({"HUB_LLM_BASE_URL": URL, "HUB_LLM_MODEL": "x", "HUB_LLM_API": "acme"}, "one of openai"),
    ],
)
def test_half_of_it_ends_the_start_with_a_sentence(
    tmp_path: Path, given: dict[str, str], said: str
) -> None:
    with pytest.raises(BadSetting, match=said):
        read(tmp_path, **given)


def test_an_sdk_that_is_not_there_is_named_with_the_way_to_get_it(tmp_path: Path) -> None:
    if importlib.util.find_spec("anthropic") is not None:
        pytest.fail("anthropic is not one of the requirements")
    with pytest.raises(BadSetting, match="pip install anthropic"):
        read(tmp_path, HUB_LLM_BASE_URL=URL, HUB_LLM_MODEL="x", HUB_LLM_API="anthropic")
