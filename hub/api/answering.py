"""How a request becomes an answer: who asks, may they, what did they send, what went wrong."""

import json
import math
from collections.abc import Iterator
from typing import Any

import structlog
from flask import Response, g, request
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError, TimeoutError

from connectors.errors import AuthFailed, ConnectorError, InvalidRequest
from hub import admin, auth
from hub.api.table import Call, Operation, Reply, plain
from hub.auth import Principal
from hub.current import house
from hub.pace import KEY_RATE, REFUSED_RATE, neighbourhood
from hub.problems import Problem, by_field
from hub.store.listing import BadCursor
from webhooks import events, inbound, jsonbody
from webhooks.errors import Refused, WrongField

log = structlog.get_logger()

RETRY_AFTER = "5"  # seconds until a caller may try again when the database is away
BEARER = {"WWW-Authenticate": 'Bearer realm="hub"'}


def answer(operation: Operation, parts: dict[str, str]) -> Response:
    """The answer to the current request, whatever happens."""
    try:
        return _carry_out(operation, parts)
    except Exception as error:
        return told(error).response()


def told(error: Exception) -> Problem:
    """What a caller hears of an error; one that nobody foresaw is logged."""
    match error:
        case Problem():
            return error
        case admin.BadInput():
            return Problem(422, "A field is wrong.", errors=by_field(error.errors))
        case admin.Unknown():
            return Problem(404, str(error))
        case admin.Conflict():
            return Problem(409, str(error))
        case BadCursor():
            return _wrong("cursor", "This is no cursor of this list.")
        case WrongField():
            return Problem(422, "A field is wrong.", errors=error.errors)
        case Refused():
            return Problem(error.status, error.reason)
        case ConnectorError():
            return _desk_says(error)
        case OperationalError() | InterfaceError() | TimeoutError():
            log.warning("api.database_away", path=request.path, why=str(error))
            return _away()
        case DataError():
            return Problem(422, "A value is outside of what can be stored.")
        case DBAPIError() if error.connection_invalidated:
            return _away()
    log.exception("api.bug", path=request.path, exc_info=error)
    return Problem(500, "This is a fault of the hub's; it is in its log.")


def _carry_out(operation: Operation, parts: dict[str, str]) -> Response:
    principal = g.principal = _principal()
    if not principal.may(operation.role):
        raise Problem(403, f"This needs the role {operation.role}; your key's is {principal.role}.")
    if any("\0" in part for part in parts.values()):
        raise Problem(404, "No id has such a character.")
    given: dict[str, Any] = dict(parts)
    if operation.query is not None:
        given["query"] = events.read(operation.query, _query())
    if operation.body is not None:
        given["body"] = events.read(operation.body, _body())
    result = operation.view(Call(house(), principal), **given)
    reply = result if isinstance(result, Reply) else Reply(operation.status, result)
    if isinstance(reply.body, Iterator):  # a document that is too large to be made at once
        return Response(reply.body, reply.status, content_type="application/json")
    return Response(json.dumps(plain(reply.body)), reply.status, content_type="application/json")


def _principal() -> Principal:
    """Who holds the key in `Authorization: Bearer hub_…`."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.casefold() != "bearer" or not key:
        raise Problem(401, "Send an API key: Authorization: Bearer hub_…", headers=BEARER)
    with house().store.transaction() as tx:
        principal = auth.by_key(tx, key.strip())
    if principal is None:
        _take_turn(f"refused:{neighbourhood(request.remote_addr)}", REFUSED_RATE)
        raise Problem(401, "This API key is not known, or has expired.", headers=BEARER)
    _take_turn(f"key:{key[: auth.SHOWN]}", KEY_RATE)
    return principal


def _take_turn(who: str, rate: int) -> None:
    wait = house().pace.take(who, rate)
    if wait:
        after = {"Retry-After": str(math.ceil(wait))}
        raise Problem(429, f"At most {rate} such requests a minute.", headers=after)


def _query() -> dict[str, str]:
    given = request.args.to_dict()
    for name, value in given.items():
        if "\0" in value:
            raise _wrong(name, "must not hold NUL")
    return given


def _body() -> dict[str, Any]:
    """The JSON object that was sent; nothing stands for an empty one."""
    length = request.headers.get("Content-Length")
    body = inbound.read_body(request.environ["wsgi.input"], length)
    return jsonbody.parse(body) if body.strip() else {}


def _desk_says(error: ConnectorError) -> Problem:
    """A desk that refuses what the caller gave, or that cannot be asked now."""
    fields = dict(error.fields) if isinstance(error, InvalidRequest) else {}
    if not fields:
        what = "does not accept these credentials" if isinstance(error, AuthFailed) else "answers"
        fields = {"config": f"The desk {what}: {error}"}
    return Problem(422, "The desk does not go along.", errors=by_field(fields))


def _wrong(field: str, message: str) -> Problem:
    return Problem(422, "A field is wrong.", errors=by_field({field: message}))


def _away() -> Problem:
    return Problem(
        503, "The database does not answer. Try again.", headers={"Retry-After": RETRY_AFTER}
    )
