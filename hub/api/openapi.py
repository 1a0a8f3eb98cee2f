"""The OpenAPI document, made from the table: what is not in the table is not in the API."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from hub.api import intake_doc, outgoing
from hub.api.samples import sample
from hub.api.table import Noun, Operation
from hub.problems import CONTENT_TYPE

Json = dict[str, Any]

VERSION = "1.0.0"
RESPONSES = "#/components/responses/Problem"
REF = "#/components/schemas/{model}"
PARTS = re.compile(r"<(\w+)>")
PROBLEMS = {
    400: "The body is not JSON that we take.",
    401: "The key is missing, unknown or expired.",
    403: "The key's role does not reach.",
    404: "There is none in this workspace.",
    409: "The state of things forbids it.",
    413: "The body is over 1 MiB.",
    422: "A field is wrong; `errors` names each.",
    429: "The source or the key is over its rate; Retry-After says when there is room.",
    503: "The database does not answer; Retry-After says when to try again.",
}
ABOUT = (
    "Everything that the console does, by key: `Authorization: Bearer hub_…`. Lists come newest"
    " first, page by page (`limit`, `cursor`). Errors are RFC 9457 problems. Ids sort by age;"
    " times are RFC 3339 in UTC."
)
PROBLEM: Json = {
    "type": "object",
    "description": "RFC 9457: what went wrong.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
SAMPLE_ERRORS = [{"field": "name", "message": "It must not be empty."}]


def document(nouns: Sequence[Noun], public_url: str) -> Json:
    """The whole API of a hub at `public_url`, as OpenAPI 3.1."""
    schemas = _schemas(nouns)
    paths: Json = {}
    for noun in nouns:
        for operation in noun.operations:
            path = paths.setdefault(PARTS.sub(r"{\1}", operation.path), {})
            path[operation.method.casefold()] = _operation(noun, operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Escalation hub", "version": VERSION, "description": ABOUT},
        "servers": [{"url": public_url}],
        "security": [{"key": []}],
        "tags": [{"name": n.title, "description": n.text} for n in (*nouns, intake_doc.NOUN)],
        "paths": paths | intake_doc.paths(problem_answers),
        "webhooks": outgoing.webhooks(REF),
        "components": {
            "schemas": schemas | intake_doc.schemas() | {"Problem": PROBLEM},
            "responses": {f"Problem{status}": _problem(status) for status in PROBLEMS},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _schemas(nouns: Sequence[Noun]) -> Json:
    """Every model that the table names: bodies as they are sent, answers as they are told."""
    models: dict[tuple[type[BaseModel], Any], None] = {}
    for operation in (one for noun in nouns for one in noun.operations):
        if operation.body is not None:
            models[operation.body, "validation"] = None
        for answer in (operation.answer, *operation.also.values()):
            if answer is not None:
                models[answer, "serialization"] = None
    for told in outgoing.MODELS.values():
        models[told, "serialization"] = None
    _, definitions = models_json_schema(list(models), ref_template=REF)
    found: Json = definitions["$defs"]
    return found


def _operation(noun: Noun, operation: Operation, schemas: Json) -> Json:
    described: Json = {
        "tags": [noun.title],
        "operationId": _id(operation),
        "summary": operation.summary,
        "description": f"Needs the role `{operation.role}`.",
        "parameters": [*_parts(operation), *_query(operation)],
        "responses": _answers(operation, schemas),
    }
    if operation.body is not None:
        described["requestBody"] = _content(_ref(operation.body), schemas) | {
            "required": any(f.is_required() for f in operation.body.model_fields.values())
        }
    return described


def _id(operation: Operation) -> str:
    words = re.findall(r"\w+", operation.path.removeprefix("/v1/"))
    return "_".join([operation.method.casefold(), *words])


def _parts(operation: Operation) -> Iterable[Json]:
    for name in PARTS.findall(operation.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _query(operation: Operation) -> Iterable[Json]:
    if operation.query is None:
        return
    schema = operation.query.model_json_schema(ref_template=REF)
    for name, about in schema["properties"].items():
        schema_of = _inline(about, schema.get("$defs", {}))
        text = schema_of.pop("description", f"Only rows with this {name}.")
        yield {"name": name, "in": "query", "description": text, "schema": schema_of}


def _inline(schema: Any, definitions: Json) -> Any:
    """The schema with its references replaced: a parameter brings no components of its own."""
    if isinstance(schema, list):
        return [_inline(one, definitions) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inline(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    return {key: _inline(value, definitions) for key, value in schema.items()}


def _answers(operation: Operation, schemas: Json) -> Json:
    good = _content(_answer_schema(operation), schemas) | {"description": operation.summary}
    answers: Json = problem_answers(_problems(operation)) | {str(operation.status): good}
    for status, model in operation.also.items():
        text = (model.__doc__ or "").strip()
        answers[str(status)] = _content(_ref(model), schemas) | {"description": text}
    for status, when in ((404, operation.lacks), (409, operation.conflicts)):
        if when is not None:
            answers[str(status)] = _problem(status) | {"description": when}
    return answers


def _problems(operation: Operation) -> Iterable[int]:
    yield from (401, 403, 429, 503)
    if PARTS.search(operation.path):
        yield 404
    if operation.body is not None:
        yield from (400, 413)
    if operation.body is not None or operation.query is not None:
        yield 422


def problem_answers(statuses: Iterable[int]) -> Json:
    """References to the problems that an operation may answer, by status."""
    return {str(status): {"$ref": f"{RESPONSES}{status}"} for status in sorted(statuses)}


def _problem(status: int) -> Json:
    example: Json = {"type": "about:blank", "status": status, "detail": PROBLEMS[status]}
    if status == 422:
        example["errors"] = SAMPLE_ERRORS
    schema = {"$ref": REF.format(model="Problem")}
    return {
        "description": PROBLEMS[status],
        "content": {CONTENT_TYPE: {"schema": schema, "example": example}},
    }


def _answer_schema(operation: Operation) -> Json:
    if operation.answer is None:
        return {}
    if not operation.many:
        return _ref(operation.answer)
    cursor = {"type": ["string", "null"], "description": "For the next page; null at the end."}
    return {
        "type": "object",
        "required": ["data", "next_cursor"],
        "properties": {
            "data": {"type": "array", "items": _ref(operation.answer)},
            "next_cursor": cursor,
        },
    }


def _content(schema: Json, schemas: Json) -> Json:
    example = {"schema": schema, "example": sample(schema, schemas)}
    return {"content": {"application/json": example}}


def _ref(model: type[BaseModel]) -> Json:
    return {"$ref": REF.format(model=model.__name__)}
