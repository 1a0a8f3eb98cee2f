"""The two doors that platforms and desks use, as the OpenAPI document describes them."""

from collections.abc import Callable, Iterable
from typing import Any, get_args

from hub.api.table import Noun
from webhooks.events import Event, Role

Json = dict[str, Any]

NOUN = Noun("Intake", "Where platforms and desks post what happened. Signed, not by key.")

PREFIX = "Sent"
REF = f"#/components/schemas/{PREFIX}{{model}}"
EVENT: Json = {
    "type": "conversation.escalated",
    "timestamp": "2026-11-22T09:41:07Z",
    "data": {
        "conversation": {"id": "bb-88213", "channel": "web", "language": "de"},
        "requester": {"name": "Zoë Großmann", "email": "zoe@kundin.example"},
        "reason": {"code": "customer_request", "text": "Die Kundin möchte einen Menschen."},
        "target": "zendesk",
        "transcript": [
            {"id": "m-1", "author": {"role": "customer"}, "text": "Ich möchte mein Geld zurück."}
        ],
        "transcript_complete": True,
    },
}
ACCEPTED: Json = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["id", "escalation_id"],
        "properties": {
            "id": {"type": "string"},
            "escalation_id": {"type": ["string", "null"]},
        },
    },
}
RECEIPT: Json = {
    "type": "object",
    "description": "What was stored; the same again is a duplicate.",
    "required": ["accepted", "duplicates"],
    "properties": {
        "accepted": ACCEPTED,
        "duplicates": ACCEPTED,
        "note": {"type": "string", "description": "Only where both are empty: nothing was kept."},
    },
}
ENVELOPE: Json = {
    "type": "object",
    "description": "The dialect `standard`; a source of another dialect sends its own.",
    "required": ["type", "timestamp", "data"],
    "properties": {
        "type": {"type": "string"},
        "timestamp": {"type": "string", "format": "date-time"},
        "data": {"$ref": REF.format(model="Event")},
    },
}
ONE = {"id": "evt_06g5v2m8k0r7t9w1y3a5c7e9g1", "escalation_id": "esc_06g5v2m8k0r7t9w1y3a5c7e9g1"}

# Role and name of a turn stand in its `author`, which pydantic cannot tell of a path of two names.
AUTHOR = ("role", "name")
AUTHOR_SCHEMA: Json = {
    "type": "object",
    "required": ["role"],
    "properties": {"role": {"enum": list(get_args(Role))}, "name": {"type": ["string", "null"]}},
}

Problems = Callable[[Iterable[int]], Json]


def schemas() -> Json:
    """The canonical event and what it is made of, by names of their own."""
    whole = Event.model_json_schema(ref_template=REF, mode="validation")
    parts: Json = whole.pop("$defs")
    turn = parts["Turn"]
    named = {key: value for key, value in turn["properties"].items() if key not in AUTHOR}
    turn |= {"properties": named | {"author": AUTHOR_SCHEMA}, "required": ["id", "author"]}
    found = {f"{PREFIX}{name}": part for name, part in parts.items()}
    # `id` may stand in the webhook-id header, `occurred_at` in the envelope's timestamp.
    whole["required"] = ["conversation"]
    return found | {f"{PREFIX}Event": whole, "Envelope": ENVELOPE, "Receipt": RECEIPT}


def paths(problems: Problems) -> Json:
    """Both doors."""
    return {
        "/webhooks/sources/{source_id}": {"post": _source(problems)},
        "/webhooks/sources/{source_id}/{operation}": {"post": _operation(problems)},
        "/webhooks/desks/{connection_id}": {
            "get": _there(problems),
            "post": _desk(problems),
        },
    }


def _source(problems: Problems) -> Json:
    return {
        "tags": [NOUN.title],
        "operationId": "post_webhooks_sources",
        "summary": "A bot platform tells what happened.",
        "description": "Signed by Standard Webhooks with the source's secret, or as its dialect"
        " signs. 202 means committed; the same id with the same body may be sent again.",
        "security": [],
        "parameters": [
            _part("source_id"), *(_header(name) for name in ("id", "timestamp", "signature")),
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _ref("Envelope"), "example": EVENT}},
        },
        "responses": {
            "202": {
                "description": "Stored, with the work that follows from it.",
                "content": {
                    "application/json": {
                        "schema": _ref("Receipt"),
                        "example": {"accepted": [ONE], "duplicates": []},
                    }
                },
            },
            **problems((400, 401, 404, 409, 413, 422, 429, 503)),
        },
    }  # fmt: skip


def _operation(problems: Problems) -> Json:
    """The same door for a platform that posts each operation to a path of its own."""
    own = {
        "operationId": "post_webhooks_sources_operation",
        "summary": "Botpress tells what happened, and waits for an id.",
        "description": "The five calls of Botpress's bridge, with the source's shared secret.",
        "parameters": [_part("source_id"), _part("operation")],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"type": "object"}, "example": {"type": "ping"}}
            },
        },
        "responses": {
            "200": {
                "description": "Stored; `id` where the bridge waits for one.",
                "content": {
                    "application/json": {
                        "schema": {"type": "object"},
                        "example": {"id": "bp-645b3f1a2c880-0d0f5c361a2b3c4d"},
                    }
                },
            },
            **problems((400, 401, 404, 413, 422, 429, 503)),
        },
    }
    return _source(problems) | own


def _desk(problems: Problems) -> Json:
    return {
        "tags": [NOUN.title],
        "operationId": "post_webhooks_desks",
        "summary": "A desk tells what happened to a ticket.",
        "description": "In the desk's own shape and with its own signature.",
        "security": [],
        "parameters": [_part("connection_id")],
        "requestBody": {"required": True, "content": {"*/*": {"schema": {}}}},
        "responses": {
            "200": {
                "description": "Its changes are in the inbox.",
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "properties": {"accepted": {"type": "integer"}},
                        },
                        "example": {"accepted": 1},
                    }
                },
            },
            **problems((400, 401, 404, 413, 503)),
        },
    }


def _there(problems: Problems) -> Json:
    return {
        "tags": [NOUN.title],
        "operationId": "get_webhooks_desks",
        "summary": "A desk asks whether the address answers before it accepts it.",
        "security": [],
        "parameters": [_part("connection_id")],
        "responses": {
            "200": {
                "description": "It answers.",
                "content": {
                    "application/json": {
                        "schema": {"type": "object"},
                        "example": {"status": "ok"},
                    }
                },
            },
            **problems((404, 503)),
        },
    }


def _part(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _header(name: str) -> Json:
    return {
        "name": f"webhook-{name}",
        "in": "header",
        "description": "Of Standard Webhooks; the dialect `standard` needs it.",
        "schema": {"type": "string"},
    }


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}
