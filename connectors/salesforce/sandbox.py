"""Salesforce Service Cloud in memory, from the vendor's facts: Cases by REST and SOQL, OAuth.

The org `acme` has one custom field on Case, the external id `Hub_Key__c`, statuses of its own, and
a default case owner, who gets every case that is written without `Sforce-Auto-Assign: FALSE`.
Outbound Messages are set up by hand for Case and Case Comment. Not the vendor's: no describe of
page layouts, no SOSL, no Pub/Sub API; and the daily allowance ends with a reset.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from connectors.salesforce.sandbox_api import RecordRoutes
from connectors.salesforce.sandbox_checks import Deed, Row
from connectors.salesforce.sandbox_composite import Composite
from connectors.salesforce.sandbox_contract import AGENTS, DOMAIN, harness
from connectors.salesforce.sandbox_doors import CLIENTS, HIDDEN, HUB, LIMITED, ORG, Doors, key_pair
from connectors.salesforce.sandbox_errors import missing, refusal, refused
from connectors.salesforce.sandbox_outbound import Outbound
from connectors.salesforce.sandbox_reads import NEWEST, OLDEST, Reads
from connectors.salesforce.sandbox_schema import KEY_FIELD, KINDS, STATUSES
from connectors.salesforce.sandbox_shown import case_of
from connectors.salesforce.sandbox_store import Store
from connectors.salesforce.sandbox_story import Story
from connectors.sandbox import Case, Held, Refused, Route, SandboxDesk, answer, route

OPEN_TO_ALL = ("/services/oauth2/token", "/services/data")
DATA = "/services/data/v"


class SalesforceSandbox(SandboxDesk):
    """One org, `acme`."""

    name = "salesforce"
    title = "Salesforce"
    words = tuple(STATUSES)
    agents = AGENTS
    SETTINGS: Mapping[str, tuple[float, str]] = {
        "calls_per_day": (100_000, "calls in 24 hours, whole org: Enterprise without licences"),
        "session_seconds": (7200, "how long a session may be idle"),
        "query_page": (2000, "rows of a page of a query's answer"),
        "file_bytes": (37.5 * 1024 * 1024, "largest file in a request"),
        "ack_retry": (60, "seconds until an outbound message without Ack comes again; doubles"),
        "reply_by_email": (0, "1: agents answer with emails instead of published comments"),
    }
    outbound: Outbound | None = None

    def reset(self) -> None:
        if self.outbound is not None:
            self.outbound.over = True
        self.store = Store(self.now, self.settings)
        self.outbound = Outbound(self.store.ids, self.settings, self.send, lambda: self.url)
        self.doors = Doors(self.now, self.settings, self.record, lambda: self.url)
        self.story = Story(self.store, self.outbound, self.record)
        self.records = RecordRoutes(self.store, self.story)
        self.reads = Reads(self.store, self.doors, self.settings)
        self.batch = Composite(self.store, self.story, self._part)
        self._people()

    def _people(self) -> None:
        self.staff = {}
        for user, name in ((HUB, "Hub Integration"), (LIMITED, "Limited Integration")):
            self.doors.users[user] = self._user(name, user)
        for name in AGENTS:
            self.staff[name] = self._user(name, f"{name.split()[0].lower()}@acme.example")
        queue = {"Name": "Support", "DeveloperName": "Support", "Type": "Queue"}
        self.store.default_owner = self.store.plant(KINDS["Group"], queue)["Id"]
        kind = {"Name": "Escalation", "DeveloperName": "Escalation", "SobjectType": "Case"}
        self.store.plant(KINDS["RecordType"], kind | {"IsActive": True})
        for order, (word, closed) in enumerate(STATUSES.items(), 1):
            fields = {"ApiName": word, "MasterLabel": word, "IsClosed": closed}
            fields |= {"SortOrder": order, "IsDefault": order == 1}
            self.store.plant(KINDS["CaseStatus"], fields)
        about = {"Name": "Acme", "InstanceName": "EU42", "OrganizationType": "Enterprise Edition"}
        org = self.store.plant(KINDS["Organization"], about | {"Id": ORG})
        self.store.tables["Organization"] = {ORG: org}

    def _user(self, name: str, email: str) -> str:
        fields = {"Name": name, "Username": email, "Email": email, "IsActive": True}
        return str(self.store.plant(KINDS["User"], fields | {"UserType": "Standard"})["Id"])

    def parts(self) -> Iterable[object]:
        return (self, self.doors, self.records, self.reads, self.batch)

    def accounts(self) -> list[dict[str, Any]]:
        here = {"my_domain": DOMAIN, "base_url": self.url}
        notes = {HUB: "all rights", LIMITED: f"does not see {KEY_FIELD}"}
        found = [
            {
                "name": f"External Client App {client}",
                "note": notes[user],
                "config": here | {"client_id": client, "client_secret": secret},
            }
            for client, (secret, user) in CLIENTS.items()
        ]
        client = next(iter(CLIENTS))
        signed = {"client_id": client, "username": HUB, "private_key": key_pair()[0]}
        note = "signs in with a certificate's key"
        return [*found, {"name": f"JWT as {HUB}", "note": note, "config": here | signed}]

    def admit(self, request: Request, found: Route) -> None:
        path = request.path.removeprefix(f"/{self.name}").rstrip("/")
        if path in OPEN_TO_ALL:
            return
        user = self.doors.enter(request)
        request.environ["sandbox.user"] = user
        request.environ["sandbox.user_id"] = self.doors.users[user]
        request.environ["sandbox.hidden"] = HIDDEN.get(user, frozenset())
        if path.startswith(DATA):
            _check_version(float(path.removeprefix(DATA).partition("/")[0]))

    def _part(self, request: Request) -> Response:
        """A request that is part of a composite: admitted with it."""
        found, function, values = self.find(request.method, request.path)
        try:
            made = function(request, **values)
        except Refused as no:
            return no.answer
        return made if isinstance(made, Response) else answer(made)

    def finish(self, request: Request, found: Route, made: Response) -> Response:
        if found.path.startswith("/services/data"):
            made.headers["Sforce-Limit-Info"] = self.doors.usage
        return made

    def refusal(self, status: int, words: str) -> Response:
        return refusal(status, words)

    def expire_tokens(self) -> None:
        self.doors.sessions.clear()

    def person_registers(self, url: str, secret: str) -> None:
        assert self.outbound is not None
        self.outbound.register(url, secret)

    @route("GET /lightning/r/Case/<record_id>/view", public=True)
    @route("GET /lightning/r/<record_id>/view", public=True)
    @route("GET /<record_id>", public=True)
    def deep_link(self, _request: Request, record_id: str) -> Response:
        """Where Salesforce's own link to a case leads: here, to the sandbox's page."""
        if self.store.look(record_id) is None:
            raise missing()
        return redirect(f"{self.url}/_agent/{record_id}")

    def cases(self) -> Sequence[Case]:
        rows = sorted(
            self.store.rows(KINDS["Case"], deleted=True),
            key=lambda row: (row["SystemModstamp"], row["_step"]),
            reverse=True,
        )
        return [case_of(self.store, row, self._integrations()) for row in rows]

    def case(self, ticket_id: str) -> Case:
        return case_of(self.store, self._row(ticket_id), self._integrations(), whole=True)

    def _integrations(self) -> set[str]:
        return set(self.doors.users.values())

    def _row(self, ticket_id: str) -> Row:
        row = self.store.look(ticket_id) if ticket_id.startswith("500") else None
        if row is None:
            raise KeyError(ticket_id)
        return row

    def agent_writes(
        self, ticket_id: str, text: str, *, public: bool, by: str, files: Sequence[Held] = ()
    ) -> str:
        row, deed = self._living(ticket_id), self._deed(by)
        if public and self.settings["reply_by_email"]:
            fields = {"ParentId": row["Id"], "TextBody": text, "FromName": by, "Status": "3"}
            made = self.story.insert(KINDS["EmailMessage"], fields, deed)
        else:
            fields = {"ParentId": row["Id"], "CommentBody": text, "IsPublished": public}
            made = self.story.insert(KINDS["CaseComment"], fields, deed)
        for file in files:
            self._upload(row, file, deed, "AllUsers" if public else "InternalUsers")
        return str(made["Id"])

    def _upload(self, row: Row, file: Held, deed: Deed, visibility: str) -> None:
        data = base64.b64encode(file.data).decode()
        fields = {"PathOnClient": file.name, "Title": file.name, "VersionData": data}
        fields["FirstPublishLocationId"] = row["Id"]
        made = self.story.insert(KINDS["ContentVersion"], fields, deed)
        for link in self.store.rows(KINDS["ContentDocumentLink"]):
            if link["ContentDocumentId"] == made["ContentDocumentId"]:
                link["Visibility"] = visibility

    def agent_sets_status(self, ticket_id: str, word: str, *, by: str) -> None:
        self._update(ticket_id, {"Status": word}, by)

    def agent_assigns(self, ticket_id: str, to: str, *, by: str) -> None:
        if to not in self.staff:
            raise ValueError(f"{to!r} is none of {', '.join(self.staff)}")
        self._update(ticket_id, {"OwnerId": self.staff[to]}, by)

    def agent_deletes(self, ticket_id: str, *, by: str) -> None:
        self.story.delete(self._living(ticket_id), self._deed(by))

    def agent_merges(self, ticket_id: str, into: str, *, by: str) -> None:
        one, other = self._living(ticket_id), self._living(into)
        if one is other:
            raise refused("INVALID_FIELD", "a case cannot be merged into itself")
        self.story.merge(one, other, self._deed(by))

    def _living(self, ticket_id: str) -> Row:
        return self.store.found(KINDS["Case"], self._row(ticket_id)["Id"])

    def _update(self, ticket_id: str, wish: dict[str, Any], by: str) -> None:
        self.story.update(KINDS["Case"], self._living(ticket_id), wish, self._deed(by))

    def _deed(self, by: str) -> Deed:
        return Deed(user=self.staff.get(by, self.staff[AGENTS[0]]), by_agent=True)


SANDBOX = SalesforceSandbox
__all__ = ["SANDBOX", "SalesforceSandbox", "harness"]


def _check_version(version: float) -> None:
    if version < OLDEST:
        words = "Version not supported: the API version has been retired"
        raise refused("UNSUPPORTED_API_VERSION", words, status=410)
    if version > NEWEST:
        raise missing()
