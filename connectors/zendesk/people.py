"""Customers as Zendesk's users: known by email, else by the bot's own id."""

from typing import Any

from connectors.addresses import usable_email
from connectors.http import understood
from connectors.types import Draft, Requester
from connectors.zendesk.api import Api


def named(api: Api, draft: Draft) -> dict[str, Any]:
    """The fields of a ticket that name its customer, whom Zendesk finds or makes by email."""
    if {"requester", "requester_id"} & draft.fields.keys():
        return {}
    who, email = draft.requester, usable_email(draft.requester.email)
    if email:
        return {"requester": {"name": who.name or email, "email": email}}
    user = {"name": who.name or "Customer", "external_id": _external(who.id or draft.key)}
    if details := _details(who):
        user["details"] = details
    answer = api.zenpy.upsert_user(user)
    with understood("POST /users/create_or_update"):
        return {"requester_id": answer["user"]["id"]}


def find(api: Api, requester: Requester) -> int | str | None:
    """The id of the user with this email, or with the bot's id."""
    email = usable_email(requester.email)
    if email:
        query = {"query": f'email:"{email}"'}
    elif requester.id:
        query = {"external_id": _external(requester.id)}
    else:
        return None
    answer = api.call("GET", "/users/search", params=query)
    with understood("GET /users/search"):
        return next((user["id"] for user in answer["users"]), None)


def _details(who: Requester) -> str:
    """How to reach a customer without a usable email, for agents to read.

    As `email` what is none would be refused; as `phone` a number could be, for its form or because
    another user has it.
    """
    told = {"Email as the customer typed it": who.email, "Phone": who.phone}
    return "\n".join(f"{name}: {value}" for name, value in told.items() if value)


def _external(bot_id: str) -> str:
    """The bot's id as a user's external_id, apart from the account's own numbers."""
    return f"bot:{bot_id}"
