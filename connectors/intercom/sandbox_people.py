"""Intercom's admins and contacts."""

import re
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.intercom.sandbox_errors import invalid, missing, refusal, refused
from connectors.intercom.sandbox_search import Index, found_page
from connectors.sandbox import Refused, answer, route

HUB, ANN, BEN, BOT = "991267001", "991267002", "991267003", "991267000"
ADMINS = {
    HUB: ("Escalation Hub", "hub@acme.example"),
    ANN: ("Ann Agent", "ann@acme.example"),
    BEN: ("Ben Berger", "ben@acme.example"),
}
NAMES = ("role", "name", "email", "phone", "external_id")
SEARCHED = ("id", *NAMES, "created_at", "updated_at")


class People:
    """Everybody who is known to the workspace."""

    def __init__(
        self, app: Mapping[str, Any], now: Callable[[], datetime], settings: Mapping[str, float]
    ) -> None:
        self.app = app
        self.now = now
        self.contacts: dict[str, dict[str, Any]] = {}
        self.merged: dict[str, str] = {}  # into whom, by the external ids of those that are gone
        self.index = Index(now, settings, "contact_lag")

    @route("GET /me")
    def me(self, _request: Request) -> Any:
        return admin(HUB) | {"email_verified": True, "app": self.app}

    @route("GET /admins")
    def admins(self, _request: Request) -> Any:
        return {"type": "admin.list", "admins": [admin(one) for one in ADMINS]}

    @route("GET /admins/<admin_id>")
    def admin(self, _request: Request, admin_id: str) -> Any:
        return admin(known_admin(admin_id))

    @route("POST /contacts", "upsert_contact")
    def create(self, request: Request) -> Any:
        wish = wish_of(request)
        if not any(wish.get(name) for name in ("email", "external_id", "role")):
            raise invalid("one of email, external_id or role is needed", "parameter_not_found")
        return self.add(wish)

    def add(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        """A new contact; 409 for one that is known by address or external id."""
        self._check(wish)
        at = int(self.now().timestamp())
        contact: dict[str, Any] = {"type": "contact", "id": secrets.token_hex(12)}
        contact |= {name: wish.get(name) or None for name in NAMES}
        contact["role"] = wish.get("role") or "user"
        contact |= {"created_at": at, "updated_at": at, "archived": False}
        self.contacts[contact["id"]] = contact
        self.index.touch(contact["id"], contact)
        return contact

    def _check(self, wish: Mapping[str, Any], own: str | None = None) -> None:
        email = wish.get("email")
        if email and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", str(email)):
            raise invalid("email is invalid", field="email")
        if wish.get("role") not in (None, "", "user", "lead"):
            raise invalid("role is invalid", field="role")
        twin = self._twin(wish)
        if twin is not None and twin["id"] != own:
            told = f"A contact matching those details already exists with id={twin['id']}"
            raise refused(409, told, "conflict")

    def _twin(self, wish: Mapping[str, Any]) -> dict[str, Any] | None:
        """The contact of the same external id, or the user of the same address."""
        for contact in self.contacts.values():
            if wish.get("external_id") and contact["external_id"] == wish["external_id"]:
                return contact
            same = str(contact["email"]).casefold() == str(wish.get("email") or "").casefold()
            if same and contact["role"] == (wish.get("role") or "user"):
                return contact
        return None

    @route("GET /contacts/<contact_id>")
    def show(self, _request: Request, contact_id: str) -> Any:
        return self.known(contact_id)

    @route("GET /contacts/find_by_external_id/<external_id>")
    def by_external_id(self, _request: Request, external_id: str) -> Any:
        if external_id in self.merged:
            raise self._moved(self.merged[external_id])
        found = self._first("external_id", external_id)
        if found is None or found["role"] != "user":  # users only, not leads
            raise missing("User Not Found")
        return found

    def merge(self, gone: str, into: str) -> None:
        """One contact becomes part of another: it vanishes, and only its external id is known."""
        contact = self.contacts.pop(gone)
        moved = {name: into for name, other in self.merged.items() if other == gone}
        if contact["external_id"]:
            moved[contact["external_id"]] = into
        self.merged |= moved

    def _moved(self, into: str) -> Refused:
        no = refusal(410, "This contact was merged into another", "contact_merged")
        no.headers["Link"] = f'</contacts/{into}>; rel="alternate"'
        return Refused(no)

    @route("PUT /contacts/<contact_id>", "upsert_contact")
    def change(self, request: Request, contact_id: str) -> Any:
        contact, wish = self.known(contact_id), wish_of(request)
        self._check(wish, own=contact_id)
        contact |= {name: wish[name] for name in NAMES if name in wish}
        contact["updated_at"] = int(self.now().timestamp())
        self.index.touch(contact_id, contact)
        return contact

    @route("POST /contacts/search")
    def search(self, request: Request) -> Response:
        rows = self.index.rows(self.contacts)
        some, told = found_page(wish_of(request), rows, _field, SEARCHED, days=True)
        return answer({"type": "list", "data": [self.contacts[one] for one in some]} | told)

    def known(self, contact_id: str) -> dict[str, Any]:
        """The contact with this id, or 404."""
        if contact_id not in self.contacts:
            raise missing("User Not Found")
        return self.contacts[contact_id]

    def pick(self, who: Mapping[str, Any]) -> dict[str, Any]:
        """The contact that a ticket names by id, external id, or address (then new if need be)."""
        if who.get("id"):
            return self.known(str(who["id"]))
        if who.get("external_id"):
            found = self._first("external_id", str(who["external_id"]))
            if found is None:
                raise missing("User Not Found")
            return found
        if who.get("email"):
            return self._first("email", str(who["email"])) or self.add({"email": who["email"]})
        raise invalid("a contact needs id, external_id or email", "parameter_not_found", "contacts")

    def author(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        """The contact that a reply names in one of three ways."""
        names = {"intercom_user_id": "id", "user_id": "external_id", "email": "email"}
        for name, field in names.items():
            if wish.get(name):
                found = self._first(field, str(wish[name]))
                if found is None:
                    raise missing("User Not Found")
                return found
        raise invalid("intercom_user_id, user_id or email is needed", "parameter_not_found")

    def _first(self, field: str, value: str) -> dict[str, Any] | None:
        same = (c for c in self.contacts.values() if str(c[field]).casefold() == value.casefold())
        return next(same, None)


def admin(admin_id: str) -> dict[str, Any]:
    """A teammate as the API shows one."""
    name, email = ADMINS[admin_id]
    told = {"type": "admin", "id": admin_id, "name": name, "email": email}
    return told | {"has_inbox_seat": True, "away_mode_enabled": False, "team_ids": []}


def known_admin(who: Any) -> str:
    """The id of the admin with this id, address or name, or 404."""
    for admin_id, (name, email) in ADMINS.items():
        if str(who) in (admin_id, name, email):
            return admin_id
    raise missing("Admin not found", "admin_not_found")


def wish_of(request: Request) -> dict[str, Any]:
    """The JSON object that a request brings, or 400."""
    wish = request.get_json(force=True, silent=True)
    if not isinstance(wish, dict):
        raise invalid("the body has to be a JSON object")
    return wish


def _field(contact: Mapping[str, Any], field: str) -> Any:
    return contact[field]
