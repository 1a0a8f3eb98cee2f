"""Composite: several requests in one call, each of which may use what an earlier one answered."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from connectors.salesforce.sandbox_api import WRITES, V, wish_of
from connectors.salesforce.sandbox_errors import refused
from connectors.salesforce.sandbox_store import Store
from connectors.salesforce.sandbox_story import Story
from connectors.sandbox import Refused, route

REFERENCE = re.compile(r"@\{([\w]+)\.([\w.\[\]]+)\}")
BATCH = 25  # requests in a composite
ROLLED_BACK = (
    "The transaction was rolled back since another operation in the same transaction failed."
)

Run = Callable[[Request], Response]  # a request that is part of another


class Composite:
    """One route, which calls the others."""

    def __init__(self, store: Store, story: Story, run: Run) -> None:
        self.store = store
        self.story = story
        self.run = run

    @route(f"POST {V}/composite", "create_ticket", "attach", "set_status", "assign", *WRITES)
    def composite(self, request: Request, version: float) -> Any:
        """Several requests in one; with allOrNone, one that fails undoes all."""
        wish = wish_of(request)
        steps, strict = wish.get("compositeRequest") or [], bool(wish.get("allOrNone"))
        if not 1 <= len(steps) <= BATCH:
            words = f"compositeRequest needs 1 to {BATCH} requests"
            raise refused("JSON_PARSER_ERROR", words)
        self.store.begin()
        told, bodies = list[dict[str, Any]](), dict[str, Any]()
        self.story.begin()
        failed = False
        for step in steps:
            told.append(self._step(request, step, bodies))
            failed = strict and told[-1]["httpStatusCode"] >= 300
            if failed:
                break
        self.store.end(held=not failed)
        self.story.end(held=not failed)
        return {"compositeResponse": _halted(steps, told[-1]) if failed else told}

    def _step(
        self, request: Request, step: Mapping[str, Any], bodies: dict[str, Any]
    ) -> dict[str, Any]:
        try:
            made = self.run(self._part(request, step, bodies))
        except Refused as no:
            made = no.answer
        body = made.get_json(silent=True)
        bodies[step["referenceId"]] = body
        return {
            "body": body,
            "httpHeaders": {},
            "httpStatusCode": made.status_code,
            "referenceId": step["referenceId"],
        }

    def _part(
        self, request: Request, step: Mapping[str, Any], bodies: Mapping[str, Any]
    ) -> Request:
        """One of the requests, with what earlier ones answered filled in."""
        filled = json.loads(REFERENCE.sub(lambda m: _filled(m, bodies), json.dumps(step)))
        url = urlsplit(filled["url"])
        builder = EnvironBuilder(
            path=url.path,
            query_string=url.query,
            method=filled.get("method", "GET"),
            headers=filled.get("httpHeaders") or {},
            data=json.dumps(filled["body"]) if filled.get("body") is not None else None,
        )
        part = Request(builder.get_environ())
        part.environ |= {n: v for n, v in request.environ.items() if n.startswith("sandbox.")}
        return part


def _halted(steps: list[dict[str, Any]], guilty: dict[str, Any]) -> list[dict[str, Any]]:
    """All requests as refused: one for what is wrong with it, the others because of that one."""
    problem = {"errorCode": "PROCESSING_HALTED", "message": ROLLED_BACK}
    halted = {"body": [problem], "httpHeaders": {}, "httpStatusCode": 400}
    names = [step["referenceId"] for step in steps]
    return [
        guilty if name == guilty["referenceId"] else halted | {"referenceId": name}
        for name in names
    ]


def _filled(match: re.Match[str], bodies: Mapping[str, Any]) -> str:
    body = bodies.get(match[1])
    if isinstance(body, list) or body is None or match[2] not in body:
        raise refused("PROCESSING_HALTED", f"Invalid reference specified: {match[0]}")
    return str(body[match[2]])
