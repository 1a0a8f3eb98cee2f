"""An example for any schema: its own if it has one, else the plainest value that fits."""

from typing import Any

Json = dict[str, Any]

MOMENT = "2026-11-22T09:41:07.000Z"


def sample(schema: Json, schemas: Json) -> Any:
    """A value that the schema takes."""
    if "$ref" in schema:
        return sample(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    for key in ("const", "default"):
        if key in schema and "examples" not in schema:
            return schema[key]
    if "examples" in schema:
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return sample(schema["anyOf"][0], schemas)
    return _by_type(schema, schemas)


def _by_type(schema: Json, schemas: Json) -> Any:
    match schema.get("type"):
        case "object":
            named = schema.get("properties", {})
            return {name: sample(about, schemas) for name, about in named.items()}
        case "array":
            return [sample(schema["items"], schemas)] if "items" in schema else []
        case "integer" | "number":
            return schema.get("minimum", 0)
        case "boolean":
            return False
        case "null":
            return None
    return MOMENT if schema.get("format") == "date-time" else "text"
