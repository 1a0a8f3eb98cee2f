"""What Salesforce tells of itself and answers to queries: versions, limits, describe, SOQL."""

import re
from collections.abc import Mapping
from typing import Any

from werkzeug.wrappers import Request

from connectors.salesforce.sandbox_api import V, deed
from connectors.salesforce.sandbox_checks import Row
from connectors.salesforce.sandbox_doors import Doors
from connectors.salesforce.sandbox_errors import missing, refused
from connectors.salesforce.sandbox_schema import (
    KINDS,
    PICKS,
    RESTRICTED,
    STATUSES,
    Field,
    Kind,
)
from connectors.salesforce.sandbox_soql import Parser, Query
from connectors.salesforce.sandbox_store import Store
from connectors.salesforce.sandbox_values import Look, malformed, value_of
from connectors.sandbox import route

OLDEST, NEWEST = 31.0, 68.0
NAMES = {66.0: "Spring '26", 67.0: "Summer '26", 68.0: "Winter '27"}
FEWEST = 200  # rows a page, as the header Sforce-Query-Options may ask
LINKS = "ContentDocumentLink"

RIGHTS = dict.fromkeys(("createable", "updateable", "queryable", "deletable"), True)


class Reads:
    """Routes that change nothing."""

    def __init__(self, store: Store, doors: Doors, settings: Mapping[str, float]) -> None:
        self.store = store
        self.doors = doors
        self.settings = settings
        self.pages: dict[str, list[dict[str, Any]]] = {}  # answers that go on: locator, all rows

    @route("GET /services/data")
    def versions(self, _request: Request) -> Any:
        return [
            {"label": NAMES[n], "url": f"/services/data/v{n}", "version": str(n)} for n in NAMES
        ]

    @route(f"GET {V}")
    def resources(self, _request: Request, version: float) -> Any:
        names = ("sobjects", "query", "queryAll", "limits", "composite")
        return {name: f"/services/data/v{version}/{name}" for name in names}

    @route(f"GET {V}/limits")
    def limits(self, _request: Request, version: float) -> Any:
        most = int(self.settings["calls_per_day"])
        return {"DailyApiRequests": {"Max": most, "Remaining": max(0, most - self.doors.calls)}}

    @route(f"GET {V}/sobjects")
    def objects(self, _request: Request, version: float) -> Any:
        shown = [{"name": k.name, "keyPrefix": k.prefix} | RIGHTS for k in KINDS.values()]
        return {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": shown}

    @route(f"GET {V}/sobjects/<name>")
    def basics(self, _request: Request, version: float, name: str) -> Any:
        if name not in KINDS:
            raise missing()
        return {"objectDescribe": {"name": name, "keyPrefix": KINDS[name].prefix}}

    @route(f"GET {V}/sobjects/<name>/describe")
    def describe(self, request: Request, version: float, name: str) -> Any:
        if name not in KINDS:
            raise missing()
        kind, hidden = KINDS[name], deed(request).hidden
        fields = [_described(f) for f in kind.fields.values() if f.name not in hidden]
        told = {"name": name, "label": name, "keyPrefix": kind.prefix, "fields": fields} | RIGHTS
        return told | {"recordTypeInfos": self._record_types(name)}

    def _record_types(self, name: str) -> list[dict[str, Any]]:
        """Those of the object, and the master, which every object has."""
        rows = self.store.rows(KINDS["RecordType"])
        own = [(r["Id"], r["Name"], False) for r in rows if r["SobjectType"] == name]
        return [
            {"recordTypeId": number, "name": title, "developerName": title, "master": master}
            | {"active": True, "available": True, "defaultRecordTypeMapping": master}
            for number, title, master in [*own, ("012000000000000AAA", "Master", True)]
        ]

    @route(f"GET {V}/query")
    def query(self, request: Request, version: float) -> Any:
        return self._answer(request, version, deleted=False)

    @route(f"GET {V}/queryAll")
    def query_all(self, request: Request, version: float) -> Any:
        return self._answer(request, version, deleted=True)

    @route(f"GET {V}/query/<locator>")
    @route(f"GET {V}/queryAll/<locator>")
    def more(self, request: Request, version: float, locator: str) -> Any:
        name, _, start = locator.rpartition("-")
        if name not in self.pages or not start.isdigit():
            raise refused("INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(name, int(start), request, version)

    def _answer(self, request: Request, version: float, *, deleted: bool) -> Any:
        text = request.args.get("q", "")
        asked = Parser(text, self.store.look, deed(request).hidden).query()
        if asked.kind.name == LINKS and not {"ContentDocumentId", "LinkedEntityId"} & asked.equals:
            words = "Implementation restriction: ContentDocumentLink requires a filter by Ids on "
            raise malformed(f"{words}ContentDocumentId or LinkedEntityId using = or IN.")
        rows = answered(asked, list(self.store.rows(asked.kind, deleted=deleted)), self.store.look)
        if asked.counts:
            return {"totalSize": len(rows), "done": True, "records": []}
        whole = [self._shown(asked, row, version, deleted) for row in rows]
        name = f"01g5g{len(self.pages):013}"
        self.pages[name] = whole
        return self._page(name, 0, request, version)

    def _page(self, name: str, start: int, request: Request, version: float) -> Any:
        rows, size = self.pages[name], int(self.settings["query_page"])
        wish = re.search(r"batchSize=(\d+)", request.headers.get("Sforce-Query-Options", ""))
        size = min(size, max(FEWEST, int(wish[1]))) if wish else size
        told: dict[str, Any] = {"totalSize": len(rows), "done": start + size >= len(rows)}
        if told["done"]:
            self.pages.pop(name)
        else:
            told["nextRecordsUrl"] = f"/services/data/v{version}/query/{name}-{start + size}"
        return told | {"records": rows[start : start + size]}

    def _shown(self, asked: Query, row: Row, version: float, deleted: bool) -> dict[str, Any]:
        told = _head(asked.kind, row, version)
        for steps in asked.paths:
            self._put(told, row, steps, version)
        for name, inside in asked.inside.items():
            children = [
                child
                for child in self.store.rows(inside.kind, deleted=deleted)
                if child[inside.via] == row["Id"]
            ]
            found = answered(inside, children, self.store.look)
            records = [self._shown(inside, child, version, deleted) for child in found]
            shown = {"totalSize": len(records), "done": True, "records": records}
            told[name] = shown if records else None
        return told

    def _put(self, told: dict[str, Any], row: Row, steps: list[Field], version: float) -> None:
        """A value at its place, below the records that lead to it."""
        at: Row | None = row
        for step in steps[:-1]:
            at = self.store.look(str(at[step.name])) if at and at[step.name] else None
            if at is None:
                told[step.relation] = None
                return
            kind = next(k for k in KINDS.values() if k.prefix == at["Id"][:3])
            told = told.setdefault(step.relation, _head(kind, at, version))
        told[steps[-1].name] = at.get(steps[-1].name) if at else None


def answered(asked: Query, rows: list[Row], look: Look) -> list[Row]:
    """The rows that a query wants, in its order."""
    found = [row for row in rows if asked.test(row)]
    for steps, down, last in reversed(asked.order):
        full = [row for row in found if value_of(row, steps, look) is not None]
        empty = [row for row in found if value_of(row, steps, look) is None]
        full.sort(key=lambda row: value_of(row, steps, look), reverse=down)  # noqa: B023
        found = full + empty if last else empty + full
    end = None if asked.limit is None else asked.offset + asked.limit
    return found[asked.offset : end]


def _head(kind: Kind, row: Row, version: float) -> dict[str, Any]:
    url = f"/services/data/v{version}/sobjects/{kind.name}/{row['Id']}"
    return {"attributes": {"type": kind.name, "url": url}}


def _described(field: Field) -> dict[str, Any]:
    words, fixed = field.words, {"auto", "once"}
    told: dict[str, Any] = {"name": field.name, "label": field.name, "type": field.kind}
    told |= {"length": field.length, "custom": field.name.endswith("__c")}
    told |= {"createable": "auto" not in words, "updateable": not fixed & words}
    told |= {"externalId": "key" in words, "unique": "key" in words}
    told |= {"filterable": "blind" not in words, "nillable": "needed" not in words}
    told |= {"caseSensitive": False, "referenceTo": list(field.targets)}
    picks = STATUSES if field.name == "Status" else PICKS.get(field.name, ())
    values = [{"value": one, "label": one, "active": True, "defaultValue": False} for one in picks]
    told |= {"restrictedPicklist": field.name in RESTRICTED, "defaultedOnCreate": False}
    return told | {"picklistValues": values}
