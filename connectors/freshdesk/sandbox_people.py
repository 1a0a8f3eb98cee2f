"""Freshdesk's people: agents with their API keys, and contacts."""

import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.freshdesk.sandbox_errors import bad_credentials, complaint, invalid, missing
from connectors.freshdesk.sandbox_forms import page, wish_of
from connectors.sandbox import answer, route, same

HUB, ANN, BEN, TEMP = 80000001001, 80000001002, 80000001003, 80000001004
GLOBAL, RESTRICTED = 1, 3
AGENTS: tuple[tuple[int, str, str, int], ...] = (
    (HUB, "Hub Integration", "hub@acme.example", GLOBAL),
    (ANN, "Ann Agent", "ann@acme.example", GLOBAL),
    (BEN, "Ben Berger", "ben@acme.example", GLOBAL),
    (TEMP, "Tim Temp", "tim@acme.example", RESTRICTED),
)
KEYS = {"freshdesk-sandbox-api-key": HUB, "freshdesk-sandbox-restricted-key": TEMP}
MARKS = ("email", "phone", "unique_external_id")  # each belongs to one contact at most
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
TAKEN = "It should be a unique value"


class People:
    """Everybody who is known to the account, and their ways in."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.ids = itertools.count(80000009001, 7)
        self.agents = {row[0]: self._agent(*row) for row in AGENTS}
        self.contacts: dict[int, dict[str, Any]] = {}

    def caller(self, request: Request) -> dict[str, Any]:
        """The agent whose API key came as the user name of basic authentication."""
        given = request.authorization
        key = (given.username or "") if given is not None and given.type == "basic" else ""
        for known, agent in KEYS.items():
            if same(known, key):
                return self.agents[agent]
        raise bad_credentials()

    def agent(self, who: str) -> dict[str, Any]:
        """The agent of that name or id; `ValueError` if there is none."""
        for agent in self.agents.values():
            if who in (agent["contact"]["name"], str(agent["id"])):
                return agent
        raise ValueError(f"{who} is not an agent")

    def name(self, number: int | None) -> str:
        """Who that is."""
        if number in self.agents:
            return str(self.agents[number]["contact"]["name"])
        return str(self.contacts[number]["name"]) if number in self.contacts else ""

    def known(self, wish: Mapping[str, Any]) -> dict[str, Any] | None:
        """The contact with one of these marks."""
        for mark in MARKS:
            value = str(wish.get(mark) or "").casefold()
            for contact in self.contacts.values():
                if value and value == str(contact[mark] or "").casefold():
                    return contact
        return None

    def requester(self, wish: Mapping[str, Any]) -> int:
        """The id of a ticket's requester, who becomes a contact if nobody has that mark."""
        number = wish.get("requester_id")
        if number is not None:
            if number not in self.contacts and number not in self.agents:
                told = "There is no contact matching the given requester_id"
                raise invalid(complaint("requester_id", told, "invalid_value"))
            return int(number)
        if not any(wish.get(mark) for mark in (*MARKS, "facebook_id", "twitter_id")):
            told = (
                "Please fill at least 1 of requester_id, phone, email, twitter_id, facebook_id, "
                "unique_external_id fields"
            )
            raise invalid(complaint("requester_id", told, "missing_field"))
        known = self.known(wish)
        if known is not None:
            return int(known["id"])
        if wish.get("phone") and not wish.get("email") and not wish.get("name"):
            raise invalid(complaint("name", "It should not be blank", "missing_field"))
        return int(self._add(wish)["id"])

    def _add(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        if wish.get("email") and not EMAIL.fullmatch(str(wish["email"])):
            told = "It should be in the 'valid email address' format"
            raise invalid(complaint("email", told, "invalid_value"))
        number, at = next(self.ids), self._stamp()
        name = wish.get("name") or wish.get("email") or wish.get("unique_external_id")
        contact = {mark: wish.get(mark) for mark in (*MARKS, "mobile", "address", "description")}
        contact |= {"id": number, "name": name or wish.get("phone"), "active": False}
        contact |= {"language": wish.get("language") or "en", "time_zone": "UTC", "tags": []}
        contact |= {"company_id": None, "job_title": wish.get("job_title"), "deleted": False}
        contact |= {"custom_fields": {}, "created_at": at, "updated_at": at}
        self.contacts[number] = contact
        return contact

    @route("GET /api/v2/agents/me")
    def me(self, request: Request) -> Any:
        return request.environ["sandbox.agent"]

    @route("GET /api/v2/agents/<int:agent_id>")
    def show_agent(self, _request: Request, agent_id: int) -> Any:
        if agent_id not in self.agents:
            raise missing()
        return self.agents[agent_id]

    @route("GET /api/v2/agents")
    def list_agents(self, request: Request) -> Response:
        wanted = request.args.get("email")
        rows = [a for a in self.agents.values() if wanted in (None, a["contact"]["email"])]
        return page(request, rows)

    @route("GET /api/v2/contacts/<int:contact_id>")
    def show(self, _request: Request, contact_id: int) -> Any:
        return self._contact(contact_id)

    @route("GET /api/v2/contacts")
    def list(self, request: Request) -> Response:
        asked = {name: request.args[name] for name in (*MARKS, "mobile") if name in request.args}
        return page(request, [c for c in self.contacts.values() if _has(c, asked)])

    @route("POST /api/v2/contacts", "upsert_user")
    def create(self, request: Request) -> Response:
        wish, _ = wish_of(request)
        if not wish.get("name"):
            raise invalid(complaint("name", "It should not be blank", "missing_field"))
        if not any(wish.get(mark) for mark in (*MARKS, "mobile", "twitter_id")):
            told = "Please fill at least 1 of email, mobile, phone, twitter_id fields"
            raise invalid(complaint("email", told, "missing_field"))
        self._check_free(wish, None)
        contact = self._add(wish)
        return answer(contact, 201, {"Location": f"{request.base_url}/{contact['id']}"})

    @route("PUT /api/v2/contacts/<int:contact_id>", "upsert_user")
    def change(self, request: Request, contact_id: int) -> Any:
        contact, (wish, _) = self._contact(contact_id), wish_of(request)
        self._check_free(wish, contact_id)
        contact |= {name: value for name, value in wish.items() if name in contact}
        return contact | {"updated_at": self._stamp()}

    def _contact(self, contact_id: int) -> dict[str, Any]:
        if contact_id not in self.contacts:
            raise missing()
        return self.contacts[contact_id]

    def _check_free(self, wish: Mapping[str, Any], own: int | None) -> None:
        for mark in MARKS:
            holder = self.known({mark: wish.get(mark)})
            if holder is not None and holder["id"] != own:
                told = complaint(mark, TAKEN, "duplicate_value")
                told["additional_info"] = {"user_id": holder["id"]}
                raise invalid(told, status=409)

    def _agent(self, number: int, name: str, email: str, scope: int) -> dict[str, Any]:
        at = self._stamp()
        person = {"active": True, "email": email, "job_title": None, "language": "en"}
        person |= {"last_login_at": at, "mobile": None, "name": name, "phone": None}
        person |= {"time_zone": "UTC", "created_at": at, "updated_at": at}
        agent: dict[str, Any] = {"id": number, "available": True, "occasional": False}
        agent |= {"ticket_scope": scope, "type": "support_agent", "signature": None}
        agent |= {"group_ids": [], "role_ids": [], "created_at": at, "updated_at": at}
        return agent | {"contact": person}

    def _stamp(self) -> str:
        return self.now().strftime("%Y-%m-%dT%H:%M:%SZ")


def _has(contact: Mapping[str, Any], asked: Mapping[str, Iterable[str]]) -> bool:
    return all(str(contact[n] or "").casefold() == str(v).casefold() for n, v in asked.items())
