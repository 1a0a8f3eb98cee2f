"""HubSpot's JSON: objects as answers show them, and what requests ask for."""

from collections.abc import Iterable, Mapping
from typing import Any

from werkzeug.wrappers import Request

from connectors.hubspot.sandbox_errors import bad
from connectors.hubspot.sandbox_records import Record
from connectors.hubspot.sandbox_schema import KINDS
from connectors.hubspot.sandbox_times import iso


def show(
    record: Record, names: Iterable[str], values: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """An object as the API shows it, with the properties asked for; empty ones are null."""
    known = record.values if values is None else values
    told = {
        "id": record.id,
        "properties": {name: known.get(name) or None for name in names},
        "createdAt": iso(record.made),
        "updatedAt": iso(record.changed),
        "archived": record.archived is not None,
    }
    return told | ({"archivedAt": iso(record.archived)} if record.archived else {})


def history(record: Record, name: str) -> list[dict[str, Any]]:
    """Every value of a property, newest first."""
    told = [
        {"value": value, "timestamp": iso(at), "sourceType": by.source, "sourceId": by.id}
        for value, at, by in record.history.get(name, ())
    ]
    return told[::-1]


def linked(record: Record, kind: str) -> dict[str, Any]:
    """The associations of an object as a read shows them."""
    name = f"{KINDS[record.kind].singular}_to_{KINDS[kind].singular}"
    return {"results": [{"id": one, "type": name} for one in record.linked(kind)]}


def wish_of(request: Request) -> dict[str, Any]:
    """The body, which has to be a JSON object."""
    wish = request.get_json(force=True, silent=True)
    if not isinstance(wish, dict):
        raise bad("Invalid input JSON")
    return wish


def inputs_of(request: Request) -> list[dict[str, Any]]:
    """The `inputs` of a batch, at most a hundred."""
    inputs = wish_of(request).get("inputs")
    if not isinstance(inputs, list) or len(inputs) > 100:
        raise bad("inputs has to be a list of at most 100")
    return [one for one in inputs if isinstance(one, dict)]


def words_of(request: Request, name: str) -> list[str]:
    """A list in the query: separated by commas, or repeated."""
    return [word for part in request.args.getlist(name) for word in part.split(",") if word]


def page_of(request: Request) -> tuple[int, int]:
    """`limit` and `after` of a list."""
    try:
        limit, after = int(request.args.get("limit", 10)), int(request.args.get("after") or 0)
    except ValueError:
        raise bad("limit and after have to be numbers") from None
    if not 1 <= limit <= 100:
        raise bad("limit has to be between 1 and 100")
    return limit, after
