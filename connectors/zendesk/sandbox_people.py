"""Zendesk's users: agents, customers, and those that a ticket's requester brings."""

import itertools
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Request

from connectors.sandbox import answer, route
from connectors.zendesk.sandbox_errors import bad, invalid, missing

ADMIN, AGENT, SECOND, SUSPENDED = 8447320000001, 8447320000002, 8447320000003, 8447320000004
USERS = (
    (ADMIN, "Hub Integration", "hub@acme.example", "admin"),
    (AGENT, "Ann Agent", "ann@acme.example", "agent"),
    (SECOND, "Ben Berger", "ben@acme.example", "agent"),
    (SUSPENDED, "Sid Suspended", "suspended@customer.example", "end-user"),
)


class People:
    """Everybody who is known to the account, and their ways in."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.ids = itertools.count(8447388000000, 61)
        self.users: dict[int, dict[str, Any]] = {}
        self.by_email: dict[str, int] = {}
        self.by_external: dict[str, int] = {}
        for user_id, name, email, role in USERS:
            self.add({"name": name, "email": email}, role=role, user_id=user_id)
        self.users[SUSPENDED]["suspended"] = True

    def add(
        self, wish: dict[str, Any], *, role: str = "end-user", user_id: int | None = None
    ) -> dict[str, Any]:
        """A new user."""
        at = self.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        user: dict[str, Any] = {"id": user_id or next(self.ids), "email": None, "phone": None}
        user |= {"external_id": None, "locale_id": 1, "suspended": False, "verified": False}
        user |= {"active": True, "role": role, "created_at": at, "updated_at": at}
        user |= {"name": "", "tags": [], "time_zone": "UTC"}
        self.users[user["id"]] = user
        self.change(user, wish)
        return user

    def change(self, user: dict[str, Any], wish: dict[str, Any]) -> None:
        """Take over what may be changed of a user."""
        names = ("name", "email", "phone", "external_id", "locale_id", "tags")
        user |= {name: wish[name] for name in names if wish.get(name) is not None}
        if user["email"]:
            self.by_email[str(user["email"]).casefold()] = user["id"]
        if user["external_id"]:
            self.by_external[str(user["external_id"])] = user["id"]

    def known(self, wish: dict[str, Any]) -> dict[str, Any] | None:
        """The user with that e-mail address or external id."""
        found = self.by_email.get(str(wish.get("email") or "").casefold())
        found = found or self.by_external.get(str(wish.get("external_id") or ""))
        return self.users[found] if found else None

    def agent(self, who: Any) -> dict[str, Any]:
        """The agent with that id, e-mail address or name."""
        for user in self.users.values():
            staff = user["role"] != "end-user"
            if staff and who in (user["id"], str(user["id"]), user["email"], user["name"]):
                return user
        raise invalid("assignee", f"Assignee: {who} is not an agent")

    def requester(self, wish: dict[str, Any], caller: Mapping[str, Any]) -> dict[str, Any]:
        """The requester that a ticket's wish names, new if need be; by default its caller."""
        asked, number = wish.get("requester") or {}, wish.get("requester_id")
        if number:
            if number not in self.users:
                raise invalid("requester", "Requester: is invalid")
            user = self.users[number]
        elif asked:
            user = self.known(asked) or self._new_requester(asked)
        else:
            user = self.users[caller["id"]]
        if user["suspended"]:
            told = f"Requester: {user['name']} is suspended."
            raise invalid("requester", told, "UserSuspended")
        return user

    def _new_requester(self, asked: dict[str, Any]) -> dict[str, Any]:
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", str(asked.get("email") or "")):
            raise invalid("requester", "Requester: Email: is not properly formatted")
        if not str(asked.get("name") or "").strip():
            raise invalid("requester", "Requester: Name: is too short", "ValueTooShort")
        return self.add(asked)

    @route("GET /api/v2/users/<int:user_id>")
    def show(self, _request: Request, user_id: int) -> Any:
        if user_id not in self.users:
            raise missing()
        return {"user": self.users[user_id]}

    @route("GET /api/v2/users/show_many")
    def show_many(self, request: Request) -> Any:
        ids = [int(one) for one in request.args.get("ids", "").split(",") if one.isdigit()]
        found = [self.users[one] for one in ids if one in self.users]
        return {"users": found, "count": len(found), "next_page": None, "previous_page": None}

    @route("GET /api/v2/users/search")
    def search(self, request: Request) -> Any:
        external = request.args.get("external_id")
        words = request.args.get("query", "").removeprefix("email:").strip('"').casefold()
        one = self.known({"external_id": external} if external is not None else {"email": words})
        found = [one] if one else []
        if external is None and not one:
            found = [user for user in self.users.values() if _matches(user, words)]
        return {"users": found, "count": len(found), "next_page": None, "previous_page": None}

    @route("POST /api/v2/users/create_or_update", "upsert_user")
    @route("POST /api/v2/users", "upsert_user")
    def upsert(self, request: Request) -> Any:
        wish = (request.get_json(force=True, silent=True) or {}).get("user")
        if not isinstance(wish, dict):
            raise bad("BadRequest", "the body needs a user")
        user = self.known(wish)
        if user is not None and not request.path.removesuffix(".json").endswith("_update"):
            raise invalid("email", f"Email: {wish.get('email')} is already used", "DuplicateValue")
        if user is not None:
            self.change(user, wish)
            return answer({"user": user}, 200)
        if not str(wish.get("name") or "").strip():
            raise invalid("name", "Name: is too short (minimum is 1 character)", "ValueTooShort")
        return answer({"user": self.add(wish)}, 201)


def _matches(user: dict[str, Any], words: str) -> bool:
    if not words:
        return True
    exact = (str(user["email"]).casefold(), str(user["external_id"]).casefold())
    return words in exact or words in str(user["name"]).casefold()
