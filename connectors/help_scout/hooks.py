"""Our webhook in a Help Scout account: made, repaired, or told to a person."""

from typing import Any

from connectors.errors import AuthFailed
from connectors.help_scout.api import Api
from connectors.help_scout.config import EVENTS, SECRET_LIMIT, WEBHOOK_LABEL
from connectors.http import understood
from connectors.types import Registration


def ensure(api: Api, url: str, secret: str) -> Registration:
    """One enabled webhook to `url` with our events and this secret, shortened if need be."""
    secret = secret[:SECRET_LIMIT]
    form = {
        "url": url,
        "events": list(EVENTS),
        "secret": secret,
        "payloadVersion": "V2",
        "label": WEBHOOK_LABEL,
        "notification": False,
    }
    try:
        made = _repaired(api, url, form) or api.post("/webhooks", form)
    except AuthFailed as refused:
        return Registration(secret=secret, steps=_steps(url, secret, str(refused)))
    return Registration(id=made, secret=secret)


def _repaired(api: Api, url: str, form: dict[str, Any]) -> str | None:
    """The id of our working webhook, written anew; every other webhook to `url` is deleted.

    One that Help Scout disabled is deleted as well: nothing says how to enable it again.
    """
    kept = None
    with understood("GET /webhooks"):
        known = [
            (str(int(hook["id"])), hook.get("state") != "disabled")
            for hook in api.pages("/webhooks", "webhooks")
            if hook["url"] == url
        ]
    for webhook, works in known:
        if kept is None and works:
            kept = webhook
            api.write("PUT", f"/webhooks/{webhook}", form)
        else:
            api.write("DELETE", f"/webhooks/{webhook}")
    return kept


def _steps(url: str, secret: str, refusal: str) -> tuple[str, ...]:
    return (
        f"This user may not make webhooks ({refusal}). As an administrator, open Manage, Apps, "
        "find Webhooks, and choose Install App.",
        f"Enter the callback address {url} and the secret key {secret}",
        "Choose the events: Status Updated, Assigned, Agent Reply Created, Note Created, Merged, "
        "Deleted. Payload version: V2. Notification only: no. Save.",
    )
