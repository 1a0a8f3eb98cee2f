"""HubSpot's association routes."""

from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.hubspot.sandbox_errors import bad
from connectors.hubspot.sandbox_objects import APP
from connectors.hubspot.sandbox_records import Record, Records
from connectors.hubspot.sandbox_schema import TYPES
from connectors.hubspot.sandbox_shown import inputs_of
from connectors.hubspot.sandbox_story import Story
from connectors.hubspot.sandbox_times import iso
from connectors.sandbox import answer, route

FROM = "/crm/objects/<kind>/<one>/associations"


class LinkRoutes:
    """What stands with what."""

    def __init__(self, records: Records, story: Story) -> None:
        self.records = records
        self.story = story

    @route(f"GET {FROM}/<to>")
    def list(self, _request: Request, kind: str, one: str, to: str) -> Any:
        _known(kind, to)
        record = self.records.find(kind, one)
        return {"results": [_link(record, to, number) for number in self._live(record, to)]}

    def _live(self, record: Record, to: str) -> Any:
        return [one for one in record.linked(to) if not self.records.all[to][one].archived]

    @route(f"PUT {FROM}/default/<to>/<other>", "associate")
    def associate(self, _request: Request, kind: str, one: str, to: str, other: str) -> Any:
        _known(kind, to)
        record, there = self.records.find(kind, one), self.records.find(to, other)
        self._link(record, there, None)
        at = iso(self.records.now())
        spec = {
            "associationCategory": "HUBSPOT_DEFINED",
            "associationTypeId": TYPES[kind, to][0],
        }
        made = {"from": {"id": record.id}, "to": {"id": there.id}, "associationSpec": spec}
        return {"status": "COMPLETE", "results": [made], "startedAt": at, "completedAt": at}

    @route(f"PUT {FROM}/<to>/<other>", "associate")
    def label(self, request: Request, kind: str, one: str, to: str, other: str) -> Response:
        _known(kind, to)
        record, there = self.records.find(kind, one), self.records.find(to, other)
        for spec in request.get_json(force=True, silent=True) or ():
            number = int(spec["associationTypeId"])
            if number not in TYPES[kind, to]:
                raise bad(f"association type {number} is not defined for {kind} to {to}")
            self._link(record, there, number)
        told = {"fromObjectTypeId": kind, "fromObjectId": record.id, "labels": []}
        return answer(told | {"toObjectTypeId": to, "toObjectId": there.id}, 201)

    def _link(self, record: Record, there: Record, number: int | None) -> None:
        new = there.id not in record.linked(there.kind)
        self.records.link(record, there, number)
        ticket, other = (record, there) if record.kind == "tickets" else (there, record)
        if new and ticket.kind == "tickets":
            self.story.associated(ticket, other, APP)

    @route("POST /crm/associations/<kind>/<to>/batch/read")
    def read_batch(self, request: Request, kind: str, to: str) -> Any:
        """Version 4 and later tell `toObjectId`, version 3 `id`: here both."""
        _known(kind, to)
        told = []
        for asked in inputs_of(request):
            record = self.records.all[kind].get(str(asked.get("id")))
            if record and (linked := self._live(record, to)):
                rows = [_link(record, to, one) | {"id": one} for one in linked]
                told.append({"from": {"id": record.id}, "to": rows})
        at = iso(self.records.now())
        return {"status": "COMPLETE", "results": told, "startedAt": at, "completedAt": at}


def _known(kind: str, to: str) -> None:
    if (kind, to) not in TYPES:
        raise bad(f"there is no association of {kind} with {to}")


def _link(record: Record, to: str, number: str) -> dict[str, Any]:
    types = [
        {"category": "HUBSPOT_DEFINED", "typeId": one, "label": None}
        for one in sorted(record.links[to][number])
    ]
    return {"toObjectId": int(number), "associationTypes": types}
