"""The nouns put together: blueprints from the table, and an answer for every stray request."""

from flask import Blueprint, Response, request

from hub.api import (
    answering,
    audit,
    connections,
    connectors,
    conversations,
    docs,
    escalations,
    events,
    keys,
    mappings,
    privacy,
    replays,
    retries,
    routes,
    sources,
    subscribers,
    team,
    tickets,
    users,
)
from hub.api.table import Noun, Operation
from hub.problems import Problem

NOUNS: tuple[Noun, ...] = tuple(
    module.api
    for module in (
        conversations, escalations, retries, tickets, sources, connectors, connections, routes,
        mappings, subscribers, replays, events, users, team, keys, privacy, audit,
    )
)  # fmt: skip
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def blueprints() -> list[Blueprint]:
    """One blueprint a noun, one for what is not there, and the documentation."""
    return [*map(_blueprint, NOUNS), _strays(), docs.blueprint(NOUNS)]


def _blueprint(noun: Noun) -> Blueprint:
    blueprint = Blueprint(f"api_{noun.title.casefold()}", __name__)
    for operation in noun.operations:
        _add(blueprint, operation)
    for path in dict.fromkeys(operation.path for operation in noun.operations):
        _refuse_others(blueprint, noun, path)
    return blueprint


def _add(blueprint: Blueprint, operation: Operation) -> None:
    blueprint.add_url_rule(
        operation.path,
        endpoint=f"{operation.view.__name__}_{operation.method}_{len(blueprint.deferred_functions)}",
        view_func=lambda **parts: answering.answer(operation, parts),
        methods=[operation.method],
    )


def _refuse_others(blueprint: Blueprint, noun: Noun, path: str) -> None:
    """A known path with another method is a 405 that names the right ones."""
    known = [operation.method for operation in noun.operations if operation.path == path]
    others = [method for method in METHODS if method not in known]

    def refuse(**parts: str) -> Response:
        detail = f"{path} knows {', '.join(known)}, not {request.method}."
        return Problem(405, detail, headers={"Allow": ", ".join(known)}).response()

    blueprint.add_url_rule(path, endpoint=f"not_{path}".replace(".", "_"), view_func=refuse,
                           methods=others)  # fmt: skip


def _strays() -> Blueprint:
    """Every other path under /v1 is a 404 of the same shape."""
    blueprint = Blueprint("api_strays", __name__)

    def stray(rest: str = "") -> Response:
        return Problem(404, f"There is no {request.path} here; GET /openapi.json.").response()

    for path in ("/v1", "/v1/<path:rest>"):
        blueprint.add_url_rule(path, "stray", stray, methods=METHODS)
    return blueprint
