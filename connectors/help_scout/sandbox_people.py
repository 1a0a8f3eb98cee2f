"""Help Scout's users, customers and mailboxes."""

import itertools
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.help_scout.sandbox_errors import bad, no
from connectors.help_scout.sandbox_pages import page, terms
from connectors.sandbox import route

HUB, AGENT, SECOND = 11, 12, 13
USERS = (
    (HUB, "Hub", "Integration", "hub@acme.example", "owner"),
    (AGENT, "Ann", "Agent", "ann@acme.example", "user"),
    (SECOND, "Ben", "Berger", "ben@acme.example", "user"),
)
MAILBOXES = {
    85: {"id": 85, "name": "Support", "slug": "47204a026903ce6d", "email": "help@acme.example"},
    86: {"id": 86, "name": "Sales", "slug": "57204a026903ce6e", "email": "sales@acme.example"},
}
PRODUCTS = [{"id": 168, "order": 1, "label": "Web"}, {"id": 170, "order": 2, "label": "Mobile"}]
FIELDS: dict[int, list[dict[str, Any]]] = {
    85: [
        {"id": 104, "order": 1, "name": "Order number", "type": "single_line", "required": False},
        {"id": 105, "order": 2, "name": "Product", "type": "dropdown", "required": True}
        | {"options": PRODUCTS},
        {"id": 106, "order": 3, "name": "Seats", "type": "number", "required": False},
    ]
}
TAGS = ("billing", "vip")  # that people of the account have used

# For the tests: fields of this account, each with a value that it takes.
OWN_FIELDS: dict[str, Any] = {
    "fields[104]": "A-20417",
    "fields[105]": "170",
    "fields[106]": 12,
    "assignTo": 12,
    "mailboxId": 85,
}


class People:
    """Everybody who is known to the account."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.ids = itertools.count(238604, 7)
        self.users = {
            number: {"id": number, "firstName": first, "lastName": last, "email": email}
            | {"role": role, "type": "user", "timezone": "UTC", "companyId": 60}
            for number, first, last, email, role in USERS
        }
        self.customers: dict[int, dict[str, Any]] = {}
        self.by_email: dict[str, int] = {}

    def agent(self, who: Any) -> dict[str, Any]:
        """The user with that id or name."""
        for user in self.users.values():
            if who in (user["id"], str(user["id"]), user["email"], name(user)):
                return user
        raise bad("user", "is not a user of this account", who)

    def customer(self, wish: Any, path: str = "customer") -> dict[str, Any]:
        """The customer with that id or e-mail address; the latter makes one if need be."""
        if not isinstance(wish, dict) or not (wish.get("id") or wish.get("email")):
            raise bad(path, "needs an id or an email", wish)
        if wish.get("id"):
            found = self.customers.get(int(str(wish["id"]))) if str(wish["id"]).isdigit() else None
            if found is None:
                raise bad(f"{path}.id", "The customer does not belong to this account", wish["id"])
            return found
        email = str(wish["email"])
        if "@" not in email.strip("@") or " " in email:
            raise bad(f"{path}.email", "must be a well-formed email address", email)
        known = self.by_email.get(email.casefold())
        return self.customers[known] if known else self.add(wish, [email])

    def add(self, wish: Mapping[str, Any], emails: list[str]) -> dict[str, Any]:
        """A new customer."""
        for part in ("firstName", "lastName"):
            if len(str(wish.get(part) or "")) > 40:
                raise bad(part, "size must be between 0 and 40", wish[part])
        at = self.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        made: dict[str, Any] = {"id": next(self.ids), "createdAt": at, "updatedAt": at}
        made |= {part: wish.get(part) or "" for part in ("firstName", "lastName")}
        phones = [wish["phone"]] if wish.get("phone") else []
        phones += [one["value"] for one in wish.get("phones") or ()]
        made |= {"emails": emails, "phones": phones}
        self.customers[made["id"]] = made
        self.by_email |= {email.casefold(): made["id"] for email in emails}
        return made

    @route("GET /v2/users/me")
    def me(self, request: Request) -> Any:
        return self.users[request.environ["sandbox.user"]]

    @route("GET /v2/users")
    def list_users(self, request: Request) -> Any:
        return page(request, "users", list(self.users.values()))

    @route("GET /v2/mailboxes")
    def list_mailboxes(self, request: Request) -> Any:
        return page(request, "mailboxes", list(MAILBOXES.values()))

    @route("GET /v2/mailboxes/<int:mailbox_id>")
    def mailbox(self, _request: Request, mailbox_id: int) -> Any:
        if mailbox_id not in MAILBOXES:
            raise no(404)
        return MAILBOXES[mailbox_id]

    @route("GET /v2/mailboxes/<int:mailbox_id>/fields")
    def fields(self, request: Request, mailbox_id: int) -> Any:
        return page(request, "fields", FIELDS.get(mailbox_id, []))

    @route("GET /v2/tags")
    def list_tags(self, request: Request) -> Any:
        rows = [
            {"id": number, "slug": name, "name": name, "color": "grey", "ticketCount": 1}
            for number, name in enumerate(TAGS, 9001)
        ]
        return page(request, "tags", rows)

    @route("GET /v2/customers")
    def list_customers(self, request: Request) -> Any:
        wanted = [value for word, value in terms(request.args.get("query", "")) if word == "email"]
        rows = [c for c in self.customers.values() if not wanted or _has(c, wanted)]
        return page(request, "customers", [_shown(customer) for customer in rows])

    @route("GET /v2/customers/<int:customer_id>")
    def show_customer(self, _request: Request, customer_id: int) -> Any:
        if customer_id not in self.customers:
            raise no(404)
        return _shown(self.customers[customer_id])

    @route("POST /v2/customers", "create_customer")
    def create_customer(self, request: Request) -> Response:
        wish = request.get_json(force=True, silent=True)
        if not isinstance(wish, dict) or not (wish.get("firstName") or wish.get("emails")):
            raise bad("firstName", "may not be empty")
        emails = [str(one["value"]) for one in wish.get("emails") or ()]
        for email in emails:
            if email.casefold() in self.by_email:
                raise no(409, f"The email {email} belongs to another customer")
        return made_at(request, self.add(wish, emails)["id"])


def made_at(request: Request, number: int) -> Response:
    """201 as Help Scout answers it: no body, only headers."""
    headers = {"Resource-ID": str(number), "Location": f"{request.base_url}/{number}"}
    return Response(status=201, headers=headers)


def name(person: Mapping[str, Any]) -> str:
    """First and last name."""
    return f"{person['firstName']} {person['lastName']}".strip()


def shown(person: Mapping[str, Any]) -> dict[str, Any]:
    """A person as conversations and threads show one."""
    kind = "user" if person.get("type") == "user" else "customer"
    emails = person.get("emails")
    email = person.get("email") if emails is None else (emails[0] if emails else None)
    told = {"id": person["id"], "type": kind, "first": person["firstName"]}
    return told | {"last": person["lastName"], "email": email}


def _has(customer: Mapping[str, Any], wanted: list[str]) -> bool:
    return bool({e.casefold() for e in customer["emails"]} & {w.casefold() for w in wanted})


def _shown(customer: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in customer.items() if name not in ("emails", "phones")}
    told["_embedded"] = {
        part: [{"id": n, "value": value, "type": "other"} for n, value in enumerate(customer[part])]
        for part in ("emails", "phones")
    }
    return told
