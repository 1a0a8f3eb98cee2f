"""A real server and a real model, whose text is poor: what is tested is the way there and back."""

import pytest
from pydantic import SecretStr

from hub.summary import embedded, llm
from hub.summary.endpoint import Endpoint
from hub.summary.llm import Writer
from tests.hub.summary import small_model
from tests.hub.summary.model import TURNS

# What only an answer can be found wanting in that has come back whole and in the schema.
BY_CHECK = {"unknown_message", "wrong_language", "wrong_length", "invented_number", "invented_link",
            "invented_contact", "invented_name", "unprintable"}  # fmt: skip


def test_a_real_model_is_asked_by_schema_and_its_words_are_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(llm, "TIMEOUT", 120.0)  # a machine without a graphics card, and busy
    monkeypatch.setattr(llm, "DEADLINE", 120.0)
    with small_model.running() as url:
        one = Writer(Endpoint(base_url=f"{url}/v1", key=SecretStr(""), model="SmolLM2"))
        written = one.write(TURNS)
    assert llm.MODES[one._mode] == "json_schema"
    if written.refusal is None:
        assert written.summary.method == "llm" and len(written.summary.sentences) in (2, 3)
    else:
        assert written.refusal.code in BY_CHECK
        assert written.summary.sentences == embedded.summarise(TURNS).sentences
