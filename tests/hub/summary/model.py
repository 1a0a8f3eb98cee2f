"""A language model on loopback that says what a test wrote down, and writers that ask it."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pydantic import SecretStr

from hub.summary.endpoint import Endpoint
from hub.summary.llm import Writer
from hub.summary.types import Turn
from tests.connectors.scripted import Answer, Script, server

PATH = "/chat/completions"
KEY = "sk-ours"

TURNS = (
    Turn("msg_a", "customer", "My parcel 4711 has not arrived and I need it before Friday."),
    Turn("msg_b", "ai", "I am sorry. The carrier shows no movement since Monday."),
    Turn("msg_c", "customer", "Then please let a person look for it."),
)
SUBJECT = "Parcel 4711 has not arrived"
SENTENCES = (
    ("The customer is missing parcel 4711 and needs it before Friday.", ["m1"]),
    ("The assistant said that the carrier shows no movement since Monday.", ["m2"]),
    ("The customer asks that a person looks for it.", ["m3"]),
)


def summary(
    subject: str = SUBJECT, sentences: Sequence[tuple[str, Sequence[Any]]] = SENTENCES
) -> str:
    """What a model answers when it does as it was asked."""
    told = [{"text": text, "message_ids": list(ids)} for text, ids in sentences]
    return json.dumps({"subject": subject, "sentences": told})


def says(words: str) -> Answer:
    """The words in the envelope of a chat completion."""
    choice = {"index": 0, "finish_reason": "stop"}
    choice |= {"message": {"role": "assistant", "content": words}}
    return Answer({"id": "c1", "object": "chat.completion", "model": "small", "choices": [choice]},
                  headers={"Content-Type": "application/json"})  # fmt: skip


def refuses(status: int, **headers: str) -> Answer:
    """An error of the endpoint's."""
    told = {"Content-Type": "application/json"} | headers
    return Answer({"error": {"message": "no"}}, status, headers=told)


@contextmanager
def endpoint(*answers: Answer) -> Iterator[Script]:
    """A model that gives each answer once, the last one for ever."""
    with server("/v1") as script:
        script.at("POST", PATH, *answers)
        yield script


def at(script: Script) -> Endpoint:
    """How the hub knows it."""
    return Endpoint(base_url=script.url, key=SecretStr(KEY), model="small")


def writer(script: Script) -> Writer:
    """A writer that asks it."""
    return Writer(at(script))
