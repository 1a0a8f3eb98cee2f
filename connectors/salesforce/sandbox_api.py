"""Salesforce's REST API: records, external ids, queries, replication, files."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.salesforce.sandbox_checks import Deed, Row
from connectors.salesforce.sandbox_errors import missing, refused
from connectors.salesforce.sandbox_schema import KINDS, Kind
from connectors.salesforce.sandbox_store import Store
from connectors.salesforce.sandbox_story import Story
from connectors.salesforce.sandbox_values import stamp
from connectors.sandbox import answer, route

V = "/services/data/v<float:version>"
ONE = f"{V}/sobjects/<name>/<record_id>"
WRITES = ("append_message", "add_note")
REPLICATION = timedelta(days=30)


class RecordRoutes:
    """What the REST API does with records."""

    def __init__(self, store: Store, story: Story) -> None:
        self.store = store
        self.story = story

    @route(f"POST {V}/sobjects/Case", "create_ticket")
    def create_case(self, request: Request, version: float) -> Response:
        return self._created(KINDS["Case"], wish_of(request), request)

    @route(f"POST {V}/sobjects/CaseComment", *WRITES)
    def create_comment(self, request: Request, version: float) -> Response:
        return self._created(KINDS["CaseComment"], wish_of(request), request)

    @route(f"POST {V}/sobjects/EmailMessage", *WRITES)
    def create_email(self, request: Request, version: float) -> Response:
        return self._created(KINDS["EmailMessage"], wish_of(request), request)

    @route(f"POST {V}/sobjects/FeedItem", *WRITES)
    def create_post(self, request: Request, version: float) -> Response:
        return self._created(KINDS["FeedItem"], wish_of(request), request)

    @route(f"POST {V}/sobjects/ContentVersion", "attach")
    def create_version(self, request: Request, version: float) -> Response:
        """A file as base64 in JSON, or as a part of its own beside `entity_content`."""
        if request.mimetype != "multipart/form-data":
            return self._created(KINDS["ContentVersion"], wish_of(request), request)
        wish = _object(request.form.get("entity_content") or request.files["entity_content"].read())
        data = request.files["VersionData"]
        wish["VersionData"] = base64.b64encode(data.read()).decode()
        wish.setdefault("PathOnClient", data.filename)
        return self._created(KINDS["ContentVersion"], wish, request)

    @route(f"POST {V}/sobjects/<name>")
    def create(self, request: Request, version: float, name: str) -> Response:
        return self._created(_kind(name), wish_of(request), request)

    def _created(self, kind: Kind, wish: Mapping[str, Any], request: Request) -> Response:
        row = self.story.insert(kind, wish, deed(request))
        return answer({"id": row["Id"], "success": True, "errors": []}, 201)

    @route(f"GET {ONE}")
    def show(self, request: Request, version: float, name: str, record_id: str) -> Any:
        kind = _kind(name)
        return self._shown(kind, self.store.found(kind, record_id), request, version)

    @route(f"PATCH {V}/sobjects/Case/<record_id>", "set_status", "assign")
    def update_case(self, request: Request, version: float, record_id: str) -> Response:
        made: Response = self.update(request, version, "Case", record_id)
        return made

    @route(f"PATCH {ONE}")
    def update(self, request: Request, version: float, name: str, record_id: str) -> Response:
        kind = _kind(name)
        row = self.store.found(kind, record_id)
        self.story.update(kind, row, wish_of(request), deed(request))
        return Response(status=204)

    @route(f"DELETE {ONE}", "delete")
    def delete(self, request: Request, version: float, name: str, record_id: str) -> Response:
        self.story.delete(self.store.found(_kind(name), record_id), deed(request))
        return Response(status=204)

    @route(f"GET {V}/sobjects/<name>/<field>/<value>")
    def show_by_key(
        self, request: Request, version: float, name: str, field: str, value: str
    ) -> Any:
        kind = _kind(name)
        self._visible(request, field)
        row = self.store.by_key(kind, field, value)
        if row is None:
            raise missing()
        return self._shown(kind, row, request, version)

    @route(f"PATCH {V}/sobjects/Case/<field>/<value>", "create_ticket", "set_status", "assign")
    def upsert_case(self, request: Request, version: float, field: str, value: str) -> Response:
        made: Response = self.upsert(request, version, "Case", field, value)
        return made

    @route(f"PATCH {V}/sobjects/<name>/<field>/<value>")
    def upsert(
        self, request: Request, version: float, name: str, field: str, value: str
    ) -> Response:
        """Made with 201, or changed with 200; the body must not repeat the field."""
        kind, wish = _kind(name), wish_of(request)
        self._visible(request, field)
        row = self.store.by_key(kind, field, value)
        if field in wish:
            words = f"The {field} field should not be specified in the sobject data."
            raise refused("INVALID_FIELD", words, [field])
        if row is None and request.args.get("updateOnly", "").casefold() == "true":
            raise missing()
        if row is not None:
            self.story.update(kind, row, wish, deed(request))
            told = {"id": row["Id"], "success": True, "errors": [], "created": False}
            return answer(told, 200)
        row = self.story.insert(kind, wish | {field: value}, deed(request))
        return answer({"id": row["Id"], "success": True, "errors": [], "created": True}, 201)

    @route(f"GET {V}/sobjects/ContentVersion/<record_id>/VersionData")
    def download(self, _request: Request, version: float, record_id: str) -> Response:
        row = self.store.found(KINDS["ContentVersion"], record_id)
        data = self.store.files[row["Id"]]
        return Response(data, content_type="application/octet-stream")

    @route(f"GET {V}/sobjects/<name>/updated")
    def updated(self, request: Request, version: float, name: str) -> Any:
        start, end = self._span(request)
        rows = self.store.rows(_kind(name))
        ids = [row["Id"] for row in rows if start <= row["SystemModstamp"] < end]
        return {"ids": ids, "latestDateCovered": end}

    @route(f"GET {V}/sobjects/<name>/deleted")
    def deleted(self, request: Request, version: float, name: str) -> Any:
        start, end = self._span(request)
        rows = [row for row in self.store.rows(_kind(name), deleted=True) if row["IsDeleted"]]
        gone = [
            {"id": row["Id"], "deletedDate": row["SystemModstamp"]}
            for row in rows
            if start <= row["SystemModstamp"] < end
        ]
        return {"deletedRecords": gone, "earliestDateAvailable": start, "latestDateCovered": end}

    def _span(self, request: Request) -> tuple[str, str]:
        """Start and end, their seconds cut off."""
        start, end = (stamp(request.args.get(name, "")) for name in ("start", "end"))
        cut = [f"{time[:16]}:00.000+0000" for time in (start, end)]
        then, now = datetime.fromisoformat(start), self.store.now()
        if cut[0] >= cut[1] or now - then > REPLICATION:
            words = "startDate must be before endDate, a minute at least, and 30 days ago at most"
            raise refused("INVALID_REPLICATION_DATE", words)
        return cut[0], cut[1]

    def _visible(self, request: Request, field: str) -> None:
        if field in deed(request).hidden:
            raise missing("Provided external ID field does not exist or is not accessible")

    def _shown(self, kind: Kind, row: Row, request: Request, version: float) -> dict[str, Any]:
        hidden = deed(request).hidden
        wanted = [name for name in request.args.get("fields", "").split(",") if name]
        for name in wanted:
            if name not in kind.fields or name in hidden:
                raise refused("INVALID_FIELD", f"No such column '{name}' on entity '{kind.name}'.")
        url = f"/services/data/v{version}/sobjects/{kind.name}/{row['Id']}"
        told: dict[str, Any] = {"attributes": {"type": kind.name, "url": url}}
        names = ["Id", *wanted] if wanted else kind.fields
        return told | {n: row.get(n) for n in names if n not in hidden and _seen(kind, n)}


def deed(request: Request) -> Deed:
    """Who asks, and what the headers of the request say."""
    known = request.environ
    return Deed(
        user=known["sandbox.user_id"],
        hidden=known["sandbox.hidden"],
        assigns=request.headers.get("Sforce-Auto-Assign", "TRUE").casefold() != "false",
        duplicates="allowsave=true"
        in request.headers.get("Sforce-Duplicate-Rule-Header", "").casefold().replace(" ", ""),
    )


def _seen(kind: Kind, name: str) -> bool:
    return not {"hidden"} & kind.fields[name].words and kind.fields[name].kind != "base64"


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise missing()
    return KINDS[name]


def wish_of(request: Request) -> dict[str, Any]:
    """The JSON object that a request carries."""
    return _object(request.get_data())


def _object(text: str | bytes) -> dict[str, Any]:
    try:
        wish = json.loads(text)
    except ValueError:
        raise refused("JSON_PARSER_ERROR", "The HTTP entity body must be valid JSON.") from None
    if not isinstance(wish, dict):
        raise refused("JSON_PARSER_ERROR", "The HTTP entity body must be a JSON object.")
    wish.pop("attributes", None)
    return wish
