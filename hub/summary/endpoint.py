"""A language model's HTTP API, by its vendor's SDK: a question, an answer, in a time that is kept.

The SDK is imported with the first question: it takes 45 MB, and most hubs ask nobody.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from pydantic import SecretStr

from hub.summary.types import Unusable

APIS = ("openai", "anthropic")
LARGEST = 256 * 1024  # bytes of an answer
AT_ONCE = 16  # questions of this process, those included for which nobody waits any more
ANSWER_TOKENS = 1024  # Anthropic wants a limit; OpenAI's name for it differs between models

Mode = Literal["json_schema", "json_object", "plain"]
MODES: tuple[Mode, ...] = ("json_schema", "json_object", "plain")  # the strictest first


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where a model answers: an OpenAI-compatible API, or Anthropic's."""

    base_url: str
    key: SecretStr
    model: str
    api: str = "openai"


class Unsupported(Exception):
    """The endpoint does not take the question in this mode."""


class Client:
    """Asks one endpoint."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        # Threads of its own: whatever an endpoint does, it keeps no job's longer than agreed.
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="language-model")
        self._connecting = threading.Lock()
        self._connected: Any = None

    def ask(
        self, system: str, data: str, schema: Mapping[str, Any], mode: Mode, seconds: float
    ) -> str:
        """The model's words; `Unsupported`, or `Unusable` with why there are none.

        `seconds` are for all of it: the SDK's own timeouts count from byte to byte.
        """
        words = self._threads.submit(self._ask, system, data, schema, mode, seconds)
        try:
            return words.result(seconds)
        except TimeoutError:
            words.cancel()
            raise Unusable("timeout", "the model did not answer in time.") from None

    def _ask(
        self, system: str, data: str, schema: Mapping[str, Any], mode: Mode, seconds: float
    ) -> str:
        sdk = import_module(self.endpoint.api)
        question = ASK[self.endpoint.api](system, data, schema, mode) | {"timeout": seconds}
        try:
            answer = self.ready().create(model=self.endpoint.model, **question)
        except sdk.APITimeoutError:
            raise Unusable("timeout", "the model did not answer in time.") from None
        except sdk.APIConnectionError:
            raise Unusable("unreachable", "the model's endpoint cannot be reached.") from None
        except sdk.APIStatusError as problem:
            raise _refusal(problem.status_code, mode) from None
        return _words(answer.http_response.text, READ[self.endpoint.api])

    def ready(self) -> Any:
        """The SDK's calls; it is imported the first time, which is not to count as waiting."""
        with self._connecting:
            if self._connected is None:
                self._connected = _connect(self.endpoint)
        return self._connected


def _connect(endpoint: Endpoint) -> Any:
    """The SDK's calls with raw answers: it would take any answer for a good one."""
    import httpx2

    http = httpx2.Client(transport=_capped(), follow_redirects=False, trust_env=False)
    key = endpoint.key.get_secret_value() or "none"  # local servers want no key, the SDK does
    known = {"base_url": endpoint.base_url, "api_key": key, "max_retries": 0, "http_client": http}
    if endpoint.api == "anthropic":
        return import_module("anthropic").Anthropic(**known).messages.with_raw_response
    return import_module("openai").OpenAI(**known).chat.completions.with_raw_response


def _openai(system: str, data: str, schema: Mapping[str, Any], mode: Mode) -> dict[str, Any]:
    said = [{"role": "system", "content": system}, {"role": "user", "content": data}]
    strict = {"name": "summary", "strict": True, "schema": schema}
    formats: dict[Mode, dict[str, Any]] = {
        "json_schema": {"response_format": {"type": "json_schema", "json_schema": strict}},
        "json_object": {"response_format": {"type": "json_object"}},
        "plain": {},
    }
    return {"messages": said} | formats[mode]


def _anthropic(system: str, data: str, schema: Mapping[str, Any], mode: Mode) -> dict[str, Any]:
    if mode == "json_object":  # it knows a schema or nothing
        raise Unsupported
    said = [{"role": "user", "content": data}]
    asked = {"system": system, "messages": said, "max_tokens": ANSWER_TOKENS}
    if mode == "json_schema":
        unbounded = _without_bounds(schema)  # it refuses a schema that counts
        asked["output_config"] = {"format": {"type": "json_schema", "schema": unbounded}}
    return asked


def _without_bounds(schema: Any) -> Any:
    if not isinstance(schema, Mapping):
        return schema
    kept = schema.keys() - {"minItems", "maxItems"}
    return {name: _without_bounds(schema[name]) for name in kept}


ASK = {"openai": _openai, "anthropic": _anthropic}
READ: dict[str, Callable[[Any], Any]] = {
    "openai": lambda body: body["choices"][0]["message"]["content"],
    "anthropic": lambda body: "".join(p["text"] for p in body["content"] if p["type"] == "text"),
}


def _words(body: str, read: Callable[[Any], Any]) -> str:
    try:
        words = read(json.loads(body))
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        words = None
    if not isinstance(words, str):
        raise Unusable("not_json", "the endpoint's answer is not one of a language model.")
    return words


def _refusal(status: int, mode: Mode) -> Exception:
    if status in (400, 422, 500) and mode != "plain":
        return Unsupported(f"{mode}: {status}")
    if status == 429 or status >= 500:
        return Unusable("unavailable", f"the model's endpoint answered with {status}.")
    return Unusable("refused", f"the model's endpoint answered with {status}.")


def _capped() -> Any:
    """A transport whose answers have an end, in bytes and in time."""
    import httpx2

    class Capped(httpx2.HTTPTransport):
        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            over = time.monotonic() + request.extensions["timeout"]["read"]
            answer = super().handle_request(request)
            answer.stream = Body(answer.stream, over)
            return answer

    class Body(httpx2.SyncByteStream):
        def __init__(self, stream: Any, over: float) -> None:
            self.stream = stream
            self.over = over

        def __iter__(self) -> Iterator[bytes]:
            size = 0
            for chunk in self.stream:
                size += len(chunk)
                if size > LARGEST:
                    raise Unusable("too_long", "the endpoint's answer is too long.")
                if time.monotonic() > self.over:
                    raise Unusable("timeout", "the model did not answer in time.")
                yield chunk

        def close(self) -> None:
            self.stream.close()

    return Capped()
