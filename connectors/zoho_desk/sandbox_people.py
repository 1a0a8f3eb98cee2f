"""Zoho Desk's people: the agents of the account and its contacts."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.sandbox import route
from connectors.zoho_desk.sandbox_doors import ORG
from connectors.zoho_desk.sandbox_rules import body_of, invalid, listed, missing, query_of

HUB = "204000000001"  # the user behind the hub's tokens
NAMES = (("Escalation", "Hub"), ("Ann", "Agent"), ("Ben", "Berger"))
CONTACT = {
    **dict.fromkeys(("firstName", "lastName", "email", "phone", "mobile", "description"), str),
    "cf": dict,
}
DEPTH = 4999  # rows that a list can be walked


def name_of(person: Mapping[str, Any]) -> str:
    """First and last name."""
    return " ".join(part for part in (person["firstName"], person["lastName"]) if part)


class People:
    """Agents and contacts, and the routes that show them."""

    def __init__(self, stamp: Callable[[], str]) -> None:
        self.stamp = stamp
        self.contacts: dict[str, dict[str, Any]] = {}
        self.numbers = itertools.count(204000100001)
        self.agents: dict[str, dict[str, Any]] = {}
        for number, (first, last) in enumerate(NAMES, int(HUB)):
            mail = f"{first.lower()}@acme.example"
            self.agents[str(number)] = {
                **{"id": str(number), "firstName": first, "lastName": last, "emailId": mail},
                **{"name": f"{first} {last}", "status": "ACTIVE", "isConfirmed": True},
            }

    def agent(self, name: str) -> dict[str, Any]:
        """The agent of that name; `ValueError` for a stranger."""
        for agent in self.agents.values():
            if agent["name"] == name:
                return agent
        raise ValueError(f"no agent is called {name}")

    def contact_of(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        """The contact that a new ticket names: by id, or inline, reused by email."""
        if wish.get("contactId"):
            if wish["contactId"] not in self.contacts:
                raise invalid("contactId")
            return self.contacts[wish["contactId"]]
        inline = wish.get("contact")
        if not inline:
            raise invalid("contactId", kind="missing")
        strange = [f"contact/{name}" for name in inline if name not in CONTACT]
        empty = [f"contact/{name}" for name, value in inline.items() if value == ""]
        if strange or empty:
            raise invalid(*strange, *empty)
        if not inline.get("lastName"):
            raise invalid("contact/lastName", kind="missing")
        found = self.by_email(inline.get("email"))
        return found[0] if found else self._make(inline)

    def by_email(self, email: str | None) -> list[dict[str, Any]]:
        """The contacts with an email."""
        wanted = (email or "").casefold()
        every = self.contacts.values()
        return [c for c in every if wanted and (c["email"] or "").casefold() == wanted]

    def _make(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        number = str(next(self.numbers))
        told = {name: wish.get(name) for name in CONTACT} | {"id": number, "cf": wish.get("cf", {})}
        told |= {"createdTime": self.stamp(), "modifiedTime": self.stamp(), "type": None}
        self.contacts[number] = told
        return told

    @route("GET /api/v1/organizations")
    def organizations(self, _request: Request) -> Any:
        org = {"id": ORG, "companyName": "Acme", "portalName": "acme", "isDefault": True}
        return {"data": [org | {"edition": "ENTERPRISE", "isAdminInOrg": True}]}

    @route("GET /api/v1/myinfo")
    def myinfo(self, _request: Request) -> Any:
        return self.agents[HUB]

    @route("GET /api/v1/contacts/search")
    def search(self, request: Request) -> Response:
        names = ("email", "phone", "lastName", "firstName", "from", "limit", "sortBy")
        asked = query_of(request, *names)
        rows = [c for c in self.contacts.values() if _matches(c, asked)]
        return listed(asked, rows, most=100, depth=DEPTH)

    @route("GET /api/v1/contacts/<contact_id>")
    def show(self, _request: Request, contact_id: str) -> Any:
        if contact_id not in self.contacts:
            raise missing()
        return self.contacts[contact_id]

    @route("POST /api/v1/contacts")
    def create(self, request: Request) -> Any:
        return self._make(body_of(request, CONTACT, "lastName"))


def _matches(contact: Mapping[str, Any], asked: Mapping[str, str]) -> bool:
    names = [name for name in ("email", "phone", "lastName", "firstName") if name in asked]
    return all((contact[n] or "").casefold() == asked[n].casefold() for n in names)
