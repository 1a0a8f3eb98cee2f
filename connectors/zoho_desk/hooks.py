"""Our webhook in a Zoho Desk organization: made, repaired, or told to a person.

Zoho signs no bodies and sends no secret of ours: the secret is in the address that it calls. What
the hub keeps as secret is `<the webhook's id>.<our secret>`, because the id is signed.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from connectors.errors import AuthFailed
from connectors.http import understood
from connectors.types import Registration
from connectors.zoho_desk.api import Api
from connectors.zoho_desk.config import WEBHOOK_NAME, subscriptions


def ensure(api: Api, url: str, secret: str) -> Registration:
    """One enabled webhook to `url` with our subscriptions."""
    secret = secret.rpartition(".")[2]  # what we told last time comes back
    target = f"{url}?{urlencode({'token': secret})}"
    try:
        hook = _working(api, url, target) or _create(api, target)
    except AuthFailed as refused:
        return Registration(steps=_steps(target, str(refused)))
    return Registration(id=hook, secret=f"{hook}.{secret}")


def _working(api: Api, url: str, target: str) -> str | None:
    """The id of a good webhook to `target`; any other webhook to `url` is deleted.

    Deleted, not changed: an update takes addresses up to 100 characters only (OAS).
    """
    good = None
    rows = api.rows("/webhooks")
    with understood("GET /webhooks"):
        ours = [hook for hook in rows if str(hook["url"]).partition("?")[0] == url]
    for hook in ours:
        if good is None and _is_good(api, hook, target):
            good = str(hook["id"])
        else:
            api.call("DELETE", f"/webhooks/{hook['id']}")
    return good


def _is_good(api: Api, hook: Mapping[str, Any], target: str) -> bool:
    wanted = set(subscriptions(api.config.department_id))
    here = hook.get("subscriptions") or {}
    return hook["url"] == target and bool(hook.get("isEnabled")) and wanted <= set(here)


def _create(api: Api, target: str) -> str:
    form = {
        "name": WEBHOOK_NAME,
        "url": target,
        "isEnabled": True,
        "subscriptions": subscriptions(api.config.department_id),
    }
    answer = api.call("POST", "/webhooks", json=form)
    with understood("POST /webhooks"):
        return str(answer["id"])


def _steps(target: str, refusal: str) -> tuple[str, ...]:
    return (
        f"Zoho Desk did not let the hub make its webhook ({refusal}). The refresh token needs the "
        "scope Desk.events.ALL, and the edition Professional or Enterprise.",
        "As an administrator, open Setup, Developer Space, Webhooks, New Webhook.",
        f"Enter the address {target} at {urlsplit(target).hostname}, whole: its end is a secret.",
        "Choose the events Ticket Update (fields Status and Ticket Owner), Ticket Thread Add "
        "(outgoing), Ticket Comment Add and Ticket Delete, for this department; then save.",
    )
