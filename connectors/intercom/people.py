"""Customers as Intercom's contacts: found or made."""

import re
from typing import Any
from urllib.parse import quote

from connectors.addresses import usable_email
from connectors.errors import Conflict, NotFound
from connectors.http import understood
from connectors.intercom.api import Api
from connectors.intercom.config import PHONE
from connectors.types import Draft, Requester

CONTACT = re.compile(r"\b[0-9a-f]{24}\b")


def find_or_create(api: Api, draft: Draft) -> dict[str, str]:
    """The requester's contact as a ticket names it, with the email or the bot's id as identity."""
    who, email = draft.requester, usable_email(draft.requester.email)
    form: dict[str, Any] = {"role": "user"}
    if who.id or not email:
        form["external_id"] = _external(who.id or draft.key)
    if email:
        form["email"] = email
    if who.name:
        form["name"] = who.name
    if who.phone and PHONE.fullmatch(who.phone):
        form["phone"] = who.phone
    try:
        made = api.call("POST", "/contacts", form)
    except Conflict as known:  # "… already exists with id=<24 hex>"
        twin = CONTACT.search(str(known))
        if twin:
            return {"id": twin[0]}
        if email is None:
            raise
        return {"email": email}  # archived ones are told without an id: Intercom finds or makes it
    with understood("POST /contacts"):
        return {"id": str(made["id"])}


def find(api: Api, requester: Requester) -> str | None:
    """The id of a known requester's contact; one that is minutes old may not be found by email."""
    found = _by_bot_id(api, requester.id) if requester.id else None
    email = usable_email(requester.email)
    return _by_email(api, email) if found is None and email else found


def _by_bot_id(api: Api, bot_id: str) -> str | None:
    path = f"/contacts/find_by_external_id/{quote(_external(bot_id), safe='')}"
    try:
        found = api.call("GET", path)
    except NotFound:  # or 410: merged into another, which the email may lead to
        return None
    with understood("GET /contacts/find_by_external_id"):
        return str(found["id"])


def _by_email(api: Api, email: str) -> str | None:
    query = {"field": "email", "operator": "=", "value": email}
    answer = api.call("POST", "/contacts/search", {"query": query})
    with understood("POST /contacts/search"):
        return next((str(contact["id"]) for contact in answer["data"]), None)


def _external(bot_id: str) -> str:
    """The bot's id as a contact's external_id, apart from the account's own numbers."""
    return f"bot:{bot_id}"
