"""HubSpot's object routes: create, read, list, search, update, archive, merge, batches."""

from collections.abc import Iterable, Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.hubspot.sandbox_errors import bad, missing
from connectors.hubspot.sandbox_records import Actor, Record, Records
from connectors.hubspot.sandbox_schema import KINDS, NAMES, dated
from connectors.hubspot.sandbox_search import search, shown_names
from connectors.hubspot.sandbox_shown import (
    history,
    inputs_of,
    linked,
    page_of,
    show,
    wish_of,
    words_of,
)
from connectors.hubspot.sandbox_story import Story
from connectors.hubspot.sandbox_times import iso
from connectors.sandbox import answer, route

OBJECTS = "/crm/objects"
ONE = f"{OBJECTS}/<kind>/<value>"
APP = Actor("INTEGRATION", "1160452")
PRIORITY = "hs_ticket_priority"


class ObjectRoutes:
    """What the CRM API offers on tickets, contacts, notes and emails."""

    def __init__(self, records: Records, story: Story, settings: Mapping[str, float]) -> None:
        self.records = records
        self.story = story
        self.settings = settings

    @route(f"POST {OBJECTS}/contacts")
    def create_contact(self, request: Request) -> Response:
        return answer(self._create(request, "contacts", wish_of(request)), 201)

    @route(f"POST {OBJECTS}/tickets", "create_ticket")
    def create_ticket(self, request: Request) -> Response:
        return answer(self._create(request, "tickets", wish_of(request)), 201)

    @route(f"POST {OBJECTS}/notes", "add_note", "attach")
    def create_note(self, request: Request) -> Response:
        return answer(self._create(request, "notes", wish_of(request)), 201)

    @route(f"POST {OBJECTS}/emails", "append_message", "attach")
    def create_email(self, request: Request) -> Response:
        return answer(self._create(request, "emails", wish_of(request)), 201)

    def _create(self, request: Request, kind: str, wish: Mapping[str, Any]) -> Any:
        strict = kind == "tickets" and dated(request.path) and self.settings["validation_rules"]
        required = PRIORITY if strict else ""
        links, properties = wish.get("associations", []), wish.get("properties")
        try:
            record = self.records.create(kind, properties or {}, links, APP, required)
        except (KeyError, TypeError, ValueError) as problem:
            raise bad(f"Invalid input JSON: {problem!r}") from None
        self.story.created(record, APP)
        return show(record, (*shown_names(kind), *(properties or {})))

    @route(f"POST {OBJECTS}/notes/batch/create", "add_note", "attach")
    def create_notes(self, request: Request) -> Response:
        return self._create_batch(request, "notes")

    @route(f"POST {OBJECTS}/emails/batch/create", "append_message", "attach")
    def create_emails(self, request: Request) -> Response:
        return self._create_batch(request, "emails")

    def _create_batch(self, request: Request, kind: str) -> Response:
        made = [self._create(request, kind, one) for one in inputs_of(request)]
        return answer(self.batch(made), 201)

    @route(f"POST {OBJECTS}/contacts/batch/upsert")
    def upsert_contacts(self, request: Request) -> Any:
        return self._upsert(request, "contacts")

    @route(f"POST {OBJECTS}/tickets/batch/upsert", "create_ticket", "set_status", "assign")
    def upsert_tickets(self, request: Request) -> Any:
        return self._upsert(request, "tickets")

    def _upsert(self, request: Request, kind: str) -> Any:
        """By a unique property; associations cannot be given, and what exists is overwritten."""
        told = []
        for one in inputs_of(request):
            name, value = str(one.get("idProperty")), str(one.get("id"))
            record = self.records.by(kind, name, value)
            wish = dict(one.get("properties") or {}) | {name: value}
            if record is None:
                shown = self._create(request, kind, {"properties": wish, "associations": []})
                told.append(shown | {"new": True})
            else:
                told.append(self._change(record, wish) | {"new": False})
        return self.batch(told)

    @route(f"GET {OBJECTS}/<kind>")
    def list(self, request: Request, kind: str) -> Any:
        """Everything, without lag and without a filter; archived objects on demand."""
        limit, after = page_of(request)
        gone = request.args.get("archived") == "true"
        everything = self._all(kind).values()
        rows = [r for r in everything if not r.merged_into and bool(r.archived) == gone]
        rows = [r for r in rows if int(r.id) > after]
        told: dict[str, Any] = {"results": [self._shown(request, r) for r in rows[:limit]]}
        if len(rows) > limit:
            told["paging"] = {"next": {"after": rows[limit - 1].id, "link": request.base_url}}
        return told

    @route(f"GET {ONE}")
    def read(self, request: Request, kind: str, value: str) -> Any:
        if request.args.get("archived") == "true":
            record = self._all(kind).get(value)
            if record is None or not record.archived:
                raise missing()
            return self._shown(request, record)
        return self._shown(request, self._found(request, kind, value))

    def _found(self, request: Request, kind: str, value: str) -> Record:
        self._all(kind)
        return self.records.find(kind, value, request.args.get("idProperty", ""))

    def _all(self, kind: str) -> dict[str, Record]:
        if kind not in KINDS:
            raise bad(f"Unable to infer object type from: {kind}")
        return self.records.all[kind]

    def _shown(self, request: Request, record: Record) -> dict[str, Any]:
        asked = words_of(request, "properties")
        shown = show(record, (*shown_names(record.kind), *asked))
        if traced := words_of(request, "propertiesWithHistory"):
            shown["propertiesWithHistory"] = {name: history(record, name) for name in traced}
        kinds = [NAMES.get(kind, kind) for kind in words_of(request, "associations")]
        if kinds:
            shown["associations"] = {k: linked(record, k) for k in kinds if record.linked(k)}
        return shown

    @route(f"POST {OBJECTS}/<kind>/search")
    def search(self, request: Request, kind: str) -> Any:
        self._all(kind)
        wish = wish_of(request)
        try:
            found = search(self.records, kind, wish, request.get_data(as_text=True))
        except (KeyError, TypeError, AttributeError) as problem:
            raise bad(f"Invalid input JSON: {problem!r}") from None
        names = (*shown_names(kind), *(wish.get("properties") or ()))
        told = {"total": found["total"]}
        told["results"] = [show(record, names, values) for record, values in found["rows"]]
        if found["after"]:
            told["paging"] = {"next": {"after": found["after"]}}
        return told

    @route(f"POST {OBJECTS}/<kind>/batch/read")
    def read_batch(self, request: Request, kind: str) -> Any:
        self._all(kind)
        wish, told = wish_of(request), []
        names = (*shown_names(kind), *(wish.get("properties") or ()))
        traced = wish.get("propertiesWithHistory") or ()
        for one in inputs_of(request):
            record = self._readable(kind, str(one.get("id")), str(wish.get("idProperty") or ""))
            if record:
                shown = show(record, names)
                if traced:
                    shown["propertiesWithHistory"] = {n: history(record, n) for n in traced}
                told.append(shown)
        return self.batch(told)

    def _readable(self, kind: str, value: str, name: str) -> Record | None:
        if name not in ("", "hs_object_id"):
            return self.records.by(kind, name, value)
        record = self.records.all[kind].get(value)
        return None if record is None or record.archived else record

    @route(f"PATCH {OBJECTS}/tickets/<value>", "set_status", "assign")
    def update_ticket(self, request: Request, value: str) -> Any:
        return self._update(request, "tickets", value)

    @route(f"PATCH {ONE}")
    def update(self, request: Request, kind: str, value: str) -> Any:
        return self._update(request, kind, value)

    def _update(self, request: Request, kind: str, value: str) -> Any:
        record = self._found(request, kind, value)
        return self._change(record, wish_of(request).get("properties") or {})

    def _change(self, record: Record, wish: Mapping[str, Any]) -> Any:
        before = dict(record.values)
        changed = self.records.update(record, wish, APP)
        self.story.changed(record, changed, before, APP)
        return show(record, (*shown_names(record.kind), *wish))

    @route(f"DELETE {OBJECTS}/<kind>/<value>", "delete")
    def archive(self, _request: Request, kind: str, value: str) -> Response:
        record = self._all(kind).get(value)
        if record is not None and not record.archived:
            self.story.archive(record, APP)
        return Response(status=204)

    @route(f"POST {OBJECTS}/tickets/merge", "merge")
    def merge(self, request: Request) -> Any:
        wish = wish_of(request)
        into = self.records.find("tickets", str(wish.get("primaryObjectId")))
        gone = self.records.find("tickets", str(wish.get("objectIdToMerge")))
        if into is gone:
            raise bad("an object cannot be merged with itself")
        self.story.merge(gone, into, APP)
        return show(into, shown_names("tickets"))

    def batch(self, results: Iterable[Any]) -> dict[str, Any]:
        """The answer to a batch."""
        at = iso(self.records.now())
        times = {"startedAt": at, "completedAt": at}
        return {"status": "COMPLETE", "results": [*results], **times}
