"""The REST API under `/v1`: one module a noun, one row of the table an operation."""

from hub.api.assembly import NOUNS, blueprints

__all__ = ["NOUNS", "blueprints"]
